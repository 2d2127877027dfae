//! The language of the tables: one line an event, the expected answer last.
//!
//! ```text
//! pool A acmed/11470/02aa/PROE v20.0 = 10 [+2] [locked] [named] [uncounted] [share UHDV | SITE] [sharers 4]
//!        [of S] [suite] [minimum 2] [linger 60s] [idle 60s] [borrow 24h low 1 [lost]] [until 3]
//!        [expired | notyet] [order 3]
//! drop A B                            no license names them any more
//! reserve R 2 A for kim,lee | max M 3 A,B for kim | exclude X A kim | include X A kim | noborrow X A kim
//! lift R X | connections acmed 2 | reread
//! open s1 kim@ws1 [on :0] [cpu 02b1] [as kim@example.net] [replaces s0] [replaces s9 wrong]  -> welcome
//! checkout s1 r1 PROE 20.0 [x3] [of 11470] [by acmed] [data D] [queue 5] [borrow 24h] [job J] -> granted g1 A
//! book s1 r1 PROE 20.0 [x3] for J 60s -> granted g1 A until 60s
//! checkin s1 g1 | unbook s1 g1 | return g1 | lost g1                     -> returned g1
//! withdraw s1 r1                                                         -> withdrawn
//! revoke g1 60s | revoke unlicensed 60s | revoke unassigned 60s | revoke idle s1 60s  -> revoked 1
//! resume s1 [wrong]                                                      -> welcome g1 waiting r2
//! ask s1 PROE                                                            -> asked s2 s3
//! close s1 | detach s1 | timeout s1 | release s1 | idle s1 | busy s1 | expire g1
//! assign A kim@example.net 0..3 | unassign A kim@example.net 60s | login kim@example.net | logout kim@example.net
//! start | stop | tick 5s | restart | back 25h | look | reset            (the clock is set back, looked at, reset)
//! use A 3/10 [reserved 1] [borrowed 1] [lingering 1] [booked 1] [queued 1] [unlicensed]
//!                                     the pool as it is now, or `use A none`
//! count R 1/2                         what counts of a RESERVE or MAX line, or `count R none`
//! line PROE s2 s3                     whose requests wait, the head first
//! ```
//!
//! `g1` takes the first grant it is written for, and means that one from then on. A line about pools
//! or rules puts them and those of the lines before it in force. Days are counted from the first of the
//! clock. After every event the records are replayed on a second state, and every sum is counted again
//! from the rows; before every checkout the state is asked what it would be answered.

mod lines;
mod parse;
mod sums;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use names::{GrantId, Mono, Now, PoolId, Vendor, Wall};
use seats::{Answer, Command, Denial, Detail, Event, License, PoolRow, PoolStanding, Record, Row, State};

use self::lines::Lines;
use self::parse::{Words, millis, session};

/// Runs a table; it fails at the first line that is answered otherwise than it says.
pub(crate) fn check(table: &str) {
    let mut script = Script::default();
    for (number, line) in table.lines().enumerate() {
        let line = line.split("//").next().unwrap_or_default().trim();
        if !line.is_empty() {
            script.line(number + 1, line);
        }
    }
    assert!(script.checked > 0, "a table without an expected answer checks nothing");
}

/// Runs lines without expected answers, for what must hold after any of them. A session's name is
/// never used again: such a line is left out.
pub(crate) fn run<'a>(lines: impl IntoIterator<Item = &'a str>) {
    let mut script = Script::default();
    let mut opened = BTreeSet::new();
    for line in lines {
        let name = line.strip_prefix("open ").and_then(|open| open.split(' ').next()).map(session);
        let is_used = |name| !opened.insert(name) && script.state.session(name).is_none();
        if !name.is_some_and(is_used) {
            script.event(line, line, None);
        }
    }
}

#[derive(Default)]
struct Script {
    state: State,
    replica: State,
    now: Now,
    pools: BTreeMap<String, PoolRow>,
    in_force: Vec<String>,
    lines: Lines,
    connections: Vec<(Vendor, u32)>,
    grants: BTreeMap<String, GrantId>,
    checked: usize,
}

impl Script {
    fn line(&mut self, number: usize, line: &str) {
        let place = format!("line {number}: {line}");
        let (event, expected) = match line.split_once("->") {
            Some((event, expected)) => (event, Some(expected.trim())),
            None => (line, None),
        };
        let Some(told) = self.event(&place, event, expected) else { return };
        match (told.as_str(), expected) {
            ("done" | "closed", None) => {}
            (_, Some(expected)) => {
                self.checked += 1;
                assert_eq!(told, expected, "{place}");
            }
            (_, None) => panic!("{place}: write down the answer; it is {told:?}"),
        }
    }

