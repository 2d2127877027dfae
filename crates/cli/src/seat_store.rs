//! `store check`, `export`, `import` and `repair`: the state folder of a daemon that is stopped.

mod json;

use std::fmt::Write as _;
use std::path::Path;

use jiff::Timestamp;
use names::{Code, Wall};
use store::offline::{self, Check, Holder, ImportOptions, OfflineError, Outcome, Plan, PoolUse, Severity};
use store::{JournalOptions, OpenError, StoreId};
use tempfile::TempDir;

use crate::args::{StoreCheckArgs, StoreCommand, StoreExportArgs, StoreImportArgs, StoreRepairArgs};
use crate::fail::Failure;
use crate::{out, times};

/// Something is not as it should be, and a start mends it; or a repair was only shown.
const MENDED: u8 = 1;
/// A start is refused.
const REFUSED: u8 = 2;
/// Characters of a name that are shown.
const NAME_MAX: usize = 200;

/// Runs one of the commands.
pub(crate) fn run(command: StoreCommand) -> Result<u8, Failure> {
    match command {
        StoreCommand::Check(args) => check(&args),
        StoreCommand::Export(args) => export(&args),
        StoreCommand::Import(args) => import(&args),
        StoreCommand::Repair(args) => repair(&args),
    }
}

fn check(args: &StoreCheckArgs) -> Result<u8, Failure> {
    let found = offline::check(&args.folder, scratch()?.path()).map_err(|e| failed(&e.into()))?;
    out::print(&if args.json { json::check(&found)? } else { text(&found) })?;
    Ok(status(&found))
}

fn status(found: &Check) -> u8 {
    match found.worst() {
        None => 0,
        Some(Severity::Mended) => MENDED,
        Some(Severity::Refused) => REFUSED,
    }
}

fn export(args: &StoreExportArgs) -> Result<u8, Failure> {
    let done = offline::export(&args.folder, scratch()?.path(), &args.file).map_err(|e| failed(&e))?;
    out::print(&format!(
        "exported: {} as of record {}, {} bytes, to {}\n",
        count(done.rows, "row"),
        done.cursor,
        done.bytes,
        args.file.display()
    ))?;
    Ok(0)
}

fn import(args: &StoreImportArgs) -> Result<u8, Failure> {
    let mut store = [0; 16];
    getrandom::fill(&mut store)
        .map_err(|e| Failure::new(Code::BadParameter, format!("the system has no random bytes: {e}"), ""))?;
    let options = ImportOptions { store: StoreId(store), created: now(), journal: JournalOptions::default() };
    let done = offline::import(&args.file, &args.folder, &options).map_err(|e| failed(&e))?;
    let folder = args.folder.display();
    out::print(&format!(
        "imported: {} as of record {}, of the store {}, to {folder}\n\
         it is the store {}, epoch {}, for host {}; a daemon grants seats from it once clients that may hold others \
         have given them up\n\
         next: put the license host's key, host.key of the old folder, into {folder}\n",
        count(done.rows, "row"),
        done.cursor,
        done.from,
        done.sentinel.store,
        done.sentinel.epoch,
        done.sentinel.host
    ))?;
    Ok(0)
}

fn repair(args: &StoreRepairArgs) -> Result<u8, Failure> {
    let plan = offline::plan(&args.folder, scratch()?.path()).map_err(|e| failed(&e))?;
    let folder = plan.check().folder.clone();
    let (does, frees) = match plan.outcome() {
        Outcome::Nothing => {
            out::print(&format!("{folder}: there is nothing to repair: a start is not refused\n"))?;
            return Ok(0);
        }
        Outcome::Cannot(why) => {
            let why = why.clone();
            return Err(failed(&OfflineError::CannotRepair { folder, why }));
        }
        Outcome::Can { does, frees } => (does, frees),
    };
    let why = plan.check().refusal();
    let mut text = why.map_or_else(String::new, |why| format!("{folder}: a start is refused: {why}\n"));
    lines(&mut text, "does", does);
    lines(&mut text, "frees", frees);
    if frees.is_empty() {
        text.push_str("frees no seat\n");
    }
    if !args.yes {
        text.push_str("nothing was changed; --yes does it\n");
        out::print(&text)?;
        return Ok(MENDED);
    }
    out::print(&text)?;
    carry_out(plan, &args.folder)
}

fn carry_out(plan: Plan, folder: &Path) -> Result<u8, Failure> {
    let when = Timestamp::now().round(jiff::Unit::Second).unwrap_or_default().to_string();
    let done = offline::repair(&plan, &when, now(), JournalOptions::default()).map_err(|e| failed(&e))?;
    // The folder's lock goes with it.
    drop(plan);
    let mut text = String::new();
    for (from, to) in &done.moved {
        let _ = writeln!(text, "moved {from} to {to}");
    }
    let _ = writeln!(text, "repaired; it is written down in {}", done.log);
    out::print(&text)?;
    // What was made is read again, as a start would.
    let found = offline::check(folder, scratch()?.path()).map_err(|e| failed(&e.into()))?;
    match found.refusal() {
        None => Ok(0),
        Some(why) => {
            Err(failed(&OfflineError::Refused { folder: found.folder.clone(), why: why.to_owned() }))
        }
    }
}

