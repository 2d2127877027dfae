//! Checkouts.

use std::sync::Arc;

use names::{Code, GrantId, Now, SeatCount, WaiterId, Word, limits};

use super::admit::{Admission, Asked, Stop};
use crate::answer::{Answer, Denial, Detail};
use crate::command::Checkout;
use crate::identity::Identity;
use crate::planted::Bug;
use crate::record::{Denied, Event, Record, ReturnReason};
use crate::row::{GrantRow, GrantState, Keeping, Kept, Sharing};
use crate::rules::Rules;
use crate::state::{FeatureIx, Session, State, Terms};

/// What rules say of a request: of its feature's pools, and of their suites.
pub(crate) struct Found {
    pub(crate) feature: FeatureIx,
    /// Nothing where no rule is about the feature.
    pub(crate) terms: Option<Arc<[Terms]>>,
    pub(crate) suites: Vec<Terms>,
}

impl State {
    pub(crate) fn checkout(
        &mut self,
        now: Now,
        ask: &Checkout,
        rules: &dyn Rules,
        out: &mut Vec<Record>,
    ) -> Answer {
        let Some((place, session)) = self.live(ask.session) else { return Answer::SessionUnknown };
        if let Some(answer) = self.asked_before(session, ask, None) {
            return answer;
        }
        if session.grants.len() >= limits::GRANTS_PER_SESSION_MAX {
            let detail = Detail::Limit("the session holds as many grants as it may; check some in");
            return Answer::denied(Code::Busy, detail);
        }
        let mut admission = Admission::default();
        let tried = self.admit_at_once(now, ask, place, rules, &mut admission);
        if matches!(tried, Some(Ok(()))) {
            return self.grant_to(now, ask, place, &admission, out);
        }
        let Some(found) = self.found(place, ask, rules) else {
            let denial = self.denial(None, &[], ask);
            return self.deny(now, ask, denial, out);
        };
        if ask.more.as_ref().is_some_and(|more| more.job.is_some())
            && let Some(admission) = self.admit_job(now, ask, place, &found, out)
        {
            return self.grant_to(now, ask, place, &admission, out);
        }
        let Some(who) = self.sessions.slot(place).map(|session| Arc::clone(&session.row.identity)) else {
            return Answer::SessionUnknown;
        };
        let asked = found.asked(now, ask, &who, self.is_behind(found.feature, ask));
        let tried = tried.unwrap_or_else(|| self.admit(&asked, &mut admission));
        let Err(stops) = tried else { return self.grant_to(now, ask, place, &admission, out) };
        match self.admit_for_lingering(&asked, &stops) {
            Some(admission) => self.grant_to(now, ask, place, &admission, out),
            None => self.wait_or_deny(now, &asked, &stops, out),
        }
    }

    /// What [`State::admit`] says of most checkouts, without a copy of what rules say of them; nothing of
    /// those that need more than that.
    fn admit_at_once(
        &mut self,
        now: Now,
        ask: &Checkout,
        place: u32,
        rules: &dyn Rules,
        into: &mut Admission,
    ) -> Option<Result<(), Vec<Stop>>> {
        let feature = self.feature_ix(&ask.feature)?;
        let is_ruled = self.are_about(feature, rules);
        if ask.more.is_some() || self.has_suites(feature) {
            return None;
        }
        let behind = self.is_behind(feature, ask);
        let session = self.sessions.slot(place)?;
        let terms: &[Terms] = if is_ruled { session.terms_of(feature, self.license)? } else { &[] };
        let asked = Asked { ask, who: &session.row.identity, feature, terms, suites: &[], behind, now };
        Some(self.admit(&asked, into))
    }

    /// The pools of a request, with what rules say of them and its session.
    pub(crate) fn found(&mut self, place: u32, ask: &Checkout, rules: &dyn Rules) -> Option<Found> {
        let feature = self.feature_ix(&ask.feature)?;
        let terms = self.are_about(feature, rules).then(|| self.terms(place, feature, rules));
        Some(self.found_with(place, feature, terms, rules))
    }

    /// The same of a request that waits in line.
    pub(crate) fn found_in_line(
        &mut self,
        waiter: WaiterId,
        place: u32,
        ask: &Checkout,
        rules: &dyn Rules,
    ) -> Option<Found> {
        let feature = self.feature_ix(&ask.feature)?;
        let are_about = self.are_about(feature, rules);
        let terms = are_about.then(|| self.terms_in_line(waiter, place, feature, rules));
        Some(self.found_with(place, feature, terms, rules))
    }

