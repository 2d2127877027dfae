//! Which pool gives the seats, if one does.

use names::{Code, Date, Expiry, GrantId, Now, Wall};

use super::room::{Lack, Wait, Want};
use crate::charges::Charges;
use crate::command::Checkout;
use crate::identity::Identity;
use crate::planted::Bug;
use crate::row::{AssignmentRow, PoolRow, PoolStanding};
use crate::rules::Refusal;
use crate::state::{FeatureIx, Pool, PoolIx, State, Terms};

/// Seats that may be granted. It is filled where it stands: moving it would take longer than finding it.
#[derive(Default)]
pub(crate) struct Admission {
    pub(crate) pool: PoolIx,
    pub(crate) suite: Option<PoolIx>,
    pub(crate) seats: u32,
    pub(crate) charges: Charges,
    /// Lingering grants that are returned for it.
    pub(crate) returned: Vec<GrantId>,
}

/// Why a pool does not give the seats.
#[derive(Debug, Clone)]
pub(crate) struct Stop {
    pub(crate) pool: PoolIx,
    pub(crate) why: Why,
}

#[derive(Debug, Clone)]
pub(crate) enum Why {
    WrongHost,
    Expired,
    NotYet,
    Version,
    Suite,
    Refused(Refusal),
    NotAssigned,
    Borrow(Code, &'static str),
    TooMany,
    /// Dates cannot be judged.
    ClockSetBack,
    Connections(u32),
    /// In its own pool, or in its suite's.
    Lack(Lack, PoolIx),
}

/// One request, as it is looked at.
pub(crate) struct Asked<'a> {
    pub(crate) ask: &'a Checkout,
    pub(crate) who: &'a Identity,
    pub(crate) feature: FeatureIx,
    pub(crate) terms: &'a [Terms],
    /// Of the suites of its pools.
    pub(crate) suites: &'a [Terms],
    pub(crate) behind: bool,
    pub(crate) now: Now,
}

impl Why {
    /// How near the pool was to giving the seats.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::WrongHost => 1,
            Self::Expired => 2,
            Self::NotYet => 3,
            Self::Version | Self::Suite => 4,
            Self::Refused(_) | Self::NotAssigned | Self::Borrow(..) => 5,
            Self::TooMany => 6,
            Self::Lack(Lack::Max(..), _) | Self::Connections(_) => 7,
            Self::Lack(Lack::Reserved(..), _) => 8,
            Self::Lack(Lack::Taken, _) => 9,
            Self::Lack(Lack::Line, _) => 10,
            Self::ClockSetBack => 11,
        }
    }

    pub(crate) fn code(&self) -> Code {
        match self {
            Self::WrongHost => Code::WrongHost,
            Self::Expired => Code::Expired,
            Self::NotYet => Code::NotYet,
            Self::Version => Code::VersionNotServed,
            Self::Suite => Code::PackageOnly,
            Self::Refused(refusal) => refusal.code,
            Self::NotAssigned => Code::NotIncluded,
            Self::Borrow(code, _) => *code,
            Self::TooMany => Code::TooMany,
            Self::ClockSetBack => Code::ClockSetBack,
            Self::Connections(_) => Code::NoConnectionsLeft,
            Self::Lack(Lack::Max(..), _) => Code::MaxReached,
            Self::Lack(Lack::Reserved(..), _) => Code::Reserved,
            Self::Lack(Lack::Taken, _) => Code::AllTaken,
            Self::Lack(Lack::Line, _) => Code::Queued,
        }
    }

    /// Whether waiting may help.
    pub(crate) fn may_wait(&self) -> bool {
        match self {
            Self::Lack(Lack::Max(_, wait) | Lack::Reserved(_, wait), _) => *wait == Wait::Helps,
            Self::Lack(Lack::Taken | Lack::Line, _) | Self::Connections(_) => true,
            _ => false,
        }
    }

    /// Whether a wait that has begun may help: nobody's ends because the clock was set back.
    pub(crate) fn may_wait_on(&self) -> bool {
        self.may_wait() || matches!(self, Self::ClockSetBack)
    }

    /// Whether lingering seats that are returned may help.
    fn may_be_reclaimed(&self) -> bool {
        matches!(self, Self::Lack(..) | Self::Connections(_))
    }

    /// Whether seats are what lacked: then those behind in line wait too.
    pub(crate) fn lacks_seats(&self) -> bool {
        matches!(self, Self::Lack(Lack::Taken | Lack::Line | Lack::Reserved(_, Wait::Helps), _))
    }
}

