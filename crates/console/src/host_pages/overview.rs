//! The pools, at a glance.

use askama::Template;

use crate::web::{Fault, Layout, List, Reply, Request};
use crate::{Pool, Query};

#[derive(Debug, Template)]
#[template(path = "host/overview.html")]
struct Page {
    layout: Layout,
    list: List,
    rows: Vec<Pool>,
    seats: usize,
    waiting: usize,
    denials: usize,
}

/// The page.
pub(super) async fn page(request: Request) -> Result<Reply, Fault> {
    let host = request.host();
    let mut list = request.list();
    let overview = host.overview(&list.query());
    list.total = overview.pools.total;
    Ok(Reply::page(&Page {
        layout: request.layout("Overview"),
        list,
        rows: overview.pools.rows,
        seats: overview.seats,
        waiting: overview.waiting,
        // Only how many there are.
        denials: host.denials(&Query::default()).total,
    }))
}

/// Has the files read again.
pub(super) async fn reread(request: Request) -> Result<Reply, Fault> {
    let by = request.visitor.email().cloned().ok_or(desk::Refusal::SignedOut)?;
    let lines = request.host().reread(by).await?;
    let said = lines.into_iter().map(|line| format!("{}: {}", request.visitor.lang.t(line.kind), line.text));
    Ok(request.done("/overview", said.collect()))
}
