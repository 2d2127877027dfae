//! From verified packs to what is licensed: what counts once, what is void, what adds up.

use std::collections::{BTreeMap, BTreeSet};

use names::{Code, Date, Feature, PackNumber, PoolId, Vendor};

use crate::findings::Findings;
use crate::limits::POOL_SEATS_MAX;
use crate::pack::{Draft, PackLine};
use crate::{Entitlement, PackState, Place, SeatKind};

/// Gives each file's findings by its index.
pub(crate) type AllFindings<'a> = &'a mut [Findings];

/// A pack's name.
type PackKey = (Vendor, PackNumber);

/// Resolves all packs together, in the order of their files.
pub(crate) fn resolve(packs: &mut [Draft], findings: AllFindings<'_>) -> Vec<Entitlement> {
    count_once(packs, findings);
    void_packs(packs, findings);
    let superseded = superseded_before(packs);
    let mut first = BTreeSet::new();
    let mut sums = BTreeMap::new();
    let mut entitlements = Vec::new();
    for (draft, line) in served_lines(packs) {
        let Some(findings) = findings.get_mut(line.file) else { continue };
        if is_superseded(line, &superseded, findings) || is_not_served(line, findings) {
            continue;
        }
        if line.terms.first_only && !first.insert((&draft.vendor, &line.terms.feature)) {
            let message = format!("a second FEATURE line of {} gives nothing", line.terms.feature);
            let remedy = "only the first counts; INCREMENT lines add up";
            findings.warning(None, line.span.clone(), message, remedy);
            continue;
        }
        entitlements.extend(entitlement(draft, line, &mut sums, findings));
    }
    entitlements
}

/// The lines of the packs that are served, in the order of files and lines.
fn served_lines(packs: &[Draft]) -> Vec<(&Draft, &PackLine)> {
    let served = packs.iter().filter(|draft| draft.state == PackState::Served);
    let mut lines: Vec<_> =
        served.flat_map(|draft| draft.lines.values().map(move |line| (draft, line))).collect();
    lines.sort_by_key(|(_, line)| (line.file, line.span.start));
    lines
}

/// The same pack in several files counts once, and the files complete each other. Two different
/// packs of one number are both refused.
fn count_once(packs: &mut [Draft], findings: AllFindings<'_>) {
    let mut by_name: BTreeMap<PackKey, Vec<usize>> = BTreeMap::new();
    for (at, draft) in packs.iter().enumerate().filter(|(_, draft)| draft.state == PackState::Served) {
        by_name.entry((draft.vendor.clone(), draft.number.clone())).or_default().push(at);
    }
    for same in by_name.into_values().filter(|same| same.len() > 1) {
        if differ(packs, &same) {
            for at in same {
                if let Some(draft) = packs.get_mut(at)
                    && let Some(findings) = findings.get_mut(draft.file)
                {
                    let span = draft.span();
                    draft.refuse(
                        Code::BadSignature,
                        span,
                        "two files have different packs of this number",
                        findings,
                    );
                }
            }
        } else {
            merge(packs, &same, findings);
        }
    }
}

/// Whether packs of one number are not copies of one pack.
fn differ(packs: &[Draft], same: &[usize]) -> bool {
    let mut seal: Option<&[u8]> = None;
    let mut lines: BTreeMap<u32, &[u8]> = BTreeMap::new();
    for draft in same.iter().filter_map(|at| packs.get(*at)) {
        let canonical = draft.seal.as_ref().map_or(&[][..], |seal| &seal.canonical);
        if *seal.get_or_insert(canonical) != canonical {
            return true;
        }
        for (index, line) in &draft.lines {
            if *lines.entry(*index).or_insert(&line.signed.canonical) != line.signed.canonical {
                return true;
            }
        }
    }
    false
}

/// Moves what only a copy has into the first.
fn merge(packs: &mut [Draft], same: &[usize], findings: AllFindings<'_>) {
    let Some((first, copies)) = same.split_first() else { return };
    for at in copies {
        let Some(copy) = packs.get_mut(*at) else { continue };
        copy.state = PackState::Duplicate;
        let lines = std::mem::take(&mut copy.lines);
        if let Some(findings) = findings.get_mut(copy.file) {
            let message =
                format!("pack {} of {} was read from another file already", copy.number, copy.vendor);
            findings.warning(None, copy.span(), message, "it counts once; remove one of the files");
        }
        if let Some(first) = packs.get_mut(*first) {
            for (index, line) in lines {
                first.lines.entry(index).or_insert(line);
            }
        }
    }
}

