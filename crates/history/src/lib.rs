//! What happened, from the journal and nothing else: records with all that is known of them, and what is
//! made of them.
//!
//! The daemon reads the journal behind its owner and hands each record, as [`Told`] tells it, to every
//! [`Sink`]. A sink says itself how far it has come for good, so after a crash nothing is missing in it and
//! nothing twice.

mod aside;
mod audit;
mod debug_log;
mod fields;
mod json;
pub mod report;
mod seen;
mod sink;
#[cfg(test)]
mod testing;
mod told;
pub mod usage;

pub use audit::{
    AuditChain, AuditLine, AuditSetup, Checkpoint, Expected, Fault, Looked, NoCheckpoint, Verified,
    last_checkpoint, lines, newest, search, verify,
};
pub use debug_log::{
    DebugLog, LineKind, LineKinds, LogFormat, LogSetup, LogTo, OwnLog, VendorLog, VendorLogs,
};
pub use fields::fields;
pub use seen::{Happened, Held, How, Past, Seen};
pub use sink::{Done, Order, Sink};
pub use told::Told;

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
