//! What several packs do to each other: copies count once, and a pack voids those it replaces.

use std::collections::BTreeMap;

use names::{Code, PackNumber, Vendor};

use crate::PackState;
use crate::findings::Findings;
use crate::pack::Draft;

/// A pack's name.
type PackKey = (Vendor, PackNumber);

/// The same pack in several files counts once, and the files complete each other. Two different
/// packs of one number are both refused.
pub(crate) fn count_once(packs: &mut [Draft], findings: &mut [Findings]) {
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
            if *lines.entry(*index).or_insert(line.canonical()) != line.canonical() {
                return true;
            }
        }
    }
    false
}

/// Moves what only a copy has into the first.
fn merge(packs: &mut [Draft], same: &[usize], findings: &mut [Findings]) {
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
pub(crate) fn void_packs(packs: &mut [Draft], findings: &mut [Findings]) {
    let good = packs.iter().filter(|draft| draft.state != PackState::Refused);
    let void: BTreeMap<PackKey, PackNumber> = good
        .flat_map(|draft| draft.lines.values().map(move |line| (draft, line)))
        .flat_map(|(draft, line)| {
            line.what.voids().iter().map(|void| ((draft.vendor.clone(), void.clone()), draft.number.clone()))
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
