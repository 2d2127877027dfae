//! The license host as the console asks for it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::desk::{Actor, Assigned, Command, Owned, Refusal, Role};
use console::{
    AuditLine, Denial, Done, Holder, Host, HostError, Later, Line, OptionsFile, PackCheck, Paged, Pool,
    Query, Tried, Usage, Waiting,
};
use license::{Severity, Source};
use names::{Code, CpuId, Email, Feature, GrantId, Vendor, Wall};
use policy::{Against, Policy};
use seats::{DeskChange, DeskNote};
use service::{Ask, InForce, Licensed, Question};
use tonic::Status;

use super::recent::Recent;
use super::{Desk, facts, install, live};
use crate::licenses::Licenses;
use crate::office::{self, Turn};
use crate::options::OptionsFiles;
use crate::{clock, edge, removals};

/// What the console asks.
#[derive(Debug)]
pub(crate) struct DeskHost {
    pub(crate) desk: Arc<Desk>,
    pub(crate) recent: Arc<Recent>,
    pub(crate) notes: tokio::sync::mpsc::Sender<DeskNote>,
}

/// Notes that may wait to be written down.
pub(crate) const NOTES: usize = 256;

/// Writes notes down, until the daemon's streams end.
pub(crate) async fn write_notes(desk: Arc<Desk>, mut notes: tokio::sync::mpsc::Receiver<DeskNote>) {
    let closing = desk.edge.closing.clone();
    loop {
        let note = tokio::select! {
            () = closing.cancelled() => return,
            note = notes.recv() => note,
        };
        let Some(note) = note else { return };
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
        _from: Wall,
        _to: Wall,
        _steps: u32,
    ) -> Later<'_, Result<Usage, HostError>> {
        Box::pin(async move {
            Err(HostError(format!(
                "the use of {feature} is told by `seatkeeper report use` on the license host"
            )))
        })
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
        Box::pin(beside(move || {
            let vendors: std::collections::BTreeSet<&Vendor> =
                desk.files.config.trust.keys().iter().map(|key| &key.vendor).collect();
            vendors.into_iter().map(|vendor| options_of(&desk, vendor)).collect()
        }))
    }

    fn check_options(&self, vendor: String, text: String) -> Later<'_, Result<Vec<Line>, HostError>> {
        let desk = Arc::clone(&self.desk);
        Box::pin(beside(move || {
            let source = Source::new("the options file", text);
            let (file, mut found) = policy::parse(&source);
            let licenses = Licenses::read(&desk.files.config, &desk.files.host).map_err(|e| e.to_string())?;
            let of: Vec<_> =
                licenses.loaded.entitlements.iter().filter(|line| line.vendor.as_str() == vendor).collect();
            let against = Against { entitlements: &of, sources: &licenses.sources };
            found.extend(policy::lint(&file, Some(against)));
            let line = |found: &license::Diagnostic| Line {
                kind: if found.severity == Severity::Error { "error" } else { "warning" },
                text: found.render(std::slice::from_ref(&source)),
            };
            Ok(found.iter().map(line).collect())
        }))
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
        Box::pin(beside(move || try_out(&desk, &vendor, text, (&user, &host), &feature)))
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
            beside(move || save(&desk, &vendor, &version, &text)).await?;
            office::ask(&self.desk.edge, noted(&by, "save-options", &about)).await.map_err(|s| failed(&s))?;
            self.read_again(&by).await
        })
    }

    fn check_pack(&self, bytes: Vec<u8>) -> Later<'_, Result<PackCheck, HostError>> {
        let desk = Arc::clone(&self.desk);
        Box::pin(beside(move || {
            let text = String::from_utf8(bytes).map_err(|_| "it is no text (-2)".to_owned())?;
            Ok(match install::check(&desk, &text) {
                Ok(checked) => PackCheck {
                    lines: lines("warning", checked.warnings).collect(),
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

    fn audit(&self, query: Query) -> Later<'_, Result<Paged<AuditLine>, HostError>> {
        Box::pin(async move { Ok(self.recent.audit(&query)) })
    }
}

/// The file of a vendor that is in force, if there is one.
fn path_of(desk: &Desk, vendor: &Vendor) -> Result<Option<PathBuf>, String> {
    let licenses = Licenses::read(&desk.files.config, &desk.files.host).map_err(|e| e.to_string())?;
    Ok(OptionsFiles::path_of(vendor, &desk.files.config, &licenses))
}

fn fingerprint(text: &str) -> String {
    service::token_hash(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn options_of(desk: &Desk, vendor: &Vendor) -> Result<OptionsFile, String> {
    let path = path_of(desk, vendor)?;
    let text = match &path {
        Some(path) => read_text(path)?,
        None => String::new(),
    };
    let name = path.map(|path| path.file_name().unwrap_or_default().to_string_lossy().into_owned());
    Ok(OptionsFile { vendor: vendor.to_string(), name, version: fingerprint(&text), text })
}

fn read_text(path: &Path) -> Result<String, String> {
    let bytes = crate::licenses::read(path, policy::limits::FILE_BYTES_MAX, "name the vendor's options file");
    String::from_utf8(bytes.map_err(|e| e.to_string())?)
        .map_err(|_| "the options file is no text (-2)".into())
}

fn try_out(
    desk: &Desk,
    vendor: &str,
    text: String,
    (user, host): (&str, &str),
    feature: &str,
) -> Result<Tried, String> {
    let feature = Feature::new(feature).map_err(|e| e.to_string())?;
    let source = Source::new("the options file", text);
    let (file, found) = policy::parse(&source);
    if let Some(wrong) = found.iter().find(|found| found.severity == Severity::Error) {
        return Err(wrong.render(std::slice::from_ref(&source)));
    }
    let licenses = Licenses::read(&desk.files.config, &desk.files.host).map_err(|e| e.to_string())?;
    let of: Vec<_> =
        licenses.loaded.entitlements.iter().filter(|line| line.vendor.as_str() == vendor).collect();
    let mut policy = Policy::new();
    policy.add(&file, &of, &licenses.sources);
    let of: Vec<_> = of.into_iter().cloned().collect();
    let offset = office::utc_offset();
    let in_force = InForce::new(Arc::new(Licensed::new(&of)), Arc::new(policy), offset);
    let cpu: &CpuId = desk.host();
    let question = Question {
        client: license::Client {
            user,
            host,
            display: "",
            cpu,
            address: None,
            platform: "",
            is_virtual: false,
            is_remote: false,
            utc_offset_min: offset,
            server_utc_offset_min: offset,
        },
        project: "",
        feature: &feature,
        at: clock::now().wall,
    };
    let tried = in_force.try_out(&question).map_err(|e| e.to_string())?;
    Ok(match tried.answer {
        Ok(_) => Tried { is_granted: true, why: format!("{user}@{host} may use {feature}") },
        Err(denial) => Tried { is_granted: false, why: denial.to_string() },
    })
}

/// Writes an options file whole, where it is still the version that was looked at and is good.
fn save(desk: &Desk, vendor: &str, version: &str, text: &str) -> Result<(), String> {
    let vendor = Vendor::new(vendor).map_err(|e| e.to_string())?;
    let path = path_of(desk, &vendor)?.ok_or_else(|| {
        format!("{vendor} has no options file: name one in the configuration, with options = \"FILE\" (-42)")
    })?;
    if fingerprint(&read_text(&path)?) != version {
        return Err("the options file was changed meanwhile; load it again, nothing was changed (-23)".into());
    }
    let source = Source::new(path.display().to_string(), text);
    let (_, found) = policy::parse(&source);
    if let Some(wrong) = found.iter().find(|found| found.severity == Severity::Error) {
        return Err(wrong.render(std::slice::from_ref(&source)));
    }
    install::replace(&path, text.as_bytes())
}
