//! The process is killed, or the power is cut, at every single effect on the disk: of `init`, of starts,
//! of commits, exports and what is removed behind them. What was acknowledged is there, and at most the
//! one command whose answer was on its way beside it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::rc::Rc;

use seats::State;
use store::{
    Batch, Committed, Disk, DiskFile, FollowerOptions, InitKind, InitOptions, JournalOptions, MapFolder,
    MapStore, OpenError, Opened, Options,
};

use crate::house::{House, Op, assert_same, grants, init_options, options};

/// A file: what the process sees, and what the disk's surface has.
#[derive(Debug, Clone, Default)]
struct Node {
    seen: Vec<u8>,
    durable: Vec<u8>,
}

type Names = BTreeMap<String, Rc<RefCell<Node>>>;

#[derive(Debug, Default)]
struct Inner {
    names: Names,
    durable_names: Names,
    folders: BTreeSet<String>,
    /// Effects up to now.
    effects: u64,
    /// The effect at which the process dies.
    dies_at: Option<u64>,
}

/// Files of a process that dies at an effect: it is half done, and nothing after it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mortal(Rc<RefCell<Inner>>);

#[derive(Debug)]
pub(crate) struct MortalFile(Rc<RefCell<Node>>, Mortal);

/// What a power cut leaves of what was not flushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Left {
    Nothing,
    Everything,
    /// Of every two sectors one.
    Torn,
}

impl Mortal {
    /// Counts an effect: `Ok(false)` where it is the last, and only half of it is done.
    fn effect(&self) -> io::Result<bool> {
        let mut inner = self.0.borrow_mut();
        inner.effects += 1;
        match inner.dies_at {
            Some(last) if inner.effects > last => Err(io::ErrorKind::Other.into()),
            Some(last) if inner.effects == last => Ok(false),
            _ => Ok(true),
        }
    }

    /// An effect that is done whole or not at all.
    fn whole_effect(&self) -> io::Result<()> {
        if self.effect()? { Ok(()) } else { Err(io::ErrorKind::Other.into()) }
    }

    pub(crate) fn dies_after(&self, effects: Option<u64>) {
        let mut inner = self.0.borrow_mut();
        inner.effects = 0;
        inner.dies_at = effects;
    }

    /// Effects since it was last said when it dies.
    pub(crate) fn effects(&self) -> u64 {
        self.0.borrow().effects
    }

    /// The disk that the next process finds.
    pub(crate) fn after(&self, names: Left, data: Left) -> Self {
        let inner = self.0.borrow();
        let found = if names == Left::Nothing { &inner.durable_names } else { &inner.names };
        let of = |node: &Rc<RefCell<Node>>| {
            let node = node.borrow();
            let seen = match data {
                Left::Nothing => node.durable.clone(),
                Left::Everything => node.seen.clone(),
                Left::Torn => torn(&node),
            };
            Rc::new(RefCell::new(Node { durable: seen.clone(), seen }))
        };
        let names: Names = found.iter().map(|(name, node)| (name.clone(), of(node))).collect();
        let folders = inner.folders.clone();
        Self(Rc::new(RefCell::new(Inner {
            durable_names: names.clone(),
            names,
            folders,
            ..Inner::default()
        })))
    }
}

fn torn(node: &Node) -> Vec<u8> {
    let mut bytes = node.durable.clone();
    bytes.resize(node.seen.len().max(bytes.len()), 0);
    for (n, sector) in node.seen.chunks(512).enumerate().filter(|(n, _)| n % 2 == 0) {
        bytes[n * 512..n * 512 + sector.len()].copy_from_slice(sector);
    }
    bytes
}

fn is_in(name: &str, folder: &str) -> bool {
    name.rsplit_once('/').map_or("", |(of, _)| of) == folder
}

impl Disk for Mortal {
    type File = MortalFile;

