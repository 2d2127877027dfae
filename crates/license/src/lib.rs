//! License packs: text to syntax and diagnostics to verified entitlements; signing.
//!
//! This crate reads no file, socket or clock and makes no random number: bytes, keys and randomness
//! are arguments, and dates are judged by whoever has a clock.
//!
//! The way is [`load`]: bytes → lines of words → shape → canonical form and signature → terms → packs
//! held against their seals → what they give together. Every step adds to one bounded list of
//! findings and none of them fails. [`sign_pack`] goes the other way. The grammar, the canonical form
//! and the rulings are in the crate's README, written so that a stranger can verify a pack.

#![warn(missing_docs)]

mod attribute;
mod canonical;
mod diagnostic;
mod entitlement;
mod file;
mod findings;
mod host_proof;
mod key;
mod key_error;
pub mod limits;
mod load;
mod pack;
mod pooling;
mod resolve;
mod seal;
mod secret_key;
mod server;
mod shape;
mod sign;
mod signature;
mod signed_line;
mod source;
mod syntax;
mod terms;
mod trust;

pub use diagnostic::{Diagnostic, Severity};
pub use entitlement::{Entitlement, Place, SeatKind};
pub use host_proof::{host_proof, verify_host_proof};
pub use key::{KeyId, PublicKey};
pub use key_error::KeyError;
pub use load::{Loaded, load};
pub use pack::{Pack, PackState};
pub use secret_key::SecretKey;
pub use server::{Server, VendorLine};
pub use sign::{SignOptions, SignedPack, sign, sign_pack};
pub use signed_line::{LineError, SignedLine, VerifiedLine, verify_line};
pub use source::Source;
pub use trust::{Trust, TrustedKey};
