//! Messages that are too long, too many, malformed, or say what cannot be. Each has a typed answer,
//! and changes nothing.

#![allow(clippy::unwrap_used, reason = "what is not as it must be fails the test")]

mod hostile;
mod support;

use hostile::raw::{self, Raw, frame, message, status_of};
use hostile::stream::Session;
use hostile::{Witness, calls, checkout, denied, granted, hello, in_use, open, peak_kib};
use proto::v1;
use proto::v1::command::Kind;
use proto::v1::reply;
use support::Site;
use tonic::Code;

const OPEN: &str = "/seatkeeper.v1.Seats/Open";
const HEARTBEAT: &str = "/seatkeeper.v1.Seats/Heartbeat";
const SESSION: &str = "/seatkeeper.v1.Seats/Session";

/// gRPC's numbers.
const OK: u32 = 0;
const OUT_OF_RANGE: u32 = 11;
const UNIMPLEMENTED: u32 = 12;
const INTERNAL: u32 = 13;
const UNAUTHENTICATED: u32 = 16;

/// A `Hello` with a user of so many characters.
fn long_hello(chars: usize) -> Vec<u8> {
    let len =
        [(chars % 128) | 128, (chars / 128 % 128) | 128, chars / 16_384].map(|b| u8::try_from(b).unwrap());
    [&[0x12][..], &len, &vec![b'x'; chars]].concat()
}

fn heartbeat() -> Kind {
    Kind::Heartbeat(v1::Heartbeat {})
}

#[tokio::test]
async fn gr_01_a_message_has_64_kib_at_most() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let before = peak_kib(daemon.pid());
    let at = daemon.address;
    let room = 64 * 1024 - 4;
    for (chars, status) in [(room - 1, OK), (room, OK), (room + 1, OUT_OF_RANGE), (512 * 1024, OUT_OF_RANGE)]
    {
        assert_eq!(status_of(at, OPEN, &[], &message(&long_hello(chars))), status, "{chars} characters");
    }
    // Nothing is set aside for what a length only claims.
    for claimed in [64 * 1024 + 1, 64 * 1024 * 1024, u32::MAX] {
        let body = [&[0], &claimed.to_be_bytes()[..], &[1]].concat();
        assert_eq!(status_of(at, OPEN, &[], &body), OUT_OF_RANGE, "{claimed} bytes");
        assert_eq!(status_of(at, SESSION, &[], &body), OUT_OF_RANGE, "{claimed} bytes");
    }
    // Less than it claims.
    let body = [&[0], &1_000u32.to_be_bytes()[..], &[1]].concat();
    assert_ne!(status_of(at, OPEN, &[], &body), OK);
    witness.check(&mut daemon).await;
    assert!(peak_kib(daemon.pid()) < before + 32 * 1024);
}

