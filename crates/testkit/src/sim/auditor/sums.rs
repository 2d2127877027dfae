//! What clients hold, added up: the least and the most that it can be.

use super::{Auditor, Promises, Verdict};
use crate::sim::books::{Grant, Request, Session};
use crate::sim::message::{ClientId, How, Job};
use crate::sim::site::PoolName;
use names::RequestId;

/// Grants of a pool, added up.
#[derive(Debug, Default)]
struct Sum {
    seats: u32,
    /// When the newest of them was asked for first.
    newest: u64,
    who: Vec<String>,
}

impl Sum {
    fn add(&mut self, pool: &PoolName, seats: u32, asked: u64, who: impl FnOnce() -> String) {
        // All processes of a workstation share its locked seat.
        self.seats = if pool.is_locked() { seats.max(self.seats) } else { self.seats + seats };
        self.newest = self.newest.max(asked);
        self.who.push(who());
    }
}

impl Auditor {
    /// The seats of a grant that are surely its client's now: while it may use what it was granted, of a
    /// borrowed seat to its date, and of a booking what no job asked for.
    fn surely_held(&self, session: &Session, request: &Request, grant: &Grant, time: u64) -> u32 {
        let is_over = grant.return_sent.is_some();
        let has_come = grant.until.is_some_and(|until| self.dates.has_come(until, time));
        match request.want.how {
            _ if is_over || has_come => 0,
            How::Use | How::For(_) if session.believes(time, self.promises.grace) => grant.seats,
            How::Use | How::For(_) => 0,
            How::Borrow(..) => grant.seats,
            How::Book(job, _) => grant.seats.saturating_sub(self.asked_for(job)),
        }
    }

    /// Whether a grant must still be there when its session shows what it holds.
    pub(super) fn is_its_own(&self, session: &Session, number: RequestId, grant: &Grant, time: u64) -> bool {
        let Some(request) = session.requests.get(&number) else { return false };
        let has_come = grant.until.is_some_and(|until| self.dates.has_come(until, time));
        let is_drawn = matches!(request.want.how, How::Book(job, _) if self.asked_for(job) > 0);
        grant.return_sent.is_none() && !has_come && !is_drawn
    }

    /// How many seats were asked for a job, granted or not.
    fn asked_for(&self, job: Job) -> u32 {
        let requests = self.sessions.values().flat_map(|session| session.requests.values());
        let its = requests.filter(|request| request.want.how == How::For(job));
        its.map(|request| request.want.seats.get()).sum()
    }

    /// The grants of clients that some are, of pools that some are, as far as `seats` says.
    fn sum(
        &self,
        is_client: impl Fn(ClientId) -> bool,
        pool: &PoolName,
        seats: impl Fn(&Session, &Request, &Grant) -> u32,
    ) -> Sum {
        let mut sum = Sum::default();
        for (id, session) in self.sessions.iter().filter(|(_, session)| is_client(session.client)) {
            let granted = session.requests.values().filter_map(|r| Some((r, r.grant.as_ref()?)));
            for (request, grant) in granted.filter(|(_, grant)| grant.pool == *pool) {
                let n = seats(session, request, grant);
                if n > 0 {
                    sum.add(pool, n, request.first_sent, || {
                        format!("{n} of client {} ({id}) by grant {}", session.client, grant.id)
                    });
                }
            }
        }
        sum
    }

    /// Adds up what clients believe in now, of one pool, and holds it against capacity and rules.
    pub(in crate::sim) fn add_up(&self, time: u64, pool: &PoolName) -> Verdict {
        let believed = |session: &Session, request: &Request, grant: &Grant| {
            self.surely_held(session, request, grant, time)
        };
        let all = self.sum(|_| true, pool, believed);
        let capacity = self.regimes.largest(pool, all.newest, time);
        at_most(&all, capacity, || format!("seats of {pool} are believed in, and there are"))?;
        let is_unnamed = |client| !self.regimes.is_named(client, pool);
        let others = self.sum(is_unnamed, pool, believed);
        let open = self.regimes.largest_unreserved(pool, others.newest, time);
        let what =
            || format!("seats of {pool} are believed in by those for whom none is reserved, and there are");
        at_most(&others, open, what)?;
        self.add_up_maxima(time, &pool.feature)
    }

