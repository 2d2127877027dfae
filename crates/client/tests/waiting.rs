//! Waiting in line, and what the server says unasked.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod peer;

use std::time::Duration;

use client::{CheckoutOptions, Client, Identity, Login, Options, Place, Progress, SeatState, explain};
use names::Email;
use peer::{Conn, DEADLINE, Peer, granted, options, welcome};
use proto::v1;
use proto::v1::command::Kind as Asks;
use proto::v1::notice::Kind as Notes;
use proto::v1::reply::Kind as Says;
use tokio::time::timeout;

fn mill() -> CheckoutOptions {
    CheckoutOptions::new("mill", "4.0").queue().data("part 7").job("1234")
}

fn queued(position: u64, expected_ms: u64) -> Says {
    Says::Queued(v1::Queued { position, expected_ms })
}

async fn connected(peer: &mut Peer, options: Options) -> (Client, Conn, v1::Hello) {
    let servers = peer.servers();
    let (client, (conn, hello)) =
        tokio::join!(Client::connect(&servers, options), peer.greets(welcome(7, 60_000, vec![])));
    (client.unwrap(), conn, hello)
}

#[tokio::test]
async fn a_hello_says_who_where_and_on_what() {
    let mut peer = Peer::new().await;
    let login = |server: client::Server| Login::new(server, Email::new("kim@example.net").unwrap(), "s3cret");
    let elsewhere = client::Server::new("lic2", 27000).unwrap();
    for (logins, email) in [
        (vec![login(elsewhere.clone()), login(peer.server.clone())], "kim@example.net"),
        (vec![login(elsewhere)], ""),
    ] {
        let mut options = Options { logins, ..options() };
        options.identity.project = names::Word::nearest("crane");
        let machine = options.identity.machine.clone();
        let (_client, _conn, hello) = connected(&mut peer, options).await;
        assert_eq!((hello.project.as_str(), hello.platform), ("crane", machine.platform));
        assert_eq!((hello.virtual_machine, hello.remote), (machine.is_virtual, machine.is_remote));
        assert_eq!(hello.utc_offset_min, i32::from(machine.utc_offset_min));
        assert_eq!(hello.email, email);
        assert_eq!(hello.login_token.is_empty(), email.is_empty(), "a token is shown to its own server only");
    }
}

#[tokio::test]
async fn a_place_is_told_until_the_seat_is_there() {
    let mut peer = Peer::new().await;
    let (client, mut conn, _) = connected(&mut peer, options()).await;
    let mut waiting = client.begin_checkout(&mill().priority(3)).unwrap();
    assert_eq!(waiting.place(), None);
    let asked = conn.asked().await;
    let Some(Asks::Checkout(checkout)) = &asked.kind else { panic!("{asked:?}") };
    assert_eq!((checkout.queue, checkout.priority), (true, 3));
    assert_eq!((checkout.data.as_str(), checkout.job.as_str()), ("part 7", "1234"));
    conn.says(&asked, queued(2, 300_000)).await;
    let second = Place { position: 2, expected: Some(Duration::from_secs(300)) };
    assert!(matches!(waiting.next().await.unwrap(), Progress::Queued(place) if place == second));
    // The connection is lost, and the place is not.
    drop(conn);
    let (mut conn, _) = peer
        .greets(Says::Welcome(v1::Welcome {
            session: 7,
            timeout_ms: 60_000,
            grace_ms: 30_000,
            waiting: vec![asked.request_id],
            ..v1::Welcome::default()
        }))
        .await;
    let again = conn.asked().await;
    assert_eq!(again, asked);
    conn.says(&again, queued(1, 0)).await;
    let first = Place { position: 1, expected: None };
    assert!(matches!(waiting.next().await.unwrap(), Progress::Queued(place) if place == first));
    conn.notes(7, Notes::Granted(granted(40, asked.request_id))).await;
    let Progress::Granted(mut seat) = waiting.next().await.unwrap() else { panic!("it is granted") };
    assert_eq!((seat.grant().0, seat.state()), (40, SeatState::Granted));
    assert!(waiting.next().await.is_err(), "there is nothing more");
    // It is taken away, and goes back although nobody does anything.
    let mut colleagues = client.colleagues();
    let wanted = v1::Wanted { feature: "mill".into(), user: "lee".into(), host: "ws2".into() };
    conn.notes(7, Notes::Wanted(wanted)).await;
    assert_eq!(colleagues.next().await.user.as_str(), "lee");
    let revoked = v1::Revoked { grant: 40, code: -92, message: "reread".into(), until_ms: 0 };
    conn.notes(7, Notes::Revoked(revoked)).await;
    assert!(matches!(seat.changed().await, SeatState::Revoked { .. }));
    let back = timeout(Duration::from_secs(5), conn.asked()).await.expect("within five seconds");
    assert_eq!(back.kind, Some(Asks::Checkin(v1::Checkin { grant: 40 })));
    conn.says(&back, Says::Returned(v1::Returned { grant: 40 })).await;
    assert!(matches!(seat.state(), SeatState::Revoked { .. }));
    timeout(DEADLINE, seat.checkin()).await.unwrap().unwrap();
}

