//! The wall clock that is set back: pools with dates give no seats, and nothing else changes.

use super::script::check;

#[test]
fn lf_21_a_clock_that_is_set_back_by_more_than_a_day_keeps_dated_pools_back_and_no_others() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2 dated until 99 borrow 24h
        pool B acmed/2/02aa/MESH v20.0 = 2
        tick 10d
        look
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        checkout s1 r1 PROE 20.0                 -> granted g1 A
        back 24h
        look
        checkout s1 r2 PROE 20.0                 -> granted g2 A    // a day is no more than may be
        checkin s1 g2                            -> returned g2
        back 1s
        checkout s1 r3 PROE 20.0                 -> granted g3 A    // nobody has looked
        checkin s1 g3                            -> returned g3
        look
        checkout s2 r1 PROE 20.0                 -> -88 24h behind
        checkout s2 r2 PROE 20.0 queue 0         -> -88 24h behind  // it does not wait
        checkout s2 r3 PROE 20.0 borrow 2h       -> -88 24h behind
        book s2 r4 PROE 20.0 for J 60s           -> -88 24h behind
        checkout s2 r5 PROE 21.0                 -> -25 licensed 20.0
        checkout s2 r6 MESH 20.0                 -> granted g4 B
        checkout s1 r1 PROE 20.0                 -> granted g1 A    // asked again: what is held is held
        use A 1/2
        idle s1
        busy s1
        timeout s1
        resume s1                                -> welcome g1
        checkin s1 g1                            -> returned g1
        use A 0/2
        tick 1s
        look
        checkout s2 r7 PROE 20.0                 -> granted g5 A
        ",
    );
}

#[test]
fn lf_21_the_latest_time_is_known_after_a_restart() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2 dated until 99
        tick 30d
        look
        back 20d
        restart
        start
        open s1 kim@ws1                          -> welcome
        checkout s1 r1 PROE 20.0                 -> -88 480h behind
        restart
        start
        open s2 kim@ws1                          -> welcome
        checkout s2 r1 PROE 20.0                 -> -88 480h behind
        tick 19d
        start
        checkout s2 r2 PROE 20.0                 -> granted g1 A
        ",
    );
}

#[test]
fn lf_22_a_clock_that_was_years_ahead_is_reset_once_and_stays_so() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2 dated until 9999
        tick 10d
        start
        reset                                    -> -42             // there is nothing to reset
        tick 3650d
        look
        reset                                    -> -42
        back 3650d
        reset                                    -> done            // also where nobody has looked
        open s1 kim@ws1                          -> welcome
        checkout s1 r1 PROE 20.0                 -> granted g1 A
        reset                                    -> -42
        restart
        start
        open s2 kim@ws1                          -> welcome
        checkout s2 r1 PROE 20.0                 -> granted g2 A
        ",
    );
}

#[test]
fn the_pools_are_searched_in_their_order_past_one_that_is_kept_back() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 5 dated until 99
        pool B acmed/2/02aa/PROE v20.0 = 1
        tick 10d
        look
        back 9d
        look
        open s1 kim@ws1                          -> welcome
        checkout s1 r1 PROE 20.0                 -> granted g1 B
        checkout s1 r2 PROE 20.0                 -> -88 216h behind // nearer than -4: there are five
        checkout s1 r3 PROE 20.0 of 2            -> -4 1/1 kim@ws1
        checkout s1 r4 PROE 20.0 queue 0         -> queued 1        // for a seat of B
        checkin s1 g1                            -> returned g1
        line PROE
        use B 1/1
        ",
    );
}

#[test]
fn whether_a_license_has_begun_or_ended_is_not_told_while_nobody_knows_the_date() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 0 dated expired
        pool B acmed/2/02aa/MESH v20.0 = 0 dated notyet
        pool C acmed/3/02aa/ASM v20.0 = 3 dated named
        pool S acmed/4/02aa/PLANT v20.0 = 3 dated suite
        pool D acmed/4/02aa/WELD v20.0 = 3 of S
        tick 10d
        look
        open s1 kim@ws1                          -> welcome
        checkout s1 r1 PROE 20.0                 -> -10
        checkout s1 r2 MESH 20.0                 -> -31
        back 9d
        look
        checkout s1 r3 PROE 20.0                 -> -88 216h behind
        checkout s1 r4 MESH 20.0                 -> -88 216h behind
        checkout s1 r5 ASM 20.0                  -> -88 216h behind // nor who is assigned
        checkout s1 r6 WELD 20.0                 -> -88 216h behind // its suite has dates
        checkout s1 r7 PLANT 20.0                -> -125
        ",
    );
}

#[test]
fn who_waits_keeps_the_place_and_is_granted_when_the_clock_is_right() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1 dated until 99
        tick 10d
        look
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        checkout s1 r1 PROE 20.0                 -> granted g1 A
        checkout s2 r1 PROE 20.0 queue 0         -> queued 1
        back 9d
        look
        checkin s1 g1                            -> returned g1
        use A 0/1 queued 1
        reread
        line PROE s2
        restart
        start
        resume s1                                -> welcome
        resume s2                                -> welcome waiting r1
        checkout s1 r2 PROE 20.0                 -> -88 216h behind
        line PROE s2
        tick 9d
        look
        line PROE
        use A 1/1
        checkout s1 r3 PROE 20.0                 -> -4 1/1 lee@ws2
        ",
    );
}

#[test]
fn who_waits_for_a_dated_pool_stops_nobody_who_may_use_another() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 1 dated until 99
        pool B acmed/2/02aa/PROE v20.0 = 1
        tick 10d
        look
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        checkout s1 r1 PROE 20.0                 -> granted g1 A
        checkout s2 r1 PROE 20.0 of 1 queue 0    -> queued 1
        checkout s1 r2 PROE 20.0                 -> -24 1/1 behind 1
        back 9d
        look
        checkout s1 r3 PROE 20.0                 -> granted g2 B
        reset                                    -> done
        checkin s1 g1                            -> returned g1
        line PROE
        ",
    );
}

#[test]
fn what_is_kept_to_a_date_goes_by_the_clock_as_it_is() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3 dated until 99 borrow 24h linger 600s
        tick 10d
        look
        open s1 kim@ws1                          -> welcome
        checkout s1 r1 PROE 20.0 borrow 24h      -> granted g1 A until 950400s
        book s1 r2 PROE 20.0 for J 60s           -> granted g2 A until 864060s
        checkout s1 r3 PROE 20.0                 -> granted g3 A
        checkin s1 g3                            -> returned g3
        back 9d
        look
        expire g1
        expire g2
        expire g3
        use A 3/3 borrowed 1 lingering 1 booked 1
        checkout s1 r4 PROE 20.0 job J           -> -88 216h behind // a booking is kept, and not taken
        return g1                                -> returned g1
        unbook s1 g2                             -> returned g2
        use A 1/3 lingering 1
        tick 3650d
        look
        expire g3
        use A 0/3
        ",
    );
}
