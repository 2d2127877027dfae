//! What a denial says of what others hold.

use names::{Code, RequestId, SessionId};
use seats::Denial;

use super::{Auditor, Verdict};
use crate::sim::message::{Message, Want};
use crate::sim::site::PoolName;

impl Auditor {
    pub(super) fn denied(
        &self,
        time: u64,
        message: &Message,
        (id, request): (SessionId, RequestId),
        denial: &Denial,
        want: &Want,
    ) -> Verdict {
        let session = self.sessions.get(&id);
        let known = session.and_then(|s| Some((s, s.requests.get(&request)?.grant.as_ref()?)));
        if let Some((session, grant)) = known
            && grant.told <= message.sent
            && self.is_its_own(session, request, grant, time)
            && denial.code != Code::Busy
        {
            return Err(format!("the request has grant {}", grant.id));
        }
        self.may_be_denied(time, message.sent, (id, request), denial.code, want)?;
        match denial.code {
            Code::AllTaken | Code::Reserved => self.all_taken(time, message, want),
            Code::MaxReached => self.most_reached(time, message, want),
            Code::ClockSetBack => {
                let is_dated = self.asked(want, message.cpu.as_str()).any(|pool| pool.is_dated());
                if is_dated && self.dates.may_be_back(message.sent, time) {
                    Ok(())
                } else {
                    Err("the clock was not set back, or no pool has a date".into())
                }
            }
            Code::NoSuchFeature => {
                let is_there = self
                    .asked(want, message.cpu.as_str())
                    .any(|p| self.regimes.smallest(&p, message.sent, time) > 0);
                if is_there { Err("it is licensed".into()) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    /// The pools that a request may be given seats of.
    pub(in crate::sim) fn asked<'a>(
        &'a self,
        want: &'a Want,
        cpu: &'a str,
    ) -> impl Iterator<Item = PoolName> + 'a {
        self.regimes.pools().into_iter().filter(move |pool| {
            pool.feature == want.feature.as_str()
                && want.config.is_none_or(|config| pool.config == config.to_string())
                && (!pool.is_locked() || pool.cpu == cpu)
        })
    }

    /// Whether it can be true that no pool had room.
    fn all_taken(&self, time: u64, message: &Message, want: &Want) -> Verdict {
        let (from, client) = (message.sent, message.from);
        // A pool with room in which a MAX line is reached is not what is told.
        if self.regimes.most(client, want.feature.as_str(), from, time).1.is_some() {
            return Ok(());
        }
        self.has_no_room(time, message, want)
    }

    /// Whether it can be true that no pool had room, whatever its user may use.
    fn has_no_room(&self, time: u64, message: &Message, want: &Want) -> Verdict {
        let (from, client) = (message.sent, message.from);
        for pool in self.asked(want, message.cpu.as_str()) {
            let capacity = self.regimes.smallest_for(client, &pool, from, time);
            let used = self.possibly_used(&pool, from);
            let shared = if pool.is_locked() { used.min(want.seats.get()) } else { 0 };
            if capacity >= (used - shared) + want.seats.get() {
                return Err(format!("of {capacity} seats of {pool} at most {used} can have been in use"));
            }
        }
        Ok(())
    }

    /// Whether it can be true that a MAX line was reached.
    fn most_reached(&self, time: u64, message: &Message, want: &Want) -> Verdict {
        let (from, client, feature) = (message.sent, message.from, want.feature.as_str());
        let (_, Some(most)) = self.regimes.most(client, feature, from, time) else {
            return Err("no MAX line is about its user".into());
        };
        let pools = self.regimes.pools().into_iter().filter(|pool| pool.feature == feature);
        // The request itself is among those that may have been granted.
        let used: u32 = pools.map(|pool| self.possibly_used_by(|other| other == client, &pool, from)).sum();
        if used <= most && used > 0 {
            // What lingers counts. It would have been returned if that had made room.
            if self.regimes.lingers(feature) {
                return self.has_no_room(time, message, want);
            }
            return Err(format!("its user may use {most}, and can have used at most {used} with these"));
        }
        Ok(())
    }
}
