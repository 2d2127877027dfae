//! License packs: those that were signed or installed, and installing one.

use desk::{Action, Command, PackStanding, Refusal};

use super::list::{empty, list};
use super::page::{Cell, Field, Form, Link, Page, Part, Table, Tone};
use super::run::{link_if, of_company};
use super::words::w;
use super::{Answer, Answered, Asked, Does, Entry, Method, acts, asks, shows, views};
use crate::host::{Done, Later, Line, PackCheck};

pub(super) const ROUTES: &[Entry] = &[
    shows("/packs", Action::SeePacks, packs),
    shows("/packs/install", Action::InstallPack, install_page),
    asks("/packs/check", Action::InstallPack, check, install_page).with_files(),
    Entry {
        method: Method::Post,
        path: "/packs/install",
        action: Action::InstallPack,
        does: Does::Works { answers: install, from: install_page },
        has_files: true,
    },
    shows("/packs/{pack}", Action::SeePacks, pack),
    shows("/packs/{pack}/download", Action::SeePacks, download),
    shows("/packs/{pack}/void", Action::VoidPack, void_page),
    acts("/packs/{pack}/void", Action::VoidPack, void, void_page, to_packs),
];

pub(crate) fn standing(standing: PackStanding) -> Cell {
    match standing {
        PackStanding::Current => Cell::Badge(Tone::Good, w!("current")),
        PackStanding::Superseded => Cell::Badge(Tone::Plain, w!("superseded")),
        PackStanding::Void => Cell::Badge(Tone::Bad, w!("void")),
    }
}

fn packs(asked: &Asked) -> Answered {
    let company = asked.company()?;
    let rows = views::packs(asked, &company);
    let listed = list(&asked.fields, "/packs", &["company"], rows.into_iter(), |pack| {
        format!("{} {} {} {:?}", pack.number, pack.host, pack.case, pack.configurations)
    });
    let rows = listed
        .rows
        .iter()
        .map(|pack| {
            let shown = asked.desk.pack_shown(pack);
            let at = of_company(asked, &format!("/packs/{shown}"));
            let file = of_company(asked, &format!("/packs/{shown}/download"));
            vec![
                Cell::link(at, shown),
                Cell::text(&pack.host),
                Cell::text(ids(&pack.configurations)),
                standing(pack.standing),
                Cell::text(names::Wall(pack.issued_ms)),
                Cell::Links(vec![Link::new(file, w!("Download"))]),
            ]
        })
        .collect();
    let table = Table {
        caption: w!("License packs of company {}", company),
        head: vec![
            w!("Pack"),
            w!("Host"),
            w!("Configuration IDs"),
            w!("Standing"),
            w!("Signed or installed"),
            w!("File"),
        ],
        rows,
        empty: empty(&asked.fields, w!("No license pack was signed or installed for this company yet.")),
    };
    let install = link_if(asked, Action::InstallPack, "/packs/install", w!("Install a license pack"));
    Ok(Answer::Page(Page {
        title: w!("License packs"),
        parts: vec![listed.pager, Part::Table(table), Part::Links(install.into_iter().collect())],
    }))
}

