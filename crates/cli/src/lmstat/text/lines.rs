//! The lines of a pool: who holds its seats, who waits, and for whom free ones are reserved.

use std::fmt::Write as _;

use proto::v1::{Holder, Keeping, PoolStatus, Reservation, Waiting};

use super::super::view::{kept, word};
use super::{Place, Style, field, licenses, or, plain, start};

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
        reserved(text, reservation, place);
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
    let _ = write!(
        text,
        "    {} {}{}{}{} (v{}) ({}/{} {}), start {}",
        or(field(&holder.user), "unknown"),
        or(plain(&holder.host), "unknown"),
        behind(&holder.display),
        behind(&holder.data),
        behind(&job),
        plain(version),
        place.host,
        place.port,
        holder.grant,
        start(holder.since_ms, style)
    );
    if holder.seats > 1 {
        let _ = write!(text, ", {} licenses", holder.seats);
    }
    if let Some((from, until)) = kept(holder) {
        let seconds = |ms: i64| ms.max(0) / 1000;
        let total = seconds(until.saturating_sub(from));
        let remaining = seconds(until.saturating_sub(now_ms)).min(total);
        let _ = write!(text, "  (linger: {remaining} / {total})");
    }
    text.push('\n');
}

/// A request in line; its place stands where a user's handle does.
fn queued(text: &mut String, pool: &PoolStatus, waiting: &Waiting, at: usize, place: &Place) {
    let version = if waiting.version.is_empty() { &pool.license_version } else { &waiting.version };
    let data = if waiting.data.is_empty() { version } else { &waiting.data };
    let _ = writeln!(
        text,
        "    {} {}{}{} (v{}) ({}/{} {at}) queued for {}",
        or(field(&waiting.user), "unknown"),
        or(plain(&waiting.host), "unknown"),
        behind(&waiting.display),
        behind(data),
        plain(version),
        place.host,
        place.port,
        licenses(u64::from(waiting.seats)),
    );
}

fn reserved(text: &mut String, reservation: &Reservation, place: &Place) {
    let s = if reservation.seats == 1 { "" } else { "s" };
    let (seats, who) = (reservation.seats, field(&reservation.who));
    let _ = writeln!(text, "\t{seats} RESERVATION{s} for {who} ({}/{})", place.host, place.port);
}

/// A word behind another one; nothing for none.
fn behind(text: &str) -> String {
    match word(text).as_str() {
        "" => String::new(),
        _ => format!(" {}", field(text)),
    }
}
