//! Reminders, and the calendar of what ends.

use desk::look::{EndKind, Ends, REMIND_DAYS, Reminder, Way, ics};
use desk::{Actor, Assigned, Command, Company, Owned, Person, Row};
use names::Expiry;

use crate::world::{World, alone, date, email, number, of_4711, owned, pool};

/// A license that ends in so many days.
fn ending(days: i64) -> World {
    let mut world = World::new();
    let last = names::Date::of(names::Wall(world.now.0 + days * 86_400_000));
    world.owned = vec![Owned { until: Expiry::On(last), ..owned(11470, "mill", 5) }];
    world
}

fn due(world: &World, way: Way, more: &[Ends]) -> Vec<Reminder> {
    world.desk.reminders(&world.ctx(), way, &REMIND_DAYS, more)
}

/// Notes that these were sent.
fn sent(world: &mut World, of: Vec<Reminder>) {
    let of = of.into_iter().map(|one| one.mark).collect();
    world.act(&Actor::Daemon, Command::Reminded { of }).unwrap();
}

#[test]
fn a_reminder_is_due_ninety_thirty_seven_and_one_days_before_each_once() {
    for (days, step) in [
        (91, None),
        (90, Some(90)),
        (89, Some(90)),
        (31, Some(90)),
        (30, Some(30)),
        (8, Some(30)),
        (7, Some(7)),
        (2, Some(7)),
        (1, Some(1)),
        (0, Some(1)),
        (-1, None),
    ] {
        let mut world = ending(days);
        let hooks = due(&world, Way::Webhook, &[]);
        let keys: Vec<String> = hooks.iter().map(|one| one.key.clone()).collect();
        assert_eq!(keys.len(), usize::from(step.is_some()), "{days}: {keys:?}");
        if let Some(step) = step {
            assert!(
                keys[0].starts_with("license/") && keys[0].ends_with(&format!("/{step}")),
                "{days}: {keys:?}"
            );
            assert_eq!((i64::from(hooks[0].days_left), hooks[0].step), (days, step));
        }
        sent(&mut world, hooks);
        assert!(due(&world, Way::Webhook, &[]).is_empty(), "once");
    }
    // Day by day there are four, also where the host is off on some.
    for gap in [1, 3] {
        let mut world = ending(120);
        let mut count = 0;
        for _ in 0..(120 / gap) {
            world.later(gap);
            let hooks = due(&world, Way::Webhook, &[]);
            count += hooks.len();
            sent(&mut world, hooks);
        }
        assert_eq!(count, 4, "every {gap} days");
    }
}

#[test]
fn a_reminder_goes_to_whom_it_concerns() {
    let mut world = ending(30);
    for (name, letters) in [("lee", "L"), ("osman", "R"), ("new", "")] {
        world.member("4711", name, letters);
    }
    let company = world.desk.company(&number("4711")).unwrap().clone();
    world.put(Row::Company(Box::new(Company { contact: Some(email("office")), ..company })));
    let until = Expiry::On(date("1-dec-2026"));
    world.assigned =
        vec![Assigned { pool: pool(11470, "mill"), email: email("new"), from: date("1-jan-2026"), until }];
    let key = Ends {
        kind: EndKind::Key,
        of: "acmed".into(),
        title: "the vendor's key ends".into(),
        company: None,
        email: None,
        on: date("1-dec-2026"),
    };
    let host = names::Email::new("ada@host.example").unwrap();
    let ada = Person { is_host_administrator: true, ..Person::new(host, world.now) };
    world.put(Row::Person(Box::new(ada)));
    let borrow = Ends { kind: EndKind::Borrow, of: "mill/7".into(), ..key.clone() };
    let more = [key.clone(), borrow];
    let shown = |due: &[Reminder]| -> Vec<String> {
        let to = |one: &Reminder| one.to.as_ref().map_or("the webhook".to_owned(), ToString::to_string);
        due.iter().map(|one| format!("{:?}: {}", one.ends.kind, to(one))).collect()
    };
    let mails = due(&world, Way::Mail, &more);
    assert_eq!(
        shown(&mails),
        [
            "Assignment: new@works.example",
            "Key: ada@host.example",
            "License: lee@works.example",
            "License: office@works.example",
            "License: osman@works.example",
        ]
    );
    // Each receiver is told once, whoever else was told; the other way has marks of its own.
    let (lee, others): (Vec<_>, Vec<_>) =
        mails.into_iter().partition(|one| one.to.as_ref().is_some_and(|to| to.as_str().starts_with("lee")));
    sent(&mut world, lee);
    assert_eq!(due(&world, Way::Mail, &more), others);
    let hooks = due(&world, Way::Webhook, &more);
    assert_eq!(
        shown(&hooks),
        ["Assignment: the webhook", "Borrow: the webhook", "Key: the webhook", "License: the webhook"]
    );
    sent(&mut world, hooks);
    assert_eq!((due(&world, Way::Webhook, &more).len(), due(&world, Way::Mail, &more)), (0, others));
    // Who sees what.
    let seen = |actor: Actor| -> Vec<EndKind> {
        let all = world.desk.endings_for(&world.ctx(), &actor, std::slice::from_ref(&key));
        all.iter().map(|ends| ends.kind).collect()
    };
    assert_eq!(seen(of_4711("lee")), [EndKind::Assignment, EndKind::License]);
    assert_eq!(seen(of_4711("kim")), []);
    assert_eq!(seen(alone("new")), [EndKind::Assignment]);
    assert_eq!(seen(Actor::Nobody), []);
    assert_eq!(seen(Actor::Host { uid: 0 }), [EndKind::Assignment, EndKind::Key, EndKind::License]);
}

