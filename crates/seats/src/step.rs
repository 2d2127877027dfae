//! The decisions.

mod admit;
mod ask;
mod borrow;
mod checkin;
mod checkout;
mod license;
mod line;
mod named;
mod nearest;
mod room;
mod sessions;
mod terms;

use names::{Now, Seq, SessionId};

use crate::answer::Answer;
use crate::command::Command;
use crate::planted::Bug;
use crate::record::{Event, Record};
use crate::row::Standing;
use crate::rules::Rules;
use crate::state::{Session, State};

impl State {
    /// Decides one command: appends what happens to `out`, applies it, and says the answer. `rules`
    /// are those of the license in force.
    ///
    /// The records of one command belong together: whoever writes them writes all or none. The same
    /// state, time, command and rules always give the same answer and records.
    pub fn step(&mut self, now: Now, command: Command, rules: &dyn Rules, out: &mut Vec<Record>) -> Answer {
        self.touched.clear();
        let answer = match command {
            Command::Checkout(checkout) => self.checkout(now, &checkout, rules, out),
            Command::Checkin(checkin) => self.checkin(now, checkin, out),
            other => self.rarely(now, other, rules, out),
        };
        if self.planted(Bug::LineSleeps) && matches!(answer, Answer::Returned { .. }) {
            return answer;
        }
        if !self.touched.is_empty() && !self.waiters.is_empty() {
            self.settle(now, rules, out);
        }
        answer
    }

    fn rarely(&mut self, now: Now, command: Command, rules: &dyn Rules, out: &mut Vec<Record>) -> Answer {
        match command {
            Command::Start => self.note(now, Event::Started, out),
            Command::Stop => self.note(now, Event::Stopped, out),
            Command::SetLicense(license) => self.set_license(now, *license, rules, out),
            Command::Open(open) => self.open(now, *open, out),
            Command::Resume { session, token_hash } => self.resume(now, session, &token_hash, out),
            Command::Detach(session) => self.detach(session),
            Command::Checkout(checkout) => self.checkout(now, &checkout, rules, out),
            Command::Withdraw { session, request } => self.withdraw(now, session, request, out),
            Command::Checkin(checkin) => self.checkin(now, checkin, out),
            Command::Close(session) => self.close(now, session, out),
            Command::TimeOut(session) => self.time_out(now, session, out),
            Command::Release(session) => self.release(now, session, out),
            Command::Idle { session, is_idle } => self.idle(now, session, is_idle, out),
            Command::Book(book) => self.book(now, &book, rules, out),
            Command::Unbook { session, grant } => self.unbook(now, session, grant, out),
            Command::Expire(grant) => self.expire(now, grant, out),
            Command::Revoke(revoke) => self.revoke(now, &revoke, out),
            Command::ReturnBorrowed { grant, proof } => self.return_borrowed(now, grant, &proof, out),
            Command::Lost(grant) => self.lost(now, grant, out),
            Command::Assign(row) => self.assign(now, *row, out),
            Command::Unassign { pool, email, until } => self.unassign(now, &pool, email, until, out),
            Command::SetLogin(row) => self.set_login(now, *row, out),
            Command::DropLogin(email) => self.drop_login(now, email, out),
            Command::Ask { session, feature } => self.ask(session, &feature),
        }
    }

    fn note(&mut self, now: Now, event: Event, out: &mut Vec<Record>) -> Answer {
        self.record(now, event, out);
        Answer::Done
    }

    /// Writes an event down as the next record and applies it.
    ///
    /// # Panics
    /// When the event contradicts the rows: the decision that made it is broken, and serving on
    /// would give seats away. A crash leaves what is on the disk, which is right.
    #[expect(clippy::expect_used, reason = "a broken decision must stop the owner, never be served")]
    pub(crate) fn record(&mut self, now: Now, event: Event, out: &mut Vec<Record>) {
        let record = Record { seq: Seq(self.last().0 + 1), at: now.wall, event };
        self.follow(&record).expect("a decision must fit the rows it was made on");
        out.push(record);
    }

    /// A session that may ask.
    pub(crate) fn live(&self, session: SessionId) -> Option<&Session> {
        let is_live = |s: &&Session| s.mark.standing == Standing::Live || self.planted(Bug::HeldIsLive);
        self.sessions.get(&session).filter(is_live)
    }

    /// Writes a session down that has not been.
    pub(crate) fn write_session(&mut self, now: Now, session: SessionId, out: &mut Vec<Record>) {
        if let Some(session) = self.sessions.get(&session).filter(|s| !s.written) {
            let row = session.row.clone();
            self.record(now, Event::SessionOpened(Box::new(row)), out);
        }
    }
}
