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
mod audit_checkpoint;
mod binding;
mod canonical;
mod client;
mod configuration;
mod convert;
mod diagnostic;
mod diff;
mod entitlement;
mod expand;
mod explain;
mod file;
mod findings;
mod host_proof;
mod key;
mod key_error;
mod key_file;
mod lease;
pub mod limits;
mod lines;
mod load;
mod pack;
mod package;
mod packages;
mod packs;
mod pooling;
mod reader;
mod request;
mod resolve;
mod rules;
mod seal;
mod secret_key;
mod server;
mod shape;
mod sign;
mod sign_check;
mod signature;
mod signed_line;
mod source;
mod syntax;
mod terms;
mod time_zone;
mod trust;
mod upgrade;

pub use attribute::attribute_meaning;
pub use audit_checkpoint::{sign_checkpoint, verify_checkpoint};
pub use client::Client;
pub use convert::{ConvertOptions, Converted, Fate, Left, Proposal, convert};
pub use diagnostic::{Diagnostic, OtherPlace, Severity};
pub use diff::{LicenseSet, PoolChange, PoolState, PoolTerms, diff};
pub use entitlement::{Entitlement, Idle, Packaged, Place, SeatKind, Unserved};
pub use explain::{Explained, ExplainedLine, LinePlace, LineSignature, Part, PartKind, explain};
pub use findings::Findings;
pub use host_proof::{host_proof, verify_host_proof};
pub use key::{KeyId, PublicKey};
pub use key_error::KeyError;
pub use key_file::KeyFile;
pub use lease::{
    Borrower, CLOCK_DRIFT_MS, Lease, LeaseClock, LeaseError, LeaseTerms, Receipt, ReceiptError, SignedLease,
    proof_hash,
};
pub use load::{Loaded, load, load_unverified};
pub use pack::{Pack, PackState};
pub use package::Suite;
pub use request::{Asks, Request, RequestError, RequestKind, SignedRequest, SurrenderEnding, Surrendered};
pub use rules::{DupGroup, Listed, Rules, TerminalServer, VmPlatforms};
pub use secret_key::SecretKey;
pub use server::{Server, VendorLine};
pub use sign::{SignOptions, SignedPack, sign, sign_pack};
pub use signed_line::{
    LineError, SignedLine, VerifiedComponent, VerifiedLine, VerifiedPackage, verify_line, verify_package,
};
pub use source::{Source, quoted};
pub use syntax::nearest;
pub use terms::Maintenance;
pub use trust::{Revocation, RevokedKey, Trust, TrustedKey};
