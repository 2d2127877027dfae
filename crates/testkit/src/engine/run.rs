//! Runs a history on the engine and on the model, and compares them after every step.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use names::{Code, Date, GrantId, Mono, Now, RequestId, Seq, SessionId, Wall};
use seats::{Answer, Checkin, Checkout, Command, Event, License, Record, Revoke, Revoked, Row, State};

use super::compare;
use super::figures::Figures;
use super::generate::Generator;
use super::invariants::{CHECKERS, Step};
use super::model::{Model, Name};
use super::op::{OnGrant, Op};
use super::rows::Rows;
use super::site::Site;
use super::world::BEGINS;
use super::{Bug, quiet};

/// What a checker found, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) checker: &'static str,
    pub(crate) what: String,
}

fn found<W: std::fmt::Display + ?Sized>(checker: &'static str, what: &W) -> Found {
    Found { checker, what: what.to_string() }
}

/// The engine beside the model, in the middle of a history.
#[derive(Debug)]
pub(crate) struct Run {
    state: State,
    /// Made of the records alone.
    replica: State,
    model: Model,
    now: Now,
    rules: Arc<Site>,
    license: License,
    attached: BTreeSet<SessionId>,
    /// Every grant that was made.
    named: BTreeMap<GrantId, Name>,
    rows: Rows,
    bug: Option<Bug>,
    pub(crate) figures: Figures,
}

impl Run {
    pub(crate) fn new(bug: Option<Bug>) -> Self {
        let now = Now { mono: Mono(0), wall: Wall(BEGINS) };
        let mut state = State::new();
        plant(&mut state, bug);
        let mut replica = State::new();
        plant(&mut replica, bug);
        Self {
            state,
            replica,
            model: Model { now, ..Model::default() },
            now,
            rules: Arc::new(Site::default()),
            license: License::default(),
            attached: BTreeSet::new(),
            named: BTreeMap::new(),
            rows: Rows::default(),
            bug,
            figures: Figures::default(),
        }
    }

    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    /// Lets one thing happen.
    pub(crate) fn happen(&mut self, op: &Op) -> Result<(), Found> {
        match op {
            Op::Pass(by) => {
                self.now.mono = Mono(self.now.mono.0 + by.0);
                self.turn_to(Wall(self.now.wall.0 + i64::try_from(by.0).unwrap_or(0)))
            }
            Op::Set(by) => self.turn_to(Wall(self.now.wall.0 + by)),
            Op::Restart => self.restart(),
            Op::Do(command) => self.step(command),
            Op::License(both) => {
                let (license, rules) = &**both;
                self.rules = Arc::new(rules.clone());
                self.license = license.clone();
                self.step(&Command::SetLicense(Box::new(license.clone())))
            }
            Op::On(name, what) => self.step(&self.on_grant(*name, *what)),
        }
    }

    /// The wall clock shows another time, and the daemon looks at it.
    fn turn_to(&mut self, wall: Wall) -> Result<(), Found> {
        let before = self.model.now.wall;
        self.now.wall = wall;
        self.model.now = self.now;
        if Date::of(before) != Date::of(wall) {
            // First, since nothing else serves who may have a seat since today.
            self.new_day()?;
        }
        self.step(&Command::LookAtClock)
    }

    /// What a daemon does when a day begins: periods of named seats begin and end with it.
    fn new_day(&mut self) -> Result<(), Found> {
        let until = Wall(self.now.wall.0 + 180_000);
        let revoke = Revoke { which: Revoked::Unassigned, code: Code::NotIncluded, until };
        self.step(&Command::Revoke(revoke))
    }

    fn on_grant(&self, name: Name, what: OnGrant) -> Command {
        let known = self.named.iter().find(|(_, known)| **known == name);
        let grant = known.map_or(GrantId(9_999_999), |(grant, _)| *grant);
        match what {
            OnGrant::Checkin(session) => Command::Checkin(Checkin { session, grant }),
            OnGrant::Unbook(session) => Command::Unbook { session, grant },
            OnGrant::Expire => Command::Expire(grant),
            OnGrant::Revoke(code, until) => {
                Command::Revoke(Revoke { which: Revoked::Grant(grant), code, until })
            }
            OnGrant::Return(proof) => Command::ReturnBorrowed { grant, proof },
            OnGrant::Lost => Command::Lost(grant),
        }
    }