#[test]
fn a_license_of_nobody_is_told_to_who_administers_the_host() {
    let mut world = ending(30);
    // Its company has nobody with Licensing or Reporting, and no contact.
    let nobody = due(&world, Way::Mail, &[]);
    assert_eq!(nobody, [], "there is nobody at all");
    let ada = Person { is_host_administrator: true, ..Person::new(email("ada"), world.now) };
    world.put(Row::Person(Box::new(ada)));
    let to: Vec<_> = due(&world, Way::Mail, &[]).into_iter().map(|one| one.to).collect();
    assert_eq!(to, [Some(email("ada"))]);
}

#[test]
fn lines_of_one_license_with_one_end_are_told_together() {
    let mut world = ending(30);
    let (line, mut longer) = (world.owned[0].clone(), world.owned[0].clone());
    (world.owned[0].maintenance, longer.maintenance) = (Some(false), None);
    longer.until = Expiry::On(date("1-jan-2027"));
    longer.quantity = 1;
    world.owned.extend([Owned { quantity: 3, maintenance: Some(true), ..line }, longer]);
    let titles: Vec<_> = world.desk.endings(&world.ctx(), &[]).into_iter().map(|ends| ends.title).collect();
    assert_eq!(
        titles,
        [
            "8 seats of mill (configuration 11470) end, with maintenance",
            "1 seat of mill (configuration 11470) ends"
        ]
    );
}

#[test]
fn what_has_no_end_is_not_reminded_of() {
    let mut world = ending(30);
    world.owned[0].until = Expiry::Permanent;
    let until = Expiry::Permanent;
    world.assigned =
        vec![Assigned { pool: pool(11470, "mill"), email: email("kim"), from: date("1-jan-2026"), until }];
    assert!(world.desk.endings(&world.ctx(), &[]).is_empty());
}

/// A calendar's lines, unfolded as RFC 5545 says.
fn unfolded(text: &str) -> Vec<String> {
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']));
    assert!(text.split("\r\n").all(|line| line.len() <= 75), "75 octets");
    text.replace("\r\n ", "").trim_end().split("\r\n").map(str::to_owned).collect()
}

#[test]
fn the_calendar_is_as_rfc_5545_has_it() {
    let world = ending(30);
    let title = "kim's seat, of mill; and \\ more\nBEGIN:VEVENT\r\u{7}".to_owned() + &"é".repeat(80);
    let more = Ends {
        kind: EndKind::Borrow,
        of: "borrow/7".into(),
        title,
        company: None,
        email: None,
        on: date("31-dec-2026"),
    };
    let all = world.desk.endings(&world.ctx(), &[more]);
    let text = ics(&all, &world.ctx());
    let lines = unfolded(&text);
    assert_eq!(lines[0], "BEGIN:VCALENDAR");
    assert_eq!(lines.last().unwrap(), "END:VCALENDAR");
    assert_eq!(lines.iter().filter(|line| *line == "BEGIN:VEVENT").count(), 2);
    assert_eq!(lines.iter().filter(|line| *line == "BEGIN:VALARM").count(), 8);
    for wanted in [
        "VERSION:2.0",
        "DTSTAMP:20261122T010000Z",
        "DTSTART;VALUE=DATE:20261222",
        "DTEND;VALUE=DATE:20261223",
        "DTEND;VALUE=DATE:20270101",
        "SUMMARY:5 seats of mill (configuration 11470) end\\, with maintenance",
        "TRIGGER:-P90D",
    ] {
        assert!(lines.iter().any(|line| line == wanted), "{wanted}: {text}");
    }
    let summary = format!("SUMMARY:kim's seat\\, of mill\\; and \\\\ more\\nBEGIN:VEVENT{}", "é".repeat(80));
    assert!(lines.contains(&summary), "{text}");
    // The same end has the same UID on another day; all are different.
    let uids = |text: &str| -> Vec<String> {
        unfolded(text).into_iter().filter(|line| line.starts_with("UID:")).collect()
    };
    let mut later = world.clone();
    later.later(3);
    let again = ics(&all, &later.ctx());
    assert_eq!(uids(&again), uids(&text));
    assert_ne!(uids(&text)[0], uids(&text)[1]);
}