#[tokio::test]
async fn gr_01_a_message_that_is_too_long_ends_its_stream_and_not_its_session() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let mut calls = calls(daemon.address).await;
    let mut session = Session::open(&mut calls, "kim").await;
    let grant = granted(session.ask_own(Kind::Checkout(checkout(1))).await);
    let long = v1::Checkout { feature: "x".repeat(70_000), ..checkout(1) };
    let beat = session.command(session.token.session, heartbeat());
    let long = session.command(session.token.session, Kind::Checkout(long));
    session.send(vec![beat]).await;
    session.send(vec![long]).await;
    // What came before it is answered first.
    let alive = session.next().await.unwrap().unwrap();
    assert!(matches!(alive.kind, Some(reply::Kind::Alive(_))), "{alive:?}");
    assert_eq!(session.next().await.unwrap_err().code(), Code::OutOfRange);
    let resume = Some(session.token.clone());
    let mut again = Session::silent(&mut calls).await;
    let welcome = again.welcome(v1::Hello { resume, ..hello("kim") }).await.unwrap();
    assert_eq!(welcome.held[0].grant, grant);
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_02_a_compressed_message_is_refused() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let compressed = [1, 0, 0, 0, 4, 0x1f, 0x8b, 8, 0];
    let gzip = &[("grpc-encoding", "gzip")][..];
    for (more, body, status) in [
        (gzip, compressed, UNIMPLEMENTED),
        (&[("grpc-encoding", "nonsense")], compressed, UNIMPLEMENTED),
        (&[], compressed, INTERNAL),
        (&[], [2, 0, 0, 0, 4, 0, 0, 0, 0], INTERNAL),
        (&[], [0xff; 9], INTERNAL),
    ] {
        assert_eq!(status_of(daemon.address, OPEN, more, &body), status, "{more:?}, {body:?}");
    }
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_03_what_is_no_message_is_told_and_what_is_unknown_in_one_is_passed_over() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let groups = [0xa3, 0x06].repeat(30_000);
    let unknown = [0xa0, 0x06, 0x01].repeat(20_000);
    let twice = [0x0a, 0x09, 0x09, 1, 2, 3, 4, 5, 6, 7, 8].repeat(2);
    for (what, bytes, status) in [
        ("groups in groups", &groups[..], INTERNAL),
        ("unknown fields", &unknown, UNAUTHENTICATED),
        ("a field twice", &twice, UNAUTHENTICATED),
        ("a field cut short", &[0x0a, 0x7f], INTERNAL),
        ("a number without an end", &[0xff; 20], INTERNAL),
        ("field 0", &[0x00, 0x01], INTERNAL),
        ("an end of no group", &[0x0c], INTERNAL),
        ("a wrong type", &[0x08, 0x01], INTERNAL),
        ("nothing", &[], UNAUTHENTICATED),
    ] {
        assert_eq!(status_of(daemon.address, HEARTBEAT, &[], &message(bytes)), status, "{what}");
    }
    // Two messages, and none, where one is to come.
    let two = [message(&[]), message(&[])].concat();
    assert_ne!(status_of(daemon.address, HEARTBEAT, &[], &two), OK);
    assert_ne!(status_of(daemon.address, HEARTBEAT, &[], &[]), OK);
    // Text that is none: a user of two bytes that are no UTF-8.
    assert_eq!(status_of(daemon.address, OPEN, &[], &message(&[0x12, 2, 0xc3, 0x28])), INTERNAL);
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_04_a_message_has_256_commands_at_most() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let mut calls = calls(daemon.address).await;
    let mut session = Session::open(&mut calls, "kim").await;
    let beats = |session: &mut Session, n| {
        let own = session.token.session;
        (0..n).map(|_| session.command(own, heartbeat())).collect::<Vec<_>>()
    };
    for n in [255, 256] {
        let commands = beats(&mut session, n);
        session.send(commands).await;
        for _ in 0..n {
            let reply = session.next().await.unwrap().unwrap();
            assert!(matches!(reply.kind, Some(reply::Kind::Alive(_))), "{reply:?}");
        }
    }
    let commands = beats(&mut session, 257);
    session.send(commands).await;
    assert_eq!(session.next().await.unwrap_err().code(), Code::InvalidArgument);
    // As many as fit into 64 KiB, of no kind at all.
    let mut session = Session::open(&mut calls, "kim").await;
    session.send(vec![v1::Command::default(); 32_000]).await;
    assert_eq!(session.next().await.unwrap_err().code(), Code::InvalidArgument);
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_05_counts_that_cannot_be_are_refused() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let mut calls = calls(daemon.address).await;
    let session = Some(open(&mut calls, "kim").await);
    let third = u32::MAX / 3 + 1;
    let counts = [(11, -26), (1_000_000, -26), (1_000_001, -42), (i32::MAX as u32, -42), (u32::MAX, -42)];
    let thirds = [(third, -42); 3];
    for (request_id, (seats, code)) in (1..).zip(counts.into_iter().chain(thirds)) {
        let checkout = Some(checkout(seats));
        let ask = v1::CheckoutCall { session: session.clone(), request_id, checkout };
        // What is no count at all is the call's fault, not the pool's.
        match calls.checkout(ask).await {
            Ok(reply) => assert_eq!(denied(reply.into_inner()).0, code, "{seats} seats"),
            Err(status) => assert_eq!((status.code(), code), (Code::InvalidArgument, -42), "{seats} seats"),
        }
    }
    // 10 with the witness's, and none over it.
    let ask = |request_id, seats| v1::CheckoutCall {
        session: session.clone(),
        request_id,
        checkout: Some(checkout(seats)),
    };
    granted(calls.checkout(ask(90, 8)).await.unwrap().into_inner());
    assert_eq!(denied(calls.checkout(ask(91, 2)).await.unwrap().into_inner()).0, -4);
    // 0 means 1.
    granted(calls.checkout(ask(92, 0)).await.unwrap().into_inner());
    assert_eq!(in_use(daemon.address).await, 10);
    calls.close(v1::SessionCall { session, request_id: 93 }).await.unwrap();
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_06_lg_01_lg_02_texts_that_may_not_be_shown_are_refused_and_not_logged() {
    let site = Site::new();
    let config = std::fs::read_to_string(site.path("seatkeeperd.toml")).unwrap();
    site.write("seatkeeperd.toml", format!("log = \"daemon=debug\"\n{config}").as_bytes());
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let mut calls = calls(daemon.address).await;
    let forged = "bob\n12:00 (acmed) OUT: \"PROENGINEER\" root@host";
    let long = "x".repeat(65);
    let longer = "x".repeat(60_000);
    let bad =
        [forged, "a\rb", "\u{1b}[2J\u{1b}]0;pwned\u{7}", "a\0b", "\u{9b}2J", "a\u{202e}b", &long, &longer];
    let fields: [fn(&mut v1::Hello, String); 5] = [
        |hello, text| hello.user = text,
        |hello, text| hello.host = text,
        |hello, text| hello.display = text,
        |hello, text| hello.application = text,
        |hello, text| hello.cpu_id = text,
    ];
    for text in bad {
        for field in fields {
            let mut hello = hello("kim");
            field(&mut hello, text.to_owned());
            let (code, words) = denied(calls.open(hello).await.unwrap().into_inner());
            assert_eq!(code, -42, "{text:?}");
            assert!(!words.chars().any(char::is_control) && words.len() < 300, "{words:?}");
        }
    }
    let session = Some(open(&mut calls, "kim").await);
    for text in bad.into_iter().chain(["", "PRO ENGINEER"]) {
        let named = v1::Checkout { feature: text.into(), ..checkout(1) };
        let version = v1::Checkout { version: text.into(), ..checkout(1) };
        let vendor = v1::Checkout { vendor: format!("{text} "), ..checkout(1) };
        let config = v1::Checkout { config_id: format!("{text} "), ..checkout(1) };
        for checkout in [named, version, vendor, config] {
            let ask = v1::CheckoutCall { session: session.clone(), request_id: 1, checkout: Some(checkout) };
            let refused = calls.checkout(ask).await.unwrap_err();
            assert_eq!(refused.code(), Code::InvalidArgument, "{text:?}: {refused}");
            assert!(!refused.message().chars().any(char::is_control) && refused.message().len() < 300);
        }
    }
    witness.check(&mut daemon).await;
    let log = daemon.log();
    assert!(log.lines().all(|line| !line.chars().any(char::is_control)), "{log}");
    assert!(!log.contains("(acmed) OUT") && !log.contains("pwned"), "{log}");
}

