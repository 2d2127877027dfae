//! Moving licenses: surrender at the old host, then a pack for the new one (W7); other wishes of a company.

use desk::{Action, Command, Ending, MoveRow, MoveState, Refusal};

use super::list::{empty, list};
use super::packs::ids;
use super::page::{Cell, Field, Form, Link, Page, Part, Table, Tone};
use super::run::link_if;
use super::words::w;
use super::{Answer, Answered, Asked, Entry, acts, shows, views};
use crate::host::Done;

pub(super) const ROUTES: &[Entry] = &[
    shows("/moves", Action::SeeCase, moves),
    shows("/moves/new", Action::Surrender, surrender_page),
    acts("/moves/surrender", Action::Surrender, surrender, surrender_page, to_move),
    shows("/moves/issue", Action::IssueMove, issue_page),
    acts("/moves/issue", Action::IssueMove, issue, issue_page, to_move).with_files(),
    shows("/reconfigure", Action::Reconfigure, reconfigure_page),
    acts("/reconfigure", Action::Reconfigure, reconfigure, reconfigure_page, to_move),
];

fn state(state: MoveState) -> Cell {
    match state {
        MoveState::Surrendered => Cell::Badge(Tone::Warning, w!("surrendered")),
        MoveState::Issued => Cell::Badge(Tone::Warning, w!("issued: install the new pack")),
        MoveState::Installed => Cell::Badge(Tone::Good, w!("installed")),
    }
}

fn moves(asked: &Asked) -> Answered {
    let listed = list(&asked.fields, "/moves", &[], views::moves(asked).into_iter(), |row| {
        format!("{} {} {} {}", row.case, row.from, row.to, ids(&row.ids))
    });
    let rows = listed
        .rows
        .iter()
        .map(|row| {
            vec![
                Cell::link(format!("/cases/{}", row.case), row.case.to_string()),
                Cell::text(ids(&row.ids)),
                Cell::text(&row.from),
                Cell::text(&row.to),
                state(row.state),
                receipt(asked, row),
            ]
        })
        .collect();
    let table = Table {
        caption: w!("Licenses on their way from one host to another"),
        head: vec![
            w!("Case"),
            w!("Configuration IDs"),
            w!("From host"),
            w!("To host"),
            w!("State"),
            w!("Files"),
        ],
        rows,
        empty: empty(&asked.fields, w!("No license is being moved.")),
    };
    let links = [
        link_if(asked, Action::Surrender, "/moves/new", w!("Move a license")),
        link_if(asked, Action::IssueMove, "/moves/issue", w!("Issue the pack of a moved license")),
        link_if(asked, Action::InstallPack, "/packs/install", w!("Install the vendor's answer")),
    ];
    Ok(Answer::Page(Page {
        title: w!("Moves"),
        parts: vec![listed.pager, Part::Table(table), Part::Links(links.into_iter().flatten().collect())],
    }))
}

/// The files of a move's case: the receipt of the old host, the new pack.
fn receipt(asked: &Asked, row: &MoveRow) -> Cell {
    let files = asked.desk.case(&row.case).filter(|case| views::sees_case(asked, case));
    let links = files.into_iter().flat_map(|case| {
        case.files.iter().map(|file| {
            let at = format!("/cases/{}/files/{}", case.number, crate::encode(&file.name));
            Link::new(at, super::words::Words::data(&file.name))
        })
    });
    Cell::Links(links.collect())
}

/// The ids that are served for the company, each with what it is.
fn served(asked: &Asked) -> Result<Part, Refusal> {
    let company = asked.company()?;
    let mut rows = std::collections::BTreeMap::new();
    for license in views::licenses(asked, &company) {
        let config = license.pool.config().to_string();
        rows.entry(config).or_insert_with(Vec::new).push(license.pool.feature().to_string());
    }
    let rows = rows
        .into_iter()
        .take(200)
        .map(|(id, features)| vec![Cell::text(id), Cell::text(features.join(", "))])
        .collect();
    Ok(Part::Table(Table {
        caption: w!("What this host serves for the company"),
        head: vec![w!("Configuration ID"), w!("Features")],
        rows,
        empty: w!("This host serves nothing for the company."),
    }))
}