    fn open(&self, name: &str) -> io::Result<MortalFile> {
        let node = self.0.borrow().names.get(name).cloned();
        node.map(|node| MortalFile(node, self.clone())).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn create(&self, name: &str) -> io::Result<MortalFile> {
        self.whole_effect()?;
        if self.0.borrow().names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let node = Rc::<RefCell<Node>>::default();
        self.0.borrow_mut().names.insert(name.to_owned(), Rc::clone(&node));
        Ok(MortalFile(node, self.clone()))
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let inner = self.0.borrow();
        if !folder.is_empty() && !inner.folders.contains(folder) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let files = inner.names.keys().filter(|name| is_in(name, folder));
        let files = files.map(|name| name.rsplit('/').next().unwrap().to_owned());
        Ok(files.chain(inner.folders.iter().filter(|_| folder.is_empty()).cloned()).collect())
    }

    fn make_dir(&self, folder: &str) -> io::Result<()> {
        self.whole_effect()?;
        self.0.borrow_mut().folders.insert(folder.to_owned());
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.whole_effect()?;
        let mut inner = self.0.borrow_mut();
        let node = inner.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        inner.names.insert(to.to_owned(), node);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        if !self.0.borrow().names.contains_key(name) {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.whole_effect()?;
        self.0.borrow_mut().names.remove(name);
        Ok(())
    }

    fn sync_dir(&self, folder: &str) -> io::Result<()> {
        self.whole_effect()?;
        self.list(folder)?;
        let mut inner = self.0.borrow_mut();
        let now: Vec<_> = inner.names.iter().filter(|(name, _)| is_in(name, folder)).collect();
        let now: Names = now.into_iter().map(|(name, node)| (name.clone(), Rc::clone(node))).collect();
        inner.durable_names.retain(|name, _| !is_in(name, folder));
        inner.durable_names.extend(now);
        Ok(())
    }
}

impl DiskFile for MortalFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.borrow().seen.len() as u64)
    }

    fn read_at(&self, into: &mut [u8], offset: u64) -> io::Result<usize> {
        let node = self.0.borrow();
        let from = node.seen.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let n = from.len().min(into.len());
        into[..n].copy_from_slice(&from[..n]);
        Ok(n)
    }

    fn write_at(&self, from: &[u8], offset: u64) -> io::Result<usize> {
        let is_whole = self.1.effect()?;
        let from = if is_whole { from } else { &from[..from.len() / 2] };
        let (mut node, offset) = (self.0.borrow_mut(), usize::try_from(offset).unwrap());
        let end = (offset + from.len()).max(node.seen.len());
        node.seen.resize(end, 0);
        node.seen[offset..offset + from.len()].copy_from_slice(from);
        if is_whole { Ok(from.len()) } else { Err(io::ErrorKind::Other.into()) }
    }

    fn sync_data(&self) -> io::Result<()> {
        self.1.whole_effect()?;
        let mut node = self.0.borrow_mut();
        node.durable = node.seen.clone();
        Ok(())
    }

    fn allocate(&self, bytes: u64) -> io::Result<()> {
        self.1.whole_effect()?;
        let mut node = self.0.borrow_mut();
        let len = usize::try_from(bytes).unwrap().max(node.seen.len());
        node.seen.resize(len, 0);
        Ok(())
    }
}

pub(crate) const JOURNAL: JournalOptions = JournalOptions { segment_bytes: 4096 };

pub(crate) fn small() -> Options {
    let follower = FollowerOptions { export_after_bytes: 6 * 1024, export_growth: 1 };
    Options { journal: JOURNAL, follower, ..options() }
}

pub(crate) fn init(disk: &Mortal) -> bool {
    let options = InitOptions { journal: JOURNAL, ..init_options(InitKind::New) };
    store::init_on(disk, &options).is_ok()
}

/// What a process had told when it ended, and what it was about to tell.
struct Life {
    told: State,
    next: State,
    has_ended: bool,
}

/// What a process that is killed leaves.
pub(crate) const KILLED: [(Left, Left); 1] = [(Left::Everything, Left::Everything)];
/// What a power cut may leave: of the names, and of the data.
pub(crate) const CUT: [(Left, Left); 4] = [
    (Left::Nothing, Left::Nothing),
    (Left::Nothing, Left::Torn),
    (Left::Everything, Left::Torn),
    (Left::Everything, Left::Nothing),
];

