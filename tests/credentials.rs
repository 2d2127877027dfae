//! Who may do what: every call without a credential, forged and old tokens, the administrator's
//! socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "what is not as it must be fails the test; a part of one runs as another process"
)]

mod hostile;
mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use hostile::raw::{message, status_of};
use hostile::stream::Session;
use hostile::{Witness, calls, checkout, denied, granted, hello, in_use, open, status, until};
use proto::v1;
use proto::v1::admin_client::AdminClient;
use proto::v1::command::Kind;
use proto::v1::reply;
use support::descriptors::paths;
use support::{Daemon, Site};
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

async fn admin(socket: &Path) -> Result<AdminClient<Channel>, tonic::transport::Error> {
    Endpoint::from_shared(format!("unix://{}", socket.display()))
        .unwrap()
        .connect()
        .await
        .map(AdminClient::new)
}

async fn info(site: &Site) -> v1::InfoReply {
    let mut admin = admin(&site.path("admin.sock")).await.unwrap();
    admin.info(v1::InfoRequest {}).await.unwrap().into_inner()
}

#[tokio::test]
async fn gr_39_every_call_without_a_credential_changes_nothing() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let before = info(&site).await;
    let paths = paths();
    assert!(paths.len() >= 9, "{paths:?}");
    for path in &paths {
        let status = status_of(daemon.address, path, &[], &message(&[]));
        let expected = match path.strip_prefix("/seatkeeper.v1.").unwrap() {
            // Nothing was said on the stream; an empty hello is denied in its reply, see below; what
            // lmstat shows and the license files say is for everybody.
            "Seats/Session" | "Seats/Open" | "Seats/Status" | "Seats/Licenses" => Code::Ok,
            "Seats/Checkout" | "Seats/Checkin" | "Seats/Heartbeat" | "Seats/Close" | "Seats/Call" => {
                Code::Unauthenticated
            }
            // What somebody would be told is for everybody too; an empty question has no user.
            "Seats/Explain" => Code::InvalidArgument,
            // Not served to clients.
            "Admin/Info"
            | "Admin/SetLogLevel"
            | "Admin/Reread"
            | "Admin/Revoke"
            | "Admin/ReturnBorrowed"
            | "Admin/Assign"
            | "Admin/Unassign"
            | "Admin/Assignments"
            | "Admin/SetLogin"
            | "Admin/ResetClock"
            | "Admin/Remove"
            | "Admin/Stop"
            | "Admin/SwitchLog"
            | "Admin/SwitchReport"
            | "Admin/Events"
            | "Admin/AcknowledgeEvents" => Code::Unimplemented,
            // There is no desk; see below for one.
            other if other.starts_with("DeskService/") => Code::Unimplemented,
            other => panic!("{other} is new: say here what it answers to who has no credential"),
        };
        assert_eq!(Code::from(i32::try_from(status).unwrap()), expected, "{path}");
    }
    let mut calls = calls(daemon.address).await;
    assert_eq!(denied(calls.open(v1::Hello::default()).await.unwrap().into_inner()).0, -42);
    // Each command of a stream that has no session, and of one that names another's.
    let theirs = 1;
    let mut stream = Session::silent(&mut calls).await;
    for session in [0, theirs, u64::MAX] {
        for kind in [
            Kind::Checkout(checkout(1)),
            Kind::Checkin(v1::Checkin { grant: 1 }),
            Kind::Heartbeat(v1::Heartbeat {}),
            Kind::Goodbye(v1::Goodbye {}),
            Kind::Withdraw(v1::Withdraw { waiting_request: 1 }),
            Kind::Idle(v1::Idle { idle: true }),
            Kind::Book(v1::Book { checkout: Some(checkout(1)), job: "1".into(), ttl_ms: 1_000 }),
            Kind::Unbook(v1::Unbook { grant: 1 }),
            Kind::ReturnBorrowed(v1::ReturnBorrowed { grant: 1, proof: vec![0; 32].into() }),
            Kind::Ask(v1::Ask { feature: "mill".into() }),
        ] {
            let reply = stream.ask(session, kind.clone()).await.kind;
            let Some(reply::Kind::Denied(denied)) = reply else { panic!("{kind:?}: {reply:?}") };
            assert!(denied.session_lost, "{kind:?}: {denied:?}");
        }
    }
    let after = info(&site).await;
    assert_eq!(
        (after.last_seq, after.sessions, after.grants),
        (before.last_seq, before.sessions, before.grants)
    );
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn every_call_of_the_desk_without_a_credential_changes_nothing() {
    let site = Site::new().configure("[desk]\nrole = \"site\"\n");
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let before = info(&site).await;
    let paths: Vec<_> = paths().into_iter().filter(|path| path.contains(".DeskService/")).collect();
    assert!(paths.len() >= 40, "{paths:?}");
    for path in &paths {
        for headers in [
            &[][..],
            &[("authorization", "Bearer 00")],
            &[("authorization", "Basic 00")],
            &[("authorization", "")],
            &[("seatkeeper-company", "C-1")],
            &[("authorization", "Bearer 00"), ("authorization", "Bearer 00")],
        ] {
            let status = status_of(daemon.address, path, headers, &message(&[]));
            let code = Code::from(i32::try_from(status).unwrap());
            assert_eq!(code, Code::Unauthenticated, "{path} {headers:?}");
        }
    }
    assert_eq!(info(&site).await.last_seq, before.last_seq);
    witness.check(&mut daemon).await;
}

