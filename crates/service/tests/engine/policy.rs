//! Options files in force: whom they keep from which pool, and what is told.

use names::{Code, Feature, PoolId};
use policy::Asker;
use seats::{Answer, Event, Identity};

use crate::host::{Host, identity, in_force};

/// Code and words of a denial of `feature` for session `n`.
fn refused(host: &mut Host, n: u64, request: u64, feature: &str) -> (i32, String) {
    match host.checkout_of(n, request, feature).answer {
        Answer::Denied(denial) => (denial.code.number(), denial.detail.to_string()),
        other => panic!("{other:?}"),
    }
}

const TWO: &str = "INCREMENT PROE acmed 20.0 permanent 1 CONFIG_ID=1\nINCREMENT PROE acmed 21.0 permanent 1 CONFIG_ID=2\n\
                   INCREMENT MESH acmed 20.0 permanent 1 CONFIG_ID=3\n";

#[test]
fn an_excluded_user_gets_38_by_file_and_line_and_others_are_served() {
    let mut host = Host::with(TWO, "GROUP cad u1 u7\nEXCLUDE PROE GROUP cad\n");
    host.open(1);
    host.open(2);
    let (code, words) = refused(&mut host, 1, 1, "PROE");
    assert_eq!(
        (code, words.as_str()),
        (-38, "u1@ws1 is excluded from PROE by acmed.opt:2: `EXCLUDE PROE GROUP cad`")
    );
    assert_eq!(host.in_use(), 0);
    // It is written down as a denial, with its code.
    assert_eq!(host.count(|event| matches!(event, Event::Denied(d) if d.code == Code::Excluded)), 1);
    host.take(2, 1);
    // Of another feature, and of none that is there.
    assert!(matches!(host.checkout_of(1, 2, "MESH").answer, Answer::Granted { .. }));
    assert_eq!(host.denied(1, 3, "NOTHING"), -5);
}

#[test]
fn who_is_not_included_gets_39_and_exclude_comes_first() {
    let mut host = Host::with(TWO, "INCLUDE PROE USER u1\nINCLUDE PROE HOST ws2\nEXCLUDE PROE USER u2\n");
    for n in 1..=3 {
        host.open(n);
    }
    host.take(1, 1);
    let (code, words) = refused(&mut host, 2, 1, "PROE");
    assert!(code == -38 && words.contains("acmed.opt:3"), "{code} {words}");
    let (code, words) = refused(&mut host, 3, 1, "PROE");
    assert!(code == -39 && words.contains("acmed.opt:1"), "{code} {words}");
}

#[test]
fn the_checkout_goes_to_a_pool_that_is_allowed_and_its_own_state_is_told() {
    // The pool of version 20 comes first in the search, and is not for u1.
    let mut host = Host::with(TWO, "EXCLUDE PROE:VERSION=20 USER u1\nINCLUDE PROE:VERSION=21 USER u1\n");
    host.open(1);
    host.open(2);
    let Answer::Granted { pool, .. } = host.checkout(1, 1) else { panic!("the second pool is allowed") };
    assert_eq!(pool.config().to_string(), "2");
    // Now that pool is full: that is told, since a rule does not keep u1 from it.
    assert_eq!(host.denied(1, 2, "PROE"), -4);
    // u2 has the first pool, and nothing of the second.
    let Answer::Granted { pool, .. } = host.checkout(2, 1) else { panic!("the first pool is allowed") };
    assert_eq!(pool.config().to_string(), "1");
    assert_eq!(host.denied(2, 2, "PROE"), -4);
}

#[test]
fn the_same_request_again_gives_the_same_grant_and_held_seats_stay() {
    let mut host = Host::with(TWO, "");
    host.open(1);
    let grant = host.take(1, 1);
    host.reread(TWO, "EXCLUDEALL USER u1\n");
    assert_eq!(host.take(1, 1), grant);
    assert_eq!(host.denied(1, 2, "PROE"), -38);
    host.checkin(1, grant);
    assert_eq!(host.denied(1, 3, "PROE"), -38);
}

#[test]
fn the_address_of_the_connection_counts_not_what_the_client_says() {
    let mut host = Host::with(TWO, "EXCLUDE PROE INTERNET 10.8.*.*\nINCLUDE MESH HOST 10.8.0.0/16\n");
    for (n, address) in [(1, "10.8.3.4"), (2, "10.9.3.4")] {
        let who = Identity { address: Some(address.parse().unwrap()), ..identity(n) };
        host.open_as(n, who, 0, Vec::new());
    }
    host.open(3);
    let ask = |host: &mut Host, n, request, feature| match host.checkout_of(n, request, feature).answer {
        Answer::Granted { .. } => 0,
        Answer::Denied(denial) => denial.code.number(),
        other => panic!("{other:?}"),
    };
    assert_eq!(ask(&mut host, 1, 1, "PROE"), -38);
    assert_eq!(ask(&mut host, 2, 1, "PROE"), 0);
    assert_eq!(ask(&mut host, 2, 2, "MESH"), -39);
    assert_eq!(ask(&mut host, 1, 2, "MESH"), 0);
    // Nobody knows where it comes from: it is on no list of addresses.
    assert_eq!(host.denied(3, 1, "MESH"), -39);
}

#[test]
fn the_engine_and_the_policy_never_disagree() {
    let options = "GROUP a u1 u2\nGROUP b u2 u3\nHOST_GROUP w ws4 ws5\nEXCLUDE PROE:VERSION=20 GROUP a\n\
                   INCLUDE PROE:VERSION=21 GROUP b\nINCLUDE PROE:VERSION=21 HOST_GROUP w\nEXCLUDEALL HOST ws5\n";
    for n in 1..=7 {
        let mut host = Host::with(TWO, options);
        let policy = in_force(TWO, options).policy;
        host.open(n);
        let (user, at) = (format!("u{n}"), format!("ws{n}"));
        let asker = Asker { user: &user, host: &at, display: "", project: "", address: None };
        for feature in ["PROE", "MESH"] {
            let name = Feature::new(feature).unwrap();
            let pools: Vec<_> = host.engine.state().pools().map(|(row, _)| row.id.clone()).collect();
            let of_feature = pools.iter().filter(|pool| *pool.feature() == name);
            let terms = policy.terms(&asker, &name);
            let allows =
                |pool: &PoolId| !terms.iter().any(|said| said.pool == *pool && said.refused.is_some());
            let allowed = of_feature.filter(|pool| allows(pool)).count();
            match host.checkout_of(n, if feature == "PROE" { 1 } else { 2 }, feature).answer {
                Answer::Granted { pool, .. } => assert!(allows(&pool), "{n} {pool}"),
                Answer::Denied(_) => assert_eq!(allowed, 0, "{n} {feature}"),
                other => panic!("{other:?}"),
            }
        }
    }
}
