//! What the auditor writes down of each session.

use std::collections::BTreeMap;

use names::{CpuId, GrantId, RequestId, WaiterId, Wall};

use super::message::{ClientId, Token, Want};
use super::site::PoolName;

/// A session, as its client knows it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) client: ClientId,
    pub(crate) cpu: CpuId,
    pub(crate) token: Token,
    pub(crate) timeout: u64,
    /// Signs of life that were answered, each newer than the one before: when told, when sent.
    pub(crate) signs: Vec<(u64, u64)>,
    /// When the newest sign of life was sent, answered or not.
    pub(crate) last_sent: u64,
    /// How many resumes were sent.
    pub(crate) resumes: u32,
    pub(crate) requests: BTreeMap<RequestId, Request>,
    /// When a resume was sent last.
    pub(crate) resumed: u64,
    /// Since when a connection has surely spoken for it, without a break that was mended since.
    pub(crate) attached: Option<u64>,
    /// When its end was asked for: a close, or another session that replaces it.
    pub(crate) end_asked: Option<u64>,
    /// When it was told that it has ended.
    pub(crate) surely_ended: Option<u64>,
    /// Its client is gone.
    pub(crate) has_given_up: bool,
}

/// A checkout that was asked for.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) first_sent: u64,
    pub(crate) last_sent: u64,
    pub(crate) want: Want,
    pub(crate) grant: Option<Grant>,
    /// Its place in line, and when that was told first.
    pub(crate) place: Option<(WaiterId, u64)>,
    pub(crate) withdrawal_sent: Option<u64>,
    /// When it was told that it has left the line.
    pub(crate) withdrawn: Option<u64>,
}

/// A grant that was told.
#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) id: GrantId,
    pub(crate) pool: PoolName,
    pub(crate) seats: u32,
    pub(crate) told: u64,
    /// Until when, of borrowed and booked ones.
    pub(crate) until: Option<Wall>,
    /// When a resume was sent whose answer said last that the session holds it.
    pub(crate) listed: u64,
    pub(crate) return_sent: Option<u64>,
    pub(crate) returned: Option<u64>,
}

impl Request {
    pub(crate) fn new(first_sent: u64, want: Want) -> Self {
        Self {
            first_sent,
            last_sent: first_sent,
            want,
            grant: None,
            place: None,
            withdrawal_sent: None,
            withdrawn: None,
        }
    }
}

impl Request {
    /// Whether it was known to wait at `time`, and the client did nothing to end that.
    pub(crate) fn waits(&self, time: u64) -> bool {
        let is_over = self.withdrawal_sent.is_some()
            || self.grant.as_ref().is_some_and(|grant| grant.return_sent.is_some());
        !is_over && self.place.is_some_and(|(_, told)| told <= time)
    }
}

impl Session {
    pub(crate) fn grants(&self) -> impl Iterator<Item = (RequestId, &Grant)> {
        self.requests.iter().filter_map(|(request, r)| Some((*request, r.grant.as_ref()?)))
    }

    pub(crate) fn grant_mut(&mut self, id: GrantId) -> Option<&mut Grant> {
        self.requests.values_mut().filter_map(|r| r.grant.as_mut()).find(|g| g.id == id)
    }

    /// A sign of life was answered.
    pub(crate) fn lives(&mut self, told: u64, sent: u64) {
        if self.signs.last().is_none_or(|(_, last)| sent > *last) {
            self.signs.push((told, sent));
        }
    }

    /// When the newest sign of life was sent that was answered by `time`.
    fn alive(&self, time: u64) -> u64 {
        let known = self.signs.partition_point(|(told, _)| *told <= time);
        known.checked_sub(1).and_then(|at| self.signs.get(at)).map_or(0, |(_, sent)| *sent)
    }

    /// Whether its client may still use what it was granted. A client's clock may be slow by 1 %,
    /// which is what the hold's margin is for.
    pub(crate) fn believes(&self, time: u64, grace: u64) -> bool {
        let lease = self.timeout + grace;
        let is_over = self.has_given_up || self.end_asked.is_some() || self.surely_ended.is_some();
        !is_over && time < self.alive(time) + lease + lease / 100
    }

    /// Whether something sent at `sent`, and answered at `told`, may have found that the time-out
    /// and `more` had passed. Answers overtake each other: only what was answered before it was sent
    /// counts as known.
    pub(crate) fn may_be_over(&self, sent: u64, told: u64, more: u64) -> bool {
        self.end_asked.is_some() || told >= self.alive(sent) + self.timeout + more
    }
}