    fn add_up_maxima(&self, time: u64, feature: &str) -> Verdict {
        let clients: std::collections::BTreeSet<_> = self.sessions.values().map(|s| s.client).collect();
        for client in clients.into_iter().filter(|client| self.regimes.has_maximum(*client, feature)) {
            let of = |pool: &PoolName| {
                self.sum(|other| other == client, pool, |s, r, g| self.surely_held(s, r, g, time))
            };
            let pools = self.regimes.pools().into_iter().filter(|pool| pool.feature == feature);
            let sums: Vec<_> = pools.map(|pool| (of(&pool), pool)).collect();
            let newest = sums.iter().map(|(sum, _)| sum.newest).max().unwrap_or(0);
            let mut sum = Sum { newest, ..Sum::default() };
            for (of, _) in sums.iter().filter(|(_, pool)| self.regimes.is_licensed(pool, newest, time)) {
                sum.seats += of.seats;
                sum.who.extend(of.who.iter().cloned());
            }
            if let (Some(most), _) = self.regimes.most(client, feature, sum.newest, time) {
                at_most(&sum, most, || format!("seats of {feature} are its user's, by a MAX line of"))?;
            }
        }
        Ok(())
    }

    /// Adds up what the server itself has said that sessions held at `moment`, returned since or not.
    pub(super) fn held_together(&self, moment: u64, time: u64, pool: &PoolName) -> Verdict {
        let held = |session: &Session, request: &Request, grant: &Grant| {
            let is_listed = grant.listed >= moment && !request.want.how.stays();
            match grant.told <= moment {
                true if is_listed => grant.seats,
                true => self.surely_held(session, request, grant, time),
                false => 0,
            }
        };
        let sum = self.sum(|_| true, pool, held);
        let capacity = self.regimes.largest(pool, sum.newest, time);
        at_most(&sum, capacity, || format!("seats of {pool} were held at {moment} ms, and there are"))
    }

    /// The most seats of a pool that can have been in use at or after `from`: all that was ever asked
    /// for and is not surely back.
    pub(crate) fn possibly_used(&self, pool: &PoolName, from: u64) -> u32 {
        self.possibly_used_by(|_| true, pool, from)
    }

    /// The same, of some clients.
    pub(super) fn possibly_used_by(
        &self,
        is_client: impl Fn(ClientId) -> bool,
        pool: &PoolName,
        from: u64,
    ) -> u32 {
        let mut used = 0;
        for session in self.sessions.values().filter(|session| is_client(session.client)) {
            let has_ended = self.has_surely_ended(session, from);
            for request in session.requests.values() {
                let is_over = if request.want.how.stays() { self.is_over(request, from) } else { has_ended };
                let may_hold = match &request.grant {
                    Some(grant) => {
                        grant.pool == *pool && grant.returned.is_none_or(|returned| returned > from)
                    }
                    None => {
                        pool.feature == request.want.feature.as_str()
                            && request.want.config.is_none_or(|config| pool.config == config.to_string())
                            && (!pool.is_locked() || pool.cpu == session.cpu.as_str())
                    }
                };
                if may_hold && !is_over {
                    let seats = request.want.seats.get();
                    used = if pool.is_locked() { seats.max(used) } else { used + seats };
                }
            }
        }
        used
    }

    /// Whether a seat of a pool may come free at any moment: one that is borrowed or booked.
    pub(crate) fn may_come_free(&self, pool: &PoolName, time: u64) -> bool {
        let requests = self.sessions.values().flat_map(|session| session.requests.values());
        let mut kept = requests.filter(|r| r.want.how.stays() && r.want.feature.as_str() == pool.feature);
        kept.any(|request| {
            let is_back = request.grant.as_ref().is_some_and(|grant| grant.returned.is_some());
            !is_back && !self.is_over(request, time)
        })
    }

    /// Whether the date of what was borrowed or booked had surely come, and the seats were free.
    fn is_over(&self, request: &Request, time: u64) -> bool {
        let Promises { delay, slack, .. } = self.promises;
        let ends = match (request.grant.as_ref().and_then(|grant| grant.until), request.want.how) {
            (Some(until), _) | (None, How::Borrow(until, _)) => self.dates.surely_come(until),
            // The server counts from when it heard of it.
            (None, How::Book(_, ttl)) => request.last_sent + 2 * delay + slack + ttl.0 + self.dates.swing(),
            (None, How::Use | How::For(_)) => u64::MAX,
        };
        time >= ends.max(self.disturbed).saturating_add(slack)
    }

    /// Whether a session had surely ended at `time`: it was told so, or was silent for long enough.
    pub(in crate::sim) fn has_surely_ended(&self, session: &Session, time: u64) -> bool {
        let Promises { hold, delay, slack, .. } = self.promises;
        let silent_since = (session.last_sent + delay).max(self.disturbed);
        session.surely_ended.is_some_and(|ended| ended <= time)
            || time >= silent_since + session.timeout + hold + slack
    }
}

fn at_most(sum: &Sum, most: u32, what: impl FnOnce() -> String) -> Verdict {
    if sum.seats > most {
        return Err(format!("{} {} {most}: {}", sum.seats, what(), sum.who.join(", ")));
    }
    Ok(())
}
