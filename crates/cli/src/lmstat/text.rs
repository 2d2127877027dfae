//! FlexNet's text. Monitors read it with anchored expressions: every blank counts.

mod lines;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use client::{Error, Server};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use proto::v1::{PoolStatus, StatusReply};

use super::view::{FeatureView, Part, features, is_busy, name_of, reserved, word};
use super::{Answer, banner};

/// How times are shown, and where the servers came from.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    pub(crate) zone: TimeZone,
    /// Seconds too (`-asec`).
    pub(crate) seconds: bool,
    /// Whether the servers were named, not read from a file.
    pub(crate) is_detected: bool,
}

/// Where a report's server is.
struct Place {
    host: String,
    port: u32,
}

/// The whole report.
pub(crate) fn render(
    groups: &[Vec<Server>],
    answers: &[Answer],
    part: &Part,
    now: Timestamp,
    style: &Style,
) -> String {
    let mut text = format!("{}\n", banner("lmutil"));
    match part {
        Part::Info(_) => info_note(&mut text),
        Part::VendorsAlone => {
            let _ = writeln!(text, "{}\n", full_date(now, style));
        }
        _ => {
            let _ = writeln!(text, "Flexible License Manager status on {}\n", full_date(now, style));
            if style.is_detected {
                text.push_str("[Detecting lmgrd processes...]\n");
            }
        }
    }
    for (at, (group, answer)) in groups.iter().zip(answers).enumerate() {
        if at > 0 {
            let _ = writeln!(text, "{}", "-".repeat(76));
        }
        match answer {
            Ok((asked, reply)) => one(&mut text, asked, reply, part, style),
            Err(error) => failed(&mut text, group, error),
        }
    }
    text
}

fn one(text: &mut String, asked: &Server, reply: &StatusReply, part: &Part, style: &Style) {
    let server = reply.server.clone().unwrap_or_default();
    let host = Some(plain(&server.host)).filter(|host| !host.is_empty());
    let place = Place {
        host: host.unwrap_or_else(|| asked.host().to_owned()),
        port: if server.port == 0 { u32::from(asked.port()) } else { server.port },
    };
    if let Part::Info(_) = part {
        return info(text, reply, part);
    }
    if *part != Part::VendorsAlone {
        let files: String =
            server.license_files.iter().map(|file| format!("{}:", client::shown(file, 500))).collect();
        let Place { host, port } = &place;
        let _ = writeln!(text, "License server status: {port}@{host}");
        let _ = writeln!(text, "    License file(s) on {host}: {files}\n");
        let _ = writeln!(text, "{host}: license server UP (MASTER) v{}\n", digits(&server.version));
    }
    if *part != Part::ServersAlone {
        vendors(text, reply, part, &place);
    }
    if part.has_pools() {
        usage(text, reply, part, &place, style);
    }
}

fn vendors(text: &mut String, reply: &StatusReply, part: &Part, place: &Place) {
    let _ = writeln!(text, "Vendor daemon status (on {}):\n", place.host);
    for vendor in &reply.vendors {
        let name = word(&vendor.name);
        // The name ends in column 10, and a longer one still has a blank before it.
        let name = format!("{:>10}", format!(" {name}"));
        let _ = if vendor.up {
            writeln!(text, "{name}: UP v{}", digits(&vendor.version))
        } else {
            writeln!(text, "{name}: The desired vendor daemon is down. (-97,121)")
        };
    }
    if reply.vendors.is_empty() && !part.vendor().is_empty() {
        let _ = writeln!(text, "{:>10}: The desired vendor daemon is down. (-97,121)", word(part.vendor()));
    }
}

fn usage(text: &mut String, reply: &StatusReply, part: &Part, place: &Place, style: &Style) {
    text.push_str("Feature usage info:\n\n");
    let features = features(reply, part);
    if features.is_empty() && !part.feature().is_empty() {
        let name = word(part.feature());
        let _ =
            writeln!(text, "Users of {name}: Cannot get users of {name}: No such feature exists. (-5,222)\n");
    }
    for feature in &features {
        let (issued, used) = (feature.issued(), feature.in_use());
        let _ = match feature.is_uncounted() {
            true => writeln!(text, "Users of {}:  (Uncounted, node-locked)\n", feature.name),
            false => writeln!(
                text,
                "Users of {}:  (Total of {} issued;  Total of {} in use)\n",
                feature.name,
                licenses(issued),
                licenses(used)
            ),
        };
        for pool in shown_pools(feature, part) {
            header(text, feature, pool);
            lines::of_pool(text, pool, reply.now_ms, place, style);
        }
    }
}

/// FlexNet shows the pools in use. Where a feature has several configurations, each is shown, and all
/// pools are when one feature is asked for by name.
fn shown_pools<'a>(feature: &FeatureView<'a>, part: &Part) -> Vec<&'a PoolStatus> {
    let configuration = |pool: &PoolStatus| {
        let name = name_of(pool);
        (name.vendor, name.config_id)
    };
    let first = feature.pools.first().map(|pool| configuration(pool));
    let several = feature.pools.iter().any(|pool| Some(configuration(pool)) != first);
    let mut seen = Vec::new();
    let mut shown = Vec::new();
    for pool in &feature.pools {
        let id = configuration(pool);
        let is_new = several && !seen.contains(&id);
        if is_busy(pool) || is_new || !part.feature().is_empty() {
            seen.push(id);
            shown.push(*pool);
        }
    }
    shown
}

