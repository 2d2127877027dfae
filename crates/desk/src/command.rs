//! What a desk is asked to change.

use names::{CpuId, Date, Email, Expiry, PackNumber, PoolId};
use serde::{Deserialize, Serialize};

use crate::model::{CaseNumber, CustomerNumber, Ending, Item, Privileges};
use crate::{Action, text};

/// A command. What is done for a company names it: a command that was made for another company than the
/// actor works for is refused with a conflict (W6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    // One's own.
    /// Changes one's own name.
    SetName {
        /// The new one.
        name: String,
    },
    /// Sets a password: one's own, or, by the vendor's desk or host administrator, somebody's first one.
    /// The hash is made outside.
    #[serde(skip)]
    SetPassword {
        /// Whose.
        email: Email,
        /// Argon2, PHC string.
        hash: String,
    },
    /// Makes one's own personal token; its hash is made outside.
    #[serde(skip)]
    SetToken {
        /// The SHA-256 of the token.
        token_hash: [u8; 32],
    },
    /// Takes it away.
    DropToken,
    /// Makes a company one's primary one (W6).
    SetPrimary {
        /// Which; one belongs to it.
        #[serde(with = "text")]
        company: CustomerNumber,
    },
    /// Asks for the license tools (W8): a case for the vendor's desk.
    AskForTools {
        /// For which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Why.
        #[serde(default)]
        reason: String,
    },

    // A supervisor's.
    /// Adds somebody to the company, without privileges.
    AddPerson {
        /// To which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Who.
        #[serde(with = "text")]
        email: Email,
        /// What they are called.
        #[serde(default)]
        name: String,
    },
    /// Takes somebody out of the company.
    RemovePerson {
        /// Out of which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Who.
        #[serde(with = "text")]
        email: Email,
        /// The version of the membership that was looked at.
        version: u64,
    },
    /// Gives and takes privileges: all three as given.
    SetPrivileges {
        /// For which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Whose.
        #[serde(with = "text")]
        email: Email,
        /// As they will be.
        privileges: Privileges,
        /// The version of the membership that was looked at.
        version: u64,
    },

    // Licensing's.
    /// Orders licenses. Where this desk is the vendor's, they are issued and signed at once where the vendor's
    /// desk orders; else the order waits for it.
    Order {
        /// For which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// The subscription's number.
        #[serde(default)]
        subscription: String,
        /// The invoice's number.
        #[serde(default)]
        invoice: String,
        /// Who buys; assigned to the first license (T6).
        #[serde(default, with = "text::option")]
        buyer: Option<Email>,
        /// What.
        items: Vec<Item>,
        /// The hosts' public keys (`HOST_KEY=`), by host id: `ID=KEY`. A host whose key is known needs none.
        #[serde(default)]
        host_keys: Vec<String>,
    },
    /// Installs a signed pack on this host. It was verified outside, against this host.
    InstallPack {
        /// For which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Its number.
        #[serde(with = "text")]
        pack: PackNumber,
        /// Its text.
        text: String,
        /// What is in it for this host.
        #[serde(skip)]
        owned: Vec<crate::Owned>,
    },
    /// Asks for licenses to be configured otherwise: a case with the words for the vendor's desk.
    Reconfigure {
        /// For which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Which Configuration IDs.
        ids: Vec<u64>,
        /// As what: another set of modules, maintenance, or product version, in words.
        wish: String,
    },
    /// Gives licenses up on this host, for good (W7).
    Surrender {
        /// For which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Which Configuration IDs.
        ids: Vec<u64>,
        /// For which new host.
        #[serde(with = "text")]
        to: CpuId,
        /// The new host's public key, base64.
        #[serde(default)]
        to_key: String,
        /// What becomes of running seats.
        ending: Ending,
    },
    /// Changes the company's address or contact.
    ChangeContact {
        /// Which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Its address.
        address: String,
        /// Whom to write to.
        #[serde(default, with = "text::option")]
        contact: Option<Email>,
        /// The version of the company that was looked at.
        version: u64,
    },
    /// Asks the vendor to convert an estate: a case with the file.
    RequestConversion {
        /// For which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// The estate, as CSV.
        estate: String,
    },
    /// Gives people seats of a named license (T2, T3).
    Assign {
        /// For which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Of which pool, as it is shown.
        pool: String,
        /// Addresses, separated by comma, semicolon or line break.
        emails: String,
        /// From this day; today where none is given (T4).
        #[serde(default, with = "text::option")]
        from: Option<Date>,
        /// Through this day; the license's end where none is given.
        #[serde(default, with = "text::option")]
        until: Option<Expiry>,
        /// None at all where one address is bad; else the good ones go through and the bad ones are named.
        #[serde(default)]
        all_or_none: bool,
    },
    /// Changes an assignment's period (T4).
    ChangeAssignment {
        /// For which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Of which pool, as it is shown.
        pool: String,
        /// Whose.
        #[serde(with = "text")]
        email: Email,
        /// From this day.
        #[serde(with = "text")]
        from: Date,
        /// Through this day.
        #[serde(with = "text")]
        until: Expiry,
        /// The period that was looked at, `from..until`; another one by now is a conflict.
        was: String,
    },
    /// Takes a named seat back; a running one goes within 5 s (T5).
    Unassign {
        /// For which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Of which pool, as it is shown.
        pool: String,
        /// Whose.
        #[serde(with = "text")]
        email: Email,
    },

    // The vendor desk's.
    /// Makes a company, or changes its name.
    SetCompany {
        /// Its customer number.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Its name.
        name: String,
        /// The version that was looked at; 0 for a new one.
        version: u64,
    },
    /// Adds a contact to a company that has no supervisor: with Licensing and Reporting (W4).
    AddContact {
        /// To which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Who.
        #[serde(with = "text")]
        email: Email,
        /// What they are called.
        #[serde(default)]
        name: String,
    },
    /// Names a company's first supervisor (W4); takes nothing away from anybody.
    NameSupervisor {
        /// Of which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Who.
        #[serde(with = "text")]
        email: Email,
    },
    /// Gives an account the license tools, or refuses it: ends its case (W8).
    UpgradeAccount {
        /// The case.
        #[serde(with = "text")]
        case: CaseNumber,
        /// Whether.
        accept: bool,
    },
    /// Says whether somebody is of the vendor's desk and administers the host.
    SetStaff {
        /// Who.
        #[serde(with = "text")]
        email: Email,
        /// Of the vendor's desk.
        vendor_desk: bool,
        /// Administers the license host.
        host_administrator: bool,
    },
    /// Issues the ids of an order that was placed, and signs its packs; or refuses it.
    Issue {
        /// The order.
        order: String,
        /// Why not; empty to issue it.
        #[serde(default)]
        refuse: String,
        /// The hosts' public keys (`HOST_KEY=`), by host id: `ID=KEY`.
        #[serde(default)]
        host_keys: Vec<String>,
    },
    /// Renews licenses: their end, or their maintenance, which makes what is then one configuration one id
    /// (rule 4). Their hosts' packs are signed anew.
    Renew {
        /// For which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// Which Configuration IDs.
        ids: Vec<u64>,
        /// Through this day; none to leave the ends as they are.
        #[serde(default, with = "text::option")]
        until: Option<Expiry>,
        /// Under maintenance from now on.
        maintenance: bool,
        /// The hosts' public keys (`HOST_KEY=`), by host id: `ID=KEY`. A host whose key is known needs none.
        #[serde(default)]
        host_keys: Vec<String>,
    },
    /// Converts an estate: issues its ids and signs its packs.
    Convert {
        /// For which company.
        #[serde(with = "text")]
        company: CustomerNumber,
        /// The estate, as CSV.
        estate: String,
        /// The fingerprint of the preview that was looked at; another result by now is a conflict.
        #[serde(default)]
        preview: String,
    },
    /// Issues a moved license's pack for its new host (W7).
    IssueMove {
        /// The receipt that the old host signed; empty where the host is lost.
        #[serde(default)]
        receipt: String,
        /// Why there is none.
        #[serde(default)]
        host_lost: String,
        /// Where there is none: the ids, the old host, the new host and its key.
        #[serde(default)]
        ids: Vec<u64>,
        /// The new host.
        #[serde(default, with = "text::option")]
        to: Option<CpuId>,
        /// The new host's public key.
        #[serde(default)]
        to_key: String,
    },
    /// Takes a request file of a site: opens the vendor's case of it, once.
    TakeRequest {
        /// The file's text.
        file: String,
    },
    /// Voids a pack: the next pack of its host says so.
    VoidPack {
        /// Which.
        #[serde(with = "text")]
        pack: PackNumber,
        /// Why.
        reason: String,
    },
    /// Has the allocator pass over a range of ids that were given before.
    ReserveIds {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
        /// For what.
        note: String,
    },
    /// Ends or refuses a case, with an answer.
    CloseCase {
        /// Which.
        #[serde(with = "text")]
        case: CaseNumber,
        /// Done, or refused.
        done: bool,
        /// The answer.
        answer: String,
        /// The version that was looked at.
        version: u64,
    },

    // The daemon's own.
    /// What packs that are served from now on bring: their companies, and their buyers' seats (T6).
    #[serde(skip)]
    Served,
    /// Receipts of surrendered licenses that were found beside the packs and that no row tells of: the
    /// state is of an older backup.
    #[serde(skip)]
    Surrendered {
        /// Their texts.
        receipts: Vec<String>,
    },
    /// A reminder was sent.
    #[serde(skip)]
    Reminded {
        /// Of what.
        of: Vec<String>,
    },
}

