//! What an estate comes to: shown, or done.

use std::collections::{BTreeMap, BTreeSet};

use license::PublicKey;
use names::{CpuId, Date, Vendor};

use super::finding::Findings;
use super::identity::Identity;
use super::row::EstateRow;
use super::side::{self, SideBySide};
use super::{check, plan, report, row, table};
use crate::change::Row;
use crate::decision::Draft;
use crate::hashed::Hashed;
use crate::ledger::{self, Issued};
use crate::{Action, Actor, Context, CustomerNumber, Desk, Refusal, limits};

/// What an estate comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Whose.
    pub company: CustomerNumber,
    /// The day that the old numbers end before.
    pub prior: Date,
    /// What was, beside what will be: by serial number, and what has none by configuration. In the order
    /// of the file.
    pub rows: Vec<SideBySide>,
    /// What is odd: data, kept as it is.
    pub warnings: Findings,
    /// Why nothing can be converted; empty where it can.
    pub refusals: Findings,
    /// How many rows of the file become licenses now; the others were converted before.
    pub fresh: usize,
    /// What the conversion must be told: it gives this, or is a conflict. Empty where it is refused, and
    /// where this desk issues no ids.
    pub fingerprint: String,
}

/// A conversion that was run on a draft.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) preview: Preview,
    pub(super) rows: Vec<EstateRow>,
    pub(super) identities: Vec<Identity>,
    /// The id of each row; none where it is refused.
    pub(super) ids: Vec<Option<u64>>,
    /// Whether each row was converted before.
    pub(super) known: Vec<bool>,
    pub(super) issued: Issued,
}

impl Run {
    /// The license hosts' keys, as far as the estate names them.
    pub(super) fn host_keys(&self) -> BTreeMap<CpuId, PublicKey> {
        let keys =
            self.rows.iter().filter_map(|row| Some((row.license_host().clone(), row.host_key.clone()?)));
        keys.collect()
    }
}

/// What an estate would come to: the conversion itself, on a copy that is thrown away. `prior` is the day
/// of the report's column, [`report::prior_date`] where none is given. Who may is asked before.
///
/// # Errors
/// An unknown company, and a vendor's desk without a vendor. What is wrong with the estate is in the
/// preview.
pub fn preview(
    desk: &Desk,
    ctx: &Context<'_>,
    company: &CustomerNumber,
    estate: &str,
    prior: Option<Date>,
) -> Result<Preview, Refusal> {
    let mut draft = Draft::new(desk, ctx, &Actor::Daemon, Action::PreviewConversion);
    run(&mut draft, company, estate, prior).map(|run| run.preview)
}

/// Converts on a draft: ids are issued, with their warnings. Refused, the draft is as it was.
pub(super) fn run(
    draft: &mut Draft<'_>,
    company: &CustomerNumber,
    estate: &str,
    prior: Option<Date>,
) -> Result<Run, Refusal> {
    // A site knows of companies only what its packs told it.
    if draft.ctx.role.is_vendor() && draft.desk.company(company).is_none() {
        return Err(Refusal::NotFound(format!("company {company}")));
    }
    let vendor = vendor(draft.ctx)?;
    let (mut refused, mut warned) = (Findings::default(), Findings::default());
    let lines = table::read(estate, &mut refused);
    let rows: Vec<EstateRow> = lines.iter().filter_map(|line| row::read(line, &mut refused)).collect();
    let against = check::Against { desk: &draft.desk, vendor: &vendor, company, today: draft.ctx.today() };
    let identities: Vec<Identity> = rows.iter().map(|row| Identity::of(&vendor, row)).collect();
    let known = check::rows(against, &rows, &identities, &mut refused, &mut warned);
    let plan = plan::plan(&rows, &known, &mut refused);
    let issued = issue(draft, company, &plan, &mut refused);
    let issued =
        issued.unwrap_or_else(|| Issued { configurations: Vec::new(), parts: Vec::new(), hosts: Vec::new() });
    let mut new = BTreeMap::new();
    for part in issued.parts.iter().filter(|_| draft.ctx.role.is_vendor()) {
        new.insert(part.item, part.id);
    }
    let ids: Vec<Option<u64>> = known
        .iter()
        .zip(&plan.item_of)
        .map(|(known, item)| known.or_else(|| item.and_then(|item| new.get(&item).copied())))
        .collect();
    passed_over(&issued, &mut warned);
    warned.sort();
    refused.sort();
    if refused.is_empty() {
        attach(draft, &issued, &rows, &ids, &warned);
        too_long(draft, &vendor, &issued, &mut refused);
    }
    let is_good = refused.is_empty() && draft.ctx.role.is_vendor();
    let fingerprint = if is_good {
        fingerprint(draft, &vendor, company, &identities, &ids, &issued)
    } else {
        String::new()
    };
    let known: Vec<bool> = known.iter().map(Option::is_some).collect();
    let preview = Preview {
        company: company.clone(),
        prior: prior.unwrap_or_else(report::prior_date),
        rows: side::by_side(&rows, &ids, &known, &issued, &warned),
        fresh: known.iter().filter(|known| !**known).count(),
        warnings: warned,
        refusals: refused,
        fingerprint,
    };
    Ok(Run { preview, rows, identities, ids, known, issued })
}

