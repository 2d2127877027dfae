//! A small site from a seed: license lines, options files, people and what they ask.

use std::net::IpAddr;

use names::{Email, Expiry, Feature, PoolId, Wall};
use seats::{Identity, Machine};

use crate::engine::word;
use crate::rng::Rng;

/// Noon of the day on which everything happens, 15-jun-2027.
pub(crate) const NOON: Wall = Wall(1_813_060_800_000);

pub(crate) const FEATURES: [&str; 6] = ["mill", "lathe", "saw", "drill", "cam", "none"];
const USERS: [&str; 4] = ["kim", "lee", "osman", "ada"];
const HOSTS: [&str; 3] = ["r01", "r02", "r01.acme.com"];
const CPUS: [&str; 3] = ["02aa10200001", "02aa10200002", "02aa10200003"];
const ADDRESSES: [&str; 3] = ["10.8.1.2", "10.9.0.1", "2001:db8::7"];

/// What a seed makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Site {
    /// The lines of the license file.
    pub(crate) license: Vec<String>,
    /// The lines of the options file, and of the one that replaces it.
    pub(crate) options: [Vec<String>; 2],
    pub(crate) people: Vec<Identity>,
    pub(crate) history: Vec<Op>,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Op {
    /// Somebody, by place, asks; whatever is asked is explained before.
    Checkout {
        who: usize,
        wish: Wish,
    },
    /// The `n`th grant of all is checked in.
    Checkin(usize),
    /// Somebody's session ends and another begins.
    Again(usize),
    Idle(usize, bool),
    Book {
        who: usize,
        wish: Wish,
    },
    /// So many milliseconds pass.
    Wait(u64),
    /// The other options file is put in force.
    Reread,
    /// Somebody has a named seat of the pools of a feature.
    Assign {
        who: usize,
        feature: &'static str,
    },
}

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) feature: &'static str,
    pub(crate) version: &'static str,
    pub(crate) seats: u64,
    pub(crate) config: Option<u64>,
    pub(crate) data: Option<&'static str>,
    pub(crate) queue: Option<u8>,
    pub(crate) borrow: Option<u64>,
    pub(crate) job: Option<&'static str>,
}

impl Site {
    pub(crate) fn new(seed: u64) -> Self {
        let mut make = Make { rng: Rng::new(seed), features: Vec::new() };
        let license = make.license();
        let options = [make.options(), make.options()];
        let people: Vec<_> = (0..make.rng.between(2, 4)).map(|n| make.person(n)).collect();
        let count = make.rng.between(10, 40);
        let history = (0..count).map(|_| make.op(people.len())).collect();
        Self { license, options, people, history }
    }
}

impl std::fmt::Display for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut list = |name: &str, lines: &[String]| {
            lines.iter().enumerate().try_for_each(|(at, line)| writeln!(f, "{name}:{}: {line}", at + 1))
        };
        list("acmed.lic", &self.license)?;
        list("acmed.opt", &self.options[0])?;
        list("next.opt", &self.options[1])?;
        for (at, who) in self.people.iter().enumerate() {
            let Identity { user, host, display, project, cpu, address, .. } = who;
            writeln!(f, "{at}: {user}@{host}:{display} {project} {cpu} {address:?} {:?}", who.machine)?;
        }
        self.history.iter().try_for_each(|op| writeln!(f, "  {op:?}"))
    }
}

/// Each site has some kinds of lines and not others, so that rare ones meet often enough.
struct Make {
    rng: Rng,
    /// What the license has.
    features: Vec<&'static str>,
}

impl Make {
    fn of<T: Copy>(&mut self, all: &[T], other: T) -> T {
        self.rng.pick(all).copied().unwrap_or(other)
    }

    fn text(&mut self, all: &[&'static str]) -> &'static str {
        self.of(all, "")
    }

    /// Some of these.
    fn few<T: Copy>(&mut self, all: &[T], per_mille: u64) -> Vec<T> {
        all.iter().copied().filter(|_| self.rng.chance(per_mille)).collect()
    }

    /// A feature, nearly always one that there is.
    fn feature(&mut self) -> &'static str {
        let other = self.of(&FEATURES, "mill");
        if self.rng.chance(50) { other } else { self.rng.pick(&self.features).copied().unwrap_or(other) }
    }

    /// Some of these words.
    fn some(&mut self, all: &[&'static [&'static str]]) -> String {
        let mut text = String::new();
        for words in all {
            if self.rng.chance(350) {
                text.push(' ');
                text.push_str(self.text(words));
            }
        }
        text
    }

