//! Options files: every keyword, every limit, and who may use what.

#![allow(clippy::unwrap_used, reason = "what is not as it must be fails the test")]

mod grammar;
mod lints;
mod precedence;
