//! Format 1, as it was written once: every release must read it, and this one must still write it.
//!
//! `format-1/` is a state folder; `seat-state` is what sled held of it, `rows` what it means. When a
//! new format is made, these files stay, and new ones come beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use names::Seq;
use seats::State;
use store::{FollowerOptions, MapFolder, Opened, Options, Source};

use crate::house::{House, Op, assert_same, grants, made, open_with, options, work};
use crate::memory::Memory;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/format-1")
}

fn golden_text(name: &str) -> String {
    fs::read_to_string(golden().join(name)).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// All rows, a line each: what it is, and its bytes.
fn rows(state: &State) -> String {
    let mut rows: Vec<_> = state.rows().collect();
    rows.sort_by_key(seats::Row::key);
    let mut text = String::new();
    for row in rows {
        let mut bytes = Vec::new();
        row.encode(&mut bytes);
        let _ = writeln!(text, "{} = {}", row.key(), hex(&bytes));
    }
    text
}

/// What was done to write the golden files.
fn written() -> (Memory, MapFolder, State) {
    let (disk, mut folder) = (made(), MapFolder::default());
    let options =
        Options { follower: FollowerOptions { export_after_bytes: 7_000, export_growth: 1 }, ..options() };
    let Opened { state, mut journal, mut follower, .. } =
        store::open_on(&disk, &mut folder, &options).unwrap();
    let mut house = House::of(state);
    let churn = (0..6).flat_map(|i| [Op::Checkout(1, i, 1), Op::Checkin(i)]);
    let ops = grants(6).into_iter().chain([Op::Open(1)]).chain(churn).chain([Op::TimeOut(1), Op::Pools(2)]);
    let ops = ops.chain((0..11).map(Op::Rare));
    for (i, op) in ops.enumerate() {
        work(&mut house, &mut journal, &mut follower, &[op]);
        if i < 18 {
            follower.write();
            follower.export_step();
        }
    }
    (disk, folder, house.state)
}

fn seat_state(folder: &MapFolder) -> String {
    let map = folder.store.as_ref().unwrap().bytes();
    map.iter().fold(String::new(), |mut text, (key, value)| {
        let _ = writeln!(text, "{} = {}", hex(key), hex(value));
        text
    })
}

/// The golden folder's files, by their names in it.
fn golden_files() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in ["", "journal", "export"] {
        for entry in fs::read_dir(golden().join(folder)).unwrap().map(Result::unwrap) {
            let name = entry.file_name().into_string().unwrap();
            let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if entry.file_type().unwrap().is_file() && !matches!(name.as_str(), "rows" | "seat-state") {
                files.insert(name, fs::read(entry.path()).unwrap());
            }
        }
    }
    files
}

#[test]
fn format_1_is_written_as_ever() {
    let (disk, folder, state) = written();
    let kinds: BTreeSet<_> =
        state.rows().map(|row| row.key().to_string().split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(
        kinds.iter().map(String::as_str).collect::<Vec<_>>(),
        ["assignment", "clock", "desk", "grant", "login", "mark", "pool", "quota", "session", "waiter"]
    );
    if std::env::var_os("SEATKEEPER_BLESS").is_some() {
        // Only while this format is in no release.
        for (name, bytes) in disk.files() {
            fs::write(golden().join(name), bytes).unwrap();
        }
        fs::write(golden().join("seat-state"), seat_state(&folder)).unwrap();
        fs::write(golden().join("rows"), rows(&state)).unwrap();
    }
    let (files, golden) = (disk.files(), golden_files());
    assert!(files.keys().eq(golden.keys()), "{:?}, not {:?}", files.keys(), golden.keys());
    for (name, bytes) in files {
        assert!(golden[&name] == bytes, "{name} is written otherwise than in format 1");
    }
    assert_eq!(seat_state(&folder), golden_text("seat-state"));
    assert_eq!(rows(&state), golden_text("rows"));
}

#[test]
fn format_1_opens_with_its_seat_state() {
    let disk = Memory::new();
    for (name, bytes) in golden_files() {
        disk.put(&name, bytes);
    }
    let map = golden_text("seat-state");
    let map = map.lines().map(|line| line.split_once(" = ").unwrap()).map(|(k, v)| (unhex(k), unhex(v)));
    let mut folder = MapFolder { store: Some(store::MapStore::default()), ..MapFolder::default() };
    folder.store.as_ref().unwrap().set_bytes(map.collect());
    let opened = open_with(&disk, &mut folder).unwrap();
    assert_eq!(rows(&opened.state), golden_text("rows"));
    assert_eq!((opened.report.source, opened.report.rebuilt), (Source::Sled(Seq(20)), None));
}

#[test]
fn format_1_opens_from_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in golden_files() {
        let path = folder.path().join(&name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(path.parent().unwrap(), fs::Permissions::from_mode(0o700)).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    let opened = store::open(folder.path(), &options()).unwrap();
    assert_eq!(rows(&opened.state), golden_text("rows"));
    assert!(matches!(opened.report.source, Source::Export(_)), "{}", opened.report);
    let state = opened.state.clone();
    drop(opened);
    assert_same(&store::open(folder.path(), &options()).unwrap().state, &state);
}
