//! `store check --json`. The schema is described in the crate's README; under a name fields are only
//! ever added.

use names::Wall;
use serde::Serialize;
use store::offline::{Check, Severity};

use crate::fail::Failure;
use crate::out;

const CHECK: &str = "seatkeeper.store.check/1";

#[derive(Debug, Serialize)]
struct CheckJson {
    schema: &'static str,
    folder: String,
    /// `whole`, `mended` or `refused`.
    verdict: &'static str,
    findings: Vec<FindingJson>,
    store: Option<StoreJson>,
    journal: Option<JournalJson>,
    sled: Option<SledJson>,
    exports: Vec<ExportJson>,
    readers: Vec<ReaderJson>,
    seats: Option<SeatsJson>,
}

#[derive(Debug, Serialize)]
struct FindingJson {
    severity: &'static str,
    text: String,
}

#[derive(Debug, Serialize)]
struct StoreJson {
    id: String,
    epoch: u64,
    created: String,
    host: String,
}

#[derive(Debug, Serialize)]
struct JournalJson {
    first: u64,
    last: u64,
    files: usize,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct SledJson {
    record: u64,
    rows: u64,
}

#[derive(Debug, Serialize)]
struct ExportJson {
    file: String,
    record: u64,
    /// Nothing where it is damaged.
    rows: Option<u64>,
}

#[derive(Debug, Serialize)]
struct ReaderJson {
    name: String,
    next: u64,
    behind: u64,
    cut_loose: bool,
}

#[derive(Debug, Serialize)]
struct SeatsJson {
    record: u64,
    rows: u64,
    sessions: u64,
    grants: u64,
    pools: Vec<PoolJson>,
}

#[derive(Debug, Serialize)]
struct PoolJson {
    feature: String,
    vendor: String,
    config_id: String,
    cpu_id: String,
    pooling: String,
    capacity: u32,
    granted: u64,
    holders: Vec<HolderJson>,
}

#[derive(Debug, Serialize)]
struct HolderJson {
    grant: u64,
    who: String,
    seats: u64,
    how: &'static str,
    since: String,
    until: Option<String>,
}

/// A check as JSON.
pub(super) fn check(found: &Check) -> Result<String, Failure> {
    let word = |severity| if severity == Severity::Refused { "refused" } else { "mended" };
    let finding =
        |f: &store::offline::Finding| FindingJson { severity: word(f.severity), text: f.text.clone() };
    let json = CheckJson {
        schema: CHECK,
        folder: found.folder.clone(),
        verdict: found.worst().map_or("whole", word),
        findings: found.findings.iter().map(finding).collect(),
        store: found.sentinel.as_ref().map(|sentinel| StoreJson {
            id: sentinel.store.to_string(),
            epoch: sentinel.epoch,
            created: time(sentinel.created),
            host: sentinel.host.to_string(),
        }),
        journal: found.journal.map(|journal| JournalJson {
            first: journal.first.0,
            last: journal.last.0,
            files: journal.files,
            bytes: journal.bytes,
        }),
        sled: found.sled.map(|(record, rows)| SledJson { record: record.0, rows }),
        exports: found
            .exports
            .iter()
            .map(|export| ExportJson {
                file: export.file.clone(),
                record: export.cursor.0,
                rows: export.rows,
            })
            .collect(),
        readers: found.readers.iter().map(reader).collect(),
        seats: seats(found),
    };
    out::json(&json)
}

fn reader(found: &store::offline::ReaderFound) -> ReaderJson {
    ReaderJson {
        name: found.reader.name.to_string(),
        next: found.reader.next.0,
        behind: found.behind,
        cut_loose: found.reader.is_cut_loose,
    }
}

fn seats(found: &Check) -> Option<SeatsJson> {
    let (counts, last) = (found.counts()?, found.last()?);
    let (pools, holders) = found.holders();
    let holders_of = |pool| {
        let of = holders.iter().filter(move |holder| holder.pool == pool);
        of.map(|holder| HolderJson {
            grant: holder.grant.0,
            who: holder.who.clone(),
            seats: holder.seats,
            how: holder.how,
            since: time(holder.since),
            until: holder.until.map(time),
        })
        .collect()
    };
    let pools = pools.into_iter().map(|of| PoolJson {
        feature: of.pool.feature().to_string(),
        vendor: of.pool.vendor().to_string(),
        config_id: of.pool.config().to_string(),
        cpu_id: of.pool.cpu().to_string(),
        pooling: of.pool.pooling().to_string(),
        capacity: of.capacity,
        granted: of.granted,
        holders: holders_of(of.pool),
    });
    Some(SeatsJson {
        record: last.0,
        rows: counts.rows(),
        sessions: counts.sessions,
        grants: counts.grants,
        pools: pools.collect(),
    })
}

/// RFC 3339, in UTC.
fn time(wall: Wall) -> String {
    jiff::Timestamp::from_millisecond(wall.0).unwrap_or_default().to_string()
}
