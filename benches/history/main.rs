//! How long questions about a year of history take, and how much memory; how large an event is on the disk, and
//! how fast events are written.
//!
//! `cargo xtask bench history` runs it, with `--events N` for another number than 100 million. The year is made up
//! by a seed: features, users and hosts with the rhythm of days and weeks, seats that are held, returned, denied
//! and asked for again. It is written and merged by what the daemon writes and merges with. Each question is
//! asked by a process of its own, whose peak of memory the kernel tells.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot be measured ends here")]
#![allow(clippy::print_stdout, reason = "this is a command line")]

mod year;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use history::report::{self, Answer, Ask, By, Every, Groups};
use history::usage::Folder;
use jiff::tz::TimeZone;

/// Events of a year.
const EVENTS: u64 = 100_000_000;
/// How long a question may take, and how much memory.
const SECONDS_MAX: f64 = 30.0;
const MIB_MAX: f64 = 1024.0;
/// How this program calls itself to ask one question of a folder.
const ASK: &str = "--ask";
/// The questions.
const QUESTIONS: [&str; 9] = [
    "use",
    "use --every day",
    "use, hours of one",
    "use --by user",
    "denials",
    "denials --by user",
    "holders",
    "borrow",
    "what-if",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [word, folder, question, ..] = &arguments[..]
        && word == ASK
    {
        let began = Instant::now();
        let answer = answer(Path::new(folder), question);
        let bytes = answer.sheet.table().len() + answer.sheet.csv().len() + answer.svg.len();
        println!("{} {} {bytes}", began.elapsed().as_secs_f64(), peak());
        return ExitCode::SUCCESS;
    }
    let at = arguments.iter().position(|word| word == "--events");
    let events = at.and_then(|at| arguments.get(at + 1)?.parse().ok()).unwrap_or(EVENTS);
    let folder = tempfile::Builder::new().prefix("seatkeeper-history-").tempdir().unwrap();
    let (written, took) = year::write(folder.path(), events);
    let files = Folder::new(folder.path()).files().unwrap();
    let bytes: u64 = files.iter().map(|file| file.bytes).sum();
    println!(
        "{written} events in {} files, {:.2} bytes an event; {:.0} events/s written and merged\n",
        files.len(),
        bytes as f64 / written as f64,
        written as f64 / took.as_secs_f64()
    );
    println!("{:<20} {:>10} {:>12}", "question", "seconds", "peak");
    let mut worst = (0.0_f64, 0.0_f64);
    for question in QUESTIONS {
        let (seconds, mib) = ask(folder.path(), question);
        println!("{question:<20} {seconds:>10.2} {mib:>8.0} MiB");
        worst = (worst.0.max(seconds), worst.1.max(mib));
    }
    let is_good = worst.0 <= SECONDS_MAX && worst.1 <= MIB_MAX;
    println!(
        "\nbench history: {:.1} s at most (of {SECONDS_MAX:.0}), {:.0} MiB at most (of {MIB_MAX:.0}), {:.2} bytes an \
         event{}",
        worst.0,
        worst.1,
        bytes as f64 / written as f64,
        if is_good { "" } else { ": IT FALLS SHORT" }
    );
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Has another process ask; gives its seconds and MiB.
fn ask(folder: &Path, question: &str) -> (f64, f64) {
    let own = std::env::current_exe().unwrap();
    let said = Command::new(own).arg(ASK).arg(folder).arg(question).output().unwrap();
    assert!(said.status.success(), "{question}: {}", String::from_utf8_lossy(&said.stderr));
    let text = String::from_utf8(said.stdout).unwrap();
    let mut words = text.split_whitespace().map(|word| word.parse::<f64>().unwrap());
    (words.next().unwrap(), words.next().unwrap())
}

fn answer(folder: &Path, question: &str) -> Answer {
    let ask = Ask {
        folder: Folder::new(folder),
        from: None,
        to: None,
        vendor: None,
        feature: None,
        groups: Groups::new(),
        zone: TimeZone::UTC,
        is_strict: true,
    };
    let within = Duration::from_secs(600);
    let answer = match question {
        "use" => report::uses(&ask, By::Feature, None),
        "use --every day" => report::uses(&ask, By::Feature, Some(Every::Day)),
        "use, hours of one" => {
            let one = Ask { feature: Some("feature0".into()), ..ask };
            report::uses(&one, By::Feature, Some(Every::Hour))
        }
        "use --by user" => report::uses(&ask, By::User, None),
        "denials" => report::denials(&ask, By::Feature, within),
        "denials --by user" => report::denials(&ask, By::User, within),
        "holders" => report::holders(&ask, None),
        "borrow" => report::borrow(&ask, None),
        "what-if" => report::what_if(&ask, "feature0", within),
        other => panic!("no such question: {other}"),
    };
    answer.unwrap()
}

/// The most memory that this process had, in MiB.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1024.0
}
