//! What programs read.

use desk::{Action, Refusal};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::schema::Kind::{Company, Day, Items, Text};
use super::schema::{Field, may_have, needed};
use super::{Answered, asked, bound, object};
use crate::pages::{Answer, Asked, views};
use crate::web::{Reply, Request};
use crate::{Route, limits};

/// A question as an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Query {
    /// Its path.
    pub(super) path: &'static str,
    /// The deed that it is.
    pub(super) action: Action,
    /// What it answers, in a sentence.
    pub(super) what: &'static str,
    /// Parameters of its address, and what each is.
    pub(super) parameters: &'static [(&'static str, &'static str)],
    /// Its body; none of what is only read.
    pub(super) body: &'static [Field],
    /// The type of its answer.
    pub(super) kind: &'static str,
    answers: Answers,
}

#[derive(Debug, Clone, Copy)]
enum Answers {
    Json(fn(&Asked) -> Result<Value, Refusal>),
    File(fn(&Asked) -> crate::pages::Answered),
    OfBody(fn(&Asked, &Map<String, Value>) -> Result<Value, Refusal>),
}

const JSON: &str = "application/json";
const LIST: &[(&str, &str)] = &[
    ("search", "only what has this text in it"),
    ("skip", "so many are passed over"),
    ("take", "at most so many, 1000 at most"),
];
const LIST_OF_COMPANY: &[(&str, &str)] = &[
    ("company", "a customer number; one's own company where none is named"),
    ("search", "only what has this text in it"),
    ("skip", "so many are passed over"),
    ("take", "at most so many, 1000 at most"),
];
const COMPANY: &[(&str, &str)] = &[("company", "a customer number; one's own company where none is named")];

const fn get(
    path: &'static str,
    action: Action,
    what: &'static str,
    parameters: &'static [(&'static str, &'static str)],
    answers: fn(&Asked) -> Result<Value, Refusal>,
) -> Query {
    Query { path, action, what, parameters, body: &[], kind: JSON, answers: Answers::Json(answers) }
}

/// All of them.
pub(super) const QUERIES: &[Query] = &[
    get("/api/v1/me", Action::OwnSeats, "Who one is, and the companies that one belongs to.", &[], me),
    get("/api/v1/seats", Action::OwnSeats, "One's own named seats.", &[], seats),
    get("/api/v1/licenses", Action::SeeLicenses, "My Licenses.", LIST_OF_COMPANY, licenses),
    get(
        "/api/v1/users",
        Action::SeeLicense,
        "Whose the seats of a license are.",
        &[
            ("pool", "the license's pool, as it is shown"),
            ("skip", "so many are passed over"),
            ("take", "at most so many"),
        ],
        users,
    ),
    get(
        "/api/v1/people",
        Action::SeePeople,
        "The company's people and their privileges.",
        LIST_OF_COMPANY,
        people,
    ),
    get("/api/v1/cases", Action::SeeCase, "The cases that one may follow, the newest first.", LIST, cases),
    get("/api/v1/cases/{case}", Action::SeeCase, "A case, by its number at either desk.", &[], case),
    Query {
        path: "/api/v1/cases/{case}/files/{name}",
        action: Action::SeeCase,
        what: "A case's file.",
        parameters: &[],
        body: &[],
        kind: "text/plain",
        answers: Answers::File(crate::pages::case_file),
    },
    get(
        "/api/v1/packs",
        Action::SeePacks,
        "The company's license packs, the newest first.",
        LIST_OF_COMPANY,
        packs,
    ),
    Query {
        path: "/api/v1/packs/{pack}",
        action: Action::SeePacks,
        what: "A license pack's text.",
        parameters: &[],
        body: &[],
        kind: "text/plain",
        answers: Answers::File(crate::pages::pack_file),
    },
    get("/api/v1/orders", Action::Order, "Orders, the newest first.", LIST_OF_COMPANY, orders),
    get("/api/v1/moves", Action::SeeCase, "Licenses on their way between hosts.", LIST, moves),
    get("/api/v1/customer-report", Action::CustomerReport, "Customer Detail Report.", COMPANY, report),
    get("/api/v1/companies", Action::SeeCompanies, "All companies.", LIST, companies),
    get("/api/v1/find", Action::Find, "What has a number, address or name.", &[("q", "what is known")], find),
    Query {
        path: "/api/v1/reminders.ics",
        action: Action::OwnSeats,
        what: "What ends, as a calendar with alarms 90, 30, 7 and 1 days before.",
        parameters: &[],
        body: &[],
        kind: "text/calendar",
        answers: Answers::File(crate::pages::reminders_file),
    },
    Query {
        path: "/api/v1/preview-conversion",
        action: Action::PreviewConversion,
        what: "What the conversion of an estate would give; nothing is changed.",
        parameters: &[],
        body: &[needed("company", Company), needed("estate", Text), may_have("prior", Day)],
        kind: JSON,
        answers: Answers::OfBody(preview),
    },
    Query {
        path: "/api/v1/split-order",
        action: Action::Order,
        what: "How an order would be split into configurations; nothing is changed.",
        parameters: &[],
        body: &[needed("company", Company), needed("items", Items)],
        kind: JSON,
        answers: Answers::OfBody(split),
    },
];

