//! What hostile tests need: a well-behaved client as a witness, clients that break the rules, and a
//! wire that can be cut.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what is not as it must be fails the test")]

pub mod raw;
pub mod stream;
pub mod wire;

use std::future::Future;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use client::{CheckoutOptions, Client, Seat, SeatState, State};
use proto::v1;
use proto::v1::seats_client::SeatsClient;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::support::{CPU_ID, DEADLINE, Daemon, Site, servers};

/// How soon a healthy daemon answers, on a machine that runs other tests too.
pub const QUICK: Duration = Duration::from_secs(5);
/// The workstation of everyone here who is not the witness.
pub const WORKSTATION: &str = "02aa10200001";

/// A well-behaved client that has a seat all the while.
#[derive(Debug)]
pub struct Witness {
    pid: u32,
    address: SocketAddr,
    client: Client,
    seat: Seat,
}

impl Witness {
    /// Opens a session and takes a seat of `PROENGINEER`.
    pub async fn new(site: &Site, daemon: &Daemon) -> Self {
        let options = site.options("witness", "ws0", CPU_ID);
        let client = Client::connect(&servers(daemon.address), options).await.unwrap();
        let seat = client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap();
        Self { pid: daemon.pid(), address: daemon.address, client, seat }
    }

    /// What must hold whatever was done to the daemon: it is the same process, it answers soon, the
    /// witness still has its seat, and gets another and gives it back.
    pub async fn check(&self, daemon: &mut Daemon) {
        assert!(daemon.is_alive(), "the daemon has ended");
        assert_eq!(daemon.pid(), self.pid);
        let asked = Instant::now();
        within(QUICK, health(self.address)).await;
        assert!(asked.elapsed() < QUICK);
        assert_eq!((self.client.state(), self.seat.state()), (State::Safe, SeatState::Granted));
        let status = status(self.address).await;
        let holders: Vec<_> = status.pools.iter().flat_map(|pool| &pool.holders).collect();
        let own = holders.iter().filter(|holder| holder.grant == self.seat.grant().0);
        assert_eq!(own.map(|h| (&*h.user, h.seats, h.held)).collect::<Vec<_>>(), [("witness", 1, false)]);
        let another = self.client.checkout(CheckoutOptions::new("PROENGINEER", "20.0"));
        within(QUICK, another).await.unwrap().checkin().await.unwrap();
        // A panic that was contained is a bug all the same.
        assert!(!daemon.log().contains("panicked"), "{}", daemon.log());
    }
}

/// Waits for what must come in this time.
pub async fn within<T>(longest: Duration, what: impl Future<Output = T>) -> T {
    tokio::time::timeout(longest, what).await.expect("it did not come in time")
}

/// Asks again and again, without a pause but what the asking takes, until it is so.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come in time");
        // Whoever else there is in this process has to have their turn.
        tokio::task::yield_now().await;
    }
}

/// A connection.
pub async fn channel(at: SocketAddr) -> Channel {
    Channel::from_shared(format!("http://{at}")).unwrap().connect().await.unwrap()
}

/// The calls, on a connection of their own.
pub async fn calls(at: SocketAddr) -> SeatsClient<Channel> {
    SeatsClient::new(channel(at).await)
}

/// Asks for the daemon's health, which must be good.
pub async fn health(at: SocketAddr) {
    let ask = HealthCheckRequest { service: "seatkeeper.v1.Seats".into() };
    let answer = HealthClient::new(channel(at).await).check(ask).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
}

/// What lmstat would show.
pub async fn status(at: SocketAddr) -> v1::StatusReply {
    calls(at).await.status(v1::StatusRequest::default()).await.unwrap().into_inner()
}

/// Seats out, of all pools.
pub async fn in_use(at: SocketAddr) -> u32 {
    status(at).await.pools.iter().map(|pool| pool.in_use).sum()
}

/// What an application says first.
pub fn hello(user: &str) -> v1::Hello {
    v1::Hello {
        protocol: 1,
        user: user.into(),
        host: "ws1".into(),
        display: ":0".into(),
        application: "cad".into(),
        pid: 1,
        cpu_id: WORKSTATION.into(),
        nonce: vec![7; 32].into(),
        ..v1::Hello::default()
    }
}

/// A checkout of `PROENGINEER`.
pub fn checkout(seats: u32) -> v1::Checkout {
    v1::Checkout { feature: "PROENGINEER".into(), version: "20.0".into(), seats, ..v1::Checkout::default() }
}

/// Opens a session with a call, and gives what proves it.
pub async fn open(calls: &mut SeatsClient<Channel>, user: &str) -> v1::SessionToken {
    let reply = calls.open(hello(user)).await.unwrap().into_inner();
    let Some(v1::reply::Kind::Welcome(welcome)) = reply.kind else { panic!("{reply:?}") };
    v1::SessionToken { session: welcome.session, token: welcome.token }
}

/// The grant that a reply gives.
pub fn granted(reply: v1::Reply) -> u64 {
    let Some(v1::reply::Kind::Granted(granted)) = reply.kind else { panic!("{reply:?}") };
    granted.grant
}

/// The code of a denial, and its words.
pub fn denied(reply: v1::Reply) -> (i32, String) {
    let Some(v1::reply::Kind::Denied(denied)) = reply.kind else { panic!("{reply:?}") };
    (denied.code, denied.message)
}

/// The most memory that a process has had, in KiB.
pub fn peak_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
