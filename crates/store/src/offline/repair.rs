//! Making a folder that a start refuses one that can be served from, where all of it can be explained.
//!
//! A repair begins a new journal after the newest state that is right in itself. It never guesses: a
//! record that was acknowledged and cannot be read any more, and that no such state is past, ends it.
//! The only seats it frees are those whose own rows cannot be read, and each of them is named.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use names::{SessionId, Wall};
use seats::{GrantRow, Row, RowKey, SessionRow, State};

use super::begun::{Begun, NEW, discard};
use super::check::{Check, Looked, in_place};
use super::holders::who;
use super::portable::make_of;
use super::readable::Readable;
use super::{OfflineError, io_failed};
use crate::bytes::StoreId;
use crate::disk::{Disk as _, RealDisk};
use crate::export;
use crate::guard;
use crate::journal::JournalOptions;
use crate::open::Options;
use crate::seats_port::Head;
use crate::sentinel::Sentinel;
use crate::sled_store::{Salvaged, SledFolder};

/// Where repairs are written down.
const LOG: &str = "repairs.log";

/// What can be done.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing needs to be: a start is not refused.
    Nothing,
    /// It cannot be explained, and nothing is done: why, and the remedy.
    Cannot(String),
    /// This: a line each.
    Can {
        /// What is done.
        does: Vec<String>,
        /// The seats and rows that are freed; often none.
        frees: Vec<String>,
    },
}

/// What a repair would do.
#[derive(Debug)]
pub struct Plan {
    looked: Looked,
    outcome: Outcome,
    todo: Option<Todo>,
}

/// What is to be done.
#[derive(Debug)]
enum Todo {
    /// A new state.
    Make(Sentinel, Box<State>),
    /// The rest of a repair that was cut short.
    Finish(Begun),
}

impl Plan {
    /// What was found.
    #[must_use]
    pub fn check(&self) -> &Check {
        &self.looked.check
    }

    /// What can be done about it.
    #[must_use]
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }
}

/// What a repair did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// What was moved aside, and where to.
    pub moved: Vec<(String, String)>,
    /// Where it is written down.
    pub log: String,
}

/// Finds out what can be done about a folder that a start refuses. Nothing is changed.
///
/// # Errors
/// As [`check`](super::check).
pub fn plan(folder: &Path, scratch: &Path) -> Result<Plan, OfflineError> {
    let looked = Looked::at(folder, scratch)?;
    let cannot = |looked, why| Ok(Plan { looked, outcome: Outcome::Cannot(why), todo: None });
    let begun = Begun::found(&looked.disk)?;
    if let Some(begun) = begun {
        return match is_ours(looked.disk.root()) {
            Err(why) => cannot(looked, why),
            Ok(()) => Ok(Plan { looked, outcome: goes_on(&begun), todo: Some(Todo::Finish(begun)) }),
        };
    }
    let Some(refusal) = looked.check.refusal().map(str::to_owned) else {
        return Ok(Plan { looked, outcome: Outcome::Nothing, todo: None });
    };
    let root = looked.disk.root();
    let verdicts = guard::observe(root)?;
    let is_unsafe = verdicts.iter().any(|(_, verdict)| matches!(verdict, guard::Verdict::Refuse(_)));
    let (Some(sentinel), true, false) = (&looked.check.sentinel, looked.is_locked(), is_unsafe) else {
        return cannot(looked, refusal);
    };
    if let Err(why) = is_ours(root) {
        return cannot(looked, why);
    }
    match found(&looked, sentinel, scratch) {
        Ok(new) => {
            let does = new.does(sentinel);
            let epoch = sentinel.epoch + u64::from(!new.is_whole);
            let sentinel = Sentinel { epoch, ..sentinel.clone() };
            let outcome = Outcome::Can { does, frees: new.frees };
            Ok(Plan { looked, outcome, todo: Some(Todo::Make(sentinel, Box::new(new.state))) })
        }
        Err(why) => cannot(looked, format!("{why}. {refusal}")),
    }
}

fn goes_on(begun: &Begun) -> Outcome {
    let when = &begun.when;
    let does = format!(
        "the repair of {when} was cut short, and is finished; what it does and frees is in {LOG}, under that time"
    );
    Outcome::Can { does: vec![does], frees: Vec::new() }
}

