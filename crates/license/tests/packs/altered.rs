//! Signed packs that somebody changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use license::{
    LineError, PackState, SecretKey, SignedLine, Source, Trust, TrustedKey, load, sign_pack, verify_line,
};
use names::{Code, CpuId, Vendor};

use crate::desk::{
    HEAD, codes, errors, host, key, loaded, loaded_all, meaning, options, said, seats, sign, signed,
    signed_as, trust, vendor,
};

fn f1() -> String {
    let host_key = SecretKey::for_host([2; 32]).public();
    let options = license::SignOptions { host_key: Some(host_key), ..options("P-4711") };
    let text = format!(
        "# Kept as it is \\\n{HEAD}INCREMENT PROENGINEER acmed 20.0 31-dec-2027 10 CONFIG_ID=11470 \\\n\
         \tPRODUCT_LINE=\"Pro/ENGINEER\" SEAT=FLOATING vendor_info=\"ten of them\" DUP_GROUP=UH\n\
         INCREMENT PROCABLING acmed 20.0 permanent 3 CONFIG_ID=6696 SUPERSEDE ISSUED=02-jan-2026\n"
    );
    let text = sign_pack(&Source::new("f1.lic", text), &key(), &options).unwrap();
    String::from_utf8(text).unwrap()
}

/// What may be said of a changed pack: nothing changed, an adding line is named and left out, or
/// the pack gives nothing. What the rewriting line (the second) takes away never comes back.
fn check_changed(original: &[String], bytes: Vec<u8>, what: &str) {
    let changed = loaded(bytes);
    let now = meaning(&changed);
    if now == original {
        return;
    }
    assert!(!changed.diagnostics.is_empty(), "{what}: nothing was said");
    assert!(now.is_empty() || now == original[1..], "{what}: {now:?}\n{}", said(&changed.diagnostics));
}

#[test]
fn lf_02_no_deleted_line_brings_back_what_was_taken_away() {
    let text = f1();
    let original = meaning(&loaded(text.clone()));
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    for from in 0..lines.len() {
        for to in from + 1..=lines.len() {
            let rest: String = [&lines[..from], &lines[to..]].concat().concat();
            check_changed(&original, rest.into_bytes(), &format!("lines {from} to {to} deleted"));
        }
    }
    // Without the line that only adds, or with it spoilt, the other is served, unless that is asked not to.
    let spoilt = text.replace("PROENGINEER acmed 20.0", "PROENGINEER acmed 21.0");
    let changed = loaded(spoilt.clone());
    assert_eq!((seats(&changed), errors(&changed)), (vec!["PROCABLING/6696=3".to_owned()], vec![-8]));
    let strict = load(&[Source::new("x", spoilt)], &trust(), Some(&[host()]), true);
    assert!(strict.entitlements.is_empty());
    assert_eq!(strict.packs[0].state, PackState::Refused);
    // The line that the seal names may not be touched.
    for spoilt in [text.replace("SUPERSEDE ", ""), text.replace("permanent 3", "permanent 4")] {
        let changed = loaded(spoilt);
        assert_eq!(seats(&changed), [""; 0]);
        assert_eq!(changed.packs[0].state, PackState::Refused);
    }
}

#[test]
fn lf_29_white_space_wrapping_and_what_an_administrator_owns_change_freely() {
    let text = f1();
    let original = meaning(&loaded(text.clone()));
    let wrapped = text.replace(" CONFIG_ID", " \\\n   CONFIG_ID").replace(" \\\n\tSIGN", "\t\tSIGN");
    for (same, what) in [
        (text.replace('\n', "\r\n"), "CRLF"),
        (text.replace('\n', "\r"), "CR"),
        (text.replace("USE_SERVER\n", "USE_SERVER\r\n"), "mixed"),
        (text.trim_end().to_owned(), "no last line end"),
        (format!("\u{feff}{text}"), "BOM"),
        (wrapped, "wrapped"),
        (text.replace(" acmed ", "\t  acmed \t"), "blanks"),
        (text.replace("lic1 ", "other-name.example.net "), "server name"),
        (text.replace(" 27000", " 7788"), "port"),
        (text.replace(" 27000", ""), "no port"),
        (text.replace("02aa10203040", "02:AA:10:20:30:40"), "spelling of the host id"),
        (text.replace("VENDOR acmed", "DAEMON acmed options=/etc/a.opt port=2080"), "vendor line"),
        (text.replace("vendor_info=\"ten of them\"", ""), "free attribute removed"),
        (text.replace("ten of them", "9 M\u{fc}ller"), "free attribute changed"),
        (text.replace("DUP_GROUP=UH", "DUP_GROUP=\"UH\" user_info=x"), "free attribute added, quotes"),
        (text.replace("SEAT=FLOATING", "\\\n SEAT=\"FLOATING\""), "quotes"),
        (text.replace("INCREMENT", "Increment"), "keyword's case"),
        (format!("# a\n\n  # b \\\n{text}\n\n"), "comments"),
    ] {
        let same = loaded(same);
        assert!(meaning(&same) == original, "{what}: {}", said(&same.diagnostics));
    }
    let mut latin_1 = text.into_bytes();
    for at in [3, latin_1.windows(11).position(|w| w == b"ten of them").unwrap()] {
        latin_1[at] = 0xfc;
    }
    assert!(meaning(&loaded(latin_1)) == original);
}

