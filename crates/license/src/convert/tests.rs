use names::{CpuId, PackNumber, Vendor};

use super::*;
use crate::{Loaded, Trust, TrustedKey, load};

/// The forms that old FlexNet files have, in one of our own.
const OLD: &str = "\
# Acme Works, customer 4711
License Pack for Example Ltd.
Service contract: 2A1234567
SERVER north ACME_HOSTID=08-00-76-32-E4-22 7788
SERVER south ACME_HOSTID=08-00-76-32-E4-23 7788
SERVER west  ACME_HOSTID=08-00-76-32-E4-24 7788
DAEMON acme_d /opt/acme/obj/acme_d
DAEMON othersoft
INCREMENT PROE_366 acme_d 20.0 1-jan-0 5 8573AB12CD34EF56 VENDOR_STRING=\"VSVER=1.0 \\
   LO=(0 2 6 7 9)\" SUPERSEDE ISSUED=01-Feb-1998
INCREMENT PROE_366 acme_d 20.0 1-jan-2031 2 AABBCCDDEEFF0011 ISSUED=01-Feb-1998
INCREMENT PROE_44333 acme_d 20.0 1-jan-0 0 BC15AB12CD34EF56 VENDOR_STRING=\"VSVER=1.0\" \\
\tHOSTID=\"ACME_HOSTID=08-00-4E-22-AB-08\" SUPERSEDE ISSUED=01-Feb-1998
INCREMENT 48 acme_d 20.0 1-jan-0 1 FC15AB12CD34EF56 # a comment is a word here
INCREMENT 49 acme_d 20.0 1-jan-0 1 FC15AB12CD34EF56
INCREMENT mill acme_d 33.0 01-nov-2031 1 BC24AB12CD34EF56 VENDOR_STRING=\"VSVER=2.0 LO=(0,3,6)\" \\
  SUPERSEDE vendor_info=\"VIVER=1.0 EXTERNAL_NAME=\" ISSUER=ACME ISSUED=01-sep-2006 \\
  NOTICE=\"a customer\" SN=SCN12344,SCN765431 SIGN=\"00AA 11BB\" SIGN2=\"169C 0011\" AUTH={acme_d=(SIGN=\"00FF\")}
INCREMENT PROBUNDLE_10108 acme_d 33.0 01-nov-2031 99999 CC24AB12CD34EF56 SUPERSEDE ISSUED=01-sep-2006
FEATURE saw acme_d 2.0 permanent 3 SIGN=\"01\"
FEATURE saw acme_d 1.0 permanent 9 SIGN=\"02\"
INCREMENT lathe acme_d 1.0 31-feb-2030 1 SIGN=\"03\"
INCREMENT drill othersoft 1.0 permanent 4 SIGN=\"04\"
FEATURESET acme_d 0123456789AB
";

fn key() -> SecretKey {
    SecretKey::for_vendor(Vendor::new("acme_d").unwrap(), [1; 32])
}

fn options() -> ConvertOptions {
    ConvertOptions { sign: SignOptions::new(PackNumber::new("P-1").unwrap()), take_ids: false }
}

fn converted(text: &str, options: &ConvertOptions) -> Result<Converted, String> {
    let sources = [Source::new("old.lic", text)];
    convert(&sources[0], &key(), options)
        .map_err(|found| found.iter().map(|one| one.render(&sources)).collect::<String>())
}

fn loaded(converted: &Converted) -> Loaded {
    let trust = Trust::new(vec![TrustedKey { vendor: key().vendor().unwrap().clone(), key: key().public() }]);
    load(&[Source::new("new.lic", converted.text.clone())], &trust, None, true)
}

fn left(converted: &Converted) -> Vec<(u32, Fate, i32)> {
    let row = |left: &Left| (left.line, left.fate, left.code.map_or(0, Code::number));
    converted.left.iter().map(row).collect()
}

fn seats(loaded: &Loaded) -> Vec<String> {
    given(loaded.entitlements.iter())
}

