//! A checkout, in the order that the README gives.

use names::{Code, Millis, Wall};
use seats::{Book, Borrow, Checkout, PoolRow, PoolStanding, ReturnReason, Rules};

use super::room::{Obstacle, Want};
use super::{Grant, Happened, Hold, Model, Name, Reply, Session, Waiter};

/// A moment so much later.
pub(crate) fn later(wall: Wall, by: Millis) -> Wall {
    Wall(wall.0.saturating_add(i64::try_from(by.0).unwrap_or(i64::MAX)))
}

pub(crate) fn priority(ask: &Checkout) -> Option<u8> {
    ask.more.as_ref().and_then(|more| more.queue)
}

fn borrow(ask: &Checkout) -> Option<Borrow> {
    ask.more.as_ref().and_then(|more| more.borrow)
}

/// What stops a request in all pools.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stopped {
    /// What is told.
    nearest: Obstacle,
    /// In one of them a wait may help.
    may_wait: bool,
    /// In one of them seats are what lacks.
    pub(crate) lacks: bool,
}

impl Stopped {
    pub(crate) fn nowhere() -> Self {
        let nearest = Obstacle { rank: 0, code: Code::NoSuchFeature, is_lasting: true };
        Self { nearest, may_wait: false, lacks: false }
    }

    fn add(&mut self, obstacle: Obstacle) {
        if obstacle.rank > self.nearest.rank {
            self.nearest = obstacle;
        }
        self.may_wait |= obstacle.may_be_mended() && !obstacle.is_lasting;
        self.lacks |= obstacle.is_lack();
    }
}

impl Model {
    pub(crate) fn checkout(&mut self, ask: &Checkout, rules: &dyn Rules) -> Reply {
        let name = (ask.session, ask.request);
        let Some(session) = self.session(ask.session).filter(|session| !session.is_held).cloned() else {
            return Reply::Unknown;
        };
        if let Some(reply) = self.asked_before(&session, ask) {
            return reply;
        }
        let hold = borrow(ask)
            .map_or(Hold::Floating, |borrow| Hold::Borrowed { proof: borrow.proof, until: borrow.until });
        if let Some(reply) = self.use_booking(&session, ask, &hold, rules) {
            return reply;
        }
        let is_stopped = self.is_stopped(ask, rules);
        match self.seek(&session, ask, &hold, is_stopped, rules) {
            Ok(()) => self.granted(name),
            Err(stopped) => match priority(ask) {
                Some(priority) if stopped.may_wait => {
                    self.write(ask.session);
                    self.waiters.push(Waiter { name, ask: ask.clone(), priority });
                    self.happened.push(Happened::Queued(name));
                    Reply::Queued { position: self.position(name) }
                }
                _ => Reply::Denied(stopped.nearest.code),
            },
        }
    }

    pub(crate) fn book(&mut self, book: &Book, rules: &dyn Rules) -> Reply {
        let ask = Checkout { more: None, ..book.ask.clone() };
        let Some(session) = self.session(ask.session).filter(|session| !session.is_held).cloned() else {
            return Reply::Unknown;
        };
        if let Some(grant) = self.grant((ask.session, ask.request))
            && let Hold::Booked { job, .. } = &grant.hold
        {
            let is_same = *job == book.job && self.is_same(grant, &ask);
            return if is_same { self.granted(grant.name) } else { Reply::Denied(Code::BadParameter) };
        }
        if let Some(reply) = self.asked_before(&session, &ask) {
            return match reply {
                Reply::Granted { .. } | Reply::Queued { .. } => Reply::Denied(Code::BadParameter),
                other => other,
            };
        }
        let hold = Hold::Booked { job: book.job.clone(), until: later(self.now.wall, book.ttl) };
        let is_stopped = self.is_stopped(&ask, rules);
        match self.seek(&session, &ask, &hold, is_stopped, rules) {
            Ok(()) => self.granted((ask.session, ask.request)),
            Err(stopped) => Reply::Denied(stopped.nearest.code),
        }
    }

