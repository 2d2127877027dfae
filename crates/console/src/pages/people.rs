//! The company's people and their privileges (W3, W4).

use desk::{Action, Command, CustomerNumber, Desk, Membership, Privileges, Refusal};

use super::list::{empty, list};
use super::page::{Cell, Field, Form, Link, Page, Part, Table, Tone, to};
use super::run::of_company;
use super::words::{Words, w};
use super::{Answer, Answered, Asked, Entry, acts, shows};
use crate::host::Done;
use crate::sign::first_link;

pub(super) const ROUTES: &[Entry] = &[
    shows("/people", Action::SeePeople, people),
    acts("/people/add", Action::AddPerson, add, people, to_people),
    shows("/people/privileges", Action::SetPrivileges, privileges_page),
    acts("/people/privileges", Action::SetPrivileges, set_privileges, privileges_page, to_people),
    shows("/people/remove", Action::RemovePerson, remove_page),
    acts("/people/remove", Action::RemovePerson, remove, remove_page, to_people),
    shows("/people/password-link", Action::AddPerson, link_page),
];

/// Supervisors of a company.
pub(crate) fn supervisors<'a>(
    desk: &'a Desk,
    company: &'a CustomerNumber,
) -> impl Iterator<Item = &'a Membership> + 'a {
    desk.members(company).filter(|member| member.privileges.supervisor)
}

fn name_of(desk: &Desk, member: &Membership) -> String {
    desk.person(&member.email).map(|person| person.name.clone()).unwrap_or_default()
}

fn people(asked: &Asked) -> Answered {
    let company = asked.company()?;
    let desk = &asked.desk;
    let listed = list(&asked.fields, "/people", &["company"], desk.members(&company), |member| {
        format!("{} {}", member.email, name_of(desk, member))
    });
    let (may, may_link) = (asked.may(Action::SetPrivileges), asked.may(Action::AddPerson));
    let rows = listed
        .rows
        .iter()
        .map(|member| {
            let named = [("email", member.email.as_str())];
            let pages = [
                (may, "/people/privileges", w!("Privileges")),
                (may, "/people/remove", w!("Remove")),
                (may_link && may_have_link(asked, member), "/people/password-link", w!("Password link")),
            ];
            let links = pages.into_iter().filter(|(is, ..)| *is);
            let links = links.map(|(_, path, text)| Link::new(to(path, &named), text)).collect();
            let has = |is: bool| if is { Cell::Badge(Tone::Good, w!("yes")) } else { Cell::text("–") };
            vec![
                Cell::text(&member.email),
                Cell::text(name_of(desk, member)),
                has(member.privileges.supervisor),
                has(member.privileges.licensing),
                has(member.privileges.reporting),
                Cell::Links(links),
            ]
        })
        .collect();
    let table = Table {
        caption: w!("People of company {}", company),
        head: vec![
            w!("Email Address"),
            w!("Name"),
            w!("Supervisor"),
            w!("Licensing"),
            w!("Reporting"),
            w!("Actions"),
        ],
        rows,
        empty: empty(&asked.fields, w!("Nobody belongs to this company yet.")),
    };
    let mut parts = Vec::new();
    parts.extend(warning(desk, &company));
    parts.extend([listed.pager, Part::Table(table)]);
    if asked.may(Action::AddPerson) {
        parts.push(Part::Form(add_form(asked)));
    }
    Ok(Answer::Page(Page { title: w!("People and privileges"), parts }))
}

/// More than one supervisor is advised (W3).
fn warning(desk: &Desk, company: &CustomerNumber) -> Option<Part> {
    let supervisors = supervisors(desk, company).take(2).count();
    let is_supervised = desk.company(company).is_some_and(|company| company.is_supervised);
    match supervisors {
        1 => Some(Part::Note(
            Tone::Warning,
            w!(
                "There is one supervisor. Where that person is away, nobody can give privileges: make another one."
            ),
        )),
        0 if !is_supervised => Some(Part::Note(
            Tone::Plain,
            w!(
                "No supervisor is named yet: the vendor names the first one. Until then nobody can give privileges."
            ),
        )),
        _ => None,
    }
}

