//! Pools that a rule keeps the asker from.

use super::script::check;

#[test]
fn a_barred_pool_is_passed_over_and_its_rule_told_where_nothing_else_would_do() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2
        pool B acmed/2/02aa/PROE v20.0 = 1
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        checkin s1 g1                    -> returned g1
        exclude XA A kim
        checkout s1 r2 PROE 20.0         -> granted g2 B
        checkout s1 r3 PROE 20.0         -> -4 1/1 kim@ws1
        checkout s1 r2 PROE 20.0         -> granted g2 B    // asked again, whatever the rules say now
        checkin s1 g2                    -> returned g2
        checkout s1 r4 PROE 20.0 of 2    -> granted g3 B
        checkin s1 g3                    -> returned g3
        checkout s1 r5 PROE 20.0 x2      -> -26 2 of 1      // nearer to a grant than the rule of A
        checkout s1 r6 PROE 20.0 of 1    -> -38 XA
        include IB B lee
        checkout s1 r7 PROE 20.0         -> -38 XA
        checkout s1 r8 PROE 20.0 of 2    -> -39 IB
        checkout s1 r9 PROE 20.0 of 3    -> -5
        lift XA
        checkout s1 r10 PROE 20.0        -> granted g4 A
        lift IB
        exclude XB B kim
        include IA A lee
        checkout s1 r11 PROE 20.0        -> -39 IA
        checkout s1 r12 PROE 20.0 of 2   -> -38 XB
        open s2 lee@ws2                  -> welcome
        checkout s2 r1 PROE 20.0 x2      -> -4 1/2 kim@ws1
        checkout s2 r2 PROE 20.0         -> granted g5 A
        ",
    );
}

#[test]
fn what_a_rule_forbids_is_nearer_to_a_grant_than_what_has_expired() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2
        pool B acmed/2/02aa/PROE v20.0 = 0 expired
        open s1 kim@ws1                  -> welcome
        exclude XA A kim
        checkout s1 r1 PROE 20.0         -> -38 XA
        exclude XB B kim
        checkout s1 r2 PROE 20.0         -> -38 XA
        checkout s1 r3 PROE 20.0 of 2    -> -10
        ",
    );
}

#[test]
fn a_rule_about_a_pool_that_is_not_there_says_nothing() {
    check(
        "
        pool A acmed/1/02aa/PROE v20.0 = 2
        pool B acmed/2/02aa/PROE v20.0 = 2
        drop B
        exclude XB B kim
        reserve RB 2 B for lee
        count RB none
        open s1 kim@ws1                  -> welcome
        checkout s1 r1 PROE 20.0         -> granted g1 A
        ",
    );
}
