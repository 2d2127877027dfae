//! The ring: submissions from connections to the owner, bounded and lock-free.

use std::sync::OnceLock;
use std::thread::Thread;
use std::time::Duration;

use crossbeam_queue::ArrayQueue;

use crate::bell::Bell;

/// A bounded queue with many submitters and one owner.
#[derive(Debug)]
pub(crate) struct Ring<T> {
    queue: ArrayQueue<T>,
    bell: Bell,
    owner: OnceLock<Thread>,
}

impl<T> Ring<T> {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { queue: ArrayQueue::new(capacity), bell: Bell::new(), owner: OnceLock::new() }
    }

    /// Submits without waiting, and wakes the owner if it sleeps. A full ring gives `item` back: the
    /// daemon is overloaded, and says so to the client.
    pub(crate) fn submit(&self, item: T) -> Result<(), T> {
        self.queue.push(item)?;
        self.wake();
        Ok(())
    }

    /// Wakes the owner if it sleeps.
    pub(crate) fn wake(&self) {
        if self.bell.ring()
            && let Some(owner) = self.owner.get()
        {
            owner.unpark();
        }
    }

    /// The owner's thread says who it is, before it first sleeps.
    pub(crate) fn own(&self) {
        let _ = self.owner.set(std::thread::current());
    }

    /// How many wait for the owner.
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// The owner takes the oldest submission.
    pub(crate) fn take(&self) -> Option<T> {
        self.queue.pop()
    }

    /// The owner sleeps until something is submitted, at most `longest`.
    pub(crate) fn sleep(&self, longest: Duration) {
        if self.bell.may_sleep(|| self.queue.is_empty()) {
            std::thread::park_timeout(longest);
            self.bell.awake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_full_ring_gives_back_what_it_cannot_take() {
        let ring = Ring::new(2);
        assert_eq!(ring.submit(1), Ok(()));
        assert_eq!(ring.submit(2), Ok(()));
        assert_eq!(ring.submit(3), Err(3));
        assert_eq!((ring.take(), ring.take(), ring.take()), (Some(1), Some(2), None));
    }

    #[test]
    fn a_sleeping_owner_is_woken_by_every_submitter() {
        const EACH: usize = 10_000;
        let ring = Arc::new(Ring::new(64));
        let submitters: Vec<_> = (0..4)
            .map(|_| {
                let ring = Arc::clone(&ring);
                std::thread::spawn(move || {
                    for mut n in 0..EACH {
                        while let Err(back) = ring.submit(n) {
                            n = back;
                        }
                    }
                })
            })
            .collect();
        ring.own();
        let mut seen = 0;
        while seen < 4 * EACH {
            match ring.take() {
                Some(_) => seen += 1,
                // Far longer than the test may take: a lost wake-up shows as a time-out of the test.
                None => ring.sleep(Duration::from_secs(600)),
            }
        }
        for submitter in submitters {
            submitter.join().unwrap();
        }
    }
}
