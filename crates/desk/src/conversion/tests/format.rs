//! What a file may look like, and what is refused.

use super::Place;
use crate::limits;

const COLUMNS: &str = "product_line,product,version,modules,module,seat,quantity,host,server,host_key,maintenance,from,until,serial,installs,note";
const GOOD: [&str; 16] = [
    "Pro/ENGINEER",
    "PROE",
    "18",
    "MESH CABLING",
    "no",
    "floating",
    "10",
    "02fc00000001",
    "",
    "",
    "active",
    "01-jan-1997",
    "31-dec-2027",
    "10-10-B1-11",
    "3311 3312",
    "a note",
];

/// The good row with some cells otherwise.
fn row(cells: &[(&str, &str)]) -> String {
    let cell = |(name, good): (&str, &str)| {
        let other = cells.iter().rfind(|(column, _)| *column == name);
        other.map_or(good, |(_, cell)| cell).to_owned()
    };
    COLUMNS.split(',').zip(GOOD).map(cell).collect::<Vec<_>>().join(",")
}

fn key(seed: u8) -> String {
    license::SecretKey::for_host([seed; 32]).public().to_string()
}

fn file(rows: &[String]) -> String {
    format!("{COLUMNS}\n{}\n", rows.join("\n"))
}

fn refused(estate: &str) -> Vec<String> {
    let seen = Place::new().preview(estate);
    assert_eq!(seen.fingerprint.is_empty(), !seen.refusals.is_empty());
    seen.refusals.kept().iter().map(ToString::to_string).collect()
}

#[test]
fn every_cell_that_is_wrong_is_named_with_its_row_and_column_and_a_remedy() {
    let long = "x".repeat(limits::ESTATE_CELL_BYTES_MAX + 1);
    let name = "x".repeat(limits::NAME_CHARS_MAX + 1);
    let modules = (0..=limits::MODULES_MAX).map(|n| format!("M{n}")).collect::<Vec<_>>().join(" ");
    let locked = [("seat", "locked"), ("server", "02fc00000009"), ("quantity", "1")];
    let and = |more: &'static [(&'static str, &'static str)]| [&locked[..], more].concat();
    let module = [("module", "yes"), ("modules", ""), ("serial", "")];
    let of_module = |more: &'static [(&'static str, &'static str)]| [&module[..], more].concat();
    let cases: &[(Vec<(&str, &str)>, &str)] = &[
        (vec![("product_line", "")], "row 2, column product_line: "),
        (vec![("product_line", &name)], "row 2, column product_line: "),
        (vec![("product_line", "Pro\\ENGINEER")], "row 2, column product_line: it has the character '\\\\'"),
        (
            vec![("product_line", "\u{202e}REENIGNE")],
            "row 2, column product_line: it has the character '\\u{202e}'",
        ),
        (vec![("note", "\u{1b}[2J")], "row 2, column note: it has the character '\\u{1b}'"),
        (vec![("note", &long)], "row 2, column note: it has 65537 bytes"),
        (vec![("product", "Pro/ENGINEER")], "row 2, column product: \"Pro/ENGINEER\": not a feature name"),
        (vec![("version", "eighteen")], "row 2, column version: \"eighteen\": not a version"),
        (vec![("modules", &modules)], "row 2, column modules: there are 201"),
        (vec![("module", "maybe")], "row 2, column module: \"maybe\" is none of its words; write yes or no"),
        (
            vec![("seat", "node-locked")],
            "row 2, column seat: \"node-locked\" is none of its words; write floating or locked or named",
        ),
        (vec![("quantity", "0")], "row 2, column quantity: \"0\" is no licensed quantity"),
        (vec![("quantity", "+5")], "row 2, column quantity: \"+5\" is no licensed quantity"),
        (vec![("quantity", "1000001")], "row 2, column quantity: "),
        (vec![("quantity", "")], "row 2, column quantity: "),
        (vec![("host", "1.23E+11")], "row 2, column host: \"1.23E+11\": not a host id"),
        (vec![("host", "ANY")], "row 2, column host: ANY is no machine's"),
        (vec![("host", "USER=kim")], "row 2, column host: USER=kim is no machine's"),
        (vec![("server", "02fc00000002")], "row 2, column server: the seats are at two hosts"),
        (vec![("host_key", "mill")], "row 2, column host_key: \"mill\": "),
        (vec![("maintenance", "yes")], "row 2, column maintenance: "),
        (vec![("from", "1997-01-01")], "row 2, column from: \"1997-01-01\": not a date"),
        (vec![("until", "")], "row 2, column until: "),
        (vec![("until", "31-dec-1996")], "row 2, column until: it is before from"),
        (vec![("serial", "10-10-33 A3")], "row 2, column serial: there are several"),
        (vec![("serial", "=1+1")], "row 2, column serial: \"=1+1\" is no such number"),
        (vec![("installs", "3311;3312")], "row 2, column installs: \"3311;3312\" is no such number"),
        (and(&[("server", "")]), "row 2, column server: a locked license needs the license host"),
        (and(&[("quantity", "2")]), "row 2, column quantity: rule 2: "),
        (of_module(&[("seat", "named")]), "row 2, column seat: a module that is licensed by itself floats"),
        (of_module(&[("modules", "MESH")]), "row 2, column modules: "),
        (of_module(&[("serial", "10-1")]), "row 2, column serial: a floating module has no serial number"),
    ];
    assert_eq!(refused(&file(&[row(&[])])), [""; 0]);
    assert_eq!(refused(&file(&[row(&locked)])), [""; 0]);
    assert_eq!(refused(&file(&[row(&module)])), [""; 0]);
    for (cells, expected) in cases {
        let found = refused(&file(&[row(cells)]));
        assert_eq!(found.len(), 1, "{expected}: {found:?}");
        assert!(found[0].starts_with(expected) && found[0].contains("; "), "{expected}: {found:?}");
    }
}

