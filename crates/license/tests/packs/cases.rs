//! Configuration IDs: each bought case as a pack, and each rule with a pack that breaks it and its twin,
//! one word away, that does not.

use license::{Loaded, PackState, Severity, Source, load};
use names::CpuId;

use crate::desk::{HEAD, codes, errors, host, loaded_all, refusal, said, signed_as, trust};

const OTHER_HOST: &str = "02aa10203041";

/// Ids with all their seats, and on how many machines: `11470=10@1`.
fn ids(loaded: &Loaded) -> Vec<String> {
    let mut ids = std::collections::BTreeMap::new();
    for entitlement in &loaded.entitlements {
        let (seats, cpus) = ids
            .entry((entitlement.config.to_string(), entitlement.feature.to_string()))
            .or_insert((0, std::collections::BTreeSet::new()));
        *seats += entitlement.count();
        cpus.extend(entitlement.cpus.clone());
    }
    ids.iter()
        .map(|((id, feature), (seats, cpus))| format!("{id} {feature}={seats}@{}", cpus.len()))
        .collect()
}

fn pack(number: &str, lines: &str) -> Source {
    Source::new(format!("{number}.lic"), signed_as(number, &format!("{HEAD}{lines}\n")))
}

fn check(case: &str, packs: &[Source], expected: &[&str]) {
    let loaded = loaded_all(packs);
    assert_eq!(ids(&loaded), expected, "{case}: {}", said(&loaded.diagnostics));
    assert_eq!(said(&loaded.diagnostics), "", "{case}");
}

const ENGINEER: &str = "PRODUCT_LINE=\"Pro/ENGINEER\" MAINTENANCE=ACTIVE";

#[test]
fn l1_l2_l3_locked_seats() {
    check(
        "L1",
        &[pack(
            "1",
            &format!(
                "INCREMENT PROENGINEER acmed 20.0 permanent 1 CONFIG_ID=66451 SEAT=LOCKED HOSTID=02aa10200001 {ENGINEER}"
            ),
        )],
        &["66451 PROENGINEER=1@1"],
    );
    let eight: Vec<String> = (1..=8).map(|n| format!("02aa1020000{n}")).collect();
    let eight = eight.join(" ");
    check(
        "L2",
        &[pack(
            "2",
            &format!(
                "INCREMENT PROENGINEER acmed 20.0 permanent 8 CONFIG_ID=73633 SEAT=LOCKED HOSTID=\"{eight}\" {ENGINEER}"
            ),
        )],
        &["73633 PROENGINEER=8@8"],
    );
    check(
        "L3",
        &[pack(
            "3",
            &format!(
                "INCREMENT PROENGINEER acmed 20.0 permanent 1 CONFIG_ID=17349 SEAT=LOCKED HOSTID=02aa10200001 {ENGINEER}\n\
                 INCREMENT PRODESIGNER acmed 20.0 permanent 1 CONFIG_ID=17357 SEAT=LOCKED HOSTID=02aa10200001 \
                 PRODUCT_LINE=\"Pro/DESIGNER\" MAINTENANCE=ACTIVE"
            ),
        )],
        &["17349 PROENGINEER=1@1", "17357 PRODESIGNER=1@1"],
    );
}

/// The four products of a package of four lines, each with an id of its own.
fn package(ids: [u32; 4], seats: u32) -> String {
    let lines = ["Pro/ENGINEER", "Pro/PDM", "Pro/INTRALINK", "Pro/FLY-THROUGH"];
    let lines = lines.iter().zip(ids).map(|(line, id)| {
        let feature: String = line.chars().filter(char::is_ascii_alphabetic).collect();
        format!(
            "INCREMENT {} acmed 20.0 permanent {seats} CONFIG_ID={id} PRODUCT_LINE=\"{line}\" MAINTENANCE=ACTIVE\n",
            feature.to_uppercase()
        )
    });
    lines.collect()
}

#[test]
fn f1_f3_f4_floating_seats_of_one_host() {
    check(
        "F1",
        &[pack("1", &format!("INCREMENT PROENGINEER acmed 20.0 permanent 10 CONFIG_ID=11470 {ENGINEER}"))],
        &["11470 PROENGINEER=10@1"],
    );
    check(
        "F3",
        &[pack("3", &package([2290, 2291, 2293, 2294], 10))],
        &["2290 PROENGINEER=10@1", "2291 PROPDM=10@1", "2293 PROINTRALINK=10@1", "2294 PROFLYTHROUGH=10@1"],
    );
    let module = |name: &str, seats: u32| {
        format!("INCREMENT {name} acmed 20.0 permanent {seats} CONFIG_ID=6696 {ENGINEER}\n")
    };
    let modules = [module("PROSHEETMETAL", 3), module("PROCABLING", 5), module("PROMESH", 6)].concat();
    check(
        "F4",
        &[pack("4", &modules)],
        &["6696 PROCABLING=5@1", "6696 PROMESH=6@1", "6696 PROSHEETMETAL=3@1"],
    );
}