    fn license(&mut self) -> Vec<String> {
        const DATES: &[&str] = &[
            "permanent",
            "permanent",
            "permanent",
            "permanent",
            "31-dec-2027",
            "15-jun-2027",
            "14-jun-2027",
        ];
        const RULES: &[&[&str]] = &[
            &["START=15-jun-2027", "START=16-jun-2027", "START=1-jan-2027"],
            &["OVERDRAFT=1", "OVERDRAFT=2"],
            &["LINGER=60", "LINGER=600"],
            &["MINIMUM=2"],
            &["DUP_GROUP=U", "DUP_GROUP=UH", "DUP_GROUP=SITE", "DUP_GROUP=V", "DUP_GROUP=UHD"],
            &["DUP_LIMIT=2"],
            &["BORROW", "BORROW=8"],
            &["USER_BASED", "USER_BASED=1", "HOST_BASED=1", "HOST_BASED"],
            &["PLATFORMS=i86_n", "PLATFORMS=x64_lsb"],
            &["VM_PLATFORMS=PHYSICAL", "VM_PLATFORMS=VM_ONLY"],
            &["TS_OK"],
            &["TZ=SERVERTZ"],
            &["NOTICE=a", "NOTICE=b"],
            &["VENDOR_STRING=x"],
            &["sort=50"],
        ];
        const KINDS: &[&str] = &[
            "",
            "",
            "",
            "",
            "HOSTID=02aa10200001",
            "HOSTID=ANY",
            "SEAT=NAMED",
            "HOSTID=\"02aa10200001 02aa10200002\"",
        ];
        let mut lines = vec!["SERVER this_host 02aa10203040 27000".to_owned(), "VENDOR acmed".to_owned()];
        let kinds = self.few(RULES, 220);
        let has_package = self.rng.chance(300);
        if has_package {
            let how = self.text(&["", " OPTIONS=SUITE", " OPTIONS=SUITE", " OPTIONS=SUITE_RESERVED"]);
            lines.push(format!("PACKAGE cam acmed 1 COMPONENTS=\"drill lathe\"{how}"));
            self.features.extend(["drill", "lathe"]);
        }
        for config in 1..=self.rng.between(1, 4) {
            let feature = self.text(&["mill", "mill", "mill", "lathe", "saw"]);
            let feature = if has_package && config == 1 { "cam" } else { feature };
            let (version, date, kind) = (self.text(&["1", "2", "4.2"]), self.text(DATES), self.text(KINDS));
            let seats = match kind {
                "HOSTID=ANY" => 0,
                "HOSTID=02aa10200001" => self.rng.below(3),
                "" | "SEAT=NAMED" => self.rng.between(1, 4),
                _ => 2,
            };
            let rules = self.some(&kinds);
            self.features.push(feature);
            lines.push(format!(
                "INCREMENT {feature} acmed {version} {date} {seats} CONFIG_ID={config} {kind}{rules}"
            ));
        }
        lines
    }

