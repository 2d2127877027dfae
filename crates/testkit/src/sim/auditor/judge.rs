//! What each answer says of what was promised before.

use std::collections::{BTreeMap, BTreeSet};

use names::{Code, GrantId, Millis, RequestId, SessionId, Wall};
use seats::{Answer, Held};

use super::{Auditor, Verdict};
use crate::sim::books::{Grant, Session};
use crate::sim::message::{Body, How, Message, Pulse, Token, Told, Want};
use crate::sim::site::PoolName;

/// A grant, as an answer tells of it.
#[derive(Debug, Clone)]
pub(crate) struct Given {
    pub(crate) id: GrantId,
    pub(crate) pool: PoolName,
    pub(crate) seats: u32,
    pub(crate) until: Option<Wall>,
}

impl Auditor {
    pub(super) fn judge(&mut self, time: u64, message: &Message, told: &Told) -> Verdict {
        match (&message.body, told) {
            (Body::Open { replaces, timeout }, Told::Welcome { answer, token, timeout: given }) => {
                self.opened(time, message, *token, (*timeout, *given), answer)?;
                if let Some((old, token)) = *replaces
                    && let Some(old) = self.own(old, token)
                {
                    old.surely_ended.get_or_insert(time);
                }
                Ok(())
            }
            (
                Body::Resume { session, token },
                Told::Welcome { answer: Answer::Welcome { held, waiting, .. }, .. },
            ) => {
                let is_own = self.own(*session, *token).is_some();
                if is_own {
                    self.waits_on(time, *session, message.sent, (held, waiting))?;
                    self.resumed(time, *session, message, held)
                } else {
                    Err("the token is not its own".into())
                }
            }
            (Body::Beat { session }, Told::Pulse(pulse)) => self.beaten(time, *session, message, *pulse),
            (Body::BeatByToken { session, token }, Told::Pulse(pulse)) => {
                if self.own(*session, *token).is_none() {
                    return Err("the token is not its own".into());
                }
                self.beaten(time, *session, message, *pulse)
            }
            (Body::Checkout { session, token, request, want }, Told::Answer(answer)) => match answer {
                Answer::Granted { grant, pool, seats, until } => {
                    if self.own(*session, *token).is_none() {
                        return Err("the token is not its own".into());
                    }
                    let pool = PoolName::of(pool);
                    let given = Given { id: *grant, pool, seats: seats.get(), until: *until };
                    self.granted(time, message, (*session, *request), given, want)
                }
                Answer::Queued { waiter, .. } => {
                    self.queued(time, message.sent, (*session, *token), *request, *waiter)
                }
                Answer::Denied(denial) => self.denied(time, message, (*session, *request), denial, want),
                Answer::SessionUnknown => self.unknown(time, message.sent, (*session, *token), false),
                _ => Err("that is no answer to a checkout".into()),
            },
            (Body::Checkin { session, token, grant }, Told::Answer(answer)) => match answer {
                Answer::Returned { grant: told } if told == grant => {
                    if let Some(grant) = self.own(*session, *token).and_then(|s| s.grant_mut(*grant)) {
                        grant.returned.get_or_insert(time);
                    }
                    Ok(())
                }
                Answer::SessionUnknown => self.unknown(time, message.sent, (*session, *token), true),
                Answer::Denied(denial) if denial.code == Code::Busy => Ok(()),
                _ => Err("that is no answer to a checkin".into()),
            },
            (Body::Return { grant, proof }, Told::Answer(answer)) => {
                self.brought_back(time, message.sent, (*grant, *proof), answer)
            }
            (Body::Unbook { session, token, grant }, Told::Answer(answer)) => match answer {
                Answer::Returned { grant: told } if told == grant => {
                    if let Some(grant) = self.booked_by(*session, *token, *grant) {
                        grant.returned.get_or_insert(time);
                    }
                    Ok(())
                }
                Answer::SessionUnknown => self.unknown(time, message.sent, (*session, *token), false),
                Answer::Denied(denial) if denial.code == Code::Busy => Ok(()),
                _ => Err("that is no answer to it".into()),
            },
            (Body::Lost { grant }, Told::Answer(answer)) => {
                self.reported_lost(time, message.sent, *grant, answer)
            }
            (Body::Withdraw { session, token, request }, Told::Answer(Answer::Withdrawn)) => {
                if let Some(request) = self.own(*session, *token).and_then(|s| s.requests.get_mut(request)) {
                    request.withdrawn.get_or_insert(time);
                }
                Ok(())
            }
            (Body::Withdraw { session, token, .. }, Told::Answer(Answer::SessionUnknown)) => {
                self.unknown(time, message.sent, (*session, *token), true)
            }
            (Body::Close { session, token }, Told::Answer(answer)) => match answer {
                Answer::Closed => {
                    if let Some(session) = self.own(*session, *token) {
                        session.surely_ended.get_or_insert(time);
                    }
                    Ok(())
                }
                // Nothing can be told of a session that was asked to end.
                Answer::SessionUnknown => Ok(()),
                Answer::Denied(denial) if denial.code == Code::Busy => Ok(()),
                _ => Err("that is no answer to a close".into()),
            },
            (Body::Resume { session, token }, Told::Answer(Answer::SessionUnknown)) => {
                self.unknown(time, message.sent, (*session, *token), true)
            }
            (Body::BeatByToken { session, token }, Told::Answer(Answer::SessionUnknown)) => {
                self.unknown(time, message.sent, (*session, *token), true)
            }
            (Body::Open { .. }, Told::Answer(Answer::Denied(denial))) if denial.code == Code::Busy => Ok(()),
            (_, Told::Answer(Answer::Denied(denial))) if denial.code == Code::Busy => Ok(()),
            _ => Err("that is no answer to it".into()),
        }
    }

