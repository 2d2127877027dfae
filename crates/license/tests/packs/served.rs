//! What each kind of line is served as: its pools, their suites, who shares a seat, and whom it admits.

use std::net::IpAddr;

use license::{Client, DupGroup, Entitlement, SeatKind, verify_line, verify_package};
use names::{Code, CpuId, Feature};

use crate::desk::{HEAD, errors, loaded, said, signed, trust};

/// What the lines give, all of it served.
fn served(lines: &str) -> Vec<Entitlement> {
    let loaded = loaded(signed(&format!("{HEAD}{lines}\n")));
    assert!(
        errors(&loaded).is_empty() && loaded.unserved.is_empty(),
        "{lines}\n{}",
        said(&loaded.diagnostics)
    );
    loaded.entitlements
}

/// `02aa10203040 mill VERSION=1 x5` for each pool.
fn pools(line: &Entitlement) -> Vec<String> {
    let seats = |seats: Option<names::SeatCount>| seats.map_or("uncounted".to_owned(), |n| format!("x{n}"));
    let row = |(pool, n): (names::PoolId, _)| {
        format!("{} {} {} {}", pool.cpu(), pool.feature(), pool.pooling(), seats(n))
    };
    line.pools().into_iter().map(row).collect()
}

#[test]
fn each_kind_of_line_has_its_pools() {
    use SeatKind::{Floating, Locked, Named};
    const H: &str = "02aa10203040";
    let a = "02aa10200001";
    let b = "02aa10200002";
    for (line, kind, expected) in [
        ("permanent 5", Floating, vec![format!("{H} mill VERSION=1 x5")]),
        ("permanent 5 HOSTID=ANY", Floating, vec![format!("{H} mill HOSTID=ANY;VERSION=1 x5")]),
        ("permanent 5 SEAT=NAMED", Named, vec![format!("{H} mill SEAT=NAMED;VERSION=1 x5")]),
        (
            "permanent 0 HOSTID=ANY",
            Floating,
            vec![format!("{H} mill COUNT=UNCOUNTED;HOSTID=ANY;VERSION=1 uncounted")],
        ),
        (
            "permanent uncounted HOSTID=DEMO",
            Locked,
            vec!["DEMO mill COUNT=UNCOUNTED;SEAT=LOCKED;VERSION=1 uncounted".to_owned()],
        ),
        (
            "permanent uncounted HOSTID=\"02AA10200001 USER=kim\"",
            Locked,
            vec![
                format!("{a} mill COUNT=UNCOUNTED;SEAT=LOCKED;VERSION=1 uncounted"),
                "USER=kim mill COUNT=UNCOUNTED;SEAT=LOCKED;VERSION=1 uncounted".to_owned(),
            ],
        ),
        (
            "permanent uncounted SEAT=FLOATING HOSTID=02aa10200001",
            Floating,
            vec![format!("{H} mill COUNT=UNCOUNTED;HOSTID={a};VERSION=1 uncounted")],
        ),
        // One seat for each machine is a seat of each; otherwise they are shared.
        (
            "permanent 2 HOSTID=\"02aa10200001 02aa10200002\"",
            Locked,
            vec![format!("{a} mill SEAT=LOCKED;VERSION=1 x1"), format!("{b} mill SEAT=LOCKED;VERSION=1 x1")],
        ),
        (
            "permanent 5 HOSTID=\"02aa10200002 02AA10200001\"",
            Floating,
            vec![format!("{H} mill HOSTID={a} {b};VERSION=1 x5")],
        ),
        (
            "permanent 1 HOSTID=\"02aa10200001 02aa10200002\"",
            Floating,
            vec![format!("{H} mill HOSTID={a} {b};VERSION=1 x1")],
        ),
        ("permanent 1 HOSTID=USER=Kim", Floating, vec![format!("{H} mill HOSTID=USER=Kim;VERSION=1 x1")]),
        (
            "permanent 1 HOSTID=INTERNET=192.0.2.*",
            Floating,
            vec![format!("{H} mill HOSTID=INTERNET=192.0.2.*;VERSION=1 x1")],
        ),
        (
            "permanent 1 HOSTID=HOSTNAME=R01",
            Locked,
            vec!["HOSTNAME=r01 mill SEAT=LOCKED;VERSION=1 x1".to_owned()],
        ),
        (
            "permanent 2 SEAT=LOCKED HOSTID=\"USER=kim DISPLAY=:0\"",
            Locked,
            vec![
                "USER=kim mill SEAT=LOCKED;VERSION=1 x1".to_owned(),
                "DISPLAY=:0 mill SEAT=LOCKED;VERSION=1 x1".to_owned(),
            ],
        ),
        (
            "permanent 5 SEAT=NAMED HOSTID=02aa10200001",
            Named,
            vec![format!("{H} mill HOSTID={a};SEAT=NAMED;VERSION=1 x5")],
        ),
    ] {
        let all = served(&format!("INCREMENT mill acmed 1 {line}"));
        let [one] = &all[..] else { panic!("{line}") };
        assert_eq!((one.kind, pools(one)), (kind, expected), "{line}");
        assert_eq!(one.pool_ids().count(), one.pools().len(), "{line}");
        assert!(one.suite_pools().is_empty() && !one.is_suite(), "{line}");
    }
    // A long list stands in the pool's id as its digest, whatever the order.
    let list = |order: &[u32]| {
        let ids: Vec<_> = order.iter().map(|n| format!("02aa102{n:05}")).collect();
        served(&format!("INCREMENT mill acmed 1 permanent 5 HOSTID=\"{}\"", ids.join(" ")))[0].pools()[0]
            .0
            .clone()
    };
    let (up, down): (Vec<u32>, Vec<u32>) = ((0..200).collect(), (0..200).rev().collect());
    assert_eq!(list(&up), list(&down));
    assert_ne!(list(&up), list(&up[1..]));
    assert!(list(&up).pooling().starts_with("HOSTID=SHA256:"), "{}", list(&up));
}

