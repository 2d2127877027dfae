//! The bugs that can be planted in the daemon. None of this does anything without one.

use std::collections::BTreeMap;
use std::sync::Arc;

use names::{GrantId, Millis, Now, RequestId, Seq, SessionId};
use seats::planted::Bug as EngineBug;
use seats::{Answer, Checkout, Command, Detail, Event, GrantRow, Held, NoRules, Record, State};
use service::{Ask, InForce, Reply, Settings};
use store::{Batch, Committed, JournalError, StoreId};

use super::{Out, STORE, Server, Ticket};
use crate::rng::Rng;
use crate::sim::Bug;
use crate::sim::disk::SimDisk;
use crate::sim::site::Site;

/// What planted bugs remember.
#[derive(Default)]
pub(super) struct Plants {
    bug: Option<Bug>,
    /// Timers are not looked at until the next start.
    pub(super) forgets_timers: bool,
    /// Returns that are decided in the next round, whose seats are granted in this one.
    put_off: Vec<(Ticket, Ask)>,
    /// The state after the records that are in the journal, and where the last command's records begin.
    written: State,
    pub(super) last_command: usize,
    /// Sessions with a token and what they hold, also when they have ended.
    graves: BTreeMap<SessionId, Grave>,
}

/// What was known of a session while it lived.
struct Grave {
    token_hash: [u8; 32],
    open: Ask,
    held: Vec<Held>,
}

impl Plants {
    /// Bugs of the start: what they do to the state they do by `first`.
    pub(super) fn new(
        bug: Option<Bug>,
        disk: &SimDisk,
        (state, now): (&mut State, Now),
        rng: &mut Rng,
        first: &mut Vec<Record>,
    ) -> Self {
        let written = if bug == Some(Bug::SplitCommand) { state.clone() } else { State::new() };
        match bug {
            Some(Bug::ForgetHeldOnRestart) => {
                let held = state.written_sessions().into_iter().map(|(row, _)| row.id).collect::<Vec<_>>();
                for session in held {
                    state.step(now, Command::Release(session), &NoRules, first);
                }
            }
            Some(Bug::ForgetWaitersOnRestart) => {
                let waiting: Vec<_> = state.waiters().map(|row| (row.ask.session, row.ask.request)).collect();
                for (session, request) in waiting {
                    state.step(now, Command::Withdraw { session, request }, &NoRules, first);
                }
            }
            Some(Bug::ForgetClockOnRestart) => state.plant(EngineBug::ClockForgotten),
            Some(Bug::FreeBorrowed) => state.plant(EngineBug::KeptEndsWithSession),
            Some(Bug::DoubleApply) => apply_again(disk, state, first),
            _ => {}
        }
        Self { bug, forgets_timers: rng.chance(500), written, ..Self::default() }
    }

    /// What a start puts in force.
    pub(super) fn in_force_at_start(&self, site: &Site) -> InForce {
        match self.bug {
            Some(Bug::ForgetReservedOnRestart) => {
                InForce::new(site.in_force.licensed.clone(), Arc::default(), 0)
            }
            _ => site.in_force.clone(),
        }
    }

    fn follow(&mut self, records: &[Record]) {
        for record in records {
            // What contradicts the rows is found by the next start.
            let _ = self.written.apply(record);
        }
    }

    /// Whether something is left for the next round.
    pub(super) fn has_work(&self, batch: &Batch) -> bool {
        !self.put_off.is_empty() || self.bug == Some(Bug::SplitCommand) && !batch.is_empty()
    }

    /// The ask, where a bug needs to know what was asked.
    pub(super) fn copy_of(&self, bug: Option<Bug>, ask: &Ask) -> Option<Ask> {
        match (bug, ask) {
            (Some(Bug::GrantBeforeRelease), Ask::Checkout(_))
            | (Some(Bug::ResurrectReclaimed), Ask::Open { .. } | Ask::Resume { .. }) => Some(ask.clone()),
            _ => None,
        }
    }
}

/// The seats that the last batch granted, granted once more where the rows allow it.
fn apply_again(disk: &SimDisk, state: &mut State, first: &mut Vec<Record>) {
    for old in last_batch(disk).unwrap_or_default() {
        let seq = Seq(state.last().0 + 1);
        let Event::Granted(row) = &old.event else { continue };
        if !row.charges.is_empty() || state.grant(row.id).is_none() {
            continue;
        }
        // A second grant of one request would contradict the rows.
        let request = RequestId(row.request.0 + 1_000_000);
        let again = GrantRow { id: GrantId(seq.0), request, ..row.clone() };
        let event = Event::Granted(again);
        let record = Record { seq, at: old.at, event };
        let mut next = state.clone();
        if next.apply(&record).is_ok() && next.check().is_ok() {
            *state = next;
            first.push(record);
        }
    }
}

fn last_batch(disk: &SimDisk) -> Option<Vec<Record>> {
    let survey = store::survey(disk, StoreId(STORE), &[]).ok()?;
    let after = Seq(survey.segments.last()?.first.0.checked_sub(1)?);
    let mut last = None;
    let read = store::replay(disk, &survey, after, survey.last, |batch| {
        last = Some(batch.records().cloned().collect());
        Ok(())
    });
    read.ok().and(last)
}