impl State {
    /// The first pool, in order, that gives the seats as things stand.
    ///
    /// # Errors
    /// Why each of the pools that were asked does not.
    pub(crate) fn admit(&self, asked: &Asked<'_>, into: &mut Admission) -> Result<(), Vec<Stop>> {
        let Some(slot) = self.feature_at(asked.feature) else { return Err(Vec::new()) };
        let mut stops = Vec::new();
        for ix in &slot.pools {
            let Some(pool) = self.pool_at(*ix).filter(|pool| is_named(pool, asked.ask)) else { continue };
            match self.try_pool(*ix, pool, asked, into) {
                Ok(()) => return Ok(()),
                Err(why) => stops.push(Stop { pool: *ix, why }),
            }
        }
        Err(stops)
    }

    /// The first pool that gives the seats, as things stand or once lingering ones are returned.
    ///
    /// # Errors
    /// As [`Self::admit`].
    pub(crate) fn admit_or_reclaim(&mut self, asked: &Asked<'_>) -> Result<Admission, Vec<Stop>> {
        let mut admission = Admission::default();
        let Err(stops) = self.admit(asked, &mut admission) else { return Ok(admission) };
        self.admit_for_lingering(asked, &stops).ok_or(stops)
    }

    /// The first of the pools that lacked seats which gives them once lingering ones are returned.
    pub(crate) fn admit_for_lingering(&mut self, asked: &Asked<'_>, stops: &[Stop]) -> Option<Admission> {
        if self.planted(Bug::LingerNotReclaimed) {
            return None;
        }
        let lacked = stops.iter().filter(|stop| stop.why.may_be_reclaimed());
        lacked.map(|stop| stop.pool).find_map(|pool| self.reclaim(pool, asked))
    }

    /// Whether a pool gives the seats once lingering ones are returned: the oldest first, as far as is
    /// needed.
    fn reclaim(&mut self, ix: PoolIx, asked: &Asked<'_>) -> Option<Admission> {
        let pool = self.pool_at(ix)?;
        let suite = pool.row.suite.as_ref().and_then(|id| self.pool_ix(id));
        let mut lingering: Vec<_> = pool.lingering.iter().copied().collect();
        lingering.extend(suite.and_then(|ix| self.pool_at(ix)).into_iter().flat_map(|pool| &pool.lingering));
        lingering.sort_unstable();
        lingering.dedup();
        let mut returned = Vec::new();
        let mut admission = None;
        for (_, id) in lingering {
            let Some(at) = self.grants.at(id) else { continue };
            self.uncharge(at);
            returned.push(id);
            admission = self.pool_at(ix).and_then(|pool| self.try_alone(ix, pool, asked));
            if admission.is_some() && !self.planted(Bug::LingerAllReclaimed) {
                break;
            }
        }
        for at in returned.iter().rev().filter_map(|id| self.grants.at(*id)).collect::<Vec<_>>() {
            // It was charged before, so there is room to count it.
            drop(self.charge(at));
        }
        admission.map(|admission| Admission { returned, ..admission })
    }

    /// The seats that one pool gives, if it does.
    pub(crate) fn try_alone(&self, ix: PoolIx, pool: &Pool, asked: &Asked<'_>) -> Option<Admission> {
        let mut admission = Admission::default();
        self.try_pool(ix, pool, asked, &mut admission).ok().map(|()| admission)
    }

