//! Other licenses while seats are out.

use names::{Code, Date, RequestId, Wall};
use seats::{Answer, More};
use service::{Ask, News};

use crate::host::{HOLD, Host, TEN, TIMEOUT, in_force};

fn proe(seats: u32) -> String {
    format!("INCREMENT PROE acmed 20.0 permanent {seats} CONFIG_ID=11470\n")
}

#[test]
fn a_reread_puts_other_licenses_in_force_at_once() {
    let mut host = Host::new(TEN);
    host.open(1);
    let grant = host.take(1, 1);
    host.reread("INCREMENT ASM acmed 20.0 permanent 1 CONFIG_ID=2\n", "");
    assert_eq!(host.denied(1, 2, "PROE"), -5);
    assert_eq!(host.in_use(), 1);
    assert!(matches!(host.checkout_of(1, 3, "ASM").answer, Answer::Granted { .. }));
    host.checkin(1, grant);
    assert_eq!(host.engine.state().pools().count(), 1, "the old pool went with its last seat");
}

#[test]
fn lf_42_seats_of_a_feature_that_is_gone_are_kept_to_their_return() {
    let mut host = Host::new(&proe(1_000));
    host.open(1);
    let grants: Vec<_> = (1..=1_000).map(|request| host.take(1, request)).collect();
    host.reread("INCREMENT ASM acmed 20.0 permanent 1 CONFIG_ID=2\n", "");
    assert_eq!(host.in_use(), 1_000);
    assert_eq!(host.denied(1, 2_000, "PROE"), -5);
    for (returned, grant) in grants.into_iter().enumerate() {
        assert_eq!(host.in_use() as usize, 1_000 - returned);
        host.checkin(1, grant);
    }
    assert_eq!((host.in_use(), host.engine.state().pools().count()), (0, 1));
}

#[test]
fn lf_43_a_lowered_count_takes_nothing_back_and_gives_nothing_until_it_is_met() {
    let mut host = Host::new(&proe(10));
    host.open(1);
    let mut grants: Vec<_> = (1..=8).map(|request| host.take(1, request)).collect();
    host.reread(&proe(3), "");
    assert_eq!(host.in_use(), 8);
    for request in 100..106 {
        assert_eq!(host.denied(1, request, "PROE"), -4, "{} in use", host.in_use());
        if let Some(grant) = grants.pop() {
            host.checkin(1, grant);
        }
    }
    assert_eq!(host.in_use(), 2);
    host.take(1, 200);
    assert_eq!((host.in_use(), host.denied(1, 201, "PROE")), (3, -4));
}

#[test]
fn lf_44_ten_thousand_rereads_leave_one_pool_and_its_seats() {
    let mut host = Host::new(TEN);
    host.open(1);
    host.take(1, 1);
    let (ten, eleven) = (in_force(TEN, ""), in_force(&proe(11), ""));
    for n in 0..10_000 {
        host.put_in_force(if n % 2 == 0 { &eleven } else { &ten }.clone());
    }
    assert_eq!((host.in_use(), host.engine.state().pools().count()), (1, 1));
    let written = host.records.len();
    host.put_in_force(ten);
    assert_eq!(host.records.len(), written, "the same licenses write nothing");
}

/// Seats that a session is denied or granted: a code, or 0.
fn code(host: &mut Host, n: u64, request: u64) -> i32 {
    match host.checkout(n, request) {
        Answer::Granted { grant, .. } => {
            host.checkin(n, grant);
            0
        }
        Answer::Denied(denial) => denial.code.number(),
        other => panic!("{other:?}"),
    }
}

/// What the rules in force count, in their order.
fn charged(host: &Host) -> Vec<u32> {
    let mut quotas: Vec<_> = host.engine.state().quotas().map(|(row, used)| (row.order, used)).collect();
    quotas.sort_unstable();
    quotas.into_iter().map(|(_, used)| used).collect()
}

