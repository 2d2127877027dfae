//! Packs: verified for this host, and written to the folder of licenses, never over another file.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use ::desk::{Install, Owned, PackStanding, Refusal};
use license::{PackState, Severity, Source};
use names::PackNumber;

use super::{Desk, facts};
use crate::config::Config;
use crate::licenses::Licenses;

/// A pack that may be installed here.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) pack: PackNumber,
    pub(crate) owned: Vec<Owned>,
    /// What is doubtful about it.
    pub(crate) warnings: Vec<String>,
}

/// The ids of the keys whose packs this daemon serves, and no other daemon on this machine. With a desk,
/// packs come while it runs: all keys that are trusted are among them.
pub(crate) fn trusted_keys(config: &Config, licenses: &Licenses) -> BTreeSet<String> {
    let mut keys = licenses.keys();
    if config.desk.is_some() {
        keys.extend(config.trust.keys().iter().map(|trusted| trusted.key.id().to_string()));
    }
    keys
}

/// Verifies a pack for this host.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check(desk: &Desk, text: &str) -> Result<Checked, Refusal> {
    let bad = |why: String| Refusal::invalid("pack", why);
    if text.len() > ::desk::limits::FILE_BYTES_MAX {
        return Err(bad(format!("it has more than {} bytes", ::desk::limits::FILE_BYTES_MAX)));
    }
    let config = &desk.files.config;
    let sources = [Source::new("the pack", text.as_bytes())];
    let loaded = license::load(&sources, &config.trust, Some(&desk.files.host), config.strict);
    let rendered = |severity: Severity| {
        let found = loaded.diagnostics.iter().filter(move |found| found.severity == severity);
        found.map(|found| found.render(&sources)).collect::<Vec<_>>()
    };
    let errors = rendered(Severity::Error);
    let [pack] = loaded.packs.as_slice() else {
        let what =
            if loaded.packs.is_empty() { "there is no signed pack in it" } else { "it is several packs" };
        return Err(bad(format!("{what}{}", first(&errors))));
    };
    if pack.state == PackState::Foreign {
        let hosts: Vec<_> = pack.host_ids.iter().map(ToString::to_string).collect();
        return Err(bad(format!(
            "it is for the host {}, and this is {} (-9)",
            hosts.join(", "),
            desk.host()
        )));
    }
    if pack.state != PackState::Served || loaded.entitlements.is_empty() || !errors.is_empty() {
        return Err(bad(format!("it cannot be served here (-8){}", first(&errors))));
    }
    let own = desk.edge.host_key.public();
    if let Some(line) =
        loaded.entitlements.iter().find(|line| line.host_key.as_ref().is_some_and(|key| *key != own))
    {
        let feature = &line.feature;
        return Err(bad(format!(
            "its line of {feature} is bound to another host's key (-8); this one's is {own}"
        )));
    }
    let owned = facts::owned(&loaded.entitlements).to_vec();
    Ok(Checked { pack: pack.number.clone(), owned, warnings: rendered(Severity::Warning) })
}

/// The first of what is wrong, and how many more there are.
fn first(errors: &[String]) -> String {
    match errors {
        [] => String::new(),
        [one] => format!("; {one}"),
        [one, more @ ..] => format!("; {one}; and {} more", more.len()),
    }
}

/// The folder that packs are written to: the first that the configuration names.
fn folder(config: &Config) -> Option<&Path> {
    config.licenses.iter().map(PathBuf::as_path).find(|path| path.is_dir())
}

/// Writes packs; gives what could not be written, in words.
pub(super) fn write_all(config: &Config, packs: &[Install]) -> Vec<String> {
    let Some(folder) = folder(config) else {
        let why = "no folder of licenses is configured, so nothing is installed: name one in `licenses`";
        return packs.iter().map(|install| format!("pack {}: {why}", install.pack)).collect();
    };
    let written = packs.iter().map(|install| {
        let path = path(folder, install);
        write(&path, install.text.as_bytes())
            .map_err(|why| format!("pack {}: {}: {why}", install.pack, path.display()))
    });
    written.filter_map(Result::err).collect()
}

