//! What is told of a record, before and after the state that it is told from.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what a test writes down is right, or it fails"
)]

use std::collections::HashMap;

use history::{Held, How, Past, Told};
use names::{
    Code, ConfigId, CpuId, Feature, GrantId, Millis, Now, PoolId, RequestId, SeatCount, SessionId, Vendor,
    Version, Wall, Word,
};
use seats::{
    Checkout, Command, DequeueReason, Event, Identity, License, Machine, More, NoRules, Open, PoolRow,
    Record, Revoke, Revoked, State,
};

/// What is written down of the grants that were told.
#[derive(Default)]
struct Written(HashMap<GrantId, Held>);

impl Past for Written {
    fn grant(&mut self, id: GrantId) -> Option<Held> {
        self.0.get(&id).cloned()
    }
}

fn word(text: &str) -> Word {
    Word::new("a word", text).unwrap()
}

fn who() -> Identity {
    Identity {
        user: word("kim"),
        host: word("cad1"),
        display: word(""),
        application: word(""),
        project: word(""),
        platform: word(""),
        pid: 1,
        cpu: CpuId::new("02aa10203041").unwrap(),
        machine: Machine::default(),
        address: None,
        email: None,
    }
}

fn checkout(request: u64) -> Command {
    Command::Checkout(Checkout {
        session: SessionId(1),
        request: RequestId(request),
        feature: Feature::new("mill").unwrap(),
        version: Version::new("4.2").unwrap(),
        seats: SeatCount::new(1).unwrap(),
        vendor: None,
        config: None,
        more: Some(Box::new(More { queue: Some(0), ..More::default() })),
    })
}

/// One seat that is granted and revoked, and a request that waits for another and is withdrawn.
fn a_day() -> (Vec<Record>, State) {
    let (vendor, config) = (Vendor::new("acmed").unwrap(), ConfigId::new("1").unwrap());
    let cpu = CpuId::new("02aa10203040").unwrap();
    let id = PoolId::new(vendor, config, cpu, Feature::new("mill").unwrap(), "").unwrap();
    let pools = vec![PoolRow::floating(id, 1, Version::new("4.2").unwrap())];
    let open = Open {
        session: SessionId(1),
        token_hash: [0; 32],
        identity: who(),
        login: None,
        timeout: Millis(60_000),
        hold: Millis(60_000),
        replaces: Vec::new(),
    };
    let (mut state, mut records) = (State::new(), Vec::new());
    let mut step = |command| drop(state.step(Now::default(), command, &NoRules, &mut records));
    step(Command::SetLicense(Box::new(License { pools, ..License::default() })));
    step(Command::Open(Box::new(open)));
    step(checkout(1));
    step(checkout(2));
    step(Command::Withdraw { session: SessionId(1), request: RequestId(2) });
    let granted = records.iter().find_map(|record| match &record.event {
        Event::Granted(row) => Some(row.id),
        _ => None,
    });
    let which = Revoked::Grant(granted.unwrap());
    let (mut more, until) = (Vec::new(), Wall(60_000));
    drop(state.step(
        Now::default(),
        Command::Revoke(Revoke { which, code: Code::Removed, until }),
        &NoRules,
        &mut more,
    ));
    records.extend(more);
    (records, state)
}

/// The state after the record of this number.
fn state_after(records: &[Record], upto: usize) -> State {
    let mut state = State::new();
    for record in &records[..upto] {
        state.apply(record).unwrap();
    }
    state
}

#[test]
fn a_grant_is_told_as_it_was_before_each_change_wherever_the_state_stands() {
    let (records, _) = a_day();
    for upto in 0..=records.len() {
        for from in 0..=upto {
            let mut written = Written::default();
            let mut first = Told::new(state_after(&records, 0));
            for record in &records[..from] {
                let told = first.happened(record, &mut ()).unwrap();
                written.0.extend(told.held.map(|held| (held.id, held)));
            }
            let mut told = Told::new(state_after(&records, upto));
            for record in &records[from..] {
                let happened = told.happened(record, &mut written).unwrap();
                let place = format!("from {from}, state at {upto}: {record:?}");
                match &record.event {
                    Event::Granted(_) => assert_eq!(happened.was, None, "{place}"),
                    Event::Changed(_) => {
                        assert_eq!(happened.was, Some(How::Floating), "{place}");
                        assert_eq!(happened.held.unwrap().how, How::Revoked, "{place}");
                    }
                    _ => continue,
                }
                assert_eq!(happened.who.unwrap().user, word("kim"), "{place}");
            }
        }
    }
}

#[test]
fn who_leaves_the_line_is_told_from_the_record_or_the_state() {
    let (records, _) = a_day();
    let is_dequeued =
        |record: &Record| matches!(&record.event, Event::Dequeued { why: DequeueReason::Withdrawn, .. });
    let at = records.iter().position(is_dequeued).unwrap();
    for from in 0..=at {
        let mut told = Told::new(state_after(&records, from));
        for record in &records[from..at] {
            told.happened(record, &mut ()).unwrap();
        }
        let happened = told.happened(&records[at], &mut ()).unwrap();
        assert_eq!(happened.waiter.unwrap().ask.request, RequestId(2), "from {from}");
        assert_eq!(happened.who.unwrap().user, word("kim"), "from {from}");
    }
}