/// A site previews without a vendor of its own; the ids are the vendor's.
pub(super) fn vendor(ctx: &Context<'_>) -> Result<Vendor, Refusal> {
    match ctx.vendor {
        None if !ctx.role.is_vendor() => Vendor::new("vendor").map_err(|e| Refusal::invalid("vendor", e)),
        None => Err(Refusal::invalid("vendor", "this desk's configuration names no vendor")),
        Some(vendor) => Ok(vendor.clone()),
    }
}

/// Issues what was planned; nothing where something is refused.
fn issue(
    draft: &mut Draft<'_>,
    company: &CustomerNumber,
    plan: &plan::Plan,
    refused: &mut Findings,
) -> Option<Issued> {
    if !refused.is_empty() || plan.items.is_empty() || draft.ctx.vendor.is_none() {
        return None;
    }
    let refuse =
        |refusal: Refusal| refused.add(0, "", refusal.to_string(), "correct the rows, and look again");
    ledger::issue(draft, company, &plan.items, "").map_err(refuse).ok()
}

/// Ids between the new ones that are reserved or were given before.
fn passed_over(issued: &Issued, warned: &mut Findings) {
    let new: BTreeSet<u64> =
        issued.configurations.iter().filter(|one| one.is_new).map(|one| one.id).collect();
    for (one, next) in new.iter().zip(new.iter().skip(1)).filter(|(one, next)| *next - *one > 1) {
        let what = match (one + 1, next - 1) {
            (first, last) if first == last => {
                format!("there is no new id {first}: it is reserved or was given before")
            }
            (first, last) => {
                format!("there are no new ids {first} to {last}: they are reserved or were given before")
            }
        };
        warned.add(0, "", what, "");
    }
}

/// What is odd about old numbers stays with the configuration.
fn attach(
    draft: &mut Draft<'_>,
    issued: &Issued,
    rows: &[EstateRow],
    ids: &[Option<u64>],
    warned: &Findings,
) {
    let id_of: BTreeMap<u64, u64> =
        rows.iter().zip(ids).filter_map(|(row, id)| id.map(|id| (row.row, id))).collect();
    let mut odd: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for finding in warned.kept().iter().filter(|finding| matches!(finding.column, "serial" | "installs")) {
        if let Some(id) = id_of.get(&finding.row) {
            odd.entry(*id).or_default().push(finding.what.clone());
        }
    }
    for one in &issued.configurations {
        let Some(more) = odd.remove(&one.id) else { continue };
        let Some(mut now) = draft.desk.configuration(&one.configuration.vendor, one.id).cloned() else {
            continue;
        };
        now.warnings.extend(more);
        now.warnings.dedup();
        now.warnings.truncate(limits::CONFIGURATION_WARNINGS_MAX);
        draft.put(Row::Configuration(Box::new(now)));
    }
}

/// A configuration that would not be one row of the journal.
fn too_long(draft: &Draft<'_>, vendor: &Vendor, issued: &Issued, refused: &mut Findings) {
    for one in &issued.configurations {
        let now = draft.desk.configuration(vendor, one.id).cloned();
        let bytes = now.map_or(0, |now| Row::Configuration(Box::new(now)).encode().len());
        if bytes > limits::ROW_BYTES_MAX {
            let what = format!(
                "configuration {} would have {bytes} bytes, and {} at most are kept",
                one.id,
                limits::ROW_BYTES_MAX
            );
            refused.add(0, "", what, "convert fewer workstations or numbers of it");
        }
    }
}

/// All that the conversion gives.
fn fingerprint(
    draft: &Draft<'_>,
    vendor: &Vendor,
    company: &CustomerNumber,
    identities: &[Identity],
    ids: &[Option<u64>],
    issued: &Issued,
) -> String {
    let mut all = Hashed::default();
    all.add(company.as_str()).add(vendor.as_str());
    for (identity, id) in identities.iter().zip(ids) {
        all.add(&identity.row).add(&id.unwrap_or_default().to_string());
    }
    for now in issued.configurations.iter().filter_map(|one| draft.desk.configuration(vendor, one.id)) {
        all.add(&serde_json::to_string(now).unwrap_or_default());
    }
    all.text()
}
