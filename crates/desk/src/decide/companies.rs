//! Companies, their address and whom to write to.

use names::Email;

use crate::change::Row;
use crate::check;
use crate::decision::{Decision, Draft};
use crate::model::{CaseKind, CaseState, Company};
use crate::{Command, CustomerNumber, Refusal};

use super::people::company;

pub(super) fn decide(draft: Draft<'_>, command: Command) -> Result<Decision, Refusal> {
    match command {
        Command::SetCompany { company, name, version } => set_company(draft, company, &name, version),
        Command::ChangeContact { company, address, contact, version } => {
            change_contact(draft, &company, &address, contact, version)
        }
        _ => Err(Refusal::NotFound("this command".into())),
    }
}

fn set_company(
    mut draft: Draft<'_>,
    number: CustomerNumber,
    name: &str,
    version: u64,
) -> Result<Decision, Refusal> {
    let name = check::name("name", name)?;
    let about = format!("company {number}");
    let row = match draft.desk.company(&number).cloned() {
        None if version == 0 => Company::new(number, &name, draft.ctx.now),
        None => return Err(Refusal::NotFound(about)),
        Some(company) => {
            is_as_seen(&company, version)?;
            Company { name, version: company.version + 1, ..company }
        }
    };
    draft.put(Row::Company(Box::new(row)));
    Ok(draft.done(about))
}

fn is_as_seen(company: &Company, version: u64) -> Result<(), Refusal> {
    if company.version == version {
        return Ok(());
    }
    let why = if version == 0 { "is there already" } else { "was changed by somebody else" };
    Err(Refusal::Conflict(format!("company {}, {}, {why}", company.number, company.name)))
}

fn change_contact(
    mut draft: Draft<'_>,
    number: &CustomerNumber,
    address: &str,
    contact: Option<Email>,
    version: u64,
) -> Result<Decision, Refusal> {
    let before = company(&draft, number)?;
    let address = check::words("address", address)?;
    is_as_seen(&before, version)?;
    let about = format!("company {number}");
    if before.address == address && before.contact == contact {
        draft.say("address and contact are so already");
        return Ok(draft.done(about));
    }
    let what = changed(&before, &address, contact.as_ref());
    let mut case = draft.open_case(
        CaseKind::Contact,
        Some(number.clone()),
        &format!("address and contact of {about}"),
    )?;
    case.about = vec![format!("company:{number}")];
    draft.put(Row::Company(Box::new(Company { address, contact, version: before.version + 1, ..before })));
    draft.note_case(case, CaseState::Done, &what)?;
    Ok(draft.done(about))
}

fn changed(before: &Company, address: &str, contact: Option<&Email>) -> String {
    let none = "none".to_owned();
    let shown = |contact: Option<&Email>| contact.map_or(none.clone(), ToString::to_string);
    format!(
        "contact {}, before {}; address {:?}, before {:?}",
        shown(contact),
        shown(before.contact.as_ref()),
        address,
        before.address
    )
}
