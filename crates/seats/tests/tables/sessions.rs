//! Sessions: time-out, hold, resume, release, close, replace.

use super::script::check;

#[test]
fn a_time_out_holds_the_seats_and_a_resume_keeps_them() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 1
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        tick 120s
        timeout s1
        use A 1/1
        checkout s2 r1 PROE 20.0         -> -4 1/1 kim@ws1
        checkout s1 r2 PROE 20.0         -> unknown         // first it must come back
        resume s1                        -> welcome g1
        release s1                                          // too late: it lives
        use A 1/1
        checkout s1 r1 PROE 20.0         -> granted g1 A
        ",
    );
}

#[test]
fn a_hold_that_ends_frees_the_seats() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 3
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0 x2      -> granted g2 A x2
        timeout s1
        restart
        open s2 lee@ws2                  -> welcome
        use A 3/3
        tick 60s
        release s1
        use A 0/3
        resume s1                        -> unknown
        checkin s1 g1                    -> unknown
        checkout s2 r1 PROE 20.0 x3      -> granted g3 A x3
        ",
    );
}

#[test]
fn only_a_held_session_is_released_and_a_second_time_out_changes_nothing() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 1
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        release s1
        release s9
        timeout s9
        use A 1/1
        timeout s1
        timeout s1
        use A 1/1
        checkin s1 g1                    -> returned g1     // its owner may still return it
        use A 0/1
        resume s1                        -> welcome
        ",
    );
}

#[test]
fn a_session_without_seats_ends_with_its_time_out() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 1
        open s1 kim@ws1                  -> welcome
        timeout s1
        resume s1                        -> unknown
        open s2 kim@ws1                  -> welcome
        checkout s2 r1 PROE 20.0         -> granted g1 A
        checkin s2 g1                    -> returned g1
        timeout s2
        resume s2                        -> unknown
        ",
    );
}

#[test]
fn a_session_is_written_down_with_its_first_grant() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 1
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s2 r1 PROE 20.0         -> -4 1/1 kim@ws1  // a denial writes no session down
        restart
        resume s1                        -> welcome g1
        resume s2                        -> unknown
        ",
    );
}

#[test]
fn gr_02_only_its_own_token_resumes_a_session() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 1
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        timeout s1
        resume s1 wrong                  -> unknown
        checkout s1 r1 PROE 20.0         -> unknown
        release s1
        use A 0/1
        ",
    );
}

#[test]
fn a_name_that_is_taken_opens_no_session() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 1
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        open s1 lee@ws2                  -> unknown
        open s1 lee@ws2 replaces s1      -> unknown
        use A 1/1
        checkout s1 r1 PROE 20.0         -> granted g1 A
        ",
    );
}

#[test]
fn a_close_returns_all_and_is_idempotent() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 3
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 A
        checkout s2 r1 PROE 20.0         -> granted g3 A
        close s1                         -> closed
        use A 1/3
        close s1                         -> closed
        resume s1                        -> unknown
        checkout s2 r1 PROE 20.0         -> granted g3 A
        open s3 ann@ws3                  -> welcome
        close s3                         -> closed
        resume s3                        -> unknown
        ",
    );
}

#[test]
fn a_new_process_replaces_the_session_of_one_that_is_gone() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 1
        open s1 kim@ws1                              -> welcome
        checkout s1 r1 PROE 20.0                     -> granted g1 A
        open s2 kim@ws1 replaces s1 wrong            -> welcome
        use A 1/1
        resume s1                                    -> welcome g1
        open s3 kim@ws1 replaces s1 replaces s2      -> welcome
        use A 0/1
        resume s1                                    -> unknown
        resume s2                                    -> unknown
        checkout s3 r1 PROE 20.0                     -> granted g2 A
        timeout s3
        open s4 kim@ws1 replaces s3 replaces s9      -> welcome      // a held one too
        checkout s4 r1 PROE 20.0                     -> granted g3 A
        ",
    );
}
