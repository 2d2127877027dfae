//! Frames of made-up hosts, and what the keys do.

mod frames;
mod keys;

use jiff::tz::TimeZone;
use proto::v1;

use super::app::App;
use super::cells::Look;
use super::data::{Data, News};

/// 2026-11-22 10:15:02 UTC.
const NOW: i64 = 1_795_342_502_000;
const CPU_ID: &str = "02aa10203040";

/// A terminal without colours, in UTC.
fn look() -> Look {
    Look { colour: false, wide: true, zone: TimeZone::UTC }
}

fn pool(feature: &str, config: &str, capacity: u32, in_use: u32) -> v1::PoolStatus {
    let name = v1::PoolName {
        feature: feature.into(),
        vendor: "acmed".into(),
        config_id: config.into(),
        cpu_id: CPU_ID.into(),
        ..v1::PoolName::default()
    };
    v1::PoolStatus {
        pool: Some(name),
        license_version: "4.2".into(),
        capacity,
        in_use,
        expiry: "permanent".into(),
        standing: v1::Standing::Active.into(),
        ..v1::PoolStatus::default()
    }
}

fn holder(grant: u64, user: &str, host: &str) -> v1::Holder {
    let since_ms = NOW - 7_500_000;
    v1::Holder { grant, user: user.into(), host: host.into(), seats: 1, since_ms, ..v1::Holder::default() }
}

fn waiting(user: &str, host: &str) -> v1::Waiting {
    let since_ms = NOW - 95_000;
    v1::Waiting { user: user.into(), host: host.into(), seats: 1, since_ms, ..v1::Waiting::default() }
}

fn reply(pools: Vec<v1::PoolStatus>) -> News {
    let server = v1::ServerStatus {
        host: "lic1".into(),
        port: 27000,
        version: "0.1.0".into(),
        cpu_id: CPU_ID.into(),
        ..v1::ServerStatus::default()
    };
    let reply = v1::StatusReply { now_ms: NOW, server: Some(server), pools, ..v1::StatusReply::default() };
    News::Answered { host: 0, reply: Box::new(reply) }
}

fn event(kind: &str, fields: &[(&str, &str)]) -> v1::JournalEvent {
    let field =
        |(name, value): &(&str, &str)| v1::EventField { name: (*name).into(), value: (*value).into() };
    let fields = fields.iter().map(field).collect();
    v1::JournalEvent { seq: 1, time_ms: NOW - 60_000, kind: kind.into(), fields }
}

fn events(events: Vec<v1::JournalEvent>) -> News {
    News::Events { cpu_id: CPU_ID.into(), events }
}

fn denied(user: &str, reason: &str) -> v1::JournalEvent {
    let who = [
        ("feature", "mill"),
        ("user", user),
        ("host", "ws04"),
        ("seats", "1"),
        ("code", "-4"),
        ("reason", reason),
    ];
    event("denied", &who)
}

/// A view of one host that has told this.
fn app(news: impl IntoIterator<Item = News>) -> App {
    let mut app = App::new(Data::new(["27000@lic1".to_owned()]), NOW);
    for one in news {
        app.take(one);
    }
    app.refresh();
    app
}

/// A site at work: a full pool with a line, one with reservations and a borrowed seat, one uncounted.
fn busy() -> App {
    let mut mill = pool("mill", "11470", 3, 3);
    mill.expiry = "30-nov-2026".into();
    mill.holders = vec![holder(7, "kim", "ws01"), holder(8, "lee", "ws02"), holder(9, "osman", "ws03")];
    if let Some(holder) = mill.holders.first_mut() {
        holder.address = "10.8.0.11".into();
    }
    if let Some(holder) = mill.holders.get_mut(1) {
        holder.set_keeping(v1::Keeping::Borrowed);
        holder.kept_until_ms = NOW + 86_400_000;
    }
    if let Some(holder) = mill.holders.get_mut(2) {
        (holder.held, holder.idle_since_ms) = (true, NOW - 700_000);
    }
    mill.borrowed = 1;
    mill.waiting = vec![waiting("ada", "ws04")];
    let mut lathe = pool("lathe", "1717", 10, 4);
    lathe.reservations =
        vec![v1::Reservation { seats: 2, who: "GROUP cad".into(), rule: "acmed.opt:3".into() }];
    let mut viewer = pool("viewer", "2290", 0, 2);
    viewer.uncounted = true;
    let mut saw = pool("saw", "2291", 2, 0);
    saw.set_standing(v1::Standing::Expired);
    let refusal = denied("ada", "Licensed number of users already reached.");
    app([reply(vec![lathe, mill, saw, viewer]), events(vec![refusal])])
}