/// A component's pools name the pool of their own suite, whatever else has the same feature.
#[test]
fn every_component_names_the_pools_of_its_suite() {
    let lines = "PACKAGE cam acmed 1 COMPONENTS=\"mill lathe:2\" OPTIONS=SUITE\n\
                 PACKAGE cam acmed 2 COMPONENTS=\"mill lathe:2\" OPTIONS=SUITE\n\
                 PACKAGE kit acmed 1 COMPONENTS=\"mill saw\" OPTIONS=SUITE_RESERVED\n\
                 PACKAGE box acmed 1 COMPONENTS=\"mill::3\"\n\
                 INCREMENT cam acmed 1 permanent 3 BORROW\n\
                 INCREMENT cam acmed 1 permanent 2 CONFIG_ID=7\n\
                 INCREMENT cam acmed 2 permanent 4\n\
                 INCREMENT kit acmed 1 permanent 2 HOSTID=\"02aa10200001 02aa10200002\"\n\
                 INCREMENT box acmed 1 permanent 2\n\
                 INCREMENT mill acmed 1 permanent 1";
    let all = served(lines);
    let row = |e: &Entitlement| {
        let suites = e.suite_pools();
        let text = |(own, suite): &(names::PoolId, names::PoolId)| format!("{own} of {suite}");
        let own: Vec<_> = e.pool_ids().collect();
        assert!(suites.is_empty() || suites.iter().map(|(own, _)| own).eq(&own), "one for each pool");
        match suites.is_empty() {
            true => {
                own.iter().map(|own| format!("{own}{}", if e.is_suite() { " suite" } else { "" })).collect()
            }
            false => suites.iter().map(text).collect::<Vec<_>>(),
        }
    };
    let found: Vec<String> = all.iter().flat_map(row).collect();
    let (p, q, h) = ("acmed/pack:P-1", "acmed/7", "02aa10203040");
    let (a, b) = ("02aa10200001", "02aa10200002");
    let kit = |cpu: &str, name: &str| {
        format!("{p}/{cpu}/{name}/SEAT=LOCKED;SUITE=kit:1;VERSION=1 of {p}/{cpu}/kit/SEAT=LOCKED;VERSION=1")
    };
    assert_eq!(
        found,
        [
            format!("{p}/{h}/mill/BORROW=168;SUITE=cam:1;VERSION=1 of {p}/{h}/cam/BORROW=168;VERSION=1"),
            format!("{p}/{h}/lathe/BORROW=168;SUITE=cam:1;VERSION=2 of {p}/{h}/cam/BORROW=168;VERSION=1"),
            format!("{p}/{h}/cam/BORROW=168;VERSION=1 suite"),
            format!("{q}/{h}/mill/SUITE=cam:1;VERSION=1 of {q}/{h}/cam/VERSION=1"),
            format!("{q}/{h}/lathe/SUITE=cam:1;VERSION=2 of {q}/{h}/cam/VERSION=1"),
            format!("{q}/{h}/cam/VERSION=1 suite"),
            format!("{p}/{h}/mill/SUITE=cam:2;VERSION=2 of {p}/{h}/cam/VERSION=2"),
            format!("{p}/{h}/lathe/SUITE=cam:2;VERSION=2 of {p}/{h}/cam/VERSION=2"),
            format!("{p}/{h}/cam/VERSION=2 suite"),
            kit(a, "mill"),
            kit(b, "mill"),
            kit(a, "saw"),
            kit(b, "saw"),
            format!("{p}/{a}/kit/SEAT=LOCKED;VERSION=1 suite"),
            format!("{p}/{b}/kit/SEAT=LOCKED;VERSION=1 suite"),
            // An ordinary package's components are ordinary features.
            format!("{p}/{h}/mill/VERSION=1"),
            format!("{p}/{h}/mill/VERSION=1"),
        ]
    );
    // Every suite that is named is there, and no two components of two suites have one pool.
    let mut of = std::collections::BTreeMap::new();
    let suites: Vec<_> = all.iter().filter(|e| e.is_suite()).flat_map(|e| e.pool_ids()).collect();
    for (own, suite) in all.iter().flat_map(Entitlement::suite_pools) {
        assert!(suites.contains(&suite), "{suite}");
        assert_eq!(*of.entry(own).or_insert(suite.clone()), suite);
    }
}

