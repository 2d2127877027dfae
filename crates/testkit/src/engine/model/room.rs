//! What is charged, what is reserved, and what keeps a pool from giving seats.

use std::sync::Arc;

use names::{Code, Date, Email, Expiry, PoolId, Wall};
use seats::{Borrow, Identity, PoolRow, PoolStanding, PoolTerms, QuotaKind, Rules, Same, Sharing};

use super::{Grant, Hold, Model};

/// A RESERVE line of a pool.
#[derive(Debug, Clone)]
pub(crate) struct Reservation {
    pub(crate) key: Arc<str>,
    /// How many of its seats the pool has.
    pub(crate) in_force: u32,
    /// How many of those no grant draws from.
    pub(crate) idle: u32,
}

/// Why a pool does not give seats, and how near it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Obstacle {
    pub(crate) rank: u8,
    pub(crate) code: Code,
    /// No wait can mend it.
    pub(crate) is_lasting: bool,
}

impl Obstacle {
    fn lasting(rank: u8, code: Code) -> Self {
        Self { rank, code, is_lasting: true }
    }

    /// Whether lack of seats is what it is.
    pub(crate) fn is_lack(self) -> bool {
        matches!(self.code, Code::AllTaken | Code::Reserved) && !self.is_lasting
    }

    /// Whether the return of lingering seats could mend it.
    pub(crate) fn may_be_mended(self) -> bool {
        self.rank >= 7 && self.code != Code::ClockSetBack
    }
}

/// A request for seats of some pool.
#[derive(Clone)]
pub(crate) struct Want<'a> {
    pub(crate) grant: Grant,
    pub(crate) borrow: Option<Borrow>,
    /// Somebody before it lacks seats: only what that one could not have is left.
    pub(crate) is_stopped: bool,
    pub(crate) rules: &'a dyn Rules,
}

/// What rules say of somebody and a pool.
pub(crate) fn terms(rules: &dyn Rules, who: &Identity, pool: &PoolId) -> PoolTerms {
    let none = PoolTerms { pool: pool.clone(), refused: None, no_borrow: None, quotas: Vec::new() };
    rules.terms(who, pool.feature()).into_iter().find(|terms| terms.pool == *pool).unwrap_or(none)
}

/// Whether two grants of a pool share a seat.
fn share(sharing: Sharing, a: &Grant, b: &Grant) -> bool {
    match sharing {
        Sharing::None => a.name == b.name,
        Sharing::Pool => true,
        Sharing::Same(Same { user, host, display, data, person }) => {
            (!user || a.who.user == b.who.user)
                && (!host || a.who.host == b.who.host)
                && (!display || a.who.display == b.who.display)
                && (!data || a.data == b.data)
                && (!person || a.who.email == b.who.email)
        }
    }
}

/// The seats that some grants of a pool take together.
fn seats_of(row: &PoolRow, grants: &[&Grant]) -> u32 {
    let mut groups: Vec<Vec<&Grant>> = Vec::new();
    for grant in grants {
        match groups.iter_mut().find(|group| group.iter().any(|other| share(row.sharing, other, grant))) {
            Some(group) => group.push(grant),
            None => groups.push(vec![grant]),
        }
    }
    let seats = |group: &Vec<&Grant>| {
        let largest = group.iter().map(|grant| grant.seats).max().unwrap_or(0);
        let sharers = u32::try_from(group.len()).unwrap_or(u32::MAX);
        let times = if row.sharers == 0 { 1 } else { sharers.div_ceil(row.sharers) };
        largest * times
    };
    groups.iter().map(seats).sum()
}

impl Model {
    /// The grants that take seats of a pool, as its own or as its suite's.
    fn takers<'a>(&'a self, pool: &PoolId, more: Option<&'a Grant>) -> Vec<&'a Grant> {
        let takes = |grant: &&Grant| grant.pool == *pool || grant.suite.as_ref() == Some(pool);
        self.grants.iter().chain(more).filter(takes).collect()
    }

    /// What a pool is charged, with one more grant or without.
    pub(crate) fn charged(&self, pool: &PoolRow, more: Option<&Grant>) -> u32 {
        seats_of(pool, &self.takers(&pool.id, more))
    }

    /// What those whom a MAX line names use, with one more grant or without.
    pub(crate) fn used(&self, key: &Arc<str>, more: Option<&Grant>, rules: &dyn Rules) -> u32 {
        let of = |pool: &PoolRow| {
            let mut takers = self.takers(&pool.id, more);
            takers.retain(|grant| terms(rules, &grant.who, &pool.id).quotas.contains(key));
            seats_of(pool, &takers)
        };
        self.pools.iter().map(of).sum()
    }