/// Only the folder's user can write what its daemon will trust.
fn is_ours(root: &Path) -> Result<(), String> {
    use std::os::unix::fs::MetadataExt as _;
    let owner = fs::metadata(root).map_err(|e| e.to_string())?.uid();
    let us = rustix::process::geteuid().as_raw();
    match owner == us {
        true => Ok(()),
        false => Err(format!("it belongs to user {owner}; run this as that user (`sudo -u '#{owner}' …`)")),
    }
}

/// A state that can be served from.
struct New {
    state: State,
    /// Where its rows are from.
    source: String,
    /// Records of the journal that were applied to them.
    replayed: u64,
    /// Whether it is known that nothing came after it.
    is_whole: bool,
    frees: Vec<String>,
}

impl New {
    fn does(&self, sentinel: &Sentinel) -> Vec<String> {
        let (last, rows) = (self.state.last(), self.state.counts().rows());
        let mut does = vec![format!(
            "a new journal begins after record {last}, with {rows} rows: those of {}, and {} records of the journal after \
             it",
            self.source, self.replayed
        )];
        if !self.is_whole {
            does.push(format!(
                "what was acknowledged after record {last}, if anything was, is lost; so epoch {} begins, and no seat \
                 is granted until clients that may hold one have given it up",
                sentinel.epoch + 1
            ));
        }
        does.push("the old journal, exports and seat state are kept beside the new ones".into());
        does
    }
}

/// The newest state that is right in itself, brought forward by the journal; why there is none.
fn found(looked: &Looked, sentinel: &Sentinel, scratch: &Path) -> Result<New, String> {
    let readable = Readable::of(&looked.disk, sentinel.store).map_err(|e| e.to_string())?;
    let mut candidates = Vec::new();
    let mut faults = Vec::new();
    let salvaged = SledFolder::new(scratch, Options::default().seats_open_within).salvage();
    let salvaged = salvaged.map_err(|why| in_place(&why, looked.disk.root(), scratch));
    match &salvaged {
        Ok(read) if read.bad.is_empty() => match in_itself(sentinel.store, read.clone()) {
            Ok((_, state)) => candidates.push(("the seat state on sled".to_owned(), state)),
            Err(why) => faults.push(format!("the seat state on sled: {why}")),
        },
        Ok(_) => {}
        Err(why) => faults.push(format!("the seat state on sled: {why}")),
    }
    for found in looked.check.exports.iter().filter(|export| export.rows.is_some()) {
        if let Ok(export) = export::read(&looked.disk, sentinel.store, found.cursor) {
            candidates.push((found.file.clone(), export.state));
        }
    }
    if readable.has_first() {
        candidates.push(("no state".to_owned(), State::new()));
    }
    candidates.sort_by_key(|(_, state)| std::cmp::Reverse(state.last()));
    for (source, state) in candidates {
        match readable.forward(state) {
            Ok((state, replayed, is_whole)) => {
                return Ok(New { state, source, replayed, is_whole, frees: Vec::new() });
            }
            Err(why) => faults.push(format!("{source}: {why}")),
        }
    }
    if let Ok(read) = salvaged
        && !read.bad.is_empty()
    {
        return without(sentinel.store, read, &readable);
    }
    faults.push("there is no other state to begin from".into());
    Err(faults.join("; "))
}

/// Rows that are what their own head says.
fn in_itself(store: StoreId, read: Salvaged) -> Result<(Head, State), String> {
    let head = read.head.filter(|head| head.store == store).ok_or("it has no head of this store")?;
    let state = State::from_rows(head.cursor, read.rows).map_err(|e| e.to_string())?;
    let is_right = (state.counts(), state.fingerprint()) == (head.counts, head.fingerprint);
    if is_right { Ok((head, state)) } else { Err("its rows are not those that its head says".into()) }
}

