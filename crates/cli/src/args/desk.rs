//! The license desk: companies, people, orders, packs, moves, cases.

use std::path::PathBuf;

use clap::{ArgGroup, Args, Subcommand};

/// Which desk, for which company, and how it is shown.
#[derive(Debug, Args)]
pub(crate) struct AtDeskArgs {
    /// A license server (port@host), as whoever `seatkeeper login` kept a token of; else this host's daemon
    /// over its socket, as its administrator.
    #[arg(short = 'c', value_name = "LIST", global = true)]
    pub(crate) servers: Option<String>,
    /// The daemon's socket for its administrator: `admin_socket` in its configuration.
    #[arg(
        long,
        visible_alias = "admin-socket",
        value_name = "PATH",
        env = "SEATKEEPER_ADMIN_SOCKET",
        default_value = "/run/seatkeeper/admin.sock",
        global = true
    )]
    pub(crate) socket: PathBuf,
    /// The company that it is for, by its customer number; by default the one that you work for.
    #[arg(long, value_name = "NUMBER", env = "SEATKEEPER_COMPANY", global = true)]
    pub(crate) company: Option<String>,
    /// As JSON; the schemas are in the README of the command line.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LicenseDeskArgs {
    #[command(flatten)]
    pub(crate) at: AtDeskArgs,
    #[command(subcommand)]
    pub(crate) command: AtDesk,
}

#[derive(Debug, Args)]
pub(crate) struct FindArgs {
    /// A number, an e-mail address, a host or a company.
    pub(crate) what: String,
    #[command(flatten)]
    pub(crate) at: AtDeskArgs,
}

