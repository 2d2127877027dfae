//! A company's people and what they may do for it (W3, W4), and who is of the vendor's desk.

use names::Email;

use crate::change::{Row, RowKey};
use crate::check;
use crate::decision::{Decision, Draft};
use crate::model::{CaseKind, CaseState, Company, Membership, Person, Privileges};
use crate::{Actor, Command, CustomerNumber, Refusal, limits};

/// What a contact has before there is a supervisor (W4).
pub(super) const TOOLS: Privileges = Privileges { supervisor: false, licensing: true, reporting: true };

pub(super) fn decide(draft: Draft<'_>, command: Command) -> Result<Decision, Refusal> {
    match command {
        Command::AddPerson { company, email, name } => add_person(draft, &company, &email, &name),
        Command::RemovePerson { company, email, version } => remove_person(draft, &company, &email, version),
        Command::SetPrivileges { company, email, privileges, version } => {
            set_privileges(draft, &company, &email, privileges, version)
        }
        Command::AddContact { company, email, name } => add_contact(draft, &company, &email, &name),
        Command::NameSupervisor { company, email } => name_supervisor(draft, &company, &email),
        Command::SetStaff { email, vendor_desk, host_administrator } => {
            set_staff(draft, &email, vendor_desk, host_administrator)
        }
        _ => Err(Refusal::NotFound("this command".into())),
    }
}

/// The company of a number.
pub(super) fn company(draft: &Draft<'_>, number: &CustomerNumber) -> Result<Company, Refusal> {
    let company = draft.desk.company(number).cloned();
    company.ok_or_else(|| Refusal::NotFound(format!("company {number}")))
}

/// Somebody's account; a new one, without any power, where there is none (T2). The name is a new
/// account's: what somebody is called is their own.
pub(super) fn account(draft: &mut Draft<'_>, email: &Email, name: &str) -> Result<Person, Refusal> {
    if let Some(person) = draft.desk.person(email) {
        return Ok(person.clone());
    }
    let name = check::name_or_none("name", name)?;
    let person = Person { name, ..Person::new(email.clone(), draft.ctx.now) };
    draft.put(Row::Person(Box::new(person.clone())));
    Ok(person)
}

/// Has somebody belong to a company, with these privileges beside those that they have.
pub(super) fn join(
    draft: &mut Draft<'_>,
    company: &CustomerNumber,
    email: &Email,
    name: &str,
    more: Privileges,
) -> Result<(), Refusal> {
    let person = account(draft, email, name)?;
    let before = draft.desk.membership(company, email).cloned();
    let held = before.as_ref().map(|member| member.privileges).unwrap_or_default();
    let privileges = Privileges {
        supervisor: held.supervisor || more.supervisor,
        licensing: held.licensing || more.licensing,
        reporting: held.reporting || more.reporting,
    };
    let member = match before {
        Some(member) if member.privileges == privileges => return Ok(()),
        Some(member) => Membership { privileges, version: member.version + 1, ..member },
        None => new_member(draft, company, &person, privileges)?,
    };
    draft.put(Row::Membership(Box::new(member)));
    if person.primary.is_none() {
        let (primary, version) = (Some(company.clone()), person.version + 1);
        draft.put(Row::Person(Box::new(Person { primary, version, ..person })));
    }
    Ok(())
}

fn new_member(
    draft: &Draft<'_>,
    company: &CustomerNumber,
    person: &Person,
    privileges: Privileges,
) -> Result<Membership, Refusal> {
    if draft.desk.members_count(company) >= limits::MEMBERS_MAX {
        return Err(Refusal::Limit(format!("a company has {} people at most", limits::MEMBERS_MAX)));
    }
    let (company, email, since_ms) = (company.clone(), person.email.clone(), draft.ctx.now.0);
    // The account's version is above those of its memberships that ended: what was looked at before
    // somebody was removed is stale also after they were added again.
    Ok(Membership { company, email, privileges, since_ms, version: person.version })
}

fn supervisors(draft: &Draft<'_>, company: &CustomerNumber) -> usize {
    draft.desk.members(company).filter(|member| member.privileges.supervisor).count()
}

