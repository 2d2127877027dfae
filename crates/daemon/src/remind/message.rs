//! What is sent: reminders as mails, one for a receiver and a day, and as events, one each.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use ::desk::look::{EndKind, Ends, REMIND_DAYS, Reminder};
use names::{Date, Email};
use serde::Serialize;

/// Reminders of one mail; more make another.
const IN_A_MAIL: usize = 200;

/// Who sends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender<'a> {
    /// The license host's name.
    pub(super) host: &'a str,
    /// Its id.
    pub(super) cpu: &'a str,
    /// Where the console is reached.
    pub(super) console: Option<&'a str>,
    /// Where people turn to.
    pub(super) support: &'a str,
}

/// A message that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// The same in a repeat of the same.
    pub(super) id: String,
    /// What is written down when it was taken.
    pub(super) marks: Vec<String>,
    /// Who refuses it, if somebody does.
    pub(super) receiver: String,
    pub(super) content: Content,
}

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Mail {
        to: Email,
        subject: String,
        text: String,
    },
    /// JSON.
    Event(String),
}

/// Mails: to each receiver one for a day on which something ends and a step before it.
pub(super) fn mails(reminders: Vec<Reminder>, from: &Sender<'_>) -> Vec<Message> {
    let mut groups: BTreeMap<(Date, u32, Email), Vec<Reminder>> = BTreeMap::new();
    for one in reminders {
        let Some(to) = one.to.clone() else { continue };
        groups.entry((one.ends.on, one.step, to)).or_default().push(one);
    }
    let parts = groups.into_iter().flat_map(|((_, _, to), mut of)| {
        of.sort_by(|a, b| a.mark.cmp(&b.mark));
        let parts: Vec<Message> = of.chunks(IN_A_MAIL).map(|part| mail(&to, part, from)).collect();
        parts
    });
    parts.collect()
}

fn mail(to: &Email, of: &[Reminder], from: &Sender<'_>) -> Message {
    let marks: Vec<String> = of.iter().map(|one| one.mark.clone()).collect();
    Message {
        id: id(from, &marks.join("\n")),
        marks,
        receiver: to.to_string(),
        content: Content::Mail { to: to.clone(), subject: subject(of), text: text(of, from) },
    }
}

/// Events: one for each reminder.
pub(super) fn events(reminders: Vec<Reminder>, from: &Sender<'_>) -> Vec<Message> {
    reminders
        .into_iter()
        .map(|one| {
            let id = id(from, &one.key);
            let event = Event {
                kind: format!("reminder.{}", one.ends.kind.word()),
                data: Data::new(&id, &one, from.cpu),
            };
            let json = serde_json::to_string(&event).unwrap_or_default();
            Message { receiver: id.clone(), id, marks: vec![one.mark], content: Content::Event(json) }
        })
        .collect()
}

#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    id: &'a str,
    license_host: &'a str,
    of: &'a str,
    title: &'a str,
    company: Option<&'a str>,
    email: Option<&'a str>,
    last_day: String,
    days_left: u32,
    days_before: u32,
}

impl<'a> Data<'a> {
    fn new(id: &'a str, one: &'a Reminder, license_host: &'a str) -> Self {
        let (year, month, day) = one.ends.on.ymd();
        let Ends { of, title, company, email, .. } = &one.ends;
        Self {
            id,
            license_host,
            of,
            title,
            company: company.as_ref().map(|company| company.as_str()),
            email: email.as_ref().map(Email::as_str),
            last_day: format!("{year:04}-{month:02}-{day:02}"),
            days_left: one.days_left,
            days_before: one.step,
        }
    }
}

/// Of this license host and these reminders, and of no others.
fn id(from: &Sender<'_>, of: &str) -> String {
    let hash = service::token_hash(format!("{}\n{of}", from.cpu).as_bytes());
    hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Only numbers, dates and words of ours: no name can be a header's end.
fn subject(of: &[Reminder]) -> String {
    let mut counts: BTreeMap<EndKind, usize> = BTreeMap::new();
    for one in of {
        *counts.entry(one.ends.kind).or_default() += 1;
    }
    let words: Vec<String> = counts.into_iter().map(|(kind, n)| format!("{n} {}", noun(kind, n))).collect();
    let verb = if of.len() == 1 { "ends" } else { "end" };
    format!("{} {verb} {}", words.join(", "), when(of))
}

fn noun(kind: EndKind, n: usize) -> &'static str {
    let is_one = n == 1;
    match kind {
        EndKind::License if is_one => "license",
        EndKind::License => "licenses",
        EndKind::Maintenance => "maintenance",
        EndKind::Assignment if is_one => "assigned seat",
        EndKind::Assignment => "assigned seats",
        EndKind::Borrow if is_one => "borrowed seat",
        EndKind::Borrow => "borrowed seats",
        EndKind::Key if is_one => "key",
        EndKind::Key => "keys",
    }
}

fn when(of: &[Reminder]) -> String {
    let Some(first) = of.first() else { return String::new() };
    match first.days_left {
        0 => format!("today, {}", first.ends.on),
        1 => format!("tomorrow, {}", first.ends.on),
        days => format!("in {days} days, on {}", first.ends.on),
    }
}

