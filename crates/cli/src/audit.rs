//! `audit verify`, `show` and `checkpoint`: the chain of what is administered and licensed.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use history::{AuditLine, Checkpoint, Expected, Verified};
use license::PublicKey;
use names::Code;
use serde::Serialize;

use crate::args::{AuditCommand, AuditFolderArgs, AuditShowArgs, AuditVerifyArgs};
use crate::fail::Failure;
use crate::out;

/// It is whole, and something is not proved.
const UNPROVED: u8 = 1;
/// It was changed.
const CHANGED: u8 = 2;
/// Characters of a value that are shown.
const VALUE_MAX: usize = 1_100;

/// Runs one of the commands.
pub(crate) fn run(command: AuditCommand) -> Result<u8, Failure> {
    match command {
        AuditCommand::Verify(args) => verify(&args),
        AuditCommand::Show(args) => show(&args),
        AuditCommand::Checkpoint(args) => checkpoint(&args),
    }
}

/// The chain's folder, where the state folder or the chain's own was named.
fn folder(args: &AuditFolderArgs) -> PathBuf {
    let inside = args.folder.join("audit");
    if inside.is_dir() { inside } else { args.folder.clone() }
}

fn failed(folder: &Path, error: &std::io::Error) -> Failure {
    let message = format!("{}: {error}", folder.display());
    match error.kind() {
        ErrorKind::NotFound => {
            let remedy = "name the daemon's state folder, or the audit folder in it; a daemon that has started has one";
            Failure::new(Code::BadParameter, message, remedy)
        }
        ErrorKind::PermissionDenied => Failure::new(
            Code::BadParameter,
            message,
            "run it as the daemon's user, or on a copy of the folder",
        ),
        _ => Failure::new(Code::BadParameter, message, "see that it is a folder with an audit chain"),
    }
}

fn expected(args: &AuditVerifyArgs) -> Result<Expected, Failure> {
    let key = args.host_key.as_deref().map(|text| {
        text.parse::<PublicKey>().map_err(|error| {
            let message = format!("--host-key {:?}: {error}", client::shown(text, 80));
            Failure::new(
                Code::BadParameter,
                message,
                "give the line that `seatkeeperd init` printed behind `host key:`",
            )
        })
    });
    let checkpoint = args.checkpoint.as_deref().map(|text| {
        let kept = std::fs::read_to_string(text).unwrap_or_else(|_| text.to_owned());
        kept.trim().parse::<Checkpoint>().map_err(|error| {
            let message = format!("--checkpoint {:?}: {error}", client::shown(text, 80));
            Failure::new(Code::BadParameter, message, "give the whole line, in quotes, or a file with it")
        })
    });
    Ok(Expected { key: key.transpose()?, checkpoint: checkpoint.transpose()?, upto: args.upto })
}

fn verify(args: &AuditVerifyArgs) -> Result<u8, Failure> {
    let (folder, expected) = (folder(&args.folder), expected(args)?);
    let found = history::verify(&folder, &expected).map_err(|error| failed(&folder, &error))?;
    if found.lines == 0 && found.faults.is_empty() && !found.is_to_the_head {
        return Err(failed(&folder, &std::io::Error::new(ErrorKind::NotFound, "there is no audit chain")));
    }
    let unproved = unproved(&found, &expected);
    out::print(&if args.json { json(&found, &unproved)? } else { text(&folder, &found, &unproved) })?;
    Ok(match (found.faults.is_empty(), unproved.is_empty()) {
        (false, _) => CHANGED,
        (true, false) => UNPROVED,
        (true, true) => 0,
    })
}

/// What is not proved although nothing is wrong.
fn unproved(found: &Verified, expected: &Expected) -> Vec<String> {
    let last = found.last.as_ref().map_or(0, |(line, _)| *line);
    let mut all = Vec::new();
    if expected.key.is_none() && expected.checkpoint.is_none() {
        let keys: Vec<_> = found.keys.iter().map(String::as_str).collect();
        let keys = if keys.is_empty() { "no key".to_owned() } else { keys.join(", ") };
        all.push(format!(
            "whose the chain is: it is signed by {keys}; give the license host's with --host-key"
        ));
    }
    if found.keys.len() > 1 {
        all.push("that one license host signed all of it: there are several keys".into());
    }
    if last > found.signed {
        all.push(format!("lines {} to {last}: no checkpoint signs them yet", found.signed + 1));
    }
    if !found.is_to_the_head {
        all.push("that no line was cut at the end: the chain's head is not there".into());
    }
    all
}

