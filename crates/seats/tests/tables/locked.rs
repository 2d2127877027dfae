//! Locked seats: a workstation's, shared by its processes.

use super::script::check;

#[test]
fn l2_processes_of_one_workstation_share_its_seat_and_another_is_minus_9() {
    check(
        "
        pool W1 acmed/66451/02b1/PROE v20.0 = 1 locked
        pool W2 acmed/66451/02b2/PROE v20.0 = 1 locked
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws1                  -> welcome
        open s3 kim@ws2                  -> welcome
        open s4 ann@ws3                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 W1
        checkout s2 r1 PROE 20.0         -> granted g2 W1
        checkout s1 r2 PROE 20.0         -> granted g3 W1
        use W1 1/1
        use W2 0/1
        checkout s4 r1 PROE 20.0         -> -9
        checkout s3 r1 PROE 20.0         -> granted g4 W2
        checkout s1 r3 PROE 20.0 x2      -> -26 2 of 1
        use W1 1/1
        checkin s1 g1                    -> returned g1
        use W1 1/1
        checkin s2 g2                    -> returned g2
        restart
        use W1 1/1
        checkin s1 g3                    -> returned g3
        use W1 0/1
        open s5 ann@ws3                  -> welcome
        checkout s5 r1 PROE 20.0         -> -9
        ",
    );
}

#[test]
fn a_locked_seat_without_a_holder_is_still_nobody_elses() {
    check(
        "
        pool W1 acmed/66451/02b1/PROE v20.0 = 1 locked
        open s2 lee@ws2                  -> welcome
        checkout s2 r1 PROE 20.0         -> -9
        open s3 lee@ws2 cpu 02b1         -> welcome
        checkout s3 r1 PROE 20.0         -> granted g1 W1
        ",
    );
}

#[test]
fn a_workstation_prefers_what_the_order_says_locked_or_floating() {
    check(
        "
        pool W1 acmed/1/02b1/PROE v20.0 = 1 locked order 0
        pool F acmed/2/02aa/PROE v20.0 = 1 order 1
        open s1 kim@ws1                  -> welcome
        open s2 lee@ws2                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 W1
        checkout s2 r1 PROE 20.0         -> granted g2 F
        checkout s1 r2 PROE 20.0         -> granted g3 W1
        checkout s2 r2 PROE 20.0         -> -4 1/1 lee@ws2
        ",
    );
}

#[test]
fn a_shared_seat_is_free_when_its_last_process_is_gone() {
    check(
        "
        pool W1 acmed/1/02b1/PROE v20.0 = 1 locked
        open s1 kim@ws1                  -> welcome
        open s2 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 W1
        checkout s2 r1 PROE 20.0         -> granted g2 W1
        timeout s1
        release s1
        use W1 1/1
        close s2
        use W1 0/1
        ",
    );
}
