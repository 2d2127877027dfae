//! What one engine makes of a past.

use license::Source;
use names::Date;
use policy::Policy;

use super::*;
use crate::licensed::Licensed;

const LINES: &str = "SERVER lic1 02fc00000001 27000\nVENDOR acmed\nUSE_SERVER\n\
                     INCREMENT mill acmed 4.2 31-dec-2027 2 SIGN=00\n";

fn rehearsal(options: &str) -> Rehearsal {
    let sources = [Source::new("old.lic", LINES.as_bytes())];
    let loaded = license::load_unverified(&sources);
    let lines: Vec<_> = loaded.unserved.into_iter().map(|unserved| unserved.entitlement).collect();
    let (file, _) = policy::parse(&Source::new("acmed.opt", options.as_bytes()));
    let mut policy = Policy::new();
    policy.add(&file, &lines.iter().collect::<Vec<_>>(), &sources);
    let in_force = InForce::new(Arc::new(Licensed::new(&lines)), Arc::new(policy), 0);
    Rehearsal::new(in_force, Date::new(2026, 3, 2).unwrap().start()).unwrap()
}

fn take(rehearsal: &mut Rehearsal, user: &str, waits: bool) -> Took {
    let wanted = Wanted {
        user,
        host: "ws1",
        project: "",
        address: None,
        vendor: &Vendor::new("acmed").unwrap(),
        feature: &Feature::new("mill").unwrap(),
        version: &Version::new("0").unwrap(),
        seats: SeatCount::ONE,
        data: None,
        waits,
    };
    rehearsal.take(&wanted)
}

fn cause(took: Took) -> (i32, String, Option<String>) {
    match took {
        Took::Refused(refused) => {
            (refused.code.number(), refused.cause, refused.rule.map(|rule| rule.to_string()))
        }
        other => panic!("{other:?}"),
    }
}

fn seats(took: Took) -> Taken {
    match took {
        Took::Seats(taken) => taken,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refusal_names_its_rule() {
    let none: Option<String> = None;
    for (options, user, expected) in [
        ("", "lee", (-4, "all seats in use", None)),
        (
            "RESERVE 1 mill USER ada\n",
            "lee",
            (-101, "RESERVE 1 mill USER ada (acmed.opt:1)", Some("acmed.opt:1")),
        ),
        ("\nMAX 1 mill USER kim\n", "kim", (-87, "MAX 1 mill USER kim (acmed.opt:2)", Some("acmed.opt:2"))),
        ("EXCLUDE mill USER lee\n", "lee", (-38, "EXCLUDE mill USER lee (acmed.opt:1)", Some("acmed.opt:1"))),
        ("INCLUDE mill USER kim\n", "lee", (-39, "INCLUDE mill USER kim (acmed.opt:1)", Some("acmed.opt:1"))),
    ] {
        let mut rehearsal = rehearsal(options);
        seats(take(&mut rehearsal, "kim", false));
        if options.is_empty() {
            seats(take(&mut rehearsal, "kim", false));
        }
        let (code, words, rule) = expected;
        let expected = (code, words.to_owned(), rule.map_or(none.clone(), |rule| Some(rule.to_owned())));
        assert_eq!(cause(take(&mut rehearsal, user, false)), expected, "{options}");
    }
}

#[test]
fn nobody_times_out_and_a_session_ends_with_its_last_seat() {
    let mut rehearsal = rehearsal("LINGER mill 600\n");
    let (kim, lee) = (seats(take(&mut rehearsal, "kim", false)), seats(take(&mut rehearsal, "lee", false)));
    let days = |n: i64| Wall(Date::new(2026, 3, 2).unwrap().start().0 + n * 86_400_000);
    // As a busy log does it: no pause is long enough to be forgiven.
    for n in 0..40 {
        rehearsal.go_on(Wall(days(0).0 + n * 20_000));
    }
    assert_eq!(rehearsal.figures(&kim.pool).unwrap().in_use, 2);
    rehearsal.go_on(days(300));
    assert_eq!(rehearsal.figures(&kim.pool).unwrap().in_use, 2);
    assert_eq!(rehearsal.live.len(), 2);
    let Took::Place(place) = take(&mut rehearsal, "ada", true) else { panic!("no place") };
    rehearsal.give_back(&lee);
    // A lingering seat is free for who waits.
    let settled: Vec<_> = rehearsal.take_settled().collect();
    let [(of, Some(ada))] = settled.as_slice() else { panic!("{settled:?}") };
    assert_eq!(*of, place);
    rehearsal.give_back(&kim);
    rehearsal.give_back(ada);
    assert!(rehearsal.live.is_empty() && rehearsal.sessions.is_empty());
    // They linger, and then are gone.
    assert_eq!(rehearsal.figures(&kim.pool).unwrap().lingering, 2);
    rehearsal.go_on(days(301));
    assert_eq!(rehearsal.figures(&kim.pool).unwrap().in_use, 0);
    // The license has an end.
    rehearsal.go_on(days(700));
    assert_eq!(cause(take(&mut rehearsal, "kim", false)).0, -10);
    assert!(rehearsal.live.is_empty());
}

#[test]
fn more_may_wait_than_one_session_s_requests() {
    let mut rehearsal = rehearsal("");
    let held = [0, 1].map(|_| seats(take(&mut rehearsal, "kim", false)));
    let mut places = Vec::new();
    for n in 0..2 * limits::WAITS_PER_SESSION_MAX + 1 {
        match take(&mut rehearsal, "ada", true) {
            Took::Place(place) => places.push(place),
            other => panic!("request {n}: {other:?}"),
        }
    }
    assert_eq!(rehearsal.live.len(), 1 + 3);
    for place in places {
        rehearsal.leave(place);
    }
    held.iter().for_each(|taken| rehearsal.give_back(taken));
    assert!(rehearsal.live.is_empty() && rehearsal.sessions.is_empty());
}
