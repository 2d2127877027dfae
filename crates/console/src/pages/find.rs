//! One box that finds everything: serial and install numbers, ids, cases, people, hosts.

use desk::look::{Hit, HitKind};
use desk::{Action, Refusal};

use super::page::{Cell, Field, Form, Input, Link, Page, Part, Table, Tone, to};
use super::words::{Words, w};
use super::{Answer, Answered, Asked, Entry, shows};

pub(super) const ROUTES: &[Entry] = &[shows("/find", Action::Find, find)];

fn find(asked: &Asked) -> Answered {
    let wanted = asked.fields.get("q");
    let field = Field { kind: Input::Line("search"), ..Field::line("q", w!("What you know")) };
    let mut parts = vec![Part::Form(Form {
        action: "/find".into(),
        fields: vec![field.with(wanted).hint(w!(
            "A serial or install number, a Configuration ID, a case, order, pack, subscription or invoice, an e-mail, a host or a company."
        ))],
        button: w!("Find"),
        is_get: true,
        ..Form::default()
    })];
    if !wanted.is_empty() {
        match asked.with(|ctx| asked.desk.find(ctx, &asked.actor, wanted)) {
            Ok(found) => {
                parts.push(Part::Table(table(asked, &found.hits)));
                if found.has_more {
                    parts.push(Part::Text(w!("There is more: write more of what you know.")));
                }
            }
            Err(refusal @ (Refusal::Invalid { .. } | Refusal::Limit(_))) => {
                parts.push(Part::Note(Tone::Bad, Words::data(refusal.to_string())));
            }
            Err(refusal) => return Err(refusal),
        }
    }
    Ok(Answer::Page(Page { title: w!("Find"), parts }))
}

fn table(asked: &Asked, hits: &[Hit]) -> Table {
    let row = |hit: &Hit| {
        let links = hit
            .linked
            .iter()
            .map(|link| Link::new(at(asked, link.kind, &link.key), Words::data(&link.title)));
        vec![
            Cell::link(at(asked, hit.kind, &hit.key), &hit.key),
            Cell::Words(kind(hit.kind)),
            Cell::text(&hit.title),
            Cell::text(hit.by),
            Cell::Links(links.collect()),
            if hit.warnings.is_empty() {
                Cell::text("–")
            } else {
                Cell::Badge(Tone::Warning, Words::data(hit.warnings.join("; ")))
            },
        ]
    };
    Table {
        caption: w!("What was found"),
        head: vec![w!("Number"), w!("Kind"), w!("What"), w!("Found by"), w!("Linked"), w!("Warnings")],
        rows: hits.iter().map(row).collect(),
        empty: w!("Nothing that you may see has that number, address or name, or begins with it."),
    }
}

fn kind(kind: HitKind) -> Words {
    match kind {
        HitKind::Configuration => w!("configuration"),
        HitKind::License => w!("license"),
        HitKind::Company => w!("company"),
        HitKind::Person => w!("person"),
        HitKind::Order => w!("order"),
        HitKind::Pack => w!("pack"),
        HitKind::Case => w!("case"),
        HitKind::Host => w!("host"),
    }
}

/// Where something is shown; what has no page of its own is found again.
fn at(asked: &Asked, kind: HitKind, key: &str) -> String {
    let part = crate::encode(key);
    match kind {
        HitKind::Case => format!("/cases/{part}"),
        HitKind::Pack if asked.may(Action::SeePacks) => format!("/packs/{part}"),
        HitKind::Order if asked.may(Action::Order) => format!("/orders/{part}"),
        HitKind::Company if asked.may(Action::SeeCompanies) => format!("/companies/{part}"),
        HitKind::License if asked.may(Action::SeeLicense) => to("/license", &[("pool", key)]),
        HitKind::Person if asked.may(Action::SeePeople) => to("/people", &[("search", key)]),
        _ => to("/find", &[("q", key)]),
    }
}