impl Server {
    /// A return that waits for the next round, where a bug gives its seats away in this one.
    pub(super) fn puts_off(&mut self, ticket: &Ticket, ask: &Ask) -> bool {
        let is_put_off = self.bug == Some(Bug::GrantBeforeRelease) && matches!(ask, Ask::Checkin(_));
        if is_put_off {
            let Ticket { to, number, token } = *ticket;
            self.plants.put_off.push((Ticket { to, number, token }, ask.clone()));
        }
        is_put_off
    }

    pub(super) fn decide_put_off(&mut self, now: Now, out: &mut Vec<Out>) {
        for (ticket, ask) in std::mem::take(&mut self.plants.put_off) {
            let reply = self.handle(now, ask);
            self.reply(ticket, reply, out);
        }
    }

    pub(super) fn plant(&mut self, now: Now, ask: Ask, reply: Reply) -> Reply {
        match ask {
            Ask::Checkout(checkout) => self.grant_early(now, checkout, reply),
            Ask::Open { session, token_hash, .. } => {
                if let Answer::Welcome { .. } = reply.answer {
                    self.plants.graves.insert(session, Grave { token_hash, open: ask, held: Vec::new() });
                }
                reply
            }
            Ask::Resume { session, token_hash } => self.resurrect(now, session, token_hash, reply),
            _ => reply,
        }
    }

    /// Grants a checkout that lacks a seat what a return will give back that is not decided yet.
    fn grant_early(&mut self, now: Now, checkout: Checkout, reply: Reply) -> Reply {
        let Answer::Denied(denial) = &reply.answer else { return reply };
        let Some(figures) =
            denial.figures.as_ref().filter(|_| matches!(denial.detail, Detail::AllTaken { .. }))
        else {
            return reply;
        };
        let state = self.engine.state();
        let gives = |ask: &Ask| match ask {
            Ask::Checkin(checkin) => state.grant(checkin.grant).is_some_and(|row| row.pool == figures.pool),
            _ => false,
        };
        if !self.plants.put_off.iter().any(|(_, ask)| gives(ask)) {
            return reply;
        }
        let (more, usual) = (self.site.with_one_more.clone(), self.site.in_force.clone());
        self.record(|engine, out| engine.reread(now, more, out));
        let reply = self.record(|engine, out| engine.handle(now, Ask::Checkout(checkout), out));
        self.record(|engine, out| engine.reread(now, usual, out));
        reply
    }

    /// Remembers what each session holds, for the time after its end.
    pub(super) fn bury(&mut self) {
        if self.bug != Some(Bug::ResurrectReclaimed) {
            return;
        }
        let state = self.engine.state();
        for (session, grave) in &mut self.plants.graves {
            if state.session(*session).is_some() {
                grave.held = state.held(*session).filter(|held| held.until.is_none()).collect();
            }
        }
    }

    /// A session that comes back after its seats were reclaimed has them again, whoever has them now.
    fn resurrect(&mut self, now: Now, session: SessionId, hash: [u8; 32], reply: Reply) -> Reply {
        let Some(grave) = self.plants.graves.get(&session).filter(|grave| grave.token_hash == hash) else {
            return reply;
        };
        if !matches!(reply.answer, Answer::SessionUnknown) {
            return reply;
        }
        let (open, held) = (grave.open.clone(), grave.held.clone());
        let mut again = self.record(|engine, out| engine.handle(now, open, out));
        if let Answer::Welcome { held: none, .. } = &mut again.answer {
            *none = held;
        }
        again
    }

    /// Commits all but the last record of the last command, and leaves that to the next batch. False
    /// when that command cannot be split.
    pub(super) fn commit_a_part(&mut self) -> Result<bool, JournalError> {
        let before = std::mem::take(&mut self.plants.last_command);
        let at = self.records.len().saturating_sub(1);
        if before >= at {
            self.plants.follow(&self.records);
            return Ok(false);
        }
        let last = self.records.split_off(at);
        let whole = std::mem::replace(&mut self.records, last);
        self.plants.follow(&whole);
        let (counts, fingerprint) = (self.plants.written.counts(), self.plants.written.fingerprint());
        self.batch.clear();
        self.batch.push_command(&whole);
        let bytes = self.journal.commit(&mut self.batch, counts, fingerprint)?;
        self.follower.take(&Committed { records: whole, counts, fingerprint, bytes });
        self.batch.push_command(&self.records);
        Ok(true)
    }
}

/// How long sessions live on this server. Planted bugs make it shorter than clients were promised.
pub(crate) fn settings(bug: Option<Bug>, timeout: Millis, grace: Millis, hold: Millis) -> Option<Settings> {
    match bug {
        Some(Bug::ForgetHold | Bug::ResurrectReclaimed) => {
            Settings::new(timeout, Millis(0), Millis(timeout.0 / 100 + 100)).ok()
        }
        _ => Settings::new(timeout, grace, hold).ok(),
    }
}
