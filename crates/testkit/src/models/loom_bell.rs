//! No wake-up is lost: an owner that sleeps with something submitted would sleep for ever, and loom
//! reports that as a deadlock. The queue is the weakest one can be: a relaxed counter.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use crate::bell::Bell;

struct Ring {
    bell: Bell,
    queued: AtomicUsize,
}

impl Ring {
    fn new() -> Arc<Self> {
        Arc::new(Self { bell: Bell::new(), queued: AtomicUsize::new(0) })
    }

    fn submit(&self, owner: &thread::Thread) {
        self.queued.fetch_add(1, Ordering::Relaxed);
        if self.bell.ring() {
            owner.unpark();
        }
    }

    /// The owner, until it has taken `all`.
    fn own(&self, all: usize) {
        let mut taken = 0;
        while taken < all {
            match self.queued.swap(0, Ordering::Relaxed) {
                0 => self.sleep(),
                more => taken += more,
            }
        }
    }

    fn sleep(&self) {
        if self.bell.may_sleep(|| self.queued.load(Ordering::Relaxed) == 0) {
            // Without the time limit that the daemon has: nothing else may wake it.
            thread::park();
            self.bell.awake();
        }
    }
}

#[test]
fn loom_a_submission_wakes_the_owner() {
    loom::model(|| {
        let ring = Ring::new();
        let owner = thread::current();
        let submitter = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || ring.submit(&owner))
        };
        ring.own(1);
        submitter.join().unwrap();
    });
}

#[test]
fn loom_two_submissions_of_one_client_wake_the_owner() {
    loom::model(|| {
        let ring = Ring::new();
        let owner = thread::current();
        let submitter = {
            let ring = Arc::clone(&ring);
            thread::spawn(move || {
                ring.submit(&owner);
                ring.submit(&owner);
            })
        };
        ring.own(2);
        submitter.join().unwrap();
    });
}

#[test]
fn loom_of_two_submitters_either_wakes_the_owner() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let ring = Ring::new();
        let submitters: Vec<_> = (0..2)
            .map(|_| {
                let (ring, owner) = (Arc::clone(&ring), thread::current());
                thread::spawn(move || ring.submit(&owner))
            })
            .collect();
        ring.own(2);
        for submitter in submitters {
            submitter.join().unwrap();
        }
    });
}
