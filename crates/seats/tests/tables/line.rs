//! Waiting in line.

use super::script::check;

#[test]
fn who_waits_is_granted_when_a_seat_comes_back_higher_priority_first_then_earlier() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        open s3 osman@ws3                        -> welcome
        open s4 ada@ws4                          -> welcome
        checkout s1 r1 PROE 20.0 queue 0         -> granted g1 A
        checkout s2 r1 PROE 20.0 queue 0         -> queued 1
        checkout s3 r1 PROE 20.0 queue 0         -> queued 2
        checkout s4 r1 PROE 20.0 queue 5         -> queued 1
        checkout s2 r1 PROE 20.0 queue 0         -> queued 2
        checkout s2 r1 PROE 20.0                 -> -42         // not the same request
        line PROE s4 s2 s3
        use A 1/1 queued 3
        tick 60s
        checkin s1 g1                            -> returned g1
        line PROE s2 s3
        checkout s4 r1 PROE 20.0                 -> granted g2 A
        checkout s3 r1 PROE 20.0 queue 0         -> queued 2 in 120s
        close s4                                 -> closed
        line PROE s3
        checkout s2 r1 PROE 20.0                 -> granted g3 A
        withdraw s3 r1                           -> withdrawn
        withdraw s3 r1                           -> withdrawn
        line PROE
        checkin s2 g3                            -> returned g3
        checkout s3 r1 PROE 20.0                 -> -42         // withdrawn: a late copy
        checkout s3 r2 PROE 20.0                 -> granted g4 A
        withdraw s2 r9                           -> withdrawn
        checkout s2 r9 PROE 20.0 queue 0         -> -42         // it was withdrawn before it came
        checkout s2 r10 PROE 20.0 queue 0        -> queued 1 in 45s
        ",
    );
}

#[test]
fn newcomers_stand_behind_those_who_lack_seats() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        open s3 osman@ws3                        -> welcome
        checkout s1 r1 PROE 20.0 x2              -> granted g1 A x2
        checkout s2 r1 PROE 20.0 x2 queue 0      -> queued 1
        checkout s3 r1 PROE 20.0                 -> -24 2/3 behind 1
        checkout s3 r2 PROE 20.0 queue 0         -> queued 2
        checkin s1 g1                            -> returned g1
        line PROE
        use A 3/3
        checkout s1 r2 PROE 20.0                 -> -4 3/3 lee@ws2 x2 osman@ws3
        ",
    );
}

#[test]
fn a_line_that_has_gone_stops_nobody() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        checkout s1 r1 PROE 20.0 x2              -> granted g1 A x2
        checkout s2 r1 PROE 20.0 x2 queue 0      -> queued 1
        withdraw s2 r1                           -> withdrawn
        checkout s1 r2 PROE 20.0                 -> granted g2 A
        checkin s1 g2                            -> returned g2
        checkout s2 r2 PROE 20.0 x2 queue 0      -> queued 1
        close s2                                 -> closed
        checkout s1 r3 PROE 20.0                 -> granted g3 A
        ",
    );
}

#[test]
fn reserved_seats_pass_the_line_to_those_they_name() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 4
        reserve R 1 A for kim
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        open s3 osman@ws3                        -> welcome
        checkout s3 r1 PROE 20.0 x2              -> granted g1 A x2
        checkout s2 r1 PROE 20.0 x2 queue 0      -> queued 1
        checkout s3 r2 PROE 20.0                 -> -24 2/4 behind 1
        checkout s1 r1 PROE 20.0 x2              -> -24 2/4 behind 1
        checkout s1 r2 PROE 20.0                 -> granted g2 A
        checkout s1 r3 PROE 20.0 queue 0         -> queued 2
        checkout s2 r2 PROE 20.0 x4 queue 0      -> -101 3/4 R   // it can never be
        checkin s1 g2                            -> returned g2
        checkout s1 r3 PROE 20.0                 -> granted g3 A
        line PROE s2
        checkin s3 g1                            -> returned g1
        line PROE
        use A 3/4
        ",
    );
}

