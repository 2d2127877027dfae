//! Cases: each request one number, its history and its files (W2); asking for the license tools (W8).

use desk::{Action, Case, CaseKind, CaseState, Command, Power, Refusal};

use super::list::{empty, list};
use super::page::{Cell, Field, Form, Link, Page, Part, Table, Tone};
use super::words::{Words, w};
use super::{Answer, Answered, Asked, Entry, acts, shows, views};
use crate::host::Done;

pub(super) const ROUTES: &[Entry] = &[
    shows("/cases", Action::SeeCase, cases),
    shows("/cases/{case}", Action::SeeCase, case),
    shows("/cases/{case}/files/{name}", Action::SeeCase, file),
    acts("/cases/{case}/close", Action::CloseCase, close, case, to_case),
    acts("/cases/{case}/upgrade", Action::UpgradeAccount, upgrade, case, to_case),
    shows("/tools", Action::AskForTools, tools_page),
    acts("/tools", Action::AskForTools, tools, tools_page, to_cases),
];

pub(crate) fn kind(kind: CaseKind) -> Words {
    match kind {
        CaseKind::Order => w!("order"),
        CaseKind::Install => w!("installation"),
        CaseKind::Move => w!("move"),
        CaseKind::Reconfiguration => w!("reconfiguration"),
        CaseKind::Contact => w!("address or contact"),
        CaseKind::Conversion => w!("conversion"),
        CaseKind::Void => w!("pack voided"),
        CaseKind::Tools => w!("license tools"),
        CaseKind::People => w!("people"),
        CaseKind::Assignment => w!("assignment"),
    }
}

pub(crate) fn state(state: CaseState) -> Cell {
    match state {
        CaseState::Open => Cell::Badge(Tone::Warning, w!("open")),
        CaseState::Waiting => Cell::Badge(Tone::Warning, w!("waiting")),
        CaseState::Done => Cell::Badge(Tone::Good, w!("done")),
        CaseState::Refused => Cell::Badge(Tone::Bad, w!("refused")),
    }
}

fn cases(asked: &Asked) -> Answered {
    let listed = list(&asked.fields, "/cases", &["company"], views::cases(asked).into_iter(), |case| {
        let other = case.other.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{} {other} {} {} {:?}", case.number, case.subject, case.about.join(" "), case.state)
    });
    let rows = listed
        .rows
        .iter()
        .map(|case| {
            vec![
                Cell::link(format!("/cases/{}", case.number), case.number.to_string()),
                Cell::Words(kind(case.kind)),
                Cell::text(&case.subject),
                state(case.state),
                Cell::or_dash(case.company.as_ref()),
                Cell::or_dash(case.asked_by.as_ref()),
                Cell::text(names::Wall(case.opened_ms)),
            ]
        })
        .collect();
    let table = Table {
        caption: w!("Cases"),
        head: vec![
            w!("Case"),
            w!("About"),
            w!("Subject"),
            w!("State"),
            w!("Company"),
            w!("Asked by"),
            w!("Opened"),
        ],
        rows,
        empty: empty(&asked.fields, w!("No case yet: every request that you make is one, with a number.")),
    };
    Ok(Answer::Page(Page { title: w!("Cases"), parts: vec![listed.pager, Part::Table(table)] }))
}

fn case(asked: &Asked) -> Answered {
    let case = views::case(asked)?;
    let facts = vec![
        (w!("About"), Cell::Words(kind(case.kind))),
        (w!("Subject"), Cell::text(&case.subject)),
        (w!("State"), state(case.state)),
        (w!("Number at the other desk"), Cell::or_dash(case.other.as_ref())),
        (w!("Company"), Cell::or_dash(case.company.as_ref())),
        (w!("Asked by"), Cell::or_dash(case.asked_by.as_ref())),
        (w!("Opened"), Cell::text(names::Wall(case.opened_ms))),
        (w!("Linked"), about(case)),
    ];
    let history = Table {
        caption: w!("What happened"),
        head: vec![w!("When"), w!("By"), w!("What")],
        rows: case
            .history
            .iter()
            .map(|entry| {
                vec![Cell::text(names::Wall(entry.at_ms)), Cell::text(&entry.by), Cell::text(&entry.what)]
            })
            .collect(),
        empty: w!("Nothing happened yet."),
    };
    let files = Table {
        caption: w!("Its files"),
        head: vec![w!("File"), w!("Bytes")],
        rows: case
            .files
            .iter()
            .map(|file| {
                let at = format!("/cases/{}/files/{}", case.number, crate::encode(&file.name));
                vec![Cell::link(at, &file.name), Cell::Number(file.bytes)]
            })
            .collect(),
        empty: w!("It has no files."),
    };
    let mut parts = vec![Part::Facts(facts), Part::Table(history), Part::Table(files)];
    let is_open = matches!(case.state, CaseState::Open | CaseState::Waiting);
    let may_close = asked.has(Power::VendorDesk) || asked.has(Power::SiteHost);
    if is_open && may_close {
        parts.push(Part::Form(if case.kind == CaseKind::Tools {
            upgrade_form(case)
        } else {
            close_form(asked, case)
        }));
    }
    Ok(Answer::Page(Page { title: w!("Case {}", case.number), parts }))
}

