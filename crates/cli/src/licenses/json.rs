//! `--json` of `license show` and `license diff`. The schemas are described in the crate's README; under
//! a name fields are only ever added.

use license::{
    DupGroup, Entitlement, Listed, Maintenance, PackState, Place, Rules, SeatKind, Source, TerminalServer,
    VmPlatforms,
};
use names::{Code, ConfigId, Date, Expiry, Wall};
use serde::Serialize;

use super::show::features;
use super::words::{cpus_all, remedy};
use super::{Set, file};
use crate::fail::Failure;
use crate::out;

const SHOW: &str = "seatkeeper.license.show/1";

#[derive(Debug, Serialize)]
struct ShowJson {
    schema: &'static str,
    files: Vec<String>,
    packs: Vec<PackJson>,
    pools: Vec<PoolJson>,
    unserved: Vec<UnservedJson>,
    idle: Vec<IdleJson>,
    diagnostics: Vec<DiagnosticJson>,
}

#[derive(Debug, Serialize)]
struct PackJson {
    vendor: String,
    number: String,
    file: String,
    state: &'static str,
    lines: u32,
    missing: u32,
    cpu_ids: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PoolJson {
    feature: String,
    vendor: String,
    /// Its place among the pools of its feature and vendor, from 1.
    order: usize,
    config_id: String,
    cpu_id: String,
    pooling: String,
    /// Nothing where they are not counted.
    seats: Option<u64>,
    lines: Vec<LineJson>,
}

#[derive(Debug, Serialize)]
struct UnservedJson {
    code: i32,
    why: String,
    remedy: &'static str,
    feature: String,
    vendor: String,
    /// Nothing where the line has no number and is in no pack.
    config_id: Option<String>,
    cpu_ids: Vec<String>,
    line: LineJson,
}

/// A line, in what it gives each of its pools.
#[derive(Debug, Serialize)]
pub(super) struct LineJson {
    version: String,
    /// Nothing where they are not counted.
    seats: Option<u32>,
    kind: &'static str,
    starts: Option<String>,
    /// Nothing where it never expires.
    expires: Option<String>,
    standing: &'static str,
    rules: RulesJson,
    product_line: Option<String>,
    modules: Option<Vec<String>>,
    maintenance: Option<bool>,
    vendor_string: Option<String>,
    issued: Option<String>,
    sort: u8,
    package: Option<String>,
    pack: Option<String>,
    host_key: Option<String>,
    place: PlaceJson,
    also_from: Vec<PlaceJson>,
}

#[derive(Debug, Serialize)]
struct RulesJson {
    borrow_hours: Option<u32>,
    borrow_lost_ok: bool,
    dup_group: Option<String>,
    dup_limit: Option<u32>,
    suite_dup_group: Option<String>,
    float_ok: bool,
    host_ids: Vec<String>,
    host_based: Option<ListedJson>,
    user_based: Option<ListedJson>,
    linger_s: Option<u32>,
    minimum: Option<u32>,
    overdraft: Option<u32>,
    platforms: Vec<String>,
    terminal_server: &'static str,
    time_zone: Option<String>,
    virtual_machines: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ListedJson {
    AtMost(u32),
    Word(&'static str),
}

#[derive(Debug, Serialize)]
pub(super) struct PlaceJson {
    file: String,
    line: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct IdleJson {
    why: String,
    place: PlaceJson,
}

#[derive(Debug, Serialize)]
struct DiagnosticJson {
    severity: String,
    code: Option<i32>,
    message: String,
    remedy: String,
    /// `file:line:column`.
    place: String,
}

/// The whole report, with a line end.
pub(crate) fn show(set: &Set, now: Wall) -> Result<String, Failure> {
    let sources = &set.sources;
    let loaded = &set.loaded;
    let packs = loaded.packs.iter().map(|pack| PackJson {
        vendor: pack.vendor.to_string(),
        number: pack.number.to_string(),
        file: file(sources, pack.file),
        state: state(pack.state),
        lines: pack.lines,
        missing: pack.missing,
        cpu_ids: pack.host_ids.iter().map(ToString::to_string).collect(),
    });
    let unserved = loaded.unserved.iter().map(|unserved| UnservedJson {
        code: unserved.code.number(),
        why: safe(&unserved.why),
        remedy: remedy(unserved.code),
        feature: unserved.entitlement.feature.to_string(),
        vendor: unserved.entitlement.vendor.to_string(),
        config_id: config(&unserved.entitlement),
        cpu_ids: cpus_all(&unserved.entitlement),
        line: line(&unserved.entitlement, sources, now),
    });
    let diagnostics = loaded.diagnostics.iter().map(|found| DiagnosticJson {
        severity: found.severity.to_string(),
        code: found.code.map(Code::number),
        message: safe(&found.message),
        remedy: safe(&found.remedy),
        place: found.place(sources),
    });
    out::json(&ShowJson {
        schema: SHOW,
        files: (0..sources.len()).map(|at| file(sources, at)).collect(),
        packs: packs.collect(),
        pools: pools(set, now),
        unserved: unserved.collect(),
        idle: loaded.idle.iter().map(|one| idle(one, sources)).collect(),
        diagnostics: diagnostics.collect(),
    })
}

fn pools(set: &Set, now: Wall) -> Vec<PoolJson> {
    let mut all = Vec::new();
    for ((feature, vendor), groups) in features(set.loaded.entitlements.iter()) {
        let mut order = 0;
        for group in groups {
            for pool in &group.pools {
                order += 1;
                let each = |e: &Entitlement| {
                    let seats = e.seats.map(|seats| u64::from(seats.get()))?;
                    Some(if e.kind == SeatKind::Locked { 1 } else { seats })
                };
                all.push(PoolJson {
                    feature: feature.to_string(),
                    vendor: vendor.to_string(),
                    order,
                    config_id: pool.config().to_string(),
                    cpu_id: pool.cpu().to_string(),
                    pooling: safe(pool.pooling()),
                    seats: group.lines.iter().map(|line| each(line)).sum(),
                    lines: group.lines.iter().map(|e| line(e, &set.sources, now)).collect(),
                });
            }
        }
    }
    all
}

/// A line as JSON has it.
pub(super) fn line(e: &Entitlement, sources: &[Source], now: Wall) -> LineJson {
    LineJson {
        version: e.version.to_string(),
        seats: e.seats.map(|seats| if e.kind == SeatKind::Locked { 1 } else { seats.get() }),
        kind: match e.kind {
            SeatKind::Floating => "floating",
            SeatKind::Locked => "locked",
            SeatKind::Named => "named",
        },
        starts: e.start.map(day),
        expires: match e.expiry {
            Expiry::Permanent => None,
            Expiry::On(date) => Some(day(date)),
        },
        standing: standing(e, now),
        rules: rules(&e.rules),
        product_line: e.product_line.as_deref().map(safe),
        modules: e.modules.as_ref().map(|modules| modules.iter().map(|module| safe(module)).collect()),
        maintenance: e.maintenance.map(|maintenance| maintenance == Maintenance::Active),
        vendor_string: e.vendor_string.as_deref().map(safe),
        issued: e.issued.map(day),
        sort: e.sort,
        package: e.packaged.as_ref().map(|packaged| packaged.package.to_string()),
        pack: e.pack.as_ref().map(ToString::to_string),
        host_key: e.host_key.as_ref().map(ToString::to_string),
        place: place(e.place, sources),
        also_from: e.also_from.iter().map(|at| place(*at, sources)).collect(),
    }
}

/// How a line stands, in a word.
pub(super) fn standing(e: &Entitlement, now: Wall) -> &'static str {
    match e.start {
        _ if e.expiry.is_past(now) => "expired",
        Some(start) if now < start.start() => "not_yet",
        _ => "active",
    }
}

fn rules(rules: &Rules) -> RulesJson {
    let group = |group: Option<DupGroup>| group.map(|group| group.to_string());
    let listed = |listed: Option<Listed>| {
        listed.map(|listed| match listed {
            Listed::AsSeats => ListedJson::Word("seats"),
            Listed::AtMost(n) => ListedJson::AtMost(n),
        })
    };
    RulesJson {
        borrow_hours: rules.borrow_hours,
        borrow_lost_ok: rules.borrow_lost_ok,
        dup_group: group(rules.dup_group),
        dup_limit: rules.dup_limit,
        suite_dup_group: group(rules.suite_dup_group),
        float_ok: rules.float_ok,
        host_ids: rules.host_ids.iter().map(ToString::to_string).collect(),
        host_based: listed(rules.host_based),
        user_based: listed(rules.user_based),
        linger_s: rules.linger_s,
        minimum: rules.minimum,
        overdraft: rules.overdraft,
        platforms: rules.platforms.iter().map(|platform| safe(platform)).collect(),
        terminal_server: match rules.terminal_server {
            TerminalServer::No => "no",
            TerminalServer::One => "one",
            TerminalServer::Yes => "yes",
        },
        time_zone: rules.time_zone.as_deref().map(safe),
        virtual_machines: rules.virtual_machines.map(|machines| match machines {
            VmPlatforms::Physical => "never",
            VmPlatforms::VmOnly => "only",
        }),
    }
}

pub(super) fn idle(idle: &license::Idle, sources: &[Source]) -> IdleJson {
    IdleJson { why: safe(&idle.why), place: place(idle.place, sources) }
}

fn place(place: Place, sources: &[Source]) -> PlaceJson {
    PlaceJson { file: file(sources, place.file), line: place.line }
}

fn config(e: &Entitlement) -> Option<String> {
    match (&e.config, &e.pack) {
        (ConfigId::OfPack(_), None) => None,
        (config, _) => Some(config.to_string()),
    }
}

fn state(state: PackState) -> &'static str {
    match state {
        PackState::Served => "served",
        PackState::Foreign => "foreign",
        PackState::Refused => "refused",
        PackState::Voided => "voided",
        PackState::Duplicate => "duplicate",
    }
}

/// `yyyy-mm-dd`.
fn day(date: Date) -> String {
    let (year, month, day) = date.ymd();
    format!("{year:04}-{month:02}-{day:02}")
}

/// Text from a file as it may be shown.
pub(super) fn safe(text: &str) -> String {
    client::shown(text, 2000)
}
