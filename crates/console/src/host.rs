//! What the console asks of the license host, which the daemon answers.

use std::pin::Pin;
use std::sync::Arc;

use desk::{Actor, Assigned, CaseNumber, Command, CustomerNumber, Desk, Owned, Refusal, Role};
use names::{Email, PoolId, Vendor, Wall};

/// What is answered later.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why something of the host could not be done, in words with FlexNet's code where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostError(pub String);

impl std::fmt::Display for HostError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is asked of a long list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Only what has this text in it, in any case of letters; empty for all.
    pub search: String,
    /// Only this feature; empty for all.
    pub feature: String,
    /// So many are passed over.
    pub skip: usize,
    /// At most so many.
    pub take: usize,
}

/// A part of a long list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paged<T> {
    /// The part.
    pub rows: Vec<T>,
    /// How many there are in all.
    pub total: usize,
}

/// A pool as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Which.
    pub id: PoolId,
    /// Seats.
    pub capacity: u32,
    /// Seats in use: granted, lingering, held, booked and borrowed.
    pub in_use: u32,
    /// Of these, borrowed.
    pub borrowed: u32,
    /// Free seats that are reserved for somebody.
    pub reserved: u32,
    /// Requests in line, on the first pool of each feature.
    pub waiting: u32,
    /// The highest version.
    pub version: String,
    /// `dd-mmm-yyyy` or `permanent`.
    pub expiry: String,
    /// Days left, of what ends.
    pub days_left: Option<i64>,
    /// It is in force now.
    pub is_active: bool,
    /// Seats are not counted.
    pub is_uncounted: bool,
}

/// The pools at a glance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The pools.
    pub pools: Paged<Pool>,
    /// Who has seats, how many.
    pub seats: usize,
    /// Who waits, how many.
    pub waiting: usize,
}

/// Somebody who has seats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// The grant's number, which a reclaim names.
    pub grant: u64,
    /// Of which pool.
    pub pool: PoolId,
    /// Who.
    pub user: String,
    /// On which workstation.
    pub host: String,
    /// On which display.
    pub display: String,
    /// The application.
    pub application: String,
    /// The e-mail, where it is proved.
    pub email: Option<Email>,
    /// How many seats.
    pub seats: u32,
    /// Since when.
    pub since: Wall,
    /// `floating`, `lingering`, `borrowed`, `booked`, `revoked` or `held`.
    pub state: String,
    /// Until when, where that is known.
    pub until: Option<Wall>,
}

/// Somebody in line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// For which feature.
    pub feature: String,
    /// The place, from 1.
    pub place: u32,
    /// Who.
    pub user: String,
    /// On which workstation.
    pub host: String,
    /// How many seats.
    pub seats: u32,
    /// Since when.
    pub since: Wall,
}

/// A request that was denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// When.
    pub at: Wall,
    /// For which feature.
    pub feature: String,
    /// Who.
    pub user: String,
    /// On which workstation.
    pub host: String,
    /// FlexNet's code and its words.
    pub why: String,
}

/// Use in one step of time.
#[derive(Debug, Clone, PartialEq)]
pub struct UsagePoint {
    /// When it begins.
    pub at: Wall,
    /// The most seats in use.
    pub peak: u32,
    /// Seats in use on average.
    pub mean: f64,
    /// Denials.
    pub denials: u32,
    /// Seats there were.
    pub capacity: u32,
}

/// Use of a feature over a period.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    /// Which feature.
    pub feature: String,
    /// Its steps, in order and of one length.
    pub points: Vec<UsagePoint>,
    /// How long a step is, in milliseconds.
    pub step_ms: u64,
}

/// An options file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionsFile {
    /// Of which vendor.
    pub vendor: String,
    /// Its name, as the configuration has it; none where the vendor has none.
    pub name: Option<String>,
    /// Its text.
    pub text: String,
    /// Its fingerprint, which saving it names.
    pub version: String,
}

/// A line of a report or a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// `error`, `warning`, `change` or `note`.
    pub kind: &'static str,
    /// What it says.
    pub text: String,
}

/// What a checkout would be told under an options file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Whether it is granted.
    pub is_granted: bool,
    /// Why, with file and line of the rule.
    pub why: String,
}

/// What a pack would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackCheck {
    /// What was found in it, and what would be otherwise; with an `error` it cannot be installed.
    pub lines: Vec<Line>,
    /// Its number.
    pub pack: Option<names::PackNumber>,
    /// Whose it is.
    pub company: Option<CustomerNumber>,
    /// What it gives on this host.
    pub owned: Vec<Owned>,
}

/// A part of the audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// The part.
    pub rows: Vec<AuditLine>,
    /// How many lines there are in all, or were found.
    pub total: usize,
    /// There may be older ones that were not looked at.
    pub is_cut: bool,
}

