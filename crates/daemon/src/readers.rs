//! The readers of the journal: one task has their cursors. The owner only reads how far all have come.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use names::{Code, Seq};
use store::{Cursors, Disk, Reader, ReaderError, ReaderName, ReadersPassed, StoreId};
use tokio::sync::{mpsc, oneshot};
use tonic::Status;

use crate::chronicle::READER;
use crate::counted::Counted;
use crate::edge::Edge;
use crate::owner::Pulse;

/// How often it is looked whether too much is kept for readers.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Asks that may wait.
const ASKS_MAX: usize = 64;

/// What is wanted of the cursors.
#[derive(Debug)]
enum Wanted {
    /// The reader, as it is; a new one begins there.
    Register(Seq),
    /// It has passed this record.
    Advance(Seq),
    Forget,
}

type Told = Result<Option<Reader>, ReaderError>;

#[derive(Debug)]
struct Ask {
    name: ReaderName,
    wanted: Wanted,
    told: oneshot::Sender<Told>,
}

/// The readers, for the streams that serve them.
#[derive(Debug, Clone)]
pub(crate) struct Readers {
    asks: mpsc::Sender<Ask>,
    /// Whose journal it is.
    pub(crate) store: StoreId,
}

/// The task that has the cursors.
#[derive(Debug)]
pub(crate) struct Keeper<D: Disk> {
    cursors: Cursors<D>,
    asked: mpsc::Receiver<Ask>,
}

/// The handle and the task of these cursors.
pub(crate) fn keep<D: Disk>(cursors: Cursors<D>, store: StoreId) -> (Readers, Keeper<D>) {
    let (asks, asked) = mpsc::channel(ASKS_MAX);
    (Readers { asks, store }, Keeper { cursors, asked })
}

impl Readers {
    /// The reader of this name; a new one begins with `from`.
    pub(crate) async fn register(&self, name: ReaderName, from: Seq) -> Result<Reader, Status> {
        let reader = self.ask(name, Wanted::Register(from)).await?;
        reader.ok_or_else(|| Status::internal("the reader is not told"))
    }

    /// A reader has passed a record.
    pub(crate) async fn advance(&self, name: ReaderName, upto: Seq) -> Result<(), Status> {
        self.ask(name, Wanted::Advance(upto)).await.map(drop)
    }

    /// Forgets a reader.
    pub(crate) async fn forget(&self, name: ReaderName) -> Result<(), Status> {
        self.ask(name, Wanted::Forget).await.map(drop)
    }

    /// The same for a thread of the daemon's own. Nobody waits for it: the task ends with the streams.
    pub(crate) fn own(&self) -> OwnReader {
        OwnReader { asks: self.asks.downgrade(), store: self.store }
    }

    async fn ask(&self, name: ReaderName, wanted: Wanted) -> Result<Option<Reader>, Status> {
        let ended = || Status::unavailable("the daemon ends");
        let (told, hears) = oneshot::channel();
        self.asks.send(Ask { name, wanted, told }).await.map_err(|_| ended())?;
        hears.await.map_err(|_| ended())?.map_err(|error| refused(&error))
    }
}

/// The daemon's own reader.
#[derive(Debug, Clone)]
pub(crate) struct OwnReader {
    asks: mpsc::WeakSender<Ask>,
    /// Whose journal it is.
    pub(crate) store: StoreId,
}

impl OwnReader {
    /// The reader of this name; a new one begins with `from`. In a drain there are none any more, and it
    /// goes on without: the next start keeps the journal for it.
    pub(crate) fn register(&self, name: ReaderName, from: Seq) -> Result<(), ReaderError> {
        let (told, hears) = oneshot::channel();
        let Some(asks) = self.asks.upgrade() else { return Ok(()) };
        // Whoever is not asked does not answer.
        let _ = asks.blocking_send(Ask { name, wanted: Wanted::Register(from), told });
        drop(asks);
        let Ok(answer) = hears.blocking_recv() else { return Ok(()) };
        answer.map(drop)
    }

    /// It has passed a record. Where that cannot be said now, the next time will do.
    pub(crate) fn advance(&self, name: ReaderName, upto: Seq) {
        self.say(name, Wanted::Advance(upto));
    }

    /// Forgets it, if it is there.
    pub(crate) fn forget(&self, name: ReaderName) {
        self.say(name, Wanted::Forget);
    }

    fn say(&self, name: ReaderName, wanted: Wanted) {
        let (told, _) = oneshot::channel();
        let _ = self.asks.upgrade().map(|asks| asks.try_send(Ask { name, wanted, told }));
    }
}

/// A reader's name, or why it is none.
pub(crate) fn name(text: &str) -> Result<ReaderName, Status> {
    if text == READER {
        let code = Code::BadParameter;
        return Err(Status::invalid_argument(format!(
            "{code}: {text} is the daemon's own reader; name yours otherwise"
        )));
    }
    ReaderName::new(text).ok_or_else(|| refused(&ReaderError::BadName))
}

fn refused(error: &ReaderError) -> Status {
    let words = |code: Code| format!("{code}: {error}");
    match error {
        ReaderError::BadName | ReaderError::Ahead { .. } => {
            Status::invalid_argument(words(Code::BadParameter))
        }
        ReaderError::TooMany => Status::resource_exhausted(words(Code::BadParameter)),
        ReaderError::Unknown(_) => Status::not_found(words(Code::BadParameter)),
        ReaderError::Io { .. } => Status::unavailable(words(Code::Busy)),
    }
}

