//! The engine beside the model: answers, records, rows.

use std::collections::{BTreeMap, BTreeSet};

use names::{Code, GrantId, RequestId, SessionId};
use seats::{
    Answer, Charge, Event, GrantRow, GrantState, Keeping, PoolStanding, QuotaKind, Record, Rules, Standing,
    State,
};

use super::model::room::terms;
use super::model::{Grant, Happened, Hold, Model, Name, Reply};
use super::rows::Rows;

/// What no grant is called.
const NOBODY: Name = (SessionId(u64::MAX), RequestId(u64::MAX));

type Named = BTreeMap<GrantId, Name>;

/// An answer without what the model does not foresee: places' numbers, holders, expected waits.
pub(crate) fn brief(answer: &Answer) -> String {
    match answer {
        Answer::Queued { waiter, position, .. } => format!("queued as {waiter} at {position}"),
        Answer::Denied(denial) => format!("denied {}", denial.code.number()),
        other => format!("{other:?}"),
    }
}

pub(crate) fn answers(answer: &Answer, reply: &Reply, named: &Named) -> Result<(), String> {
    let is_same = match (answer, reply) {
        (Answer::Done, Reply::Done)
        | (Answer::Withdrawn, Reply::Withdrawn)
        | (Answer::Returned { .. }, Reply::Returned)
        | (Answer::Closed, Reply::Closed)
        | (Answer::SessionUnknown, Reply::Unknown) => true,
        (Answer::Welcome { held, waiting, .. }, Reply::Welcome { held: own, waiting: line }) => {
            let held: Vec<(Option<Name>, Option<Code>)> =
                held.iter().map(|held| (named.get(&held.grant).copied(), held.revoked)).collect();
            let own: Vec<_> = own.iter().map(|(name, code)| (Some(*name), *code)).collect();
            held == own && sorted(waiting) == *line
        }
        (
            Answer::Granted { grant, pool, seats, until },
            Reply::Granted { name, pool: own, seats: n, until: end },
        ) => named.get(grant) == Some(name) && pool == own && seats.get() == *n && until == end,
        (Answer::Queued { position, .. }, Reply::Queued { position: own }) => position == own,
        (Answer::Revoked(n), Reply::Revoked(own)) => n == own,
        (Answer::Asked(sessions), Reply::Asked(own)) => sessions == own,
        (Answer::Denied(denial), Reply::Denied(code)) => denial.code == *code,
        _ => false,
    };
    if is_same { Ok(()) } else { Err(format!("the engine answers {answer:?}\n  and the model {reply:?}")) }
}

fn sorted(requests: &[RequestId]) -> Vec<RequestId> {
    let mut requests = requests.to_vec();
    requests.sort_unstable();
    requests
}

/// The same grants in the same order, and the same of everything else in any order.
pub(crate) fn records(
    records: &[Record],
    own: &[Happened],
    before: &Rows,
    named: &Named,
) -> Result<(), String> {
    let mut waiters: BTreeMap<_, Name> =
        before.waiters.iter().map(|row| (row.id, (row.ask.session, row.ask.request))).collect();
    let mut all = Vec::new();
    for record in records {
        match &record.event {
            Event::Granted(row) => all.push(Happened::Granted((row.session, row.request))),
            Event::Returned { grant, why, .. } => {
                let name = named.get(grant).copied().unwrap_or(NOBODY);
                all.push(Happened::returned(name, *why));
            }
            Event::Queued(row) => {
                waiters.insert(row.id, (row.ask.session, row.ask.request));
                all.push(Happened::Queued((row.ask.session, row.ask.request)));
            }
            Event::Dequeued { waiter, why, .. } => {
                let name = waiters.get(waiter).copied().unwrap_or(NOBODY);
                all.push(Happened::dequeued(name, *why));
            }
            Event::SessionEnded { session, why } => all.push(Happened::ended(*session, *why)),
            _ => {}
        }
    }
    let grants = |all: &[Happened]| -> Vec<Happened> {
        all.iter().filter(|one| matches!(one, Happened::Granted(_))).cloned().collect()
    };
    let mut both = [all.clone(), own.to_vec()];
    both.iter_mut().for_each(|all| all.sort());
    let [theirs, ours] = both;
    let is_same = theirs == ours && grants(&all) == grants(own);
    if is_same { Ok(()) } else { Err(format!("the engine: {all:?}\n  the model: {own:?}")) }
}

/// Every row, in words, on both sides.
pub(crate) fn states(state: &State, rows: &Rows, model: &Model, rules: &dyn Rules) -> Result<(), String> {
    let theirs = of_engine(state, rows);
    let ours = of_model(model, rules);
    if theirs == ours {
        return Ok(());
    }
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
        a.difference(b).cloned().collect::<Vec<_>>().join("\n    ")
    };
    let (theirs, ours) = (only(&theirs, &ours), only(&ours, &theirs));
    Err(format!("only the engine has\n    {theirs}\n  only the model has\n    {ours}"))
}

