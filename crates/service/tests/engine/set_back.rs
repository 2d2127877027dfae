//! Who waits while the wall clock is set back, and when it is set right again.

use names::{Feature, Wall};
use seats::More;
use service::{Ask, News};

use crate::host::Host;

const DAY: i64 = 24 * 3_600_000;
/// It is 15 June: five seats are over, one is for ever.
const OVER: &str = "INCREMENT PROE acmed 20.0 14-jun-2027 5 CONFIG_ID=1\n\
                    INCREMENT PROE acmed 20.0 permanent 1 CONFIG_ID=2\n";
const ENDS_TODAY: &str = "INCREMENT PROE acmed 20.0 15-jun-2027 1 CONFIG_ID=1\n";
const BEGAN: &str = "INCREMENT PROE acmed 20.0 31-dec-2099 1 CONFIG_ID=1 START=14-jun-2027\n";

/// One holds a seat, and another waits for one.
fn with_a_line(lines: &str) -> Host {
    let mut host = Host::new(lines);
    host.open(1);
    host.open(2);
    host.take(1, 1);
    host.checkout_with(2, 1, More { queue: Some(0), ..More::default() });
    assert_eq!(waiting(&host), 1);
    host
}

fn waiting(host: &Host) -> usize {
    host.engine.state().line(&Feature::new("PROE").unwrap()).count()
}

fn set(host: &mut Host, days: i64) {
    host.now.wall = Wall(host.now.wall.0 + days * DAY);
}

fn do_what_is_due(host: &mut Host) {
    while host.run(|engine, now, out| engine.due(now, out)) {}
}

#[test]
fn a_license_that_is_over_gives_nothing_to_the_line_when_its_day_comes_again() {
    let mut host = with_a_line(OVER);
    set(&mut host, -5);
    do_what_is_due(&mut host);
    assert!(host.engine.state().is_clock_back());
    assert_eq!((host.in_use(), waiting(&host)), (1, 1));
    // Somebody asks before what is due is done: the day comes first then, too.
    set(&mut host, 5);
    host.open(3);
    assert!(!host.engine.state().is_clock_back());
    assert_eq!((host.in_use(), waiting(&host)), (1, 1));
}

#[test]
fn a_license_that_begins_after_the_day_that_is_shown_keeps_its_line() {
    for asks_first in [false, true] {
        let mut host = with_a_line(BEGAN);
        set(&mut host, -5);
        if asks_first {
            host.open(3);
        }
        do_what_is_due(&mut host);
        assert_eq!((waiting(&host), host.news()), (1, Vec::new()), "{asks_first}");
    }
}

#[test]
fn nobody_goes_on_waiting_for_a_license_that_ended_while_the_clock_was_set_back() {
    for days in [0, -3] {
        let mut host = with_a_line(ENDS_TODAY);
        set(&mut host, days);
        do_what_is_due(&mut host);
        assert_eq!(waiting(&host), 1, "{days}");
        set(&mut host, 1 - days);
        do_what_is_due(&mut host);
        assert_eq!(waiting(&host), 0, "{days}");
        assert!(matches!(host.news()[..], [(_, News::Hopeless(_))]), "{days}");
    }
}

#[test]
fn nobody_goes_on_waiting_for_a_license_that_has_not_begun_by_a_clock_that_was_reset() {
    let mut host = with_a_line(BEGAN);
    set(&mut host, -5);
    host.open(3);
    do_what_is_due(&mut host);
    host.ask(Ask::ResetClock(7));
    assert_eq!(waiting(&host), 0);
    assert!(matches!(host.news()[..], [(_, News::Hopeless(_))]));
}
