//! The vendor's desk takes a site's request file: its case here, once.

use license::{Asks, PublicKey, RequestKind, SignedRequest};

use super::answer::{of_site, site};
use crate::change::Row;
use crate::decision::{Decision, Draft};
use crate::hashed::hex;
use crate::model::{Case, CaseKind, CaseNumber, CaseState, CustomerNumber, Item, Seat};
use crate::{Actor, Command, Refusal, check, ledger};

pub(in crate::decide) fn decide(draft: &Draft<'_>, file: &str) -> Result<Decision, Refusal> {
    if !draft.ctx.role.is_vendor() {
        return Err(Refusal::rule(
            "role",
            "a desk in the role site takes no request; the vendor's desk does",
        ));
    }
    let read = crate::decide::moves::file("file", file)?;
    let Asks::Words { kind, body } = &read.request().asks else {
        let why = "it is the receipt of a surrendered license: issue the move with it";
        return Err(Refusal::invalid("file", why));
    };
    let company = company(draft, &read)?;
    let number = CaseNumber::new(&read.request().case).map_err(|e| Refusal::invalid("file", e))?;
    refuse_twice(draft, &read, &company, &number)?;
    let vendor = ledger::vendor(draft.ctx)?;
    let key = ledger::host_key(&draft.desk, vendor, &company, &read.request().host);
    if let Some(key) = &key {
        read.is_of(key).map_err(|e| Refusal::invalid("file", format!("{e}; {}", e.remedy())))?;
    }
    let command = command(*kind, body, &company, &read)?;
    let asker = asker(draft, &read, &company);
    let decided = match command {
        Command::AskForTools { reason, .. } => tools(draft, &asker, company.clone(), &reason)?,
        command => draft.desk.decided(draft.ctx, &asker, command)?,
    };
    let about = format!("request {number} of {}: {}", read.request().host, decided.about);
    let mut draft =
        Draft::resume(&draft.desk, draft.ctx, draft.actor, Decision { action: draft.action(), ..decided });
    if key.is_none() {
        draft.say(format!(
            "no pack names the key of {} yet; ask the site whether it is {}",
            read.request().host,
            read.host_key()
        ));
    }
    link(&mut draft, &read, number, file)?;
    Ok(draft.done(about))
}

fn company(draft: &Draft<'_>, read: &SignedRequest) -> Result<CustomerNumber, Refusal> {
    let company = read.request().company.as_deref();
    let company = company.ok_or_else(|| Refusal::invalid("file", "it names no company"))?;
    let company = CustomerNumber::new(company).map_err(|e| Refusal::invalid("file", e))?;
    match draft.desk.company(&company) {
        Some(_) => Ok(company),
        None => Err(Refusal::NotFound(format!("company {company}"))),
    }
}

/// What tells a request from every other.
pub(in crate::decide) fn digest(read: &SignedRequest) -> String {
    format!("request:{}", hex(read.digest()))
}

/// The case that a request opened before.
pub(in crate::decide) fn taken<'a>(draft: &'a Draft<'_>, read: &SignedRequest) -> Option<&'a Case> {
    draft.desk.cases_marked(&digest(read)).next()
}

fn refuse_twice(
    draft: &Draft<'_>,
    read: &SignedRequest,
    company: &CustomerNumber,
    number: &CaseNumber,
) -> Result<(), Refusal> {
    let host = read.request().host.as_str();
    let is_same = |case: &&Case| {
        case.other.as_ref() == Some(number)
            && case.company.as_ref() == Some(company)
            && site(case) == Some(host)
    };
    match taken(draft, read).or_else(|| draft.desk.cases_elsewhere(number).find(is_same)) {
        Some(case) => Err(Refusal::rule("W2", format!("it was taken already: case {}", case.number))),
        None => Ok(()),
    }
}

/// What the site's desk was asked, to be asked of this one.
fn command(
    kind: RequestKind,
    body: &str,
    company: &CustomerNumber,
    read: &SignedRequest,
) -> Result<Command, Refusal> {
    let bad = |why: String| Refusal::invalid("file", format!("it is no {kind}: {why}"));
    if kind == RequestKind::Conversion {
        return Ok(Command::RequestConversion { company: company.clone(), estate: body.to_owned() });
    }
    let mut command: Command = serde_json::from_str(body).map_err(|e| bad(e.to_string()))?;
    if command.company() != Some(company) {
        return Err(bad(format!("what it asks for is not for company {company}")));
    }
    match (&mut command, kind) {
        (Command::Order { items, host_keys, .. }, RequestKind::Order) => {
            let host = &read.request().host;
            add_key(items, host_keys, host, read.host_key());
        }
        (Command::Reconfigure { .. }, RequestKind::Reconfiguration)
        | (Command::AskForTools { .. }, RequestKind::Tools) => {}
        _ => return Err(bad("it asks for something else".into())),
    }
    Ok(command)
}

/// The pack of the host that asks is bound to the key that it asked with.
fn add_key(items: &[Item], keys: &mut Vec<String>, host: &names::CpuId, key: &PublicKey) {
    let is_for = |item: &Item| match item.seat {
        Seat::Locked => item.host.as_ref() == Some(host),
        Seat::Floating | Seat::Named => item.places.iter().any(|place| place.cpu == *host),
    };
    let begins = format!("{host}=");
    if items.iter().any(is_for) && !keys.iter().any(|key| key.starts_with(&begins)) {
        keys.push(format!("{begins}{key}"));
    }
}

/// Who asked at the site. What they may at this desk is not asked: that a site says who somebody is gives
/// nobody the vendor's powers.
fn asker(draft: &Draft<'_>, read: &SignedRequest, company: &CustomerNumber) -> Actor {
    let by = read.request().by.clone();
    let is_staff =
        |email: &names::Email| draft.desk.person(email).is_some_and(|person| person.is_vendor_desk);
    match by.filter(|email| !is_staff(email)) {
        Some(email) => Actor::Person { email, company: Some(company.clone()) },
        None => Actor::Nobody,
    }
}

/// Who asks for the license tools at a site may have no account at this desk.
fn tools(
    draft: &Draft<'_>,
    asker: &Actor,
    company: CustomerNumber,
    reason: &str,
) -> Result<Decision, Refusal> {
    let mut draft = Draft::new(&draft.desk, draft.ctx, asker, draft.action());
    let subject = format!("license tools of company {company} for {asker}");
    let reason = check::words("reason", reason)?;
    let case = draft.open_case(CaseKind::Tools, Some(company), &subject)?;
    let what = if reason.is_empty() { "asked".to_owned() } else { format!("asked: {reason}") };
    draft.note_case(case, CaseState::Open, &what)?;
    Ok(draft.done(subject))
}

/// The case gets the site's number, and the file.
fn link(draft: &mut Draft<'_>, read: &SignedRequest, number: CaseNumber, file: &str) -> Result<(), Refusal> {
    let case = draft.case().and_then(|number| draft.desk.own_case(number)).cloned();
    let mut case = case.ok_or_else(|| Refusal::invalid("file", "it opened no case"))?;
    let host = &read.request().host;
    case.about.extend([of_site(host), digest(read)]);
    draft.add_file(&mut case, &format!("{}-{number}.request", read.request().kind()), file.to_owned())?;
    let what =
        format!("taken from the request file {number} of {host}, signed with the key {}", read.host_key());
    case.other = Some(number);
    if case.asked_by.is_none() {
        case.asked_by = read.request().by.clone();
    }
    let state = case.state;
    let case = draft.note_case(case, state, &what)?;
    draft.put(Row::Case(Box::new(case)));
    Ok(())
}
