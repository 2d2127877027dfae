//! A small folder, damaged at every byte that is used: a bit of it flipped, and cut off there. Either
//! nothing is lost, or the start is refused with the place.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use names::Seq;
use store::{MapFolder, MapStore, OpenError, SledFolder};

use crate::house::{House, assert_same, grants, init_options, open_with, options, work};
use crate::memory::Memory;
use crate::mutations::Random;
use crate::start::{churn, exported};

/// Samples of sled's files, half of them flips and half of them cuts.
const SLED_SAMPLES: u64 = 2_000;

/// One place that is damaged.
#[derive(Debug, Clone, Copy)]
enum Harm {
    Flip(usize, u8),
    Cut(usize),
}

impl Harm {
    fn apply(self, bytes: &mut Vec<u8>) {
        match self {
            Self::Flip(at, bit) => bytes[at] ^= 1 << bit,
            Self::Cut(at) => bytes.truncate(at),
        }
    }
}

/// A file, and the whole folder's files.
struct Folder {
    files: Memory,
    seats: BTreeMap<Vec<u8>, Vec<u8>>,
    house: House,
}

impl Folder {
    fn new() -> Self {
        let (files, folder, house, _) = exported(&churn(24), true);
        let seats = folder.store.unwrap().bytes();
        Self { files, seats, house }
    }

    /// Damages a file and starts. Says what of it is not as it must be.
    fn start(&self, name: &str, harm: Harm, with_seats: bool) -> Result<&'static str, String> {
        let files = self.files.copy();
        files.alter(name, |bytes| harm.apply(bytes));
        let before = files.files();
        let store = MapStore::default();
        store.set_bytes(self.seats.clone());
        let mut folder = MapFolder { store: with_seats.then_some(store), aside: Vec::new() };
        let opened = match open_with(&files, &mut folder) {
            Ok(opened) => opened,
            Err(e) if files.files() != before => return Err(format!("a refusal changed something: {e}")),
            // The place may be between two files: the journal's next one, or the seat state, goes on
            // where this one should have ended.
            Err(OpenError::Gap { file, .. }) if name < file.as_str() => return Ok("refused"),
            Err(e @ OpenError::JournalBehind { .. }) if e.to_string().contains("journal") => {
                return Ok("refused");
            }
            Err(e) if e.to_string().contains(name) => return Ok("refused"),
            Err(e) => return Err(format!("a refusal without the place: {e}")),
        };
        opened.state.check().map_err(|e| e.to_string())?;
        let (found, all) = (&opened.state, &self.house.state);
        if (found.last(), found.counts(), found.fingerprint())
            == (all.last(), all.counts(), all.fingerprint())
        {
            return Ok("whole");
        }
        // Only the last batch, and only where nothing but the journal knows of it.
        let is_told = opened.report.cut.as_ref().is_some_and(|cut| cut.file == name);
        let is_gone = matches!(harm, Harm::Cut(_));
        match !with_seats && name == self.last_segment() && (is_told || is_gone) {
            true => Ok("cut"),
            false => Err(format!("lost: record {} of {}", found.last(), all.last())),
        }
    }

    fn last_segment(&self) -> String {
        self.files.segments().pop().unwrap()
    }
}

/// Flips and cuts at every used byte of a file. Each byte has its own bit.
fn harms(bytes: &[u8]) -> impl Iterator<Item = Harm> + use<> {
    let used = bytes.iter().rposition(|b| *b != 0).unwrap() + 1;
    (0..used).flat_map(|at| [Harm::Flip(at, (at % 8) as u8), Harm::Cut(at)])
}

#[test]
fn st_05_damage_at_every_byte_of_journal_exports_and_sentinel_is_harmless_or_refused() {
    for with_seats in [true, false] {
        let folder = Folder::new();
        let mut counts: BTreeMap<(String, &str), u32> = BTreeMap::new();
        for (name, bytes) in folder.files.files() {
            for harm in harms(&bytes) {
                let outcome = folder.start(&name, harm, with_seats);
                let outcome =
                    outcome.unwrap_or_else(|why| panic!("{name}, {harm:?}, seat state {with_seats}: {why}"));
                *counts.entry((name.clone(), outcome)).or_default() += 1;
            }
        }
        println!("seat state {with_seats}: {counts:#?}");
        let count = |outcome| counts.iter().filter(|((_, o), _)| *o == outcome).map(|(_, n)| n).sum::<u32>();
        assert!(count("refused") > 1000, "{counts:?}");
        // With the seat state nothing is ever cut; without it only what was never known elsewhere.
        assert_eq!(count("cut") > 0, !with_seats, "{counts:?}");
        let exports = counts.iter().filter(|((name, _), _)| name.ends_with(".ske"));
        let exports: BTreeMap<&str, u32> = exports.map(|((_, outcome), n)| (*outcome, *n)).collect();
        assert!(exports.contains_key("whole"), "{counts:?}");
    }
}

