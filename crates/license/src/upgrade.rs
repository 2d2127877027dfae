//! UPGRADE lines: seats of an earlier version become seats of a later one.

use names::{ConfigId, Feature, SeatCount, Vendor, Version};

use rustc_hash::FxHashMap;

use crate::Place;
use crate::expand::{Expanded, Nothing};
use crate::limits::UPGRADES_MAX;
use crate::pack::PackLine;
use crate::resolve::Offer;
use crate::terms::Terms;

/// A counted line, and what is left of its seats.
struct Seats<'a> {
    offer: Offer<'a>,
    terms: &'a Terms,
    left: Option<u32>,
    /// The lines that took from it, or that it took from.
    with: Vec<Place>,
}

/// One configuration's lines of a feature.
#[derive(Default)]
struct Line {
    /// Indexes into the seats, in the order of the files.
    seats: Vec<usize>,
    upgrades: usize,
}

/// The lines read so far, upgraded as far as they go.
#[derive(Default)]
pub(crate) struct Upgrades<'a> {
    seats: Vec<Seats<'a>>,
    lines: FxHashMap<(&'a Vendor, &'a Feature, ConfigId), Line>,
}

impl<'a> Upgrades<'a> {
    /// The next line of the files.
    pub(crate) fn add(&mut self, offer: Offer<'a>, terms: &'a Terms, nothing: &mut Nothing<'_>) {
        let mut seats = Seats { offer, terms, left: terms.seats.map(SeatCount::get), with: Vec::new() };
        let key = (&terms.vendor, &terms.feature, offer.config(terms));
        let line = self.lines.entry(key).or_default();
        if let Some(from) = &terms.from {
            line.upgrades += 1;
            if line.upgrades > UPGRADES_MAX {
                let why = format!("a feature has at most {UPGRADES_MAX} UPGRADE lines");
                nothing.say(offer.line, why, "ask the vendor for INCREMENT lines of the new version");
                return;
            }
            let found =
                line.seats.iter().rev().copied().find(|at| {
                    self.seats.get(*at).is_some_and(|base| is_upgraded(base, from, &offer, terms))
                });
            let Some(base) = found.and_then(|at| self.seats.get_mut(at)) else {
                let why = format!(
                    "there is nothing to upgrade: no line before this one gives {} of a version from {from} \
                     and below {} in the same configuration, bound in the same way, and as long",
                    terms.feature, terms.version
                );
                let remedy =
                    "put it behind the line it upgrades, in one pack with it, and name the same CONFIG_ID";
                nothing.say(offer.line, why, remedy);
                return;
            };
            let taken = base.left.unwrap_or(0).min(terms.seats.map_or(0, SeatCount::get));
            base.left = base.left.map(|left| left - taken);
            base.with.push(offer.line.place());
            seats.with.push(base.offer.line.place());
            seats.left = Some(taken);
            if terms.seats.is_some_and(|seats| seats.get() > taken) {
                say_fewer(offer.line, terms, taken, nothing);
            }
        }
        line.seats.push(self.seats.len());
        self.seats.push(seats);
    }

    /// What every line gives in the end, in the order of the files.
    pub(crate) fn finish(self, nothing: &mut Nothing<'_>) -> Vec<Expanded<'a>> {
        let mut all = Vec::with_capacity(self.seats.len());
        for Seats { offer, terms, left, with } in self.seats {
            if left == Some(0) {
                let why = "all its seats are upgraded by later lines".to_owned();
                nothing.idle.push(crate::Idle { place: offer.line.place(), why });
                continue;
            }
            let seats = left.and_then(|left| SeatCount::new(u64::from(left)).ok());
            let mut entitlement = offer.entitlement(terms, seats);
            entitlement.also_from = with;
            all.push(Expanded { line: offer.line, terms, entitlement });
        }
        all
    }
}

/// Whether a line has seats of such a version, bound in the same way. A locked line is upgraded whole.
/// Of another pack it has to last as long as the UPGRADE: else who puts a trial that is over before it
/// would have its seats back, and would keep those that were to be upgraded.
fn is_upgraded(base: &Seats<'_>, from: &Version, offer: &Offer<'_>, upgrade: &Terms) -> bool {
    let terms = base.terms;
    let lasts = terms.start <= upgrade.start && terms.expiry >= upgrade.expiry;
    if base.offer.pack != offer.pack && !lasts {
        return false;
    }
    let version = terms.version >= *from && terms.version < upgrade.version;
    let left = base.left.is_some_and(|left| left > 0);
    let same = terms.kind == upgrade.kind && sorted(terms) == sorted(upgrade);
    version && left && same
}

/// What the line is locked to, or limited to.
fn sorted(terms: &Terms) -> Vec<&names::CpuId> {
    let mut ids: Vec<_> = terms.workstations.iter().chain(&terms.rules.host_ids).collect();
    ids.sort();
    ids
}

fn say_fewer(line: &PackLine, terms: &Terms, taken: u32, nothing: &mut Nothing<'_>) {
    let Some(findings) = nothing.findings.get_mut(line.file) else { return };
    let wanted = terms.seats.map_or(0, SeatCount::get);
    let message =
        format!("only {taken} of {wanted} seats are upgraded: the line before this one has no more");
    let remedy = "ask the vendor for one UPGRADE line for each line that is upgraded";
    findings.warning(None, line.span.clone(), message, remedy);
}
