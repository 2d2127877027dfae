//! The metrics as Prometheus reads them. All of it is put together when somebody asks: from what was
//! counted, and from the view.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;
use seats::State;
use store::SetAsideReason;

use crate::clock;
use crate::conn::Count;
use crate::edge::{Edge, VERSION};
use crate::meter::Budget;
use crate::owner::Pulse;

/// Pools with series of their own; what is beyond them is only counted.
const POOLS_MAX: usize = 10_000;

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
    pub(crate) fn text(self: Arc<Self>) -> Result<String, fmt::Error> {
        let mut registry = Registry::default();
        let state = self.edge.viewer.state();
        registry.register_collector(Box::new(Scrape { sources: self, state }));
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
        self.pools(&mut out)
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
        let (sum, counts) = counted.flushes.all();
        out.histogram(
            "seatkeeper_journal_flush_seconds",
            "How long the journal takes to write and flush a batch",
            sum,
            &counts,
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
        out.counter("seatkeeper_journal_records", "Records written to the journal", counted.records.get())?;
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
        let Sources { edge, pulse, connections, connections_max, budget, .. } = &*self.sources;
        let counted = &edge.counted;
        out.gauge(
            "seatkeeper_grants_from_seconds",
            "Seconds until seats are granted again after the state was lost; 0: they are",
            pulse.grants_from.since(clock::now().mono).0 as f64 / 1e3,
        )?;
        out.counters(
            "seatkeeper_denials",
            "Requests that were denied, by FlexNet's code",
            counted.denials().map(|(code, n)| (vec![("code", code.number().to_string())], n)),
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
        )?;
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

    fn pools(&self, out: &mut Out<'_>) -> fmt::Result {
        let mut pools: BTreeMap<Labels, (u64, Option<u64>)> = BTreeMap::new();
        let mut count = 0_u32;
        for (row, in_use) in self.state.pools() {
            count += 1;
            let labels = vec![
                ("vendor", row.id.vendor().to_string()),
                ("feature", row.id.feature().to_string()),
                ("configuration", row.id.config().to_string()),
                ("cpu_id", row.id.cpu().to_string()),
            ];
            if pools.len() < POOLS_MAX || pools.contains_key(&labels) {
                let (used, capacity) = pools.entry(labels).or_default();
                *used += u64::from(in_use);
                if !row.uncounted {
                    *capacity = Some(capacity.unwrap_or(0) + u64::from(row.capacity));
                }
            }
        }
        out.gauge(
            "seatkeeper_pools",
            "Pools, each with a series of its own where their labels differ",
            count.into(),
        )?;
        let shown = || pools.iter().map(|(labels, of)| (labels.clone(), *of));
        out.gauges(
            "seatkeeper_pool_seats_in_use",
            "Seats in use of a pool",
            shown().map(|(labels, (used, _))| (labels, used as f64)),
        )?;
        out.gauges(
            "seatkeeper_pool_seats",
            "Seats of a pool that may be in use at once; none where they are not counted",
            shown().filter_map(|(labels, (_, capacity))| Some((labels, capacity? as f64))),
        )?;
        out.gauge(
            "seatkeeper_waiting",
            "Requests that wait in line for seats",
            self.state.waiters().count() as f64,
        )
    }
}

/// The labels of a series.
type Labels = Vec<(&'static str, String)>;

/// Where metrics are written.
struct Out<'a>(DescriptorEncoder<'a>);

impl Out<'_> {
    fn gauge(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.0.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)
    }

    fn counter(&mut self, name: &str, help: &str, n: u64) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, _, u64>(&n, None)
    }

    fn gauges(&mut self, name: &str, help: &str, values: impl Iterator<Item = (Labels, f64)>) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in values {
            metric.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    fn counters(
        &mut self,
        name: &str,
        help: &str,
        values: impl Iterator<Item = (Labels, u64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, n) in values {
            metric.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&n, None)?;
        }
        Ok(())
    }

    fn histogram(&mut self, name: &str, help: &str, sum: f64, counts: &[(f64, u64)]) -> fmt::Result {
        let count = counts.iter().map(|(_, n)| n).sum();
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        metric.encode_histogram::<NoLabelSet>(sum, count, counts, None)
    }

    fn info<const N: usize>(&mut self, name: &str, help: &str, labels: [(&str, &str); N]) -> fmt::Result {
        self.0.encode_descriptor(name, help, None, MetricType::Info)?.encode_info(&labels)
    }
}