impl<D> Keeper<D>
where
    D: Disk + Send + 'static,
{
    /// Serves the streams until the daemon ends. The disk is waited for elsewhere.
    pub(crate) async fn run(self, edge: Arc<Edge>, pulse: Arc<Pulse>) {
        let Self { mut cursors, mut asked } = self;
        let passed = cursors.passed();
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let ask = tokio::select! {
                () = edge.closing.cancelled() => return,
                _ = look.tick() => None,
                ask = asked.recv() => match ask {
                    Some(ask) => Some(ask),
                    // Administrators are served no more: a drain does not wait for this.
                    None => return,
                },
            };
            let (edge, pulse) = (Arc::clone(&edge), Arc::clone(&pulse));
            let done = tokio::task::spawn_blocking(move || {
                match ask {
                    Some(ask) => answer(&mut cursors, ask, edge.viewer.last()),
                    None => trim(
                        &mut cursors,
                        &edge.counted,
                        Seq(pulse.needed_seq.load(Ordering::Relaxed)),
                        edge.viewer.last(),
                    ),
                }
                cursors
            });
            match done.await {
                Ok(back) => cursors = back,
                Err(_) => return give_up(&passed),
            }
        }
    }
}

/// The task has a bug: no journal is kept for readers until the next start.
fn give_up(passed: &ReadersPassed) {
    passed.nobody();
    tracing::error!(
        "the readers of the journal are not served any more; start the daemon again, and report this"
    );
}

fn answer<D: Disk>(cursors: &mut Cursors<D>, ask: Ask, last: Seq) {
    let Ask { name, wanted, told } = ask;
    let done = match wanted {
        Wanted::Register(from) => cursors.register(&name, from).map(Some),
        Wanted::Advance(upto) => cursors.advance(&name, upto, last).map(|()| None),
        Wanted::Forget => cursors.forget(&name).map(|()| None),
    };
    // Whoever asked may have gone.
    let _ = told.send(done);
}

/// Cuts those loose that are too far behind.
fn trim<D: Disk>(cursors: &mut Cursors<D>, counted: &Counted, needed: Seq, last: Seq) {
    let is_full = counted.is_full.load(Ordering::Relaxed);
    match cursors.trim(needed, is_full) {
        Err(error) => tracing::warn!(%error, "it cannot be seen how much of the journal is kept for readers"),
        Ok(cut) => {
            for one in cut {
                counted.readers_cut.one();
                let failed = one.failed.map(|error| error.to_string());
                tracing::warn!(
                    reader = %one.reader.name,
                    from = %one.reader.next,
                    failed,
                    "a reader of the journal is cut loose: too much was kept for it. It is told what it lost when it \
                     reads again; see why it does not read, or forget it with `seatkeeper events --forget`"
                );
            }
        }
    }
    let behind = cursors.readers().iter().map(|reader| (last.0 + 1).saturating_sub(reader.next.0));
    counted.readers_behind.set(behind.max().unwrap_or(0));
    counted.readers.set(cursors.readers().len() as u64);
}

#[cfg(test)]
mod tests {
    use names::{CpuId, Wall};
    use seats::{Event, Record};
    use store::{
        Batch, InitKind, InitOptions, JournalOptions, MapFolder, Opened, Options, ReaderOptions, RealDisk,
    };

    use super::*;

    const STORE: StoreId = StoreId([5; 16]);

    #[test]
    fn a_reader_that_is_cut_loose_is_counted_and_holds_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let disk = RealDisk::new(folder.path());
        let journal = JournalOptions { segment_bytes: 4096 };
        let (created, host) = (Wall(0), CpuId::new("02aa10203040").unwrap());
        let made = InitOptions { store: STORE, created, host, kind: InitKind::New, journal };
        store::init_on(&disk, &made).unwrap();
        let readers = ReaderOptions { kept_bytes_max: 3 * 4096 };
        let options = Options { journal, readers, ..Options::default() };
        let opened = store::open_on(&disk, &mut MapFolder::default(), &options).unwrap();
        let Opened { mut state, mut journal, mut cursors, .. } = opened;
        let history = ReaderName::new("history").unwrap();
        cursors.register(&history, Seq(1)).unwrap();
        let counted = Counted::default();
        for n in 1..=60 {
            let record = Record { seq: Seq(n), at: Wall(0), event: Event::Started };
            state.apply(&record).unwrap();
            let mut batch = Batch::new();
            batch.push_command(&[record]);
            journal.commit(&mut batch, state.counts(), state.fingerprint()).unwrap();
            // As if nothing but the reader needed the journal.
            trim(&mut cursors, &counted, Seq(n), Seq(n));
            let is_cut = cursors.find(&history).is_some_and(|reader| reader.is_cut_loose);
            assert_eq!(counted.readers_cut.get(), u64::from(is_cut), "record {n}");
            assert_eq!((counted.readers.get(), counted.readers_behind.get()), (1, n));
            journal.release(Seq(n).min(cursors.passed().get())).unwrap();
            assert_eq!(journal.first() > Seq(1), is_cut && cursors.passed().get() > Seq(n), "record {n}");
        }
        assert_eq!(counted.readers_cut.get(), 1);
    }
}
