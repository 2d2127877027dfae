//! A journal that is not as it was written: cut where nothing was acknowledged, refused otherwise.

use names::Seq;
use store::{Cut, OpenError, StoreId};

use crate::house::{Op, SEGMENT, assert_same, commit, grants, open_alone, worked};
use crate::memory::Memory;

/// Where each batch of a segment begins, and where the last ends.
pub(crate) fn batches(bytes: &[u8]) -> Vec<usize> {
    let mut starts: Vec<usize> =
        (512..bytes.len()).step_by(512).filter(|at| bytes[*at..].starts_with(b"SKB\x01")).collect();
    let Some(last) = starts.last().copied() else { return vec![512] };
    let body = u32::from_le_bytes(bytes[last + 4..last + 8].try_into().unwrap());
    starts.push(last + 100 + body as usize);
    starts
}

/// Damages of the journal's only segment.
fn damaged(disk: &Memory, change: impl FnOnce(&mut Vec<u8>)) -> Memory {
    let copy = disk.copy();
    copy.alter(&copy.segments()[0], change);
    copy
}

#[test]
fn st_04_truncated_at_every_byte_of_the_last_three_records_the_last_whole_one_wins() {
    let (disk, states) = worked(&grants(6));
    let segment = disk.bytes(&disk.segments()[0]);
    let starts = batches(&segment);
    let n = starts.len() - 1;
    assert_eq!(n, states.len() - 1);
    let (from, end) = (starts[n - 3], starts[n]);
    for at in from..=end {
        let cut = damaged(&disk, |bytes| bytes.truncate(at));
        let opened = open_alone(&cut).unwrap();
        let whole = (0..n).filter(|i| batch_end(&segment, starts[*i]) <= at).count();
        assert_same(&opened.state, &states[whole]);
        // Right at a batch's end, or in the zeros after it, nothing is known to be missing.
        let last_byte = segment[..at].iter().rposition(|b| *b != 0).unwrap() + 1;
        let has_rest = last_byte > batch_end(&segment, starts[whole - 1]);
        assert_eq!(opened.report.cut.is_some(), has_rest, "at {at}");
        if let Some(Cut { offset, bytes, after, .. }) = opened.report.cut {
            assert_eq!(after, states[whole].last());
            assert_eq!(offset + bytes, last_byte as u64);
        }
        // What was cut does not come back, and the journal goes on.
        drop(opened.journal);
        let mut again = open_alone(&cut).unwrap();
        assert_eq!(again.report.cut, None);
        let mut house = crate::house::House::of(again.state);
        let records = house.run(Op::Checkout(0, 1, 0));
        commit(&house, &mut again.journal, records).unwrap();
        assert_same(&open_alone(&cut).unwrap().state, &house.state);
    }
}

fn batch_end(segment: &[u8], start: usize) -> usize {
    let body = u32::from_le_bytes(segment[start + 4..start + 8].try_into().unwrap());
    start + 100 + body as usize
}