fn lines(text: &mut String, word: &str, lines: &[String]) {
    for line in lines {
        let _ = writeln!(text, "{word}: {}", client::shown(line, 2000));
    }
}

/// A folder for a copy of sled, which goes with it.
fn scratch() -> Result<TempDir, Failure> {
    TempDir::with_prefix("seatkeeper-").map_err(|e| Failure::system("cannot make a temporary folder", &e))
}

fn now() -> Wall {
    Wall(Timestamp::now().as_millisecond())
}

/// An error with what is behind it. The remedy is in its words, behind the last semicolon or not; the
/// code says whether to wait, to name something else, or to look after a file.
fn failed(error: &OfflineError) -> Failure {
    let mut message = error.to_string();
    let mut behind = std::error::Error::source(error);
    while let Some(source) = behind {
        let _ = write!(message, ": {source}");
        behind = source.source();
    }
    let (code, remedy) = match error {
        OfflineError::Open(OpenError::Taken(_)) | OfflineError::Taken(_) => {
            (Code::Busy, "a daemon's state folder is looked at while the daemon is stopped")
        }
        OfflineError::Open(OpenError::NotMade { .. }) => {
            (Code::CannotReadFile, "name the state folder: `state_folder` in the daemon's configuration")
        }
        OfflineError::Exists { .. } => (Code::BadParameter, "nothing was written"),
        OfflineError::BadFile { .. } => (Code::CannotReadFile, "nothing was made"),
        OfflineError::CannotRepair { .. } => (Code::CannotReadFile, "nothing was changed"),
        OfflineError::Refused { .. } => {
            (Code::CannotReadFile, "`seatkeeper store check` shows it all, `store repair` what can be done")
        }
        _ => (Code::CannotReadFile, "run it as the user that the daemon runs as"),
    };
    Failure::new(code, message, remedy)
}

fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// What is there, for people.
fn text(found: &Check) -> String {
    let verdict = match found.worst() {
        None => "whole",
        Some(Severity::Mended) => "not whole; the next start mends it",
        Some(Severity::Refused) => "a start is REFUSED",
    };
    let mut text = format!("{}: {verdict}\n", found.folder);
    for finding in &found.findings {
        let word = if finding.severity == Severity::Refused { "refused" } else { "mended by a start" };
        let _ = writeln!(text, "  {word}: {}", client::shown(&finding.text, 2000));
    }
    if let Some(sentinel) = &found.sentinel {
        let (made, host) = (times::moment(sentinel.created), &sentinel.host);
        let _ = writeln!(
            text,
            "store:   {}, epoch {}, made {made} for host {host}",
            sentinel.store, sentinel.epoch
        );
    }
    if let Some(journal) = found.journal {
        let (first, last) = (journal.first, journal.last);
        let records = match last >= first {
            true => format!("records {first} to {last}"),
            false => format!("no record after {last}"),
        };
        let _ = writeln!(
            text,
            "journal: {records}, {}, {} bytes",
            count(journal.files as u64, "file"),
            journal.bytes
        );
    }
    if let Some((cursor, rows)) = found.sled {
        let _ = writeln!(text, "sled:    {} at record {cursor}", count(rows, "row"));
    }
    for export in &found.exports {
        let rows = export.rows.map_or_else(|| "damaged".to_owned(), |rows| count(rows, "row"));
        let _ = writeln!(text, "export:  {rows} at record {}, {}", export.cursor, export.file);
    }
    for found in &found.readers {
        let (reader, behind) = (&found.reader, count(found.behind, "record"));
        let is_cut = if reader.is_cut_loose { ", cut loose" } else { "" };
        let _ = writeln!(text, "reader:  {} at record {}, {behind} behind{is_cut}", reader.name, reader.next);
    }
    if let (Some(counts), Some(last)) = (found.counts(), found.last()) {
        let (sessions, grants) = (count(counts.sessions, "session"), count(counts.grants, "grant"));
        let rows = count(counts.rows(), "row");
        let _ =
            writeln!(text, "seats:   {rows} after record {last}: {sessions}, {grants}, and what they are of");
        let (pools, holders) = found.holders();
        pools.iter().for_each(|pool| say_pool(&mut text, pool, &holders));
    }
    text
}

fn say_pool(text: &mut String, of: &PoolUse, holders: &[Holder]) {
    let pool = &of.pool;
    let (feature, config, cpu) = (pool.feature(), pool.config(), pool.cpu());
    let _ = writeln!(
        text,
        "\n  {feature} of {}, configuration {config}, cpu_id {cpu}: {}, {} granted",
        pool.vendor(),
        count(of.capacity.into(), "seat"),
        of.granted
    );
    for holder in holders.iter().filter(|holder| holder.pool == *pool) {
        let (who, since) = (client::shown(&holder.who, NAME_MAX), times::moment(holder.since));
        let until = holder.until.map_or_else(String::new, |until| format!(" until {}", times::moment(until)));
        let seats = count(holder.seats, "seat");
        let _ = writeln!(
            text,
            "    {who}: {seats}, {}{until}, since {since}, grant {}",
            holder.how, holder.grant
        );
    }
}
