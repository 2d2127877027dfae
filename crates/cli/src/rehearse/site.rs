//! The license and the options file that a log is held against.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use license::{Diagnostic, Entitlement, SeatKind, Severity, Source};
use names::{Code, CpuId, Feature, Vendor};
use policy::Policy;
use service::{InForce, Licensed};

use crate::args::RehearseArgs;
use crate::fail::Failure;
use crate::flexlog::base_name;
use crate::{licenses, options};

/// What is in force in a rehearsal.
#[derive(Debug)]
pub(crate) struct Site {
    /// Whose lines there are.
    pub(crate) vendors: Vec<Vendor>,
    /// The licenses and rules.
    pub(crate) in_force: InForce,
    /// What of the files is not rehearsed, and why.
    pub(crate) notes: Vec<String>,
    /// The lines of each feature.
    features: BTreeSet<(usize, Feature)>,
}

impl Site {
    /// Reads the license files as they are, whoever signed them, and the options file.
    pub(crate) fn read(args: &RehearseArgs) -> Result<Self, Failure> {
        let sources = licenses::read(&args.pack)?;
        let loaded = license::load_unverified(&sources);
        let mut notes = Vec::new();
        for idle in &loaded.idle {
            let why = client::shown(&idle.why, 200);
            notes.push(format!("{}: gives nothing: {why}", licenses::place(&sources, idle.place)));
        }
        let given = loaded.entitlements.into_iter();
        let given = given.chain(loaded.unserved.into_iter().map(|unserved| unserved.entitlement));
        let mut lines = Vec::new();
        for line in given {
            lines.extend(as_the_log_knows(line, &sources, &mut notes));
        }
        let mut of: BTreeMap<&Vendor, Vec<&Entitlement>> = BTreeMap::new();
        for line in &lines {
            of.entry(&line.vendor).or_default().push(line);
        }
        if of.is_empty() {
            return Err(no_line(&loaded.diagnostics, &sources));
        }
        let ruled =
            args.options.as_deref().map(|path| whose(path, args.vendor.as_deref(), &of)).transpose()?;
        let mut policy = Policy::new();
        for (vendor, lines) in &of {
            match &args.options {
                Some(path) if ruled.as_ref() == Some(*vendor) => {
                    policy.add(&options::read_good(path)?, lines, &sources);
                }
                _ => policy.add_without_options(lines, &sources),
            }
        }
        let vendors: Vec<Vendor> = of.keys().map(|vendor| (*vendor).clone()).collect();
        let number = |vendor| vendors.iter().position(|other| other == vendor).unwrap_or(0);
        let features = lines.iter().map(|line| (number(&line.vendor), line.feature.clone())).collect();
        let in_force = InForce::new(Arc::new(Licensed::new(&lines)), Arc::new(policy), 0);
        Ok(Self { vendors, in_force, notes, features })
    }

    /// The vendor whose daemon, or forked copy of it, has this name.
    pub(crate) fn vendor_of(&self, daemon: &str) -> Option<usize> {
        let is =
            |name: &str| self.vendors.iter().position(|vendor| vendor.as_str().eq_ignore_ascii_case(name));
        is(daemon).or_else(|| is(base_name(daemon)))
    }

    /// Whether it is a forked copy of the vendor's daemon: its start frees nothing.
    pub(crate) fn is_copy(&self, daemon: &str, vendor: usize) -> bool {
        let own = self.vendors.get(vendor);
        own.is_none_or(|vendor| !vendor.as_str().eq_ignore_ascii_case(daemon))
    }

    /// Whether any line is of this feature.
    pub(crate) fn has(&self, vendor: usize, feature: &Feature) -> bool {
        self.features.contains(&(vendor, feature.clone()))
    }
}

/// A line with what a log does not say of a workstation left out: it is taken to fit.
fn as_the_log_knows(
    mut line: Entitlement,
    sources: &[Source],
    notes: &mut Vec<String>,
) -> Option<Entitlement> {
    let place = licenses::place(sources, line.place);
    if line.rules.float_ok {
        notes.push(format!(
            "{place}: left out: lines with FLOAT_OK are not served ({})",
            Code::NotServed.number()
        ));
        return None;
    }
    let rules = &mut line.rules;
    if line.kind == SeatKind::Named {
        notes.push(format!(
            "{place}: its seats are named people's, whom the log does not tell; they are refused"
        ));
    }
    // A pack that is not signed yet may say HOSTID_HERE.
    if line.cpus.is_empty() {
        line.cpus.extend(CpuId::new("ANY"));
        notes.push(format!("{place}: it names no license host yet; taken to be of the log's"));
    }
    let is_locked = line.kind == SeatKind::Locked;
    if is_locked {
        line.kind = SeatKind::Floating;
        line.cpus.truncate(1);
    }
    let said = [
        ("HOSTID", !std::mem::take(&mut rules.host_ids).is_empty() || is_locked),
        ("PLATFORMS", !std::mem::take(&mut rules.platforms).is_empty()),
        ("TZ", rules.time_zone.take().is_some()),
        ("VM_PLATFORMS", rules.virtual_machines.take().is_some()),
    ];
    let said: Vec<_> = said.into_iter().filter(|(_, is)| *is).map(|(word, _)| word).collect();
    if !said.is_empty() {
        notes.push(format!("{place}: taken to fit, since the log does not tell: {}", said.join(", ")));
    }
    Some(line)
}

fn no_line(found: &[Diagnostic], sources: &[Source]) -> Failure {
    let error = found.iter().find(|one| one.severity == Severity::Error);
    let why = error.map_or(String::new(), |one| format!("\n{}", one.render(sources).trim_end()));
    let message = format!("the license files have no license line that can be served{why}");
    let code = error.and_then(|one| one.code).unwrap_or(Code::NoSuchFeature);
    Failure::new(code, message, "`license check` shows them all")
}

/// The vendor that was named; else the one that the options file is named after; else the only one.
fn whose(
    options: &std::path::Path,
    named: Option<&str>,
    of: &BTreeMap<&Vendor, Vec<&Entitlement>>,
) -> Result<Vendor, Failure> {
    let with = |name: &str| of.keys().find(|vendor| vendor.as_str() == name).copied().cloned();
    let stem = options.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let only = || if of.len() == 1 { of.keys().next().copied().cloned() } else { None };
    let found = match named {
        Some(named) => with(named),
        None => stem.as_deref().and_then(with).or_else(only),
    };
    found.ok_or_else(|| {
        let names: Vec<_> = of.keys().map(|vendor| vendor.as_str()).collect();
        let message =
            format!("whose options file is it? The license files have lines of {}", names.join(", "));
        Failure::new(Code::BadParameter, message, "say it with --vendor")
    })
}
