//! Random estates: converted in two parts, looked at by the checker, converted again.

use std::collections::{BTreeMap, BTreeSet};

use super::Place;
use super::checker::{self, Cells};
use names::Feature;

use crate::Configuration;
use crate::conversion::{COLUMNS, Preview};

/// How many are tried where `SEATKEEPER_ESTATES` does not say.
const ESTATES: u64 = 1_000;
/// After so many that are wrong no more are tried.
const WRONG_MAX: usize = 10;

/// SplitMix64: small, and the same everywhere.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }

    /// Once in `n`.
    fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// An estate under way.
#[derive(Default)]
struct Estate {
    rows: Vec<Cells>,
    install: u64,
    /// Locked: product, modules and so on, with the workstation.
    locked: BTreeSet<String>,
    said: BTreeSet<String>,
}

const LINES: [&str; 4] = ["Pro/ENGINEER", "Pro/PDM", "Pro/INTRALINK", "Pro/FLY-THROUGH"];
const HOSTS: [&str; 3] = ["02fc00000001", "02:FC:00:00:00:02", "02FC00000003"];
const MACHINES: [&str; 4] = ["02fc000001aa", "02fc000001bb", "02-fc-00-00-01-cc", "02fc00000001"];

impl Estate {
    fn random(rng: &mut Rng) -> Self {
        let mut estate = Self { install: 1000, ..Self::default() };
        for _ in 0..1 + rng.below(14) {
            estate.add(rng);
        }
        estate
    }

    fn add(&mut self, rng: &mut Rng) {
        let seat = rng.pick(&["floating", "floating", "floating", "locked", "named"]);
        let is_module = seat == "floating" && rng.once_in(4);
        let product = match is_module {
            true => rng.pick(&["SHEETMETAL", "CABLING", "MESH"]),
            false => rng.pick(&["PROE", "PROPDM", "DESIGNER"]),
        };
        let modules =
            if is_module { "" } else { rng.pick(&["", "", "SHEETMETAL", "MESH CABLING", "CABLING MESH"]) };
        let is_locked = seat == "locked";
        let mut row = Cells::new();
        let mut put = |name: &str, value: &str| drop(row.insert(name.to_owned(), value.to_owned()));
        put("product_line", rng.pick(&LINES));
        put("product", product);
        put("version", rng.pick(&["18", "18", "20.0"]));
        put("modules", modules);
        put("module", if is_module { "yes" } else { rng.pick(&["", "no"]) });
        put("seat", seat);
        put("quantity", &if is_locked { 1 } else { 1 + rng.below(20) }.to_string());
        put("host", if is_locked { rng.pick(&MACHINES) } else { rng.pick(&HOSTS) });
        put("server", if is_locked { rng.pick(&HOSTS) } else { "" });
        put("host_key", "");
        put("maintenance", rng.pick(&["active", "active", "none"]));
        put("from", rng.pick(&["", "", "01-jan-1997"]));
        put("until", rng.pick(&["permanent", "31-dec-2027"]));
        let serial = if is_module { String::new() } else { format!("10-{}-A{}", rng.below(3), rng.below(4)) };
        put("serial", if rng.once_in(4) { "" } else { &serial });
        put("note", rng.pick(&["", "a note, with a comma", "=1+1"]));
        let installs = self.installs(rng);
        put("installs", &installs);
        self.keep(row);
    }

    fn installs(&mut self, rng: &mut Rng) -> String {
        let first = self.install;
        self.install += rng.below(4);
        let mut installs: Vec<String> = (first..self.install).map(|n| n.to_string()).collect();
        if let Some(twice) = installs.first().cloned().filter(|_| rng.once_in(8)) {
            installs.push(twice);
        }
        installs.join(" ")
    }

