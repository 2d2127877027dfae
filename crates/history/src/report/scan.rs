//! The rows of the files, in their order, by row groups.

use std::time::Instant;

use jiff::tz::TimeZone;

use super::ReportError;
use super::key::{Groups, World};
use crate::usage::{Folder, Group, HistoryError, Num, Reader, Table, Text, UsageFile};

/// What all questions have in common.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The folder of the history.
    pub folder: Folder,
    /// From when, in milliseconds; from the first event otherwise.
    pub from: Option<i64>,
    /// Up to when, and not at it; through the last event otherwise.
    pub to: Option<i64>,
    /// Only of this vendor.
    pub vendor: Option<String>,
    /// Only of this feature.
    pub feature: Option<String>,
    /// Whose group each user is in.
    pub groups: Groups,
    /// The site's time zone.
    pub zone: TimeZone,
    /// A damaged file ends it.
    pub is_strict: bool,
}

/// What is read, and in which range.
#[derive(Debug)]
pub struct Scanned {
    /// The range: from, and to before.
    pub range: (i64, i64),
    jobs: Vec<(UsageFile, Group)>,
    /// Files that are left out, and why.
    pub left_out: Vec<HistoryError>,
    /// When who asks waits no longer.
    until: Option<Instant>,
}

/// Threads that read.
const READERS: usize = 2;
/// Row groups that wait for each.
const WAITING: usize = 2;

/// What there is to be read of the range that is asked about.
///
/// # Errors
/// When there is nothing, or a file is damaged and that is to be told.
pub fn range(ask: &Ask) -> Result<Scanned, ReportError> {
    let (mut scanned, times) = files(ask, None)?;
    let (from, to) = (
        ask.from.unwrap_or(times.0),
        ask.to.unwrap_or(times.1.saturating_add(1)).min(times.1.saturating_add(1)),
    );
    if scanned.jobs.is_empty() || from >= to {
        if scanned.left_out.is_empty() {
            return Err(ReportError::Range(format!(
                "nothing happened in this range; the history has {} to {}",
                super::sheet::moment(times.0, &ask.zone),
                super::sheet::moment(times.1, &ask.zone)
            )));
        }
        return Err(ReportError::History(scanned.left_out.remove(0)));
    }
    scanned.range = (from.max(times.0), to);
    Ok(scanned)
}

/// What there is to be read of the range that is asked about, which may be nothing, and the times of the first
/// and the last event that the history has.
pub(super) fn files(ask: &Ask, until: Option<Instant>) -> Result<(Scanned, (i64, i64)), ReportError> {
    let files = match ask.folder.files() {
        Err(HistoryError::System(path, error)) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(ReportError::Empty(path));
        }
        other => other?,
    };
    if files.is_empty() {
        return Err(ReportError::Empty(ask.folder.path().to_owned()));
    }
    if let (Some(from), Some(to)) = (ask.from, ask.to)
        && from >= to
    {
        return Err(ReportError::Range("--to is not after --from".into()));
    }
    let mut scanned = Scanned { range: (i64::MAX, i64::MIN), jobs: Vec::new(), left_out: Vec::new(), until };
    let (mut seen, mut times) = (0, (i64::MAX, i64::MIN));
    for file in files {
        in_time(until)?;
        let groups = Reader::open(&file.path).and_then(|reader| reader.groups());
        let groups = match groups {
            Ok(groups) => groups,
            // It was merged or removed meanwhile: what is there now is read by who asks again.
            Err(error) if ask.is_strict || matches!(error, HistoryError::System(..)) => {
                return Err(error.into());
            }
            Err(error) => {
                scanned.left_out.push(error);
                continue;
            }
        };
        for group in groups {
            times = (times.0.min(group.time.0), times.1.max(group.time.1));
            let is_in =
                ask.from.is_none_or(|from| group.time.1 >= from) && ask.to.is_none_or(|to| group.time.0 < to);
            if group.seq.1 > seen && is_in {
                scanned.jobs.push((file.clone(), group));
            }
            seen = seen.max(group.seq.1);
        }
    }
    Ok((scanned, times))
}

fn in_time(until: Option<Instant>) -> Result<(), ReportError> {
    if until.is_none_or(|until| Instant::now() < until) {
        return Ok(());
    }
    Err(ReportError::TooMany("reading the history takes too long; take a shorter range".into()))
}

type Part = Result<Table, HistoryError>;

