//! Named seats: given, changed and taken back (T1 to T5).

use desk::{Assigned, Command, Owned, SeatChange, limits};
use names::Expiry;

use crate::world::{World, date, email, kind, number, of_4711, owned, pool};

/// The world with five seats of mill, of which the first people of a list have one, and lee with Licensing.
fn with_seats(held: &[&str]) -> World {
    let mut world = World::new();
    world.member("4711", "lee", "L");
    world.owned = vec![owned(11470, "mill", 5), Owned { is_named: false, ..owned(11471, "lathe", 5) }];
    for name in held {
        world.assigned.push(seat(name, "1-jan-2026", "31-dec-2027"));
    }
    world
}

fn seat(name: &str, from: &str, until: &str) -> Assigned {
    let until = Expiry::parse(until).unwrap();
    Assigned { pool: pool(11470, "mill"), email: email(name), from: date(from), until }
}

fn assign(emails: &str) -> Command {
    Command::Assign {
        company: number("4711"),
        pool: pool(11470, "mill").to_string(),
        emails: emails.into(),
        from: None,
        until: None,
        all_or_none: false,
    }
}

fn dated(from: &str, until: &str) -> Command {
    let Command::Assign { company, pool, emails, all_or_none, .. } = assign("a@b.c") else { unreachable!() };
    let from = (!from.is_empty()).then(|| date(from));
    let until = (!until.is_empty()).then(|| Expiry::parse(until).unwrap());
    Command::Assign { company, pool, emails, from, until, all_or_none }
}

#[test]
fn t3_addresses_are_divided_by_comma_semicolon_and_line_break_and_bad_ones_are_named() {
    // What is pasted, who is assigned, what is told.
    for (text, given, said) in [
        ("a@b.c", "a@b.c", ""),
        ("a@b.c,d@e.f;g@h.i\nj@k.l\r\nm@n.o", "a@b.c d@e.f g@h.i j@k.l m@n.o", ""),
        (" a@b.c ,\t d@e.f ;; \n\n", "a@b.c d@e.f", ""),
        ("A@B.C,a@b.c;a@b.C", "a@b.c", "2 given more than once"),
        ("a@b.c, kim, d@e.f", "a@b.c d@e.f", "not assigned: \"kim\": it must be name@domain"),
        ("Kim <kim@b.c>, a@b.c", "a@b.c", "not assigned: \"Kim <kim@b.c>\": it has the character ' '"),
        ("<a@b.c>\nd@e.f", "d@e.f", "not assigned: \"<a@b.c>\": it has the character '<'"),
        ("a@b.c d@e.f, g@h.i", "g@h.i", "not assigned: \"a@b.c d@e.f\": it has the character ' '"),
        ("a@\u{1b}[2J, g@h.i", "g@h.i", "not assigned: \"a@\\u{1b}[2J\": it has the character '\\u{1b}'"),
        (
            "kim@works.example, a@b.c",
            "a@b.c",
            "kim@works.example has a seat of acmed/11470/02fc00000001/mill already",
        ),
    ] {
        let mut world = with_seats(&[]);
        if text.starts_with("kim") {
            world = with_seats(&["kim"]);
        }
        let done = world.act(&of_4711("lee"), assign(text)).unwrap();
        let seats: Vec<String> = done
            .seats
            .iter()
            .map(|seat| match seat {
                SeatChange::Assign(seat) => seat.email.to_string(),
                other => format!("{other:?}"),
            })
            .collect();
        assert_eq!(seats.join(" "), given, "{text:?}");
        assert_eq!(done.said.join("|"), said, "{text:?}");
        // T2: the e-mail is the login, without any privilege.
        for email in &given.split(' ').collect::<Vec<_>>() {
            let email = names::Email::new(email).unwrap();
            assert!(world.desk.person(&email).is_some());
            assert_eq!(world.desk.companies_of(&email).count(), 0);
        }
    }
}

