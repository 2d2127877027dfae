//! The license host as the console asks for it.

mod audit;
mod options;
mod slow;
mod usage;

use std::sync::Arc;
use std::time::Duration;

use ::desk::{Actor, Assigned, Command, Owned, Refusal, Role};
use console::{
    Audit, Chain, Denial, Done, Holder, Host, HostError, Later, Line, OptionsFile, Overview, PackCheck,
    Paged, Pool, Query, Tried, Usage, Waiting,
};
use names::{Code, Email, GrantId, Vendor, Wall};
use seats::{DeskChange, DeskNote};
use service::Ask;
use tokio::sync::mpsc;
use tonic::Status;

use self::slow::{Questions, Slow, slow};
use super::recent::{self, Journal, Recent};
use super::{Desk, facts, install, live};
use crate::config::ConsoleConfig;
use crate::office::{self, Turn};
use crate::{clock, edge, removals};

/// What the console asks.
#[derive(Debug)]
struct DeskHost {
    desk: Arc<Desk>,
    recent: Arc<Recent>,
    notes: mpsc::Sender<DeskNote>,
    usage: Slow<usage::Asked, Usage>,
    audit: Slow<audit::Asked, Audit>,
    chain: Slow<(), Chain>,
}

/// What answers it.
struct Answers {
    notes: mpsc::Receiver<DeskNote>,
    usage: Questions<usage::Asked, Usage>,
    audit: Questions<audit::Asked, Audit>,
    chain: Questions<(), Chain>,
}

/// Notes that may wait to be written down.
const NOTES: usize = 256;
/// How long a page waits to be told whether the audit chain is whole.
const CHAIN_WITHIN: Duration = Duration::from_secs(3);

/// Serves the console until the daemon's streams end.
pub(super) async fn serve(desk: Arc<Desk>, journal: Journal, listener: std::net::TcpListener) {
    let edge = Arc::clone(&desk.edge);
    let (host, answers) = DeskHost::new(Arc::clone(&desk));
    let recent = Arc::clone(&host.recent);
    let settings = desk.files.config.console.as_ref().map(settings).unwrap_or_default();
    let shutdown = edge.draining.clone().cancelled_owned();
    let serving = async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        console::serve(listener, Arc::new(host), settings, shutdown).await
    };
    let served = async {
        if let Err(error) = serving.await {
            tracing::error!(%error, "the console is not served");
        }
    };
    tokio::join!(recent::follow(edge, recent, journal), answers.run(desk), served);
}

fn settings(config: &ConsoleConfig) -> console::Settings {
    let (public_url, proxies) = (config.public_url.clone(), config.proxies.clone());
    console::Settings { public_url, proxies, ..console::Settings::default() }
}

impl Answers {
    async fn run(self, desk: Arc<Desk>) {
        let folder = desk.files.config.state_folder.join(audit::FOLDER);
        let (of_chain, key) = (folder.clone(), desk.edge.host_key.public());
        let of_usage = Arc::clone(&desk);
        let closing = desk.edge.closing.clone();
        let answering = async {
            tokio::join!(
                write_notes(desk, self.notes),
                self.usage.answer(usage::KEPT, move |asked| usage::look(&of_usage, asked)),
                self.audit.answer(Duration::ZERO, move |asked| audit::look(&folder, &asked)),
                self.chain.answer(audit::CHAIN_KEPT, move |()| audit::chain(&of_chain, &key)),
            )
        };
        tokio::select! {
            () = closing.cancelled() => {}
            _ = answering => {}
        }
    }
}

/// Writes notes down, as long as there are any.
async fn write_notes(desk: Arc<Desk>, mut notes: mpsc::Receiver<DeskNote>) {
    while let Some(note) = notes.recv().await {
        if let Err(status) = office::ask(&desk.edge, Ask::Desk(Box::new(DeskChange::new(note)))).await {
            tracing::warn!("what was done in the console is not written down: {}", status.message());
        }
    }
}

fn failed(status: &Status) -> HostError {
    HostError(status.message().to_owned())
}

/// Does what takes long on a thread that nobody waits for.
async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, HostError> {
    let done =
        tokio::task::spawn_blocking(work).await.map_err(|_| HostError("the daemon has a bug".into()))?;
    done.map_err(HostError)
}

/// The note of who does something in the console, before what they do.
fn noted(by: &Email, deed: &str, about: &str) -> Ask {
    Ask::Desk(Box::new(DeskChange::new(DeskNote::new(by.as_str(), deed, about))))
}

