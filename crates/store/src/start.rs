//! What a state is begun from: sled, an export, or nothing.

use names::Seq;
use seats::{Broken, Building, Row, State};

use crate::disk::Disk;
use crate::error::OpenError;
use crate::export;
use crate::layout;
use crate::report::Source;
use crate::seats_port::{Head, Opening, SeatStore, SeatsFailed};
use crate::survey::Survey;

/// A state to replay the journal on.
pub(crate) struct Base {
    pub(crate) state: State,
    pub(crate) source: Source,
    pub(crate) rows_read: u64,
    /// Why the seat state was rejected, if one was.
    pub(crate) rejected: Option<SeatsFailed>,
}

/// What a seat folder's `open` gave.
pub(crate) type Found<S> = Result<Option<Opening<S>>, SeatsFailed>;

/// What is built of the rows while they are read.
#[derive(Debug, Default)]
pub(crate) struct Built {
    building: Building,
    /// The first contradiction; after it nothing more is built.
    broken: Option<Broken>,
    rows: u64,
}

impl Built {
    pub(crate) fn put(&mut self, row: Row) {
        self.rows += 1;
        if self.broken.is_none() {
            self.broken = self.building.put(row).err();
        }
    }

    /// How many rows were read.
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// The state that these rows are after the head's record, if they are what it says.
    pub(crate) fn finish(self, head: &Head) -> Result<State, String> {
        let count = self.rows;
        if count != head.counts.rows() {
            return Err(format!("it has {count} rows, and its head says {}", head.counts.rows()));
        }
        let built = self.broken.map_or(Ok(self.building), Err).and_then(|all| all.finish(head.cursor));
        let state = built.map_err(|e| format!("its rows contradict each other: {e}"))?;
        if state.counts() != head.counts || state.fingerprint() != head.fingerprint {
            return Err("its rows are not those that its head says".into());
        }
        Ok(state)
    }
}

/// Chooses the state to begin from: the seat state if it is proven, and it is kept then; else the
/// newest right export; else the journal's record 1.
pub(crate) fn choose<D: Disk, S: SeatStore>(
    disk: &D,
    found: Found<S>,
    built: Built,
    exports: &[Seq],
    survey: &Survey,
) -> Result<(Option<S>, Base), OpenError> {
    let rejected = match found {
        Err(why) => Some(why),
        Ok(None) => None,
        Ok(Some((seats, head))) => match prove(head, built, survey) {
            Ok(state) => {
                not_ahead(disk, "the seat state on sled", &state, survey)?;
                nothing_ahead(disk, exports, survey)?;
                let (source, rows_read) = (Source::Sled(state.last()), state.counts().rows());
                return Ok((Some(seats), Base { state, source, rows_read, rejected: None }));
            }
            Err(why) => Some(why),
        },
    };
    nothing_ahead(disk, exports, survey)?;
    let base = without_seats(disk, rejected, exports, survey)?;
    Ok((None, base))
}

/// Proves rows: against their own head, and against what the journal says of it. A seat state that
/// is right in itself and ahead of the journal passes; see [`not_ahead`].
fn prove(head: Option<Head>, built: Built, survey: &Survey) -> Result<State, SeatsFailed> {
    let rejected = |why: String| Err(SeatsFailed(why));
    let Some(head) = head else { return rejected("it was never finished".into()) };
    if head.store != survey.store {
        return rejected(format!("it is of the store {}", head.store));
    }
    let state = built.finish(&head).map_err(SeatsFailed)?;
    if head.cursor > survey.last {
        return Ok(state);
    }
    agrees(&head, survey).map_err(SeatsFailed)?;
    Ok(state)
}

/// Whether the journal says of a record what a head says.
fn agrees(head: &Head, survey: &Survey) -> Result<(), String> {
    let cursor = head.cursor;
    if cursor.0 + 1 < survey.first().0 {
        return Err(format!("it is at record {cursor}, and the journal begins with {}", survey.first()));
    }
    match survey.mark(cursor) {
        None => Err(format!("it is at record {cursor}, which is not the last of a batch")),
        Some(mark) if mark.counts != head.counts || mark.fingerprint != head.fingerprint => {
            Err(format!("its rows are not those that the journal says there were after record {cursor}"))
        }
        Some(_) => Ok(()),
    }
}

/// Rows are written behind the journal only when it is on the disk; rows ahead of it mean that it
/// has lost what was acknowledged.
fn not_ahead<D: Disk>(disk: &D, what: &str, state: &State, survey: &Survey) -> Result<(), OpenError> {
    if state.last() <= survey.last {
        return Ok(());
    }
    Err(OpenError::JournalBehind {
        folder: disk.shown(layout::JOURNAL),
        what: what.to_owned(),
        cursor: state.last(),
        last: survey.last,
    })
}

fn nothing_ahead<D: Disk>(disk: &D, exports: &[Seq], survey: &Survey) -> Result<(), OpenError> {
    for cursor in exports.iter().filter(|c| **c > survey.last) {
        if let Ok(export) = export::read(disk, survey.store, *cursor) {
            not_ahead(disk, &disk.shown(&layout::export(*cursor)), &export.state, survey)?;
        }
    }
    Ok(())
}

fn without_seats<D: Disk>(
    disk: &D,
    rejected: Option<SeatsFailed>,
    exports: &[Seq],
    survey: &Survey,
) -> Result<Base, OpenError> {
    let mut faults = Vec::new();
    for cursor in exports.iter().rev() {
        let export = export::read(disk, survey.store, *cursor).and_then(|export| {
            let name = disk.shown(&layout::export(*cursor));
            agrees(&export.head, survey).map(|()| export).map_err(|why| format!("{name}: {why}"))
        });
        match export {
            Ok(export) => {
                let rows_read = export.head.counts.rows();
                return Ok(Base {
                    state: export.state,
                    source: Source::Export(*cursor),
                    rows_read,
                    rejected,
                });
            }
            Err(why) => faults.push(why),
        }
    }
    if survey.first().0 == 1 {
        let source = if survey.last.0 == 0 { Source::Empty } else { Source::Journal };
        return Ok(Base { state: State::new(), source, rows_read: 0, rejected });
    }
    if faults.is_empty() {
        faults.push("there is no export".into());
    }
    let why = rejected.map_or_else(|| "there is none".to_owned(), |why| why.0);
    Err(OpenError::CannotRebuild { why, first: survey.first(), export: faults.join("; ") })
}
