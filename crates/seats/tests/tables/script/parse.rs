//! Lines to commands.

use names::{
    Code, ConfigId, CpuId, Date, Email, Expiry, Feature, GrantId, Millis, PoolId, RequestId, SeatCount,
    SessionId, Vendor, Version, Wall, Word,
};
use seats::{
    AssignmentRow, Book, Borrow, BorrowTerms, Checkin, Checkout, Command, Identity, LoginRow, Machine, More,
    Open, PoolRow, PoolStanding, Revoke, Revoked, Same, Sharing,
};

use super::Script;
use super::lines::{Line, Says};

/// The words of a line, taken one by one.
pub(super) struct Words<'a> {
    pub(super) words: std::iter::Peekable<std::str::SplitWhitespace<'a>>,
    pub(super) place: String,
}

impl<'a> Words<'a> {
    pub(super) fn next(&mut self) -> &'a str {
        self.words.next().unwrap_or_else(|| panic!("{}: a word is missing", self.place))
    }

    /// Whether the next word is this one, which is then taken.
    pub(super) fn took(&mut self, word: &str) -> bool {
        self.words.next_if(|next| *next == word).is_some()
    }

    /// What stands after this word, if it is the next.
    fn after<T>(&mut self, word: &str, read: impl FnOnce(&'a str) -> T) -> Option<T> {
        self.took(word).then(|| read(self.next()))
    }

    fn session(&mut self) -> SessionId {
        session(self.next())
    }

    pub(super) fn end(&mut self) {
        assert_eq!(self.words.next(), None, "{}: a word too many", self.place);
    }
}

impl Script {
    pub(super) fn command(&mut self, verb: &str, words: &mut Words) -> Command {
        match verb {
            "start" => Command::Start,
            "stop" => Command::Stop,
            "look" => Command::LookAtClock,
            "reset" => Command::ResetClock { by: 1000 },
            "open" => open(words),
            "resume" => {
                let name = words.next();
                Command::Resume { session: session(name), token_hash: token(words, name) }
            }
            "close" => Command::Close(words.session()),
            "detach" => Command::Detach(words.session()),
            "timeout" => Command::TimeOut(words.session()),
            "release" => Command::Release(words.session()),
            "idle" | "busy" => Command::Idle { session: words.session(), is_idle: verb == "idle" },
            "ask" => Command::Ask { session: words.session(), feature: feature(words.next()) },
            "checkout" => Command::Checkout(self.checkout(words)),
            "book" => {
                let ask = self.checkout(words);
                assert!(words.took("for"), "{}: a booking is for JOB TIME", words.place);
                Command::Book(Box::new(Book { ask, job: word(words.next()), ttl: millis(words.next()) }))
            }
            "withdraw" => Command::Withdraw { session: words.session(), request: request(words.next()) },
            "checkin" => {
                let session = words.session();
                Command::Checkin(Checkin { session, grant: self.grant(words.next()) })
            }
            "unbook" => Command::Unbook { session: words.session(), grant: self.grant(words.next()) },
            "expire" => Command::Expire(self.grant(words.next())),
            "lost" => Command::Lost(self.grant(words.next())),
            "return" => {
                let grant = self.grant(words.next());
                Command::ReturnBorrowed { grant, proof: if words.took("wrong") { [0; 32] } else { PROOF } }
            }
            "revoke" => self.revoke(words),
            "assign" | "unassign" | "login" | "logout" => self.person(verb, words),
            _ => self.licensing(verb, words),
        }
    }

    /// Commands about people and their named seats.
    fn person(&self, verb: &str, words: &mut Words) -> Command {
        if let "login" | "logout" = verb {
            let email = Email::new(words.next()).unwrap();
            let token_hash = login_of(&email);
            return match verb {
                "login" => Command::SetLogin(Box::new(LoginRow { email, token_hash })),
                _ => Command::DropLogin(email),
            };
        }
        let pool = self.pools[words.next()].id.clone();
        let email = Email::new(words.next()).unwrap();
        if verb == "unassign" {
            return Command::Unassign { pool, email, until: self.after(words.next()) };
        }
        let (from, until) = words.next().split_once("..").unwrap();
        let until = if until.is_empty() { Expiry::Permanent } else { Expiry::On(day(until)) };
        Command::Assign(Box::new(AssignmentRow { pool, email, from: day(from), until }))
    }