    fn step(&mut self, command: &Command) -> Result<(), Found> {
        let mut records = Vec::new();
        let (now, rules, state) = (self.now, self.rules.clone(), &mut self.state);
        let rules = &*rules;
        let stepped = catch_unwind(AssertUnwindSafe(|| {
            quiet(|| state.step(now, command.clone(), rules, &mut records))
        }));
        let Ok(answer) = stepped else {
            return Err(found("no decision contradicts the rows", "the step panicked"));
        };
        for record in &records {
            if let Event::Granted(row) = &record.event {
                self.named.insert(row.id, (row.session, row.request));
            }
            self.replay(record)?;
        }
        self.note_connection(command, &answer);
        let before = std::mem::take(&mut self.rows);
        self.rows = Rows::of(&self.state);
        let named = &self.named;
        let reply = self.model.step(now, command, rules, |grant| named.get(&grant).copied());
        self.figures.count(command, &answer, &records);
        let step = Step {
            now,
            command,
            answer: &answer,
            records: &records,
            before: &before,
            after: &self.rows,
            state: &self.state,
            rules,
            license: &self.license,
            attached: &self.attached,
        };
        for (name, checker) in CHECKERS {
            checker(&step).map_err(|what| found(name, &what))?;
        }
        self.check_state()?;
        self.again(command, &answer, &records)?;
        self.nobody_waits_in_vain()?;
        compare::answers(&answer, &reply, named).map_err(|what| found("model: answer", &what))?;
        compare::records(&records, &self.model.happened, &before, named)
            .map_err(|what| found("model: records", &what))?;
        compare::states(&self.state, &self.rows, &self.model, rules)
            .map_err(|what| found("model: state", &what))
    }

    fn note_connection(&mut self, command: &Command, answer: &Answer) {
        match (command, answer) {
            (Command::Open(_) | Command::Resume { .. }, Answer::Welcome { session, .. }) => {
                self.attached.insert(*session);
            }
            (Command::Detach(session), _) => {
                self.attached.remove(session);
            }
            _ => {}
        }
    }

    /// What the disk has of a record gives the same state.
    fn replay(&mut self, record: &Record) -> Result<(), Found> {
        let mut bytes = Vec::new();
        record.event.encode(&mut bytes);
        let event = Event::decode(&bytes).map_err(|error| found("I7 replay", &error))?;
        if event != record.event {
            return Err(found("I7 replay", &format!("{:?} is read as {event:?}", record.event)));
        }
        self.replica.apply(&Record { event, ..*record }).map_err(|broken| found("I7 replay", &broken))
    }

    fn check_state(&self) -> Result<(), Found> {
        self.state.check().map_err(|broken| found("I7 sums are those of the rows", &broken))?;
        let (live, replica) = (&self.state, &self.replica);
        let is_same = live.fingerprint() == replica.fingerprint()
            && live.counts() == replica.counts()
            && live.last() == replica.last();
        if is_same { Ok(()) } else { Err(found("I7 replay", "the replay of the records gives other rows")) }
    }

    /// The same command once more changes nothing, and a checkout is answered the same.
    fn again(&self, command: &Command, answer: &Answer, records: &[Record]) -> Result<(), Found> {
        let moves = |record: &Record| matches!(record.event, Event::Granted(_) | Event::Returned { .. });
        if matches!(command, Command::SetLicense(_)) && records.iter().any(moves) {
            // What moved in line was charged after the others: once more, they are charged before it.
            return Ok(());
        }
        let is_checkout = matches!(command, Command::Checkout(_) | Command::Book(_));
        let name = if is_checkout { "S6 a request counts once" } else { "S5 twice is once" };
        let mut twin = self.state.clone();
        let mut records = Vec::new();
        let stepped = catch_unwind(AssertUnwindSafe(|| {
            quiet(|| twin.step(self.now, command.clone(), &*self.rules, &mut records))
        }));
        let Ok(second) = stepped else { return Err(found(name, "the second time panicked")) };
        if twin.fingerprint() != self.state.fingerprint() {
            return Err(found(name, &format!("the second time wrote {records:?}")));
        }
        if is_checkout && compare::brief(&second) != compare::brief(answer) {
            return Err(found(name, &format!("the second answer is {second:?}, the first was {answer:?}")));
        }
        Ok(())
    }

