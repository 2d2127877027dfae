//! Checkouts at an even pace, each timed from when it was meant to begin, so that one that is held up
//! hides none of those behind it.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use proto::v1::{self, notice, reply};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::files::FEATURES;
use crate::wire;

/// Connections with a session each.
const CONNECTIONS: usize = 4;

/// What the load found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// When each checkout was meant to begin, and how long its grant took.
    pub(crate) waits: Vec<(Instant, Duration)>,
    /// Every grant that was made: none is made twice.
    grants: HashSet<u64>,
    pub(crate) double: usize,
    pub(crate) refused: usize,
}

/// Checks out and in `a_second` times, from `begin` on for so long.
pub(crate) async fn run(address: SocketAddr, begin: Instant, a_second: u32, longest: Duration) -> Found {
    let found = Rc::new(RefCell::new(Found::default()));
    let mut clients = tokio::task::JoinSet::new();
    let mut starts = Vec::new();
    for n in 0..CONNECTIONS {
        let (start, started) = unbounded_channel();
        starts.push(start);
        clients.spawn_local(client(address, n, started, Rc::clone(&found)));
    }
    let pacer = std::thread::spawn(move || pace(begin, a_second, longest, &starts));
    while let Some(ended) = clients.join_next().await {
        ended.unwrap();
    }
    pacer.join().unwrap();
    found.take()
}

/// A thread of its own keeps the pace: a runtime's timers are late by up to a millisecond.
fn pace(begin: Instant, a_second: u32, longest: Duration, starts: &[UnboundedSender<Instant>]) {
    let every = Duration::from_secs(1) / a_second;
    let all = (longest.as_secs_f64() * f64::from(a_second)) as u32;
    for (n, start) in (0..all).zip(starts.iter().cycle()) {
        let at = begin + every * n;
        while let Some(left) = at.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            std::thread::park_timeout(left);
        }
        start.send(at).unwrap();
    }
}

async fn client(
    address: SocketAddr,
    n: usize,
    mut started: UnboundedReceiver<Instant>,
    found: Rc<RefCell<Found>>,
) {
    let hello = v1::ClientMessage { commands: vec![wire::hello(1, format!("load{n}"))] };
    let (sender, mut answers) = wire::stream(address, hello).await;
    let welcomed = answers.message().await.unwrap().unwrap().replies.pop().unwrap().kind;
    let Some(reply::Kind::Welcome(v1::Welcome { session, .. })) = welcomed else { panic!("{welcomed:?}") };
    let mut timed: HashMap<u64, Instant> = HashMap::new();
    let (mut request, mut held, mut is_over) = (0, 0, false);
    while !(is_over && timed.is_empty() && held == 0) {
        tokio::select! {
            at = started.recv(), if !is_over => match at {
                Some(at) => {
                    request += 1;
                    timed.insert(request, at);
                    let feature = FEATURES.get((request as usize + n) % FEATURES.len()).unwrap();
                    sender.send(vec![wire::checkout(session, request, feature)]);
                }
                None => is_over = true,
            },
            message = answers.message() => {
                let message = message.unwrap().expect("the stream ended by itself");
                let mut found = found.borrow_mut();
                for answer in message.replies {
                    match answer.kind {
                        Some(reply::Kind::Granted(granted)) => {
                            let at = timed.remove(&answer.request_id).unwrap();
                            found.waits.push((at, at.elapsed()));
                            found.double += usize::from(!found.grants.insert(granted.grant));
                            request += 1;
                            held += 1;
                            sender.send(vec![wire::checkin(session, request, granted.grant)]);
                        }
                        Some(reply::Kind::Returned(_)) => held -= 1,
                        Some(reply::Kind::Denied(denied)) => {
                            timed.remove(&answer.request_id);
                            found.refused += 1;
                            if found.refused == 1 {
                                eprintln!("refused: {denied:?}");
                            }
                        }
                        other => panic!("an answer that no load expects: {other:?}"),
                    }
                }
                let lost = |notice: &v1::Notice| matches!(notice.kind, Some(notice::Kind::Revoked(_)));
                found.refused += message.notices.iter().filter(|notice| lost(notice)).count();
            }
        }
    }
}
