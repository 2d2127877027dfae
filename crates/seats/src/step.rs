//! The decisions.

mod admit;
mod ask;
mod bookings;
mod borrow;
mod checkin;
mod checkout;
mod clock;
mod desk;
mod hopeless;
mod license;
mod line;
mod named;
mod nearest;
mod room;
mod sessions;
mod terms;

use names::{Now, Seq, SessionId};

use crate::answer::Answer;
use crate::charges::Charges;
use crate::command::Command;
use crate::planted::Bug;
use crate::record::{Event, Record, ReturnReason};
use crate::row::{GrantRow, SessionMark, Standing};
use crate::rules::Rules;
use crate::state::{Broken, PoolIx, Session, State};

impl State {
    /// Decides one command: appends what happens to `out`, applies it, and says the answer. `rules`
    /// are those of the license in force.
    ///
    /// The records of one command belong together: whoever writes them writes all or none. The same
    /// state, time, command and rules always give the same answer and records.
    pub fn step(&mut self, now: Now, command: Command, rules: &dyn Rules, out: &mut Vec<Record>) -> Answer {
        if !self.touched.is_empty() {
            self.touched.clear();
        }
        let answer = match &command {
            Command::Checkout(checkout) => self.checkout(now, checkout, rules, out),
            Command::Checkin(checkin) => self.checkin(now, *checkin, out),
            _ => self.other(now, command, rules, out),
        };
        if self.planted(Bug::LineSleeps) && matches!(answer, Answer::Returned { .. }) {
            return answer;
        }
        if !self.touched.is_empty() && !self.waiters.is_empty() {
            self.settle(now, rules, out);
        }
        answer
    }

    /// All but checkouts and checkins.
    #[cold]
    fn other(&mut self, now: Now, command: Command, rules: &dyn Rules, out: &mut Vec<Record>) -> Answer {
        match command {
            Command::Start => {
                self.note(now, Event::Started, out);
                self.start_clock(now, out)
            }
            Command::Stop => self.note(now, Event::Stopped, out),
            Command::SetLicense(license) => self.set_license(now, *license, rules, out),
            Command::Open(open) => self.open(now, *open, out),
            Command::Resume { session, token_hash } => self.resume(now, session, &token_hash, out),
            Command::Detach(session) => self.detach(session),
            Command::Withdraw { session, request } => self.withdraw(now, session, request, out),
            // Decided before.
            Command::Checkout(_) | Command::Checkin(_) => Answer::Done,
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
            Command::Desk(change) => self.desk(now, *change, out),
            Command::LookAtClock => self.look_at_clock(now, out),
            Command::Note(note) => self.note(now, Event::Administered(note), out),
            Command::ResetClock { by } => self.reset_clock(now, by, out),
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

    /// Writes a grant down that this pool and suite give to the session in this place. It says of
    /// itself what [`State::apply`] makes of its record, which costs twice as much to find out.
    ///
    /// # Panics
    /// As [`State::record`].
    #[expect(clippy::expect_used, reason = "a broken decision must stop the owner, never be served")]
    pub(crate) fn record_grant<'a>(
        &mut self,
        now: Now,
        row: impl FnOnce() -> GrantRow,
        (pool, suite): (PoolIx, Option<PoolIx>),
        holder: u32,
        out: &'a mut Vec<Record>,
    ) -> Option<&'a GrantRow> {
        let seq = self.advance();
        push(out, || Record { seq, at: now.wall, event: Event::Granted(row()) });
        let Some(Record { event: Event::Granted(row), .. }) = out.last() else { return None };
        self.place_grant(row, pool, suite, Some(holder))
            .expect("a decision must fit the rows it was made on");
        Some(row)
    }

    /// Writes down that the grant in this place, which is not charged yet, is charged to something else
    /// than before, and charges it so; as [`State::record_grant`].
    #[expect(clippy::expect_used, reason = "a broken decision must stop the owner, never be served")]
    pub(crate) fn record_charges(
        &mut self,
        now: Now,
        at: u32,
        charges: Charges,
        charge: impl FnOnce(&mut Self, u32) -> Result<(), Broken>,
        out: &mut Vec<Record>,
    ) {
        let Some(row) = self.grants.slot(at).and_then(|slot| self.row_of(slot)) else { return };
        let row = GrantRow { charges, ..row };
        let seq = self.advance();
        self.rewrite(at, &row);
        charge(self, at).expect("a decision must fit the rows it was made on");
        out.push(Record { seq, at: now.wall, event: Event::Changed(Box::new(row)) });
    }

    /// Writes the return of the grant in this place down, with its session's place and mark; as
    /// [`State::record_grant`].
    pub(crate) fn record_return(
        &mut self,
        now: Now,
        at: u32,
        marked: Option<(u32, SessionMark)>,
        why: ReturnReason,
        out: &mut Vec<Record>,
    ) {
        let Some(grant) = self.grants.slot(at).map(|slot| slot.id) else { return };
        let seq = self.advance();
        let mark = marked.map(|(_, mark)| mark);
        push(out, || Record { seq, at: now.wall, event: Event::Returned { grant, mark, why } });
        self.drop_grant(at);
        if let Some((session, mark)) = marked {
            self.mark(session, mark);
        }
    }

    /// A session that may ask, and its place.
    pub(crate) fn live(&self, session: SessionId) -> Option<(u32, &Session)> {
        let is_live = |s: &&Session| s.mark.standing == Standing::Live || self.planted(Bug::HeldIsLive);
        let at = self.sessions.at(session)?;
        Some((at, self.sessions.slot(at).filter(is_live)?))
    }

    /// Writes the session in this place down, if it has not been.
    pub(crate) fn write_session(&mut self, now: Now, at: u32, out: &mut Vec<Record>) {
        if let Some(session) = self.sessions.slot(at).filter(|s| !s.written) {
            let row = session.row.clone();
            self.record(now, Event::SessionOpened(Box::new(row)), out);
        }
    }
}

/// Makes a record where it is to stand: it is long, and there are two of them for each pair of a checkout
/// and its checkin.
#[inline(always)]
fn push(out: &mut Vec<Record>, record: impl FnOnce() -> Record) {
    out.extend(std::iter::once_with(record));
}
