//! Doing what the preview showed, and asking for it.

use std::collections::BTreeMap;

use super::finding::Findings;
use super::preview::{self, Run};
use super::{check, files};
use names::PackNumber;

use crate::change::Row;
use crate::decision::{Decision, Draft};
use crate::hashed::Hashed;
use crate::ledger;
use crate::model::{Case, CaseKind, CaseState, Converted, ConvertedRow};
use crate::{CustomerNumber, Refusal, limits};

/// Converts an estate: exactly what its preview showed, with the packs of its hosts. The second time it
/// issues nothing.
///
/// # Errors
/// All that is wrong with the estate, a preview that is none or another by now, a limit, and a desk that
/// cannot sign.
pub(crate) fn convert(
    mut draft: Draft<'_>,
    company: &CustomerNumber,
    estate: &str,
    seen: &str,
) -> Result<Decision, Refusal> {
    ledger::signer(draft.ctx)?;
    let Some((case, run)) = issue(&mut draft, company, estate, seen)? else {
        draft.say("every row was converted before; nothing is issued");
        return Ok(draft.done(format!("convert an estate of {company}: nothing new")));
    };
    let mut keys = run.host_keys();
    keys.retain(|host, _| run.issued.hosts.contains(host));
    let packs = ledger::packs(&mut draft, company, &run.issued.hosts, &keys, &case.number)?;
    finish(draft, case, company, &run, &packs)
}

/// Issues the ids and writes down what was converted; nothing where all of it was converted before.
pub(super) fn issue(
    draft: &mut Draft<'_>,
    company: &CustomerNumber,
    estate: &str,
    seen: &str,
) -> Result<Option<(Case, Run)>, Refusal> {
    let run = preview::run(draft, company, estate, None)?;
    refuse(&run.preview.refusals)?;
    if seen.is_empty() {
        let why = "look at the preview first, and give its fingerprint";
        return Err(Refusal::invalid("preview", why));
    }
    if seen != run.preview.fingerprint {
        let why = "the estate or the ledger is not as it was in the preview";
        return Err(Refusal::Conflict(why.to_owned()));
    }
    if run.preview.fresh == 0 {
        return Ok(None);
    }
    let case = open(draft, company, estate)?;
    remember(draft, company, &run, &case)?;
    Ok(Some((case, run)))
}

/// What is wrong with an estate, as one refusal: the first ones, and how many there are.
fn refuse(refusals: &Findings) -> Result<(), Refusal> {
    const SHOWN: usize = 20;
    if refusals.is_empty() {
        return Ok(());
    }
    let mut lines: Vec<String> = refusals.kept().iter().take(SHOWN).map(ToString::to_string).collect();
    if refusals.count() > SHOWN {
        lines.push(format!("and {} more, which the preview names", refusals.count() - SHOWN));
    }
    Err(Refusal::invalid("estate", lines.join("\n")))
}

/// The case that asked for this estate, or a new one with it.
fn open(draft: &mut Draft<'_>, company: &CustomerNumber, estate: &str) -> Result<Case, Refusal> {
    if let Some(case) = asked(draft, company, estate) {
        return Ok(case.clone());
    }
    let mut case = draft.open_case(CaseKind::Conversion, Some(company.clone()), "Conversion of an estate")?;
    files::add(draft, &mut case, "estate", estate)?;
    case.about.push(mark(estate));
    Ok(case)
}

/// By what a case is found that asks for an estate.
fn mark(estate: &str) -> String {
    let mut all = Hashed::default();
    all.add(estate);
    format!("estate:{}", all.text())
}