/// More than one supervisor is advised (W3).
fn warn_of_one(draft: &mut Draft<'_>, company: &CustomerNumber) {
    if supervisors(draft, company) == 1 {
        draft.say(format!("warning: company {company} has one supervisor; name a second one (rule W3)"));
    }
}

/// What was done to people is a case, done at once (W2).
fn record(
    draft: &mut Draft<'_>,
    company: Option<&CustomerNumber>,
    email: &Email,
    what: &str,
) -> Result<(), Refusal> {
    let mut case = draft.open_case(CaseKind::People, company.cloned(), what)?;
    case.about = vec![format!("person:{email}")];
    case.about.extend(company.map(|company| format!("company:{company}")));
    draft.note_case(case, CaseState::Done, what)?;
    Ok(())
}

/// The membership that was looked at, as it still is.
fn member_at(
    draft: &Draft<'_>,
    company: &CustomerNumber,
    email: &Email,
    version: u64,
) -> Result<Membership, Refusal> {
    let Some(member) = draft.desk.membership(company, email) else {
        return Err(Refusal::NotFound(format!("{email} in company {company}")));
    };
    if member.version != version {
        return Err(Refusal::Conflict(format!(
            "the privileges of {email} were changed by somebody else: they are {} now",
            shown(member.privileges)
        )));
    }
    Ok(member.clone())
}

fn add_person(
    mut draft: Draft<'_>,
    number: &CustomerNumber,
    email: &Email,
    name: &str,
) -> Result<Decision, Refusal> {
    company(&draft, number)?;
    let about = format!("{email} to company {number}");
    if draft.desk.membership(number, email).is_some() {
        draft.say(format!("{email} belongs to company {number} already"));
        return Ok(draft.done(about));
    }
    join(&mut draft, number, email, name, Privileges::default())?;
    record(&mut draft, Some(number), email, &format!("add {email}, without privileges"))?;
    Ok(draft.done(about))
}

fn remove_person(
    mut draft: Draft<'_>,
    number: &CustomerNumber,
    email: &Email,
    version: u64,
) -> Result<Decision, Refusal> {
    let member = member_at(&draft, number, email, version)?;
    keep_a_supervisor(&draft, &member, Privileges::default())?;
    draft.drop_row(RowKey::Membership(number.clone(), email.clone()));
    if let Some(person) = draft.desk.person(email).cloned() {
        let other = draft.desk.companies_of(email).next().cloned();
        let primary = if person.primary.as_ref() == Some(number) { other } else { person.primary.clone() };
        let version = person.version.max(member.version) + 1;
        draft.put(Row::Person(Box::new(Person { primary, version, ..person })));
    }
    let record_of = format!("remove {email}, who had {}", shown(member.privileges));
    record(&mut draft, Some(number), email, &record_of)?;
    if draft.ctx.assigned.iter().any(|assigned| assigned.email == *email) {
        draft.say(format!("{email} keeps the account and the seats that are assigned to it"));
    }
    if member.privileges.supervisor {
        warn_of_one(&mut draft, number);
    }
    Ok(draft.done(format!("{email} out of company {number}")))
}

/// A company that has a supervisor keeps one (W3).
fn keep_a_supervisor(draft: &Draft<'_>, member: &Membership, later: Privileges) -> Result<(), Refusal> {
    if member.privileges.supervisor && !later.supervisor && supervisors(draft, &member.company) == 1 {
        let why = format!(
            "{} is the only supervisor of company {}; give the Supervisor privilege to somebody else first",
            member.email, member.company
        );
        return Err(Refusal::rule("W3", why));
    }
    Ok(())
}

fn set_privileges(
    mut draft: Draft<'_>,
    number: &CustomerNumber,
    email: &Email,
    privileges: Privileges,
    version: u64,
) -> Result<Decision, Refusal> {
    let member = member_at(&draft, number, email, version)?;
    let was = member.privileges;
    not_to_oneself(&draft, email, has_more(was, privileges))?;
    keep_a_supervisor(&draft, &member, privileges)?;
    let about = format!("{email} of company {number}: {} was {}", shown(privileges), shown(was));
    if was != privileges {
        let version = member.version + 1;
        draft.put(Row::Membership(Box::new(Membership { privileges, version, ..member })));
        let what = format!("give {email} {}, before {}", shown(privileges), shown(was));
        record(&mut draft, Some(number), email, &what)?;
        warn_of_one(&mut draft, number);
    }
    Ok(draft.done(about))
}

