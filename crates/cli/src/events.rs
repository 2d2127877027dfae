//! `events`: what happened on the license host, as its journal has it.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};

use client::Admin;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use names::Code;
use proto::v1;
use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use crate::args::EventsArgs;
use crate::fail::Failure;
use crate::out;

const SCHEMA: &str = "seatkeeper.events/1";
/// Of kinds and fields, as the daemon tells it.
const VERSION: u32 = 1;
/// Characters of a value that are shown.
const VALUE_MAX: usize = 300;
/// Fields that stand behind others in a line: who asked for how much of what.
const TOGETHER: [&str; 5] = ["feature", "version", "user", "host", "seats"];
/// Fields that a line leaves out; `--json` has them.
const LEFT_OUT: [&str; 4] = ["vendor", "cpu_id", "session", "reason"];

/// `events`
pub(crate) async fn events(args: EventsArgs) -> Result<u8, Failure> {
    let mut admin = Admin::connect(&args.socket.socket).await?;
    let reader = args.reader.unwrap_or_default();
    if args.forget {
        acknowledge(&mut admin, &reader, 0, true).await?;
        out::print(&format!("forgotten: the reader {}\n", client::shown(&reader, VALUE_MAX)))?;
        return Ok(0);
    }
    let asked = v1::EventsRequest { reader: reader.clone(), from: args.from, follow: args.follow };
    let mut events = admin.events(asked).await?;
    while let Some(part) = events.next().await? {
        if part.version != VERSION {
            let message = format!("the daemon tells events of version {}", part.version);
            return Err(Failure::new(Code::BadServerData, message, "use the tools of its release"));
        }
        let text = if args.json { json(&part)? } else { text(&part, &TimeZone::system()) };
        if !print(&text)? {
            // Whoever read this has gone: it is told again.
            return Ok(0);
        }
        let last = part.gap.as_ref().map(|gap| gap.to).or_else(|| part.events.last().map(|event| event.seq));
        if let Some(last) = last.filter(|_| !reader.is_empty()) {
            acknowledge(&mut admin, &reader, last, false).await?;
        }
    }
    if args.follow {
        let message = "the daemon has ended the stream: it stops";
        return Err(Failure::new(Code::NoConnection, message, "follow again when it is started again"));
    }
    Ok(0)
}

async fn acknowledge(admin: &mut Admin, reader: &str, upto: u64, forget: bool) -> Result<(), Failure> {
    let request = v1::AcknowledgeEventsRequest { reader: reader.to_owned(), upto, forget };
    admin.acknowledge_events(request).await?;
    Ok(())
}

/// Writes text, and says whether anybody reads it.
fn print(text: &str) -> Result<bool, Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::system("cannot write to standard output", &error)),
    }
}

/// A line an event.
fn text(part: &v1::EventsPart, zone: &TimeZone) -> String {
    let mut text = String::new();
    for event in &part.events {
        let _ = writeln!(text, "{}", line(event, zone));
    }
    if let Some(gap) = &part.gap {
        let _ = writeln!(
            text,
            "{}  gap  the events {} to {} are gone: this reader was too late for them",
            gap.from, gap.from, gap.to
        );
    }
    text
}

/// `1234  2026-11-22 10:15:02 +00:00  granted  mill 4.2  kim@ws01  1 seat  configuration 11470  grant 1230`
fn line(event: &v1::JournalEvent, zone: &TimeZone) -> String {
    let at = Timestamp::from_millisecond(event.time_ms).unwrap_or_default().to_zoned(zone.clone());
    let shown = |text: &str| client::shown(text, VALUE_MAX);
    let mut parts =
        vec![event.seq.to_string(), at.strftime("%Y-%m-%d %H:%M:%S %:z").to_string(), shown(&event.kind)];
    let value = |name: &str| value(event, name).map(shown);
    if let Some(feature) = value("feature") {
        parts
            .push(value("version").map_or_else(|| feature.clone(), |version| format!("{feature} {version}")));
    }
    if let Some(user) = value("user") {
        parts.push(format!("{user}@{}", value("host").unwrap_or_default()));
    }
    if let Some(seats) = value("seats") {
        parts.push(format!("{seats} seat{}", if seats == "1" { "" } else { "s" }));
    }
    for field in &event.fields {
        let name = field.name.as_str();
        if TOGETHER.contains(&name) || LEFT_OUT.contains(&name) {
            continue;
        }
        if name == "code" {
            let reason = value("reason").unwrap_or_default();
            parts.push(format!("{reason} ({})", shown(&field.value)));
        } else {
            parts.push(format!("{} {}", shown(name), shown(&field.value)));
        }
    }
    parts.join("  ")
}

