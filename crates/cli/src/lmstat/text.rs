//! FlexNet's text. Monitors read it with anchored expressions: every blank counts.

mod lines;
#[cfg(test)]
mod states;
mod table;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use client::{Error, Server, Tried};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use names::Code;
use proto::v1::{PoolStatus, StatusReply};

pub(crate) use lines::names;

use super::ask::{Answer, Answered};
use super::banner;
use super::view::{FeatureView, Part, features, is_busy, name_of, reserved, word};
use crate::args::{Header, LayoutArgs};

/// How times are shown, where the servers came from, and which release's layout it is.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    pub(crate) zone: TimeZone,
    /// Seconds too (`-asec`).
    pub(crate) seconds: bool,
    /// Projects too (`-proj`).
    pub(crate) project: bool,
    /// Whether the servers were named, not read from a file.
    pub(crate) is_detected: bool,
    pub(crate) layout: LayoutArgs,
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
    let has_report = part.servers || part.vendors;
    if part.servers || part.usage {
        let _ = writeln!(text, "Flexible License Manager status on {}\n", full_date(now, style));
        if style.is_detected {
            text.push_str("[Detecting lmgrd processes...]\n");
        }
    } else if part.vendors {
        let _ = writeln!(text, "{}\n", full_date(now, style));
    }
    if part.table && !has_report {
        table::note(&mut text);
    }
    for (at, (group, answer)) in groups.iter().zip(answers).enumerate() {
        if at > 0 {
            let _ = writeln!(text, "{}", "-".repeat(76));
        }
        match answer {
            Ok(answered) => one(&mut text, group, answered, part, style),
            Err(error) => failed(&mut text, group, error),
        }
    }
    text
}

fn one(text: &mut String, group: &[Server], answered: &Answered, part: &Part, style: &Style) {
    let Answered { server: asked, reply, .. } = answered;
    let server = reply.server.clone().unwrap_or_default();
    let host = Some(plain(&server.host)).filter(|host| !host.is_empty());
    let place = Place {
        host: host.unwrap_or_else(|| asked.host().to_owned()),
        port: if server.port == 0 { u32::from(asked.port()) } else { server.port },
    };
    if part.servers {
        servers(text, group, answered, &place);
    }
    if part.vendors {
        vendors(text, reply, part, &place);
    }
    if part.usage {
        usage(text, reply, part, &place, style);
    }
    if part.table {
        if part.servers || part.vendors {
            table::note(text);
        }
        table::of(text, reply, part, style);
    }
}

/// The hosts of a license server: the one that answered, and the others of a triad.
fn servers(text: &mut String, group: &[Server], answered: &Answered, place: &Place) {
    let server = answered.reply.server.clone().unwrap_or_default();
    let files: String = server.license_files.iter().map(|file| format!("{}:", harmless(file, 500))).collect();
    let mut names = Vec::new();
    let mut states = Vec::new();
    for address in group {
        if *address == answered.server {
            names.push(format!("{}@{}", place.port, place.host));
            states.push(format!("{}: license server UP (MASTER) v{}", place.host, digits(&server.version)));
        }
        for (other, outcome) in answered.others.iter().filter(|(other, _)| other == address) {
            names.push(other.to_string());
            states.push(match outcome {
                Ok(version) => format!("{}: license server UP v{}", other.host(), digits(version)),
                Err(tried) => format!("{}: {}", other.host(), failure(tried.code, Some(tried))),
            });
        }
    }
    let _ = writeln!(text, "License server status: {}", names.join(","));
    let _ = writeln!(text, "    License file(s) on {}: {files}\n", place.host);
    let _ = writeln!(text, "{}\n", states.join("\n"));
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
    if reply.vendors.is_empty() && !part.vendor.is_empty() {
        let _ = writeln!(text, "{:>10}: The desired vendor daemon is down. (-97,121)", word(&part.vendor));
    }
}

fn usage(text: &mut String, reply: &StatusReply, part: &Part, place: &Place, style: &Style) {
    text.push_str("Feature usage info:\n\n");
    let features = features(reply, part);
    if features.is_empty() && !part.feature.is_empty() {
        let name = field(&part.feature);
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
            header(text, feature, pool, style);
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
        if is_busy(pool) || is_new || !part.feature.is_empty() {
            seen.push(id);
            shown.push(*pool);
        }
    }
    shown
}

fn header(text: &mut String, feature: &FeatureView, pool: &PoolStatus, style: &Style) {
    let name = name_of(pool);
    let before = if style.layout.header == Header::Flush { "\n" } else { "  " };
    let _ = writeln!(
        text,
        "{before}\"{}\" v{}, vendor: {}, expiry: {}",
        feature.name,
        word(&pool.license_version),
        word(&name.vendor),
        expiry(pool)
    );
    if !pool.vendor_string.is_empty() {
        let _ = writeln!(text, "  vendor_string: {}", harmless(&pool.vendor_string, 1000));
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
    // Ours. No expression of a monitor takes it for a line of FlexNet's: some look for commas.
    let _ =
        write!(text, "  configuration: {}; cpu_id: {cpu}; in use: {}", word(&name.config_id), pool.in_use);
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
            let _ = write!(text, "; {n} {what}");
        }
    }
    text.push_str(match super::view::standing(pool) {
        "active" => "",
        "expired" => "; expired",
        "not_yet" => "; not yet valid",
        _ => "; no longer licensed",
    });
    text.push_str("\n\n");
}

fn or(text: String, instead: &str) -> String {
    if text.is_empty() { instead.to_owned() } else { text }
}

/// A user's or display's name. Brackets and commas are what monitors know the rest of the line by; what is neither
/// ASCII nor a letter or digit is no sign that they know.
fn field(text: &str) -> String {
    let known = |c: char| match c {
        '(' | ')' | ',' => '_',
        c if c.is_ascii() || c.is_alphanumeric() => c,
        c if c.is_whitespace() => ' ',
        _ => '?',
    };
    let shown: String = word(text).chars().map(known).collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
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

/// Free text, of which nothing may be taken for a user's line (those have `, start ` and `) (`) or a server's.
fn harmless(text: &str, chars_max: usize) -> String {
    let shown = client::shown(text, chars_max);
    let mut parts = shown.split(')').map(|part| match part.trim_start() {
        rest if rest.starts_with('(') && rest.len() < part.len() => format!("_{rest}"),
        _ => part.to_owned(),
    });
    let first = parts.next().unwrap_or_default();
    parts
        .fold(first, |text, part| format!("{text}){part}"))
        .replace(", start ", ",start ")
        .replace("license server ", "license_server ")
}

/// A server that did not answer, as FlexNet says it.
fn failed(text: &mut String, group: &[Server], error: &Error) {
    let servers: Vec<_> = group.iter().map(ToString::to_string).collect();
    let tried = if let Error::Unreachable { tried } = error { tried.as_slice() } else { &[] };
    let code = error.code();
    let first = tried.iter().find(|one| one.code == code && one.os_error.is_some());
    let _ = writeln!(text, "License server status: {}", servers.join(","));
    let _ = writeln!(text, "Error getting status: {}", failure(code, first));
}

/// `Cannot connect to license server system. (-15,570:111 "Connection refused")`
fn failure(code: Code, tried: Option<&Tried>) -> String {
    let minor = match tried.and_then(|one| one.os_error) {
        Some(number) => {
            let said = std::io::Error::from_raw_os_error(number).to_string();
            let said = said.split(" (os error").next().unwrap_or_default();
            format!(",570:{number} \"{said}\"")
        }
        None => ",570".to_owned(),
    };
    format!("{} ({}{minor})", code.text(), code.number())
}
