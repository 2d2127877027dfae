//! What lmstat shows, from the view.

use proto::v1;
use seats::{GrantRow, PoolRow, PoolStanding, Sharing, Standing, State};

use crate::clock;
use crate::edge::{Edge, VERSION};

/// The report that was asked for. It waits for nobody.
pub(crate) fn report(edge: &Edge, ask: &v1::StatusRequest) -> v1::StatusReply {
    let state = edge.viewer.state();
    let asked = |row: &PoolRow| {
        (ask.feature.is_empty() || row.id.feature().as_str() == ask.feature)
            && (ask.vendor.is_empty() || row.id.vendor().as_str() == ask.vendor)
    };
    let mut rows: Vec<_> = state.pools().filter(|(row, _)| asked(row)).collect();
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
        pools: rows.into_iter().map(|(row, in_use)| pool(&state, row, in_use, ask.no_users)).collect(),
    }
}

fn pool(state: &State, row: &PoolRow, in_use: u32, no_users: bool) -> v1::PoolStatus {
    let holders = if no_users {
        Vec::new()
    } else {
        state.grants_of_pool(&row.id).filter_map(|g| holder(state, g)).collect()
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
        expiry: row.expiry.to_string(),
        standing: standing.into(),
        locked: row.sharing == Sharing::Pool,
        vendor_string: row.vendor_string.as_deref().unwrap_or_default().to_owned(),
        holders,
    }
}

fn holder(state: &State, grant: &GrantRow) -> Option<v1::Holder> {
    let (session, mark) = state.session(grant.session)?;
    let who = &session.identity;
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
        held: mark.standing == Standing::Held,
    })
}
