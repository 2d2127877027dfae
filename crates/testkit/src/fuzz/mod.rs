//! Attacks the license reader: files that are nearly license files, made from a seed, and what must
//! hold of every one of them.
//!
//! ```text
//!  golden packs, forms, examples ─▶ signed and unsigned originals ─┐
//!  grammar ────────────────────────────────────────────────────────┴▶ mutations ─▶ properties
//! ```
//!
//! One seed is one input. Nothing is learned from one input for the next: what makes an input go deep
//! is its structure.

mod grammar;
mod minimise;
mod mutate;
mod originals;
mod properties;
mod words;

use std::ops::Range;
use std::time::{Duration, Instant};

use crate::rng::Rng;
use crate::seeds;
pub use minimise::minimise;
pub use originals::Originals;
pub use properties::{Failure, check};

/// An input that showed what must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its seed.
    pub seed: u64,
    /// The input.
    pub bytes: Vec<u8>,
    /// What did not hold.
    pub failure: Failure,
}

/// What many inputs came to.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// How many inputs were tried.
    pub inputs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many lines were served in them: the originals' own, never another.
    pub served: u64,
    /// How many could be signed, and were loaded again.
    pub signed: u64,
    /// What was found, by seed. Each thread stops at its first.
    pub findings: Vec<Finding>,
    /// How long it took.
    pub elapsed: Duration,
}

/// The input of a seed.
#[must_use]
pub fn input(seed: u64, originals: &Originals) -> Vec<u8> {
    let mut rng = Rng::new(seed);
    let mut bytes = match rng.below(10) {
        0..4 => rng.pick(originals.signed()).cloned().unwrap_or_default(),
        4..6 => rng.pick(originals.unsigned()).cloned().unwrap_or_default(),
        _ => grammar::file(&mut rng),
    };
    // Some are left as they are: what is not changed must be served.
    if !rng.chance(50) {
        for _ in 0..rng.between(1, 6) {
            bytes = mutate::mutate(&mut rng, bytes, originals);
        }
    }
    bytes
}

/// Tries the inputs of the seeds in turn, until they are done, `budget` is used up, or one of them
/// shows what must not be.
#[must_use]
pub fn fuzz(range: Range<u64>, originals: &Originals, budget: Option<Duration>) -> Summary {
    let began = Instant::now();
    let summaries = seeds::each(range, budget, |seed, summary: &mut Summary| {
        let bytes = input(seed, originals);
        summary.inputs += 1;
        summary.bytes += bytes.len() as u64;
        match check(&bytes, originals) {
            Ok(seen) => {
                summary.served += seen.served;
                summary.signed += u64::from(seen.was_signed);
                false
            }
            Err(failure) => {
                summary.findings.push(Finding { seed, bytes, failure });
                true
            }
        }
    });
    let mut all = Summary::default();
    for one in summaries {
        all.inputs += one.inputs;
        all.bytes += one.bytes;
        all.served += one.served;
        all.signed += one.signed;
        all.findings.extend(one.findings);
    }
    all.findings.sort_by_key(|finding| finding.seed);
    all.elapsed = began.elapsed();
    all
}
