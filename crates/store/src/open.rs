//! Starting: the seat state is proven against the journal, or made again.

use std::io;
use std::path::Path;
use std::time::Duration;

use seats::State;

use crate::bytes::StoreId;
use crate::cursors::{Cursors, ReaderOptions};
use crate::disk::{Disk, RealDisk};
use crate::error::{JournalError, OpenError};
use crate::export;
use crate::follower::{Follower, FollowerOptions};
use crate::guard;
use crate::init;
use crate::journal::{Journal, JournalOptions};
use crate::layout;
use crate::lock::FolderLock;
use crate::offline::begun;
use crate::replay::{ReadBatch, replay};
use crate::report::Report;
use crate::seats_port::{Changes, Head, SeatFolder, SeatStore, SeatsFailed};
use crate::sentinel::{Sentinel, SentinelError};
use crate::sled_store::{SledFolder, SledStore};
use crate::start::{self, Base, Built};
use crate::survey::{Survey, survey};

/// Rows written to a new seat state at once.
const ROWS_AT_ONCE: usize = 4096;

/// How a state folder is served from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How the journal is laid out.
    pub journal: JournalOptions,
    /// When exports are written.
    pub follower: FollowerOptions,
    /// How much of the journal is kept for readers.
    pub readers: ReaderOptions,
    /// How long sled may take to open and be read.
    pub seats_open_within: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            journal: JournalOptions::default(),
            follower: FollowerOptions::default(),
            readers: ReaderOptions::default(),
            seats_open_within: Duration::from_secs(60),
        }
    }
}

/// A state folder that is served from.
#[derive(Debug)]
pub struct Opened<D: Disk, S: SeatStore> {
    /// The state after the journal's last record.
    pub state: State,
    /// The journal's writing end.
    pub journal: Journal<D>,
    /// What follows the journal: give it to [`Applier::spawn`](crate::Applier::spawn).
    pub follower: Follower<D, S>,
    /// The readers of the journal.
    pub cursors: Cursors<D>,
    /// What `init` wrote.
    pub sentinel: Sentinel,
    /// What was found and done, for the log.
    pub report: Report,
    /// Keep it as long as the journal. `None` only where there is no real folder.
    pub lock: Option<FolderLock>,
}

/// Opens a state folder.
///
/// # Errors
/// When it must not be served from, with the remedy; nothing was changed then, except that files
/// that others could read are closed to them.
pub fn open(folder: &Path, options: &Options) -> Result<Opened<RealDisk, SledStore>, OpenError> {
    let folder = folder.canonicalize().map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => OpenError::NotMade { folder: folder.display().to_string() },
        _ => OpenError::Io { path: folder.display().to_string(), what: "finding it", source },
    })?;
    let disk = RealDisk::new(&folder);
    let mut warnings = guard::check_folder(&folder)?;
    warnings.extend(guard::doubt_of(&folder));
    read_sentinel(&disk)?;
    let journal = folder.join(layout::JOURNAL);
    if !journal.is_dir() {
        return Err(OpenError::NoJournal { folder: journal.display().to_string() });
    }
    let lock = FolderLock::take(&journal)?;
    let mut opened = open_on(&disk, &mut SledFolder::new(&folder, options.seats_open_within), options)?;
    begun::remove_left(&disk).map_err(|e| failed(&disk, "repair.new", "removing what a repair left", e))?;
    opened.lock = Some(lock);
    opened.report.warnings.splice(0..0, warnings);
    Ok(opened)
}

/// Opens the state in these files; owner, modes and lock are the caller's matter.
///
/// # Errors
/// As [`open`].
pub fn open_on<D: Disk, F: SeatFolder>(
    disk: &D,
    folder: &mut F,
    options: &Options,
) -> Result<Opened<D, F::Store>, OpenError> {
    let sentinel = read_sentinel(disk)?;
    let mut built = Built::default();
    let found = folder.open(&mut |row| built.put(row));
    let exports = export::list(disk).map_err(|e| failed(disk, layout::EXPORT, "listing it", e))?;
    let mut cursors = exports.clone();
    if let Ok(Some((_, Some(head)))) = &found {
        cursors.push(head.cursor);
    }
    let survey = survey(disk, sentinel.store, &cursors)?;
    let (mut seats, base) = start::choose(disk, found, built, &exports, &survey)?;
    let Base { mut state, source, rows_read, rejected } = base;
    let mut written = head_of(survey.store, &state);
    let records_replayed = replay_all(disk, &survey, &mut state)?;
    // From here on files are changed.
    let journal = Journal::resume(disk.clone(), &survey, options.journal).map_err(journal_failed)?;
    disk.make_dir(layout::EXPORT).map_err(|e| failed(disk, layout::EXPORT, "making it", e))?;
    let taken = head_of(survey.store, &state);
    let (cursors, warnings) = Cursors::open(disk.clone(), survey.store, state.last(), options.readers);
    let mut report = Report {
        source,
        rows_read,
        records_replayed,
        last: state.last(),
        rows: state.counts().rows(),
        rebuilt: None,
        without_sled: None,
        cut: survey.cut.clone(),
        warnings,
    };
    if seats.is_none() {
        written = taken;
        match make_seats(folder, &state, &taken, rejected, &mut report) {
            Ok(made) => seats = Some(made),
            Err(why) => report.without_sled = Some(why.0),
        }
    }
    let follower = Follower::new(disk.clone(), options.follower, seats, written, &survey)
        .map_err(|e| failed(disk, layout::EXPORT, "reading it", e))?;
    Ok(Opened { state, journal, follower, cursors, sentinel, report, lock: None })
}

