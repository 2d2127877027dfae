//! What a client makes of what it is told.

use std::collections::BTreeMap;

use names::{Code, RequestId, SessionId};
use seats::Answer;
use service::News;

use super::{Client, Mine};
use crate::sim::message::{Body, How, Pulse, Told};

impl Client {
    /// Takes news of its session. What it does not wait for any more it gives back.
    pub(crate) fn hear(&mut self, session: SessionId, news: &News) -> Option<Body> {
        let mine = self.session.as_mut().filter(|mine| mine.id == session)?;
        match news {
            News::Granted { grant, request, .. } => match mine.waits.remove(request) {
                Some((want, _)) => {
                    mine.grants.insert(*request, (*grant, want));
                    None
                }
                // The answer to what it asks for says the same.
                None if self.waiting.values().any(|w| request_of(&w.body) == Some(*request)) => None,
                None if mine.grants.contains_key(request) => None,
                None => Some(Body::Checkin { session, token: mine.token, grant: *grant }),
            },
            News::Hopeless(request) => {
                mine.waits.remove(request);
                None
            }
            News::Revoked { .. } | News::Wanted { .. } => None,
        }
    }

    /// Takes an answer. Late ones, and those to a process that is gone, change nothing.
    pub(crate) fn take(&mut self, time: u64, number: u64, told: &Told) -> Vec<Body> {
        let Some(waiting) = self.waiting.remove(&number) else { return Vec::new() };
        let sent = waiting.first_sent;
        match (waiting.body, told) {
            (
                Body::Open { .. },
                Told::Welcome { answer: Answer::Welcome { session, .. }, token, timeout },
            ) => {
                if self.session.is_none() {
                    self.session = Some(Mine {
                        id: *session,
                        token: *token,
                        timeout: timeout.0,
                        lease: sent,
                        is_attached: true,
                        grants: BTreeMap::new(),
                        waits: BTreeMap::new(),
                        booked: BTreeMap::new(),
                        next_request: 0,
                        last_beat: time,
                    });
                    self.before = None;
                }
                Vec::new()
            }
            (Body::Resume { .. }, Told::Welcome { answer: Answer::Welcome { held, waiting, .. }, .. }) => {
                let Some(mine) = &mut self.session else { return Vec::new() };
                mine.lease = mine.lease.max(sent);
                mine.is_attached = true;
                // Seats it holds and does not know of, from an answer that was lost, it gives back;
                // unless it is still asking for them.
                let asking: Vec<_> = self.waiting.values().filter_map(|w| request_of(&w.body)).collect();
                // What is offline or booked it does not use by this session.
                let held: Vec<_> = held.iter().filter(|held| held.until.is_none()).collect();
                for held in &held {
                    if let Some((want, _)) = mine.waits.remove(&held.request) {
                        mine.grants.insert(held.request, (held.grant, want));
                    }
                }
                // A place that was told since this was asked may be newer than the answer.
                mine.waits.retain(|request, (_, told)| {
                    *told > sent || waiting.contains(request) || asking.contains(request)
                });
                let unknown = held
                    .iter()
                    .filter(|h| !mine.grants.contains_key(&h.request) && !asking.contains(&h.request));
                let (session, token) = (mine.id, mine.token);
                let returned = unknown.map(|h| Body::Checkin { session, token, grant: h.grant });
                let strange = waiting.iter().filter(|r| !mine.waits.contains_key(r) && !asking.contains(r));
                let left = strange.map(|request| Body::Withdraw { session, token, request: *request });
                returned.chain(left).collect()
            }
            (Body::Resume { .. }, Told::Answer(Answer::SessionUnknown)) => {
                self.session = None;
                self.waiting.clear();
                Vec::new()
            }
            (Body::Beat { .. } | Body::BeatByToken { .. }, Told::Pulse(Pulse::Alive)) => {
                if let Some(mine) = &mut self.session {
                    mine.lease = mine.lease.max(sent);
                }
                Vec::new()
            }
            (Body::Checkout { request, want, .. }, Told::Answer(Answer::Granted { grant, .. })) => {
                if let How::Borrow(_, proof) = want.how {
                    self.loans.push((*grant, proof));
                } else if let Some(mine) = &mut self.session {
                    mine.waits.remove(&request);
                    let held = if want.how.stays() { &mut mine.booked } else { &mut mine.grants };
                    held.insert(request, (*grant, want));
                }
                Vec::new()
            }
            (Body::Checkout { request, want, .. }, Told::Answer(Answer::Queued { .. })) => {
                if let Some(mine) = self.session.as_mut().filter(|mine| !mine.grants.contains_key(&request)) {
                    mine.waits.insert(request, (want, time));
                }
                Vec::new()
            }
            // A daemon whose disk is full says that it is busy; it is asked again later.
            (Body::Withdraw { request, .. }, Told::Answer(Answer::Withdrawn)) => {
                if let Some(mine) = &mut self.session {
                    mine.waits.remove(&request);
                }
                Vec::new()
            }
            (Body::Checkout { request, .. }, Told::Answer(Answer::Denied(denial)))
                if denial.code != Code::Busy =>
            {
                if let Some(mine) = &mut self.session {
                    mine.waits.remove(&request);
                }
                Vec::new()
            }
            (_, Told::Answer(Answer::SessionUnknown) | Told::Pulse(_)) => {
                if let Some(mine) = &mut self.session {
                    mine.is_attached = false;
                }
                Vec::new()
            }
            _ => Vec::new(),
        }
    }
}

fn request_of(body: &Body) -> Option<RequestId> {
    match body {
        Body::Checkout { request, .. } => Some(*request),
        _ => None,
    }
}