#[test]
fn lf_01_lf_03_no_other_signature_will_do() {
    let text = f1();
    let line = loaded(text.clone()).entitlements[0].line.clone().unwrap();
    for bit in 0..512 {
        let mut bad = line.clone();
        bad.signature[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verify_line(&bad, &trust()), Err(LineError::BadSignature), "bit {bit}");
    }
    let base64 = STANDARD.encode(line.signature);
    for length in [0, 1, 31, 32, 63, 65] {
        let bad = STANDARD.encode(vec![7; length]);
        let changed = loaded(text.replace(&base64, &bad));
        assert_eq!((seats(&changed).len(), errors(&changed)[0]), (1, -8), "{length}");
    }
}

#[test]
fn lf_04_another_lines_signature_is_refused() {
    let text = signed(&format!(
        "{HEAD}INCREMENT a acmed 1 permanent 1\nINCREMENT a acmed 1 permanent 1\nINCREMENT b acmed 1 permanent 1\n"
    ));
    let original = loaded(text.clone());
    assert_eq!(original.entitlements.len(), 3, "equal lines of one pack are different lines");
    let signs: Vec<String> =
        original.entitlements.iter().map(|e| STANDARD.encode(e.line.as_ref().unwrap().signature)).collect();
    let changed = loaded(text.replace(&signs[0], &signs[1]));
    assert_eq!((seats(&changed).len(), errors(&changed)), (2, vec![-8]));
    // With its number too it is the same line a second time.
    let changed = loaded(text.replace(&format!(":1:{}", signs[0]), &format!(":2:{}", signs[1])));
    assert_eq!(seats(&changed), ["a/pack:P-1=1", "b/pack:P-1=1"]);
    assert_eq!(errors(&changed), [-8]);
    // A line of another pack, and a seal's signature.
    let other = signed_as("P-2", &format!("{HEAD}INCREMENT a acmed 1 permanent 9\n"));
    let line: String = other.lines().skip(3).take(3).map(|l| format!("{l}\n")).collect();
    let changed = loaded(format!("{text}{line}"));
    assert_eq!((seats(&changed).len(), errors(&changed)), (3, vec![-8]));
    let seal = text.lines().last().unwrap().trim().to_owned();
    let sign = text.lines().nth(5).unwrap().trim().to_owned();
    assert_eq!(errors(&loaded(text.replace(&sign, &seal))), [-8, -8]);
    assert!(loaded(text.replace(&seal, &sign)).entitlements.is_empty());
}

#[test]
fn lf_05_a_key_is_good_for_its_vendor_only() {
    let other = Vendor::new("othersoft").unwrap();
    let other_key = SecretKey::for_vendor(other.clone(), [9; 32]);
    let both = Trust::new(vec![
        TrustedKey { vendor: vendor(), key: key().public() },
        TrustedKey { vendor: other.clone(), key: other_key.public() },
    ]);
    // The other vendor's key under our vendor's name.
    let forger = SecretKey::for_vendor(vendor(), [9; 32]);
    let source = Source::new("p.lic", format!("{HEAD}INCREMENT mill acmed 1 permanent 5\n"));
    let forged = sign_pack(&source, &forger, &options("P-1")).unwrap();
    let refused = load(&[Source::new("p.lic", forged)], &both, Some(&[host()]), false);
    assert!(refused.entitlements.is_empty());
    assert_eq!(codes(&refused.diagnostics, license::Severity::Error), [-8]);
    assert!(said(&refused.diagnostics).contains("no trusted key"), "{}", said(&refused.diagnostics));
    // And a key signs only its own vendor's lines.
    assert!(sign_pack(&source, &other_key, &options("P-1")).is_err());
    assert!(sign_pack(&source, &SecretKey::for_host([9; 32]), &options("P-1")).is_err());
}