/// Which part of a list.
#[derive(Debug, Args)]
pub(crate) struct PageArgs {
    /// Only what has this text in it.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) search: String,
    /// Pass over so many.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) skip: u32,
    /// Show at most so many, up to 1000.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) take: u32,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AtDesk {
    /// List one's own seats.
    OwnSeats,
    /// Change one's own name.
    SetName {
        /// The new one.
        name: String,
    },
    /// Make one's own personal token anew; the old one is good no more.
    Token,
    /// Take one's own personal token away.
    DropToken,
    /// Make a company one's primary one.
    SetPrimary,
    /// Ask for the license tools: a case for the vendor's desk.
    AskForTools {
        /// Why.
        #[arg(long, value_name = "TEXT", default_value = "")]
        reason: String,
    },
    /// List cases: one's own, or with Reporting the company's.
    Cases(PageArgs),
    /// Show one case with its history.
    Case {
        /// Its number, of this desk or of the other one.
        case: String,
    },
    /// Write a case's file to standard output.
    CaseFile {
        /// The case.
        case: String,
        /// The file.
        name: String,
    },
    /// List the company's people and their privileges.
    People(PageArgs),
    /// Add somebody to the company, without privileges.
    AddPerson(PersonArgs),
    /// Take somebody out of the company.
    RemovePerson {
        /// Who.
        email: String,
    },
    /// Give and take privileges: exactly those that are named.
    SetPrivileges(PrivilegesArgs),
    /// Order licenses.
    Order(OrderArgs),
    /// List orders.
    Orders(PageArgs),
    /// Install a signed pack on this host.
    InstallPack {
        /// The pack's file.
        file: PathBuf,
    },
    /// Ask for licenses to be configured otherwise.
    Reconfigure {
        /// The Configuration IDs.
        #[arg(required = true)]
        ids: Vec<u64>,
        /// As what.
        #[arg(long, value_name = "TEXT")]
        wish: String,
    },
    /// Give licenses up on this host for good, to move them to another.
    Surrender(SurrenderArgs),
    /// Show the company's name, address and contact.
    ShowCompany,
    /// Change the company's address or contact; what is not named stays.
    ChangeContact {
        /// The address.
        #[arg(long, value_name = "TEXT")]
        address: Option<String>,
        /// Whom to write to; empty for nobody.
        #[arg(long, value_name = "EMAIL")]
        contact: Option<String>,
    },
    /// Show what the conversion of an estate would give.
    PreviewConversion {
        /// The estate, as CSV.
        estate: PathBuf,
    },
    /// Ask the vendor to convert an estate.
    RequestConversion {
        /// The estate, as CSV.
        estate: PathBuf,
    },
    /// Convert an estate: issue its ids and sign its packs.
    Convert {
        /// The estate, as CSV.
        estate: PathBuf,
        /// The fingerprint of the preview that was looked at.
        #[arg(long, value_name = "FINGERPRINT", default_value = "")]
        preview: String,
    },
    /// Give people seats of a named license.
    Assign(AssignSeatsArgs),
    /// Change an assignment's period.
    ChangeAssignment {
        /// The pool, as `desk licenses` shows it, or its Configuration ID or feature where no other has it.
        pool: String,
        /// Whose.
        email: String,
        /// From this day; as it is by default.
        #[arg(long, value_name = "dd-mmm-yyyy")]
        from: Option<String>,
        /// Through this day; as it is by default.
        #[arg(long, value_name = "dd-mmm-yyyy")]
        until: Option<String>,
    },
    /// Take a named seat back.
    Unassign {
        /// The pool, as `desk licenses` shows it, or its Configuration ID or feature where no other has it.
        pool: String,
        /// Whose.
        email: String,
    },
    /// List the company's licenses.
    Licenses(PageArgs),
    /// Show one license and whose its seats are.
    License {
        /// The pool, as `desk licenses` shows it, or its Configuration ID or feature where no other has it.
        pool: String,
    },
    /// The Customer Detail Report, as CSV.
    CustomerReport,
    /// List the company's packs.
    Packs(PageArgs),
    /// Write a pack to standard output.
    Pack {
        /// Its number.
        pack: String,
    },
    /// List companies.
    Companies(PageArgs),
    /// Make a company, or change its name.
    SetCompany {
        /// Its name.
        name: String,
    },
    /// Add a contact to a company that has no supervisor yet.
    AddContact(PersonArgs),
    /// Name a company's first supervisor.
    NameSupervisor {
        /// Who.
        email: String,
    },
    /// Give an account the license tools, or refuse it.
    UpgradeAccount {
        /// The case.
        case: String,
        /// Refuse it.
        #[arg(long)]
        refuse: bool,
    },
    /// Say whether somebody is of the vendor's desk and administers the host: exactly what is named.
    SetStaff {
        /// Who.
        email: String,
        /// Of the vendor's desk.
        #[arg(long)]
        vendor_desk: bool,
        /// Administers the license host.
        #[arg(long)]
        host_administrator: bool,
    },
    /// Issue an order that was placed, and sign its packs; or refuse it.
    Issue {
        /// The order.
        order: String,
        /// Why it is refused.
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        refuse: String,
        /// A host's public key, as ID=KEY, where it is not known.
        #[arg(long, value_name = "ID=KEY")]
        host_key: Vec<String>,
    },
    /// Renew licenses: their end, or their maintenance. Other maintenance is another Configuration ID.
    #[command(group = ArgGroup::new("status").required(true).args(["maintenance", "no_maintenance"]))]
    Renew {
        /// The Configuration IDs.
        #[arg(required = true)]
        ids: Vec<u64>,
        /// Through this day; without it the ends stay.
        #[arg(long, value_name = "dd-mmm-yyyy", default_value = "", hide_default_value = true)]
        until: String,
        /// Under maintenance from now on, as before or newly.
        #[arg(long)]
        maintenance: bool,
        /// Without maintenance from now on.
        #[arg(long)]
        no_maintenance: bool,
        /// A host's public key, as ID=KEY, where it is not known.
        #[arg(long, value_name = "ID=KEY")]
        host_key: Vec<String>,
    },
    /// Issue a moved license's pack for its new host.
    IssueMove(IssueMoveArgs),
    /// Take a site's request file: opens the vendor's case of it, once.
    TakeRequest {
        /// The file.
        file: PathBuf,
    },
    /// Void a pack.
    VoidPack {
        /// Its number.
        pack: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Have a range of configuration ids passed over that were given before.
    ReserveIds {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
        /// For what.
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        note: String,
    },
    /// End or refuse a case, with an answer.
    CloseCase {
        /// The case.
        case: String,
        /// Refuse it.
        #[arg(long)]
        refuse: bool,
        /// The answer.
        #[arg(long, value_name = "TEXT")]
        answer: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct PersonArgs {
    /// Who.
    pub(crate) email: String,
    /// What they are called.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct PrivilegesArgs {
    /// Whose.
    pub(crate) email: String,
    /// Manages the company's people.
    #[arg(long)]
    pub(crate) supervisor: bool,
    /// Edits licenses.
    #[arg(long)]
    pub(crate) licensing: bool,
    /// Sees reports and packs.
    #[arg(long)]
    pub(crate) reporting: bool,
}

#[derive(Debug, Args)]
pub(crate) struct OrderArgs {
    /// What is ordered: a TOML or JSON file with a list `items`.
    #[arg(long, value_name = "FILE")]
    pub(crate) items: PathBuf,
    /// The subscription's number.
    #[arg(long, value_name = "NUMBER", default_value = "", hide_default_value = true)]
    pub(crate) subscription: String,
    /// The invoice's number.
    #[arg(long, value_name = "NUMBER", default_value = "", hide_default_value = true)]
    pub(crate) invoice: String,
    /// Who buys: assigned to the first license.
    #[arg(long, value_name = "EMAIL", default_value = "", hide_default_value = true)]
    pub(crate) buyer: String,
    /// A host's public key, as ID=KEY, where it is not known.
    #[arg(long, value_name = "ID=KEY")]
    pub(crate) host_key: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct SurrenderArgs {
    /// The Configuration IDs.
    #[arg(required = true)]
    pub(crate) ids: Vec<u64>,
    /// The new host's id.
    #[arg(long, value_name = "HOSTID")]
    pub(crate) to: String,
    /// The new host's public key, as `seatkeeperd init` printed it.
    #[arg(long, value_name = "KEY", default_value = "", hide_default_value = true)]
    pub(crate) to_key: String,
    /// Take running seats away; else they run to their return.
    #[arg(long)]
    pub(crate) end_seats: bool,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("proof").required(true).args(["receipt", "host_lost"]))]
pub(crate) struct IssueMoveArgs {
    /// The receipt that the old host signed.
    #[arg(long, value_name = "FILE")]
    pub(crate) receipt: Option<PathBuf>,
    /// Why there is none: the old host is lost.
    #[arg(long, value_name = "REASON", requires = "ids", requires = "to")]
    pub(crate) host_lost: Option<String>,
    /// The Configuration IDs, where there is no receipt.
    #[arg(long = "id", value_name = "ID")]
    pub(crate) ids: Vec<u64>,
    /// The new host, where there is no receipt.
    #[arg(long, value_name = "HOSTID", default_value = "", hide_default_value = true)]
    pub(crate) to: String,
    /// The new host's public key.
    #[arg(long, value_name = "KEY", default_value = "", hide_default_value = true)]
    pub(crate) to_key: String,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("whom").required(true).args(["to", "file"]))]
pub(crate) struct AssignSeatsArgs {
    /// The pool, as `desk licenses` shows it, or its Configuration ID or feature where no other has it.
    pub(crate) pool: String,
    /// E-mail addresses, separated by comma or semicolon.
    #[arg(long, value_name = "EMAILS")]
    pub(crate) to: Option<String>,
    /// A file with addresses, separated by comma, semicolon or line break; - for standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// From this day; today by default.
    #[arg(long, value_name = "dd-mmm-yyyy", default_value = "", hide_default_value = true)]
    pub(crate) from: String,
    /// Through this day; the license's end by default.
    #[arg(long, value_name = "dd-mmm-yyyy", default_value = "", hide_default_value = true)]
    pub(crate) until: String,
    /// Nobody at all where one address is bad.
    #[arg(long)]
    pub(crate) all_or_none: bool,
}
