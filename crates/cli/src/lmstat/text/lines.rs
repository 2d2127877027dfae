//! The lines of a pool: who holds its seats, who waits, and for whom free ones are reserved.

use std::fmt::Write as _;

use proto::v1::{Holder, Keeping, PoolStatus, Reservation, Waiting};

use super::super::view::seconds_kept;
use super::{Place, Style, digits, field, licenses, or, plain, start};
use crate::args::{Indent, LingerForm, YesNo};

/// All of them, and an empty line behind.
pub(super) fn of_pool(text: &mut String, pool: &PoolStatus, now_ms: i64, place: &Place, style: &Style) {
    let before = text.len();
    for holder in &pool.holders {
        user(text, pool, holder, now_ms, place, style);
    }
    for (at, waiting) in pool.waiting.iter().enumerate() {
        queued(text, pool, waiting, at + 1, place);
    }
    for reservation in &pool.reservations {
        reserved(text, reservation, place, style);
    }
    if text.len() > before {
        text.push('\n');
    }
}

fn user(text: &mut String, pool: &PoolStatus, holder: &Holder, now_ms: i64, place: &Place, style: &Style) {
    let version = if holder.version.is_empty() { &pool.license_version } else { &holder.version };
    // A booking has no data yet: its job stands there.
    let job = match holder.keeping() {
        Keeping::Booked => format!("job:{}", holder.job),
        _ => String::new(),
    };
    let project = match holder.project.as_str() {
        name if style.project && !name.is_empty() => format!("project:{name}"),
        _ => String::new(),
    };
    let _ = write!(
        text,
        "    {} (v{}) ({}/{} {}), start {}",
        who(&holder.user, &holder.host, &[&holder.display, &holder.data, &job, &project]),
        in_brackets(version),
        place.host,
        place.port,
        holder.grant,
        start(holder.since_ms, style)
    );
    if holder.seats > 1 {
        let _ = write!(text, ", {} licenses", holder.seats);
    }
    if let Some((remaining, total)) = seconds_kept(holder, now_ms) {
        let _ = match style.layout.linger {
            LingerForm::Both => write!(text, "  (linger: {remaining} / {total})"),
            LingerForm::Total => write!(text, " (linger: {total})"),
            LingerForm::Remaining => write!(text, " (linger: {remaining})"),
        };
    }
    // Nobody's process holds a seat that is kept.
    else if style.layout.pid == YesNo::Yes && holder.pid > 0 {
        let _ = write!(text, ", PID: {}", holder.pid);
    }
    text.push('\n');
}

/// A request in line; its place stands where a user's handle does. Monitors want a display in it.
fn queued(text: &mut String, pool: &PoolStatus, waiting: &Waiting, at: usize, place: &Place) {
    let has_none = field(&waiting.display).is_empty() && field(&waiting.data).is_empty();
    let display = if has_none { "-" } else { &waiting.display };
    let version = if waiting.version.is_empty() { &pool.license_version } else { &waiting.version };
    let _ = writeln!(
        text,
        "    {} {} (v{}) ({}/{} {at}) queued for {}",
        who(&waiting.user, &waiting.host, &[display, &waiting.data]),
        digits(version),
        in_brackets(version),
        place.host,
        place.port,
        licenses(u64::from(waiting.seats)),
    );
}

/// A version as monitors expect it behind `(v`.
fn in_brackets(version: &str) -> String {
    or(plain(version).replace('-', "_"), "0")
}

fn reserved(text: &mut String, reservation: &Reservation, place: &Place, style: &Style) {
    let indent = if style.layout.reservation == Indent::Tab { "\t" } else { "        " };
    let s = if reservation.seats == 1 { "" } else { "s" };
    let (seats, who) = (reservation.seats, field(&reservation.who));
    let _ = writeln!(text, "{indent}{seats} RESERVATION{s} for {who} ({}/{})", place.host, place.port);
}

/// The user, host and display of a seat, each as its line shows it.
pub(crate) fn names(holder: &Holder) -> [String; 3] {
    let Holder { user, host, display, .. } = holder;
    [or(field(user), "unknown"), or(plain(host), "unknown"), field(display)]
}

/// Who it is: the user, the host, and what there is of the rest.
fn who(user: &str, host: &str, rest: &[&str]) -> String {
    let mut who = format!("{} {}", or(field(user), "unknown"), or(plain(host), "unknown"));
    for text in rest.iter().map(|text| field(text)).filter(|text| !text.is_empty()) {
        who.push(' ');
        who.push_str(&text);
    }
    // A number, a word and `for`: so begins a reservation.
    let first = who.split(' ').next().unwrap_or_default();
    if first.bytes().all(|b| b.is_ascii_digit()) { who.replace(" for ", " for_") } else { who }
}
