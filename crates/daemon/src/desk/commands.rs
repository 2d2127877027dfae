//! Calls as the desk's commands.

use ::desk::{Command, Ending, Item, Place, Privileges, Refusal, Seat};
use proto::v1;

use super::{Desk, install, parse};

/// A call that is a command.
pub(super) trait Commands {
    /// The command.
    ///
    /// # Errors
    /// The first field that is wrong.
    fn command(self, desk: &Desk) -> Result<Command, Refusal>;
}

macro_rules! commands {
    ($($message:ident |$m:ident $(, $desk:ident)?| $command:expr;)*) => {
        $(impl Commands for v1::$message {
            fn command(self, desk: &Desk) -> Result<Command, Refusal> {
                let ($m, _) = (self, desk);
                $(let $desk = desk;)?
                Ok($command)
            }
        })*
    };
}

commands! {
    DeskSetName |m| Command::SetName { name: m.name };
    DeskDropToken |_m| Command::DropToken;
    DeskSetPrimary |m| Command::SetPrimary { company: parse::company(&m.company)? };
    DeskAskForTools |m| Command::AskForTools { company: parse::company(&m.company)?, reason: m.reason };
    DeskAddPerson |m| Command::AddPerson {
        company: parse::company(&m.company)?,
        email: parse::email("email", &m.email)?,
        name: m.name,
    };
    DeskRemovePerson |m| Command::RemovePerson {
        company: parse::company(&m.company)?,
        email: parse::email("email", &m.email)?,
        version: m.version,
    };
    DeskSetPrivileges |m| Command::SetPrivileges {
        company: parse::company(&m.company)?,
        email: parse::email("email", &m.email)?,
        privileges: privileges(m.privileges.unwrap_or_default()),
        version: m.version,
    };
    DeskOrder |m| Command::Order {
        company: parse::company(&m.company)?,
        subscription: m.subscription,
        invoice: m.invoice,
        buyer: parse::email_or_none("buyer", &m.buyer)?,
        items: m.items.into_iter().map(item).collect::<Result<_, _>>()?,
        host_keys: m.host_keys,
    };
    DeskReconfigure |m| Command::Reconfigure {
        company: parse::company(&m.company)?,
        ids: m.ids,
        wish: m.wish,
    };
    DeskSurrender |m| Command::Surrender {
        company: parse::company(&m.company)?,
        ids: m.ids,
        to: parse::cpu("to", &m.to)?,
        to_key: m.to_key,
        ending: if m.end_seats { Ending::End } else { Ending::Finish },
    };
    DeskChangeContact |m| Command::ChangeContact {
        company: parse::company(&m.company)?,
        address: m.address,
        contact: parse::email_or_none("contact", &m.contact)?,
        version: m.version,
    };
    DeskRequestConversion |m| Command::RequestConversion {
        company: parse::company(&m.company)?,
        estate: m.estate,
    };
    DeskAssign |m, desk| Command::Assign {
        company: parse::company(&m.company)?,
        pool: pool(desk, &m.company, m.pool)?,
        emails: m.emails,
        from: parse::date_or_none("from", &m.from)?,
        until: parse::expiry_or_none("until", &m.until)?,
        all_or_none: m.all_or_none,
    };
    DeskChangeAssignment |m, desk| Command::ChangeAssignment {
        company: parse::company(&m.company)?,
        pool: pool(desk, &m.company, m.pool)?,
        email: parse::email("email", &m.email)?,
        from: parse::date("from", &m.from)?,
        until: parse::expiry("until", &m.until)?,
        was: m.was,
    };
    DeskUnassign |m, desk| Command::Unassign {
        company: parse::company(&m.company)?,
        pool: pool(desk, &m.company, m.pool)?,
        email: parse::email("email", &m.email)?,
    };
    DeskSetCompany |m| Command::SetCompany {
        company: parse::company(&m.company)?,
        name: m.name,
        version: m.version,
    };
    DeskAddContact |m| Command::AddContact {
        company: parse::company(&m.company)?,
        email: parse::email("email", &m.email)?,
        name: m.name,
    };
    DeskNameSupervisor |m| Command::NameSupervisor {
        company: parse::company(&m.company)?,
        email: parse::email("email", &m.email)?,
    };
    DeskUpgradeAccount |m| Command::UpgradeAccount { case: parse::case(&m.case)?, accept: m.accept };
    DeskSetStaff |m| Command::SetStaff {
        email: parse::email("email", &m.email)?,
        vendor_desk: m.vendor_desk,
        host_administrator: m.host_administrator,
    };
    DeskIssue |m| Command::Issue { order: m.order, refuse: m.refuse, host_keys: m.host_keys };
    DeskRenew |m| Command::Renew {
        company: parse::company(&m.company)?,
        ids: m.ids,
        until: parse::expiry_or_none("until", &m.until)?,
        maintenance: m.maintenance,
        host_keys: m.host_keys,
    };
    DeskConvert |m| Command::Convert {
        company: parse::company(&m.company)?,
        estate: m.estate,
        preview: m.preview,
    };
    DeskIssueMove |m| Command::IssueMove {
        receipt: m.receipt,
        host_lost: m.host_lost,
        ids: m.ids,
        to: parse::cpu_or_none("to", &m.to)?,
        to_key: m.to_key,
    };
    DeskTakeRequest |m| Command::TakeRequest { file: m.file };
    DeskVoidPack |m| Command::VoidPack { pack: parse::pack(&m.pack)?, reason: m.reason };
    DeskReserveIds |m| Command::ReserveIds { from: m.from, to: m.to, note: m.note };
    DeskCloseCase |m| Command::CloseCase {
        case: parse::case(&m.case)?,
        done: m.done,
        answer: m.answer,
        version: m.version,
    };
}

impl Commands for v1::DeskInstallPack {
    fn command(self, desk: &Desk) -> Result<Command, Refusal> {
        let company = parse::company(&self.company)?;
        let checked = install::check(desk, &self.text)?;
        Ok(Command::InstallPack { company, pack: checked.pack, text: self.text, owned: checked.owned })
    }
}

/// The pool of a license of the company.
fn pool(desk: &Desk, company: &str, text: String) -> Result<String, Refusal> {
    Ok(parse::pool(&desk.rules(), &desk.owned(), &parse::company(company)?, text))
}

fn privileges(given: v1::DeskPrivileges) -> Privileges {
    Privileges { supervisor: given.supervisor, licensing: given.licensing, reporting: given.reporting }
}

/// An item of an order.
pub(super) fn item(given: v1::DeskItem) -> Result<Item, Refusal> {
    let seat = match given.seat.as_str() {
        "floating" => Seat::Floating,
        "locked" => Seat::Locked,
        "named" => Seat::Named,
        _ => return Err(Refusal::invalid("seat", "it is floating, locked or named")),
    };
    let place = |place: v1::DeskPlace| -> Result<Place, Refusal> {
        Ok(Place { cpu: parse::cpu("places", &place.cpu)?, count: place.count })
    };
    Ok(Item {
        feature: parse::feature(&given.feature)?,
        version: parse::version(&given.version)?,
        product_line: given.product_line,
        modules: given.modules,
        is_module: given.is_module,
        seat,
        maintenance: given.maintenance,
        places: given.places.into_iter().map(place).collect::<Result<_, _>>()?,
        host: parse::cpu_or_none("host", &given.host)?,
        from: parse::date_or_none("from", &given.from)?,
        until: parse::expiry("until", &given.until)?,
        serials: given.serials,
        installs: given.installs,
        id: (given.id != 0).then_some(given.id),
    })
}