    /// The RESERVE lines of a pool in their order.
    pub(crate) fn reservations(&self, pool: &PoolRow) -> Vec<Reservation> {
        let mut left = if pool.uncounted { 0 } else { pool.capacity };
        let mut lines = Vec::new();
        for quota in &self.quotas {
            if quota.kind == QuotaKind::Reserve(pool.id.clone()) {
                let in_force = quota.seats.min(left);
                left -= in_force;
                let draws = self.grants.iter().flat_map(|grant| &grant.draws);
                let drawn: u32 = draws.filter(|(key, ..)| *key == quota.key).map(|(_, seats, _)| seats).sum();
                let idle = in_force.saturating_sub(drawn);
                lines.push(Reservation { key: quota.key.clone(), in_force, idle });
            }
        }
        lines
    }

    /// What a grant that is not there yet would take of the reservations of a pool.
    pub(crate) fn draw(
        &self,
        grant: &Grant,
        pool: &PoolRow,
        rules: &dyn Rules,
    ) -> Vec<(Arc<str>, u32, bool)> {
        let mut left = self.charged(pool, Some(grant)) - self.charged(pool, None);
        let named = terms(rules, &grant.who, &pool.id).quotas;
        let mut draws = Vec::new();
        for line in self.reservations(pool) {
            let seats = left.min(line.idle);
            if named.contains(&line.key) && seats > 0 {
                left -= seats;
                draws.push((line.key, seats, grant.suite.as_ref() == Some(&pool.id)));
            }
        }
        draws
    }

    /// What keeps a pool from giving seats.
    pub(crate) fn obstacle(&self, pool: &PoolRow, want: &Want<'_>) -> Option<Obstacle> {
        self.lasting(pool, want).or_else(|| self.passing(pool, want))
    }

    /// What no wait can mend; and a clock that was set back, before what it would be asked for.
    fn lasting(&self, pool: &PoolRow, want: &Want<'_>) -> Option<Obstacle> {
        let who = &want.grant.who;
        let terms = terms(want.rules, who, &pool.id);
        if pool.locked && !who.is_at(pool.id.cpu()) {
            return Some(Obstacle::lasting(1, Code::WrongHost));
        }
        let is_without_date = self.is_without_date(pool);
        match pool.standing {
            PoolStanding::Expired | PoolStanding::NotYet if is_without_date => {}
            PoolStanding::Expired => return Some(Obstacle::lasting(2, Code::Expired)),
            PoolStanding::NotYet => return Some(Obstacle::lasting(3, Code::NotYet)),
            PoolStanding::Active | PoolStanding::Unlicensed => {}
        }
        if want.grant.version > pool.version {
            return Some(Obstacle::lasting(4, Code::VersionNotServed));
        }
        if pool.is_suite {
            return Some(Obstacle::lasting(4, Code::PackageOnly));
        }
        if let Some(refusal) = terms.refused {
            return Some(Obstacle::lasting(5, refusal.code));
        }
        if is_without_date {
            // It passes; but nobody begins to wait for that.
            return Some(Obstacle { rank: 11, code: Code::ClockSetBack, is_lasting: false });
        }
        if pool.named && !who.email.as_ref().is_some_and(|email| self.is_assigned(&pool.id, email)) {
            return Some(Obstacle::lasting(5, Code::NotIncluded));
        }
        if let Some(borrow) = want.borrow
            && let Some(code) =
                terms.no_borrow.map(|r| r.code).or_else(|| self.no_borrow(pool, want.grant.seats, borrow))
        {
            return Some(Obstacle::lasting(5, code));
        }
        let suite = want.grant.suite.as_ref().and_then(|id| self.pool(id));
        let is_too_many = |pool: &PoolRow| !pool.uncounted && want.grant.seats > pool.limit();
        if is_too_many(pool) || suite.is_some_and(is_too_many) {
            return Some(Obstacle::lasting(6, Code::TooMany));
        }
        None
    }

    /// What passes when others give seats back, if it is not too much for ever: first what no wait can
    /// mend, then one's own maxima, then what a pool lacks and what its suite lacks.
    fn passing(&self, pool: &PoolRow, want: &Want<'_>) -> Option<Obstacle> {
        let suite = want.grant.suite.as_ref().and_then(|id| self.pool(id));
        let both: Vec<&PoolRow> = [Some(pool), suite].into_iter().flatten().collect();
        if self.connections_are_used(pool, want) {
            return Some(Obstacle { rank: 7, code: Code::NoConnectionsLeft, is_lasting: false });
        }
        let maxima = both.iter().flat_map(|pool| self.maxima(pool, want));
        let lacks = both.iter().filter_map(|pool| self.lack(pool, want));
        let all: Vec<Obstacle> = maxima.chain(lacks).collect();
        all.iter().find(|obstacle| obstacle.is_lasting).or(all.first()).copied()
    }

