//! The thread that reads the journal behind its owner, and hands what happened to the sinks: debug log, usage
//! history, audit chain. Nobody waits for it: it has a cursor, as every reader of the journal. Where there are
//! sinks it has a seat state of its own, beside the owner's and the view's.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use history::{Done, Order, Sink, Told};
use names::{Code, Seq};
use seats::State;
use store::{Found, JournalReader, OpenError, ReaderName, RealDisk};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tonic::Status;

use crate::clock;
use crate::edge::Edge;
use crate::readers::OwnReader;

/// What its cursor is called.
pub(crate) const READER: &str = "seatkeeper-history";
/// How often it is looked whether something has happened.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// How often what is due is written.
const SETTLE_EVERY: Duration = Duration::from_millis(250);
/// How often the cursor is moved at most: that is a flush of the disk, and each sink knows where it stands.
const CURSOR_EVERY: Duration = Duration::from_secs(2);
/// After which time sinks that failed are opened again.
const AGAIN_AFTER: Duration = Duration::from_secs(10);
/// How long a daemon that stops waits for the last of what happened to be written.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// How long it is waited for after that, where the disk under a sink does not answer.
const NO_ANSWER: Duration = Duration::from_secs(5);
/// Orders of administrators that may wait.
const ORDERS_MAX: usize = 16;
/// It gives way to those who answer clients.
const NICE: i32 = 5;

/// What administrators say to it.
#[derive(Debug, Clone)]
pub(crate) struct Orders(mpsc::Sender<Given>);

/// An order, and who waits for what comes of it.
type Given = (Order, oneshot::Sender<Result<Done, String>>);

impl Orders {
    /// Has an order done.
    ///
    /// # Errors
    /// Why it is not.
    pub(crate) async fn give(&self, order: Order) -> Result<Done, Status> {
        let (told, hears) = oneshot::channel();
        let busy =
            || Status::unavailable(format!("{}: the history is not written now; try again", Code::Busy));
        self.0.try_send((order, told)).map_err(|refused| match refused {
            TrySendError::Full(_) => busy(),
            TrySendError::Closed(_) => Status::failed_precondition(format!(
                "{}: no log, usage history or audit chain is written here",
                Code::BadParameter
            )),
        })?;
        let done = hears.await.map_err(|_| busy())?;
        done.map_err(|why| Status::failed_precondition(format!("{}: {why}", Code::BadParameter)))
    }
}

/// How the sinks are opened, each from where it stands; or why one cannot be.
pub(crate) type OpenSinks = Box<dyn Fn() -> Vec<Result<Box<dyn Sink>, String>> + Send>;

/// The thread's end of it.
pub(crate) struct Chronicle {
    edge: Arc<Edge>,
    reader: OwnReader,
    state_folder: PathBuf,
    open: OpenSinks,
    orders: mpsc::Receiver<Given>,
    is_over: Arc<AtomicBool>,
}

/// A thread that can be asked to end.
#[derive(Debug)]
pub(crate) struct Writing {
    thread: JoinHandle<()>,
    is_over: Arc<AtomicBool>,
}

impl Writing {
    /// Waits until all that happened is written, or for so long.
    pub(crate) fn stop(self) {
        self.stop_within(LAST_WORDS + NO_ANSWER);
    }