#[test]
fn f2_r2_two_hosts_have_an_id_each() {
    for (case, here, there) in [("F2", 5, 5), ("R2", 3, 3), ("R2", 4, 2)] {
        let line = |id: u32, seats: u32| {
            format!(
                "INCREMENT PROENGINEER acmed 20.0 permanent {seats} CONFIG_ID={id} SN=10-11-71-DD {ENGINEER}"
            )
        };
        let here = pack("1", &line(1717, here));
        let text = format!("{}{}\n", HEAD.replace("02aa10203040", OTHER_HOST), line(1718, there));
        let there = Source::new("2.lic", signed_as("2", &text));
        // Each host serves its own, and shows the other's.
        let both = [here, there];
        let first = loaded_all(&both);
        assert_eq!((ids(&first).len(), errors(&first)), (1, vec![-9]), "{case}");
        let other = load(&both, &trust(), Some(&[CpuId::new(OTHER_HOST).unwrap()]), false);
        assert_eq!(ids(&other).len(), 1, "{case}");
        assert_eq!(other.entitlements[0].config.to_string(), "1718");
        assert_eq!((other.unserved.len(), other.unserved[0].code.number()), (1, -9));
        // Somebody who looks at both sees six, or ten, under two ids.
        let all = load(&both, &trust(), None, false);
        assert_eq!(
            all.entitlements.iter().map(|e| e.count()).sum::<u32>(),
            if case == "F2" { 10 } else { 6 }
        );
        assert_eq!(said(&all.diagnostics), "", "{case}");
    }
}

#[test]
fn r1_r1b_r3_further_orders() {
    let line = |id: u32, modules: &str| {
        format!(
            "INCREMENT PROENGINEER acmed 20.0 permanent 2 CONFIG_ID={id} MODULES=\"{modules}\" {ENGINEER}\n"
        )
    };
    let (a, b) = (line(801, "PROSHEETMETAL"), line(802, "PROCABLING PROMESH"));
    check("R1, first order", &[pack("1", &a)], &["801 PROENGINEER=2@1"]);
    check("R1", &[pack("1", &a), pack("2", &b)], &["801 PROENGINEER=2@1", "802 PROENGINEER=2@1"]);
    let others: String = package([0, 803, 804, 805], 4).split_inclusive('\n').skip(1).collect();
    check(
        "R1b",
        &[pack("1", &a), pack("2", &format!("{b}{others}"))],
        &[
            "801 PROENGINEER=2@1",
            "802 PROENGINEER=2@1",
            "803 PROPDM=4@1",
            "804 PROINTRALINK=4@1",
            "805 PROFLYTHROUGH=4@1",
        ],
    );
    check(
        "R3",
        &[pack("3", &package([901, 902, 903, 904], 3))],
        &["901 PROENGINEER=3@1", "902 PROPDM=3@1", "903 PROINTRALINK=3@1", "904 PROFLYTHROUGH=3@1"],
    );
}

#[test]
fn r4_what_is_under_maintenance_and_what_is_not() {
    let line = |id: u32, seats: u32, status: &str, more: &str| {
        format!(
            "INCREMENT PROENGINEER acmed 20.0 permanent {seats} CONFIG_ID={id} PRODUCT_LINE=\"Pro/ENGINEER\" MAINTENANCE={status} {more}\n"
        )
    };
    let before = pack("1", &format!("{}{}", line(701, 5, "ACTIVE", ""), line(702, 5, "NONE", "")));
    check("R4", std::slice::from_ref(&before), &["701 PROENGINEER=5@1", "702 PROENGINEER=5@1"]);
    let renewed = pack("2", &line(701, 10, "ACTIVE", "VOIDS=1"));
    let loaded = loaded_all(&[before, renewed]);
    assert_eq!((ids(&loaded), errors(&loaded)), (vec!["701 PROENGINEER=10@1".to_owned()], vec![]));
    assert_eq!(loaded.packs[0].state, PackState::Voided);
    assert!(
        loaded.idle.iter().all(|idle| idle.why.contains("another replaces it")) && loaded.idle.len() == 2
    );
}

/// A renewal by SUPERSEDE: the line that is void has no maintenance status any more.
#[test]
fn r4_a_superseded_line_breaks_no_rule() {
    let line = |status: &str, more: &str| {
        format!("INCREMENT PROENGINEER acmed 20.0 permanent 5 CONFIG_ID=701 MAINTENANCE={status} {more}")
    };
    let old = line("NONE", "ISSUED=1-jan-2025");
    let new = line("ACTIVE", "SUPERSEDE ISSUED=1-jan-2026");
    for packs in [vec![pack("1", &format!("{old}\n{new}"))], vec![pack("1", &old), pack("2", &new)]] {
        let loaded = loaded_all(&packs);
        assert_eq!((ids(&loaded), errors(&loaded)), (vec!["701 PROENGINEER=5@1".to_owned()], vec![]));
    }
}

