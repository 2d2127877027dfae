//! What is a license file, and what is said of what is not.

use license::Source;

use crate::desk::{HEAD, errors, loaded, loaded_all, refusal, said, seats, sign, signed};

/// The codes that signing one line is refused with.
fn line(text: &str) -> Vec<i32> {
    refusal(&format!("{HEAD}{text}\n"))
}

/// Signs one line, loads it, and gives the seats.
fn good(text: &str) -> Vec<String> {
    seats(&loaded(signed(&format!("{HEAD}{text}\n"))))
}

#[test]
fn lf_19_lf_20_dates_that_are_none() {
    for date in [
        "29-feb-2027",
        "31-apr-2027",
        "00-jan-2027",
        "32-jan-2027",
        "1-foo-2027",
        "1-jan-1969",
        "1-jan-10000",
        "1-jan--1",
        "never",
    ] {
        assert_eq!(line(&format!("INCREMENT mill acmed 1 {date} 5")), [-11], "{date}");
        assert_eq!(line(&format!("INCREMENT mill acmed 1 permanent 5 START={date}")), [-11], "{date}");
    }
    for date in [
        "31-dec-9999",
        "19-jan-2038",
        "7-feb-2106",
        "1-jan-0",
        "1-jan-0000",
        "0000",
        "permanent",
        "01-JAN-1970",
    ] {
        assert_eq!(good(&format!("INCREMENT mill acmed 1 {date} 5")).len(), 1, "{date}");
    }
}

#[test]
fn lf_23_lf_24_counts_are_1_to_a_million() {
    let max = "1000000";
    for count in [
        "1000001",
        "65536000",
        "2147483648",
        "4294967296",
        "9223372036854775808",
        "18446744073709551616",
        &"9".repeat(31),
    ] {
        assert_eq!(line(&format!("INCREMENT mill acmed 1 permanent {count}")), [-2], "{count}");
    }
    for count in ["-1", "+5", "5.0", "0x10", "1e3", "５", "five"] {
        assert_eq!(line(&format!("INCREMENT mill acmed 1 permanent {count}")), [-2], "{count}");
    }
    assert_eq!(line("INCREMENT mill acmed 1 permanent"), [-2]);
    assert_eq!(good(&format!("INCREMENT mill acmed 1 permanent {max}")), [format!("mill/pack:P-1={max}")]);
}

#[test]
fn lf_25_seats_of_one_pool_never_wrap() {
    let text: String = HEAD.to_owned() + &"INCREMENT mill acmed 1 permanent 1000000\n".repeat(1_001);
    let loaded = loaded(signed(&text));
    assert_eq!((loaded.entitlements.len(), errors(&loaded)), (1_000, vec![-2]));
}

#[test]
fn lf_26_lf_27_feature_names_are_short_and_plain() {
    for name in [
        &"a".repeat(65),
        &"a".repeat(60_000),
        "m\u{fc}hle",
        "mill\u{202e}",
        "ｍill",
        "a\u{200b}",
        "a/b",
        "\"mill\"",
    ] {
        assert_eq!(line(&format!("INCREMENT {name} acmed 1 permanent 5")), [-2], "{name}");
    }
    assert_eq!(good(&format!("INCREMENT {} acmed 1 permanent 5", "a".repeat(64))).len(), 1);
    assert_eq!(good("INCREMENT mill acmed 1 permanent 5\nINCREMENT MILL acmed 1 permanent 5").len(), 2);
}

#[test]
fn lf_28_lf_30_lf_32_files_that_are_no_text_are_refused_whole() {
    let text = signed(&format!("{HEAD}INCREMENT mill acmed 1 permanent 5\n"));
    let utf_16: Vec<u8> =
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let mut files = vec![utf_16, vec![b' '; names::limits::PACK_BYTES_MAX + 1]];
    for byte in [0, 0x1a, 0x0c, 0x1b, 0x7f, 0x08] {
        for at in [0, 3, text.len() / 2, text.len()] {
            let mut bytes = text.clone().into_bytes();
            bytes.insert(at, byte);
            files.push(bytes);
        }
    }
    for bytes in files {
        let loaded = loaded(bytes);
        assert_eq!(
            (errors(&loaded), loaded.entitlements.len()),
            (vec![-2], 0),
            "{}",
            said(&loaded.diagnostics)
        );
    }
    let mut full = text.into_bytes();
    full.resize(names::limits::PACK_BYTES_MAX, b' ');
    assert_eq!(loaded(full).entitlements.len(), 1);
}