#[test]
fn t3_more_than_the_free_seats_and_bad_ones_where_none_is_asked_give_nothing() {
    let six = "a@b.c,d@b.c,e@b.c,f@b.c,g@b.c,h@b.c";
    let all_or_none = |emails: &str| {
        let Command::Assign { company, pool, emails, from, until, .. } = assign(emails) else {
            unreachable!()
        };
        Command::Assign { company, pool, emails, from, until, all_or_none: true }
    };
    let long = format!("{}@b.c", "x".repeat(251));
    let many = "x;".repeat(limits::EMAILS_MAX + 1);
    let huge = "x".repeat(limits::EMAILS_MAX * 256 + 1);
    for (held, command, expected) in [
        (vec![], assign(six), "rule T3"),
        (vec!["kim"], assign("a@b.c,d@b.c,e@b.c,f@b.c"), "done"),
        (vec!["kim"], assign("a@b.c,d@b.c,e@b.c,f@b.c,g@b.c"), "rule T3"),
        // Who has one takes none.
        (vec!["kim"], assign("kim@works.example,a@b.c,d@b.c,e@b.c,f@b.c"), "done"),
        (vec![], all_or_none("a@b.c, bad"), "invalid emails"),
        (vec![], all_or_none("a@b.c"), "done"),
        (vec![], assign("bad; worse"), "invalid emails"),
        (vec![], assign(""), "invalid emails"),
        (vec![], assign(" ,;\n"), "invalid emails"),
        (vec![], assign(&long), "invalid emails"),
        (vec![], assign(&many), "limit"),
        (vec![], assign(&huge), "limit"),
    ] {
        let mut world = with_seats(&held);
        let before = (world.rows(), world.assigned.clone());
        let told = world.act(&of_4711("lee"), command);
        assert_eq!(kind(&told), expected, "{told:?}");
        if let Err(refusal) = told {
            assert_eq!((world.rows(), world.assigned), before);
            let text = refusal.to_string();
            assert!(expected != "rule T3" || text.contains("nobody was assigned"), "{text}");
        }
    }
    let told = with_seats(&["kim"]).act(&of_4711("lee"), assign(six)).unwrap_err().to_string();
    assert!(told.contains("6 new addresses and 4 free of 5 seats"), "{told}");
}

#[test]
fn t3_ten_thousand_addresses_are_one_deed() {
    let mut world = with_seats(&[]);
    world.owned[0].quantity = 10_000;
    let text: Vec<String> = (0..10_000).map(|n| format!("p{n}@b.c")).collect();
    let done = world.act(&of_4711("lee"), assign(&text.join(";"))).unwrap();
    assert_eq!(done.seats.len(), 10_000);
    assert_eq!(kind(&world.act(&of_4711("lee"), assign("x@b.c"))), "rule T3");
}

#[test]
fn t4_a_period_is_by_default_from_today_to_the_licenses_end_and_never_past_it() {
    for (from, until, expected) in [
        ("", "", "22-nov-2026..31-dec-2027"),
        ("1-dec-2026", "", "01-dec-2026..31-dec-2027"),
        ("", "31-dec-2027", "22-nov-2026..31-dec-2027"),
        ("1-jan-2027", "1-jan-2027", "01-jan-2027..01-jan-2027"),
        ("1-jan-2026", "22-nov-2026", "01-jan-2026..22-nov-2026"),
        ("", "1-jan-2028", "invalid until"),
        ("", "permanent", "invalid until"),
        ("2-jan-2027", "1-jan-2027", "invalid until"),
        ("1-jan-2028", "", "invalid until"),
        ("1-jan-2026", "21-nov-2026", "invalid until"),
    ] {
        let mut world = with_seats(&[]);
        let told = world.act(&of_4711("lee"), dated(from, until));
        let is = match &told {
            Ok(_) => format!("{}..{}", world.assigned[0].from, world.assigned[0].until),
            Err(_) => kind(&told),
        };
        assert_eq!(is, expected, "{from} {until}: {told:?}");
    }
    // A license that begins later; one without an end; one that ended.
    let mut world = with_seats(&[]);
    world.owned[0].from = Some(date("1-jan-2027"));
    world.owned[0].until = Expiry::Permanent;
    assert_eq!(kind(&world.act(&of_4711("lee"), dated("31-dec-2026", ""))), "invalid from");
    assert_eq!(kind(&world.act(&of_4711("lee"), dated("", ""))), "done");
    assert_eq!((world.assigned[0].from, world.assigned[0].until), (date("1-jan-2027"), Expiry::Permanent));
    world.owned[0].until = Expiry::On(date("21-nov-2026"));
    assert_eq!(kind(&world.act(&of_4711("lee"), assign("d@b.c"))), "rule T2");
}

#[test]
fn t2_only_named_licenses_of_the_own_company_are_given() {
    let of = |pool: String| Command::Assign {
        company: number("4711"),
        pool,
        emails: "a@b.c".into(),
        from: None,
        until: None,
        all_or_none: false,
    };
    let mut world = with_seats(&[]);
    world.owned.push(Owned { company: Some(number("4712")), ..owned(11472, "drill", 5) });
    world.owned.push(Owned { company: None, ..owned(11473, "saw", 5) });
    for (named, expected) in [
        (pool(11470, "mill"), "done"),
        (pool(11471, "lathe"), "rule T2"),
        (pool(11472, "drill"), "not found"),
        (pool(11473, "saw"), "not found"),
        (pool(11479, "mill"), "not found"),
    ] {
        assert_eq!(kind(&world.decide(&of_4711("lee"), of(named.to_string()))), expected, "{named}");
    }
    assert_eq!(kind(&world.decide(&of_4711("lee"), of("x\n\u{1b}".repeat(1000)))), "not found");
    // A license that names nobody is the company's, where there is but one.
    let only = desk::RowKey::Company(number("4712"));
    world.desk.apply(&desk::Change::Drop(only));
    assert_eq!(kind(&world.decide(&of_4711("lee"), of(pool(11473, "saw").to_string()))), "done");
}

