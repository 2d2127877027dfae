//! What ends as a calendar (RFC 5545).

use super::reminders::{Ends, REMIND_DAYS, name};
use crate::Context;
use names::Date;

/// A calendar of what ends (RFC 5545), with an alarm on each of [`REMIND_DAYS`]. The same end has the same UID in each.
#[must_use]
pub fn ics(ends: &[Ends], ctx: &Context<'_>) -> String {
    let mut out = String::new();
    for text in
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Seatkeeper//Seatkeeper//EN", "CALSCALE:GREGORIAN"]
    {
        put(&mut out, text);
    }
    let minutes = ctx.now.0.div_euclid(60_000).rem_euclid(24 * 60);
    let stamp = format!("{}T{:02}{:02}00Z", compact(ctx.today()), minutes / 60, minutes % 60);
    for one in ends {
        event(&mut out, one, &stamp);
    }
    put(&mut out, "END:VCALENDAR");
    out
}

fn event(out: &mut String, ends: &Ends, stamp: &str) {
    let title = escaped(&ends.title);
    put(out, "BEGIN:VEVENT");
    put(out, &format!("UID:{}-{}@seatkeeper", ends.kind.word(), name(ends).replace('/', "-")));
    put(out, &format!("DTSTAMP:{stamp}"));
    put(out, &format!("DTSTART;VALUE=DATE:{}", compact(ends.on)));
    if let Some(next) = Date::from_days(ends.on.days() + 1) {
        put(out, &format!("DTEND;VALUE=DATE:{}", compact(next)));
    }
    put(out, &format!("SUMMARY:{title}"));
    put(out, &format!("DESCRIPTION:{}", escaped(&ends.of)));
    put(out, &format!("CATEGORIES:{}", ends.kind.word()));
    put(out, "TRANSP:TRANSPARENT");
    for days in REMIND_DAYS {
        put(out, "BEGIN:VALARM");
        put(out, "ACTION:DISPLAY");
        put(out, &format!("TRIGGER:-P{days}D"));
        put(out, &format!("DESCRIPTION:{title}"));
        put(out, "END:VALARM");
    }
    put(out, "END:VEVENT");
}

fn compact(date: Date) -> String {
    let (year, month, day) = date.ymd();
    format!("{year:04}{month:02}{day:02}")
}

/// A text value: what divides is escaped, and no control character is left.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A content line: at most 75 octets, then folded before a character.
fn put(out: &mut String, line: &str) {
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > 75 {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(c);
        octets += c.len_utf8();
    }
    out.push_str("\r\n");
}