    fn found_with(
        &self,
        place: u32,
        feature: FeatureIx,
        terms: Option<Arc<[Terms]>>,
        rules: &dyn Rules,
    ) -> Found {
        let mut suites = Vec::new();
        if self.has_suites(feature)
            && let Some(session) = self.sessions.slot(place)
        {
            suites = self.suite_terms(feature, &session.row.identity, rules);
        }
        Found { feature, terms, suites }
    }

    /// The same of somebody who has no session.
    pub(crate) fn found_for(&self, who: &Identity, ask: &Checkout, rules: &dyn Rules) -> Option<Found> {
        let feature = self.feature_ix(&ask.feature)?;
        let terms = Some(self.terms_for(who, feature, rules));
        Some(Found { feature, terms, suites: self.suite_terms(feature, who, rules) })
    }

    fn has_suites(&self, feature: FeatureIx) -> bool {
        self.feature_at(feature).is_some_and(|slot| slot.has_suites)
    }

    /// What rules say of the suites of a feature's pools.
    fn suite_terms(&self, feature: FeatureIx, who: &Identity, rules: &dyn Rules) -> Vec<Terms> {
        if !self.has_suites(feature) {
            return Vec::new();
        }
        let pools = self.feature_at(feature).map_or(&[][..], |slot| &slot.pools);
        let suites = pools.iter().filter_map(|ix| self.pool_at(*ix)?.row.suite.as_ref());
        let mut features: Vec<_> = suites.filter_map(|id| self.feature_ix(id.feature())).collect();
        features.dedup();
        features.into_iter().flat_map(|suite| self.terms_for(who, suite, rules).to_vec()).collect()
    }

    fn wait_or_deny(&mut self, now: Now, asked: &Asked<'_>, stops: &[Stop], out: &mut Vec<Record>) -> Answer {
        let priority = asked.ask.more.as_ref().and_then(|more| more.queue);
        let may_wait = stops.iter().any(|stop| stop.why.may_wait());
        if let Some(priority) = priority.filter(|_| may_wait) {
            return self.enqueue(now, asked.ask, priority, out);
        }
        let denial = self.denial(Some(asked), stops, asked.ask);
        self.deny(now, asked.ask, denial, out)
    }

    pub(crate) fn deny(&mut self, now: Now, ask: &Checkout, denial: Denial, out: &mut Vec<Record>) -> Answer {
        let Some(session) = self.sessions.get(ask.session) else { return Answer::SessionUnknown };
        let identity = Arc::clone(&session.row.identity);
        let denied = Denied {
            identity,
            session: ask.session,
            request: ask.request,
            feature: ask.feature.clone(),
            version: ask.version,
            seats: ask.seats,
            code: denial.code,
        };
        self.record(now, Event::Denied(Box::new(denied)), out);
        Answer::Denied(Box::new(denial))
    }

    /// Whether somebody who comes before a newcomer lacks seats.
    pub(crate) fn is_behind(&self, feature: FeatureIx, ask: &Checkout) -> bool {
        let own = ask.more.as_ref().and_then(|more| more.queue).unwrap_or(0);
        let slot = self.feature_at(feature).filter(|slot| !slot.line.is_empty());
        let stopped = slot.and_then(|slot| slot.stopped).filter(|_| !self.planted(Bug::LineIgnored));
        stopped.is_some_and(|priority| priority >= own)
    }

    /// The answer to a request that was made before: the same grant or place if it is the same request.
    pub(crate) fn asked_before(
        &self,
        session: &Session,
        ask: &Checkout,
        job: Option<&Word>,
    ) -> Option<Answer> {
        let parameter = |what| Some(Answer::denied(Code::BadParameter, Detail::Parameter(what)));
        const OTHER: &str = "this request id was used for another checkout; give each request its own";
        // Requests rise: almost always it is a new one.
        let is_newest = session.grants.last().is_none_or(|(last, _)| *last < ask.request);
        if !is_newest
            && let Ok(at) = session.grants.binary_search_by_key(&ask.request, |(request, _)| *request)
            && !self.planted(Bug::GrantedTwice)
        {
            let grant = session.grants.get(at).and_then(|(_, id)| self.grant(*id))?;
            let grant = &grant;
            let minimum = self.pool(&grant.pool).map_or(1, |(row, _)| row.minimum);
            let same = *grant.pool.feature() == ask.feature
                && grant.seats.get() == ask.seats.get().max(minimum)
                && grant.version.as_str() == ask.version.as_str()
                && ask.config.as_ref().is_none_or(|config| config == grant.pool.config())
                && ask.more.as_ref().and_then(|more| more.data.as_ref()) == grant.data.as_ref()
                && is_kept_so(grant, ask, job)
                && ask.vendor.as_ref().is_none_or(|vendor| vendor == grant.pool.vendor());
            return if same { Some(granted(grant)) } else { parameter(OTHER) };
        }
        if let Some((_, waiter)) = session.waiting.iter().find(|(request, _)| *request == ask.request) {
            let row = self.waiters.get(waiter)?;
            return if row.ask == *ask { Some(self.place(row.id)) } else { parameter(OTHER) };
        }
        if ask.request <= session.mark.floor {
            return parameter("a request with this id or a later one has ended; request ids must rise");
        }
        None
    }