#[test]
fn st_05_a_damaged_export_that_nothing_replaces_refuses_the_start_with_its_name() {
    let mut folder = Folder::new();
    let exports: Vec<_> = folder.files.files().into_keys().filter(|name| name.ends_with(".ske")).collect();
    let [older, newer] = &exports[..] else { panic!("{exports:?}") };
    store::Disk::remove(&folder.files, older).unwrap();
    folder.seats.clear();
    let bytes = folder.files.bytes(newer);
    for harm in harms(&bytes) {
        assert_eq!(folder.start(newer, harm, false), Ok("refused"), "{harm:?}");
    }
}

/// A store whose journal is in memory, and whose seat state is on sled, in step with it.
struct OnSled {
    files: Memory,
    sled: Vec<(PathBuf, Vec<u8>)>,
    house: House,
}

impl OnSled {
    fn new() -> Self {
        let folder = somewhere();
        let files = Memory::new();
        store::init_on(&files, &init_options(store::InitKind::New)).unwrap();
        let mut house = House::default();
        // Opened twice, so that there is a snapshot of sled's too.
        for ops in [grants(20), churn(10)[7..].to_vec()] {
            let store::Opened { state, mut journal, mut follower, .. } = open(&files, folder.path()).unwrap();
            house = House::of(state);
            work(&mut house, &mut journal, &mut follower, &ops);
            follower.write();
            assert_eq!(follower.notices(), []);
        }
        let mut sled = Vec::new();
        gather(&folder.path().join("sled"), Path::new("sled"), &mut sled);
        Self { files, sled, house }
    }

    /// Starts with one of sled's files damaged. Sled is found whole, or made again from the journal, or
    /// the start is refused where the journal's beginning is gone; says whether it was found whole.
    fn start(&self, seed: u64) -> bool {
        let mut random = Random::new(seed);
        let folder = somewhere();
        // Mostly the file with the rows; what is used of it.
        let db = self.sled.iter().position(|(path, _)| path.ends_with("db")).unwrap();
        let harmed = if random.below(4) == 0 { random.below(self.sled.len()) } else { db };
        for (i, (path, bytes)) in self.sled.iter().enumerate() {
            let mut bytes = bytes.clone();
            if i == harmed && !bytes.is_empty() {
                let used = bytes.iter().rposition(|b| *b != 0).map_or(1, |last| last + 1);
                let at = random.below(used);
                let flip = Harm::Flip(at, random.below(8) as u8);
                if seed.is_multiple_of(2) { flip } else { Harm::Cut(at) }.apply(&mut bytes);
            }
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let replay =
            format!("replay: SEATKEEPER_SEED={seed} cargo test -p store --test store sampled_of_sled");
        let files = self.files.copy();
        let can_be_made = seed % 8 >= 2;
        if !can_be_made {
            store::Disk::remove(&files, &files.segments()[0]).unwrap();
        }
        let opened = match open(&files, folder.path()) {
            Ok(opened) => opened,
            Err(OpenError::CannotRebuild { .. }) if !can_be_made => return false,
            Err(e) => panic!("{e}; {replay}"),
        };
        let found = &opened.state;
        let is_whole =
            found.last() == self.house.state.last() && found.fingerprint() == self.house.state.fingerprint();
        assert!(is_whole, "record {}; {replay}", found.last());
        assert_same(found, &self.house.state);
        assert!(can_be_made || opened.report.rebuilt.is_none(), "{replay}");
        opened.report.rebuilt.is_none()
    }
}

/// A folder; in memory where the system has such folders, since nothing here is about a disk's surface.
pub(crate) fn somewhere() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn open(files: &Memory, folder: &Path) -> Result<store::Opened<Memory, store::SledStore>, OpenError> {
    store::open_on(files, &mut SledFolder::new(folder, Duration::from_secs(60)), &options())
}

/// All files of a folder, by their paths within it.
fn gather(folder: &Path, within: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let path = within.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => gather(&entry.path(), &path, files),
            false => files.push((path, fs::read(entry.path()).unwrap())),
        }
    }
}

#[test]
fn st_07_damage_at_two_thousand_places_sampled_of_sled_loses_nothing() {
    let seed = std::env::var("SEATKEEPER_SEED").ok().and_then(|n| n.parse::<u64>().ok());
    let seeds = seed.map_or(0..SLED_SAMPLES, |seed| seed..seed + 1);
    println!("seeds {seeds:?}");
    let samples = |odd: u64| {
        let seeds = seeds.clone();
        move || {
            let on_sled = OnSled::new();
            assert!(on_sled.house.state.last() > Seq(0));
            seeds.filter(|seed| seed % 2 == odd).filter(|seed| on_sled.start(*seed)).count()
        }
    };
    let whole = std::thread::scope(|scope| {
        let other = scope.spawn(samples(1));
        samples(0)() + other.join().unwrap()
    });
    println!("sled was found whole {whole} times");
    let some = 100..SLED_SAMPLES as usize - 100;
    assert!(seed.is_some() || some.contains(&whole), "sled was found whole {whole} times");
}