#[tokio::test]
async fn gr_21_gr_22_a_request_that_is_sent_a_thousand_times_is_one_grant() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let mut first = calls(daemon.address).await;
    let session = Some(open(&mut first, "kim").await);
    let ask =
        |seats| v1::CheckoutCall { session: session.clone(), request_id: 7, checkout: Some(checkout(seats)) };
    let mut asked = Vec::new();
    for _ in 0..4 {
        let calls = calls(daemon.address).await;
        for _ in 0..250 {
            let (mut calls, ask) = (calls.clone(), ask(2));
            asked.push(tokio::spawn(async move { granted(calls.checkout(ask).await.unwrap().into_inner()) }));
        }
    }
    let mut grants = Vec::new();
    for one in asked {
        grants.push(one.await.unwrap());
    }
    grants.dedup();
    assert_eq!(grants.len(), 1);
    assert_eq!(in_use(daemon.address).await, 3);
    let (code, words) = denied(first.checkout(ask(3)).await.unwrap().into_inner());
    assert_eq!(code, -42, "{words}");
    // Once it is returned its number is used up.
    let back = v1::CheckinCall {
        session: session.clone(),
        request_id: 8,
        checkin: Some(v1::Checkin { grant: grants[0] }),
    };
    first.checkin(back).await.unwrap();
    assert_eq!(denied(first.checkout(ask(2)).await.unwrap().into_inner()).0, -42);
    assert_eq!(in_use(daemon.address).await, 1);
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_23_a_seat_is_returned_by_its_holder_only() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let theirs = hostile::status(daemon.address).await.pools[0].holders[0].grant;
    let mut calls = calls(daemon.address).await;
    let session = Some(open(&mut calls, "mallory").await);
    for grant in [theirs, theirs + 1, theirs - 1, 0, u64::MAX] {
        let ask =
            v1::CheckinCall { session: session.clone(), request_id: 1, checkin: Some(v1::Checkin { grant }) };
        let reply = calls.checkin(ask).await.unwrap().into_inner();
        // Another's seat and none are answered the same.
        assert_eq!(reply.kind, Some(reply::Kind::Returned(v1::Returned { grant })));
    }
    assert_eq!(in_use(daemon.address).await, 1);
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_28_a_flood_of_heartbeats_is_answered_and_costs_no_seat() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let mut session = Session::open(&mut calls(daemon.address).await, "kim").await;
    granted(session.ask_own(Kind::Checkout(checkout(2))).await);
    for _ in 0..20 {
        let own = session.token.session;
        for _ in 0..4 {
            let beats = (0..250).map(|_| session.command(own, heartbeat())).collect();
            session.send(beats).await;
        }
        witness.check(&mut daemon).await;
        for _ in 0..1_000 {
            let reply = session.next().await.unwrap().unwrap();
            assert!(matches!(reply.kind, Some(reply::Kind::Alive(_))), "{reply:?}");
        }
    }
    assert_eq!(in_use(daemon.address).await, 3);
}