/// Numbers that look random and are the same in every run.
fn scatter(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[test]
fn st_05_a_flipped_bit_is_cut_at_the_tail_and_refused_in_the_middle_and_never_miscounts() {
    let (disk, states) = worked(&grants(9));
    let segment = disk.bytes(&disk.segments()[0]);
    let starts = batches(&segment);
    let (last, end) = (starts[starts.len() - 2], starts[starts.len() - 1]);
    let (mut cuts, mut refusals, mut seed) = (0, 0, 5);
    for _ in 0..4000 {
        let at = usize::try_from(scatter(&mut seed)).unwrap() % segment.len();
        let bit = 1 << (scatter(&mut seed) % 8);
        let copy = damaged(&disk, |bytes| bytes[at] ^= bit);
        let before = copy.files();
        match open_alone(&copy) {
            Ok(opened) => {
                let kept = if at < end { states.len() - 2 } else { states.len() - 1 };
                assert!(at >= last, "a flip at {at} went unseen");
                assert_same(&opened.state, &states[kept]);
                assert!(opened.report.cut.is_some(), "a flip at {at} was not told of");
                cuts += 1;
            }
            Err(e) => {
                assert!(at < last || at < 512, "a flip at {at}: {e}");
                assert!(
                    matches!(e, OpenError::Damaged(_)) && e.to_string().contains("00000000000000000001.skj"),
                    "{e}"
                );
                assert_eq!(copy.files(), before, "a refused journal was changed");
                refusals += 1;
            }
        }
    }
    assert!(cuts > 100 && refusals > 100, "{cuts} cuts, {refusals} refusals");
}

#[test]
fn st_05_a_refusal_says_where_and_what_to_do() {
    let (disk, _) = worked(&grants(4));
    let copy = damaged(&disk, |bytes| bytes[512 + 120] ^= 1);
    let text = open_alone(&copy).unwrap_err().to_string();
    for words in ["journal/00000000000000000001.skj: damaged at byte 512", "backup", "--after-loss"] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn st_06_batches_that_were_moved_removed_or_doubled_are_found() {
    let (disk, states) = worked(&grants(6));
    let segment = disk.bytes(&disk.segments()[0]);
    let starts = batches(&segment);
    let n = starts.len() - 1;
    let slot = |i: usize| starts[i]..starts.get(i + 1).copied().unwrap_or(0).next_multiple_of(512);
    let refused = |what: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let e = open_alone(&damaged(&disk, change)).unwrap_err();
        assert!(matches!(e, OpenError::Damaged(_)), "{what}: {e}");
    };
    // Batches of one slot each, so that whole ones can be moved about.
    assert!((0..n).all(|i| slot(i).len() == 512 || i == 0 || i == 1), "{starts:?}");
    refused("swapped", &|b| {
        let (x, y) = (slot(3), slot(4));
        let copy = b[x.clone()].to_vec();
        b.copy_within(y.clone(), x.start);
        b[y].copy_from_slice(&copy);
    });
    refused("the last two swapped", &|b| {
        let (x, y) = (slot(n - 2), slot(n - 1));
        let copy = b[x.clone()].to_vec();
        b.copy_within(y.clone(), x.start);
        b[y].copy_from_slice(&copy);
    });
    refused("removed", &|b| {
        b.drain(slot(3));
    });
    refused("doubled in the middle", &|b| {
        let copy = b[slot(3)].to_vec();
        b.splice(slot(3).start..slot(3).start, copy);
    });
    refused("doubled at the end", &|b| {
        let copy = b[slot(n - 1)].to_vec();
        b.splice(slot(n - 1).end..slot(n - 1).end, copy);
    });
    refused("an old copy in the place of another", &|b| {
        b.copy_within(slot(2), slot(4).start);
    });
    refused("overwritten with zeros", &|b| b[slot(3)].fill(0));
    assert_same(&open_alone(&disk).unwrap().state, states.last().unwrap());
}

#[test]
fn st_06_segments_that_are_missing_or_exchanged_are_found() {
    let (disk, states) = worked(&grants(60));
    let segments = disk.segments();
    assert!(segments.len() > 3, "{segments:?}");
    for i in 1..segments.len() - 1 {
        let copy = disk.copy();
        store::Disk::remove(&copy, &segments[i]).unwrap();
        let e = open_alone(&copy).unwrap_err();
        assert!(matches!(&e, OpenError::Gap { file, .. } if *file == segments[i + 1]), "{e}");
    }
    // Without its first segment the journal cannot give the state by itself.
    let copy = disk.copy();
    store::Disk::remove(&copy, &segments[0]).unwrap();
    let e = open_alone(&copy).unwrap_err();
    assert!(matches!(e, OpenError::CannotRebuild { .. }), "{e}");
    // One in the place of another.
    let copy = disk.copy();
    copy.put(&segments[1], disk.bytes(&segments[2]));
    let e = open_alone(&copy).unwrap_err();
    assert!(matches!(e, OpenError::Damaged(_)), "{e}");
    // The end of one that is not the last is not a tail: the next says that there was more.
    let copy = disk.copy();
    copy.alter(&segments[1], |bytes| {
        let last = batches(bytes)[batches(bytes).len() - 2];
        bytes[last..].fill(0);
    });
    let e = open_alone(&copy).unwrap_err();
    assert!(matches!(e, OpenError::Gap { .. }), "{e}");
    assert_same(&open_alone(&disk).unwrap().state, states.last().unwrap());
}

#[test]
fn st_19_a_newer_journal_is_refused_and_not_rewritten() {
    let (disk, _) = worked(&grants(3));
    for (field, of) in [(8, 1), (10, seats::FORMAT)] {
        let copy = damaged(&disk, |bytes| {
            bytes[field] += 1;
            let crc = crc32fast::hash(&bytes[..124]);
            bytes[124..128].copy_from_slice(&crc.to_le_bytes());
        });
        let before = copy.files();
        let e = open_alone(&copy).unwrap_err();
        let (found, reads) = (of + 1, of);
        assert!(
            matches!(e, OpenError::Newer { format, known, .. } if (format, known) == (found, reads)),
            "{e}"
        );
        assert_eq!(copy.files(), before);
    }
}

#[test]
fn st_06_a_segment_of_another_store_is_refused() {
    let (disk, _) = worked(&grants(3));
    let copy = damaged(&disk, |bytes| {
        bytes[16..32].fill(1);
        let crc = crc32fast::hash(&bytes[..124]);
        bytes[124..128].copy_from_slice(&crc.to_le_bytes());
    });
    let e = open_alone(&copy).unwrap_err();
    assert!(matches!(e, OpenError::Foreign { found: StoreId([1, ..]), .. }), "{e}");
}

#[test]
fn a_torn_batch_loses_all_of_it_and_nothing_before() {
    let (disk, states) = worked(&grants(3));
    let name = disk.segments().remove(0);
    let segment = disk.bytes(&name);
    let starts = batches(&segment);
    let last = starts[starts.len() - 2];
    // Any sectors of the last write may be missing, the first one too.
    for hole in [last..last + 100, last + 64..last + 512] {
        let torn = damaged(&disk, |bytes| bytes[hole.clone()].fill(0));
        let opened = open_alone(&torn).unwrap();
        assert_same(&opened.state, &states[states.len() - 2]);
        assert_eq!(opened.report.cut.unwrap().after, Seq(states[states.len() - 2].last().0));
        assert_eq!(torn.bytes(&name)[last..], vec![0; SEGMENT as usize - last][..]);
    }
}
