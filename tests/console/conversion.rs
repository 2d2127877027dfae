//! An estate of serial and install numbers: uploaded, looked at, converted; then found by its old numbers.

use crate::served::Served;
use crate::support::desk::both;

/// The example's estate; the first row is number 1.
const ESTATE: &str = include_str!("../../examples/estates/acmed.csv");
/// Its rows in the order in which the ids were given that they had: F2, F3, F4, F1, L3, L1, L2.
const ROWS: [usize; 21] = [14, 15, 16, 17, 18, 19, 20, 21, 22, 13, 11, 12, 2, 3, 4, 5, 6, 7, 8, 9, 10];
/// The ids that were given to others meanwhile.
const GIVEN: [(u64, u64); 9] = [
    (1, 1716),
    (1719, 2289),
    (2292, 2292),
    (2295, 6695),
    (6697, 11469),
    (11471, 17348),
    (17350, 17356),
    (17358, 66450),
    (66452, 73632),
];
/// What the report says beside each.
const NEW: [&str; 11] = [
    "1717 = 5 on 02fc00000005; 1718 = 5 on 02fc00000006",
    "2290 = 10 on 02fc00000007",
    "2291 = 10 on 02fc00000007",
    "2293 = 10 on 02fc00000007",
    "2294 = 10 on 02fc00000007",
    "6696: SHEETMETAL = 3, CABLING = 5, MESH = 6 on 02fc00000008",
    "11470 = 10 on 02fc00000004",
    "17349 = 1 on 1 workstation",
    "17357 = 1 on 1 workstation",
    "66451 = 1 on 1 workstation",
    "73633 = 8 on 8 workstations",
];

#[test]
fn an_estate_is_converted_as_it_was_previewed_and_found_by_its_old_numbers() {
    let served = Served::start(both());
    let ada = served.set_up();
    served.make_company(&ada, "C-1", "Mills");
    for (from, to) in GIVEN {
        ada.goto(&served.url("/ids"));
        ada.fill("First id", &from.to_string());
        ada.fill("Last id", &to.to_string());
        ada.click("Reserve");
        ada.wait_for("It is done");
    }
    let rows: Vec<_> = ESTATE.lines().collect();
    let estate: Vec<_> = [1].iter().chain(&ROWS).map(|row| rows[row - 1]).collect();
    served.site.write("estate.csv", estate.join("\n").as_bytes());

    let preview = || {
        ada.goto(&served.url("/conversion?company=C-1"));
        ada.attach("The estate as a CSV file", &served.site.path("estate.csv"));
        ada.click("Preview");
        ada.wait_for("Side by side");
        ada.read("main")
    };
    let seen = preview();
    for words in NEW.iter().chain(&["Prior to October 20, 1997", "FLEXlm Licensing"]) {
        assert!(seen.contains(words), "{words} is not in\n{seen}");
    }
    let report = String::from_utf8(ada.download("Download the report as CSV")).unwrap();
    assert!(NEW.iter().all(|words| report.contains(words)), "{report}");
    ada.click("Convert: issue these ids");
    ada.wait_for("It is done");
    assert!(preview().contains("nothing would be issued"), "{}", ada.text());

    let find = |what: &str| {
        ada.goto(&served.url("/find"));
        ada.fill("What you know", what);
        ada.click_in("What you know", "Find");
        ada.wait_for("What was found");
        ada.read("tbody")
    };
    let found = find("10-11-71-DD");
    assert!(found.contains("1717") && found.contains("1718") && !found.contains("1719"), "{found}");
    let found = find("4547");
    assert!(found.contains("6696") && found.contains("install 4547 is in row"), "{found}");
    assert!(find("2240").contains("73633"), "{}", ada.text());
}
