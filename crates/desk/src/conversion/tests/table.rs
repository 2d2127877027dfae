//! The seven conversions, and locked ones of two lines on one machine. The new numbers come from the
//! allocator, whose counter and ranges are set; the estate never has them.

use super::Place;

const HEADER: &str =
    "product_line,product,version,module,seat,quantity,host,server,maintenance,until,serial,installs\n";

struct Case {
    name: &'static str,
    /// Rows without the header: line, product, module, seat, quantity, host, server, serial, installs.
    estate: Vec<[String; 9]>,
    next: u64,
    reserved: &'static [(u64, u64)],
    /// The new column.
    new: &'static [&'static str],
    warnings: &'static [&'static str],
}

fn row(line: &str, product: &str, quantity: u32, serial: &str, installs: &str) -> [String; 9] {
    [
        "Pro/".to_owned() + line,
        product.into(),
        "no".into(),
        "floating".into(),
        quantity.to_string(),
        "02fc00000001".into(),
        String::new(),
        serial.into(),
        installs.into(),
    ]
}

fn locked(line: &str, product: &str, host: u32, serial: &str, installs: &str) -> [String; 9] {
    let mut row = row(line, product, 1, serial, installs);
    row[3] = "locked".into();
    row[5] = format!("02fc000001{host:02}");
    row[6] = "02fc00000001".into();
    row
}

fn module(product: &str, quantity: u32, install: &str) -> [String; 9] {
    let mut row = row("ENGINEER", product, quantity, "", install);
    row[2] = "yes".into();
    row
}

fn on(mut row: [String; 9], host: &str) -> [String; 9] {
    row[5] = host.into();
    row
}

fn counted(from: u32, n: u32) -> String {
    (from..from + n).map(|number| number.to_string()).collect::<Vec<_>>().join(" ")
}

fn csv(rows: &[[String; 9]]) -> String {
    let mut text = HEADER.to_owned();
    for [line, product, module, seat, quantity, host, server, serial, installs] in rows {
        text += &format!(
            "{line},{product},18,{module},{seat},{quantity},{host},{server},active,permanent,{serial},{installs}\n"
        );
    }
    text
}

fn cases() -> Vec<Case> {
    let case = |name, estate, next, reserved, new| Case { name, estate, next, reserved, new, warnings: &[] };
    let l2 = (0..8).map(|n| locked("ENGINEER", "PROE", n, "10-10-77-D2", &(2233 + n).to_string())).collect();
    let f3 = vec![
        row("ENGINEER", "PROE", 10, "10-11-AB-BC", &format!("1177 {}", counted(1118, 9))),
        row("PDM", "PROPDM", 10, "10-50-AB-BC", "1131"),
        row("INTRALINK", "INTRALINK", 10, "11-70-AB-BC", "1132"),
        row("FLY-THROUGH", "FLYTHROUGH", 10, "11-31-AB-BC", &counted(1133, 10)),
    ];
    vec![
        case(
            "L1",
            vec![locked("ENGINEER", "PROE", 1, "10-10-33-A3", "34335")],
            66451,
            &[],
            &["66451 = 1 on 1 workstation"],
        ),
        case("L2", l2, 73633, &[], &["73633 = 8 on 8 workstations"]),
        Case {
            warnings: &["there are no new ids 17350 to 17356: they are reserved or were given before"],
            ..case(
                "L3",
                vec![
                    locked("ENGINEER", "PROE", 1, "10-10-11-99", "48459"),
                    locked("DESIGNER", "DESIGNER", 1, "10-90-37-B2", "48460"),
                ],
                17349,
                &[(17350, 17356)],
                &["17349 = 1 on 1 workstation", "17357 = 1 on 1 workstation"],
            )
        },
        case(
            "F1",
            vec![row("ENGINEER", "PROE", 10, "10-10-B1-11", &counted(3311, 10))],
            11470,
            &[],
            &["11470 = 10 on 02fc00000001"],
        ),
        case(
            "F2",
            vec![
                row("ENGINEER", "PROE", 5, "10-11-71-DD", &counted(7711, 5)),
                on(row("ENGINEER", "PROE", 5, "10-11-71-DD", &counted(7716, 5)), "02fc00000002"),
            ],
            1717,
            &[],
            &["1717 = 5 on 02fc00000001; 1718 = 5 on 02fc00000002"],
        ),
        Case {
            warnings: &[
                "there is no new id 2292: it is reserved or was given before",
                "row 2, column installs: install 1177 stands beside 1118, where 1117 would be next to it; kept as it is",
            ],
            ..case(
                "F3",
                f3,
                2290,
                &[(2292, 2292)],
                &[
                    "2290 = 10 on 02fc00000001",
                    "2291 = 10 on 02fc00000001",
                    "2293 = 10 on 02fc00000001",
                    "2294 = 10 on 02fc00000001",
                ],
            )
        },
        Case {
            warnings: &["row 4, column installs: install 4547 is in row 3 already; kept as it is"],
            ..case(
                "F4",
                vec![
                    module("SHEETMETAL", 3, "4545"),
                    module("CABLING", 5, "4547"),
                    module("MESH", 6, "4547"),
                ],
                6696,
                &[],
                &["6696: SHEETMETAL = 3, CABLING = 5, MESH = 6 on 02fc00000001"],
            )
        },
    ]
}