#[test]
fn lf_06_an_unknown_key_and_an_unknown_vendor_are_told_apart() {
    let text = f1();
    let line = loaded(text.clone()).entitlements[0].line.clone().unwrap();
    let new_key = SecretKey::for_vendor(vendor(), [8; 32]).public();
    let rotated = Trust::new(vec![TrustedKey { vendor: vendor(), key: new_key.clone() }]);
    let error = verify_line(&line, &rotated).unwrap_err();
    assert_eq!(error, LineError::UnknownKey { vendor: vendor(), key: key().public().id() });
    assert_eq!(verify_line(&line, &Trust::default()), Err(LineError::UnknownVendor(vendor())));
    assert_eq!(error.code(), Code::BadSignature);
    // While one key replaces another, both are good.
    let overlap = Trust::new([trust().keys(), rotated.keys()].concat());
    assert!(verify_line(&line, &overlap).is_ok());
    let renamed = text.replace(&key().public().id().to_string(), &new_key.id().to_string());
    let refused = load(&[Source::new("p.lic", renamed)], &overlap, None, false);
    assert!(refused.entitlements.is_empty());
}

#[test]
fn lf_07_lf_08_lf_09_strict_verification() {
    let line = loaded(f1()).entitlements[0].line.clone().unwrap();
    let bad = |signature: [u8; 64]| verify_line(&SignedLine { signature, ..line.clone() }, &trust());
    // S + L is the same signature malleated.
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut malleated = line.signature;
    let mut carry = 0;
    for (byte, add) in malleated[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(bad(malleated), Err(LineError::BadSignature));
    // R of small order, also in its second spellings.
    for (first, rest, last) in
        [(1, 0, 0), (0xec, 0xff, 0x7f), (0, 0, 0), (0, 0, 0x80), (0xee, 0xff, 0x7f), (1, 0, 0x80)]
    {
        let mut small = line.signature;
        small[..32].fill(rest);
        small[0] = first;
        small[31] = last;
        assert_eq!(bad(small), Err(LineError::BadSignature));
        small[32..].fill(0);
        assert_eq!(bad(small), Err(LineError::BadSignature));
    }
}

#[test]
fn lf_12_a_pack_of_another_machine_is_shown_not_served() {
    let other = CpuId::new("02aa10203041").unwrap();
    let sources = [Source::new("p.lic", f1())];
    let foreign = load(&sources, &trust(), Some(std::slice::from_ref(&other)), false);
    assert_eq!((errors(&foreign), foreign.entitlements.len()), (vec![-9], 0));
    assert_eq!(foreign.packs[0].state, PackState::Foreign);
    assert!(load(&sources, &trust(), Some(&[]), false).entitlements.is_empty());
    // It is served where any of the machine's ids is the one, and looked at where nobody asks.
    assert_eq!(load(&sources, &trust(), Some(&[other, host()]), false).entitlements.len(), 2);
    assert_eq!(load(&sources, &trust(), None, false).entitlements.len(), 2);
    // Writing the machine's own id into it breaks the signatures.
    let changed = loaded(f1().replace("02aa10203040", "02aa10203041"));
    assert!(errors(&changed).contains(&-8) && changed.entitlements.is_empty());
}

#[test]
fn lf_13_any_is_a_right_that_the_vendor_signs() {
    let changed = loaded(f1().replace("02aa10203040", "ANY"));
    assert!(errors(&changed).contains(&-8) && changed.entitlements.is_empty());
    let text = format!("{}INCREMENT mill acmed 1 permanent 5\n", HEAD.replace("02aa10203040", "ANY"));
    let source = Source::new("p.lic", text.clone());
    let careful = license::SignOptions { any_host: false, ..options("P-1") };
    let refused = sign_pack(&source, &key(), &careful).unwrap_err();
    assert_eq!(codes(&refused, license::Severity::Error), [-9]);
    assert_eq!(seats(&loaded(signed(&text))), ["mill/pack:P-1=5"]);
    let demo = sign("P-1", &text.replace("ANY", "DEMO")).unwrap_err();
    assert_eq!(codes(&demo, license::Severity::Error), [-9]);
}

#[test]
fn lf_14_lf_35_a_pack_counts_once_however_often_it_is_read() {
    let text = f1();
    let original = meaning(&loaded(text.clone()));
    let file = |name: &str, text: &str| Source::new(name, text.to_owned());
    let twice = loaded_all(&[file("a.lic", &text), file("b.lic", &text)]);
    assert_eq!((meaning(&twice), errors(&twice)), (original.clone(), vec![]));
    assert_eq!(twice.packs[1].state, PackState::Duplicate);
    let doubled = loaded(format!("{text}{text}"));
    assert_eq!(doubled.entitlements.len(), 0, "six SERVER lines name no license host");
    let body: String = text.split_inclusive('\n').skip(4).collect();
    let doubled = loaded(format!("{text}{body}"));
    assert_eq!((meaning(&doubled), errors(&doubled)), (original.clone(), vec![]));
    // A copy completes a file that has lost an adding line.
    let cut = text.replace("PROENGINEER acmed", "PROENGINEER acmee");
    let completed = loaded_all(&[file("a.lic", &cut), file("b.lic", &text)]);
    assert_eq!(meaning(&completed), [original[1].clone(), original[0].clone()]);
    // A line of another signing of the number is none of this pack's.
    let again = signed_as("P-4711", &format!("{HEAD}INCREMENT PROENGINEER acmed 20.0 permanent 99\n"));
    let line: String = again.split_inclusive('\n').skip(3).take(3).collect();
    let stranger = loaded(format!("{text}{line}"));
    assert_eq!((meaning(&stranger), errors(&stranger)), (original.clone(), vec![-8]));
    // With its seal as well there is no telling which of them the vendor meant.
    let both: String = again.split_inclusive('\n').skip(3).collect();
    let conflict = loaded(format!("{text}{both}"));
    assert_eq!((seats(&conflict).len(), errors(&conflict)), (0, vec![-8, -8]));
    // Two different packs of one number: neither.
    let other = signed_as("P-4711", &format!("{HEAD}INCREMENT mill acmed 1 permanent 5\n"));
    let conflict = loaded_all(&[file("a.lic", &text), file("b.lic", &other)]);
    assert_eq!((seats(&conflict).len(), errors(&conflict)), (0, vec![-8, -8]));
}

#[test]
fn a_line_proves_itself_without_its_file() {
    let loaded = loaded(f1());
    for entitlement in &loaded.entitlements {
        let signed = entitlement.line.clone().unwrap();
        let line = verify_line(&signed, &trust()).unwrap();
        assert_eq!(
            (&line.vendor, &line.feature, &line.config),
            (&entitlement.vendor, &entitlement.feature, &entitlement.config)
        );
        assert_eq!(
            (&line.version, line.expiry, line.start),
            (&entitlement.version, entitlement.expiry, entitlement.start)
        );
        assert_eq!(
            (line.seats, line.kind, &line.cpus),
            (entitlement.seats, entitlement.kind, &entitlement.cpus)
        );
        assert_eq!((Some(&line.pack), &line.host_key), (entitlement.pack.as_ref(), &entitlement.host_key));
        assert_eq!(line.server_host_ids, [host()]);
        assert!(line.host_key.is_some());
        let text = String::from_utf8(signed.canonical.to_vec()).unwrap();
        for (from, to) in [
            ("31-dec-2027", "31-dec-2037"),
            ("10", "99"),
            ("P-4711", "P-4712"),
            ("\nline 1", "\nline 2"),
            ("3040", "3041"),
        ] {
            if text.contains(from) {
                let canonical = text.replacen(from, to, 1).into_bytes();
                let forged = SignedLine { canonical: canonical.into(), ..signed.clone() };
                assert!(verify_line(&forged, &trust()).is_err(), "{from} to {to}");
            }
        }
    }
    for canonical in [&b""[..], b"\n", b"seatkeeper license line 1\n", &[0xff; 100]] {
        let line = SignedLine {
            canonical: canonical.to_vec().into(),
            ..loaded.entitlements[0].line.clone().unwrap()
        };
        assert_eq!(verify_line(&line, &trust()).unwrap_err().code(), Code::BadSyntax);
    }
}

#[test]
fn signing_again_changes_nothing_but_what_was_asked() {
    let text = f1();
    let host_key = Some(SecretKey::for_host([2; 32]).public());
    let again = license::SignOptions { host_key, ..options("P-4711") };
    let sign = |text: &str, options: &license::SignOptions| {
        String::from_utf8(sign_pack(&Source::new("x", text.to_owned()), &key(), options).unwrap()).unwrap()
    };
    assert_eq!(sign(&text, &again), text);
    assert_eq!(sign(&text.replace("20.0", "21.0"), &again).replace("21.0", "20.0").len(), text.len());
    let renamed = sign(&text, &options("P-4712"));
    assert_eq!(renamed.matches("SIGN=").count(), 3);
    assert_eq!(renamed.matches("P-4711").count(), 0);
    let kept = loaded(renamed.clone());
    assert_eq!(kept.entitlements[0].host_key, loaded(text.clone()).entitlements[0].host_key);
    assert_eq!(sign(&renamed, &options("P-4712")), renamed);
    // The line ends of the file are kept, and a last line that goes on is closed.
    let crlf = sign(&text.replace('\n', "\r\n"), &again);
    assert_eq!(crlf, text.replace('\n', "\r\n"));
    let open = sign(&format!("{HEAD}INCREMENT mill acmed 1 permanent 5 \\"), &options("P-1"));
    assert_eq!(seats(&loaded(open.clone())), ["mill/pack:P-1=5"]);
    assert_eq!(sign(&open, &options("P-1")), open);
}

/// A pack number that a vendor signed twice, by mistake: what is sold is one of the two, never the
/// better line of each.
#[test]
fn lines_of_two_signings_of_one_number_do_not_mix() {
    let pack = |mill: u32, lathe: u32| {
        signed(&format!(
            "{HEAD}INCREMENT mill acmed 1 permanent {mill}\nINCREMENT lathe acmed 1 permanent {lathe}\n"
        ))
    };
    let (old, new) = (pack(9, 1), pack(1, 9));
    let lines = |text: &str, from: usize, to: usize| -> String {
        text.split_inclusive('\n').skip(from).take(to - from).collect()
    };
    assert_eq!(lines(&new, 3, 6).matches("INCREMENT mill").count(), 1);
    let mill = lines(&old, 3, 6);
    let (lathe, seal) = (lines(&new, 6, 9), lines(&new, 9, 99));
    assert!(lathe.contains("INCREMENT lathe") && seal.starts_with("SEAL"));
    // In one file the line of the other signing is bad, and in two as well.
    let mixed = loaded(format!("{HEAD}{mill}{lathe}{seal}"));
    assert_eq!((seats(&mixed), errors(&mixed)), (vec!["lathe/pack:P-1=9".to_owned()], vec![-8]));
    assert_eq!((mixed.packs[0].lines, mixed.packs[0].missing), (2, 1));
    let file = |name: &str, text: String| Source::new(name, format!("{HEAD}{text}"));
    let files = [file("a.lic", format!("{mill}{seal}")), file("b.lic", format!("{lathe}{seal}"))];
    assert_eq!(seats(&loaded_all(&files)), ["lathe/pack:P-1=9"]);
    // With the seals of both, or without one in a file, there is nothing that fits together.
    let old_seal = lines(&old, 9, 99);
    for files in [
        vec![file("a.lic", format!("{mill}{lathe}{old_seal}{seal}"))],
        vec![file("a.lic", format!("{mill}{old_seal}")), file("b.lic", format!("{lathe}{seal}"))],
    ] {
        let loaded = loaded_all(&files);
        assert_eq!(seats(&loaded), [""; 0], "{}", said(&loaded.diagnostics));
    }
    let files = [file("a.lic", mill), file("b.lic", format!("{lathe}{seal}"))];
    assert_eq!(seats(&loaded_all(&files)), ["lathe/pack:P-1=9"]);
    // The proof of a line is one of its own signing too.
    let line = loaded(new).entitlements[0].line.clone().unwrap();
    let stale = loaded(old).entitlements[0].line.clone().unwrap();
    let forged = SignedLine { canonical: line.canonical, ..stale };
    assert_eq!(verify_line(&forged, &trust()), Err(LineError::BadSignature));
}
