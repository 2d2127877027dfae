//! A day at the real daemon, with seats in every state that there is: the metrics tell what `lmstat --json`
//! tells and what is in the journal, and no more of it than they may.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod support;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use client::{Admin, CheckoutOptions, Client, Error, Leases, Place, Progress, Seat};
use names::{Date, Wall};
use proto::v1;
use serde_json::Value;
use support::metrics::{METRICS, Metrics};
use support::tool::tool;
use support::{DEADLINE, Daemon, Site, servers};
use tokio::time::timeout;

const HEAD: &str = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n";
const LINES: &str = "INCREMENT mill acmed 4.2 31-dec-2099 4 CONFIG_ID=11470 SEAT=FLOATING BORROW=72 OVERDRAFT=1\n\
    INCREMENT lathe acmed 3.0 permanent 2 CONFIG_ID=11471 SEAT=FLOATING\n\
    INCREMENT lathe acmed 4.0 permanent 1 CONFIG_ID=11472 SEAT=FLOATING\n\
    INCREMENT drill acmed 1.0 permanent 2 CONFIG_ID=11473 SEAT=FLOATING\n\
    INCREMENT post acmed 1.0 permanent 3 CONFIG_ID=11474 SEAT=FLOATING\n\
    INCREMENT view acmed 1.0 permanent uncounted CONFIG_ID=11475 SEAT=FLOATING HOSTID=ANY\n";
const SAW: &str = "INCREMENT saw acmed 1.0 permanent 2 CONFIG_ID=11476 SEAT=FLOATING\n";
const OPTIONS: &[u8] = b"RESERVE 1 lathe:VERSION=3.0 USER osman\nLINGER post 600\nEXCLUDE mill USER ada\n";
/// Heartbeats come each second.
const SESSIONS: &str = "[session]\ntimeout_ms = 3000\ngrace_ms = 1000\nhold_ms = 4000\n";

async fn connect(site: &Site, daemon: &Daemon, user: &str) -> Client {
    let options = site.options(user, &format!("ws-{user}"), "02aa10203099");
    Client::connect(&servers(daemon.address), options).await.unwrap()
}

async fn take(client: &Client, feature: &str) -> Seat {
    client.checkout(CheckoutOptions::new(feature, "1.0")).await.unwrap()
}

async fn denied(client: &Client, feature: &str) -> i32 {
    match client.checkout(CheckoutOptions::new(feature, "1.0")).await {
        Err(Error::Denied { code, .. }) => code.number(),
        other => panic!("{feature}: {other:?}"),
    }
}

async fn reread(site: &Site, dry_run: bool) -> bool {
    let mut admin = Admin::connect(&site.path("admin.sock")).await.unwrap();
    admin.reread(v1::RereadRequest { drop: false, dry_run }).await.unwrap().in_force
}

fn in_hours(hours: i64) -> Wall {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Wall(i64::try_from(since.as_millis()).unwrap() + hours * 3_600_000)
}

/// What a tool writes, when it is content.
fn said(site: &Site, daemon: &Daemon, line: &str) -> String {
    let output = tool(site, daemon, line).output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The labels of a pool of `lmstat --json`.
fn labels(pool: &Value) -> String {
    let of = |field: &str| pool[field].as_str().unwrap().to_owned();
    format!(
        "{{vendor=\"{}\",feature=\"{}\",configuration=\"{}\",cpu_id=\"{}\",version=\"{}\"}}",
        of("vendor"),
        of("feature"),
        of("config_id"),
        of("cpu_id"),
        of("version")
    )
}

/// Holds every figure of `lmstat --json` against its metric.
fn as_lmstat_tells(metrics: &Metrics, pools: &[Value]) {
    assert_eq!(metrics.get("seatkeeper_pools"), pools.len() as f64);
    for pool in pools {
        let labels = labels(pool);
        let of = |name: &str| metrics.find(&format!("seatkeeper_pool_{name}{labels}"));
        for (field, name) in [
            ("in_use", "seats_in_use"),
            ("reserved", "seats_reserved"),
            ("borrowed", "seats_borrowed"),
            ("lingering", "seats_lingering"),
            ("booked", "seats_booked"),
            ("overdraft", "seats_overdraft"),
        ] {
            assert_eq!(of(name), pool[field].as_f64(), "{name}{labels}\n{}", metrics.0);
        }
        let counted = !pool["uncounted"].as_bool().unwrap();
        assert_eq!(of("seats"), pool["capacity"].as_f64().filter(|_| counted), "{labels}");
        assert_eq!(of("expiry_timestamp_seconds").is_some(), pool["expires"].is_string(), "{labels}");
    }
    let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
    for pool in pools {
        *lines.entry(pool["feature"].as_str().unwrap()).or_default() +=
            pool["queue"].as_array().unwrap().len();
    }
    for (feature, waiting) in &lines {
        let series = format!("seatkeeper_feature_waiting{{feature=\"{feature}\"}}");
        assert_eq!(metrics.get(&series), *waiting as f64, "{feature}");
    }
    assert_eq!(metrics.get("seatkeeper_waiting"), lines.values().sum::<usize>() as f64);
}

/// Denials in the journal, by code.
fn denials(events: &str) -> BTreeMap<i64, u32> {
    let mut denials = BTreeMap::new();
    for line in events.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if event["kind"] == "denied" {
            *denials.entry(event["fields"]["code"].as_str().unwrap().parse().unwrap()).or_default() += 1;
        }
    }
    denials
}

