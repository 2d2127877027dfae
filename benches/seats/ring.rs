//! Two threads that submit batches through the daemon's ring to one owner, for one hot pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_queue::ArrayQueue;
use names::SessionId;
use seats::{Answer, Command};

use crate::house::{House, Maker, Shape};
use crate::queue::Ring;

/// Commands of a submission.
const BATCH: usize = 64;
/// Submissions of one thread that are under way.
const UNDER_WAY: usize = 4;
const THREADS: usize = 2;

/// What a thread submits, and gets back with the answers.
struct Batch {
    commands: Vec<Command>,
    answers: Vec<Answer>,
    to: Arc<ArrayQueue<Batch>>,
}

/// Pairs a second.
pub(crate) fn pairs_a_second(longest: Duration) -> f64 {
    let ring = Arc::new(Ring::new(64));
    let ended = Arc::new(AtomicBool::new(false));
    let submitters: Vec<_> = (0..THREADS)
        .map(|n| {
            let (ring, ended) = (Arc::clone(&ring), Arc::clone(&ended));
            std::thread::spawn(move || submit(&ring, &ended, SessionId(n as u64)))
        })
        .collect();
    let mut house = House::new(Shape::PLAIN);
    ring.own();
    let began = Instant::now();
    let mut commands = 0;
    while began.elapsed() < longest {
        while let Some(mut batch) = ring.take() {
            commands += batch.commands.len();
            batch.answers.extend(batch.commands.drain(..).map(|command| house.decide(command)));
            house.write();
            let to = Arc::clone(&batch.to);
            assert!(to.push(batch).is_ok(), "a thread has more under way than it may");
        }
        ring.sleep(Duration::from_millis(1));
    }
    let took = began.elapsed();
    ended.store(true, Ordering::Relaxed);
    for submitter in submitters {
        submitter.join().unwrap();
    }
    commands as f64 / 2.0 / took.as_secs_f64()
}

/// Checks seats out and in, in batches, until it is over.
#[expect(clippy::disallowed_methods, reason = "a submitter that sleeps would measure its sleep")]
fn submit(ring: &Ring<Batch>, ended: &AtomicBool, session: SessionId) {
    let to = Arc::new(ArrayQueue::new(UNDER_WAY));
    let mut maker = Maker::new(session);
    for _ in 0..UNDER_WAY {
        let commands = (0..BATCH).map(|_| maker.checkout()).collect();
        let batch = Batch { commands, answers: Vec::with_capacity(BATCH), to: Arc::clone(&to) };
        assert!(ring.submit(batch).is_ok(), "the ring has room for all");
    }
    while !ended.load(Ordering::Relaxed) {
        let Some(mut batch) = to.pop() else {
            std::thread::yield_now();
            continue;
        };
        for answer in batch.answers.drain(..) {
            batch.commands.push(match answer {
                Answer::Granted { grant, .. } => maker.checkin(grant),
                Answer::Returned { .. } => maker.checkout(),
                other => panic!("{other:?}"),
            });
        }
        assert!(ring.submit(batch).is_ok(), "the ring has room for all");
    }
}
