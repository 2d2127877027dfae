//! Where the seat state on sled stands, for whoever asks.

use std::sync::Arc;

use store::ApplierStatus;

/// The applier's standing, read without waiting.
#[derive(Debug, Clone)]
pub(crate) struct SeatState(pub(crate) Arc<ApplierStatus>);

impl SeatState {
    /// The last record in it, and why it was set aside (empty: it was not).
    pub(crate) fn now(&self) -> (u64, String) {
        (self.0.cursor().0, self.0.fault().map_or_else(String::new, ToString::to_string))
    }
}
