//! Seats booked for jobs.

use super::script::check;

#[test]
fn a_job_takes_its_seats_out_of_its_booking() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        book s1 r1 PROE 20.0 x3 for job7 60s     -> granted g1 A x3 until 60s
        book s1 r1 PROE 20.0 x3 for job7 60s     -> granted g1 A x3 until 60s
        use A 3/3 booked 3
        checkout s2 r1 PROE 20.0                 -> -4 3/3 kim@ws1 x3
        checkout s2 r2 PROE 20.0 job job8        -> -4 3/3 kim@ws1 x3
        checkout s2 r3 PROE 20.0 job job7        -> granted g2 A
        use A 3/3 booked 2
        checkout s2 r4 PROE 20.0 x3 job job7     -> -4 3/3 kim@ws1 x2 lee@ws2
        restart
        use A 3/3 booked 2
        checkout s2 r5 PROE 20.0 x2 job job7     -> granted g3 A x2
        use A 3/3
        expire g1
        checkin s2 g3                            -> returned g3
        use A 1/3
        ",
    );
}

#[test]
fn a_booking_is_free_in_time_or_when_it_is_given_up() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3
        open s1 kim@ws1                          -> welcome
        open s2 kim@ws2                          -> welcome
        open s3 lee@ws3                          -> welcome
        book s1 r1 PROE 20.0 for job7 60s        -> granted g1 A until 60s
        book s1 r2 PROE 20.0 for job7 60s        -> granted g2 A until 60s
        book s1 r3 PROE 20.0 for job7 60s        -> granted g3 A until 60s
        book s3 r1 PROE 20.0 for job8 60s        -> -4 3/3 kim@ws1 kim@ws1 kim@ws1
        book s3 r2 PROE 20.0 for job8 0s         -> -42
        book s3 r3 PROE 20.0 for job8 25h        -> -42
        close s1                                 -> closed
        use A 3/3 booked 3
        unbook s3 g1                             -> returned g1     // another user's
        use A 3/3 booked 3
        unbook s2 g1                             -> returned g1
        use A 2/3 booked 2
        revoke g2 60s                            -> revoked 1
        use A 1/3 booked 1
        tick 60s
        expire g3
        use A 0/3
        ",
    );
}

#[test]
fn a_booking_draws_from_reservations_and_so_does_its_job() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 4
        reserve R 2 A for kim
        max M 3 A for kim
        open s1 kim@ws1                          -> welcome
        book s1 r1 PROE 20.0 x3 for job7 60s     -> granted g1 A x3 until 60s
        count R 2/2
        count M 3/3
        checkout s1 r2 PROE 20.0                 -> -87 3/4 M 3
        checkout s1 r3 PROE 20.0 job job7        -> granted g2 A
        count R 2/2
        count M 3/3
        exclude X A kim
        checkout s1 r4 PROE 20.0 job job7        -> -38 X
        use A 3/4 booked 2
        ",
    );
}

#[test]
fn a_booking_stands_behind_those_who_wait_and_its_job_does_not() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 3
        open s1 kim@ws1                          -> welcome
        open s2 lee@ws2                          -> welcome
        book s1 r1 PROE 20.0 for job7 60s        -> granted g1 A until 60s
        checkout s1 r2 PROE 20.0                 -> granted g2 A
        checkout s2 r1 PROE 20.0 x2 queue 0      -> queued 1
        book s1 r3 PROE 20.0 for job8 60s        -> -24 2/3 behind 1
        checkout s1 r4 PROE 20.0 job job7        -> granted g3 A
        checkin s1 g3                            -> returned g3
        line PROE
        ",
    );
}
