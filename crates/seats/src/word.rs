//! A session's word: `{expired, epoch, deadline}` in one atomic.
//!
//! A heartbeat moves the deadline with one compare-and-swap that fails once the word is expired or
//! its epoch has passed on; expiry is one compare-and-swap from the very value that was seen to be
//! late. Whoever wins is right, and neither waits for the other. The owner decides what an expiry
//! means; a heartbeat never needs the owner.

use names::Mono;

use crate::sync::{AtomicU64, Ordering};

const EXPIRED: u64 = 1 << 63;
const EPOCH_SHIFT: u32 = 48;
const EPOCH_MASK: u64 = 0x7fff;
const DEADLINE_MASK: u64 = (1 << EPOCH_SHIFT) - 1;

/// The word. Its orderings are relaxed where nothing else is read through it: the word carries all
/// that a heartbeat and an expiry have to agree on, and an atomic's own changes have one order.
#[derive(Debug)]
pub struct SessionWord(AtomicU64);

/// Which life of the session a connection speaks for. Every resume begins another, so a connection
/// that was replaced can no longer keep the session alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch(u16);

/// What became of a heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beat {
    /// The session lives until the new deadline, or a later one it already had.
    Alive,
    /// The session's time-out had passed.
    Expired,
    /// Another connection has resumed the session since.
    Replaced,
}

fn pack(epoch: u64, deadline: Mono) -> u64 {
    ((epoch & EPOCH_MASK) << EPOCH_SHIFT) | deadline.0.min(DEADLINE_MASK)
}

fn epoch_of(word: u64) -> u64 {
    (word >> EPOCH_SHIFT) & EPOCH_MASK
}

impl SessionWord {
    /// A session in its first life, that lives until `deadline`.
    #[must_use]
    pub fn new(deadline: Mono) -> Self {
        Self(AtomicU64::new(pack(0, deadline)))
    }

    /// The life it is in.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        Epoch(u16::try_from(epoch_of(self.0.load(Ordering::Relaxed))).unwrap_or(0))
    }

    /// A heartbeat of the life `epoch`: the session lives until `deadline`. It never brings a
    /// deadline forward.
    pub fn beat(&self, epoch: Epoch, deadline: Mono) -> Beat {
        let mut seen = self.0.load(Ordering::Relaxed);
        loop {
            if epoch_of(seen) != u64::from(epoch.0) {
                return Beat::Replaced;
            }
            if seen & EXPIRED != 0 {
                return Beat::Expired;
            }
            if seen & DEADLINE_MASK >= deadline.0 {
                return Beat::Alive;
            }
            // Each failure means that another heartbeat or the expiry succeeded.
            match self.0.compare_exchange_weak(
                seen,
                pack(epoch_of(seen), deadline),
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return Beat::Alive,
                Err(now) => seen = now,
            }
        }
    }

    /// Ends the life if its deadline is at or before `now`. Otherwise gives the deadline to look at
    /// it again. Only the owner calls it.
    ///
    /// # Errors
    /// The deadline, when it lies ahead.
    pub fn expire(&self, now: Mono) -> Result<(), Mono> {
        let seen = self.0.load(Ordering::Relaxed);
        let deadline = Mono(seen & DEADLINE_MASK);
        if seen & EXPIRED != 0 {
            return Ok(());
        }
        if deadline > now {
            return Err(deadline);
        }
        match self.0.compare_exchange(seen, seen | EXPIRED, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => Ok(()),
            Err(beaten) => Err(Mono(beaten & DEADLINE_MASK)),
        }
    }

    /// Ends the life whatever its deadline: the session was closed or replaced. Only the owner calls it.
    pub fn end(&self) {
        self.0.fetch_or(EXPIRED, Ordering::Relaxed);
    }

    /// Begins another life that lives until `deadline`. Only the owner calls it.
    pub fn revive(&self, deadline: Mono) -> Epoch {
        // A heartbeat of the old life that comes between loses, as it should; only the owner changes
        // the epoch. A swap, not a store, so that it has its place in the one order of exchanges.
        let epoch = (epoch_of(self.0.load(Ordering::Relaxed)) + 1) & EPOCH_MASK;
        self.0.swap(pack(epoch, deadline), Ordering::Relaxed);
        Epoch(u16::try_from(epoch).unwrap_or(0))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_moves_the_deadline_and_never_brings_it_forward() {
        let word = SessionWord::new(Mono(100));
        let epoch = word.epoch();
        assert_eq!(word.beat(epoch, Mono(200)), Beat::Alive);
        assert_eq!(word.beat(epoch, Mono(150)), Beat::Alive);
        assert_eq!(word.expire(Mono(199)), Err(Mono(200)));
        assert_eq!(word.expire(Mono(200)), Ok(()));
        assert_eq!(word.beat(epoch, Mono(900)), Beat::Expired);
    }

    #[test]
    fn gr_26_a_heartbeat_of_an_earlier_life_is_refused() {
        let word = SessionWord::new(Mono(100));
        let old = word.epoch();
        let new = word.revive(Mono(300));
        assert_eq!(word.beat(old, Mono(900)), Beat::Replaced);
        assert_eq!(word.beat(new, Mono(400)), Beat::Alive);
        word.end();
        assert_eq!(word.beat(new, Mono(500)), Beat::Expired);
    }

    #[test]
    fn the_epoch_wraps_and_the_deadline_saturates() {
        let word = SessionWord::new(Mono(u64::MAX));
        for _ in 0..=EPOCH_MASK {
            word.revive(Mono(5));
        }
        assert_eq!(word.epoch(), Epoch(0));
        assert_eq!(word.beat(word.epoch(), Mono(u64::MAX)), Beat::Alive);
        assert_eq!(word.expire(Mono(6)), Err(Mono(DEADLINE_MASK)));
    }
}

