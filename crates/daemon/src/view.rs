//! The published view: what lmstat and the console read, without waiting for anybody.
//!
//! A view is a state and the batches of records since. The owner publishes each batch once it is on
//! the disk, in constant time; a reader puts the two together. When the batches since have grown past
//! half of the state, the owner takes the newest state that a reader has put together, or puts it
//! together itself, so a record costs the same however many seats are held.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
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
    /// The newest state that a reader has put together; the owner may make it the base.
    offered: ArcSwapOption<State>,
}

/// A view of `state`.
pub(crate) fn view(state: State) -> (Publisher, Viewer) {
    let view = View { base: Arc::new(state), since: None };
    let shared = Arc::new(Shared { view: ArcSwap::from_pointee(view), offered: ArcSwapOption::empty() });
    (Publisher { shared: Arc::clone(&shared) }, Viewer { shared })
}

/// Records that may be kept beside a small state.
const SINCE_MIN: u64 = 4_096;

impl Publisher {
    /// Publishes a batch that is on the disk.
    pub(crate) fn publish(&mut self, batch: Arc<Committed>) {
        let old = self.shared.view.load();
        let before = old.since.clone();
        let weight = before.as_ref().map_or(0, |since| since.weight) + batch.records.len() as u64;
        let since = Some(Arc::new(Since { batch, before, weight }));
        let mut next = View { base: Arc::clone(&old.base), since };
        drop(old);
        if weight > SINCE_MIN.max(next.base.counts().rows() / 2) {
            let offered = self.shared.offered.swap(None).filter(|state| state.last() > next.base.last());
            next = offered.and_then(|state| rebase(&next, state)).unwrap_or_else(|| next.state().into());
        }
        self.shared.view.store(Arc::new(next));
    }
}

impl From<Arc<State>> for View {
    fn from(base: Arc<State>) -> Self {
        Self { base, since: None }
    }
}

/// The same view on a newer base: nothing when that leaves too much beside it.
fn rebase(view: &View, base: Arc<State>) -> Option<View> {
    let mut since = None;
    let mut weight = 0;
    for batch in view.batches() {
        if batch.records.first().is_some_and(|record| record.seq > base.last()) {
            weight += batch.records.len() as u64;
            since = Some(Arc::new(Since { batch: Arc::clone(batch), before: since, weight }));
        }
    }
    (weight <= SINCE_MIN.max(base.counts().rows() / 4)).then_some(View { base, since })
}

impl Viewer {
    /// The state as it is on the disk, put together now.
    pub(crate) fn state(&self) -> Arc<State> {
        let view = self.shared.view.load_full();
        let state = view.state();
        if state.last() > view.base.last() {
            self.shared.offered.store(Some(Arc::clone(&state)));
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
            publisher.publish(batch(&mut live, n));
            assert_eq!(viewer.last(), live.last());
            if n % 7 == 0 {
                assert_eq!(viewer.state().last(), live.last());
            }
        }
    }

    #[test]
    fn a_long_chain_is_folded_and_dropped_without_recursion() {
        let mut live = State::new();
        let (mut publisher, viewer) = view(live.clone());
        let mut longest = 0;
        for _ in 0..20_000 {
            publisher.publish(batch(&mut live, 1));
            let view = viewer.shared.view.load();
            longest = longest.max(view.since.as_ref().map_or(0, |since| since.weight));
        }
        assert!(longest <= SINCE_MIN + 1, "{longest} records beside the state");
        assert_eq!(viewer.state().last(), live.last());
        let empty = batch(&mut live, 0);
        let chain = (0..200_000)
            .fold(None, |before, _| Some(Arc::new(Since { batch: Arc::clone(&empty), before, weight: 0 })));
        drop(chain);
    }
}
