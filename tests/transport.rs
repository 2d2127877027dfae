//! Connections that break the rules of TCP and HTTP/2, or of good manners. Another client keeps its
//! seat and is served meanwhile.

#![allow(clippy::unwrap_used, reason = "what is not as it must be fails the test")]

mod hostile;
mod support;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use client::{CheckoutOptions, Client, SeatState, State};
use hostile::raw::{self, Raw, frame};
use hostile::stream::Session;
use hostile::wire::Wire;
use hostile::{Witness, calls, in_use, peak_kib, status, until, within};
use proto::v1::command::Kind;
use rustix::process::{Pid, Resource, Signal};
use support::{DEADLINE, Daemon, Site, servers};

const HEARTBEAT: &str = "/seatkeeper.v1.Seats/Heartbeat";
const SESSION: &str = "/seatkeeper.v1.Seats/Session";

/// Lets a hostile client of its own thread loose, and serves the witness meanwhile.
async fn while_hostile<T: Send + 'static>(
    daemon: &mut Daemon,
    witness: &Witness,
    hostile: impl FnOnce(SocketAddr) -> T + Send + 'static,
) -> T {
    let at = daemon.address;
    let hostile = tokio::task::spawn_blocking(move || hostile(at));
    while !hostile.is_finished() {
        witness.check(daemon).await;
    }
    let came = hostile.await.unwrap();
    witness.check(daemon).await;
    came
}

#[tokio::test]
async fn gr_07_gr_09_who_does_not_say_what_it_is_within_5_s_is_closed() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let began = Instant::now();
    while_hostile(&mut daemon, &witness, |at| {
        let said = [&[][..], b"P", &raw::PREFACE[..raw::PREFACE.len() - 1]];
        let mut waiting: Vec<_> = said
            .map(|bytes| {
                let mut raw = Raw::connect(at);
                raw.send(bytes).unwrap();
                raw
            })
            .into();
        for raw in waiting.drain(..) {
            assert_eq!(raw.read_to_end(), b"", "the daemon says nothing to who says nothing");
        }
    })
    .await;
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    // A client that comes late to its words, but in time, is served.
    let mut slow = Raw::connect(daemon.address);
    for byte in raw::PREFACE {
        slow.send(&[*byte]).unwrap();
    }
    slow.send(&frame(raw::SETTINGS, 0, 0, &[])).unwrap();
    assert!(slow.is_answered());
}

#[tokio::test]
async fn gr_34_what_is_no_http2_is_closed_with_one_line_in_the_log() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let mut noise = vec![0; 64 * 1024];
    getrandom::fill(&mut noise).unwrap();
    noise[0] = 0;
    let strangers: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\nHost: here\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        // The beginning of TLS.
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n",
        &noise,
    ];
    for bytes in strangers {
        let mut raw = Raw::connect(daemon.address);
        let _ = raw.send(bytes);
        assert_eq!(raw.read_to_end(), b"");
    }
    witness.check(&mut daemon).await;
    assert_eq!(daemon.log().matches("does not speak HTTP/2").count(), strangers.len(), "{}", daemon.log());
}

#[tokio::test]
async fn noise_behind_a_right_beginning_is_cut_off() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let before = peak_kib(daemon.pid());
    while_hostile(&mut daemon, &witness, |at| {
        let mut noise = vec![0; 1024 * 1024];
        getrandom::fill(&mut noise).unwrap();
        for bytes in noise.chunks(64 * 1024) {
            let mut raw = Raw::http2(at);
            let _ = raw.send(bytes);
            // A frame that claims 16 MiB.
            let _ = raw.send(&[0xff; 9]);
            raw.goodbye();
        }
    })
    .await;
    assert!(peak_kib(daemon.pid()) < before + 64 * 1024);
}

#[tokio::test]
async fn gr_10_rapid_resets_are_told_to_calm_down() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let reasons = while_hostile(&mut daemon, &witness, |at| {
        let attack = |_| {
            let mut raw = Raw::http2(at);
            let mut flood = Vec::new();
            for n in 0..10_000 {
                let stream = 2 * n + 1;
                flood.extend(raw::begin(stream, HEARTBEAT));
                flood.extend(frame(raw::RST_STREAM, 0, stream, &8u32.to_be_bytes()));
            }
            let _ = raw.send(&flood);
            raw.goodbye()
        };
        (0..5).map(attack).collect::<Vec<_>>()
    })
    .await;
    // The reason may be lost when the connection is reset over what was sent after it.
    assert!(reasons.iter().flatten().all(|why| *why == raw::ENHANCE_YOUR_CALM), "{reasons:?}");
}

