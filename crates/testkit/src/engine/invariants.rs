//! What must hold after every step, whatever the model says. Each has its name; `S` are promises about
//! seats, `I` about the state as a whole.

use std::collections::BTreeSet;

use names::{Now, SessionId, Wall};
use seats::{
    Answer, Command, Denial, Event, GrantRow, GrantState, Keeping, License, PoolStanding, QuotaKind, Record,
    ReturnReason, Revoked, Standing, State, WaiterRow,
};

use super::rows::{Rows, is_sessions};
use super::site::Site;

/// One step, seen from outside.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    pub(crate) now: Now,
    pub(crate) command: &'a Command,
    pub(crate) answer: &'a Answer,
    pub(crate) records: &'a [Record],
    pub(crate) before: &'a Rows,
    pub(crate) after: &'a Rows,
    pub(crate) state: &'a State,
    pub(crate) rules: &'a Site,
    pub(crate) license: &'a License,
    /// The sessions whose connection is there.
    pub(crate) attached: &'a BTreeSet<SessionId>,
}

type Checker = fn(&Step<'_>) -> Result<(), String>;

/// Every checker that needs no more than one step.
pub(crate) const CHECKERS: &[(&str, Checker)] = &[
    ("S1 never over-issue", never_over_issue),
    ("S2 reserved seats are kept", reserved),
    ("S23 a reread takes nothing", reread),
    ("S7 what ends is free", ends),
    ("S8 nothing comes back too early", not_early),
    ("S10 first come first served", in_order),
    ("S12 the dead are granted nothing", no_dead),
    ("S13 MAX", max),
    ("S14 shared seats are counted once", shared),
    ("S21 what is read is what is", read),
    ("S28 no sum wraps", no_wrap),
    ("I2 nothing granted is lost", not_lost),
    ("I5 a stranger changes nothing", stranger),
    ("a denial changes nothing", denial),
];

fn must(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

fn is_reread(step: &Step<'_>) -> bool {
    matches!(step.command, Command::SetLicense(_))
}

fn never_over_issue(step: &Step<'_>) -> Result<(), String> {
    for pool in step.after.pools.iter().filter(|pool| !pool.uncounted) {
        let now = step.after.charged(pool);
        // What was charged before, by the terms of before: a reread may change them.
        let was = if is_reread(step) { now } else { step.before.charged(pool) };
        let limit = u64::from(pool.limit());
        must(now <= limit.max(was), || format!("{now} of {limit} seats of {} are charged", pool.id))?;
    }
    Ok(())
}

fn count(step: &Step<'_>, is_it: impl Fn(&Event) -> bool) -> usize {
    step.records.iter().filter(|record| is_it(&record.event)).count()
}

fn reserved(step: &Step<'_>) -> Result<(), String> {
    let granted = count(step, |event| matches!(event, Event::Granted(_)));
    let returned = count(step, |event| matches!(event, Event::Returned { .. } | Event::Changed(_)));
    for pool in step.after.pools.iter().filter(|pool| !pool.uncounted) {
        // What is reserved and free is a promise; a grant takes its own part of it, and no other's.
        let open = |rows: &Rows| rows.charged(pool) + rows.kept(pool);
        let (was, now) = (open(step.before), open(step.after));
        let own: u64 = step.after.drawn_of(pool).saturating_sub(step.before.drawn_of(pool));
        let (kept_was, kept_now) = (step.before.kept(pool), step.after.kept(pool));
        let is_kept =
            is_reread(step) || granted != 1 || returned != 0 || kept_was.saturating_sub(kept_now) <= own;
        must(is_kept, || {
            format!("{} kept {kept_was} seats and keeps {kept_now}; {own} were drawn ({was}, {now})", pool.id)
        })?;
    }
    for quota in &step.after.quotas {
        let is_reserve = matches!(quota.kind, QuotaKind::Reserve(_));
        let drawn = step.after.drawn(quota);
        let fits = !is_reserve || drawn <= u64::from(quota.seats);
        must(fits, || format!("{drawn} seats are drawn from {} reserved by {}", quota.seats, quota.key))?;
    }
    for grant in &step.after.grants {
        for charge in &grant.charges {
            let quota = step.after.quotas.iter().find(|quota| quota.id == charge.quota);
            let Some(quota) = quota else { return Err(format!("grant {} is charged to no rule", grant.id)) };
            let who = step.after.who(grant);
            let is_named = [Some(&grant.pool), grant.suite.as_ref()].into_iter().flatten().any(|pool| {
                let terms = who.map(|who| seats::Rules::terms(step.rules, who, pool.feature()));
                terms.into_iter().flatten().any(|t| t.pool == *pool && t.quotas.contains(&quota.key))
            });
            must(is_named, || {
                format!("grant {} draws from {}, which does not name its holder", grant.id, quota.key)
            })?;
        }
    }
    Ok(())
}

fn holds_or_waits(rows: &Rows, session: SessionId) -> bool {
    rows.grants.iter().any(|grant| grant.session == session && is_sessions(grant))
        || rows.waiters.iter().any(|waiter| waiter.ask.session == session)
}

fn ends(step: &Step<'_>) -> Result<(), String> {
    let session = match step.command {
        Command::Close(session) => Some(*session),
        Command::Release(session) if step.before.mark(*session).standing == Standing::Held => Some(*session),
        Command::TimeOut(session) => {
            let is_over = !step.after.is_live(*session);
            must(is_over, || format!("session {session} timed out and lives"))?;
            None
        }
        Command::Expire(id) => {
            let old = step.before.grants.iter().find(|grant| grant.id == *id).and_then(GrantRow::until);
            let is_there = step.after.grants.iter().any(|grant| grant.id == *id);
            let is_due = old.is_some_and(|until| until <= step.now.wall);
            must(!is_due || !is_there, || format!("grant {id} is over and is there"))?;
            None
        }
        _ => None,
    };
    let Some(session) = session else { return Ok(()) };
    let is_gone = step.after.sessions.iter().all(|row| row.id != session);
    must(is_gone && !holds_or_waits(step.after, session), || {
        format!("session {session} has ended and holds on")
    })
}

fn not_early(step: &Step<'_>) -> Result<(), String> {
    for record in step.records {
        let (id, why) = match &record.event {
            Event::Returned { grant, why, .. } => (*grant, Some(*why)),
            Event::Changed(row) => (row.id, None),
            _ => continue,
        };
        let Some(old) = step.before.grants.iter().find(|grant| grant.id == id) else { continue };
        match why {
            Some(why) => must(may_return(step, old, why), || {
                format!("grant {id} ({:?}) came back: {why:?}", old.state)
            })?,
            None => {
                let new = step.after.grants.iter().find(|grant| grant.id == id);
                let is_same = new.is_none_or(|new| new.state == old.state);
                must(is_same || may_change(step, old), || format!("grant {id} is held otherwise: {new:?}"))?;
            }
        }
    }
    Ok(())
}

/// Whether a command is its session's own end.
fn ends_session(step: &Step<'_>, old: &GrantRow) -> bool {
    match step.command {
        Command::Close(session) => *session == old.session,
        Command::Release(session) => {
            *session == old.session && step.before.mark(*session).standing == Standing::Held
        }
        Command::Open(open) => step
            .before
            .sessions
            .iter()
            .any(|row| row.id == old.session && open.replaces.contains(&(row.id, row.token_hash))),
        _ => false,
    }
}

fn is_own_checkin(step: &Step<'_>, old: &GrantRow) -> bool {
    matches!(step.command, Command::Checkin(it) if it.grant == old.id && it.session == old.session)
}

fn is_taken_away(step: &Step<'_>, old: &GrantRow) -> bool {
    match step.command {
        Command::Revoke(revoke) => match &revoke.which {
            Revoked::Grant(id) => *id == old.id,
            Revoked::Unassigned => step.before.pool(&old.pool).is_some_and(|pool| pool.named),
            Revoked::Unlicensed => {
                step.before.pool(&old.pool).is_none_or(|pool| pool.standing == PoolStanding::Unlicensed)
            }
            Revoked::Idle(session) => *session == old.session && step.before.mark(*session).idle.is_some(),
        },
        Command::Unassign { pool, .. } => *pool == old.pool,
        Command::Desk(change) => change.unassign.iter().any(|(pool, _)| *pool == old.pool),
        _ => false,
    }
}

fn may_change(step: &Step<'_>, old: &GrantRow) -> bool {
    let is_floating = old.state == GrantState::Floating;
    let lingers =
        is_own_checkin(step, old) || matches!(step.command, Command::Close(id) if *id == old.session);
    is_floating && (lingers || is_taken_away(step, old))
}

fn may_return(step: &Step<'_>, old: &GrantRow, why: ReturnReason) -> bool {
    let is_due = || {
        matches!(step.command, Command::Expire(id) if *id == old.id)
            && old.until().is_some_and(|until| until <= step.now.wall)
    };
    match old.kept().map(|kept| (&kept.how, &kept.who)) {
        None if why == ReturnReason::Revoked => {
            is_due() || is_own_checkin(step, old) || ends_session(step, old)
        }
        None => is_own_checkin(step, old) || ends_session(step, old),
        Some((Keeping::Lingering, _)) => {
            let is_needed = count(step, |event| matches!(event, Event::Granted(_))) > 0;
            is_due() || is_needed || is_reread(step) || is_taken_away(step, old)
        }
        Some((Keeping::Booked(job), who)) => match step.command {
            Command::Checkout(ask) => ask.more.as_ref().is_some_and(|more| more.job.as_ref() == Some(job)),
            Command::Unbook { grant, .. } => *grant == old.id && is_user(step, &who.user),
            Command::Checkin(_) => is_own_checkin(step, old),
            _ => is_due() || is_taken_away(step, old),
        },
        Some((Keeping::Borrowed(proof), _)) => match step.command {
            Command::ReturnBorrowed { grant, proof: shown } => *grant == old.id && shown == proof,
            Command::Lost(id) => {
                let terms = step.before.pool(&old.pool).and_then(|pool| pool.borrow);
                *id == old.id && terms.is_some_and(|terms| terms.may_be_lost)
            }
            _ => is_due(),
        },
    }
}

/// Whether the session that commands is of this user; one that is not written down is not seen.
fn is_user(step: &Step<'_>, user: &names::Word) -> bool {
    let Command::Unbook { session, .. } = step.command else { return false };
    step.state.session(*session).is_some_and(|(row, _)| row.identity.user == *user)
}

/// Whether two requests ask for the same, so that nothing but their order tells them apart.
fn is_alike(step: &Step<'_>, first: &WaiterRow, second: &seats::Checkout) -> bool {
    let who = |session| step.state.session(session).map(|(row, _)| &row.identity);
    let (a, b) = (&first.ask, second);
    let more = |ask: &seats::Checkout| {
        ask.more.as_ref().map(|m| (m.data.clone(), m.borrow.is_some(), m.job.clone()))
    };
    let plain = Some((None, false, None));
    who(a.session).is_some()
        && who(a.session) == who(b.session)
        && a.feature == b.feature
        && a.version == b.version
        && (&a.vendor, &a.config) == (&b.vendor, &b.config)
        && more(a).or_else(|| plain.clone()) == more(b).or(plain)
        && more(a).is_none_or(|(_, is_borrow, job)| !is_borrow && job.is_none())
        && a.seats <= b.seats
}

fn in_order(step: &Step<'_>) -> Result<(), String> {
    if !step.license.connections.is_empty() {
        return Ok(());
    }
    for record in step.records {
        let Event::Granted(row) = &record.event else { continue };
        let waited = |w: &&WaiterRow| w.ask.session == row.session && w.ask.request == row.request;
        let (ask, place) = match (step.before.waiters.iter().find(waited), step.command) {
            (Some(waiter), _) => (&waiter.ask, Some((waiter.priority, waiter.id))),
            (None, Command::Checkout(ask)) if ask.request == row.request => (ask, None),
            _ => continue,
        };
        let own = ask.more.as_ref().and_then(|more| more.queue).unwrap_or(0);
        let passed = step.before.waiters.iter().find(|w| {
            let is_before = match place {
                Some((priority, id)) => {
                    (std::cmp::Reverse(w.priority), w.id) < (std::cmp::Reverse(priority), id)
                }
                None => w.priority >= own,
            };
            is_before
                && step.after.waiters.iter().any(|still| still.id == w.id)
                && step.after.is_live(w.ask.session)
                && step.attached.contains(&w.ask.session)
                && is_alike(step, w, ask)
        });
        let told =
            |w: &WaiterRow| format!("request {} went before waiter {} ({:?})", row.request, w.id, w.ask);
        passed.map_or(Ok(()), |w| Err(told(w)))?;
    }
    Ok(())
}

fn no_dead(step: &Step<'_>) -> Result<(), String> {
    for record in step.records {
        if let Event::Granted(row) = &record.event {
            let waited = step
                .before
                .waiters
                .iter()
                .any(|w| w.ask.session == row.session && w.ask.request == row.request);
            let is_there =
                step.after.is_live(row.session) && (!waited || step.attached.contains(&row.session));
            must(is_there, || format!("session {} is not there and was granted {}", row.session, row.id))?;
        }
    }
    Ok(())
}

fn max(step: &Step<'_>) -> Result<(), String> {
    for quota in step.after.quotas.iter().filter(|quota| quota.kind == QuotaKind::Max) {
        let (was, now) = (step.before.used(quota, step.rules), step.after.used(quota, step.rules));
        let fits = is_reread(step) || now <= was.max(u64::from(quota.seats));
        must(fits, || {
            format!("{now} seats are used of the MAX of {} by {}, and {was} were", quota.seats, quota.key)
        })?;
    }
    Ok(())
}

fn shared(step: &Step<'_>) -> Result<(), String> {
    for pool in &step.after.pools {
        let counted = step.state.pool(&pool.id).map(|(_, charged)| u64::from(charged));
        let sum = step.after.charged(pool);
        must(counted == Some(sum), || format!("{} counts {counted:?} in use, and {sum} are", pool.id))?;
    }
    Ok(())
}

fn read(step: &Step<'_>) -> Result<(), String> {
    let Answer::Denied(denial) = step.answer else { return Ok(()) };
    let Denial { figures: Some(figures), .. } = &**denial else { return Ok(()) };
    let Some(pool) = step.after.pool(&figures.pool) else { return Err("figures of no pool".into()) };
    let here = || {
        step.after
            .grants
            .iter()
            .filter(|grant| grant.pool == pool.id || grant.suite.as_ref() == Some(&pool.id))
    };
    let free_at: Option<Wall> = here().filter_map(GrantRow::until).min();
    let told = (u64::from(figures.in_use), figures.limit, u64::from(figures.reserved), figures.free_at);
    let is = (step.after.charged(pool), pool.limit(), step.after.kept(pool), free_at);
    must(told == is, || {
        format!("a denial tells (in use, limit, reserved, free at) {told:?} of {}, and it is {is:?}", pool.id)
    })
}

fn reread(step: &Step<'_>) -> Result<(), String> {
    let Command::SetLicense(license) = step.command else { return Ok(()) };
    for old in step.before.grants.iter() {
        let lingers = old.kept().is_some_and(|kept| kept.how == Keeping::Lingering);
        let new = step.after.grants.iter().find(|grant| grant.id == old.id);
        must(lingers || new.is_some_and(|new| new.state == old.state), || {
            format!("grant {} was taken", old.id)
        })?;
    }
    for pool in &step.after.pools {
        let licensed = license.pools.iter().find(|row| row.id == pool.id);
        let is_right = licensed
            .map_or(pool.standing == PoolStanding::Unlicensed && pool.capacity == 0, |row| row == pool);
        must(is_right, || format!("{} is not as licensed", pool.id))?;
    }
    let all = license.pools.iter().all(|row| step.after.pool(&row.id).is_some());
    must(all, || "a licensed pool is not there".into())?;
    let rules: Vec<_> = step.after.quotas.iter().map(|row| (&row.key, &row.kind, row.seats)).collect();
    let wanted: Vec<_> = license.quotas.iter().map(|row| (&row.key, &row.kind, row.seats)).collect();
    must(rules == wanted, || format!("the rules in force are {rules:?}"))
}

fn no_wrap(step: &Step<'_>) -> Result<(), String> {
    const MANY: u32 = 1_000_000;
    for (pool, charged) in step.state.pools() {
        must(charged < MANY, || format!("{} counts {charged} in use", pool.id))?;
    }
    if let Answer::Denied(denial) = step.answer
        && let Some(f) = &denial.figures
    {
        let all = [f.limit, f.in_use, f.reserved, f.borrowed, f.lingering, f.booked];
        must(all.iter().all(|n| *n < MANY), || format!("a denial tells {f:?}"))?;
    }
    Ok(())
}

fn not_lost(step: &Step<'_>) -> Result<(), String> {
    let mut ids: BTreeSet<_> = step.before.grants.iter().map(|grant| grant.id).collect();
    let mut waiters: BTreeSet<_> = step.before.waiters.iter().map(|waiter| waiter.id).collect();
    for record in step.records {
        let fits = match &record.event {
            Event::Granted(row) => ids.insert(row.id),
            Event::Returned { grant, .. } => ids.remove(grant),
            Event::Queued(row) => waiters.insert(row.id),
            Event::Dequeued { waiter, .. } => waiters.remove(waiter),
            _ => true,
        };
        must(fits, || format!("{:?} does not fit", record.event))?;
    }
    let now: BTreeSet<_> = step.after.grants.iter().map(|grant| grant.id).collect();
    must(now == ids, || format!("the grants are {now:?} and should be {ids:?}"))?;
    let now: BTreeSet<_> = step.after.waiters.iter().map(|waiter| waiter.id).collect();
    must(now == waiters, || format!("the waiters are {now:?} and should be {waiters:?}"))
}

fn stranger(step: &Step<'_>) -> Result<(), String> {
    let Command::Resume { session, token_hash } = step.command else { return Ok(()) };
    let is_own = step.state.session(*session).is_some_and(|(row, _)| row.token_hash == *token_hash);
    let is_welcome = matches!(step.answer, Answer::Welcome { .. });
    must(is_own == is_welcome, || format!("session {session} was resumed with another's token"))
}

fn denial(step: &Step<'_>) -> Result<(), String> {
    let told = count(step, |event| matches!(event, Event::Denied(_)));
    let is_silent = !step.answer.is_denial() || step.records.len() == told;
    must(is_silent, || format!("a denial wrote {:?}", step.records))
}
