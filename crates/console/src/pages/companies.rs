//! Companies and their first supervisors, for the vendor's desk; a company's address and contact.

use desk::{Action, Command, Company, Refusal};

use super::list::{empty, list};
use super::page::{Cell, Field, Form, Link, Page, Part, Table, Tone, to};
use super::people::supervisors;
use super::words::w;
use super::{Answer, Answered, Asked, Entry, acts, shows};
use crate::host::Done;

pub(super) const ROUTES: &[Entry] = &[
    shows("/companies", Action::SeeCompanies, companies),
    acts("/companies/set", Action::SetCompany, set, companies, to_company),
    shows("/companies/{number}", Action::SeeCompanies, company),
    acts("/companies/{number}/name", Action::SetCompany, rename, company, to_company),
    acts("/companies/{number}/contact", Action::AddContact, add_contact, company, to_company),
    acts("/companies/{number}/supervisor", Action::NameSupervisor, name_supervisor, company, to_company),
    shows("/contact", Action::ChangeContact, contact_page),
    acts("/contact", Action::ChangeContact, change_contact, contact_page, to_contact),
];

fn companies(asked: &Asked) -> Answered {
    let listed = list(&asked.fields, "/companies", &[], asked.desk.companies(), |company| {
        let contact = company.contact.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{} {} {contact}", company.number, company.name)
    });
    let rows = listed
        .rows
        .iter()
        .map(|company| {
            let supervised = if company.is_supervised {
                Cell::count(supervisors(&asked.desk, &company.number).count())
            } else {
                Cell::Badge(Tone::Warning, w!("none yet"))
            };
            vec![
                Cell::link(format!("/companies/{}", company.number), company.number.to_string()),
                Cell::text(&company.name),
                Cell::or_dash(company.contact.as_ref()),
                Cell::count(asked.desk.members(&company.number).count()),
                supervised,
            ]
        })
        .collect();
    let table = Table {
        caption: w!("Companies"),
        head: vec![w!("Customer number"), w!("Name"), w!("Contact"), w!("People"), w!("Supervisors")],
        rows,
        empty: empty(&asked.fields, w!("There is no company yet: make the first one below.")),
    };
    let form = Form {
        action: "/companies/set".into(),
        title: Some(w!("Make a company")),
        fields: vec![
            Field::line("new_number", w!("Customer number")).with(asked.fields.get("new_number")).needed(),
            Field::line("new_name", w!("Name")).with(asked.fields.get("new_name")).needed(),
            Field::hidden("version", 0),
        ],
        button: w!("Make it"),
        ..Form::default()
    };
    Ok(Answer::Page(Page {
        title: w!("Companies"),
        parts: vec![listed.pager, Part::Table(table), Part::Form(form)],
    }))
}

fn set(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    Ok(Command::SetCompany {
        company: fields.company("new_number")?,
        name: fields.get("new_name").to_owned(),
        version: fields.version()?,
    })
}

fn rename(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    Ok(Command::SetCompany {
        company: fields.company("number")?,
        name: fields.get("new_name").to_owned(),
        version: fields.version()?,
    })
}

fn to_company(asked: &Asked, _done: &Done) -> Vec<Link> {
    let fields = &asked.fields;
    let number = if fields.has("new_number") { fields.get("new_number") } else { fields.get("number") };
    let company = Link::new(format!("/companies/{}", crate::encode(number)), w!("Company {}", number));
    vec![company, Link::new("/companies", w!("Companies"))]
}

fn named(asked: &Asked) -> Result<&Company, Refusal> {
    let number = asked.fields.company("number")?;
    asked.desk.company(&number).ok_or_else(|| Refusal::NotFound(format!("company {number}")))
}

