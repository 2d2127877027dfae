//! `seatkeeperd init`: makes a state folder on purpose, with the license host's key.

use std::path::Path;

use license::{PublicKey, SecretKey};
use names::CpuId;
use store::{InitKind, InitOptions, JournalOptions, StoreId};

use crate::edge::random;
use crate::licenses::Licenses;
use crate::{clock, hostid};

/// The file with the host's key, in the state folder.
const HOST_KEY: &str = "host.key";

/// What was made.
#[derive(Debug)]
pub struct Made {
    /// The store's own account of it.
    pub report: String,
    /// The license host's public key: the vendor binds packs to it with `HOST_KEY=`.
    pub host_key: PublicKey,
    /// What this machine is.
    pub host_ids: Vec<CpuId>,
}

/// Makes a state folder with the host's key. After a loss the key is kept if it is still there.
///
/// # Errors
/// What is wrong, with its remedy.
pub fn init(folder: &Path, after_loss: bool, host_ids: &[CpuId]) -> Result<Made, String> {
    let host_ids = if host_ids.is_empty() { hostid::host_ids() } else { host_ids.to_vec() };
    let host = host_ids
        .first()
        .cloned()
        .ok_or("this machine has no network interface; name it with --host-id ID")?;
    let options = InitOptions {
        store: StoreId(random().map_err(|e| e.to_string())?),
        created: clock::now().wall,
        host,
        kind: if after_loss { InitKind::AfterLoss } else { InitKind::New },
        journal: JournalOptions::default(),
    };
    let report = store::init(folder, &options).map_err(|e| whole(&e))?;
    let path = folder.join(HOST_KEY);
    let host_key = if path.exists() {
        read_host_key(folder)?
    } else {
        let key = SecretKey::for_host(random().map_err(|e| e.to_string())?);
        store::write_secret(&path, key.to_text().as_bytes())
            .map_err(|e| format!("{}: {e}", path.display()))?;
        key
    };
    Ok(Made { report: report.to_string(), host_key: host_key.public(), host_ids })
}

/// An error with what is behind it, which it does not say itself.
pub(crate) fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut behind = error.source();
    while let Some(source) = behind {
        text.push_str(&format!(": {source}"));
        behind = source.source();
    }
    text
}

/// Reads the host's key.
pub(crate) fn read_host_key(folder: &Path) -> Result<SecretKey, String> {
    use std::os::unix::fs::MetadataExt as _;
    let path = folder.join(HOST_KEY);
    let shown = path.display();
    let found = std::fs::symlink_metadata(&path).map_err(|e| {
        format!(
            "{shown}: {e}\n  help: make the state folder first: seatkeeperd init --state-folder {}",
            folder.display()
        )
    })?;
    if !found.is_file() || found.mode() & 0o077 != 0 {
        return Err(format!("{shown}: others may read the host's key\n  help: chmod 600 {shown}"));
    }
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{shown}: {e}"))?;
    SecretKey::from_text(&text).map_err(|e| format!("{shown}: {e}\n  help: restore the file from a backup"))
}

/// Says when a pack is bound to another host's key: clients will refuse its seats.
///
/// # Errors
/// When every pack is.
pub(crate) fn check_host_key(licenses: &Licenses, key: &SecretKey) -> Result<(), String> {
    let own = key.public();
    let lines = &licenses.loaded.entitlements;
    let others: Vec<_> =
        lines.iter().filter(|line| line.host_key.as_ref().is_some_and(|bound| *bound != own)).collect();
    for line in &others {
        tracing::error!(
            feature = %line.feature, pack = line.pack_name(),
            "this license is bound to another host's key: clients will refuse it (-8); \
             ask the vendor to sign it for the key that `seatkeeperd init` printed"
        );
    }
    if others.is_empty() || others.len() < lines.len() {
        return Ok(());
    }
    Err(format!(
        "every license is bound to another host's key: clients would refuse them (-8)\n  \
         help: put back the host.key that they were signed for, or ask the vendor to sign them for {own}"
    ))
}
