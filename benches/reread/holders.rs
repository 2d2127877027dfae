//! Those who hold their seats all the time, and whether they still do.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;

use proto::v1::seats_client::SeatsClient;
use proto::v1::{self, reply};
use tonic::Streaming;

use crate::files;
use crate::wire::{self, Sender};

/// Sessions that open at a time.
const AT_ONCE: usize = 250;
/// Sessions of a stream.
const OF_STREAM: usize = 2_500;
/// Bytes of a report of all holders.
const REPORT_BYTES: usize = 64 * 1024 * 1024;

/// A seat: whose session, and of which feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seat {
    session: u64,
    feature: String,
    seats: u32,
}

/// Seats by their grant.
pub(crate) type Seats = BTreeMap<u64, Seat>;

/// What holders were told unasked: nothing, unless a seat was taken away.
pub(crate) type Told = Rc<Cell<u64>>;

/// Opens so many sessions with one seat each; their streams are kept open and read.
pub(crate) async fn take(address: SocketAddr, holders: usize, told: &Told) -> Seats {
    let mut seats = Seats::new();
    let all: Vec<usize> = (0..holders).collect();
    for of_stream in all.chunks(OF_STREAM) {
        let mut stream: Option<(Sender, Streaming<v1::ServerMessage>)> = None;
        for some in of_stream.chunks(AT_ONCE) {
            let hellos = some.iter().map(|n| wire::hello(*n as u64 + 1, files::user(*n))).collect();
            match &stream {
                Some((sender, _)) => sender.send(hellos),
                None => stream = Some(wire::stream(address, v1::ClientMessage { commands: hellos }).await),
            }
            let (sender, answers) = stream.as_mut().unwrap();
            take_some(sender, answers, some.len(), &mut seats).await;
        }
        tokio::task::spawn_local(listen(stream.unwrap(), Rc::clone(told)));
    }
    seats
}

async fn take_some(sender: &Sender, answers: &mut Streaming<v1::ServerMessage>, n: usize, seats: &mut Seats) {
    let mut missing = n;
    while missing > 0 {
        let message = answers.message().await.unwrap().expect("the stream ended by itself");
        for answer in message.replies {
            match answer.kind {
                Some(reply::Kind::Welcome(welcome)) => {
                    // The hello's number says who it was.
                    let feature = files::feature(answer.request_id as usize - 1);
                    sender.send(vec![wire::checkout(welcome.session, 1, feature)]);
                }
                Some(reply::Kind::Granted(granted)) => {
                    let feature = granted.pool.unwrap().feature;
                    let seat = Seat { session: answer.session, feature, seats: granted.seats };
                    assert!(seats.insert(granted.grant, seat).is_none(), "a grant was made twice");
                    missing -= 1;
                }
                other => panic!("an answer that no holder expects: {other:?}"),
            }
        }
    }
}

async fn listen((sender, mut answers): (Sender, Streaming<v1::ServerMessage>), told: Told) {
    while let Ok(Some(message)) = answers.message().await {
        told.set(told.get() + message.notices.len() as u64);
    }
    drop(sender);
}

/// What the daemon says that everybody holds, and what each pool is charged for.
pub(crate) async fn report(address: SocketAddr) -> (Seats, u64) {
    let client = SeatsClient::new(wire::connect(address).await).max_decoding_message_size(REPORT_BYTES);
    let report = client.clone().status(v1::StatusRequest::default()).await.unwrap().into_inner();
    let in_use = report.pools.iter().map(|pool| u64::from(pool.in_use)).sum();
    let mut seats = Seats::new();
    for pool in report.pools {
        let feature = pool.pool.unwrap().feature;
        for holder in pool.holders {
            let session = u64::from_str_radix(&holder.session, 16).unwrap();
            let seat = Seat { session, feature: feature.clone(), seats: holder.seats };
            assert!(seats.insert(holder.grant, seat).is_none(), "a grant is shown twice");
        }
    }
    (seats, in_use)
}

/// Seats that are lost, and seats that nobody was granted or that are charged for twice.
pub(crate) fn compare(granted: &Seats, (shown, in_use): &(Seats, u64)) -> (usize, usize) {
    let lost = granted.iter().filter(|(grant, seat)| shown.get(grant) != Some(seat)).count();
    let extra = shown.iter().filter(|(grant, seat)| granted.get(grant) != Some(seat)).count();
    let sum: u64 = granted.values().map(|seat| u64::from(seat.seats)).sum();
    (lost, extra.max(in_use.abs_diff(sum) as usize))
}
