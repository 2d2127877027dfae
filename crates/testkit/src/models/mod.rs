//! Models of what is lock-free and ours: the bell that wakes the owner, the session's word, the view.
//!
//! The daemon as a whole cannot be built with loom's or shuttle's atomics (its runtime has a loom mode
//! of its own), so the very files are taken in here, with atomics of the model's choosing.
//! `RUSTFLAGS="--cfg loom" cargo test -p testkit --release --lib loom`, and the same with `shuttle`.

#[cfg(loom)]
mod loom_bell;
#[cfg(loom)]
pub(crate) mod ordered;
#[cfg(shuttle)]
mod shuttle_stopped_client;
#[cfg(shuttle)]
pub(crate) mod stopping;
