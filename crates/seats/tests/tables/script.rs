//! The language of the tables: one line an event, the expected answer last.
//!
//! ```text
//! pool A acmed/11470/02aa/PROE v20.0 = 10 [locked] [expired | notyet] [order 3]
//! drop A B                            no license names them any more
//! open s1 kim@ws1 [on :0] [cpu 02b1] [replaces s0] [replaces s9 wrong]   -> welcome
//! checkout s1 r1 PROE 20.0 [x3] [of 11470] [by acmed]                    -> granted g1 A
//! checkin s1 g1                                                          -> returned g1
//! resume s1 [wrong]                                                      -> welcome g1
//! close s1 | timeout s1 | release s1 | start | stop | tick 5s | restart
//! use A 3/10 [unlicensed]             the pool as it is now, or `use A none`
//! ```
//!
//! `g1` takes the first grant it is written for, and means that one from then on. A pool line puts
//! the pool and those of the lines before it in force. After every event the records are replayed
//! on a second state, and every sum is counted again from the rows.

use std::collections::BTreeMap;

use names::{
    ConfigId, CpuId, Date, Expiry, Feature, GrantId, Millis, Mono, Now, PoolId, RequestId, SeatCount,
    SessionId, Vendor, Version, Wall, Word,
};
use seats::{
    Answer, Checkin, Checkout, Command, Denial, Detail, Event, Identity, Open, PoolRow, PoolStanding, Record,
    Row, Sharing, State,
};

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

/// Runs lines without expected answers, for what must hold after any of them.
pub(crate) fn run<'a>(lines: impl IntoIterator<Item = &'a str>) {
    let mut script = Script::default();
    for line in lines {
        script.event(line, line, None);
    }
}

#[derive(Default)]
struct Script {
    state: State,
    replica: State,
    now: Now,
    pools: BTreeMap<String, PoolRow>,
    in_force: Vec<String>,
    grants: BTreeMap<String, GrantId>,
    checked: usize,
}

/// The words of a line, taken one by one.
struct Words<'a> {
    words: std::iter::Peekable<std::str::SplitWhitespace<'a>>,
    place: String,
}

