//! The wire contract: code generated from `proto/`, and its conversions to [`names`].
//!
//! The generated code is committed, so building needs no protocol compiler; a test fails when it is
//! stale.

/// `seatkeeper.v1`, as generated.
#[allow(
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::disallowed_types,
    reason = "generated"
)]
pub mod v1 {
    include!("generated/seatkeeper.v1.rs");
}

mod codec;
mod convert;

pub use codec::SmallCodec;

/// The descriptors of every message and service, as a `FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!("generated/descriptor.bin");

/// The version of the protocol that this code speaks.
pub const PROTOCOL: u32 = 1;
