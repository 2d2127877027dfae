//! Receipts of licenses that this host gave up, beside the packs: so an older backup of the state folder
//! does not bring them back, as the journal's rows keep an older folder of licenses from doing. Both are
//! united at each reading, and what one of them lacks is made again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use ::desk::Retired;
use license::limits::REQUEST_BYTES_MAX;
use license::{PublicKey, SignedRequest};
use names::{CpuId, Vendor};

use crate::licenses;

/// How a receipt's file is called: `surrendered-acmed-11470.receipt`.
const BEGINS: &str = "surrendered-";
const EXTENSION: &str = "receipt";
/// Receipts that are read; a host gives up a few licenses in its life.
const RECEIPTS_MAX: usize = 10_000;

/// What a host gave up: whose license, which id, which host.
pub(crate) type Given = (Vendor, u64, CpuId);

/// The receipts that stand beside the packs.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// What they say, with the text that says it.
    given: BTreeMap<Given, String>,
    /// The files that are right, by name.
    files: BTreeSet<String>,
    /// What is wrong with others, and what to do about it.
    findings: Vec<String>,
}

/// What is known of surrendered licenses from both sources.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct United {
    /// What is not to be served.
    pub(crate) given: BTreeSet<Given>,
    /// Receipts that no row tells of: the desk is to be told.
    pub(crate) unknown: Vec<String>,
    /// Receipts that have no file: by the file's name.
    pub(crate) missing: BTreeMap<String, String>,
    /// What is wrong with files, and what to do about it.
    pub(crate) findings: Vec<String>,
}

/// Reads the receipts beside the packs of a configuration. Those of other hosts are passed over: a folder
/// may have been copied. A receipt that this host's key did not sign takes nothing away, and is named.
pub(crate) fn read(licenses: &[PathBuf], host: &[CpuId], key: &PublicKey) -> Found {
    let mut found = Found::default();
    for path in paths(licenses, &mut found.findings) {
        let text = licenses::read(&path, REQUEST_BYTES_MAX, "restore the receipt").map_err(|e| e.to_string());
        let taken = text.and_then(|bytes| found.take(&path, &bytes, host, key));
        if let Err(why) = taken {
            found.findings.push(why);
        }
    }
    found
}

/// The folders that packs are read from.
fn folders(licenses: &[PathBuf]) -> Vec<&Path> {
    let mut folders = Vec::new();
    for path in licenses {
        let folder = if path.is_dir() { Some(path.as_path()) } else { path.parent() };
        let folder = folder.map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
        folders.extend(folder.filter(|folder| !folders.contains(folder)));
    }
    folders
}

fn paths(licenses: &[PathBuf], findings: &mut Vec<String>) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for folder in folders(licenses) {
        // What cannot be read is told of its packs.
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        paths.extend(entries.map(|entry| entry.path()).filter(|path| is_one(path)));
    }
    paths.sort();
    if paths.len() > RECEIPTS_MAX {
        let more = paths.len() - RECEIPTS_MAX;
        findings.push(format!(
            "{more} receipts of surrendered licenses are not read: there are {RECEIPTS_MAX} at most (-30)\n  \
             help: take away those of other hosts"
        ));
        paths.truncate(RECEIPTS_MAX);
    }
    paths
}

fn is_one(path: &Path) -> bool {
    let begins = path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(BEGINS));
    begins && path.extension().is_some_and(|extension| extension == EXTENSION)
}

/// The name of a receipt's file.
fn name(vendor: &Vendor, id: u64) -> String {
    format!("{BEGINS}{vendor}-{id}.{EXTENSION}")
}

impl Found {
    fn take(&mut self, path: &Path, bytes: &[u8], host: &[CpuId], key: &PublicKey) -> Result<(), String> {
        let shown = path.display();
        let bad = |why: &dyn std::fmt::Display, code: names::Code| {
            format!(
                "{shown}: warning: the receipt takes nothing away: {why} ({})\n  help: restore it from a backup; what \
                 the journal knows stays given up",
                code.number()
            )
        };
        let read = SignedRequest::read(bytes).map_err(|e| bad(&e, e.code()))?;
        let request = read.request();
        if !host.contains(&request.host) {
            return Ok(());
        }
        read.is_of(key).map_err(|e| bad(&e, e.code()))?;
        let given = request.surrendered();
        let given = given.ok_or_else(|| bad(&"it is another request", names::Code::BadParameter))?;
        let text = String::from_utf8_lossy(bytes).into_owned();
        let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        for id in &given.ids {
            if file == name(&given.vendor, *id) {
                self.files.insert(file.to_owned());
            }
            self.given.insert((given.vendor.clone(), *id, request.host.clone()), text.clone());
        }
        Ok(())
    }