    fn options(&mut self) -> Vec<String> {
        const LINES: &[&str] = &[
            "EXCLUDE % @",
            "EXCLUDE % @",
            "INCLUDE % @",
            "INCLUDE % @",
            "EXCLUDEALL @",
            "INCLUDEALL @",
            "EXCLUDE_BORROW % @",
            "INCLUDE_BORROW % @",
            "RESERVE # % @",
            "RESERVE # % @",
            "RESERVE # % @",
            "MAX # % @",
            "MAX # % @",
            "MAX # % ALL_USERS",
            "MAX_OVERDRAFT % #",
            "LINGER % 60",
            "LINGER 120",
            "TIMEOUT % 900",
            "TIMEOUTALL 1000",
            "MAX_BORROW_HOURS % #",
            "BORROW_LOWWATER % #",
            "MAX_CONNECTIONS #",
            "NO_ASK %",
            "GROUPCASEINSENSITIVE ON",
            "FQDN_MATCHING lenient",
            "GROUP cad kim ada",
            "GROUP cad lee",
            "GROUP all kim lee osman ada",
            "HOST_GROUP farm r01 10.9.*.*",
            "HOST_GROUP lab r02 r01",
        ];
        const SPECS: &[&str] = &[
            "mill",
            "mill",
            "mill",
            "lathe",
            "saw",
            "drill",
            "cam",
            "mill:VERSION=2",
            "mill:VERSION=4.2",
            "mill:NOTICE=a",
            "lathe:VERSION=1",
            "\"saw EXPDATE=31-dec-2027\"",
            "mill:VENDOR_STRING=x",
            "cam:VERSION=1",
        ];
        const WHO: &[&str] = &[
            "USER kim",
            "USER lee",
            "USER osman",
            "HOST r01",
            "HOST r02",
            "HOST 10.8.1.2",
            "DISPLAY :0",
            "INTERNET 10.8.*.*",
            "INTERNET 10.8.0.0/16",
            "INTERNET 2001:db8::/32",
            "PROJECT turbine",
            "GROUP cad",
            "GROUP all",
            "GROUP nobody",
            "HOST_GROUP farm",
            "HOST_GROUP lab",
        ];
        let (kinds, count) = (self.few(LINES, 250), self.rng.below(12));
        let mut line = || {
            let (line, spec, who) = (self.of(&kinds, "GROUP cad kim"), self.text(SPECS), self.text(WHO));
            let number = self.rng.below(4).to_string();
            line.replace('%', spec).replace('@', who).replace('#', &number)
        };
        (0..count).map(|_| line()).collect()
    }

    fn person(&mut self, n: u64) -> Identity {
        let user = self.text(&USERS);
        let known = |read: Result<_, names::Invalid>| read.ok();
        let cpu = self.text(&CPUS);
        let address = self.text(&ADDRESSES);
        Identity {
            user: word(user),
            host: word(self.text(&HOSTS)),
            display: word(self.text(&[":0", ":1"])),
            application: word("cad"),
            project: word(self.text(&["", "turbine"])),
            platform: word("x64_lsb"),
            pid: u32::try_from(n).unwrap_or(0) + 1,
            cpu: crate::engine::known(names::CpuId::new(cpu)),
            machine: Machine {
                is_virtual: self.rng.chance(200),
                is_remote: self.rng.chance(100),
                utc_offset: self.of(&[0, 0, 120], 0),
            },
            address: address.parse::<IpAddr>().ok().filter(|_| self.rng.chance(800)),
            email: known(Email::new(&format!("{user}@acme.com"))).filter(|_| self.rng.chance(600)),
        }
    }

    fn wish(&mut self) -> Wish {
        let maybe = |rng: &mut Rng, chance: u64| rng.chance(chance);
        Wish {
            feature: self.feature(),
            version: self.of(&["0", "0", "0", "1", "2", "5"], "0"),
            seats: self.of(&[1, 1, 1, 1, 1, 2, 2, 5], 1),
            config: Some(self.rng.between(1, 4)).filter(|_| maybe(&mut self.rng, 60)),
            data: Some("d1").filter(|_| maybe(&mut self.rng, 200)),
            queue: Some(0).filter(|_| maybe(&mut self.rng, 200)),
            borrow: Some(self.rng.between(1, 12)).filter(|_| maybe(&mut self.rng, 150)),
            job: Some("job:1").filter(|_| maybe(&mut self.rng, 100)),
        }
    }

    fn op(&mut self, people: usize) -> Op {
        let who = usize::try_from(self.rng.below(people as u64)).unwrap_or(0);
        match self.rng.below(100) {
            0..70 => Op::Checkout { who, wish: self.wish() },
            70..79 => Op::Checkin(usize::try_from(self.rng.below(8)).unwrap_or(0)),
            79..82 => Op::Again(who),
            82..85 => Op::Idle(who, self.rng.chance(700)),
            85..89 => Op::Book { who, wish: self.wish() },
            89..93 => Op::Wait(self.of(&[1_000, 70_000, 1_000_000, 43_300_000], 1_000)),
            93..96 => Op::Reread,
            _ => Op::Assign { who, feature: self.feature() },
        }
    }
}

/// Somebody's named seat, from the day before on.
pub(crate) fn assignment(pool: PoolId, email: Email) -> seats::AssignmentRow {
    let from = names::Date::of(Wall(NOON.0 - 86_400_000));
    seats::AssignmentRow { pool, email, from, until: Expiry::Permanent }
}

pub(crate) fn feature(name: &str) -> Feature {
    crate::engine::known(Feature::new(name))
}