impl<'a> Words<'a> {
    fn next(&mut self) -> &'a str {
        self.words.next().unwrap_or_else(|| panic!("{}: a word is missing", self.place))
    }

    /// Whether the next word is this one, which is then taken.
    fn took(&mut self, word: &str) -> bool {
        self.words.next_if(|next| *next == word).is_some()
    }

    fn end(&mut self) {
        assert_eq!(self.words.next(), None, "{}: a word too many", self.place);
    }
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
            "tick" => self.tick(&mut words),
            "restart" => self.restart(&mut words),
            _ => {
                let command = self.command(verb, &mut words);
                words.end();
                let answer = self.step(place, command);
                self.learn(&answer, expected);
                return Some(self.told(&answer));
            }
        }
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

    fn command(&mut self, verb: &str, words: &mut Words) -> Command {
        match verb {
            "start" => Command::Start,
            "stop" => Command::Stop,
            "pool" => self.pool(words),
            "drop" => {
                for label in words.words.by_ref() {
                    assert!(self.in_force.iter().any(|l| l == label), "{}: no such pool", words.place);
                    self.in_force.retain(|l| l != label);
                }
                self.set_pools()
            }
            "open" => self.open(words),
            "resume" => {
                let name = words.next();
                Command::Resume { session: session(name), token_hash: token(words, name) }
            }
            "checkout" => checkout(words),
            "checkin" => {
                let session = session(words.next());
                let label = words.next();
                let grant = self.grants.get(label).copied();
                Command::Checkin(Checkin { session, grant: grant.unwrap_or_else(|| GrantId(number(label))) })
            }
            "close" => Command::Close(session(words.next())),
            "timeout" => Command::TimeOut(session(words.next())),
            "release" => Command::Release(session(words.next())),
            other => panic!("{}: no event is called {other}", words.place),
        }
    }

    fn set_pools(&self) -> Command {
        Command::SetPools(self.in_force.iter().map(|label| self.pools[label].clone()).collect())
    }

    fn pool(&mut self, words: &mut Words) -> Command {
        let label = words.next().to_owned();
        let parts: Vec<_> = words.next().splitn(5, '/').collect();
        let &[vendor, config, cpu, feature, ref pooling @ ..] = parts.as_slice() else {
            panic!("{}: a pool is vendor/config/cpu/feature", words.place)
        };
        let id = PoolId::new(
            Vendor::new(vendor).unwrap(),
            ConfigId::new(config).unwrap(),
            CpuId::new(cpu).unwrap(),
            Feature::new(feature).unwrap(),
            pooling.first().copied().unwrap_or_default(),
        )
        .unwrap();
        let version = Version::new(words.next().trim_start_matches('v')).unwrap();
        assert!(words.took("="), "{}: a pool has = CAPACITY", words.place);
        let capacity = words.next().parse().unwrap();
        let sharing = if words.took("locked") { Sharing::Pool } else { Sharing::None };
        let (standing, expiry) = if words.took("expired") {
            (PoolStanding::Expired, Expiry::On(Date::new(2026, 1, 31).unwrap()))
        } else if words.took("notyet") {
            (PoolStanding::NotYet, Expiry::Permanent)
        } else {
            (PoolStanding::Active, Expiry::Permanent)
        };
        let order = if words.took("order") { words.next().parse().unwrap() } else { self.pools.len() as u32 };
        let row = PoolRow { id, capacity, version, expiry, standing, sharing, order, vendor_string: None };
        self.pools.insert(label.clone(), row);
        if !self.in_force.contains(&label) {
            self.in_force.push(label);
        }
        self.set_pools()
    }

    fn open(&mut self, words: &mut Words) -> Command {
        let session = session(words.next());
        let (user, host) = words.next().split_once('@').unwrap();
        let display = if words.took("on") { words.next() } else { "" };
        let cpu = if words.took("cpu") { words.next().to_owned() } else { workstation(host) };
        let mut replaces = Vec::new();
        while words.took("replaces") {
            let old = words.next();
            replaces.push((self::session(old), token(words, old)));
        }
        let word = |text| Word::new("a word", text).unwrap();
        let identity = Identity {
            user: word(user),
            host: word(host),
            display: word(display),
            application: word("proe"),
            pid: 1,
            cpu: CpuId::new(&cpu).unwrap(),
        };
        let open = Open {
            session,
            token_hash: token_of(session),
            identity,
            timeout: Millis(120_000),
            hold: Millis(60_000),
            replaces,
        };
        Command::Open(Box::new(open))
    }

    /// Steps, and checks everything that must hold after any step.
    fn step(&mut self, place: &str, command: Command) -> Answer {
        let before = self.in_use();
        let (fingerprint, last) = (self.state.fingerprint(), self.state.last());
        let mut records = Vec::new();
        let answer = self.state.step(self.now, command, &mut records);
        for record in &records {
            self.replay(place, record);
        }
        assert_eq!(self.replica.last().0, last.0 + records.len() as u64, "{place}: records are numbered");
        assert_eq!(self.replica.fingerprint(), self.state.fingerprint(), "{place}: the replay differs");
        assert_eq!(self.replica.counts(), self.state.counts(), "{place}");
        self.state.check().unwrap_or_else(|broken| panic!("{place}: {broken}"));
        if answer.is_denial() {
            assert_eq!(self.state.fingerprint(), fingerprint, "{place}: a denial changed a row");
        }
        if let Answer::Denied(denial) = &answer
            && let Detail::AllTaken { pool, capacity, in_use, .. } = &denial.detail
        {
            assert_eq!(before.get(pool), Some(&(*in_use, *capacity)), "{place}: what the denial tells");
        }
        for (id, (used, capacity)) in self.in_use() {
            let old = before.get(&id).map_or(0, |(used, _)| *used);
            assert!(used <= old || used <= capacity, "{place}: {used} of {capacity} seats of {id} in use");
            let (row, in_use) = self.state.pool(&id).expect("it was just listed");
            assert_eq!((used, capacity), (in_use, row.capacity), "{place}: the sum of {id}");
        }
        answer
    }

    fn replay(&mut self, place: &str, record: &Record) {
        let mut bytes = Vec::new();
        record.event.encode(&mut bytes);
        assert_eq!(Event::decode(&bytes).as_ref(), Ok(&record.event), "{place}");
        self.replica.apply(record).unwrap_or_else(|broken| panic!("{place}: {broken}"));
    }

    /// Seats in use of each pool, summed here from the rows, and its capacity.
    fn in_use(&self) -> BTreeMap<PoolId, (u32, u32)> {
        let pools = self.state.pools().map(|(row, _)| (row.id.clone(), (0, row.capacity)));
        let mut sums: BTreeMap<_, _> = pools.collect();
        for row in self.state.rows() {
            if let Row::Grant(grant) = row {
                let is_shared = self.state.pool(&grant.pool).is_some_and(|(p, _)| p.sharing == Sharing::Pool);
                let sum = &mut sums.get_mut(&grant.pool).expect("a grant has a pool").0;
                *sum = if is_shared { grant.seats.get().max(*sum) } else { *sum + grant.seats.get() };
            }
        }
        sums
    }

    fn usage(&mut self, words: &mut Words) {
        self.checked += 1;
        let row = &self.pools[words.next()];
        let found = self.state.pool(&row.id);
        let told = found.map_or("none".into(), |(row, used)| format!("{used}/{}", row.capacity));
        assert_eq!(told, words.next(), "{}", words.place);
        if let Some((row, _)) = found {
            let unlicensed = words.took("unlicensed");
            assert_eq!(row.standing == PoolStanding::Unlicensed, unlicensed, "{}", words.place);
        }
        words.end();
    }

    fn tick(&mut self, words: &mut Words) {
        let ms = 1_000 * number(words.next().trim_end_matches('s'));
        self.now = Now { mono: Mono(self.now.mono.0 + ms), wall: Wall(self.now.wall.0 + ms.cast_signed()) };
        words.end();
    }

    /// The state that is left when only its rows are.
    fn restart(&mut self, words: &mut Words) {
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
        assert_eq!(again.fingerprint(), self.state.fingerprint(), "{}", words.place);
        assert_eq!(again.counts(), self.state.counts(), "{}", words.place);
        self.replica = again.clone();
        self.state = again;
        words.end();
    }

    /// An answer in the words of the tables.
    fn told(&self, answer: &Answer) -> String {
        let label = |grant: GrantId| {
            let known = self.grants.iter().find(|(_, id)| **id == grant);
            known.map_or(format!("#{grant}"), |(label, _)| label.clone())
        };
        match answer {
            Answer::Done => "done".into(),
            Answer::Closed => "closed".into(),
            Answer::SessionUnknown => "unknown".into(),
            Answer::Returned { grant } => format!("returned {}", label(*grant)),
            Answer::Welcome { held, .. } => {
                let held = held.iter().map(|h| format!(" {}", label(h.grant)));
                format!("welcome{}", held.collect::<String>())
            }
            Answer::Granted { grant, pool, seats } => {
                let pool = self.pools.iter().find(|(_, row)| row.id == *pool).expect("a known pool").0;
                let many = if seats.get() == 1 { String::new() } else { format!(" x{seats}") };
                format!("granted {} {pool}{many}", label(*grant))
            }
            Answer::Denied(denial) => denied(denial),
        }
    }
}