    /// Leaves out what is refused: a row that is there, a workstation with two seats of a configuration.
    fn keep(&mut self, row: Cells) {
        let modules: BTreeSet<&str> = row["modules"].split(' ').collect();
        let [host, server] = ["host", "server"].map(|name| row[name].replace([':', '-'], "").to_lowercase());
        let of = ["product_line", "product", "seat", "maintenance"].map(|name| row[name].as_str());
        let place = format!("{of:?} {modules:?} {host} {server}");
        let said = format!(
            "{place} {} {} {} {} {} {}",
            row["version"], row["from"], row["until"], row["serial"], row["installs"], row["quantity"]
        );
        let is_new = self.said.insert(said) && (row["seat"] != "locked" || self.locked.insert(place));
        if is_new {
            self.rows.push(row);
        }
    }

    /// Two files: all rows of a license are in one of them.
    fn files(self, rng: &mut Rng) -> [String; 2] {
        let mut second: BTreeMap<String, bool> = BTreeMap::new();
        let mut rows = [Vec::new(), Vec::new()];
        for row in self.rows {
            let host = row["host"].replace([':', '-'], "").to_lowercase();
            let license = format!("{} {} {host}", row["serial"], row["product"]);
            let is_second = *second.entry(license).or_insert_with(|| rng.once_in(3));
            rows[usize::from(is_second)].push(row);
        }
        rows.map(|rows| csv(&rows, rng))
    }
}

/// As somebody's spreadsheet may write it.
fn csv(rows: &[Cells], rng: &mut Rng) -> String {
    let mut columns: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    for at in 1..columns.len() {
        columns.swap(at, rng.below(at as u64 + 1) as usize);
    }
    let (end, bom) = (rng.pick(&["\n", "\r\n"]), rng.pick(&["", "\u{feff}"]));
    let is_quoted = rng.once_in(3);
    let mut text = bom.to_owned() + &columns.join(",") + end;
    for row in rows {
        let cell = |name: &&str| {
            let cell = &row[*name];
            if is_quoted || cell.contains(',') { format!("\"{cell}\"") } else { cell.clone() }
        };
        text += &columns.iter().map(cell).collect::<Vec<_>>().join(",");
        text += end;
        if rng.once_in(6) {
            text += end;
        }
    }
    text
}

/// What is wrong with the conversion of an estate.
fn tried(seed: u64) -> Result<usize, String> {
    let rng = &mut Rng(seed);
    let files = Estate::random(rng).files(rng);
    let mut place = Place::new();
    place.next_id(1 + rng.below(1000));
    place.reserve(1002, 1002 + rng.below(9));
    let mut rows = Vec::new();
    for file in files {
        let now = checker::read(&file);
        if now.is_empty() {
            continue;
        }
        rows.extend(now);
        let seen = place.preview(&file);
        let done = place.issue(&file, &seen.fingerprint);
        done.map_err(|e| format!("{e}\n{}\n{file}", seen.refusals.text()))?;
        let wrong = checker::wrong(&rows, &place.configurations());
        if !wrong.is_empty() {
            return Err(format!("{}\n{file}", wrong.join("\n")));
        }
        is_as_seen(&place, &seen).map_err(|wrong| format!("{wrong}\n{file}"))?;
        let (before, again) = (place.configurations(), place.preview(&file));
        let done = place.issue(&file, &again.fingerprint).map_err(|e| format!("again: {e}"))?;
        if !done.changes.is_empty() || again.fresh != 0 || before != place.configurations() {
            return Err(format!("the second run issues something\n{file}"));
        }
    }
    Ok(rows.len())
}

/// The result is the preview.
fn is_as_seen(place: &Place, seen: &Preview) -> Result<(), String> {
    let after = place.configurations();
    for new in seen.rows.iter().flat_map(|side| &side.new) {
        let one = after.iter().find(|one| Some(one.id) == new.id);
        let one = one.ok_or_else(|| format!("{new} was shown, and is not there"))?;
        let has = |(feature, count): &(Feature, u64)| {
            let lines = one.lines.iter().filter(|line| line.feature == *feature);
            lines.map(|line| u64::from(line.count)).sum::<u64>() >= *count
        };
        if one.host != new.host || new.total != seats(one) || !new.counts.iter().all(has) {
            return Err(format!("{new} was shown, and is {one:?}"));
        }
    }
    Ok(())
}

