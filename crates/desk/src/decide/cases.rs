//! Requests for the license tools (W8), and the ends of cases (W2).

use names::Wall;

use crate::change::{Row, RowKey};
use crate::check;
use crate::decision::{Decision, Draft};
use crate::model::{Case, CaseKind, CaseNumber, CaseState, OrderState, Privileges, Reminded};
use crate::{Command, CustomerNumber, Refusal, limits};

use super::{own, people};

pub(super) fn decide(draft: Draft<'_>, command: Command) -> Result<Decision, Refusal> {
    match command {
        Command::AskForTools { company, reason } => ask_for_tools(draft, &company, &reason),
        Command::UpgradeAccount { case, accept } => upgrade(draft, &case, accept),
        Command::CloseCase { case, done, answer, version } => close(draft, &case, done, &answer, version),
        Command::Reminded { of } => reminded(draft, of),
        _ => Err(Refusal::NotFound("this command".into())),
    }
}

/// Whoever has an account may ask; whether the company is known here is not told.
fn ask_for_tools(mut draft: Draft<'_>, number: &CustomerNumber, reason: &str) -> Result<Decision, Refusal> {
    let reason = check::words("reason", reason)?;
    let email = own::who(&draft)?.email;
    let held = draft.desk.membership(number, &email).map(|member| member.privileges).unwrap_or_default();
    if held.licensing && held.reporting {
        return Err(Refusal::rule("W8", format!("you have the license tools of company {number}")));
    }
    let open: Vec<&Case> =
        draft.desk.cases_by(&email).filter(|case| case.kind == CaseKind::Tools && is_open(case)).collect();
    if let Some(case) = open.iter().find(|case| case.company.as_ref() == Some(number)) {
        let number = case.number.clone();
        return Err(Refusal::Conflict(format!("you asked for them already: case {number} is open")));
    }
    if open.len() >= limits::TOOLS_OPEN_MAX {
        let why = format!("you have {} open requests for license tools", limits::TOOLS_OPEN_MAX);
        return Err(Refusal::Limit(why));
    }
    let subject = format!("license tools of company {number} for {email}");
    let mut case = draft.open_case(CaseKind::Tools, Some(number.clone()), &subject)?;
    case.about = vec![format!("person:{email}"), format!("company:{number}")];
    let what = if reason.is_empty() { "asked".to_owned() } else { format!("asked: {reason}") };
    let case = draft.note_case(case, CaseState::Open, &what)?;
    draft.say(format!("case {}: the vendor's desk decides", case.number));
    Ok(draft.done(subject))
}

fn is_open(case: &Case) -> bool {
    matches!(case.state, CaseState::Open | CaseState::Waiting)
}

/// A case that is still open, by either number.
fn open_case(draft: &Draft<'_>, number: &CaseNumber) -> Result<Case, Refusal> {
    let case = draft.desk.case_for(draft.ctx, draft.actor, number)?.clone();
    if !is_open(&case) {
        let end = if case.state == CaseState::Done { "done" } else { "refused" };
        return Err(Refusal::Conflict(format!("case {number} is {end} already")));
    }
    Ok(case)
}

fn upgrade(mut draft: Draft<'_>, number: &CaseNumber, accept: bool) -> Result<Decision, Refusal> {
    let case = open_case(&draft, number)?;
    let (Some(email), Some(company), CaseKind::Tools) =
        (case.asked_by.clone(), case.company.clone(), case.kind)
    else {
        return Err(Refusal::invalid("case", "it is no request for the license tools"));
    };
    if !accept {
        draft.note_case(case, CaseState::Refused, "refused: the account stays as it is")?;
        return Ok(draft.done(format!("{email} for company {company}: refused")));
    }
    people::not_to_oneself(&draft, &email, true)?;
    let what = give_tools(&mut draft, &company, &email)?;
    draft.note_case(case, CaseState::Done, &what)?;
    draft.say(what);
    Ok(draft.done(format!("{email} for company {company}: given")))
}

/// Where there is no supervisor, the tools; where there are, they decide (W4).
fn give_tools(
    draft: &mut Draft<'_>,
    number: &CustomerNumber,
    email: &names::Email,
) -> Result<String, Refusal> {
    if !people::company(draft, number)?.is_supervised {
        people::join(draft, number, email, "", people::TOOLS)?;
        return Ok(format!("{email} has {} for company {number}", people::shown(people::TOOLS)));
    }
    people::join(draft, number, email, "", Privileges::default())?;
    let supervisors: Vec<String> = draft
        .desk
        .members(number)
        .filter(|member| member.privileges.supervisor)
        .map(|member| member.email.to_string())
        .take(limits::NAMED_MAX)
        .collect();
    Ok(format!(
        "{email} belongs to company {number}; its supervisors decide about privileges: {}",
        supervisors.join(", ")
    ))
}

fn close(
    mut draft: Draft<'_>,
    number: &CaseNumber,
    done: bool,
    answer: &str,
    version: u64,
) -> Result<Decision, Refusal> {
    let answer = check::words("answer", answer)?;
    let case = open_case(&draft, number)?;
    if case.version != version {
        return Err(Refusal::Conflict(format!("case {} was changed by somebody else", case.number)));
    }
    if done && case.kind == CaseKind::Tools {
        return Err(Refusal::rule(
            "W8",
            "a request for the license tools is done by giving them, or refused",
        ));
    }
    if draft.desk.orders_of(&case.number).any(|order| order.state == OrderState::Placed) {
        return Err(Refusal::rule("W2", format!("case {} is an order: issue it or refuse it", case.number)));
    }
    let (state, word) = if done { (CaseState::Done, "done") } else { (CaseState::Refused, "refused") };
    let what = if answer.is_empty() { word.to_owned() } else { format!("{word}: {answer}") };
    let about = format!("case {}: {word}", case.number);
    draft.note_case(case, state, &what)?;
    Ok(draft.done(about))
}

/// Notes reminders, and forgets those of long ago: what they were about has ended.
fn reminded(mut draft: Draft<'_>, of: Vec<String>) -> Result<Decision, Refusal> {
    let Wall(now) = draft.ctx.now;
    let oldest = now.saturating_sub(limits::REMINDED_DAYS * 86_400_000);
    let over: Vec<String> = draft
        .desk
        .tables
        .reminded
        .values()
        .filter(|row| row.at_ms < oldest)
        .map(|row| row.of.clone())
        .collect();
    for of in over {
        draft.drop_row(RowKey::Reminded(of));
    }
    for of in of {
        if !draft.desk.is_reminded(&of) {
            draft.put(Row::Reminded(Box::new(Reminded { of, at_ms: now })));
        }
    }
    Ok(draft.done("reminders sent"))
}
