//! What is found out before licenses and rules come into force is only ever a shorter way: random histories
//! with holders, a line, rereads and a midnight come to the same records and news with it and without.

use names::{Date, RequestId, SessionId};
use seats::{Answer, Event, More, Record, State};
use service::{Ask, InForce, News};

use crate::host::{Host, in_force};

const SESSIONS: u64 = 7;

/// Of the second pair ASM is for workstations together, and of the third PROE ends with the day.
const LINES: [&str; 4] = [
    "INCREMENT PROE acmed 20.0 permanent 5 CONFIG_ID=11470\nINCREMENT ASM acmed 20.0 permanent 3 CONFIG_ID=11471\n",
    "INCREMENT PROE acmed 20.0 permanent 3 CONFIG_ID=11470\n\
     INCREMENT ASM acmed 20.0 permanent 3 CONFIG_ID=11471 DUP_GROUP=H\n",
    "INCREMENT PROE acmed 20.0 15-jun-2027 5 CONFIG_ID=11470\n\
     INCREMENT ASM acmed 20.0 permanent 2 CONFIG_ID=11471\n",
    "INCREMENT ASM acmed 20.0 permanent 4 CONFIG_ID=11471\n",
];

const OPTIONS: [&str; 6] = [
    "",
    "GROUP cad u1 u2\nRESERVE 3 PROE GROUP cad\nMAX 2 ASM ALL_USERS\n",
    "GROUP cad u2 u3\nRESERVE 2 PROE GROUP cad\nRESERVE 1 PROE USER u1\n",
    "GROUP cad u1 u3\nMAX 2 PROE GROUP cad\nEXCLUDE ASM USER u4\nMAX 3 ASM ALL_USERS\n",
    "EXCLUDE PROE USER u5\nRESERVE 3 PROE USER u6\nRESERVE 3 ASM USER u1\n",
    "INCLUDE PROE USER u1\nINCLUDE PROE USER u2\n",
];

/// Numbers from a seed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn pick(&mut self, of: &[&'static str]) -> &'static str {
        of[self.below(of.len() as u64) as usize]
    }
}

/// From what something is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum From {
    Nothing,
    TheState,
    AnOlderState,
    /// For a day that it is not.
    AnotherDay,
}

fn find_out(in_force: &mut InForce, from: From, (now, early): (&State, &State), day: Date) {
    match from {
        From::Nothing => {}
        From::TheState => in_force.prepare(now, day),
        From::AnOlderState => in_force.prepare(early, day),
        From::AnotherDay => in_force.prepare(now, Date::new(2026, 1, 1).unwrap()),
    }
}

/// Somebody checks out, waiting for it or not, checks in, or leaves the line.
fn act(host: &mut Host, random: &mut Random, request: u64) {
    let n = 1 + random.below(SESSIONS);
    match random.below(8) {
        0 | 1 => {
            let held: Vec<_> = host.engine.state().held(SessionId(n)).map(|held| held.grant).collect();
            if !held.is_empty() {
                host.checkin(n, held[random.below(held.len() as u64) as usize]);
            }
        }
        2 => {
            let at = RequestId(1 + random.below(request));
            host.ask(Ask::Withdraw(SessionId(n), at));
        }
        what => {
            let feature = random.pick(&["PROE", "ASM"]);
            let more = More { queue: Some((what % 2) as u8), ..More::default() };
            let mut wish = crate::host::wish(n, request, feature);
            wish.more = (what > 3).then(|| Box::new(more));
            host.ask(Ask::Checkout(wish));
        }
    }
}