/// What is answered to every call with this token, which is none.
async fn refused(daemon: &Daemon, token: v1::SessionToken, why: &str) -> String {
    let mut calls = calls(daemon.address).await;
    let session = Some(token.clone());
    let call = v1::SessionCall { session: session.clone(), request_id: 1 };
    let asked = [
        calls.heartbeat(call.clone()).await,
        calls.close(call).await,
        calls.checkin(v1::CheckinCall { session: session.clone(), ..v1::CheckinCall::default() }).await,
        calls.checkout(v1::CheckoutCall { session, request_id: 2, checkout: Some(checkout(1)) }).await,
    ];
    let mut words: Vec<_> = asked
        .into_iter()
        .map(|answer| {
            let status = answer.expect_err(why);
            assert_eq!(status.code(), Code::Unauthenticated, "{why}: {status}");
            status.message().to_owned()
        })
        .collect();
    words.dedup();
    assert_eq!(words.len(), 1, "{why}: {words:?}");
    let mut stream = Session::silent(&mut calls).await;
    let resumed = stream.welcome(v1::Hello { resume: Some(token), ..hello("mallory") }).await;
    let Some(reply::Kind::Denied(lost)) = resumed.expect_err(why).kind else { panic!("{why}") };
    assert!(lost.session_lost, "{why}: {lost:?}");
    words.remove(0)
}