pub(crate) fn ids(ids: &[u64]) -> String {
    ids.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

fn pack(asked: &Asked) -> Answered {
    let pack = views::pack(asked)?;
    let voids: Vec<String> = pack.voids.iter().map(ToString::to_string).collect();
    let facts = vec![
        (w!("Company"), Cell::text(&pack.company)),
        (w!("Host"), Cell::text(&pack.host)),
        (w!("Configuration IDs"), Cell::text(ids(&pack.configurations))),
        (w!("Standing"), standing(pack.standing)),
        (w!("Voids"), Cell::or_dash((!voids.is_empty()).then(|| voids.join(", ")))),
        (w!("Signed or installed"), Cell::text(names::Wall(pack.issued_ms))),
        (w!("Case"), Cell::link(format!("/cases/{}", pack.case), pack.case.to_string())),
    ];
    let shown = asked.desk.pack_shown(pack);
    let mut links = vec![Link::new(format!("/packs/{shown}/download"), w!("Download"))];
    if pack.standing == PackStanding::Current && asked.may(Action::VoidPack) {
        links.push(Link::new(format!("/packs/{shown}/void"), w!("Void it")));
    }
    Ok(Answer::Page(Page {
        title: w!("License pack {}", pack.number),
        parts: vec![Part::Facts(facts), Part::Links(links), Part::Plain(pack.text.clone())],
    }))
}

pub(crate) fn download(asked: &Asked) -> Answered {
    let pack = views::pack(asked)?;
    let name = format!("{}.lic", pack.number);
    let text = desk::answer_file(&asked.desk, pack);
    Ok(Answer::File { name, kind: "text/plain; charset=utf-8", text })
}

fn void_page(asked: &Asked) -> Answered {
    let pack = views::pack(asked)?;
    let form = Form {
        action: format!("/packs/{}/void", asked.desk.pack_shown(pack)),
        fields: vec![Field::line("reason", w!("Why")).with(asked.fields.get("reason")).needed()],
        button: w!("Void pack {}", pack.number),
        is_danger: true,
        ..Form::default()
    };
    Ok(Answer::Page(Page {
        title: w!("Void pack {}", pack.number),
        parts: vec![
            Part::Text(w!("The next pack of host {} will say that this one is void.", pack.host)),
            Part::Form(form),
        ],
    }))
}

fn void(asked: &Asked) -> Result<Command, Refusal> {
    let pack = views::pack(asked)?.number.clone();
    Ok(Command::VoidPack { pack, reason: asked.fields.get("reason").to_owned() })
}

fn to_packs(asked: &Asked, _done: &Done) -> Vec<Link> {
    vec![Link::new(of_company(asked, "/packs"), w!("License packs"))]
}

fn install_page(asked: &Asked) -> Answered {
    Ok(Answer::Page(Page {
        title: w!("Install a license pack"),
        parts: vec![Part::Form(upload_form(asked))],
    }))
}

fn upload_form(asked: &Asked) -> Form {
    Form {
        action: "/packs/check".into(),
        fields: vec![
            Field::file("file", w!("The pack's file")),
            Field::lines("text", w!("Or its text"))
                .with(asked.fields.raw("text"))
                .hint(w!("Nothing is installed yet: first you see what it would change.")),
        ],
        button: w!("Check it"),
        has_file: true,
        ..Form::default()
    }
}

/// The text of a pack that came as a file or as text.
fn text_of(asked: &Asked) -> Result<String, Refusal> {
    let text = asked.upload_or("text")?;
    if text.trim().is_empty() {
        return Err(Refusal::invalid("text", "choose the pack's file, or paste its text"));
    }
    Ok(text)
}

fn check(asked: &Asked) -> Later<'_, Answered> {
    Box::pin(async move {
        let text = text_of(asked)?;
        let check = asked.host.check_pack(text.clone().into_bytes()).await;
        let check = check.map_err(|e| Refusal::invalid("text", e))?;
        let is_bad = check.lines.iter().any(|line| line.kind == "error") || check.pack.is_none();
        let mut parts = findings(&check);
        if is_bad {
            parts.insert(
                0,
                Part::Note(Tone::Bad, w!("This pack cannot be installed here. Nothing was changed.")),
            );
            parts.push(Part::Form(upload_form(asked)));
        } else {
            parts.push(Part::Form(Form {
                action: "/packs/install".into(),
                fields: vec![Field::hidden("text", text)],
                button: w!("Install pack {}", shown(check.pack.as_ref())),
                has_file: true,
                ..Form::default()
            }));
            parts.push(Part::Links(vec![Link::new("/packs/install", w!("Choose another one"))]));
        }
        Ok(Answer::Page(Page { title: w!("What this pack would change"), parts }))
    })
}

fn shown<T: ToString>(what: Option<&T>) -> String {
    what.map_or_else(|| "–".to_owned(), T::to_string)
}

fn findings(check: &PackCheck) -> Vec<Part> {
    let line = |line: &Line| {
        let badge = match line.kind {
            "error" => Cell::Badge(Tone::Bad, w!("error")),
            "warning" => Cell::Badge(Tone::Warning, w!("warning")),
            "change" => Cell::Badge(Tone::Good, w!("change")),
            _ => Cell::Badge(Tone::Plain, w!("note")),
        };
        vec![badge, Cell::text(&line.text)]
    };
    let found = Table {
        caption: w!("What was found, and what would be otherwise"),
        head: vec![w!("Kind"), w!("What")],
        rows: check.lines.iter().map(line).collect(),
        empty: w!("Nothing would change."),
    };
    let gives = Table {
        caption: w!("What it gives on this host"),
        head: vec![w!("Configuration ID"), w!("Feature"), w!("Quantity"), w!("Through")],
        rows: check
            .owned
            .iter()
            .map(|owned| {
                vec![
                    Cell::text(owned.pool.config()),
                    Cell::text(owned.pool.feature()),
                    Cell::Number(owned.quantity.into()),
                    Cell::text(owned.until),
                ]
            })
            .collect(),
        empty: w!("It gives nothing on this host."),
    };
    vec![
        Part::Facts(vec![
            (w!("Pack"), Cell::or_dash(check.pack.as_ref())),
            (w!("Company"), Cell::or_dash(check.company.as_ref())),
        ]),
        Part::Table(found),
        Part::Table(gives),
    ]
}

/// The pack is checked again: between the two pages somebody may have changed it, or the host.
fn install(asked: &Asked) -> Later<'_, Answered> {
    Box::pin(async move {
        let command = install_command(asked, asked.company()?, text_of(asked)?).await?;
        let done = asked.act(command).await?;
        let links = vec![Link::new("/users", w!("User Management")), Link::new("/cases", w!("Cases"))];
        Ok(asked.done(&done, links))
    })
}

/// The command that installs a pack, once it was checked against this host.
pub(crate) async fn install_command(
    asked: &Asked,
    company: desk::CustomerNumber,
    text: String,
) -> Result<Command, Refusal> {
    let check = asked.host.check_pack(text.clone().into_bytes()).await;
    let check = check.map_err(|e| Refusal::invalid("text", e))?;
    if let Some(line) = check.lines.iter().find(|line| line.kind == "error") {
        return Err(Refusal::invalid("text", &line.text));
    }
    let pack = check.pack.ok_or_else(|| Refusal::invalid("text", "it has no pack number"))?;
    Ok(Command::InstallPack { company, pack, text, owned: check.owned })
}
