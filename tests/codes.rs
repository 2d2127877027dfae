//! Every code of FlexNet's list: the row of `crates/names/CODES.md` that says what it is here, and the
//! case that provokes it in an exchange with the real daemon.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test ends where something is not as it must be"
)]

#[path = "codes/checkouts.rs"]
mod checkouts;
#[path = "codes/clients.rs"]
mod clients;
#[path = "codes/desk.rs"]
mod desk;
#[path = "codes/files.rs"]
mod files;
mod hostile;
#[path = "codes/listed.rs"]
mod listed;
mod support;
#[path = "codes/table.rs"]
mod table;

use std::pin::Pin;
use std::time::Instant;

use desk::Desk;

/// Provokes a code, and gives the one that came.
type Case = for<'a> fn(&'a mut Desk) -> Pin<Box<dyn Future<Output = i32> + 'a>>;

macro_rules! cases {
    ($($module:ident { $($name:ident,)* })*) => {
        /// Every case by its name.
        const CASES: &[(&str, Case)] =
            &[$($((stringify!($name), |desk| Box::pin($module::$name(desk))),)*)*];
    };
}

cases! {
    checkouts {
        every_seat_is_taken,
        nobody_licensed_the_feature,
        locked_to_another_workstation,
        the_license_has_expired,
        the_license_has_not_begun,
        a_later_version_than_is_licensed,
        more_seats_than_there_are,
        somebody_waits_for_more,
        excluded_by_a_rule,
        on_no_include_line,
        above_a_max_line,
        reserved_for_somebody_else,
        user_based_without_users,
        too_many_connections,
        a_suite_by_itself,
        in_another_time_zone,
        on_another_platform,
        over_a_terminal_server,
        a_session_that_nobody_opened,
        a_hello_of_another_protocol,
        colleagues_are_asked_again_at_once,
        taken_away_by_the_administrator,
        not_to_be_borrowed,
        borrow_lowwater_keeps_the_seats,
        borrowed_for_longer_than_is_licensed,
        borrowed_until_a_time_that_has_passed,
        returned_with_another_secret,
        lost_without_borrow_lost_ok,
        a_borrowed_seat_that_nobody_knows,
        a_lingering_seat_is_not_removed,
        lmdown_while_a_seat_is_borrowed,
        the_clock_was_set_back,
    }
    files {
        no_file_gives_a_seat,
        a_file_that_everybody_may_write,
        a_type_that_is_none,
        a_keyword_that_is_none,
        a_line_that_was_altered,
        a_pack_without_its_server_line,
        a_line_with_float_ok,
        a_line_without_a_signature,
        a_date_that_is_none,
        a_version_that_is_none,
        uncounted_without_a_host_id,
    }
    clients {
        nobody_listens_there,
        no_host_of_that_name,
        a_web_server_is_there,
        a_host_key_that_is_not_proved,
        the_session_is_lost_before_the_answer,
        a_call_that_is_not_served_there,
        another_user_administers,
        lmreread_away_from_the_daemon,
        lmstat_of_a_vendor_without_a_daemon,
        a_return_that_nobody_confirms,
    }
}

fn names() -> Vec<&'static str> {
    CASES.iter().map(|(name, _)| *name).collect()
}

#[test]
fn every_code_has_one_row_and_every_case_is_in_one() {
    let faults = table::faults(&table::rows(), &names());
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Changes the table's rows.
type Change = fn(&mut Vec<table::Row>);

#[test]
fn a_table_that_lacks_something_is_refused() {
    let at = |rows: &[table::Row], code: &str| rows.iter().position(|row| row.code == code).unwrap();
    let rows = table::rows();
    let (taken, busy) = (at(&rows, "-4"), at(&rows, "-19"));
    assert_eq!(
        (rows[taken].case.as_deref(), rows[busy].case.as_deref()),
        (Some("every_seat_is_taken"), None)
    );
    let changes: [(&str, Change); 9] = [
        ("-1 has 0 rows", |rows| drop(rows.remove(0))),
        ("-1 has 2 rows", |rows| rows.push(rows[0].clone())),
        ("-129 is no code", |rows| rows[0].code = "-129".into()),
        ("-1 has the words", |rows| rows[0].words.push('!')),
        ("-1 has the case no_such_case", |rows| rows[0].case = Some("no_such_case".into())),
        ("the case no_file_gives_a_seat is in 0 rows", |rows| rows[0].case = None),
        ("the case no_file_gives_a_seat is in 2 rows", |rows| rows[1].case = rows[0].case.clone()),
        ("`names` has no such code", |rows| {
            rows.iter_mut().find(|row| row.code == "-19").unwrap().case = rows[0].case.clone();
        }),
        ("-19 says neither", |rows| {
            rows.iter_mut().find(|row| row.code == "-19").unwrap().why.clear();
        }),
    ];
    for (fault, change) in changes {
        let mut rows = rows.clone();
        change(&mut rows);
        let faults = table::faults(&rows, &names());
        assert!(faults.iter().any(|found| found.contains(fault)), "{fault}: {faults:#?}");
    }
}

#[tokio::test]
async fn every_case_is_told_the_code_of_its_row() {
    let rows = table::rows();
    let mut desk = Desk::new().await;
    let mut wrong = Vec::new();
    for (name, case) in CASES {
        let begun = Instant::now();
        let told = case(&mut desk).await;
        desk.clear().await;
        eprintln!("{told:>5}  {name} ({} ms)", begun.elapsed().as_millis());
        match rows.iter().find(|row| row.case.as_deref() == Some(name)) {
            Some(row) if row.code == told.to_string() => {}
            Some(row) => wrong.push(format!("{name} is told {told}, and its row says {}", row.code)),
            None => wrong.push(format!("{name} is told {told}, and has no row")),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