/// Makes a store, starts, and works until it dies or all is done: commits, the seat state, exports, and
/// what is removed behind them.
fn live(disk: &Mortal, seats: &mut MapFolder) -> Life {
    let mut life = Life { told: State::new(), next: State::new(), has_ended: false };
    if !init(disk) {
        return life;
    }
    let Ok(Opened { state, mut journal, mut follower, .. }) = store::open_on(disk, seats, &small()) else {
        return life;
    };
    let mut house = House::of(state);
    let churn = (0..40).flat_map(|n| [Op::Checkout(0, n, 0), Op::Checkin(2 + n)]);
    for (n, op) in grants(4).into_iter().chain(churn).enumerate() {
        let records = house.run(op);
        life.next = house.state.clone();
        if !records.is_empty() {
            let mut batch = Batch::new();
            batch.push_command(&records);
            let (counts, fingerprint) = (house.state.counts(), house.state.fingerprint());
            let Ok(bytes) = journal.commit(&mut batch, counts, fingerprint) else { return life };
            life.told = house.state.clone();
            follower.take(&Committed { records, counts, fingerprint, bytes });
        }
        if n % 3 == 0 {
            follower.write();
        }
        while follower.export_step() {}
        if journal.release(follower.passed()).is_err() || journal.tend().is_err() {
            return life;
        }
    }
    life.has_ended = true;
    life
}

/// Starts from what a dead process left, also when that start dies too, and compares.
fn starts_again(
    left: &Mortal,
    seats: &MapFolder,
    life: &Life,
    start_dies_after: u64,
) -> Result<(), OpenError> {
    let mut seats = copy(seats);
    left.dies_after(Some(start_dies_after));
    let _ = store::open_on(left, &mut seats, &small());
    left.dies_after(None);
    let opened = match store::open_on(left, &mut seats, &small()) {
        // Nothing was ever told before the sentinel is there.
        Err(OpenError::NotMade { .. } | OpenError::NoSentinel { .. }) if life.told.last().0 == 0 => {
            assert!(init(left), "an init that was interrupted is given again");
            store::open_on(left, &mut seats, &small())?
        }
        other => other?,
    };
    let found = &opened.state;
    assert_same(found, if found.last() == life.next.last() { &life.next } else { &life.told });
    Ok(())
}

fn copy(seats: &MapFolder) -> MapFolder {
    let store = seats.store.as_ref().map(|store| {
        let copy = MapStore::default();
        copy.set_bytes(store.bytes());
        copy
    });
    MapFolder { store, aside: Vec::new() }
}

/// Dies at every effect in turn, and starts again from each of these; without its seat state if that is
/// said, so that the exports have to be right.
fn dies_at_every_effect(lefts: &[(Left, Left)], has_seats: bool) {
    let whole = Mortal::default();
    let life = live(&whole, &mut MapFolder::default());
    let effects = whole.effects();
    assert!(life.has_ended, "it ended at effect {effects}");
    assert!(effects > 200, "{effects} effects");
    let names = whole.0.borrow().names.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names.iter().filter(|name| name.ends_with(".ske")).count(), 2, "{names:?}");
    assert!(!names.contains(&"journal/00000000000000000001.skj".to_owned()), "{names:?}");
    for effect in 1..=effects {
        let (disk, mut seats) = (Mortal::default(), MapFolder::default());
        disk.dies_after(Some(effect));
        let life = live(&disk, &mut seats);
        seats.store.take_if(|_| !has_seats);
        for left in lefts {
            for start_dies_after in [0, 1 + effect % 23] {
                let found = disk.after(left.0, left.1);
                starts_again(&found, &seats, &life, start_dies_after).unwrap_or_else(|e| {
                    panic!("effect {effect} of {effects}, {left:?}, {start_dies_after}: {e}")
                });
            }
        }
    }
}

#[test]
fn st_02_a_kill_at_every_effect_loses_nothing_that_was_told() {
    dies_at_every_effect(&KILLED, true);
}

#[test]
fn st_03_a_power_cut_at_every_effect_loses_nothing_that_was_told() {
    dies_at_every_effect(&CUT, true);
}

#[test]
fn st_21_an_export_that_is_killed_or_cut_at_any_step_is_never_missed_and_the_journal_behind_it_neither() {
    dies_at_every_effect(&KILLED, false);
    dies_at_every_effect(&CUT, false);
}