    /// Lets one event happen; gives its answer, if it is one that has any.
    fn event(&mut self, place: &str, event: &str, expected: Option<&str>) -> Option<String> {
        let mut words = Words { words: event.split_whitespace().peekable(), place: place.to_owned() };
        let verb = words.next();
        match verb {
            "use" => self.usage(&mut words),
            "count" => self.count(&mut words),
            "line" => self.waiting(&mut words),
            "tick" => {
                let ms = millis(words.next()).0;
                let wall = Wall(self.now.wall.0.saturating_add_unsigned(ms));
                self.now = Now { mono: Mono(self.now.mono.0 + ms), wall };
            }
            "restart" => self.restart(place),
            "back" => {
                let ms = millis(words.next()).0;
                self.now.wall = Wall(self.now.wall.0.saturating_sub_unsigned(ms));
            }
            _ => {
                let command = self.command(verb, &mut words);
                words.end();
                let answer = self.step(place, command);
                self.learn(&answer, expected);
                return Some(self.told(&answer));
            }
        }
        words.end();
        None
    }

    /// Gives a grant that has no label the one that the line expects.
    fn learn(&mut self, answer: &Answer, expected: Option<&str>) {
        if let (Answer::Granted { grant, .. }, Some(expected)) = (answer, expected)
            && !self.grants.values().any(|known| known == grant)
            && let Some(label) = expected.split_whitespace().nth(1)
            && !self.grants.contains_key(label)
        {
            self.grants.insert(label.to_owned(), *grant);
        }
    }

    /// What is licensed and what rules count, as the lines before said.
    fn license(&self) -> Command {
        Command::SetLicense(Box::new(License {
            pools: self.in_force.iter().map(|label| self.pools[label].clone()).collect(),
            quotas: self.lines.quotas().collect(),
            connections: self.connections.clone(),
        }))
    }

    /// Steps, and checks everything that must hold after any step.
    fn step(&mut self, place: &str, command: Command) -> Answer {
        let (before, counted) = (sums::in_use(&self.state), sums::counted(&self.state));
        let explained = self.explain(place, &command);
        let (fingerprint, last) = (self.state.fingerprint(), self.state.last());
        let is_license = matches!(command, Command::SetLicense(_));
        let mut records = Vec::new();
        let answer = self.state.step(self.now, command, &self.lines, &mut records);
        for record in &records {
            self.replay(place, record);
        }
        assert_eq!(self.replica.last().0, last.0 + records.len() as u64, "{place}: records are numbered");
        assert_eq!(self.replica.fingerprint(), self.state.fingerprint(), "{place}: the replay differs");
        assert_eq!(self.replica.counts(), self.state.counts(), "{place}");
        self.state.check().unwrap_or_else(|broken| panic!("{place}: {broken}"));
        self.replica.check().unwrap_or_else(|broken| panic!("{place}: replica: {broken}"));
        if answer.is_denial() {
            assert_eq!(self.state.fingerprint(), fingerprint, "{place}: a denial changed a row");
        }
        if let Answer::Denied(denial) = &answer
            && let Some(figures) = &denial.figures
        {
            assert_eq!(before[&figures.pool], figures.in_use, "{place}: what the denial tells");
        }
        if let Some(explained) = explained {
            same(place, &explained, &answer, &records);
        }
        for (id, used) in sums::in_use(&self.state) {
            let (row, in_use) = self.state.pool(&id).expect("it was just listed");
            let old = before.get(&id).copied().unwrap_or_default();
            let may = used <= old || used <= row.limit() || row.uncounted || is_license;
            assert!(may, "{place}: {used} of {} seats of {id} in use", row.limit());
            assert_eq!(used, in_use, "{place}: the sum of {id}");
        }
        for (id, used) in sums::counted(&self.state) {
            let (row, counts) = self.state.quota(id).expect("it was just listed");
            let may = used <= row.seats || counted.get(&id).is_some_and(|old| used <= *old) || is_license;
            assert!(may, "{place}: {used} of {} seats of rule {}", row.seats, row.key);
            assert_eq!(used, counts, "{place}: the sum of rule {}", row.key);
        }
        answer
    }