#[tokio::test]
async fn whoever_does_not_wait_any_more_leaves_the_line() {
    let mut peer = Peer::new().await;
    let (client, mut conn, _) = connected(&mut peer, options()).await;
    // As a whole future, and as a wait.
    for at_once in [true, false] {
        let number = if at_once {
            let checkout = client.checkout(mill());
            let asked = async {
                let asked = conn.asked().await;
                conn.says(&asked, queued(1, 0)).await;
                asked.request_id
            };
            tokio::select! {
                seat = checkout => panic!("{seat:?}"),
                number = asked => number,
            }
        } else {
            let mut waiting = client.begin_checkout(&mill()).unwrap();
            let asked = conn.asked().await;
            conn.says(&asked, queued(1, 0)).await;
            assert!(matches!(waiting.next().await.unwrap(), Progress::Queued(_)));
            asked.request_id
        };
        let left = conn.asked().await;
        assert_eq!(left.kind, Some(Asks::Withdraw(v1::Withdraw { waiting_request: number })));
        conn.says(&left, Says::Withdrawn(v1::Withdrawn {})).await;
    }
}

#[tokio::test]
async fn bookings_questions_and_idleness_are_commands() {
    let mut peer = Peer::new().await;
    let (client, mut conn, _) = connected(&mut peer, options()).await;
    let four = CheckoutOptions::new("mill", "4.0").seats(4);
    let (booking, ()) = tokio::join!(client.book(&four, "1234", Duration::from_secs(300)), async {
        let asked = conn.asked().await;
        let Some(Asks::Book(book)) = &asked.kind else { panic!("{asked:?}") };
        assert_eq!((book.job.as_str(), book.ttl_ms), ("1234", 300_000));
        let grant = v1::Granted { seats: 4, until_ms: 99, ..granted(50, asked.request_id) };
        conn.says(&asked, Says::Granted(grant)).await;
    });
    let booking = booking.unwrap();
    assert_eq!((booking.grant.0, booking.seats.get(), booking.until.0), (50, 4, 99));
    let (done, ()) = tokio::join!(client.unbook(booking.grant), async {
        let asked = conn.asked().await;
        assert_eq!(asked.kind, Some(Asks::Unbook(v1::Unbook { grant: 50 })));
        conn.says(&asked, Says::Returned(v1::Returned { grant: 50 })).await;
    });
    done.unwrap();
    let (told, ()) = tokio::join!(client.ask("mill"), async {
        let asked = conn.asked().await;
        conn.says(&asked, Says::Asked(v1::Asked { told: 3 })).await;
    });
    assert_eq!(told.unwrap(), 3);
    let (done, ()) = tokio::join!(client.idle(true), async {
        let asked = conn.asked().await;
        assert_eq!(asked.kind, Some(Asks::Idle(v1::Idle { idle: true })));
        conn.says(&asked, Says::Alive(v1::Alive {})).await;
    });
    done.unwrap();
    for (job, ttl) in [("", 1), ("1234", 0), ("1234", 86_400_001), ("a\nb", 1)] {
        let error = client.book(&four, job, Duration::from_millis(ttl)).await.unwrap_err();
        assert_eq!(error.code().number(), -42, "{job:?} {ttl}");
    }
}

#[tokio::test]
async fn an_explanation_takes_no_session() {
    let peer = Peer::new().await;
    let who = Identity::of_this_process().with_user("kim").unwrap();
    let servers = [peer.server.clone()];
    let (_, reply) = explain(&servers, &who, &mill()).await.unwrap();
    let Some(v1::explain_reply::Kind::Denied(denied)) = reply.kind else { panic!("{reply:?}") };
    assert_eq!((denied.code, denied.message), (-4, format!("kim@{} mill", who.host)));
    assert!(explain(&[], &who, &mill()).await.is_err());
}
