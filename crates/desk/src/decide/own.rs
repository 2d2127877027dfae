//! What is one's own: name, password, personal token, primary company.

use names::Email;

use crate::change::Row;
use crate::check;
use crate::decision::{Decision, Draft, SeatChange};
use crate::model::{Credential, Person};
use crate::{Actor, Command, Context, CustomerNumber, Desk, Power, Refusal, limits};

pub(super) fn decide(draft: Draft<'_>, command: Command) -> Result<Decision, Refusal> {
    match command {
        Command::SetName { name } => set_name(draft, &name),
        Command::SetPassword { email, hash } => set_password(draft, email, hash),
        Command::SetToken { token_hash } => token(draft, Some(token_hash)),
        Command::DropToken => token(draft, None),
        Command::SetPrimary { company } => set_primary(draft, company),
        _ => Err(Refusal::NotFound("this command".into())),
    }
}

/// Who asks, as a person with an account.
pub(super) fn who(draft: &Draft<'_>) -> Result<Person, Refusal> {
    match draft.actor {
        Actor::Person { email, .. } => {
            draft.desk.person(email).cloned().ok_or_else(|| Refusal::NotFound(format!("the account {email}")))
        }
        _ => Err(Refusal::SignedOut),
    }
}

fn set_name(mut draft: Draft<'_>, name: &str) -> Result<Decision, Refusal> {
    let name = check::name_or_none("name", name)?;
    let person = who(&draft)?;
    if person.name != name {
        draft.put(Row::Person(Box::new(Person { name, version: person.version + 1, ..person })));
    }
    Ok(draft.done("own name"))
}

fn set_password(mut draft: Draft<'_>, email: Email, hash: String) -> Result<Decision, Refusal> {
    let is_hash = hash.starts_with("$argon2") && hash.bytes().all(|b| b.is_ascii_graphic());
    if !is_hash || hash.len() > limits::HASH_CHARS_MAX {
        return Err(Refusal::invalid("hash", "it is no hash of Argon2"));
    }
    draft.desk.may_set_password(draft.ctx, draft.actor, &email)?;
    let before = draft.desk.credential(&email).map(|credential| credential.set_ms);
    // Sessions from before are told by this time: it rises also where the clock does not.
    let set_ms = before.map_or(draft.ctx.now.0, |before| draft.ctx.now.0.max(before.saturating_add(1)));
    let about = format!("password of {email}");
    draft.put(Row::Credential(Box::new(Credential { email, hash, set_ms })));
    Ok(draft.done(about))
}

impl Desk {
    /// Whether somebody may set a password, or hand out a link to set it, beside what the table says. Somebody
    /// else's password is a way to become them: a person who administers the host gives first ones only, and none
    /// to the vendor's desk.
    ///
    /// # Errors
    /// That there is no such account, or that they may not.
    pub fn may_set_password(&self, ctx: &Context<'_>, actor: &Actor, whose: &Email) -> Result<(), Refusal> {
        let Some(of) = self.person(whose) else {
            return Err(Refusal::NotFound(format!("the account {whose}")));
        };
        let Actor::Person { email, .. } = actor else { return Ok(()) };
        let is_vendor = self.powers(actor, ctx.role).has(Power::VendorDesk);
        if email == whose || is_vendor || (self.credential(whose).is_none() && !of.is_vendor_desk) {
            return Ok(());
        }
        let why = format!(
            "{} sets their own password; a forgotten one is replaced by the vendor's desk or on the license host",
            of.shown()
        );
        Err(Refusal::rule("W3", why))
    }
}

fn token(mut draft: Draft<'_>, token_hash: Option<[u8; 32]>) -> Result<Decision, Refusal> {
    let email = who(&draft)?.email;
    let (change, about) = match token_hash {
        Some(token_hash) => (SeatChange::SetLogin { email, token_hash }, "own token"),
        None => (SeatChange::DropLogin(email), "own token taken away"),
    };
    draft.seat(change);
    Ok(draft.done(about))
}

fn set_primary(mut draft: Draft<'_>, company: CustomerNumber) -> Result<Decision, Refusal> {
    let person = who(&draft)?;
    if draft.desk.membership(&company, &person.email).is_none() {
        return Err(Refusal::NotFound(format!("company {company}")));
    }
    let about = format!("primary company {company}");
    if person.primary.as_ref() != Some(&company) {
        let version = person.version + 1;
        draft.put(Row::Person(Box::new(Person { primary: Some(company), version, ..person })));
    }
    Ok(draft.done(about))
}
