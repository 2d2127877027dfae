//! Seats taken offline.

use super::script::check;

#[test]
fn a_borrowed_seat_outlives_its_session_and_ends_at_its_date() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2 borrow 24h
        open s1 kim@ws1                          -> welcome
        checkout s1 r1 PROE 20.0 borrow 24h      -> granted g1 A until 86400s
        checkout s1 r1 PROE 20.0 borrow 24h      -> granted g1 A until 86400s
        use A 1/2 borrowed 1
        checkin s1 g1                            -> -42
        close s1                                 -> closed
        use A 1/2 borrowed 1
        restart
        use A 1/2 borrowed 1
        tick 24h
        expire g1
        use A 0/2
        ",
    );
}

#[test]
fn so_long_and_so_many_as_the_license_allows() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3 borrow 24h low 1 until 0
        pool B acmed/1/02aa/ASM v20.0 = 3
        open s1 kim@ws1                          -> welcome
        checkout s1 r1 PROE 20.0 borrow 25h      -> -104
        checkout s1 r2 PROE 20.0 borrow 0s       -> -118
        tick 12h
        checkout s1 r3 PROE 20.0 borrow 13h      -> -104        // its license ends before
        checkout s1 r4 ASM 20.0 borrow 1h        -> -68
        checkout s1 r5 PROE 20.0 x3 borrow 1h    -> -67
        checkout s1 r6 PROE 20.0 x2 borrow 1h    -> granted g1 A x2 until 46800s
        checkout s1 r7 PROE 20.0 borrow 1h       -> -67
        checkout s1 r8 PROE 20.0                 -> granted g2 A
        checkout s1 r9 PROE 20.0                 -> -4 3/3 kim@ws1 x2 kim@ws1
        noborrow N A kim
        checkout s1 r10 PROE 20.0 borrow 1h      -> -38 N
        ",
    );
}

#[test]
fn who_may_not_borrow_is_told_so_whatever_is_free_and_does_not_wait() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1
        open s1 kim@ws1                              -> welcome
        checkout s1 r1 PROE 20.0                     -> granted g1 A
        checkout s1 r2 PROE 20.0 borrow 1h           -> -68
        checkout s1 r3 PROE 20.0 queue 0 borrow 1h   -> -68
        line PROE
        ",
    );
}

#[test]
fn who_shows_the_proof_returns_a_borrowed_seat() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1 borrow 24h
        open s1 kim@ws1                          -> welcome
        checkout s1 r1 PROE 20.0 borrow 24h      -> granted g1 A until 86400s
        return g1 wrong                          -> -124
        use A 1/1 borrowed 1
        return g1                                -> returned g1
        use A 0/1
        return g1 wrong                          -> returned g1
        ",
    );
}

#[test]
fn a_lost_seat_is_freed_only_where_the_license_says_so() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1 borrow 24h
        pool B acmed/1/02aa/ASM v20.0 = 1 borrow 24h lost
        open s1 kim@ws1                          -> welcome
        checkout s1 r1 PROE 20.0 borrow 24h      -> granted g1 A until 86400s
        checkout s1 r2 ASM 20.0 borrow 24h       -> granted g2 B until 86400s
        lost g1                                  -> -123
        lost g2                                  -> returned g2
        lost g2                                  -> returned g2
        use A 1/1 borrowed 1
        use B 0/1
        checkout s1 r3 ASM 20.0                  -> granted g3 B
        lost g3                                  -> -42
        ",
    );
}

#[test]
fn a_license_that_ends_keeps_what_is_borrowed_to_its_date() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1 borrow 24h
        open s1 kim@ws1                          -> welcome
        checkout s1 r1 PROE 20.0 borrow 24h      -> granted g1 A until 86400s
        drop A
        use A 1/0 borrowed 1 unlicensed
        revoke unlicensed 60s                    -> revoked 0
        expire g1                                // not before its date
        use A 1/0 borrowed 1 unlicensed
        tick 86400s
        expire g1
        use A none
        ",
    );
}