fn of_engine(state: &State, rows: &Rows) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (pool, charged) in state.pools() {
        all.insert(pool_line(&pool.id, pool.standing, pool.capacity, charged));
    }
    for grant in &rows.grants {
        all.insert(grant_of_engine(rows, grant));
    }
    for (at, waiter) in rows.waiters.iter().enumerate() {
        let line = rows.waiters.iter().take(at).filter(|other| other.ask.feature == waiter.ask.feature);
        let name = (waiter.ask.session, waiter.ask.request);
        all.insert(format!("waiter {name:?} at {}: {:?}", line.count() + 1, waiter.ask));
    }
    for session in &rows.sessions {
        let mark = rows.mark(session.id);
        let is_held = mark.standing == Standing::Held;
        all.insert(session_line(session.id.0, is_held, mark.floor, mark.idle, &session.identity));
    }
    all.extend(rows.assignments.iter().map(|row| format!("{row:?}")));
    all.insert(format!("clock {:?}", rows.clock.map(|row| row.latest)));
    all.extend(rows.desk.iter().map(|row| format!("desk {} {:?}", row.key, row.value)));
    all.extend(rows.logins.iter().map(|row| format!("login {:?} {}", row.email, row.token_hash[0])));
    all
}

fn pool_line(id: &names::PoolId, standing: PoolStanding, capacity: u32, charged: u32) -> String {
    format!("pool {id} {standing:?} capacity {capacity}, charged {charged}")
}

fn session_line(
    id: u64,
    is_held: bool,
    floor: RequestId,
    idle: Option<names::Wall>,
    who: &seats::Identity,
) -> String {
    format!("session {id} held {is_held} floor {floor} idle {idle:?} email {:?}", who.email)
}

fn grant_of_engine(rows: &Rows, grant: &GrantRow) -> String {
    let key = |charge: &Charge| {
        let quota = rows.quotas.iter().find(|quota| quota.id == charge.quota)?;
        let is_max = quota.kind == QuotaKind::Max;
        Some(format!("{}{}:{}", if is_max { "max " } else { "" }, quota.key, charge.seats))
    };
    let mut charges: Vec<_> = grant.charges.iter().map(|c| key(c).unwrap_or_else(|| "?".into())).collect();
    charges.sort();
    let hold = match &grant.state {
        GrantState::Floating => Hold::Floating,
        GrantState::Revoked(code, until) => Hold::Revoked(*code, *until),
        GrantState::Kept(kept) => match &kept.how {
            Keeping::Lingering => Hold::Lingering { from: kept.from, until: kept.until },
            Keeping::Borrowed(proof) => Hold::Borrowed { proof: *proof, until: kept.until },
            Keeping::Booked(job) => Hold::Booked { job: job.clone(), until: kept.until },
        },
    };
    let who = rows.who(grant).map(|who| &who.user);
    let name = (grant.session, grant.request);
    let (pool, suite, seats) = (&grant.pool, &grant.suite, grant.seats.get());
    format!("grant {name:?} of {pool} suite {suite:?} x{seats} {hold:?} to {who:?}, charges {charges:?}")
}

fn of_model(model: &Model, rules: &dyn Rules) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for pool in &model.pools {
        all.insert(pool_line(&pool.id, pool.standing, pool.capacity, model.charged(pool, None)));
    }
    for grant in &model.grants {
        all.insert(grant_of_model(model, grant, rules));
    }
    for waiter in &model.waiters {
        let name = waiter.name;
        all.insert(format!("waiter {name:?} at {}: {:?}", model.position(name), waiter.ask));
    }
    for s in model.sessions.iter().filter(|session| session.is_written) {
        all.insert(session_line(s.id.0, s.is_held, s.floor, s.idle, &s.who));
    }
    all.extend(model.assignments.iter().map(|row| format!("{row:?}")));
    all.insert(format!("clock {:?}", model.latest));
    all.extend(model.desk.iter().map(|(key, value)| format!("desk {key} {value:?}")));
    all.extend(model.logins.iter().map(|(email, hash)| format!("login {email:?} {}", hash[0])));
    all
}

fn grant_of_model(model: &Model, grant: &Grant, rules: &dyn Rules) -> String {
    let mut charges: Vec<_> = grant.draws.iter().map(|(key, seats, _)| format!("{key}:{seats}")).collect();
    for pool in [Some(&grant.pool), grant.suite.as_ref()].into_iter().flatten() {
        for key in terms(rules, &grant.who, pool).quotas {
            let is_max = model.quotas.iter().any(|quota| quota.key == key && quota.kind == QuotaKind::Max);
            if is_max {
                charges.push(format!("max {key}:{}", grant.seats));
            }
        }
    }
    charges.sort();
    let who = Some(&grant.who.user);
    let (name, pool, suite, seats, hold) = (grant.name, &grant.pool, &grant.suite, grant.seats, &grant.hold);
    format!("grant {name:?} of {pool} suite {suite:?} x{seats} {hold:?} to {who:?}, charges {charges:?}")
}
