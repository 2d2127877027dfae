//! Floating seats: to the last one, which pool, and the reason when there is none.

use super::script::check;

#[test]
fn floating_to_the_last_seat_then_minus_4_names_the_holders() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 3
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2 on :0            -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s2 r1 PROE 20.0 x2      -> granted g2 A x2
        use A 3/3
        checkout s1 r2 PROE 20.0         -> -4 3/3 kim@ws1 lee@ws2 :0 x2
        checkin s2 g2                    -> returned g2
        use A 1/3
        checkout s1 r3 PROE 20.0         -> granted g3 A
        checkout s1 r4 PROE 20.0         -> granted g4 A
        checkout s2 r5 PROE 20.0         -> -4 3/3 kim@ws1 kim@ws1 kim@ws1
        use A 3/3
        restart
        checkout s2 r6 PROE 20.0         -> -4 3/3 kim@ws1 kim@ws1 kim@ws1
        checkin s1 g1                    -> returned g1
        checkout s2 r7 PROE 20.0         -> granted g5 A
        ",
    );
}

#[test]
fn n_seats_are_all_or_nothing() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 10
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0 x8      -> granted g1 A x8
        checkout s1 r2 PROE 20.0 x3      -> -4 8/10 kim@ws1 x8
        use A 8/10
        checkout s1 r3 PROE 20.0 x2      -> granted g2 A x2
        use A 10/10
        checkout s1 r4 PROE 20.0 x11     -> -26 11 of 10
        use A 10/10
        ",
    );
}

#[test]
fn r1_two_configurations_of_one_feature_on_one_host_are_two_pools() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 2
        pool B acmed/11471/02aa/PROE v20.0 = 2
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        checkout s1 r1 PROE 20.0 x2 of 11470     -> granted g1 A x2
        checkout s2 r1 PROE 20.0 of 11470        -> -4 2/2 kim@ws1 x2
        checkout s2 r2 PROE 20.0 of 11471        -> granted g2 B
        checkout s2 r3 PROE 20.0                 -> granted g3 B    // unnamed: falls over to B
        use A 2/2
        use B 2/2
        checkout s2 r4 PROE 20.0                 -> -4 2/2 kim@ws1 x2
        checkin s1 g1                            -> returned g1
        checkout s2 r5 PROE 20.0 of 11471        -> -4 2/2 lee@ws2 lee@ws2
        checkout s2 r6 PROE 20.0                 -> granted g4 A    // and A comes first again
        checkout s2 r7 PROE 20.0 of 99           -> -5
        ",
    );
}

#[test]
fn seats_of_one_checkout_come_from_one_pool() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 2
        pool B acmed/11471/02aa/PROE v20.0 = 2
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0 x2      -> granted g2 B x2
        checkout s1 r3 PROE 20.0 x2      -> -4 1/2 kim@ws1
        checkout s1 r4 PROE 20.0 x3      -> -26 3 of 2
        use A 1/2
        use B 2/2
        ",
    );
}

#[test]
fn pools_are_searched_in_their_order() {
    check(
        "
        pool C acmed/3/02aa/PROE v20.0 = 1 order 2
        pool A acmed/2/02aa/PROE v20.0 = 1 order 0
        pool B acmed/1/02aa/PROE v20.0 = 1 order 1
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 B
        restart
        checkout s1 r3 PROE 20.0         -> granted g3 C
        checkin s1 g3                    -> returned g3
        checkin s1 g2                    -> returned g2
        pool C acmed/3/02aa/PROE v20.0 = 1 order 0
        pool A acmed/2/02aa/PROE v20.0 = 1 order 2
        checkout s1 r4 PROE 20.0         -> granted g4 C
        checkout s1 r5 PROE 20.0         -> granted g5 B
        ",
    );
}

#[test]
fn pools_that_differ_in_a_pooling_field_are_counted_apart() {
    check(
        "
        pool A acmed/1/02aa/PROE/USER_BASED=2 v20.0 = 1
        pool B acmed/1/02aa/PROE/USER_BASED=3 v20.0 = 1
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 B
        checkout s1 r3 PROE 20.0         -> -4 1/1 kim@ws1
        ",
    );
}

#[test]
fn a_vendor_that_is_named_is_the_only_one_searched() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1
        pool B otherd/1/02aa/PROE v20.0 = 1
        open s1 kim@ws1                        -> welcome
        checkout s1 r1 PROE 20.0 by otherd     -> granted g1 B
        checkout s1 r2 PROE 20.0 by otherd     -> -4 1/1 kim@ws1
        checkout s1 r3 PROE 20.0 by nobody     -> -5
        checkout s1 r4 PROE 20.0               -> granted g2 A
        ",
    );
}

#[test]
fn the_reason_told_is_the_one_nearest_to_a_grant() {
    check(
        "
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> -5
        pool W acmed/1/02aa/PROE v20.0 = 1 locked
        checkout s1 r2 PROE 20.0         -> -9
        pool X acmed/2/02aa/PROE v20.0 = 0 expired
        checkout s1 r3 PROE 20.0         -> -10
        pool N acmed/3/02aa/PROE v20.0 = 0 notyet
        checkout s1 r4 PROE 20.0         -> -31
        pool V acmed/4/02aa/PROE v19.0 = 5
        pool U acmed/5/02aa/PROE v19.5 = 5
        checkout s1 r5 PROE 20.0         -> -25 licensed 19.5
        pool T acmed/6/02aa/PROE v20.0 = 2
        checkout s1 r6 PROE 20.0 x4      -> -26 4 of 2
        pool S acmed/7/02aa/PROE v21.0 = 4
        checkout s1 r7 PROE 20.0 x3      -> granted g1 S x3
        checkout s1 r8 PROE 20.0 x4      -> -4 3/4 kim@ws1 x3
        ",
    );
}

#[test]
fn gr_10_versions_are_numbers_and_the_licensed_one_is_the_highest() {
    check(
        "
        pool A acmed/1/02aa/PROE v4.10 = 5
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 4.1          -> granted g1 A
        checkout s1 r2 PROE 4.10         -> granted g2 A
        checkout s1 r3 PROE 4.2          -> -25 licensed 4.10
        checkout s1 r4 PROE 0            -> granted g3 A
        checkout s1 r5 PROE 10           -> -25 licensed 4.10
        ",
    );
}