#[tokio::test]
async fn gr_11_who_provokes_resets_is_told_to_calm_down() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let reason = while_hostile(&mut daemon, &witness, |at| {
        let mut raw = Raw::http2(at);
        for n in 0..2_000 {
            let stream = 2 * n + 1;
            // The window overflows: the daemon has to reset the stream.
            let overflow = frame(raw::WINDOW_UPDATE, 0, stream, &0x7fff_ffffu32.to_be_bytes());
            if raw.send(&[raw::begin(stream, SESSION), overflow].concat()).is_err() {
                break;
            }
        }
        raw.goodbye()
    })
    .await;
    assert!(reason.is_none_or(|why| why == raw::ENHANCE_YOUR_CALM), "{reason:?}");
}

#[tokio::test]
async fn gr_12_headers_that_go_on_for_ever_are_cut_off() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let before = peak_kib(daemon.pid());
    while_hostile(&mut daemon, &witness, |at| {
        for piece in [&[][..], &raw::header("x", "y"), &raw::header("x", &"y".repeat(16_000))] {
            let mut raw = Raw::http2(at);
            raw.send(&frame(raw::HEADERS, 0, 1, &raw::call(HEARTBEAT))).unwrap();
            let more = frame(raw::CONTINUATION, 0, 1, piece);
            let cut_off = (0..20_000).any(|_| raw.send(&more).is_err());
            // A few that fit into the system's buffers were sent before the end was seen.
            assert!(cut_off || raw.goodbye().is_some() || piece.len() < 100);
        }
    })
    .await;
    assert!(peak_kib(daemon.pid()) < before + 64 * 1024);
}

#[tokio::test]
async fn gr_13_floods_of_small_frames_are_borne_or_cut_off() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let before = peak_kib(daemon.pid());
    while_hostile(&mut daemon, &witness, |at| {
        let empty = frame(raw::DATA, 0, 1, &[]);
        let floods = [
            frame(raw::PING, 0, 0, b"12345678"),
            frame(raw::SETTINGS, 0, 0, &[]),
            frame(raw::PRIORITY, 0, 3, &[0, 0, 0, 0, 1]),
            frame(raw::WINDOW_UPDATE, 0, 1, &[0, 0, 0, 1]),
            frame(0xfa, 0, 0, b"of an unknown kind"),
            frame(raw::DATA, 0, 1, &[0]),
            empty,
        ];
        for flood in floods {
            let mut raw = Raw::http2(at);
            raw.send(&raw::begin(1, SESSION)).unwrap();
            let mut borne = true;
            for _ in 0..100 {
                borne = borne && raw.send(&flood.repeat(100)).is_ok() && raw.is_answered();
            }
            assert!(borne || raw.goodbye().is_none_or(|why| why != 0));
        }
    })
    .await;
    assert!(peak_kib(daemon.pid()) < before + 64 * 1024);
}

#[tokio::test]
async fn gr_14_a_connection_has_256_streams_and_no_more() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    while_hostile(&mut daemon, &witness, |at| {
        let mut raw = Raw::http2(at);
        let settings = raw.wait_for(|f| f.kind == raw::SETTINGS && f.flags == 0).unwrap();
        let streams_max = settings.payload.chunks(6).find(|entry| entry[..2] == [0, 3]).unwrap();
        assert_eq!(streams_max[2..], 256u32.to_be_bytes());
        for n in 0..256 {
            raw.send(&raw::begin(2 * n + 1, SESSION)).unwrap();
        }
        assert!(raw.is_answered());
        raw.send(&raw::begin(513, SESSION)).unwrap();
        let refused = raw.wait_for(|f| f.kind == raw::RST_STREAM).unwrap();
        assert_eq!((refused.stream, refused.number(0)), (513, raw::REFUSED_STREAM));
        // Who does not hear is cut off in the end.
        for n in 257..10_000 {
            if raw.send(&raw::begin(2 * n + 1, SESSION)).is_err() {
                break;
            }
        }
        raw.goodbye();
    })
    .await;
}

