//! What the ledgers and the audit must find, each planted in what a daemon says.

use proto::v1;
use proto::v1::reply::Kind;

use super::audit::{settled, started, told};
use super::fault::{Fault, Found};
use super::ledger::{Ask, Keeping, Ledger};
use super::pack::Pool;

const SESSION: u64 = 77;

fn welcome(held: Vec<v1::Granted>, waiting: Vec<u64>) -> v1::Welcome {
    v1::Welcome { session: SESSION, token: vec![7; 32].into(), held, waiting, ..Default::default() }
}

fn granted(grant: u64, request_id: u64, pool: Pool, seats: u32) -> v1::Granted {
    let name = v1::PoolName { feature: pool.feature().into(), ..Default::default() };
    let until_ms = i64::from(pool == Pool::Drill);
    v1::Granted { grant, request_id, pool: Some(name), seats, until_ms, ..Default::default() }
}

fn seats(pool: Pool, seats: u32) -> Ask {
    let keeping = match pool {
        Pool::Drill => Keeping::Booked { job: "j1".into() },
        _ => Keeping::Floating { queue: pool == Pool::Press },
    };
    Ask::Seats { pool, seats, keeping }
}

fn denied(code: i32) -> Kind {
    Kind::Denied(v1::Denied { code, ..Default::default() })
}

/// Kim holds 2 of mill (grant 10, request 1) and 1 of drill (12, 2), gave grant 11 (request 3) back, and
/// waits for press (request 5). In doubt: 1 of mill (6), the return of grant 13 (8), a place in line (9).
fn kim() -> Ledger {
    let mut kim = Ledger::new("kim", "ws1");
    kim.opened(&welcome(Vec::new(), Vec::new()));
    let mut grant = |ask: Ask, id: u64, pool: Pool, n: u32| {
        let request = kim.ask(ask).request_id;
        kim.answered(request, &Kind::Granted(granted(id, request, pool, n))).unwrap();
    };
    grant(seats(Pool::Mill, 2), 10, Pool::Mill, 2);
    grant(seats(Pool::Drill, 1), 12, Pool::Drill, 1);
    grant(seats(Pool::Lathe, 1), 11, Pool::Lathe, 1);
    let back = kim.ask(Ask::GiveBack(11)).request_id;
    kim.answered(back, &Kind::Returned(v1::Returned { grant: 11 })).unwrap();
    let place = kim.ask(seats(Pool::Press, 1)).request_id;
    kim.answered(place, &Kind::Queued(v1::Queued::default())).unwrap();
    kim.ask(seats(Pool::Mill, 1));
    let more = kim.ask(seats(Pool::Mill, 1)).request_id;
    kim.answered(more, &Kind::Granted(granted(13, more, Pool::Mill, 1))).unwrap();
    kim.ask(Ask::GiveBack(13));
    kim.ask(seats(Pool::Press, 1));
    assert_eq!((place, more, kim.doubt.len(), kim.acknowledged), (5, 7, 3, 6));
    kim
}

/// What a daemon that lost nothing tells kim: the doubts may go either way.
fn right() -> [v1::Granted; 3] {
    [granted(10, 1, Pool::Mill, 2), granted(12, 2, Pool::Drill, 1), granted(13, 7, Pool::Mill, 1)]
}

