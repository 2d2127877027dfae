//! What the daemon keeps in memory for its clients, counted and bounded.
//!
//! HTTP/2's windows are wide, so that small messages are never held up; a client that sends and does
//! not read could fill its own with 32 MiB, on each of its connections. So every connection counts
//! what was read from it and nobody has taken yet, and what was answered and not sent yet. While all
//! of that is more than the process may keep, a connection is cut that keeps more than its share and
//! lets it lie; from twice as much on, also one where it moves, unless a report makes up the rest. Nobody's
//! seat is lost by it: sessions outlive their connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use names::{Millis, Mono};

use crate::clock;
use crate::counted::Total;

/// What a connection may always keep: more than one message, and all that a client has under way that
/// reads its answers.
const SHARE: usize = 256 * 1024;
/// What has not moved for so long lies.
const LIES: Millis = Millis(2_000);
/// What a frame costs beside its bytes.
const FRAME: usize = 256;
/// What a stream or call keeps for a command that is under way, or for its answer.
pub(crate) const COMMAND: usize = 512;

/// What the process keeps for all connections.
#[derive(Debug)]
pub(crate) struct Budget {
    kept: AtomicUsize,
    max: usize,
    /// Connections that were cut for it.
    pub(crate) cut: Total,
}

/// What it keeps for one.
#[derive(Debug, Clone)]
pub(crate) struct Meter(Arc<Kept>);

#[derive(Debug)]
struct Kept {
    budget: Arc<Budget>,
    /// Read from the connection, and not taken.
    unread: AtomicUsize,
    /// Commands under way and their answers, and parts of reports.
    answers: AtomicUsize,
    /// The longest report that was made for it.
    report: AtomicUsize,
    /// Requests whose body is still read from.
    bodies: AtomicUsize,
    /// When something was last taken or sent: [`Mono`].
    moved: AtomicU64,
}

impl Budget {
    /// At most `max` bytes.
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { kept: AtomicUsize::new(0), max, cut: Total::default() })
    }

    fn add(&self, counter: &AtomicUsize, n: usize) {
        counter.fetch_add(n, Ordering::Relaxed);
        self.kept.fetch_add(n, Ordering::Relaxed);
    }

    /// Whether more is kept than `times` what may be.
    fn is_short(&self, times: usize) -> bool {
        self.kept.load(Ordering::Relaxed) > self.max.saturating_mul(times)
    }

    /// Subtracts `n`, or what there is.
    fn sub(&self, counter: &AtomicUsize, n: usize) {
        let less = |kept: usize| Some(kept.saturating_sub(n));
        let before = counter.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        self.kept.fetch_sub(before.unwrap_or(0).min(n), Ordering::Relaxed);
    }
}

impl Meter {
    pub(crate) fn new(budget: &Arc<Budget>) -> Self {
        let zero = || AtomicUsize::new(0);
        let moved = AtomicU64::new(clock::now().mono.0);
        let budget = Arc::clone(budget);
        Self(Arc::new(Kept {
            budget,
            unread: zero(),
            answers: zero(),
            report: zero(),
            bodies: zero(),
            moved,
        }))
    }

    /// So much was read from the connection.
    pub(crate) fn read(&self, cost: usize) {
        self.0.budget.add(&self.0.unread, cost);
    }

    /// A frame with so many bytes was taken by whom it is for.
    pub(crate) fn taken(&self, bytes: usize) {
        self.0.budget.sub(&self.0.unread, bytes + FRAME);
        self.0.moved();
    }

    /// A request's body begins.
    pub(crate) fn begin_body(&self) {
        self.0.bodies.fetch_add(1, Ordering::Relaxed);
    }

    /// A request's body ends. What was not taken of it was thrown away, and when there is no other
    /// body nothing is left to be taken.
    pub(crate) fn end_body(&self) {
        if self.0.bodies.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.0.budget.sub(&self.0.unread, usize::MAX);
        }
    }

    /// Something that will be kept for this connection; nothing yet.
    pub(crate) fn portion(&self) -> Portion {
        Portion { meter: self.clone(), bytes: 0 }
    }

    /// A report of so many bytes, which is kept from now on.
    pub(crate) fn report(&self, bytes: usize) -> Portion {
        self.0.report.fetch_max(bytes, Ordering::Relaxed);
        let mut portion = self.portion();
        portion.set(bytes);
        portion
    }

    /// What is kept for this connection, if that is more than its share and the process keeps more
    /// than it may. Nothing is to be added then.
    pub(crate) fn over(&self) -> Option<usize> {
        let own = self.0.unread.load(Ordering::Relaxed) + self.0.answers.load(Ordering::Relaxed);
        (own > SHARE && self.0.budget.is_short(1)).then_some(own)
    }

    /// The connection is cut.
    pub(crate) fn cut(&self) {
        self.0.budget.cut.one();
    }

    /// The same, if the connection has to be cut for it.
    pub(crate) fn excess(&self) -> Option<usize> {
        let moved = Mono(self.0.moved.load(Ordering::Relaxed));
        // Who asked for one report while there was room, and reads it, is not whom there is too much of.
        let at_once = SHARE.saturating_add(self.0.report.load(Ordering::Relaxed));
        self.over().filter(|own| {
            (*own > at_once && self.0.budget.is_short(2)) || clock::now().mono.since(moved) >= LIES
        })
    }
}

