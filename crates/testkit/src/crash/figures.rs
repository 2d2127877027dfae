//! What cycles came to.

use std::time::Duration;

use super::fault::{Fault, Found};

/// Counts of many cycles.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Cycles that ended with their audit.
    pub cycles: u64,
    /// Crashes while the daemon served,
    pub while_serving: u64,
    /// and while it started.
    pub while_starting: u64,
    /// Starts that were let through.
    pub restarts: u64,
    /// Grants, places in line and returns that clients were told of.
    pub acknowledged: u64,
    /// Grants that were compared.
    pub audited: u64,
    /// Starts that made the seat state on sled again,
    pub made_again: u64,
    /// and that served without it.
    pub without_sled: u64,
    /// How long each start took that was let through.
    pub start_ms: Vec<f64>,
}

impl Figures {
    pub(crate) fn add(&mut self, other: Self) {
        self.cycles += other.cycles;
        self.while_serving += other.while_serving;
        self.while_starting += other.while_starting;
        self.restarts += other.restarts;
        self.acknowledged += other.acknowledged;
        self.audited += other.audited;
        self.made_again += other.made_again;
        self.without_sled += other.without_sled;
        self.start_ms.extend(other.start_ms);
    }

    /// The start that took so many parts of all longer than the others, in milliseconds.
    #[must_use]
    pub fn start_ms(&self, part: f64) -> f64 {
        let mut sorted = self.start_ms.clone();
        sorted.sort_by(f64::total_cmp);
        let at = (sorted.len() as f64 * part) as usize;
        sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    }
}

/// A cycle that found something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its seed.
    pub seed: u64,
    /// The first seed of its state folder: what is needed to come there again.
    pub from: u64,
    /// What was found.
    pub fault: Fault,
    /// What is left of it.
    pub folder: std::path::PathBuf,
}

/// What a run came to.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// The counts.
    pub figures: Figures,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Why a cycle could not run.
    pub failures: Vec<String>,
    /// Whether it was asked to stop.
    pub is_stopped: bool,
    /// How long it took.
    pub elapsed: Duration,
}

impl Summary {
    /// How many findings are of a kind.
    #[must_use]
    pub fn found(&self, kind: Found) -> usize {
        self.findings.iter().filter(|finding| finding.fault.found == kind).count()
    }
}