/// Applies the records after the state's last.
pub(crate) fn replay_all<D: Disk>(disk: &D, survey: &Survey, state: &mut State) -> Result<u64, OpenError> {
    let before = state.last().0;
    replay(disk, survey, state.last(), survey.last, |batch| apply(state, batch))?;
    Ok(state.last().0 - before)
}

/// Applies a batch and checks that it leads where it says.
pub(crate) fn apply(state: &mut State, batch: &ReadBatch) -> Result<(), OpenError> {
    let contradiction = |at, why| OpenError::Contradiction { file: batch.file.clone(), at, why };
    for record in batch.records() {
        state.apply(record).map_err(|e| contradiction(record.seq, e.to_string()))?;
    }
    if state.counts() != batch.counts {
        let why = format!("there are {} rows instead of {}", state.counts().rows(), batch.counts.rows());
        return Err(contradiction(state.last(), why));
    }
    if state.fingerprint() != batch.fingerprint {
        return Err(contradiction(state.last(), "the rows are others".into()));
    }
    Ok(())
}

/// Makes a new seat state of these rows, after moving what was rejected out of the way.
fn make_seats<F: SeatFolder>(
    folder: &mut F,
    state: &State,
    head: &Head,
    rejected: Option<SeatsFailed>,
    report: &mut Report,
) -> Result<F::Store, SeatsFailed> {
    if let Some(why) = rejected {
        let aside = folder.set_aside();
        let aside = aside.map_err(|e| SeatsFailed(format!("{why}, and it cannot be moved away: {e}")))?;
        report.rebuilt = Some(format!("{why} (moved to {aside})"));
    } else if head.cursor.0 > 0 {
        report.rebuilt = Some("there was none".into());
    }
    let mut seats = folder.make()?;
    let mut changes = Changes::default();
    for row in state.rows() {
        changes.put(&row);
        if changes.len() == ROWS_AT_ONCE {
            seats.write(&changes, head.cursor, None)?;
            changes.clear();
        }
    }
    seats.write(&changes, head.cursor, Some(head))?;
    Ok(seats)
}

pub(crate) fn head_of(store: StoreId, state: &State) -> Head {
    Head { store, cursor: state.last(), counts: state.counts(), fingerprint: state.fingerprint() }
}

pub(crate) fn read_sentinel<D: Disk>(disk: &D) -> Result<Sentinel, OpenError> {
    let file = disk.shown(layout::SENTINEL);
    let text = init::read_text(disk).map_err(|e| failed(disk, layout::SENTINEL, "reading it", e))?;
    let Some(text) = text else {
        let names = disk.list(layout::JOURNAL).unwrap_or_default();
        return Err(if names.iter().any(|n| layout::number_of(n, "skj").is_some()) {
            OpenError::NoSentinel { file }
        } else {
            OpenError::NotMade { folder: disk.shown("") }
        });
    };
    Sentinel::from_text(&text).map_err(|e| match e {
        SentinelError::Newer(format) => OpenError::Newer { file, format, known: 1 },
        SentinelError::Bad(why) => OpenError::Sentinel { file, why },
    })
}

fn journal_failed(e: JournalError) -> OpenError {
    match e {
        JournalError::Io { file, what, source } => OpenError::Io { path: file, what, source },
        other => {
            OpenError::Io { path: "journal".into(), what: "claiming room", source: io::Error::other(other) }
        }
    }
}

pub(crate) fn failed<D: Disk>(disk: &D, name: &str, what: &'static str, source: io::Error) -> OpenError {
    OpenError::Io { path: disk.shown(name), what, source }
}