    fn opened(
        &mut self,
        time: u64,
        message: &Message,
        token: Token,
        (asked, given): (Millis, Millis),
        answer: &Answer,
    ) -> Verdict {
        let Answer::Welcome { session, held, waiting } = answer else {
            return Err("that is no welcome".into());
        };
        if self.sessions.contains_key(session) || !held.is_empty() || !waiting.is_empty() {
            return Err("the session is not new".into());
        }
        if given > asked {
            return Err(format!("it asked for a time-out of {asked:?} and got more"));
        }
        let session_ = Session {
            client: message.from,
            cpu: message.cpu.clone(),
            token,
            timeout: given.0,
            signs: vec![(time, message.sent)],
            last_sent: time,
            resumes: 0,
            resumed: 0,
            attached: None,
            requests: BTreeMap::new(),
            end_asked: None,
            surely_ended: None,
            has_given_up: false,
        };
        self.sessions.insert(*session, session_);
        Ok(())
    }

    /// The session lives, and says what it holds.
    fn resumed(&mut self, time: u64, id: SessionId, message: &Message, held: &[Held]) -> Verdict {
        let Some(session) = self.sessions.get_mut(&id) else { return Err("nobody opened it".into()) };
        if session.surely_ended.is_some_and(|ended| ended < message.sent) {
            return Err("the session had ended".into());
        }
        session.lives(time, message.sent);
        let Some(session) = self.sessions.get(&id) else { return Err("nobody opened it".into()) };
        for (request, grant) in session.grants() {
            let is_kept = grant.told <= message.sent && self.is_its_own(session, request, grant, time);
            if is_kept && !held.iter().any(|h| h.grant == grant.id && h.request == request) {
                return Err(format!("grant {} was told to it and is not held any more", grant.id));
            }
        }
        for held in held {
            let Some(request) = session.requests.get(&held.request) else {
                return Err(format!("it holds grant {} and never asked for it", held.grant));
            };
            if let Some(grant) = &request.grant
                && (grant.id != held.grant || grant.returned.is_some_and(|returned| returned <= message.sent))
            {
                return Err(format!("grant {} came back", held.grant));
            }
        }
        for held in held {
            let want =
                self.sessions.get(&id).and_then(|s| s.requests.get(&held.request)).map(|r| r.want.clone());
            let Some(want) = want else { continue };
            let pool = PoolName::of(&held.pool);
            let given = Given { id: held.grant, pool, seats: held.seats.get(), until: held.until };
            self.book(time, (id, held.request), given, &want)?;
            let grant = self.sessions.get_mut(&id).and_then(|session| session.grant_mut(held.grant));
            if let Some(grant) = grant {
                grant.listed = grant.listed.max(message.sent);
            }
        }
        let pools: BTreeSet<PoolName> = held.iter().map(|h| PoolName::of(&h.pool)).collect();
        pools.iter().try_for_each(|pool| {
            self.add_up(time, pool)?;
            self.held_together(message.sent, time, pool)
        })
    }