fn lines(kind: &'static str, texts: impl IntoIterator<Item = String>) -> impl Iterator<Item = Line> {
    texts.into_iter().map(move |text| Line { kind, text })
}

impl DeskHost {
    fn new(desk: Arc<Desk>) -> (Self, Answers) {
        let (notes, written) = mpsc::channel(NOTES);
        let (usage, of_usage) = slow();
        let (audit, of_audit) = slow();
        let (chain, of_chain) = slow();
        let recent = Arc::new(Recent::default());
        let answers = Answers { notes: written, usage: of_usage, audit: of_audit, chain: of_chain };
        (Self { desk, recent, notes, usage, audit, chain }, answers)
    }

    async fn read_again(&self, by: &Email) -> Result<Vec<Line>, HostError> {
        let turn = Turn::take(&self.desk.edge).map_err(|status| failed(&status))?;
        let desk = Arc::clone(&self.desk);
        let (changes, read) = beside(move || office::read(&desk.edge, &desk.files)).await?;
        office::ask(&self.desk.edge, noted(by, "reread", "")).await.map_err(|status| failed(&status))?;
        let findings = read.findings.clone();
        office::put_in_force(turn, read, false, None).await.map_err(|status| failed(&status))?;
        Ok(lines("note", findings).chain(lines("change", changes)).collect())
    }
}

impl Host for DeskHost {
    fn now(&self) -> Wall {
        clock::now().wall
    }

    fn role(&self) -> Role {
        self.desk.role()
    }

    fn vendor(&self) -> Option<Vendor> {
        self.desk.vendor().cloned()
    }

    fn support(&self) -> String {
        self.desk.support().to_owned()
    }

    fn version(&self) -> String {
        format!("Seatkeeper {}", edge::VERSION)
    }

    fn identity(&self) -> (String, String) {
        (self.desk.host().to_string(), self.desk.edge.host_key.public().to_string())
    }

    fn desk(&self) -> Arc<::desk::Desk> {
        self.desk.rules()
    }

    fn owned(&self) -> Arc<[Owned]> {
        self.desk.owned()
    }

    fn assigned(&self) -> Vec<Assigned> {
        facts::assigned(&self.desk.edge.viewer.state())
    }

    fn login(&self, token_hash: &[u8; 32]) -> Option<Email> {
        self.desk.owner_of(*token_hash)
    }

    fn token_of(&self, email: &Email) -> Option<[u8; 32]> {
        self.desk.edge.viewer.state().token_of(email).copied()
    }

    fn show_set_up(&self, token: &str) {
        // The log of the license host is its administrators'.
        tracing::warn!("the console is not set up yet: open it, and give this token once: {token}");
        let _ = self.desk.set_up.set(token.to_owned());
    }

    fn note(&self, actor: &Actor, deed: &'static str, about: &str) {
        tracing::info!(by = %actor, deed, about = about.escape_debug().to_string(), "console");
        if self.notes.try_send(DeskNote::new(&actor.to_string(), deed, about)).is_err() {
            tracing::warn!("more happens in the console than is written down");
        }
    }

