//! Seats, the queue and pools as the console shows them: a part of a list at a time, and only that part is
//! put into words.

use console::{Holder, Paged, Pool, Query, Waiting};
use names::{Date, GrantId, Wall};
use seats::{GrantRow, GrantState, Identity, Keeping, PoolRow, PoolStanding, Standing, State};

/// The part of a list that is asked for. `keep` looks at a row without putting it into words.
fn paged<R, T>(
    rows: impl Iterator<Item = R>,
    query: &Query,
    keep: impl Fn(&R) -> bool,
    show: impl Fn(R) -> T,
) -> Paged<T> {
    let (mut shown, mut total) = (Vec::new(), 0);
    for row in rows.filter(|row| keep(row)) {
        if total >= query.skip && shown.len() < query.take {
            shown.push(show(row));
        }
        total += 1;
    }
    Paged { rows: shown, total }
}

/// Whether one of these texts has what is searched for.
fn has(texts: &[&str], search: &str) -> bool {
    search.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(search))
}

fn is_of(row: &PoolRow, query: &Query) -> bool {
    query.feature.is_empty() || row.id.feature().as_str() == query.feature
}

/// The pools, by feature and in the order in which they are searched.
pub(super) fn pools(state: &State, query: &Query, now: Wall) -> Paged<Pool> {
    let search = query.search.to_lowercase();
    let mut rows: Vec<_> = state.pools().filter(|(row, _)| is_of(row, query)).collect();
    rows.sort_by(|(a, _), (b, _)| {
        a.id.feature().cmp(b.id.feature()).then_with(|| a.order.cmp(&b.order)).then_with(|| a.id.cmp(&b.id))
    });
    let mut before = None;
    let firsts: Vec<bool> =
        rows.iter().map(|(row, _)| before.replace(row.id.feature()) != Some(row.id.feature())).collect();
    let keep =
        |((row, _), _): &((&PoolRow, u32), bool)| search.is_empty() || has(&[&row.id.to_string()], &search);
    paged(rows.into_iter().zip(firsts), query, keep, |((row, in_use), is_first)| {
        pool(state, row, in_use, is_first, now)
    })
}

fn pool(state: &State, row: &PoolRow, in_use: u32, is_first: bool, now: Wall) -> Pool {
    let figures = state.figures(&row.id);
    let waiting = if is_first { state.line(row.id.feature()).count() } else { 0 };
    let end = match row.expiry {
        names::Expiry::Permanent => None,
        names::Expiry::On(last) => Some(i64::from(last.days()) - i64::from(Date::of(now).days())),
    };
    Pool {
        id: row.id.clone(),
        capacity: row.capacity,
        in_use,
        borrowed: figures.as_ref().map_or(0, |figures| figures.borrowed),
        reserved: figures.as_ref().map_or(0, |figures| figures.reserved),
        waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
        version: row.version.to_string(),
        expiry: row.expiry.to_string(),
        days_left: end,
        is_active: row.standing == PoolStanding::Active,
        is_uncounted: row.uncounted,
    }
}

/// Who has seats, by feature.
pub(super) fn holders(state: &State, query: &Query) -> Paged<Holder> {
    let search = query.search.to_lowercase();
    let mut pools: Vec<_> = state.pools().map(|(row, _)| row).filter(|row| is_of(row, query)).collect();
    pools.sort_by(|a, b| (a.id.feature(), &a.id).cmp(&(b.id.feature(), &b.id)));
    let grants = pools.into_iter().flat_map(|row| state.grants_of_pool(&row.id));
    let rows = grants.filter_map(|grant| Some((state.holder(&grant)?, grant)));
    let keep = |(who, grant): &(Identity, GrantRow)| {
        let email = who.email.as_ref().map_or("", |email| email.as_str());
        has(&[who.user.as_str(), who.host.as_str(), email, grant.pool.feature().as_str()], &search)
    };
    paged(rows, query, keep, |(who, grant)| holder(state, &who, grant))
}

/// Who has the seats of one grant.
pub(super) fn holder_of(state: &State, grant: GrantId) -> Option<Holder> {
    let grant = state.grant(grant)?;
    Some(holder(state, &state.holder(&grant)?, grant))
}

fn holder(state: &State, who: &Identity, grant: GrantRow) -> Holder {
    let is_held = grant.kept().is_none()
        && state.session(grant.session).is_some_and(|(_, mark)| mark.standing == Standing::Held);
    let word = match (&grant.state, grant.kept().map(|kept| &kept.how)) {
        (_, Some(Keeping::Lingering)) => "lingering",
        (_, Some(Keeping::Borrowed(_))) => "borrowed",
        (_, Some(Keeping::Booked(_))) => "booked",
        (GrantState::Revoked(..), None) => "revoked",
        _ if is_held => "held",
        _ => "floating",
    };
    Holder {
        grant: grant.id.0,
        user: who.user.to_string(),
        host: who.host.to_string(),
        display: who.display.to_string(),
        application: who.application.to_string(),
        email: who.email.clone(),
        seats: grant.seats.get(),
        since: grant.since,
        state: word.into(),
        until: grant.kept().map(|kept| kept.until),
        pool: grant.pool,
    }
}

/// Who waits, by feature and in line.
pub(super) fn waiting(state: &State, query: &Query) -> Paged<Waiting> {
    let search = query.search.to_lowercase();
    let mut features: Vec<_> = state.waiters().map(|waiter| waiter.ask.feature.clone()).collect();
    features.sort();
    features.dedup();
    features.retain(|feature| query.feature.is_empty() || feature.as_str() == query.feature);
    let lines = features.iter().flat_map(|feature| state.line(feature).zip(1_u32..));
    let rows = lines.filter_map(|(waiter, place)| {
        let (session, _) = state.session(waiter.ask.session)?;
        Some((waiter, place, &*session.identity))
    });
    let keep = |(waiter, _, who): &(&seats::WaiterRow, u32, &Identity)| {
        has(&[who.user.as_str(), who.host.as_str(), waiter.ask.feature.as_str()], &search)
    };
    paged(rows, query, keep, |(waiter, place, who)| Waiting {
        feature: waiter.ask.feature.to_string(),
        place,
        user: who.user.to_string(),
        host: who.host.to_string(),
        seats: waiter.ask.seats.get(),
        since: waiter.since,
    })
}
