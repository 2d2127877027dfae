//! The figures, to be read and to be compared.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::disk::is_in_memory;
use crate::load::{Sample, Shape};

/// What several measurements of one thing came to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) min: f64,
    pub(crate) median: f64,
    pub(crate) max: f64,
}

impl Spread {
    pub(crate) fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |at: usize| sorted.get(at).copied().unwrap_or(f64::NAN);
        Self { min: at(0), median: at(sorted.len() / 2), max: at(sorted.len().saturating_sub(1)) }
    }

    fn json(self) -> Value {
        json!({ "min": self.min, "median": self.median, "max": self.max })
    }
}

/// One run's figures.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(crate) rounds: usize,
    pub(crate) seconds: Duration,
    pub(crate) shapes: &'a [Shape],
    /// For each shape, the daemon's and the echo's, a round each.
    pub(crate) samples: &'a [[Vec<Sample>; 2]],
    /// One flush of the disk, microseconds.
    pub(crate) flush: Spread,
}

fn of(samples: &[Sample], value: fn(&Sample) -> f64) -> Spread {
    Spread::of(&samples.iter().map(value).collect::<Vec<_>>())
}

/// The daemon's pairs beside the echo's, round by round.
fn ratio(ours: &[Sample], echo: &[Sample]) -> Spread {
    let of_round = |(a, b): (&Sample, &Sample)| a.pairs_a_second / b.pairs_a_second;
    Spread::of(&ours.iter().zip(echo).map(of_round).collect::<Vec<_>>())
}

impl Report<'_> {
    pub(crate) fn print(&self) {
        let Self { rounds, seconds, flush, .. } = self;
        println!();
        println!(
            "checkout+checkin pairs a second, every answer on the disk before it is told; one command a"
        );
        println!("message; {rounds} rounds of {seconds:?} each, in turn; median (least to most)");
        println!(
            "a bare write and flush of 4 KiB: {:.0} µs ({:.0} to {:.0})",
            flush.median, flush.min, flush.max
        );
        if is_in_memory(&std::env::temp_dir()) {
            println!("THE STATE IS ON A DISK IN MEMORY: nothing below is durable. Set TMPDIR to a real one.");
        }
        println!();
        println!("{:38} {:>28} {:>10} {:>10} {:>10}", "", "pairs/s", "p50 µs", "p99 µs", "cpu µs");
        for (shape, [ours, echo]) in self.shapes.iter().zip(self.samples) {
            println!("{}", shape.name);
            for (name, samples) in [("seatkeeperd", ours), ("empty echo", echo)] {
                let pairs = of(samples, |s| s.pairs_a_second);
                let spread = format!("{:.0} ({:.0} to {:.0})", pairs.median, pairs.min, pairs.max);
                let [p50, p99, cpu] = [
                    of(samples, |s| s.p50_us).median,
                    of(samples, |s| s.p99_us).median,
                    of(samples, |s| s.cpu_us_a_pair).median,
                ];
                println!("  {name:36} {spread:>28} {p50:>10.0} {p99:>10.0} {cpu:>10.2}");
            }
            let ratio = ratio(ours, echo);
            let spread = format!("{:.3} ({:.3} to {:.3})", ratio.median, ratio.min, ratio.max);
            println!("  {:36} {spread:>28}", "ratio");
        }
    }

    /// Writes the figures down, and says the last line.
    pub(crate) fn write(&self) {
        let shapes = self.shapes.iter().zip(self.samples).map(|(shape, [ours, echo])| {
            let figures = |samples: &[Sample]| {
                json!({
                    "pairs_per_s": of(samples, |s| s.pairs_a_second).json(),
                    "p50_us": of(samples, |s| s.p50_us).json(),
                    "p99_us": of(samples, |s| s.p99_us).json(),
                    "server_cpu_us_per_pair": of(samples, |s| s.cpu_us_a_pair).json(),
                })
            };
            json!({
                "name": shape.name,
                "seatkeeperd": figures(ours),
                "echo": figures(echo),
                "ratio": ratio(ours, echo).json(),
            })
        });
        let report = json!({
            "rounds": self.rounds,
            "seconds": self.seconds.as_secs_f64(),
            "flush_us": self.flush.json(),
            "shapes": shapes.collect::<Vec<_>>(),
        });
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("bench");
        std::fs::create_dir_all(&folder).unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let path = folder.join(format!("throughput-{}.json", now.as_secs()));
        std::fs::write(&path, format!("{report:#}\n")).unwrap();
        let figure = |[ours, echo]: &[Vec<Sample>; 2]| {
            format!(
                "{:.0} pairs/s ({:.2} of the echo)",
                of(ours, |s| s.pairs_a_second).median,
                ratio(ours, echo).median
            )
        };
        println!("written to {}", path.display());
        println!("bench: {}", self.samples.iter().map(figure).collect::<Vec<_>>().join(", "));
    }
}
