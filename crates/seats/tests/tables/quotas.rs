//! RESERVE, MAX and MAX_CONNECTIONS.

use super::script::check;

#[test]
fn reserved_seats_are_only_for_those_they_name() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3
        reserve R 2 A for kim
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        use A 0/3 reserved 2
        checkout s2 r1 PROE 20.0 x2      -> -101 0/3 R      // more than could ever be open
        checkout s2 r2 PROE 20.0         -> granted g1 A
        checkout s2 r3 PROE 20.0         -> -101 1/3 R
        checkout s1 r1 PROE 20.0         -> granted g2 A
        count R 1/2
        use A 2/3 reserved 1
        checkout s2 r4 PROE 20.0         -> -101 2/3 R
        restart
        count R 1/2
        reread
        checkout s1 r2 PROE 20.0         -> granted g3 A
        count R 2/2
        checkout s2 r5 PROE 20.0         -> -4 3/3 lee@ws2 kim@ws1 kim@ws1
        checkin s1 g2                    -> returned g2
        use A 2/3 reserved 1
        checkout s2 r6 PROE 20.0         -> -101 2/3 R      // idle again, for kim only
        ",
    );
}

#[test]
fn who_has_a_reservation_draws_from_it_first_and_then_from_open_seats() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 4
        reserve R 1 A for kim
        reserve Q 1 A for kim,lee
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        open s3 osman@ws3                -> welcome
        checkout s1 r1 PROE 20.0 x3      -> granted g1 A x3
        count R 1/1
        count Q 1/1
        checkout s2 r1 PROE 20.0         -> granted g2 A
        checkout s3 r1 PROE 20.0         -> -4 4/4 kim@ws1 x3 lee@ws2
        checkin s1 g1                    -> returned g1
        use A 1/4 reserved 2
        checkout s3 r2 PROE 20.0 x2      -> -101 1/4 R
        checkout s3 r3 PROE 20.0         -> granted g3 A
        ",
    );
}

#[test]
fn only_the_reservations_that_fit_the_capacity_are_in_force_in_their_order() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3
        reserve R 2 A for kim
        reserve Q 2 A for lee
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        open s3 osman@ws3                -> welcome
        use A 0/3 reserved 3
        checkout s3 r1 PROE 20.0         -> -101 0/3 R
        checkout s2 r1 PROE 20.0         -> granted g1 A
        checkout s2 r2 PROE 20.0         -> -101 1/3 R
        pool A acmed/1/02aa/PROE v20.0 = 4
        checkout s2 r3 PROE 20.0         -> granted g2 A
        pool A acmed/1/02aa/PROE v20.0 = 1                  // both keep what they have
        use A 2/1
        checkin s2 g1                    -> returned g1
        checkin s2 g2                    -> returned g2
        use A 0/1 reserved 1
        checkout s2 r4 PROE 20.0         -> -101 0/1 R
        checkout s1 r1 PROE 20.0         -> granted g3 A
        ",
    );
}

#[test]
fn a_reservation_that_comes_later_keeps_what_is_given_back() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s2 r1 PROE 20.0 x2      -> granted g1 A x2
        reserve R 1 A for kim
        count R 0/1
        use A 2/2
        checkout s1 r1 PROE 20.0         -> -4 2/2 lee@ws2 x2
        checkin s2 g1                    -> returned g1
        checkout s2 r2 PROE 20.0         -> granted g2 A
        checkout s2 r3 PROE 20.0         -> -101 1/2 R
        lift R
        count R none
        checkout s2 r4 PROE 20.0         -> granted g3 A
        ",
    );
}

#[test]
fn a_reread_charges_every_grant_anew_in_the_order_they_were_made() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 4
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 A
        checkout s2 r1 PROE 20.0         -> granted g3 A
        reserve R 1 A for kim,lee
        max M 1 A for kim
        count R 1/1
        count M 2/1
        checkin s1 g1                    -> returned g1
        count R 0/1
        count M 1/1
        reread
        count R 1/1                                         // kim's second draws now
        reserve R 2 A for lee
        count R 1/2
        checkout s1 r3 PROE 20.0         -> -87 2/4 M 1
        lift M
        checkout s1 r4 PROE 20.0         -> granted g4 A
        checkout s1 r5 PROE 20.0         -> -101 3/4 R
        ",
    );
}

#[test]
fn a_maximum_counts_the_seats_of_all_it_names_in_all_its_pools() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 9
        pool B acmed/2/02aa/PROE v20.0 = 9
        pool C acmed/1/02aa/ASM v20.0 = 9
        max M 3 A,C for kim,lee
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        open s3 osman@ws3                -> welcome
        checkout s1 r1 PROE 20.0 x2      -> granted g1 A x2
        checkout s2 r1 ASM 20.0 x2       -> -87 0/9 M 3
        checkout s2 r2 ASM 20.0          -> granted g2 C
        checkout s1 r2 PROE 20.0 of 1    -> -87 2/9 M 3
        checkout s1 r3 PROE 20.0         -> granted g3 B    // it does not name B
        checkout s3 r1 PROE 20.0 x7      -> granted g4 A x7
        count M 3/3
        restart
        reread
        checkin s2 g2                    -> returned g2
        count M 2/3
        checkout s1 r4 ASM 20.0          -> granted g5 C
        checkout s1 r5 ASM 20.0 x4 queue 0   -> -87 1/9 M 3  // no wait could mend that
        ",
    );
}

#[test]
fn a_maximum_counts_a_shared_seat_once() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 9 share UH
        max M 2 A for kim
        open s1 kim@ws1                  -> welcome
        open s2 kim@ws1                  -> welcome
        open s3 kim@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s2 r1 PROE 20.0         -> granted g2 A
        count M 1/2
        checkout s3 r1 PROE 20.0         -> granted g3 A
        checkout s2 r2 PROE 20.0 x2      -> -87 2/9 M 2
        checkin s1 g1                    -> returned g1
        count M 2/2
        checkin s2 g2                    -> returned g2
        count M 1/2
        ",
    );
}

#[test]
fn reservations_of_a_pool_that_is_dropped_go_with_it() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2
        reserve R 1 A for kim
        max M 1 A for kim
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        drop A
        count R none
        count M 1/1
        use A 1/0 unlicensed
        checkin s1 g1                    -> returned g1
        use A none
        count M 0/1
        ",
    );
}

#[test]
fn so_many_sessions_of_a_vendor_hold_seats_as_it_says_and_no_more() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 9 linger 60s
        pool B otherd/1/02aa/ASM v20.0 = 9
        connections acmed 2
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        open s3 osman@ws3                -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 A
        checkout s2 r1 PROE 20.0         -> granted g3 A
        checkout s3 r1 PROE 20.0         -> -106 of 2
        checkout s3 r2 ASM 20.0          -> granted g4 B
        checkout s3 r3 PROE 20.0 queue 0 -> queued 1
        restart
        reread
        resume s3                        -> welcome g4 waiting r3
        line PROE s3
        checkin s1 g1                    -> returned g1
        line PROE s3
        checkin s1 g2                    -> returned g2     // what lingers is nobody's connection
        line PROE
        checkout s3 r3 PROE 20.0 queue 0 -> granted g5 A
        checkout s1 r4 PROE 20.0         -> -106 of 2
        connections acmed 3
        checkout s1 r5 PROE 20.0         -> granted g6 A
        ",
    );
}