/// Their routes.
pub(super) fn routes() -> Vec<Route> {
    let route = |query: &'static Query| match query.body {
        [] => Route::api_get(query.path, query.action, move |request| answer(query, request)),
        _ => Route::api_post(query.path, query.action, move |request| answer(query, request)),
    };
    QUERIES.iter().map(route).collect()
}

async fn answer(query: &'static Query, request: Request) -> Answered {
    let asked = asked(&request);
    match query.answers {
        Answers::Json(answers) => {
            let asked = of_company(asked);
            asked.must(query.action)?;
            Ok(super::json(&answers(&asked)?))
        }
        Answers::File(answers) => match answers(&asked)? {
            Answer::File { name, kind, text } => Ok(Reply::file(&name, kind, text)),
            Answer::Page(_) => Err(crate::Fault::Broken),
        },
        Answers::OfBody(answers) => {
            let body = object(&request)?;
            known(query, &body)?;
            let mut asked = asked;
            if let Some(company) = body.get("company").and_then(Value::as_str) {
                asked.fields.0.insert(0, ("company".into(), company.to_owned()));
            }
            let asked = of_company(asked);
            asked.must(query.action)?;
            Ok(super::json(&answers(&asked, &body)?))
        }
    }
}

/// Whoever asks works for the company that is named, where they belong to it.
fn of_company(asked: Asked) -> Asked {
    let actor = bound(&asked, asked.subject().as_ref());
    Asked { actor, ..asked }
}

fn known(query: &Query, body: &Map<String, Value>) -> Result<(), Refusal> {
    let is_known = |key: &&String| query.body.iter().any(|field| field.name == key.as_str());
    if let Some(other) = body.keys().find(|key| !is_known(key)) {
        return Err(Refusal::invalid("body", format!("unknown field `{other}`")));
    }
    match query.body.iter().find(|field| field.is_needed && !body.contains_key(field.name)) {
        Some(field) => Err(Refusal::invalid("body", format!("missing field `{}`", field.name))),
        None => Ok(()),
    }
}

fn value(what: &impl Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(what).map_err(|e| Refusal::invalid("answer", e))
}

/// The part of a list that is asked for.
fn listed<T: Serialize>(asked: &Asked, rows: impl Iterator<Item = T>) -> Result<Value, Refusal> {
    let number = |name: &'static str, otherwise: usize| match asked.fields.get(name) {
        "" => Ok(otherwise),
        _ => asked.fields.number(name),
    };
    let (skip, take) = (number("skip", 0)?, number("take", 100)?.min(1000));
    let wanted: String = asked.fields.get("search").chars().take(limits::SEARCH_CHARS_MAX).collect();
    let wanted = wanted.to_lowercase();
    let (mut total, mut shown) = (0_usize, Vec::new());
    for row in rows {
        let is_shown = total >= skip && shown.len() < take;
        if wanted.is_empty() && !is_shown {
            total += 1;
            continue;
        }
        let row = value(&row)?;
        if wanted.is_empty() || row.to_string().to_lowercase().contains(&wanted) {
            if is_shown {
                shown.push(row);
            }
            total += 1;
        }
    }
    Ok(json!({ "rows": shown, "total": total }))
}

fn me(asked: &Asked) -> Result<Value, Refusal> {
    let desk::Actor::Person { email, company } = &asked.actor else { return Err(Refusal::SignedOut) };
    let memberships =
        asked.desk.companies_of(email).filter_map(|number| asked.desk.membership(number, email));
    let companies: Result<Vec<Value>, Refusal> = memberships.map(value).collect();
    let person = asked.desk.person(email);
    Ok(json!({
        "email": email.as_str(),
        "name": person.map(|person| person.name.clone()),
        "company": company.as_ref().map(ToString::to_string),
        "primary": person.and_then(|person| person.primary.as_ref()).map(ToString::to_string),
        "companies": companies?,
    }))
}

