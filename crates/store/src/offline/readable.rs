//! What can be read of a journal, around whatever is damaged.

use std::collections::BTreeMap;

use names::Seq;
use seats::{Decoder, State};

use crate::bytes::{ALIGNMENT, BATCH_HEADER, BatchHeader, SegmentHeader, StoreId};
use crate::disk::{Disk, RealDisk, read_all};
use crate::error::OpenError;
use crate::layout;
use crate::replay::{ReadBatch, decode};
use crate::seats_port::Head;
use crate::survey::segments;

/// A batch that can be read, wherever it stands.
struct Whole {
    header: BatchHeader,
    crc: u32,
    batch: ReadBatch,
}

/// What can be read of a journal, around whatever is damaged.
pub(super) struct Readable {
    /// By their first records.
    batches: BTreeMap<u64, Whole>,
    /// What the headers of segments and batches say of the state at a record.
    standings: Vec<Head>,
    /// The last record that anything tells of.
    pub(super) last: Seq,
    /// Whether there are bytes after all of it that are no batch.
    has_bad_tail: bool,
}

impl Readable {
    pub(super) fn of(disk: &RealDisk, store: StoreId) -> Result<Self, OpenError> {
        let mut all =
            Self { batches: BTreeMap::new(), standings: Vec::new(), last: Seq(0), has_bad_tail: false };
        for first in segments(disk)? {
            let name = layout::segment(first);
            let bytes = disk
                .open(&name)
                .and_then(|file| read_all(&file))
                .map_err(|source| OpenError::Io { path: disk.shown(&name), what: "reading it", source })?;
            if let Ok(header) = SegmentHeader::decode(&bytes) {
                if header.store != store {
                    return Err(OpenError::Foreign { file: disk.shown(&name), found: header.store, store });
                }
                let cursor = Seq(header.first.0 - 1);
                let (counts, fingerprint) = (header.counts, header.fingerprint);
                all.standings.push(Head { store, cursor, counts, fingerprint });
                all.last = all.last.max(cursor);
            }
            all.gather(store, &bytes, &disk.shown(&name));
        }
        Ok(all)
    }

    fn gather(&mut self, store: StoreId, bytes: &[u8], file: &str) {
        let (mut end, mut decoder) = (ALIGNMENT as usize, Decoder::new());
        for at in (end..bytes.len()).step_by(ALIGNMENT as usize) {
            let Some((header, crc)) = bytes.get(at..).and_then(BatchHeader::decode) else { continue };
            self.last = self.last.max(header.last());
            let (cursor, counts, fingerprint) = (header.last(), header.counts, header.fingerprint);
            self.standings.push(Head { store, cursor, counts, fingerprint });
            let from = at + BATCH_HEADER;
            end = (from + header.body_bytes as usize).min(bytes.len());
            let body = bytes.get(from..end).unwrap_or_default();
            if crc32fast::hash(body) != header.body_crc {
                continue;
            }
            if let Ok(batch) = decode(&mut decoder, &header, body, file.to_owned()) {
                self.batches.insert(header.first.0, Whole { header, crc, batch });
            }
        }
        self.has_bad_tail = bytes.get(end..).unwrap_or_default().iter().any(|b| *b != 0);
    }

    /// The batch that ends with a record.
    fn ending_with(&self, last: Seq) -> Option<&Whole> {
        self.batches.range(..=last.0).next_back().map(|(_, whole)| whole).filter(|b| b.header.last() == last)
    }

    /// Whether it begins with the first record there ever was.
    pub(super) fn has_first(&self) -> bool {
        self.batches.contains_key(&1) || self.standings.iter().any(|standing| standing.cursor == Seq(0))
    }

    /// Whether the journal says of a record what a head says.
    pub(super) fn agrees(&self, head: &Head) -> bool {
        let of = |head: &Head| (head.cursor, head.counts, head.fingerprint);
        self.standings.iter().any(|standing| of(standing) == of(head))
    }

    /// Brings a state forward to the last record that anything tells of. Says how many records that
    /// took, and whether it is known that nothing came after.
    pub(super) fn forward(&self, mut state: State) -> Result<(State, u64, bool), String> {
        let from = state.last();
        let head = Head {
            store: StoreId([0; 16]),
            cursor: from,
            counts: state.counts(),
            fingerprint: state.fingerprint(),
        };
        let before = self.ending_with(from);
        let is_proven = from.0 == 0 || self.agrees(&head);
        if self.standings.iter().any(|standing| standing.cursor == from) && !is_proven {
            return Err(format!("the journal says otherwise of record {from}"));
        }
        let mut chain = before.map(|whole| whole.crc);
        while let Some(next) = self.batches.get(&(state.last().0 + 1)) {
            if chain.is_some_and(|chain| chain != next.header.chain) {
                return Err(format!(
                    "the batch of record {} does not follow the one before it",
                    next.header.first
                ));
            }
            crate::open::apply(&mut state, &next.batch).map_err(|e| e.to_string())?;
            chain = Some(next.crc);
        }
        let last = state.last();
        if last < self.last {
            let next = self.batches.range(last.0 + 1..).next().map_or(self.last.0 + 1, |(first, _)| *first);
            let (first, upto) = (last.0 + 1, next - 1);
            return Err(format!("the records {first} to {upto} were acknowledged and cannot be read"));
        }
        let is_whole = (is_proven || last > from) && !self.has_bad_tail;
        Ok((state, last.0 - from.0, is_whole))
    }
}