/// What a case is linked to, each where it is found.
fn about(case: &Case) -> Cell {
    if case.about.is_empty() {
        return Cell::text("–");
    }
    let link = |about: &String| {
        let what = about.split_once(':').map_or(about.as_str(), |(_, what)| what);
        Link::new(super::page::to("/find", &[("q", what)]), Words::data(about))
    };
    Cell::Links(case.about.iter().map(link).collect())
}

fn close_form(asked: &Asked, case: &Case) -> Form {
    let of = vec![("yes".to_owned(), w!("It is done")), ("no".to_owned(), w!("It is refused"))];
    Form {
        action: format!("/cases/{}/close", case.number),
        title: Some(w!("Close the case")),
        fields: vec![
            Field::hidden("version", case.version),
            Field::choice("done", w!("Outcome"), of).with(asked.fields.get("done")),
            Field::lines("answer", w!("Answer")).with(asked.fields.raw("answer")).needed(),
        ],
        button: w!("Close the case"),
        ..Form::default()
    }
}

fn close(asked: &Asked) -> Result<Command, Refusal> {
    let fields = &asked.fields;
    Ok(Command::CloseCase {
        case: fields.case("case")?,
        done: fields.is_set("done"),
        answer: fields.get("answer").to_owned(),
        version: fields.version()?,
    })
}

fn upgrade_form(case: &Case) -> Form {
    let of = vec![("yes".to_owned(), w!("Give the license tools")), ("no".to_owned(), w!("Refuse"))];
    Form {
        action: format!("/cases/{}/upgrade", case.number),
        title: Some(w!("Answer the request for the license tools")),
        fields: vec![Field::choice("accept", w!("Answer"), of)],
        button: w!("Answer"),
        ..Form::default()
    }
}

fn upgrade(asked: &Asked) -> Result<Command, Refusal> {
    Ok(Command::UpgradeAccount { case: asked.fields.case("case")?, accept: asked.fields.is_set("accept") })
}

fn to_case(asked: &Asked, _done: &Done) -> Vec<Link> {
    vec![Link::new(format!("/cases/{}", crate::encode(asked.fields.get("case"))), w!("Cases"))]
}

fn to_cases(_asked: &Asked, _done: &Done) -> Vec<Link> {
    vec![Link::new("/cases", w!("Cases"))]
}

pub(crate) fn file(asked: &Asked) -> Answered {
    let case = views::case(asked)?;
    let name = asked.fields.get("name");
    let none = || Refusal::NotFound("this file".into());
    let file = asked.desk.file(&case.number, name).ok_or_else(none)?;
    let name = format!("{}-{}", case.number, file.name);
    Ok(Answer::File { name, kind: "text/plain; charset=utf-8", text: file.text.clone() })
}

fn tools_page(asked: &Asked) -> Answered {
    let fields = &asked.fields;
    let company = asked.subject().map(|company| company.to_string()).unwrap_or_default();
    let form = Form {
        action: "/tools".into(),
        fields: vec![
            Field::line("company", w!("Customer number"))
                .with(if fields.has("company") { fields.get("company").to_owned() } else { company })
                .needed(),
            Field::lines("reason", w!("What you need them for")).with(fields.raw("reason")),
        ],
        button: w!("Ask for the license tools"),
        ..Form::default()
    };
    Ok(Answer::Page(Page {
        title: w!("Ask for the license tools"),
        parts: vec![
            Part::Text(w!(
                "With the license tools you see, install and move your company's licenses. The request is a case that you can follow."
            )),
            Part::Form(form),
        ],
    }))
}

fn tools(asked: &Asked) -> Result<Command, Refusal> {
    Ok(Command::AskForTools {
        company: asked.fields.company("company")?,
        reason: asked.fields.get("reason").to_owned(),
    })
}