    fn beaten(&mut self, time: u64, id: SessionId, message: &Message, pulse: Pulse) -> Verdict {
        let Some(session) = self.sessions.get_mut(&id) else { return Err("nobody opened it".into()) };
        match pulse {
            Pulse::Alive => {
                if session.surely_ended.is_some_and(|ended| ended < message.sent) {
                    return Err("the session had ended".into());
                }
                session.lives(time, message.sent);
                // A resume that was still under way then may mend a break that comes.
                let is_settled = message.sent >= session.resumed + 2 * self.promises.delay;
                if matches!(message.body, Body::Beat { .. }) && is_settled {
                    session.attached.get_or_insert(time);
                }
                Ok(())
            }
            Pulse::Expired if session.may_be_over(message.sent, time, 0) => Ok(()),
            Pulse::Expired => Err("its time-out cannot have passed".into()),
            Pulse::Replaced if session.resumes > 0 => Ok(()),
            Pulse::Replaced => Err("nobody resumed it".into()),
            Pulse::NotAttached => Ok(()),
        }
    }

    /// The server says that it knows no such session. `is_held_known`: a session in its hold would do.
    fn unknown(
        &mut self,
        time: u64,
        sent: u64,
        (id, token): (SessionId, Token),
        is_held_known: bool,
    ) -> Verdict {
        let hold = if is_held_known { self.promises.hold } else { 0 };
        let session = self.sessions.get(&id).filter(|session| session.token == token);
        let Some(session) = session else { return Ok(()) };
        let floats = |request: &RequestId| session.requests.get(request).is_some_and(|r| !r.want.how.stays());
        let has_seats = session
            .grants()
            .any(|(request, g)| floats(&request) && g.told <= sent && g.return_sent.is_none())
            || session
                .requests
                .values()
                .any(|request| request.waits(sent) && !self.may_be_hopeless(time, session, request));
        if has_seats && !session.may_be_over(sent, time, hold) {
            return Err(
                "it was told of grants or places in line, has not given them up, and its time cannot have passed".into()
            );
        }
        Ok(())
    }

    fn granted(
        &mut self,
        time: u64,
        message: &Message,
        (id, request): (SessionId, RequestId),
        given: Given,
        want: &Want,
    ) -> Verdict {
        if let Some(session) = self.sessions.get(&id)
            && session.surely_ended.is_some_and(|ended| ended < message.sent)
        {
            return Err("the session had ended".into());
        }
        let pool = given.pool.clone();
        self.book(time, (id, request), given, want)?;
        self.add_up(time, &pool)
    }