    /// The first in a line who is there cannot be given what it waits for.
    fn nobody_waits_in_vain(&self) -> Result<(), Found> {
        const NAME: &str = "S11 nobody waits in vain";
        let is_there = |session| self.attached.contains(&session) && self.rows.is_live(session);
        for (at, waiter) in self.rows.waiters.iter().enumerate() {
            let ahead = self.rows.waiters.iter().take(at);
            let mut ahead = ahead.filter(|other| other.ask.feature == waiter.ask.feature);
            if !is_there(waiter.ask.session) || ahead.any(|other| is_there(other.ask.session)) {
                continue;
            }
            let mut twin = self.state.clone();
            let mut records = Vec::new();
            let mut step = |command| quiet(|| twin.step(self.now, command, &*self.rules, &mut records));
            for other in self.rows.waiters.iter().filter(|other| other.ask.session != waiter.ask.session) {
                step(Command::Detach(other.ask.session));
            }
            let (session, request) = (waiter.ask.session, waiter.ask.request);
            step(Command::Withdraw { session, request });
            let mut more = waiter.ask.more.clone();
            if let Some(more) = &mut more {
                more.queue = None;
            }
            let ask = Checkout { request: RequestId(8_000_000), more, ..waiter.ask.clone() };
            if let Answer::Granted { .. } = step(Command::Checkout(ask)) {
                return Err(found(NAME, &format!("waiter {} could be granted: {:?}", waiter.id, waiter.ask)));
            }
        }
        Ok(())
    }

    /// The daemon ends, and starts from what its records give.
    fn restart(&mut self) -> Result<(), Found> {
        const NAME: &str = "I7 rows give the state";
        let rows = self.replica.rows().map(|row| {
            let mut bytes = Vec::new();
            row.encode(&mut bytes);
            Row::decode(&bytes)
        });
        let rows: Result<Vec<Row>, _> = rows.collect();
        let rows = rows.map_err(|error| found(NAME, &error))?;
        let last: Seq = self.replica.last();
        let mut again = State::from_rows(last, rows).map_err(|broken| found(NAME, &broken))?;
        plant(&mut again, self.bug);
        if again.fingerprint() != self.state.fingerprint() {
            return Err(found(NAME, "the rows give another state"));
        }
        self.replica = again.clone();
        self.state = again;
        self.attached.clear();
        self.model.restart();
        self.figures.restarts += 1;
        self.step(&Command::Start)?;
        self.step(&Command::SetLicense(Box::new(self.license.clone())))
    }
}

fn plant(state: &mut State, bug: Option<Bug>) {
    if let Some(bug) = bug {
        state.plant(bug);
    }
}

/// A history, as far as it went, and what was found at its end.
#[derive(Debug)]
pub(crate) struct History {
    pub(crate) ops: Vec<Op>,
    pub(crate) found: Option<Found>,
    pub(crate) figures: Figures,
}

/// Makes the history of a seed while it runs.
pub(crate) fn history(seed: u64, bug: Option<Bug>) -> History {
    let mut generator = Generator::new(seed);
    let mut run = Run::new(bug);
    let mut ops = Vec::new();
    let mut first = vec![generator.license()];
    first.extend(generator.logins());
    let length = generator.length();
    for at in 0..length + first.len() as u64 {
        let op = match first.get(usize::try_from(at).unwrap_or(usize::MAX)) {
            Some(op) => op.clone(),
            None => generator.next(run.model()),
        };
        ops.push(op.clone());
        if let Err(found) = run.happen(&op) {
            return History { ops, found: Some(found), figures: run.figures };
        }
    }
    History { ops, found: None, figures: run.figures }
}

/// Runs a history again: what is found, and after how many of its parts.
pub(crate) fn replay(ops: &[Op], bug: Option<Bug>) -> Option<(usize, Found)> {
    let mut run = Run::new(bug);
    ops.iter().enumerate().find_map(|(at, op)| run.happen(op).err().map(|found| (at + 1, found)))
}