/// A seat state without the rows that cannot be read, and without what cannot be without them: all of
/// it named. Only where the journal agrees with its head, and has nothing after it.
fn without(store: StoreId, mut read: Salvaged, readable: &Readable) -> Result<New, String> {
    let head =
        read.head.filter(|head| head.store == store).ok_or("the seat state has no head of this store")?;
    let all = read.rows.len() + read.bad.len();
    if all as u64 != head.counts.rows() {
        return Err(format!("the seat state has {all} rows, and its head says {}", head.counts.rows()));
    }
    if !readable.agrees(&head) || readable.last > head.cursor {
        return Err("the journal does not end with the record that the seat state is at".into());
    }
    let mut frees = Vec::new();
    let mut ended = Vec::new();
    for (key, why) in &read.bad {
        let number = key.get(1..).and_then(|n| n.try_into().ok()).map(u64::from_be_bytes);
        match (key.first(), number) {
            (Some(b'G'), Some(_)) => frees.push(format!(
                "{why}: freed; whose it was is not known, and if it was borrowed it is in use to its date all the same"
            )),
            (Some(b'S' | b'K'), Some(session)) => {
                frees.push(format!("{why}: the session ends"));
                ended.push(SessionId(session));
            }
            _ => return Err(format!("{why}, and what hangs on it cannot be told")),
        }
    }
    let sessions: BTreeMap<SessionId, SessionRow> = read.rows.iter().filter_map(of_session).collect();
    read.rows.retain(|row| match row {
        Row::Grant(grant) if grant.kept().is_none() && ended.contains(&grant.session) => {
            frees.push(freed(grant, sessions.get(&grant.session)));
            false
        }
        Row::Waiter(waiter) if ended.contains(&waiter.ask.session) => {
            frees.push(format!(
                "{}: its session ends, and its place in line with it",
                RowKey::Waiter(waiter.id)
            ));
            false
        }
        Row::Session(session) => !ended.contains(&session.id),
        Row::Mark(mark) => !ended.contains(&mark.session),
        _ => true,
    });
    let state = State::from_rows(head.cursor, read.rows).map_err(|e| e.to_string())?;
    let source = "the seat state on sled that can be read".to_owned();
    Ok(New { state, source, replayed: 0, is_whole: false, frees })
}

fn of_session(row: &Row) -> Option<(SessionId, SessionRow)> {
    match row {
        Row::Session(session) => Some((session.id, session.clone())),
        _ => None,
    }
}

fn freed(grant: &GrantRow, session: Option<&SessionRow>) -> String {
    let s = if grant.seats.get() == 1 { "" } else { "s" };
    let (seats, feature) = (grant.seats, grant.pool.feature());
    format!(
        "grant {}: {seats} seat{s} of {feature}, {}: freed, its session ends",
        grant.id,
        who(grant, session)
    )
}

/// Carries out a plan. `when` is the time as it is written down, `at` the same for the journal.
///
/// Whenever it is cut short, the next plan begins again or finishes it.
///
/// # Errors
/// When the plan is none, or the system's.
pub fn repair(plan: &Plan, when: &str, at: Wall, options: JournalOptions) -> Result<Repaired, OfflineError> {
    let folder = plan.looked.check.folder.clone();
    let (Some(todo), Outcome::Can { does, frees }) = (&plan.todo, &plan.outcome) else {
        return Err(OfflineError::CannotRepair { folder, why: "there is nothing that could be done".into() });
    };
    let root = plan.looked.disk.root();
    guard::check_folder(root)?;
    let disk = RealDisk::new(root);
    let mut lines = vec![format!(
        "{when} repair, because: {}",
        plan.looked.check.refusal().unwrap_or("it is not finished")
    )];
    lines.extend(does.iter().map(|line| format!("{when}   does: {line}")));
    lines.extend(frees.iter().map(|line| format!("{when}   frees: {line}")));
    let begun = match todo {
        Todo::Finish(begun) => begun.clone(),
        Todo::Make(sentinel, state) => {
            discard(&disk)?;
            let new = root.join(NEW);
            disk.make_dir(NEW).map_err(io_failed(&new, "making it"))?;
            make_of(&RealDisk::new(&new), sentinel, state, at, options)?;
            Begun::note(&disk, when, sentinel)?
        }
    };
    write_down(root, &lines)?;
    let moved = begun.finish(&disk)?;
    let lines: Vec<_> = moved.iter().map(|(from, to)| format!("{when}   moved {from} to {to}")).collect();
    write_down(root, &lines)?;
    Ok(Repaired { moved, log: root.join(LOG).display().to_string() })
}

/// Adds lines to the folder's log of repairs.
fn write_down(root: &Path, lines: &[String]) -> Result<(), OfflineError> {
    let path = root.join(LOG);
    let flags = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
    let mut text = lines.iter().map(|line| line.replace('\n', " ")).collect::<Vec<_>>().join("\n");
    text.push('\n');
    let written = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .custom_flags(flags)
        .open(&path)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(io_failed(&path, "writing down the repair"))
}