#[test]
fn a_file_that_is_none_is_refused_whole() {
    let good = row(&[]);
    let cases = [
        (String::new(), "the file is empty"),
        ("\u{feff}\r\n\r\n".into(), "the file is empty"),
        (format!("{COLUMNS}\n"), "the file has column names and no row"),
        (format!("{COLUMNS}\n,,,,,,,,,,,,,,,\n"), "the file has column names and no row"),
        (format!("{COLUMNS},discount\n{good},5\n"), "row 1: there is no column \"discount\""),
        (format!("{COLUMNS},host\n{good},5\n"), "row 1: the column host is there twice"),
        (format!("{COLUMNS},\n{good},\n"), "row 1: a column has no name"),
        (format!("{}\n{good}\n", COLUMNS.replacen(",host,", ",", 1)), "row 1: the column host is not there"),
        (format!("{}\n{good}\n", COLUMNS.replace(',', ";")), "row 1: the cells are not separated by commas"),
        (format!("\"{COLUMNS}\n{good}\n"), "row 1: a double quote is not closed"),
        (format!("{COLUMNS}\n{good},\n"), "row 2: it has 17 cells, and the header 16"),
        (format!("{COLUMNS}\n\"{good}\n"), "row 2: a double quote is not closed"),
        (format!("{COLUMNS}\n{good} \",\"\n{good}\n"), "row 2: a double quote is not closed"),
        (" ".repeat(limits::ESTATE_BYTES_MAX + 1), "the file has 16777217 bytes"),
    ];
    for (estate, expected) in cases {
        let found = refused(&estate);
        assert!(found[0].starts_with(expected), "{expected}: {found:?}");
    }
    let short = "product_line,product,version,seat,quantity,host,maintenance,until\n";
    let rows = "Pro/PDM,PROPDM,1,named,1,02fc00000001,none,permanent\n".repeat(limits::ESTATE_ROWS_MAX + 1);
    let found = Place::new().preview(&(short.to_owned() + &rows)).refusals;
    let last = found.text();
    assert!(last.starts_with("row 3: it says the same as row 2"), "{}", &last[..80]);
    // All are counted, and the first are kept.
    assert_eq!(found.kept().len(), limits::ESTATE_FINDINGS_MAX);
    assert_eq!(found.count(), limits::ESTATE_ROWS_MAX);
    assert!(last.ends_with("\nand 99000 more"));
}