fn denied(denial: &Denial) -> String {
    assert!(denial.to_string().contains(&denial.detail.to_string()));
    let code = denial.code.number();
    match &denial.detail {
        Detail::AllTaken { capacity, in_use, holders, more, .. } => {
            let mut told = format!("{code} {in_use}/{capacity}");
            for holder in holders {
                let display = Some(holder.display.as_str()).filter(|d| !d.is_empty());
                let many = if holder.seats.get() == 1 { String::new() } else { format!("x{}", holder.seats) };
                for part in [Some(&*format!("{}@{}", holder.user, holder.host)), display, Some(&*many)] {
                    told.extend(part.filter(|p| !p.is_empty()).map(|p| format!(" {p}")));
                }
            }
            if *more > 0 { format!("{told} +{more}") } else { told }
        }
        Detail::Version { licensed, .. } => format!("{code} licensed {licensed}"),
        Detail::TooMany { asked, licensed } => format!("{code} {asked} of {licensed}"),
        _ => code.to_string(),
    }
}

fn checkout(words: &mut Words) -> Command {
    let session = session(words.next());
    let request = RequestId(number(words.next()));
    let feature = Feature::new(words.next()).unwrap();
    let version = Version::new(words.next()).unwrap();
    let seats = words.words.next_if(|w| w.starts_with('x')).map_or(1, number);
    let config = words.took("of").then(|| ConfigId::new(words.next()).unwrap());
    let vendor = words.took("by").then(|| Vendor::new(words.next()).unwrap());
    let seats = SeatCount::new(seats).unwrap();
    Command::Checkout(Box::new(Checkout { session, request, feature, version, seats, vendor, config }))
}

/// The number in `s1`, `r1`, `x3`.
fn number(word: &str) -> u64 {
    let digits = word.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.parse().unwrap_or_else(|_| panic!("{word} has no number"))
}

fn session(word: &str) -> SessionId {
    SessionId(number(word))
}

fn token_of(session: SessionId) -> [u8; 32] {
    [session.0.to_le_bytes()[0] ^ 0x5a; 32]
}

/// The token shown for a session: its own, or a `wrong` one.
fn token(words: &mut Words, named: &str) -> [u8; 32] {
    if words.took("wrong") { [0; 32] } else { token_of(session(named)) }
}

/// A workstation's host id: `ws1` has `02b1`.
fn workstation(host: &str) -> String {
    format!("02b{}", number(host))
}
