//! The thread that reads the journal behind its owner, and hands what happened to the sinks: debug log, usage
//! history, audit chain. Nobody waits for it: it has a cursor, as every reader of the journal.

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
use tokio::sync::{mpsc, oneshot};
use tonic::Status;

use crate::clock;
use crate::edge::Edge;
use crate::readers::Readers;

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
/// Orders of administrators that may wait.
const ORDERS_MAX: usize = 16;
/// It gives way to those who answer clients.
const NICE: i32 = 5;

/// What administrators say to it.
#[derive(Debug, Clone)]
pub(crate) struct Orders(mpsc::Sender<(Order, oneshot::Sender<Result<Done, String>>)>);

impl Orders {
    /// Has an order done.
    ///
    /// # Errors
    /// Why it is not.
    pub(crate) async fn give(&self, order: Order) -> Result<Done, Status> {
        let (told, hears) = oneshot::channel();
        let busy =
            || Status::unavailable(format!("{}: the history is not written now; try again", Code::Busy));
        self.0.try_send((order, told)).map_err(|_| busy())?;
        let done = hears.await.map_err(|_| busy())?;
        done.map_err(|why| Status::failed_precondition(format!("{}: {why}", Code::BadParameter)))
    }
}

/// How the sinks are opened, each from where it stands.
pub(crate) type OpenSinks = Box<dyn Fn() -> Result<Vec<Box<dyn Sink>>, String> + Send>;

/// The thread's end of it.
pub(crate) struct Chronicle {
    edge: Arc<Edge>,
    readers: Readers,
    state_folder: PathBuf,
    open: OpenSinks,
    orders: mpsc::Receiver<(Order, oneshot::Sender<Result<Done, String>>)>,
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
        self.is_over.store(true, Ordering::Release);
        self.thread.thread().unpark();
        if self.thread.join().is_err() {
            tracing::error!("the history ended by a bug; what is missing is written after the next start");
        }
    }
}

impl Chronicle {
    /// The thread's end, and the administrators'.
    pub(crate) fn new(
        edge: Arc<Edge>,
        readers: Readers,
        state_folder: PathBuf,
        open: OpenSinks,
    ) -> (Self, Orders) {
        let (orders, given) = mpsc::channel(ORDERS_MAX);
        let is_over = Arc::default();
        (Self { edge, readers, state_folder, open, orders: given, is_over }, Orders(orders))
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
            match self.write() {
                Ok(()) => return,
                Err(why) => {
                    tracing::error!(
                        %why,
                        "what happens is not written to the debug log, the usage history and the audit chain; \
                         it is tried again, and the journal is kept for it meanwhile, within bounds"
                    );
                }
            }
            let failed = Instant::now();
            while failed.elapsed() < AGAIN_AFTER {
                if self.is_over() {
                    return;
                }
                std::thread::park_timeout(AGAIN_AFTER.saturating_sub(failed.elapsed()));
            }
        }
    }

    /// Opens the sinks and hands them what happens, until the daemon has stopped.
    fn write(&mut self) -> Result<(), String> {
        let mut sinks = (self.open)()?;
        let Some(upto) = sinks.iter().map(|sink| sink.upto()).min() else { return Ok(()) };
        let name = ReaderName::new(READER).ok_or("its cursor has no name")?;
        let next = if upto.0 == 0 { Seq(0) } else { Seq(upto.0 + 1) };
        let disk = RealDisk::read_only(&self.state_folder);
        let journal =
            JournalReader::new(disk, self.readers.store, next).map_err(|e| crate::init::whole(&e))?;
        self.readers.register_blocking(name.clone(), journal.next())?;
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
                    return close(&mut sinks);
                }
            } else if settled.elapsed() >= SETTLE_EVERY {
                settled = Instant::now();
                self.settle(&mut feed, &mut sinks, &name)?;
            }
            if is_all && !self.is_over() {
                std::thread::park_timeout(LOOK_EVERY);
            }
        }
    }

    fn settle(&self, feed: &mut Feed, sinks: &mut [Box<dyn Sink>], name: &ReaderName) -> Result<(), String> {
        let now = clock::now().wall;
        for sink in &mut *sinks {
            sink.settle(now).map_err(|error| failed(sink.as_ref(), &error))?;
        }
        let upto = sinks.iter().map(|sink| sink.upto()).min().unwrap_or(feed.passed);
        if upto > feed.passed && feed.moved.elapsed() >= CURSOR_EVERY {
            (feed.passed, feed.moved) = (upto, Instant::now());
            // A drain ends the cursors before this; each sink knows where it stands.
            self.readers.advance_blocking(name.clone(), upto);
        }
        Ok(())
    }

    fn take_orders(&mut self, sinks: &mut [Box<dyn Sink>]) {
        while let Ok((order, told)) = self.orders.try_recv() {
            let now = clock::now().wall;
            let done = sinks.iter_mut().find_map(|sink| sink.order(&order, now));
            // Whoever asked may have gone.
            let _ = told.send(done.unwrap_or_else(|| Err("nothing of this kind is written".into())));
        }
    }
}

fn failed(sink: &dyn Sink, error: &io::Error) -> String {
    format!("{}: {error}", sink.name())
}

fn close(sinks: &mut [Box<dyn Sink>]) -> Result<(), String> {
    let now = clock::now().wall;
    for sink in sinks {
        if let Err(error) = sink.close(now) {
            tracing::error!(sink = sink.name(), %error, "the last of what happened is written after the next start");
        }
    }
    Ok(())
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
    fn hand(&mut self, upto: Seq, sinks: &mut [Box<dyn Sink>], edge: &Edge) -> Result<bool, String> {
        for _ in 0..BATCHES {
            if self.journal.next() > upto {
                return Ok(true);
            }
            let whole = |error: &OpenError| crate::init::whole(error);
            match self.journal.read(upto).map_err(|error| whole(&error))? {
                None => return Ok(true),
                Some(Found::Gap(gap)) => {
                    tracing::warn!(from = %gap.from, to = %gap.to, "events were not kept for the history: they are missing in it");
                    for sink in &mut *sinks {
                        let now = clock::now().wall;
                        sink.gap(gap.from, gap.to, now).map_err(|error| failed(sink.as_ref(), &error))?;
                    }
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

    fn one(&mut self, record: &seats::Record, sinks: &mut [Box<dyn Sink>]) -> Result<(), String> {
        let mut past = sinks.iter_mut().find_map(|sink| sink.past());
        let told = match &mut past {
            Some(past) => self.told.happened(record, *past),
            None => self.told.happened(record, &mut ()),
        };
        let happened = told.map_err(|broken| format!("record {}: {broken}", record.seq))?;
        for sink in &mut *sinks {
            sink.take(&happened, &self.told).map_err(|error| failed(sink.as_ref(), &error))?;
        }
        Ok(())
    }
}
