//! Named seats.

use super::script::check;

#[test]
fn only_those_a_seat_is_assigned_to_and_only_with_their_login() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2 named
        open s1 kim@ws1 as kim@example.net           -> -42
        login kim@example.net
        open s1 kim@ws1 as kim@example.net wrong     -> -42
        open s1 kim@ws1 as kim@example.net           -> welcome
        open s2 kim@ws2                              -> welcome
        checkout s1 r1 PROE 20.0                     -> -39
        assign A kim@example.net 0..
        checkout s1 r2 PROE 20.0                     -> granted g1 A
        checkout s2 r1 PROE 20.0                     -> -39
        open s3 kim@ws3 as kim@example.net           -> welcome
        checkout s3 r1 PROE 20.0                     -> granted g2 A
        use A 1/2                                                    // a person's sessions share
        restart
        use A 1/2
        logout kim@example.net
        open s4 kim@ws4 as kim@example.net           -> -42
        ",
    );
}

#[test]
fn a_period_begins_and_ends_with_its_days() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1 named until 9
        pool B acmed/2/02aa/PROE v20.0 = 1
        login kim@example.net
        open s1 kim@ws1 as kim@example.net       -> welcome
        assign A kim@example.net 1..2
        assign A kim@example.net 3..2            -> -42
        assign A kim@example.net 1..10           -> -42
        assign A lee@example.net 0..2            -> -4
        assign B kim@example.net 0..2            -> -42
        checkout s1 r1 PROE 20.0 of 1            -> -39
        tick 1d
        checkout s1 r2 PROE 20.0 of 1            -> granted g1 A
        revoke unassigned 60s                    -> revoked 0
        tick 2d
        checkout s1 r3 PROE 20.0 of 1            -> -39
        assign A lee@example.net 3..4                            // kim's is over
        revoke unassigned 60s                    -> revoked 1
        resume s1                                -> welcome g1(-92)
        ",
    );
}

#[test]
fn a_seat_that_is_taken_back_is_free_when_its_session_gives_it_back_or_in_time() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1 named
        login kim@example.net
        login lee@example.net
        open s1 kim@ws1 as kim@example.net       -> welcome
        open s2 lee@ws2 as lee@example.net       -> welcome
        assign A kim@example.net 0..
        checkout s1 r1 PROE 20.0                 -> granted g1 A
        unassign A kim@example.net 60s
        unassign A kim@example.net 60s
        resume s1                                -> welcome g1(-39)
        assign A lee@example.net 0..
        checkout s2 r1 PROE 20.0                 -> -4 1/1 kim@ws1
        tick 60s
        expire g1
        checkout s2 r2 PROE 20.0                 -> granted g2 A
        ",
    );
}

#[test]
fn assignments_go_with_their_pool() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1 named
        login kim@example.net
        open s1 kim@ws1 as kim@example.net       -> welcome
        assign A kim@example.net 0..
        drop A
        use A none
        assign A kim@example.net 0..             -> -5
        pool A acmed/1/02aa/PROE v20.0 = 1 named
        checkout s1 r1 PROE 20.0                 -> -39
        ",
    );
}

#[test]
fn a_head_whose_assignment_ended_stops_nobody() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3 named
        login kim@example.net
        login lee@example.net
        login ada@example.net
        open s1 lee@ws1 as lee@example.net       -> welcome
        open s2 kim@ws2 as kim@example.net       -> welcome
        open s3 ada@ws3 as ada@example.net       -> welcome
        assign A kim@example.net 0..
        assign A lee@example.net 0..
        assign A ada@example.net 0..
        checkout s1 r1 PROE 20.0 x2              -> granted g1 A x2
        checkout s2 r1 PROE 20.0 x2 queue 0      -> queued 1
        unassign A kim@example.net 60s
        checkout s3 r1 PROE 20.0                 -> granted g2 A
        ",
    );
}