    /// What a checkout would be answered; saying so changes nothing.
    fn explain(&mut self, place: &str, command: &Command) -> Option<Result<PoolId, Box<Denial>>> {
        let Command::Checkout(ask) = command else { return None };
        if ask.more.as_ref().is_some_and(|more| more.job.is_some()) {
            return None;
        }
        let who = self.state.session(ask.session)?.0.identity.clone();
        let fingerprint = self.state.fingerprint();
        let explained = self.state.explain(self.now, &who, ask, &self.lines);
        assert_eq!(self.state.fingerprint(), fingerprint, "{place}: an explanation changed a row");
        self.state.check().unwrap_or_else(|broken| panic!("{place}: {broken}"));
        self.replica.check().unwrap_or_else(|broken| panic!("{place}: replica: {broken}"));
        Some(explained)
    }

    fn replay(&mut self, place: &str, record: &Record) {
        let mut bytes = Vec::new();
        record.event.encode(&mut bytes);
        assert_eq!(Event::decode(&bytes).as_ref(), Ok(&record.event), "{place}");
        self.replica.apply(record).unwrap_or_else(|broken| panic!("{place}: {broken}"));
    }

    fn usage(&mut self, words: &mut Words) {
        self.checked += 1;
        let id = self.pools[words.next()].id.clone();
        let Some(figures) = self.state.figures(&id) else {
            return assert_eq!(words.next(), "none", "{}", words.place);
        };
        let told = format!("{}/{}", figures.in_use, figures.limit);
        assert_eq!(told, words.next(), "{}", words.place);
        for (part, n) in [
            ("reserved", figures.reserved as usize),
            ("borrowed", figures.borrowed as usize),
            ("lingering", figures.lingering as usize),
            ("booked", figures.booked as usize),
            ("queued", figures.queued),
        ] {
            let expected = if words.took(part) { words.next().parse().unwrap() } else { 0 };
            assert_eq!(n, expected, "{}: {part}", words.place);
        }
        let unlicensed = words.took("unlicensed");
        let standing = self.state.pool(&id).map(|(row, _)| row.standing);
        assert_eq!(standing == Some(PoolStanding::Unlicensed), unlicensed, "{}", words.place);
    }

    fn count(&mut self, words: &mut Words) {
        self.checked += 1;
        let key = words.next();
        let found = self.state.quotas().find(|(row, _)| &*row.key == key);
        let told = found.map_or("none".into(), |(row, used)| format!("{used}/{}", row.seats));
        assert_eq!(told, words.next(), "{}", words.place);
    }

    fn waiting(&mut self, words: &mut Words) {
        self.checked += 1;
        let feature = names::Feature::new(words.next()).unwrap();
        let line: Vec<_> = self.state.line(&feature).map(|row| row.ask.session).collect();
        let expected: Vec<_> = words.words.by_ref().map(session).collect();
        assert_eq!(line, expected, "{}", words.place);
    }

    /// The state that is left when only its rows are.
    fn restart(&mut self, place: &str) {
        self.checked += 1;
        let mut bytes = Vec::new();
        let rows = self.state.rows().map(|row| {
            bytes.clear();
            row.encode(&mut bytes);
            let again = Row::decode(&bytes).unwrap();
            assert_eq!(again, row);
            again
        });
        let again = State::from_rows(self.state.last(), rows.collect::<Vec<_>>()).unwrap();
        assert_eq!(again.fingerprint(), self.state.fingerprint(), "{place}");
        assert_eq!(again.counts(), self.state.counts(), "{place}");
        self.replica = again.clone();
        self.state = again;
    }
}

/// A checkout that was decided is answered as it was explained.
fn same(place: &str, explained: &Result<PoolId, Box<Denial>>, answer: &Answer, records: &[Record]) {
    match answer {
        Answer::Granted { grant, pool, .. } if records.iter().any(|record| record.seq.0 == grant.0) => {
            assert_eq!(explained.as_ref(), Ok(pool), "{place}: explained otherwise");
        }
        Answer::Denied(denial) if !matches!(denial.detail, Detail::Parameter(_) | Detail::Limit(_)) => {
            assert_eq!(explained.as_ref(), Err(denial), "{place}: explained otherwise");
        }
        Answer::Queued { .. } if !records.is_empty() => {
            assert!(explained.is_err(), "{place}: explained otherwise");
        }
        _ => {}
    }
}