/// Where a pack is written to: `P-1001.lic`, or `acmed-P-1001.lic` where another vendor's pack of that number has
/// that name.
fn path(folder: &Path, install: &Install) -> PathBuf {
    let plain = folder.join(format!("{}.lic", install.pack));
    let there = fs::read_to_string(&plain).unwrap_or_default();
    let mut seals = there.lines().filter_map(|line| line.strip_prefix("SEAL ")).peekable();
    let own = format!("{} ", install.vendor);
    if seals.peek().is_some() && !seals.any(|seal| seal.starts_with(&own)) {
        return folder.join(format!("{}-{}.lic", install.vendor, install.pack));
    }
    plain
}

/// Writes a file whole or not at all, and never over another. One that is there already with the same
/// text is left.
fn write(path: &Path, text: &[u8]) -> Result<(), String> {
    match fs::read(path) {
        Ok(there) if there == text => return Ok(()),
        Ok(_) => return Err("another file is there; move it away and install the pack again".into()),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.to_string()),
    }
    let unfinished = path.with_extension("lic.new");
    whole(&unfinished, path, text).map_err(|error| {
        let _ = fs::remove_file(&unfinished);
        format!("it is not written: {error}; see that the daemon's user may write to the folder")
    })
}

/// Replaces a file that is there, whole or not at all; who may use it stays so.
pub(super) fn replace(path: &Path, text: &[u8]) -> Result<(), String> {
    let unfinished = path.with_extension("new");
    let done = || -> std::io::Result<()> {
        let _ = fs::remove_file(&unfinished);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
        file.set_permissions(fs::metadata(path)?.permissions())?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    done().map_err(|error| {
        let _ = fs::remove_file(&unfinished);
        format!(
            "{}: it is not written: {error}; see that the daemon's user may write to the folder",
            path.display()
        )
    })
}

fn whole(unfinished: &Path, path: &Path, text: &[u8]) -> std::io::Result<()> {
    let _ = fs::remove_file(unfinished);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(unfinished)?;
    file.write_all(text)?;
    file.sync_all()?;
    // A link is refused where something is there by now; a rename would replace it.
    fs::hard_link(unfinished, path)?;
    fs::remove_file(unfinished)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// The packs of this host that are in force at the desk and whose text is not served: a crash came between.
pub(super) fn missing(desk: &Desk) -> Vec<Install> {
    if !desk.role().is_site() {
        return Vec::new();
    }
    let (rules, served) = (desk.rules(), desk.edge.served.load_full());
    let is_missing = |pack: &&::desk::PackRow| {
        pack.standing == PackStanding::Current
            && desk.files.host.contains(&pack.host)
            && !served.has(pack.text.as_bytes())
    };
    let rows = rules.packs().filter(is_missing);
    let install = |row: &::desk::PackRow| Install {
        vendor: row.vendor.clone(),
        pack: row.number.clone(),
        text: row.text.clone(),
    };
    rows.map(install).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_of_two_vendors_with_one_number_have_a_file_each() {
        let folder = tempfile::tempdir().unwrap();
        let of = |vendor: &str| Install {
            vendor: names::Vendor::new(vendor).unwrap(),
            pack: PackNumber::new("P-1").unwrap(),
            text: format!("VENDOR {vendor}\nSEAL {vendor} P-1 1\n"),
        };
        for (vendor, name) in [("acmed", "P-1.lic"), ("other", "other-P-1.lic"), ("acmed", "P-1.lic")] {
            let install = of(vendor);
            let path = path(folder.path(), &install);
            assert_eq!(path, folder.path().join(name));
            assert_eq!(write(&path, install.text.as_bytes()), Ok(()));
        }
        // A file of the vendor's own that is not the pack is in the way.
        fs::write(folder.path().join("P-1.lic"), "SEAL acmed P-1 2\n").unwrap();
        assert!(write(&path(folder.path(), &of("acmed")), b"x").is_err());
    }

    #[test]
    fn a_pack_is_written_whole_and_never_over_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("P-1.lic");
        fs::write(folder.path().join("P-1.lic.new"), "half").unwrap();
        write(&path, b"one").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(write(&path, b"one"), Ok(()));
        assert!(write(&path, b"two").unwrap_err().contains("another file is there"));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing unfinished is left");
        let nowhere = folder.path().join("none").join("P-1.lic");
        assert!(write(&nowhere, b"one").unwrap_err().contains("not written"));
    }
}