#[tokio::test]
async fn gr_24_forged_tokens_are_refused_and_none_tells_which_session_there_is() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let mut calls = calls(daemon.address).await;
    let good = open(&mut calls, "kim").await;
    let other = open(&mut calls, "lee").await;
    let with = |token: &[u8]| v1::SessionToken { session: good.session, token: token.to_vec().into() };
    let unknown = v1::SessionToken { session: good.session ^ 1, token: good.token.clone() };
    let words = refused(&daemon, unknown, "an unknown session").await;
    assert_eq!(refused(&daemon, v1::SessionToken::default(), "nothing").await, words);
    for (why, token) in [
        ("another session's token", with(&other.token)),
        ("no token", with(&[])),
        ("half a token", with(&good.token[..16])),
        ("a longer token", with(&[&good.token[..], &[0]].concat())),
        ("zeros", with(&[0; 32])),
        ("60 KiB", with(&[7; 60_000])),
    ] {
        assert_eq!(refused(&daemon, token, why).await, words, "{why}");
    }
    for bit in 0..256 {
        let mut token = good.token.to_vec();
        token[bit / 8] ^= 1 << (bit % 8);
        let call = v1::SessionCall { session: Some(with(&token)), request_id: 1 };
        assert_eq!(calls.heartbeat(call).await.unwrap_err().code(), Code::Unauthenticated, "bit {bit}");
    }
    // A crashed process's session is replaced by who can show its token, and by nobody else.
    let replaces = vec![with(&[0; 32]), with(&other.token)];
    calls.open(v1::Hello { replaces, ..hello("mallory") }).await.unwrap();
    let call = v1::SessionCall { session: Some(good), request_id: 1 };
    assert!(matches!(calls.heartbeat(call).await.unwrap().into_inner().kind, Some(reply::Kind::Alive(_))));
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn gr_25_gr_26_old_tokens_and_heartbeats_bring_nothing_back() {
    // Time-out, and no hold to speak of.
    let site = Site::new().configure("[session]\ntimeout_ms = 30000\ngrace_ms = 0\nhold_ms = 500\n");
    let daemon = site.start();
    let mut before = calls(daemon.address).await;
    let mut holder = Session::open(&mut before, "kim").await;
    granted(holder.ask_own(Kind::Checkout(checkout(2))).await);
    let idle = open(&mut before, "lee").await;
    daemon.kill9();
    // From before the restart: one with seats lives on, one without is not kept.
    let mut daemon = site.start();
    let mut calls = calls(daemon.address).await;
    refused(&daemon, idle, "a session without seats, of before the restart").await;
    let call = v1::SessionCall { session: Some(holder.token.clone()), request_id: 1 };
    let alive = calls.heartbeat(call.clone()).await.unwrap().into_inner().kind;
    assert!(matches!(alive, Some(reply::Kind::Alive(_))), "{alive:?}");
    // Closed: the heartbeat that was seen on the wire is sent again.
    calls.close(call.clone()).await.unwrap();
    assert_eq!(in_use(daemon.address).await, 0);
    refused(&daemon, holder.token, "a closed session").await;
    // Timed out.
    let mut short = Session::silent(&mut calls).await;
    short.welcome(v1::Hello { timeout_ms: 1_000, ..hello("kim") }).await.unwrap();
    granted(short.ask_own(Kind::Checkout(checkout(2))).await);
    let at = daemon.address;
    let held = || async move { status(at).await.pools[0].holders[0].held.then_some(()) };
    until("the time-out", held).await;
    let call = v1::SessionCall { session: Some(short.token.clone()), request_id: 9 };
    let lost = calls.heartbeat(call).await.unwrap().into_inner();
    assert!(
        matches!(lost.kind, Some(reply::Kind::Denied(v1::Denied { session_lost: true, .. }))),
        "{lost:?}"
    );
    assert!(!short.beat().await);
    until("the end of the hold", || async move { (in_use(at).await == 0).then_some(()) }).await;
    refused(&daemon, short.token.clone(), "a session that timed out").await;
    assert!(!short.beat().await);
    assert_eq!(in_use(at).await, 0);
    assert!(daemon.is_alive());
}

#[tokio::test]
async fn gr_26_gr_27_only_the_connection_that_came_last_speaks_for_a_session() {
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let mut first = Session::open(&mut calls(daemon.address).await, "kim").await;
    granted(first.ask_own(Kind::Checkout(checkout(1))).await);
    let mut second = Session::silent(&mut calls(daemon.address).await).await;
    let resume = Some(first.token.clone());
    second.welcome(v1::Hello { resume, ..hello("kim") }).await.unwrap();
    second.token.token = first.token.token.clone();
    for _ in 0..3 {
        assert!(!first.beat().await);
        assert!(second.beat().await);
    }
    // Neither may the first take or return.
    for kind in
        [Kind::Checkout(checkout(1)), Kind::Checkin(v1::Checkin { grant: 1 }), Kind::Goodbye(v1::Goodbye {})]
    {
        let reply = first.ask_own(kind).await.kind;
        assert!(
            matches!(reply, Some(reply::Kind::Denied(v1::Denied { session_lost: true, .. }))),
            "{reply:?}"
        );
    }
    assert_eq!(in_use(daemon.address).await, 2);
    assert!(second.beat().await);
    witness.check(&mut daemon).await;
}

