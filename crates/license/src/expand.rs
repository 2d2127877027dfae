//! Lines to entitlements: what later lines void, what upgrades take, what packages are made of.

use std::collections::{BTreeMap, BTreeSet};

use names::{ConfigId, Date, Feature, PackNumber, SeatCount, Vendor};

use crate::entitlement::Idle;
use crate::findings::Findings;
use crate::pack::{PackLine, What};
use crate::packages;
use crate::resolve::Offer;
use crate::terms::Terms;
use crate::upgrade::Upgrades;
use crate::{Entitlement, Place};

/// What one line gives, with the line.
#[derive(Debug)]
pub(crate) struct Expanded<'a> {
    pub(crate) line: &'a PackLine,
    pub(crate) terms: &'a Terms,
    pub(crate) entitlement: Entitlement,
}

/// Where the lines that give nothing are said.
pub(crate) struct Nothing<'a> {
    pub(crate) findings: &'a mut [Findings],
    pub(crate) idle: &'a mut Vec<Idle>,
}

impl Nothing<'_> {
    /// A line gives nothing, and is meant to: a warning.
    pub(crate) fn say(&mut self, line: &PackLine, why: String, remedy: &str) {
        if let Some(findings) = self.findings.get_mut(line.file) {
            findings.warning(None, line.span.clone(), why.clone(), remedy);
        }
        self.idle.push(Idle { place: line.place(), why });
    }
}

/// The lines that no other line voids. They are of packs of one kind: served, foreign, or not signed.
pub(crate) fn in_force<'a>(
    offers: Vec<Offer<'a>>,
    findings: &mut [Findings],
    idle: &mut Vec<Idle>,
) -> Vec<Offer<'a>> {
    let mut nothing = Nothing { findings, idle };
    let void = Void::of(&offers);
    let mut left = offers;
    left.retain(|offer| match void.by(offer.line) {
        Some(why) => {
            nothing.say(offer.line, why, "nothing needs doing; the later line counts");
            false
        }
        None => true,
    });
    left
}

/// What lines in force give together, in their order.
pub(crate) fn expand<'a>(
    offers: &[Offer<'a>],
    findings: &mut [Findings],
    idle: &mut Vec<Idle>,
) -> Vec<Expanded<'a>> {
    let mut nothing = Nothing { findings, idle };
    let mut firsts = BTreeSet::new();
    let mut upgrades = Upgrades::default();
    let mut defined = Vec::new();
    for offer in offers {
        let line = offer.line;
        match &line.what {
            What::Package(package) => defined.push((line, &**package)),
            What::License(terms) if terms.first_only() && !firsts.insert((&terms.vendor, &terms.feature)) => {
                let why = format!("a second FEATURE line of {} gives nothing", terms.feature);
                nothing.say(line, why, "only the first counts; INCREMENT lines add up");
            }
            What::License(terms) => upgrades.add(*offer, terms, &mut nothing),
        }
    }
    packages::expand(upgrades.finish(&mut nothing), &defined, &mut nothing)
}

/// What lines void by name and day, or by signature.
struct Void<'a> {
    features: BTreeMap<(&'a Vendor, &'a Feature), Date>,
    packages: BTreeMap<(&'a Vendor, &'a Feature), Date>,
    signatures: BTreeSet<(&'a Vendor, &'a str)>,
}

impl<'a> Void<'a> {
    fn of(offers: &[Offer<'a>]) -> Self {
        let mut void =
            Self { features: BTreeMap::new(), packages: BTreeMap::new(), signatures: BTreeSet::new() };
        for offer in offers {
            let (map, vendor, names, issued) = match &offer.line.what {
                What::License(terms) => {
                    let signs = terms.supersedes_signs.iter().map(|sign| (&terms.vendor, sign.as_str()));
                    void.signatures.extend(signs);
                    (&mut void.features, &terms.vendor, &terms.supersedes, terms.issued)
                }
                What::Package(package) => {
                    (&mut void.packages, &package.vendor, &package.supersedes, package.issued)
                }
            };
            let Some(issued) = issued else { continue };
            for name in names {
                let day = map.entry((vendor, name)).or_insert(issued);
                *day = (*day).max(issued);
            }
        }
        void
    }

    /// Why a line is void. One without `ISSUED` was issued before every other.
    fn by(&self, line: &PackLine) -> Option<String> {
        let (map, vendor, issued) = match &line.what {
            What::License(terms) => (&self.features, &terms.vendor, terms.issued),
            What::Package(package) => (&self.packages, &package.vendor, package.issued),
        };
        if let Some(day) = map.get(&(vendor, line.what.name())).filter(|day| issued < Some(**day)) {
            return Some(format!("this line is void: a line of {day} supersedes it"));
        }
        let named = |sign: String| self.signatures.contains(&(vendor, sign.as_str()));
        (!self.signatures.is_empty() && line.signature().is_some_and(named))
            .then(|| "this line is void: a line supersedes its signature".to_owned())
    }
}

impl<'a> Offer<'a> {
    /// The configuration of its line.
    pub(crate) fn config(&self, terms: &Terms) -> ConfigId {
        let unsigned = || PackNumber::new("unsigned").map(ConfigId::OfPack).ok();
        let own = || self.pack.map(|pack| terms.config_in(pack));
        own().or_else(|| terms.config.clone()).or_else(unsigned).unwrap_or(ConfigId::Number(0))
    }

    /// What the line gives by itself, with so many of its seats.
    pub(crate) fn entitlement(&self, terms: &Terms, seats: Option<SeatCount>) -> Entitlement {
        let config = self.config(terms);
        let cpus = terms.cpus(self.hosts);
        Entitlement {
            pooling: terms.pooling.clone(),
            vendor: terms.vendor.clone(),
            feature: terms.feature.clone(),
            version: terms.version,
            start: terms.start,
            expiry: terms.expiry,
            seats,
            kind: terms.kind,
            rules: terms.rules.clone(),
            product_line: terms.product_line.clone(),
            modules: terms.modules.clone(),
            maintenance: terms.maintenance,
            vendor_string: terms.vendor_string.clone(),
            issued: terms.issued,
            sort: terms.sort,
            is_feature: terms.keyword == crate::syntax::Keyword::Feature,
            packaged: None,
            host_key: terms.host_key.clone(),
            pack: self.pack.cloned(),
            line: self.line.signed.clone(),
            place: self.line.place(),
            also_from: Vec::<Place>::new(),
            config,
            cpus,
        }
    }
}
