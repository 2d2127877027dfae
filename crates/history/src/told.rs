//! The journal followed with a seat state of its own: what stands before each record is known, and what is in
//! use after it.

use names::{Feature, PoolId, Vendor};
use rustc_hash::FxHashMap;
use seats::{Broken, Event, Record, State};

use crate::seen::{Happened, Past, Seen};

/// Follows the journal. Records up to the one that the state stands at are told from what stands then and
/// from what was written down; from there on each is applied.
#[derive(Debug)]
pub struct Told {
    state: State,
    /// What records before the state's were about.
    seen: Seen,
    /// The state is that before the next record.
    is_abreast: bool,
    /// Whose each feature is: of the pool that was set first.
    vendors: FxHashMap<Feature, Vendor>,
}

/// How many sessions, grants and places in line are remembered of the records before the state's.
const SEEN_MAX: usize = 1_000_000;

impl Told {
    /// Follows the journal from a state.
    #[must_use]
    pub fn new(state: State) -> Self {
        let mut vendors = FxHashMap::default();
        for (row, _) in state.pools() {
            vendors.entry(row.id.feature().clone()).or_insert_with(|| row.id.vendor().clone());
        }
        Self { state, seen: Seen::new(SEEN_MAX), is_abreast: false, vendors }
    }

    /// What stands.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whose a feature is, where a request does not say: a denial names no pool.
    #[must_use]
    pub fn vendor(&self, feature: &Feature) -> Option<&Vendor> {
        self.vendors.get(feature)
    }

    /// The next record with all that is known of it.
    ///
    /// # Errors
    /// When it does not follow what stands: the journal was not read from where the state is.
    pub fn happened<'a>(&mut self, record: &'a Record, past: &mut dyn Past) -> Result<Happened<'a>, Broken> {
        if let Event::PoolSet(row) = &record.event {
            let vendor = || row.id.vendor().clone();
            self.vendors.entry(row.id.feature().clone()).or_insert_with(vendor);
        }
        let mut told = self.seen.happened(record, &self.state, past);
        if record.seq > self.state.last() {
            if !self.is_abreast {
                self.is_abreast = true;
                self.seen.close();
            }
            self.state.apply(record)?;
            told.in_use = told.held.as_ref().and_then(|held| self.in_use(&held.pool));
        }
        Ok(told)
    }

    fn in_use(&self, pool: &PoolId) -> Option<(u32, u32)> {
        self.state.pool(pool).map(|(row, in_use)| (in_use, row.limit()))
    }
}
