//! The company that one works for (W6).

use askama::Template;
use desk::{Command, CustomerNumber};

use crate::gate::{self, SESSION};
use crate::web::{Fault, Layout, Reply, Request};

#[derive(Debug, Template)]
#[template(path = "sign/company.html")]
struct Page {
    layout: Layout,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    number: String,
    name: String,
    is_active: bool,
    is_primary: bool,
}

/// The page to choose it.
pub(super) async fn page(request: Request) -> Result<Reply, Fault> {
    let visitor = &request.visitor;
    let row = |number: &CustomerNumber| Row {
        number: number.to_string(),
        name: visitor.desk.company(number).map(|row| row.name.clone()).unwrap_or_default(),
        is_active: visitor.company() == Some(number),
        is_primary: visitor.primary() == Some(number),
    };
    let rows =
        visitor.email().into_iter().flat_map(|email| visitor.desk.companies_of(email)).map(row).collect();
    Ok(Reply::page(&Page { layout: request.layout("Choose a company"), rows }))
}

fn chosen(request: &Request) -> Result<CustomerNumber, Fault> {
    let number = request.form.read("company", CustomerNumber::new)?;
    let is_theirs = request
        .visitor
        .email()
        .is_some_and(|email| request.visitor.desk.membership(&number, email).is_some());
    if is_theirs { Ok(number) } else { Err(Fault::missing(format!("company {number}"))) }
}

/// Switches: under a new id, with the same word in all tabs' forms, whose company tells them apart.
pub(super) async fn switch(request: Request) -> Result<Reply, Fault> {
    let number = chosen(&request)?;
    let key = request.visitor.key.ok_or(Fault::Refused(desk::Refusal::SignedOut))?;
    let id = request.app.sessions.switch(&key, number).ok_or(Fault::Refused(desk::Refusal::SignedOut))?;
    Ok(Reply::to(request.form.get("next")).keeping(gate::set(SESSION, &id)))
}

/// Stays with the one that is not the primary one.
pub(super) async fn stay(request: Request) -> Result<Reply, Fault> {
    if let Some(key) = &request.visitor.key {
        request.app.sessions.stay(key);
    }
    Ok(Reply::to(request.form.get("next")))
}

/// Makes one the primary one.
pub(super) async fn set_primary(request: Request) -> Result<Reply, Fault> {
    let company = chosen(&request)?;
    let done = request.act(Command::SetPrimary { company }).await?;
    Ok(request.done_with("/company", request.visitor.lang.t("Your primary company is changed."), done))
}
