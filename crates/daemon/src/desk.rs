//! The license desk in the daemon.
//!
//! ```text
//!  calls (gRPC, TCP and Unix socket) ─┐  a command            decides, on a thread beside
//!  pages (the console) ───────────────┼────────────▶ office ──▶ the owner writes it, as one step
//!  a reread (what is served now) ─────┘  (one task)    │        then: publish, install packs, read again
//!                                                      ▼
//!  queries ◀────────────────────── the desk as it is on the disk, read without waiting
//! ```
//!
//! One task, the office, decides one command after another. What it decides is one command of the journal;
//! only when that is on the disk it is published, and what follows from it outside is done: packs are
//! written to the folder of licenses, and the files are read again. What a crash leaves half done there is
//! done at the next start.

mod caller;
mod change;
mod commands;
mod facts;
mod host;
mod install;
mod live;
mod methods;
mod office;
mod parse;
mod queries;
mod recent;
mod refused;
mod rows;
mod service;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use ::desk::{
    Action, Actor, CaseNumber, Command, CustomerNumber, Decision, Desk as Rules, Owned, Refusal, Role,
};
use arc_swap::ArcSwap;
use license::SecretKey;
use names::{CpuId, Vendor};
use tokio::sync::{mpsc, oneshot};

use crate::config::DeskConfig;
use crate::edge::Edge;
use crate::office::Files;

pub(crate) use self::facts::{Facts, owned};
pub(crate) use self::install::trusted_keys;
pub(crate) use self::recent::Journal;
pub(crate) use self::service::{CALL_WITHIN, DeskCalls};

/// Commands that may wait for the office; one more is told that it is busy.
const QUEUE: usize = 256;

/// The desk, as calls and pages have it.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) edge: Arc<Edge>,
    /// The configuration and this machine, to read the files again.
    pub(crate) files: Files,
    config: DeskConfig,
    /// The vendor's key, of a vendor's desk.
    vendor_key: Option<SecretKey>,
    /// What is on the disk.
    published: ArcSwap<Rules>,
    /// The token of the first set-up, where the console showed one.
    pub(crate) set_up: OnceLock<String>,
    office: mpsc::Sender<Deed>,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Done {
    /// The case that it is.
    pub(crate) case: Option<CaseNumber>,
    /// What is to be told, one a line.
    pub(crate) said: Vec<String>,
}

/// Licenses that a host gave up for good, by vendor, Configuration ID and host.
pub(crate) type Retired = BTreeSet<(Vendor, u64, CpuId)>;

/// Those that a desk knows.
pub(crate) fn retired(rules: &Rules) -> Retired {
    rules.retired().map(|row| (row.vendor.clone(), row.id, row.host.clone())).collect()
}

/// A command on its way to the office.
#[derive(Debug)]
pub(crate) struct Deed {
    actor: Actor,
    asked: Asked,
    answer: oneshot::Sender<Result<Done, Refusal>>,
}

/// What the office is asked.
#[derive(Debug)]
enum Asked {
    /// To do this.
    For(Box<Command>),
    /// To write down that a deed was refused, before it was looked at what exactly was asked.
    InVain(Action, Refusal),
}

/// The office's end.
#[derive(Debug)]
pub(crate) struct Deeds(mpsc::Receiver<Deed>);

/// The office, and the console where there is one, until the daemon's streams end.
pub(crate) async fn run(
    desk: Arc<Desk>,
    deeds: Deeds,
    journal: Journal,
    console: Option<std::net::TcpListener>,
) {
    let Some(listener) = console else { return office::run(desk, deeds).await };
    tokio::join!(office::run(Arc::clone(&desk), deeds), host::serve(desk, journal, listener));
}

impl Desk {
    /// The desk of these rows, and what the office takes commands from.
    pub(crate) fn new(
        edge: Arc<Edge>,
        files: Files,
        config: DeskConfig,
        vendor_key: Option<SecretKey>,
        rules: Rules,
    ) -> (Arc<Self>, Deeds) {
        let (office, deeds) = mpsc::channel(QUEUE);
        let published = ArcSwap::from_pointee(rules);
        let set_up = OnceLock::new();
        (Arc::new(Self { edge, files, config, vendor_key, published, set_up, office }), Deeds(deeds))
    }

    /// What this desk may do.
    pub(crate) fn role(&self) -> Role {
        self.config.role
    }

    /// Whose desk it is, of a vendor's.
    pub(crate) fn vendor(&self) -> Option<&Vendor> {
        self.config.vendor.as_ref()
    }

    /// Where people turn to.
    pub(crate) fn support(&self) -> &str {
        match self.config.support.as_str() {
            "" => "whoever delivered your licenses",
            support => support,
        }
    }

    /// The license host's id.
    pub(crate) fn host(&self) -> &CpuId {
        &self.edge.about.cpu
    }

    /// The rows, as they are on the disk.
    pub(crate) fn rules(&self) -> Arc<Rules> {
        self.published.load_full()
    }

    /// What is served here.
    pub(crate) fn owned(&self) -> Arc<[Owned]> {
        Arc::clone(&self.edge.served.load().owned)
    }

    /// Does a command; answered when it is on the disk, and what follows from it is done.
    pub(crate) async fn act(&self, actor: Actor, command: Command) -> Result<Done, Refusal> {
        self.ask(actor, Asked::For(Box::new(command))).await
    }

    async fn ask(&self, actor: Actor, asked: Asked) -> Result<Done, Refusal> {
        let busy = || Refusal::Limit("the desk has more to do than it can queue (-23); try again".into());
        let (answer, answered) = oneshot::channel();
        self.office.try_send(Deed { actor, asked, answer }).map_err(|_| busy())?;
        answered.await.unwrap_or_else(|_| Err(Refusal::Limit("the daemon stops (-23); try again".into())))
    }

    /// Whether somebody may do a deed at all, for the company that they say they work for. Who may not is told so
    /// before it is looked at what they sent.
    ///
    /// # Errors
    /// The refusal.
    fn may(&self, actor: &Actor, action: Action, company: Option<&CustomerNumber>) -> Result<(), Refusal> {
        self.rules().may(&self.context(&Facts::without_seats(&self.owned())), actor, action, company)
    }

    /// What would come of a command. It takes as long as the rules take: not on a thread that others wait
    /// for.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) fn decide(&self, actor: &Actor, command: Command) -> Result<Decision, Refusal> {
        let command = self.prepared(command)?;
        let facts = Facts::now(&self.edge, &self.owned());
        self.rules().decide(&self.context(&facts), actor, command)
    }

    /// A pack that is to be installed is verified here, against this host: the rules cannot.
    fn prepared(&self, command: Command) -> Result<Command, Refusal> {
        let Command::InstallPack { company, pack, text, .. } = command else { return Ok(command) };
        let checked = install::check(self, &text)?;
        if checked.pack != pack {
            return Err(Refusal::invalid(
                "pack",
                format!("the text is of pack {}, not of {pack}", checked.pack),
            ));
        }
        Ok(Command::InstallPack { company, pack, text, owned: checked.owned })
    }

    fn publish(&self, rules: Rules) {
        // What was given up stays so, also where only a receipt beside the packs tells of it.
        let mut given_up = Retired::clone(&self.edge.retired.load());
        given_up.extend(retired(&rules));
        self.edge.retired.store(Arc::new(given_up));
        self.published.store(Arc::new(rules));
    }

    /// The company that a person works for unless they say otherwise.
    fn primary_of(&self, email: &names::Email) -> Option<CustomerNumber> {
        let rules = self.rules();
        rules.person(email).and_then(|person| person.primary.clone())
    }
}