#[test]
fn a_seat_that_is_shared_passes_the_line() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1 share U
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        open s3 kim@ws3                          -> welcome
        checkout s1 r1 PROE 20.0                 -> granted g1 A
        checkout s2 r1 PROE 20.0 queue 0         -> queued 1
        checkout s3 r1 PROE 20.0                 -> granted g2 A
        checkin s1 g1                            -> returned g1
        line PROE s2
        checkin s3 g2                            -> returned g2
        line PROE
        ",
    );
}

#[test]
fn who_is_at_a_maximum_is_passed_over() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2
        max M 1 A for kim
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        open s3 osman@ws3                        -> welcome
        checkout s1 r1 PROE 20.0                 -> granted g1 A
        checkout s1 r2 PROE 20.0 queue 0         -> queued 1
        checkout s3 r1 PROE 20.0                 -> granted g2 A
        checkout s2 r1 PROE 20.0 queue 0         -> queued 2
        checkin s3 g2                            -> returned g2
        line PROE s1
        checkout s2 r1 PROE 20.0                 -> granted g3 A
        checkin s1 g1                            -> returned g1
        line PROE
        checkout s1 r2 PROE 20.0                 -> granted g4 A
        ",
    );
}

#[test]
fn who_is_not_there_is_passed_over_and_keeps_the_place() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        open s3 osman@ws3                        -> welcome
        open s4 ada@ws4                          -> welcome
        checkout s1 r1 PROE 20.0                 -> granted g1 A
        checkout s2 r1 PROE 20.0 queue 0         -> queued 1
        checkout s3 r1 PROE 20.0 queue 0         -> queued 2
        checkout s4 r1 PROE 20.0 queue 0         -> queued 3
        detach s2
        timeout s3
        checkin s1 g1                            -> returned g1
        line PROE s2 s3
        checkout s4 r1 PROE 20.0                 -> granted g2 A
        resume s3                                -> welcome waiting r1
        resume s2                                -> welcome waiting r1
        line PROE s2 s3
        checkin s4 g2                            -> returned g2
        line PROE s3
        checkout s2 r1 PROE 20.0                 -> granted g3 A
        timeout s3
        release s3
        line PROE
        ",
    );
}

#[test]
fn a_place_survives_a_restart_and_waits_on_when_its_session_comes_back() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        checkout s1 r1 PROE 20.0                 -> granted g1 A
        checkout s2 r1 PROE 20.0 queue 0         -> queued 1
        restart
        reread
        line PROE s2
        checkin s1 g1                            -> returned g1
        line PROE s2
        resume s2                                -> welcome waiting r1
        line PROE
        use A 1/1
        checkout s2 r1 PROE 20.0                 -> granted g2 A
        ",
    );
}

#[test]
fn who_could_never_be_granted_leaves_the_line_at_a_reread() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        open s3 osman@ws3                        -> welcome
        checkout s1 r1 PROE 20.0 x2              -> granted g1 A x2
        checkout s2 r1 PROE 20.0 x2 queue 0      -> queued 1
        checkout s3 r1 PROE 20.0 queue 0         -> queued 2
        pool A acmed/1/02aa/PROE v20.0 = 1
        line PROE s3
        exclude X A osman
        line PROE
        checkout s2 r1 PROE 20.0 x2 queue 0      -> -42
        checkout s3 r2 PROE 20.0 queue 0         -> -38 X
        ",
    );
}

#[test]
fn a_larger_license_grants_those_who_wait() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        checkout s1 r1 PROE 20.0                 -> granted g1 A
        checkout s2 r1 PROE 20.0 queue 0         -> queued 1
        pool A acmed/1/02aa/PROE v20.0 = 2
        line PROE
        use A 2/2
        ",
    );
}

#[test]
fn the_one_line_of_a_feature_is_over_all_its_pools() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1
        pool B acmed/2/02aa/PROE v20.0 = 1
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        open s3 osman@ws3                        -> welcome
        checkout s1 r1 PROE 20.0 x1 of 1         -> granted g1 A
        checkout s2 r1 PROE 20.0 of 1 queue 0    -> queued 1
        checkout s3 r1 PROE 20.0                 -> -24 1/1 behind 1
        checkin s1 g1                            -> returned g1
        checkout s3 r2 PROE 20.0                 -> granted g2 B
        ",
    );
}
