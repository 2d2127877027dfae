//! Who is of the vendor's desk, and who administers the license host.

use desk::{Action, Command, Refusal};

use super::list::{empty, list};
use super::page::{Cell, Field, Form, Link, Page, Part, Table, Tone, to};
use super::words::w;
use super::{Answer, Answered, Asked, Entry, acts, shows};
use crate::host::Done;

pub(super) const ROUTES: &[Entry] =
    &[shows("/staff", Action::SetStaff, staff), acts("/staff", Action::SetStaff, set, staff, to_staff)];

fn staff(asked: &Asked) -> Answered {
    let is_staff = |person: &&desk::Person| person.is_vendor_desk || person.is_host_administrator;
    let listed = list(&asked.fields, "/staff", &[], asked.desk.people().filter(is_staff), |person| {
        format!("{} {}", person.email, person.name)
    });
    let has = |is: bool| if is { Cell::Badge(Tone::Good, w!("yes")) } else { Cell::text("–") };
    let rows = listed
        .rows
        .iter()
        .map(|person| {
            let change = Link::new(to("/staff", &[("email", person.email.as_str())]), w!("Change"));
            vec![
                Cell::text(&person.email),
                Cell::text(&person.name),
                has(person.is_vendor_desk),
                has(person.is_host_administrator),
                Cell::Links(vec![change]),
            ]
        })
        .collect();
    let table = Table {
        caption: w!("Staff"),
        head: vec![
            w!("Email Address"),
            w!("Name"),
            w!("Vendor's desk"),
            w!("Administers the host"),
            w!("Actions"),
        ],
        rows,
        empty: empty(&asked.fields, w!("Nobody yet; whoever is on the license host may do both.")),
    };
    Ok(Answer::Page(Page {
        title: w!("Staff"),
        parts: vec![listed.pager, Part::Table(table), Part::Form(form(asked))],
    }))
}

fn form(asked: &Asked) -> Form {
    let fields = &asked.fields;
    let person = fields.email("email").ok().and_then(|email| asked.desk.person(&email));
    let is_back = fields.has("version");
    let is =
        |name: &str, now: Option<bool>| if is_back { fields.is_set(name) } else { now.unwrap_or_default() };
    Form {
        action: "/staff".into(),
        title: Some(w!("Add or change somebody")),
        fields: vec![
            Field::email("email", w!("Email Address")).with(fields.get("email")).needed(),
            Field::check(
                "vendor_desk",
                w!("Vendor's desk"),
                is("vendor_desk", person.map(|p| p.is_vendor_desk)),
            ),
            Field::check(
                "host_administrator",
                w!("Administers the host"),
                is("host_administrator", person.map(|p| p.is_host_administrator)),
            ),
            Field::hidden("version", person.map_or(0, |person| person.version)),
        ],
        button: w!("Set"),
        ..Form::default()
    }
}

fn set(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    let email = fields.email("email")?;
    // The command names no version, so it is held here; 0 is somebody who was not looked at.
    let (now, looked_at) = (asked.desk.person(&email).map_or(0, |person| person.version), fields.version()?);
    if looked_at != 0 && looked_at != now {
        return Err(Refusal::Conflict(format!("{email} was changed")));
    }
    Ok(Command::SetStaff {
        email,
        vendor_desk: fields.is_set("vendor_desk"),
        host_administrator: fields.is_set("host_administrator"),
    })
}

fn to_staff(_asked: &Asked, _done: &Done) -> Vec<Link> {
    vec![Link::new("/staff", w!("Staff"))]
}
