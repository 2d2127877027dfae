//! The thread behind the journal. Nobody waits for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use crossbeam_queue::{ArrayQueue, SegQueue};
use names::Seq;

use crate::disk::Disk;
use crate::follower::{Committed, Follower, Notice};
use crate::seats_port::{SeatStore, SeatsFailed};

/// How far the applier may be behind, and how often it writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApplierOptions {
    /// Batches that may wait for it.
    pub batches_max: usize,
    /// Bytes of journal that may wait for it.
    pub bytes_max: u64,
    /// The shortest time between two writes.
    pub write_every: Duration,
}

impl Default for ApplierOptions {
    fn default() -> Self {
        Self { batches_max: 8192, bytes_max: 64 * 1024 * 1024, write_every: Duration::from_millis(50) }
    }
}

/// What both sides see.
#[derive(Debug)]
struct Shared {
    queue: ArrayQueue<Arc<Committed>>,
    bytes: AtomicU64,
    /// The thread sleeps until it is woken.
    is_idle: AtomicBool,
    /// Set once, by the journal's side: the thread is too far behind, and is given no more.
    is_dropped: AtomicBool,
    is_stopping: AtomicBool,
    has_ended: AtomicBool,
    has_seats: AtomicBool,
    cursor: AtomicU64,
    passed: AtomicU64,
    notices: SegQueue<Notice>,
    waiter: ArrayQueue<Thread>,
}

/// The thread that applies batches to the seat state and writes exports.
#[derive(Debug)]
pub struct Applier {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    options: ApplierOptions,
}

impl Applier {
    /// Starts it.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn spawn<D, S>(mut follower: Follower<D, S>, options: ApplierOptions) -> std::io::Result<Self>
    where
        D: Disk + Send + 'static,
        D::File: Send,
        S: SeatStore + Send + 'static,
    {
        let shared = Arc::new(Shared {
            queue: ArrayQueue::new(options.batches_max.max(1)),
            bytes: AtomicU64::new(0),
            is_idle: AtomicBool::new(false),
            is_dropped: AtomicBool::new(false),
            is_stopping: AtomicBool::new(false),
            has_ended: AtomicBool::new(false),
            has_seats: AtomicBool::new(follower.has_seats()),
            cursor: AtomicU64::new(follower.cursor().0),
            passed: AtomicU64::new(follower.passed().0),
            notices: SegQueue::new(),
            waiter: ArrayQueue::new(1),
        });
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new().name("seat-apply".into()).spawn(move || {
            let ran = catch_unwind(AssertUnwindSafe(|| theirs.run(&mut follower, options.write_every)));
            if ran.is_err() {
                theirs.has_seats.store(false, Ordering::Release);
                theirs.notices.push(Notice::SetAside(SeatsFailed("the applying thread panicked".into())));
            }
            // Closing sled may panic too.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(follower)));
            theirs.has_ended.store(true, Ordering::SeqCst);
            if let Some(waiter) = theirs.waiter.pop() {
                waiter.unpark();
            }
        })?;
        Ok(Self { shared, thread, options })
    }

    /// Gives it a batch, in the order of the journal, once the batch is on the disk. Never waits: an
    /// applier that is too far behind is given up, for this run, with a [`Notice`].
    pub fn offer(&self, batch: Arc<Committed>) {
        let shared = &*self.shared;
        if shared.is_dropped.load(Ordering::Relaxed) {
            return;
        }
        let bytes = batch.bytes;
        let waiting = shared.bytes.fetch_add(bytes, Ordering::Relaxed);
        let is_too_far = waiting > self.options.bytes_max || shared.has_ended.load(Ordering::SeqCst);
        if is_too_far || shared.queue.push(batch).is_err() {
            shared.is_dropped.store(true, Ordering::SeqCst);
            if shared.has_seats.swap(false, Ordering::AcqRel) {
                let why = format!("it is {} batches ({waiting} bytes) behind", shared.queue.len());
                shared.notices.push(Notice::SetAside(SeatsFailed(why)));
            }
            self.thread.thread().unpark();
            return;
        }
        // Sequentially consistent with the thread's own: either it sees the batch, or we see it idle.
        if shared.is_idle.swap(false, Ordering::SeqCst) {
            self.thread.thread().unpark();
        }
    }

