//! The daemon is asked to stop while clients take and return seats: once, twice, and killed while it
//! stops. Whoever held a seat before holds it after the next start.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod support;

use std::collections::HashSet;
use std::sync::Arc;

use client::{CheckoutOptions, Client, Error, Seat, SeatState};
use proto::v1;
use proto::v1::seats_client::SeatsClient;
use support::{DEADLINE, Daemon, Site, servers};
use tokio_util::sync::CancellationToken;

/// How a daemon ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Asked,
    AskedTwice,
    /// As when the system has no memory left, or the service manager no patience.
    KilledWhileStopping,
}

/// Takes and returns a seat again and again; a daemon that stops may refuse it meanwhile.
async fn churn(client: Client, stop: CancellationToken) -> Client {
    while !stop.is_cancelled() {
        match client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await {
            Ok(seat) => seat.checkin().await.unwrap(),
            Err(Error::Denied { .. }) => {}
            Err(e) => panic!("a checkout failed: {e} ({e:?})"),
        }
        tokio::task::yield_now().await;
    }
    client
}

fn end(mut daemon: Daemon, ending: Ending) {
    daemon.ask_to_stop();
    daemon.wait_to_hear("STOPPING=1");
    match ending {
        Ending::Asked => assert!(daemon.wait().success()),
        Ending::AskedTwice => {
            daemon.ask_to_stop();
            assert!(daemon.wait().success());
        }
        Ending::KilledWhileStopping => daemon.kill9(),
    }
}

async fn grants(daemon: &Daemon) -> HashSet<u64> {
    let mut calls = SeatsClient::connect(format!("http://{}", daemon.address)).await.unwrap();
    let pools = calls.status(v1::StatusRequest::default()).await.unwrap().into_inner().pools;
    assert!(pools[0].in_use <= 10, "{} of 10 seats are in use", pools[0].in_use);
    pools[0].holders.iter().map(|holder| holder.grant).collect()
}

#[tokio::test(flavor = "current_thread")]
async fn st_22_a_stop_under_load_loses_no_seat_whether_asked_once_twice_or_cut_short() {
    let mut site = Site::new().configure(
        "[session]\ntimeout_ms = 60000\ngrace_ms = 30000\nhold_ms = 40000\n[limits]\ndrain_ms = 300\n",
    );
    let mut daemon = site.start();
    site.listen_again(daemon.address);
    let site = Arc::new(site);
    let connect = async |user: &str| {
        let options = site.options(user, user, "02aa10201111");
        Client::connect(&servers(daemon.address), options).await.unwrap()
    };
    let (mut holders, mut loads): (Vec<(Client, Seat)>, Vec<Client>) = (Vec::new(), Vec::new());
    for user in ["kim", "lee", "osman"] {
        let client = connect(user).await;
        let seat = client.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await.unwrap();
        holders.push((client, seat));
        loads.push(connect(&format!("{user}-load")).await);
    }
    for ending in [Ending::Asked, Ending::AskedTwice, Ending::KilledWhileStopping] {
        let (local, stop) = (tokio::task::LocalSet::new(), CancellationToken::new());
        let working: Vec<_> =
            loads.drain(..).map(|load| local.spawn_local(churn(load, stop.clone()))).collect();
        let again = local.run_until(async {
            let site = Arc::clone(&site);
            let again = tokio::task::spawn_blocking(move || {
                end(daemon, ending);
                site.start()
            });
            let again = again.await.unwrap();
            stop.cancel();
            again
        });
        daemon = again.await;
        for worker in working {
            loads.push(tokio::time::timeout(DEADLINE, local.run_until(worker)).await.unwrap().unwrap());
        }
        let held: HashSet<u64> = holders.iter().map(|(_, seat)| seat.grant().0).collect();
        for (client, seat) in &holders {
            assert_eq!(seat.state(), SeatState::Granted, "{ending:?}: {:?}", client.state());
        }
        assert_eq!(grants(&daemon).await, held, "{ending:?}: the load gave all of its seats back");
    }
    for (client, seat) in holders {
        seat.checkin().await.unwrap();
        client.close().await.unwrap();
    }
    assert_eq!(grants(&daemon).await.len(), 0);
}
