//! The example in `examples/estates`, and what `CONVERSION.md` says.

use super::{Place, checker};
use crate::conversion::COLUMNS;

const ESTATE: &str = include_str!("../../../../../examples/estates/acmed.csv");
const REPORT: &str = include_str!("../../../../../examples/estates/acmed-report.csv");

#[test]
fn the_example_becomes_its_report_and_its_packs_are_signed() {
    let mut place = Place::new();
    let (seen, done) = place.look_and_convert(ESTATE);
    let report = seen.report().unwrap().replace("\r\n", "\n");
    assert_eq!(
        report, REPORT,
        "what is printed here is to be in examples/estates/acmed-report.csv:\n{report}"
    );
    assert_eq!(checker::wrong(&checker::read(ESTATE), &place.configurations()), [""; 0]);
    // A pack a license host, with the serial numbers and never an install number.
    let packs: Vec<_> = place.desk.packs().collect();
    assert_eq!(packs.len(), 9);
    assert_eq!(done.said.iter().filter(|said| said.contains("names no host key")).count(), 9);
    let texts: String = packs.iter().map(|pack| pack.text.as_str()).collect();
    for row in checker::read(ESTATE) {
        assert!(texts.contains(&row["serial"]), "{}", row["serial"]);
        // A number could stand in a signature, but not as a word.
        let mut words = texts.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c));
        assert!(!words.any(|word| row["installs"].split(' ').any(|install| word == install)));
    }
}

#[test]
fn a_hosts_key_in_the_estate_is_in_its_pack() {
    let key = license::SecretKey::for_host([7; 32]).public().to_string();
    let row = "Pro/PDM,PROPDM,1,named,1,02fc00000001,KEY,none,permanent\n".replace("KEY", &key);
    let estate = format!("product_line,product,version,seat,quantity,host,host_key,maintenance,until\n{row}");
    let mut place = Place::new();
    let (_, done) = place.look_and_convert(&estate);
    assert_eq!(done.said, ["pack P-1001 for 02fc00000001"]);
    let packs: Vec<_> = place.desk.packs().collect();
    assert!(packs.len() == 1 && packs[0].text.contains(&key));
}

#[test]
fn every_column_is_described() {
    let page = include_str!("../../../CONVERSION.md");
    for (name, needed) in COLUMNS {
        let row = format!("\n| `{name}` | {} |", if needed { "yes" } else { "" });
        assert!(page.contains(&row.replace("|  |", "| |")), "{name}");
    }
}
