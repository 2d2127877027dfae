//! Who waits, who was denied, and what was administered.

use askama::Template;

use crate::web::{Fault, Layout, List, Reply, Request};
use crate::{AuditLine, Chain, Denial, Waiting};

#[derive(Debug, Template)]
#[template(path = "host/queue.html")]
struct Queue {
    layout: Layout,
    list: List,
    rows: Vec<Waiting>,
}

#[derive(Debug, Template)]
#[template(path = "host/denials.html")]
struct Denials {
    layout: Layout,
    list: List,
    rows: Vec<Denial>,
}

#[derive(Debug, Template)]
#[template(path = "host/audit.html")]
struct Audit {
    layout: Layout,
    list: List,
    rows: Vec<AuditLine>,
    is_cut: bool,
    chain: Chain,
}

/// Who waits.
pub(super) async fn queue(request: Request) -> Result<Reply, Fault> {
    let mut list = request.list();
    let found = request.host().waiting(&list.query());
    list.total = found.total;
    Ok(Reply::page(&Queue { layout: request.layout("Queue"), list, rows: found.rows }))
}

/// Who was denied.
pub(super) async fn denials(request: Request) -> Result<Reply, Fault> {
    let mut list = request.list();
    let found = request.host().denials(&list.query());
    list.total = found.total;
    Ok(Reply::page(&Denials { layout: request.layout("Denials"), list, rows: found.rows }))
}

/// What was administered.
pub(super) async fn audit(request: Request) -> Result<Reply, Fault> {
    let mut list = request.list();
    let found = request.host().audit(list.query()).await?;
    list.total = found.total;
    let layout = request.layout("Audit");
    let chain = request.host().chain().await;
    Ok(Reply::page(&Audit { layout, list, rows: found.rows, is_cut: found.is_cut, chain }))
}
