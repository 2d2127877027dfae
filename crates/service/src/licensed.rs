//! What is licensed: the pools in force on a date, and the signed line behind each.

use license::{Entitlement, SeatKind, SignedLine};
use names::{Date, Expiry, PoolId, limits};
use rustc_hash::FxHashMap;
use seats::{PoolRow, PoolStanding, Sharing};

/// The verified entitlements of a license host. Capacity is a function of the date: a line counts
/// from its START through its last day.
#[derive(Debug, Default)]
pub struct Licensed {
    /// Pools in the order they are searched.
    pools: Vec<(PoolId, Vec<Entitlement>)>,
    index: FxHashMap<PoolId, usize>,
}

impl Licensed {
    /// What `entitlements` license. Pools of a feature are searched in the manual's order
    /// ([`Entitlement::search_order`]).
    #[must_use]
    pub fn new(entitlements: &[Entitlement]) -> Self {
        let mut lines: Vec<&Entitlement> = entitlements.iter().collect();
        lines.sort_by(|a, b| a.search_order(b));
        let mut licensed = Self::default();
        for line in lines {
            for (id, _) in line.pools() {
                let at = *licensed.index.entry(id.clone()).or_insert_with(|| {
                    licensed.pools.push((id, Vec::new()));
                    licensed.pools.len() - 1
                });
                if let Some((_, lines)) = licensed.pools.get_mut(at) {
                    lines.push(line.clone());
                }
            }
        }
        licensed
    }

    /// The pools as they are on a date.
    #[must_use]
    pub fn on(&self, date: Date) -> Vec<PoolRow> {
        let pools = self.pools.iter().enumerate();
        pools.filter_map(|(order, (id, lines))| pool_on(date, order, id, lines)).collect()
    }

    /// The signed line that proves a pool to a client on a date: of those in force one that names the
    /// license host's key, since clients refuse others, and of these the one that expires last.
    #[must_use]
    pub fn evidence(&self, pool: &PoolId, date: Date) -> Option<&SignedLine> {
        let (_, lines) = self.index.get(pool).and_then(|at| self.pools.get(*at))?;
        let in_force = lines.iter().filter(|line| is_in_force(line, date));
        in_force.max_by_key(|line| (line.host_key.is_some(), line.expiry)).and_then(|line| line.line.as_ref())
    }
}

fn is_in_force(line: &Entitlement, date: Date) -> bool {
    line.start.is_none_or(|start| start <= date) && !is_expired(line, date)
}

fn is_expired(line: &Entitlement, date: Date) -> bool {
    matches!(line.expiry, Expiry::On(last) if last < date)
}

fn pool_on(date: Date, order: usize, id: &PoolId, lines: &[Entitlement]) -> Option<PoolRow> {
    let first = lines.first()?;
    let in_force: Vec<_> = lines.iter().filter(|line| is_in_force(line, date)).collect();
    let locked = first.kind == SeatKind::Locked;
    let seats = |line: &&&Entitlement| if line.kind == SeatKind::Locked { 1 } else { line.count() };
    let sum = in_force.iter().fold(0u32, |sum, line| sum.saturating_add(seats(&line)));
    let standing = if !in_force.is_empty() {
        PoolStanding::Active
    } else if lines.iter().all(|line| is_expired(line, date)) {
        PoolStanding::Expired
    } else {
        PoolStanding::NotYet
    };
    let last = if in_force.is_empty() {
        lines.iter().map(|l| l.expiry).max()
    } else {
        in_force.iter().map(|l| l.expiry).max()
    };
    Some(PoolRow {
        id: id.clone(),
        capacity: match (locked, in_force.is_empty()) {
            // A workstation has one seat, however many lines name it.
            (true, false) => 1,
            _ => sum.min(limits::SEATS_MAX),
        },
        version: first.version.clone(),
        expiry: last?,
        standing,
        sharing: if locked { Sharing::Pool } else { Sharing::None },
        order: u32::try_from(order).unwrap_or(u32::MAX),
        vendor_string: first.vendor_string.as_deref().map(Into::into),
    })
}