    /// The last record that the seat state has on the disk.
    #[must_use]
    pub fn cursor(&self) -> Seq {
        Seq(self.shared.cursor.load(Ordering::Acquire))
    }

    /// The last record that neither the seat state nor the older export needs any more: what
    /// [`Journal::release`](crate::Journal::release) may be given, or the least of this and what other
    /// readers of the journal have passed.
    #[must_use]
    pub fn passed(&self) -> Seq {
        Seq(self.shared.passed.load(Ordering::Acquire))
    }

    /// Whether the seat state is kept. If not, a [`Notice`] said why.
    #[must_use]
    pub fn has_seats(&self) -> bool {
        self.shared.has_seats.load(Ordering::Acquire)
    }

    /// The next thing that happened, for the log; call it until there is none.
    #[must_use]
    pub fn notice(&self) -> Option<Notice> {
        self.shared.notices.pop()
    }

    /// Lets it write what it was given, and waits for that as long as `within`. Says whether it ended.
    pub fn stop(self, within: Duration) -> bool {
        let shared = &*self.shared;
        let _ = shared.waiter.push(thread::current());
        shared.is_stopping.store(true, Ordering::SeqCst);
        self.thread.thread().unpark();
        let started = Instant::now();
        loop {
            if shared.has_ended.load(Ordering::SeqCst) {
                return true;
            }
            match within.checked_sub(started.elapsed()) {
                Some(left) => thread::park_timeout(left),
                None => return false,
            }
        }
    }
}

impl Drop for Applier {
    /// It is told to stop, and not waited for.
    fn drop(&mut self) {
        self.shared.is_stopping.store(true, Ordering::SeqCst);
        self.thread.thread().unpark();
    }
}

impl Shared {
    fn run<D: Disk, S: SeatStore>(&self, follower: &mut Follower<D, S>, write_every: Duration) {
        loop {
            // Asked before the queue is emptied: whatever was offered before the stop is written.
            let is_last = self.is_stopping.load(Ordering::SeqCst);
            let began = Instant::now();
            self.take_all(follower);
            if self.is_dropped.load(Ordering::SeqCst) {
                return;
            }
            follower.write();
            self.publish(follower);
            let has_more = follower.export_step();
            self.publish(follower);
            if is_last {
                return;
            }
            if has_more {
                continue;
            }
            self.wait_until(began + write_every);
            self.wait_for_work();
        }
    }

    fn take_all<D: Disk, S: SeatStore>(&self, follower: &mut Follower<D, S>) {
        while let Some(batch) = self.queue.pop() {
            self.bytes.fetch_sub(batch.bytes, Ordering::Relaxed);
            follower.take(&batch);
        }
    }

    fn publish<D: Disk, S: SeatStore>(&self, follower: &mut Follower<D, S>) {
        for notice in follower.notices() {
            self.notices.push(notice);
        }
        // Only ever cleared: the other side may have given it up.
        if !follower.has_seats() {
            self.has_seats.store(false, Ordering::Release);
        }
        self.cursor.store(follower.cursor().0, Ordering::Release);
        self.passed.store(follower.passed().0, Ordering::Release);
    }

    /// Lets batches gather, so that rows changed twice are written once.
    fn wait_until(&self, due: Instant) {
        while !self.is_stopping.load(Ordering::SeqCst) {
            match due.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => thread::park_timeout(left),
                _ => return,
            }
        }
    }

    fn wait_for_work(&self) {
        loop {
            self.is_idle.store(true, Ordering::SeqCst);
            let has_work = !self.queue.is_empty()
                || self.is_stopping.load(Ordering::SeqCst)
                || self.is_dropped.load(Ordering::SeqCst);
            if has_work || !self.is_idle.load(Ordering::SeqCst) {
                self.is_idle.store(false, Ordering::SeqCst);
                return;
            }
            thread::park();
        }
    }
}
