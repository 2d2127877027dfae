//! Named seats given to people, changed and taken back (T2 to T5).

use std::collections::BTreeSet;

use names::{Date, Email, Expiry, PoolId};

use crate::addresses::{Addresses, addresses};
use crate::check;
use crate::context::Assigned;
use crate::decision::{Decision, Draft, SeatChange};
use crate::look::License;
use crate::model::{CaseKind, CaseState};
use crate::{Command, CustomerNumber, Refusal, limits};

use super::people;

pub(super) fn decide(draft: Draft<'_>, command: Command) -> Result<Decision, Refusal> {
    match command {
        Command::Assign { company, pool, emails, from, until, all_or_none } => {
            assign(draft, &company, &pool, &emails, (from, until), all_or_none)
        }
        Command::ChangeAssignment { company, pool, email, from, until, was } => {
            change(draft, &company, &pool, email, (from, until), &was)
        }
        Command::Unassign { company, pool, email } => unassign(draft, &company, &pool, &email),
        _ => Err(Refusal::NotFound("this command".into())),
    }
}

/// A license of the company whose seats are given to people.
fn named(draft: &Draft<'_>, company: &CustomerNumber, pool: &str) -> Result<License, Refusal> {
    let found = draft.desk.license(draft.ctx, company, pool);
    let Some(license) = found else {
        return Err(Refusal::NotFound(format!("the license {}", check::quoted(pool))));
    };
    if !license.is_named {
        let why = format!("the seats of {} are not given to people; only NAMED ones are", license.pool);
        return Err(Refusal::rule("T2", why));
    }
    Ok(license)
}

fn assign(
    mut draft: Draft<'_>,
    company: &CustomerNumber,
    pool: &str,
    emails: &str,
    period: (Option<Date>, Option<Expiry>),
    all_or_none: bool,
) -> Result<Decision, Refusal> {
    let license = named(&draft, company, pool)?;
    if license.until.is_past(draft.ctx.now) {
        return Err(Refusal::rule("T2", format!("the license {} ended on {}", license.pool, license.until)));
    }
    let (from, until) = period_of(&draft, &license, period)?;
    let read = addresses(emails)?;
    if read.good.is_empty() || (all_or_none && !read.bad.is_empty()) {
        return Err(Refusal::invalid("emails", bad_words(&read)));
    }
    let (held, new): (Vec<_>, Vec<_>) =
        read.good.iter().cloned().partition(|email| running(&draft, &license.pool, email).is_some());
    if new.len() > license.free as usize {
        let why = format!(
            "{} new addresses and {} free of {} seats of {}; nobody was assigned",
            new.len(),
            license.free,
            license.quantity,
            license.pool
        );
        return Err(Refusal::rule("T3", why));
    }
    tell(&mut draft, &read, &held, &license.pool);
    let about = format!("{} of {}, {from} to {until}", count(new.len()), license.pool);
    for email in &new {
        people::account(&mut draft, email, "")?;
        let (pool, email) = (license.pool.clone(), email.clone());
        draft.seat(SeatChange::Assign(Assigned { pool, email, from, until }));
    }
    if !new.is_empty() {
        record(&mut draft, company, &license.pool, &new, &format!("assign {about}"))?;
    }
    Ok(draft.done(about))
}

fn count(n: usize) -> String {
    if n == 1 { "1 seat".into() } else { format!("{n} seats") }
}

/// What is told of addresses that were passed over.
fn tell(draft: &mut Draft<'_>, read: &Addresses, held: &[Email], pool: &PoolId) {
    for (text, why) in &read.bad {
        draft.say(format!("not assigned: {text}: {why}"));
    }
    for email in held {
        draft.say(format!("{email} has a seat of {pool} already"));
    }
    if read.twice > 0 {
        draft.say(format!("{} given more than once", read.twice));
    }
}

fn bad_words(read: &Addresses) -> String {
    if read.bad.is_empty() {
        return "write at least one address, several divided by comma, semicolon or line break".into();
    }
    let named = read.bad.iter().take(limits::NAMED_MAX).map(|(text, why)| format!("{text}: {why}"));
    let named: Vec<String> = named.collect();
    let more = read.bad.len().saturating_sub(limits::NAMED_MAX);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("nobody was assigned; {}{more}", named.join("; "))
}

/// Somebody's seat of a pool, where its period is not over.
fn running<'a>(draft: &Draft<'a>, pool: &PoolId, email: &Email) -> Option<&'a Assigned> {
    let theirs = |one: &&Assigned| one.pool == *pool && one.email == *email;
    draft.ctx.assigned.iter().find(theirs).filter(|one| !one.until.is_past(draft.ctx.now))
}

