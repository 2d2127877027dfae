//! What the SDK and the tools say of what they meet: nobody there, somebody else, an answer that never
//! comes or proves nothing.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use client::{Admin, CheckoutOptions, Client, Error, Leases, Servers};
use names::Wall;
use proto::v1;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::time::timeout;

use crate::desk::Desk;
use crate::hostile::until;
use crate::hostile::wire::Wire;
use crate::support::{DEADLINE, Site, VENDOR, servers};

const WORKSTATION: &str = "02aa10200001";

fn mill() -> CheckoutOptions {
    CheckoutOptions::new("mill", "4.0")
}

/// What the SDK says of these servers.
async fn unreachable(desk: &Desk, servers: &Servers) -> i32 {
    let error = Client::connect(servers, desk.site.options("kim", "ws1", WORKSTATION)).await.unwrap_err();
    error.code().number()
}

/// The tool, with these words and no environment of its own.
fn tool(desk: &Desk, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeper"));
    command.args(line.split_whitespace()).current_dir(desk.site.path("")).stdin(Stdio::null());
    command.env_clear().env("HOME", desk.site.path("")).env("XDG_RUNTIME_DIR", desk.site.path(""));
    command
}

/// The code that a tool ended with: 256 + the code is its status.
fn ended(mut command: Command) -> i32 {
    let output = command.output().unwrap();
    output.status.code().unwrap() - 256
}

/// An address where nobody is.
fn nowhere() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

pub(crate) async fn lmreread_away_from_the_daemon(desk: &mut Desk) -> i32 {
    let address = desk.daemon.address;
    ended(tool(desk, &format!("lmreread -c {}@{} --socket none.sock", address.port(), address.ip())))
}

pub(crate) async fn nobody_listens_there(desk: &mut Desk) -> i32 {
    unreachable(desk, &servers(nowhere())).await
}

pub(crate) async fn no_host_of_that_name(desk: &mut Desk) -> i32 {
    let list = format!("{}@nobody.invalid", desk.daemon.address.port());
    unreachable(desk, &Servers::from_list(&list, "a test").unwrap()).await
}

/// A web server, which answers whatever is said with a page.
pub(crate) async fn a_web_server_is_there(desk: &mut Desk) -> i32 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut peer, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = [0; 1024];
                let _ = peer.read(&mut asked).await;
                let _ = peer.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
            });
        }
    });
    unreachable(desk, &servers(address)).await
}

/// Somebody stands between who changes the license host's key on its way.
pub(crate) async fn a_host_key_that_is_not_proved(desk: &mut Desk) -> i32 {
    let (to, key) = (desk.daemon.address, *desk.site.host().as_bytes());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let between = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            tokio::spawn(forge(client, to, key));
        }
    });
    unreachable(desk, &servers(between)).await
}

/// Carries a connection, with one bit of every host key turned round.
async fn forge(client: TcpStream, to: SocketAddr, key: [u8; 32]) {
    let Ok(daemon) = TcpStream::connect(to).await else { return };
    let ((mut from_client, mut to_client), (mut from_daemon, mut to_daemon)) =
        (client.into_split(), daemon.into_split());
    let forwards = tokio::io::copy(&mut from_client, &mut to_daemon);
    let backwards = async {
        let (mut said, mut matched) = (Vec::new(), 0);
        while let Ok(1..) = from_daemon.read_buf(&mut said).await {
            for byte in &mut said {
                matched = if *byte == key[matched] { matched + 1 } else { usize::from(*byte == key[0]) };
                if matched == key.len() {
                    *byte ^= 1;
                    matched = 0;
                }
            }
            if to_client.write_all(&said).await.is_err() {
                return;
            }
            said.clear();
        }
    };
    tokio::select! {
        _ = forwards => {}
        () = backwards => {}
    }
}

/// The daemon dies while it has a request of a session that is not on its disk yet.
pub(crate) async fn the_session_is_lost_before_the_answer(_: &mut Desk) -> i32 {
    let pack = "SERVER this_host HOSTID_HERE\nVENDOR acmed\nUSE_SERVER\n\
                INCREMENT mill acmed 4.2 permanent 2 CONFIG_ID=1 SEAT=FLOATING\n";
    let mut site = Site::with_packs(&[pack]);
    let daemon = site.start();
    let address = daemon.address;
    let kim = Client::connect(&servers(address), site.options("kim", "ws1", WORKSTATION)).await.unwrap();
    let _seat = kim.checkout(mill()).await.unwrap();
    let mut colleagues = kim.colleagues();

    let wire = Wire::new(address).await;
    let lee = site.options("lee", "ws1", WORKSTATION);
    let lee = Client::connect(&servers(wire.address), lee).await.unwrap();
    wire.hold_answers();
    let asking = tokio::spawn(async move {
        let more = mill().seats(3);
        tokio::join!(lee.book(&more, "1234", Duration::from_secs(60)), lee.ask("mill")).0
    });
    timeout(DEADLINE, colleagues.next()).await.expect("kim hears of what lee asked last");
    site.listen_again(address);
    daemon.kill9();
    wire.cut();
    // The answer goes with its connection while another daemon starts.
    let (_site, _daemon) = tokio::task::spawn_blocking(move || {
        let daemon = site.start();
        (site, daemon)
    })
    .await
    .unwrap();
    wire.release();
    let told = timeout(DEADLINE, asking).await.expect("the SDK gives up").unwrap();
    told.unwrap_err().code().number()
}

