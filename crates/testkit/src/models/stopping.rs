//! Atomics at any step of which a thread can be made to stop.

use std::cell::RefCell;
use std::fmt;

use shuttle::sync::Arc;
use shuttle::sync::atomic as real;
use shuttle::thread;

pub(crate) use shuttle::sync::atomic::Ordering;

shuttle::thread_local! {
    static STOP: RefCell<Option<(u64, Arc<Gate>)>> = RefCell::new(None);
}

/// What a stopped thread waits at. The test opens it when all others have finished, only so that the
/// run can end.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    is_open: real::AtomicBool,
    has_stopped: real::AtomicBool,
}

impl Gate {
    pub(crate) fn open(&self) {
        self.is_open.store(true, Ordering::SeqCst);
    }

    /// Whether somebody got as far as the step it was to stop at.
    pub(crate) fn has_stopped(&self) -> bool {
        self.has_stopped.load(Ordering::SeqCst)
    }
}

/// This thread stops before its step number `at`, counted from 0.
pub(crate) fn stop_at(at: u64, gate: &Arc<Gate>) {
    STOP.with(|stop| *stop.borrow_mut() = Some((at, Arc::clone(gate))));
}

/// A step.
pub(crate) fn step() {
    let reached = STOP.with(|stop| {
        let mut stop = stop.borrow_mut();
        match stop.as_mut() {
            Some((0, _)) => stop.take().map(|(_, gate)| gate),
            Some((left, _)) => {
                *left -= 1;
                None
            }
            None => None,
        }
    });
    if let Some(gate) = reached {
        gate.has_stopped.store(true, Ordering::SeqCst);
        while !gate.is_open.load(Ordering::SeqCst) {
            thread::park();
        }
    }
}

pub(crate) fn fence(order: Ordering) {
    step();
    real::fence(order);
}

macro_rules! atomic {
    ($name:ident, $of:ty) => {
        pub(crate) struct $name(real::$name);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }

        impl $name {
            pub(crate) fn new(value: $of) -> Self {
                Self(real::$name::new(value))
            }

            pub(crate) fn load(&self, order: Ordering) -> $of {
                step();
                self.0.load(order)
            }

            pub(crate) fn swap(&self, value: $of, order: Ordering) -> $of {
                step();
                self.0.swap(value, order)
            }
        }
    };
}

atomic!(AtomicBool, bool);
atomic!(AtomicU64, u64);

impl AtomicBool {
    pub(crate) fn store(&self, value: bool, order: Ordering) {
        step();
        self.0.store(value, order);
    }
}

impl AtomicU64 {
    pub(crate) fn fetch_or(&self, value: u64, order: Ordering) -> u64 {
        step();
        self.0.fetch_or(value, order)
    }

    pub(crate) fn compare_exchange(
        &self,
        old: u64,
        new: u64,
        yes: Ordering,
        no: Ordering,
    ) -> Result<u64, u64> {
        step();
        self.0.compare_exchange(old, new, yes, no)
    }

    pub(crate) fn compare_exchange_weak(
        &self,
        old: u64,
        new: u64,
        yes: Ordering,
        no: Ordering,
    ) -> Result<u64, u64> {
        step();
        self.0.compare_exchange_weak(old, new, yes, no)
    }
}
