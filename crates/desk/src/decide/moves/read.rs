//! What people give by hand: ids, hosts, keys, files.

use license::{PublicKey, SignedRequest};
use names::CpuId;

use crate::{Refusal, limits};

/// Configuration IDs, rising, each once.
pub(super) fn ids(given: &[u64]) -> Result<Vec<u64>, Refusal> {
    let mut ids = given.to_vec();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Err(Refusal::invalid("ids", "name at least one Configuration ID"));
    }
    if ids.len() > limits::MOVED_IDS_MAX {
        let why = format!("one move is of {} configurations at most", limits::MOVED_IDS_MAX);
        return Err(Refusal::Limit(why));
    }
    Ok(ids)
}

/// A license host that something moves to.
pub(super) fn new_host(to: &CpuId, from: &CpuId) -> Result<(), Refusal> {
    if to == from {
        return Err(Refusal::invalid("to", format!("{to} is the host that it is moved from")));
    }
    if to.is_any() || to.as_str() == "DEMO" {
        return Err(Refusal::invalid("to", format!("{to} is no license host; give its host id (lmhostid)")));
    }
    Ok(())
}

/// A license host's public key, where one is given.
pub(super) fn key(text: &str) -> Result<Option<PublicKey>, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let remedy = "`seatkeeperd init` shows the new host's";
    text.parse().map(Some).map_err(|e| Refusal::invalid("to_key", format!("{e}; {remedy}")))
}

/// A request file.
pub(in crate::decide) fn file(field: &'static str, text: &str) -> Result<SignedRequest, Refusal> {
    SignedRequest::read(text.as_bytes())
        .map_err(|e| Refusal::invalid(field, format!("{e} ({}); {}", e.code().number(), e.remedy())))
}