    /// Whether one pool gives the seats.
    ///
    /// # Errors
    /// Why not.
    pub(crate) fn try_pool(
        &self,
        ix: PoolIx,
        pool: &Pool,
        asked: &Asked<'_>,
        into: &mut Admission,
    ) -> Result<(), Why> {
        if self.is_simple(pool, asked) {
            into.simply(ix, asked.ask.seats.get());
            return self.simply(ix, pool, asked).map_or(Ok(()), Err);
        }
        let terms = asked.terms.iter().find(|terms| terms.pool == ix);
        let minimum = if self.planted(Bug::MinimumIgnored) { 1 } else { pool.row.minimum };
        let seats = asked.ask.seats.get().max(minimum);
        self.may_use(pool, terms, asked, seats)?;
        let more = asked.ask.more.as_deref();
        let want = Want {
            who: asked.who,
            seats,
            data: more.and_then(|more| more.data.as_ref()),
            behind: asked.behind,
        };
        into.simply(ix, seats);
        let charges = &mut into.charges;
        let suite = pool.row.suite.as_ref().and_then(|id| self.pool_ix(id));
        let checked = suite.filter(|_| !self.planted(Bug::SuiteNotChecked));
        let suites = suite.and_then(|suite| asked.suites.iter().find(|terms| terms.pool == suite));
        let over = suite.and_then(|suite| self.max_of_both((ix, terms?), (suite, suites?), &want));
        let mut room = match over {
            Some(lack) => Err((lack, ix)),
            None => self.room(ix, &want, terms, false, charges).map_err(|lack| (lack, ix)),
        };
        if let (Ok(()), Some(suite)) = (&room, checked) {
            room = self.room(suite, &want, suites, true, charges).map_err(|lack| (lack, suite));
        }
        if let Err((lack, at)) = room {
            let is_max = matches!(lack, Lack::Max(..));
            // What no wait can mend comes first, in the suite too.
            let vain = [(Some(ix), terms), (suite, suites)].map(|(at, terms)| {
                let at = at?;
                Some((self.in_vain(at, &want, terms)?, at))
            });
            let by_max = vain.iter().flatten().find(|(lack, _)| matches!(lack, Lack::Max(..))).copied();
            let vain = by_max.or(vain.into_iter().flatten().next());
            // And one's own maximum before what others have taken.
            let own = || {
                let lack = self.max_reached(suite?, &want, suites?)?;
                (!is_max).then_some((lack, suite?))
            };
            let (lack, at) = vain.or_else(own).unwrap_or((lack, at));
            return Err(Why::Lack(lack, at));
        }
        into.suite = suite;
        Ok(())
    }

    /// Whether nothing but version and number matters.
    fn is_simple(&self, pool: &Pool, asked: &Asked<'_>) -> bool {
        pool.is_simple && asked.is_simple() && self.connections.is_empty() && self.goes_short()
    }

    /// What [`State::try_pool`] says of most pools, in few steps: why one does not give the seats, if so.
    fn simply(&self, ix: PoolIx, pool: &Pool, asked: &Asked<'_>) -> Option<Why> {
        let seats = asked.ask.seats.get();
        if asked.ask.version > pool.row.version && !self.planted(Bug::SimpleAnyVersion) {
            return Some(Why::Version);
        }
        if self.is_clock_back && pool.row.dated {
            return Some(Why::ClockSetBack);
        }
        if seats > pool.row.limit() {
            return Some(Why::TooMany);
        }
        if asked.behind && !self.planted(Bug::SimpleLineIgnored) {
            return Some(Why::Lack(Lack::Line, ix));
        }
        let free = pool.free() + u32::from(self.planted(Bug::SimpleOneTooMany));
        (seats > free).then_some(Why::Lack(Lack::Taken, ix))
    }

