//! A line of the log in FlexNet's format.

use std::io::Write as _;

use super::clock::Clock;
use super::traffic::{LineKind, Reason, Traffic, minor};
use super::word::{Place, word};

/// The daemon that a line is of, where it is no vendor's.
pub(super) const LMGRD: &str = "lmgrd";

/// Writes `hh:mm:ss (daemon) `.
pub(super) fn begin(out: &mut Vec<u8>, clock: &Clock, daemon: &str) {
    for part in [clock.text(), " (", daemon, ") "] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Writes a line of seats, without what `begin` writes and without its end.
pub(super) fn traffic(out: &mut Vec<u8>, traffic: &Traffic<'_>, clock: Option<&Clock>) {
    out.extend_from_slice(traffic.kind.word().as_bytes());
    out.extend_from_slice(b": \"");
    out.extend_from_slice(traffic.feature.as_str().as_bytes());
    out.extend_from_slice(b"\" ");
    if traffic.kind == LineKind::Unsupported {
        out.extend_from_slice(b"(PORT_AT_HOST_PLUS   ) ");
    }
    match traffic.who {
        Some(who) => {
            word(out, who.user.as_str(), Place::Text);
            out.push(b'@');
            word(out, who.host.as_str(), Place::Host);
        }
        None => out.extend_from_slice(b"?@?"),
    }
    if let Some(data) = traffic.data.filter(|data| !data.as_str().is_empty()) {
        out.extend_from_slice(b" [");
        word(out, data.as_str(), Place::Text);
        out.push(b']');
    }
    if traffic.seats != 1 && !matches!(traffic.reason, Reason::Code(_)) {
        // A Vec takes everything.
        let _ = write!(out, "  ({} licenses) ", traffic.seats);
    }
    reason(out, traffic);
    if let Some(clock) = clock {
        verbose(out, traffic, clock);
    }
}

fn reason(out: &mut Vec<u8>, traffic: &Traffic<'_>) {
    let _ = match traffic.reason {
        Reason::None => Ok(()),
        Reason::Word(why) => {
            // The number of licenses ends with a blank of its own.
            let blanks = if traffic.seats == 1 { "  " } else { " " };
            write!(out, "{blanks}({why})")
        }
        Reason::Code(code) => write!(out, "  ({} ({},{}))", code.text(), code.number(), minor(code)),
    };
}

/// `^^^ ver user ip pid handle in_use out_of project flex_version flex_revision date time is_dup_group ^^^`
fn verbose(out: &mut Vec<u8>, traffic: &Traffic<'_>, clock: &Clock) {
    let field = |out: &mut Vec<u8>, text: &str| {
        word(out, text, Place::Field);
        out.push(b' ');
    };
    let number = |out: &mut Vec<u8>, number: Option<u32>| match number {
        Some(number) => field(out, &number.to_string()),
        None => field(out, ""),
    };
    out.extend_from_slice(b" ^^^ ");
    field(out, &traffic.version.to_string());
    let who = traffic.who;
    field(out, who.map_or("", |who| who.user.as_str()));
    field(out, &who.and_then(|who| who.address).map_or_else(String::new, |address| address.to_string()));
    number(out, who.map(|who| who.pid));
    field(out, &traffic.handle.to_string());
    number(out, traffic.in_use.map(|(in_use, _)| in_use));
    number(out, traffic.in_use.map(|(_, limit)| limit));
    field(out, who.map_or("", |who| who.project.as_str()));
    let (version, revision) = env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap_or(("0", "0"));
    for text in [version, revision, &clock.date(), &clock.padded(), "0"] {
        field(out, text);
    }
    out.extend_from_slice(b"^^^");
}