#[test]
fn lf_31_a_line_goes_on_64_times_and_has_64_kib() {
    let wrapped = |n: usize| format!("{HEAD}INCREMENT mill {}acmed 1 permanent 5\n", "\\\n".repeat(n));
    // Signing adds two.
    assert_eq!(sign("P-1", &wrapped(62)).map(|text| seats(&loaded(text)).len()).ok(), Some(1));
    assert!(sign("P-1", &wrapped(63)).is_err());
    assert_eq!(refusal(&wrapped(65))[0], -2);
    let long = |n: usize| format!("{HEAD}INCREMENT mill acmed 1 permanent 5 NOTICE=\"{}\"\n", "x".repeat(n));
    assert_eq!(sign("P-1", &long(65_000)).map(|text| seats(&loaded(text)).len()).ok(), Some(1));
    assert!(sign("P-1", &long(65_500)).is_err());
    assert_eq!(refusal(&long(66_000))[0], -2);
    // What comes after a line that is too long is read.
    let text = signed(&format!("{HEAD}INCREMENT mill acmed 1 permanent 5\n"));
    for bomb in ["x ".repeat(100_000), "\\\n".repeat(1_000), "y \\\n".repeat(1_000)] {
        let loaded = loaded(format!("INCREMENT {bomb}\n\n{text}"));
        assert_eq!((seats(&loaded).len(), errors(&loaded)), (1, vec![-2]));
    }
}

#[test]
fn lf_36_a_comment_is_a_line_and_nothing_else_is_one() {
    assert_eq!(
        good("# INCREMENT x acmed 1 permanent 5 \\\nINCREMENT mill acmed 1 permanent 5 NOTICE=\"a # b\"")
            .len(),
        1
    );
    assert_eq!(good("  \t# x\nINCREMENT mill acmed 1 permanent 5 NOTICE=a#b").len(), 1);
    assert_eq!(line("INCREMENT mill acmed 1 permanent 5 # mine"), [-2, -2]);
    assert_eq!(line("// INCREMENT mill acmed 1 permanent 5")[0], -90);
    assert_eq!(line("/* INCREMENT mill acmed 1 permanent 5 */")[0], -90);
    assert_eq!(line("INCREMENT mill acmed 1 permanent 5 \\\n# SN=1"), [-2]);
}

#[test]
fn lf_37_quotes_and_attributes_that_are_none() {
    for (attributes, code) in [
        ("NOTICE=\"never closed", -2),
        ("NOTICE=\"a \"b\" c\"", -2),
        ("NOTICE=\"a\"b", -2),
        ("SN=1 SN=1", -2),
        ("SN=1 SN=2", -2),
        ("SN", -2),
        ("TS_OK=1", -2),
        ("word", -2),
        ("\"word\"", -2),
        ("=x", -2),
        ("1A=x", -2),
        ("A-B=x", -2),
        ("CONFIG_ID=x", -2),
        ("CONFIG_ID=0", -2),
        ("CONFIG_ID=pack:P", -2),
        ("HOST_KEY=AAAA", -2),
        ("MAINTENANCE=maybe", -2),
        ("SEAT=standing", -2),
        ("SUPERSEDE", -94),
        ("SEAT=LOCKED", -94),
        ("SEAT=LOCKED HOSTID=ANY", -94),
        ("SEAT=LOCKED HOSTID=02aa10203040", -94),
        ("SEAT=LOCKED HOSTID=\"01aa 02aa 03aa 04aa 04aa\"", -94),
        ("DUP_GROUP=Z", -2),
        ("VOIDS=\"\"", -2),
    ] {
        assert_eq!(line(&format!("INCREMENT mill acmed 1 permanent 5 {attributes}")), [code], "{attributes}");
    }
    let many: String = (0..600).map(|n| format!("K{n}=1 ")).collect();
    assert_eq!(line(&format!("INCREMENT mill acmed 1 permanent 5 {many}")).first(), Some(&-2));
    assert_eq!(line("INCREMENT mill acmed one permanent 5"), [-77]);
    assert_eq!(
        line("INCREMENT mill acmed one never x SN SEAT=x").len(),
        1,
        "a line that is none is not read on"
    );
    assert_eq!(line("INCREMENT mill acmed one never x SEAT=x"), [-77, -11, -2, -2]);
}