impl Command {
    /// The deed that it is; none of what only the daemon does.
    #[must_use]
    pub fn action(&self) -> Option<Action> {
        Some(match self {
            Self::SetName { .. } | Self::SetPassword { .. } => Action::ChangeOwn,
            Self::SetToken { .. } | Self::DropToken => Action::OwnToken,
            Self::SetPrimary { .. } => Action::ChooseCompany,
            Self::AskForTools { .. } => Action::AskForTools,
            Self::AddPerson { .. } => Action::AddPerson,
            Self::RemovePerson { .. } => Action::RemovePerson,
            Self::SetPrivileges { .. } => Action::SetPrivileges,
            Self::Order { .. } => Action::Order,
            Self::InstallPack { .. } => Action::InstallPack,
            Self::Reconfigure { .. } => Action::Reconfigure,
            Self::Surrender { .. } => Action::Surrender,
            Self::ChangeContact { .. } => Action::ChangeContact,
            Self::RequestConversion { .. } => Action::RequestConversion,
            Self::Assign { .. } => Action::Assign,
            Self::ChangeAssignment { .. } => Action::ChangeAssignment,
            Self::Unassign { .. } => Action::Unassign,
            Self::SetCompany { .. } => Action::SetCompany,
            Self::AddContact { .. } => Action::AddContact,
            Self::NameSupervisor { .. } => Action::NameSupervisor,
            Self::UpgradeAccount { .. } => Action::UpgradeAccount,
            Self::SetStaff { .. } => Action::SetStaff,
            Self::Issue { .. } | Self::Renew { .. } | Self::TakeRequest { .. } => Action::Issue,
            Self::Convert { .. } => Action::Convert,
            Self::IssueMove { .. } => Action::IssueMove,
            Self::VoidPack { .. } => Action::VoidPack,
            Self::ReserveIds { .. } => Action::ReserveIds,
            Self::CloseCase { .. } => Action::CloseCase,
            Self::Served | Self::Surrendered { .. } | Self::Reminded { .. } => return None,
        })
    }