/// A pack that any good pack of its vendor voids gives nothing, whichever machine the other is for.
fn void_packs(packs: &mut [Draft], findings: AllFindings<'_>) {
    let good = packs.iter().filter(|draft| draft.state != PackState::Refused);
    let void: BTreeMap<PackKey, PackNumber> = good
        .flat_map(|draft| draft.lines.values().map(move |line| (draft, line)))
        .flat_map(|(draft, line)| {
            line.terms.voids.iter().map(|void| ((draft.vendor.clone(), void.clone()), draft.number.clone()))
        })
        .collect();
    for draft in packs.iter_mut().filter(|draft| draft.state == PackState::Served) {
        let Some(by) = void.get(&(draft.vendor.clone(), draft.number.clone())) else { continue };
        draft.state = PackState::Voided;
        if let Some(findings) = findings.get_mut(draft.file) {
            let message = format!("pack {} of {} is void: pack {by} replaces it", draft.number, draft.vendor);
            findings.warning(None, draft.span(), message, "remove it");
        }
    }
}

/// For each feature the day before which its lines are void.
fn superseded_before(packs: &[Draft]) -> BTreeMap<(Vendor, Feature), Date> {
    let mut before: BTreeMap<(Vendor, Feature), Date> = BTreeMap::new();
    for (draft, line) in served_lines(packs) {
        let Some(issued) = line.terms.issued else { continue };
        for feature in &line.terms.supersedes {
            let day = before.entry((draft.vendor.clone(), feature.clone())).or_insert(issued);
            *day = (*day).max(issued);
        }
    }
    before
}

/// Whether a later line voids this one. A line without `ISSUED` was issued before every other.
fn is_superseded(
    line: &PackLine,
    before: &BTreeMap<(Vendor, Feature), Date>,
    findings: &mut Findings,
) -> bool {
    let key = (line.terms.vendor.clone(), line.terms.feature.clone());
    let Some(day) = before.get(&key).filter(|day| line.terms.issued < Some(**day)) else { return false };
    let message = format!("this line is void: a line of {day} supersedes it");
    findings.warning(None, line.span.clone(), message, "nothing needs doing; the later line counts");
    true
}

fn is_not_served(line: &PackLine, findings: &mut Findings) -> bool {
    let Some((span, why)) = &line.terms.not_served else { return false };
    let message = format!("{why} by this version");
    let remedy = "ask the vendor for a line without it, or for a newer version of this program";
    findings.error(Code::NotServed, span.clone(), message, remedy);
    true
}

/// The line as seats, unless one of its pools would have more than can be counted.
fn entitlement(
    draft: &Draft,
    line: &PackLine,
    sums: &mut BTreeMap<PoolId, u64>,
    findings: &mut Findings,
) -> Option<Entitlement> {
    let terms = &line.terms;
    let seats = terms.seats?;
    let config = terms.config_in(&draft.number);
    let cpus = terms.cpus(&draft.hosts);
    let each = if terms.kind == SeatKind::Locked { 1 } else { u64::from(seats.get()) };
    let mut pools = Vec::with_capacity(cpus.len());
    for cpu in &cpus {
        let (vendor, feature) = (terms.vendor.clone(), terms.feature.clone());
        pools.push(PoolId::new(vendor, config.clone(), cpu.clone(), feature, &terms.pooling).ok()?);
    }
    if pools.iter().any(|pool| sums.get(pool).copied().unwrap_or(0) + each > POOL_SEATS_MAX) {
        let message = format!("with this line its pool has more than {POOL_SEATS_MAX} seats");
        findings.error(Code::BadSyntax, line.span.clone(), message, "ask the vendor for a pack with fewer");
        return None;
    }
    for pool in &pools {
        *sums.entry(pool.clone()).or_insert(0) += each;
    }
    Some(Entitlement {
        vendor: terms.vendor.clone(),
        config,
        feature: terms.feature.clone(),
        version: terms.version.clone(),
        start: terms.start,
        expiry: terms.expiry,
        seats,
        kind: terms.kind,
        cpus,
        product_line: terms.product_line.clone(),
        vendor_string: terms.vendor_string.clone(),
        sort: terms.sort,
        host_key: terms.host_key.clone(),
        pack: draft.number.clone(),
        line: line.signed.clone(),
        place: Place { file: line.file, line: line.number },
        pools,
    })
}