#[test]
fn a_reread_charges_the_holders_anew_and_takes_nothing_away() {
    // u1 and u2 hold two of ten seats each. The code that each gets next, and what the rules count.
    let cases: [(u32, &str, i32, i32, &[u32]); 12] = [
        (10, "", 0, 0, &[]),
        (4, "", -4, -4, &[]),
        (3, "", -4, -4, &[]),
        (10, "RESERVE 8 PROE USER u1\n", 0, -101, &[2]),
        (10, "RESERVE 20 PROE USER u1\n", 0, -101, &[2]),
        (10, "RESERVE 1 PROE USER u2\n", 0, 0, &[1]),
        (10, "RESERVE 4 PROE USER u1\nRESERVE 6 PROE USER u2\n", 0, 0, &[2, 2]),
        (4, "RESERVE 4 PROE USER u1\n", -4, -101, &[2]),
        (10, "MAX 2 PROE USER u1\n", -87, 0, &[2]),
        (10, "MAX 1 PROE USER u1\nMAX 3 PROE USER u2\n", -87, 0, &[2, 2]),
        (10, "EXCLUDE PROE USER u2\n", 0, -38, &[]),
        (10, "RESERVE 8 MESH USER u1\nMAX 1 MESH USER u1\n", 0, 0, &[]),
    ];
    for (seats, options, first, second, counted) in cases {
        let mut host = Host::new(TEN);
        for n in [1, 2] {
            host.open(n);
            host.take(n, 1);
            host.take(n, 2);
        }
        // The same by a reread, after a restart, and by a reread of nothing else.
        for round in 1..=3 {
            match round {
                1 => host.reread(&proe(seats), options),
                2 => {
                    host = host.restarted(0);
                    assert!(matches!(host.resume(1).answer, Answer::Welcome { .. }));
                    assert!(matches!(host.resume(2).answer, Answer::Welcome { .. }));
                }
                _ => {
                    let written = host.records.len();
                    host.reread(&proe(seats), options);
                    assert_eq!(host.records.len(), written, "{options}: the same writes nothing");
                }
            }
            assert_eq!((charged(&host), host.in_use()), (counted.to_vec(), 4), "{seats} {options}");
            let codes = (code(&mut host, 1, 10 * round), code(&mut host, 2, 10 * round));
            assert_eq!(codes, (first, second), "{seats} {options} {round}");
        }
        host.reread(TEN, "");
        assert_eq!((charged(&host), host.in_use()), (vec![], 4), "{seats} {options}");
        assert_eq!((code(&mut host, 1, 50), code(&mut host, 2, 50)), (0, 0), "{seats} {options}");
        assert_eq!(host.news(), []);
    }
}

#[test]
fn a_reread_that_drops_tells_each_holder_once_and_frees_what_they_keep_in_time() {
    let gone = "INCREMENT ASM acmed 20.0 permanent 1 CONFIG_ID=2\n";
    let mut host = Host::with(TEN, "RESERVE 2 PROE USER u1\n");
    host.open(1);
    host.open(2);
    let (first, second) = (host.take(1, 1), host.take(2, 1));
    host.reread(gone, "");
    assert_eq!((host.in_use(), host.news()), (2, vec![]), "without being asked nothing is taken away");
    let until = Wall(host.now.wall.0 + (TIMEOUT + HOLD).cast_signed());
    let drop =
        |host: &mut Host, options| host.ask(Ask::Reread(Box::new(in_force(gone, options)), true)).answer;
    assert_eq!(drop(&mut host, ""), Answer::Revoked(2));
    let told = |grant| News::Revoked { grant, code: Code::Removed, until };
    assert_eq!(host.news(), [(1, told(first)), (2, told(second))]);
    assert_eq!(Code::Removed.number(), -92);
    assert_eq!(host.in_use(), 2, "they are in use until they are given back");
    // A rule that counts their seats is no news to them.
    assert_eq!(drop(&mut host, "MAX 5 PROE USER u2\n"), Answer::Revoked(0));
    assert_eq!(host.news(), []);
    host.checkin(1, first);
    assert_eq!(host.in_use(), 1);
    let live = host.resume(2).live.unwrap();
    host.wait(TIMEOUT - 1);
    host.beat(&live);
    host.wait(HOLD);
    assert_eq!(host.in_use(), 1);
    host.wait(1);
    assert_eq!((host.in_use(), host.engine.state().pools().count()), (0, 1));
    assert_eq!(host.ended(), [1], "the session that beats lives on");
}

