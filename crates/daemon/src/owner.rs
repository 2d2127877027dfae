//! The owner: one thread decides, writes, and only then answers.
//!
//! ```text
//!  loop: take all that was submitted ─▶ decide each ─▶ one write, one flush ─▶ publish ─▶ answer
//! ```
//!
//! Deciding and writing are one thread: measured, that is faster than two with a hand-over between
//! them, because what comes while the disk flushes makes the next batch. A denial is told before the
//! flush, everything else after.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use names::{Code, Millis, Mono, Now, SessionId};
use rustc_hash::FxHashMap;
use seats::{Answer, Denial, Detail, Record};
use service::{Ask, Engine, Reply};
use store::{
    Applier, Batch, Committed, Journal, JournalError, Notice, ReadersPassed, RealDisk, Room, SeatsFailed,
};

use crate::away::Away;
use crate::clock;
use crate::edge::{Edge, Submission};
use crate::outbox::{Answered, Outbox, Tag};
use crate::view::Publisher;

/// How long an idle owner sleeps while something is left to tend.
const UNSETTLED: Millis = Millis(100);
/// Submissions decided in one round: clients whose answers make no record, and come at once, must not
/// keep those waiting that do.
const ROUND_MAX: usize = 4_096;
/// Bytes that one command's records may take.
const COMMAND_BYTES: u64 = 512 * 1024;
const NO_GRANTS: &str = "the license host's disk is full; seats can be returned, not taken";
const DISK_FULL: &str = "the license host's disk is full; try again";
const AFTER_LOSS: &str = "the license host lost its state; seats are granted again once clients that may still hold \
                          some have given them up";
/// How long the stop waits for the seat state.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// What others may know of the owner.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    /// Rounds of its loop: it stands still when the owner is stuck.
    pub(crate) rounds: AtomicU64,
    /// The longest that it was away from what was submitted, in microseconds, without the disk's part.
    pub(crate) longest_away_us: AtomicU64,
    /// The last record that the seat state on sled has.
    pub(crate) seat_state_seq: AtomicU64,
    /// The last record that only readers of the journal may need.
    pub(crate) needed_seq: AtomicU64,
    /// Why the seat state was set aside, if it was.
    pub(crate) seat_state_fault: ArcSwapOption<SeatsFailed>,
    /// After a loss nothing is granted before this: clients may hold seats that are unknown here.
    pub(crate) grants_from: Mono,
}

/// Everything the owner has.
pub(crate) struct Owner {
    pub(crate) edge: Arc<Edge>,
    pub(crate) engine: Engine,
    pub(crate) journal: Journal<RealDisk>,
    pub(crate) applier: Applier,
    /// What the readers of the journal have passed.
    pub(crate) readers: ReadersPassed,
    pub(crate) publisher: Publisher,
    pub(crate) pulse: Arc<Pulse>,
    pub(crate) away: Away,
    pub(crate) work: Work,
    pub(crate) clock: clock::Watch,
}

/// What the round at hand has made.
#[derive(Debug, Default)]
pub(crate) struct Work {
    batch: Batch,
    records: Vec<Record>,
    /// Answers that wait for the flush.
    waiting: Vec<(Arc<Outbox>, Vec<Answered>)>,
    /// Where each session hears news: the stream that welcomed it last.
    streams: FxHashMap<SessionId, Arc<Outbox>>,
    stop: bool,
}

impl Owner {
    /// Writes down what the engine's start has made, before anything is served.
    pub(crate) fn start(&mut self, records: Vec<Record>) -> Result<(), JournalError> {
        self.work.batch.push_command(&records);
        self.work.records = records;
        self.clock.look(clock::now(), self.engine.state());
        self.finish_round()
    }