fn text(of: &[Reminder], from: &Sender<'_>) -> String {
    let mut text = format!("It ends {}, which is the last day:\n\n", when(of));
    for one in of {
        let company = one.ends.company.as_ref().map(|company| format!(" (company {company})"));
        // A string takes all that is written to it.
        let _ = writeln!(text, "- {}{}", plain(&one.ends.title), plain(&company.unwrap_or_default()));
    }
    if let Some(console) = from.console {
        let _ = write!(text, "\nAll that ends: {}/reminders\n", plain(console));
    }
    let days: Vec<String> = REMIND_DAYS.iter().map(u32::to_string).collect();
    let _ = write!(
        text,
        "\nThe license host {} ({}) reminds you {} days before.\nQuestions: {}\n",
        plain(from.host),
        plain(from.cpu),
        days.join(", "),
        plain(from.support)
    );
    text
}

/// On one line, with nothing that turns or hides text.
fn plain(text: &str) -> String {
    let hides = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    text.chars().map(|c| if c.is_control() || hides(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use ::desk::CustomerNumber;

    use super::*;

    const FROM: Sender<'_> = Sender {
        host: "lic1",
        cpu: "02aa10203040",
        console: Some("https://l.example"),
        support: "support@example.net",
    };

    fn reminder(kind: EndKind, of: &str, to: &str, days_left: u32) -> Reminder {
        let to = Email::new(to).unwrap();
        let ends = Ends {
            kind,
            of: of.into(),
            title: format!("5 seats of {of} end"),
            company: Some(CustomerNumber::new("C-1").unwrap()),
            email: None,
            on: Date::parse("22-dec-2026").unwrap(),
        };
        let key = format!("{}/{of}/30", kind.word());
        Reminder { mark: format!("mail/{to}/{key}"), key, ends, step: 30, days_left, to: Some(to) }
    }

    fn said(message: &Message) -> (&str, &str) {
        let Content::Mail { subject, text, .. } = &message.content else { panic!("it is no mail") };
        (subject, text)
    }

    #[test]
    fn a_receiver_has_one_mail_for_a_day_and_a_step() {
        let kim = "kim@example.net";
        let mut other_day = reminder(EndKind::License, "lathe", kim, 30);
        other_day.ends.on = Date::parse("23-dec-2026").unwrap();
        let all = vec![
            reminder(EndKind::License, "mill", kim, 30),
            reminder(EndKind::Assignment, "mill", kim, 30),
            reminder(EndKind::License, "mill", "lee@example.net", 30),
            other_day,
        ];
        let mails = mails(all.clone(), &FROM);
        let of: Vec<(&str, usize)> =
            mails.iter().map(|one| (one.receiver.as_str(), one.marks.len())).collect();
        assert_eq!(of, [(kim, 2), ("lee@example.net", 1), (kim, 1)]);
        let (subject, text) = said(&mails[0]);
        assert_eq!(subject, "1 license, 1 assigned seat end in 30 days, on 22-dec-2026");
        assert!(text.contains("- 5 seats of mill end (company C-1)\n"), "{text}");
        assert!(text.contains("https://l.example/reminders\n") && text.contains("support@example.net\n"));
        // A repeat has the same id; what is more has another.
        assert_eq!(
            super::mails(all[..1].to_vec(), &FROM)[0].id,
            super::mails(all[..1].to_vec(), &FROM)[0].id
        );
        let mut ids: Vec<_> = mails.iter().map(|one| one.id.clone()).collect();
        ids.push(super::mails(all[..1].to_vec(), &FROM)[0].id.clone());
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 4);
    }

    #[test]
    fn a_long_list_makes_several_mails() {
        let all: Vec<_> = (0..IN_A_MAIL + 1)
            .map(|n| reminder(EndKind::License, &format!("f{n}"), "kim@example.net", 1))
            .collect();
        let mails = mails(all, &FROM);
        let counts: Vec<usize> = mails.iter().map(|one| one.marks.len()).collect();
        assert_eq!(counts, [IN_A_MAIL, 1]);
        assert_ne!(mails[0].id, mails[1].id);
        assert_eq!(said(&mails[1]).0, "1 license ends tomorrow, 22-dec-2026");
    }

    #[test]
    fn no_name_gets_out_of_its_line() {
        let hostile = "mill\r\nBcc: all@example.net\r\n\r\n.\r\n\u{202e}\u{0}";
        let mails = mails(vec![reminder(EndKind::License, hostile, "kim@example.net", 0)], &FROM);
        let (subject, text) = said(&mails[0]);
        assert_eq!(subject, "1 license ends today, 22-dec-2026");
        let line = text.lines().find(|line| line.starts_with("- ")).unwrap();
        assert!(line.contains("Bcc: all@example.net"), "it stays in its line: {text}");
        assert!(!text.lines().any(|line| line == "." || line.starts_with("Bcc")), "{text}");
        assert!(!text.contains(['\r', '\u{202e}', '\u{0}']), "{text:?}");
    }

    #[test]
    fn an_event_says_what_ends_and_its_id_stays() {
        let all = vec![reminder(EndKind::License, "mi\"ll\n", "kim@example.net", 29)];
        let one = &events(all.clone(), &FROM)[0];
        let Content::Event(json) = &one.content else { panic!("it is no event") };
        let said: serde_json::Value = serde_json::from_str(json).unwrap();
        let expected = serde_json::json!({ "type": "reminder.license", "data": {
            "id": one.id, "license_host": "02aa10203040", "of": "mi\"ll\n", "title": "5 seats of mi\"ll\n end",
            "company": "C-1", "email": null, "last_day": "2026-12-22", "days_left": 29, "days_before": 30 } });
        assert_eq!(said, expected);
        let mut later = all;
        later[0].days_left = 12;
        assert_eq!(events(later, &FROM)[0].id, one.id);
    }
}