fn company(asked: &Asked) -> Answered {
    let company = named(asked)?;
    let of = [("company", company.number.as_str())];
    let supervisors: Vec<String> =
        supervisors(&asked.desk, &company.number).map(|member| member.email.to_string()).collect();
    let facts = vec![
        (w!("Customer number"), Cell::text(&company.number)),
        (w!("Name"), Cell::text(&company.name)),
        (w!("Address"), Cell::text(&company.address)),
        (w!("Contact"), Cell::or_dash(company.contact.as_ref())),
        (w!("Supervisors"), Cell::or_dash((!supervisors.is_empty()).then(|| supervisors.join(", ")))),
        (w!("People"), Cell::count(asked.desk.members(&company.number).count())),
    ];
    let links = [
        ("/report", w!("Customer Detail Report")),
        ("/packs", w!("License packs")),
        ("/orders/new", w!("Order licenses")),
        ("/orders", w!("Orders")),
        ("/cases", w!("Cases")),
        ("/people", w!("People and privileges")),
        ("/conversion", w!("Conversion")),
        ("/contact", w!("Address and contact")),
    ];
    let links = links.into_iter().map(|(path, text)| Link::new(to(path, &of), text)).collect();
    let mut parts = vec![Part::Facts(facts), Part::Links(links), Part::Form(rename_form(asked, company))];
    if !company.is_supervised {
        parts.push(Part::Note(
            Tone::Warning,
            w!("No supervisor is named yet. Naming one takes nothing away from the contacts that are there; people who are added later begin without privileges."),
        ));
        parts.push(person_form(asked, company, "supervisor"));
        parts.push(person_form(asked, company, "contact"));
    }
    Ok(Answer::Page(Page { title: w!("Company {}", company.number), parts }))
}

fn rename_form(asked: &Asked, company: &Company) -> Form {
    Form {
        action: format!("/companies/{}/name", company.number),
        title: Some(w!("Change its name")),
        fields: vec![
            Field::line("new_name", w!("Name")).with(asked.fields.or("new_name", &company.name)).needed(),
            Field::hidden("version", company.version),
        ],
        button: w!("Change the name"),
        ..Form::default()
    }
}

fn person_form(asked: &Asked, company: &Company, what: &str) -> Part {
    let mut fields =
        vec![Field::email("email", w!("Email Address")).with(asked.fields.get("email")).needed()];
    let is_contact = what == "contact";
    if is_contact {
        fields.push(Field::line("person", w!("Name")).with(asked.fields.get("person")));
    }
    Part::Form(Form {
        action: format!("/companies/{}/{what}", company.number),
        title: Some(if is_contact { w!("Add a contact") } else { w!("Name the first supervisor") }),
        fields,
        button: if is_contact { w!("Add the contact") } else { w!("Name the supervisor") },
        ..Form::default()
    })
}

fn add_contact(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    Ok(Command::AddContact {
        company: fields.company("number")?,
        email: fields.email("email")?,
        name: fields.get("person").to_owned(),
    })
}

fn name_supervisor(asked: &Asked) -> Result<Command, Refusal> {
    Ok(Command::NameSupervisor {
        company: asked.fields.company("number")?,
        email: asked.fields.email("email")?,
    })
}

fn contact_page(asked: &Asked) -> Answered {
    let number = asked.company()?;
    let company =
        asked.desk.company(&number).ok_or_else(|| Refusal::NotFound(format!("company {number}")))?;
    let fields = &asked.fields;
    let contact = company.contact.as_ref().map(ToString::to_string).unwrap_or_default();
    let is_back = fields.has("version");
    let form = Form {
        action: "/contact".into(),
        fields: vec![
            Field::hidden("version", company.version),
            Field::lines("address", w!("Address")).with(if is_back {
                fields.raw("address")
            } else {
                &company.address
            }),
            Field::email("contact", w!("Contact"))
                .with(fields.or("contact", &contact))
                .hint(w!("Whom the vendor writes to.")),
        ],
        button: w!("Change"),
        ..Form::default()
    };
    Ok(Answer::Page(Page {
        title: w!("Address and contact of company {}", number),
        parts: vec![Part::Form(form)],
    }))
}

fn change_contact(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    Ok(Command::ChangeContact {
        company: asked.company()?,
        address: fields.get("address").to_owned(),
        contact: fields.email_or_none("contact")?,
        version: fields.version()?,
    })
}

fn to_contact(asked: &Asked, _done: &Done) -> Vec<Link> {
    vec![Link::new(super::run::of_company(asked, "/contact"), w!("Address and contact"))]
}
