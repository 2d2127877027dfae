//! Hashes of rows, which sum up to the fingerprint.

use xxhash_rust::xxh3::xxh3_128;

use super::State;
use crate::row::{GrantRow, Row, RowKey, SessionMark, Standing};

impl State {
    /// The hash of a row: of its bytes.
    pub(super) fn hash(&mut self, row: &Row) -> u128 {
        match row {
            Row::Grant(grant) => {
                let id = self.hash_key(&RowKey::Pool(grant.pool.clone()));
                self.hash_grant(grant, id)
            }
            Row::Mark(mark) => hash_mark(*mark),
            row => {
                self.scratch.clear();
                row.encode(&mut self.scratch);
                xxh3_128(&self.scratch)
            }
        }
    }

    pub(super) fn hash_key(&mut self, key: &RowKey) -> u128 {
        self.scratch.clear();
        key.encode(&mut self.scratch);
        xxh3_128(&self.scratch)
    }

    /// The hash of a grant of a pool whose id has this hash. A plain one is hashed by its numbers,
    /// which is a fifth of the work of writing it down.
    pub(super) fn hash_grant(&mut self, row: &GrantRow, pool: u128) -> u128 {
        self.scratch.clear();
        if !row.is_plain() || row.data.is_some() || row.suite.is_some() {
            self.scratch.push(1);
            Row::Grant(row.clone()).encode(&mut self.scratch);
            return xxh3_128(&self.scratch);
        }
        // One copy of all numbers: this is on the way of every checkout.
        let numbers = [row.id.0, row.seats.get().into(), row.session.0, row.request.0];
        let numbers = numbers.into_iter().chain([row.since.0.cast_unsigned()]);
        let mut head = [0; 57];
        let (of_pool, rest) = head[1..].split_at_mut(16);
        of_pool.copy_from_slice(&pool.to_le_bytes());
        for (place, number) in rest.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        let out = &mut self.scratch;
        out.extend_from_slice(&head);
        for charge in &row.charges {
            out.extend_from_slice(&charge.quota.0.to_le_bytes());
            out.extend_from_slice(&charge.seats.to_le_bytes());
            out.push(u8::from(charge.of_suite));
        }
        out.extend_from_slice(row.version.as_bytes());
        xxh3_128(out)
    }
}

/// The hash of a mark; 0 for one that says no more than its absence would.
pub(super) fn hash_mark(mark: SessionMark) -> u128 {
    if mark == SessionMark::new(mark.session) {
        return 0;
    }
    let mut bytes = [0; 32];
    let idle = mark.idle.map_or([0; 8], |since| since.0.to_le_bytes());
    let parts = [mark.session.0.to_le_bytes(), mark.floor.0.to_le_bytes(), idle];
    for (place, part) in bytes.chunks_exact_mut(8).zip(parts) {
        place.copy_from_slice(&part);
    }
    bytes[24] = u8::from(mark.standing == Standing::Held);
    bytes[25] = u8::from(mark.idle.is_some());
    xxh3_128(&bytes)
}