    /// Unites them with the journal's rows.
    pub(crate) fn with<'a>(self, rows: impl IntoIterator<Item = &'a Retired>) -> United {
        let Self { given, files, findings } = self;
        let mut united = United { findings, ..United::default() };
        let mut known = BTreeMap::new();
        for row in rows {
            known.insert((row.vendor.clone(), row.id, row.host.clone()), row.receipt.clone());
        }
        let unknown: BTreeSet<&String> =
            given.iter().filter(|(key, _)| !known.contains_key(key)).map(|(_, text)| text).collect();
        united.unknown = unknown.into_iter().cloned().collect();
        // Where both know of one, the row's receipt is the one that a file is made of.
        for (key, text) in given.into_iter().chain(known) {
            let file = name(&key.0, key.1);
            if !files.contains(&file) {
                united.missing.insert(file, text);
            }
            united.given.insert(key);
        }
        united
    }
}

/// Writes the receipts that are missing into the first folder of packs; gives what could not be written.
/// What is given up stays so meanwhile: the journal knows it.
pub(crate) fn write(licenses: &[PathBuf], missing: &BTreeMap<String, String>) -> Vec<String> {
    let Some(folder) = folders(licenses).first().copied() else { return Vec::new() };
    let written = missing.iter().map(|(name, text)| {
        let path = folder.join(name);
        whole(&path, text).map_err(|error| {
            format!(
                "{}: warning: the receipt cannot be written: {error} (-30)\n  help: see that the daemon's user may \
                 write to the folder",
                path.display()
            )
        })
    });
    written.filter_map(Result::err).collect()
}

/// Whole or not at all: first under another name, then in its place.
fn whole(path: &Path, text: &str) -> std::io::Result<()> {
    let unfinished = path.with_extension("new");
    let _ = std::fs::remove_file(&unfinished);
    let file = OpenOptions::new().write(true).create_new(true).mode(0o644).open(&unfinished);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    let done = written.and_then(|()| std::fs::rename(&unfinished, path)).and_then(|()| {
        let folder = path.parent().unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    });
    done.inspect_err(|_| drop(std::fs::remove_file(&unfinished)))
}

#[cfg(test)]
mod tests {
    use ::desk::{CaseNumber, Ending};
    use license::{Asks, Request, SecretKey, SurrenderEnding, Surrendered};
    use names::{PackNumber, Wall};

    use super::*;

    const HOST: &str = "02aa10203040";

    fn cpu(text: &str) -> CpuId {
        CpuId::new(text).unwrap()
    }

    fn acmed() -> Vendor {
        Vendor::new("acmed").unwrap()
    }

    fn key() -> SecretKey {
        SecretKey::for_host([2; 32])
    }

    fn receipt(ids: &[u64], host: &str, key: &SecretKey) -> String {
        let given = Surrendered {
            vendor: acmed(),
            ids: ids.to_vec(),
            packs: vec![PackNumber::new("P-1001").unwrap()],
            to: cpu("02aa10203050"),
            to_key: None,
            ending: SurrenderEnding::Finish,
        };
        let asks = Asks::Surrendered(given);
        let (case, company, by, at) = ("S-1001".into(), Some("C-1".into()), None, Wall(0));
        Request { case, company, by, host: cpu(host), at, asks }.sign(key).unwrap()
    }

    fn row(id: u64) -> Retired {
        Retired {
            vendor: acmed(),
            id,
            host: cpu(HOST),
            case: CaseNumber::new("S-1001").unwrap(),
            receipt: receipt(&[id], HOST, &key()),
            at_ms: 0,
            ending: Ending::Finish,
        }
    }

    /// A folder of licenses with receipts in it.
    struct Folder(tempfile::TempDir);

    impl Folder {
        fn with(files: &[(&str, &str)]) -> Self {
            let folder = Self(tempfile::tempdir().unwrap());
            files.iter().for_each(|(name, text)| std::fs::write(folder.0.path().join(name), text).unwrap());
            folder
        }

