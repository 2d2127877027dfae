use license::{
    SecretKey, SignOptions, Source, Trust, TrustedKey, load, sign_pack, verify_line, verify_package,
};
use names::{Code, CpuId, PackNumber, Vendor, Word};
use seats::Machine;

use super::*;

const HEAD: &str = "SERVER lic1 02aa10203040 27000\nVENDOR acmed\nUSE_SERVER\n";

fn key() -> SecretKey {
    SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [1; 32])
}

fn trust() -> Trust {
    Trust::new(vec![TrustedKey { vendor: Vendor::new("acmed").unwrap(), key: key().public() }])
}

fn licensed(lines: &str) -> Licensed {
    let source = Source::new("p.lic", format!("{HEAD}{lines}\n"));
    let text = sign_pack(&source, &key(), &SignOptions::new(PackNumber::new("P-1").unwrap())).unwrap();
    let loaded = load(&[Source::new("p.lic", text)], &trust(), None, true);
    assert!(loaded.unserved.is_empty(), "{lines}: {:?}", loaded.diagnostics);
    Licensed::new(&loaded.entitlements)
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn rows(lines: &str, options: PoolOptions) -> Vec<PoolRow> {
    licensed(lines).on(day("1-jul-2027"), |_| options)
}

fn row(rest: &str, options: PoolOptions) -> PoolRow {
    let mut all = rows(&format!("INCREMENT mill acmed 1 permanent {rest}"), options);
    assert_eq!(all.len(), 1, "{rest}");
    all.remove(0)
}

const NONE: PoolOptions = PoolOptions {
    linger_s: None,
    timeout_s: None,
    max_overdraft: None,
    max_borrow_hours: None,
    borrow_lowwater: None,
};

/// What a plain line would give, but for what a case changes.
fn plain(row: &PoolRow) -> PoolRow {
    PoolRow::floating(row.id.clone(), 5, row.version)
}

#[test]
fn each_attribute_and_option_has_its_place_in_the_row() {
    type Change = fn(&mut PoolRow);
    const SAME: Same = Same { user: false, host: false, display: false, data: false, person: false };
    let of = |hours, lowwater, may_be_lost| Some(BorrowTerms { hours, lowwater, may_be_lost });
    let cases: [(&str, PoolOptions, Change); 22] = [
        ("5", NONE, |_| ()),
        ("5 OVERDRAFT=3", NONE, |row| row.overdraft = 3),
        ("5 OVERDRAFT=3", PoolOptions { max_overdraft: Some(2), ..NONE }, |row| row.overdraft = 2),
        ("5 OVERDRAFT=3", PoolOptions { max_overdraft: Some(4), ..NONE }, |row| row.overdraft = 3),
        ("5", PoolOptions { max_overdraft: Some(4), ..NONE }, |_| ()),
        ("5 LINGER=60", NONE, |row| row.linger = Millis(60_000)),
        ("5 LINGER=60", PoolOptions { linger_s: Some(59), ..NONE }, |row| row.linger = Millis(60_000)),
        ("5 LINGER=60", PoolOptions { linger_s: Some(61), ..NONE }, |row| row.linger = Millis(61_000)),
        ("5", PoolOptions { linger_s: Some(5), ..NONE }, |row| row.linger = Millis(5_000)),
        ("5", PoolOptions { timeout_s: Some(900), ..NONE }, |row| row.idle_timeout = Millis(900_000)),
        ("5 MINIMUM=2", NONE, |row| row.minimum = 2),
        ("5 MINIMUM=0", NONE, |_| ()),
        ("5 DUP_GROUP=SITE", NONE, |row| row.sharing = Sharing::Pool),
        ("5 DUP_GROUP=UV DUP_LIMIT=4", NONE, |row| {
            row.sharing = Sharing::Same(Same { user: true, data: true, ..SAME });
            row.sharers = 4;
        }),
        ("5 DUP_GROUP=HD", NONE, |row| {
            row.sharing = Sharing::Same(Same { host: true, display: true, ..SAME });
        }),
        ("5 DUP_GROUP=NONE", NONE, |_| ()),
        ("5 SEAT=NAMED DUP_GROUP=U", NONE, |row| {
            row.named = true;
            row.sharing = Sharing::Same(Same { person: true, ..SAME });
        }),
        ("0 HOSTID=ANY", NONE, |row| (row.capacity, row.uncounted) = (0, true)),
        ("1 HOSTID=02aa10200001 OVERDRAFT=4", NONE, |row| {
            (row.capacity, row.locked, row.sharing) = (1, true, Sharing::Pool);
        }),
        ("0 HOSTID=02aa10200001", NONE, |row| {
            (row.capacity, row.uncounted, row.locked, row.sharing) = (0, true, true, Sharing::Pool);
        }),
        ("5 HOSTID=02aa10200001", NONE, |_| ()),
        ("5 VENDOR_STRING=\"a b\"", NONE, |row| row.vendor_string = Some("a b".into())),
    ];
    for (rest, options, change) in cases {
        let row = row(rest, options);
        let mut expected = plain(&row);
        change(&mut expected);
        assert_eq!(row, expected, "{rest} {options:?}");
    }
    for (rest, most, lowwater, expected) in [
        ("", Some(5), Some(1), None),
        ("BORROW", None, None, of(168, 0, false)),
        ("BORROW=336", Some(24), Some(2), of(24, 2, false)),
        ("BORROW=8 BORROW_LOST_OK", Some(24), None, of(8, 0, true)),
    ] {
        let options = PoolOptions { max_borrow_hours: most, borrow_lowwater: lowwater, ..NONE };
        assert_eq!(row(&format!("5 {rest}"), options).borrow, expected, "{rest}");
    }
}

#[test]
fn capacity_and_terms_are_those_of_the_lines_in_force() {
    let lines = "INCREMENT mill acmed 1 31-dec-2027 3 OVERDRAFT=1 LINGER=60 BORROW BORROW_LOST_OK\n\
                 INCREMENT mill acmed 1 31-dec-2028 4 OVERDRAFT=2 START=1-jan-2027 MINIMUM=2 BORROW";
    let licensed = licensed(lines);
    for (date, standing, seats, overdraft, minimum, linger, lost, expiry) in [
        ("1-jan-2026", PoolStanding::Active, 3, 1, 1, 60, true, "31-dec-2027"),
        ("1-jan-2027", PoolStanding::Active, 7, 3, 2, 60, false, "31-dec-2028"),
        ("31-dec-2027", PoolStanding::Active, 7, 3, 2, 60, false, "31-dec-2028"),
        ("1-jan-2028", PoolStanding::Active, 4, 2, 2, 0, false, "31-dec-2028"),
        ("1-jan-2029", PoolStanding::Expired, 0, 0, 2, 60, false, "31-dec-2028"),
    ] {
        let all = licensed.on(day(date), |_| NONE);
        let [row] = &all[..] else { panic!("{date}: {all:?}") };
        assert_eq!((row.standing, row.capacity, row.overdraft), (standing, seats, overdraft), "{date}");
        assert_eq!((row.minimum, row.linger.0 / 1000), (minimum, linger), "{date}");
        assert_eq!(
            (row.borrow.unwrap().may_be_lost, row.expiry.to_string()),
            (lost, expiry.into()),
            "{date}"
        );
    }
    let later = self::licensed("INCREMENT mill acmed 1 permanent 3 START=1-jan-2027");
    let row = later.on(day("31-dec-2026"), |_| NONE).remove(0);
    assert_eq!((row.standing, row.capacity), (PoolStanding::NotYet, 0));
}

#[test]
fn components_have_their_suite_and_both_have_their_proof() {
    let lines = "PACKAGE cam acmed 1 COMPONENTS=\"mill lathe\" OPTIONS=SUITE\n\
                 PACKAGE kit acmed 1 COMPONENTS=\"mill saw\" OPTIONS=SUITE_RESERVED\n\
                 PACKAGE box acmed 1 COMPONENTS=\"drill::3\"\n\
                 INCREMENT cam acmed 1 permanent 3 DUP_GROUP=UH SUITE_DUP_GROUP=U MINIMUM=2\n\
                 INCREMENT kit acmed 1 permanent 2 SEAT=NAMED\n\
                 INCREMENT box acmed 1 permanent 4";
    let licensed = licensed(lines);
    let date = day("1-jul-2027");
    let all = licensed.on(date, |_| NONE);
    assert_eq!(all.len(), 7);
    for row in &all {
        let feature = row.id.feature().as_str();
        let name = row.suite.as_ref().map(|suite| suite.feature().as_str());
        let is_kit = row.named || feature == "kit";
        let expected = match feature {
            "cam" | "kit" => (None, true, 1),
            "drill" => (None, false, 1),
            _ if is_kit => (Some("kit"), false, 1),
            _ => (Some("cam"), false, 2),
        };
        assert_eq!((name, row.is_suite, row.minimum), expected, "{row:?}");
        assert!(
            row.suite.as_ref().is_none_or(|suite| all.iter().any(|row| row.is_suite && row.id == *suite))
        );
        let person = matches!(row.sharing, Sharing::Same(Same { person: true, .. }));
        assert_eq!((person, row.named), (is_kit, is_kit && feature != "kit"), "{row:?}");
        // A component is proved by its two lines, everything else by its own.
        let line = verify_line(licensed.evidence(&row.id, date).unwrap(), &trust()).unwrap();
        let package =
            licensed.package_evidence(&row.id, date).map(|line| verify_package(line, &trust()).unwrap());
        assert_eq!(package.is_none(), row.is_suite, "{row:?}");
        let line =
            package.map_or(Some(line.clone()), |package| package.component(&line, row.id.feature())).unwrap();
        assert_eq!((&line.feature, &line.config), (row.id.feature(), row.id.config()));
        assert_eq!(line.seats.map(names::SeatCount::get), Some(row.capacity));
    }
    let sharing =
        |feature: &str| all.iter().find(|row| row.id.feature().as_str() == feature).unwrap().sharing;
    let user = Same { user: true, ..Same::default() };
    assert_eq!(sharing("cam"), Sharing::Same(user));
    assert_eq!(sharing("lathe"), Sharing::Same(Same { host: true, ..user }));
}

#[test]
fn a_suites_pool_shares_only_what_each_of_its_lines_allows() {
    let lines = "PACKAGE cam acmed 1 COMPONENTS=mill OPTIONS=SUITE_RESERVED\n\
                 INCREMENT cam acmed 1 permanent 3 SUITE_DUP_GROUP=U\n\
                 INCREMENT cam acmed 1 31-dec-2027 2 SUITE_DUP_GROUP=H";
    let both = Sharing::Same(Same { user: true, host: true, ..Same::default() });
    let licensed = licensed(lines);
    assert!(
        licensed.on(day("1-jul-2027"), |_| NONE).iter().all(|row| (row.capacity, row.sharing) == (5, both))
    );
    let one = Sharing::Same(Same { user: true, ..Same::default() });
    assert!(
        licensed.on(day("1-jul-2028"), |_| NONE).iter().all(|row| (row.capacity, row.sharing) == (3, one))
    );
}

#[test]
fn who_is_not_admitted_is_refused_pool_by_pool() {
    let lines = "INCREMENT mill acmed 1 permanent 5 HOSTID=\"02aa10200001 02aa10200002\" CONFIG_ID=1\n\
                 INCREMENT mill acmed 1 permanent 5 PLATFORMS=i86_n CONFIG_ID=2\n\
                 INCREMENT mill acmed 1 permanent 5 CONFIG_ID=3\n\
                 INCREMENT mill acmed 1 permanent 0 HOSTID=ANY CONFIG_ID=4\n\
                 INCREMENT mill acmed 1 31-dec-2027 0 HOSTID=ANY TS_OK CONFIG_ID=4\n\
                 INCREMENT saw acmed 1 permanent 1 HOSTID=02aa10200002 CONFIG_ID=5";
    let licensed = licensed(lines);
    let word = |text: &str| Word::new("a word", text).unwrap();
    let who = Identity {
        user: word("kim"),
        host: word("r01"),
        display: word(""),
        application: word(""),
        project: word(""),
        platform: word("x64_lsb"),
        pid: 1,
        cpu: CpuId::new("02aa10200003").unwrap(),
        machine: Machine { is_remote: true, ..Machine::default() },
        address: None,
        email: None,
    };
    let refused = |feature: &str, date: &str| -> Vec<(String, Code)> {
        let feature = Feature::new(feature).unwrap();
        let refused = licensed.refused(&who, &feature, day(date), 0);
        refused.into_iter().map(|(pool, refusal)| (pool.config().to_string(), refusal.code)).collect()
    };
    let of = |config: &str, code| (config.to_owned(), code);
    let mut expected = vec![of("1", Code::WrongHost), of("2", Code::BadPlatform)];
    let mut found = refused("mill", "1-jul-2027");
    found.sort();
    assert_eq!(found, expected, "one of the lines of 4 is TS_OK");
    expected.push(of("4", Code::TerminalServer));
    let mut found = refused("mill", "1-jul-2028");
    found.sort();
    assert_eq!(found, expected);
    // A workstation's pool is matched with its id by the step itself.
    assert_eq!(refused("saw", "1-jul-2028"), []);
}

#[test]
fn a_pool_has_dates_where_one_of_its_lines_has_one_in_force_or_not() {
    let cases = [
        ("permanent 5", false),
        ("1-jan-0 5", false),
        ("31-dec-9999 5", true),
        ("31-dec-2027 5", true),
        ("31-dec-2026 5", true),
        ("permanent 5 START=1-jan-2027", true),
        ("permanent 5 START=1-jan-2029", true),
        ("permanent 5 CONFIG_ID=7\nINCREMENT mill acmed 1 1-jan-2026 5 CONFIG_ID=7", true),
    ];
    for (line, is_dated) in cases {
        let rows = rows(&format!("INCREMENT mill acmed 1 {line}"), NONE);
        assert_eq!(rows.iter().map(|row| row.dated).collect::<Vec<_>>(), [is_dated], "{line}");
    }
}
