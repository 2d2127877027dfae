//! How long a signed pack takes to load, beside the signature checks alone, and how much memory.
//!
//! `cargo xtask bench license` runs it. Packs of three sizes are signed, which is not measured. Each is
//! then loaded by a process of its own, which begins with nothing in memory: parsing, verification,
//! seals and resolution in turn with bare `verify_strict` over the same bytes, with a key that is decoded
//! already. A ratio of the two says more than either on a machine that others use too.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot be measured ends here")]
#![allow(clippy::print_stdout, reason = "this is a command line")]

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use ed25519_dalek::{Signature, VerifyingKey};
use license::{SecretKey, SignOptions, Source, Trust, TrustedKey, load, sign_pack};
use names::{PackNumber, Vendor};

/// Lines of the packs.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// How many times as long as the signature checks a load may take, at the largest size.
const RATIO_MAX: f64 = 1.5;
/// How much more time, and memory, a line may take in the largest pack than in the smallest.
const GROWTH_MAX: f64 = 1.5;
/// The word that makes this program the one that measures.
const CHILD: &str = "measure";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some([word, path, rounds]) = arguments.first_chunk::<3>()
        && word == CHILD
    {
        measure(Path::new(path), rounds.parse().unwrap());
        return ExitCode::SUCCESS;
    }
    let at = arguments.iter().position(|word| word == "--rounds");
    let rounds: usize = at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(5).max(1);
    let folder = tempfile::tempdir().unwrap();
    println!(
        "loading signed packs of INCREMENT lines, and the signature checks alone; {rounds} rounds in turn;"
    );
    println!(
        "median (least to most); memory is the most that the loading process had, less what it began with"
    );
    println!();
    println!(
        "{:>7}  {:>7}  {:>28}  {:>28}  {:>22}  {:>20}",
        "lines", "MiB", "load µs a line", "checks µs a line", "ratio", "memory"
    );
    let figures: Vec<Figures> = SIZES
        .iter()
        .map(|lines| {
            let path = folder.path().join(format!("{lines}.lic"));
            std::fs::write(&path, pack(*lines)).unwrap();
            let child = Command::new(std::env::current_exe().unwrap())
                .args([CHILD, path.to_str().unwrap(), &rounds.to_string()])
                .output()
                .unwrap();
            assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));
            let figures = Figures::read(*lines, &path, &String::from_utf8(child.stdout).unwrap());
            figures.print();
            figures
        })
        .collect();
    if judge(&figures) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn key() -> SecretKey {
    SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [1; 32])
}

/// A signed pack of so many lines, as a large site's have.
fn pack(lines: usize) -> Vec<u8> {
    let mut text = String::from("SERVER lic1 02aa10203040 27000\nVENDOR acmed port=27010\nUSE_SERVER\n");
    for n in 0..lines {
        text.push_str(&format!(
            "INCREMENT feature_{} acmed {}.{} 31-dec-2027 {} CONFIG_ID={} SEAT=FLOATING \\\n\
             \tISSUED=02-jan-2026 SN=AC-{n} VENDOR_STRING=\"site=north tier={}\" vendor_info=\"row {n}\"\n",
            n % 997,
            n % 31,
            n % 10,
            1 + n % 50,
            10_000 + n % 997,
            n % 3,
        ));
    }
    let host_key = Some(SecretKey::for_host([2; 32]).public());
    let options = SignOptions { host_key, ..SignOptions::new(PackNumber::new("P-1").unwrap()) };
    sign_pack(&Source::new("p.lic", text), &key(), &options).unwrap()
}

/// The most memory this process has had, in KiB.
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Loads the file again and again, and checks its signatures alone in between. Prints the memory, then
/// the seconds of both in each round.
fn measure(path: &Path, rounds: usize) {
    let before = most_memory();
    let trust = Trust::new(vec![TrustedKey { vendor: Vendor::new("acmed").unwrap(), key: key().public() }]);
    let sources = [Source::new("p.lic", std::fs::read(path).unwrap())];
    let loaded = load(&sources, &trust, None, false);
    println!("{}", most_memory() - before);
    assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics.first());
    let verifying = VerifyingKey::from_bytes(key().public().as_bytes()).unwrap();
    let lines: Vec<_> = loaded.entitlements.iter().filter_map(|e| e.line.clone()).collect();
    for _ in 0..rounds {
        let began = Instant::now();
        let again = load(&sources, &trust, None, false);
        let load_took = began.elapsed();
        assert_eq!(again.entitlements.len(), lines.len());
        drop(again);
        let began = Instant::now();
        for line in &lines {
            verifying.verify_strict(&line.canonical, &Signature::from_bytes(&line.signature)).unwrap();
        }
        println!("{} {}", load_took.as_secs_f64(), began.elapsed().as_secs_f64());
    }
}

/// What one size came to.
#[derive(Debug)]
struct Figures {
    lines: usize,
    bytes: u64,
    memory_kib: f64,
    load: Vec<f64>,
    checks: Vec<f64>,
}

impl Figures {
    fn read(lines: usize, path: &Path, said: &str) -> Self {
        let mut rows = said.lines();
        let memory_kib = rows.next().unwrap().parse().unwrap();
        let pair = |row: &str| -> (f64, f64) {
            let (load, checks) = row.split_once(' ').unwrap();
            (load.parse().unwrap(), checks.parse().unwrap())
        };
        let (load, checks) = rows.map(pair).unzip();
        Self { lines, bytes: std::fs::metadata(path).unwrap().len(), memory_kib, load, checks }
    }

    fn ratios(&self) -> Vec<f64> {
        self.load.iter().zip(&self.checks).map(|(load, checks)| load / checks).collect()
    }

    fn a_line(&self, value: f64) -> f64 {
        value / self.lines as f64
    }

    fn print(&self) {
        let micros =
            |seconds: &[f64]| spread(&seconds.iter().map(|s| self.a_line(*s) * 1e6).collect::<Vec<_>>());
        println!(
            "{:>7}  {:>7.1}  {:>28}  {:>28}  {:>22}  {:>11.1} MiB, {:.0} bytes a line",
            self.lines,
            self.bytes as f64 / f64::from(1 << 20),
            micros(&self.load),
            micros(&self.checks),
            spread(&self.ratios()),
            self.memory_kib / 1024.0,
            self.a_line(self.memory_kib) * 1024.0,
        );
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

fn median(values: &[f64]) -> f64 {
    sorted(values).get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn spread(values: &[f64]) -> String {
    let sorted = sorted(values);
    let (least, most) = (sorted.first().unwrap(), sorted.last().unwrap());
    format!("{:.2} ({least:.2} to {most:.2})", median(values))
}

/// Says the last line. Whether every figure is below its limit.
fn judge(figures: &[Figures]) -> bool {
    let (small, large) = (figures.first().unwrap(), figures.last().unwrap());
    let ratio = median(&large.ratios());
    let time = large.a_line(median(&large.load)) / small.a_line(median(&small.load));
    let memory = large.a_line(large.memory_kib) / small.a_line(small.memory_kib);
    println!();
    println!(
        "a line of the largest pack takes {time:.2} times the time and {memory:.2} times the memory of a line of the \
         smallest; the limit is {GROWTH_MAX}, and {RATIO_MAX} for the ratio"
    );
    println!(
        "{} lines: {ratio:.2} times the signature checks, {:.2} s, {:.0} MiB",
        large.lines,
        median(&large.load),
        large.memory_kib / 1024.0
    );
    ratio < RATIO_MAX && time <= GROWTH_MAX && memory <= GROWTH_MAX
}
