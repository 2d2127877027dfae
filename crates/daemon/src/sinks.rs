//! What the daemon makes of what happens: which sinks there are, and where each writes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use history::usage::UsageSink;
use history::{
    AuditChain, AuditSetup, DebugLog, LineKind, LineKinds, LogSetup, LogTo, OwnLog, Sink, VendorLog,
    VendorLogs,
};
use names::Vendor;
use policy::{DebugLog as OwnDebugLog, Event, Policy};

use crate::config::Config;
use crate::edge::Edge;

/// What the sinks are opened with.
#[derive(Debug, Clone)]
pub(crate) struct Sinks {
    /// The daemon's state folder.
    pub(crate) state_folder: PathBuf,
    /// What is configured.
    pub(crate) config: Arc<Config>,
    /// What the daemon is, and what is in force.
    pub(crate) edge: Arc<Edge>,
}

impl Sinks {
    /// Opens each from where it stands, or says why it cannot be opened.
    pub(crate) fn open(&self) -> Vec<Result<Box<dyn Sink>, String>> {
        let audit = self.audit().map(|sink| Box::new(sink) as Box<dyn Sink>);
        let debug_log = self.debug_log().map(|sink| Box::new(sink) as Box<dyn Sink>);
        let usage = UsageSink::open(&self.config.history)
            .map(|sink| Box::new(sink) as Box<dyn Sink>)
            .map_err(|error| format!("usage history: {error}"));
        // The first that is asked what is written down of grants that have ended.
        vec![usage, audit, debug_log]
    }

    fn audit(&self) -> Result<AuditChain, String> {
        let folder = self.state_folder.join("audit");
        let (key, keep_years) = (self.edge.host_key.clone(), self.config.audit_years);
        let shown = folder.display().to_string();
        AuditChain::open(AuditSetup { folder, key, keep_years })
            .map_err(|error| format!("audit chain: {shown}: {error}"))
    }

    fn debug_log(&self) -> Result<DebugLog, String> {
        let (about, config) = (&self.edge.about, &self.config.debug_log);
        let setup = LogSetup {
            to: config.to.clone(),
            format: config.format,
            is_verbose: config.is_verbose,
            rollover: config.rollover,
            keep: config.keep,
            zone: config.zone.clone(),
            state_folder: self.state_folder.clone(),
            host: about.host.clone(),
            port: about.port,
            license_files: about.license_files.clone(),
            vendors: about.vendors.iter().filter_map(|vendor| Vendor::new(vendor).ok()).collect(),
        };
        // A vendor's relative path is meant from the folder of the log of all.
        let base = match &config.to {
            Some(LogTo::File(path)) => path.parent().map(Path::to_owned),
            _ => None,
        };
        let rules = InForce { edge: Arc::clone(&self.edge), last: None, base };
        DebugLog::open(setup, Box::new(rules)).map_err(|error| {
            format!("debug log: {error}; name a file that the daemon may write to with file = \"PATH\" in [debug_log]")
        })
    }
}

/// NOLOG and DEBUGLOG of the options files in force.
struct InForce {
    edge: Arc<Edge>,
    last: Option<Arc<Policy>>,
    base: Option<PathBuf>,
}

impl VendorLogs for InForce {
    fn changed(&mut self) -> Option<Vec<VendorLog>> {
        let policy = self.edge.policy.load_full();
        if self.last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &policy)) {
            return None;
        }
        let said = policy.vendors().iter().map(|of| VendorLog {
            vendor: of.vendor.clone(),
            dropped: of.no_log.iter().fold(LineKinds::none(), |kinds, event| kinds.and(kind(*event))),
            own: of.debug_log.as_ref().and_then(|own| self.own(&of.vendor, own)),
        });
        let said = said.collect();
        self.last = Some(policy);
        Some(said)
    }
}

impl InForce {
    fn own(&self, vendor: &Vendor, own: &OwnDebugLog) -> Option<OwnLog> {
        let written = Path::new(&own.path);
        let path = match &self.base {
            _ if written.is_absolute() => written.to_owned(),
            Some(base) => base.join(written),
            None => {
                tracing::error!(
                    %vendor, path = %own.path,
                    "DEBUGLOG has no path from the root, and no [debug_log] file says from where it is meant; it is \
                     not written"
                );
                return None;
            }
        };
        let rollover = own.rollover_mib.filter(|mib| *mib > 0).map(|mib| u64::from(mib) << 20);
        Some(OwnLog { path, is_kept: own.append, rollover })
    }
}

fn kind(event: Event) -> LineKind {
    match event {
        Event::In => LineKind::In,
        Event::Out => LineKind::Out,
        Event::Denied => LineKind::Denied,
        Event::Queued => LineKind::Queued,
        Event::Unsupported => LineKind::Unsupported,
        Event::Upgrade => LineKind::Upgrade,
        Event::Dequeued => LineKind::Dequeued,
    }
}