#[test]
fn rows_are_refused_together_and_all_at_once() {
    let locked = |serial| {
        row(&[("seat", "locked"), ("server", "02fc00000009"), ("quantity", "1"), ("serial", serial)])
    };
    let rows = [
        row(&[("host", "elsewhere"), ("quantity", "many")]),
        row(&[]),
        row(&[("host", "02:FC:00:00:00:01"), ("modules", "CABLING MESH MESH"), ("note", "")]),
        locked("10-1"),
        locked("10-2"),
        row(&[("modules", ""), ("serial", "")]),
        row(&[("modules", ""), ("serial", ""), ("module", "yes")]),
        row(&[("quantity", "999999"), ("installs", "1"), ("host_key", &key(1))]),
        row(&[("installs", "2"), ("quantity", "1"), ("product", "PDM"), ("host_key", &key(2))]),
    ];
    let found = refused(&file(&rows));
    let expected = [
        "row 2, column quantity: \"many\" is no licensed quantity",
        "row 2, column host: \"elsewhere\": not a host id",
        "row 4: it says the same as row 3",
        "row 6, column host: rule 2: workstation 02fc00000001 has PROE by row 5 already",
        "row 8, column module: rule 1: PROE is a product here or in row 7",
        "row 9, column quantity: with the rows before it there are more than 1000000 of PROE",
        "row 10, column host_key: 02fc00000001 has another key in row 9",
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{expected}: {found}");
    }
}

#[test]
fn spreadsheets_may_write_it_their_way() {
    let plain = file(&[row(&[]), row(&[("host", "02fc00000002"), ("installs", "1")])]);
    let expected = Place::new().preview(&plain);
    assert!(expected.refusals.is_empty());
    let quoted: String = plain.lines().map(|line| format!("\"{}\"\n", line.replace(',', "\",\""))).collect();
    for text in [
        format!("\u{feff}{plain}"),
        plain.replace('\n', "\r\n"),
        plain.replace('\n', "\r"),
        plain.trim_end().to_owned(),
        plain.replace(',', " , "),
        plain.replace("floating", "Floating").replace("active", "ACTIVE"),
        quoted,
    ] {
        let seen = Place::new().preview(&text);
        assert_eq!(
            (seen.refusals.text(), seen.fingerprint),
            (String::new(), expected.fingerprint.clone()),
            "{text}"
        );
    }
    // Lines are counted as the spreadsheet counts them, empty ones too.
    let gaps = plain.replace('\n', "\r\n\r\n").replace(",18,", ",x,");
    assert!(refused(&gaps)[1].starts_with("row 5, column version"));
}

#[test]
fn the_report_is_side_by_side_and_no_cell_is_a_formula() {
    let seen = Place::new().preview(&file(&[row(&[("product_line", "=cmd|' /C calc'!A0"), ("serial", "")])]));
    let report = seen.report().unwrap();
    let header = "Rows,Bought,\"Prior to October 20, 1997\",FLEXlm Licensing,Layout,Warnings\r\n";
    assert!(report.starts_with(header), "{report}");
    for cell in ["=1", "+1", "-1", "@x", "\tx", "\rx"] {
        assert_eq!(crate::conversion::report::harmless(cell), format!("'{cell}"));
    }
    assert_eq!(crate::conversion::report::harmless("10 floating"), "10 floating");
    let day = names::Date::new(2026, 11, 5).unwrap();
    let place = Place::new();
    let seen = crate::conversion::preview(&place.desk, &place.ctx(), &place.company, "", Some(day)).unwrap();
    assert_eq!(seen.columns()[2], "Prior to November 5, 2026");
    assert_eq!(crate::conversion::prior_date().to_string(), "20-oct-1997");
}
