//! What is licensed: the pools in force on a date, and the signed lines behind each.

use std::sync::Arc;

use license::{Client, DupGroup, Entitlement, SeatKind, SignedLine};
use names::{Date, Expiry, Feature, Millis, PoolId, limits};
use policy::PoolOptions;
use rustc_hash::FxHashMap;
use seats::{BorrowTerms, Identity, PoolRow, PoolStanding, Refusal, Same, Sharing};

/// The verified entitlements of a license host. Capacity is a function of the date: a line counts
/// from its START through its last day.
#[derive(Debug, Default)]
pub struct Licensed {
    /// Pools in the order they are searched.
    pools: Vec<Pool>,
    index: FxHashMap<PoolId, usize>,
    /// The pools of each feature that are not for everybody, in their order.
    restricted: FxHashMap<Feature, Vec<usize>>,
}

/// A pool, and the lines that fill it, in the order they are searched. What is in its id they have in
/// common.
#[derive(Debug)]
struct Pool {
    id: PoolId,
    suite: Option<PoolId>,
    lines: Vec<Arc<Entitlement>>,
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
            let line = Arc::new(line.clone());
            let mut suites: FxHashMap<PoolId, PoolId> = line.suite_pools().into_iter().collect();
            for id in line.pool_ids() {
                let suite = suites.remove(&id);
                licensed.add(id, suite, &line);
            }
        }
        licensed
    }

    fn add(&mut self, id: PoolId, suite: Option<PoolId>, line: &Arc<Entitlement>) {
        let at = *self.index.entry(id.clone()).or_insert(self.pools.len());
        if line.is_restricted() {
            let of_feature = self.restricted.entry(id.feature().clone()).or_default();
            if of_feature.last() != Some(&at) {
                of_feature.push(at);
            }
        }
        match self.pools.get_mut(at) {
            Some(pool) => pool.lines.push(Arc::clone(line)),
            None => self.pools.push(Pool { id, suite, lines: vec![Arc::clone(line)] }),
        }
    }

    /// The pools as they are on a date, with what the options files say of each.
    pub fn on(&self, date: Date, options: impl Fn(&PoolId) -> PoolOptions) -> Vec<PoolRow> {
        let pools = self.pools.iter().enumerate();
        pools.filter_map(|(order, pool)| pool.on(date, order, &options(&pool.id))).collect()
    }

    /// The pools of a feature that somebody may not use by the license on a date: for other machines,
    /// platforms, places. A pool that one of its lines admits them to is open. `server_offset` is the
    /// license host's minutes east of UTC.
    #[must_use]
    pub fn refused(
        &self,
        who: &Identity,
        feature: &Feature,
        date: Date,
        server_offset: i16,
    ) -> Vec<(PoolId, Refusal)> {
        let client = client(who, server_offset);
        let pools = self.restricted.get(feature).into_iter().flatten().filter_map(|at| self.pools.get(*at));
        pools.filter_map(|pool| Some((pool.id.clone(), pool.refusal(&client, date)?))).collect()
    }

    /// Whether a line of a feature says who may use it.
    #[must_use]
    pub fn is_restricted(&self, feature: &Feature) -> bool {
        self.restricted.contains_key(feature)
    }

    /// The signed line that proves a pool to a client on a date: of those in force one that names the
    /// license host's key, since clients refuse others, and of these the one that expires last. Of a
    /// component it is the line that enables its package.
    #[must_use]
    pub fn evidence(&self, pool: &PoolId, date: Date) -> Option<&SignedLine> {
        self.best(pool, date)?.line.as_ref()
    }

    /// The PACKAGE line that proves, together with [`Self::evidence`], a pool of a component.
    #[must_use]
    pub fn package_evidence(&self, pool: &PoolId, date: Date) -> Option<&SignedLine> {
        let line = self.best(pool, date).filter(|line| !line.is_suite())?;
        line.packaged.as_ref()?.line.as_ref()
    }

    fn best(&self, pool: &PoolId, date: Date) -> Option<&Entitlement> {
        let pool = self.index.get(pool).and_then(|at| self.pools.get(*at))?;
        pool.in_force(date).max_by_key(|line| (line.host_key.is_some(), line.expiry))
    }
}

impl Pool {
    fn in_force(&self, date: Date) -> impl Iterator<Item = &Entitlement> {
        self.lines.iter().map(|line| &**line).filter(move |line| is_in_force(line, date))
    }