fn given<'a>(entitlements: impl Iterator<Item = &'a crate::Entitlement>) -> Vec<String> {
    entitlements
        .map(|e| format!("{}/{} {} {} {}", e.feature, e.config, e.version, e.expiry, e.count()))
        .collect()
}

#[test]
fn every_old_form_comes_through_and_nothing_is_lost() {
    let done = converted(OLD, &options()).unwrap();
    let text = String::from_utf8(done.text.clone()).unwrap();
    assert_eq!(done.signed, 7, "{text}");
    let comment = Fate::Comment;
    assert_eq!(
        left(&done),
        [
            (2, comment, -90),
            (3, comment, -90),
            (14, comment, -2),
            (21, comment, -94),
            (22, comment, -11),
            (23, Fate::AsItWas, 0),
            (24, Fate::AsItWas, -90),
        ],
        "{text}"
    );
    assert_eq!(
        seats(&loaded(&done)),
        [
            "PROE_366/pack:P-1 20.0 permanent 5",
            "PROE_366/pack:P-1 20.0 01-jan-2031 2",
            "PROE_44333/pack:P-1 20.0 permanent 0",
            "49/pack:P-1 20.0 permanent 1",
            "mill/pack:P-1 33.0 01-nov-2031 1",
            "PROBUNDLE_10108/pack:P-1 33.0 01-nov-2031 99999",
            "saw/pack:P-1 2.0 permanent 3",
        ]
    );
    for kept in [
        "flexnet_key=8573AB12CD34EF56 VENDOR_STRING=\"VSVER=1.0 \\\n   LO=(0 2 6 7 9)\" SUPERSEDE",
        "flexnet_sign=\"00AA 11BB\" SIGN2=\"169C 0011\" AUTH={acme_d=(SIGN=\"00FF\")}",
        "\n# License Pack for Example Ltd.\n# Service contract",
        "\n# FEATURE saw acme_d 1.0 permanent 9 SIGN=\"02\"\n",
        "\nINCREMENT drill othersoft 1.0 permanent 4 SIGN=\"04\"\n",
        "DAEMON acme_d /opt/acme/obj/acme_d\n",
    ] {
        assert!(text.contains(kept), "{kept}\nin\n{text}");
    }
    // Every line of the old file is there, in its order, but for what was put in.
    let mut rest = text.as_str();
    for word in OLD.split_ascii_whitespace().map(|word| word.strip_prefix("SIGN=").unwrap_or(word)) {
        let at = rest.find(word).unwrap_or_else(|| panic!("{word} is lost: {text}"));
        rest = &rest[at + word.len()..];
    }
}

#[test]
fn what_is_signed_and_not_served_is_said() {
    let done = converted(
        "SERVER north 02aa10203040\nINCREMENT probe acme_d 1.0 permanent 1 HOSTID=FLEXID=9-0a1b2c3d FLOAT_OK\n",
        &options(),
    );
    assert_eq!(left(&done.unwrap()), [(2, Fate::NotServed, -18)]);
}