    /// Lines that put another license or other rules in force.
    fn licensing(&mut self, verb: &str, words: &mut Words) -> Command {
        match verb {
            "reread" => {}
            "pool" => self.pool(words),
            "drop" => {
                for label in words.words.by_ref() {
                    assert!(self.in_force.iter().any(|l| l == label), "{}: no such pool", words.place);
                    self.in_force.retain(|l| l != label);
                }
            }
            "lift" => {
                for label in words.words.by_ref() {
                    assert!(self.lines.0.iter().any(|l| l.label == label), "{}: no such rule", words.place);
                    self.lines.0.retain(|l| l.label != label);
                }
            }
            "connections" => {
                let vendor = Vendor::new(words.next()).unwrap();
                self.connections.retain(|(other, _)| *other != vendor);
                self.connections.push((vendor, words.next().parse().unwrap()));
            }
            _ => self.rule(verb, words),
        }
        self.license()
    }

    fn rule(&mut self, verb: &str, words: &mut Words) {
        let label = words.next().to_owned();
        let mut seats = || words.next().parse().unwrap();
        let says = match verb {
            "reserve" => Says::Reserve(seats()),
            "max" => Says::Max(seats()),
            "exclude" => Says::Exclude,
            "include" => Says::Include,
            "noborrow" => Says::NoBorrow,
            other => panic!("{}: no event is called {other}", words.place),
        };
        let pools = words.next().split(',').map(|label| self.pools[label].id.clone()).collect();
        words.took("for");
        let users = words.next().split(',').map(str::to_owned).collect();
        let line = Line { label, pools, users, says };
        match self.lines.0.iter_mut().find(|old| old.label == line.label) {
            Some(old) => *old = line,
            None => self.lines.0.push(line),
        }
    }

    fn pool(&mut self, words: &mut Words) {
        let label = words.next().to_owned();
        let parts: Vec<_> = words.next().splitn(5, '/').collect();
        let &[vendor, config, cpu, name, ref pooling @ ..] = parts.as_slice() else {
            panic!("{}: a pool is vendor/config/cpu/feature", words.place)
        };
        let id = PoolId::new(
            Vendor::new(vendor).unwrap(),
            ConfigId::new(config).unwrap(),
            CpuId::new(cpu).unwrap(),
            feature(name),
            pooling.first().copied().unwrap_or_default(),
        );
        let version = Version::new(words.next().trim_start_matches('v')).unwrap();
        assert!(words.took("="), "{}: a pool has = CAPACITY", words.place);
        let capacity = words.next().parse().unwrap();
        let mut row = PoolRow::floating(id.unwrap(), capacity, version);
        row.order = self.pools.len() as u32;
        while words.words.peek().is_some() {
            self.attribute(&mut row, words);
        }
        self.pools.insert(label.clone(), row);
        if !self.in_force.contains(&label) {
            self.in_force.push(label);
        }
    }

    fn attribute(&self, row: &mut PoolRow, words: &mut Words) {
        match words.next() {
            "locked" => (row.locked, row.sharing) = (true, Sharing::Pool),
            "named" => {
                row.named = true;
                row.sharing = Sharing::Same(Same { person: true, ..Same::default() });
            }
            "uncounted" => row.uncounted = true,
            "share" => row.sharing = sharing(words.next()),
            "sharers" => row.sharers = words.next().parse().unwrap(),
            "of" => row.suite = Some(self.pools[words.next()].id.clone()),
            "suite" => row.is_suite = true,
            "minimum" => row.minimum = words.next().parse().unwrap(),
            "linger" => row.linger = millis(words.next()),
            "idle" => row.idle_timeout = millis(words.next()),
            "borrow" => {
                let hours = number(words.next()) as u32;
                let lowwater = words.after("low", number).unwrap_or_default() as u32;
                row.borrow = Some(BorrowTerms { hours, lowwater, may_be_lost: words.took("lost") });
            }
            "dated" => row.dated = true,
            "until" => row.expiry = Expiry::On(day(words.next())),
            "expired" => {
                row.standing = PoolStanding::Expired;
                row.expiry = Expiry::On(day("0"));
            }
            "notyet" => row.standing = PoolStanding::NotYet,
            "order" => row.order = words.next().parse().unwrap(),
            overdraft if overdraft.starts_with('+') => row.overdraft = number(overdraft) as u32,
            other => panic!("{}: no pool is {other}", words.place),
        }
    }

