//! Every rule refuses what it is there to refuse, and leaves a good house alone.

use super::super::house::{Crate, File, House};
use super::packages::ELEVEN;
use super::*;

const MANIFEST: &str = "[package]\nname = \"x\"\n[lints]\nworkspace = true\n[dependencies]\n";

fn krate(name: &str, depends_on: &[&str]) -> Crate {
    let folder = if name == "seatkeeper" { String::new() } else { format!("crates/{name}/") };
    Crate { name: name.into(), folder, depends_on: depends_on.iter().map(ToString::to_string).collect() }
}

/// A house without a fault: the daemon does everything.
fn good() -> House {
    let mut house = House::default();
    let all: Vec<&str> =
        ["seats"].into_iter().chain(ELEVEN.iter().copied().filter(|p| *p != "sled")).collect();
    house.crates = vec![
        krate("seatkeeper", &["daemon"]),
        krate("daemon", &all),
        krate("store", &["sled"]),
        krate("seats", &["names"]),
        krate("names", &[]),
    ];
    for of in &house.crates {
        house.files.push(File::new(&of.manifest(), MANIFEST));
        house.needs.insert(of.name.clone(), of.depends_on.iter().cloned().collect());
    }
    house.needs.entry("daemon".into()).or_default().insert("store".into());
    let uses = |packages: &[&str]| {
        packages.iter().map(|p| format!("use {}::x;\n", p.replace('-', "_"))).collect::<String>()
    };
    house.files.push(File::new("crates/daemon/src/lib.rs", &uses(&all)));
    house.files.push(File::new("crates/store/src/lib.rs", &uses(&["sled"])));
    house
        .files
        .push(File::new("crates/seats/src/lib.rs", "//! std::fs and Instant are for others.\nfn a() {}\n"));
    let names = house.crates.iter().map(|of| of.name.as_str()).chain(ELEVEN.iter().copied());
    house
        .files
        .push(File::new("crates/README.md", &names.map(|name| format!("`{name}` ")).collect::<String>()));
    house.top = ["Cargo.toml", "crates", "README.md"].map(Into::into).into();
    house.locked = ["tonic", "prost", "hyper", "syn", "syn"].map(Into::into).into();
    house
}

fn needs(house: &mut House, name: &str, need: &str) {
    house.needs.entry(name.into()).or_default().insert(need.into());
}

fn depends(house: &mut House, name: &str, on: &str) {
    needs(house, name, on);
    house.crates.iter_mut().find(|of| of.name == name).unwrap().depends_on.push(on.into());
}

fn write(house: &mut House, path: &str, text: &str) {
    house.files.retain(|file| file.path != path);
    house.files.push(File::new(path, text));
}

type Fault = fn(&mut House);

