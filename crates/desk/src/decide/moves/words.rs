//! How moves are shown and found.

use names::CpuId;

use crate::model::CaseNumber;

/// What a move's case is found by.
pub(super) fn about(ids: &[u64], from: &CpuId, to: &CpuId) -> Vec<String> {
    let ids = ids.iter().map(|id| format!("configuration:{id}"));
    ids.chain([format!("host:{from}"), format!("host:{to}")]).collect()
}

/// The name of a case's receipt among its files.
pub(super) fn receipt_name(case: &CaseNumber) -> String {
    format!("surrender-{case}.request")
}

/// `configurations 11470, 11471`; of many the first five.
pub(super) fn few(ids: &[u64]) -> String {
    let text: Vec<String> = ids.iter().take(5).map(u64::to_string).collect();
    let what = if ids.len() == 1 { "configuration" } else { "configurations" };
    match ids.len().saturating_sub(5) {
        0 => format!("{what} {}", text.join(", ")),
        more => format!("{what} {} and {more} more", text.join(", ")),
    }
}
