//! What lmstat shows, from the view.

use proto::v1;
use seats::{GrantRow, GrantState, Keeping, PoolRow, PoolStanding, QuotaRow, Standing, State};

use crate::clock;
use crate::edge::{Edge, VERSION};

/// The report that was asked for. It waits for nobody.
pub(crate) fn report(edge: &Edge, ask: &v1::StatusRequest) -> v1::StatusReply {
    let state = edge.viewer.state();
    let mut rows: Vec<_> = asked(&state, ask).collect();
    rows.sort_by(|(a, _), (b, _)| {
        a.id.feature().cmp(b.id.feature()).then_with(|| a.order.cmp(&b.order)).then_with(|| a.id.cmp(&b.id))
    });
    let about = &edge.about;
    v1::StatusReply {
        seq: state.last().0,
        now_ms: clock::now().wall.0,
        server: Some(v1::ServerStatus {
            host: about.host.clone(),
            port: u32::from(about.port),
            version: VERSION.into(),
            license_files: about.license_files.clone(),
            cpu_id: about.cpu.to_string(),
        }),
        vendors: about
            .vendors
            .iter()
            .filter(|name| ask.vendor.is_empty() || **name == ask.vendor)
            .map(|name| v1::VendorStatus { name: name.clone(), up: true, version: VERSION.into() })
            .collect(),
        pools: pools(&state, &rows, ask.no_users),
    }
}

/// The pools and holders that a report will have, about: before it is made nobody knows who shares a seat.
pub(crate) fn length(state: &State, ask: &v1::StatusRequest) -> usize {
    let holders = |in_use: u32| if ask.no_users { 0 } else { in_use as usize };
    asked(state, ask).map(|(_, in_use)| 1 + holders(in_use)).sum()
}

/// The pools that are asked for, with the seats in use.
fn asked<'a>(state: &'a State, ask: &'a v1::StatusRequest) -> impl Iterator<Item = (&'a PoolRow, u32)> + 'a {
    state.pools().filter(|(row, _)| {
        (ask.feature.is_empty() || row.id.feature().as_str() == ask.feature)
            && (ask.vendor.is_empty() || row.id.vendor().as_str() == ask.vendor)
    })
}

fn pool(state: &State, row: &PoolRow, in_use: u32, no_users: bool, is_first: bool) -> v1::PoolStatus {
    let figures = state.figures(&row.id);
    let holders = if no_users {
        Vec::new()
    } else {
        state.grants_of_pool(&row.id).filter_map(|g| holder(state, &g)).collect()
    };
    let standing = match row.standing {
        PoolStanding::Active => v1::Standing::Active,
        PoolStanding::Expired => v1::Standing::Expired,
        PoolStanding::NotYet => v1::Standing::NotYet,
        PoolStanding::Unlicensed => v1::Standing::Unlicensed,
    };
    v1::PoolStatus {
        pool: Some((&row.id).into()),
        license_version: row.version.to_string(),
        capacity: row.capacity,
        in_use,
        overdraft: row.overdraft,
        uncounted: row.uncounted,
        reservations: state.reservations(&row.id).filter(|(_, free)| *free > 0).map(reservation).collect(),
        waiting: if is_first && !no_users { waiting(state, row) } else { Vec::new() },
        borrowed: figures.as_ref().map_or(0, |figures| figures.borrowed),
        lingering: figures.as_ref().map_or(0, |figures| figures.lingering),
        booked: figures.as_ref().map_or(0, |figures| figures.booked),
        expiry: row.expiry.to_string(),
        standing: standing.into(),
        locked: row.locked,
        vendor_string: row.vendor_string.as_deref().unwrap_or_default().to_owned(),
        holders,
    }
}

/// The pools of a report; the first of each feature has its line.
fn pools(state: &State, rows: &[(&PoolRow, u32)], no_users: bool) -> Vec<v1::PoolStatus> {
    let mut before = None;
    let shown = rows.iter().map(|(row, in_use)| {
        let is_first = before.replace(row.id.feature()) != Some(row.id.feature());
        pool(state, row, *in_use, no_users, is_first)
    });
    shown.collect()
}

fn reservation((row, seats): (&QuotaRow, u32)) -> v1::Reservation {
    v1::Reservation { seats, who: row.who.to_string(), rule: row.rule.to_string() }
}

fn waiting(state: &State, row: &PoolRow) -> Vec<v1::Waiting> {
    let line = state.line(row.id.feature());
    let shown = line.filter_map(|waiter| {
        let (session, _) = state.session(waiter.ask.session)?;
        let who = &session.identity;
        let data = waiter.ask.more.as_ref().and_then(|more| more.data.as_ref());
        Some(v1::Waiting {
            user: who.user.to_string(),
            host: who.host.to_string(),
            display: who.display.to_string(),
            version: waiter.ask.version.to_string(),
            seats: waiter.ask.seats.get(),
            priority: u32::from(waiter.priority),
            since_ms: waiter.since.0,
            data: data.map(ToString::to_string).unwrap_or_default(),
            address: address(who.address),
        })
    });
    shown.collect()
}

fn holder(state: &State, grant: &GrantRow) -> Option<v1::Holder> {
    let mark = state.session(grant.session).map(|(_, mark)| mark).filter(|_| grant.kept().is_none());
    let who = state.holder(grant.id)?;
    let kept = grant.kept();
    let keeping = match (&grant.state, kept.map(|kept| &kept.how)) {
        (_, Some(Keeping::Lingering)) => v1::Keeping::Lingering,
        (_, Some(Keeping::Borrowed(_))) => v1::Keeping::Borrowed,
        (_, Some(Keeping::Booked(_))) => v1::Keeping::Booked,
        (GrantState::Revoked(..), None) => v1::Keeping::Revoked,
        _ => v1::Keeping::Floating,
    };
    let job = match kept.map(|kept| &kept.how) {
        Some(Keeping::Booked(job)) => job.to_string(),
        _ => String::new(),
    };
    Some(v1::Holder {
        grant: grant.id.0,
        user: who.user.to_string(),
        host: who.host.to_string(),
        display: who.display.to_string(),
        application: who.application.to_string(),
        pid: who.pid,
        version: grant.version.to_string(),
        seats: grant.seats.get(),
        since_ms: grant.since.0,
        held: mark.is_some_and(|mark| mark.standing == Standing::Held),
        keeping: keeping.into(),
        kept_from_ms: kept.map_or(0, |kept| kept.from.0),
        kept_until_ms: kept.map_or(0, |kept| kept.until.0),
        data: grant.data.as_ref().map(ToString::to_string).unwrap_or_default(),
        project: who.project.to_string(),
        idle_since_ms: mark.and_then(|mark| mark.idle).map_or(0, |since| since.0),
        job,
        session: grant.session.to_string(),
        address: address(who.address),
    })
}

fn address(known: Option<std::net::IpAddr>) -> String {
    known.map(|address| address.to_string()).unwrap_or_default()
}
