//! What was converted is not converted again; what was shown is what is done.

use super::Place;
use crate::change::{Change, Row};
use crate::model::{CaseKind, CaseState, Company};
use crate::{Command, CustomerNumber, Refusal, Role};

const HEADER: &str =
    "product_line,product,version,seat,quantity,host,server,maintenance,until,serial,installs\n";

fn proe(quantity: u32, host: &str, serial: &str, installs: &str) -> String {
    format!("Pro/ENGINEER,PROE,18,floating,{quantity},{host},,active,permanent,{serial},{installs}\n")
}

fn estate(rows: &[String]) -> String {
    HEADER.to_owned() + &rows.concat()
}

#[test]
fn the_second_time_nothing_is_issued_and_what_says_otherwise_is_refused() {
    let mut place = Place::new();
    let one = proe(5, "02fc00000001", "10-1", "11 12");
    place.look_and_convert(&estate(std::slice::from_ref(&one)));
    let before = place.configurations();

    // The same row, written otherwise and beside a new one: only the new one counts.
    let again = one.replace("02fc00000001", "02:FC:00:00:00:01").replace("11 12", "12 11");
    let (seen, done) = place.look_and_convert(&estate(&[again, proe(2, "02fc00000001", "10-2", "13")]));
    assert_eq!(seen.fresh, 1);
    assert_eq!(seen.rows[0].new[0].to_string(), "1 = 5 on 02fc00000001, converted before");
    assert_eq!(seen.rows[1].new[0].to_string(), "1 = 2 on 02fc00000001, 7 in all");
    assert!(
        done.about.contains("1 rows converted: 1 ids, 0 of them new, on 1 hosts; 1 packs, 0 warnings"),
        "{}",
        done.about
    );
    assert_eq!((before.len(), place.configurations().len()), (1, 1));

    let locked =
        "Pro/ENGINEER,PROE,18,locked,1,02fc000000aa,02fc00000001,active,permanent,10-9,\n".to_owned();
    place.look_and_convert(&estate(std::slice::from_ref(&locked)));
    let refused = [
        (
            proe(6, "02fc00000001", "10-1", "11 12"),
            "serial 10-1 for PROE on 02fc00000001 was converted in case V-1001 (configuration 1), and this row says otherwise",
        ),
        (proe(5, "02fc00000001", "10-1", "11"), "says otherwise"),
        (one.replace("active", "none"), "says otherwise"),
        (proe(5, "02fc00000001", "10-3", "12"), "install 12 is of configuration 1 on this host already"),
        (
            locked.replace("10-9", "10-8"),
            "rule 2: workstation 02fc000000aa has PROE by configuration 2 already",
        ),
    ];
    for (row, expected) in refused {
        let seen = place.preview(&estate(&[row]));
        assert!(seen.refusals.text().contains(expected), "{expected}: {}", seen.refusals.text());
    }
    // The same serial number for another host is more of it: a warning.
    let seen = place.preview(&estate(&[proe(5, "02fc00000002", "10-1", "14")]));
    assert!(seen.refusals.is_empty());
    assert!(
        seen.warnings
            .text()
            .contains("serial 10-1 has licenses already, of configuration 1: count none twice")
    );
}

#[test]
fn another_companys_serial_number_and_what_an_order_brought_are_refused() {
    let mut place = Place::new();
    place.look_and_convert(&estate(&[proe(5, "02fc00000001", "10-1", "")]));
    let other = CustomerNumber::new("C-200").unwrap();
    let row = Company::new(other.clone(), "Other", names::Wall(0));
    place.desk.apply(&Change::Put(Row::Company(Box::new(row))));
    place.company = other;
    let seen = place.preview(&estate(&[proe(5, "02fc00000003", "10-1", "")]));
    assert!(seen.refusals.text().contains("serial 10-1 is another company's"), "{}", seen.refusals.text());
    // Without what is written down of the conversion the serial number alone stops it.
    place.company = CustomerNumber::new("C-100").unwrap();
    place.desk.tables.converted = crate::table::Table::default();
    let seen = place.preview(&estate(&[proe(5, "02fc00000001", "10-1", "")]));
    assert!(seen.refusals.text().contains("serial 10-1 is of configuration 1 on this host already"));
}

#[test]
fn only_what_was_shown_is_issued() {
    let mut place = Place::new();
    let text = estate(&[proe(5, "02fc00000001", "10-1", "")]);
    let seen = place.preview(&text);
    assert!(place.configurations().is_empty(), "a preview changes nothing");
    let unseen = place.convert(&text, "").unwrap_err();
    assert!(matches!(unseen, Refusal::Invalid { field: "preview", .. }), "{unseen}");
    let wrong =
        place.convert(&estate(&[proe(6, "02fc00000001", "10-1", "")]), &seen.fingerprint).unwrap_err();
    assert!(matches!(wrong, Refusal::Conflict(_)), "{wrong}");
    // Somebody else was given the id meanwhile.
    place.next_id(7);
    let late = place.convert(&text, &seen.fingerprint).unwrap_err();
    assert!(matches!(late, Refusal::Conflict(_)), "{late}");
    // A case that was opened meanwhile is no other result.
    place.next_id(1);
    let seen = place.preview(&text);
    let company = place.company.clone();
    let asked = place.ask(Command::RequestConversion { company, estate: text.clone() }).unwrap();
    place.apply(&asked);
    place.convert(&text, &seen.fingerprint).unwrap();
    let bad = place.convert(&estate(&["x\n".into(), proe(0, "y", "", "")]), "x").unwrap_err().to_string();
    assert!(
        bad.contains("row 2: ") && bad.contains("row 3, column quantity: ") && bad.contains("column host: "),
        "{bad}"
    );
}