    /// Serves until it is told to stop.
    pub(crate) fn run(mut self) -> Result<(), JournalError> {
        self.edge.ring.own();
        self.away.slept();
        while !self.work.stop {
            self.pulse.rounds.fetch_add(1, Ordering::Relaxed);
            let now = clock::now();
            // What is due comes first: a day that begins changes what may be granted.
            self.do_due(now);
            self.take(now);
            self.clock.look(now, self.engine.state());
            let idle = self.work.batch.is_empty() && self.work.waiting.is_empty();
            self.finish_round()?;
            if idle && !self.work.stop {
                let now = clock::now();
                let mut until = self.engine.next_due(now).since(now.mono);
                if !self.fits() {
                    // What is due cannot be written down: look again now and then.
                    until = UNSETTLED;
                } else if !self.is_settled() {
                    until = until.min(UNSETTLED);
                }
                // At least a millisecond: a timer that is due next is not waited for by spinning.
                self.edge.ring.sleep(Duration::from_millis(until.0.max(1)));
                self.away.slept();
            }
        }
        let now = clock::now();
        if self.fits() {
            self.record(|engine, out| engine.stop(now, out));
        }
        self.finish_round()?;
        if !self.applier.stop(STOP_WITHIN) {
            tracing::warn!("the seat state did not stop in time; the next start reads more of the journal");
        }
        Ok(())
    }

    /// Whether nothing is left to tend: the seat state has caught up, and there is room ahead, filled.
    fn is_settled(&self) -> bool {
        let caught_up = self.applier.cursor().0 + 1 >= self.journal.next().0 || !self.applier.has_seats();
        let told = self.pulse.seat_state_seq.load(Ordering::Relaxed) == self.applier.cursor().0;
        caught_up && told && self.journal.room() == Room::Ample && self.journal.is_tended()
    }

    /// Decides what was submitted, until the batch is full.
    fn take(&mut self, now: Now) {
        for _ in 0..ROUND_MAX {
            if self.work.batch.is_full() || self.work.stop {
                return;
            }
            self.away.looks();
            match self.edge.ring.take() {
                None => return,
                Some(Submission::Stop) => self.work.stop = true,
                Some(Submission::Asks { outbox, asks }) => self.decide(now, outbox, asks),
            }
        }
    }

    fn decide(&mut self, now: Now, outbox: Arc<Outbox>, asks: Vec<(Tag, Ask)>) {
        let mut at_once = Vec::new();
        let mut after = Vec::with_capacity(asks.len());
        for (tag, ask) in asks {
            let reply = match self.refusal(now, &ask) {
                Some(why) => busy(why),
                None => {
                    let is_reread = ask.is_reread();
                    let reply = self.record(|engine, out| engine.handle(now, ask, out));
                    if is_reread {
                        // In the order that the rereads were decided in: lines prove what is granted.
                        self.edge.licensed.store(Arc::clone(self.engine.licensed()));
                        self.edge.policy.store(Arc::clone(self.engine.policy()));
                        if let Some(replaced) = self.engine.take_replaced() {
                            self.edge.replaced.push(replaced);
                        }
                    }
                    self.follow_sessions(Some(&reply));
                    reply
                }
            };
            if let (Answer::Welcome { session, .. }, true) = (&reply.answer, outbox.is_stream) {
                self.work.streams.insert(*session, Arc::clone(&outbox));
            }
            if let Answer::Denied(denial) = &reply.answer {
                self.edge.counted.denied(denial.code);
            }
            let told = if reply.at_once { &mut at_once } else { &mut after };
            told.push(Answered { tag, reply });
        }
        outbox.put(at_once);
        if !after.is_empty() {
            self.work.waiting.push((outbox, after));
        }
    }

