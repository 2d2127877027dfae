//! What one client can make the daemon keep in memory, and what all of them together can.

#![allow(clippy::unwrap_used, reason = "what is not as it must be fails the test")]

mod hostile;
mod support;

use std::net::SocketAddr;

use hostile::raw::{self, Raw, frame, message};
use hostile::stream::Session;
use hostile::{Witness, calls, checkout, granted, peak_kib};
use proto::v1;
use proto::v1::command::Kind;
use support::metrics::METRICS;
use support::{FLOATING, Site};

const SESSION: &str = "/seatkeeper.v1.Seats/Session";
const STATUS: &str = "/seatkeeper.v1.Seats/Status";

/// A command of no kind, which is answered with a denial: `commands { request_id: 1 }`.
const COMMAND: [u8; 4] = [0x0a, 2, 8, 1];

/// A connection whose windows the daemon has opened, and that opens none for the daemon's answers.
fn deaf(at: SocketAddr) -> Raw {
    let mut raw = Raw::connect(at);
    let no_window = [0, 4, 0, 0, 0, 0];
    raw.send(&[raw::PREFACE, &frame(raw::SETTINGS, 0, 0, &no_window)].concat()).unwrap();
    raw.wait_for(|f| f.kind == raw::SETTINGS && f.flags == 0).unwrap();
    raw.send(&frame(raw::SETTINGS, raw::ACK, 0, &[])).unwrap();
    raw.wait_for(|f| f.kind == raw::WINDOW_UPDATE && f.stream == 0).unwrap();
    raw
}

/// Sends commands on 16 streams until their windows are full, and reads no answer. Gives the
/// connection, if the daemon keeps it.
fn hoard(at: SocketAddr) -> Option<Raw> {
    let mut raw = deaf(at);
    let commands = message(&COMMAND.repeat(256)).repeat(15);
    for n in 0..16 {
        let stream = 2 * n + 1;
        raw.send(&raw::begin(stream, SESSION)).ok()?;
        for _ in 0..64 {
            raw.send(&frame(raw::DATA, 0, stream, &commands)).ok()?;
        }
    }
    raw.is_answered().then_some(raw)
}

#[tokio::test]
async fn gr_08_clients_that_send_and_do_not_read_do_not_fill_the_memory() {
    let site = Site::new().configure("[limits]\nbuffered_mib = 16\n").configure(METRICS);
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let before = peak_kib(daemon.pid());
    let at = daemon.address;
    // 20 of them, with almost 16 MiB each.
    let hoarding = tokio::task::spawn_blocking(move || Vec::from_iter((0..20).filter_map(|_| hoard(at))));
    while !hoarding.is_finished() {
        witness.check(&mut daemon).await;
    }
    let kept = hoarding.await.unwrap();
    assert!(kept.len() < 3, "{} connections are kept with all that they sent", kept.len());
    let log = daemon.log();
    assert!(log.contains("keeps more than it may") && log.contains("raise buffered_mib"), "{log}");
    let cut = daemon.metrics().get("seatkeeper_connections_cut_total");
    assert!(cut >= (20 - kept.len()) as f64, "{cut} were cut, and {} kept", kept.len());
    let grown = peak_kib(daemon.pid()) - before;
    assert!(grown < 96 * 1024, "{grown} KiB more than before");
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_08_reports_that_are_not_read_do_not_fill_the_memory() {
    let many = FLOATING.replace(" 10 CONFIG_ID", " 20000 CONFIG_ID");
    let site = Site::with_packs(&[&many]).configure("[limits]\nbuffered_mib = 16\n");
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    // Many holders make a long report: 4,000 of them, a third of a megabyte.
    let mut session = Session::open(&mut calls(daemon.address).await, "kim").await;
    for _ in 0..4 {
        let own = session.token.session;
        for _ in 0..4 {
            let asks = (0..250).map(|_| session.command(own, Kind::Checkout(checkout(1)))).collect();
            session.send(asks).await;
        }
        for _ in 0..1_000 {
            granted(session.next().await.unwrap().unwrap());
        }
    }
    let before = peak_kib(daemon.pid());
    let at = daemon.address;
    let asking = tokio::task::spawn_blocking(move || {
        let ask = |stream| [raw::begin(stream, STATUS), raw::last(stream, &message(&[]))].concat();
        let all: Vec<u8> = (0..200).flat_map(|n| ask(2 * n + 1)).collect();
        let mut left = Vec::new();
        for _ in 0..25 {
            let mut raw = deaf(at);
            raw.send(&all).unwrap();
            // Some are refused, with 8 for a resource that is exhausted, or the connection is cut.
            let refused = raw.wait_for(|f| f.kind == raw::HEADERS && f.flags & raw::END_STREAM != 0);
            assert!(refused.is_none_or(|headers| raw::grpc_status(&headers) == Some(8)));
            left.push(raw);
        }
    });
    while !asking.is_finished() {
        witness.check(&mut daemon).await;
    }
    asking.await.unwrap();
    let grown = peak_kib(daemon.pid()) - before;
    assert!(grown < 128 * 1024, "{grown} KiB more than before");
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn a_busy_client_that_reads_its_answers_is_never_cut() {
    let site = Site::new().configure("[limits]\nbuffered_mib = 1\n");
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let mut session = Session::open(&mut calls(daemon.address).await, "kim").await;
    let own = session.token.session;
    // More than the limit in all, and never much at once.
    for _ in 0..200 {
        for _ in 0..4 {
            let beat = Kind::Heartbeat(v1::Heartbeat {});
            let beats = (0..250).map(|_| session.command(own, beat.clone())).collect();
            session.send(beats).await;
        }
        for _ in 0..1_000 {
            session.next().await.unwrap().unwrap();
        }
    }
    witness.check(&mut daemon).await;
    assert!(!daemon.log().contains("keeps more than it may"), "{}", daemon.log());
}
