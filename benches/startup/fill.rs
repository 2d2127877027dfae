//! Seats that are taken and never given back.

use std::net::SocketAddr;

use proto::v1::seats_client::SeatsClient;
use proto::v1::{self, reply};

use crate::wire;

/// Seats of a session.
const OF_SESSION: u32 = 400;
/// Commands of a message.
const AT_ONCE: u32 = 50;

/// Takes so many seats, one at a time each, in sessions one after the other on one stream.
pub(crate) async fn take(address: SocketAddr, seats: u32) {
    let first = v1::ClientMessage { commands: vec![wire::hello(1, "user1".into())] };
    let (sender, mut answers) = wire::stream(address, first).await;
    let (mut opened, mut granted) = (1u64, 0);
    while granted < seats {
        let message = answers.message().await.unwrap().expect("the stream ended by itself");
        for answer in message.replies {
            match answer.kind {
                Some(reply::Kind::Welcome(welcome)) => {
                    for some in 0..OF_SESSION / AT_ONCE {
                        let requests = 1 + some * AT_ONCE..=(some + 1) * AT_ONCE;
                        let asks = requests.map(|n| wire::checkout(welcome.session, n.into(), "mill"));
                        sender.send(asks.collect());
                    }
                }
                Some(reply::Kind::Granted(_)) => {
                    granted += 1;
                    if granted % OF_SESSION == 0 && granted < seats {
                        opened += 1;
                        sender.send(vec![wire::hello(opened, format!("user{opened}"))]);
                    }
                }
                other => panic!("an answer that nobody expects: {other:?}"),
            }
        }
    }
}

/// Checks a seat out and in so many times: in one session, many at a time.
pub(crate) async fn churn(address: SocketAddr, pairs: u32) {
    const UNDER_WAY: u64 = 1_024;
    let first = v1::ClientMessage { commands: vec![wire::hello(1, "churn".into())] };
    let (sender, mut answers) = wire::stream(address, first).await;
    let (mut session, mut request, mut asked, mut done) = (0, 0, 0, 0);
    while done < pairs {
        let message = answers.message().await.unwrap().expect("the stream ended by itself");
        let mut commands = Vec::new();
        for answer in message.replies {
            request += 1;
            match answer.kind {
                Some(reply::Kind::Welcome(welcome)) => {
                    session = welcome.session;
                    commands.extend((1..=UNDER_WAY).map(|n| wire::checkout(session, n, "mill")));
                    (request, asked) = (UNDER_WAY, UNDER_WAY as u32);
                }
                Some(reply::Kind::Granted(granted)) => {
                    commands.push(wire::checkin(session, request, granted.grant));
                }
                Some(reply::Kind::Returned(_)) => {
                    done += 1;
                    if asked < pairs {
                        asked += 1;
                        commands.push(wire::checkout(session, request, "mill"));
                    }
                }
                other => panic!("an answer that nobody expects: {other:?}"),
            }
        }
        for some in commands.chunks(AT_ONCE as usize) {
            sender.send(some.to_vec());
        }
    }
}

/// Seats that the daemon says are in use.
pub(crate) async fn held(address: SocketAddr) -> u32 {
    let mut calls = SeatsClient::new(wire::connect(address).await);
    let status = calls
        .status(v1::StatusRequest { no_users: true, ..v1::StatusRequest::default() })
        .await
        .unwrap()
        .into_inner();
    status.pools.iter().map(|pool| pool.in_use).sum()
}
