//! Licenses that receipts beside the packs say were given up, and no row does: the state is of an older
//! backup. They stay given up.

use license::{SignedRequest, SurrenderEnding};

use super::words::few;
use super::{read, surrender};
use crate::Refusal;
use crate::change::Row;
use crate::decision::{Decision, Draft};
use crate::model::{CaseNumber, Counter, Ending, Retired};

pub(super) fn decide(mut draft: Draft<'_>, receipts: &[String]) -> Result<Decision, Refusal> {
    let here = surrender::here(draft.ctx)?;
    let mut ids = Vec::new();
    for text in receipts {
        let read = read::file("receipts", text)?;
        read.is_of(&here.key.public()).map_err(|e| Refusal::invalid("receipts", e))?;
        for row in retired(&read, text)? {
            let key = (row.vendor.clone(), row.id, row.host.clone());
            if row.host == *here.host && !draft.desk.tables.retired.contains_key(&key) {
                pass_by(&mut draft, &row.case);
                ids.push(row.id);
                draft.put(Row::Retired(Box::new(row)));
            }
        }
    }
    if ids.is_empty() {
        return Ok(draft.done("no receipt of a license that is not known to be given up"));
    }
    draft.reread();
    Ok(draft.done(format!("{}: given up before, by the receipts beside the packs", few(&ids))))
}

/// The rows that a receipt stands for.
fn retired(read: &SignedRequest, text: &str) -> Result<Vec<Retired>, Refusal> {
    let request = read.request();
    let Some(surrendered) = request.surrendered() else { return Ok(Vec::new()) };
    let case = CaseNumber::new(&request.case).map_err(|e| Refusal::invalid("receipts", e))?;
    let row = |id: &u64| Retired {
        vendor: surrendered.vendor.clone(),
        id: *id,
        host: request.host.clone(),
        case: case.clone(),
        receipt: text.to_owned(),
        at_ms: request.at.0,
        ending: match surrendered.ending {
            SurrenderEnding::Finish => Ending::Finish,
            SurrenderEnding::End => Ending::End,
        },
    };
    Ok(surrendered.ids.iter().map(row).collect())
}

/// A case's number that was given once is not given again.
fn pass_by(draft: &mut Draft<'_>, case: &CaseNumber) {
    let number = case.as_str().rsplit('-').next().and_then(|digits| digits.parse::<u64>().ok());
    let next = draft.desk.tables.counters.get("case").map_or(0, |counter| counter.next);
    if let Some(number) = number.filter(|number| (next..u64::MAX).contains(number)) {
        draft.put(Row::Counter(Box::new(Counter { of: "case".into(), next: number + 1 })));
    }
}