#[test]
fn a_quote_that_is_not_closed_before_the_signature_is_named() {
    let text = signed(&format!("{HEAD}INCREMENT mill acmed 1 permanent 5 NOTICE=\"a b\"\n"));
    for (open, lost) in [(&text, "b\" \\\n\tPACK=P-1 \\"), (&text, "b\" \\\n\tPACK=P-1")] {
        assert!(open.contains(lost));
        let loaded = loaded(open.replace(lost, &lost.replace('"', "")));
        let first = &loaded.diagnostics.iter().find(|found| found.message.contains("opens here")).unwrap();
        assert!(first.message.contains("before the next attribute"), "{}", said(&loaded.diagnostics));
        assert_eq!(open.as_bytes()[first.span.start], b'"');
    }
}

#[test]
fn lf_38_there_are_no_includes() {
    for include in ["include ../../etc/shadow", "INCLUDE file:///etc/passwd", "#include \"x\""] {
        let loaded = loaded(format!("{include}\n"));
        assert!(loaded.entitlements.is_empty());
        assert_eq!(errors(&loaded).len(), usize::from(!include.starts_with('#')));
    }
}

#[test]
fn lf_39_a_vendors_program_is_never_run() {
    let text = signed(&format!("{HEAD}INCREMENT mill acmed 1 permanent 5\n"));
    let loaded = loaded(text.replace("VENDOR acmed", "VENDOR acmed /bin/sh -c port=27010"));
    assert_eq!((seats(&loaded).len(), errors(&loaded)), (1, vec![]));
    assert!(said(&loaded.diagnostics).contains("no vendor program is ever started"));
    assert_eq!(loaded.vendors[0].port, Some(27010));
    assert_eq!(loaded.vendors[0].options.as_deref(), Some("-c"));
}

#[test]
fn lf_40_server_and_vendor_lines() {
    let text = signed(&format!("{HEAD}INCREMENT mill acmed 1 permanent 5\n"));
    for (server, code, seats_left) in [
        ("SERVER lic1 02aa10203040 0", Some(-2), 1),
        ("SERVER lic1 02aa10203040 65536", Some(-2), 1),
        ("SERVER lic1 02aa10203040 -1", Some(-2), 1),
        ("SERVER lic1 02aa10203040 22", None, 1),
        ("SERVER lic1 02aa10203040 65535 PRIMARY_IS_MASTER heartbeat_interval=20 PLAT=1", None, 1),
        ("SERVER lic1 02aa10203040 PRIMARY_IS_MASTER primary_is_master", Some(-2), 1),
        ("SERVER lic1 02aa10203040 heartbeat_inter=89", Some(-2), 1),
        ("SERVER two words 02aa10203040 27000", Some(-2), 0),
        ("SERVER lic1", Some(-2), 0),
        ("SERVER", Some(-2), 0),
        ("SERVER lic1 DEMO", Some(-9), 0),
        ("SERVER lic1 02aa10203040\nSERVER lic2 02aa10203041", Some(-2), 0),
        ("", Some(-13), 0),
    ] {
        let loaded = loaded(text.replace("SERVER lic1 02aa10203040 27000", server));
        assert_eq!(loaded.entitlements.len(), seats_left, "{server}");
        assert_eq!(errors(&loaded).first().copied(), code, "{server}: {}", said(&loaded.diagnostics));
    }
    for (vendor, ok) in [
        ("VENDOR acmed path options 4321", true),
        ("VENDOR acmed 4321", true),
        ("VENDOR acmed options=o port=4321", true),
        ("VENDOR acmed path options=o 4321", false),
        ("VENDOR acmed options=o porter=4321", false),
        ("VENDOR acmed port=1 port=2", false),
        ("VENDOR acmed port=0", false),
        ("VENDOR", false),
        ("VENDOR b\u{e4}d", false),
        ("USE_SERVER now", false),
    ] {
        let loaded = loaded(text.replace("VENDOR acmed", vendor));
        assert_eq!(loaded.entitlements.len(), 1, "{vendor}");
        assert_eq!(errors(&loaded).is_empty(), ok, "{vendor}: {}", said(&loaded.diagnostics));
    }
}