    /// The answer for a request that was granted, waits, or has ended.
    fn asked_before(&self, session: &Session, ask: &Checkout) -> Option<Reply> {
        let name = (ask.session, ask.request);
        let ended = Some(Reply::Denied(Code::BadParameter));
        if let Some(grant) = self.grant(name) {
            let is_kept = matches!(grant.hold, Hold::Lingering { .. } | Hold::Booked { .. });
            return if !is_kept && self.is_same(grant, ask) { Some(self.granted(name)) } else { ended };
        }
        if let Some(waiter) = self.waiters.iter().find(|waiter| waiter.name == name) {
            let is_same = waiter.ask == *ask && waiter.ask.version.as_str() == ask.version.as_str();
            return if is_same { Some(Reply::Queued { position: self.position(name) }) } else { ended };
        }
        if ask.request <= session.floor { ended } else { None }
    }

    fn is_same(&self, grant: &Grant, ask: &Checkout) -> bool {
        let minimum = self.pool(&grant.pool).map_or(1, |pool| pool.minimum);
        *grant.pool.feature() == ask.feature
            && grant.seats == ask.seats.get().max(minimum)
            && grant.version.as_str() == ask.version.as_str()
            && ask.vendor.as_ref().is_none_or(|vendor| vendor == grant.pool.vendor())
            && ask.config.as_ref().is_none_or(|config| config == grant.pool.config())
            && grant.data == ask.more.as_ref().and_then(|more| more.data.clone())
            && match (&grant.hold, borrow(ask)) {
                (Hold::Borrowed { proof, until }, Some(borrow)) => {
                    *proof == borrow.proof && *until == borrow.until
                }
                (Hold::Borrowed { .. }, None) => false,
                (Hold::Booked { .. }, _) => true,
                (_, borrow) => borrow.is_none(),
            }
    }

    /// What a request that is granted is answered.
    pub(crate) fn granted(&self, name: Name) -> Reply {
        let Some(grant) = self.grant(name) else { return Reply::Unknown };
        let until = if matches!(grant.hold, Hold::Revoked(..)) { None } else { grant.until() };
        Reply::Granted { name, pool: grant.pool.clone(), seats: grant.seats, until }
    }

    /// A job's booking becomes its grant.
    fn use_booking(
        &mut self,
        session: &Session,
        ask: &Checkout,
        hold: &Hold,
        rules: &dyn Rules,
    ) -> Option<Reply> {
        let wanted = ask.more.as_ref()?.job.as_ref()?;
        let is_for = |grant: &&Grant| {
            matches!(&grant.hold, Hold::Booked { job, .. } if job == wanted)
                && self.pools_for(ask).iter().any(|pool| pool.id == grant.pool)
        };
        let bookings: Vec<Name> = self.grants.iter().filter(is_for).map(|grant| grant.name).collect();
        bookings.into_iter().find_map(|name| self.take_from(name, session, ask, hold, rules))
    }

    fn take_from(
        &mut self,
        booking: Name,
        session: &Session,
        ask: &Checkout,
        hold: &Hold,
        rules: &dyn Rules,
    ) -> Option<Reply> {
        let row = self.grant(booking).and_then(|grant| self.pool(&grant.pool))?.clone();
        let left = self.grant(booking)?.seats.checked_sub(ask.seats.get().max(row.minimum))?;
        let before = self.clone();
        if left == 0 {
            self.take_back(booking, ReturnReason::BookingUsed);
        } else {
            self.grant_mut(booking)?.shrink(left);
        }
        let want = self.want(session, ask, hold, &row, false, rules);
        if self.obstacle(&row, &want).is_some() {
            *self = before;
            return None;
        }
        self.give(want.grant, rules);
        Some(self.granted((ask.session, ask.request)))
    }