/// More of a configuration that the host has already, and another expiry date, are lines of its id.
#[test]
fn an_id_has_as_many_lines_as_it_needs() {
    check(
        "more",
        &[
            pack("1", &format!("INCREMENT PROENGINEER acmed 20.0 permanent 10 CONFIG_ID=5 {ENGINEER}")),
            pack("2", &format!("INCREMENT PROENGINEER acmed 20.0 31-dec-2027 4 CONFIG_ID=5 {ENGINEER}")),
        ],
        &["5 PROENGINEER=14@1"],
    );
}

/// Two lines that break a rule together, and a word of the second that mends it.
struct Twin {
    rule: u8,
    lines: [&'static str; 2],
    word: &'static str,
    mended: &'static str,
}

const TWINS: &[Twin] = &[
    Twin {
        rule: 1,
        lines: [
            "INCREMENT PROENGINEER acmed 20.0 permanent 2 CONFIG_ID=5 MODULES=\"PROMESH\"",
            "INCREMENT PROENGINEER acmed 20.0 permanent 2 CONFIG_ID=5 MODULES=\"PROCABLING\"",
        ],
        word: "CONFIG_ID=5",
        mended: "CONFIG_ID=6",
    },
    Twin {
        rule: 1,
        lines: [
            "INCREMENT PROE_5 acmed 20.0 permanent 2 CONFIG_ID=5 MODULES=\"PROMESH PROCABLING\"",
            "INCREMENT PROE acmed 20.0 permanent 2 CONFIG_ID=5 MODULES=\"PROCABLING\"",
        ],
        word: "MODULES=\"PROCABLING\"",
        mended: "MODULES=\"PROCABLING,PROMESH\"",
    },
    Twin {
        rule: 2,
        lines: [
            "INCREMENT PROENGINEER acmed 20.0 permanent 2 CONFIG_ID=5 SEAT=LOCKED HOSTID=\"02aa10200001 02aa10200002\"",
            "INCREMENT PROENGINEER acmed 20.0 permanent 2 CONFIG_ID=5 SEAT=FLOATING",
        ],
        word: "CONFIG_ID=5",
        mended: "CONFIG_ID=6",
    },
    Twin {
        rule: 3,
        lines: [
            "INCREMENT PROENGINEER acmed 20.0 permanent 2 CONFIG_ID=5 PRODUCT_LINE=\"Pro/ENGINEER\"",
            "INCREMENT PROPDM acmed 20.0 permanent 2 CONFIG_ID=5 PRODUCT_LINE=\"Pro/PDM\"",
        ],
        word: "PRODUCT_LINE=\"Pro/PDM\"",
        mended: "PRODUCT_LINE=\"Pro/ENGINEER\"",
    },
    Twin {
        rule: 4,
        lines: [
            "INCREMENT PROENGINEER acmed 20.0 permanent 2 CONFIG_ID=5 MAINTENANCE=ACTIVE",
            "INCREMENT PROENGINEER acmed 20.0 permanent 2 CONFIG_ID=5 MAINTENANCE=NONE",
        ],
        word: "MAINTENANCE=NONE",
        mended: "MAINTENANCE=ACTIVE",
    },
];

#[test]
fn rules_1_to_4_refuse_the_configuration_and_name_both_places() {
    const GOOD: &str = "INCREMENT mill acmed 1 permanent 3 CONFIG_ID=77";
    for Twin { rule, lines: [first, second], word, mended } in TWINS {
        // In two packs: each is good by itself, so both are signed.
        let packs = [pack("1", &format!("{first}\n{GOOD}")), pack("2", second)];
        let loaded = loaded_all(&packs);
        assert_eq!(ids(&loaded), ["77 mill=3@1"], "rule {rule}: {second}");
        let found: Vec<_> = loaded.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
        let [found] = found[..] else { panic!("rule {rule}: {}", said(&loaded.diagnostics)) };
        assert!(found.message.starts_with(&format!("rule {rule}: configuration 5 ")), "{}", found.message);
        assert_eq!(found.code.map(names::Code::number), Some(-94));
        let text = found.render(&packs);
        assert!(text.contains("2.lic:4:1: error") && text.contains("1.lic:4:1: note"), "{text}");
        assert_eq!(loaded.idle.len(), 2, "both lines give nothing, and say why");
        assert!(loaded.idle.iter().all(|idle| idle.why.contains(&format!("rule {rule}"))));
        // In one pack it is not signed at all.
        assert_eq!(refusal(&format!("{HEAD}{first}\n{second}\n")), [-94], "rule {rule}");
        // Mended in one word it loads.
        let second = second.replacen(word, mended, 1);
        let loaded = loaded_all(&[pack("1", &format!("{first}\n{GOOD}")), pack("2", &second)]);
        assert_eq!((loaded.entitlements.len(), errors(&loaded)), (3, vec![]), "rule {rule}: {second}");
        assert_eq!(loaded.idle, []);
    }
}

#[test]
fn rule_2_a_floating_id_is_of_one_host() {
    let line = |id: u32| format!("INCREMENT PROENGINEER acmed 20.0 permanent 5 CONFIG_ID={id}");
    let elsewhere = |id: u32| {
        let text = format!("{}{}\n", HEAD.replace("02aa10203040", OTHER_HOST), line(id));
        Source::new("2.lic", signed_as("2", &text))
    };
    let here = pack("1", &line(5));
    for host in [None, Some([host()])] {
        let hosts = host.as_ref().map(|hosts| &hosts[..]);
        let broken = [here.clone(), elsewhere(5)];
        let loaded = load(&broken, &trust(), hosts, false);
        assert!(loaded.entitlements.is_empty());
        let said = said(&loaded.diagnostics);
        assert!(said.contains("rule 2: configuration 5 has the license host 02aa10203041"), "{said}");
        let rule = loaded.diagnostics.iter().find(|d| d.message.starts_with("rule 2")).unwrap();
        let text = rule.render(&broken);
        assert!(text.contains("2.lic:4:1: error") && text.contains("1.lic:4:1: note"), "{text}");
        let mended = load(&[here.clone(), elsewhere(6)], &trust(), hosts, false);
        assert_eq!(mended.entitlements.len(), if host.is_none() { 2 } else { 1 });
    }
}

#[test]
fn rule_2_a_locked_count_is_that_of_its_workstations() {
    for (line, mended) in [
        (
            "INCREMENT mill acmed 1 permanent 3 CONFIG_ID=5 SEAT=LOCKED HOSTID=\"02aa10200001 02aa10200002\"",
            "permanent 2",
        ),
        ("INCREMENT mill acmed 1 permanent 3 CONFIG_ID=5 SEAT=LOCKED HOSTID=02aa10200001", "permanent 1"),
    ] {
        let source = Source::new("p.lic", format!("{HEAD}{line}\n"));
        let found = crate::desk::sign("1", &format!("{HEAD}{line}\n")).unwrap_err();
        assert_eq!(codes(&found, Severity::Error), [-94]);
        let text = found[0].render(&[source]);
        assert!(text.contains("rule 2: 3 locked seats") && text.contains("note: 3 seats"), "{text}");
        let loaded = loaded_all(&[pack("1", &line.replace("permanent 3", mended))]);
        assert_eq!((loaded.entitlements.len(), errors(&loaded)), (1, vec![]));
    }
}

#[test]
fn one_configuration_under_two_ids_is_warned_about() {
    for (first, second, warned) in [
        ("CONFIG_ID=5", "CONFIG_ID=6", true),
        ("CONFIG_ID=5 MODULES=A", "CONFIG_ID=6 MODULES=A", true),
        ("CONFIG_ID=5 MODULES=A", "CONFIG_ID=6 MODULES=B", false),
        ("CONFIG_ID=5 MAINTENANCE=ACTIVE", "CONFIG_ID=6 MAINTENANCE=NONE", false),
        ("CONFIG_ID=5", "CONFIG_ID=5", false),
        ("CONFIG_ID=5 SEAT=LOCKED HOSTID=02aa10200001", "CONFIG_ID=6 SEAT=LOCKED HOSTID=02aa10200001", true),
        ("CONFIG_ID=5 SEAT=LOCKED HOSTID=02aa10200001", "CONFIG_ID=6 SEAT=LOCKED HOSTID=02aa10200002", false),
    ] {
        let line = |words: &str| format!("INCREMENT mill acmed 1 permanent 1 {words}");
        let loaded = loaded_all(&[pack("1", &line(first)), pack("2", &line(second))]);
        assert_eq!((loaded.entitlements.len(), errors(&loaded)), (2, vec![]), "{first} {second}");
        let said = said(&loaded.diagnostics);
        assert_eq!(said.contains("one configuration under two ids, 5 and 6"), warned, "{said}");
    }
    // A pack's own configuration has no id that could be wrong.
    let line = "INCREMENT mill acmed 1 permanent 1 MAINTENANCE";
    let loaded = loaded_all(&[pack("1", &format!("{line}=ACTIVE\n{line}=NONE"))]);
    assert_eq!(
        (ids(&loaded), said(&loaded.diagnostics)),
        (vec!["pack:1 mill=2@1".to_owned()], String::new())
    );
}