#[tokio::test]
async fn gr_29_a_client_cannot_give_itself_time() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let mut session = Session::silent(&mut calls(daemon.address).await).await;
    for (asked, given) in [(0, 120_000), (u32::MAX, 120_000), (1, 1_000), (5_000, 5_000)] {
        let welcome = session.welcome(v1::Hello { timeout_ms: asked, ..hello("kim") }).await.unwrap();
        assert_eq!(welcome.timeout_ms, given);
    }
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_36_what_is_not_served_is_unimplemented() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    for path in [
        "/seatkeeper.v1.Seats/Nothing",
        "/seatkeeper.v2.Seats/Open",
        "/seatkeeper.v1.Seats/../Seats/Open",
        "/seatkeeper.v1.Seats/open",
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
        "/",
        "/%2e%2e/%2e%2e/etc/passwd",
    ] {
        assert_eq!(status_of(daemon.address, path, &[], &message(&[])), UNIMPLEMENTED, "{path}");
    }
    // Health is for everybody.
    assert_eq!(status_of(daemon.address, "/grpc.health.v1.Health/Check", &[], &message(&[])), OK);
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_37_gr_38_headers_that_lie_change_nothing() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let at = daemon.address;
    for (name, value) in [
        ("grpc-timeout", "99999999999H"),
        ("grpc-timeout", "99999999H"),
        ("grpc-timeout", "-1S"),
        ("grpc-timeout", "soon"),
        ("grpc-timeout", ""),
        ("grpc-status", "0"),
        ("grpc-message", "fine"),
        ("x-forwarded-for", "127.0.0.1"),
        ("authorization", "Bearer root"),
    ] {
        let status = status_of(at, HEARTBEAT, &[(name, value)], &message(&[]));
        assert_eq!(status, UNAUTHENTICATED, "{name}: {value}");
    }
    for (name, value) in [
        (":authority", "here\r\nx: y"),
        ("x", "a\nb"),
        ("x y", "z"),
        ("X", "y"),
        (":new", "z"),
        ("content-length", "6"),
    ] {
        let mut raw = Raw::http2(at);
        let headers = [raw::call(HEARTBEAT), raw::header(name, value)].concat();
        let call = [frame(raw::HEADERS, raw::END_HEADERS, 1, &headers), raw::last(1, &message(&[]))].concat();
        raw.send(&call).unwrap();
        let end = raw.wait_for(|f| f.stream == 1 || f.kind == raw::GOAWAY);
        assert!(end.is_none_or(|f| f.kind != raw::HEADERS), "{name:?}: {value:?}");
    }
    // A megabyte of it.
    let mut raw = Raw::http2(at);
    let large = [raw::call(HEARTBEAT), raw::header("x-bin", &"A".repeat(1024 * 1024))].concat();
    let mut parts = large.chunks(16 * 1024);
    let mut sent = raw.send(&frame(raw::HEADERS, 0, 1, parts.next().unwrap()));
    for part in parts {
        sent = sent.and_then(|()| raw.send(&frame(raw::CONTINUATION, 0, 1, part)));
    }
    assert!(raw.goodbye().is_none_or(|why| why != 0));
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_40_another_protocol_and_what_is_missing_are_refused() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let mut calls = calls(daemon.address).await;
    let good = || hello("kim");
    let wrong = [
        v1::Hello::default(),
        v1::Hello { protocol: 0, ..good() },
        v1::Hello { protocol: 2, ..good() },
        v1::Hello { protocol: u32::MAX, ..good() },
        v1::Hello { user: String::new(), ..good() },
        v1::Hello { host: String::new(), ..good() },
        v1::Hello { cpu_id: String::new(), ..good() },
        v1::Hello { nonce: vec![7; 31].into(), ..good() },
        v1::Hello { nonce: vec![7; 33].into(), ..good() },
        v1::Hello { replaces: vec![v1::SessionToken::default(); 65], ..good() },
    ];
    for hello in wrong {
        assert_eq!(denied(calls.open(hello.clone()).await.unwrap().into_inner()).0, -42, "{hello:?}");
    }
    let mut session = Session::open(&mut calls, "kim").await;
    let own = session.token.session;
    let nothing = v1::Command { request_id: 50, session: own, kind: None };
    session.send(vec![nothing]).await;
    assert_eq!(denied(session.next().await.unwrap().unwrap()).0, -42);
    // Request 0 is none; a checkout without a word.
    let zero = v1::Command { request_id: 0, session: own, kind: Some(Kind::Checkout(checkout(1))) };
    session.send(vec![zero]).await;
    assert_eq!(denied(session.next().await.unwrap().unwrap()).0, -42);
    assert_eq!(denied(session.ask_own(Kind::Checkout(v1::Checkout::default())).await).0, -42);
    assert!(session.beat().await);
    assert_eq!(in_use(daemon.address).await, 1);
    witness.check(&mut daemon).await;
}