    fn stop_within(self, within: Duration) {
        self.is_over.store(true, Ordering::Release);
        self.thread.thread().unpark();
        let began = Instant::now();
        while !self.thread.is_finished() {
            if began.elapsed() > within {
                tracing::error!(
                    "the history is not written to its end: its disk does not answer; what is missing is written after \
                     the next start"
                );
                return;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        if self.thread.join().is_err() {
            tracing::error!("the history ended by a bug; what is missing is written after the next start");
        }
    }
}

impl Chronicle {
    /// The thread's end, and the administrators'.
    pub(crate) fn new(
        edge: Arc<Edge>,
        reader: OwnReader,
        state_folder: PathBuf,
        open: OpenSinks,
    ) -> (Self, Orders) {
        let (orders, given) = mpsc::channel(ORDERS_MAX);
        let is_over = Arc::default();
        (Self { edge, reader, state_folder, open, orders: given, is_over }, Orders(orders))
    }

    /// Starts the thread.
    pub(crate) fn spawn(self) -> io::Result<Writing> {
        let is_over = Arc::clone(&self.is_over);
        let thread = std::thread::Builder::new().name("history".into()).spawn(move || {
            // Where the system refuses that, it runs as everybody else.
            let _ = rustix::process::nice(NICE);
            self.run();
        })?;
        Ok(Writing { thread, is_over })
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    /// Writes until the daemon has stopped. What fails is tried again.
    fn run(mut self) {
        loop {
            let wait = self.write().unwrap_or_else(|why| {
                complain(&self.edge, "the history", &why);
                AGAIN_AFTER
            });
            let failed = Instant::now();
            loop {
                if self.is_over() {
                    return;
                }
                let left = wait.saturating_sub(failed.elapsed());
                if left.is_zero() {
                    break;
                }
                refuse(&mut self.orders);
                std::thread::park_timeout(left.min(SETTLE_EVERY));
            }
        }
    }

    /// Opens the sinks and hands them what happens, until the daemon has stopped, or one that failed is to
    /// be opened again: the others pass over what they have. Gives how long to wait before that.
    fn write(&mut self) -> Result<Duration, String> {
        let mut sinks = Sinks::of(Arc::clone(&self.edge), (self.open)());
        let name = ReaderName::new(READER).ok_or("its cursor has no name")?;
        let Some(upto) = sinks.upto() else {
            if sinks.failed.is_none() {
                // No journal is kept for what is not written any more.
                self.reader.forget(name);
            }
            return Ok(AGAIN_AFTER);
        };
        let next = if upto.0 == 0 { Seq(0) } else { Seq(upto.0 + 1) };
        let disk = RealDisk::read_only(&self.state_folder);
        let journal =
            JournalReader::new(disk, self.reader.store, next).map_err(|e| crate::init::whole(&e))?;
        self.reader.register(name.clone(), journal.next()).map_err(|error| error.to_string())?;
        let told = Told::new(State::clone(&self.edge.viewer.state()));
        let mut feed = Feed { journal, told, passed: upto, moved: Instant::now() };
        let mut settled = Instant::now();
        let mut over_at: Option<Instant> = None;
        loop {
            let is_over = self.is_over();
            let upto = self.edge.viewer.last();
            let is_all = feed.hand(upto, &mut sinks, &self.edge)?;
            self.take_orders(&mut sinks);
            if is_over {
                let since = over_at.get_or_insert_with(Instant::now);
                if is_all || since.elapsed() > LAST_WORDS {
                    sinks.close();
                    return Ok(Duration::ZERO);
                }
            } else if settled.elapsed() >= SETTLE_EVERY {
                settled = Instant::now();
                self.settle(&mut feed, &mut sinks, &name);
            }
            if sinks.are_to_be_opened_again() {
                let wait = if sinks.open.is_empty() { AGAIN_AFTER } else { Duration::ZERO };
                sinks.close();
                return Ok(wait);
            }
            if is_all && !self.is_over() {
                std::thread::park_timeout(LOOK_EVERY);
            }
        }
    }

    fn settle(&self, feed: &mut Feed, sinks: &mut Sinks, name: &ReaderName) {
        let now = clock::now().wall;
        sinks.each(|sink| sink.settle(now));
        // What has failed needs all from where it stands.
        let upto = sinks.upto().filter(|_| sinks.failed.is_none()).unwrap_or(feed.passed);
        if upto > feed.passed && feed.moved.elapsed() >= CURSOR_EVERY {
            (feed.passed, feed.moved) = (upto, Instant::now());
            // A drain ends the cursors before this; each sink knows where it stands.
            self.reader.advance(name.clone(), upto);
        }
    }

    fn take_orders(&mut self, sinks: &mut Sinks) {
        while let Ok((order, told)) = self.orders.try_recv() {
            // Who was told that it takes too long may have asked again.
            if told.is_closed() {
                continue;
            }
            let now = clock::now().wall;
            let done = sinks.open.iter_mut().find_map(|sink| sink.order(&order, now));
            // Whoever asked may have gone.
            let _ = told.send(done.unwrap_or_else(|| Err("nothing of this kind is written".into())));
        }
    }
}

/// Whoever gave an order is told that nothing is written now, and to try again.
fn refuse(orders: &mut mpsc::Receiver<Given>) {
    while orders.try_recv().is_ok() {}
}

/// Refuses sinks that have more than the journal, whose events would be passed over without a word.
fn is_of(upto: Seq, last: Seq) -> Result<(), String> {
    if upto <= last {
        return Ok(());
    }
    Err(format!(
        "it has events up to {upto}, and the journal ends with {last}: the state folder is older than the history, or of \
         another daemon; move what it wrote elsewhere and start again"
    ))
}

fn complain(edge: &Edge, what: &str, why: &str) {
    edge.counted.history_failures.one();
    tracing::error!(
        %why,
        "{what} is not written; it is tried again, and the journal is kept for it meanwhile, within bounds"
    );
}

/// The sinks that are open. One that fails does not keep the others from going on.
struct Sinks {
    edge: Arc<Edge>,
    open: Vec<Box<dyn Sink>>,
    /// When the first failed of those that are not.
    failed: Option<Instant>,
}

impl Sinks {
    /// Those that are open.
    fn of(edge: Arc<Edge>, opened: Vec<Result<Box<dyn Sink>, String>>) -> Self {
        let last = edge.viewer.last();
        let mut sinks = Self { edge, open: Vec::new(), failed: None };
        for one in opened {
            let of_journal = |sink: Box<dyn Sink>| {
                let name = sink.name();
                is_of(sink.upto(), last).map(|()| sink).map_err(|why| format!("{name}: {why}"))
            };
            match one.and_then(of_journal) {
                Ok(sink) => sinks.open.push(sink),
                Err(why) => {
                    complain(&sinks.edge, "a part of the history", &why);
                    sinks.failed.get_or_insert_with(Instant::now);
                }
            }
        }
        sinks
    }

    /// How far all that are open have come for good.
    fn upto(&self) -> Option<Seq> {
        self.open.iter().map(|sink| sink.upto()).min()
    }

    fn are_to_be_opened_again(&self) -> bool {
        self.failed.is_some_and(|since| since.elapsed() >= AGAIN_AFTER) || self.open.is_empty()
    }

    /// Does this to each; one that fails is closed.
    fn each(&mut self, mut act: impl FnMut(&mut dyn Sink) -> io::Result<()>) {
        let Self { edge, open, failed } = self;
        open.retain_mut(|sink| match act(sink.as_mut()) {
            Ok(()) => true,
            Err(error) => {
                complain(edge, sink.name(), &error.to_string());
                failed.get_or_insert_with(Instant::now);
                false
            }
        });
    }

    fn close(&mut self) {
        let now = clock::now().wall;
        self.each(|sink| sink.close(now));
    }
}

/// Batches that are handed on before orders and the clock are looked at.
const BATCHES: usize = 64;

/// What is read, and how far.
struct Feed {
    journal: JournalReader<RealDisk>,
    told: Told,
    /// All sinks have this for good, and the cursor is there.
    passed: Seq,
    /// When the cursor was moved last.
    moved: Instant,
}

impl Feed {
    /// Hands some of what has happened to the sinks. Whether that was all.
    fn hand(&mut self, upto: Seq, sinks: &mut Sinks, edge: &Edge) -> Result<bool, String> {
        for _ in 0..BATCHES {
            if self.journal.next() > upto {
                return Ok(true);
            }
            let whole = |error: &OpenError| crate::init::whole(error);
            match self.journal.read(upto).map_err(|error| whole(&error))? {
                None => return Ok(true),
                Some(Found::Gap(gap)) => {
                    tracing::warn!(from = %gap.from, to = %gap.to, "events were not kept for the history: they are missing in it");
                    let now = clock::now().wall;
                    sinks.each(|sink| sink.gap(gap.from, gap.to, now));
                    // The state does not follow from what is left.
                    self.told = Told::new(State::clone(&edge.viewer.state()));
                }
                Some(Found::Records(records)) => {
                    for record in &records {
                        self.one(record, sinks)?;
                    }
                }
            }
        }
        Ok(false)
    }

    fn one(&mut self, record: &seats::Record, sinks: &mut Sinks) -> Result<(), String> {
        let mut past = sinks.open.iter_mut().find_map(|sink| sink.past());
        let told = match &mut past {
            Some(past) => self.told.happened(record, *past),
            None => self.told.happened(record, &mut ()),
        };
        let happened = told.map_err(|broken| format!("record {}: {broken}", record.seq))?;
        sinks.each(|sink| sink.take(&happened, &self.told));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sinks_that_have_more_than_the_journal_are_refused() {
        assert_eq!(is_of(Seq(7), Seq(7)), Ok(()));
        assert_eq!(is_of(Seq(0), Seq(0)), Ok(()));
        let why = is_of(Seq(8), Seq(7)).unwrap_err();
        assert!(why.contains("events up to 8") && why.contains("ends with 7"), "{why}");
    }

    #[test]
    fn a_sink_that_hangs_keeps_no_daemon_from_stopping() {
        let (go, hangs) = std::sync::mpsc::channel::<()>();
        let (ended, hears) = std::sync::mpsc::channel::<()>();
        let thread = std::thread::spawn(move || {
            let _ = hangs.recv();
            let _ = ended.send(());
        });
        Writing { thread, is_over: Arc::default() }.stop_within(Duration::from_millis(1));
        assert!(hears.try_recv().is_err(), "it hangs still");
        drop(go);
        hears.recv_timeout(Duration::from_secs(60)).unwrap();
    }

    #[tokio::test]
    async fn who_gives_an_order_while_nothing_is_written_is_told_so() {
        let (orders, mut given) = mpsc::channel(ORDERS_MAX);
        let orders = Orders(orders);
        let order = || Order::SwitchLog { vendor: None, path: None };
        let mut gives = Box::pin(orders.give(order()));
        // It waits until it is told something.
        assert!(tokio::time::timeout(Duration::ZERO, &mut gives).await.is_err());
        refuse(&mut given);
        let refused = gives.await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::Unavailable);
        assert!(refused.message().ends_with("try again"), "{}", refused.message());
        drop(given);
        let refused = orders.give(order()).await.unwrap_err();
        assert_eq!(refused.code(), tonic::Code::FailedPrecondition);
        assert!(refused.message().ends_with("is written here"), "{}", refused.message());
    }
}