#[tokio::test]
async fn gr_15_headers_have_8_kib_at_most() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    while_hostile(&mut daemon, &witness, |at| {
        let long = raw::header("x", &"y".repeat(9_000));
        // In HPACK's table once, and named ten thousand times by a byte each.
        let bomb = [&[0x40, 1, b'x', 1, b'y'][..], &[0xbe; 10_000]].concat();
        for more in [long, bomb] {
            let mut raw = Raw::http2(at);
            let headers = [raw::call(HEARTBEAT), more].concat();
            raw.send(&frame(raw::HEADERS, raw::END_HEADERS, 1, &headers)).unwrap();
            let answer = raw.wait_for(|f| f.stream == 1 || f.kind == raw::GOAWAY);
            // HTTP's 431, or the stream or connection ended.
            let is_end = |f: raw::Frame| f.kind != raw::HEADERS || f.flags & raw::END_STREAM != 0;
            assert!(answer.is_none_or(is_end));
        }
    })
    .await;
    // The same in good manners is told by its status.
    let mut calls = calls(daemon.address).await;
    let mut request = tonic::Request::new(proto::v1::SessionCall::default());
    request.metadata_mut().insert("x", "y".repeat(9_000).parse().unwrap());
    assert!(calls.heartbeat(request).await.is_err());
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_16_more_connections_than_may_be_leave_those_that_are() {
    let site = Site::new().configure("[limits]\nconnections = 20\n");
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let mut held = Vec::new();
    let mut refused = 0;
    for _ in 0..70 {
        let mut raw = Raw::http2(daemon.address);
        match raw.is_answered() {
            true => held.push(raw),
            false => refused += 1,
        }
    }
    // One is the witness's.
    assert_eq!((held.len(), refused), (19, 51));
    assert!(held.iter_mut().all(Raw::is_answered));
    drop(held);
    // They all end before the next come.
    let others = || Vec::from_iter((0..19).map(|_| Raw::http2(daemon.address)));
    until("room", || async { others().iter_mut().all(Raw::is_answered).then_some(()) }).await;
    until("an answer", || async { Raw::http2(daemon.address).is_answered().then_some(()) }).await;
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_17_out_of_descriptors_the_daemon_waits_and_goes_on() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let pid = Pid::from_raw(daemon.pid().try_into().unwrap());
    let open = std::fs::read_dir(format!("/proc/{}/fd", daemon.pid())).unwrap().count();
    let before = rustix::process::getrlimit(Resource::Nofile);
    let few = rustix::process::Rlimit { current: Some(open as u64), ..before };
    rustix::process::prlimit(pid, Resource::Nofile, few).unwrap();
    // The system's queue takes them; the daemon cannot.
    let mut waiting: Vec<_> = (0..50).map(|_| Raw::http2(daemon.address)).collect();
    let said = || async { daemon.log().contains("Too many open files").then_some(()) };
    until("a line in the log", said).await;
    rustix::process::prlimit(pid, Resource::Nofile, before).unwrap();
    assert!(waiting.iter_mut().all(Raw::is_answered), "those that waited are served");
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_17_connections_leave_the_daemon_the_descriptors_it_needs() {
    let site = Site::new();
    // Fewer than its configuration has connections.
    let mut command = std::process::Command::new("prlimit");
    let own = site.command();
    command.arg("--nofile=256:256").arg(own.get_program()).args(own.get_args());
    let mut daemon = site.start_as(command);
    let witness = Witness::new(&site, &daemon).await;
    let held: Vec<_> = (0..300).map(|_| Raw::http2(daemon.address)).collect();
    let full = || async { daemon.log().contains("as many connections as may be").then_some(()) };
    until("the limit", full).await;
    // What the disk needs is there: seats are given and written down, through a connection that is.
    drop(held);
    let others = || Vec::from_iter((0..20).map(|_| Raw::http2(daemon.address)));
    until("room", || async { others().iter_mut().all(Raw::is_answered).then_some(()) }).await;
    witness.check(&mut daemon).await;
    assert!(!daemon.log().contains("Too many open files"), "{}", daemon.log());
}

#[tokio::test]
async fn gr_18_a_checkout_whose_answer_was_lost_is_the_same_when_it_is_asked_again() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let wire = Wire::new(daemon.address).await;
    let options = site.options("kim", "ws1", hostile::WORKSTATION);
    let client = Client::connect(&servers(wire.address), options).await.unwrap();
    wire.hold_answers();
    let checkout = client.checkout(CheckoutOptions::new("PROENGINEER", "20.0").seats(3));
    let mut checkout = std::pin::pin!(checkout);
    let at = daemon.address;
    let granted = until("the grant", || async move { (in_use(at).await == 4).then_some(()) });
    tokio::select! {
        () = granted => {}
        early = &mut checkout => panic!("the answer came through: {early:?}"),
    }
    wire.cut();
    wire.release();
    let seat = within(DEADLINE, checkout).await.unwrap();
    assert_eq!(in_use(daemon.address).await, 4, "one grant, though it was asked for twice");
    seat.checkin().await.unwrap();
    assert_eq!(in_use(daemon.address).await, 1);
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_19_resets_in_the_middle_of_heartbeats_leave_nothing_behind() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    // Files are the history's too.
    let is_socket = |fd: &std::path::Path| {
        std::fs::read_link(fd).is_ok_and(|what| what.to_string_lossy().starts_with("socket:"))
    };
    let sockets = |pid| {
        let open = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
        open.filter(|fd| is_socket(&fd.as_ref().unwrap().path())).count()
    };
    let before = sockets(daemon.pid());
    let wire = Wire::new(daemon.address).await;
    let mut session = Session::open(&mut calls(wire.address).await, "kim").await;
    hostile::granted(session.ask_own(Kind::Checkout(hostile::checkout(2))).await);
    let token = session.token.clone();
    for _ in 0..200 {
        session.command(token.session, Kind::Heartbeat(proto::v1::Heartbeat {}));
        let beat = session.command(token.session, Kind::Heartbeat(proto::v1::Heartbeat {}));
        session.send(vec![beat; 100]).await;
        wire.cut();
        session = Session::silent(&mut calls(wire.address).await).await;
        session.token = token.clone();
        let resume = proto::v1::Hello { resume: Some(token.clone()), ..hostile::hello("kim") };
        let welcome = session.welcome(resume).await.unwrap();
        assert_eq!(welcome.held.iter().map(|held| held.seats).collect::<Vec<_>>(), [2]);
    }
    session.ask_own(Kind::Goodbye(proto::v1::Goodbye {})).await;
    drop((session, wire));
    assert_eq!(in_use(daemon.address).await, 1);
    let pid = daemon.pid();
    until("the end of every connection", || async move { (sockets(pid) <= before).then_some(()) }).await;
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_30_a_daemon_that_was_stopped_takes_no_seat_of_a_live_client() {
    let times = "[session]\ntimeout_ms = 1000\ngrace_ms = 30000\nhold_ms = 31000\n";
    let site = Site::new().configure(times);
    let daemon = site.start();
    let options = site.options("witness", "ws0", support::CPU_ID);
    let mut client = Client::connect(&servers(daemon.address), options).await.unwrap();
    let mut seat = client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap();
    let pid = Pid::from_raw(daemon.pid().try_into().unwrap()).unwrap();
    for user in ["kim", "lee", "max"] {
        let mut other = Session::open(&mut calls(daemon.address).await, user).await;
        hostile::granted(other.ask_own(Kind::Checkout(hostile::checkout(1))).await);
        rustix::process::kill_process(pid, Signal::STOP).unwrap();
        while client.state() != State::Jeopardy {
            within(DEADLINE, client.changed()).await;
        }
        // Two more time-outs pass; the client does not give up.
        let two = Duration::from_secs(2);
        assert!(tokio::time::timeout(two, client.changed()).await.is_err());
        let beat = other.command(other.token.session, Kind::Heartbeat(proto::v1::Heartbeat {}));
        other.send(vec![beat]).await;
        rustix::process::kill_process(pid, Signal::CONT).unwrap();
        let alive = other.next().await.unwrap().unwrap().kind;
        assert!(matches!(alive, Some(proto::v1::reply::Kind::Alive(_))), "{alive:?}");
        let status = status(daemon.address).await;
        let held = |who: &str| status.pools[0].holders.iter().find(|h| h.user == who).map(|h| h.held);
        assert_eq!((held(user), held("witness")), (Some(false), Some(false)), "{status:?}");
        while client.state() != State::Safe {
            within(DEADLINE, client.changed()).await;
        }
        while seat.state() != SeatState::Granted {
            within(DEADLINE, seat.changed()).await;
        }
    }
}
