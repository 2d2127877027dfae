//! A wall clock that was set back, at the real daemon: it starts, says so, serves what has no date, and
//! serves the rest when an administrator says that the clock is right.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod support;

use std::time::Duration;

use support::tool::said;
use support::{Daemon, Site};

const PACK: &str = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n\
    INCREMENT mill acmed 4.2 31-dec-2099 2 CONFIG_ID=11470 SEAT=FLOATING\n\
    INCREMENT lathe acmed 4.2 permanent 2 CONFIG_ID=11471 SEAT=FLOATING\n\
    INCREMENT drill acmed 4.2 permanent 2 CONFIG_ID=11472 SEAT=FLOATING START=1-jan-2020\n";
const TEN_DAYS: Duration = Duration::from_secs(10 * 86_400);

fn run(site: &Site, daemon: &Daemon, feature: &str) -> (i32, String) {
    said(site, daemon, &format!("run {feature} -- true"))
}

#[test]
fn lf_21_lf_22_a_clock_that_was_ahead_keeps_dated_seats_back_until_an_administrator_resets_it() {
    let site = Site::with_packs(&[PACK]);
    let latest = site.clock_was_ahead(TEN_DAYS);
    let daemon = site.start();
    let log = daemon.log();
    let warned = log.lines().find(|line| line.contains("WARN") && line.contains("the clock was set back"));
    let warned = warned.unwrap_or_else(|| panic!("it says nothing:\n{log}")).to_owned();
    assert!(
        warned.contains(&format!("latest={latest}")) && warned.contains("seatkeeper clock-reset"),
        "{warned}"
    );

    for feature in ["mill", "drill"] {
        let (status, text) = run(&site, &daemon, feature);
        assert_eq!(status, 125, "{text}");
        // A moment later it is not ten days any more.
        let words = "System clock has been set back. (-88)";
        for part in [words, &*latest.to_string(), "9 days behind", "seatkeeper clock-reset"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let (_, explained) = said(&site, &daemon, &format!("explain {feature} --as kim@ws1"));
        assert!(explained.contains("(-88)"), "{explained}");
    }
    assert_eq!(run(&site, &daemon, "lathe"), (0, String::new()), "what has no date is served");

    // Over a restart it is the same.
    daemon.kill9();
    let daemon = site.start();
    assert_eq!(run(&site, &daemon, "mill").0, 125);

    let (status, text) = said(&site, &daemon, "clock-reset");
    assert_eq!((status, text.contains(&latest.to_string())), (0, true), "{text}");
    let by = format!("by={}", rustix::process::getuid().as_raw());
    let log = daemon.log();
    let told = log.lines().find(|line| line.contains("an administrator said that the clock is right"));
    assert!(told.is_some_and(|line| line.contains(&by)), "{log}");
    assert!(log.contains("the clock is not set back any more"), "it is said before the answer: {log}");
    assert_eq!(run(&site, &daemon, "mill"), (0, String::new()));
    let (status, text) = said(&site, &daemon, "clock-reset");
    assert!(status != 0 && text.contains("nothing to reset") && text.contains("(-42)"), "{status} {text}");

    daemon.kill9();
    let daemon = site.start();
    assert_eq!(run(&site, &daemon, "mill"), (0, String::new()));
    assert_eq!(daemon.log().matches("the clock was set back").count(), 2, "at the two starts before");
}

#[test]
fn lf_21_a_day_behind_is_no_clock_that_was_set_back() {
    let site = Site::with_packs(&[PACK]);
    site.clock_was_ahead(Duration::from_secs(24 * 3_600 - 60));
    let daemon = site.start();
    assert_eq!(run(&site, &daemon, "mill"), (0, String::new()));
    assert!(!daemon.log().contains("the clock was set back"), "{}", daemon.log());
}
