//! The published view: what lmstat and the console read, without waiting for anybody.
//!
//! A view is a state and the batches of records since. The owner publishes each batch once it is on
//! the disk, in constant time; a reader puts the two together, and makes that the base: beside the
//! owner's own there is one state, and others only for as long as they are read. When the batches since
//! have grown past half of the state and nobody reads, the thread that is there for this makes a base. It
//! frees what is replaced too, so the owner's part is small however many seats are held.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::Duration;

use arc_swap::{ArcSwap, Guard};
use crossbeam_queue::SegQueue;
use names::Seq;
use seats::State;
use store::Committed;

/// A state with what has happened since.
#[derive(Debug)]
struct View {
    base: Arc<State>,
    since: Option<Arc<Since>>,
}

/// A batch of records, and those before it back to the base.
#[derive(Debug)]
struct Since {
    batch: Arc<Committed>,
    before: Option<Arc<Self>>,
    /// Records in this batch and those before it.
    weight: u64,
}

impl Drop for Since {
    /// One by one: a long chain must not be dropped by recursion.
    fn drop(&mut self) {
        let mut next = self.before.take();
        while let Some(since) = next {
            next = Arc::into_inner(since).and_then(|mut since| since.before.take());
        }
    }
}

impl View {
    fn batches(&self) -> Vec<&Arc<Committed>> {
        let mut batches = Vec::new();
        let mut next = self.since.as_ref();
        while let Some(since) = next {
            batches.push(&since.batch);
            next = since.before.as_ref();
        }
        batches.reverse();
        batches
    }

    /// Records beside the base.
    fn weight(&self) -> u64 {
        self.since.as_ref().map_or(0, |since| since.weight)
    }

    /// Whether it needs another base.
    fn is_heavy(&self) -> bool {
        self.weight() > SINCE_MIN.max(self.base.counts().rows() / 2)
    }

    /// Whether it needs one more than the owner's time.
    fn is_too_heavy(&self) -> bool {
        self.weight() > TOO_HEAVY * SINCE_MIN.max(self.base.counts().rows() / 2)
    }

    /// The base with the batches since applied.
    fn state(&self) -> Arc<State> {
        if self.since.is_none() {
            return Arc::clone(&self.base);
        }
        let mut state = State::clone(&self.base);
        for record in self.batches().into_iter().flat_map(|batch| &batch.records) {
            // The owner applied the very same records before it published them.
            if let Err(broken) = state.apply(record) {
                tracing::error!(%broken, "the view does not follow the journal; lmstat shows an older state");
                return Arc::clone(&self.base);
            }
        }
        Arc::new(state)
    }
}

/// The owner's end: it alone publishes.
#[derive(Debug)]
pub(crate) struct Publisher {
    shared: Arc<Shared>,
}

/// A reader's end.
#[derive(Debug, Clone)]
pub(crate) struct Viewer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    view: ArcSwap<View>,
    /// Views that were replaced, to be freed by the folder.
    replaced: SegQueue<Arc<View>>,
    /// Puts states together, and frees what is replaced, so that the owner need not.
    folder: OnceLock<Thread>,
    is_over: AtomicBool,
}

/// A view of `state`.
pub(crate) fn view(state: State) -> (Publisher, Viewer) {
    let view = View { base: Arc::new(state), since: None };
    let shared = Arc::new(Shared {
        view: ArcSwap::from_pointee(view),
        replaced: SegQueue::new(),
        folder: OnceLock::new(),
        is_over: AtomicBool::new(false),
    });
    (Publisher { shared: Arc::clone(&shared) }, Viewer { shared })
}

/// Records that may be kept beside a small state.
const SINCE_MIN: u64 = 4_096;
/// How many times as many records as there should be are beside a state when the owner does not wait
/// for another any longer.
const TOO_HEAVY: u64 = 4;
/// How often somebody who has put a state together tries to make it the base, when the owner publishes
/// at the same time.
const TRIES: usize = 16;
/// How long the folder waits for whoever has a view that was replaced.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

impl Publisher {
    /// Starts the thread that puts states together; it ends with the publisher.
    pub(crate) fn spawn_folder(&self) -> std::io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let folder = std::thread::Builder::new().name("view".into()).spawn(move || shared.fold())?;
        let _ = self.shared.folder.set(folder.thread().clone());
        Ok(())
    }

    /// Publishes a batch that is on the disk. What the base has, as that of the start, it has already.
    pub(crate) fn publish(&mut self, batch: &Arc<Committed>) {
        let shared = &self.shared;
        let mut old = shared.view.load_full();
        if batch.records.last().is_some_and(|record| record.seq <= old.base.last()) {
            return;
        }
        loop {
            let before = old.since.clone();
            let weight = old.weight() + batch.records.len() as u64;
            let since = Since { batch: Arc::clone(batch), before, weight };
            let mut next = View { base: Arc::clone(&old.base), since: Some(Arc::new(since)) };
            if next.is_too_heavy() {
                next = next.state().into();
            } else if next.is_heavy() {
                shared.wake();
            }
            let is_folded = next.since.is_none();
            match shared.replace(&old, next) {
                Ok(()) if is_folded => return shared.free(old),
                Ok(()) => return,
                // Somebody has made another base meanwhile. They try a few times at most.
                Err(newer) => shared.free(std::mem::replace(&mut old, newer)),
            }
        }
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Release);
        self.shared.wake();
    }
}

