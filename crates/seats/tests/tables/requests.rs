//! Request ids, and what one session can do to another's grants: nothing.

use super::script::check;

#[test]
fn the_same_request_gives_the_same_grant() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 2
        open s1 kim@ws1                       -> welcome
        checkout s1 r1 PROE 20.0              -> granted g1 A
        checkout s1 r1 PROE 20.0              -> granted g1 A
        use A 1/2
        restart
        checkout s1 r1 PROE 20.0              -> granted g1 A
        timeout s1
        resume s1                             -> welcome g1
        checkout s1 r1 PROE 20.0              -> granted g1 A
        checkout s1 r1 PROE 20.0 of 11470     -> granted g1 A
        checkout s1 r1 PROE 20.0 by acmed     -> granted g1 A
        use A 1/2
        ",
    );
}

#[test]
fn an_idempotent_answer_needs_no_free_seat() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 1
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        drop A
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> -5
        ",
    );
}

#[test]
fn a_request_id_used_for_another_checkout_is_refused() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 9
        pool B acmed/11470/02aa/ASM v20.0 = 9
        open s1 kim@ws1                       -> welcome
        checkout s1 r1 PROE 20.0              -> granted g1 A
        checkout s1 r1 PROE 20.0 x2           -> -42
        checkout s1 r1 PROE 19.0              -> -42
        checkout s1 r1 ASM 20.0               -> -42
        checkout s1 r1 PROE 20.0 of 11471     -> -42
        checkout s1 r1 PROE 20.0 by otherd    -> -42
        use A 1/9
        use B 0/9
        ",
    );
}

#[test]
fn a_request_at_or_below_one_that_ended_is_refused() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 9
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r5 PROE 20.0         -> granted g2 A
        checkout s1 r3 PROE 20.0         -> granted g3 A    // none has ended
        checkin s1 g3                    -> returned g3
        checkout s1 r3 PROE 20.0         -> -42             // a late copy never grants twice
        checkout s1 r2 PROE 20.0         -> -42
        checkout s1 r1 PROE 20.0         -> granted g1 A    // still held: the same grant
        checkout s1 r4 PROE 20.0         -> granted g4 A
        restart
        checkout s1 r3 PROE 20.0         -> -42
        checkin s1 g1                    -> returned g1     // a lower one does not lower the floor
        checkout s1 r2 PROE 20.0         -> -42
        checkout s1 r3 PROE 20.0         -> -42
        use A 2/9
        ",
    );
}

#[test]
fn a_denied_request_may_be_asked_again() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 1
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s2 r1 PROE 20.0         -> -4 1/1 kim@ws1
        checkin s1 g1                    -> returned g1
        checkout s2 r1 PROE 20.0         -> granted g2 A
        ",
    );
}

#[test]
fn gr_24_a_return_is_idempotent() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 2
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 A
        checkin s1 g1                    -> returned g1
        checkin s1 g1                    -> returned g1
        checkin s1 #999                  -> returned #999
        use A 1/2
        restart
        checkin s1 g1                    -> returned g1
        use A 1/2
        ",
    );
}

#[test]
fn another_sessions_grant_changes_nothing() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 1
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkin s2 g1                    -> returned g1
        use A 1/1
        checkout s2 r1 PROE 20.0         -> -4 1/1 kim@ws1
        checkin s9 g1                    -> unknown
        checkout s9 r1 PROE 20.0         -> unknown
        use A 1/1
        checkout s1 r1 PROE 20.0         -> granted g1 A
        ",
    );
}