#[tokio::test]
async fn lg_05_no_token_is_logged_at_any_level() {
    let site = Site::new();
    let config = std::fs::read_to_string(site.path("seatkeeperd.toml")).unwrap();
    site.write("seatkeeperd.toml", format!("log = \"trace\"\n{config}").as_bytes());
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let mut calls = calls(daemon.address).await;
    let token = open(&mut calls, "kim").await;
    let call = v1::SessionCall { session: Some(token.clone()), request_id: 1 };
    calls.heartbeat(call).await.unwrap();
    let mut stream = Session::silent(&mut calls).await;
    stream.welcome(v1::Hello { resume: Some(token.clone()), ..hello("kim") }).await.unwrap();
    witness.check(&mut daemon).await;
    let log = daemon.log();
    assert!(log.contains("TRACE"), "it logs everything");
    let some = &token.token[8..16];
    let hex: String = some.iter().map(|byte| format!("{byte:02x}")).collect();
    let decimal = format!("{some:?}");
    let escaped = some.escape_ascii().to_string();
    for shown in [hex.as_str(), hex.to_uppercase().as_str(), decimal.trim_matches(['[', ']']), &escaped] {
        assert!(!log.contains(shown), "a token is in the log: {shown}");
    }
}

/// Set for a process of another user, which this test starts of itself.
const SOCKET: &str = "SEATKEEPER_TEST_ADMIN_SOCKET";

#[tokio::test]
async fn gr_39_another_user_is_no_administrator() {
    if let Some(socket) = std::env::var_os(SOCKET) {
        return ask_as_another_user(&PathBuf::from(socket)).await;
    }
    let site = Site::new();
    let mut daemon = site.start();
    let witness = Witness::new(&site, &daemon).await;
    let socket = site.path("admin.sock");
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&socket), 0o600);
    assert_eq!(info(&site).await.pid, daemon.pid(), "its own user is one");
    let before = daemon.log();
    let open =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    open(&site.path(""), 0o755);
    // Where everybody can run it.
    let program = site.path("as-nobody");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    open(&program, 0o755);
    for (mode, expected) in [(0o600, "no way to the socket"), (0o666, "the daemon refuses")] {
        open(&socket, mode);
        let asked = Command::new("setpriv")
            .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
            .arg(&program)
            .args(["gr_39_another_user_is_no_administrator", "--exact", "--nocapture"])
            .env(SOCKET, &socket)
            .current_dir("/")
            .output()
            .expect("setpriv is in util-linux");
        let said = String::from_utf8_lossy(&asked.stdout);
        assert!(asked.status.success() && said.contains(expected), "{mode:o}: {asked:?}");
    }
    assert_eq!(daemon.log(), before, "nothing was changed");
    witness.check(&mut daemon).await;
}

/// Runs as another user than the daemon's, who must be refused.
async fn ask_as_another_user(socket: &Path) {
    let Ok(mut admin) = admin(socket).await else {
        println!("no way to the socket");
        return;
    };
    let info = admin.info(v1::InfoRequest {}).await.unwrap_err();
    let level = admin.set_log_level(v1::SetLogLevelRequest { filter: "trace".into() }).await.unwrap_err();
    let remove = admin.remove(v1::RemoveRequest::default()).await.unwrap_err();
    let stop = admin.stop(v1::StopRequest { force: true, ..v1::StopRequest::default() }).await.unwrap_err();
    for refused in [info, level, remove, stop] {
        assert_eq!(refused.code(), Code::PermissionDenied, "{refused}");
        assert!(refused.message().contains("-63"), "{refused}");
    }
    println!("the daemon refuses");
}