fn seats(asked: &Asked) -> Result<Value, Refusal> {
    listed(asked, views::own_seats(asked).into_iter())
}

fn licenses(asked: &Asked) -> Result<Value, Refusal> {
    listed(asked, views::licenses(asked, &asked.company()?).into_iter())
}

fn users(asked: &Asked) -> Result<Value, Refusal> {
    let license = views::license(asked)?;
    let users = views::users(asked, &license.pool).into_iter().map(|assigned| {
        json!({
            "email": assigned.email.as_str(),
            "from": assigned.from.to_string(),
            "until": assigned.until.to_string(),
            "was": format!("{}..{}", assigned.from, assigned.until),
        })
    });
    listed(asked, users)
}

fn people(asked: &Asked) -> Result<Value, Refusal> {
    let company = asked.company()?;
    listed(asked, asked.desk.members(&company))
}

fn cases(asked: &Asked) -> Result<Value, Refusal> {
    listed(asked, views::cases(asked).into_iter())
}

fn case(asked: &Asked) -> Result<Value, Refusal> {
    value(views::case(asked)?)
}

fn packs(asked: &Asked) -> Result<Value, Refusal> {
    let company = asked.company()?;
    let rows = views::packs(asked, &company).into_iter().map(|pack| {
        json!({
            "number": pack.number.to_string(),
            "company": pack.company.to_string(),
            "host": pack.host.to_string(),
            "configurations": pack.configurations,
            "voids": pack.voids.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "standing": pack.standing,
            "case": pack.case.to_string(),
            "issued_ms": pack.issued_ms,
        })
    });
    listed(asked, rows)
}

fn orders(asked: &Asked) -> Result<Value, Refusal> {
    listed(asked, views::orders(asked).into_iter())
}

fn moves(asked: &Asked) -> Result<Value, Refusal> {
    listed(asked, views::moves(asked).into_iter())
}

fn report(asked: &Asked) -> Result<Value, Refusal> {
    let company = asked.company()?;
    value(&asked.with(|ctx| asked.desk.customer_report(ctx, &asked.actor, &company))?)
}

fn companies(asked: &Asked) -> Result<Value, Refusal> {
    listed(asked, asked.desk.companies())
}

fn find(asked: &Asked) -> Result<Value, Refusal> {
    value(&asked.with(|ctx| asked.desk.find(ctx, &asked.actor, asked.fields.get("q")))?)
}

fn preview(asked: &Asked, body: &Map<String, Value>) -> Result<Value, Refusal> {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let prior = match text("prior") {
        "" => None,
        day => Some(crate::pages::fields::date(day).map_err(|e| Refusal::invalid("prior", e))?),
    };
    let company = asked.company()?;
    let preview =
        asked.with(|ctx| desk::conversion::preview(&asked.desk, ctx, &company, text("estate"), prior))?;
    let findings =
        |of: &desk::conversion::Findings| of.kept().iter().map(ToString::to_string).collect::<Vec<String>>();
    Ok(json!({
        "columns": preview.columns(),
        "rows": preview.rows.iter().map(desk::conversion::SideBySide::cells).collect::<Vec<_>>(),
        "warnings": findings(&preview.warnings),
        "refusals": findings(&preview.refusals),
        "fresh": preview.fresh,
        "fingerprint": preview.fingerprint,
    }))
}

fn split(asked: &Asked, body: &Map<String, Value>) -> Result<Value, Refusal> {
    let items = body.get("items").cloned().unwrap_or_default();
    let items: Vec<desk::Item> = serde_json::from_value(items).map_err(|e| Refusal::invalid("items", e))?;
    let company = asked.company()?;
    let issued = asked.with(|ctx| desk::ledger::split(&asked.desk, ctx, &company, &items))?;
    let configurations: Result<Vec<Value>, Refusal> = issued
        .configurations
        .iter()
        .map(|added| {
            let after = value(&added.configuration)?;
            Ok(json!({ "id": added.id, "is_new": added.is_new, "added": value(&added.added)?, "after": after }))
        })
        .collect();
    Ok(json!({ "configurations": configurations? }))
}
