//! LINGER: a seat stays taken after its return, unless somebody needs it.

use super::script::check;

#[test]
fn a_returned_seat_lingers_for_its_time() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2 linger 60s
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkin s1 g1                    -> returned g1
        use A 1/2 lingering 1
        checkin s1 g1                    -> returned g1
        checkout s1 r1 PROE 20.0         -> -42             // it has ended
        restart
        use A 1/2 lingering 1
        tick 60s
        expire g1
        use A 0/2
        expire g1
        ",
    );
}

#[test]
fn lingering_seats_are_taken_before_anybody_is_denied_the_oldest_first_and_no_more_than_needed() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3 linger 600s
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 A
        checkin s1 g2                    -> returned g2
        tick 1s
        checkin s1 g1                    -> returned g1
        use A 2/3 lingering 2
        checkout s2 r1 PROE 20.0         -> granted g3 A    // the free one
        use A 3/3 lingering 2
        checkout s2 r2 PROE 20.0 x4      -> -26 4 of 3
        checkout s2 r3 PROE 20.0 x3      -> -4 3/3 kim@ws1 kim@ws1 lee@ws2
        use A 3/3 lingering 2                               // none of them would have been enough
        checkout s2 r4 PROE 20.0         -> granted g4 A
        use A 3/3 lingering 1
        expire g2                                           // the older one has gone
        use A 3/3 lingering 1
        checkout s2 r5 PROE 20.0         -> granted g5 A
        checkout s2 r6 PROE 20.0         -> -4 3/3 lee@ws2 lee@ws2 lee@ws2
        ",
    );
}

#[test]
fn a_lingering_seat_counts_for_a_maximum_until_it_is_needed_there() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3 linger 600s
        max M 1 A for kim
        reserve R 1 A for kim
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkin s1 g1                    -> returned g1
        count M 1/1
        count R 1/1
        checkout s1 r2 PROE 20.0         -> granted g2 A
        use A 1/3
        checkin s1 g2                    -> returned g2
        checkout s2 r1 PROE 20.0 x2      -> granted g3 A x2
        checkout s2 r2 PROE 20.0         -> -4 3/3 kim@ws1 lee@ws2 x2   // kim's is reserved
        use A 3/3 lingering 1
        ",
    );
}

#[test]
fn a_closed_session_leaves_its_seats_lingering_and_one_that_timed_out_does_not() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3 linger 60s
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s2 r1 PROE 20.0         -> granted g2 A
        close s1                         -> closed
        timeout s2
        release s2
        use A 1/3 lingering 1
        restart
        use A 1/3 lingering 1
        drop A
        use A none
        ",
    );
}

#[test]
fn lingering_seats_end_with_the_license_of_their_pool() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3 linger 3d until 1
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkout s1 r2 PROE 20.0         -> granted g2 A
        checkin s1 g1                    -> returned g1
        use A 2/3 lingering 1
        tick 2d
        pool A acmed/1/02aa/PROE v20.0 = 0 expired
        use A 1/0
        checkin s1 g2                    -> returned g2
        use A 0/0
        ",
    );
}

#[test]
fn a_seat_was_held_until_its_return_not_until_it_had_lingered() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1 linger 600s
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        checkout s1 r1 PROE 20.0                 -> granted g1 A
        tick 80s
        checkin s1 g1                            -> returned g1
        tick 300s
        checkout s1 r2 PROE 20.0                 -> granted g2 A
        checkout s2 r1 PROE 20.0 queue 0         -> queued 1 in 80s
        ",
    );
}
