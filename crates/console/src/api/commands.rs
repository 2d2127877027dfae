//! What programs do: each command of the desk is one address, and its body the command.

use desk::{Action, Command, Refusal};
use serde_json::{Value, json};

use super::schema::Kind::{
    Case, Company, Day, Email, Ending, Expiry, Flag, Host, Ids, Items, Number, Pack, Privileges, Text, Texts,
};
use super::schema::{Field, may_have, needed};
use super::{Answered, asked, bound, object};
use crate::Route;
use crate::web::Request;

/// A command as an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Called {
    /// Its path.
    pub(super) path: &'static str,
    /// The deed that it is.
    pub(super) action: Action,
    /// What it does, in a sentence.
    pub(super) what: &'static str,
    /// Its body.
    pub(super) fields: &'static [Field],
}

macro_rules! commands {
    ($($word:literal $action:ident $what:literal [$($how:ident $name:literal $kind:ident),* $(,)?];)*) => {
        /// All of them.
        pub(super) const COMMANDS: &[Called] = &[$(Called {
            path: concat!("/api/v1/", $word),
            action: Action::$action,
            what: $what,
            fields: &[$($how($name, $kind)),*],
        },)*];
    };
}

commands! {
    "set-name" ChangeOwn "Changes one's own name." [needed "name" Text];
    "drop-token" OwnToken "Takes one's own personal token away." [];
    "set-primary" ChooseCompany "Makes a company one's primary one." [needed "company" Company];
    "ask-for-tools" AskForTools "Asks for the license tools: a case." [needed "company" Company, may_have "reason" Text];
    "add-person" AddPerson "Adds somebody to the company, without privileges."
        [needed "company" Company, needed "email" Email, may_have "name" Text];
    "remove-person" RemovePerson "Takes somebody out of the company."
        [needed "company" Company, needed "email" Email, needed "version" Number];
    "set-privileges" SetPrivileges "Gives and takes privileges: all three as given."
        [needed "company" Company, needed "email" Email, needed "privileges" Privileges, needed "version" Number];
    "order" Order "Orders licenses."
        [needed "company" Company, may_have "subscription" Text, may_have "invoice" Text, may_have "buyer" Email,
         needed "items" Items, may_have "host_keys" Texts];
    "renew" Issue "Renews licenses: their end, or their maintenance."
        [needed "company" Company, needed "ids" Ids, may_have "until" Expiry, needed "maintenance" Flag,
         may_have "host_keys" Texts];
    "reconfigure" Reconfigure "Asks for licenses to be configured otherwise: a case."
        [needed "company" Company, needed "ids" Ids, needed "wish" Text];
    "surrender" Surrender "Gives licenses up on this host, for good, to move them."
        [needed "company" Company, needed "ids" Ids, needed "to" Host, may_have "to_key" Text, needed "ending" Ending];
    "change-contact" ChangeContact "Changes the company's address or contact."
        [needed "company" Company, needed "address" Text, may_have "contact" Email, needed "version" Number];
    "request-conversion" RequestConversion "Asks the vendor to convert an estate: a case."
        [needed "company" Company, needed "estate" Text];
    "assign" Assign "Gives people seats of a named license."
        [needed "company" Company, needed "pool" Text, needed "emails" Text, may_have "from" Day,
         may_have "until" Expiry, may_have "all_or_none" Flag];
    "change-assignment" ChangeAssignment "Changes an assignment's period."
        [needed "company" Company, needed "pool" Text, needed "email" Email, needed "from" Day, needed "until" Expiry,
         needed "was" Text];
    "unassign" Unassign "Takes a named seat back."
        [needed "company" Company, needed "pool" Text, needed "email" Email];
    "set-company" SetCompany "Makes a company, or changes its name; version 0 makes a new one."
        [needed "company" Company, needed "name" Text, needed "version" Number];
    "add-contact" AddContact "Adds a contact to a company that has no supervisor."
        [needed "company" Company, needed "email" Email, may_have "name" Text];
    "name-supervisor" NameSupervisor "Names a company's first supervisor."
        [needed "company" Company, needed "email" Email];
    "upgrade-account" UpgradeAccount "Gives an account the license tools, or refuses it."
        [needed "case" Case, needed "accept" Flag];
    "set-staff" SetStaff "Says whether somebody is of the vendor's desk and administers the host."
        [needed "email" Email, needed "vendor_desk" Flag, needed "host_administrator" Flag];
    "issue" Issue "Issues the ids of an order that was placed and signs its packs, or refuses it."
        [needed "order" Text, may_have "refuse" Text, may_have "host_keys" Texts];
    "convert" Convert "Converts an estate: issues its ids and signs its packs."
        [needed "company" Company, needed "estate" Text, may_have "preview" Text];
    "issue-move" IssueMove "Issues a moved license's pack for its new host."
        [may_have "receipt" Text, may_have "host_lost" Text, may_have "ids" Ids, may_have "to" Host,
         may_have "to_key" Text];
    "void-pack" VoidPack "Voids a pack." [needed "pack" Pack, needed "reason" Text];
    "reserve-ids" ReserveIds "Has the allocator pass over a range of ids that were given before."
        [needed "from" Number, needed "to" Number, needed "note" Text];
    "close-case" CloseCase "Ends or refuses a case, with an answer."
        [needed "case" Case, needed "done" Flag, needed "answer" Text, needed "version" Number];
}

