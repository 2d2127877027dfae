//! What else the vendor's desk issues: renewals, the cases of sites' request files, reserved ids.

use desk::{Action, Command, Refusal};

use super::orders::{host_keys, host_keys_field, to_orders};
use super::page::{Cell, Field, Form, Link, Page, Part, Table};
use super::run::of_company;
use super::words::{Words, w};
use super::{Answer, Answered, Asked, Entry, acts, asks, shows};
use crate::host::{Done, Later};

pub(super) const ROUTES: &[Entry] = &[
    shows("/renew", Action::Issue, renew_page),
    asks("/renew/preview", Action::Issue, renew_preview, renew_page),
    acts("/renew", Action::Issue, renew, renew_page, to_cases),
    shows("/requests/take", Action::Issue, take_page),
    acts("/requests/take", Action::Issue, take, take_page, to_cases).with_files(),
    shows("/ids", Action::ReserveIds, ids_page),
    acts("/ids", Action::ReserveIds, reserve, ids_page, to_ids),
];

/// Where else the vendor's desk issues something.
pub(super) fn links(asked: &Asked) -> Vec<Link> {
    let pages = [
        (Action::Issue, "/renew", w!("Renew licenses")),
        (Action::Issue, "/requests/take", w!("Take a site's request file")),
        (Action::IssueMove, "/moves/issue", w!("Issue the pack of a moved license")),
        (Action::ReserveIds, "/ids", w!("Reserve Configuration IDs")),
    ];
    let may = pages.into_iter().filter(|(action, ..)| asked.may(*action));
    may.map(|(_, path, text)| Link::new(of_company(asked, path), text)).collect()
}

/// What is asked of a renewal, to be filled or to be confirmed.
const RENEWAL: [&str; 5] = ["company", "ids", "until", "maintenance", "host_keys"];

fn renew_page(asked: &Asked) -> Answered {
    let fields = &asked.fields;
    let company = asked.subject().map(|company| company.to_string()).unwrap_or_default();
    let maintenance = vec![
        (String::new(), w!("choose")),
        ("yes".to_owned(), w!("active from now on")),
        ("no".to_owned(), w!("none from now on")),
    ];
    let form = Form {
        action: "/renew/preview".into(),
        fields: vec![
            Field::line("company", w!("Customer number")).with(fields.or("company", &company)).needed(),
            Field::line("ids", w!("Configuration IDs"))
                .with(fields.get("ids"))
                .hint(w!("With blanks between them."))
                .needed(),
            Field::date("until", w!("Through")).with(fields.get("until")).hint(w!("Empty: the ends stay.")),
            Field::choice("maintenance", w!("Maintenance"), maintenance)
                .with(fields.get("maintenance"))
                .hint(w!(
                    "Another status than now gives another Configuration ID, and the old one is retired."
                ))
                .needed(),
            host_keys_field(asked),
        ],
        button: w!("Show what comes of it"),
        ..Form::default()
    };
    let report = Link::new(of_company(asked, "/report"), w!("Customer Detail Report"));
    Ok(Answer::Page(Page {
        title: w!("Renew licenses"),
        parts: vec![
            Part::Text(w!(
                "Another end, or another maintenance status; the packs are signed anew. Nothing is renewed yet: first you see what comes of it."
            )),
            Part::Form(form),
            Part::Links(vec![report]),
        ],
    }))
}

fn renew(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    Ok(Command::Renew {
        company: asked.company()?,
        ids: fields.numbers("ids")?,
        until: if fields.get("until").is_empty() { None } else { Some(fields.expiry("until")?) },
        maintenance: match fields.get("maintenance") {
            "yes" => true,
            "no" => false,
            _ => return Err(Refusal::invalid("maintenance", "say whether they are under maintenance")),
        },
        host_keys: host_keys(asked),
    })
}

fn renew_preview(asked: &Asked) -> Later<'_, Answered> {
    Box::pin(async move {
        let command = renew(asked)?;
        let said = asked.host.preview(asked.actor.clone(), command.clone()).await?;
        let table = Table {
            caption: w!("What comes of it, as of now"),
            head: vec![w!("What")],
            rows: said.into_iter().map(|line| vec![Cell::Words(Words::data(line))]).collect(),
            empty: w!("Nothing."),
        };
        let form = Form {
            action: "/renew".into(),
            fields: RENEWAL.iter().map(|name| Field::hidden(*name, asked.fields.raw(name))).collect(),
            button: w!("Renew and sign"),
            ..Form::default()
        };
        let again = Link::new(of_company(asked, "/renew"), w!("Begin again"));
        Ok(Answer::Page(Page {
            title: w!("Confirm the renewal"),
            parts: vec![
                Part::Facts(facts(&command)),
                Part::Table(table),
                Part::Form(form),
                Part::Links(vec![again]),
            ],
        }))
    })
}

/// What is asked for, as it was understood.
fn facts(command: &Command) -> Vec<(Words, Cell)> {
    let Command::Renew { company, ids, until, maintenance, .. } = command else { return Vec::new() };
    let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
    vec![
        (w!("Company"), Cell::text(company)),
        (w!("Configuration IDs"), Cell::text(ids.join(", "))),
        (w!("Through"), until.map_or_else(|| Cell::Words(w!("the ends stay")), Cell::text)),
        (w!("Maintenance"), Cell::Words(if *maintenance { w!("active") } else { w!("none") })),
    ]
}

fn take_page(asked: &Asked) -> Answered {
    let form = Form {
        action: "/requests/take".into(),
        fields: vec![
            Field::file("upload", w!("The request's file")),
            Field::lines("file", w!("Or its text")).with(asked.fields.raw("file")),
        ],
        button: w!("Open its case"),
        has_file: true,
        ..Form::default()
    };
    let text = w!(
        "What a site asks for comes as a file of its case. It is taken once, and opens a case here; who asked there has none of the powers here."
    );
    Ok(Answer::Page(Page {
        title: w!("Take a site's request file"),
        parts: vec![Part::Text(text), Part::Form(form)],
    }))
}

fn take(asked: &Asked) -> Result<Command, Refusal> {
    let file = asked.upload_or("file")?;
    if file.trim().is_empty() {
        return Err(Refusal::invalid("file", "choose the request's file, or paste its text"));
    }
    Ok(Command::TakeRequest { file })
}

fn to_cases(asked: &Asked, done: &Done) -> Vec<Link> {
    match &done.case {
        Some(case) => vec![Link::new(format!("/cases/{case}"), w!("Case {}", case))],
        None => to_orders(asked, done),
    }
}

fn ids_page(asked: &Asked) -> Answered {
    let fields = &asked.fields;
    let form = Form {
        action: "/ids".into(),
        fields: vec![
            Field::line("from", w!("First id")).with(fields.get("from")).needed(),
            Field::line("to", w!("Last id")).with(fields.get("to")).needed(),
            Field::line("note", w!("For what")).with(fields.get("note")),
        ],
        button: w!("Reserve"),
        ..Form::default()
    };
    let text =
        w!("Configuration IDs that were given before are reserved: the ledger never gives them again.");
    Ok(Answer::Page(Page {
        title: w!("Reserve Configuration IDs"),
        parts: vec![Part::Text(text), Part::Form(form)],
    }))
}

fn reserve(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    Ok(Command::ReserveIds {
        from: fields.number("from")?,
        to: fields.number("to")?,
        note: fields.get("note").to_owned(),
    })
}

fn to_ids(_asked: &Asked, _done: &Done) -> Vec<Link> {
    vec![Link::new("/ids", w!("Reserve Configuration IDs"))]
}
