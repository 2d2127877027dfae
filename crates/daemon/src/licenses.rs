//! Reading license files: what they give, and what is wrong with them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use license::{Loaded, PackState, Severity, Source};
use names::{CpuId, limits};

use crate::config::Config;
use crate::desk::Retired;

/// The licenses of a host, read and verified.
#[derive(Debug)]
pub struct Licenses {
    /// The files, in their order.
    pub sources: Vec<Source>,
    /// What they give.
    pub loaded: Loaded,
}

/// Why there is nothing to serve.
#[derive(Debug, thiserror::Error)]
pub enum LicensesError {
    /// A file cannot be read.
    #[error("{path}: cannot be read: {why} (-30)\n  help: {remedy}")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        why: String,
        /// What to do.
        remedy: &'static str,
    },
    /// No pack of them may be served.
    #[error("no license can be served (-1); what was found:\n{found}")]
    Nothing {
        /// Each file's diagnostics, as they are shown.
        found: String,
    },
}

impl Licenses {
    /// Reads the files of a configuration for the machine `host`.
    ///
    /// # Errors
    /// When a file cannot be read, or none of them gives a seat here.
    pub fn read(config: &Config, host: &[CpuId]) -> Result<Self, LicensesError> {
        Self::read_with(config, host, None)
    }

    /// The same with a pack that is not in the folder yet.
    pub(crate) fn read_with(
        config: &Config,
        host: &[CpuId],
        more: Option<Source>,
    ) -> Result<Self, LicensesError> {
        let mut sources = Vec::new();
        // With a desk, packs come while the daemon runs.
        let is_desk = config.desk.is_some();
        for path in files(&config.licenses, is_desk)? {
            let bytes =
                read(&path, limits::PACK_BYTES_MAX, "name a license file, or a folder of *.lic files")?;
            sources.push(Source { name: path.display().to_string(), bytes });
        }
        sources.extend(more);
        let loaded = license::load(&sources, &config.trust, Some(host), config.strict);
        let licenses = Self { sources, loaded };
        if licenses.loaded.entitlements.is_empty() && !is_desk {
            return Err(LicensesError::Nothing { found: licenses.shown() });
        }
        Ok(licenses)
    }

    /// The same without what this host gave up for good; and in words what that is.
    pub(crate) fn without(mut self, retired: &Retired, host: &[CpuId]) -> (Self, Vec<String>) {
        let all = std::mem::take(&mut self.loaded.entitlements);
        let (served, left_out) = ::desk::leave_out_retired(all, host, retired);
        self.loaded.entitlements = served;
        let words = left_out.iter().map(|left| {
            let place = left.entitlement.place;
            let file = self.sources.get(place.file).map_or("", |source| source.name.as_str());
            let code = left.code.number();
            format!("{file}:{}: warning: {} ({code})\n  help: {}", place.line, left.why, left.remedy)
        });
        let words = words.collect();
        (self, words)
    }

    /// The ids of the keys that signed what is served.
    pub(crate) fn keys(&self) -> BTreeSet<String> {
        let lines = self.loaded.entitlements.iter().filter_map(|line| line.line.as_ref());
        lines.map(|line| line.key_id.to_string()).collect()
    }

    /// The first line that is served and that none of these keys has signed, as `FILE:LINE`, and its key.
    pub(crate) fn of_another_key(&self, keys: &BTreeSet<String>) -> Option<(String, String)> {
        self.loaded.entitlements.iter().find_map(|entitlement| {
            let key = entitlement.line.as_ref()?.key_id.to_string();
            let file = &self.sources.get(entitlement.place.file)?.name;
            (!keys.contains(&key)).then(|| (format!("{file}:{}", entitlement.place.line), key))
        })
    }

    /// What is wrong with the files, as it is shown.
    #[must_use]
    pub fn shown(&self) -> String {
        if self.loaded.diagnostics.is_empty() {
            return "  the files have no signed license line; ask the vendor for a signed pack".into();
        }
        let shown: Vec<_> = self.loaded.diagnostics.iter().map(|d| d.render(&self.sources)).collect();
        shown.join("\n")
    }

    /// Says in the log what is wrong and what is served.
    pub(crate) fn log(&self) {
        for diagnostic in &self.loaded.diagnostics {
            let text = diagnostic.render(&self.sources);
            match diagnostic.severity {
                Severity::Error => tracing::error!("license: {text}"),
                Severity::Warning => tracing::warn!("license: {text}"),
            }
        }
        for pack in self.loaded.packs.iter().filter(|pack| pack.state == PackState::Served) {
            tracing::info!(pack = %pack.number, vendor = %pack.vendor, "license pack is served");
        }
    }
}

/// Files as they are named, and the `*.lic` of folders, in the order of their names.
fn files(paths: &[PathBuf], may_be_empty: bool) -> Result<Vec<PathBuf>, LicensesError> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).map_err(|e| unreadable(path, &e))?;
        let mut inside: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        inside.retain(|path| path.extension().is_some_and(|ext| ext == "lic"));
        inside.sort();
        if inside.is_empty() && !may_be_empty {
            let why = "the folder has no *.lic file".into();
            let remedy = "put the vendor's signed pack into it";
            return Err(LicensesError::Unreadable { path: path.display().to_string(), why, remedy });
        }
        files.extend(inside);
    }
    Ok(files)
}

pub(crate) fn unreadable(path: &Path, e: &std::io::Error) -> LicensesError {
    let remedy = "check the path, and that the daemon's user may read it";
    LicensesError::Unreadable { path: path.display().to_string(), why: e.to_string(), remedy }
}

/// Reads a regular file of bounded size. A link is followed; what it leads to is checked.
pub(crate) fn read(path: &Path, most: usize, named: &'static str) -> Result<Vec<u8>, LicensesError> {
    let found = std::fs::metadata(path).map_err(|e| unreadable(path, &e))?;
    let refuse = |why: &str, remedy| {
        Err(LicensesError::Unreadable { path: path.display().to_string(), why: why.into(), remedy })
    };
    if !found.is_file() {
        return refuse("it is no regular file", named);
    }
    if found.len() > most as u64 {
        return refuse(&format!("it has more than {} MiB", most >> 20), "split it");
    }
    let mode = std::os::unix::fs::MetadataExt::mode(&found);
    if mode & 0o002 != 0 {
        return refuse("everybody may write to it", "take that away: chmod o-w");
    }
    std::fs::read(path).map_err(|e| unreadable(path, &e))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn lf_33_lf_34_only_regular_files_that_not_everybody_may_write_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.lic");
        std::fs::write(&path, "SERVER").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let read = |path: &Path| read(path, 6, "name another");
        let link = folder.path().join("link.lic");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert_eq!(read(&link).unwrap(), b"SERVER");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o646)).unwrap();
        assert!(read(&link).unwrap_err().to_string().contains("everybody may write"));
        let looped = folder.path().join("loop.lic");
        std::os::unix::fs::symlink(&looped, &looped).unwrap();
        std::fs::write(folder.path().join("long"), "SERVERS").unwrap();
        assert!(read(&folder.path().join("long")).unwrap_err().to_string().contains("split it"));
        for bad in [Path::new("/dev/zero"), Path::new("/dev/random"), folder.path(), looped.as_path()] {
            assert!(read(bad).is_err(), "{}", bad.display());
        }
        assert_eq!(files(&[folder.path().into()], false).unwrap().len(), 3);
    }
}