#[test]
fn who_waits_for_what_a_reread_makes_impossible_is_told() {
    for (lines, options, hopeless) in [
        (proe(1), "EXCLUDE PROE USER u2\n", true),
        ("INCREMENT ASM acmed 20.0 permanent 1 CONFIG_ID=2\n".into(), "", true),
        (proe(1), "RESERVE 1 PROE USER u1\n", true),
        (proe(1), "MAX 1 PROE USER u2\n", false),
        (proe(2), "EXCLUDE PROE USER u3\n", false),
    ] {
        let mut host = Host::new(&proe(1));
        host.open(1);
        host.open(2);
        host.take(1, 1);
        let more = More { queue: Some(0), ..More::default() };
        assert!(matches!(host.checkout_with(2, 1, more).answer, Answer::Queued { .. }));
        host.reread(&lines, options);
        let news = host.news();
        let told = news.iter().any(|(n, news)| *n == 2 && *news == News::Hopeless(RequestId(1)));
        assert_eq!((told, news.len()), (hopeless, usize::from(hopeless || lines == proe(2))), "{news:?}");
    }
}

#[test]
fn what_is_found_out_before_a_reread_changes_nothing_of_it() {
    let asm = "INCREMENT ASM acmed 20.0 permanent 60 CONFIG_ID=11471\n";
    // Pools that share seats are charged otherwise, those beside them of the same feature too.
    let shared = "INCREMENT PROE acmed 20.0 permanent 2 CONFIG_ID=11472 DUP_GROUP=U\n\
                  INCREMENT ASM acmed 20.0 permanent 4 CONFIG_ID=11473 DUP_GROUP=UH\n";
    for first in ["", shared] {
        changes_nothing(&format!("{first}INCREMENT PROE acmed 20.0 permanent 60 CONFIG_ID=11470\n{asm}"));
    }
}

fn changes_nothing(lines: &str) {
    let files = [
        "GROUP cad u1 u2\nRESERVE 3 PROE GROUP cad\nMAX 9 ASM ALL_USERS\n",
        "GROUP cad u2 u3\nRESERVE 2 PROE GROUP cad\nRESERVE 2 PROE USER u1\n",
        "GROUP cad u1 u3\nMAX 2 PROE GROUP cad\nEXCLUDE ASM USER u4\nMAX 9 ASM ALL_USERS\n",
    ];
    // How old the state is that it is found out from, and whether it is of the day: nothing at all at first.
    let found_out = |host: &Host, k: usize, early: &seats::State, options: &str| {
        let mut in_force = in_force(lines, options);
        let today = Date::of(host.now.wall);
        match k {
            1 => in_force.prepare(host.engine.state(), today),
            2 => in_force.prepare(early, today),
            3 => in_force.prepare(host.engine.state(), Date::new(2027, 6, 14).unwrap()),
            _ => {}
        }
        in_force
    };
    let run = |k: usize| {
        let mut host = Host::with(lines, files[0]);
        for n in 1..=5 {
            host.open(n);
        }
        for (round, options) in files.iter().cycle().take(7).enumerate() {
            let early = host.engine.state().clone();
            for n in 1..=5 {
                // Some are denied by a MAX line.
                host.checkout(n, 10 * round as u64 + 1);
                host.checkout_of(n, 10 * round as u64 + 2, "ASM");
            }
            let in_force = found_out(&host, k, &early, options);
            host.put_in_force(in_force);
            assert!(host.engine.take_replaced().is_some(), "what was in force before is to be freed");
        }
        host.records
    };
    let unprepared = run(0);
    assert!(unprepared.iter().any(|record| matches!(record.event, seats::Event::Changed(_))));
    for k in 1..=3 {
        assert_eq!(run(k), unprepared, "found out in way {k}");
    }
}
