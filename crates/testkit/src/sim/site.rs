//! What is licensed in a run, and the rules about it: the files that production reads, and beside them
//! the plain table that the auditor counts with.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use names::{Date, PoolId, Wall};
use service::InForce;

use super::files::{self, Files};
use super::message::ClientId;

/// The license host.
pub(super) const HOST: &str = "02aa10203040";
/// The workstations; a client sits at one of them.
pub(crate) const WORKSTATIONS: [&str; 4] = ["02b1", "02b2", "02b3", "02b4"];
/// The day after which some licenses expire; runs begin shortly before its end.
const LAST_DAY: (i32, u32, u32) = (2027, 6, 15);

/// A license line.
#[derive(Debug, Clone, Copy)]
struct Line {
    feature: &'static str,
    config: u64,
    seats: u32,
    /// Whether it expires during the run.
    expires: bool,
    /// For these workstations, one seat each.
    locked: &'static [&'static str],
    /// Whether its seats can be taken offline.
    lends: bool,
    /// Whether it ends on a day, which no run comes to.
    dated: bool,
    /// Whether a lost laptop's seat may be freed.
    lost_ok: bool,
}

/// The configuration of every line that has such a day, and of no other.
const DATED: u64 = 6698;

/// A line of the options file about the user of one client.
#[derive(Debug, Clone, Copy)]
enum Rule {
    /// `RESERVE`, of a feature that has one pool.
    Reserve(u32, &'static str, ClientId),
    /// `MAX`.
    Max(u32, &'static str, ClientId),
    /// `LINGER`, of a feature that has one pool or no maximum: so many seconds.
    Linger(u32, &'static str),
}

const fn floating(feature: &'static str, config: u64, seats: u32) -> Line {
    Line { feature, config, seats, expires: false, locked: &[], lends: false, dated: false, lost_ok: false }
}

const fn expiring(feature: &'static str, config: u64, seats: u32) -> Line {
    Line { expires: true, ..floating(feature, config, seats) }
}

const fn dated(feature: &'static str, seats: u32) -> Line {
    Line { dated: true, ..floating(feature, DATED, seats) }
}

const fn locked(feature: &'static str, config: u64, to: &'static [&'static str]) -> Line {
    Line { locked: to, ..floating(feature, config, 0) }
}

const fn lending(feature: &'static str, config: u64, seats: u32) -> Line {
    Line { lends: true, ..floating(feature, config, seats) }
}

const fn lending_lost_ok(feature: &'static str, config: u64, seats: u32) -> Line {
    Line { lost_ok: true, ..lending(feature, config, seats) }
}

use Rule::{Linger, Max, Reserve};

/// License lines and rules. The first [`FIRST_SITES`] are what runs begin with; a reread may bring any
/// that does not expire.
const SITES: [(&[Line], &[Rule]); 12] = [
    (&[floating("PROE", 11470, 3)], &[Linger(4, "PROE")]),
    (&[floating("PROE", 11470, 2), floating("PROE", 11471, 2)], &[Linger(900, "PROE")]),
    (&[floating("PROE", 1717, 1), dated("ASM", 2), floating("MESH", 6696, 4)], &[]),
    (
        &[locked("PROE", 73633, &["02b1", "02b2"]), floating("PROE", 11470, 1), floating("ASM", 6696, 5)],
        &[Max(2, "ASM", 1)],
    ),
    (&[floating("PROE", 11470, 1), expiring("PROE", 11470, 2)], &[]),
    (
        &[expiring("PROE", 11470, 2), floating("PROE", 11471, 3), floating("ASM", 6696, 1)],
        &[Max(1, "PROE", 0)],
    ),
    (&[floating("PROE", 11470, 3), lending("ASM", 6697, 2)], &[Reserve(1, "PROE", 1), Max(1, "ASM", 0)]),
    (
        &[lending_lost_ok("PROE", 11475, 3), floating("ASM", 6696, 4)],
        &[Reserve(2, "ASM", 0), Reserve(1, "PROE", 1), Max(2, "ASM", 2), Linger(6, "ASM")],
    ),
    // What a reread may bring: fewer seats, other pools, other rules.
    (&[floating("PROE", 11470, 1)], &[]),
    (&[floating("PROE", 11471, 4), dated("ASM", 3)], &[Reserve(1, "PROE", 0), Max(1, "PROE", 1)]),
    (
        &[floating("PROE", 11470, 3), lending_lost_ok("ASM", 6697, 3)],
        &[Reserve(2, "ASM", 1), Max(2, "PROE", 0), Linger(3, "ASM")],
    ),
    (&[lending("PROE", 11475, 2), floating("ASM", 6696, 4)], &[]),
];

/// A pool's name in the auditor's books.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PoolName {
    pub(crate) feature: String,
    pub(crate) config: String,
    pub(crate) cpu: String,
}

impl PoolName {
    pub(crate) fn of(id: &PoolId) -> Self {
        Self { feature: id.feature().to_string(), config: id.config().to_string(), cpu: id.cpu().to_string() }
    }

    /// Whether its license ends on a day, which no run comes to.
    pub(crate) fn is_dated(&self) -> bool {
        self.config == DATED.to_string()
    }

    /// Whether its seats are one workstation's.
    pub(crate) fn is_locked(&self) -> bool {
        self.cpu != HOST
    }
}

impl std::fmt::Display for PoolName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.config, self.cpu, self.feature)
    }
}