    /// The pools that may be asked, in their order.
    pub(crate) fn pools_for(&self, ask: &Checkout) -> Vec<&PoolRow> {
        let fits = |pool: &&PoolRow| {
            *pool.id.feature() == ask.feature
                && pool.standing != PoolStanding::Unlicensed
                && ask.vendor.as_ref().is_none_or(|vendor| vendor == pool.vendor())
                && ask.config.as_ref().is_none_or(|config| config == pool.id.config())
        };
        let mut pools: Vec<_> = self.pools.iter().filter(fits).collect();
        pools.sort_by_key(|pool| (pool.order, &pool.id));
        pools
    }

    pub(crate) fn want<'a>(
        &self,
        session: &Session,
        ask: &Checkout,
        hold: &Hold,
        pool: &PoolRow,
        is_stopped: bool,
        rules: &'a dyn Rules,
    ) -> Want<'a> {
        let grant = Grant {
            name: (ask.session, ask.request),
            who: session.who.clone(),
            pool: pool.id.clone(),
            suite: pool.suite.clone(),
            seats: ask.seats.get().max(pool.minimum),
            version: ask.version,
            data: ask.more.as_ref().and_then(|more| more.data.clone()),
            hold: hold.clone(),
            draws: Vec::new(),
        };
        Want { grant, borrow: borrow(ask), is_stopped, rules }
    }

    /// Grants from the first pool that can, if need be with the seats that linger.
    pub(crate) fn seek(
        &mut self,
        session: &Session,
        ask: &Checkout,
        hold: &Hold,
        is_stopped: bool,
        rules: &dyn Rules,
    ) -> Result<(), Stopped> {
        let mut stopped = Stopped::nowhere();
        let pools: Vec<PoolRow> = self.pools_for(ask).into_iter().cloned().collect();
        for pool in &pools {
            let want = self.want(session, ask, hold, pool, is_stopped, rules);
            match self.obstacle(pool, &want) {
                None => {
                    self.give(want.grant, rules);
                    return Ok(());
                }
                Some(obstacle) => stopped.add(obstacle),
            }
        }
        for pool in &pools {
            let want = self.want(session, ask, hold, pool, is_stopped, rules);
            if self.obstacle(pool, &want).is_some_and(Obstacle::may_be_mended)
                && let Some(freed) = self.freed_by_lingering(pool, &want)
            {
                *self = freed;
                self.give(want.grant, rules);
                return Ok(());
            }
        }
        Err(stopped)
    }

    /// The model after so many lingering seats were returned as give room, if any number does.
    fn freed_by_lingering(&self, pool: &PoolRow, want: &Want<'_>) -> Option<Self> {
        let mut lingering: Vec<(Wall, usize, Name)> = Vec::new();
        for (at, grant) in self.grants.iter().enumerate() {
            let is_here = grant.pool == pool.id || (pool.suite.is_some() && grant.suite == pool.suite);
            if let Hold::Lingering { from, .. } = grant.hold
                && is_here
            {
                lingering.push((from, at, grant.name));
            }
        }
        lingering.sort_unstable();
        let mut after = self.clone();
        for (.., name) in lingering {
            after.take_back(name, ReturnReason::Lingered);
            if after.obstacle(pool, want).is_none() {
                return Some(after);
            }
        }
        None
    }

    /// Makes a grant.
    pub(crate) fn give(&mut self, mut grant: Grant, rules: &dyn Rules) {
        let pools = [Some(&grant.pool), grant.suite.as_ref()];
        let pools: Vec<_> = pools.into_iter().flatten().filter_map(|id| self.pool(id)).collect();
        grant.draws = pools.into_iter().flat_map(|pool| self.draw(&grant, pool, rules)).collect();
        self.write(grant.name.0);
        self.happened.push(Happened::Granted(grant.name));
        self.grants.push(grant);
    }

    fn write(&mut self, session: names::SessionId) {
        if let Some(session) = self.session_mut(session) {
            session.is_written = true;
        }
    }
}
