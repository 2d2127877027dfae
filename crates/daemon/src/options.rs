//! The vendors' options files: where they are, what they say, and what is wrong with them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use license::{Diagnostic, Severity, Source};
use names::Vendor;
use policy::{OptionsFile, Policy};

use crate::config::Config;
use crate::licenses::{Licenses, LicensesError, read};

/// The options files of a host.
#[derive(Debug, Default)]
pub struct OptionsFiles {
    files: Vec<OptionsOf>,
}

/// One vendor's.
#[derive(Debug)]
struct OptionsOf {
    vendor: Vendor,
    source: Source,
    file: OptionsFile,
    diagnostics: Vec<Diagnostic>,
    /// Other files that would have been this vendor's.
    passed_over: Vec<PathBuf>,
}

/// Why an options file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OptionsError {
    /// It cannot be read.
    #[error("options file of {vendor}: {why}")]
    Unreadable {
        /// Whose.
        vendor: Vendor,
        /// Why.
        why: LicensesError,
    },
    /// It has errors.
    #[error(
        "the options file {path} of {vendor} has errors, and half of its rules would not be what was meant:\n{found}"
    )]
    Wrong {
        /// Whose.
        vendor: Vendor,
        /// Which.
        path: String,
        /// What is wrong.
        found: String,
    },
}

impl OptionsFiles {
    /// Reads the options file of each vendor of the configuration that has one: the configuration's
    /// `options`; else the one that a VENDOR line names, from the folder of its license file; else
    /// `VENDOR.opt` beside a license file that has its VENDOR line.
    ///
    /// # Errors
    /// When one that is named or there cannot be read, or has errors.
    pub fn read(config: &Config, licenses: &Licenses) -> Result<Self, OptionsError> {
        let vendors: BTreeSet<&Vendor> = config.trust.keys().iter().map(|key| &key.vendor).collect();
        let mut files = Vec::new();
        for vendor in vendors {
            let mut paths = candidates(vendor, config, licenses);
            paths.retain({
                let mut seen = BTreeSet::new();
                move |path| seen.insert(path.clone())
            });
            let mut paths = paths.into_iter();
            let Some(path) = paths.next() else { continue };
            let named = "name the vendor's options file";
            let bytes = read(&path, policy::limits::FILE_BYTES_MAX, named)
                .map_err(|why| OptionsError::Unreadable { vendor: vendor.clone(), why })?;
            let source = Source::new(path.display().to_string(), bytes);
            let (file, diagnostics) = policy::parse(&source);
            let of =
                OptionsOf { vendor: vendor.clone(), source, file, diagnostics, passed_over: paths.collect() };
            if of.diagnostics.iter().any(|found| found.severity == Severity::Error) {
                let (path, found) = (of.source.name.clone(), of.rendered().join("\n"));
                return Err(OptionsError::Wrong { vendor: of.vendor, path, found });
            }
            files.push(of);
        }
        Ok(Self { files })
    }

    /// The file of a vendor that is in force, if there is one.
    pub(crate) fn path_of(vendor: &Vendor, config: &Config, licenses: &Licenses) -> Option<PathBuf> {
        candidates(vendor, config, licenses).into_iter().next()
    }

    /// Says in the log what is wrong and what is in force.
    pub(crate) fn log(&self) {
        for of in &self.files {
            tracing::info!(vendor = %of.vendor, file = %of.source.name, "options file is in force");
            for path in &of.passed_over {
                let path = path.display();
                tracing::warn!(vendor = %of.vendor, "options: {path} is not read: a vendor has one options file");
            }
            for text in of.rendered() {
                tracing::warn!("options: {text}");
            }
        }
    }

    /// Which files are in force, and what is wrong with them; nothing where there are none.
    #[must_use]
    pub fn shown(&self) -> Option<String> {
        let mut shown = Vec::new();
        for of in &self.files {
            shown.push(format!("options file of {}: {}", of.vendor, of.source.name));
            shown
                .extend(of.passed_over.iter().map(|path| format!("warning: {} is not read", path.display())));
            shown.extend(of.rendered());
        }
        (!shown.is_empty()).then(|| shown.join("\n"))
    }

    /// The rules against what is licensed.
    #[must_use]
    pub fn policy(&self, licenses: &Licenses) -> Policy {
        let mut policy = Policy::new();
        for of in &self.files {
            let lines = licenses.loaded.entitlements.iter().filter(|line| line.vendor == of.vendor);
            policy.add(&of.file, &lines.collect::<Vec<_>>(), &licenses.sources);
        }
        let has_none = |line: &&license::Entitlement| self.files.iter().all(|of| of.vendor != line.vendor);
        let lines: Vec<_> = licenses.loaded.entitlements.iter().filter(has_none).collect();
        policy.add_without_options(&lines, &licenses.sources);
        policy
    }
}