        fn paths(&self) -> Vec<PathBuf> {
            vec![self.0.path().into()]
        }

        fn unite(&self, rows: &[Retired]) -> United {
            read(&self.paths(), &[cpu("02aa10203041"), cpu(HOST)], &key().public()).with(rows)
        }
    }

    fn ids(united: &United) -> Vec<u64> {
        united.given.iter().map(|(_, id, _)| *id).collect()
    }

    #[test]
    fn w7_a_row_without_a_receipt_has_it_written_and_the_next_reading_finds_it() {
        let folder = Folder::with(&[("p.lic", "SERVER")]);
        let rows = [row(11470), row(11471)];
        let united = folder.unite(&rows);
        assert_eq!((ids(&united), united.unknown.len(), united.missing.len()), (vec![11470, 11471], 0, 2));
        assert!(write(&folder.paths(), &united.missing).is_empty());
        let names: BTreeSet<_> =
            std::fs::read_dir(folder.0.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        let expected = ["p.lic", "surrendered-acmed-11470.receipt", "surrendered-acmed-11471.receipt"];
        assert_eq!(names, expected.into_iter().map(Into::into).collect());
        let united = folder.unite(&rows);
        assert_eq!((ids(&united), united.missing.len(), united.findings.len()), (vec![11470, 11471], 0, 0));
        // The state is of an older backup: the receipts alone say it, and the desk is to be told.
        let united = folder.unite(&[]);
        assert_eq!((ids(&united), united.unknown.len()), (vec![11470, 11471], 2));
        assert!(united.missing.is_empty());
    }

    #[test]
    fn w7_one_receipt_of_several_licenses_stands_for_all_and_its_other_files_are_made_again() {
        let text = receipt(&[11470, 11471], HOST, &key());
        let folder = Folder::with(&[("surrendered-acmed-11470.receipt", &text)]);
        let united = folder.unite(&[]);
        assert_eq!((ids(&united), united.unknown), (vec![11470, 11471], vec![text.clone()]));
        assert_eq!(united.missing, [("surrendered-acmed-11471.receipt".to_owned(), text)].into());
    }

    #[test]
    fn w7_a_receipt_that_this_host_did_not_sign_takes_nothing_away_and_is_named() {
        let good = receipt(&[11470], HOST, &key());
        let other = SecretKey::for_host([3; 32]);
        let file = "surrendered-acmed-11470.receipt";
        for (text, finding) in [
            (good.replace("11470", "11471"), "(-8)"),
            (good.replace('\n', "\r\n"), "(-2)"),
            (good[..good.len() - 1].to_owned(), "(-2)"),
            (String::new(), "(-2)"),
            (receipt(&[11470], HOST, &other), "another key"),
        ] {
            let folder = Folder::with(&[(file, &text)]);
            let united = folder.unite(&[]);
            assert!(united.given.is_empty() && united.unknown.is_empty(), "{text}");
            assert!(matches!(&united.findings[..], [one] if one.contains(finding)), "{:?}", united.findings);
            // Where the journal knows it, the file is made again.
            let united = folder.unite(&[row(11470)]);
            assert_eq!(ids(&united), [11470]);
            assert!(write(&folder.paths(), &united.missing).is_empty());
            assert_eq!(std::fs::read_to_string(folder.0.path().join(file)).unwrap(), good);
        }
        // Another host's, in a folder that was copied, is no business of this one.
        let folder = Folder::with(&[(file, &receipt(&[11470], "02aa10203050", &other))]);
        assert_eq!(folder.unite(&[]), United::default());
    }

    #[test]
    fn w7_receipts_are_found_beside_a_file_too_and_what_cannot_be_written_is_told() {
        let text = receipt(&[11470], HOST, &key());
        let folder = Folder::with(&[("p.lic", "SERVER"), ("surrendered-acmed-11470.receipt", &text)]);
        let file = vec![folder.0.path().join("p.lic"), folder.0.path().join("q.lic"), folder.0.path().into()];
        let found = read(&file, &[cpu(HOST)], &key().public());
        assert_eq!((found.given.len(), found.findings.len()), (1, 0));
        let gone = vec![folder.0.path().join("gone").join("p.lic")];
        let told = write(&gone, &[("surrendered-acmed-11470.receipt".to_owned(), text)].into());
        assert!(matches!(&told[..], [one] if one.contains("cannot be written")), "{told:?}");
    }
}