fn text(folder: &Path, found: &Verified, unproved: &[String]) -> String {
    let mut text = String::new();
    let count = |n: u64, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    // A String takes everything.
    let _ = writeln!(
        text,
        "{}: {} in {}, {}",
        folder.display(),
        count(found.lines, "line"),
        count(found.files as u64, "file"),
        count(found.checkpoints, "checkpoint")
    );
    if let (Some((first, since)), Some((last, until))) = (&found.first, &found.last) {
        let _ = writeln!(
            text,
            "begins at line {first}, {since}; ends at line {last}, {until}, event {}",
            found.seq
        );
        if *first > 1 {
            let _ = writeln!(text, "lines before it were removed, as old files are");
        }
    }
    for fault in &found.faults {
        let _ = writeln!(text, "CHANGED  {}: {}", client::shown(&fault.place, VALUE_MAX), fault.what);
    }
    if found.faults.is_empty() {
        let first = found.first.as_ref().map_or(1, |(line, _)| *line);
        let _ =
            writeln!(text, "proved: lines {first} to {} are as they were written and signed", found.signed);
    }
    for what in unproved {
        let _ = writeln!(text, "not proved: {what}");
    }
    if found.faults.is_empty() && unproved.is_empty() {
        let _ = writeln!(
            text,
            "an older copy of the whole chain looks the same: hold it against a checkpoint that was kept elsewhere \
             (--checkpoint), or the last event (--upto)"
        );
    }
    text
}

#[derive(Serialize)]
struct VerifiedJson<'a> {
    schema: &'static str,
    files: usize,
    lines: u64,
    checkpoints: u64,
    first_line: Option<u64>,
    last_line: Option<u64>,
    signed_to_line: u64,
    last_seq: u64,
    keys: Vec<&'a str>,
    changed: Vec<FaultJson<'a>>,
    not_proved: &'a [String],
}

#[derive(Serialize)]
struct FaultJson<'a> {
    place: &'a str,
    what: &'a str,
}

fn json(found: &Verified, unproved: &[String]) -> Result<String, Failure> {
    out::json(&VerifiedJson {
        schema: "seatkeeper.audit.verify/1",
        files: found.files,
        lines: found.lines,
        checkpoints: found.checkpoints,
        first_line: found.first.as_ref().map(|(line, _)| *line),
        last_line: found.last.as_ref().map(|(line, _)| *line),
        signed_to_line: found.signed,
        last_seq: found.seq,
        keys: found.keys.iter().map(String::as_str).collect(),
        changed: found
            .faults
            .iter()
            .map(|fault| FaultJson { place: &fault.place, what: &fault.what })
            .collect(),
        not_proved: unproved,
    })
}

fn show(args: &AuditShowArgs) -> Result<u8, Failure> {
    let folder = folder(&args.folder);
    let mut text = String::new();
    let shown = history::lines(&folder, |line| {
        if line.line >= args.from {
            shown_line(&mut text, line);
        }
        Ok(())
    });
    shown.map_err(|error| failed(&folder, &error))?;
    out::print(&text)?;
    Ok(0)
}

/// `12  2026-11-22T13:42:47.123Z  administered  deed reread  by 0`
fn shown_line(text: &mut String, line: &AuditLine) {
    let shown = |text: &str| client::shown(text, VALUE_MAX);
    let _ = write!(text, "{}  {}  {}", line.line, shown(&line.time), shown(&line.kind));
    for (name, value) in line.fields.iter().filter(|(name, _)| *name != "signature") {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let _ = write!(text, "  {} {}", shown(name), shown(&value));
    }
    text.push('\n');
}

fn checkpoint(args: &AuditFolderArgs) -> Result<u8, Failure> {
    let folder = folder(args);
    let last = history::last_checkpoint(&folder).map_err(|error| failed(&folder, &error))?;
    out::print(&format!("{last}\n"))?;
    Ok(0)
}
