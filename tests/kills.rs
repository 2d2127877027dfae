//! The daemon is killed at random moments, 5 times; applications with the SDK go on. Nobody loses a seat,
//! and no seat has two holders. `cargo xtask crash` does without the SDK what takes thousands of kills.
//!
//! The moments come from a seed that is printed; `SEATKEEPER_SEED=N cargo test --test kills` repeats
//! its choices.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and says its seed")]

mod support;

use std::collections::HashSet;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use client::{CheckoutOptions, Client, Error, Seat, SeatState, State};
use proto::v1;
use proto::v1::seats_client::SeatsClient;
use support::{DEADLINE, Daemon, Site, servers};

const KILLS: u32 = 5;
const CLIENTS: usize = 4;
/// Of the pool's ten.
const SEATS: u32 = 10;

/// A small generator, so that a run can be repeated from its seed.
struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }
}

async fn status(at: std::net::SocketAddr) -> v1::StatusReply {
    let mut calls = SeatsClient::connect(format!("http://{at}")).await.unwrap();
    calls.status(v1::StatusRequest::default()).await.unwrap().into_inner()
}

/// An application that takes and returns seats until it is told to stop, and says what it held last.
async fn work(client: Client, seed: u64, stop: tokio_util::sync::CancellationToken) -> (Client, Vec<Seat>) {
    let mut random = Random(seed);
    let mut held: Vec<Seat> = Vec::new();
    while !stop.is_cancelled() {
        if held.len() < 2 || (held.len() < 4 && random.next(2) == 0) {
            match client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await {
                Ok(seat) => held.push(seat),
                // All taken, and nothing else: a request that was sent again is no other request.
                Err(Error::Denied { code, message, .. }) => assert_eq!(code.number(), -4, "{message}"),
                Err(e) => panic!("a checkout failed: {e} ({e:?})"),
            }
        } else {
            let at = usize::try_from(random.next(held.len() as u64)).unwrap();
            held.swap_remove(at).checkin().await.unwrap();
        }
        // Let others have their turn; a client that is denied asks again at once.
        tokio::task::yield_now().await;
    }
    (client, held)
}

#[tokio::test(flavor = "current_thread")]
async fn st_01_five_kills_lose_no_seat_and_give_none_twice() {
    let seed = std::env::var("SEATKEEPER_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(|| {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).unwrap();
        u64::from_le_bytes(bytes)
    });
    println!("replay with: SEATKEEPER_SEED={seed} cargo test --test kills");
    let mut random = Random(seed);
    // Long enough that nobody times out while the daemon is down.
    let mut site =
        Site::new().configure("[session]\ntimeout_ms = 60000\ngrace_ms = 30000\nhold_ms = 40000\n");
    let mut daemon = site.start();
    site.listen_again(daemon.address);
    let site = Arc::new(site);

    let mut idle = Vec::new();
    for n in 0..CLIENTS {
        let user = format!("designer{n}");
        let options = site.options(&user, &user, "02aa10201111");
        idle.push((Client::connect(&servers(daemon.address), options).await.unwrap(), Vec::new()));
    }
    for kill in 0..KILLS {
        let stop = tokio_util::sync::CancellationToken::new();
        let local = tokio::task::LocalSet::new();
        let workers: Vec<_> = idle
            .drain(..)
            .map(|(client, held): (Client, Vec<Seat>)| {
                // What was held is kept over the kill, beside what the worker takes and returns.
                let seed = random.next(u64::MAX);
                let stop = stop.clone();
                local.spawn_local(async move {
                    let (client, mut taken) = work(client, seed, stop).await;
                    taken.extend(held);
                    (client, taken)
                })
            })
            .collect();
        let moment = Duration::from_micros(random.next(120_000));
        let again = local.run_until(async {
            let killed_at = Instant::now() + moment;
            tokio::time::timeout_at(killed_at.into(), std::future::pending::<()>()).await.unwrap_err();
            daemon.kill9();
            // Every other start is killed too, at a random moment of it.
            if kill % 2 == 1 {
                let mut child = site.command().stderr(Stdio::null()).spawn().unwrap();
                let moment = Instant::now() + Duration::from_micros(random.next(60_000));
                tokio::time::timeout_at(moment.into(), std::future::pending::<()>()).await.unwrap_err();
                child.kill().unwrap();
                child.wait().unwrap();
            }
            let site = Arc::clone(&site);
            let again = tokio::task::spawn_blocking(move || site.start()).await.unwrap();
            stop.cancel();
            again
        });
        daemon = again.await;
        for worker in workers {
            idle.push(tokio::time::timeout(DEADLINE, local.run_until(worker)).await.unwrap().unwrap());
        }
        check(&daemon, &idle).await;
        // At most two each are carried over the next kill, so that all have some to take.
        for (_, held) in &mut idle {
            while held.len() > 1 {
                held.pop().unwrap().checkin().await.unwrap();
            }
        }
    }
    for (client, held) in idle {
        drop(held);
        client.close().await.unwrap();
    }
    let pools = status(daemon.address).await.pools;
    assert!(pools.iter().all(|pool| pool.in_use == 0), "seats are left over: {pools:?}");
}

/// What the clients hold and what the daemon says, compared.
async fn check(daemon: &Daemon, idle: &[(Client, Vec<Seat>)]) {
    let held: Vec<&Seat> = idle.iter().flat_map(|(_, held)| held).collect();
    for seat in &held {
        assert_eq!(seat.state(), SeatState::Granted, "an acknowledged seat was lost");
    }
    let grants: HashSet<u64> = held.iter().map(|seat| seat.grant().0).collect();
    assert_eq!(grants.len(), held.len(), "two seats have one grant");
    for (client, _) in idle {
        assert_eq!(client.state(), State::Safe);
    }
    let report = status(daemon.address).await;
    let [pool] = &report.pools[..] else { panic!("one pool, not {:?}", report.pools) };
    assert!(pool.in_use <= SEATS, "{} of {SEATS} seats are in use", pool.in_use);
    let shown: HashSet<u64> = pool.holders.iter().map(|holder| holder.grant).collect();
    assert!(grants.is_subset(&shown), "held {grants:?}, and the daemon has {shown:?}");
    // Answers that were lost in the kill were asked for again: nothing is held that nobody knows of.
    assert_eq!(shown, grants, "the daemon counts seats that nobody holds");
}
