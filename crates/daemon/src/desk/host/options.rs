//! A vendor's options file: shown, checked, tried and written.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use console::{Line, OptionsFile, Tried};
use license::{Severity, Source};
use names::{CpuId, Feature, Vendor};
use policy::{Against, Policy};
use service::{InForce, Licensed, Question};

use super::super::{Desk, install};
use crate::licenses::Licenses;
use crate::options::OptionsFiles;
use crate::{clock, office};

/// Those of all vendors whose keys are trusted.
pub(super) fn all(desk: &Desk) -> Result<Vec<OptionsFile>, String> {
    let vendors: BTreeSet<&Vendor> = desk.files.config.trust.keys().iter().map(|key| &key.vendor).collect();
    vendors.into_iter().map(|vendor| options_of(desk, vendor)).collect()
}

/// What is wrong or doubtful in a text, against the licenses that are served.
pub(super) fn check(desk: &Desk, vendor: &str, text: String) -> Result<Vec<Line>, String> {
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

/// What a checkout would be told under a text.
pub(super) fn try_out(
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
pub(super) fn save(desk: &Desk, vendor: &str, version: &str, text: &str) -> Result<(), String> {
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