impl Shared {
    /// Puts a view in the place of another, unless that was replaced already: gives the newer one.
    fn replace(&self, old: &Arc<View>, next: View) -> Result<(), Arc<View>> {
        let found = self.view.compare_and_swap(old, Arc::new(next));
        if Arc::ptr_eq(&found, old) { Ok(()) } else { Err(Guard::into_inner(found)) }
    }

    /// Makes a state the base, with what was published since it was put together beside it. When the
    /// owner is faster every time, whoever reads next does it.
    fn install(&self, state: &Arc<State>) {
        for _ in 0..TRIES {
            let view = self.view.load_full();
            let Some(next) = rebase(&view, state) else { return };
            if self.replace(&view, next).is_ok() {
                return self.free(view);
            }
        }
    }

    /// Has a view freed by the folder, when nobody else has it any more.
    fn free(&self, view: Arc<View>) {
        if self.folder.get().is_some() {
            self.replaced.push(view);
            self.wake();
        }
    }

    fn wake(&self) {
        if let Some(folder) = self.folder.get() {
            folder.unpark();
        }
    }

    /// The folder: makes another base when one is needed.
    fn fold(&self) {
        let mut replaced: Vec<Arc<View>> = Vec::new();
        while !self.is_over.load(Ordering::Acquire) {
            while let Some(view) = self.replaced.pop() {
                if !replaced.iter().any(|other| Arc::ptr_eq(other, &view)) {
                    replaced.push(view);
                }
            }
            while let Some(at) = replaced.iter().position(|view| is_left(view, &replaced)) {
                replaced.swap_remove(at);
            }
            let view = self.view.load_full();
            if view.is_heavy() {
                self.install(&view.state());
            }
            drop(view);
            if replaced.is_empty() {
                std::thread::park();
            } else {
                std::thread::park_timeout(LOOK_AGAIN);
            }
        }
    }
}

/// Whether nobody but the folder has this view, or its base. Were it freed before, the owner might be
/// the last to have it, and free a whole state.
fn is_left(view: &Arc<View>, replaced: &[Arc<View>]) -> bool {
    let with_base = replaced.iter().filter(|other| Arc::ptr_eq(&other.base, &view.base));
    Arc::strong_count(view) == 1 && Arc::strong_count(&view.base) == with_base.count()
}

impl From<Arc<State>> for View {
    fn from(base: Arc<State>) -> Self {
        Self { base, since: None }
    }
}

/// The same view on a newer base: nothing when it is none, or leaves too much beside it.
fn rebase(view: &View, base: &Arc<State>) -> Option<View> {
    let mut newer = Vec::new();
    let mut next = view.since.as_ref();
    while let Some(since) = next {
        if since.batch.records.last().is_some_and(|record| record.seq <= base.last()) {
            break;
        }
        newer.push(&since.batch);
        next = since.before.as_ref();
    }
    let mut since = None;
    let mut weight = 0;
    for batch in newer.into_iter().rev() {
        weight += batch.records.len() as u64;
        since = Some(Arc::new(Since { batch: Arc::clone(batch), before: since, weight }));
    }
    let is_newer = base.last() > view.base.last();
    (is_newer && weight <= SINCE_MIN.max(base.counts().rows() / 4))
        .then(|| View { base: Arc::clone(base), since })
}

impl Viewer {
    /// The state as it is on the disk, put together now.
    pub(crate) fn state(&self) -> Arc<State> {
        let view = self.shared.view.load_full();
        let state = view.state();
        if state.last() > view.base.last() {
            drop(view);
            self.shared.install(&state);
        }
        state
    }