impl Scanned {
    /// Hands every row group to `each`, in their order, with these columns.
    pub(crate) fn read(
        &mut self,
        ask: &Ask,
        numbers: &[Num],
        texts: &[Text],
        mut each: impl FnMut(&World, &Chunk<'_>),
    ) -> Result<World, ReportError> {
        let mut world = World::new(ask);
        let jobs = &self.jobs;
        let (range, until, mut damaged) = (self.range, self.until, Vec::new());
        let result = std::thread::scope(|scope| {
            let mut readers = Vec::new();
            for first in 0..READERS {
                let (give, take) = std::sync::mpsc::sync_channel::<Part>(WAITING);
                readers.push(take);
                scope.spawn(move || {
                    let mut open: Option<(u64, Reader)> = None;
                    for (file, group) in jobs.iter().skip(first).step_by(READERS) {
                        let part = part(&mut open, file, group, numbers, texts);
                        // Whoever asks has had enough.
                        if give.send(part).is_err() {
                            return;
                        }
                    }
                });
            }
            for (at, (file, _)) in jobs.iter().enumerate() {
                in_time(until)?;
                let part = readers.get(at % READERS).and_then(|take| take.recv().ok());
                match part {
                    Some(Ok(table)) => {
                        world.learn(&table, texts);
                        each(&world, &Chunk::new(&world, &table, texts, range));
                    }
                    Some(Err(error)) if ask.is_strict || matches!(error, HistoryError::System(..)) => {
                        return Err(ReportError::from(error));
                    }
                    Some(Err(error)) => damaged.push(error),
                    None => {
                        return Err(
                            HistoryError::Damaged(file.path.clone(), "its reader ended".into()).into()
                        );
                    }
                }
            }
            Ok(())
        });
        result?;
        for error in damaged {
            if !self.left_out.iter().any(|known| known.path() == error.path()) {
                self.left_out.push(error);
            }
        }
        Ok(world)
    }
}

fn part(
    open: &mut Option<(u64, Reader)>,
    file: &UsageFile,
    group: &Group,
    numbers: &[Num],
    texts: &[Text],
) -> Part {
    let reader = match open.take() {
        Some((from, reader)) if from == file.from => reader,
        _ => Reader::open(&file.path)?,
    };
    let table = reader.read(group, numbers, texts);
    *open = Some((file.from, reader));
    table
}

/// What happened, as far as questions tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Granted,
    Changed,
    Returned,
    Denied,
    PoolSet,
    PoolDropped,
    Other,
}

/// A row group.
pub(crate) struct Chunk<'a> {
    table: &'a Table,
    /// Of each column, which number each text has among all.
    known: [Vec<u32>; Text::COUNT],
    kinds: Vec<What>,
    range: (i64, i64),
    only: [(Text, Option<u32>); 2],
}

impl<'a> Chunk<'a> {
    fn new(world: &World, table: &'a Table, texts: &[Text], range: (i64, i64)) -> Self {
        let mut known: [Vec<u32>; Text::COUNT] = std::array::from_fn(|_| Vec::new());
        for text in texts {
            known[*text as usize] = world.known(table, *text);
        }
        let kinds = table.text(Text::Kind);
        let mut whats = vec![What::Other; kinds.len()];
        for (id, text) in kinds.dictionary() {
            whats[id as usize] = match text.as_ref() {
                b"granted" => What::Granted,
                b"changed" | b"revoked" => What::Changed,
                b"returned" => What::Returned,
                b"denied" => What::Denied,
                b"pool-set" => What::PoolSet,
                b"pool-dropped" => What::PoolDropped,
                _ => What::Other,
            };
        }
        Self { table, known, kinds: whats, range, only: world.only() }
    }

    /// The rows in the range, of the vendor and feature that are asked about, with their times.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (usize, i64)> {
        let times = self.table.num(Num::Time);
        let in_range =
            times.iter().copied().enumerate().filter(|(_, at)| (self.range.0..self.range.1).contains(at));
        in_range.filter(|(row, _)| self.is_wanted(*row))
    }

    fn is_wanted(&self, row: usize) -> bool {
        self.only.iter().all(|(text, id)| id.is_none_or(|id| self.text(*text, row) == id))
    }

    pub(crate) fn what(&self, row: usize) -> What {
        self.kinds[self.table.text(Text::Kind).ids[row] as usize]
    }

    /// The number among all of a row's text; 0 is none.
    pub(crate) fn text(&self, text: Text, row: usize) -> u32 {
        let ids = &self.table.text(text).ids;
        ids.get(row).map_or(0, |id| self.known[text as usize][*id as usize])
    }

    pub(crate) fn num(&self, num: Num, row: usize) -> Option<i64> {
        self.table.number(num, row)
    }
}
