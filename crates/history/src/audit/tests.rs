//! A chain is whole after any end, and nothing in it is changed unseen.

use std::path::Path;
use std::time::{Duration, Instant};

use license::{PublicKey, SecretKey};
use names::{Seq, Wall};
use proptest::prelude::*;
use seats::{Command, Deed, Note};
use tempfile::TempDir;

use super::*;
use crate::testing::{Day, MORNING, pool, who};

fn key() -> SecretKey {
    SecretKey::for_host([7; 32])
}

fn open(folder: &Path) -> AuditChain {
    AuditChain::open(AuditSetup { folder: folder.join("audit"), key: key(), keep_years: 10 }).unwrap()
}

/// A day with administration in it, over the end of a month.
fn a_day() -> Day {
    let mut day = Day::new(vec![pool("mill", 3), pool("lathe", 1)]);
    day.open(1, who("kim", "ws01"));
    let grant = day.checkout(1, "mill", 2).unwrap();
    let note = |deed, about: &str| Command::Note(Box::new(Note::new(Some(0), deed, about)));
    day.step(note(Deed::Reread, ""));
    day.remove(grant);
    day.pass(10 * 86_400_000);
    day.step(note(Deed::SwitchLog, "/var/log/a\"b\u{1b}.log"));
    day.step(note(Deed::Stop, ""));
    day.step(Command::Stop);
    day
}

/// A chain of a day, and where it is.
fn a_chain() -> (TempDir, Day) {
    let folder = tempfile::tempdir().unwrap();
    let day = a_day();
    let mut chain = open(folder.path());
    day.give(&mut chain, Seq(0));
    chain.close(day.now.wall).unwrap();
    (folder, day)
}

fn expected() -> Expected {
    Expected { key: Some(key().public()), ..Expected::default() }
}

fn check(folder: &TempDir, expected: &Expected) -> Verified {
    verify(&folder.path().join("audit"), expected).unwrap()
}

/// Whether a change is seen.
fn is_seen(folder: &TempDir) -> bool {
    let found = check(folder, &expected());
    !found.faults.is_empty() || !found.is_to_the_head
}

fn files_of(folder: &TempDir) -> Vec<PathBuf> {
    let audit = folder.path().join("audit");
    files::names(&audit).unwrap().iter().map(|name| audit.join(name)).collect()
}

#[test]
fn a_chain_has_what_is_administered_and_no_traffic() {
    let (folder, day) = a_chain();
    let mut kinds = Vec::new();
    lines(&folder.path().join("audit"), |line| {
        kinds.push(line.kind.clone());
        Ok(())
    })
    .unwrap();
    assert_eq!(
        kinds,
        [
            "started",
            "pool-set",
            "pool-set",
            "administered",
            "administered",
            "revoked",
            "checkpoint",
            "administered",
            "administered",
            "stopped",
            "checkpoint"
        ]
    );
    let found = check(&folder, &expected());
    assert_eq!(found.faults, []);
    assert!(found.is_to_the_head);
    assert_eq!((found.lines, found.signed, found.checkpoints, found.files), (11, 11, 2, 2));
    assert_eq!(found.seq, day.last().0);
    let text: String = files_of(&folder).iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    assert!(text.contains("\"about\":\"/var/log/a\\\"b\\u001b.log\""), "{text}");
}

#[test]
fn a_chain_has_the_deeds_of_the_desk_and_not_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let mut day = Day::new(vec![pool("mill", 3)]);
    let before = day.last();
    day.desk("kim@acmed.test");
    let mut chain = open(folder.path());
    day.give(&mut chain, before);
    chain.close(day.now.wall).unwrap();
    let mut kinds = Vec::new();
    lines(&folder.path().join("audit"), |line| {
        kinds.push(line.kind.clone());
        Ok(())
    })
    .unwrap();
    assert_eq!(kinds, ["desk-did", "desk-did", "checkpoint"]);
    let text: String = files_of(&folder).iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let fields = r#""fields":{"deed":"assign","by":"kim@acmed.test","about":"case/17"}"#;
    assert_eq!((text.matches(fields).count(), text.contains("s3cret")), (2, false), "{text}");
}

