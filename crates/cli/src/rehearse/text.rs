//! What a rehearsal found, in words.

use std::fmt::Write as _;

use names::{Code, Date, Vendor};

use super::found::{Difference, Found, Use, What};
use super::ledger::Key;
use super::log::Log;
use super::site::Site;
use super::survey::Survey;
use super::zone::Zone;
use crate::flexlog::{Kind, Moment};
use crate::licenses::words::{Row, table};

/// So many daemons, and features, that no license line has are named.
const NAMED: usize = 20;

/// All that is known.
pub(crate) struct Report<'a> {
    pub(crate) log: &'a Log,
    pub(crate) site: &'a Site,
    pub(crate) zone: &'a Zone,
    pub(crate) survey: &'a Survey,
    pub(crate) found: &'a Found,
}

impl Report<'_> {
    /// The summary, the features, then the differences.
    pub(crate) fn text(&self) -> String {
        let mut text = self.head();
        self.causes(&mut text);
        self.features(&mut text);
        self.differences(&mut text);
        let notes = self.notes();
        if !notes.is_empty() {
            text.push_str("\nnotes:\n");
        }
        for note in notes {
            let _ = writeln!(text, "  {note}");
        }
        text
    }

    fn head(&self) -> String {
        let found = self.found;
        let mut text = format!("{}: {}", self.log.names().join(", "), many(self.survey.days.lines, "line"));
        if let (Some(first), Some(last)) = (&self.survey.first, &found.last) {
            let _ = write!(text, ", {} to {} ({})", shown(first), shown(last), self.zone.name());
        }
        let events: Vec<_> = found.events.iter().map(|(kind, n)| format!("{n} {}", word(*kind))).collect();
        let all: u64 = found.events.values().sum();
        let _ = write!(text, "\n{}", many(all, "event"));
        if !events.is_empty() {
            let _ = write!(text, ": {}", events.join(", "));
        }
        let same =
            [(found.same_grants, "grant"), (found.same_denials, "denial"), (found.same_queued, "place")];
        let same: Vec<_> = same.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| many(n, what)).collect();
        let same = if same.is_empty() { "nothing".to_owned() } else { same.join(", ") };
        let _ = writeln!(text, "\nthe same: {same}");
        match found.differences() {
            0 => text.push_str("nothing differs\n"),
            n => {
                let _ = writeln!(text, "different: {n}");
            }
        }
        for (what, _, words) in What::ALL {
            if let Some(n) = found.differs.get(&what) {
                let _ = writeln!(text, "  {n}  {words}");
            }
        }
        text
    }

    fn causes(&self, text: &mut String) {
        let mut causes: Vec<_> = self.found.causes.iter().collect();
        if causes.is_empty() {
            return;
        }
        causes.sort_by_key(|(_, cause)| std::cmp::Reverse(cause.same + cause.differs));
        text.push_str("\ndenials here by cause:\n");
        for ((words, code), cause) in causes {
            let _ = write!(text, "  {}  {} ({code})", cause.same + cause.differs, client::shown(words, 300));
            match (cause.same, cause.differs) {
                (_, 0) => {}
                (0, _) => text.push_str(", otherwise than in the log"),
                (_, n) => {
                    let _ = write!(text, ", {n} of them otherwise than in the log");
                }
            }
            text.push('\n');
        }
    }

    fn features(&self, text: &mut String) {
        let known = self.found.features.iter().filter(|(_, of)| of.is_licensed);
        let rows: Vec<Row> = known
            .map(|((vendor, feature), of)| {
                let seats = of.seats.map_or("uncounted".to_owned(), |seats| seats.to_string());
                let Use { events, peak_there, peak_here, .. } = of;
                let cells = vec![
                    client::shown(self.found.names.name(*feature), 80),
                    self.vendor(*vendor).to_owned(),
                    seats,
                    events.to_string(),
                    peak_there.to_string(),
                    peak_here.to_string(),
                ];
                Row { cells, notes: Vec::new() }
            })
            .collect();
        if !rows.is_empty() {
            let head = ["FEATURE", "VENDOR", "SEATS", "EVENTS", "PEAK IN LOG", "PEAK HERE"];
            let _ = write!(text, "\n{}", table(&head, &rows));
        }
    }

    fn differences(&self, text: &mut String) {
        let found = self.found;
        if found.shown.is_empty() {
            return;
        }
        text.push_str("\ndifferences:\n");
        for one in &found.shown {
            let _ = writeln!(text, "  {}", self.headline(one));
            let _ = writeln!(text, "    log:  {}", there(one));
            let _ = writeln!(text, "    here: {}", client::shown(&one.here, 1_000));
            if let Some(cause) = one.cause.as_deref().filter(|_| one.rule.is_some()) {
                let _ = writeln!(text, "    by:   {}", client::shown(cause, 300));
            }
        }
        let more = found.differences() - found.shown.len() as u64;
        if more > 0 {
            let _ = writeln!(text, "  and {more} more (--all shows up to 100,000)");
        }
    }

    /// `lmgrd.log:14  02-mar-2026 10:12:33  DENIED mill lee@ws4`
    fn headline(&self, one: &Difference) -> String {
        let place = one.place.map_or("before the log".to_owned(), |place| self.log.place(place));
        let when = one.moment.as_ref().map_or(String::new(), shown);
        let seats = if one.seats > 1 { format!(" ({} seats)", one.seats) } else { String::new() };
        let (feature, who) = (self.feature(one.key), self.who(one.key));
        format!("{place}  {when}  {} {feature}{seats} {who}", word(one.kind))
    }

    /// `kim@ws1`
    pub(crate) fn who(&self, key: Key) -> String {
        let name = |id| client::shown(self.found.names.name(id), 80);
        format!("{}@{}", name(key.user), name(key.host))
    }

    /// The feature's name.
    pub(crate) fn feature(&self, key: Key) -> &str {
        self.found.names.name(key.feature)
    }

    /// The vendor's name.
    pub(crate) fn vendor(&self, at: usize) -> &str {
        self.site.vendors.get(at).map_or("", Vendor::as_str)
    }

    /// What else is to be known.
    pub(crate) fn notes(&self) -> Vec<String> {
        let (found, survey) = (self.found, self.survey);
        let mut notes: Vec<String> = survey.assumed.map(ToOwned::to_owned).into_iter().collect();
        let mut note = |n: u64, words: String| notes.extend((n > 0).then_some(words));
        note(
            survey.days.backs,
            format!(
                "the log goes back to a day before {} times; time stands still meanwhile",
                survey.days.backs
            ),
        );
        note(
            u64::from(survey.outs > 0 && survey.ins == 0),
            "the log has no IN line (NOLOG IN?), so no seat comes back".into(),
        );
        note(found.held_before, format!("{} held before the log began", many(found.held_before, "seat")));
        note(
            found.passed_over,
            format!("{} of seats that were refused here, passed over", many(found.passed_over, "checkin")),
        );
        note(
            found.without_out,
            format!("{} of more seats than were out, passed over", many(found.without_out, "checkin")),
        );
        note(
            found.freed_by_start,
            format!("{} freed by the start of a daemon", many(found.freed_by_start, "seat")),
        );
        let unlicensed = found.features.iter().filter(|(_, of)| !of.is_licensed);
        let unlicensed: Vec<_> = unlicensed
            .map(|((_, feature), of)| (client::shown(found.names.name(*feature), 80), of.events))
            .collect();
        for (name, events) in found.others.iter().take(NAMED) {
            note(
                *events,
                format!(
                    "{} of {name}, of which there is no license line, passed over",
                    many(*events, "event")
                ),
            );
        }
        let more = found.others.len().saturating_sub(NAMED) as u64;
        note(more, format!("events of {more} more such daemons"));
        for (name, events) in unlicensed.iter().take(NAMED) {
            note(*events, format!("{} of {name}, which is in no license line", many(*events, "event")));
        }
        let more = unlicensed.len().saturating_sub(NAMED) as u64;
        note(more, format!("events of {more} more features that are in no license line"));
        note(found.unread, format!("{} cannot be read:", many(found.unread, "line")));
        for (place, line) in &found.unread_shown {
            note(1, format!("  {}: {line}", self.log.place(*place)));
        }
        notes.extend(self.site.notes.iter().cloned());
        notes
    }
}

/// What the log says became of it.
pub(super) fn there(one: &Difference) -> String {
    let code = one.code_there.map(|number| match Code::from_number(number) {
        Some(code) => code.to_string(),
        None => format!("({number})"),
    });
    match one.kind {
        Kind::Out if one.place.is_none() => "held".to_owned(),
        Kind::Out | Kind::In => "granted".to_owned(),
        Kind::Queued => "put in line".to_owned(),
        _ => code.map_or("denied".to_owned(), |code| format!("denied: {code}")),
    }
}

/// FlexNet's word.
pub(super) fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Out => "OUT",
        Kind::In => "IN",
        Kind::Denied => "DENIED",
        Kind::Unsupported => "UNSUPPORTED",
        Kind::Queued => "QUEUED",
        Kind::Dequeued => "DEQUEUED",
    }
}

/// `02-mar-2026 10:12:33`, as the log's clock showed it.
pub(super) fn shown(moment: &Moment) -> String {
    let day = Date::from_days(moment.day).map_or("?".to_owned(), |day| day.to_string());
    let second = moment.second;
    format!("{day} {:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
}

fn many(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}