/// Another period of kim's seat, who had the one that is named last.
fn change(from: &str, until: &str, was: &str) -> Command {
    Command::ChangeAssignment {
        company: number("4711"),
        pool: pool(11470, "mill").to_string(),
        email: email("kim"),
        from: date(from),
        until: Expiry::parse(until).unwrap(),
        was: was.into(),
    }
}

#[test]
fn t4_a_period_is_changed_where_it_is_still_what_was_seen() {
    let was = "01-jan-2026..31-dec-2027";
    for (from, until, was, expected) in [
        ("1-jan-2026", "1-mar-2027", was, "done"),
        ("1-jan-2027", "31-dec-2027", was, "done"),
        ("1-jan-2026", "31-dec-2027", was, "done"),
        ("1-jan-2026", "1-mar-2027", "01-jan-2026..30-dec-2027", "conflict"),
        ("1-jan-2026", "1-mar-2027", "", "conflict"),
        ("1-jan-2026", "1-jan-2028", was, "invalid until"),
        ("1-jan-2026", "permanent", was, "invalid until"),
        ("2-mar-2027", "1-mar-2027", was, "invalid until"),
        ("1-jan-2026", "21-nov-2026", was, "invalid until"),
    ] {
        let mut world = with_seats(&["kim"]);
        let told = world.act(&of_4711("lee"), change(from, until, was));
        assert_eq!(kind(&told), expected, "{told:?}");
        let is = seat("kim", from, until);
        assert_eq!(world.assigned[0] == is, expected == "done");
    }
    let mut world = with_seats(&[]);
    assert_eq!(kind(&world.act(&of_4711("lee"), change("1-jan-2026", "1-mar-2027", was))), "conflict");
    // A period that is over holds no seat; to have it run again takes a free one.
    world.assigned = vec![seat("kim", "1-jan-2026", "1-nov-2026")];
    for name in ["a@b.c", "d@b.c", "e@b.c", "f@b.c", "g@b.c"] {
        assert_eq!(kind(&world.act(&of_4711("lee"), assign(name))), "done");
    }
    let again = change("1-jan-2026", "1-mar-2027", "01-jan-2026..01-nov-2026");
    assert_eq!(kind(&world.act(&of_4711("lee"), again)), "rule T3");
}

#[test]
fn t5_a_seat_is_taken_back_and_a_second_time_is_said() {
    let unassign = |company: &str| Command::Unassign {
        company: number(company),
        pool: pool(11470, "mill").to_string(),
        email: email("kim"),
    };
    let mut world = with_seats(&["kim"]);
    assert_eq!(kind(&world.act(&of_4711("kim"), unassign("4711"))), "forbidden");
    assert_eq!(kind(&world.act(&of_4711("lee"), unassign("4712"))), "conflict");
    let done = world.act(&of_4711("lee"), unassign("4711")).unwrap();
    assert_eq!(done.seats, [SeatChange::Unassign { pool: pool(11470, "mill"), email: email("kim") }]);
    assert!(done.case.is_some() && world.assigned.is_empty());
    let again = world.act(&of_4711("lee"), unassign("4711")).unwrap();
    assert!(again.seats.is_empty() && again.changes.is_empty());
    assert!(again.said[0].contains("has no seat"), "{:?}", again.said);
}

#[test]
fn t1_my_licenses_have_term_numbers_quantity_assigned_and_free() {
    let mut world = with_seats(&["kim"]);
    world.assigned.push(seat("lee", "1-jan-2027", "1-feb-2027"));
    world.assigned.push(seat("osman", "1-jan-2026", "1-feb-2026"));
    // A second line of the same license, another company's, one that ended.
    let second = Owned { invoice: Some("INV-2".into()), ..owned(11470, "mill", 3) };
    let other = Owned { company: Some(number("4712")), ..owned(11472, "drill", 5) };
    let ended = Owned { until: Expiry::On(date("21-nov-2026")), ..owned(11473, "saw", 5) };
    world.owned.extend([second, other, ended]);
    let licenses = world.desk.my_licenses(&world.ctx(), &number("4711"));
    let shown: Vec<String> = licenses
        .iter()
        .map(|l| {
            let numbers = format!("{} {}", l.subscriptions.join("+"), l.invoices.join("+"));
            format!("{} {} {numbers} {} {} {}", l.pool.feature(), l.until, l.quantity, l.assigned, l.free)
        })
        .collect();
    assert_eq!(shown, ["lathe 31-dec-2027 SUB-1 INV-1 5 0 5", "mill 31-dec-2027 SUB-1 INV-1+INV-2 8 2 6"]);
    let users = world.desk.users(&world.ctx(), &pool(11470, "mill"));
    let users: Vec<&str> = users.iter().map(|one| one.email.as_str()).collect();
    assert_eq!(users, ["kim@works.example", "lee@works.example", "osman@works.example"]);
    // What is one's own, and whether it may be used today.
    let own = |name| world.desk.own_seats(&world.ctx(), &crate::world::alone(name));
    assert_eq!(own("kim").iter().map(|seat| seat.is_usable).collect::<Vec<_>>(), [true]);
    assert_eq!(own("kim")[0].company.as_deref(), Some("Mill Works"));
    assert_eq!(own("lee").iter().map(|seat| seat.is_usable).collect::<Vec<_>>(), [false]);
    assert!(own("ada").is_empty());
}