/// Writes down which rows were converted.
fn remember(draft: &mut Draft<'_>, company: &CustomerNumber, run: &Run, case: &Case) -> Result<(), Refusal> {
    let mut parts: BTreeMap<String, Converted> = BTreeMap::new();
    let fresh = run.identities.iter().zip(&run.ids).zip(&run.known).filter(|(_, known)| !**known);
    for ((identity, id), _) in fresh {
        let Some(id) = *id else { continue };
        let part = check::part(&identity.license);
        let there = || {
            draft.desk.tables.converted.get(&(company.clone(), part.clone())).map(|there| (**there).clone())
        };
        let converted = parts.entry(part.clone()).or_insert_with(|| {
            there().unwrap_or_else(|| Converted {
                company: company.clone(),
                part: part.clone(),
                licenses: BTreeMap::new(),
            })
        });
        let one = ConvertedRow { row: identity.row.clone(), id, case: case.number.clone() };
        converted.licenses.entry(identity.license.clone()).or_default().push(one);
    }
    for converted in parts.into_values() {
        let row = Row::Converted(Box::new(converted));
        if row.encode().len() > limits::ROW_BYTES_MAX {
            let why = format!("company {company} has as many converted rows as can be kept");
            return Err(Refusal::Limit(why));
        }
        draft.put(row);
    }
    Ok(())
}

/// Ends the case with the report.
pub(super) fn finish(
    mut draft: Draft<'_>,
    mut case: Case,
    company: &CustomerNumber,
    run: &Run,
    packs: &[PackNumber],
) -> Result<Decision, Refusal> {
    files::add(&mut draft, &mut case, "conversion", &run.preview.report()?)?;
    case.about.extend(packs.iter().map(|pack| format!("pack:{pack}")));
    for one in &run.issued.configurations {
        case.about.push(format!("configuration:{}", one.id));
    }
    for host in &run.issued.hosts {
        case.about.push(format!("host:{host}"));
    }
    case.about.truncate(limits::CASE_ABOUT_MAX);
    let new = run.issued.configurations.iter().filter(|one| one.is_new).count();
    let what = format!(
        "{} rows converted: {} ids, {new} of them new, on {} hosts; {} packs, {} warnings",
        run.preview.fresh,
        run.issued.configurations.len(),
        run.issued.hosts.len(),
        packs.len(),
        run.preview.warnings.count(),
    );
    for warning in run.preview.warnings.kept() {
        draft.say(warning.to_string());
    }
    let case = draft.note_case(case, CaseState::Done, &what)?;
    Ok(draft.done(format!("convert an estate of {company}, case {}: {what}", case.number)))
}

/// Asks the vendor's desk to convert an estate: a case with the file, which is looked at before.
///
/// # Errors
/// All that is wrong with the estate, and a limit.
pub(crate) fn request(
    mut draft: Draft<'_>,
    company: &CustomerNumber,
    estate: &str,
) -> Result<Decision, Refusal> {
    let preview = preview::preview(&draft.desk, draft.ctx, company, estate, None)?;
    refuse(&preview.refusals)?;
    if let Some(case) = asked(&draft, company, estate) {
        let why = format!("case {} asks for the same estate already", case.number);
        return Err(Refusal::invalid("estate", why));
    }
    let mut case = draft.open_case(CaseKind::Conversion, Some(company.clone()), "Conversion of an estate")?;
    files::add(&mut draft, &mut case, "estate", estate)?;
    files::add(&mut draft, &mut case, "preview", &preview.report()?)?;
    case.about.push(mark(estate));
    let state = if draft.ctx.role.is_vendor() { CaseState::Open } else { CaseState::Waiting };
    let what =
        format!("asked to convert {} rows", preview.rows.iter().map(|side| side.lines.len()).sum::<usize>());
    for warning in preview.warnings.kept() {
        draft.say(warning.to_string());
    }
    let case = draft.note_case(case, state, &what)?;
    Ok(draft.done(format!("ask for the conversion of an estate of {company}, case {}", case.number)))
}

/// An open case that asks for the same.
fn asked<'a>(draft: &'a Draft<'_>, company: &CustomerNumber, estate: &str) -> Option<&'a Case> {
    draft.desk.cases_marked(&mark(estate)).find(|case| {
        case.kind == CaseKind::Conversion
            && case.company.as_ref() == Some(company)
            && matches!(case.state, CaseState::Open | CaseState::Waiting)
    })
}