    /// The MAX lines of a pool that are reached.
    fn maxima(&self, pool: &PoolRow, want: &Want<'_>) -> Vec<Obstacle> {
        let reached = |key: Arc<str>| {
            let quota = self.quotas.iter().find(|quota| quota.key == key && quota.kind == QuotaKind::Max)?;
            let after = self.used(&key, Some(&want.grant), want.rules);
            let grows = after > self.used(&key, None, want.rules);
            let is_lasting = want.grant.seats > quota.seats;
            (grows && after > quota.seats).then_some(Obstacle { rank: 7, code: Code::MaxReached, is_lasting })
        };
        terms(want.rules, &want.grant.who, &pool.id).quotas.into_iter().filter_map(reached).collect()
    }

    fn lack(&self, pool: &PoolRow, want: &Want<'_>) -> Option<Obstacle> {
        let (rank, code, is_lasting) = match self.room(pool, want) {
            Room::Free => return None,
            Room::Never => (8, Code::Reserved, true),
            Room::Reserved => (8, Code::Reserved, false),
            Room::Taken => (9, Code::AllTaken, false),
            Room::Stopped => (10, Code::Queued, false),
        };
        Some(Obstacle { rank, code, is_lasting })
    }

    fn room(&self, pool: &PoolRow, want: &Want<'_>) -> Room {
        let charged = self.charged(pool, None);
        let adds = self.charged(pool, Some(&want.grant)) - charged;
        if adds == 0 || pool.uncounted {
            return Room::Free;
        }
        let named = terms(want.rules, &want.grant.who, &pool.id).quotas;
        let free = pool.limit().saturating_sub(charged);
        let (mut left, mut own, mut others, mut never) = (free, 0, 0, 0);
        for line in self.reservations(pool) {
            let kept = line.idle.min(left);
            left -= kept;
            if named.contains(&line.key) {
                own += kept;
            } else {
                others += kept;
                never += line.in_force;
            }
        }
        // Where grants share, nobody knows what a request will add.
        if pool.sharing == Sharing::None && want.grant.seats > pool.limit() - never {
            Room::Never
        } else if want.is_stopped && adds > own {
            Room::Stopped
        } else if adds > free {
            Room::Taken
        } else if adds > free - others {
            Room::Reserved
        } else {
            Room::Free
        }
    }

    /// Whether as many sessions as may hold seats of a pool's vendor, and the asking one holds none.
    fn connections_are_used(&self, pool: &PoolRow, want: &Want<'_>) -> bool {
        let mut holders: Vec<_> = self
            .grants
            .iter()
            .filter(|grant| grant.is_sessions() && grant.pool.vendor() == pool.vendor())
            .map(|grant| grant.name.0)
            .collect();
        holders.sort_unstable();
        holders.dedup();
        let limit = self.connections.iter().find(|(vendor, _)| vendor == pool.vendor());
        limit.is_some_and(|(_, limit)| {
            !holders.contains(&want.grant.name.0) && holders.len() >= usize::try_from(*limit).unwrap_or(0)
        })
    }

    pub(crate) fn is_assigned(&self, pool: &PoolId, email: &Email) -> bool {
        let today = Date::of(self.now.wall);
        let covers = |from: Date, until: Expiry| from <= today && Expiry::On(today) <= until;
        self.assignments
            .iter()
            .any(|row| row.pool == *pool && row.email == *email && covers(row.from, row.until))
    }

    fn no_borrow(&self, pool: &PoolRow, seats: u32, borrow: Borrow) -> Option<Code> {
        let Some(allowed) = pool.borrow else { return Some(Code::NoBorrow) };
        let now = self.now.wall;
        if borrow.until <= now {
            return Some(Code::BorrowExpired);
        }
        let longest = Wall(now.0 + i64::from(allowed.hours) * 3_600_000);
        if borrow.until > longest || matches!(pool.expiry, Expiry::On(date) if borrow.until > date.end()) {
            return Some(Code::BorrowTooLong);
        }
        let offline = |grant: &&Grant| grant.pool == pool.id && matches!(grant.hold, Hold::Borrowed { .. });
        let borrowed: u32 = self.grants.iter().filter(offline).map(|grant| grant.seats).sum();
        let is_low = borrowed + seats > pool.limit().saturating_sub(allowed.lowwater);
        (is_low && !pool.uncounted).then_some(Code::NoneToBorrow)
    }
}

/// How much room a pool has for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Room {
    Free,
    /// There never is any: too much is reserved for others.
    Never,
    Reserved,
    Taken,
    /// There is room, for those who wait before.
    Stopped,
}