    /// Grants what was found to be free.
    pub(crate) fn grant_to(
        &mut self,
        now: Now,
        ask: &Checkout,
        place: u32,
        admission: &Admission,
        out: &mut Vec<Record>,
    ) -> Answer {
        let Some(session) = self.sessions.slot(place) else { return Answer::SessionUnknown };
        let borrow = ask.more.as_ref().and_then(|more| more.borrow);
        let state = match borrow {
            None => GrantState::Floating,
            Some(borrow) => GrantState::Kept(Arc::new(Kept {
                how: Keeping::Borrowed(borrow.proof),
                who: Arc::clone(&session.row.identity),
                from: now.wall,
                until: borrow.until,
            })),
        };
        self.grant_as(now, ask, place, state, admission, out)
    }

    pub(crate) fn grant_as(
        &mut self,
        now: Now,
        ask: &Checkout,
        place: u32,
        state: GrantState,
        admission: &Admission,
        out: &mut Vec<Record>,
    ) -> Answer {
        for lingering in &admission.returned {
            self.give_back(now, *lingering, ReturnReason::Lingered, out);
        }
        self.write_session(now, place, out);
        let Some(pool) = self.pool_at(admission.pool) else { return Answer::SessionUnknown };
        let suite = admission.suite.and_then(|ix| self.pool_at(ix));
        let shares =
            pool.row.sharing != Sharing::None || suite.is_some_and(|pool| pool.row.sharing != Sharing::None);
        let Ok(seats) = SeatCount::new(u64::from(admission.seats)) else { return Answer::SessionUnknown };
        let id = GrantId(self.last().0 + 1);
        let (pool, suite) = (pool.row.id.clone(), suite.map(|pool| pool.row.id.clone()));
        let row = || GrantRow {
            id,
            pool,
            suite,
            seats,
            session: ask.session,
            request: ask.request,
            version: ask.version,
            state,
            since: now.wall,
            data: ask.more.as_ref().and_then(|more| more.data.clone()),
            charges: admission.charges.clone(),
        };
        let Some(row) = self.record_grant(now, row, (admission.pool, admission.suite), place, out) else {
            return Answer::SessionUnknown;
        };
        let counts = !row.charges.is_empty() || !self.connections.is_empty();
        if (shares || counts) && !self.waiters.is_empty() {
            // Somebody in line may share it, or has reached a maximum by it and stops nobody any more.
            self.touch_all();
        }
        granted(row)
    }
}

impl Found {
    pub(crate) fn asked<'a>(
        &'a self,
        now: Now,
        ask: &'a Checkout,
        who: &'a Identity,
        behind: bool,
    ) -> Asked<'a> {
        let terms = self.terms.as_deref().unwrap_or_default();
        Asked { ask, who, feature: self.feature, terms, suites: &self.suites, behind, now }
    }
}

/// Whether a grant is kept as a request asks: booked for this job, borrowed until this date, or neither.
fn is_kept_so(grant: &GrantRow, ask: &Checkout, job: Option<&Word>) -> bool {
    let borrow = ask.more.as_ref().and_then(|more| more.borrow);
    match (grant.kept().map(|kept| (kept.how.clone(), kept.until)), borrow, job) {
        (None, None, None) => true,
        (Some((Keeping::Booked(booked), _)), None, Some(job)) => booked == *job,
        (Some((Keeping::Borrowed(proof), until)), Some(borrow), None) => {
            proof == borrow.proof && until == borrow.until
        }
        _ => false,
    }
}

/// The answer that a grant is.
fn granted(row: &GrantRow) -> Answer {
    let until = row.kept().map(|kept| kept.until);
    Answer::Granted { grant: row.id, pool: row.pool.clone(), seats: row.seats, until }
}