#[test]
fn what_a_resumed_session_is_told_is_compared() {
    let [mill, drill, leaving] = right();
    let all = vec![mill.clone(), drill.clone(), leaving.clone()];
    let with = |more: v1::Granted| [&all[..], &[more]].concat();
    let other_seats = v1::Granted { seats: 3, ..mill.clone() };
    for (what, held, waiting, found) in [
        ("all", all.clone(), vec![5], None),
        ("a return came through", vec![mill.clone(), drill.clone()], vec![5], None),
        ("a checkout came through", with(granted(14, 6, Pool::Mill, 1)), vec![5], None),
        ("a place came through", all.clone(), vec![5, 9], None),
        ("the place became a grant", with(granted(14, 5, Pool::Press, 1)), vec![], None),
        ("a grant is gone", vec![drill.clone(), leaving.clone()], vec![5], Some(Found::Lost)),
        ("a booking is gone", vec![mill.clone(), leaving.clone()], vec![5], Some(Found::Lost)),
        ("the place is gone", all.clone(), vec![], Some(Found::Lost)),
        ("a return is undone", with(granted(11, 3, Pool::Lathe, 1)), vec![5], Some(Found::Over)),
        ("nobody asked for it", with(granted(14, 99, Pool::Mill, 1)), vec![5], Some(Found::Over)),
        ("a request has two", with(granted(14, 1, Pool::Mill, 2)), vec![5], Some(Found::Over)),
        ("other seats", vec![other_seats, drill.clone(), leaving], vec![5], Some(Found::Over)),
        ("of another pool", with(granted(14, 6, Pool::Lathe, 1)), vec![5], Some(Found::Over)),
        ("nobody asked for the place", all.clone(), vec![5, 98], Some(Found::Over)),
    ] {
        let mut kim = kim();
        let told = kim.resumed(&welcome(held, waiting));
        assert_eq!(told.as_ref().err().map(|fault| fault.found), found, "{what}: {told:?}");
    }
}

#[test]
fn a_doubt_is_settled_by_the_same_request_and_in_one_way() {
    let mut kim = kim();
    let [mill, drill, leaving] = right();
    kim.resumed(&welcome(vec![mill, drill, leaving, granted(14, 6, Pool::Mill, 1)], vec![5])).unwrap();
    let again = kim.ask_again();
    let numbers: Vec<_> = again.iter().map(|command| command.request_id).collect();
    assert_eq!(numbers, [6, 8, 9]);
    let mut other = granted(15, 6, Pool::Mill, 1);
    let given_twice = kim.answered(6, &Kind::Granted(other.clone())).unwrap_err();
    assert_eq!(given_twice.found, Found::Over);
    other.grant = 14;
    kim.answered(6, &Kind::Granted(other)).unwrap();
    assert_eq!(kim.answered(8, &denied(-4)).unwrap_err().found, Found::Odd);
    kim.answered(8, &Kind::Returned(v1::Returned { grant: 13 })).unwrap();
    kim.answered(9, &denied(-42)).unwrap();
    assert!(kim.doubt.is_empty() && !kim.grants.contains_key(&13) && kim.grants.contains_key(&14));
    assert_eq!(kim.answered(9, &denied(-42)).unwrap_err().found, Found::Odd);
    let wrong = kim.ask(seats(Pool::Mill, 1)).request_id;
    assert_eq!(kim.answered(wrong, &denied(-26)).unwrap_err().found, Found::Odd);
}

#[test]
fn a_session_may_go_only_where_nothing_was_acknowledged_or_its_end_was_asked_for() {
    assert_eq!(kim().session_gone().unwrap_err().found, Found::Lost);
    let mut new = Ledger::new("lee", "ws3");
    new.opened(&welcome(Vec::new(), Vec::new()));
    new.ask(seats(Pool::Mill, 1));
    new.session_gone().unwrap();
    let mut leaves = kim();
    leaves.ask(Ask::Goodbye);
    leaves.session_gone().unwrap();
    // What was booked outlives the session.
    assert_eq!(leaves.grants.keys().copied().collect::<Vec<_>>(), [12]);
    assert!(leaves.ended.contains(&10) && leaves.waiting.is_empty());
    // A new session that is lost leaves in doubt whether what it gave back is there.
    leaves.opened(&welcome(Vec::new(), Vec::new()));
    leaves.ask(Ask::GiveBack(12));
    leaves.ask(seats(Pool::Mill, 1));
    leaves.session_gone().unwrap();
    assert_eq!((leaves.has().count(), leaves.ask_again().len()), (0, 1));
}