    fn act(&self, actor: Actor, command: Command) -> Later<'_, Result<Done, Refusal>> {
        Box::pin(async move {
            let done = self.desk.act(actor, command).await?;
            Ok(Done { case: done.case, said: done.said })
        })
    }

    fn preview(&self, actor: Actor, command: Command) -> Later<'_, Result<Vec<String>, Refusal>> {
        let desk = Arc::clone(&self.desk);
        Box::pin(async move {
            let decided = tokio::task::spawn_blocking(move || desk.decide(&actor, command)).await;
            let decision =
                decided.unwrap_or_else(|_| Err(Refusal::Limit("the desk's rules have a bug".into())))?;
            Ok(std::iter::once(decision.about).chain(decision.said).filter(|line| !line.is_empty()).collect())
        })
    }

    fn pools(&self, query: &Query) -> Paged<Pool> {
        live::pools(&self.desk.edge.viewer.state(), query, clock::now().wall)
    }

    fn holders(&self, query: &Query) -> Paged<Holder> {
        live::holders(&self.desk.edge.viewer.state(), query)
    }

    fn holder(&self, grant: u64) -> Option<Holder> {
        live::holder_of(&self.desk.edge.viewer.state(), GrantId(grant))
    }

    fn overview(&self, query: &Query) -> Overview {
        live::overview(&self.desk.edge.viewer.state(), query, clock::now().wall)
    }

    fn waiting(&self, query: &Query) -> Paged<Waiting> {
        live::waiting(&self.desk.edge.viewer.state(), query)
    }

    fn denials(&self, query: &Query) -> Paged<Denial> {
        self.recent.denials(query)
    }

    fn change(&self) -> u64 {
        self.desk.edge.viewer.last().0
    }

    fn usage(
        &self,
        feature: String,
        from: Wall,
        to: Wall,
        steps: u32,
    ) -> Later<'_, Result<Usage, HostError>> {
        Box::pin(self.usage.ask(usage::Asked { feature, from, to, steps }))
    }

    fn reclaim(&self, by: Email, grant: u64) -> Later<'_, Result<(), HostError>> {
        Box::pin(async move {
            let edge = &self.desk.edge;
            let grant = GrantId(grant);
            removals::check(&edge.viewer.state(), grant).map_err(|status| failed(&status))?;
            let note = noted(&by, "reclaim", &format!("grant {grant}"));
            let asked = office::ask_all(edge, vec![note, Ask::Revoke(grant, Code::Removed)]).await;
            asked.map(drop).map_err(|status| failed(&status))
        })
    }

    fn reread(&self, by: Email) -> Later<'_, Result<Vec<Line>, HostError>> {
        Box::pin(async move { self.read_again(&by).await })
    }

    fn options(&self) -> Later<'_, Result<Vec<OptionsFile>, HostError>> {
        let desk = Arc::clone(&self.desk);
        Box::pin(beside(move || options::all(&desk)))
    }

    fn check_options(&self, vendor: String, text: String) -> Later<'_, Result<Vec<Line>, HostError>> {
        let desk = Arc::clone(&self.desk);
        Box::pin(beside(move || options::check(&desk, &vendor, text)))
    }

    fn try_options(
        &self,
        vendor: String,
        text: String,
        user: String,
        host: String,
        feature: String,
    ) -> Later<'_, Result<Tried, HostError>> {
        let desk = Arc::clone(&self.desk);
        Box::pin(beside(move || options::try_out(&desk, &vendor, text, (&user, &host), &feature)))
    }

    fn save_options(
        &self,
        by: Email,
        vendor: String,
        version: String,
        text: String,
    ) -> Later<'_, Result<Vec<Line>, HostError>> {
        Box::pin(async move {
            let desk = Arc::clone(&self.desk);
            let about = vendor.clone();
            beside(move || options::save(&desk, &vendor, &version, &text)).await?;
            office::ask(&self.desk.edge, noted(&by, "save-options", &about)).await.map_err(|s| failed(&s))?;
            self.read_again(&by).await
        })
    }

    fn check_pack(&self, bytes: Vec<u8>) -> Later<'_, Result<PackCheck, HostError>> {
        let desk = Arc::clone(&self.desk);
        Box::pin(beside(move || {
            let text = String::from_utf8(bytes).map_err(|_| "it is no text (-2)".to_owned())?;
            let checked = install::check(&desk, &text).and_then(|checked| {
                let pack = license::Source::new("the pack", text.as_bytes());
                let changes = office::changes_with(&desk.edge, &desk.files, pack);
                Ok((checked, changes.map_err(|why| Refusal::invalid("pack", why))?))
            });
            Ok(match checked {
                Ok((checked, changes)) => PackCheck {
                    lines: lines("warning", checked.warnings).chain(lines("change", changes)).collect(),
                    pack: Some(checked.pack),
                    company: checked.owned.iter().find_map(|owned| owned.company.clone()),
                    owned: checked.owned,
                },
                Err(refusal) => PackCheck {
                    lines: lines("error", [refusal.to_string()]).collect(),
                    pack: None,
                    company: None,
                    owned: Vec::new(),
                },
            })
        }))
    }

    fn audit(&self, query: Query) -> Later<'_, Result<Audit, HostError>> {
        let Query { search, skip, take, .. } = query;
        Box::pin(self.audit.ask(audit::Asked { search, skip, take }))
    }

    fn chain(&self) -> Later<'_, Chain> {
        Box::pin(async move {
            match tokio::time::timeout(CHAIN_WITHIN, self.chain.ask(())).await {
                Ok(Ok(chain)) => chain,
                Ok(Err(error)) => Chain::Unknown(error.0),
                Err(_) => Chain::Unknown("it is still being read; look again in a minute".into()),
            }
        })
    }
}