#[tokio::test]
async fn a_day_is_told_by_the_metrics_as_by_lmstat_and_the_journal() {
    let site = Site::with_packs(&[&format!("{HEAD}{LINES}{SAW}")]).configure(METRICS);
    site.write("licenses/acmed.opt", OPTIONS);
    let daemon = site.start();
    let (kim, lee) = (connect(&site, &daemon, "kim").await, connect(&site, &daemon, "lee").await);
    let ada = connect(&site, &daemon, "ada").await;
    let leases = Leases::at(&site.path("borrowed")).unwrap();

    // Four of mill and one above; then there are none, and ada may not have any.
    kim.borrow(&leases, &CheckoutOptions::new("mill", "4.0"), in_hours(24)).await.unwrap();
    let mut held = Vec::new();
    for client in [&kim, &kim, &lee, &lee] {
        held.push(take(client, "mill").await);
    }
    assert_eq!([denied(&lee, "mill").await, denied(&lee, "mill").await], [-4, -4]);
    assert_eq!(denied(&ada, "mill").await, -38);
    // One of two lathes is osman's; the later version's pool is another.
    held.extend([take(&lee, "lathe").await, take(&lee, "lathe").await]);
    assert_eq!(denied(&ada, "lathe").await, -4);
    // Both drills are booked, and lee waits.
    kim.book(&CheckoutOptions::new("drill", "1.0").seats(2), "1234", Duration::from_secs(600)).await.unwrap();
    let mut waits = lee.begin_checkout(&CheckoutOptions::new("drill", "1.0").queue()).unwrap();
    let place = timeout(DEADLINE, waits.next()).await.unwrap().unwrap();
    assert!(matches!(place, Progress::Queued(Place { position: 1, .. })), "{place:?}");
    // One of three lingers.
    take(&kim, "post").await.checkin().await.unwrap();
    held.extend([take(&kim, "view").await, take(&kim, "saw").await]);
    // What nobody licenses makes one series, whatever it is called.
    for n in 0..20 {
        assert_eq!(denied(&ada, &format!("nothing{n}")).await, -5);
    }
    // Who only asks is not denied.
    let explained = tool(&site, &daemon, "explain mill --as ada@ws1").output().unwrap();
    assert!(String::from_utf8_lossy(&explained.stdout).contains("(-38)"), "{explained:?}");

    // The saw is not licensed any more. A dry run is no reread, and one that is refused changes nothing.
    let pack = site.sign("P-9", &format!("{HEAD}{LINES}"));
    site.write("licenses/pack-0.lic", &pack);
    assert!(reread(&site, true).await && reread(&site, false).await);
    site.write("licenses/acmed.opt", b"EXCLUDE mill USR ada\n");
    assert!(!reread(&site, true).await && !reread(&site, false).await);

    let metrics = daemon.metrics();
    let status: Value = serde_json::from_str(&said(&site, &daemon, "lmstat -a --json")).unwrap();
    let pools = status["servers"][0]["status"]["pools"].as_array().unwrap().clone();
    as_lmstat_tells(&metrics, &pools);
    // What the day was made for is there.
    for (name, feature, seats) in [
        ("seats_in_use", "mill", 5.0),
        ("seats_overdraft_in_use", "mill", 1.0),
        ("seats_borrowed", "mill", 1.0),
        ("seats_reserved", "lathe", 1.0),
        ("seats_booked", "drill", 2.0),
        ("seats_lingering", "post", 1.0),
        ("seats_in_use", "view", 1.0),
        ("seats_unlicensed", "saw", 1.0),
        ("seats_unlicensed", "mill", 0.0),
    ] {
        let told = metrics.sum(&format!("seatkeeper_pool_{name}"), &[&format!("feature=\"{feature}\"")]);
        assert_eq!(told, seats, "{name} of {feature}:\n{}", metrics.0);
    }
    let ends = Date::parse("31-dec-2099").unwrap().end().0 as f64 / 1e3;
    assert_eq!(metrics.sum("seatkeeper_pool_expiry_timestamp_seconds", &["feature=\"mill\""]), ends);

    let of = |vendor: &str, feature: &str, code: i32| {
        let labels = format!("{{vendor=\"{vendor}\",feature=\"{feature}\",code=\"{code}\"}}");
        metrics.find(&format!("seatkeeper_denials_total{labels}")).unwrap_or(0.0)
    };
    let told = [of("acmed", "mill", -4), of("acmed", "mill", -38), of("acmed", "lathe", -4), of("", "", -5)];
    assert_eq!(told, [2.0, 1.0, 1.0, 20.0], "{}", metrics.0);
    let journal = denials(&said(&site, &daemon, "events --json"));
    for (code, n) in &journal {
        let told = metrics.sum("seatkeeper_denials_total", &[&format!("code=\"{code}\"")]);
        assert_eq!(told, f64::from(*n), "{code}");
    }
    assert_eq!(metrics.sum("seatkeeper_denials_total", &[]), f64::from(journal.values().sum::<u32>()));

    for (series, value) in [
        ("seatkeeper_rereads_total{result=\"good\"}", 1.0),
        ("seatkeeper_rereads_total{result=\"refused\"}", 1.0),
        ("seatkeeper_clock_set_back", 0.0),
        ("seatkeeper_pools_added_up", 0.0),
        ("seatkeeper_sessions", 3.0),
        // 1 borrowed, 4 and 2 and 1 and 2 granted, 1 in line, 4 and 20 denied.
        ("seatkeeper_request_seconds_count{command=\"checkout\"}", 35.0),
        ("seatkeeper_request_seconds_count{command=\"checkin\"}", 1.0),
    ] {
        assert_eq!(metrics.get(series), value, "{series}\n{}", metrics.0);
    }
    let batches = |of: &str| metrics.get(&format!("seatkeeper_journal_batch_records_{of}"));
    assert_eq!(batches("count"), metrics.get("seatkeeper_journal_flush_seconds_count"));
    assert_eq!(batches("sum"), metrics.get("seatkeeper_journal_records_total"));
    assert!(metrics.get("seatkeeper_journal_bytes_total") > batches("sum"), "{}", metrics.0);
    let waited = metrics.get("seatkeeper_request_seconds_sum{command=\"checkout\"}");
    let flushed = metrics.get("seatkeeper_journal_flush_seconds_sum");
    assert!(
        waited > 0.0 && waited < 60.0 && flushed > 0.0,
        "{waited} s for checkouts, {flushed} s of flushes"
    );
    for name in ["kim", "lee", "ada", "ws-", "osman", "nothing1"] {
        assert!(!metrics.0.contains(name), "{name} is told:\n{}", metrics.0);
    }
    drop((held, waits));
}