/// What status says when it is as kim was told.
fn report(kim: &Ledger) -> v1::StatusReply {
    let holder = |(id, grant): (&u64, &super::ledger::Grant)| v1::Holder {
        grant: *id,
        user: "kim".into(),
        host: "ws1".into(),
        seats: grant.seats,
        keeping: if grant.pool == Pool::Drill { v1::Keeping::Booked } else { v1::Keeping::Floating }.into(),
        job: if grant.pool == Pool::Drill { "j1".into() } else { String::new() },
        ..Default::default()
    };
    let pool = |pool: Pool| {
        let of = kim.grants.iter().filter(|(_, grant)| grant.pool == pool);
        let waits = kim.waiting.iter().filter(|_| pool == Pool::Press);
        let place = |_| v1::Waiting { user: "kim".into(), host: "ws1".into(), ..Default::default() };
        v1::PoolStatus {
            pool: Some(v1::PoolName { feature: pool.feature().into(), ..Default::default() }),
            capacity: pool.capacity(),
            in_use: of.clone().map(|(_, grant)| grant.seats).sum(),
            holders: of.map(holder).collect(),
            waiting: waits.map(place).collect(),
            ..Default::default()
        }
    };
    v1::StatusReply { pools: Pool::ALL.into_iter().map(pool).collect(), ..Default::default() }
}

/// Both audits, of kim alone.
fn audited(change: fn(&mut Vec<v1::PoolStatus>)) -> [Option<Found>; 2] {
    let kim = kim();
    let mut report = report(&kim);
    change(&mut report.pools);
    let found = |result: Result<u64, Fault>| result.err().map(|fault| fault.found);
    [found(started(&[&kim], &report)), found(settled(&[&kim], &report))]
}

#[test]
fn status_is_compared_with_what_was_told() {
    let lost = Some(Found::Lost);
    let over = Some(Found::Over);
    type Change = fn(&mut Vec<v1::PoolStatus>);
    let cases: [(&str, Change, [Option<Found>; 2]); 9] = [
        ("right", |_| {}, [None, None]),
        ("a grant is gone", |pools| drop(pools[0].holders.remove(0)), [lost, lost]),
        ("other seats", |pools| pools[0].holders[0].seats = 1, [lost, lost]),
        ("another's", |pools| pools[0].holders[0].user = "lee".into(), [lost, lost]),
        ("a pool is gone", |pools| drop(pools.pop()), [lost, lost]),
        ("too many in use", |pools| pools[0].in_use = 11, [over, over]),
        ("another sum", |pools| pools[0].in_use = 4, [None, over]),
        ("one that may be in doubt", |pools| pools[0].holders.push(holder(50)), [None, over]),
        ("a return undone", |pools| pools[1].holders.push(holder(11)), [over, over]),
    ];
    for (what, change, found) in cases {
        assert_eq!(audited(change), found, "{what}");
    }
    let many: Change = |pools| pools[0].holders.extend((50..60).map(holder));
    assert_eq!(audited(many), [over, over]);
    assert_eq!(audited(|pools| pools[2].waiting.clear())[1], lost);
    let twice: Change = |pools| pools[2].waiting = vec![pools[2].waiting[0].clone(); 2];
    assert_eq!(audited(twice)[1], over);
}

fn holder(grant: u64) -> v1::Holder {
    v1::Holder { grant, ..Default::default() }
}

#[test]
fn two_are_never_told_of_one_grant_nor_all_of_more_than_there_is() {
    let one = kim();
    assert_eq!(told(&[&one, &one, &one, &one, &one]), Ok(()));
    let many = [&one; 6];
    assert_eq!(told(&many).unwrap_err().found, Found::Over);
    // Whoever has asked for the end of the session may have no seat any more.
    let mut leaves = kim();
    leaves.ask(Ask::Goodbye);
    assert_eq!(told(&[&one, &one, &one, &one, &one, &leaves]), Ok(()));
    assert_eq!(settled(&[&one, &one], &report(&one)).unwrap_err().found, Found::Over);
}

#[test]
fn a_shared_pool_is_charged_a_users_largest_grant() {
    let grants = [("kim", 2), ("kim", 1), ("lee", 1)];
    assert_eq!(Pool::Lathe.charge(grants.into_iter()), 3);
    assert_eq!(Pool::Mill.charge(grants.into_iter()), 4);
}