fn value<'a>(event: &'a v1::JournalEvent, name: &str) -> Option<&'a str> {
    event.fields.iter().find(|field| field.name == name).map(|field| field.value.as_str())
}

#[derive(Debug, Serialize)]
struct EventJson<'a> {
    schema: &'static str,
    seq: u64,
    time: String,
    kind: &'a str,
    #[serde(serialize_with = "in_order")]
    fields: &'a [v1::EventField],
}

#[derive(Debug, Serialize)]
struct GapJson {
    schema: &'static str,
    kind: &'static str,
    from: u64,
    to: u64,
}

fn in_order<S: Serializer>(fields: &&[v1::EventField], to: S) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(Some(fields.len()))?;
    for field in *fields {
        map.serialize_entry(&field.name, &field.value)?;
    }
    map.end()
}

/// An object an event, one a line.
pub(crate) fn json(part: &v1::EventsPart) -> Result<String, Failure> {
    let mut text = String::new();
    for event in &part.events {
        let time = Timestamp::from_millisecond(event.time_ms).unwrap_or_default().to_string();
        let (seq, kind, fields) = (event.seq, event.kind.as_str(), event.fields.as_slice());
        text.push_str(&out::json_line(&EventJson { schema: SCHEMA, seq, time, kind, fields })?);
    }
    if let Some(gap) = &part.gap {
        let json = GapJson { schema: SCHEMA, kind: "gap", from: gap.from, to: gap.to };
        text.push_str(&out::json_line(&json)?);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(kind: &str, fields: &[(&str, &str)]) -> v1::JournalEvent {
        let field = |(name, value): &(&str, &str)| v1::EventField {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        };
        let fields = fields.iter().map(field).collect();
        v1::JournalEvent { seq: 1234, time_ms: 1_795_342_502_000, kind: kind.into(), fields }
    }

    #[test]
    fn an_event_is_a_line() {
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        let who =
            [("feature", "mill"), ("version", "4.2"), ("user", "kim"), ("host", "ws01"), ("seats", "2")];
        let denied = [&who[..], &[("session", "7"), ("code", "-4"), ("reason", "All taken.")]].concat();
        let granted =
            [&who[..], &[("vendor", "acmed"), ("configuration", "11470"), ("grant", "1234")]].concat();
        let forged = [("user", "kim\n1235  x\u{1b}[2J"), ("host", "ws01")];
        for (kind, fields, shown) in [
            ("started", &[][..], "started"),
            ("granted", &granted, "granted  mill 4.2  kim@ws01  2 seats  configuration 11470  grant 1234"),
            ("denied", &denied, "denied  mill 4.2  kim@ws01  2 seats  All taken. (-4)"),
            ("returned", &[("grant", "9"), ("why", "checkin")], "returned  grant 9  why checkin"),
        ] {
            let line = line(&event(kind, fields), &zone);
            assert_eq!(line, format!("1234  2026-11-22 11:15:02 +01:00  {shown}"));
        }
        let line = line(&event("session-opened", &forged), &zone);
        assert!(!line.contains(['\n', '\u{1b}']), "{line:?}");
    }

    #[test]
    fn json_is_an_object_a_line_with_the_fields_in_their_order() {
        let events = vec![event("granted", &[("seats", "1"), ("feature", "mill\n")])];
        let gap = Some(v1::EventsGap { from: 3, to: 9 });
        assert_eq!(
            json(&v1::EventsPart { version: VERSION, events, gap }).unwrap(),
            "{\"schema\":\"seatkeeper.events/1\",\"seq\":1234,\"time\":\"2026-11-22T10:15:02Z\",\"kind\":\"granted\",\
             \"fields\":{\"seats\":\"1\",\"feature\":\"mill\\n\"}}\n\
             {\"schema\":\"seatkeeper.events/1\",\"kind\":\"gap\",\"from\":3,\"to\":9}\n"
        );
    }

    #[test]
    fn a_gap_is_told_with_its_ends() {
        let gap = Some(v1::EventsGap { from: 3, to: 9 });
        let part = v1::EventsPart { version: VERSION, events: Vec::new(), gap };
        assert!(text(&part, &TimeZone::UTC).contains("the events 3 to 9 are gone"));
    }
}