const fn equal(user: bool, host: bool) -> Option<DupGroup> {
    Some(DupGroup::Equal { user, host, display: false, vendor_data: false })
}

#[test]
fn who_shares_a_seat() {
    let (u, uh) = (equal(true, false), equal(true, true));
    // The options of the package; the attributes; the sharing of the component, and of the suite.
    for (options, attributes, component, suite) in [
        ("", "", None, None),
        ("", "DUP_GROUP=UH", uh, None),
        ("", "DUP_GROUP=UH SUITE_DUP_GROUP=U", uh, None),
        ("OPTIONS=SUITE", "", None, Some(None)),
        ("OPTIONS=SUITE", "DUP_GROUP=UH", uh, Some(uh)),
        ("OPTIONS=SUITE", "SUITE_DUP_GROUP=U", None, Some(u)),
        ("OPTIONS=SUITE", "DUP_GROUP=UH SUITE_DUP_GROUP=U", uh, Some(u)),
        ("OPTIONS=SUITE", "DUP_GROUP=UH SUITE_DUP_GROUP=NONE", uh, Some(None)),
        ("OPTIONS=SUITE_RESERVED", "", u, Some(u)),
        ("OPTIONS=SUITE_RESERVED", "DUP_GROUP=UH", uh, Some(uh)),
        ("OPTIONS=SUITE_RESERVED", "DUP_GROUP=UH SUITE_DUP_GROUP=U", u, Some(u)),
        ("OPTIONS=SUITE_RESERVED", "DUP_GROUP=UH SUITE_DUP_GROUP=NONE", u, Some(u)),
    ] {
        let lines = format!(
            "PACKAGE cam acmed 1 COMPONENTS=mill {options}\nINCREMENT cam acmed 1 permanent 3 DUP_LIMIT=4 {attributes}"
        );
        let all = served(&lines);
        let is = |e: &&Entitlement| (e.sharing(), e.sharers());
        let (suites, parts): (Vec<_>, Vec<_>) = all.iter().partition(|e| e.is_suite());
        assert_eq!(parts.iter().map(is).collect::<Vec<_>>(), [(component, 4)], "{lines}");
        assert_eq!(suites.iter().map(is).next(), suite.map(|suite| (suite, 0)), "{lines}");
    }
    let [site, none] = [Some(DupGroup::Site), None];
    for (one, other, both) in
        [(u, uh, uh), (site, u, u), (site, site, site), (none, site, none), (u, none, none)]
    {
        assert_eq!(DupGroup::both(one, other), both);
        assert_eq!(DupGroup::both(other, one), both);
    }
}

#[test]
fn as_many_users_and_hosts_as_the_line_says() {
    for (rest, users, hosts) in [
        ("5", None, None),
        ("5 USER_BASED", Some(5), None),
        ("5 USER_BASED=2 HOST_BASED", Some(2), Some(5)),
        ("5 HOST_BASED=0", None, Some(0)),
        ("0 HOSTID=ANY USER_BASED HOST_BASED=3", Some(u32::MAX), Some(3)),
    ] {
        let all = served(&format!("INCREMENT mill acmed 1 permanent {rest}"));
        assert_eq!((all[0].users_listed(), all[0].hosts_listed()), (users, hosts), "{rest}");
    }
}

