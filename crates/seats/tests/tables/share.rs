//! DUP_GROUP, suites, overdraft, and seats that are not counted.

use super::script::check;

#[test]
fn grants_that_are_the_same_in_all_that_is_named_share_a_seat() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3 share UHD
        open s1 kim@ws1 on :0            -> welcome
        open s2 kim@ws1 on :0            -> welcome
        open s3 kim@ws1 on :1            -> welcome
        open s4 kim@ws2 on :0            -> welcome
        open s5 lee@ws1 on :0            -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s2 r1 PROE 20.0         -> granted g2 A
        use A 1/3
        checkout s3 r1 PROE 20.0         -> granted g3 A
        use A 2/3
        checkout s4 r1 PROE 20.0         -> granted g4 A
        use A 3/3
        checkout s5 r1 PROE 20.0         -> -4 3/3 kim@ws1 :0 kim@ws1 :0 kim@ws1 :1 kim@ws2 :0
        checkout s1 r2 PROE 20.0         -> granted g5 A
        use A 3/3
        checkin s4 g4                    -> returned g4
        checkout s2 r2 PROE 20.0 x2      -> granted g6 A x2     // its group has two seats now
        use A 3/3
        checkin s2 g6                    -> returned g6
        restart
        use A 2/3
        ",
    );
}

#[test]
fn the_data_of_a_checkout_is_compared_and_so_is_its_absence() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2 share V
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        checkout s1 r1 PROE 20.0 data part7      -> granted g1 A
        checkout s2 r1 PROE 20.0 data part7      -> granted g2 A
        checkout s2 r2 PROE 20.0                 -> granted g3 A
        checkout s1 r2 PROE 20.0                 -> granted g4 A
        use A 2/2
        checkout s1 r3 PROE 20.0 data part8      -> -4 2/2 kim@ws1 lee@ws2 lee@ws2 kim@ws1
        ",
    );
}

#[test]
fn a_site_shares_one_seat() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1 share SITE
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s2 r1 PROE 20.0         -> granted g2 A
        use A 1/1
        ",
    );
}

#[test]
fn so_many_share_a_seat_and_the_next_takes_another() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2 share U sharers 2
        max M 1 A for kim
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 A
        use A 1/2
        count M 1/1
        checkout s1 r3 PROE 20.0         -> -87 1/2 M 1
        lift M
        checkout s1 r4 PROE 20.0         -> granted g3 A
        use A 2/2
        checkout s2 r1 PROE 20.0         -> -4 2/2 kim@ws1 kim@ws1 kim@ws1
        checkin s1 g2                    -> returned g2
        use A 1/2
        pool A acmed/1/02aa/PROE v20.0 = 2 share U
        use A 1/2
        pool A acmed/1/02aa/PROE v20.0 = 2
        use A 2/2
        ",
    );
}

#[test]
fn a_component_takes_a_seat_of_its_suite_too_and_a_suite_is_not_checked_out() {
    check(
        "
        pool S acmed/1/02aa/SUITE v20.0 = 2 suite share U
        pool A acmed/1/02aa/PROE v20.0 = 5 of S
        pool B acmed/1/02aa/ASM v20.0 = 5 of S
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        open s3 osman@ws3                -> welcome
        checkout s1 r1 SUITE 20.0        -> -125
        checkout s1 r2 PROE 20.0         -> granted g1 A
        checkout s1 r3 ASM 20.0          -> granted g2 B
        use S 1/2
        use A 1/5
        use B 1/5
        checkout s2 r1 PROE 20.0 x3      -> -26 3 of 5
        checkout s2 r2 ASM 20.0          -> granted g3 B
        use S 2/2
        checkout s3 r1 PROE 20.0         -> -4 2/2 kim@ws1 kim@ws1 lee@ws2
        use A 1/5                                           // neither is charged
        restart
        use S 2/2
        checkout s3 r2 PROE 20.0 queue 0 -> unknown
        open s3 osman@ws3                -> welcome
        checkout s3 r3 PROE 20.0 queue 0 -> queued 1
        checkin s2 g3                    -> returned g3
        line PROE
        use S 2/2
        use A 2/5
        ",
    );
}

#[test]
fn a_suite_is_kept_while_a_component_is_held() {
    check(
        "
        pool S acmed/1/02aa/SUITE v20.0 = 2 suite
        pool A acmed/1/02aa/PROE v20.0 = 5 of S
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        drop S A
        use S 1/0 unlicensed
        use A 1/0 unlicensed
        checkin s1 g1                    -> returned g1
        use S none
        use A none
        ",
    );
}

#[test]
fn a_reservation_of_a_suite_is_drawn_from_by_its_components() {
    check(
        "
        pool S acmed/1/02aa/SUITE v20.0 = 2 suite
        pool A acmed/1/02aa/PROE v20.0 = 5 of S
        reserve R 1 S for kim
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s2 r1 PROE 20.0         -> granted g1 A
        checkout s2 r2 PROE 20.0         -> -101 1/2 R
        checkout s1 r1 PROE 20.0         -> granted g2 A
        count R 1/1
        reread
        count R 1/1
        checkin s1 g2                    -> returned g2
        count R 0/1
        use S 1/2 reserved 1
        ",
    );
}

#[test]
fn an_overdraft_is_used_after_the_capacity_and_nothing_is_reserved_of_it() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1 +1
        reserve R 2 A for lee
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        use A 0/2 reserved 1
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> -101 1/2 R
        checkout s2 r1 PROE 20.0         -> granted g2 A
        checkout s2 r2 PROE 20.0         -> -4 2/2 kim@ws1 lee@ws2
        checkout s2 r3 PROE 20.0 x3      -> -26 3 of 2
        ",
    );
}

#[test]
fn seats_that_are_not_counted_are_always_there_but_a_maximum_counts_them() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 0 uncounted
        max M 3 A for lee
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0 x9      -> granted g1 A x9
        checkout s2 r1 PROE 20.0 x3      -> granted g2 A x3
        checkout s2 r2 PROE 20.0         -> -87 12/0 M 3
        checkout s1 r2 PROE 20.0         -> granted g3 A
        ",
    );
}

#[test]
fn a_checkout_takes_at_least_the_minimum() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 5 minimum 2
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A x2
        checkout s1 r1 PROE 20.0         -> granted g1 A x2
        checkout s1 r2 PROE 20.0 x3      -> granted g2 A x3
        checkin s1 g2                    -> returned g2
        pool A acmed/1/02aa/PROE v20.0 = 1 minimum 2
        checkout s1 r3 PROE 20.0         -> -26 1 of 1
        ",
    );
}