fn seats(one: &Configuration) -> u64 {
    one.lines.iter().map(|line| u64::from(line.count)).sum()
}

#[test]
fn random_estates_keep_their_quantities_and_the_rules_and_are_converted_once() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let from = number("SEATKEEPER_ESTATES_FROM").unwrap_or(0);
    let seeds = match number("SEATKEEPER_ESTATE_SEED") {
        Some(seed) => seed..seed + 1,
        None => from..from + number("SEATKEEPER_ESTATES").unwrap_or(ESTATES),
    };
    let (mut count, mut rows, mut wrong) = (0, 0, Vec::new());
    for seed in seeds {
        count += 1;
        match tried(seed) {
            Ok(more) => rows += more,
            Err(why) => wrong.push(format!(
                "estate of seed {seed}: {why}\nreplay: SEATKEEPER_ESTATE_SEED={seed} cargo test -p desk random_estates"
            )),
        }
        if wrong.len() == WRONG_MAX {
            break;
        }
    }
    // `cargo xtask simulate --estates` reads it.
    println!("\nestates: {count} tried, {rows} rows, {} wrong", wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a broken issuer would have made: the checker finds each.
#[test]
fn the_checker_finds_what_is_broken() {
    let file = "product_line,product,version,modules,seat,quantity,host,server,maintenance,until,serial,installs\n\
        Pro/ENGINEER,PROE,18,,floating,5,02fc00000001,,active,permanent,10-1,1\n\
        Pro/ENGINEER,PROE,18,MESH,floating,4,02fc00000001,,active,permanent,10-2,2\n\
        Pro/ENGINEER,PROE,18,,floating,3,02fc00000002,,active,permanent,10-3,3\n\
        Pro/PDM,PROE,18,,floating,2,02fc00000001,,active,permanent,10-4,4\n\
        Pro/ENGINEER,PROE,18,,floating,1,02fc00000001,,none,permanent,10-5,5\n\
        Pro/ENGINEER,PROE,18,,locked,1,02fc000001aa,02fc00000001,active,permanent,10-6,6\n";
    let mut place = Place::new();
    place.look_and_convert(file);
    let rows = checker::read(file);
    let good = place.configurations();
    assert_eq!(checker::wrong(&rows, &good), [""; 0]);
    // The configuration at `from` is put under the id of the first, as an issuer would that does not
    // look at what tells them apart.
    let merged = |from: usize| {
        let mut ledger = good.clone();
        let gone = ledger.remove(from);
        ledger[0].lines[0].count += gone.lines[0].count;
        ledger[0].serials.extend(gone.serials);
        ledger[0].installs.extend(gone.installs);
        checker::wrong(&rows, &ledger)
    };
    for (from, rule) in [(1, "rule 1: "), (2, "rule 2: "), (3, "rule 3: "), (4, "rule 4: ")] {
        let wrong = merged(from);
        assert!(wrong.iter().any(|text| text.starts_with(rule)), "{rule}{wrong:?}");
    }
    let broken = |breaks: fn(&mut Vec<Configuration>)| {
        let mut ledger = good.clone();
        breaks(&mut ledger);
        checker::wrong(&rows, &ledger).join("; ")
    };
    let two_ids = broken(|ledger| {
        let mut half = ledger[0].clone();
        ledger[0].lines[0].count = 2;
        (half.id, half.lines[0].count) = (99, 3);
        ledger.push(half);
    });
    assert!(two_ids.contains("has the ids [1, 99]"), "{two_ids}");
    assert!(broken(|ledger| ledger[5].lines[0].count = 2).contains("rule 2"));
    assert!(broken(|ledger| ledger[0].lines[0].count += 1).contains("-1 lost"));
    assert!(broken(|ledger| ledger[0].serials.clear()).contains("serials"));
    assert!(broken(|ledger| ledger[0].installs.clear()).contains("installs"));
    assert!(broken(|ledger| ledger[1].id = 1).contains("an id is there twice"));
    assert!(broken(|ledger| drop(ledger.remove(5))).contains("has no id"));
}