/// Run with `RUSTFLAGS="--cfg loom" cargo test -p seats --release --lib loom`.
#[cfg(all(test, loom))]
mod loom_tests {
    use loom::sync::Arc;
    use loom::thread;

    use super::*;

    #[test]
    fn loom_whoever_wins_is_right() {
        loom::model(|| {
            let word = Arc::new(SessionWord::new(Mono(10)));
            let epoch = word.epoch();
            let beats: Vec<_> = [20, 30]
                .into_iter()
                .map(|deadline| {
                    let word = word.clone();
                    thread::spawn(move || word.beat(epoch, Mono(deadline)))
                })
                .collect();
            let expired = word.expire(Mono(10)).is_ok();
            let beats: Vec<_> = beats.into_iter().map(|b| b.join().unwrap()).collect();
            if expired {
                // No heartbeat that came before may have succeeded, and none can after.
                assert!(beats.iter().all(|b| *b == Beat::Expired));
                assert_eq!(word.beat(epoch, Mono(99)), Beat::Expired);
            } else {
                // A heartbeat came first; the later deadline counts, whichever of the two that was.
                assert!(beats.iter().all(|b| *b == Beat::Alive));
                assert_eq!(word.expire(Mono(29)), Err(Mono(30)));
            }
        });
    }

    #[test]
    fn loom_an_ended_session_stays_ended() {
        loom::model(|| {
            let word = Arc::new(SessionWord::new(Mono(10)));
            let epoch = word.epoch();
            let beats: Vec<_> = [20, 30]
                .into_iter()
                .map(|deadline| {
                    let word = word.clone();
                    thread::spawn(move || word.beat(epoch, Mono(deadline)))
                })
                .collect();
            word.end();
            for beat in beats {
                beat.join().unwrap();
            }
            assert_eq!(word.beat(epoch, Mono(99)), Beat::Expired);
            assert_eq!(word.expire(Mono(0)), Ok(()));
        });
    }

    #[test]
    fn loom_a_replaced_connection_never_extends_the_new_life() {
        loom::model(|| {
            let word = Arc::new(SessionWord::new(Mono(10)));
            let old = word.epoch();
            let beat = {
                let word = word.clone();
                thread::spawn(move || word.beat(old, Mono(1_000)))
            };
            word.revive(Mono(50));
            beat.join().unwrap();
            assert_eq!(word.expire(Mono(50)), Ok(()));
        });
    }
}
