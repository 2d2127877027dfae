//! What time brings.

use names::{Code, Date, Millis, Mono, Now, SessionId};
use seats::{Answer, Command, Record, Revoke, Revoked, Standing};

use super::{Engine, at, time_grants};
use crate::timers::{Due, Timed};

/// How soon a grant that was not due by the wall clock is looked at again, at the earliest.
const EXPIRE_AGAIN: Millis = Millis(100);
/// And at the latest.
const EXPIRE_AGAIN_MAX: Millis = Millis(60_000);

impl Engine {
    /// Does one thing that is due, with records of its own. Gives false when nothing is.
    pub fn due(&mut self, now: Now, out: &mut Vec<Record>) -> bool {
        self.forgive_a_pause(now);
        if Date::of(now.wall) != self.date {
            self.set_license(now, out);
            return true;
        }
        if self.look_at_clock(now, out) {
            return true;
        }
        let Some((what, due)) = self.timers.take(now.mono) else { return false };
        match (what, due) {
            (Timed::Session(session), Due::TimeOut) => self.time_out(now, session, out),
            (Timed::Session(session), _) => self.release(now, session, out),
            (Timed::Idle(session), _) => {
                let which = Revoked::Idle(session);
                let revoke = Revoke { which, code: Code::Removed, until: self.given_up(now) };
                self.step(now, Command::Revoke(revoke), out);
                self.watch_idle(now, session);
            }
            (Timed::Grant(grant), _) => {
                self.step(now, Command::Expire(grant), out);
                // A wall clock that was set back: its time has not come. It may be set right at any time.
                if let Some(until) = self.state.grant(grant).and_then(|row| row.until()) {
                    let latest = now.mono.plus(EXPIRE_AGAIN_MAX);
                    let again = at(now, until).min(latest).max(now.mono.plus(EXPIRE_AGAIN));
                    self.timers.set(Timed::Grant(grant), again, Due::Expire);
                }
            }
        }
        true
    }

    /// Notes what the wall clock shows, where it has gone on far enough or was set. Says whether it did.
    pub(super) fn look_at_clock(&mut self, now: Now, out: &mut Vec<Record>) -> bool {
        if !self.state.is_clock_to_be_looked_at(now) {
            return false;
        }
        self.judge_clock(now, Command::LookAtClock, out);
        true
    }

    /// A command that may find the clock right again. Who waited for seats with a date meanwhile, with hope
    /// or without, is looked at as with a new license.
    pub(super) fn judge_clock(&mut self, now: Now, command: Command, out: &mut Vec<Record>) -> Answer {
        let was_back = self.state.is_clock_back();
        let answer = self.step(now, command, out);
        if was_back && !self.state.is_clock_back() {
            self.time_again(now);
            self.set_license(now, out);
        }
        answer
    }

    /// Times again what was timed by a wrong clock.
    pub(super) fn time_again(&mut self, now: Now) {
        time_grants(&mut self.timers, &self.state, now, self.given_up);
        self.watch_all_idle(now);
    }

    /// A process that was stopped took no heartbeats meanwhile, and nobody may lose a seat for that.
    /// Each live session that missed half of its time-out or more has a full one again, as after a
    /// restart. (A client beats three times in a time-out, so it survives a shorter pause by itself.)
    /// Holds are not made longer: a client's grace ends before them, whoever was stopped.
    pub(super) fn forgive_a_pause(&mut self, now: Now) {
        let pause = now.mono.since(self.looked);
        self.looked = now.mono;
        if pause.0 < self.look_every.0.saturating_mul(2) {
            return;
        }
        for (session, word) in &self.words {
            let timeout = self.state.session(*session).map(|(row, _)| row.timeout);
            if let Some(timeout) = timeout.filter(|timeout| timeout.0 / 2 <= pause.0) {
                word.beat(word.epoch(), now.mono.plus(timeout));
            }
        }
    }

    pub(super) fn time_out(&mut self, now: Now, session: SessionId, out: &mut Vec<Record>) {
        let Some(word) = self.words.get(&session) else { return };
        match word.expire(now.mono) {
            Err(deadline) => self.timers.set(Timed::Session(session), deadline, Due::TimeOut),
            Ok(()) => {
                let was_live = self.is(session, Standing::Live);
                self.step(now, Command::TimeOut(session), out);
                if was_live && self.is(session, Standing::Held) {
                    let end = now.mono.plus(self.hold(session));
                    self.timers.set(Timed::Session(session), end, Due::Release);
                }
                self.forget_if_ended(session);
            }
        }
    }

    /// How long a session's seats are held: as is configured, and never shorter than its client was
    /// promised when it opened.
    pub(super) fn hold(&self, session: SessionId) -> Millis {
        let promised = self.state.session(session).map_or(Millis(0), |(row, _)| row.hold);
        self.settings.hold().max(promised)
    }

    pub(super) fn release(&mut self, now: Now, session: SessionId, out: &mut Vec<Record>) {
        self.step(now, Command::Release(session), out);
        self.forget_if_ended(session);
    }

    pub(super) fn is(&self, session: SessionId, standing: Standing) -> bool {
        self.state.session(session).is_some_and(|(_, mark)| mark.standing == standing)
    }

    pub(super) fn forget_if_ended(&mut self, session: SessionId) {
        if self.state.session(session).is_none()
            && let Some(word) = self.words.remove(&session)
        {
            word.end();
            self.timers.cancel(Timed::Session(session));
            self.timers.cancel(Timed::Idle(session));
            self.asked.remove(&session);
            self.hosts.remove(session);
            self.ended.push(session);
        }
    }

    /// When [`Self::due`] has to be called again, at the latest.
    #[must_use]
    pub fn next_due(&self, now: Now) -> Mono {
        // The wall clock may be set at any time: the date is looked at every minute.
        let midnight = u64::try_from(self.date.end().0.saturating_sub(now.wall.0)).unwrap_or(0);
        let date = now.mono.plus(Millis(midnight.min(60_000)));
        let look = if self.words.is_empty() { date } else { self.looked.plus(self.look_every).min(date) };
        self.timers.next().map_or(look, |timer| timer.min(look))
    }
}
