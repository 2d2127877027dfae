//! The administrator's calls: for who sits on the license host, over its socket, and for nobody else. W9's host
//! administrator reads files again, takes seats away and stops the daemon there.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use proto::v1;
use proto::v1::admin_client::AdminClient;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

use crate::calls::{About, Shown, call, methods, on_socket};
use crate::hostile::raw::{message, status_of};
use crate::support::descriptors::paths;
use crate::world::{PEOPLE, World};

/// All of them are the host administrator's on its socket; no person's token gives them over the network.
const ROWS: [&str; 16] = [
    "Info",
    "SetLogLevel",
    "Reread",
    "Revoke",
    "ReturnBorrowed",
    "Assign",
    "Unassign",
    "Assignments",
    "SetLogin",
    "ResetClock",
    "Remove",
    "Stop",
    "SwitchLog",
    "SwitchReport",
    "Events",
    "AcknowledgeEvents",
];

/// Set for a process of another user, which this test starts of itself.
const SOCKET: &str = "SEATKEEPER_TEST_ADMIN_SOCKET";

macro_rules! calls {
    ($($name:literal $call:ident $message:expr;)*) => {
        async fn ask(client: &mut AdminClient<Channel>, name: &str) -> Result<(), Status> {
            match name {
                $($name => client.$call($message).await.map(drop),)*
                other => panic!("{other} is new: say here how it is called"),
            }
        }
    };
}

// None of them does anything.
calls! {
    "Info" info v1::InfoRequest {};
    "SetLogLevel" set_log_level v1::SetLogLevelRequest { filter: "=".into() };
    "Reread" reread v1::RereadRequest { drop: false, dry_run: true };
    "Revoke" revoke v1::RevokeRequest { grant: 999_999 };
    "ReturnBorrowed" return_borrowed v1::ReturnBorrowedRequest { grant: 999_999, ..Default::default() };
    "Assign" assign v1::AssignRequest::default();
    "Unassign" unassign v1::UnassignRequest::default();
    "Assignments" assignments v1::AssignmentsRequest {};
    "SetLogin" set_login v1::SetLoginRequest { email: "nobody".into(), remove: true };
    "ResetClock" reset_clock v1::ResetClockRequest {};
    "Remove" remove v1::RemoveRequest { feature: "none".into(), ..Default::default() };
    "Stop" stop v1::StopRequest { vendor: "none".into(), force: false };
    "SwitchLog" switch_log v1::SwitchLogRequest { vendor: "none".into(), ..Default::default() };
    "SwitchReport" switch_report v1::SwitchReportRequest { of: "none".into(), path: "x".into() };
    "Events" events v1::EventsRequest::default();
    "AcknowledgeEvents" acknowledge_events v1::AcknowledgeEventsRequest::default();
}

async fn admin(socket: &Path) -> AdminClient<Channel> {
    let endpoint = Endpoint::from_shared(format!("unix://{}", socket.display())).unwrap();
    AdminClient::new(endpoint.connect().await.unwrap())
}

#[test]
fn each_service_and_each_call_of_an_administrator_has_a_row() {
    let services: BTreeSet<String> =
        paths().iter().filter_map(|path| path.split('/').nth(1)).map(str::to_owned).collect();
    // What the seats' calls give is everybody's: no deed of W9 is among them.
    let known = ["Admin", "DeskService", "Seats"].map(|name| format!("seatkeeper.v1.{name}"));
    assert_eq!(services, BTreeSet::from(known), "a service that no matrix knows");
    assert_eq!(methods("Admin"), ROWS.iter().map(|name| (*name).to_owned()).collect());
}

#[tokio::test]
async fn administrators_calls_are_for_who_sits_on_the_license_host() {
    if let Some(socket) = std::env::var_os(SOCKET) {
        return ask_as_another_user(&PathBuf::from(socket)).await;
    }
    let world = World::new().await;
    let socket = world.site.path("admin.sock");
    let mut admin = admin(&socket).await;
    for name in ROWS {
        for who in PEOPLE {
            let token = format!("Bearer {}", world.tokens[who]);
            let path = format!("/seatkeeper.v1.Admin/{name}");
            let status = status_of(world.daemon.address, &path, &[("authorization", &token)], &message(&[]));
            assert_eq!(Code::from(i32::try_from(status).unwrap()), Code::Unimplemented, "{who} {name}");
        }
        let answer = ask(&mut admin, name).await;
        let code = answer.as_ref().map_or_else(Status::code, |()| Code::Ok);
        assert!(!matches!(code, Code::PermissionDenied | Code::Unimplemented), "{name}: {answer:?}");
    }
    let open =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    // Where everybody can run it, and reach the socket.
    let program = world.site.path("as-nobody");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    for (path, mode) in [(&world.site.path(""), 0o755), (&program, 0o755), (&socket, 0o666)] {
        open(path, mode);
    }
    let asked = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(&program)
        .args(["administrators_calls_are_for_who_sits_on_the_license_host", "--nocapture"])
        .env(SOCKET, &socket)
        .current_dir("/")
        .output()
        .expect("setpriv is in util-linux");
    let said = String::from_utf8_lossy(&asked.stdout);
    assert!(asked.status.success() && said.contains("nothing is theirs"), "{asked:?}");
}

/// Runs as another user than the daemon's, who must be refused whatever they ask for.
async fn ask_as_another_user(socket: &Path) {
    let mut admin = admin(socket).await;
    for name in ROWS {
        let refused = ask(&mut admin, name).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{name}: {refused}");
        assert!(refused.message().contains("-63"), "{name}: {refused}");
    }
    let mut desk = on_socket(socket).await;
    let word = || "V-1001".to_owned();
    let about = About { case: word(), pool: word(), pack: word(), new_pack: word() };
    for name in methods("DeskService") {
        let refused = call(&mut desk, &name, Shown::default(), &about).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied, "{name}: {refused}");
        assert!(refused.message().contains("-63"), "{name}: {refused}");
    }
    println!("nothing is theirs");
}
