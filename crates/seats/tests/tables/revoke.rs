//! Seats taken away, idle sessions, and asking who could give one back.

use super::script::check;

#[test]
fn a_session_is_told_and_its_seat_is_free_when_given_back_or_in_time() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 A
        expire g1
        use A 2/2
        revoke g1 300s                   -> revoked 1
        revoke g1 60s                    -> revoked 0
        revoke g2 300s                   -> revoked 1
        use A 2/2
        restart
        resume s1                        -> welcome g1(-92) g2(-92)
        checkin s1 g1                    -> returned g1
        use A 1/2
        tick 300s
        expire g2
        use A 0/2
        resume s1                        -> welcome
        revoke g2 60s                    -> revoked 0
        ",
    );
}

#[test]
fn a_seat_is_never_free_before_the_time_that_its_session_was_told() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        revoke g1 300s                   -> revoked 1
        revoke g1 1s                     -> revoked 0
        revoke g1 600s                   -> revoked 0
        tick 299s
        expire g1
        use A 1/1
        checkout s2 r1 PROE 20.0         -> -4 1/1 kim@ws1
        restart
        expire g1
        use A 1/1
        tick 1s
        expire g1
        use A 0/1
        checkout s1 r2 PROE 20.0         -> granted g2 A
        ",
    );
}

#[test]
fn a_session_that_ends_gives_a_revoked_seat_back_before_its_time() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2 linger 60s
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s2 r1 PROE 20.0         -> granted g2 A
        revoke g1 300s                   -> revoked 1
        revoke g2 300s                   -> revoked 1
        close s1                         -> closed
        use A 1/2
        timeout s2
        use A 1/2
        resume s2                        -> welcome g2(-92)
        timeout s2
        release s2
        use A 0/2
        ",
    );
}

#[test]
fn a_seat_that_is_taken_away_does_not_linger() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2 linger 60s
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 A
        revoke g1 300s                   -> revoked 1
        checkin s1 g1                    -> returned g1
        use A 1/2
        checkin s1 g2                    -> returned g2
        use A 1/2 lingering 1
        revoke g2 300s                   -> revoked 1
        use A 0/2
        ",
    );
}

#[test]
fn all_of_unlicensed_pools_are_taken_away() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2
        pool B acmed/2/02aa/PROE v20.0 = 2
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0 of 1    -> granted g1 A
        checkout s2 r1 PROE 20.0 of 1    -> granted g2 A
        checkout s2 r2 PROE 20.0 of 2    -> granted g3 B
        drop A
        revoke unlicensed 300s           -> revoked 2
        resume s2                        -> welcome g2(-92) g3
        tick 300s
        expire g1
        expire g2
        use A none
        use B 1/2
        ",
    );
}

#[test]
fn an_idle_sessions_seats_go_where_their_pool_says_so() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2 idle 900s
        pool B acmed/1/02aa/ASM v20.0 = 2
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 ASM 20.0          -> granted g2 B
        revoke idle s1 60s               -> revoked 0
        idle s1
        tick 899s
        revoke idle s1 60s               -> revoked 0
        busy s1
        idle s1
        tick 899s
        revoke idle s1 60s               -> revoked 0
        restart
        tick 1s
        revoke idle s1 60s               -> revoked 1
        resume s1                        -> welcome g1(-92) g2
        idle s9                          -> unknown
        ",
    );
}

#[test]
fn the_holders_of_a_feature_are_asked_the_idle_ones_first() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 4 borrow 24h
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        open s3 osman@ws3                        -> welcome
        open s4 ada@ws4                          -> welcome
        checkout s1 r1 PROE 20.0                 -> granted g1 A
        checkout s2 r1 PROE 20.0                 -> granted g2 A
        checkout s1 r2 PROE 20.0                 -> granted g3 A
        checkout s3 r1 PROE 20.0 borrow 1h       -> granted g4 A until 3600s
        ask s4 PROE                              -> asked s1 s2
        idle s2
        ask s4 PROE                              -> asked s2 s1
        ask s1 PROE                              -> asked s2
        ask s4 XX                                -> asked
        ask s9 PROE                              -> unknown
        ",
    );
}
