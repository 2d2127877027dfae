//! Who has seats, and taking one away.

use askama::Template;

use crate::Holder;
use crate::web::{Fault, Layout, List, Reply, Request};

#[derive(Debug, Template)]
#[template(path = "host/seats.html")]
struct Page {
    layout: Layout,
    list: List,
    rows: Vec<Holder>,
}

#[derive(Debug, Template)]
#[template(path = "host/reclaim.html")]
struct Confirm {
    layout: Layout,
    seat: Holder,
}

/// Whether a seat can be taken away: one that lingers or is borrowed cannot (-100).
#[must_use]
pub fn can_reclaim(seat: &Holder) -> bool {
    !matches!(seat.state.as_str(), "borrowed" | "lingering" | "revoked")
}

/// The list.
pub(super) async fn page(request: Request) -> Result<Reply, Fault> {
    let mut list = request.list();
    let seats = request.host().holders(&list.query());
    list.total = seats.total;
    Ok(Reply::page(&Page { layout: request.layout("Live seats"), list, rows: seats.rows }))
}

fn grant(request: &Request) -> Result<u64, Fault> {
    request.param("grant").parse().map_err(|_| Fault::NotFound)
}

/// Asks whether it is meant.
pub(super) async fn confirm(request: Request) -> Result<Reply, Fault> {
    let seat = request.host().holder(grant(&request)?).ok_or_else(gone)?;
    Ok(Reply::page(&Confirm { layout: request.layout("Take a seat away"), seat }))
}

fn gone() -> Fault {
    Fault::missing("this seat: it was returned meanwhile")
}

/// Takes it away.
pub(super) async fn reclaim(request: Request) -> Result<Reply, Fault> {
    let by = request.visitor.email().cloned().ok_or(desk::Refusal::SignedOut)?;
    let grant = grant(&request)?;
    let seat = request.host().holder(grant).ok_or_else(gone)?;
    request.host().reclaim(by, grant).await?;
    let said = format!(
        "{}: {} ({})",
        request.visitor.lang.t("The seat is taken away"),
        seat.user,
        seat.pool.feature()
    );
    Ok(request.done("/seats", vec![said]))
}
