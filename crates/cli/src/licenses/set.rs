//! A set of license files: named, read, verified and resolved.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use license::{Loaded, Severity, Source, Trust};
use names::{Code, CpuId};

use crate::args::LoadArgs;
use crate::fail::Failure;
use crate::keys::{Given, given};
use crate::{files, out};

/// Files in one set.
const FILES_MAX: usize = 1_000;
/// Bytes of all files of a set together.
const BYTES_MAX: usize = 256 * 1024 * 1024;

/// License files, loaded together.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) sources: Vec<Source>,
    pub(crate) loaded: Loaded,
}

impl Set {
    /// Reads and verifies what is named.
    pub(crate) fn load(names: &[PathBuf], args: &LoadArgs) -> Result<Self, Failure> {
        Checked::new(args)?.load(names)
    }

    /// What a command ends with: it follows the first error's code.
    pub(crate) fn status(&self) -> u8 {
        let first = self.loaded.diagnostics.iter().find(|found| found.severity == Severity::Error);
        first.map_or(0, |found| found.code.map_or(1, Code::exit_status))
    }
}

/// Keys and host ids, read: for several sets.
pub(crate) struct Checked {
    host: Option<Vec<CpuId>>,
    trust: Trust,
    strict: bool,
}

impl Checked {
    pub(crate) fn new(args: &LoadArgs) -> Result<Self, Failure> {
        let host = host(&args.host_id)?;
        let trust = trust(given(&args.key, &args.vendor_key, &args.revoked_key)?);
        Ok(Self { host, trust, strict: args.strict })
    }

    pub(crate) fn load(&self, names: &[PathBuf]) -> Result<Set, Failure> {
        let sources = read(names)?;
        let loaded = license::load(&sources, &self.trust, self.host.as_deref(), self.strict);
        Ok(Set { sources, loaded })
    }
}

fn host(ids: &[String]) -> Result<Option<Vec<CpuId>>, Failure> {
    let ids = ids.iter().map(|text| {
        CpuId::new(text).map_err(|invalid| {
            let message = format!("--host-id {:?}: {invalid}", client::shown(text, 80));
            Failure::new(Code::BadParameter, message, "copy the id as `lmhostid -n` prints it")
        })
    });
    let ids: Vec<CpuId> = ids.collect::<Result<_, _>>()?;
    Ok((!ids.is_empty()).then_some(ids))
}

/// A key without a vendor is tried for every vendor that the files name.
pub(crate) fn trust(given: Given) -> Trust {
    Trust::new(given.pinned).with_any_vendor(given.anyones).with_revoked(given.revoked)
}

/// Reads files, the `*.lic` files of folders, and lists of both. A file counts once.
pub(crate) fn read(names: &[PathBuf]) -> Result<Vec<Source>, Failure> {
    let mut paths = Vec::new();
    for name in names {
        paths.extend(expand(name)?);
    }
    if paths.len() > FILES_MAX {
        let message = format!("these are {} files, and the most are {FILES_MAX}", paths.len());
        return Err(Failure::new(Code::BadParameter, message, "name fewer of them"));
    }
    let mut seen = BTreeSet::new();
    let mut sources: Vec<Source> = Vec::new();
    let mut room = BYTES_MAX;
    for path in paths {
        let own = std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        if !seen.insert(own) {
            continue;
        }
        let bytes = files::read(&path, "a license file, a folder of *.lic files, or a list of them")?;
        let Some(left) = room.checked_sub(bytes.len()) else {
            let message = format!("these files together have more than {} MiB", BYTES_MAX >> 20);
            return Err(Failure::new(Code::BadParameter, message, "name fewer of them"));
        };
        room = left;
        sources.push(Source::new(path.display().to_string(), bytes));
    }
    Ok(sources)
}

/// The files that one word names. A word that is there as it stands is no list.
fn expand(name: &Path) -> Result<Vec<PathBuf>, Failure> {
    if name == Path::new("-") || name.exists() {
        return one(name);
    }
    let Some(list) = name.to_str().filter(|text| text.contains([':', ';', '@'])) else { return one(name) };
    let mut paths = Vec::new();
    let mut servers = Vec::new();
    for entry in list.split([':', ';']).map(str::trim).filter(|entry| !entry.is_empty()) {
        if entry.contains('@') && !Path::new(entry).exists() {
            servers.push(client::shown(entry, 80));
        } else {
            paths.extend(one(Path::new(entry))?);
        }
    }
    if paths.is_empty() {
        let message = format!("{}: no license file is named here", client::shown(list, 200));
        let remedy =
            "name a license file or a folder of *.lic files; ask a server with `seatkeeper lmstat -c`";
        return Err(Failure::new(Code::BadParameter, message, remedy));
    }
    if !servers.is_empty() {
        out::say(&format!(
            "{} is left out: it is a server, and only files are read here",
            servers.join(", ")
        ));
    }
    Ok(paths)
}

fn one(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let shown = client::shown(&path.display().to_string(), 500);
    let entries = std::fs::read_dir(path).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
    let entries = entries.map_err(|error| {
        let message = format!("{shown}: cannot read it: {error}");
        Failure::new(Code::CannotReadFile, message, "ask for the right to read the folder")
    })?;
    let mut inside: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    inside.retain(|path| {
        path.extension().and_then(OsStr::to_str).is_some_and(|ext| ext.eq_ignore_ascii_case("lic"))
    });
    inside.sort();
    if inside.is_empty() {
        let message = format!("{shown}: the folder has no *.lic file");
        return Err(Failure::new(
            Code::NoLicenseFile,
            message,
            "name a folder with license files, or a file",
        ));
    }
    Ok(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_folders_and_lists_are_read_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir(at("many")).unwrap();
        std::fs::create_dir(at("none")).unwrap();
        for name in ["b.lic", "many/2.LIC", "many/1.lic", "many/3.txt", "with:colon.lic"] {
            std::fs::write(at(name), "# nothing\n").unwrap();
        }
        let (b, many) = (at("b.lic"), at("many"));
        let inside = [at("many/1.lic"), at("many/2.LIC")];
        for (names, expected) in [
            (vec![b.clone()], vec![b.clone()]),
            (vec![many.clone(), b.clone()], [&inside[..], std::slice::from_ref(&b)].concat()),
            (vec![format!("{b}:{many};{b}:")], [std::slice::from_ref(&b), &inside[..]].concat()),
            (vec![b.clone(), b.clone(), at("many/../b.lic")], vec![b.clone()]),
            (vec![at("with:colon.lic")], vec![at("with:colon.lic")]),
            (vec![format!("27000@lic1:{b}")], vec![b.clone()]),
        ] {
            let paths: Vec<PathBuf> = names.iter().map(PathBuf::from).collect();
            let found: Vec<String> = read(&paths).unwrap().into_iter().map(|source| source.name).collect();
            assert_eq!(found, expected, "{names:?}");
        }
        for (name, code) in [
            (at("none"), "(-1)"),
            (at("gone.lic"), "(-30)"),
            (format!("{b}:{}", at("gone.lic")), "(-30)"),
            ("27000@lic1".to_owned(), "(-42)"),
            ("@lic1:27000@lic2".to_owned(), "(-42)"),
        ] {
            let error = read(&[PathBuf::from(&name)]).unwrap_err().text();
            assert!(error.contains(code) && error.contains("help: "), "{name}: {error}");
        }
    }
}