/// A set of licenses and rules.
#[derive(Debug)]
pub(crate) struct Site {
    lines: &'static [Line],
    rules: &'static [Rule],
    /// The files, as they should be.
    pub(crate) files: Files,
    /// What the daemon reads in them.
    pub(crate) in_force: InForce,
    /// The same with one more seat of each floating line, for a planted bug.
    pub(crate) with_one_more: InForce,
}

/// Capacities on one day.
pub(crate) type Capacities = BTreeMap<PoolName, u32>;

/// What there is on one day, for the auditor.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table {
    pub(crate) capacities: Capacities,
    /// Seats that are one client's.
    pub(crate) reserved: BTreeMap<(PoolName, ClientId), u32>,
    /// The most that a client may use of a feature.
    pub(crate) most: BTreeMap<(String, ClientId), u32>,
    /// The pools of which the seat of a lost laptop may be freed.
    pub(crate) lost_ok: BTreeSet<PoolName>,
    /// The features whose seats linger. Whoever needs one gets it.
    pub(crate) lingers: BTreeSet<&'static str>,
}

/// Something to ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer {
    pub(crate) feature: &'static str,
    pub(crate) config: u64,
    /// Whether it can be taken offline.
    pub(crate) lends: bool,
}

impl Site {
    /// What there is on that day, from the table alone.
    pub(crate) fn table(&self, day: Date) -> Table {
        let mut table = Table::default();
        for line in self.lines.iter().filter(|line| !line.expires || day <= last_day()) {
            let name = |cpu: &str| PoolName {
                feature: line.feature.to_owned(),
                config: line.config.to_string(),
                cpu: cpu.to_owned(),
            };
            for cpu in line.locked {
                table.capacities.insert(name(cpu), 1);
            }
            if line.lost_ok {
                table.lost_ok.insert(name(HOST));
            }
            if line.locked.is_empty() {
                *table.capacities.entry(name(HOST)).or_default() += line.seats;
            }
        }
        for rule in self.rules {
            match *rule {
                Reserve(seats, feature, client) => {
                    let pool = table.capacities.keys().find(|pool| pool.feature == feature).cloned();
                    table.reserved.extend(pool.map(|pool| ((pool, client), seats)));
                }
                Max(seats, feature, client) => {
                    table.most.insert((feature.to_owned(), client), seats);
                }
                Linger(_, feature) => {
                    table.lingers.insert(feature);
                }
            }
        }
        table
    }

    /// What can be asked for.
    pub(crate) fn offers(&self) -> Vec<Offer> {
        let offer = |line: &Line| Offer { feature: line.feature, config: line.config, lends: line.lends };
        self.lines.iter().map(offer).collect()
    }

    /// Whether a line expires during the run.
    pub(crate) fn expires(&self) -> bool {
        self.lines.iter().any(|line| line.expires)
    }
}

/// The sites that a run may begin with.
pub(crate) const FIRST_SITES: u64 = 8;

/// Site number `n`.
pub(crate) fn site(n: u64) -> &'static Site {
    static ALL: LazyLock<Vec<Site>> =
        LazyLock::new(|| SITES.iter().map(|(lines, rules)| make(lines, rules)).collect());
    let at = usize::try_from(n % SITES.len() as u64).unwrap_or(0);
    &ALL[at]
}

pub(crate) const SITES_ALL: u64 = SITES.len() as u64;

pub(crate) fn last_day() -> Date {
    let (year, month, day) = LAST_DAY;
    Date::new(year, month, day).unwrap_or(Date::of(Wall(0)))
}

/// What the user of a client is called.
pub(crate) fn user(client: ClientId) -> String {
    format!("u{client}")
}

#[expect(clippy::expect_used, reason = "the table above is part of this program")]
fn make(lines: &'static [Line], rules: &'static [Rule]) -> Site {
    let files = files::sign(&license_text(lines, 0), &options_text(rules));
    let in_force = files.read().expect("files without an error");
    let more = files::sign(&license_text(lines, 1), &options_text(rules));
    let with_one_more = more.read().expect("files without an error");
    Site { lines, rules, files, in_force, with_one_more }
}

fn license_text(lines: &[Line], more: u32) -> String {
    let mut text = format!("SERVER this_host {HOST} 27000\nVENDOR acmed\n");
    for line in lines {
        let expiry = match line {
            Line { expires: true, .. } => last_day().to_string(),
            Line { dated: true, .. } => "31-dec-9999".to_owned(),
            _ => "permanent".to_owned(),
        };
        let locked = u32::try_from(line.locked.len()).unwrap_or(0);
        let seats = if locked > 0 { locked } else { line.seats + more };
        let _ =
            write!(text, "INCREMENT {} acmed 20.0 {expiry} {seats} CONFIG_ID={}", line.feature, line.config);
        if !line.locked.is_empty() {
            let _ = write!(text, " SEAT=LOCKED HOSTID=\"{}\"", line.locked.join(" "));
        }
        if line.lends {
            text.push_str(" BORROW=24");
        }
        if line.lost_ok {
            text.push_str(" BORROW_LOST_OK");
        }
        text.push('\n');
    }
    text
}

fn options_text(rules: &[Rule]) -> String {
    let mut text = String::new();
    for rule in rules {
        let _ = match rule {
            Reserve(seats, feature, client) => {
                writeln!(text, "RESERVE {seats} {feature} USER {}", user(*client))
            }
            Linger(seconds, feature) => writeln!(text, "LINGER {feature} {seconds}"),
            Max(seats, feature, client) => {
                writeln!(text, "MAX {seats} {feature} USER {}", user(*client))
            }
        };
    }
    text
}