    /// Why an ask cannot be decided now. Nothing is admitted that could not be written down; returns
    /// use what is left of the journal.
    fn refusal(&self, now: Now, ask: &Ask) -> Option<&'static str> {
        let is_return = ask.gives_back();
        if self.journal.room() != Room::Ample && !(is_return && self.fits()) {
            return Some(if is_return { DISK_FULL } else { NO_GRANTS });
        }
        (now.mono < self.pulse.grants_from && ask.takes_seats()).then_some(AFTER_LOSS)
    }

    /// Whether another command fits into the journal behind what waits for it.
    fn fits(&self) -> bool {
        self.journal.room() == Room::Ample || self.journal.left() >= self.work.batch.bytes() + COMMAND_BYTES
    }

    /// Keeps the directory of sessions as the engine has them.
    fn follow_sessions(&mut self, reply: Option<&Reply>) {
        let directory = self.edge.directory.pin();
        if let Some(Reply { answer: Answer::Welcome { session, .. }, live: Some(live), .. }) = reply {
            directory.insert(*session, live.clone());
        }
        for ended in self.engine.take_ended() {
            self.work.streams.remove(&ended);
            directory.remove(&ended);
        }
    }

    fn do_due(&mut self, now: Now) {
        let mut more = true;
        while more && !self.work.batch.is_full() && self.fits() {
            more = self.record(|engine, out| engine.due(now, out));
            self.follow_sessions(None);
        }
    }

    /// Runs one command of the engine; its records stay together.
    fn record<T>(&mut self, command: impl FnOnce(&mut Engine, &mut Vec<Record>) -> T) -> T {
        let before = self.work.records.len();
        let done = command(&mut self.engine, &mut self.work.records);
        self.work.batch.push_command(self.work.records.get(before..).unwrap_or_default());
        done
    }

    /// Writes the round down, publishes it, and tells the answers that waited.
    fn finish_round(&mut self) -> Result<(), JournalError> {
        let mut durable = None;
        if !self.work.batch.is_empty() {
            let state = self.engine.state();
            let counted = &self.edge.counted;
            counted.flushes.begins(clock::now().mono);
            let began = Instant::now();
            let grew = self.journal.commit(&mut self.work.batch, state.counts(), state.fingerprint())?;
            let took = began.elapsed();
            self.away.waited(took);
            counted.records.add(self.work.records.len() as u64);
            if counted.flushes.ended(took) {
                let ms = took.as_millis();
                tracing::warn!(
                    ms,
                    "the disk took long to flush the journal; nothing was granted meanwhile: see what else uses \
                     the disk, and whether it is failing"
                );
            }
            let committed = Arc::new(Committed {
                records: std::mem::take(&mut self.work.records),
                counts: state.counts(),
                fingerprint: state.fingerprint(),
                bytes: grew,
            });
            self.publisher.publish(&committed);
            durable = Some(committed);
        }
        for (outbox, answers) in self.work.waiting.drain(..) {
            outbox.put(answers);
        }
        for (session, news) in self.engine.take_news() {
            if let Some(outbox) = self.work.streams.get(&session) {
                outbox.put_news(session, news);
            }
        }
        // Whoever waits is told first: waking the seat state's thread takes as long as an answer.
        if let Some(committed) = durable {
            self.applier.offer(committed);
        }
        self.tend()
    }

    /// What can wait until the answers are told: room ahead, old segments, news of the seat state.
    fn tend(&mut self) -> Result<(), JournalError> {
        let is_full = self.journal.tend()? != Room::Ample;
        let counted = &self.edge.counted;
        match (counted.is_full.swap(is_full, Ordering::Relaxed), is_full) {
            (true, false) => tracing::info!("the disk has room again; seats are granted"),
            (false, true) => tracing::error!(
                "the disk is full: seats can be returned, not taken; free some space, nothing else is needed"
            ),
            _ => {}
        }
        counted.journal_left.set(self.journal.left());
        self.pulse.seat_state_seq.store(self.applier.cursor().0, Ordering::Relaxed);
        let needed = self.applier.passed();
        self.pulse.needed_seq.store(needed.0, Ordering::Relaxed);
        if let Err(error) = self.journal.release(needed.min(self.readers.get())) {
            counted.segments_kept.one();
            tracing::warn!(%error, "an old segment of the journal could not be removed; it is tried again");
        }
        while let Some(notice) = self.applier.notice() {
            match notice {
                Notice::SetAside(why) => {
                    tracing::error!(
                        %why,
                        "the seat state on sled is set aside; the journal goes on, and the next start makes it: see \
                         whether the disk is failing, and start the daemon again when it suits"
                    );
                    self.pulse.seat_state_fault.store(Some(Arc::new(why)));
                }
                Notice::Exported { cursor, bytes } => {
                    counted.exports.one();
                    tracing::info!(%cursor, bytes, "the seats were exported");
                }
                Notice::ExportFailed(why) => {
                    counted.exports_failed.one();
                    tracing::warn!(%why, "the seats could not be exported; it is tried again, and the journal is kept");
                }
            }
        }
        Ok(())
    }
}

/// The answer to what cannot be decided now.
fn busy(why: &'static str) -> Reply {
    let detail = Detail::Limit(why);
    let denial = Denial { code: Code::Busy, detail, figures: None };
    Reply { answer: Answer::Denied(Box::new(denial)), at_once: true, live: None, borrowed: None }
}

/// Sessions that survived the restart, for the directory.
pub(crate) fn survivors(engine: &Engine) -> Vec<(SessionId, service::Live)> {
    engine.live_sessions().collect()
}
