//! Other licenses while seats are out.

use crate::host::{Host, TEN, licensed};

fn reread(host: &mut Host, lines: &str) {
    let licensed = licensed(lines);
    host.run(|engine, now, out| engine.relicense(now, licensed, out));
}

fn proe(seats: u32) -> String {
    format!("INCREMENT PROE acmed 20.0 permanent {seats} CONFIG_ID=11470\n")
}

#[test]
fn a_reread_puts_other_licenses_in_force_at_once() {
    let mut host = Host::new(TEN);
    host.open(1);
    let grant = host.take(1, 1);
    let asm = licensed("INCREMENT ASM acmed 20.0 permanent 1 CONFIG_ID=2\n");
    host.run(|engine, now, out| engine.relicense(now, asm, out));
    assert_eq!(host.denied(1, 2, "PROE"), -5);
    assert_eq!(host.in_use(), 1);
    assert!(matches!(host.checkout_of(1, 3, "ASM").answer, seats::Answer::Granted { .. }));
    host.checkin(1, grant);
    assert_eq!(host.engine.state().pools().count(), 1, "the old pool went with its last seat");
}

#[test]
fn lf_42_seats_of_a_feature_that_is_gone_are_kept_to_their_return() {
    let mut host = Host::new(&proe(1_000));
    host.open(1);
    let grants: Vec<_> = (1..=1_000).map(|request| host.take(1, request)).collect();
    reread(&mut host, "INCREMENT ASM acmed 20.0 permanent 1 CONFIG_ID=2\n");
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
    reread(&mut host, &proe(3));
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
    let (ten, eleven) = (licensed(TEN), licensed(&proe(11)));
    for n in 0..10_000 {
        let licensed = if n % 2 == 0 { &eleven } else { &ten }.clone();
        host.run(|engine, now, out| engine.relicense(now, licensed, out));
    }
    assert_eq!((host.in_use(), host.engine.state().pools().count()), (1, 1));
    let written = host.records.len();
    host.run(|engine, now, out| engine.relicense(now, ten, out));
    assert_eq!(host.records.len(), written, "the same licenses write nothing");
}
