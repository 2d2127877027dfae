//! What a start found, for the log.

use std::fmt;

use names::Seq;

use crate::error::Damage;

/// The end of the journal that was cut: a batch that was being written when the power went, and so
/// was never acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Which file.
    pub file: String,
    /// Where the cut is.
    pub offset: u64,
    /// How many bytes were cut.
    pub bytes: u64,
    /// The last record before it.
    pub after: Seq,
    /// What was wrong with them.
    pub why: String,
}

impl Cut {
    /// Cuts a segment from `from` to the last byte of it that is not zero.
    pub(crate) fn new(damage: Damage, after: Seq, segment: &[u8], from: usize) -> Self {
        let end = segment.iter().rposition(|b| *b != 0).map_or(from, |at| at + 1);
        let bytes = end.saturating_sub(from) as u64;
        Self { file: damage.file, offset: from as u64, bytes, after, why: damage.why }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: the last {} bytes, from byte {}, were never acknowledged and are cut ({}); the journal ends with \
             record {}",
            self.file, self.bytes, self.offset, self.why, self.after
        )
    }
}

/// Where the state came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A journal without a record.
    Empty,
    /// sled, at this record.
    Sled(Seq),
    /// An export, at this record.
    Export(Seq),
    /// The journal alone, from record 1.
    Journal,
}

/// What a start found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Where the rows came from, before any record was replayed.
    pub source: Source,
    /// Rows read from there.
    pub rows_read: u64,
    /// Records of the journal applied to them.
    pub records_replayed: u64,
    /// The last record.
    pub last: Seq,
    /// Rows there are now.
    pub rows: u64,
    /// Why the seat state on sled was made again, and where the old one is.
    pub rebuilt: Option<String>,
    /// Why the daemon serves without sled.
    pub without_sled: Option<String>,
    /// What was cut off the journal.
    pub cut: Option<Cut>,
    /// What else an administrator should know.
    pub warnings: Vec<String>,
}

impl fmt::Display for Report {
    /// One line: how many rows came from where, and how many records were replayed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Empty => f.write_str("the journal is empty")?,
            Source::Sled(at) => write!(f, "{} rows from sled at record {at}", self.rows_read)?,
            Source::Export(at) => write!(f, "{} rows from the export at record {at}", self.rows_read)?,
            Source::Journal => f.write_str("no rows from sled")?,
        }
        write!(
            f,
            ", {} records replayed from the journal, now at record {} with {} rows",
            self.records_replayed, self.last, self.rows
        )?;
        if let Some(why) = &self.rebuilt {
            write!(f, "; the seat state on sled was made again: {why}")?;
        }
        if let Some(why) = &self.without_sled {
            write!(f, "; serving WITHOUT sled: {why}")?;
        }
        Ok(())
    }
}
