use license::{SecretKey, SignOptions, Source, Trust, TrustedKey, load, sign_pack};
use names::{PackNumber, Vendor};

use super::*;

const FILE: &str = "\
SERVER lic1 02aa10203040
VENDOR acmed
INCREMENT mill acmed 5.0 permanent 1
INCREMENT mill acmed 4.2 31-dec-2027 2 CONFIG_ID=7 PRODUCT_LINE=Mill MODULES=\"B A\" MAINTENANCE=ACTIVE BORROW DUP_GROUP=HU
INCREMENT mill acmed 4.2 1-jan-1971 3 CONFIG_ID=7 BORROW DUP_GROUP=UH sort=5
INCREMENT saw acmed 1.0 permanent 2 HOSTID=\"02aa10200001 02aa10200002\"
INCREMENT drill acmed 1.0 permanent 4 FLOAT_OK START=1-jan-2027
INCREMENT lathe acmed 1.0 permanent 4 ISSUED=1-jan-2020
INCREMENT lathe acmed 2.0 permanent 4 SUPERSEDE ISSUED=1-jan-2021
INCREMENT punch other 2.0 permanent 4 USER_BASED=3 SIGN=00AA
";

fn set() -> Set {
    let key = SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [1; 32]);
    let options = SignOptions::new(PackNumber::new("P-1").unwrap());
    let text = sign_pack(&Source::new("p.lic", FILE), &key, &options).unwrap();
    // The places of the lines are the ones above: each line in one.
    let text = String::from_utf8(text).unwrap().replace(" \\\n\t", " ");
    let sources = vec![Source::new("p.lic", text)];
    let trust = Trust::new(vec![TrustedKey { vendor: key.vendor().unwrap().clone(), key: key.public() }]);
    let loaded = load(&sources, &trust, None, false);
    Set { sources, loaded }
}

/// A day in 2026.
const NOW: Wall = Wall(1_780_000_000_000);

#[test]
fn the_whole_picture_as_an_administrator_reads_it() {
    let expected = "\
lathe of acmed: 4 seats, 1 pool

  POOL  CONFIGURATION  CPU_ID        VERSION  SEATS  KIND      EXPIRES    PLACE
  1     pack:P-1       02aa10203040  2.0      4      floating  permanent  p.lic:9
      no CONFIG_ID: a configuration of pack P-1; issued 01-jan-2021

mill of acmed: 6 seats, 2 pools, searched in this order

  POOL  CONFIGURATION  CPU_ID        VERSION  SEATS  KIND      EXPIRES                  PLACE
  1     7              02aa10203040  4.2      3      floating  01-jan-1971 (past: -10)  p.lic:5
      pack P-1; BORROW 168 h; DUP_GROUP=UH; sort=5
        7              02aa10203040  4.2      2      floating  31-dec-2027              p.lic:4
      pack P-1; BORROW 168 h; DUP_GROUP=UH; product line Mill; modules A B; under maintenance
  2     pack:P-1       02aa10203040  5.0      1      floating  permanent                p.lic:3
      no CONFIG_ID: a configuration of pack P-1

saw of acmed: 2 seats, 2 pools, searched in this order

  POOL  CONFIGURATION  CPU_ID           VERSION  SEATS  KIND    EXPIRES    PLACE
  1-2   pack:P-1       02aa10200001 +1  1.0      2      locked  permanent  p.lic:6
      no CONFIG_ID: a configuration of pack P-1; workstations 02aa10200001 02aa10200002

Not served, of acmed: lines with FLOAT_OK are not served (-18)
help: ask the vendor for a line without it, or for a newer version of this program

  FEATURE  CONFIGURATION  CPU_ID        VERSION  SEATS  KIND      EXPIRES                   PLACE
  drill    pack:P-1       02aa10203040  1.0      4      floating  permanent (not yet: -31)  p.lic:7
      no CONFIG_ID: a configuration of pack P-1; from 01-jan-2027; FLOAT_OK

Not served, of other: it has no signature of this system (-114)
help: ask the vendor to sign the license for Seatkeeper (the vendor does it with `seatkeeper license convert`)

  FEATURE  CONFIGURATION  CPU_ID        VERSION  SEATS  KIND      EXPIRES    PLACE
  punch    none           02aa10203040  2.0      4      floating  permanent  p.lic:10
      USER_BASED=3: only for listed users, 3 at most

Lines that give nothing

  p.lic:8: this line is void: a line of 01-jan-2021 supersedes it

12 seats served, 2 lines not served, 1 line without effect; 2 errors, 1 warning (see `seatkeeper license check`)
";
    let shown = text(&set(), NOW);
    assert_eq!(shown, expected, "{shown}");
}

#[test]
fn json_has_every_pool_in_the_order_it_is_searched() {
    let json: serde_json::Value = serde_json::from_str(&json::show(&set(), NOW).unwrap()).unwrap();
    assert_eq!(json["schema"], "seatkeeper.license.show/1");
    let pools = json["pools"].as_array().unwrap();
    let shown: Vec<String> = pools
        .iter()
        .map(|p| format!("{}{} {} {} {}", p["feature"], p["order"], p["config_id"], p["cpu_id"], p["seats"]))
        .map(|row| row.replace('"', ""))
        .collect();
    assert_eq!(
        shown,
        [
            "lathe1 pack:P-1 02aa10203040 4",
            "mill1 7 02aa10203040 5",
            "mill2 pack:P-1 02aa10203040 1",
            "saw1 pack:P-1 02aa10200001 1",
            "saw2 pack:P-1 02aa10200002 1",
        ]
    );
    let line = &pools[1]["lines"][0];
    assert_eq!((&line["expires"], &line["standing"]), (&"1971-01-01".into(), &"expired".into()));
    assert_eq!((&line["rules"]["borrow_hours"], &line["rules"]["dup_group"]), (&168.into(), &"UH".into()));
    assert_eq!((&line["place"]["line"], &line["sort"]), (&5.into(), &5.into()));
    let unserved: Vec<_> = json["unserved"].as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(unserved, [-18, -114]);
    assert_eq!(json["unserved"][1]["config_id"], serde_json::Value::Null);
    assert_eq!(json["unserved"][1]["line"]["rules"]["user_based"], 3);
    assert_eq!(
        (&json["idle"][0]["place"]["line"], json["diagnostics"].as_array().unwrap().len()),
        (&8.into(), 3)
    );
    assert_eq!((&json["packs"][0]["state"], &json["files"][0]), (&"served".into(), &"p.lic".into()));
}