/// Whether the audit chain is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// It is, between these lines.
    Whole {
        /// The first line that is kept.
        first: u64,
        /// The last that is signed.
        signed: u64,
    },
    /// It was changed.
    Broken {
        /// The first place: a file and line, or the file.
        place: String,
        /// What is wrong there.
        what: String,
        /// How many places more there are.
        more: usize,
    },
    /// That is not known yet, or cannot be found out.
    Unknown(String),
}

/// A line of the audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// Its number in the chain.
    pub line: u64,
    /// The event's number in the journal.
    pub seq: u64,
    /// When.
    pub at: Wall,
    /// Who.
    pub by: String,
    /// What.
    pub what: String,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// The case that it is.
    pub case: Option<CaseNumber>,
    /// What is to be told, one a line.
    pub said: Vec<String>,
}

/// The license host. Nothing of it waits for a lock; what takes long is answered later.
pub trait Host: std::fmt::Debug + Send + Sync + 'static {
    /// The wall clock.
    fn now(&self) -> Wall;
    /// What this desk may do.
    fn role(&self) -> Role;
    /// The vendor whose desk it is.
    fn vendor(&self) -> Option<Vendor> {
        None
    }
    /// The vendor's support: an address or a link, shown on every page (T7).
    fn support(&self) -> String;
    /// Name and version of the program.
    fn version(&self) -> String;
    /// The license host's id and public key.
    fn identity(&self) -> (String, String);
    /// The desk's rows, as they are on the disk.
    fn desk(&self) -> Arc<Desk>;
    /// What is served here.
    fn owned(&self) -> Arc<[Owned]>;
    /// Named seats that are somebody's.
    fn assigned(&self) -> Vec<Assigned>;
    /// Whose personal token this is the SHA-256 of.
    fn login(&self, token_hash: &[u8; 32]) -> Option<Email>;
    /// The SHA-256 of somebody's personal token.
    fn token_of(&self, email: &Email) -> Option<[u8; 32]>;
    /// Shows the token of the first set-up on the license host, and nowhere else.
    fn show_set_up(&self, token: &str);
    /// Writes down, in the log and the audit chain, what is no command: `sign-in`, `sign-in-refused`,
    /// `refused` … `about` may be whatever somebody typed.
    fn note(&self, actor: &Actor, deed: &'static str, about: &str);
    /// Does a command of the desk's; answered when it is on the disk.
    fn act(&self, actor: Actor, command: Command) -> Later<'_, Result<Done, Refusal>>;
    /// Decides a command and does nothing: what it would say (previews).
    fn preview(&self, actor: Actor, command: Command) -> Later<'_, Result<Vec<String>, Refusal>>;

    /// The pools.
    fn pools(&self, query: &Query) -> Paged<Pool>;
    /// Who has seats.
    fn holders(&self, query: &Query) -> Paged<Holder>;
    /// Who has the seats of one grant.
    fn holder(&self, grant: u64) -> Option<Holder>;
    /// The pools, and how many have seats and wait: all of one moment.
    fn overview(&self, query: &Query) -> Overview;
    /// Who waits.
    fn waiting(&self, query: &Query) -> Paged<Waiting>;
    /// The last denials, the newest first.
    fn denials(&self, query: &Query) -> Paged<Denial>;
    /// A number that rises when seats, queue or licenses change.
    fn change(&self) -> u64;
    /// Use of a feature between two times, in so many steps.
    fn usage(&self, feature: String, from: Wall, to: Wall, steps: u32)
    -> Later<'_, Result<Usage, HostError>>;
    /// Takes a seat away; `by` is written down.
    fn reclaim(&self, by: Email, grant: u64) -> Later<'_, Result<(), HostError>>;
    /// Reads license and options files again; says what changed.
    fn reread(&self, by: Email) -> Later<'_, Result<Vec<Line>, HostError>>;
    /// The options files.
    fn options(&self) -> Later<'_, Result<Vec<OptionsFile>, HostError>>;
    /// What is wrong or doubtful in an options file's text, against the licenses that are served.
    fn check_options(&self, vendor: String, text: String) -> Later<'_, Result<Vec<Line>, HostError>>;
    /// What a checkout by `user@host` would be told under this text.
    fn try_options(
        &self,
        vendor: String,
        text: String,
        user: String,
        host: String,
        feature: String,
    ) -> Later<'_, Result<Tried, HostError>>;
    /// Writes an options file, where it is still the version that was looked at, and reads the files again.
    fn save_options(
        &self,
        by: Email,
        vendor: String,
        version: String,
        text: String,
    ) -> Later<'_, Result<Vec<Line>, HostError>>;
    /// What is in a pack, and what it would change here.
    fn check_pack(&self, bytes: Vec<u8>) -> Later<'_, Result<PackCheck, HostError>>;
    /// The audit chain's lines, the newest first.
    fn audit(&self, query: Query) -> Later<'_, Result<Audit, HostError>>;
    /// Whether the audit chain is whole.
    fn chain(&self) -> Later<'_, Chain>;
}