    /// Writes a grant down, which must be the one that the request has if it has one.
    pub(in crate::sim) fn book(
        &mut self,
        time: u64,
        (id, request): (SessionId, RequestId),
        Given { id: grant, pool, seats, until }: Given,
        want: &Want,
    ) -> Verdict {
        // What is left of a booking is less than was booked.
        let is_number = match want.how {
            How::Book(..) => seats <= want.seats.get(),
            _ => seats == want.seats.get(),
        };
        let is_what_was_asked = pool.feature == want.feature.as_str()
            && want.config.is_none_or(|config| pool.config == config.to_string())
            && is_number
            && until.is_some() == want.how.stays();
        if !is_what_was_asked {
            return Err(format!("it asked for {want:?} and got {seats} of {pool}"));
        }
        match self.grants.insert(grant, (id, request)) {
            Some(old) if old != (id, request) => {
                return Err(format!("grant {grant} was given before, to {} for request {}", old.0, old.1));
            }
            _ => {}
        }
        let Some(session) = self.sessions.get_mut(&id) else { return Err("nobody opened it".into()) };
        if pool.is_locked() && pool.cpu != session.cpu.as_str() {
            return Err(format!("it sits at {} and got a seat locked to {}", session.cpu, pool.cpu));
        }
        let Some(request) = session.requests.get_mut(&request) else {
            return Err("nobody asked for it".into());
        };
        match &request.grant {
            Some(old) if old.id != grant => Err(format!("the request had grant {}", old.id)),
            Some(_) => Ok(()),
            None if pool.is_dated() && self.dates.must_be_back(request.first_sent, time) => {
                Err("its license has a date, and the clock was set back".into())
            }
            None => {
                request.grant = Some(Grant {
                    id: grant,
                    pool,
                    seats: want.seats.get(),
                    told: time,
                    until,
                    listed: 0,
                    return_sent: None,
                    returned: None,
                });
                Ok(())
            }
        }
    }

    /// A borrowed seat came back, or did not.
    fn brought_back(
        &mut self,
        time: u64,
        sent: u64,
        (grant, proof): (GrantId, Token),
        answer: &Answer,
    ) -> Verdict {
        let is_right = self.lent(grant, proof).is_some();
        match answer {
            Answer::Returned { grant: told } if *told == grant && is_right => {
                if let Some(grant) = self.lent(grant, proof) {
                    grant.returned.get_or_insert(time);
                }
                Ok(())
            }
            Answer::Returned { grant: told } if *told == grant => match self.borrower_of(grant) {
                Some((session, request, lent))
                    if lent.told <= sent && self.is_its_own(session, request, lent, time) =>
                {
                    Err("that token proves nothing".into())
                }
                _ => Ok(()),
            },
            Answer::Denied(denial) if denial.code == Code::Busy => Ok(()),
            Answer::Denied(denial) if denial.code == Code::ReturnFailed && !is_right => Ok(()),
            _ => Err("that is no answer to a return".into()),
        }
    }

    /// A lost laptop's seat was freed, or was not.
    fn reported_lost(&mut self, time: u64, sent: u64, grant: GrantId, answer: &Answer) -> Verdict {
        let may_be = self.lost(grant).is_some();
        match answer {
            Answer::Returned { grant: told } if *told == grant && may_be => {
                if let Some(grant) = self.lost(grant) {
                    grant.returned.get_or_insert(time);
                }
                Ok(())
            }
            // What is not there any more is free already.
            Answer::Returned { grant: told } if *told == grant => match self.borrower_of(grant) {
                Some((session, request, lent))
                    if lent.told <= sent && self.is_its_own(session, request, lent, time) =>
                {
                    Err("its license does not allow that".into())
                }
                _ => Ok(()),
            },
            Answer::Denied(denial) if denial.code == Code::Busy => Ok(()),
            Answer::Denied(denial) if denial.code == Code::NoEarlyReturn => {
                let lent = self.borrower_of(grant);
                if lent.is_some_and(|(.., lent)| self.regimes.is_lost_ok(&lent.pool, sent, time)) {
                    return Err("its license allows that".into());
                }
                Ok(())
            }
            _ => Err("that is no answer to it".into()),
        }
    }

    fn borrower_of(&self, id: GrantId) -> Option<(&Session, RequestId, &Grant)> {
        let (session, number) = self.grants.get(&id)?;
        let session = self.sessions.get(session)?;
        let request = session.requests.get(number)?;
        let is_lent = matches!(request.want.how, How::Borrow(..));
        Some((session, *number, request.grant.as_ref().filter(|_| is_lent)?))
    }
}