#[test]
fn numbers_in_names_are_proposed_and_written_only_when_asked() {
    let shown = |done: &Converted| -> Vec<String> {
        let row = |one: &Proposal| format!("{} {} {:?}", one.feature, one.config, one.lines);
        done.proposals.iter().map(row).collect()
    };
    let table = ["PROE_366 366 [9, 11]", "PROE_44333 44333 [12]"];
    let done = converted(OLD, &options()).unwrap();
    assert_eq!(shown(&done), table);
    assert!(!done.text.windows(9).any(|window| window == b"CONFIG_ID"));
    let done = converted(OLD, &ConvertOptions { take_ids: true, ..options() }).unwrap();
    assert_eq!(shown(&done), table);
    assert_eq!(
        seats(&loaded(&done))[..4],
        [
            "PROE_366/366 20.0 permanent 5",
            "PROE_366/366 20.0 01-jan-2031 2",
            "PROE_44333/44333 20.0 permanent 0",
            "49/pack:P-1 20.0 permanent 1",
        ]
    );
    let head = "SERVER a 02aa10203040\n";
    for (feature, config) in [
        ("PROE_1", Some("1")),
        ("A_B_12", Some("12")),
        ("48", None),
        ("_48", None),
        ("PROBUNDLE_10108", None),
        ("PROE_Engineer", None),
        ("PROE_012", None),
        ("PROE_0", None),
        ("PROE_", None),
        ("PROE_9999999999999999999", None),
    ] {
        let text = format!("{head}INCREMENT {feature} acme_d 1 permanent 1 SIGN=00\n");
        let done = converted(&text, &options()).unwrap();
        let found = done.proposals.first().map(|one| one.config.to_string());
        assert_eq!(found.as_deref(), config, "{feature}");
    }
    let text = format!("{head}INCREMENT PROE_1 acme_d 1 permanent 1 CONFIG_ID=77 SIGN=00\n");
    let done = converted(&text, &ConvertOptions { take_ids: true, ..options() }).unwrap();
    assert_eq!((done.proposals.len(), seats(&loaded(&done))[0].as_str()), (0, "PROE_1/77 1 permanent 1"));
}

#[test]
fn what_cannot_be_converted_is_said_at_its_place() {
    let line = "INCREMENT mill acme_d 1 permanent 1 SIGN=00\n";
    for (text, code, words) in [
        ("", "(-2)", "old.lic:1:1: error: the file has no line of a license"),
        ("\u{1}", "(-2)", "control character"),
        (line, "(-13)", "old.lic:1:1: error: no SERVER line"),
        ("SERVER a HOSTID_HERE\nINCREMENT mill acme_d 1 permanent 1\n", "(-2)", "--host-id"),
        ("SERVER a ANY\nINCREMENT mill acme_d 1 permanent 1\n", "(-9)", "ANY"),
        (
            "SERVER a 02aa10203040\nINCREMENT mill other 1 permanent 1\n",
            "(-2)",
            "no license line of the vendor",
        ),
        (
            "SERVER a 02aa10203040\nVENDOR acme_d port=x\nINCREMENT mill acme_d 1 permanent 1\n",
            "(-2)",
            "old.lic:2:15",
        ),
        (
            "SERVER a 02aa10203040\nINCREMENT mill acme_d 1 permanent 1 SIGN=\"0011aabb:1:AAAA\"\n",
            "(-94)",
            "old.lic:2:1: error: this line is signed for Seatkeeper already",
        ),
    ] {
        let error = converted(text, &options()).unwrap_err();
        assert!(error.contains(code) && error.contains(words) && error.contains("help: "), "{text}: {error}");
    }
    let host = SecretKey::for_host([2; 32]);
    let found = convert(&Source::new("old.lic", OLD), &host, &options()).unwrap_err();
    assert!(found[0].message.contains("license host's key"), "{found:?}");
}

#[test]
fn findings_of_the_signing_have_their_place_in_the_text_that_was_given() {
    let text = "SERVER a 02aa10203040\nINCREMENT a acme_d 1 permanent 1 0123456789AB SIGN=00 NEWKEY=1\n";
    let done = converted(text, &options()).unwrap();
    let sources = [Source::new("old.lic", text)];
    let unknown = done.warnings.iter().find(|one| one.message.contains("NEWKEY")).unwrap();
    assert_eq!(unknown.place(&sources), "old.lic:2:55");
    assert!(unknown.render(&sources).contains("  ^^^^^^\n"), "{}", unknown.render(&sources));
}

