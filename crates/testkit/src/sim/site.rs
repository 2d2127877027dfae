//! What is licensed in a run: the text that production reads, and beside it the plain table that the
//! auditor counts with.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock};

use license::{SecretKey, SignOptions, Source, Trust, TrustedKey};
use names::{CpuId, Date, PackNumber, PoolId, Vendor, Wall};
use service::Licensed;

/// The license host.
const HOST: &str = "02aa10203040";
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
}

const fn floating(feature: &'static str, config: u64, seats: u32) -> Line {
    Line { feature, config, seats, expires: false, locked: &[] }
}

const fn expiring(feature: &'static str, config: u64, seats: u32) -> Line {
    Line { feature, config, seats, expires: true, locked: &[] }
}

const fn locked(feature: &'static str, config: u64, to: &'static [&'static str]) -> Line {
    Line { feature, config, seats: 0, expires: false, locked: to }
}

const SITES: [&[Line]; 8] = [
    &[floating("PROE", 11470, 3)],
    &[floating("PROE", 11470, 2), floating("PROE", 11471, 2)],
    &[floating("PROE", 1717, 1), floating("ASM", 6696, 2), floating("MESH", 6696, 4)],
    &[locked("PROE", 73633, &["02b1", "02b2"]), floating("PROE", 11470, 1), floating("ASM", 6696, 5)],
    &[floating("PROE", 11470, 1), expiring("PROE", 11470, 2)],
    &[expiring("PROE", 11470, 2), floating("PROE", 11471, 3), floating("ASM", 6696, 1)],
    // What a reread may bring: fewer seats, other pools.
    &[floating("PROE", 11470, 1)],
    &[floating("PROE", 11471, 4), floating("ASM", 6696, 3)],
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

/// A set of licenses.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    lines: &'static [Line],
    pub(crate) licensed: Arc<Licensed>,
}

/// Capacities on one day.
pub(crate) type Capacities = BTreeMap<PoolName, u32>;

impl Site {
    /// The capacities on that day, from the table alone.
    pub(crate) fn capacities(&self, day: Date) -> Capacities {
        let mut all = Capacities::new();
        for line in self.lines.iter().filter(|line| !line.expires || day <= last_day()) {
            let name = |cpu: &str| PoolName {
                feature: line.feature.to_owned(),
                config: line.config.to_string(),
                cpu: cpu.to_owned(),
            };
            for cpu in line.locked {
                all.insert(name(cpu), 1);
            }
            if line.locked.is_empty() {
                *all.entry(name(HOST)).or_default() += line.seats;
            }
        }
        all
    }

    /// Each feature with one of its configurations, to ask for.
    pub(crate) fn asks(&self) -> Vec<(&'static str, u64)> {
        self.lines.iter().map(|line| (line.feature, line.config)).collect()
    }

    /// Whether a line expires during the run.
    pub(crate) fn expires(&self) -> bool {
        self.lines.iter().any(|line| line.expires)
    }
}

/// The sites that a run may begin with, and all that a reread may bring.
pub(crate) const FIRST_SITES: u64 = 6;

/// Site number `n`.
pub(crate) fn site(n: u64) -> &'static Site {
    static ALL: LazyLock<Vec<Site>> = LazyLock::new(|| SITES.iter().map(|lines| sign(lines)).collect());
    let at = usize::try_from(n % SITES.len() as u64).unwrap_or(0);
    &ALL[at]
}

pub(crate) const SITES_ALL: u64 = SITES.len() as u64;

pub(crate) fn last_day() -> Date {
    let (year, month, day) = LAST_DAY;
    Date::new(year, month, day).unwrap_or(Date::of(Wall(0)))
}

#[expect(clippy::expect_used, reason = "the table above is part of this program")]
fn sign(lines: &'static [Line]) -> Site {
    let vendor = Vendor::new("acmed").expect("a vendor");
    let key = SecretKey::for_vendor(vendor.clone(), [7; 32]);
    let mut text = format!("SERVER this_host {HOST} 27000\nVENDOR acmed\n");
    for line in lines {
        let expiry = if line.expires { last_day().to_string() } else { "permanent".to_owned() };
        let seats = line.seats.max(u32::try_from(line.locked.len()).unwrap_or(0));
        let _ =
            write!(text, "INCREMENT {} acmed 20.0 {expiry} {seats} CONFIG_ID={}", line.feature, line.config);
        if !line.locked.is_empty() {
            let _ = write!(text, " SEAT=LOCKED HOSTID=\"{}\"", line.locked.join(" "));
        }
        text.push('\n');
    }
    let source = |bytes| Source { name: "acmed.lic".into(), bytes };
    let options = SignOptions::new(PackNumber::new("P-1").expect("a pack number"));
    let signed =
        license::sign_pack(&source(text.into_bytes()), &key, &options).expect("a pack that can be signed");
    let trust = Trust::new(vec![TrustedKey { vendor, key: key.public() }]);
    let host = [CpuId::new(HOST).expect("a host id")];
    let loaded = license::load(&[source(signed)], &trust, Some(&host), true);
    // Two ids of one configuration on a machine are a warning, and what some of the sites are for.
    let wrong = loaded.diagnostics.iter().find(|found| found.severity == license::Severity::Error);
    assert!(wrong.is_none(), "{wrong:?}");
    Site { lines, licensed: Arc::new(Licensed::new(&loaded.entitlements)) }
}
