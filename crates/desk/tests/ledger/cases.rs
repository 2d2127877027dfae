//! The cases of configuration ids, L1 to R4, through orders and through the packs that a license host
//! verifies. The numbers come from the allocator, with the ranges reserved that were given before.

use desk::{Command, Item, Place, Seat};

use crate::setting::{HOST, Ledger, OTHER, cpu, item, order, renew};

const LINE: &str = "Pro/ENGINEER";
/// Advanced Designer Package III.
const PACKAGE: [(&str, &str); 4] =
    [("proe", LINE), ("pdm", "Pro/PDM"), ("intralink", "Pro/INTRALINK"), ("flythrough", "Pro/FLY-THROUGH")];

struct Case {
    name: &'static str,
    /// The next id, and what is reserved.
    next: u64,
    reserved: &'static [(u64, u64)],
    steps: Vec<Command>,
    /// After each step.
    after: &'static [&'static [&'static str]],
}

/// Locked to so many workstations.
fn locked(feature: &str, line: &str, workstations: u32) -> Item {
    let places = (0..workstations).map(|n| Place { cpu: cpu(&format!("02aa102000{n:02}")), count: 1 });
    Item { seat: Seat::Locked, host: Some(cpu(HOST)), places: places.collect(), ..item(feature, line, &[]) }
}

fn with(modules: &[&str], item: Item) -> Item {
    Item { modules: modules.iter().map(ToString::to_string).collect(), ..item }
}

fn module(feature: &str, count: u32) -> Item {
    Item { is_module: true, ..item(feature, LINE, &[(HOST, count)]) }
}

fn package(count: u32) -> Vec<Item> {
    PACKAGE.iter().map(|(feature, line)| item(feature, line, &[(HOST, count)])).collect()
}

fn locked_cases() -> Vec<Case> {
    let (lines, designer) = (LINE, "Pro/DESIGNER");
    vec![
        Case {
            name: "L1",
            next: 66451,
            reserved: &[],
            steps: vec![order(vec![locked("proe", lines, 1)])],
            after: &[&["66451 proe = 1"]],
        },
        Case {
            name: "L2",
            next: 73600,
            reserved: &[(73600, 73632)],
            steps: vec![order(vec![locked("proe", lines, 8)])],
            after: &[&["73633 proe = 8"]],
        },
        Case {
            name: "L3",
            next: 17349,
            reserved: &[(17350, 17356)],
            steps: vec![order(vec![locked("proe", lines, 1), locked("designer", designer, 1)])],
            after: &[&["17349 proe = 1", "17357 designer = 1"]],
        },
    ]
}

fn floating_cases() -> Vec<Case> {
    vec![
        Case {
            name: "F1",
            next: 11470,
            reserved: &[],
            steps: vec![order(vec![item("proe", LINE, &[(HOST, 10)])])],
            after: &[&["11470 proe = 10"]],
        },
        Case {
            name: "F2",
            next: 1717,
            reserved: &[],
            steps: vec![order(vec![item("proe", LINE, &[(HOST, 5), (OTHER, 5)])])],
            after: &[&["1717 proe = 5", "1718 proe = 5"]],
        },
        Case {
            name: "F3",
            next: 2290,
            reserved: &[(2292, 2292)],
            steps: vec![order(package(10))],
            after: &[&["2290 proe = 10", "2291 pdm = 10", "2293 intralink = 10", "2294 flythrough = 10"]],
        },
        Case {
            name: "F4",
            next: 6696,
            reserved: &[],
            steps: vec![order(vec![module("sheetmetal", 3), module("cabling", 5), module("mesh", 6)])],
            after: &[&["6696 cabling = 5", "6696 mesh = 6", "6696 sheetmetal = 3"]],
        },
    ]
}

fn ordered_cases() -> Vec<Case> {
    let proe = |places: &[(&str, u32)]| item("proe", LINE, places);
    let with_modules = || with(&["Pro/SURFACE", "Pro/CABLING"], proe(&[(HOST, 2)]));
    let alongside = || package(2).split_off(1);
    let without = || Item { maintenance: false, ..proe(&[(HOST, 5)]) };
    vec![
        Case {
            name: "R1",
            next: 1,
            reserved: &[],
            steps: vec![order(vec![proe(&[(HOST, 2)])]), order(vec![with_modules()])],
            after: &[&["1 proe = 2"], &["1 proe = 2", "2 proe = 2"]],
        },
        Case {
            name: "R1b",
            next: 1,
            reserved: &[],
            steps: vec![order(package(2)), order([vec![with_modules()], alongside()].concat())],
            after: &[
                &["1 proe = 2", "2 pdm = 2", "3 intralink = 2", "4 flythrough = 2"],
                &["1 proe = 2", "2 pdm = 4", "3 intralink = 4", "4 flythrough = 4", "5 proe = 2"],
            ],
        },
        Case {
            name: "R2, 3 + 3",
            next: 1,
            reserved: &[],
            steps: vec![order(vec![proe(&[(HOST, 3), (OTHER, 3)])])],
            after: &[&["1 proe = 3", "2 proe = 3"]],
        },
        Case {
            name: "R2, 4 + 2",
            next: 1,
            reserved: &[],
            steps: vec![order(vec![proe(&[(HOST, 4), (OTHER, 2)])])],
            after: &[&["1 proe = 4", "2 proe = 2"]],
        },
        Case {
            name: "R3",
            next: 1,
            reserved: &[],
            steps: vec![order(package(3))],
            after: &[&["1 proe = 3", "2 pdm = 3", "3 intralink = 3", "4 flythrough = 3"]],
        },
        Case {
            name: "R4",
            next: 1,
            reserved: &[],
            steps: vec![order(vec![proe(&[(HOST, 5)]), without()]), renew(&[2], None, true)],
            after: &[&["1 proe = 5", "2 proe = 5"], &["1 proe = 10"]],
        },
    ]
}

#[test]
fn the_cases_come_out_as_the_rules_say() {
    for case in locked_cases().into_iter().chain(floating_cases()).chain(ordered_cases()) {
        let mut ledger = Ledger::new(case.next, case.reserved);
        assert_eq!(case.steps.len(), case.after.len(), "{}", case.name);
        for (step, after) in case.steps.into_iter().zip(case.after) {
            ledger.run(step).unwrap_or_else(|refusal| panic!("{}: {refusal}", case.name));
            assert_eq!(ledger.given(), *after, "{}", case.name);
        }
    }
}
