//! Who holds what, out of the rows.

use std::collections::BTreeMap;

use names::{GrantId, PoolId, SessionId, Wall};
use seats::{GrantRow, GrantState, Identity, Keeping, Row, SessionRow, Standing, State};

/// A pool, and how many of its seats are out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolUse {
    /// Which.
    pub pool: PoolId,
    /// Seats it has.
    pub capacity: u32,
    /// Seats that its grants have, sharers counted each.
    pub granted: u64,
}

/// A grant and who holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Which grant.
    pub grant: GrantId,
    /// Of which pool.
    pub pool: PoolId,
    /// How many seats.
    pub seats: u64,
    /// `user@host`.
    pub who: String,
    /// `floating`, `held`, `revoked`, `lingering`, `borrowed` or `booked`.
    pub how: &'static str,
    /// Since when.
    pub since: Wall,
    /// When it is free at the latest, if that is known.
    pub until: Option<Wall>,
}

/// The pools of a state, and who holds their seats, both in their order.
pub(super) fn of(state: &State) -> (Vec<PoolUse>, Vec<Holder>) {
    let mut pools: BTreeMap<PoolId, PoolUse> = BTreeMap::new();
    let mut sessions: BTreeMap<SessionId, SessionRow> = BTreeMap::new();
    let (mut grants, mut held) = (Vec::new(), Vec::new());
    for row in state.rows() {
        match row {
            Row::Pool(row) => {
                pools.insert(row.id.clone(), PoolUse { pool: row.id, capacity: row.capacity, granted: 0 });
            }
            Row::Session(row) => {
                sessions.insert(row.id, row);
            }
            Row::Mark(mark) if mark.standing == Standing::Held => held.push(mark.session),
            Row::Grant(row) => grants.push(row),
            _ => {}
        }
    }
    grants.sort_by_key(|grant| grant.id);
    for grant in &grants {
        if let Some(pool) = pools.get_mut(&grant.pool) {
            pool.granted += u64::from(grant.seats.get());
        }
    }
    let holder = |grant: &GrantRow| Holder {
        grant: grant.id,
        pool: grant.pool.clone(),
        seats: u64::from(grant.seats.get()),
        who: who(grant, sessions.get(&grant.session)),
        how: how(grant, held.contains(&grant.session)),
        since: grant.since,
        until: grant.until(),
    };
    (pools.into_values().collect(), grants.iter().map(holder).collect())
}

/// `user@host` of a grant, as far as it is known.
pub(super) fn who(grant: &GrantRow, session: Option<&SessionRow>) -> String {
    let shown = |identity: &Identity| format!("{}@{}", identity.user, identity.host);
    match (&grant.kept(), session) {
        (Some(kept), _) => shown(&kept.who),
        (None, Some(session)) => shown(&session.identity),
        (None, None) => "somebody".to_owned(),
    }
}

fn how(grant: &GrantRow, is_held: bool) -> &'static str {
    match &grant.state {
        GrantState::Floating if is_held => "held",
        GrantState::Floating => "floating",
        GrantState::Revoked(..) => "revoked",
        GrantState::Kept(kept) => match kept.how {
            Keeping::Lingering => "lingering",
            Keeping::Borrowed(_) => "borrowed",
            Keeping::Booked(_) => "booked",
        },
    }
}