fn surrender_page(asked: &Asked) -> Answered {
    let fields = &asked.fields;
    let endings = vec![
        ("finish".to_owned(), w!("they run until they are returned")),
        ("end".to_owned(), w!("they are taken away")),
    ];
    let form = Form {
        action: "/moves/surrender".into(),
        fields: vec![
            Field::line("ids", w!("Configuration IDs"))
                .with(fields.get("ids"))
                .hint(w!("With blanks between them."))
                .needed(),
            Field::line("to", w!("The new host's id")).with(fields.get("to")).needed(),
            Field::line("to_key", w!("The new host's public key"))
                .with(fields.get("to_key"))
                .hint(w!("The line that seatkeeperd init printed there; the new pack is bound to it.")),
            Field::choice("ending", w!("Seats that are in use"), endings).with(fields.get("ending")),
            Field::check(
                "sure",
                w!("This host gives them up for good, and its old packs will not be served again"),
                false,
            ),
        ],
        button: w!("Surrender"),
        is_danger: true,
        ..Form::default()
    };
    let text = w!(
        "This host signs a receipt for what it gives up. The vendor issues the pack for the new host against it; the case has both."
    );
    Ok(Answer::Page(Page {
        title: w!("Move a license"),
        parts: vec![Part::Text(text), Part::Form(form), served(asked)?],
    }))
}

fn surrender(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    if !fields.is_set("sure") {
        return Err(Refusal::invalid("sure", "say that this host gives them up for good"));
    }
    Ok(Command::Surrender {
        company: asked.company()?,
        ids: fields.numbers("ids")?,
        to: fields.cpu("to")?,
        to_key: fields.get("to_key").to_owned(),
        ending: match fields.get("ending") {
            "end" => Ending::End,
            "finish" => Ending::Finish,
            _ => return Err(Refusal::invalid("ending", "say what becomes of seats that are in use")),
        },
    })
}

fn to_move(_asked: &Asked, _done: &Done) -> Vec<Link> {
    vec![Link::new("/moves", w!("Moves")), Link::new("/cases", w!("Cases"))]
}

fn issue_page(asked: &Asked) -> Answered {
    let fields = &asked.fields;
    let with_receipt = Form {
        action: "/moves/issue".into(),
        title: Some(w!("With the old host's receipt")),
        fields: vec![
            Field::file("file", w!("The receipt's file")),
            Field::lines("receipt", w!("Or its text")).with(fields.raw("receipt")),
        ],
        button: w!("Issue the new pack"),
        has_file: true,
        ..Form::default()
    };
    let lost = Form {
        action: "/moves/issue".into(),
        title: Some(w!("The old host is lost")),
        fields: vec![
            Field::line("host_lost", w!("Why there is no receipt")).with(fields.get("host_lost")).needed(),
            Field::line("ids", w!("Configuration IDs")).with(fields.get("ids")).needed(),
            Field::line("to", w!("The new host's id")).with(fields.get("to")).needed(),
            Field::line("to_key", w!("The new host's public key")).with(fields.get("to_key")),
        ],
        button: w!("Issue without a receipt"),
        is_danger: true,
        ..Form::default()
    };
    Ok(Answer::Page(Page {
        title: w!("Issue the pack of a moved license"),
        parts: vec![Part::Form(with_receipt), Part::Form(lost)],
    }))
}

fn issue(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    Ok(Command::IssueMove {
        receipt: asked.upload_or("receipt")?,
        host_lost: fields.get("host_lost").to_owned(),
        ids: fields.numbers("ids")?,
        to: fields.cpu_or_none("to")?,
        to_key: fields.get("to_key").to_owned(),
    })
}

fn reconfigure_page(asked: &Asked) -> Answered {
    let fields = &asked.fields;
    let form = Form {
        action: "/reconfigure".into(),
        fields: vec![
            Field::line("ids", w!("Configuration IDs"))
                .with(fields.get("ids"))
                .hint(w!("With blanks between them."))
                .needed(),
            Field::lines("wish", w!("How they are to be"))
                .with(fields.raw("wish"))
                .hint(w!("Another set of modules, maintenance, a newer version: in your words."))
                .needed(),
        ],
        button: w!("Ask for it"),
        ..Form::default()
    };
    let mut parts = vec![Part::Form(form)];
    if asked.subject().is_some() {
        parts.push(served(asked)?);
    }
    Ok(Answer::Page(Page { title: w!("Have licenses configured otherwise"), parts }))
}

fn reconfigure(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    Ok(Command::Reconfigure {
        company: asked.company()?,
        ids: fields.numbers("ids")?,
        wish: fields.get("wish").to_owned(),
    })
}