#[test]
fn a_request_is_a_case_with_the_file_and_the_conversion_ends_it() {
    let mut place = Place::new();
    let text = estate(&[proe(5, "02fc00000001", "10-1", "")]);
    let (company, other) = (place.company.clone(), CustomerNumber::new("C-999").unwrap());
    let request = |company: &CustomerNumber, estate: &str| Command::RequestConversion {
        company: company.clone(),
        estate: estate.to_owned(),
    };
    let asked = place.ask(request(&company, &text)).unwrap();
    place.apply(&asked);
    let number = asked.case.unwrap();
    let case = place.desk.case(&number).unwrap().clone();
    assert_eq!((case.kind, case.state), (CaseKind::Conversion, CaseState::Open));
    assert_eq!(place.desk.file(&number, "estate.csv").unwrap().text, text);
    assert!(place.ask(request(&company, &text)).unwrap_err().to_string().contains("V-1001"));
    assert!(place.ask(request(&company, "x")).unwrap_err().to_string().contains("row 1: "));
    // Whoever works for one company does not ask for another.
    assert!(matches!(place.ask(request(&other, &text)), Err(Refusal::Conflict(_))));
    let unknown = crate::conversion::preview(&place.desk, &place.ctx(), &other, &text, None);
    assert!(matches!(unknown, Err(Refusal::NotFound(_))));

    let (_, done) = place.look_and_convert(&text);
    assert_eq!(done.case, Some(number.clone()));
    let case = place.desk.case(&number).unwrap();
    assert_eq!(case.state, CaseState::Done);
    assert!(case.about.contains(&"configuration:1".to_owned()), "{:?}", case.about);
    let report = &place.desk.file(&number, "conversion.csv").unwrap().text;
    assert!(
        report.ends_with("2,5 floating PROE (Pro/ENGINEER),serial 10-1,1 = 5 on 02fc00000001,,\r\n"),
        "{report}"
    );
    // Again: nothing is issued, and no case is opened.
    let (_, again) = place.look_and_convert(&text);
    assert!(again.changes.is_empty() && again.case.is_none());
    // All of it is read back from the journal.
    let rows: Vec<_> = place.desk.rows().map(|row| (row.key().to_string(), row.encode())).collect();
    let read = crate::Desk::load(rows.iter().map(|(key, value)| (key.as_str(), value.as_slice()))).unwrap();
    place.desk = read;
    assert_eq!(place.preview(&text).fresh, 0);
}

#[test]
fn a_site_sees_what_comes_and_issues_nothing() {
    let mut place = Place::new();
    place.role = Role::Site;
    let text = estate(&[proe(5, "02fc00000001", "10-1", ""), proe(5, "02fc00000002", "10-1", "")]);
    let seen = place.preview(&text);
    assert_eq!(seen.rows[0].cells()[3], "new id 1 = 5 on 02fc00000001; new id 2 = 5 on 02fc00000002");
    assert_eq!(seen.rows[0].changed, "one serial, 2 ids (rule 2: hosts)");
    assert!(seen.fingerprint.is_empty());
    assert!(matches!(place.convert(&text, "x"), Err(Refusal::Forbidden { .. })));
    let company = place.company.clone();
    let asked = place.ask(Command::RequestConversion { company, estate: text }).unwrap();
    place.apply(&asked);
    assert_eq!(place.desk.case(&asked.case.unwrap()).unwrap().state, CaseState::Waiting);
}

#[test]
fn a_long_estate_is_one_case_with_its_files_in_parts() {
    const ROWS: usize = 16_000;
    let mut place = Place::new();
    let row = |n: usize| {
        let host = format!("02fc{:08x}", n % 500);
        let row = proe(1, &host, &format!("10-{n}"), &format!("{}", 100_000 + n));
        row.replace("PROE", &format!("PROE{}", n % 7))
    };
    let text = estate(&(0..ROWS).map(row).collect::<Vec<_>>());
    let seen = place.preview(&text);
    let done = place.issue(&text, &seen.fingerprint).unwrap();
    assert_eq!((seen.fresh, place.configurations().len()), (ROWS, 3_500));
    let number = done.case.clone().unwrap();
    let names: Vec<&str> =
        place.desk.case(&number).unwrap().files.iter().map(|file| file.name.as_str()).collect();
    assert!(names.starts_with(&["estate-1.csv", "estate-2.csv"]), "{names:?}");
    let parts: usize = ["estate-1.csv", "estate-2.csv"]
        .iter()
        .map(|name| place.desk.file(&number, name).unwrap().text.lines().count() - 1)
        .sum();
    assert!(parts == ROWS || names.contains(&"estate-3.csv"), "{parts} rows in two parts");
    // What a change of many rows costs is bounded: one row a configuration, few for what is remembered.
    assert!(done.changes.len() < 2 * 3_500 + 300, "{}", done.changes.len());
}
