//! The vendor's desk issues a moved license for its new host: against the old host's receipt, or where
//! that host is lost.

use std::collections::BTreeMap;

use license::PublicKey;
use names::{CpuId, PackNumber};

use super::proof::{Moving, Proof};
use super::words::{about, few, receipt_name};
use crate::change::Row;
use crate::decide::requests;
use crate::decision::{Decision, Draft};
use crate::ledger;
use crate::model::{
    Case, CaseKind, CaseState, ConfigLine, ConfigStanding, Configuration, Item, MoveRow, MoveState, Place,
    Seat,
};
use crate::{Refusal, Role};

/// What is asked for.
pub(super) struct Wish {
    pub(super) receipt: String,
    pub(super) host_lost: String,
    pub(super) ids: Vec<u64>,
    pub(super) to: Option<CpuId>,
    pub(super) to_key: String,
}

pub(super) fn decide(mut draft: Draft<'_>, wish: &Wish) -> Result<Decision, Refusal> {
    ledger::signer(draft.ctx)?;
    let moving = Moving::check(&draft, wish)?;
    let case = open(&mut draft, &moving)?;
    let before = counts(&draft, &moving);
    let successors = succeed(&mut draft, &moving)?;
    if counts(&draft, &moving) != before {
        return Err(Refusal::rule("W7", "the counts would change, which is a fault of this program"));
    }
    let packs = sign(&mut draft, &moving, &case)?;
    let done =
        format!("{} moved from {} to {} as {}", few(&moving.ids()), moving.from, moving.to, few(&successors));
    keep(&mut draft, moving, case, &successors, &packs, &done)?;
    Ok(draft.done(done))
}

/// The case: where the license was given up at this very desk, the one that it has.
fn open(draft: &mut Draft<'_>, moving: &Moving) -> Result<Case, Refusal> {
    if let Some(case) = moving.own_case(draft) {
        return Ok(case);
    }
    let subject = format!("Move {} from {} to {}", few(&moving.ids()), moving.from, moving.to);
    let mut case = draft.open_case(CaseKind::Move, Some(moving.company.clone()), &subject)?;
    case.about = about(&moving.ids(), &moving.from, &moving.to);
    if let Proof::Receipt { read, case: other, text } = &moving.proof {
        case.other = Some(other.clone());
        case.asked_by = read.request().by.clone();
        case.about.push(requests::of_site(&moving.from));
        draft.add_file(&mut case, &receipt_name(other), text.clone())?;
    }
    Ok(case)
}

/// The same licenses on the new host, under the ids that it has for them, or new ones; the old ids are done.
fn succeed(draft: &mut Draft<'_>, moving: &Moving) -> Result<Vec<u64>, Refusal> {
    let mut all = Vec::new();
    for old in &moving.configurations {
        let mut successors = Vec::new();
        // Each line is of an order of its own, whose subscription, invoice and buyer go with it.
        for line in &old.lines {
            let item = item(old, line, &moving.to);
            let issued = ledger::issue(draft, &moving.company, &[item], &line.order)?;
            successors.extend(issued.configurations.iter().map(|added| added.id));
        }
        successors.sort_unstable();
        successors.dedup();
        all.extend(&successors);
        let (standing, version) = (ConfigStanding::Moved, old.version + 1);
        let moved = Configuration { standing, successors, version, ..old.clone() };
        draft.put(Row::Configuration(Box::new(moved)));
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// A line as it would be ordered for the new host.
fn item(of: &Configuration, line: &ConfigLine, to: &CpuId) -> Item {
    let is_locked = of.seat == Seat::Locked;
    let places = match is_locked {
        true => line.workstations.iter().map(|cpu| Place { cpu: cpu.clone(), count: 1 }).collect(),
        false => vec![Place { cpu: to.clone(), count: line.count }],
    };
    Item {
        feature: line.feature.clone(),
        version: line.version,
        product_line: of.product_line.clone(),
        modules: of.modules.clone(),
        is_module: of.product.is_none(),
        seat: of.seat,
        maintenance: of.maintenance,
        places,
        host: is_locked.then(|| to.clone()),
        from: line.from,
        until: line.until,
        serials: of.serials.clone(),
        installs: of.installs.clone(),
        id: None,
    }
}

/// Seats of the company on both hosts, by all that makes a line one.
fn counts(draft: &Draft<'_>, moving: &Moving) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let is_of = |of: &&Configuration| {
        of.vendor == moving.vendor && of.standing == ConfigStanding::Active && moving.is_between(&of.host)
    };
    for of in draft.desk.configurations_of(&moving.company).filter(is_of) {
        for line in &of.lines {
            let key = format!(
                "{} {} {:?} {:?} {:?} {} {} {:?} {}",
                line.feature,
                line.version,
                of.seat,
                of.modules,
                of.product_line,
                of.maintenance,
                line.until,
                line.from,
                of.product.is_none()
            );
            *counts.entry(key).or_default() += u64::from(line.count);
        }
    }
    counts
}

/// The packs of both hosts. The new host's voids the old one's too: with it in hand nobody serves both.
fn sign(draft: &mut Draft<'_>, moving: &Moving, case: &Case) -> Result<Vec<PackNumber>, Refusal> {
    let old: Vec<PackNumber> = moving.old_packs.clone();
    let key: Option<&PublicKey> = moving.to_key.as_ref();
    let new = ledger::pack(draft, &moving.company, &moving.to, key, &old, &case.number)?;
    let rest = ledger::pack(draft, &moving.company, &moving.from, None, &[], &case.number)?;
    Ok(new.into_iter().chain(rest).collect())
}

/// The case and the move are written down.
fn keep(
    draft: &mut Draft<'_>,
    moving: Moving,
    mut case: Case,
    successors: &[u64],
    packs: &[PackNumber],
    done: &str,
) -> Result<(), Refusal> {
    case.about.extend(successors.iter().map(|id| format!("configuration:{id}")));
    case.about.extend(packs.iter().map(|pack| format!("pack:{pack}")));
    let names: Vec<String> = packs.iter().map(ToString::to_string).collect();
    let (proof, host_lost) = match &moving.proof {
        Proof::Receipt { read, .. } => {
            case.about.push(requests::digest(read));
            (format!("against the receipt of case {}", read.request().case), String::new())
        }
        Proof::HostLost(reason) => {
            (format!("without a receipt: the host is lost ({reason})"), reason.clone())
        }
    };
    let what = format!("{done}, {proof}; packs {}", names.join(", "));
    let version = draft.desk.moving(&case.number).map_or(0, |row| row.version) + 1;
    let case = draft.note_case(case, CaseState::Done, &what)?;
    let is_here = draft.ctx.role == Role::Both && draft.ctx.host == Some(&moving.to);
    let ids = moving.ids();
    let Moving { company, vendor, from, to, to_key, .. } = moving;
    draft.put(Row::Move(Box::new(MoveRow {
        case: case.number,
        company: Some(company),
        vendor,
        ids,
        from,
        to,
        to_key: to_key.map(|key| key.to_string()).unwrap_or_default(),
        state: if is_here { MoveState::Installed } else { MoveState::Issued },
        host_lost,
        version,
    })));
    Ok(())
}
