//! How long clients wait: from when a command has come to when its answer is given to the connection.
//!
//! Each thread that serves clients has histograms of its own, so none waits for the memory of another;
//! who asks adds them up.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use proto::v1::command::Kind;

use crate::histogram::{Histogram, Shown, TIMES};

/// Threads that have histograms of their own; further ones share them.
const THREADS: usize = 64;

/// A command whose answers are timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Timed {
    Checkout,
    Checkin,
    Heartbeat,
}

/// A timed command that has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Came {
    what: Timed,
    at: Instant,
}

impl Timed {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Checkout, Self::Checkin, Self::Heartbeat];

    /// The command of this kind, if it is timed.
    pub(crate) fn of(kind: Option<&Kind>) -> Option<Self> {
        match kind? {
            Kind::Checkout(_) => Some(Self::Checkout),
            Kind::Checkin(_) => Some(Self::Checkin),
            Kind::Heartbeat(_) => Some(Self::Heartbeat),
            _ => None,
        }
    }

    /// What it is called.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Checkout => "checkout",
            Self::Checkin => "checkin",
            Self::Heartbeat => "heartbeat",
        }
    }

    /// It has come now.
    pub(crate) fn came(self) -> Came {
        self.came_at(Instant::now())
    }

    /// It came then.
    pub(crate) fn came_at(self, at: Instant) -> Came {
        Came { what: self, at }
    }
}

/// One thread's histograms, on lines of memory of their own.
#[derive(Debug)]
#[repr(align(128))]
struct OfThread([Histogram<{ TIMES.len() }>; Timed::ALL.len()]);

/// The histograms of all threads.
#[derive(Debug)]
pub(crate) struct Latencies(Box<[OfThread]>);

impl Default for Latencies {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let of_thread = || OfThread(std::array::from_fn(|_| Histogram::of_times()));
        Self((0..cores.min(THREADS)).map(|_| of_thread()).collect())
    }
}

/// The number of this thread among those that have counted.
fn thread() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static THREAD: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    THREAD.with(|n| *n)
}

impl Latencies {
    /// These are answered now.
    pub(crate) fn answered(&self, commands: impl IntoIterator<Item = Came>) {
        let Some(OfThread(own)) = self.0.get(thread() % self.0.len().max(1)) else { return };
        let mut commands = commands.into_iter().peekable();
        if commands.peek().is_none() {
            return;
        }
        let now = Instant::now();
        for Came { what, at } in commands {
            if let Some(histogram) = own.get(what as usize) {
                histogram.took(now.saturating_duration_since(at));
            }
        }
    }

    /// What all threads have counted of a command.
    pub(crate) fn shown(&self, what: Timed) -> Shown {
        let of_threads = self.0.iter().filter_map(|OfThread(own)| own.get(what as usize));
        let shown = of_threads.map(Histogram::shown).reduce(|all, one| all.with(&one));
        shown.unwrap_or_else(|| Histogram::of_times().shown())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_each_thread_counts_is_added_up_by_command() {
        let latencies = Latencies::default();
        let came = |what: Timed, ago| what.came_at(Instant::now() - Duration::from_millis(ago));
        std::thread::scope(|threads| {
            for _ in 0..5 {
                threads.spawn(|| {
                    latencies.answered([came(Timed::Checkout, 70), came(Timed::Checkin, 300)]);
                    latencies.answered(None);
                });
            }
        });
        for (what, sum, bound) in [(Timed::Checkout, 0.35, 0.1), (Timed::Checkin, 1.5, 0.5)] {
            let shown = latencies.shown(what);
            assert!((sum..sum + 0.1).contains(&shown.sum), "{what:?}: {shown:?}");
            assert_eq!(shown.counts.iter().find(|(_, n)| *n > 0), Some(&(bound, 5)), "{what:?}");
        }
        assert_eq!(latencies.shown(Timed::Heartbeat).counts.iter().map(|(_, n)| n).sum::<u64>(), 0);
    }
}