/// Who asks, unless a case says otherwise.
fn kim(cpu: &CpuId) -> Client<'_> {
    Client {
        user: "kim",
        host: "r01",
        display: ":0",
        cpu,
        address: Some(IpAddr::from([192, 0, 2, 7])),
        platform: "x64_lsb",
        is_virtual: false,
        is_remote: false,
        utc_offset_min: 60,
        server_utc_offset_min: 60,
    }
}

#[test]
fn a_line_admits_whom_it_says() {
    type Change = fn(&mut Client<'_>);
    const SAME: Change = |_| ();
    const REMOTE: Change = |client| client.is_remote = true;
    const VIRTUAL: Change = |client| client.is_virtual = true;
    let cpu = CpuId::new("02aa10200001").unwrap();
    let cases: &[(&str, Change, i32)] = &[
        ("5", SAME, 0),
        ("5", |client| (client.is_remote, client.is_virtual) = (true, true), 0),
        ("1 HOSTID=02aa10200001", SAME, 0),
        ("1 HOSTID=02aa10200002", SAME, -9),
        ("5 HOSTID=\"02aa10200002 02aa10200001\"", SAME, 0),
        ("5 HOSTID=\"02aa10200002 02aa10200003\"", SAME, -9),
        ("5 SEAT=FLOATING HOSTID=\"02aa10200002 ANY\"", SAME, 0),
        ("5 SEAT=NAMED HOSTID=02aa10200002", SAME, -9),
        ("0 HOSTID=ANY", SAME, 0),
        ("0 HOSTID=DEMO", SAME, 0),
        ("0 HOSTID=USER=kim", SAME, 0),
        ("0 HOSTID=USER=lee", SAME, -9),
        ("1 HOSTID=HOSTNAME=R01", SAME, 0),
        ("1 HOSTID=HOSTNAME=r02", SAME, -9),
        ("0 HOSTID=DISPLAY=:0", SAME, 0),
        ("0 HOSTID=DISPLAY=:1", SAME, -9),
        ("5 HOSTID=INTERNET=192.0.2.*", SAME, 0),
        ("5 HOSTID=INTERNET=192.0.2.*", |client| client.address = None, -9),
        ("5 HOSTID=INTERNET=192.0.3.*", SAME, -9),
        ("5 PLATFORMS=\"i86_n X64_LSB\"", SAME, 0),
        ("5 PLATFORMS=\"i86_n x64\"", SAME, -89),
        ("5 PLATFORM=i86_n", SAME, -89),
        ("5 PLATFORMS=x64_lsb", |client| client.platform = "", -89),
        ("5 VM_PLATFORMS=PHYSICAL", SAME, 0),
        ("5 VM_PLATFORMS=PHYSICAL", VIRTUAL, -89),
        ("5 VM_PLATFORMS=VM_ONLY", SAME, -89),
        ("5 VM_PLATFORMS=VM_ONLY", VIRTUAL, 0),
        ("5 TZ=SERVERTZ", SAME, 0),
        ("5 TZ=SERVERTZ", |client| client.utc_offset_min = 59, -71),
        ("5 TZ=SERVERTZ", |client| client.server_utc_offset_min = 0, -71),
        ("5 TZ=\"-5 +1\"", SAME, 0),
        ("5 TZ=\"-5 +1\"", |client| client.utc_offset_min = -300, 0),
        ("5 TZ=\"-5 +1\"", |client| client.utc_offset_min = 0, -71),
        ("0 HOSTID=ANY", REMOTE, -103),
        ("0 HOSTID=ANY TS_OK", REMOTE, 0),
        ("0 HOSTID=02aa10200001 TS_OK", REMOTE, 0),
        ("0 HOSTID=02aa10200001 ONE_TS_OK", SAME, 0),
        ("0 HOSTID=02aa10200001 ONE_TS_OK", REMOTE, -103),
        ("5 ONE_TS_OK", REMOTE, 0),
        // The host comes first.
        ("0 HOSTID=02aa10200002 PLATFORMS=i86_n TZ=0", REMOTE, -9),
        ("0 HOSTID=ANY PLATFORMS=i86_n TZ=0", REMOTE, -89),
        ("0 HOSTID=ANY TZ=0", REMOTE, -71),
    ];
    for (rest, change, expected) in cases {
        let all = served(&format!("INCREMENT mill acmed 1 permanent {rest}"));
        let mut client = kim(&cpu);
        change(&mut client);
        let found = all[0].admits(&client);
        assert_eq!(
            found.as_ref().map_or_else(|(code, _)| code.number(), |()| 0),
            *expected,
            "{rest} {client:?}"
        );
        assert!(
            found.is_ok() || found.as_ref().is_err_and(|(_, why)| why.starts_with("mill is ")),
            "{found:?}"
        );
    }
    let all = served("INCREMENT mill acmed 1 permanent 5 TZ=-5 HOSTID=\"02aa10200001 02aa10200002\"");
    let lee = CpuId::new("02aa10200009").unwrap();
    assert_eq!(
        [all[0].admits(&kim(&cpu)), all[0].admits(&kim(&lee))].map(Result::unwrap_err),
        [
            (Code::BadTimeZone, "mill is for TZ=-5, and this is GMT+1:00".to_owned()),
            (
                Code::WrongHost,
                "mill is for 02aa10200001 and 1 more, and kim@r01 is at 02aa10200009".to_owned()
            ),
        ]
    );
}

/// The enabling line and the PACKAGE line prove a component together, and nothing else.
#[test]
fn a_component_is_proved_by_its_two_lines() {
    let all = served(
        "PACKAGE cam acmed 1 COMPONENTS=\"mill lathe:2:3\"\nPACKAGE kit acmed 1 COMPONENTS=mill OPTIONS=SUITE\n\
         INCREMENT cam acmed 1 31-dec-2027 4 CONFIG_ID=7\nINCREMENT kit acmed 1 permanent 2 CONFIG_ID=7",
    );
    let verified = |e: &Entitlement| verify_line(e.line.as_ref().unwrap(), &trust()).unwrap();
    let package = |e: &Entitlement| {
        verify_package(e.packaged.as_ref().unwrap().line.as_ref().unwrap(), &trust()).unwrap()
    };
    for e in all.iter().filter(|e| !e.is_suite()) {
        let proved = package(e).component(&verified(e), &e.feature).unwrap();
        let same = (proved.vendor, proved.config, proved.feature, proved.version, proved.expiry);
        let said = (e.vendor.clone(), e.config.clone(), e.feature.clone(), e.version, e.expiry);
        assert_eq!((same, proved.seats, proved.cpus), (said, e.seats, e.cpus.clone()));
    }
    let [mill, lathe, of_kit, suite] = &all[..] else { panic!("{}", all.len()) };
    assert_eq!((lathe.version.as_str(), lathe.count()), ("2", 12));
    assert_eq!(package(mill).component(&verified(of_kit), &mill.feature), None, "of another package");
    assert_eq!(package(of_kit).component(&verified(suite), &lathe.feature), None, "no component");
    assert_eq!(package(mill).component(&verified(mill), &Feature::new("cam").unwrap()), None);
    // Neither is taken for the other, nor an altered one.
    let enabling = mill.line.clone().unwrap();
    let mut line = mill.packaged.clone().unwrap().line.unwrap();
    assert_eq!(verify_line(&line, &trust()).unwrap_err().code(), Code::BadSyntax);
    assert_eq!(verify_package(&enabling, &trust()).unwrap_err().code(), Code::BadSyntax);
    line.signature[0] ^= 1;
    assert_eq!(verify_package(&line, &trust()).unwrap_err().code(), Code::BadSignature);
}

/// Lines without `SEAT=` do not contradict what others of their configuration say.
#[test]
fn workstations_that_share_seats_may_stand_beside_locked_ones() {
    let lines = "INCREMENT mill acmed 1 permanent 1 HOSTID=02aa10200001 CONFIG_ID=7\n\
                 INCREMENT mill acmed 1 permanent 1 HOSTID=\"02aa10200002 02aa10200003\" CONFIG_ID=7";
    assert_eq!(served(lines).len(), 2);
    // What is upgraded is for the same machines.
    for (hosts, expected) in [("\"02aa10200002 02aa10200001\"", 2), ("\"02aa10200001 02aa10200003\"", 1)] {
        let base = "INCREMENT mill acmed 1 permanent 5 HOSTID=\"02aa10200001 02aa10200002\"";
        let all =
            loaded(signed(&format!("{HEAD}{base}\nUPGRADE mill acmed 1 2 permanent 3 HOSTID={hosts}\n")));
        assert_eq!(all.entitlements.len(), expected, "{hosts}");
    }
}