    /// The deed that it is when this actor gives it: to set somebody else's password is another one than
    /// to set one's own.
    #[must_use]
    pub fn action_by(&self, actor: &crate::Actor) -> Option<Action> {
        match (self, actor) {
            (Self::SetPassword { email, .. }, crate::Actor::Person { email: own, .. }) if email == own => {
                Some(Action::ChangeOwn)
            }
            (Self::SetPassword { .. }, _) => Some(Action::SetPassword),
            _ => self.action(),
        }
    }

    /// The company that it is made for.
    #[must_use]
    pub fn company(&self) -> Option<&CustomerNumber> {
        match self {
            Self::SetPrimary { company }
            | Self::AskForTools { company, .. }
            | Self::AddPerson { company, .. }
            | Self::RemovePerson { company, .. }
            | Self::SetPrivileges { company, .. }
            | Self::Order { company, .. }
            | Self::InstallPack { company, .. }
            | Self::Reconfigure { company, .. }
            | Self::Surrender { company, .. }
            | Self::ChangeContact { company, .. }
            | Self::RequestConversion { company, .. }
            | Self::Assign { company, .. }
            | Self::ChangeAssignment { company, .. }
            | Self::Unassign { company, .. }
            | Self::SetCompany { company, .. }
            | Self::Renew { company, .. }
            | Self::AddContact { company, .. }
            | Self::NameSupervisor { company, .. }
            | Self::Convert { company, .. } => Some(company),
            _ => None,
        }
    }

    /// The pool that a shown text names, among those that are served.
    pub(crate) fn pool_named<'a>(owned: &'a [crate::Owned], text: &str) -> Option<&'a PoolId> {
        owned.iter().map(|owned| &owned.pool).find(|pool| pool.to_string() == text)
    }
}