impl OptionsOf {
    fn rendered(&self) -> Vec<String> {
        self.diagnostics.iter().map(|found| found.render(std::slice::from_ref(&self.source))).collect()
    }
}

/// Where a vendor's options file may be, the one that counts first.
fn candidates(vendor: &Vendor, config: &Config, licenses: &Licenses) -> Vec<PathBuf> {
    if let Some(path) = config.options.get(vendor) {
        return vec![path.clone()];
    }
    let lines = || licenses.loaded.vendors.iter().filter(|line| line.vendor == *vendor);
    let license = |line: &license::VendorLine| {
        licenses.sources.get(line.place.file).map(|source| Path::new(&source.name).to_owned())
    };
    let named: Vec<_> = lines()
        .filter_map(|line| Some(license(line)?.with_file_name("").join(line.options.as_deref()?)))
        .collect();
    if !named.is_empty() {
        return named;
    }
    let beside = lines().filter_map(|line| Some(license(line)?.with_file_name(format!("{vendor}.opt"))));
    // One that is there and cannot be read is an error, when it is read.
    beside.filter(|path| path.symlink_metadata().is_ok()).collect()
}

#[cfg(test)]
mod tests {
    use license::SecretKey;

    use super::*;

    /// A folder with a license file that has this VENDOR line, and its options file as it is found.
    fn found(vendor_line: &str, options_key: &str, files: &[&str]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for (n, name) in files.iter().enumerate() {
            std::fs::write(at(name), format!("{}EXCLUDEALL USER kim\n", "#\n".repeat(n))).unwrap();
        }
        let text = format!("SERVER a 02aa10203040\n{vendor_line}\n");
        let sources = vec![Source::new(at("a.lic").display().to_string(), text)];
        let key = SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [7; 32]).public();
        let key = options_key
            .replace("FOLDER", &folder.path().display().to_string())
            .replace("KEY", &key.to_string());
        let config =
            format!("state_folder = \"/s\"\nlicenses = [\"/l\"]\n[[vendor]]\nname = \"acmed\"\n{key}\n");
        let config = Config::parse("c.toml", &config).unwrap();
        let loaded = license::load(&sources, &config.trust, None, false);
        let read = OptionsFiles::read(&config, &Licenses { sources, loaded });
        let folder = format!("{}/", folder.path().display());
        read.map(|found| found.shown().unwrap_or_default().replace(&folder, ""))
            .map_err(|e| e.to_string().replace(&folder, ""))
    }

    const KEYS: &str = "keys = [\"KEY\"]";

    #[test]
    fn the_configuration_comes_before_the_vendor_line_and_that_before_the_file_beside() {
        let own = format!("{KEYS}\noptions = \"FOLDER/own.opt\"");
        let all = ["own.opt", "named.opt", "acmed.opt"];
        for (line, key, files, expected) in [
            ("VENDOR acmed", KEYS, &[][..], ""),
            ("", KEYS, &all, ""),
            ("VENDOR other", KEYS, &all, ""),
            ("VENDOR acmed", KEYS, &all, "options file of acmed: acmed.opt"),
            ("VENDOR acmed options=named.opt", KEYS, &all, "options file of acmed: named.opt"),
            ("VENDOR acmed /opt/acmed named.opt port=2", KEYS, &all, "options file of acmed: named.opt"),
            ("VENDOR acmed options=named.opt", own.as_str(), &all, "options file of acmed: own.opt"),
            ("", own.as_str(), &all, "options file of acmed: own.opt"),
            (
                "VENDOR acmed options=named.opt\nVENDOR acmed options=own.opt\nDAEMON acmed options=named.opt",
                KEYS,
                &all,
                "options file of acmed: named.opt\nwarning: own.opt is not read",
            ),
        ] {
            assert_eq!(found(line, key, files).as_deref(), Ok(expected), "{line:?} {key:?}");
        }
    }

    #[test]
    fn a_file_that_is_named_and_cannot_be_read_or_has_errors_is_refused() {
        let own = format!("{KEYS}\noptions = \"FOLDER/none.opt\"");
        for (line, key) in [("VENDOR acmed options=none.opt", KEYS), ("", own.as_str())] {
            let error = found(line, key, &["acmed.opt"]).unwrap_err();
            assert!(error.starts_with("options file of acmed: none.opt: cannot be read: "), "{error}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bad.opt");
        std::fs::write(&path, "EXCLUDE mill USR kim\n").unwrap();
        let error = found("", &format!("{KEYS}\noptions = \"{}\"", path.display()), &[]).unwrap_err();
        let place = format!("{}:1:14: error: `USR` is no type (-2)", path.display());
        assert!(error.contains(&place) && error.contains("did you mean USER?"), "{error}");
    }
}
