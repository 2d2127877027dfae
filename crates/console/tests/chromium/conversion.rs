//! The seven conversions as they are previewed in a browser. The new numbers come from the allocator, whose
//! counter and ranges are set; the estate never has them.

use desk::{Counter, Range, Row};

use crate::served::Served;

const HEADER: &str =
    "product_line,product,version,module,seat,quantity,host,server,maintenance,until,serial,installs";
/// The company that has it.
const COMPANY: &str = "4711";

/// Name, estate, the next id, ids that were given before, the new column, warnings.
type Case = (&'static str, String, u64, Option<(u64, u64)>, &'static [&'static str], &'static [&'static str]);

fn floating(line: &str, product: &str, quantity: u32, host: u32, serial: &str, installs: &str) -> String {
    format!(
        "Pro/{line},{product},18,no,floating,{quantity},02fc0000000{host},,active,permanent,{serial},{installs}"
    )
}

fn locked(line: &str, product: &str, host: u32, serial: &str, install: u32) -> String {
    format!(
        "Pro/{line},{product},18,no,locked,1,02fc000001{host:02},02fc00000001,active,permanent,{serial},{install}"
    )
}

fn module(product: &str, quantity: u32, install: u32) -> String {
    format!("Pro/ENGINEER,{product},18,yes,floating,{quantity},02fc00000001,,active,permanent,,{install}")
}

fn from(first: u32, count: u32) -> String {
    (first..first + count).map(|number| number.to_string()).collect::<Vec<_>>().join(" ")
}

fn all(rows: &[String]) -> String {
    format!("{HEADER}\n{}\n", rows.join("\n"))
}

fn cases() -> Vec<Case> {
    let l2: Vec<_> = (0..8).map(|n| locked("ENGINEER", "PROE", n, "10-10-77-D2", 2233 + n)).collect();
    let f1 = floating("ENGINEER", "PROE", 10, 1, "10-10-B1-11", &from(3311, 10));
    let f2 = [
        floating("ENGINEER", "PROE", 5, 1, "10-11-71-DD", &from(7711, 5)),
        floating("ENGINEER", "PROE", 5, 2, "10-11-71-DD", &from(7716, 5)),
    ];
    let f3 = [
        floating("ENGINEER", "PROE", 10, 1, "10-11-AB-BC", &format!("1177 {}", from(1118, 9))),
        floating("PDM", "PROPDM", 10, 1, "10-50-AB-BC", "1131"),
        floating("INTRALINK", "INTRALINK", 10, 1, "11-70-AB-BC", "1132"),
        floating("FLY-THROUGH", "FLYTHROUGH", 10, 1, "11-31-AB-BC", &from(1133, 10)),
    ];
    let f4 = [module("SHEETMETAL", 3, 4545), module("CABLING", 5, 4547), module("MESH", 6, 4547)];
    let l3 = [
        locked("ENGINEER", "PROE", 1, "10-10-11-99", 48459),
        locked("DESIGNER", "DESIGNER", 1, "10-90-37-B2", 48460),
    ];
    vec![
        (
            "L1",
            all(&[locked("ENGINEER", "PROE", 1, "10-10-33-A3", 34335)]),
            66451,
            None,
            &["66451 = 1 on 1 workstation"],
            &[],
        ),
        ("L2", all(&l2), 73633, None, &["73633 = 8 on 8 workstations"], &[]),
        (
            "L3",
            all(&l3),
            17349,
            Some((17350, 17356)),
            &["17349 = 1 on 1 workstation", "17357 = 1 on 1 workstation"],
            &["there are no new ids 17350 to 17356"],
        ),
        ("F1", all(&[f1]), 11470, None, &["11470 = 10 on 02fc00000001"], &[]),
        ("F2", all(&f2), 1717, None, &["1717 = 5 on 02fc00000001; 1718 = 5 on 02fc00000002"], &[]),
        (
            "F3",
            all(&f3),
            2290,
            Some((2292, 2292)),
            &[
                "2290 = 10 on 02fc00000001",
                "2291 = 10 on 02fc00000001",
                "2293 = 10 on 02fc00000001",
                "2294 = 10 on 02fc00000001",
            ],
            &["there is no new id 2292", "install 1177 stands beside 1118"],
        ),
        (
            "F4",
            all(&f4),
            6696,
            None,
            &["6696: SHEETMETAL = 3, CABLING = 5, MESH = 6 on 02fc00000001"],
            &["install 4547 is in row 3 already"],
        ),
    ]
}

#[test]
fn the_seven_conversions_are_previewed_side_by_side() {
    let served = Served::start();
    let browser = served.browser("ada");
    for (name, estate, next, given, new, warnings) in cases() {
        let counter = Counter { of: "configuration".into(), next };
        served.host.put(Row::Counter(Box::new(counter)));
        if let Some((from, to)) = given {
            served.host.put(Row::Range(Box::new(Range { from, to, note: "before".into() })));
        }
        browser.goto(&served.url(&format!("/conversion?company={COMPANY}")));
        browser.fill("Or its text", &estate);
        browser.click("Preview");
        browser.wait_for("Side by side");
        let seen = browser.read("main");
        for words in new.iter().chain(warnings).chain(&["Prior to October 20, 1997", "FLEXlm Licensing"]) {
            assert!(seen.contains(words), "{name}: {words} is not in\n{seen}");
        }
        if name == "F3" {
            let wrong = browser.look("conversion-preview");
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        }
    }
}