#[test]
fn t1_the_lines_that_are_in_force_count_and_t4_their_end_is_the_licenses() {
    let line = |from: Option<&str>, until: &str, quantity: u32, invoice: &str| Owned {
        from: from.map(date),
        until: Expiry::parse(until).unwrap(),
        invoice: Some(invoice.into()),
        ..owned(11470, "mill", quantity)
    };
    // Lines, and what there is on 22-nov-2026: seats, and until when.
    for (lines, seats, until) in [
        (vec![line(None, "31-dec-2027", 5, "a"), line(None, "31-dec-2026", 2, "b")], 7, "31-dec-2027"),
        // The next period's seats are not there beside this one's.
        (
            vec![line(None, "31-dec-2026", 5, "a"), line(Some("1-jan-2027"), "31-dec-2027", 5, "b")],
            5,
            "31-dec-2026",
        ),
        (vec![line(Some("22-nov-2026"), "22-nov-2026", 3, "a")], 3, "22-nov-2026"),
        (
            vec![line(Some("23-nov-2026"), "31-dec-2027", 3, "a"), line(None, "21-nov-2026", 9, "b")],
            3,
            "31-dec-2027",
        ),
    ] {
        let mut world = with_seats(&[]);
        world.owned = lines.clone();
        let license = world.desk.my_licenses(&world.ctx(), &number("4711")).pop().unwrap();
        assert_eq!((license.quantity, license.until.to_string()), (seats, until.to_owned()));
        let ended = world.owned.iter().filter(|owned| owned.until.is_past(world.now)).count();
        assert_eq!(license.invoices.len(), world.owned.len() - ended, "{license:?}");
        let emails: Vec<String> = (0..=seats).map(|n| format!("p{n}@b.c")).collect();
        assert_eq!(kind(&world.act(&of_4711("lee"), assign(&emails.join(",")))), "rule T3");
        assert_eq!(kind(&world.act(&of_4711("lee"), assign(&emails[1..].join(",")))), "done");
        assert!(world.assigned.iter().all(|one| one.until == license.until));
        let own = world.desk.own_seats(&world.ctx(), &crate::world::alone("a"));
        assert_eq!(own.len(), 0);
        let holder = desk::Actor::Person { email: email("p1@b.c"), company: None };
        let own = world.desk.own_seats(&world.ctx(), &holder);
        let is_there = license.from.is_none_or(|from| from <= date("22-nov-2026"));
        assert_eq!((own.len(), own[0].is_usable), (1, is_there), "{lines:?}");
    }
}

#[test]
fn t4_a_license_that_was_shortened_holds_nobody_longer_and_a_lapsed_seat_is_free() {
    let mut world = with_seats(&["kim", "osman"]);
    world.owned[0].quantity = 2;
    world.owned[0].until = Expiry::On(date("30-nov-2026"));
    let was = "01-jan-2026..31-dec-2027";
    let lee = of_4711("lee");
    assert_eq!(kind(&world.act(&lee, change("1-jan-2026", "1-dec-2026", was))), "invalid until");
    assert_eq!(kind(&world.act(&lee, change("1-jan-2026", "30-nov-2026", was))), "done");
    assert_eq!(kind(&world.act(&lee, assign("a@b.c"))), "rule T3");
    // On its last day it holds, on the next it is over, and its seat is free.
    world.owned[0].until = Expiry::On(date("31-dec-2026"));
    world.later(8);
    assert_eq!(kind(&world.act(&lee, assign("a@b.c"))), "rule T3");
    world.later(1);
    assert_eq!(kind(&world.act(&lee, assign("a@b.c"))), "done");
    // And somebody else's by now.
    let again = change("1-jan-2026", "31-dec-2026", "01-jan-2026..30-nov-2026");
    assert_eq!(kind(&world.act(&lee, again)), "rule T3");
}