    /// The last record in it.
    pub(crate) fn last(&self) -> Seq {
        let view = self.shared.view.load();
        let newest = view.since.as_ref().and_then(|since| since.batch.records.last());
        newest.map_or(view.base.last(), |record| record.seq)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use names::{Now, Wall};
    use seats::{Command, NoRules};

    use super::*;

    fn batch(state: &mut State, n: usize) -> Arc<Committed> {
        let mut records = Vec::new();
        for _ in 0..n {
            let now = Now { wall: Wall(0), ..Now::default() };
            state.step(now, Command::Start, &NoRules, &mut records);
        }
        Arc::new(Committed { records, counts: state.counts(), fingerprint: state.fingerprint(), bytes: 0 })
    }

    #[test]
    fn a_reader_sees_each_batch_once_it_is_published() {
        let mut live = State::new();
        let (mut publisher, viewer) = view(live.clone());
        for n in 1..200 {
            publisher.publish(&batch(&mut live, n));
            assert_eq!(viewer.last(), live.last());
            if n % 7 == 0 {
                assert_eq!(viewer.state().last(), live.last());
            }
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "it waits for nobody: the other thread gets its turn")]
    fn the_owner_takes_a_base_that_another_thread_has_put_together_and_frees_nothing() {
        let mut live = State::new();
        let (mut publisher, viewer) = view(live.clone());
        publisher.spawn_folder().unwrap();
        let first = Arc::downgrade(&viewer.shared.view.load().base);
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut heaviest = 0;
        while viewer.shared.view.load().base.last() == Seq(0) || first.strong_count() > 0 {
            publisher.publish(&batch(&mut live, 1));
            heaviest = heaviest.max(viewer.shared.view.load().weight());
            if heaviest > SINCE_MIN {
                // The owner is slow from here on: the folder has all the time that it needs.
                std::thread::yield_now();
            }
            assert!(Instant::now() < deadline, "nobody put a state together; {heaviest} records beside it");
        }
        assert_eq!(viewer.state().last(), live.last());
    }

    #[test]
    fn what_a_reader_has_put_together_is_the_base_and_there_is_no_third_state() {
        let mut live = State::new();
        let (mut publisher, viewer) = view(live.clone());
        publisher.publish(&batch(&mut live, 3));
        let first = Arc::downgrade(&viewer.shared.view.load().base);
        let read = viewer.state();
        assert_eq!((read.last(), first.strong_count()), (live.last(), 0));
        assert!(Arc::ptr_eq(&read, &viewer.state()), "nothing has changed, and it was put together again");
        // One that is older than the base changes nothing.
        publisher.publish(&batch(&mut live, 1));
        viewer.state();
        viewer.shared.install(&read);
        assert_eq!(viewer.shared.view.load().base.last(), live.last());
    }

    #[test]
    fn what_the_base_has_is_not_published_again() {
        let mut live = State::new();
        let started = batch(&mut live, 2);
        let (mut publisher, viewer) = view(live.clone());
        publisher.publish(&started);
        assert_eq!((viewer.last(), viewer.shared.view.load().weight()), (live.last(), 0));
        publisher.publish(&batch(&mut live, 1));
        assert_eq!(viewer.state().last(), live.last());
    }

    #[test]
    fn what_is_published_while_others_make_bases_is_never_lost() {
        let mut live = State::new();
        let (mut publisher, viewer) = view(live.clone());
        publisher.spawn_folder().unwrap();
        let is_over = AtomicBool::new(false);
        std::thread::scope(|threads| {
            for _ in 0..2 {
                threads.spawn(|| {
                    let mut last = Seq(0);
                    while !is_over.load(Ordering::Acquire) {
                        let state = viewer.state();
                        assert!(state.last() >= last, "record {} after record {last}", state.last());
                        last = state.last();
                    }
                });
            }
            for n in 0..3_000 {
                publisher.publish(&batch(&mut live, 1 + n % 5));
                assert_eq!(viewer.last(), live.last());
            }
            is_over.store(true, Ordering::Release);
        });
        assert_eq!(viewer.state().last(), live.last());
        // What was replaced is freed once nobody has it.
        let replaced = Arc::downgrade(&viewer.shared.view.load().base);
        publisher.publish(&batch(&mut live, 1));
        viewer.state();
        let deadline = Instant::now() + Duration::from_secs(60);
        while replaced.strong_count() > 0 {
            assert!(Instant::now() < deadline, "a base that was replaced is kept");
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_long_chain_is_folded_and_dropped_without_recursion() {
        let mut live = State::new();
        let (mut publisher, viewer) = view(live.clone());
        let mut longest = 0;
        for _ in 0..20_000 {
            publisher.publish(&batch(&mut live, 1));
            let view = viewer.shared.view.load();
            longest = longest.max(view.since.as_ref().map_or(0, |since| since.weight));
        }
        assert!(longest <= TOO_HEAVY * SINCE_MIN + 1, "{longest} records beside the state");
        assert_eq!(viewer.state().last(), live.last());
        let empty = batch(&mut live, 0);
        let chain = (0..200_000)
            .fold(None, |before, _| Some(Arc::new(Since { batch: Arc::clone(&empty), before, weight: 0 })));
        drop(chain);
    }
}
