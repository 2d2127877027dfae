//! What pages and the API show of the desk, within what who asks may see.

use desk::look::{License, OwnSeat};
use desk::{Assigned, Case, CustomerNumber, MoveRow, Order, PackRow, Power, Refusal};
use names::PoolId;

use super::Asked;

/// The company's licenses that have not ended.
pub(crate) fn licenses(asked: &Asked, company: &CustomerNumber) -> Vec<License> {
    asked.with(|ctx| asked.desk.my_licenses(ctx, company))
}

/// The license that is asked about.
pub(crate) fn license(asked: &Asked) -> Result<License, Refusal> {
    let (company, pool) = (asked.company()?, asked.fields.get("pool"));
    let license = asked.with(|ctx| asked.desk.license(ctx, &company, pool));
    license.ok_or_else(|| Refusal::NotFound("this license".into()))
}

/// Whose its seats are: periods that have not ended, by e-mail.
pub(crate) fn users(asked: &Asked, pool: &PoolId) -> Vec<Assigned> {
    let now = asked.host.now();
    let mut users = asked.with(|ctx| asked.desk.users(ctx, pool));
    users.retain(|assigned| !assigned.until.is_past(now));
    users
}

/// One's own seats.
pub(crate) fn own_seats(asked: &Asked) -> Vec<OwnSeat> {
    asked.with(|ctx| asked.desk.own_seats(ctx, &asked.actor))
}

/// Whether who asks may follow a case.
pub(crate) fn sees_case(asked: &Asked, case: &Case) -> bool {
    asked.with(|ctx| asked.desk.sees_case(ctx, &asked.actor, case))
}

/// The cases that who asks may follow, of one company where one is named; the newest first.
pub(crate) fn cases(asked: &Asked) -> Vec<&Case> {
    let wanted = asked.fields.get("company");
    let mut cases = asked.cases();
    cases.retain(|case| wanted.is_empty() || case.company.as_ref().is_some_and(|of| of.as_str() == wanted));
    cases
}

/// The case that is asked about.
pub(crate) fn case(asked: &Asked) -> Result<&Case, Refusal> {
    let number = asked.fields.case("case")?;
    asked.with(|ctx| asked.desk.case_for(ctx, &asked.actor, &number))
}

/// The company's packs, the newest first.
pub(crate) fn packs<'a>(asked: &'a Asked, company: &CustomerNumber) -> Vec<&'a PackRow> {
    let mut packs: Vec<&PackRow> = asked.desk.packs_of(company).collect();
    packs.sort_by_key(|pack| std::cmp::Reverse(pack.issued_ms));
    packs
}

/// The pack that is asked about, where it is the company's or the vendor's desk asks.
pub(crate) fn pack(asked: &Asked) -> Result<&PackRow, Refusal> {
    asked.with(|ctx| asked.desk.pack_for(ctx, &asked.actor, asked.fields.get("pack")))
}

fn sees_order(asked: &Asked, order: &Order) -> bool {
    asked.has(Power::VendorDesk) || Some(&order.company) == asked.active()
}

/// Orders of the company, or of all for the vendor's desk; the newest first.
pub(crate) fn orders(asked: &Asked) -> Vec<&Order> {
    let wanted = asked.fields.get("company");
    let is_of = |order: &&Order| wanted.is_empty() || order.company.as_str() == wanted;
    let mut orders: Vec<&Order> =
        asked.desk.orders().filter(|order| sees_order(asked, order)).filter(is_of).collect();
    orders.sort_by_key(|order| std::cmp::Reverse(order.placed_ms));
    orders
}

/// The order that is asked about.
pub(crate) fn order(asked: &Asked) -> Result<&Order, Refusal> {
    let found = asked.desk.order(asked.fields.get("order")).filter(|order| sees_order(asked, order));
    found.ok_or_else(|| Refusal::NotFound("this order".into()))
}

/// Moves that who asks may follow: those of the company with a privilege for its licenses, those of one's cases.
pub(crate) fn moves(asked: &Asked) -> Vec<&MoveRow> {
    let sees = |row: &&MoveRow| {
        let is_companys = row.company.is_some() && row.company.as_ref() == asked.active();
        is_companys && (asked.has(Power::Licensing) || asked.has(Power::Reporting))
            || asked.desk.case(&row.case).is_some_and(|case| sees_case(asked, case))
    };
    asked.desk.moves().filter(sees).collect()
}