#[test]
fn every_edit_of_a_byte_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let day = Day::new(vec![pool("mill", 3)]);
    let mut chain = open(folder.path());
    day.give(&mut chain, Seq(0));
    chain.close(day.now.wall).unwrap();
    let head = folder.path().join("audit/head");
    for path in files_of(&folder).into_iter().chain([head]) {
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let flip = [1_u8, 0x20, 0x80][at % 3];
            let mut bytes = whole.clone();
            bytes[at] ^= flip;
            std::fs::write(&path, &bytes).unwrap();
            assert!(is_seen(&folder), "byte {at} of {} with {flip:#x}", path.display());
        }
        std::fs::write(&path, &whole).unwrap();
    }
    assert!(!is_seen(&folder));
}

#[test]
fn removed_swapped_doubled_lines_and_cut_tails_are_found() {
    let (folder, _) = a_chain();
    for path in files_of(&folder) {
        let whole = std::fs::read_to_string(&path).unwrap();
        let of: Vec<&str> = whole.split_inclusive('\n').collect();
        let mut changed = Vec::new();
        for at in 0..of.len() {
            let mut without = of.clone();
            without.remove(at);
            changed.push((format!("without {at}"), without));
            let mut twice = of.clone();
            twice.insert(at, of[at]);
            changed.push((format!("twice {at}"), twice));
            for other in at + 1..of.len() {
                let mut swapped = of.clone();
                swapped.swap(at, other);
                changed.push((format!("swapped {at} {other}"), swapped));
            }
        }
        for cut in 1..of.len() {
            changed.push((format!("cut at {cut}"), of[..cut].to_vec()));
        }
        for (what, lines) in changed {
            std::fs::write(&path, lines.concat()).unwrap();
            let is_first_gone = what == "without 0" && path.ends_with("2026-11-000000000001.jsonl");
            // Whole old files may be removed: what is left says where it begins.
            if is_first_gone {
                assert_eq!(check(&folder, &expected()).first.unwrap().0, 2);
            } else {
                assert!(is_seen(&folder), "{what} of {}", path.display());
            }
        }
        std::fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn a_tail_cut_with_the_head_is_found_by_what_was_kept_elsewhere() {
    let (folder, mut day) = a_chain();
    let audit = folder.path().join("audit");
    let before = std::fs::read(audit.join("head")).unwrap();
    let old: Vec<_> =
        files_of(&folder).iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect();
    let last = day.last();
    day.step(Command::Start);
    let mut chain = open(folder.path());
    day.give(&mut chain, last);
    chain.close(day.now.wall).unwrap();
    let kept = last_checkpoint(&audit).unwrap();
    std::fs::write(audit.join("head"), &before).unwrap();
    old.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    assert!(!is_seen(&folder), "what is left is a whole chain");
    let line: Checkpoint = kept.to_string().parse().unwrap();
    let by_line = check(&folder, &Expected { checkpoint: Some(line), ..expected() });
    assert!(by_line.faults[0].what.contains("the tail is cut: lines 12 to 13"), "{:?}", by_line.faults);
    let by_seq = check(&folder, &Expected { upto: Some(day.last().0), ..expected() });
    assert!(by_seq.faults[0].what.contains("the tail is cut"), "{:?}", by_seq.faults);
}

#[test]
fn a_chain_of_another_key_is_found_and_so_is_one_that_was_made_again() {
    let (folder, _) = a_chain();
    let other: PublicKey = SecretKey::for_host([8; 32]).public();
    let found = check(&folder, &Expected { key: Some(other), ..Expected::default() });
    assert!(found.faults.iter().all(|fault| fault.what.contains("another key")) && found.faults.len() == 3);
    let found = check(&folder, &Expected::default());
    assert_eq!((found.faults.len(), found.keys.len()), (0, 1));
}

#[test]
fn a_checkpoint_is_read_only_as_it_was_printed() {
    let (folder, _) = a_chain();
    let line = last_checkpoint(&folder.path().join("audit")).unwrap().to_string();
    assert!(line.parse::<Checkpoint>().is_ok());
    for at in 0..line.len() {
        let mut bytes = line.clone().into_bytes();
        bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(changed.parse::<Checkpoint>().is_err(), "{changed}");
    }
    assert!("".parse::<Checkpoint>().is_err());
}

#[test]
fn files_are_removed_whole_after_their_years_and_the_rest_is_a_chain() {
    let folder = tempfile::tempdir().unwrap();
    let mut chain =
        AuditChain::open(AuditSetup { folder: folder.path().join("audit"), key: key(), keep_years: 1 })
            .unwrap();
    for month in 0..30_u64 {
        let at = Wall(MORNING.0 + i64::try_from(month).unwrap() * 31 * 86_400_000);
        chain.gap(Seq(month * 2 + 1), Seq(month * 2 + 2), at).unwrap();
        chain.settle(at).unwrap();
    }
    chain.close(Wall(MORNING.0 + 31 * 30 * 86_400_000)).unwrap();
    let found = check(&folder, &expected());
    assert_eq!(found.faults, []);
    assert!((12..=14).contains(&found.files), "{}", found.files);
    assert!(found.first.unwrap().0 > 1);
}

#[test]
fn long_chains_have_checkpoints_and_an_hour_has_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut chain = open(folder.path());
    for n in 0..2_100 {
        chain.gap(Seq(n + 1), Seq(n + 1), MORNING).unwrap();
    }
    chain.settle(MORNING).unwrap();
    assert_eq!(check(&folder, &expected()).checkpoints, 2);
    chain.settle(Wall(MORNING.0 + 3_599_000)).unwrap();
    chain.settle(Wall(MORNING.0 + 3_601_000)).unwrap();
    chain.settle(Wall(MORNING.0 + 3_700_000)).unwrap();
    let found = check(&folder, &expected());
    assert_eq!((found.checkpoints, found.faults.len()), (3, 0));
}

#[test]
fn a_chain_that_was_damaged_goes_on_and_the_damage_stays_to_be_found() {
    for damage in ["tail", "edit", "head", "no head"] {
        let (folder, mut day) = a_chain();
        let audit = folder.path().join("audit");
        let last = files_of(&folder).pop().unwrap();
        let whole = std::fs::read(&last).unwrap();
        match damage {
            "tail" => std::fs::write(&last, &whole[..whole.len() - 700]).unwrap(),
            "edit" => {
                let mut bytes = whole.clone();
                let at = bytes.len() - 10;
                bytes[at] ^= 1;
                std::fs::write(&last, &bytes).unwrap();
            }
            "head" => std::fs::write(audit.join("head"), "nonsense").unwrap(),
            _ => std::fs::remove_file(audit.join("head")).unwrap(),
        }
        let upto = day.last();
        day.step(Command::Start);
        let mut chain = open(folder.path());
        assert_eq!(chain.upto(), upto, "{damage}");
        day.give(&mut chain, upto);
        chain.close(day.now.wall).unwrap();
        let found = check(&folder, &expected());
        assert_eq!(found.faults.is_empty(), damage.contains("head"), "{damage}: {:?}", found.faults);
        assert!(found.is_to_the_head, "{damage}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Killed after any event, with any part of what was not flushed on the disk, the chain has each line once.
    #[test]
    fn kills_leave_a_whole_chain_with_each_event_once(
        moments in prop::collection::vec((1_u64..20, any::<bool>(), 0_u64..600), 1..10),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let day = a_day();
        for (upto, settled, torn) in moments {
            let mut chain = open(folder.path());
            let mut told = Told::new(seats::State::new());
            for record in day.records.iter().filter(|record| record.seq.0 <= upto) {
                let happened = told.happened(record, &mut ()).unwrap();
                chain.take(&happened, &told).unwrap();
                if settled {
                    chain.settle(record.at).unwrap();
                }
            }
            let known = chain.writing.as_ref().map_or(0, |writing| writing.len);
            chain.write_out().unwrap();
            // Of what was written and not flushed, some is there after a power cut.
            if let Some(writing) = &chain.writing {
                let path = folder.path().join("audit").join(&writing.name);
                let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
                file.set_len(writing.len.min(known + torn)).unwrap();
            }
            drop(chain);
        }
        let mut chain = open(folder.path());
        let upto = chain.upto();
        day.give(&mut chain, upto);
        chain.close(day.now.wall).unwrap();
        let found = check(&folder, &expected());
        prop_assert_eq!(&found.faults, &vec![]);
        prop_assert!(found.is_to_the_head);
        let mut seqs = Vec::new();
        lines(&folder.path().join("audit"), |line| {
            if line.kind != "checkpoint" {
                seqs.push(line.seq);
            }
            Ok(())
        }).unwrap();
        let expected: Vec<u64> = day.records.iter().filter(|record| {
            use seats::Event::{Administered, Changed, PoolSet, Started, Stopped};
            matches!(record.event, Administered(_) | Changed(_) | PoolSet(_) | Started | Stopped)
        }).map(|record| record.seq.0).collect();
        prop_assert_eq!(seqs, expected);
    }
}

/// The numbers of the lines that are shown, and what else is said of them.
fn shown(looked: &Looked) -> (Vec<u64>, usize, bool) {
    (looked.lines.iter().map(|line| line.line).collect(), looked.total, looked.is_cut)
}

#[test]
fn lines_are_looked_at_from_the_newest_over_the_ends_of_files() {
    let (folder, _) = a_chain();
    let audit = folder.path().join("audit");
    assert_eq!(files_of(&folder).len(), 2);
    for (skip, take, numbers) in [
        (0, 3, &[11, 10, 9][..]),
        (2, 5, &[9, 8, 7, 6, 5]),
        (8, 100, &[3, 2, 1]),
        (10, 1, &[1]),
        (11, 5, &[]),
        (usize::MAX, usize::MAX, &[]),
        (0, usize::MAX, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]),
    ] {
        assert_eq!(shown(&newest(&audit, skip, take).unwrap()), (numbers.to_vec(), 11, false), "{skip}");
    }
    // Old files are removed whole; what is left begins where it begins.
    std::fs::remove_file(&files_of(&folder)[0]).unwrap();
    assert_eq!(shown(&newest(&audit, 2, 100).unwrap()), (vec![9, 8], 4, false));
    // A line that is half written is none yet.
    let last = files_of(&folder).remove(0);
    let mut bytes = std::fs::read(&last).unwrap();
    bytes.extend(b"{\"line\":12,");
    std::fs::write(&last, bytes).unwrap();
    assert_eq!(shown(&newest(&audit, 0, 2).unwrap()), (vec![11, 10], 4, false));
    assert!(newest(&folder.path().join("none"), 0, 1).is_err());
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    assert_eq!(shown(&newest(&folder.path().join("empty"), 0, 1).unwrap()), (vec![], 0, false));
}

#[test]
fn lines_are_searched_as_far_as_there_is_time() {
    let (folder, _) = a_chain();
    let audit = folder.path().join("audit");
    let (later, now) = (Instant::now() + Duration::from_secs(60), Instant::now());
    let is_deed = |line: &AuditLine| line.kind == "administered";
    let found = |skip, take, until| shown(&search(&audit, skip, take, until, is_deed).unwrap());
    assert_eq!(found(0, 10, later), (vec![9, 8, 5, 4], 4, false));
    assert_eq!(found(1, 2, later), (vec![8, 5], 4, false));
    assert_eq!(found(0, 10, now), (vec![], 0, true));
    // Of very many, the newest.
    let last = files_of(&folder).remove(1);
    let bytes = std::fs::read(&last).unwrap();
    let line = bytes.split_inclusive(|b| *b == b'\n').next().unwrap().repeat(2_100);
    std::fs::write(&last, [line, bytes].concat()).unwrap();
    let (numbers, total, is_cut) = found(0, 2, later);
    assert_eq!((numbers, total, is_cut), (vec![9, 8], 2_000, true));
}
