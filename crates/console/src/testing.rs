//! A license host that is made up: a real desk that decides, and pools, seats and denials without a
//! daemon. For tests and the example.

mod host;
mod people;
mod seats;

pub use people::{PASSWORD, email, number, person};

#[expect(clippy::disallowed_types, reason = "tests and the example only")]
use std::sync::Mutex;
use std::sync::{Arc, MutexGuard, PoisonError};

use desk::{Assigned, Change, Desk, Owned, Role, Row};
use names::{Email, Wall};

use crate::{Chain, Denial, HashCost, Holder, Pool, Settings, Waiting};

/// What the host knows.
#[derive(Debug, Default)]
pub struct Data {
    /// The desk's rows.
    pub desk: Arc<Desk>,
    /// What is served.
    pub owned: Vec<Owned>,
    /// Named seats that are somebody's.
    pub assigned: Vec<Assigned>,
    /// The pools.
    pub pools: Vec<Pool>,
    /// Who has seats.
    pub holders: Vec<Holder>,
    /// Who waits.
    pub waiting: Vec<Waiting>,
    /// Denials, the newest first.
    pub denials: Vec<Denial>,
    /// Personal tokens, by their hash.
    pub logins: Vec<([u8; 32], Email)>,
    /// The options file.
    pub options: String,
    /// What was noted: by whom, deed, about.
    pub notes: Vec<(String, String, String)>,
    /// The token of the first set-up.
    pub set_up: Option<String>,
    /// Whether the audit chain is whole; it is where nothing is said.
    pub chain: Option<Chain>,
    /// How often something changed.
    pub changes: u64,
}

/// The host.
#[derive(Debug)]
pub struct FakeHost {
    #[expect(clippy::disallowed_types, reason = "tests and the example only")]
    data: Mutex<Data>,
    role: Role,
    now: Wall,
}

impl FakeHost {
    /// With people, companies and seats to try pages on: [`people`](self) says who they are.
    #[must_use]
    pub fn sample() -> Arc<Self> {
        let host = Self::empty(Role::Both);
        people::put(&host);
        seats::put(&host, 40);
        host
    }

    /// With nothing at all.
    #[must_use]
    #[expect(clippy::disallowed_types, reason = "tests and the example only")]
    pub fn empty(role: Role) -> Arc<Self> {
        Arc::new(Self { data: Mutex::default(), role, now: Wall(1_795_367_100_000) })
    }

    /// What it knows, to look at or to change. Not to be kept over a request.
    pub fn data(&self) -> MutexGuard<'_, Data> {
        self.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a row of the desk.
    pub fn put(&self, row: Row) {
        self.apply(&[Change::Put(row)]);
    }

    /// Makes changes of the desk's rows.
    pub fn apply(&self, changes: &[Change]) {
        let mut data = self.data();
        let desk = Arc::make_mut(&mut data.desk);
        for change in changes {
            desk.apply(change);
        }
    }

    /// So many seats in use.
    pub fn with_holders(&self, count: usize) {
        seats::put(self, count);
    }
}

/// Settings with hashes that cost little.
#[must_use]
pub fn settings() -> Settings {
    Settings { cost: HashCost { memory_kib: 8, passes: 1 }, ..Settings::default() }
}