#[tokio::test]
async fn a_command_is_timed_as_a_call_and_on_a_stream() {
    let site = Site::new().configure(METRICS).configure(SESSIONS);
    let daemon = site.start();
    let endpoint = format!("http://{}", daemon.address);
    let mut calls = v1::seats_client::SeatsClient::connect(endpoint).await.unwrap();
    let hello = v1::Hello {
        protocol: proto::PROTOCOL,
        nonce: vec![7; 32].into(),
        user: "kim".into(),
        host: "ws01".into(),
        cpu_id: "02aa10201101".into(),
        ..v1::Hello::default()
    };
    let Some(v1::reply::Kind::Welcome(welcome)) = calls.open(hello).await.unwrap().into_inner().kind else {
        panic!("no session");
    };
    let session = Some(v1::SessionToken { session: welcome.session, token: welcome.token });
    let checkout =
        v1::Checkout { feature: "PROENGINEER".into(), version: "20.0".into(), ..v1::Checkout::default() };
    let asked = v1::CheckoutCall { session: session.clone(), request_id: 1, checkout: Some(checkout) };
    let Some(v1::reply::Kind::Granted(granted)) = calls.checkout(asked).await.unwrap().into_inner().kind
    else {
        panic!("no seat");
    };
    let beat = v1::SessionCall { session: session.clone(), ..v1::SessionCall::default() };
    calls.heartbeat(beat).await.unwrap();
    let kind = Some(v1::command::Kind::Heartbeat(v1::Heartbeat {}));
    let command = Some(v1::Command { request_id: 2, kind, ..v1::Command::default() });
    calls.call(v1::CommandCall { session: session.clone(), command }).await.unwrap();
    let checkin = Some(v1::Checkin { grant: granted.grant });
    calls.checkin(v1::CheckinCall { session, request_id: 3, checkin }).await.unwrap();
    let metrics = daemon.metrics();
    for (command, n) in [("checkout", 1.0), ("checkin", 1.0), ("heartbeat", 2.0)] {
        let series = format!("seatkeeper_request_seconds_count{{command=\"{command}\"}}");
        assert_eq!(metrics.get(&series), n, "{command}");
    }
    // Those of a client's stream come by themselves.
    let kim = connect(&site, &daemon, "kim").await;
    let deadline = Instant::now() + DEADLINE;
    while daemon.metrics().get("seatkeeper_request_seconds_count{command=\"heartbeat\"}") < 4.0 {
        assert!(Instant::now() < deadline, "no heartbeat of a stream is counted");
        tokio::task::yield_now().await;
    }
    kim.close().await.unwrap();
}