/// Where a pack is installed: its text is checked first, as on the page.
pub(super) const INSTALL: Called = Called {
    path: "/api/v1/install-pack",
    action: Action::InstallPack,
    what: "Checks a signed pack against this host and installs it.",
    fields: &[needed("company", Company), needed("text", Text)],
};

/// Their routes.
pub(super) fn routes() -> Vec<Route> {
    let routes = COMMANDS
        .iter()
        .map(|called| Route::api_post(called.path, called.action, move |request| act(request, *called)));
    routes.chain([Route::api_post(INSTALL.path, INSTALL.action, install)]).collect()
}

async fn act(request: Request, called: Called) -> Answered {
    let asked = asked(&request);
    let command = command(called, object(&request)?)?;
    let actor = bound(&asked, command.company());
    let done = asked.host.act(actor, command).await?;
    Ok(super::json(&json!({ "case": done.case.map(|case| case.to_string()), "said": done.said })))
}

/// The command of a body: its serde form, whose `do` may be left out since the address says it.
fn command(called: Called, mut body: serde_json::Map<String, Value>) -> Result<Command, Refusal> {
    let word = called.path.rsplit('/').next().unwrap_or_default();
    match body.insert("do".into(), word.into()) {
        Some(other) if other != word => {
            return Err(Refusal::invalid(
                "do",
                format!("this address does {word}; leave it out, or say that"),
            ));
        }
        _ => {}
    }
    serde_json::from_value(Value::Object(body)).map_err(|e| Refusal::invalid("body", e))
}

async fn install(request: Request) -> Answered {
    let asked = asked(&request);
    let body = object(&request)?;
    if let Some(other) = body.keys().find(|key| !["company", "text"].contains(&key.as_str())) {
        return Err(Refusal::invalid("body", format!("unknown field `{other}`")).into());
    }
    let text = |name: &'static str| {
        let text = body.get(name).and_then(Value::as_str);
        text.ok_or_else(|| Refusal::invalid(name, "it must be a text"))
    };
    let company = desk::CustomerNumber::new(text("company")?).map_err(|e| Refusal::invalid("company", e))?;
    let pack = text("text")?.to_owned();
    let asked = crate::pages::Asked { actor: bound(&asked, Some(&company)), ..asked };
    let command = crate::pages::install_command(&asked, company, pack).await?;
    let done = asked.act(command).await?;
    Ok(super::json(&json!({ "case": done.case.map(|case| case.to_string()), "said": done.said })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(called: Called, without: &str) -> serde_json::Map<String, Value> {
        let fields = called.fields.iter().filter(|field| field.name != without);
        fields.map(|field| (field.name.to_owned(), field.kind.example())).collect()
    }

    #[test]
    fn every_body_that_is_described_is_a_command_of_the_deed_that_is_asked_about() {
        for called in COMMANDS {
            let whole =
                command(*called, body(*called, "")).unwrap_or_else(|e| panic!("{}: {e}", called.path));
            assert_eq!(whole.action(), Some(called.action), "{}", called.path);
            for field in called.fields {
                let read = command(*called, body(*called, field.name));
                assert_eq!(read.is_err(), field.is_needed, "{} without {}", called.path, field.name);
            }
            let mut more = body(*called, "");
            more.insert("more".into(), json!(1));
            assert!(command(*called, more).is_err(), "{} with an unknown field", called.path);
        }
    }

    #[test]
    fn a_body_says_no_other_command_than_its_address() {
        let called = *COMMANDS.iter().find(|called| called.path.ends_with("/drop-token")).unwrap();
        let with = |word: &str| [("do".to_owned(), json!(word))].into_iter().collect();
        assert_eq!(command(called, with("drop-token")), Ok(Command::DropToken));
        let refusal = command(called, with("set-staff")).unwrap_err();
        assert_eq!(refusal.to_string(), "do: this address does drop-token; leave it out, or say that");
    }

    /// A command that programs cannot call is one whose hash is made in the console, or the daemon's own.
    #[test]
    fn every_command_that_has_a_body_has_an_address() {
        let unknown = serde_json::from_value::<Command>(json!({ "do": "?" })).unwrap_err().to_string();
        let mut words: Vec<&str> = unknown.split('`').skip(3).step_by(2).collect();
        words.sort_unstable();
        let mut called: Vec<&str> =
            COMMANDS.iter().chain([&INSTALL]).filter_map(|c| c.path.rsplit('/').next()).collect();
        called.sort_unstable();
        assert_eq!(called, words);
    }
}