fn add_form(asked: &Asked) -> Form {
    Form {
        action: "/people/add".into(),
        title: Some(w!("Add somebody")),
        fields: vec![
            Field::email("email", w!("Email Address"))
                .with(asked.fields.get("email"))
                .hint(w!("It is the login. Who is added begins without privileges."))
                .needed(),
            Field::line("name", w!("Name")).with(asked.fields.get("name")),
        ],
        button: w!("Add"),
        ..Form::default()
    }
}

fn add(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    Ok(Command::AddPerson {
        company: asked.company()?,
        email: fields.email("email")?,
        name: fields.get("name").to_owned(),
    })
}

fn to_people(asked: &Asked, _done: &Done) -> Vec<Link> {
    vec![Link::new(of_company(asked, "/people"), w!("People and privileges"))]
}

fn member(asked: &Asked) -> Result<&Membership, Refusal> {
    let (company, email) = (asked.company()?, asked.fields.email("email")?);
    asked.desk.membership(&company, &email).ok_or_else(|| Refusal::NotFound(email.to_string()))
}

fn privileges_page(asked: &Asked) -> Answered {
    let member = member(asked)?;
    let fields = &asked.fields;
    // What was ticked stays where the form comes back.
    let is = |name: &str, now: bool| if fields.has("version") { fields.is_set(name) } else { now };
    let now = member.privileges;
    let form = Form {
        action: "/people/privileges".into(),
        fields: vec![
            Field::hidden("email", &member.email),
            Field::hidden("version", member.version),
            Field::check("supervisor", w!("Supervisor"), is("supervisor", now.supervisor))
                .hint(w!("manages the privileges of the company's people, and nothing else")),
            Field::check("licensing", w!("Licensing"), is("licensing", now.licensing)).hint(w!(
                "installs, moves and configures licenses and assigns them; does not include Reporting"
            )),
            Field::check("reporting", w!("Reporting"), is("reporting", now.reporting))
                .hint(w!("sees licenses, reports and packs; changes nothing")),
        ],
        button: w!("Set privileges"),
        ..Form::default()
    };
    let mut parts = vec![Part::Form(form)];
    parts.extend(warning(&asked.desk, &member.company));
    Ok(Answer::Page(Page { title: w!("Privileges of {}", member.email), parts }))
}

fn set_privileges(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    Ok(Command::SetPrivileges {
        company: asked.company()?,
        email: fields.email("email")?,
        privileges: Privileges {
            supervisor: fields.is_set("supervisor"),
            licensing: fields.is_set("licensing"),
            reporting: fields.is_set("reporting"),
        },
        version: fields.version()?,
    })
}

fn remove_page(asked: &Asked) -> Answered {
    let member = member(asked)?;
    let form = Form {
        action: "/people/remove".into(),
        fields: vec![Field::hidden("email", &member.email), Field::hidden("version", member.version)],
        button: w!("Remove {}", member.email),
        is_danger: true,
        ..Form::default()
    };
    Ok(Answer::Page(Page {
        title: w!("Remove {}", member.email),
        parts: vec![
            Part::Text(w!(
                "{} will not work for company {} any more. The account stays, and named seats stay until they are revoked.",
                member.email,
                member.company
            )),
            Part::Form(form),
            Part::Links(vec![Link::new("/people", w!("People and privileges"))]),
        ],
    }))
}

fn remove(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    Ok(Command::RemovePerson {
        company: asked.company()?,
        email: fields.email("email")?,
        version: fields.version()?,
    })
}

fn may_have_link(asked: &Asked, member: &Membership) -> bool {
    first_link(&asked.desk, asked.active(), &member.email).is_ok()
}

/// The form is answered by the page of links, which shows the link once.
fn link_page(asked: &Asked) -> Answered {
    let member = member(asked)?;
    let mut parts = vec![Part::Text(w!(
        "With the link {} sets a first password and signs in. Whoever has the link can: give it to nobody else.",
        member.email
    ))];
    parts.push(match first_link(&asked.desk, asked.active(), &member.email) {
        Ok(()) => Part::Form(Form {
            action: "/people/password-link".into(),
            fields: vec![Field::hidden("email", &member.email)],
            button: w!("Make a link for {}", member.email),
            ..Form::default()
        }),
        Err(why) => Part::Note(Tone::Warning, Words::data(why.detail())),
    });
    parts.push(Part::Links(vec![Link::new("/people", w!("People and privileges"))]));
    Ok(Answer::Page(Page { title: w!("Password link for {}", member.email), parts }))
}
