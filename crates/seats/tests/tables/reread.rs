//! Other licenses: capacities raised, lowered, taken away, given back. No seat is taken.

use super::script::check;

#[test]
fn a_lowered_capacity_takes_no_seat_and_use_only_shrinks() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 3
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 A
        checkout s1 r3 PROE 20.0         -> granted g3 A
        pool A acmed/11470/02aa/PROE v20.0 = 1
        use A 3/1
        checkout s1 r4 PROE 20.0         -> -4 3/1 kim@ws1 kim@ws1 kim@ws1
        checkin s1 g1                    -> returned g1
        checkin s1 g2                    -> returned g2
        use A 1/1
        checkout s1 r5 PROE 20.0         -> -4 1/1 kim@ws1
        restart
        checkin s1 g3                    -> returned g3
        checkout s1 r6 PROE 20.0         -> granted g4 A
        pool A acmed/11470/02aa/PROE v20.0 = 2
        checkout s1 r7 PROE 20.0         -> granted g5 A
        ",
    );
}

#[test]
fn a_pool_without_a_holder_is_dropped_and_one_with_is_kept_to_the_return() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 3
        pool B acmed/11470/02aa/ASM v20.0 = 3
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 A
        drop A B
        use A 2/0 unlicensed
        use B none
        checkout s1 r3 PROE 20.0         -> -5
        checkout s1 r4 ASM 20.0          -> -5
        checkin s1 g1                    -> returned g1
        use A 1/0 unlicensed
        restart
        use A 1/0 unlicensed
        checkin s1 g2                    -> returned g2
        use A none
        ",
    );
}

#[test]
fn an_unlicensed_pool_goes_with_the_session_that_held_the_last_of_it() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 3
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 A
        drop A
        timeout s1
        use A 2/0 unlicensed
        release s1
        use A none
        ",
    );
}

#[test]
fn a_pool_that_is_licensed_again_counts_those_who_kept_it() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 3
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0 x2      -> granted g1 A x2
        drop A
        use A 2/0 unlicensed
        pool A acmed/11470/02aa/PROE v20.0 = 3
        use A 2/3
        checkout s1 r2 PROE 20.0 x2      -> -4 2/3 kim@ws1 x2
        checkout s1 r3 PROE 20.0         -> granted g2 A
        ",
    );
}

#[test]
fn lf_17_an_expired_pool_is_minus_10_and_keeps_its_holders() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 3
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        pool A acmed/11470/02aa/PROE v20.0 = 0 expired
        use A 1/0
        checkout s1 r2 PROE 20.0         -> -10
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkin s1 g1                    -> returned g1
        use A 0/0
        ",
    );
}

#[test]
fn a_pool_that_begins_gives_seats_from_then_on() {
    check(
        "
        pool A acmed/11470/02aa/PROE v20.0 = 0 notyet
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> -31
        pool A acmed/11470/02aa/PROE v20.0 = 1
        checkout s1 r2 PROE 20.0         -> granted g1 A
        ",
    );
}

#[test]
fn sharing_that_changes_counts_the_holders_anew() {
    check(
        "
        pool A acmed/11470/02b1/PROE v20.0 = 5
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 A
        use A 2/5
        pool A acmed/11470/02b1/PROE v20.0 = 1 locked
        use A 1/1
        pool A acmed/11470/02b1/PROE v20.0 = 5
        use A 2/5
        ",
    );
}

#[test]
fn a_start_and_a_stop_change_no_row() {
    check(
        "
        start
        pool A acmed/11470/02aa/PROE v20.0 = 1
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        stop
        restart
        start
        use A 1/1
        ",
    );
}
