//! User Management: giving people named seats, changing their period, taking them back (T2 to T5).

use desk::look::License;
use desk::{Action, Assigned, Command, Refusal};
use names::Email;

use super::fields::{iso, iso_expiry};
use super::licenses::{people_of, seats, term, title};
use super::list::{empty, list};
use super::page::{Cell, Field, Form, Link, Page, Part, Table, to};
use super::words::w;
use super::{Answer, Answered, Asked, Entry, acts, shows, views};
use crate::host::Done;

pub(super) const ROUTES: &[Entry] = &[
    shows("/users", Action::SeeLicense, users),
    shows("/users/license", Action::Assign, assign_page),
    acts("/users/assign", Action::Assign, assign, assign_page, to_license),
    shows("/users/change", Action::ChangeAssignment, change_page),
    acts("/users/change", Action::ChangeAssignment, change, change_page, to_license),
    shows("/users/revoke", Action::Unassign, revoke_page),
    acts("/users/revoke", Action::Unassign, revoke, revoke_page, to_license),
];

fn users(asked: &Asked) -> Answered {
    let company = asked.company()?;
    let named = views::licenses(asked, &company).into_iter().filter(|license| license.is_named);
    let listed = list(&asked.fields, "/users", &["company"], named, title);
    let may = asked.may(Action::Assign);
    let rows = listed
        .rows
        .iter()
        .map(|license| {
            let pool = license.pool.to_string();
            let named = [("pool", pool.as_str())];
            let mut links = vec![Link::new(to("/license", &named), w!("Show"))];
            if may {
                links.push(Link::new(to("/users/license", &named), w!("Assign User")));
            }
            vec![
                Cell::text(title(license)),
                Cell::text(term(license)),
                seats(license, license.quantity),
                seats(license, license.assigned),
                seats(license, license.free),
                Cell::Links(links),
            ]
        })
        .collect();
    let table = Table {
        caption: w!("Licenses whose seats are given to people"),
        head: vec![w!("License"), w!("Term"), w!("Quantity"), w!("Assigned"), w!("Free"), w!("Actions")],
        rows,
        empty: empty(
            &asked.fields,
            w!(
                "No license with named seats is in force for this company; the seats of the others are taken by whoever comes."
            ),
        ),
    };
    Ok(Answer::Page(Page { title: w!("User Management"), parts: vec![listed.pager, Part::Table(table)] }))
}

fn assign_page(asked: &Asked) -> Answered {
    let license = views::license(asked)?;
    let fields = &asked.fields;
    let today = iso(asked.today());
    let end = iso_expiry(license.until);
    let form = Form {
        action: "/users/assign".into(),
        title: Some(w!("Assign User")),
        fields: vec![
            Field::hidden("pool", &license.pool),
            Field::lines("emails", w!("Email Addresses"))
                .with(fields.get("emails"))
                .hint(w!("One or many, separated by comma, semicolon or line break."))
                .needed(),
            Field::date("from", w!("From")).with(fields.or("from", &today)),
            Field::date("until", w!("Through"))
                .with(fields.or("until", &end))
                .hint(w!("Not past the end of the license: {}.", license.until)),
            Field::check("all", w!("None at all where one address is bad"), fields.is_set("all")),
        ],
        button: w!("Assign"),
        ..Form::default()
    };
    let mut parts = vec![Part::Form(form)];
    parts.extend(people_of(asked, &license, "/users/license"));
    Ok(Answer::Page(Page { title: w!("Assign User: {}", title(&license)), parts }))
}

fn assign(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    Ok(Command::Assign {
        company: asked.company()?,
        pool: fields.get("pool").to_owned(),
        emails: fields.raw("emails").to_owned(),
        from: fields.date_or_none("from")?,
        until: if fields.get("until").is_empty() { None } else { Some(fields.expiry("until")?) },
        all_or_none: fields.is_set("all"),
    })
}

fn to_license(asked: &Asked, _done: &Done) -> Vec<Link> {
    let pool = [("pool", asked.fields.get("pool"))];
    vec![
        Link::new(to("/users/license", &pool), w!("Back to the license and its users")),
        Link::new("/users", w!("User Management")),
    ]
}

/// The assignment that a page is about.
fn assignment(asked: &Asked) -> Result<(License, Assigned), Refusal> {
    let license = views::license(asked)?;
    let email: Email = asked.fields.email("email")?;
    let found = views::users(asked, &license.pool).into_iter().find(|a| a.email == email);
    let assigned = found.ok_or_else(|| Refusal::NotFound(format!("a seat of {email}")))?;
    Ok((license, assigned))
}

fn period(assigned: &Assigned) -> String {
    format!("{}..{}", assigned.from, assigned.until)
}

fn change_page(asked: &Asked) -> Answered {
    let (license, assigned) = assignment(asked)?;
    let (from, until) = (iso(assigned.from), iso_expiry(assigned.until));
    let form = Form {
        action: "/users/change".into(),
        fields: vec![
            Field::hidden("pool", &license.pool),
            Field::hidden("email", &assigned.email),
            Field::hidden("was", period(&assigned)),
            Field::date("from", w!("From")).with(asked.fields.or("from", &from)).needed(),
            Field::date("until", w!("Through")).with(asked.fields.or("until", &until)).hint(w!(
                "Not past the end of the license: {}. Empty: as long as the license.",
                license.until
            )),
        ],
        button: w!("Change the period"),
        ..Form::default()
    };
    Ok(Answer::Page(Page {
        title: w!("Change User: {}", assigned.email),
        parts: vec![
            Part::Facts(vec![
                (w!("License"), Cell::text(title(&license))),
                (w!("Email Address"), Cell::text(&assigned.email)),
                (w!("Period now"), Cell::text(format!("{} – {}", assigned.from, assigned.until))),
            ]),
            Part::Form(form),
        ],
    }))
}

fn change(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    let until = match fields.get("until") {
        "" => views::license(asked)?.until,
        _ => fields.expiry("until")?,
    };
    Ok(Command::ChangeAssignment {
        company: asked.company()?,
        pool: fields.get("pool").to_owned(),
        email: fields.email("email")?,
        from: fields.date("from")?,
        until,
        was: fields.get("was").to_owned(),
    })
}

fn revoke_page(asked: &Asked) -> Answered {
    let (license, assigned) = assignment(asked)?;
    let form = Form {
        action: "/users/revoke".into(),
        fields: vec![Field::hidden("pool", &license.pool), Field::hidden("email", &assigned.email)],
        button: w!("Revoke the seat of {}", assigned.email),
        is_danger: true,
        ..Form::default()
    };
    Ok(Answer::Page(Page {
        title: w!("Revoke the seat of {}", assigned.email),
        parts: vec![
            Part::Text(w!(
                "{} loses the seat of {} that lasts from {} through {}. Where it is in use, it ends within 5 seconds.",
                assigned.email,
                title(&license),
                assigned.from,
                assigned.until
            )),
            Part::Form(form),
            Part::Links(to_license(asked, &Done { case: None, said: Vec::new() })),
        ],
    }))
}

fn revoke(asked: &Asked) -> Result<Command, Refusal> {
    Ok(Command::Unassign {
        company: asked.company()?,
        pool: asked.fields.get("pool").to_owned(),
        email: asked.fields.email("email")?,
    })
}
