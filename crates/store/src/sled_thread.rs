//! Running what may panic or hang: sled on a thread of its own, with a deadline.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crossbeam_queue::ArrayQueue;

use crate::seats_port::SeatsFailed;

/// Pieces that wait between the two threads.
const PIECES_MAX: usize = 8;

/// Runs what may panic.
pub(crate) fn caught<T>(run: impl FnOnce() -> Result<T, SeatsFailed>) -> Result<T, SeatsFailed> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| Err(panicked(panic.as_ref())))
}

fn panicked(panic: &(dyn Any + Send)) -> SeatsFailed {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
    SeatsFailed(format!("sled panicked: {text}"))
}

/// What both threads see.
struct Shared<P, T> {
    pieces: ArrayQueue<P>,
    result: ArrayQueue<Result<T, SeatsFailed>>,
    waiter: Thread,
    /// Nobody waits any more.
    is_over: AtomicBool,
}

/// The end that gives pieces.
pub(crate) struct Giver<P, T> {
    shared: Arc<Shared<P, T>>,
}

impl<P, T> Giver<P, T> {
    /// Gives a piece, once there is room for it.
    pub(crate) fn give(&self, mut piece: P) -> Result<(), SeatsFailed> {
        loop {
            if self.shared.is_over.load(Ordering::SeqCst) {
                return Err(SeatsFailed("nobody waits for it any more".into()));
            }
            match self.shared.pieces.push(piece) {
                Ok(()) => break,
                Err(full) => piece = full,
            }
            thread::park();
        }
        self.shared.waiter.unpark();
        Ok(())
    }
}

/// Runs `run` on a thread of its own, and takes what it gives meanwhile on this one. When that fails,
/// the thread is told so and ends before this does: nothing has sled's files any more then. One that
/// hangs is left behind.
pub(crate) fn within<P: Send + 'static, T: Send + 'static>(
    limit: Duration,
    run: impl FnOnce(&Giver<P, T>) -> Result<T, SeatsFailed> + Send + 'static,
    mut take: impl FnMut(P) -> Result<(), SeatsFailed>,
) -> Result<T, SeatsFailed> {
    let shared = Arc::new(Shared {
        pieces: ArrayQueue::new(PIECES_MAX),
        result: ArrayQueue::new(1),
        waiter: thread::current(),
        is_over: AtomicBool::new(false),
    });
    let giver = Giver { shared: Arc::clone(&shared) };
    let thread = thread::Builder::new()
        .name("sled".into())
        .spawn(move || {
            let result = caught(|| run(&giver));
            let _ = giver.shared.result.push(result);
            giver.shared.waiter.unpark();
        })
        .map_err(|e| SeatsFailed(format!("no thread for sled: {e}")))?;
    let result = wait(limit, &shared, thread.thread(), &mut take);
    shared.is_over.store(true, Ordering::SeqCst);
    thread.thread().unpark();
    result
}

fn wait<P, T>(
    limit: Duration,
    shared: &Shared<P, T>,
    giver: &Thread,
    take: &mut impl FnMut(P) -> Result<(), SeatsFailed>,
) -> Result<T, SeatsFailed> {
    let started = Instant::now();
    let mut refused = None;
    loop {
        // Asked before the queue is emptied: whatever was given before the end is taken.
        let result = shared.result.pop();
        while let Some(piece) = shared.pieces.pop() {
            giver.unpark();
            if refused.is_none()
                && let Err(why) = take(piece)
            {
                refused = Some(why);
                shared.is_over.store(true, Ordering::SeqCst);
            }
        }
        if let Some(result) = result {
            return refused.map_or(result, Err);
        }
        match limit.checked_sub(started.elapsed()) {
            Some(left) => thread::park_timeout(left),
            None => return Err(SeatsFailed(format!("sled did not answer within {} s", limit.as_secs()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn all_that_is_given_is_taken_in_its_order() {
        for pieces in [0, 1, PIECES_MAX, 1_000] {
            let mut taken = Vec::new();
            let run = move |giver: &Giver<usize, _>| {
                (0..pieces).try_for_each(|n| giver.give(n))?;
                Ok("done")
            };
            let done = within(LONG, run, |n| {
                taken.push(n);
                Ok(())
            });
            assert_eq!(done, Ok("done"));
            assert_eq!(taken, Vec::from_iter(0..pieces));
        }
    }

    #[test]
    fn whoever_gives_ends_when_nobody_takes_any_more() {
        let kept = Arc::new(());
        let theirs = Arc::clone(&kept);
        let run = move |giver: &Giver<u64, _>| (0..).try_for_each(|n| giver.give(n)).map(|()| theirs);
        let taken = within(LONG, run, |_| Err(SeatsFailed("not this one".into())));
        assert_eq!(taken.map(|_| ()), Err(SeatsFailed("not this one".into())));
        assert_eq!(Arc::strong_count(&kept), 1, "the other thread goes on");
    }

    #[test]
    fn what_panics_or_hangs_is_told() {
        let panics = |_: &Giver<(), ()>| panic!("as asked");
        assert_eq!(within(LONG, panics, Ok), Err(SeatsFailed("sled panicked: as asked".into())));
        let hangs = |_: &Giver<(), ()>| loop {
            thread::park();
        };
        let told = within(Duration::from_millis(1), hangs, Ok);
        assert_eq!(told, Err(SeatsFailed("sled did not answer within 0 s".into())));
    }
}
