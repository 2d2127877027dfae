//! What the auditor knows of those who wait in line.

use names::{Code, GrantId, RequestId, SessionId, WaiterId};
use seats::Held;
use service::News;

use super::auditor::{Auditor, Given, Verdict};
use super::books::{Request, Session};
use super::message::{How, Token, Want};
use super::site::PoolName;

impl Auditor {
    /// A request was told that it waits.
    pub(super) fn queued(
        &mut self,
        time: u64,
        sent: u64,
        (id, token): (SessionId, Token),
        request: RequestId,
        place: WaiterId,
    ) -> Verdict {
        match self.places.insert(place, (id, request)) {
            Some(old) if old != (id, request) => return Err(format!("place {place} was another's")),
            _ => {}
        }
        let Some(session) = self.own(id, token) else { return Err("the token is not its own".into()) };
        if session.surely_ended.is_some_and(|ended| ended < sent) {
            return Err("the session had ended".into());
        }
        let Some(request) = session.requests.get_mut(&request).filter(|request| request.want.waits) else {
            return Err("nobody asked to wait".into());
        };
        if let Some(grant) = request.grant.as_ref().filter(|grant| grant.told <= sent) {
            return Err(format!("the request had grant {}", grant.id));
        }
        if request.withdrawn.is_some_and(|withdrawn| withdrawn <= sent) {
            return Err("it had left the line".into());
        }
        match request.place {
            Some((old, _)) if old != place => Err(format!("the request had place {old}")),
            Some(_) => Ok(()),
            None => {
                request.place = Some((place, time));
                Ok(())
            }
        }
    }

    /// A session came back, with these places in line.
    pub(super) fn waits_on(
        &self,
        time: u64,
        id: SessionId,
        sent: u64,
        (held, waiting): (&[Held], &[RequestId]),
    ) -> Verdict {
        let Some(session) = self.sessions.get(&id) else { return Err("nobody opened it".into()) };
        for (number, request) in session.requests.iter().filter(|(_, request)| request.waits(sent)) {
            let is_there = waiting.contains(number) || held.iter().any(|held| held.request == *number);
            if !is_there && !self.may_be_hopeless(time, session, request) {
                return Err(format!("request {number} was told to wait, and does not any more"));
            }
        }
        for number in waiting {
            let request = session.requests.get(number).filter(|request| request.want.waits);
            if request.is_none_or(|request| request.withdrawn.is_some_and(|withdrawn| withdrawn <= sent)) {
                return Err(format!("request {number} waits, and should not"));
            }
        }
        Ok(())
    }

    /// A session was told something unasked, which was decided in a round that began at `decided`.
    pub(crate) fn heard(&mut self, time: u64, decided: u64, id: SessionId, news: &News) -> Verdict {
        self.judge_news(time, decided, id, news).map_err(|why| {
            format!("at {time} ms session {id} was told {news:?}, decided at {decided} ms: {why}")
        })
    }

    fn judge_news(&mut self, time: u64, decided: u64, id: SessionId, news: &News) -> Verdict {
        let Some(session) = self.sessions.get(&id) else { return Err("nobody opened it".into()) };
        let (News::Granted { request: number, .. } | News::Hopeless(number)) = news else {
            return Err("nobody takes seats away or asks for them here".into());
        };
        let Some(request) = session.requests.get(number).filter(|request| request.want.waits) else {
            return Err("nobody asked to wait".into());
        };
        if request.withdrawn.is_some_and(|withdrawn| withdrawn < decided) {
            return Err("it had left the line".into());
        }
        match news {
            News::Granted { grant, pool, seats, borrowed: None, .. } => {
                if self.is_surely_gone(session, decided) {
                    return Err("its session is not there any more".into());
                }
                let (want, pool) = (request.want.clone(), PoolName::of(pool));
                self.first_come(session, request, *grant)?;
                let given = Given { id: *grant, pool: pool.clone(), seats: seats.get(), until: None };
                self.book(time, (id, *number), given, &want)?;
                self.add_up(time, &pool)
            }
            _ if self.may_be_hopeless(time, session, request) => Ok(()),
            _ => Err("there was always a pool that could grant it".into()),
        }
    }

    /// Nobody who asked after a request was known to wait, for as many seats or more of the same, was
    /// granted before it while its session was there.
    fn first_come(&self, own: &Session, request: &Request, grant: GrantId) -> Verdict {
        let (Some(attached), Some((_, told))) = (own.attached, request.place) else { return Ok(()) };
        let (want, since) = (&request.want, attached.max(told));
        let feature = want.feature.as_str();
        if want.how != How::Use || !self.regimes.is_plain(own.client, feature) {
            return Ok(());
        }
        let is_later = |other: &Request| {
            let is_same = want.feature == other.want.feature
                && want.config.is_none_or(|config| other.want.config == Some(config))
                && want.seats <= other.want.seats;
            is_same && other.want.how == How::Use && other.first_sent > since
        };
        for other in self.sessions.values().filter(|other| self.regimes.is_plain(other.client, feature)) {
            let later = other.requests.iter().filter(|(_, request)| is_later(request));
            for (number, theirs) in
                later.filter_map(|(number, request)| Some((number, request.grant.as_ref()?)))
            {
                if theirs.id < grant {
                    let what = format!("request {number} of client {} was granted before it", other.client);
                    return Err(format!("{what}, and was made after it was known to wait"));
                }
            }
        }
        Ok(())
    }

    /// Whether a session had ended, or its time-out had passed, by `time`.
    fn is_surely_gone(&self, session: &Session, time: u64) -> bool {
        let silent_since = (session.last_sent + self.promises.delay).max(self.disturbed);
        session.surely_ended.is_some_and(|ended| ended < time)
            || time >= silent_since + session.timeout + self.promises.slack
    }

    /// Whether there may have been a moment since it was asked at which no pool could ever grant it.
    pub(super) fn may_be_hopeless(&self, time: u64, session: &Session, request: &Request) -> bool {
        let (client, seats, since) = (session.client, request.want.seats.get(), request.first_sent);
        let most = self.regimes.most(client, request.want.feature.as_str(), since, time).1;
        let mut pools = self.asked(&request.want, session.cpu.as_str());
        most.is_some_and(|most| most < seats)
            || pools.all(|pool| self.regimes.smallest_for(client, &pool, since, time) < seats)
    }

    /// Whether a request may be denied with that code, as far as the line goes.
    pub(super) fn may_be_denied(
        &self,
        time: u64,
        sent: u64,
        (id, number): (SessionId, RequestId),
        code: Code,
        want: &Want,
    ) -> Verdict {
        let session = self.sessions.get(&id);
        if let Some((session, request)) = session.and_then(|s| Some((s, s.requests.get(&number)?)))
            && code != Code::Busy
            && request.waits(sent)
            && !self.may_be_hopeless(time, session, request)
        {
            return Err("the request waits in line".into());
        }
        if want.waits && matches!(code, Code::AllTaken | Code::Queued) {
            return Err("it would have waited".into());
        }
        let mut others = self.sessions.values().filter(|other| !self.has_surely_ended(other, sent));
        let is_waited_for = |other: &Session| {
            let mut requests = other.requests.values();
            requests.any(|request| request.want.waits && request.want.feature == want.feature)
        };
        if code == Code::Queued && !others.any(is_waited_for) {
            return Err("nobody waits for it".into());
        }
        Ok(())
    }
}
