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
    /// Batches that may wait for it in memory. What does not fit, it reads from the journal.
    pub batches_max: usize,
    /// Bytes of journal that may wait for it in memory.
    pub bytes_max: u64,
    /// The shortest time between two writes.
    pub write_every: Duration,
    /// Records that it may be behind before it is given up.
    pub records_behind_max: u64,
    /// How long it may make no progress before it is given up.
    pub stuck_after: Duration,
}

impl Default for ApplierOptions {
    fn default() -> Self {
        Self {
            batches_max: 1024,
            bytes_max: 8 * 1024 * 1024,
            write_every: Duration::from_millis(50),
            records_behind_max: 50_000_000,
            stuck_after: Duration::from_secs(30),
        }
    }
}

/// Records read from the journal before it is told how far that came.
const RECORDS_AT_ONCE: u64 = 1_000_000;

/// What both sides see.
#[derive(Debug)]
struct Shared {
    queue: ArrayQueue<Arc<Committed>>,
    /// Bytes of journal in the queue.
    bytes: AtomicU64,
    /// The last record that was offered, whether it is in the queue or only in the journal.
    offered: AtomicU64,
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

/// When the journal's side last saw the thread come forward. Only that side uses it.
#[derive(Debug)]
struct Progress {
    began: Instant,
    cursor: AtomicU64,
    at_ms: AtomicU64,
}

impl Progress {
    /// How long there has been none. `is_level`: there was nothing to do.
    fn stuck_for(&self, cursor: u64, is_level: bool) -> Duration {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        if is_level || self.cursor.swap(cursor, Ordering::Relaxed) != cursor {
            self.at_ms.store(now, Ordering::Relaxed);
        }
        Duration::from_millis(now.saturating_sub(self.at_ms.load(Ordering::Relaxed)))
    }
}

/// The thread that applies batches to the seat state and writes exports.
#[derive(Debug)]
pub struct Applier {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    options: ApplierOptions,
    progress: Progress,
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
            offered: AtomicU64::new(follower.offered().0),
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
        let cursor = AtomicU64::new(shared.cursor.load(Ordering::Relaxed));
        let progress = Progress { began: Instant::now(), cursor, at_ms: AtomicU64::new(0) };
        Ok(Self { shared, thread, options, progress })
    }

    /// Gives it a batch, in the order of the journal, once the batch is on the disk. Never waits: what
    /// does not fit in the queue is read from the journal later, and an applier that is much too far
    /// behind, or stuck, is given up for this run, with a [`Notice`].
    pub fn offer(&self, batch: Arc<Committed>) {
        let shared = &*self.shared;
        let Some(last) = batch.records.last().map(|r| r.seq.0) else { return };
        if shared.is_dropped.load(Ordering::Relaxed) {
            return;
        }
        if let Some(why) = self.why_give_up(last) {
            shared.is_dropped.store(true, Ordering::SeqCst);
            if shared.has_seats.swap(false, Ordering::AcqRel) {
                shared.notices.push(Notice::SetAside(SeatsFailed(why)));
            }
            self.thread.thread().unpark();
            return;
        }
        let bytes = batch.bytes;
        if shared.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > self.options.bytes_max
            || shared.queue.push(batch).is_err()
        {
            shared.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        // After the push: who sees this number and does not find the batch must read the journal.
        shared.offered.store(last, Ordering::SeqCst);
        // Sequentially consistent with the thread's own: either it sees the number, or we see it idle.
        if shared.is_idle.swap(false, Ordering::SeqCst) {
            self.thread.thread().unpark();
        }
    }

    /// Why the thread should be given up, if it should.
    fn why_give_up(&self, last: u64) -> Option<String> {
        let shared = &*self.shared;
        if shared.has_ended.load(Ordering::SeqCst) {
            return Some("its thread has ended".into());
        }
        if !self.has_seats() {
            return None;
        }
        let cursor = self.cursor().0;
        let is_level = cursor >= shared.offered.load(Ordering::Relaxed);
        let stuck = self.progress.stuck_for(cursor, is_level);
        let behind = last.saturating_sub(cursor);
        if stuck > self.options.stuck_after {
            return Some(format!("it has not come forward from record {cursor} for {} s", stuck.as_secs()));
        }
        (behind > self.options.records_behind_max).then(|| format!("it is {behind} records behind"))
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
            let offered = Seq(self.offered.load(Ordering::SeqCst));
            let began = Instant::now();
            self.take_all(follower);
            if self.is_dropped.load(Ordering::SeqCst) {
                return;
            }
            self.bring_to(offered, follower);
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
            // What ends an idle time is often followed at once, and a write of the seat state would keep
            // the disk from the journal's next flush.
            let since = if self.wait_for_work(offered) { Instant::now() } else { began };
            self.wait_until(since + write_every);
        }
    }

    fn take_all<D: Disk, S: SeatStore>(&self, follower: &mut Follower<D, S>) {
        while let Some(batch) = self.queue.pop() {
            self.bytes.fetch_sub(batch.bytes, Ordering::Relaxed);
            if let Some(first) = batch.records.first() {
                self.bring_to(Seq(first.seq.0.saturating_sub(1)), follower);
            }
            follower.take(&batch);
            self.publish(follower);
        }
    }

    /// Has the follower read from the journal what did not fit in the queue, telling how it comes
    /// forward.
    fn bring_to<D: Disk, S: SeatStore>(&self, offered: Seq, follower: &mut Follower<D, S>) {
        while follower.has_seats() && follower.taken() < offered && !self.is_dropped.load(Ordering::SeqCst) {
            let before = follower.taken();
            follower.catch_up(Seq(offered.0.min(before.0 + RECORDS_AT_ONCE)));
            if follower.taken() == before {
                // One batch has more.
                follower.catch_up(offered);
            }
            self.publish(follower);
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
        let is_ending = || self.is_stopping.load(Ordering::SeqCst) || self.is_dropped.load(Ordering::SeqCst);
        while !is_ending() {
            match due.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => thread::park_timeout(left),
                _ => return,
            }
        }
    }

    /// Sleeps until something is offered after `done`, or it is told to end. Says whether it slept.
    fn wait_for_work(&self, done: Seq) -> bool {
        let mut has_slept = false;
        loop {
            self.is_idle.store(true, Ordering::SeqCst);
            let has_work = self.offered.load(Ordering::SeqCst) > done.0
                || self.is_stopping.load(Ordering::SeqCst)
                || self.is_dropped.load(Ordering::SeqCst);
            if has_work || !self.is_idle.load(Ordering::SeqCst) {
                self.is_idle.store(false, Ordering::SeqCst);
                return has_slept;
            }
            thread::park();
            has_slept = true;
        }
    }
}
