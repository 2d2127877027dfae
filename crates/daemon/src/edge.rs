//! The edge: what connections share, all of it read without waiting.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arc_swap::ArcSwap;
use crossbeam_queue::SegQueue;
use license::{Lease, LeaseTerms, SecretKey, SignedLine};
use names::{CpuId, Date, PoolId, SessionId};
use policy::Policy;
use proto::v1;
use seats::{GrantRow, Keeping};
use service::{Ask, InForce, Licensed, Live, Settings};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::counted::Counted;
use crate::desk::Retired;
use crate::outbox::{Outbox, Tag};
use crate::ring::Ring;
use crate::served::Served;
use crate::view::Viewer;

/// What is submitted to the owner.
#[derive(Debug)]
pub(crate) enum Submission {
    /// Commands of one connection, answered into its outbox.
    Asks { outbox: Arc<Outbox>, asks: Vec<(Tag, Ask)> },
    /// Stop as asked, after what was submitted before.
    Stop,
}

/// What the connections share.
#[derive(Debug)]
pub(crate) struct Edge {
    /// To the owner.
    pub(crate) ring: Ring<Submission>,
    /// Every session with its word, for calls that show a token. Reads take no lock.
    pub(crate) directory: papaya::HashMap<SessionId, Live>,
    /// What is on the disk.
    pub(crate) viewer: Viewer,
    /// What is licensed.
    pub(crate) licensed: ArcSwap<Licensed>,
    /// The license files that are served.
    pub(crate) served: ArcSwap<Served>,
    /// Licenses that this host gave up for good: they are not served, whatever its packs say.
    pub(crate) retired: ArcSwap<Retired>,
    /// The license desk is told that files were read again.
    pub(crate) reread: Notify,
    /// Somebody reads the files again: nobody else does meanwhile.
    pub(crate) is_rereading: AtomicBool,
    /// What the options files say.
    pub(crate) policy: ArcSwap<Policy>,
    /// What was in force before a reread: whoever asked for it frees it, not the owner.
    pub(crate) replaced: SegQueue<InForce>,
    /// Whether the files are read again when the day changes.
    pub(crate) is_reread_daily: AtomicBool,
    /// The license host's key, which proves the host to clients.
    pub(crate) host_key: SecretKey,
    /// How long sessions live.
    pub(crate) settings: Settings,
    /// What is counted, for the metrics.
    pub(crate) counted: Counted,
    /// What the daemon is, to be shown.
    pub(crate) about: About,
    /// An administrator stops the daemon.
    pub(crate) stop_asked: CancellationToken,
    /// Clients are asked to leave.
    pub(crate) draining: CancellationToken,
    /// Streams end.
    pub(crate) closing: CancellationToken,
}

/// What the daemon is, to be shown.
#[derive(Debug)]
pub(crate) struct About {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) cpu: CpuId,
    pub(crate) license_files: Vec<String>,
    pub(crate) vendors: Vec<String>,
}

/// The version that is shown.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Edge {
    /// Submits commands. When the ring is full they come back: the daemon is overloaded.
    pub(crate) fn submit(&self, outbox: &Arc<Outbox>, asks: Vec<(Tag, Ask)>) -> Result<(), Vec<(Tag, Ask)>> {
        let submission = Submission::Asks { outbox: Arc::clone(outbox), asks };
        self.ring.submit(submission).map_err(|back| {
            self.counted.turned_away.one();
            match back {
                Submission::Asks { asks, .. } => asks,
                Submission::Stop => Vec::new(),
            }
        })
    }

    /// The signed line that proves a pool today.
    pub(crate) fn evidence(&self, pool: &PoolId) -> Option<v1::SignedLine> {
        let licensed = self.licensed.load();
        licensed.evidence(pool, Date::of(clock::now().wall)).map(signed_line)
    }

    /// The signed PACKAGE line behind a pool of a component.
    pub(crate) fn package_evidence(&self, pool: &PoolId) -> Option<v1::SignedLine> {
        let licensed = self.licensed.load();
        licensed.package_evidence(pool, Date::of(clock::now().wall)).map(signed_line)
    }

    /// The lease of a borrowed grant, signed with the license host's key.
    pub(crate) fn lease(&self, row: &GrantRow) -> Option<v1::Lease> {
        let kept = row.kept()?;
        let Keeping::Borrowed(proof) = kept.how else { return None };
        let terms = LeaseTerms {
            pool: row.pool.clone(),
            version: row.version,
            seats: row.seats,
            user: kept.who.user.clone(),
            host: kept.who.host.clone(),
            client: kept.who.cpu.clone(),
            grant: row.id,
            issued: kept.from,
            until: kept.until,
            proof,
        };
        let signed = Lease::issue(&self.host_key, &terms);
        Some(v1::Lease { canonical: signed.canonical, signature: signed.signature.to_vec().into() })
    }
}

fn signed_line(line: &SignedLine) -> v1::SignedLine {
    v1::SignedLine {
        canonical: line.canonical.clone(),
        key_id: line.key_id.to_string(),
        signature: line.signature.to_vec().into(),
    }
}

/// Random bytes from the system.
pub(crate) fn random<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| std::io::Error::other(format!("no random bytes: {e}")))?;
    Ok(bytes)
}
