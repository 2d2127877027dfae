//! The metrics as Prometheus reads them. All of it is put together when somebody asks: from what was
//! counted, and from the view.

mod out;
mod plain;
mod pools;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;
use seats::State;
use store::SetAsideReason;

use self::out::Out;
pub(crate) use self::plain::plain;
use crate::clock;
use crate::conn::Count;
use crate::edge::{Edge, VERSION};
use crate::latency::Timed;
use crate::meter::Budget;
use crate::owner::Pulse;

/// What the start found.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Started {
    /// Seconds since 1970.
    pub(crate) at: f64,
    /// Records replayed from the journal.
    pub(crate) replayed: u64,
    /// Whether the seat state was made again.
    pub(crate) is_rebuilt: bool,
    /// Bytes cut off the journal's end.
    pub(crate) cut: u64,
}

/// Where the figures come from.
#[derive(Debug)]
pub(crate) struct Sources {
    pub(crate) edge: Arc<Edge>,
    pub(crate) pulse: Arc<Pulse>,
    pub(crate) connections: Count,
    pub(crate) connections_max: usize,
    pub(crate) budget: Arc<Budget>,
    pub(crate) started: Started,
}

impl Sources {
    /// All metrics now, in OpenMetrics' text.
    pub(crate) fn text(self: &Arc<Self>) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        let state = self.edge.viewer.state();
        registry.register_collector(Box::new(Scrape { sources: Arc::clone(self), state }));
        let mut text = String::new();
        encode(&mut text, &registry)?;
        Ok(text)
    }
}

/// One answer.
#[derive(Debug)]
struct Scrape {
    sources: Arc<Sources>,
    state: Arc<State>,
}

impl Collector for Scrape {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut out = Out(encoder);
        self.process(&mut out)?;
        self.journal(&mut out)?;
        self.seat_state(&mut out)?;
        self.requests(&mut out)?;
        self.connections(&mut out)?;
        self.administration(&mut out)?;
        self.reminders(&mut out)?;
        pools::write(&self.state, &mut out)
    }
}

impl Scrape {
    fn process(&self, out: &mut Out<'_>) -> fmt::Result {
        let Started { at, replayed, is_rebuilt, cut } = self.sources.started;
        out.info("seatkeeper_build", "The daemon's version", [("version", VERSION)])?;
        out.gauge("process_start_time_seconds", "When the daemon was started, in seconds since 1970", at)?;
        out.gauge(
            "seatkeeper_start_records_replayed",
            "Records of the journal that the start replayed",
            replayed as f64,
        )?;
        out.gauge(
            "seatkeeper_start_seat_state_rebuilt",
            "Whether the start made the seat state again (1) or could use the one that was there (0)",
            f64::from(is_rebuilt),
        )?;
        out.gauge(
            "seatkeeper_start_tail_cut_bytes",
            "Bytes that the start cut off the journal's end: a write that a power cut left unfinished",
            cut as f64,
        )
    }

    fn journal(&self, out: &mut Out<'_>) -> fmt::Result {
        let counted = &self.sources.edge.counted;
        out.histogram(
            "seatkeeper_journal_flush_seconds",
            "How long the journal takes to write and flush a batch",
            &counted.flushes.took(),
        )?;
        out.gauge(
            "seatkeeper_journal_flush_slow",
            "Whether the flush under way has taken more than 5 s, or the last one did (1)",
            f64::from(counted.flushes.is_slow(clock::now().mono)),
        )?;
        out.counter(
            "seatkeeper_journal_slow_flushes",
            "Flushes that took more than 5 s",
            counted.flushes.slow(),
        )?;
        out.gauge(
            "seatkeeper_disk_full",
            "Whether the disk has no room for the journal's next segment, so that seats are returned and not granted (1)",
            f64::from(counted.is_full.load(Ordering::Relaxed)),
        )?;
        out.gauge(
            "seatkeeper_journal_left_bytes",
            "Bytes that are left in the segment of the journal that is written; on a full disk returns use them",
            counted.journal_left.get() as f64,
        )?;
        out.histogram(
            "seatkeeper_journal_batch_records",
            "Records of the journal that are written and flushed at once",
            &counted.batches.shown(),
        )?;
        out.counter("seatkeeper_journal_records", "Records written to the journal", counted.batches.sum())?;
        out.counter("seatkeeper_journal_bytes", "Bytes written to the journal", counted.journal_bytes.get())?;
        out.counter(
            "seatkeeper_journal_segment_removal_failures",
            "Times that an old segment of the journal could not be removed",
            counted.segments_kept.get(),
        )?;
        out.gauge(
            "seatkeeper_readers",
            "Readers of the journal that have a name",
            counted.readers.get() as f64,
        )?;
        out.gauge(
            "seatkeeper_readers_behind_records",
            "How many records the last of the readers has not acknowledged",
            counted.readers_behind.get() as f64,
        )?;
        out.counter(
            "seatkeeper_readers_cut_loose",
            "Times that a reader was cut loose since too much of the journal was kept for it",
            counted.readers_cut.get(),
        )?;
        out.counter(
            "seatkeeper_history_failures",
            "Times that the debug log, the usage history or the audit chain could not be written",
            counted.history_failures.get(),
        )
    }

