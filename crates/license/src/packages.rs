//! PACKAGE lines: the line that enables a package becomes the features that it is made of.

use std::collections::BTreeMap;

use names::{Feature, SeatCount, Vendor, Version, limits};

use crate::entitlement::{Idle, Packaged};
use crate::expand::{Expanded, Nothing};
use crate::limits::PACKAGED_MAX;
use crate::pack::PackLine;
use crate::package::{Component, Package, Suite};
use crate::pooling::of_component;
use crate::rules::DupGroup;
use crate::terms::Terms;

/// The packages of a name.
type Defined<'a> = BTreeMap<(&'a Vendor, &'a Feature), Vec<Definition<'a>>>;

struct Definition<'a> {
    line: &'a PackLine,
    package: &'a Package,
    enabled: bool,
}

/// Puts the components in the place of the lines that enable a package.
pub(crate) fn expand<'a>(
    lines: Vec<Expanded<'a>>,
    packages: &[(&'a PackLine, &'a Package)],
    nothing: &mut Nothing<'_>,
) -> Vec<Expanded<'a>> {
    if packages.is_empty() {
        return lines;
    }
    let mut defined = define(packages, nothing);
    let mut all = Vec::with_capacity(lines.len());
    let mut room = PACKAGED_MAX;
    for line in lines {
        let key = (&line.terms.vendor, &line.terms.feature);
        let found = defined.get_mut(&key).and_then(|same| {
            same.iter_mut().find(|d| d.package.version.as_ref().is_none_or(|v| *v == line.terms.version))
        });
        let Some(found) = found else {
            all.push(line);
            continue;
        };
        found.enabled = true;
        if room < found.package.components.len() {
            let why = format!("all packages together have more than {PACKAGED_MAX} components");
            nothing.say(line.line, why, "ask the vendor for fewer lines with more seats");
            continue;
        }
        room -= found.package.components.len();
        components(line, found, &mut all, nothing);
    }
    for unused in defined.into_values().flatten().filter(|defined| !defined.enabled) {
        let why = format!("no line enables the package {}", unused.package.name);
        let remedy = "it needs a FEATURE or INCREMENT line of its name and version";
        nothing.say(unused.line, why, remedy);
    }
    all
}

/// The packages by name; of two for one version the first counts.
fn define<'a>(packages: &[(&'a PackLine, &'a Package)], nothing: &mut Nothing<'_>) -> Defined<'a> {
    let mut defined = Defined::new();
    for (line, package) in packages {
        let same = defined.entry((&package.vendor, &package.name)).or_default();
        let versions: Vec<_> = same.iter().map(|defined| &defined.package.version).collect();
        if versions.len() >= crate::limits::PACKAGE_VERSIONS_MAX || versions.contains(&&package.version) {
            let why = format!("a second PACKAGE line of {} gives nothing", package.name);
            nothing.say(line, why, "only the first of a version counts; SUPERSEDE replaces older ones");
            continue;
        }
        same.push(Definition { line, package, enabled: false });
    }
    defined
}

/// The components, each with the enabling line's terms; of a suite the enabling feature too.
fn components<'a>(
    enabling: Expanded<'a>,
    defined: &Definition<'a>,
    all: &mut Vec<Expanded<'a>>,
    nothing: &mut Nothing<'_>,
) {
    let Expanded { line, terms, mut entitlement } = enabling;
    let package = defined.package;
    let packaged = |is_suite| {
        let suite_sharing = match package.suite {
            // Who has one component finds the others: they are shared as the suite is.
            Some(Suite::Reserved) => terms.suite_sharing.or(Some(DupGroup::USER)),
            Some(Suite::Shared) | None => terms.suite_sharing,
        };
        Some(Packaged {
            package: package.name.clone(),
            place: defined.line.place(),
            suite: package.suite,
            is_suite,
            line: defined.line.signed.clone(),
            suite_pooling: terms.pooling.clone(),
            suite_sharing,
        })
    };
    entitlement.also_from.push(defined.line.place());
    let before = all.len();
    for component in &package.components {
        let version = component.version.unwrap_or(entitlement.version);
        let suite = package.suite.map(|_| (&package.name, &terms.version));
        let part = seats(entitlement.seats, component)
            .and_then(|seats| Ok((seats, pooling(terms, component, &version, suite)?)));
        let (seats, pooling) = match part {
            Ok(part) => part,
            Err(why) => {
                if let Some(findings) = nothing.findings.get_mut(line.file) {
                    let remedy = "ask the vendor for fewer seats in a line, and shorter names";
                    findings.error(names::Code::BadSyntax, line.span.clone(), why, remedy);
                }
                continue;
            }
        };
        let (feature, packaged, pooling) = (component.feature.clone(), packaged(false), pooling.into());
        let part = crate::Entitlement { feature, version, seats, packaged, pooling, ..entitlement.clone() };
        all.push(Expanded { line, terms, entitlement: part });
    }
    if all.len() == before {
        let why = "its components would be more seats than can be counted".to_owned();
        nothing.idle.push(Idle { place: line.place(), why });
    }
    if package.suite.is_some() {
        entitlement.packaged = packaged(true);
        all.push(Expanded { line, terms, entitlement });
    }
}

/// The component's pooling fields.
fn pooling(
    terms: &Terms,
    component: &Component,
    version: &Version,
    suite: Option<(&Feature, &Version)>,
) -> Result<String, String> {
    of_component(&terms.pooling, version, suite).ok_or_else(|| {
        let (name, max) = (&component.feature, limits::POOLING_CHARS_MAX);
        format!("the pooling attributes of its component {name} have more than {max} characters")
    })
}

/// The component's seats; nothing where they are uncounted.
fn seats(enabling: Option<SeatCount>, component: &Component) -> Result<Option<SeatCount>, String> {
    let Some(seats) = enabling else { return Ok(None) };
    let each = component.count.map_or(1, SeatCount::get);
    SeatCount::new(u64::from(seats.get()) * u64::from(each)).map(Some).map_err(|_| {
        let (name, max) = (&component.feature, limits::SEATS_MAX);
        format!("{each} of its component {name} for each seat are more than {max} seats")
    })
}
