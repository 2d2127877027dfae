//! Grants that have ended: a grant's number is that of the event that made it, so its file is known.

use std::sync::Arc;

use names::{
    ConfigId, CpuId, Email, Feature, GrantId, PoolId, SeatCount, SessionId, Vendor, Version, Wall, Word,
};
use seats::{Identity, Machine};

use super::columns::{Num, Text};
use super::error::HistoryError;
use super::folder::Folder;
use super::read::Reader;
use super::table::Table;
use crate::seen::{Held, How};

/// Row groups that are remembered.
const KEPT: usize = 8;

/// A row group, and which numbers are in it.
type Known = ((i64, i64), Table);

/// What was read of the files, the last first.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    groups: Vec<Known>,
}

impl Shelf {
    /// The grant, from the files.
    pub(crate) fn grant(&mut self, folder: &Folder, id: GrantId) -> Option<Held> {
        let seq = i64::try_from(id.0).ok()?;
        if let Some(at) = self.groups.iter().position(|((from, to), _)| (*from..=*to).contains(&seq)) {
            self.groups[..=at].rotate_right(1);
        } else {
            // A file may be merged into another while it is looked for.
            let read = (0..2).find_map(|_| match read(folder, id.0, seq) {
                Err(error) if error.is_gone() => None,
                other => Some(other),
            });
            self.groups.insert(0, read?.ok()??);
            self.groups.truncate(KEPT);
        }
        self.groups.first().and_then(|(_, table)| of(table, seq))
    }
}

fn read(folder: &Folder, id: u64, seq: i64) -> Result<Option<Known>, HistoryError> {
    let files = folder.files()?;
    let Some(file) = files.iter().find(|file| (file.from..=file.to).contains(&id)) else { return Ok(None) };
    let reader = Reader::open(&file.path)?;
    let group = reader.groups()?.into_iter().find(|group| (group.seq.0..=group.seq.1).contains(&seq));
    group.map(|group| Ok((group.seq, reader.read_all(&group)?))).transpose()
}

/// The grant that the row with this number made.
pub(crate) fn of(table: &Table, seq: i64) -> Option<Held> {
    let row = table.num(Num::Seq).binary_search(&seq).ok()?;
    let text = |column| table.text(column).at(row);
    if text(Text::Kind) != Some("granted") {
        return None;
    }
    let word = |column| Word::nearest(text(column).unwrap_or(""));
    let pool = PoolId::new(
        Vendor::new(text(Text::Vendor)?).ok()?,
        ConfigId::new(text(Text::Configuration)?).ok()?,
        CpuId::new(text(Text::CpuId)?).ok()?,
        Feature::new(text(Text::Feature)?).ok()?,
        text(Text::Pooling).unwrap_or(""),
    );
    // The workstation's host id, its platform and process are in no row.
    let who = Identity {
        user: word(Text::User),
        host: word(Text::Host),
        display: word(Text::Display),
        application: word(Text::Application),
        project: word(Text::Project),
        platform: Word::nearest(""),
        pid: 0,
        cpu: CpuId::new("ANY").ok()?,
        machine: Machine::default(),
        address: text(Text::Address).and_then(|text| text.parse().ok()),
        email: text(Text::Email).and_then(|text| Email::new(text).ok()),
    };
    Some(Held {
        id: GrantId(u64::try_from(seq).ok()?),
        pool: pool.ok()?,
        seats: SeatCount::new(u64::try_from(table.number(Num::Seats, row)?).ok()?).ok()?,
        version: Version::new(text(Text::Version)?).ok()?,
        session: SessionId(table.number(Num::Session, row)?.cast_unsigned()),
        how: How::from_word(text(Text::How)?)?,
        since: Wall(table.number(Num::Time, row)?),
        until: table.number(Num::Until, row).map(Wall),
        data: None,
        who: Some(Arc::new(who)),
    })
}
