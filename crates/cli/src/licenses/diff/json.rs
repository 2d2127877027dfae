//! `license diff --json`, schema `seatkeeper.license.diff/1`.

use license::{PoolChange, PoolState, PoolTerms};
use names::Wall;
use serde::Serialize;

use super::super::Set;
use super::super::json::{IdleJson, LineJson, idle, line, safe};
use super::live::{Live, effect};
use super::text::sign;
use crate::fail::Failure;
use crate::out;

const SCHEMA: &str = "seatkeeper.license.diff/1";

#[derive(Debug, Serialize)]
struct DiffJson {
    schema: &'static str,
    changes: Vec<ChangeJson>,
}

#[derive(Debug, Serialize)]
struct ChangeJson {
    change: &'static str,
    feature: String,
    vendor: String,
    config_id: String,
    cpu_id: String,
    pooling: String,
    old: StateJson,
    new: StateJson,
    /// The same pool with another version or of another pack.
    counterpart: Option<CounterpartJson>,
    idle: Vec<IdleJson>,
    /// Nothing where no server was asked, or none has the pool.
    live: Option<LiveJson>,
}

#[derive(Debug, Serialize)]
struct CounterpartJson {
    config_id: String,
    pooling: String,
}

#[derive(Debug, Serialize)]
struct StateJson {
    served: Option<TermsJson>,
    unserved: Option<UnservedJson>,
}

#[derive(Debug, Serialize)]
struct TermsJson {
    /// Nothing where they are not counted.
    seats: Option<u64>,
    lines: Vec<LineJson>,
}

#[derive(Debug, Serialize)]
struct UnservedJson {
    code: i32,
    why: String,
    #[serde(flatten)]
    terms: TermsJson,
}

#[derive(Debug, Serialize)]
struct LiveJson {
    in_use: u64,
    capacity: u64,
    effect: String,
}

/// The whole report, with a line end.
pub(super) fn render(
    old: &Set,
    new: &Set,
    changes: &[PoolChange<'_>],
    live: Option<&Live>,
    now: Wall,
) -> Result<String, Failure> {
    let one = |change: &PoolChange<'_>| {
        let pool = &change.pool;
        ChangeJson {
            change: match sign(change) {
                '+' => "added",
                '-' => "removed",
                '~' => "changed",
                _ => "unserved",
            },
            feature: pool.feature().to_string(),
            vendor: pool.vendor().to_string(),
            config_id: pool.config().to_string(),
            cpu_id: pool.cpu().to_string(),
            pooling: safe(pool.pooling()),
            old: state(&change.old, old, now),
            new: state(&change.new, new, now),
            counterpart: change.counterpart.as_ref().map(|other| CounterpartJson {
                config_id: other.config().to_string(),
                pooling: safe(other.pooling()),
            }),
            idle: change.idle.iter().map(|one| idle(one, &new.sources)).collect(),
            live: live.and_then(|live| live.of(pool)).map(|now| LiveJson {
                in_use: now.in_use,
                capacity: now.capacity,
                effect: effect(change, &now),
            }),
        }
    };
    out::json(&DiffJson { schema: SCHEMA, changes: changes.iter().map(one).collect() })
}

fn state(state: &PoolState<'_>, set: &Set, now: Wall) -> StateJson {
    let terms = |terms: &PoolTerms<'_>| TermsJson {
        seats: terms.seats,
        lines: terms.lines.iter().map(|e| line(e, &set.sources, now)).collect(),
    };
    StateJson {
        served: state.served.as_ref().map(terms),
        unserved: state.unserved.as_ref().map(|(unserved, code, why)| UnservedJson {
            code: code.number(),
            why: safe(why),
            terms: terms(unserved),
        }),
    }
}
