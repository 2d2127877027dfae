//! The rules of Configuration IDs, held over all packs that a host has.
//!
//! 1. Every configuration of products on one machine has an id of its own: another set of optional
//!    modules is another configuration.
//! 2. A floating id is of one license host. A locked one may be of many workstations, and is never
//!    floating as well.
//! 3. An id is of one product line.
//! 4. An id has one maintenance status.
//!
//! What a line does not say it does not contradict.

use std::collections::BTreeMap;

use names::{ConfigId, CpuId, Vendor};
use rustc_hash::FxHashMap;

use crate::findings::Findings;
use crate::pack::PackLine;
use crate::resolve::Offer;
use crate::terms::{Maintenance, Terms};
use crate::{OtherPlace, SeatKind, Severity};

/// A configuration that gives nothing.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The first rule that it breaks.
    pub(crate) rule: u8,
}

/// What an id has been seen to be, each with the first line that says so.
#[derive(Default)]
struct Seen<'a> {
    kind: Option<(&'a PackLine, SeatKind)>,
    host: Option<(&'a PackLine, &'a CpuId)>,
    product_line: Option<(&'a PackLine, &'a str)>,
    maintenance: Option<(&'a PackLine, Maintenance)>,
    /// By product.
    modules: BTreeMap<&'a str, (&'a PackLine, &'a [String])>,
    broken: [bool; 5],
}

/// What makes two ids one configuration: all that is said of it, on one machine.
type Configuration<'a> = (
    (&'a Vendor, &'a str, SeatKind, &'a CpuId),
    (Option<&'a str>, Option<&'a [String]>, Option<Maintenance>),
);

/// Names every configuration that breaks a rule, once for each rule, and warns of a configuration that
/// has two ids.
pub(crate) fn check(
    offers: &[Offer<'_>],
    findings: &mut [Findings],
) -> BTreeMap<(Vendor, ConfigId), Refused> {
    let mut refused = BTreeMap::new();
    let mut ids: FxHashMap<(&Vendor, u64), Seen<'_>> = FxHashMap::default();
    let mut configurations = FxHashMap::default();
    for offer in offers {
        let Some(terms) = offer.line.what.license() else { continue };
        let Some(ConfigId::Number(id)) = terms.config else { continue };
        let seen = ids.entry((&terms.vendor, id)).or_default();
        for breach in seen.breaches(offer, terms) {
            refused
                .entry((terms.vendor.clone(), ConfigId::Number(id)))
                .or_insert(Refused { rule: breach.rule });
            say(offer.line, id, &breach, findings);
        }
        warn_of_two(offer, terms, id, &mut configurations, findings);
    }
    refused
}

/// A rule that a line breaks together with an earlier one.
struct Breach<'a> {
    rule: u8,
    with: &'a PackLine,
    /// What this line says, and what the other.
    here: String,
    there: String,
    remedy: &'static str,
}

impl<'a> Seen<'a> {
    /// The rules that the line breaks; those that the id broke before are not said again.
    fn breaches(&mut self, offer: &Offer<'a>, terms: &'a Terms) -> Vec<Breach<'a>> {
        let found = [
            self.modules(offer.line, terms),
            self.host(offer, terms),
            self.product_line(offer.line, terms),
            self.maintenance(offer.line, terms),
            self.kind(offer.line, terms),
        ];
        let mut breaches = Vec::new();
        for (broken, breach) in self.broken.iter_mut().zip(found) {
            if let Some(breach) = breach.filter(|_| !*broken) {
                *broken = true;
                breaches.push(breach);
            }
        }
        breaches
    }

    fn modules(&mut self, line: &'a PackLine, terms: &'a Terms) -> Option<Breach<'a>> {
        let modules = terms.modules.as_deref()?;
        let (with, other) = *self.modules.entry(product(terms)).or_insert((line, modules));
        let list = |modules: &[String]| format!("the modules {:?}", modules.join(" "));
        (other != modules).then(|| Breach {
            rule: 1,
            with,
            here: list(modules),
            there: list(other),
            remedy: "another set of modules is another configuration, with an id of its own",
        })
    }

    fn host(&mut self, offer: &Offer<'a>, terms: &Terms) -> Option<Breach<'a>> {
        if terms.kind == SeatKind::Locked || !terms.says_kind {
            return None;
        }
        let host = offer.hosts.first()?;
        let (with, other) = *self.host.get_or_insert((offer.line, host));
        (other != host).then(|| Breach {
            rule: 2,
            with,
            here: format!("the license host {host}"),
            there: format!("the license host {other}"),
            remedy: "on another license host it is another id; take away the pack that is not for this one",
        })
    }

    fn product_line(&mut self, line: &'a PackLine, terms: &'a Terms) -> Option<Breach<'a>> {
        let name = terms.product_line.as_deref()?;
        let (with, other) = *self.product_line.get_or_insert((line, name));
        (other != name).then(|| Breach {
            rule: 3,
            with,
            here: format!("the product line {name}"),
            there: format!("the product line {other}"),
            remedy: "give each product line an id of its own",
        })
    }

    fn maintenance(&mut self, line: &'a PackLine, terms: &Terms) -> Option<Breach<'a>> {
        let status = terms.maintenance?;
        let (with, other) = *self.maintenance.get_or_insert((line, status));
        (other != status).then(|| Breach {
            rule: 4,
            with,
            here: format!("MAINTENANCE={status}"),
            there: format!("MAINTENANCE={other}"),
            remedy: "give what is under maintenance an id of its own",
        })
    }

    fn kind(&mut self, line: &'a PackLine, terms: &Terms) -> Option<Breach<'a>> {
        if !terms.says_kind {
            return None;
        }
        let (with, other) = *self.kind.get_or_insert((line, terms.kind));
        let named = [other, terms.kind].contains(&SeatKind::Named);
        (other != terms.kind).then(|| Breach {
            rule: if named { 1 } else { 2 },
            with,
            here: format!("SEAT={}", terms.kind),
            there: format!("SEAT={other}"),
            remedy: "floating, locked and named seats are configurations of their own",
        })
    }
}

/// The product: the feature's name, without the id where it ends with it (`PROE_366`).
fn product(terms: &Terms) -> &str {
    let name = terms.feature.as_str();
    let Some(ConfigId::Number(id)) = terms.config else { return name };
    name.strip_suffix(id.to_string().as_str()).and_then(|name| name.strip_suffix('_')).unwrap_or(name)
}

fn say(line: &PackLine, id: u64, breach: &Breach<'_>, findings: &mut [Findings]) {
    let Some(findings) = findings.get_mut(line.file) else { return };
    let Breach { rule, with, here, there, remedy } = breach;
    let message =
        format!("rule {rule}: configuration {id} has {here} here and {there} elsewhere; it gives nothing");
    let remedy = format!("ask the vendor for a pack that keeps the rule: {remedy}");
    findings.conflict(Severity::Error, line.span.clone(), place(with, there), message, &remedy);
}

fn place(line: &PackLine, what: &str) -> OtherPlace {
    OtherPlace {
        file: line.file,
        span: line.span.start as usize..line.span.end as usize,
        what: format!("here: {what}"),
    }
}

/// One configuration under two ids of a machine hides how many there are.
fn warn_of_two<'a>(
    offer: &Offer<'a>,
    terms: &'a Terms,
    id: u64,
    configurations: &mut FxHashMap<Configuration<'a>, (&'a PackLine, u64)>,
    findings: &mut [Findings],
) {
    if !terms.says_kind {
        return;
    }
    let cpus = if terms.kind == SeatKind::Locked { &terms.workstations[..] } else { offer.hosts };
    let floating = terms.kind != SeatKind::Locked;
    for cpu in cpus.iter().take(if floating { 1 } else { usize::MAX }) {
        let said = (terms.product_line.as_deref(), terms.modules.as_deref(), terms.maintenance);
        let key = ((&terms.vendor, product(terms), terms.kind, cpu), said);
        let (with, other) = *configurations.entry(key).or_insert((offer.line, id));
        if other == id {
            continue;
        }
        if let Some(findings) = findings.get_mut(offer.line.file) {
            let message = format!(
                "rule 1: {} on {cpu} is one configuration under two ids, {other} and {id}",
                product(terms)
            );
            let remedy = "nothing is refused; ask the vendor to put them under one id";
            let other = place(with, &format!("the id {other}"));
            findings.conflict(Severity::Warning, offer.line.span.clone(), other, message, remedy);
        }
        return;
    }
}
