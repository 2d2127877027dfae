//! One client stops for good, at each atomic step of submitting, of a heartbeat and of asking for the
//! status in turn. The others, and the owner, must go on as if it were not there.

use std::sync::Arc as Shared;
use std::sync::atomic::AtomicBool as Told;

use crossbeam_queue::ArrayQueue;
use names::{Mono, Now};
use seats::{Command, State};
use shuttle::sync::Arc;
use shuttle::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use shuttle::thread;
use store::Committed;

use super::stopping::{Gate, step, stop_at};
use crate::bell::Bell;
use crate::view::{Publisher, Viewer, view};
use crate::word::{Beat, SessionWord};

/// Operations of each client that is not stopped.
const EACH: u64 = 1_000;
const OTHERS: usize = 2;
/// Schedules tried for each step.
const SCHEDULES: usize = 3;

/// What the daemon's edge is: the ring, the words, the view.
struct Edge {
    queue: ArrayQueue<usize>,
    bell: Bell,
    words: Vec<SessionWord>,
    /// How many of each client's submissions were answered.
    answered: Vec<AtomicU64>,
    clients: Vec<ArrayQueue<thread::Thread>>,
    viewer: Viewer,
    is_over: AtomicBool,
}

impl Edge {
    fn new(viewer: Viewer) -> Self {
        let all = 0..=OTHERS;
        Self {
            queue: ArrayQueue::new(4),
            bell: Bell::new(),
            words: all.clone().map(|_| SessionWord::new(Mono(10))).collect(),
            answered: all.clone().map(|_| AtomicU64::new(0)).collect(),
            clients: all.map(|_| ArrayQueue::new(1)).collect(),
            viewer,
            is_over: AtomicBool::new(false),
        }
    }

    /// As the daemon's ring does it. A full ring is an answer too: the daemon is overloaded.
    fn submit(&self, client: usize, owner: &thread::Thread) -> bool {
        step();
        let has_room = self.queue.push(client).is_ok();
        if has_room && self.bell.ring() {
            owner.unpark();
        }
        has_room
    }

    fn ask_status(&self) {
        step();
        let state = self.viewer.state();
        // Stopped here, it keeps the view for good.
        step();
        drop(state);
    }

    fn operate(&self, client: usize, nth: u64, owner: &thread::Thread) {
        let word = &self.words[client];
        assert_eq!(word.beat(word.epoch(), Mono(100 + nth)), Beat::Alive);
        self.ask_status();
        let before = self.answered[client].load(Ordering::SeqCst);
        if self.submit(client, owner) {
            while self.answered[client].load(Ordering::SeqCst) == before {
                thread::park();
            }
        } else {
            thread::yield_now();
        }
    }
}

/// The owner: takes what there is, writes it down, publishes, answers, and looks at every word.
fn own(edge: &Edge, mut publisher: Publisher, mut state: State) {
    while !edge.is_over.load(Ordering::SeqCst) {
        let mut waiting = Vec::new();
        while let Some(client) = edge.queue.pop() {
            waiting.push(client);
        }
        if waiting.is_empty() {
            let nothing_has_come = || edge.queue.is_empty() && !edge.is_over.load(Ordering::SeqCst);
            if edge.bell.may_sleep(nothing_has_come) {
                thread::park();
                edge.bell.awake();
            }
            continue;
        }
        let mut records = Vec::new();
        state.step(Now::default(), Command::Start, &seats::NoRules, &mut records);
        let (counts, fingerprint) = (state.counts(), state.fingerprint());
        publisher.publish(&Shared::new(Committed { records, counts, fingerprint, bytes: 0 }));
        for word in &edge.words {
            assert!(word.expire(Mono(5)).is_err(), "no time-out has passed");
        }
        for client in waiting {
            edge.answered[client].fetch_add(1, Ordering::SeqCst);
            if let Some(thread) = edge.clients[client].pop() {
                thread.unpark();
                let _ = edge.clients[client].push(thread);
            }
        }
    }
}

/// One run in which client 0 stops before its step `at`. Says whether it got there.
fn run(at: u64) -> bool {
    let state = State::new();
    let (publisher, viewer) = view(state.clone());
    let edge = Arc::new(Edge::new(viewer));
    let gate = Arc::new(Gate::default());
    let owner = {
        let edge = Arc::clone(&edge);
        thread::spawn(move || own(&edge, publisher, state))
    };
    let client = |number: usize, operations: u64, stop: Option<Arc<Gate>>| {
        let (edge, owner) = (Arc::clone(&edge), owner.thread().clone());
        thread::spawn(move || {
            let _ = edge.clients[number].push(thread::current());
            if let Some(gate) = stop {
                stop_at(at, &gate);
            }
            for nth in 0..operations {
                edge.operate(number, nth, &owner);
            }
        })
    };
    let stopped = client(0, 2, Some(Arc::clone(&gate)));
    let others: Vec<_> = (1..=OTHERS).map(|number| client(number, EACH, None)).collect();
    for other in others {
        other.join().unwrap();
    }
    let has_stopped = gate.has_stopped();
    gate.open();
    stopped.thread().unpark();
    stopped.join().unwrap();
    edge.is_over.store(true, Ordering::SeqCst);
    owner.thread().unpark();
    owner.join().unwrap();
    has_stopped
}

#[test]
fn shuttle_a_stopped_client_holds_nobody_up() {
    let mut config = shuttle::Config::new();
    config.max_steps = shuttle::MaxSteps::FailAfter(10_000_000);
    let mut steps = 0;
    loop {
        // Not one of the model's: it outlives each run.
        let reached = Shared::new(Told::new(false));
        let scheduler = shuttle::scheduler::RandomScheduler::new_from_seed(steps, SCHEDULES);
        let report = Shared::clone(&reached);
        shuttle::Runner::new(scheduler, config.clone()).run(move || {
            if run(steps) {
                report.store(true, Ordering::SeqCst);
            }
        });
        if !reached.load(Ordering::SeqCst) {
            break;
        }
        steps += 1;
    }
    assert!(steps >= 10, "an operation has more atomic steps than {steps}");
}