    /// Everything but room.
    pub(crate) fn may_use(
        &self,
        pool: &Pool,
        terms: Option<&Terms>,
        asked: &Asked<'_>,
        seats: u32,
    ) -> Result<(), Why> {
        let row = &pool.row;
        if row.locked && !self.planted(Bug::LockedAnywhere) && !asked.who.is_at(row.id.cpu()) {
            return Err(Why::WrongHost);
        }
        let suite = row.suite.as_ref().and_then(|id| self.pool_ix(id)).and_then(|ix| self.pool_at(ix));
        let is_dated = row.dated || suite.is_some_and(|suite| suite.row.dated);
        let is_clock_back = self.is_clock_back && (is_dated || self.planted(Bug::ClockStopsAll));
        match row.standing {
            // Whether it has, nobody knows.
            PoolStanding::Expired | PoolStanding::NotYet if is_clock_back => {}
            PoolStanding::Expired => return Err(Why::Expired),
            PoolStanding::NotYet => return Err(Why::NotYet),
            PoolStanding::Active | PoolStanding::Unlicensed => {}
        }
        let (wanted, licensed) = (&asked.ask.version, &row.version);
        let is_above = if self.planted(Bug::VersionAsText) {
            wanted.as_str() > licensed.as_str()
        } else {
            wanted > licensed
        };
        if is_above {
            return Err(Why::Version);
        }
        if row.is_suite {
            return Err(Why::Suite);
        }
        let refused = terms.and_then(|terms| terms.refused.as_ref());
        if let Some(refusal) = refused.filter(|_| !self.planted(Bug::RefusalIgnored)) {
            return Err(Why::Refused(refusal.clone()));
        }
        if is_clock_back {
            return Err(Why::ClockSetBack);
        }
        if row.named && !self.is_assigned(pool, asked.who, asked.now) {
            return Err(Why::NotAssigned);
        }
        if let Some(borrow) = asked.ask.more.as_ref().and_then(|more| more.borrow.as_ref()) {
            self.may_borrow(pool, terms, borrow.until, asked.now, seats)?;
        }
        let has_fewer = |row: &PoolRow| !row.uncounted && seats > row.limit();
        if has_fewer(row) || suite.is_some_and(|suite| has_fewer(&suite.row)) {
            return Err(Why::TooMany);
        }
        match self.connections.get(row.vendor()) {
            Some(connections)
                if !self.planted(Bug::ConnectionsIgnored)
                    && !connections.sessions.contains_key(&asked.ask.session)
                    && connections.sessions.len() >= connections.limit as usize =>
            {
                Err(Why::Connections(connections.limit))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn is_assigned(&self, pool: &Pool, who: &Identity, now: Now) -> bool {
        let Some(email) = &who.email else { return false };
        let row = self.assignments.get(&(pool.row.id.clone(), email.clone()));
        let is_now = |row: &AssignmentRow| row.from <= Date::of(now.wall) && !row.until.is_past(now.wall);
        row.is_some_and(|row| is_now(row) || self.planted(Bug::AssignedForEver))
    }

    fn may_borrow(
        &self,
        pool: &Pool,
        terms: Option<&Terms>,
        until: Wall,
        now: Now,
        seats: u32,
    ) -> Result<(), Why> {
        if let Some(refusal) = terms.and_then(|terms| terms.no_borrow.as_ref()) {
            return Err(Why::Refused(refusal.clone()));
        }
        let Some(borrow) = pool.row.borrow else {
            return Err(Why::Borrow(Code::NoBorrow, "its license does not allow that seats are borrowed"));
        };
        if until <= now.wall {
            return Err(Why::Borrow(Code::BorrowExpired, "the date to borrow it until has passed"));
        }
        let longest = i64::from(borrow.hours).saturating_mul(3_600_000);
        let ends = match pool.row.expiry {
            Expiry::Permanent => Wall(i64::MAX),
            Expiry::On(date) => date.end(),
        };
        let is_long = until.0 > now.wall.0.saturating_add(longest) || until > ends;
        if is_long && !self.planted(Bug::BorrowedForEver) {
            let why = "it cannot be borrowed so long; an earlier date may do";
            return Err(Why::Borrow(Code::BorrowTooLong, why));
        }
        let lowwater = if self.planted(Bug::LowwaterIgnored) { 0 } else { borrow.lowwater };
        let lendable = pool.row.limit().saturating_sub(lowwater);
        if !pool.row.uncounted && pool.borrowed_seats + u64::from(seats) > u64::from(lendable) {
            let why = "as many seats as may be borrowed are; BORROW_LOWWATER keeps the others here";
            return Err(Why::Borrow(Code::NoneToBorrow, why));
        }
        Ok(())
    }
}

impl Asked<'_> {
    /// Whether it asks for seats and nothing more, and no rule is about them.
    fn is_simple(&self) -> bool {
        self.ask.more.is_none() && self.terms.is_empty()
    }
}

impl Admission {
    /// So many seats of a pool, and nothing more.
    fn simply(&mut self, pool: PoolIx, seats: u32) {
        (self.pool, self.suite, self.seats) = (pool, None, seats);
        if !self.charges.is_empty() {
            self.charges = Charges::new();
        }
    }
}

/// Whether the request means this pool, if it names one.
pub(crate) fn is_named(pool: &Pool, ask: &Checkout) -> bool {
    let id = &pool.row.id;
    pool.is_licensed()
        && ask.config.as_ref().is_none_or(|config| config == id.config())
        && ask.vendor.as_ref().is_none_or(|vendor| vendor == id.vendor())
}