/// Rule, what is done to the good house, and what the finding begins with.
const FAULTS: &[(&str, Fault, &str)] = &[
    (
        "arrows",
        |h| depends(h, "seats", "daemon"),
        "crates/seats/Cargo.toml:1: no arrow leads from seats to daemon",
    ),
    ("arrows", |h| depends(h, "store", "daemon"), "crates/store/Cargo.toml:1: no arrow"),
    (
        "arrows",
        |h| h.crates.push(krate("extra", &[])),
        "crates/extra/Cargo.toml:1: the crate extra has no place",
    ),
    ("shipped", |h| needs(h, "store", "testkit"), "Cargo.toml:1: the binaries contain testkit"),
    (
        "planted",
        |h| {
            let text = format!("{MANIFEST}seats = {{ workspace = true, features = [\"planted\"] }}\n");
            write(h, "crates/daemon/Cargo.toml", &text);
        },
        "crates/daemon/Cargo.toml:6: only testkit",
    ),
    (
        "planted",
        |h| write(h, "crates/seats/Cargo.toml", "[features]\ndefault = [\"planted\"]\nplanted = []\n"),
        "crates/seats/Cargo.toml:2: only testkit",
    ),
    ("one-owner", |h| depends(h, "daemon", "sled"), "crates/daemon/Cargo.toml:1: only store may name sled"),
    (
        "one-owner",
        |h| write(h, "crates/seats/src/a.rs", "\nuse axum::x;"),
        "crates/seats/src/a.rs:2: only console",
    ),
    (
        "core-packages",
        |h| needs(h, "names", "getrandom"),
        "crates/seats/Cargo.toml:1: seats is core and may not need",
    ),
    (
        "core-packages",
        |h| needs(h, "seats", "tokio"),
        "crates/seats/Cargo.toml:1: seats is core and may not need tokio",
    ),
    (
        "core-sources",
        |h| write(h, "crates/seats/src/a.rs", "use std::fs;"),
        "crates/seats/src/a.rs:1: seats is core",
    ),
    (
        "core-sources",
        |h| write(h, "crates/seats/src/a.rs", "use std::{fmt, net};"),
        "crates/seats/src/a.rs:1: ",
    ),
    (
        "core-sources",
        |h| write(h, "crates/seats/src/a.rs", "\nuse std::time::Instant;"),
        "crates/seats/src/a.rs:2: ",
    ),
    (
        "core-sources",
        |h| write(h, "crates/names/src/a.rs", "let t = SystemTime::now();"),
        "crates/names/src/a.rs:1: ",
    ),
    ("core-sources", |h| write(h, "crates/names/src/a.rs", "thread::spawn(x)"), "crates/names/src/a.rs:1: "),
    (
        "core-sources",
        |h| write(h, "crates/names/src/a.rs", "let m = HashMap::new();"),
        "crates/names/src/a.rs:1: ",
    ),
    (
        "no-locks",
        |h| write(h, "crates/seats/src/a.rs", "#[expect(clippy::disallowed_types)]"),
        "crates/seats/src/a.rs:1: ",
    ),
    (
        "no-locks",
        |h| write(h, "crates/daemon/src/a.rs", "use parking_lot::Mutex;"),
        "crates/daemon/src/a.rs:1: ",
    ),
    (
        "eleven-used",
        |h| write(h, "crates/store/src/lib.rs", "// sled::x"),
        "Cargo.toml:1: no binary uses sled",
    ),
    (
        "eleven-used",
        |h| write(h, "crates/store/src/lib.rs", "#[cfg(test)]\nmod t { use sled::x; }"),
        "Cargo.toml:1: ",
    ),
    ("eleven-used", |h| h.needs.clear(), "Cargo.toml:1: no binary uses bytes"),
    ("one-version", |h| h.locked.push("prost".into()), "Cargo.lock:1: there are 2 versions of prost"),
    ("top-level", |h| h.top.push("notes.md".into()), "notes.md:1: it has no place"),
    (
        "manifests",
        |h| write(h, "crates/seats/Cargo.toml", "[package]\n"),
        "crates/seats/Cargo.toml:1: it does not say lints",
    ),
    (
        "manifests",
        |h| write(h, "crates/seats/Cargo.toml", &format!("{MANIFEST}a = \"1\"\n")),
        "crates/seats/Cargo.toml:1: a has",
    ),
    ("map", |h| write(h, "crates/README.md", "everything"), "crates/README.md:1: it does not name `bytes`"),
    (
        "file-length",
        |h| write(h, "crates/seats/src/a.rs", &"\n".repeat(601)),
        "crates/seats/src/a.rs:601: it has 601 lines",
    ),
    (
        "words",
        |h| write(h, "proto/a.proto", &format!("\n// {}: later", ["TO", "DO"].concat())),
        "proto/a.proto:2: ",
    ),
    ("words", |h| write(h, "tests/a.rs", &["#[ign", "ore = \"slow\"]"].concat()), "tests/a.rs:1: "),
    ("words", |h| write(h, "README.md", &["see ../sha", "red/a"].concat()), "README.md:1: "),
    ("words", |h| write(h, "README.md", &["in /wo", "rk/main"].concat()), "README.md:1: "),
    ("words", |h| write(h, "README.md", &["from py", "pi.org"].concat()), "README.md:1: "),
    ("sleeping-tests", |h| write(h, "tests/a.rs", "thread::sleep(x);"), "tests/a.rs:1: a test waits"),
    ("sleeping-tests", |h| write(h, "tests/a.py", "\ntime.sleep(1)"), "tests/a.py:2: a test waits"),
    (
        "sleeping-tests",
        |h| write(h, "crates/seats/src/a.rs", "#[cfg(test)]\nmod t { fn a() { sleep(x) } }"),
        "crates/seats/src/a.rs:2: ",
    ),
    (
        "fixed-ports",
        |h| write(h, "tests/a.rs", &["bind(\"127.0.0.1", ":27000\")"].concat()),
        "tests/a.rs:1: a test asks",
    ),
    (
        "fixed-ports",
        |h| write(h, "tests/a.rs", &["connect((\"localhost", "\", 80))"].concat()),
        "tests/a.rs:1: a test asks",
    ),
];

fn findings(rule: &str, house: &House) -> Vec<String> {
    let rule = RULES.iter().find(|r| r.name == rule).unwrap();
    (rule.check)(house).iter().map(|f| format!("{}:{}: {}", f.path, f.line, f.message)).collect()
}

#[test]
fn a_good_house_has_no_finding() {
    let house = good();
    for rule in RULES {
        assert_eq!(findings(rule.name, &house), Vec::<String>::new(), "{}", rule.name);
    }
}

#[test]
fn every_rule_finds_its_faults() {
    for (rule, fault, begins) in FAULTS {
        let mut house = good();
        fault(&mut house);
        let found = findings(rule, &house);
        assert!(found.iter().any(|f| f.starts_with(begins)), "{rule}: {begins:?} is not in {found:#?}");
    }
    for rule in RULES {
        assert!(FAULTS.iter().any(|(name, ..)| *name == rule.name), "{} has no fault to find", rule.name);
    }
}

#[test]
fn what_only_tests_say_is_left_alone() {
    let mut house = good();
    write(&mut house, "crates/seats/src/a.rs", "#[cfg(test)]\nmod t { use std::fs; use sled::x; }");
    write(
        &mut house,
        "crates/seats/tests/b.rs",
        "use std::time::Instant; let x = \"127.0.0.1:27000\"; bind(\"127.0.0.1:0\")",
    );
    write(&mut house, "crates/daemon/src/c.rs", "fn a() { tokio::time::sleep(x) }");
    for rule in RULES {
        assert_eq!(findings(rule.name, &house), Vec::<String>::new(), "{}", rule.name);
    }
}