#[test]
fn a_pack_that_would_give_something_else_is_an_error() {
    // By its signature the second line voids the first; signed anew, the first has another one.
    let text = "SERVER a 02aa10203040\nINCREMENT mill acme_d 1 permanent 5 SIGN=\"00AA\"\n\
                INCREMENT mill acme_d 1 permanent 6 SUPERSEDE_SIGN=00AA SIGN=\"00BB\"\n";
    let error = converted(text, &options()).unwrap_err();
    assert!(
        error.contains("old.lic:2:1") && error.contains("would give what it did not give before"),
        "{error}"
    );
}

#[test]
fn suites_upgrades_and_host_ids_come_through() {
    let text = "SERVER a 02aa10203040\r\nVENDOR acme_d\r\nPACKAGE kit acme_d 1.0 COMPONENTS=\"saw drill::2\" SIGN=00\r\n\
                INCREMENT kit acme_d 1.0 permanent 4 SIGN=01\r\nINCREMENT mill acme_d 1.0 permanent 4 SIGN=01\r\n\
                UPGRADE mill acme_d 1.0 2.0 permanent 3 SIGN=02";
    let mut with_host = options();
    with_host.sign.host_ids = Some(vec![CpuId::new("02fc00000001").unwrap()]);
    let done = converted(text, &with_host).unwrap();
    let loaded = loaded(&done);
    let unserved = loaded.unserved.iter().map(|unserved| &unserved.entitlement);
    let mut all = given(loaded.entitlements.iter().chain(unserved));
    all.sort();
    assert_eq!(
        all,
        [
            "drill/pack:P-1 1.0 permanent 8",
            "mill/pack:P-1 1.0 permanent 1",
            "mill/pack:P-1 2.0 permanent 3",
            "saw/pack:P-1 1.0 permanent 4",
        ]
    );
    assert_eq!((done.signed, loaded.servers[0].cpu.as_str()), (4, "02fc00000001"));
}

#[test]
fn line_ends_a_byte_order_mark_and_a_last_line_that_goes_on_change_nothing() {
    let plain = converted(OLD, &options()).unwrap();
    for text in [
        OLD.replace('\n', "\r\n"),
        OLD.replace('\n', "\r"),
        format!("\u{feff}{OLD}"),
        OLD.trim_end().to_owned(),
        format!("{} \\", OLD.trim_end()),
        format!("\u{feff}License Pack\n{}", OLD.split_once('\n').unwrap().1),
    ] {
        let done = converted(&text, &options()).unwrap();
        assert_eq!(seats(&loaded(&done)), seats(&loaded(&plain)), "{text}");
        assert_eq!(left(&done).last(), left(&plain).last(), "{text}");
        assert_eq!(done.text.starts_with(b"\xef\xbb\xbf"), text.starts_with('\u{feff}'));
    }
}

/// Whatever happens to a file, what comes of it gives what it gave, and no word of it is lost.
#[test]
fn a_file_altered_by_any_byte_is_converted_whole_or_refused() {
    let (mut whole, mut refused) = (0, 0);
    for at in (0..OLD.len()).step_by(2) {
        let mut bytes = OLD.as_bytes().to_vec();
        bytes[at] = [b' ', b'"', b'\\', b'\n', b'#', b'=', b'0', 0xfc][at / 2 % 8];
        let source = Source::new("old.lic", bytes.clone());
        for line in 1..30 {
            let _ = crate::explain(&source, line);
        }
        match convert(&source, &key(), &options()) {
            Ok(done) => {
                let mut rest = done.text.as_slice();
                let words = bytes.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
                for word in words.map(|word| word.strip_prefix(b"SIGN=").unwrap_or(word)) {
                    let found = rest.windows(word.len()).position(|window| window == word);
                    let found = found.unwrap_or_else(|| panic!("byte {at}: {word:?} is lost"));
                    rest = &rest[found + word.len()..];
                }
                whole += 1;
            }
            Err(found) => {
                assert!(found.iter().all(|one| one.span.end <= bytes.len()), "byte {at}: {found:?}");
                refused += 1;
            }
        }
    }
    assert!(whole > 4 * refused, "{whole} whole, {refused} refused");
}
