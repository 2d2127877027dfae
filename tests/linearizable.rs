//! What clients of a real daemon see, from several threads, could have happened one thing after
//! another: pool by pool.
//!
//! A denial is told at once, and what it was denied for a moment later, when the disk has it: so what
//! status shows may be behind a denial. Both are linearizable with what is granted and returned, and
//! each is checked with that alone.
//!
//! The choices come from a seed that is printed; `SEATKEEPER_SEED=N cargo test --test linearizable`
//! repeats them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    dead_code,
    unreachable_pub,
    reason = "a test fails by panicking, says its seed, and uses a part of what it shares"
)]

#[path = "../crates/testkit/src/linear.rs"]
mod linear;
#[path = "../crates/testkit/src/rng.rs"]
mod rng;
mod support;

use std::net::SocketAddr;
use std::thread;
use std::time::Instant;

use client::{CheckoutOptions, Client, Error, Seat, StatusQuery};
use linear::{Call, SeatAnswer, SeatAsk, Seats, check, partition};
use rng::Rng;
use support::{Site, servers};

/// Two pools, each with fewer seats than there are clients.
const PACK: &str = "SERVER this_host HOSTID_HERE\nVENDOR acmed\nUSE_SERVER\n\
                    INCREMENT mill acmed 4.2 permanent 2 CONFIG_ID=11470 SEAT=FLOATING\n\
                    INCREMENT lathe acmed 4.2 permanent 3 CONFIG_ID=11471 SEAT=FLOATING\n";
const POOLS: [(&str, u32); 2] = [("mill", 2), ("lathe", 3)];
const CLIENTS: u64 = 6;
/// Calls of one client in a round: all of them together are no more than the search looks at.
const CALLS: usize = 28;
const ROUNDS: u64 = 8;

/// A call about one of the pools.
type PoolCall = Call<(usize, SeatAsk), SeatAnswer>;

/// A client that does as it likes, and writes down what it sees.
struct Worker {
    client: Client,
    at: SocketAddr,
    rng: Rng,
    clock: Instant,
    held: Vec<(usize, Seat)>,
    seen: Vec<PoolCall>,
}

impl Worker {
    fn now(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_nanos()).unwrap()
    }

    async fn act(&mut self) {
        let pool = usize::try_from(self.rng.below(POOLS.len() as u64)).unwrap();
        match self.rng.below(5) {
            0 => self.status(pool).await,
            1 | 2 if !self.held.is_empty() => self.checkin().await,
            _ => self.checkout(pool).await,
        }
    }

    fn see(&mut self, pool: usize, ask: SeatAsk, sent: u64, answer: SeatAnswer) {
        let answered = Some((self.now(), answer));
        self.seen.push(Call { ask: (pool, ask), sent, answered });
    }

    async fn checkout(&mut self, pool: usize) {
        let sent = self.now();
        match self.client.checkout(CheckoutOptions::new(POOLS[pool].0, "4.0")).await {
            Ok(seat) => {
                self.see(pool, SeatAsk::Checkout, sent, SeatAnswer::Granted);
                self.held.push((pool, seat));
            }
            Err(Error::Denied { code, message, .. }) => {
                assert_eq!(code.number(), -4, "{message}");
                self.see(pool, SeatAsk::Checkout, sent, SeatAnswer::Denied);
            }
            Err(other) => panic!("a checkout failed: {other}"),
        }
    }

    async fn checkin(&mut self) {
        let at = usize::try_from(self.rng.below(self.held.len() as u64)).unwrap();
        let (pool, seat) = self.held.swap_remove(at);
        let sent = self.now();
        seat.checkin().await.unwrap();
        self.see(pool, SeatAsk::Checkin, sent, SeatAnswer::Returned);
    }

    async fn status(&mut self, pool: usize) {
        let sent = self.now();
        let all: Vec<_> = servers(self.at).all().cloned().collect();
        let query = StatusQuery { feature: POOLS[pool].0.to_owned(), ..StatusQuery::default() };
        let (_, report) = client::status(&all, &query).await.unwrap();
        let in_use = report.pools.iter().map(|pool| pool.in_use).sum();
        self.see(pool, SeatAsk::Status, sent, SeatAnswer::InUse(in_use));
    }

    /// Does so much, gives everything back, and says what it saw.
    async fn round(mut self) -> Vec<PoolCall> {
        for _ in 0..CALLS {
            self.act().await;
        }
        while !self.held.is_empty() {
            self.checkin().await;
        }
        self.client.close().await.unwrap();
        self.seen
    }
}

fn round(site: &Site, at: SocketAddr, seed: u64) -> Vec<PoolCall> {
    let clock = Instant::now();
    let mut rng = Rng::new(seed);
    let sources: Vec<(u64, Rng)> = (0..CLIENTS).map(|n| (n, rng.fork())).collect();
    thread::scope(|scope| {
        let work = |(n, rng): (u64, Rng)| {
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let options = site.options(&format!("designer{n}"), "r01", "02aa10201111");
                    let client = Client::connect(&servers(at), options).await.unwrap();
                    Worker { client, at, rng, clock, held: Vec::new(), seen: Vec::new() }.round().await
                })
            })
        };
        let threads: Vec<_> = sources.into_iter().map(work).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn what_six_clients_see_could_have_happened_one_thing_after_another() {
    let seed = std::env::var("SEATKEEPER_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(|| {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).unwrap();
        u64::from_le_bytes(bytes)
    });
    println!("replay with: SEATKEEPER_SEED={seed} cargo test --test linearizable");
    let site = Site::with_packs(&[PACK]);
    let daemon = site.start();
    let (mut looked_at, mut denied, mut at_once) = (0, 0, 0);
    for n in 0..ROUNDS {
        let seen = round(&site, daemon.address, seed.wrapping_add(n));
        for (pool, calls) in partition(&seen, |(pool, _)| *pool) {
            let (feature, capacity) = POOLS[pool];
            let is_denial = |call: &PoolCall| matches!(call.answered, Some((_, SeatAnswer::Denied)));
            let only = |is_in: &dyn Fn(&PoolCall) -> bool| -> Vec<_> {
                let of_pool =
                    |call: &PoolCall| Call { ask: call.ask.1, sent: call.sent, answered: call.answered };
                calls.iter().filter(|call| is_in(call)).map(of_pool).collect()
            };
            let with_denials = only(&|call| call.ask.1 != SeatAsk::Status);
            let with_reads = only(&|call| !is_denial(call));
            for part in [&with_denials, &with_reads] {
                let order = check(&Seats { capacity }, part);
                assert!(order.is_ok(), "round {n}, {feature}: {order:?} of {part:#?}");
                looked_at += part.len();
            }
            denied += calls.iter().filter(|call| is_denial(call)).count();
            let overlaps =
                |a: &PoolCall, b: &PoolCall| a.sent < b.sent && a.answered.is_some_and(|(at, _)| at > b.sent);
            at_once += calls.iter().filter(|a| calls.iter().any(|b| overlaps(a, b))).count();
        }
    }
    println!("{looked_at} calls looked at, {denied} denials, {at_once} at the same time as another");
    assert!(denied > 0 && at_once > 0, "a history in which nobody met anybody proves nothing");
    assert!(daemon.terminate().success());
}