/// The record of what the clock has shown is gone from the workstation.
pub(crate) async fn the_record_of_the_clock_is_gone(desk: &mut Desk) -> i32 {
    let leases = Leases::at(&desk.site.path("borrowed")).unwrap();
    let kim = desk.client("kim").await;
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let until = Wall(i64::try_from(since.as_millis()).unwrap() + 3_600_000);
    kim.borrow(&leases, &mill(), until).await.unwrap();
    std::fs::remove_file(desk.site.path("borrowed/clock")).unwrap();
    let who = desk.site.options("kim", "ws1", WORKSTATION);
    let error = leases.open(&who.trust, &who.identity, "mill", "4.0").unwrap_err();
    let kept = leases.list().unwrap().borrowed.remove(0);
    kim.return_borrowed(&leases, &kept).await.unwrap();
    kim.close().await.unwrap();
    error.code().number()
}

/// The administrator's tool speaks to where clients are served.
pub(crate) async fn a_call_that_is_not_served_there(desk: &mut Desk) -> i32 {
    let (socket, to) = (desk.site.path("relay.sock"), desk.daemon.address);
    let listener = UnixListener::bind(&socket).unwrap();
    tokio::spawn(async move {
        while let Ok((mut tool, _)) = listener.accept().await {
            let mut daemon = TcpStream::connect(to).await.unwrap();
            tokio::spawn(async move { copy_bidirectional(&mut tool, &mut daemon).await });
        }
    });
    let mut admin = Admin::connect(&socket).await.unwrap();
    let Err(Error::Denied { code, .. }) = admin.info(v1::InfoRequest {}).await else {
        panic!("clients are not told of administration");
    };
    code.number()
}

/// Another user's tool, whom the file system lets through to the socket.
pub(crate) async fn another_user_administers(desk: &mut Desk) -> i32 {
    let open = |name: &str, mode| {
        std::fs::set_permissions(desk.site.path(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    open("", 0o755);
    open("admin.sock", 0o666);
    // Where everybody can run it.
    std::fs::copy(env!("CARGO_BIN_EXE_seatkeeper"), desk.site.path("as-nobody")).unwrap();
    open("as-nobody", 0o755);
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(desk.site.path("as-nobody"))
        .args(["lmreread", "--socket"])
        .arg(desk.site.path("admin.sock"))
        .current_dir("/");
    let told = ended(command);
    open("admin.sock", 0o600);
    open("", 0o700);
    told
}

pub(crate) async fn lmstat_of_a_vendor_without_a_daemon(desk: &mut Desk) -> i32 {
    let at = desk.daemon.address;
    ended(tool(desk, &format!("lmstat -S borealis -c {}@{}", at.port(), at.ip())))
}

/// Ctrl-C again, while the daemon's answer to the first is on its way.
pub(crate) async fn a_return_that_nobody_confirms(desk: &mut Desk) -> i32 {
    let wire = Wire::new(desk.daemon.address).await;
    let server = format!("{}@{}", wire.address.port(), wire.address.ip());
    let key = format!("{VENDOR}={}", desk.site.vendor().public());
    let command = tool(desk, &format!("checkout mill -c {server} --key {key}"));
    let mut command = tokio::process::Command::from(command);
    let mut holder = command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    while !lines.next_line().await.unwrap().expect("it holds the seat").starts_with("Ctrl-C") {}
    wire.hold_answers();
    let pid = Pid::from_raw(i32::try_from(holder.id().unwrap()).unwrap()).unwrap();
    kill_process(pid, Signal::INT).unwrap();
    // The seat is back; the tool waits to hear it.
    desk.clear().await;
    let status = until("the tool's end", || {
        let ended = holder.try_wait().unwrap();
        if ended.is_none() {
            kill_process(pid, Signal::INT).unwrap();
        }
        async move { ended }
    });
    status.await.code().unwrap() - 256
}
