//! What else could count seats: a bare counter, an engine behind a lock, a semaphore.

#![expect(clippy::disallowed_types, reason = "they are what the engine is measured beside")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use names::SessionId;
use seats::Answer;
use tokio::sync::Semaphore;

use crate::house::{House, Maker, Shape};

const SEATS: u64 = 100_000;
/// Pairs between two looks at the clock.
const BLOCK: u64 = 1_024;

/// Pairs a second of so many threads that do what each makes for itself over and over.
fn measure<F: FnMut()>(
    threads: u64,
    longest: Duration,
    make: impl Fn(u64) -> F + Send + Sync + 'static,
) -> f64 {
    let make = Arc::new(make);
    let running = (0..threads).map(|thread| {
        let make = Arc::clone(&make);
        std::thread::spawn(move || {
            let mut pair = make(thread);
            let (began, mut pairs) = (Instant::now(), 0);
            while began.elapsed() < longest {
                (0..BLOCK).for_each(|_| pair());
                pairs += BLOCK;
            }
            pairs as f64 / began.elapsed().as_secs_f64()
        })
    });
    let running: Vec<_> = running.collect();
    running.into_iter().map(|thread| thread.join().unwrap()).sum()
}

/// A compare-and-swap that takes a seat if one is free, and one that gives it back.
pub(crate) fn counter(threads: u64, longest: Duration) -> f64 {
    let used = Arc::new(AtomicU64::new(0));
    measure(threads, longest, move |_| {
        let used = Arc::clone(&used);
        move || {
            let take = |used: u64| (used < SEATS).then_some(used + 1);
            assert!(used.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_ok());
            let give = |used: u64| used.checked_sub(1);
            assert!(used.fetch_update(Ordering::AcqRel, Ordering::Acquire, give).is_ok());
        }
    })
}

/// The same engine behind a lock.
pub(crate) fn mutex(threads: u64, longest: Duration) -> f64 {
    let house = Arc::new(Mutex::new(House::new(Shape::PLAIN)));
    measure(threads, longest, move |thread| {
        let (house, mut maker) = (Arc::clone(&house), Maker::new(SessionId(thread)));
        move || {
            let ask = maker.checkout();
            let answer = house.lock().unwrap().decide(ask);
            let Answer::Granted { grant, .. } = answer else { panic!("{answer:?}") };
            let mut house = house.lock().unwrap();
            house.decide(maker.checkin(grant));
            house.write();
        }
    })
}

/// tokio's semaphore, with a permit for a seat.
pub(crate) fn semaphore(threads: u64, longest: Duration) -> f64 {
    let seats = Arc::new(Semaphore::new(SEATS as usize));
    measure(threads, longest, move |_| {
        let seats = Arc::clone(&seats);
        move || drop(seats.try_acquire().unwrap())
    })
}