fn header(text: &mut String, feature: &FeatureView, pool: &PoolStatus) {
    let name = name_of(pool);
    let _ = writeln!(
        text,
        "  \"{}\" v{}, vendor: {}, expiry: {}",
        feature.name,
        word(&pool.license_version),
        word(&name.vendor),
        expiry(pool)
    );
    if !pool.vendor_string.is_empty() {
        // Nothing in it may be taken for a user's line.
        let shown = client::shown(&pool.vendor_string, 1000).replace(", start ", ",start ");
        let _ = writeln!(text, "  vendor_string: {shown}");
    }
    let cpu = word(&name.cpu_id);
    if pool.uncounted && cpu == "ANY" {
        text.push_str("  uncounted nodelocked license locked to NOTHING (hostid=ANY)\n");
    } else if pool.uncounted {
        let _ = writeln!(text, "  uncounted nodelocked license, locked to \"{cpu}\"");
    } else if pool.locked {
        let _ = writeln!(text, "  nodelocked license, locked to \"{cpu}\"");
    } else {
        text.push_str("  floating license\n");
    }
    // Ours. No expression of a monitor takes it for a line of FlexNet's.
    let _ =
        write!(text, "  configuration: {}, cpu_id: {cpu}, in use: {}", word(&name.config_id), pool.in_use);
    if !pool.uncounted {
        let _ = write!(text, " of {}", pool.capacity);
    }
    let parts = [
        (u64::from(pool.borrowed), "borrowed"),
        (u64::from(pool.lingering), "lingering"),
        (u64::from(pool.booked), "booked"),
        (reserved(pool), "free and reserved"),
    ];
    for (n, what) in parts {
        if n > 0 {
            let _ = write!(text, ", {n} {what}");
        }
    }
    text.push_str(match super::view::standing(pool) {
        "active" => "",
        "expired" => ", expired",
        "not_yet" => ", not yet valid",
        _ => ", no longer licensed",
    });
    text.push_str("\n\n");
}

fn or(text: String, instead: &str) -> String {
    if text.is_empty() { instead.to_owned() } else { text }
}

/// A user's or display's name. Brackets and commas are what monitors know the rest of the line by.
fn field(text: &str) -> String {
    word(text).replace(['(', ')', ','], "_")
}

/// A name of one word of letters, digits, `.`, `-` and `_`, as monitors expect a host to be.
fn plain(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    word(text).chars().map(|c| if allowed(c) { c } else { '_' }).collect()
}

/// The digits and points that a version begins with: monitors allow nothing else behind `v`.
fn digits(version: &str) -> String {
    let number: String = version.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    or(number, "0")
}

fn licenses(n: u64) -> String {
    if n == 1 { "1 license".to_owned() } else { format!("{n} licenses") }
}

fn expiry(pool: &PoolStatus) -> String {
    match word(&pool.expiry).as_str() {
        "permanent" => "permanent(no expiration date)".to_owned(),
        date => date.to_owned(),
    }
}

/// `Mon 2/10/2025 11:26`.
fn full_date(now: Timestamp, style: &Style) -> String {
    now.to_zoned(style.zone.clone()).strftime("%a %-m/%-d/%Y %-H:%M").to_string()
}

/// `Fri 10/20 9:03`: no year, and nothing padded but the minutes.
fn start(since_ms: i64, style: &Style) -> String {
    let time = Timestamp::from_millisecond(since_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    let format = if style.seconds { "%a %-m/%-d %-H:%M:%S" } else { "%a %-m/%-d %-H:%M" };
    time.to_zoned(style.zone.clone()).strftime(format).to_string()
}

/// A server that did not answer, as FlexNet says it.
fn failed(text: &mut String, group: &[Server], error: &Error) {
    let servers: Vec<_> = group.iter().map(ToString::to_string).collect();
    let code = error.code();
    let tried = if let Error::Unreachable { tried } = error { tried.as_slice() } else { &[] };
    let os_error = tried.iter().find(|one| one.code == code).and_then(|one| one.os_error);
    let minor = match os_error {
        Some(number) => {
            format!(",570:{number} \"{}\"", std::io::Error::from_raw_os_error(number))
        }
        None => ",570".to_owned(),
    };
    let minor = match minor.find(" (os error") {
        Some(at) => format!("{}\"", minor.get(..at).unwrap_or_default()),
        None => minor,
    };
    let _ = writeln!(text, "License server status: {}", servers.join(","));
    let _ = writeln!(text, "Error getting status: {} ({}{minor})", code.text(), code.number());
}

fn info_note(text: &mut String) {
    text.push_str(
        "NOTE: lmstat -i does not give information from the server,\n      \
         but only reads the license file.  For this reason,\n      \
         lmstat -a is recommended instead.\n\n",
    );
}

/// What is licensed, a line a pool.
fn info(text: &mut String, reply: &StatusReply, part: &Part) {
    let _ =
        writeln!(text, "{:<31} {:<11} {:<12} {:<13} Expires", "Feature", "Version", "#licenses", "Vendor");
    let _ =
        writeln!(text, "{:<31} {:<11} {:<12} {:<13} ________", "_______", "_________", "_________", "______");
    for feature in features(reply, part) {
        for pool in &feature.pools {
            let _ = writeln!(
                text,
                "{:<32} {:<12} {:<11} {:<12} {}",
                feature.name,
                plain(&pool.license_version),
                // Monitors want a number: FlexNet's is 0.
                if pool.uncounted { 0 } else { pool.capacity },
                word(&name_of(pool).vendor),
                expiry(pool)
            );
        }
    }
}
