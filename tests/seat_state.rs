//! sled is what start-up reads: without the journal's older files the daemon starts with the same
//! holders and sessions.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and says its seed")]

mod support;

use std::sync::Arc;

use client::{CheckoutOptions, Client, SeatState};
use proto::v1;
use proto::v1::admin_client::AdminClient;
use proto::v1::seats_client::SeatsClient;
use support::{DEADLINE, Daemon, Site, servers};
use tokio::sync::mpsc;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

/// More than one segment of the journal holds: each denial is a record.
const DENIALS: u64 = 500_000;
const A_MESSAGE: u64 = 250;

async fn info(site: &Site) -> v1::InfoReply {
    let path = site.path("admin.sock").display().to_string();
    let mut office = AdminClient::connect(format!("unix://{path}")).await.unwrap();
    office.info(v1::InfoRequest {}).await.unwrap().into_inner()
}

fn command(request_id: u64, session: u64, kind: v1::command::Kind) -> v1::Command {
    v1::Command { request_id, session, kind: Some(kind) }
}

/// Asks so often for what is not there that the journal goes on in another file.
async fn fill_the_journal(daemon: &Daemon) {
    let mut calls = SeatsClient::connect(format!("http://{}", daemon.address)).await.unwrap();
    let (send, messages) = mpsc::channel(4);
    let mut replies = calls.session(ReceiverStream::new(messages)).await.unwrap().into_inner();
    let hello = v1::Hello {
        protocol: proto::PROTOCOL,
        user: "nobody".into(),
        host: "ws99".into(),
        cpu_id: "02aa10201199".into(),
        nonce: vec![1; 32].into(),
        ..v1::Hello::default()
    };
    let hello = command(1, 0, v1::command::Kind::Hello(hello));
    send.send(v1::ClientMessage { commands: vec![hello] }).await.unwrap();
    let welcome = replies.next().await.unwrap().unwrap().replies.pop().unwrap();
    let Some(v1::reply::Kind::Welcome(welcome)) = welcome.kind else { panic!("{welcome:?}") };
    let asker = tokio::spawn(async move {
        let ask = v1::Checkout { feature: "NOTHING".into(), version: "1".into(), ..v1::Checkout::default() };
        for n in 0..DENIALS / A_MESSAGE {
            let ids = n * A_MESSAGE + 2..(n + 1) * A_MESSAGE + 2;
            let commands = ids
                .map(|id| command(id, welcome.session, v1::command::Kind::Checkout(ask.clone())))
                .collect();
            send.send(v1::ClientMessage { commands }).await.unwrap();
        }
        send
    });
    let mut denied = 0;
    while denied < DENIALS {
        let message = tokio::time::timeout(DEADLINE, replies.next()).await.unwrap().unwrap().unwrap();
        for reply in message.replies {
            assert!(
                matches!(reply.kind, Some(v1::reply::Kind::Denied(v1::Denied { code: -5, .. }))),
                "{reply:?}"
            );
            denied += 1;
        }
    }
    drop(asker.await.unwrap());
}

/// The journal's files, oldest first.
fn segments(site: &Site) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(site.path("state/journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "skj"))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn without_the_older_journal_the_holders_are_read_from_sled() {
    let mut site =
        Site::new().configure("[session]\ntimeout_ms = 60000\ngrace_ms = 30000\nhold_ms = 40000\n");
    let daemon = site.start();
    site.listen_again(daemon.address);
    let site = Arc::new(site);
    let client =
        Client::connect(&servers(daemon.address), site.options("kim", "ws01", "02aa10201101")).await.unwrap();
    let mut seats = Vec::new();
    for _ in 0..3 {
        seats.push(client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap());
    }
    fill_the_journal(&daemon).await;
    let files = segments(&site);
    assert!(files.len() > 1, "the journal is in one file: {files:?}");

    // The seat state has caught up when its cursor is the journal's.
    let deadline = std::time::Instant::now() + DEADLINE;
    let caught_up = loop {
        let info = info(&site).await;
        if info.seat_state_seq == info.last_seq {
            break info;
        }
        assert!(std::time::Instant::now() < deadline, "the seat state never caught up: {info:?}");
    };
    assert_eq!(caught_up.seat_state_fault, "");
    daemon.kill9();
    for file in &files[..files.len() - 1] {
        std::fs::remove_file(file).unwrap();
    }

    let again = {
        let site = Arc::clone(&site);
        tokio::task::spawn_blocking(move || site.start()).await.unwrap()
    };
    let log = again.log();
    let line = log.lines().rfind(|line| line.contains("state:")).unwrap();
    assert!(line.contains("rows from sled") && line.contains("0 records replayed"), "{line}");
    let after = info(&site).await;
    assert_eq!((after.sessions, after.grants), (caught_up.sessions, caught_up.grants));
    for seat in seats {
        assert_eq!(seat.state(), SeatState::Granted);
        seat.checkin().await.unwrap();
    }
    assert_eq!(info(&site).await.grants, 0);
    client.close().await.unwrap();
}
