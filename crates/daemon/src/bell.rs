//! The bell: how whoever submits wakes the owner, without a lock and without a lost wake-up.
//!
//! The owner says that it will sleep, then looks once more; a submitter submits, then looks whether
//! the owner sleeps. The two fences put one of the two looks after the other's word, so either the
//! owner sees the submission or the submitter sees the sleeper. Nobody waits for anybody.

use crate::sync::{AtomicBool, Ordering, fence};

/// Whether the owner sleeps, or is about to.
#[derive(Debug)]
pub(crate) struct Bell {
    sleeps: AtomicBool,
}

impl Bell {
    pub(crate) fn new() -> Self {
        Self { sleeps: AtomicBool::new(false) }
    }

    /// A submitter calls it after each submission. True: wake the owner; of all submitters one is
    /// told so.
    pub(crate) fn ring(&self) -> bool {
        fence(Ordering::SeqCst);
        // The plain look comes first: while the owner is awake the line stays shared by all.
        self.sleeps.load(Ordering::Relaxed) && self.sleeps.swap(false, Ordering::Relaxed)
    }

    /// The owner calls it before it sleeps. True: nothing has come, sleep now.
    pub(crate) fn may_sleep(&self, nothing_has_come: impl FnOnce() -> bool) -> bool {
        self.sleeps.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if nothing_has_come() {
            return true;
        }
        self.sleeps.store(false, Ordering::Relaxed);
        false
    }

    /// The owner calls it when it has woken.
    pub(crate) fn awake(&self) {
        self.sleeps.store(false, Ordering::Relaxed);
    }
}