    fn checkout(&self, words: &mut Words) -> Checkout {
        let session = words.session();
        let request = request(words.next());
        let feature = feature(words.next());
        let version = Version::new(words.next()).unwrap();
        let seats = words.words.next_if(|w| w.starts_with('x')).map_or(1, number);
        let config = words.after("of", |config| ConfigId::new(config).unwrap());
        let vendor = words.after("by", |vendor| Vendor::new(vendor).unwrap());
        let more = More {
            data: words.after("data", word),
            queue: words.after("queue", |n| n.parse().unwrap()),
            borrow: words.after("borrow", |time| Borrow { until: self.after(time), proof: PROOF }),
            job: words.after("job", word),
        };
        let more = (more != More::default()).then(|| Box::new(more));
        let seats = SeatCount::new(seats).unwrap();
        Checkout { session, request, feature, version, seats, vendor, config, more }
    }

    fn revoke(&self, words: &mut Words) -> Command {
        let which = match words.next() {
            "unlicensed" => Revoked::Unlicensed,
            "unassigned" => Revoked::Unassigned,
            "idle" => Revoked::Idle(words.session()),
            label => Revoked::Grant(self.grant(label)),
        };
        Command::Revoke(Revoke { which, code: Code::Removed, until: self.after(words.next()) })
    }

    fn grant(&self, label: &str) -> GrantId {
        self.grants.get(label).copied().unwrap_or_else(|| GrantId(number(label)))
    }

    /// So long from now on.
    fn after(&self, time: &str) -> Wall {
        Wall(self.now.wall.0.saturating_add_unsigned(millis(time).0))
    }
}

fn open(words: &mut Words) -> Command {
    let session = words.session();
    let (user, host) = words.next().split_once('@').unwrap();
    let display = words.after("on", word).unwrap_or_else(|| word(""));
    let cpu = words.after("cpu", str::to_owned).unwrap_or_else(|| workstation(host));
    let email = words.after("as", |email| Email::new(email).unwrap());
    let login = email.as_ref().map(|email| if words.took("wrong") { [0; 32] } else { login_of(email) });
    let mut replaces = Vec::new();
    while words.took("replaces") {
        let old = words.next();
        replaces.push((self::session(old), token(words, old)));
    }
    let identity = Identity {
        user: word(user),
        host: word(host),
        display,
        application: word("proe"),
        project: word(""),
        platform: word("x64_lsb"),
        pid: 1,
        cpu: CpuId::new(&cpu).unwrap(),
        machine: Machine::default(),
        address: None,
        email,
    };
    Command::Open(Box::new(Open {
        session,
        token_hash: token_of(session),
        identity,
        login,
        timeout: Millis(120_000),
        hold: Millis(60_000),
        replaces,
    }))
}

/// What proves the return of any borrowed seat here.
const PROOF: [u8; 32] = [7; 32];

fn word(text: &str) -> Word {
    Word::new("a word", text).unwrap()
}

fn feature(text: &str) -> Feature {
    Feature::new(text).unwrap()
}

fn request(text: &str) -> RequestId {
    RequestId(number(text))
}

fn day(text: &str) -> Date {
    Date::from_days(text.parse().unwrap()).unwrap()
}

fn sharing(letters: &str) -> Sharing {
    if letters == "SITE" {
        return Sharing::Pool;
    }
    let has = |letter| letters.contains(letter);
    Sharing::Same(Same { user: has('U'), host: has('H'), display: has('D'), data: has('V'), person: false })
}

/// A time: `60s`, `24h`, `3d`.
pub(super) fn millis(text: &str) -> Millis {
    let unit = match text.chars().last() {
        Some('d') => 86_400_000,
        Some('h') => 3_600_000,
        _ => 1_000,
    };
    let digits = text.trim_end_matches(['s', 'h', 'd']);
    Millis(unit * digits.parse::<u64>().unwrap())
}

/// The number in `s1`, `r1`, `x3`, `24h`.
fn number(word: &str) -> u64 {
    let digits = word.trim_matches(|c: char| !c.is_ascii_digit());
    digits.parse().unwrap_or_else(|_| panic!("{word} has no number"))
}

pub(super) fn session(word: &str) -> SessionId {
    SessionId(number(word))
}

fn token_of(session: SessionId) -> [u8; 32] {
    [session.0.to_le_bytes()[0] ^ 0x5a; 32]
}

fn login_of(email: &Email) -> [u8; 32] {
    [email.as_str().as_bytes()[0]; 32]
}

/// The token shown for a session: its own, or a `wrong` one.
fn token(words: &mut Words, named: &str) -> [u8; 32] {
    if words.took("wrong") { [0; 32] } else { token_of(session(named)) }
}

/// A workstation's host id: `ws1` has `02b1`.
fn workstation(host: &str) -> String {
    format!("02b{}", number(host))
}