fn has_more(was: Privileges, is: Privileges) -> bool {
    (is.supervisor && !was.supervisor) || (is.licensing && !was.licensing) || (is.reporting && !was.reporting)
}

/// Nobody gives themselves a privilege.
pub(super) fn not_to_oneself(draft: &Draft<'_>, email: &Email, is_more: bool) -> Result<(), Refusal> {
    let is_own = matches!(draft.actor, Actor::Person { email: own, .. } if own == email);
    if is_own && is_more {
        let why = "nobody gives privileges to themselves; another supervisor may give them to you";
        return Err(Refusal::rule("W3", why));
    }
    Ok(())
}

fn add_contact(
    mut draft: Draft<'_>,
    number: &CustomerNumber,
    email: &Email,
    name: &str,
) -> Result<Decision, Refusal> {
    if company(&draft, number)?.is_supervised {
        let why = format!("company {number} has supervisors; they add people and give privileges");
        return Err(Refusal::rule("W4", why));
    }
    not_to_oneself(&draft, email, true)?;
    let about = format!("{email} contact of company {number}");
    if draft.desk.membership(number, email).is_some_and(|member| member.privileges == TOOLS) {
        draft.say(format!("{email} is a contact of company {number} already"));
        return Ok(draft.done(about));
    }
    join(&mut draft, number, email, name, TOOLS)?;
    record(&mut draft, Some(number), email, &format!("add the contact {email}, with {}", shown(TOOLS)))?;
    Ok(draft.done(about))
}

fn name_supervisor(
    mut draft: Draft<'_>,
    number: &CustomerNumber,
    email: &Email,
) -> Result<Decision, Refusal> {
    let company = company(&draft, number)?;
    if company.is_supervised {
        let why = format!("company {number} has a first supervisor; its supervisors name others");
        return Err(Refusal::rule("W4", why));
    }
    not_to_oneself(&draft, email, true)?;
    join(&mut draft, number, email, "", Privileges { supervisor: true, ..Privileges::default() })?;
    let version = company.version + 1;
    draft.put(Row::Company(Box::new(Company { is_supervised: true, version, ..company })));
    record(&mut draft, Some(number), email, &format!("name {email} the first supervisor"))?;
    warn_of_one(&mut draft, number);
    Ok(draft.done(format!("{email} of company {number}")))
}

fn set_staff(
    mut draft: Draft<'_>,
    email: &Email,
    vendor_desk: bool,
    host_administrator: bool,
) -> Result<Decision, Refusal> {
    if vendor_desk && !draft.ctx.role.is_vendor() {
        return Err(Refusal::rule("W9", "this desk is a site's: it has no vendor's desk"));
    }
    let person = account(&mut draft, email, "")?;
    let (was_desk, was_host) = (person.is_vendor_desk, person.is_host_administrator);
    let is_more = (vendor_desk && !was_desk) || (host_administrator && !was_host);
    not_to_oneself(&draft, email, is_more)?;
    let what = format!(
        "{email}: {} the vendor's desk, {} the license host",
        if vendor_desk { "of" } else { "not of" },
        if host_administrator { "administers" } else { "does not administer" }
    );
    if (was_desk, was_host) != (vendor_desk, host_administrator) {
        let version = person.version + 1;
        draft.put(Row::Person(Box::new(Person {
            is_vendor_desk: vendor_desk,
            is_host_administrator: host_administrator,
            version,
            ..person
        })));
        record(&mut draft, None, email, &what)?;
    }
    Ok(draft.done(what))
}

/// Privileges in words.
pub(super) fn shown(privileges: Privileges) -> String {
    let all = [
        (privileges.supervisor, "Supervisor"),
        (privileges.licensing, "Licensing"),
        (privileges.reporting, "Reporting"),
    ];
    let held: Vec<&str> = all.into_iter().filter(|(has, _)| *has).map(|(_, word)| word).collect();
    if held.is_empty() { "no privilege".into() } else { held.join(" and ") }
}