/// The period that is asked for: from today, or the first day of a license that begins later, to its end.
fn period_of(
    draft: &Draft<'_>,
    license: &License,
    (from, until): (Option<Date>, Option<Expiry>),
) -> Result<(Date, Expiry), Refusal> {
    let today = draft.ctx.today();
    let first = license.from.map_or(today, |first| first.max(today));
    let period = (from.unwrap_or(first), until.unwrap_or(license.until));
    check_period(draft, license, period)?;
    Ok(period)
}

fn check_period(draft: &Draft<'_>, license: &License, (from, until): (Date, Expiry)) -> Result<(), Refusal> {
    if let Some(first) = license.from.filter(|first| from < *first) {
        let why = format!("{from} is before the license, which begins on {first} (rule T4)");
        return Err(Refusal::invalid("from", why));
    }
    if until > license.until {
        let why = format!("{until} is after the license, which ends on {} (rule T4)", license.until);
        return Err(Refusal::invalid("until", why));
    }
    if matches!(until, Expiry::On(until) if until < from) {
        let why = format!("the period would end on {until}, before it begins on {from} (rule T4)");
        return Err(Refusal::invalid("until", why));
    }
    if until.is_past(draft.ctx.now) {
        let why = format!("{until} is past; to end it now, take the seat back (rule T4)");
        return Err(Refusal::invalid("until", why));
    }
    Ok(())
}

fn change(
    mut draft: Draft<'_>,
    company: &CustomerNumber,
    pool: &str,
    email: Email,
    (from, until): (Date, Expiry),
    was: &str,
) -> Result<Decision, Refusal> {
    let license = named(&draft, company, pool)?;
    let is_theirs = |one: &&Assigned| one.pool == license.pool && one.email == email;
    let Some(now) = draft.ctx.assigned.iter().find(is_theirs) else {
        return Err(Refusal::Conflict(format!("the seat of {email} was taken back by somebody else")));
    };
    let is = format!("{}..{}", now.from, now.until);
    if is != was {
        return Err(Refusal::Conflict(format!("the period of {email} is {is} now")));
    }
    check_period(&draft, &license, (from, until))?;
    let about = format!("{email} of {}, {from} to {until}", license.pool);
    if (now.from, now.until) == (from, until) {
        draft.say("the period is so already");
        return Ok(draft.done(about));
    }
    if now.until.is_past(draft.ctx.now) && license.free == 0 {
        let why = format!("0 free of {} seats of {}", license.quantity, license.pool);
        return Err(Refusal::rule("T3", why));
    }
    let pool = license.pool.clone();
    record(&mut draft, company, &pool, std::slice::from_ref(&email), &format!("change {about}, was {is}"))?;
    draft.seat(SeatChange::Assign(Assigned { pool, email, from, until }));
    Ok(draft.done(about))
}

fn unassign(
    mut draft: Draft<'_>,
    company: &CustomerNumber,
    pool: &str,
    email: &Email,
) -> Result<Decision, Refusal> {
    let license = named(&draft, company, pool)?;
    let about = format!("{email} of {}", license.pool);
    let is_theirs = |one: &Assigned| one.pool == license.pool && one.email == *email;
    if !draft.ctx.assigned.iter().any(is_theirs) {
        draft.say(format!("{email} has no seat of {}", license.pool));
        return Ok(draft.done(about));
    }
    let pool = license.pool;
    record(&mut draft, company, &pool, std::slice::from_ref(email), &format!("take back {about}"))?;
    draft.seat(SeatChange::Unassign { pool, email: email.clone() });
    Ok(draft.done(about))
}

/// What was done with seats is a case, done at once (W2).
fn record(
    draft: &mut Draft<'_>,
    company: &CustomerNumber,
    pool: &PoolId,
    emails: &[Email],
    what: &str,
) -> Result<(), Refusal> {
    let mut case = draft.open_case(CaseKind::Assignment, Some(company.clone()), what)?;
    case.about = vec![format!("company:{company}"), format!("configuration:{}", pool.config())];
    let named: BTreeSet<&Email> = emails.iter().take(limits::NAMED_MAX).collect();
    case.about.extend(named.iter().map(|email| format!("person:{email}")));
    let mut words: Vec<String> = named.iter().map(ToString::to_string).collect();
    if emails.len() > named.len() {
        words.push(format!("and {} more", emails.len() - named.len()));
    }
    draft.note_case(case, CaseState::Done, &format!("{what}: {}", words.join(", ")))?;
    Ok(())
}
