//! Lines of signed packs left out, moved, copied and mixed over files in any order: never more seats than
//! the packs were sold with, and each seat with a line that proves it.

use license::{Entitlement, Loaded, Source, verify_line};
use names::{Date, Expiry, Version};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::desk::{HEAD, loaded_all, sign, trust};

const DAYS: [&str; 2] = ["1-jan-2020", "1-jan-2028"];
const VERSIONS: [&str; 4] = ["1", "2", "3", "4"];

/// One license line of the same feature and configuration as every other.
fn line() -> impl Strategy<Value = String> {
    let version = || prop::sample::select(&VERSIONS[..3]);
    let rest = (
        prop::sample::select(vec!["31-dec-2020", "31-dec-2028", "permanent"]),
        1_u32..5,
        prop::sample::select(vec!["", "START=1-jan-2021", "START=1-jan-2090"]),
        prop::sample::select(vec!["", "", "ISSUED=1-jan-2015", "ISSUED=1-jan-2016 SUPERSEDE"]),
    );
    let keyword = prop::sample::select(vec!["INCREMENT", "INCREMENT", "FEATURE", "UPGRADE"]);
    (keyword, version(), rest).prop_map(|(keyword, version, (expiry, seats, start, issued))| {
        let to = if keyword == "UPGRADE" { VERSIONS[version.parse::<usize>().unwrap()] } else { "" };
        format!("{keyword} mill acmed {version} {to} {expiry} {seats} CONFIG_ID=1 {start} {issued}\n")
    })
}

/// Where a line stands, each time: the file, and the place in it.
type Places = Vec<(usize, u8)>;

fn places() -> impl Strategy<Value = Places> {
    let place = || (0_usize..3, any::<u8>());
    prop_oneof![1 => Just(Vec::new()), 8 => vec(place(), 1), 2 => vec(place(), 2)]
}

/// The license lines of a signed pack, each with those it goes on over, and its seal.
fn pieces(text: &str) -> Vec<String> {
    let body = text.strip_prefix(HEAD).unwrap();
    let mut pieces: Vec<String> = Vec::new();
    for line in body.split_inclusive('\n') {
        match pieces.last_mut() {
            Some(piece) if line.starts_with('\t') => piece.push_str(line),
            _ => pieces.push(line.to_owned()),
        }
    }
    pieces
}

/// The pieces put together to files again; an empty one is a file too.
fn files(packs: &[Vec<String>], edits: &[Vec<Places>]) -> Vec<Source> {
    let mut files: [Vec<(u8, &str)>; 3] = Default::default();
    for (piece, places) in packs.iter().zip(edits).flat_map(|(pack, edit)| pack.iter().zip(edit)) {
        for (file, place) in places {
            files[*file].push((*place, piece));
        }
    }
    let text = |mut pieces: Vec<(u8, &str)>| {
        pieces.sort_by_key(|(place, _)| *place);
        pieces.iter().fold(HEAD.to_owned(), |text, (_, piece)| text + piece)
    };
    files.map(|pieces| Source::new("p.lic", text(pieces))).into()
}

fn in_force(start: Option<Date>, expiry: Expiry, day: Date) -> bool {
    start.is_none_or(|start| start <= day) && expiry >= Expiry::On(day)
}

/// The seats of a version or a later one on a day.
fn seats(loaded: &Loaded, version: &Version, day: Date) -> u32 {
    let counts = |e: &&Entitlement| e.version >= *version && in_force(e.start, e.expiry, day);
    loaded.entitlements.iter().filter(counts).map(Entitlement::count).sum()
}

/// What a line says by itself, with no other one beside it: of an UPGRADE, the seats it would take.
fn sold(line: &str, version: &Version, day: Date) -> (bool, u32) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let upgrade = usize::from(words[0] == "UPGRADE");
    let start = words.iter().find_map(|word| word.strip_prefix("START="));
    let start = start.map(|day| Date::parse(day).unwrap());
    let counts = Version::new(words[3 + upgrade]).unwrap() >= *version
        && in_force(start, Expiry::parse(words[4 + upgrade]).unwrap(), day);
    (upgrade > 0, if counts { words[5 + upgrade].parse().unwrap() } else { 0 })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_arrangement_of_signed_lines_gives_more_than_was_sold(
        texts in vec(vec(line(), 1..5), 1..4),
        edits in vec(vec(places(), 5), 3),
    ) {
        let mut packs = Vec::new();
        for (number, lines) in texts.iter().enumerate() {
            if let Ok(text) = sign(&format!("P-{number}"), &format!("{HEAD}{}", lines.concat())) {
                packs.push((lines, pieces(&text), loaded_all(&[Source::new("p.lic", text)])));
            }
        }
        let cut: Vec<Vec<String>> = packs.iter().map(|(_, pieces, _)| pieces.clone()).collect();
        let found = loaded_all(&files(&cut, &edits));
        for (version, day) in VERSIONS.iter().flat_map(|version| DAYS.map(|day| (version, day))) {
            let (version, day) = (Version::new(version).unwrap(), Date::parse(day).unwrap());
            let given = seats(&found, &version, day);
            let alone = |loaded: &Loaded| seats(loaded, &version, day);
            if let [(_, _, whole)] = &packs[..] {
                prop_assert!(given <= alone(whole), "{given} of version {version}");
            }
            // Of several packs an UPGRADE of one may take the seats of another: more of a later version,
            // and never more of all.
            let most = packs.iter().map(|(lines, _, whole)| {
                let lines = lines.iter().map(|line| sold(line, &version, day));
                let (up, add): (Vec<_>, Vec<_>) = lines.partition(|(upgrade, _)| *upgrade);
                let sum = |of: Vec<(bool, u32)>| of.iter().map(|(_, seats)| seats).sum::<u32>();
                let up = if version.as_str() == "1" { 0 } else { sum(up) };
                alone(whole).max(sum(add) + up)
            });
            let most: u32 = most.sum();
            prop_assert!(given <= most, "{given} of version {version} on {day}, and {most} were sold");
        }
        for seat in &found.entitlements {
            let line = verify_line(seat.line.as_ref().unwrap(), &trust()).unwrap();
            let same = (&line.feature, &line.version, &line.config, &line.cpus, line.start, line.expiry);
            let said = (&seat.feature, &seat.version, &seat.config, &seat.cpus, seat.start, seat.expiry);
            prop_assert_eq!(same, said);
            prop_assert!(line.seats >= seat.seats);
        }
    }
}
