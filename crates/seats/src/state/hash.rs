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
                hash_grant(&mut self.scratch, grant, id)
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
}

/// The hash of a grant of a pool whose id has this hash. One that is held by its session and nothing more
/// is hashed by its numbers, which is a small part of the work of writing it down.
pub(super) fn hash_grant(scratch: &mut Vec<u8>, row: &GrantRow, pool: u128) -> u128 {
    if !row.is_plain() || row.data.is_some() || row.suite.is_some() {
        scratch.clear();
        Row::Grant(row.clone()).encode(scratch);
        return xxh3_128(scratch);
    }
    let mut mixed = Mixed::new(Kind::Grant);
    mixed.add(pool as u64, (pool >> 64) as u64);
    mixed.add(row.id.0, row.session.0);
    mixed.add(row.request.0, row.since.0.cast_unsigned());
    let [first, second, third] = row.version.text().words();
    mixed.add(first, second);
    mixed.add(third, row.seats.get().into());
    for charge in &row.charges {
        mixed.add(charge.quota.0, u64::from(charge.seats) << 1 | u64::from(charge.of_suite));
    }
    mixed.finish()
}

/// The hash of a mark; 0 for one that says no more than its absence would.
pub(super) fn hash_mark(mark: SessionMark) -> u128 {
    let SessionMark { session, standing, floor, idle } = mark;
    if standing == Standing::Live && floor.0 == 0 && idle.is_none() {
        return 0;
    }
    let mut mixed = Mixed::new(Kind::Mark);
    mixed.add(session.0, floor.0);
    let flags = u64::from(standing == Standing::Held) << 1 | u64::from(idle.is_some());
    mixed.add(idle.map_or(0, |since| since.0.cast_unsigned()), flags);
    mixed.finish()
}

/// Numbers of what are mixed: equal ones of two kinds are not the same.
enum Kind {
    Grant,
    Mark,
}

/// Numbers, two by two, as two hashes of 64 bits that are independent of each other: each is made of
/// products of 128 bits, folded, as in wyhash.
struct Mixed {
    one: u64,
    other: u64,
}

impl Mixed {
    fn new(kind: Kind) -> Self {
        let seed = 1 + kind as u64;
        Self {
            one: seed.wrapping_mul(0xa076_1d64_78bd_642f),
            other: seed.wrapping_mul(0xe703_7ed1_a0b4_28db),
        }
    }

    /// A number that makes one factor nothing takes the other with it, and not what was before.
    fn add(&mut self, first: u64, second: u64) {
        let (one, other) = (self.one, self.other);
        self.one = folded(one ^ first, second ^ 0x8ebc_6af0_9c88_c6e3).wrapping_add(one.rotate_left(29));
        self.other =
            folded(other ^ second, first ^ 0x5899_65cc_7537_4cc3).wrapping_add(other.rotate_left(29));
    }

    fn finish(self) -> u128 {
        let (low, high) =
            (folded(self.one, 0x1d8e_4e27_c47d_124f), folded(self.other, 0xeb44_acca_b455_d165));
        u128::from(high) << 64 | u128::from(low)
    }
}

fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product >> 64) as u64 ^ product as u64
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use names::{ConfigId, Wall};
    use names::{CpuId, Feature, GrantId, PoolId, QuotaId, RequestId, SeatCount, SessionId, Vendor, Version};

    use super::*;
    use crate::charges::{Charge, Charges};
    use crate::row::GrantState;

    /// Every row that differs from one in a single bit of a single number.
    fn neighbours(row: &GrantRow) -> Vec<GrantRow> {
        let mut all = vec![row.clone()];
        for bit in (0..64).map(|bit| 1u64 << bit) {
            all.push(GrantRow { id: GrantId(row.id.0 ^ bit), ..row.clone() });
            all.push(GrantRow { session: SessionId(row.session.0 ^ bit), ..row.clone() });
            all.push(GrantRow { request: RequestId(row.request.0 ^ bit), ..row.clone() });
            all.push(GrantRow { since: Wall(row.since.0 ^ bit.cast_signed()), ..row.clone() });
            let charges = |quota, seats, of_suite| [Charge { quota: QuotaId(quota), seats, of_suite }];
            all.push(GrantRow { charges: Charges::from_iter(charges(bit, 1, false)), ..row.clone() });
            let seats = u32::try_from(bit).map(|seats| charges(7, seats, true));
            all.extend(seats.map(|charges| GrantRow { charges: Charges::from_iter(charges), ..row.clone() }));
        }
        all.extend((2..100).map(|n| GrantRow { seats: SeatCount::new(n).unwrap(), ..row.clone() }));
        let versions = ["20", "20.00", "2.0", "0.20", "123456789.123456789", "123456789.12345678"];
        all.extend(versions.map(|text| GrantRow { version: Version::new(text).unwrap(), ..row.clone() }));
        all
    }

    #[test]
    fn a_bit_of_a_row_changes_both_halves_of_its_hash() {
        let id = PoolId::new(
            Vendor::new("acmed").unwrap(),
            ConfigId::new("11470").unwrap(),
            CpuId::new("02aa10203040").unwrap(),
            Feature::new("mill").unwrap(),
            "VERSION=20.0",
        );
        let row = GrantRow {
            id: GrantId(0),
            pool: id.unwrap(),
            suite: None,
            seats: SeatCount::ONE,
            session: SessionId(0),
            request: RequestId(0),
            version: Version::new("20.0").unwrap(),
            state: GrantState::Floating,
            since: Wall(0),
            data: None,
            charges: Charges::new(),
        };
        let mut hashes: Vec<u128> =
            neighbours(&row).iter().map(|row| hash_grant(&mut Vec::new(), row, 1 << 77)).collect();
        hashes.extend((0..128).map(|bit| hash_grant(&mut Vec::new(), &row, 1 << 77 ^ 1 << bit)));
        let live = SessionMark::new(SessionId(0));
        for bit in 0..63 {
            hashes.push(hash_mark(SessionMark { session: SessionId(1 << bit), floor: RequestId(1), ..live }));
            hashes.push(hash_mark(SessionMark { floor: RequestId(2 << bit), ..live }));
            hashes.push(hash_mark(SessionMark { idle: Some(Wall(1 << bit)), ..live }));
            hashes.push(hash_mark(SessionMark {
                standing: Standing::Held,
                idle: Some(Wall(1 << bit)),
                ..live
            }));
        }
        hashes.push(hash_mark(SessionMark { standing: Standing::Held, ..live }));
        let halves = |shift: u32| hashes.iter().map(|hash| (hash >> shift) as u64).collect::<BTreeSet<_>>();
        assert_eq!((halves(0).len(), halves(64).len()), (hashes.len(), hashes.len()));
        assert_eq!(hash_mark(live), 0, "it is no row");
        // A number that a client chooses makes nothing of what comes before it.
        let request = RequestId(0x5899_65cc_7537_4cc3);
        let [one, other] = [(1, 2), (9, 8)].map(|(grant, session)| {
            let row = GrantRow { id: GrantId(grant), session: SessionId(session), request, ..row.clone() };
            hash_grant(&mut Vec::new(), &row, 77)
        });
        assert!(one as u64 != other as u64 && one >> 64 != other >> 64, "{one:x} {other:x}");
    }
}
