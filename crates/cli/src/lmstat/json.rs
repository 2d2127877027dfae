//! `--json`: schema `seatkeeper.lmstat/1`. It is described in the crate's README; fields are only
//! ever added under this name.

use client::Server;
use jiff::Timestamp;
use names::Expiry;
use proto::v1::{Holder, Keeping, PoolStatus, Reservation, Waiting};
use serde::Serialize;

use super::ask::{Answer, Answered};
use super::view::{Part, features, kept, name_of, reserved, seconds_kept, standing};
use crate::fail::Failure;
use crate::out;

const SCHEMA: &str = "seatkeeper.lmstat/1";

#[derive(Debug, Serialize)]
struct Report {
    schema: &'static str,
    time: String,
    servers: Vec<ServerJson>,
}

#[derive(Debug, Serialize)]
struct ServerJson {
    asked: Vec<String>,
    #[serde(flatten)]
    outcome: Outcome,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Error(ErrorJson),
    Status(StatusJson),
}

#[derive(Debug, Serialize)]
struct ErrorJson {
    code: i32,
    message: String,
    remedy: String,
}

#[derive(Debug, Serialize)]
struct StatusJson {
    answered: String,
    host: String,
    port: u32,
    version: String,
    cpu_id: String,
    license_files: Vec<String>,
    hosts: Vec<HostJson>,
    /// The server's clock.
    time: String,
    /// All records of its journal up to this one are in the status.
    seq: u64,
    vendors: Vec<VendorJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pools: Option<Vec<PoolJson>>,
}

/// One of the hosts of the license server.
#[derive(Debug, Serialize)]
struct HostJson {
    server: String,
    up: bool,
    master: bool,
    version: Option<String>,
    error: Option<ErrorJson>,
}

#[derive(Debug, Serialize)]
struct VendorJson {
    name: String,
    up: bool,
    version: String,
}

#[derive(Debug, Serialize)]
struct PoolJson {
    feature: String,
    vendor: String,
    config_id: String,
    cpu_id: String,
    pooling: String,
    version: String,
    /// `yyyy-mm-dd`; nothing when it never expires.
    expires: Option<String>,
    standing: &'static str,
    kind: &'static str,
    vendor_string: Option<String>,
    capacity: u32,
    overdraft: u32,
    uncounted: bool,
    in_use: u32,
    reserved: u64,
    borrowed: u32,
    lingering: u32,
    booked: u32,
    users: Vec<UserJson>,
    reservations: Vec<ReservationJson>,
    queue: Vec<QueuedJson>,
}

#[derive(Debug, Serialize)]
struct ReservationJson {
    seats: u32,
    who: String,
    rule: String,
}

#[derive(Debug, Serialize)]
struct QueuedJson {
    user: String,
    host: String,
    display: String,
    address: Option<String>,
    version: String,
    data: String,
    seats: u32,
    priority: u32,
    since: String,
}

#[derive(Debug, Serialize)]
struct UserJson {
    grant: u64,
    user: String,
    host: String,
    display: String,
    address: Option<String>,
    application: String,
    pid: u32,
    version: String,
    seats: u32,
    start: String,
    held: bool,
    keeping: &'static str,
    /// Of lingering, borrowed and booked seats.
    kept_from: Option<String>,
    kept_until: Option<String>,
    /// Of their time, what is left and all of it.
    kept_remaining_s: Option<i64>,
    kept_total_s: Option<i64>,
    data: String,
    project: String,
    job: String,
    idle_since: Option<String>,
    session: String,
}

/// The whole report, with a line end.
pub(crate) fn render(
    groups: &[Vec<Server>],
    answers: &[Answer],
    part: &Part,
    now: Timestamp,
) -> Result<String, Failure> {
    let servers = groups.iter().zip(answers).map(|(group, answer)| ServerJson {
        asked: group.iter().map(ToString::to_string).collect(),
        outcome: outcome(answer, part),
    });
    let report = Report { schema: SCHEMA, time: now.to_string(), servers: servers.collect() };
    out::json(&report)
}

fn outcome(answer: &Answer, part: &Part) -> Outcome {
    let answered = match answer {
        Ok(answered) => answered,
        Err(error) => {
            return Outcome::Error(ErrorJson {
                code: error.code().number(),
                message: error.to_string(),
                remedy: error.remedy(),
            });
        }
    };
    let reply = &answered.reply;
    let server = reply.server.clone().unwrap_or_default();
    let pools = || {
        features(reply, part)
            .into_iter()
            .flat_map(|feature| feature.pools)
            .map(|one| pool(one, reply.now_ms))
            .collect()
    };
    Outcome::Status(StatusJson {
        answered: answered.server.to_string(),
        host: safe(&server.host),
        port: server.port,
        version: safe(&server.version),
        cpu_id: safe(&server.cpu_id),
        license_files: server.license_files.iter().map(|file| safe(file)).collect(),
        hosts: hosts(answered),
        time: time(reply.now_ms),
        seq: reply.seq,
        vendors: reply
            .vendors
            .iter()
            .map(|vendor| VendorJson {
                name: safe(&vendor.name),
                up: vendor.up,
                version: safe(&vendor.version),
            })
            .collect(),
        pools: part.has_pools().then(pools),
    })
}