#[test]
fn the_printed_estates_become_the_printed_ids() {
    // All at one desk: what an estate becomes does not hang on what was there before.
    let mut place = Place::new();
    for (at, case) in cases().into_iter().enumerate() {
        place.next_id(case.next);
        for (from, to) in case.reserved {
            place.reserve(*from, *to);
        }
        // Each is a customer's: the hosts are their own.
        let host = |text: &str| text.replace("02fc0000", &format!("02fc{at:02}00"));
        let estate = host(&csv(&case.estate));
        let seen = place.preview(&estate);
        let new: Vec<String> = seen.rows.iter().map(|side| side.cells()[3].clone()).collect();
        let expected: Vec<String> = case.new.iter().map(|text| host(text)).collect();
        assert_eq!(new, expected, "{}", case.name);
        let warnings: Vec<String> = seen.warnings.kept().iter().map(ToString::to_string).collect();
        assert_eq!(warnings, case.warnings, "{}", case.name);
        assert_eq!(seen.rows.iter().any(|side| !side.changed.is_empty()), case.name == "F2", "{}", case.name);
        let done = place.convert(&estate, &seen.fingerprint).unwrap();
        let said = done.said.iter().filter(|said| !said.starts_with("pack "));
        assert!(said.eq(case.warnings), "{}", case.name);
        // Every old number finds its ids.
        for row in &case.estate {
            let of = |number: &str| {
                let found = place
                    .desk
                    .configurations()
                    .filter(|one| one.serials.iter().chain(&one.installs).any(|n| n == number));
                found.map(|one| one.id).collect::<Vec<_>>()
            };
            for number in row[7..].iter().flat_map(|cell| cell.split_whitespace()) {
                assert!(!of(number).is_empty(), "{}: {number}", case.name);
            }
        }
    }
    let ids = |number: &str| -> Vec<u64> {
        let has = |one: &&crate::Configuration| one.serials.iter().chain(&one.installs).any(|n| n == number);
        place.desk.configurations().filter(has).map(|one| one.id).collect()
    };
    assert_eq!(ids("10-11-71-DD"), [1717, 1718]);
    assert_eq!(ids("4547"), [6696]);
    let modules = place.configurations().into_iter().find(|one| one.id == 6696).unwrap();
    assert_eq!(modules.warnings, ["install 4547 is in row 3 already; kept as it is"]);
    assert!(modules.serials.is_empty() && modules.product.is_none());
}

#[test]
fn the_layout_that_changes_is_marked_by_its_rule() {
    type Written = fn(String) -> String;
    let split = |rows: &[[String; 9]], with: Written| {
        let seen = Place::new().preview(&with(csv(rows)));
        assert!(seen.refusals.is_empty(), "{}", seen.refusals.text());
        seen.rows.into_iter().map(|side| side.changed).collect::<Vec<_>>()
    };
    let one = || row("ENGINEER", "PROE", 5, "10-1", "1");
    let cases: [(Vec<[String; 9]>, Written, &str); 5] = [
        (vec![one(), row("ENGINEER", "PROE", 5, "10-1", "2")], |text| text, ""),
        (vec![one(), on(one(), "02fc00000002")], |text| text, "one serial, 2 ids (rule 2: hosts)"),
        (
            vec![one(), row("DESIGNER", "DESIGNER", 5, "10-1", "2")],
            |text| text,
            "one serial, 2 ids (rule 3: product lines)",
        ),
        (
            vec![one(), row("ENGINEER", "PROE", 5, "10-1", "2")],
            |text| text.replacen("active", "none", 1),
            "one serial, 2 ids (rule 4: maintenance)",
        ),
        (
            vec![one(), row("ENGINEER", "OTHER", 5, "10-1", "2")],
            |text| text,
            "one serial, 2 ids (rule 1: configurations)",
        ),
    ];
    for (rows, with, expected) in cases {
        assert_eq!(split(&rows, with), [expected]);
    }
    let shared = split(&[one(), row("ENGINEER", "PROE", 5, "10-2", "2")], |text| text);
    assert_eq!(shared, ["2 serials, one id (rule 1: configurations)"; 2]);
}