fn run(seed: u64, from: From) -> (Vec<Record>, Vec<(u64, News)>) {
    let mut random = Random(seed);
    let mut host = Host::with(LINES[0], OPTIONS[1]);
    for n in 1..=SESSIONS {
        host.open(n);
    }
    let mut put = in_force(LINES[0], OPTIONS[1]);
    host.put_in_force(put.clone());
    let midnight = random.below(6);
    for round in 0..6 {
        let mut early = host.engine.state().clone();
        let acts = 4 + random.below(20);
        for act_of in 0..acts {
            if act_of == acts - 3 {
                early = host.engine.state().clone();
            }
            act(&mut host, &mut random, 1 + 100 * round + act_of);
        }
        let states = (&host.engine.state().clone(), &early);
        if round == midnight {
            let mut found = put.clone();
            find_out(&mut found, from, states, Date::new(2027, 6, 16).unwrap());
            assert!(matches!(host.ask(Ask::Foresee(Box::new(found))).answer, Answer::Done));
            host.now.wall.0 += 12 * 3_600_000;
            while host.run(|engine, now, out| engine.due(now, out)) {}
        } else {
            put = in_force(random.pick(&LINES), random.pick(&OPTIONS));
            let mut found = put.clone();
            find_out(&mut found, from, states, Date::of(host.now.wall));
            host.put_in_force(found);
        }
    }
    let news = host.news();
    (host.records, news)
}

#[test]
fn whatever_is_found_out_before_the_records_and_the_news_are_the_same() {
    let mut seen = [0; 4];
    for seed in 0..120 {
        let (records, news) = run(seed, From::Nothing);
        for from in [From::TheState, From::AnOlderState, From::AnotherDay] {
            let (other, other_news) = run(seed, from);
            assert_eq!((other, other_news), (records.clone(), news.clone()), "seed {seed}, from {from:?}");
        }
        for record in &records {
            seen[0] += usize::from(matches!(record.event, Event::Changed(_)));
            seen[1] += usize::from(matches!(record.event, Event::Queued(_)));
        }
        seen[2] += news.iter().filter(|(_, news)| matches!(news, News::Hopeless(_))).count();
        seen[3] += news.iter().filter(|(_, news)| matches!(news, News::Granted { .. })).count();
    }
    assert!(seen.iter().all(|seen| *seen > 100), "charged anew, queued, hopeless, granted: {seen:?}");
}

#[test]
fn what_was_found_out_of_other_files_is_passed_over() {
    let mut host = Host::with(LINES[0], OPTIONS[0]);
    host.open(1);
    host.take(1, 1);
    // The same text, read another time.
    let mut other = in_force(LINES[3], OPTIONS[0]);
    other.prepare(host.engine.state(), Date::new(2027, 6, 16).unwrap());
    host.ask(Ask::Foresee(Box::new(other)));
    host.now.wall.0 += 12 * 3_600_000;
    while host.run(|engine, now, out| engine.due(now, out)) {}
    assert_eq!(host.engine.state().pools().count(), 2, "the day's pools are those of the files in force");
}

#[test]
fn what_is_found_out_of_the_day_that_is_changes_nothing() {
    // What rules say is numbered anew each time, and numbers of two times are not to be mixed.
    let lines = "INCREMENT PROE acmed 20.0 permanent 2 CONFIG_ID=1\n";
    let options = "GROUP g u8 u9\nRESERVE 1 PROE GROUP g\n";
    let today = Date::new(2027, 6, 15).unwrap();
    let mut host = Host::with(lines, options);
    for n in [1, 2, 3, 8, 9] {
        host.open(n);
    }
    let reserved = host.take(9, 1);
    host.take(1, 1);
    for n in [8, 2, 3] {
        host.checkout_with(n, 1, More { queue: Some(0), ..More::default() });
    }
    let mut found = in_force(lines, options);
    found.prepare(host.engine.state(), today);
    host.put_in_force(found.clone());
    host.checkin(9, reserved);
    let reserved = host.engine.state().held(SessionId(8)).next().unwrap().grant;
    found.prepare(host.engine.state(), today);
    host.ask(Ask::Foresee(Box::new(found)));
    host.checkin(8, reserved);
    let outsiders = [2, 3].map(|n| host.engine.state().held(SessionId(n)).count());
    assert_eq!(outsiders, [0, 0], "the reserved seat is for the group");
}