#[test]
fn three_servers_are_one_license_host() {
    let head = "SERVER a 02aa10203041 27000\nSERVER b 02aa10203040 27000\nSERVER c 02aa10203042 27000\nVENDOR acmed\n";
    let text = signed(&format!("{head}INCREMENT mill acmed 1 permanent 5\n"));
    let on = |id: &str| {
        let here = names::CpuId::new(id).unwrap();
        license::load(&[Source::new("p.lic", text.clone())], &crate::desk::trust(), Some(&[here]), false)
    };
    // Only one of them serves it, or it would be three times as many seats.
    let loaded = on("02aa10203041");
    assert_eq!((seats(&loaded), errors(&loaded)), (vec!["mill/pack:P-1=5".to_owned()], vec![]));
    for (other, why) in [
        ("02aa10203040", "is not the first of the three SERVER lines"),
        ("02aa10203042", "is not the first of the three SERVER lines"),
        ("02aa10203049", "made for the license host 02aa10203041, 02aa10203040, 02aa10203042"),
    ] {
        let loaded = on(other);
        assert_eq!((seats(&loaded), errors(&loaded)), (vec![], vec![-9]), "{other}");
        assert!(said(&loaded.diagnostics).contains(why), "{}", said(&loaded.diagnostics));
    }
    assert_eq!(loaded.entitlements[0].cpus[0].as_str(), "02aa10203041");
    assert_eq!(loaded.servers.len(), 3);
    let swapped = text.replace("SERVER a 02aa10203041", "SERVER a 02aa10203049");
    assert!(crate::desk::loaded(swapped).entitlements.is_empty());
}

#[test]
fn a_misspelt_word_is_named_with_its_neighbour() {
    let source = Source::new("site.lic", "SERVER lic1 02aa10203040\n  INCREMNT mill acmed 1 permanent 5\n");
    let loaded = loaded_all(std::slice::from_ref(&source));
    assert_eq!(
        loaded.diagnostics[0].render(&[source]),
        "site.lic:2:3: error: unknown keyword `INCREMNT` (-90)\n  |\n2 |   INCREMNT mill acmed 1 permanent 5\n  |   ^^^^^^^^\n\
         help: did you mean INCREMENT? A line begins with a keyword; a comment with #\n"
    );
    let loaded =
        crate::desk::loaded(signed(&format!("{HEAD}INCREMENT mill acmed 1 permanent 5 SUPPERCEDE=x\n")));
    assert_eq!((seats(&loaded).len(), errors(&loaded)), (1, vec![]));
    assert!(loaded.diagnostics[0].remedy.contains("SUPERSEDE"), "{}", said(&loaded.diagnostics));
}

#[test]
fn flexnets_own_lines_are_read_and_never_served() {
    let text = format!(
        "{HEAD}FEATURE view acmed 9.0 permanent uncounted HOSTID=ANY TS_OK SIGN=\"00AA 11BB\"\n\
         INCREMENT mill acmed 51 31-dec-2026 12 12345ABCDXYZ \\\n\
         \tVENDOR_STRING=vi=0:at=276 HOSTID=ID=123456 USER_BASED=6 DUP_GROUP=UH asset_info=1 \\\n\
         \tNOTICE=product=\"A B\" SN=1 SIGN=\"0000 \\\n\t0000\" SIGN2=\"00\" AUTH={{ a=\"s\" b=(a b) }}\n\
         INCREMENT lathe acmed 3.0 1-jan-0 5 8573ABCD8573 SUPERSEDE ISSUED=01-Feb-1998\n\
         UPGRADE lathe acmed 3.0 4.0 permanent 2 ISSUED=1-feb-1998 SIGN=\"00\"\n\
         PACKAGE cam acmed 1.0 COMPONENTS=\"a b:1.0\" OPTIONS=SUITE SIGN=\"00\"\n\
         FEATURESET acmed 00\n"
    );
    let loaded = loaded(text);
    assert!(loaded.entitlements.is_empty() && loaded.packs.is_empty());
    assert_eq!(errors(&loaded), [-114], "{}", said(&loaded.diagnostics));
    let said = said(&loaded.diagnostics);
    assert!(said.contains("5 lines, the first here, have another system's signature"), "{said}");
    let shown: Vec<String> = loaded.unserved.iter().map(|u| crate::desk::shown(&u.entitlement)).collect();
    assert_eq!(
        shown,
        ["view 9.0 uncounted", "mill 51 12", "lathe 3.0 3", "lathe 4.0 2"],
        "the UPGRADE takes two of five, and nothing enables the package"
    );
    assert!(loaded.unserved.iter().all(|unserved| unserved.code == names::Code::NoSignature));
    let idle: Vec<(u32, &str)> = loaded.idle.iter().map(|idle| (idle.place.line, &*idle.why)).collect();
    assert_eq!(idle, [(11, "no line enables the package cam")]);
}