    fn on(&self, date: Date, order: usize, options: &PoolOptions) -> Option<PoolRow> {
        let in_force: Vec<&Entitlement> = self.in_force(date).collect();
        let all: Vec<&Entitlement> = self.lines.iter().map(|line| &**line).collect();
        // What a pool without a line in force says of itself is what its lines say.
        let lines = if in_force.is_empty() { &all } else { &in_force };
        let first = *lines.first()?;
        let standing = if !in_force.is_empty() {
            PoolStanding::Active
        } else if all.iter().all(|line| is_expired(line, date)) {
            PoolStanding::Expired
        } else {
            PoolStanding::NotYet
        };
        let is_suite = first.is_suite();
        Some(PoolRow {
            id: self.id.clone(),
            capacity: capacity(&in_force),
            overdraft: overdraft(&in_force, options),
            uncounted: first.seats.is_none(),
            version: first.version,
            expiry: lines.iter().map(|line| line.expiry).max()?,
            standing,
            // Also a line that is not in force: a clock that was set back would bring it back.
            dated: all.iter().any(|line| line.start.is_some() || line.expiry != Expiry::Permanent),
            locked: first.kind == SeatKind::Locked,
            // People have the components; the suite's seat goes with them.
            named: first.kind == SeatKind::Named && !is_suite,
            sharing: sharing(lines),
            sharers: first.sharers(),
            suite: self.suite.clone(),
            is_suite,
            minimum: if is_suite { 1 } else { most(lines, |line| line.rules.minimum).unwrap_or(1).max(1) },
            linger: seconds(most(lines, |line| line.rules.linger_s).max(options.linger_s)),
            idle_timeout: seconds(options.timeout_s),
            borrow: borrow(lines, options),
            order: u32::try_from(order).unwrap_or(u32::MAX),
            vendor_string: first.vendor_string.as_deref().map(Into::into),
        })
    }

    /// Why a client may not use it: what its first line in force says, where none of them admits it.
    fn refusal(&self, client: &Client<'_>, date: Date) -> Option<Refusal> {
        let mut first = None;
        for line in self.in_force(date) {
            let (code, why) = line.admits(client).err()?;
            first.get_or_insert(Refusal { code, why: why.into() });
        }
        first
    }
}

fn client(who: &Identity, server_offset: i16) -> Client<'_> {
    Client {
        user: who.user.as_str(),
        host: who.host.as_str(),
        display: who.display.as_str(),
        cpu: &who.cpu,
        address: who.address,
        platform: who.platform.as_str(),
        is_virtual: who.machine.is_virtual,
        is_remote: who.machine.is_remote,
        utc_offset_min: who.machine.utc_offset,
        server_utc_offset_min: server_offset,
    }
}

fn is_in_force(line: &Entitlement, date: Date) -> bool {
    line.start.is_none_or(|start| start <= date) && !is_expired(line, date)
}

fn is_expired(line: &Entitlement, date: Date) -> bool {
    matches!(line.expiry, Expiry::On(last) if last < date)
}

/// The seats of the lines in force. A workstation has one seat, however many lines name it.
fn capacity(in_force: &[&Entitlement]) -> u32 {
    let sum = in_force.iter().fold(0u32, |sum, line| sum.saturating_add(line.count()));
    match in_force.first() {
        Some(line) if line.kind == SeatKind::Locked => sum.min(1),
        _ => sum.min(limits::SEATS_MAX),
    }
}

/// OVERDRAFT of all lines in force, and at most MAX_OVERDRAFT. A workstation's one seat has none.
fn overdraft(in_force: &[&Entitlement], options: &PoolOptions) -> u32 {
    let floating = in_force.iter().filter(|line| line.kind != SeatKind::Locked);
    let sum = floating.fold(0u32, |sum, line| sum.saturating_add(line.rules.overdraft.unwrap_or(0)));
    sum.min(options.max_overdraft.unwrap_or(u32::MAX)).min(limits::SEATS_MAX)
}

fn most(lines: &[&Entitlement], of: impl Fn(&Entitlement) -> Option<u32>) -> Option<u32> {
    lines.iter().filter_map(|line| of(line)).max()
}

fn seconds(seconds: Option<u32>) -> Millis {
    Millis(u64::from(seconds.unwrap_or(0)) * 1000)
}

/// BORROW, and at most MAX_BORROW_HOURS. A lost laptop's seat is freed where every line allows that.
fn borrow(lines: &[&Entitlement], options: &PoolOptions) -> Option<BorrowTerms> {
    let hours = lines.first()?.rules.borrow_hours?;
    Some(BorrowTerms {
        hours: hours.min(options.max_borrow_hours.unwrap_or(u32::MAX)),
        lowwater: options.borrow_lowwater.unwrap_or(0),
        may_be_lost: lines.iter().all(|line| line.rules.borrow_lost_ok),
    })
}

/// Lines of a suite's pool may differ in `SUITE_DUP_GROUP`: what shares is then what each allows.
fn sharing(lines: &[&Entitlement]) -> Sharing {
    let Some((first, rest)) = lines.split_first() else { return Sharing::None };
    let group = || rest.iter().fold(first.sharing(), |group, line| DupGroup::both(group, line.sharing()));
    match first.kind {
        SeatKind::Locked => Sharing::Pool,
        SeatKind::Named => Sharing::Same(Same { person: true, ..Same::default() }),
        SeatKind::Floating => match group() {
            None => Sharing::None,
            Some(DupGroup::Site) => Sharing::Pool,
            Some(DupGroup::Equal { user, host, display, vendor_data }) => {
                Sharing::Same(Same { user, host, display, data: vendor_data, person: false })
            }
        },
    }
}

#[cfg(test)]
mod tests;