    fn seat_state(&self, out: &mut Out<'_>) -> fmt::Result {
        let (counted, pulse) = (&self.sources.edge.counted, &self.sources.pulse);
        let set_aside = pulse.seat_state_fault.load().as_ref().map(|fault| fault.reason());
        out.gauges(
            "seatkeeper_seat_state_set_aside",
            "Whether the seat state on sled is set aside until the next start, by reason (1)",
            SetAsideReason::ALL.iter().map(|reason| {
                (vec![("reason", reason.as_str().to_owned())], f64::from(set_aside == Some(*reason)))
            }),
        )?;
        let behind = self.state.last().0.saturating_sub(pulse.seat_state_seq.load(Ordering::Relaxed));
        out.gauge(
            "seatkeeper_seat_state_behind_records",
            "Records of the journal that the seat state on sled does not have yet",
            behind as f64,
        )?;
        out.counter("seatkeeper_exports", "Exports of the seats written", counted.exports.get())?;
        out.counter(
            "seatkeeper_export_failures",
            "Times that the seats could not be exported",
            counted.exports_failed.get(),
        )
    }

    fn requests(&self, out: &mut Out<'_>) -> fmt::Result {
        let Sources { edge, pulse, .. } = &*self.sources;
        let counted = &edge.counted;
        out.gauge(
            "seatkeeper_grants_from_seconds",
            "Seconds until seats are granted again after the state was lost; 0: they are",
            pulse.grants_from.since(clock::now().mono).0 as f64 / 1e3,
        )?;
        out.histograms(
            "seatkeeper_request_seconds",
            "How long a command takes, from when it has come to when its answer is given to the connection",
            Timed::ALL
                .iter()
                .map(|what| (vec![("command", what.as_str().to_owned())], counted.latencies.shown(*what))),
        )?;
        let vendors = pools::vendors(&self.state);
        out.counters(
            "seatkeeper_denials",
            "Requests that were denied, by FlexNet's code, and by feature where that is licensed",
            counted.denials.all().into_iter().map(|((feature, code), n)| {
                let vendor = feature.as_ref().and_then(|feature| *vendors.get(feature)?);
                let labels = vec![
                    ("vendor", vendor.map(ToString::to_string).unwrap_or_default()),
                    ("feature", feature.map(|feature| feature.to_string()).unwrap_or_default()),
                    ("code", code.number().to_string()),
                ];
                (labels, n)
            }),
        )?;
        out.gauge(
            "seatkeeper_owner_longest_away_seconds",
            "The longest that the owner was away from what was submitted, without the disk's part",
            pulse.longest_away_us.load(Ordering::Relaxed) as f64 / 1e6,
        )?;
        out.gauge("seatkeeper_queue_length", "Messages that wait for the owner", edge.ring.len() as f64)?;
        out.counter(
            "seatkeeper_queue_full",
            "Messages that were refused with -23, since too many waited for the owner",
            counted.turned_away.get(),
        )
    }

    fn connections(&self, out: &mut Out<'_>) -> fmt::Result {
        let Sources { edge, connections, connections_max, budget, .. } = &*self.sources;
        let counted = &edge.counted;
        out.gauge("seatkeeper_connections", "Connections of clients", connections.get() as f64)?;
        out.gauge(
            "seatkeeper_connections_limit",
            "Connections of clients that there may be at once",
            *connections_max as f64,
        )?;
        out.counter(
            "seatkeeper_connections_not_taken",
            "Connections of clients that were not taken",
            counted.not_taken.get(),
        )?;
        out.counter(
            "seatkeeper_connections_cut",
            "Connections that were cut, since more was kept for them than may be",
            budget.cut.get(),
        )?;
        out.gauge("seatkeeper_sessions", "Sessions that are open", edge.directory.pin().len() as f64)
    }

    fn reminders(&self, out: &mut Out<'_>) -> fmt::Result {
        let counted = &self.sources.edge.counted.reminders;
        let ways = [("mail", &counted.mail), ("webhook", &counted.webhook)];
        let of = |way: &str| vec![("way", way.to_owned())];
        out.counters(
            "seatkeeper_reminders_sent",
            "Mails and events about what ends that their receivers took",
            ways.iter().map(|(way, sending)| (of(way), sending.sent.get())),
        )?;
        out.counters(
            "seatkeeper_reminder_failures",
            "Times that a mail or an event about what ends could not be sent",
            ways.iter().map(|(way, sending)| (of(way), sending.failures.get())),
        )?;
        out.gauges(
            "seatkeeper_reminders_waiting",
            "Mails and events about what ends that are due and not taken yet",
            ways.iter().map(|(way, sending)| (of(way), sending.waiting.get() as f64)),
        )
    }

    fn administration(&self, out: &mut Out<'_>) -> fmt::Result {
        let counted = &self.sources.edge.counted;
        let rereads = [("good", &counted.rereads), ("refused", &counted.rereads_refused)];
        out.counters(
            "seatkeeper_rereads",
            "Rereads of the license and options files: put in force, or refused, so that nothing changed",
            rereads.iter().map(|(result, n)| (vec![("result", (*result).to_owned())], n.get())),
        )?;
        out.gauge(
            "seatkeeper_clock_set_back",
            "Whether the clock is more than 24 hours behind the latest that it has shown, so that seats of dated \
             licenses are not granted (1)",
            f64::from(self.state.is_set_back(clock::now())),
        )
    }
}
