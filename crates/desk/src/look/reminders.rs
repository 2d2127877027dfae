//! What ends soon, whom it concerns, and a calendar of it.

use std::collections::BTreeSet;

use names::{Date, Email, Expiry};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::link::Sight;
use super::seats::email;
use crate::{Actor, Context, CustomerNumber, Desk, Power, text};

/// So many days before an end a reminder is due.
pub const REMIND_DAYS: [u32; 4] = [90, 30, 7, 1];

/// What ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EndKind {
    /// A license.
    License,
    /// Its maintenance.
    Maintenance,
    /// Somebody's seat.
    Assignment,
    /// A borrowed seat.
    Borrow,
    /// A key.
    Key,
}

impl EndKind {
    fn word(self) -> &'static str {
        match self {
            Self::License => "license",
            Self::Maintenance => "maintenance",
            Self::Assignment => "assignment",
            Self::Borrow => "borrow",
            Self::Key => "key",
        }
    }
}

/// Something that ends on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ends {
    /// What it is.
    pub kind: EndKind,
    /// Which one: the same text always means the same thing.
    pub of: String,
    /// In a line.
    pub title: String,
    /// Whose license it is.
    #[serde(serialize_with = "text::shown_option::serialize")]
    pub company: Option<CustomerNumber>,
    /// Whose seat it is.
    #[serde(serialize_with = "text::shown_option::serialize")]
    pub email: Option<Email>,
    /// The last day.
    #[serde(serialize_with = "text::shown::serialize")]
    pub on: Date,
}

/// A reminder that is due.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reminder {
    /// Its name for [`crate::Command::Reminded`], which keeps it from being sent again.
    pub key: String,
    /// Of what.
    pub ends: Ends,
    /// Days left, 0 on the last day.
    pub days_left: u32,
    /// Whom it concerns: whose seat it is, or who has Licensing or Reporting and the company's contact. None
    /// for what concerns the license host.
    pub to: Vec<String>,
}

impl Desk {
    /// All that ends today or later: licenses, assignments, and what is given: maintenance, borrowed seats, keys.
    /// By day.
    #[must_use]
    pub fn endings(&self, ctx: &Context<'_>, more: &[Ends]) -> Vec<Ends> {
        let today = ctx.today();
        let mut all = self.license_ends(ctx);
        all.extend(self.assignment_ends(ctx));
        all.extend(more.iter().cloned());
        all.retain(|ends| ends.on >= today);
        all.sort_by(|a, b| (a.on, a.kind, &a.of).cmp(&(b.on, b.kind, &b.of)));
        all.dedup_by(|a, b| (a.on, a.kind, &a.of) == (b.on, b.kind, &b.of));
        all
    }

    /// Of these, what somebody may see: with Licensing or Reporting the company's, one's own seats, and on the
    /// license host everything.
    #[must_use]
    pub fn endings_for(&self, ctx: &Context<'_>, actor: &Actor, more: &[Ends]) -> Vec<Ends> {
        let sight = Sight::new(self, ctx, actor);
        let own = email(actor);
        let mut all = self.endings(ctx, more);
        all.retain(|ends| {
            let is_own = own.is_some() && ends.email.as_ref() == own && sight.powers.has(Power::Everyone);
            let is_companys = ends.company.is_some()
                && sight.has(ends.company.as_ref(), &[Power::Licensing, Power::Reporting]);
            is_own || is_companys || sight.powers.has(Power::HostAdministrator)
        });
        all
    }

    /// The reminders that are due and were not sent: of each thing that ends the one of the least number of days
    /// that still holds it. A daemon that was off on the day sends it when it is back.
    #[must_use]
    pub fn reminders(&self, ctx: &Context<'_>, days: &[u32], more: &[Ends]) -> Vec<Reminder> {
        let today = ctx.today();
        let due = self.endings(ctx, more).into_iter().filter_map(|ends| {
            let days_left = u32::try_from(ends.on.days() - today.days()).ok()?;
            let step = *days.iter().filter(|step| days_left <= **step).min()?;
            let key = format!("{}/{}/{step}", ends.kind.word(), name(&ends));
            let to = self.concerned(&ends);
            (!self.is_reminded(&key)).then_some(Reminder { key, ends, days_left, to })
        });
        due.collect()
    }

    fn license_ends(&self, ctx: &Context<'_>) -> Vec<Ends> {
        let mut all = Vec::new();
        for owned in ctx.owned {
            let Expiry::On(on) = owned.until else { continue };
            let pool = &owned.pool;
            all.push(Ends {
                kind: EndKind::License,
                of: pool.to_string(),
                title: format!(
                    "{} seats of {} (configuration {}) end",
                    owned.quantity,
                    pool.feature(),
                    pool.config()
                ),
                company: self.owner(owned).cloned(),
                email: None,
                on,
            });
        }
        all
    }

    fn assignment_ends(&self, ctx: &Context<'_>) -> Vec<Ends> {
        let mut owners = std::collections::BTreeMap::new();
        for owned in ctx.owned {
            owners.insert(&owned.pool, self.owner(owned));
        }
        let dated = ctx.assigned.iter().filter_map(|one| match one.until {
            Expiry::On(on) => Some((one, on)),
            Expiry::Permanent => None,
        });
        dated
            .map(|(one, on)| Ends {
                kind: EndKind::Assignment,
                of: format!("{}/{}", one.pool, one.email),
                title: format!("the seat of {} that {} has ends", one.pool.feature(), one.email),
                company: owners.get(&one.pool).copied().flatten().cloned(),
                email: Some(one.email.clone()),
                on,
            })
            .collect()
    }

    fn concerned(&self, ends: &Ends) -> Vec<String> {
        if let Some(email) = &ends.email {
            return vec![email.to_string()];
        }
        let Some(number) = &ends.company else { return Vec::new() };
        let has_tools =
            |member: &&crate::Membership| member.privileges.licensing || member.privileges.reporting;
        let mut to: BTreeSet<String> =
            self.members(number).filter(has_tools).map(|member| member.email.to_string()).collect();
        to.extend(self.company(number).and_then(|row| row.contact.as_ref()).map(ToString::to_string));
        to.into_iter().collect()
    }
}

/// What ends, and when, as a short name that fits the key of a row: another end is another name.
fn name(ends: &Ends) -> String {
    let mut sum = Sha256::new();
    sum.update(ends.of.as_bytes());
    let hash: String = sum.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let (year, month, day) = ends.on.ymd();
    format!("{hash}/{year:04}-{month:02}-{day:02}")
}

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