impl Kept {
    fn moved(&self) {
        self.moved.store(clock::now().mono.0, Ordering::Relaxed);
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.budget.sub(&self.unread, usize::MAX);
        self.budget.sub(&self.answers, usize::MAX);
    }
}

/// Something that is kept for a connection, until this is dropped.
#[derive(Debug)]
pub(crate) struct Portion {
    meter: Meter,
    bytes: usize,
}

impl Portion {
    /// It is so much now.
    pub(crate) fn set(&mut self, bytes: usize) {
        let kept = &self.meter.0;
        match bytes.checked_sub(self.bytes) {
            Some(more) => kept.budget.add(&kept.answers, more),
            None => {
                kept.budget.sub(&kept.answers, self.bytes - bytes);
                kept.moved();
            }
        }
        self.bytes = bytes;
    }
}

impl Drop for Portion {
    fn drop(&mut self) {
        self.set(0);
    }
}

/// Finds HTTP/2's data frames in what a client sends.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    head: [u8; 9],
    /// Bytes of the head that are there.
    known: usize,
    /// Bytes of the frame that are still to come.
    rest: usize,
    is_data: bool,
}

impl Scan {
    /// What these bytes cost to keep. Only data is kept: the library deals with all else at once.
    pub(crate) fn cost(&mut self, mut bytes: &[u8]) -> usize {
        let mut cost = 0;
        while !bytes.is_empty() {
            let n = if self.rest > 0 {
                let n = self.rest.min(bytes.len());
                self.rest -= n;
                cost += if self.is_data { n } else { 0 };
                n
            } else {
                let n = (self.head.len() - self.known).min(bytes.len());
                let (_, unknown) = self.head.split_at_mut(self.known);
                unknown.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
                self.known += n;
                cost += if self.known == self.head.len() { self.begin_frame() } else { 0 };
                n
            };
            bytes = bytes.get(n..).unwrap_or_default();
        }
        cost
    }

    fn begin_frame(&mut self) -> usize {
        let [a, b, c, kind, flags, ..] = self.head;
        self.known = 0;
        self.rest = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        self.is_data = kind == 0;
        // An empty frame that only ends its stream is not kept.
        let is_end = self.rest == 0 && flags & 1 != 0;
        if self.is_data && !is_end { FRAME } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, len: u8) -> Vec<u8> {
        let mut frame = vec![0, 0, len, kind, flags, 0, 0, 0, 1];
        // Bytes that look like a head of data.
        frame.extend(std::iter::repeat_n(0, usize::from(len)));
        frame
    }

    #[test]
    fn data_is_found_however_the_bytes_come() {
        let all = [
            frame(4, 0, 6),
            frame(1, 4, 200),
            frame(0, 0, 100),
            frame(8, 0, 4),
            frame(0, 1, 0),
            frame(0, 0, 1),
        ];
        let bytes = all.concat();
        for size in [1, 2, 5, 9, 10, 64, bytes.len()] {
            let mut scan = Scan::default();
            let cost: usize = bytes.chunks(size).map(|part| scan.cost(part)).sum();
            assert_eq!(cost, 100 + 1 + 2 * FRAME, "in parts of {size}");
        }
    }

    #[test]
    fn who_keeps_more_than_a_share_is_cut_while_the_process_is_short_and_no_longer() {
        let budget = Budget::new(2 * SHARE);
        let (greedy, fair) = (Meter::new(&budget), Meter::new(&budget));
        greedy.read(2 * SHARE);
        fair.begin_body();
        fair.read(SHARE);
        assert_eq!((greedy.over(), fair.over()), (Some(2 * SHARE), None));
        assert_eq!(greedy.excess(), None, "it came just now");
        greedy.0.moved.store(0, Ordering::Relaxed);
        assert_eq!(greedy.excess(), Some(2 * SHARE), "it lies");
        fair.taken(SHARE);
        assert_eq!(greedy.excess(), None, "there is room");
        let mut report = fair.portion();
        report.set(3 * SHARE);
        assert_eq!(fair.excess(), Some(3 * SHARE), "it is twice as much as may be");
        report.set(10);
        let reader = Meter::new(&budget);
        let long = reader.report(3 * SHARE);
        assert_eq!(reader.excess(), None, "it is one report, and moves");
        let again = reader.report(3 * SHARE);
        assert_eq!(reader.excess(), Some(6 * SHARE), "they are two");
        drop((long, again));
        drop(greedy);
        assert_eq!(budget.kept.load(Ordering::Relaxed), 10);
        drop(report);
        fair.read(7);
        fair.begin_body();
        fair.end_body();
        assert_eq!(budget.kept.load(Ordering::Relaxed), 7, "another body is still read");
        fair.end_body();
        assert_eq!(budget.kept.load(Ordering::Relaxed), 0);
    }
}
