//! Loom's atomics, with stores that have their place among the exchanges.
//!
//! An atomic's changes have one order, and nothing comes between what an exchange reads and what it
//! writes. Loom keeps that among exchanges only: it may let a plain store be newer than an exchange
//! that was made from it and older at once. A store as a swap is what the machine does.

use loom::sync::atomic as real;

pub(crate) use loom::sync::atomic::{Ordering, fence};

#[derive(Debug)]
pub(crate) struct AtomicBool(real::AtomicBool);

impl AtomicBool {
    pub(crate) fn new(value: bool) -> Self {
        Self(real::AtomicBool::new(value))
    }

    pub(crate) fn load(&self, order: Ordering) -> bool {
        self.0.load(order)
    }

    pub(crate) fn store(&self, value: bool, order: Ordering) {
        self.0.swap(value, order);
    }

    pub(crate) fn swap(&self, value: bool, order: Ordering) -> bool {
        self.0.swap(value, order)
    }
}