/// Who answered, and the other hosts of a triad.
fn hosts(answered: &Answered) -> Vec<HostJson> {
    let version = answered.reply.server.as_ref().map(|server| safe(&server.version));
    let master =
        HostJson { server: answered.server.to_string(), up: true, master: true, version, error: None };
    let others = answered.others.iter().map(|(server, outcome)| {
        let (version, error) = match outcome {
            Ok(version) => (Some(safe(version)), None),
            Err(tried) => {
                let error = client::Error::Unreachable { tried: vec![tried.clone()] };
                let remedy = error.remedy();
                (None, Some(ErrorJson { code: tried.code.number(), message: error.to_string(), remedy }))
            }
        };
        HostJson { server: server.to_string(), up: error.is_none(), master: false, version, error }
    });
    std::iter::once(master).chain(others).collect()
}

fn pool(pool: &PoolStatus, now_ms: i64) -> PoolJson {
    let name = name_of(pool);
    PoolJson {
        feature: safe(&name.feature),
        vendor: safe(&name.vendor),
        config_id: safe(&name.config_id),
        cpu_id: safe(&name.cpu_id),
        pooling: safe(&name.pooling),
        version: safe(&pool.license_version),
        expires: expires(&pool.expiry),
        standing: standing(pool),
        kind: if pool.locked { "locked" } else { "floating" },
        vendor_string: known(&pool.vendor_string),
        capacity: pool.capacity,
        overdraft: pool.overdraft,
        uncounted: pool.uncounted,
        in_use: pool.in_use,
        reserved: reserved(pool),
        borrowed: pool.borrowed,
        lingering: pool.lingering,
        booked: pool.booked,
        users: pool.holders.iter().map(|holder| user(holder, now_ms)).collect(),
        reservations: pool.reservations.iter().map(reservation).collect(),
        queue: pool.waiting.iter().map(queued).collect(),
    }
}

fn user(holder: &Holder, now_ms: i64) -> UserJson {
    let seconds = seconds_kept(holder, now_ms);
    UserJson {
        grant: holder.grant,
        user: safe(&holder.user),
        host: safe(&holder.host),
        display: safe(&holder.display),
        address: known(&holder.address),
        application: safe(&holder.application),
        pid: holder.pid,
        version: safe(&holder.version),
        seats: holder.seats,
        start: time(holder.since_ms),
        held: holder.held,
        keeping: match holder.keeping() {
            Keeping::Unspecified | Keeping::Floating => "floating",
            Keeping::Revoked => "revoked",
            Keeping::Lingering => "lingering",
            Keeping::Borrowed => "borrowed",
            Keeping::Booked => "booked",
        },
        kept_from: kept(holder).map(|(from, _)| time(from)),
        kept_until: kept(holder).map(|(_, until)| time(until)),
        kept_remaining_s: seconds.map(|(remaining, _)| remaining),
        kept_total_s: seconds.map(|(_, total)| total),
        data: safe(&holder.data),
        project: safe(&holder.project),
        job: safe(&holder.job),
        idle_since: (holder.idle_since_ms > 0).then(|| time(holder.idle_since_ms)),
        session: safe(&holder.session),
    }
}

fn reservation(reservation: &Reservation) -> ReservationJson {
    let Reservation { seats, who, rule } = reservation;
    ReservationJson { seats: *seats, who: safe(who), rule: safe(rule) }
}

fn queued(waiting: &Waiting) -> QueuedJson {
    QueuedJson {
        user: safe(&waiting.user),
        host: safe(&waiting.host),
        display: safe(&waiting.display),
        address: known(&waiting.address),
        version: safe(&waiting.version),
        data: safe(&waiting.data),
        seats: waiting.seats,
        priority: waiting.priority,
        since: time(waiting.since_ms),
    }
}

fn expires(text: &str) -> Option<String> {
    match Expiry::parse(text) {
        Ok(Expiry::Permanent) => None,
        Ok(Expiry::On(date)) => {
            let (year, month, day) = date.ymd();
            Some(format!("{year:04}-{month:02}-{day:02}"))
        }
        Err(_) => Some(safe(text)),
    }
}

/// RFC 3339, in UTC.
fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

fn known(text: &str) -> Option<String> {
    Some(safe(text)).filter(|text| !text.is_empty())
}

fn safe(text: &str) -> String {
    client::shown(text, 2000)
}
