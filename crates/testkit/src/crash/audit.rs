//! What the daemon says, compared with what the workstations were told.

use std::collections::BTreeMap;

use proto::v1;

use super::fault::Fault;
use super::ledger::{Ask, Grant, Keeping, Ledger};
use super::pack::Pool;

/// What was acknowledged is never more than there is.
///
/// # Errors
/// When it is.
pub(crate) fn told(ledgers: &[&Ledger]) -> Result<(), Fault> {
    for pool in Pool::ALL {
        let told = ledgers.iter().flat_map(|ledger| {
            let has = ledger.has().filter(move |(_, grant)| grant.pool == pool);
            has.map(|(_, grant)| (ledger.user.as_str(), grant.seats))
        });
        let told = pool.charge(told);
        if told > pool.capacity() {
            return Err(Fault::over(format!("{told} seats of {pool:?} are acknowledged at once")));
        }
    }
    Ok(())
}

/// Right after a start, when nobody has come back: what was acknowledged is there, what was given back
/// is not, and there is no more than what is in doubt. Gives how many grants were looked at.
///
/// # Errors
/// When it is not so.
pub(crate) fn started(ledgers: &[&Ledger], report: &v1::StatusReply) -> Result<u64, Fault> {
    let shown = shown(report)?;
    let mut looked_at = 0;
    for ledger in ledgers {
        for (id, grant) in ledger.has() {
            is_there(ledger, id, grant, &shown)?;
            looked_at += 1;
        }
        if let Some(id) = ledger.ended.iter().find(|id| shown.contains_key(*id)) {
            let who = ledger.who();
            return Err(Fault::over(format!("{who}: grant {id} is there, and its return was acknowledged")));
        }
    }
    let is_known = |id: &u64| ledgers.iter().any(|ledger| ledger.grants.contains_key(id));
    let unknown = shown.keys().filter(|id| !is_known(id)).count();
    let asks = ledgers.iter().flat_map(|ledger| [&ledger.doubt, &ledger.waiting, &ledger.left]);
    let asks = asks.flat_map(BTreeMap::values);
    let may_be = asks.filter(|ask| matches!(ask, Ask::Seats { .. })).count();
    if unknown > may_be {
        let what = format!("{unknown} grants are there that nobody was told of, and {may_be} are in doubt");
        return Err(Fault::over(what));
    }
    Ok(looked_at)
}

/// When all doubts are settled: exactly what was told, pool by pool. Gives how many grants were looked
/// at.
///
/// # Errors
/// When it is not so.
pub(crate) fn settled(ledgers: &[&Ledger], report: &v1::StatusReply) -> Result<u64, Fault> {
    let shown = shown(report)?;
    let mut held = BTreeMap::new();
    for ledger in ledgers {
        for (id, grant) in &ledger.grants {
            is_there(ledger, *id, grant, &shown)?;
            if held.insert(*id, (ledger.user.as_str(), grant)).is_some() {
                return Err(Fault::over(format!("two workstations were told that they have grant {id}")));
            }
        }
    }
    if let Some((id, holder)) = shown.iter().find(|(id, _)| !held.contains_key(id)) {
        return Err(Fault::over(format!("grant {id} is there, and nobody was told of it: {holder:?}")));
    }
    for of in &report.pools {
        let Some(pool) = pool_of(of) else { continue };
        let grants = held.values().filter(|(_, grant)| grant.pool == pool);
        let charge = pool.charge(grants.map(|(user, grant)| (*user, grant.seats)));
        if of.in_use != charge {
            let what = format!("{} of {pool:?} are in use, and {charge} were granted", of.in_use);
            return Err(Fault::over(what));
        }
    }
    in_line(ledgers, report)?;
    Ok(held.len() as u64)
}

/// Everybody who waits has a place, and nobody else.
fn in_line(ledgers: &[&Ledger], report: &v1::StatusReply) -> Result<(), Fault> {
    for ledger in ledgers {
        let own = |waiting: &&v1::Waiting| waiting.user == ledger.user && waiting.host == ledger.host;
        let has = report.pools.iter().flat_map(|pool| &pool.waiting).filter(own).count();
        let told = ledger.waiting.len();
        let what = || format!("{}: {has} places in line instead of {told}", ledger.who());
        if has < told {
            return Err(Fault::lost(what()));
        }
        if has > told {
            return Err(Fault::over(what()));
        }
    }
    Ok(())
}

/// Every holder by the grant; no pool has more in use than it has seats.
fn shown(report: &v1::StatusReply) -> Result<BTreeMap<u64, (Pool, &v1::Holder)>, Fault> {
    let mut shown = BTreeMap::new();
    let mut pools = Vec::new();
    for of in &report.pools {
        let pool = pool_of(of).ok_or_else(|| Fault::odd(format!("a strange pool: {:?}", of.pool)))?;
        pools.push(pool);
        if of.capacity != pool.capacity() || of.in_use > pool.capacity() {
            let what = format!("{pool:?} has {} seats, and {} in use", of.capacity, of.in_use);
            return Err(Fault::over(what));
        }
        for holder in &of.holders {
            if shown.insert(holder.grant, (pool, holder)).is_some() {
                return Err(Fault::over(format!("grant {} is there twice", holder.grant)));
            }
        }
    }
    pools.sort();
    if pools != Pool::ALL {
        return Err(Fault::lost(format!("the pools are {pools:?}")));
    }
    Ok(shown)
}

fn pool_of(of: &v1::PoolStatus) -> Option<Pool> {
    Pool::of(&of.pool.as_ref()?.feature)
}

fn is_there(
    ledger: &Ledger,
    id: u64,
    grant: &Grant,
    shown: &BTreeMap<u64, (Pool, &v1::Holder)>,
) -> Result<(), Fault> {
    let who = ledger.who();
    let Some((pool, holder)) = shown.get(&id) else {
        return Err(Fault::lost(format!("{who}: grant {id} was acknowledged and is gone: {grant:?}")));
    };
    let (keeping, until, job) = match &grant.keeping {
        Keeping::Floating { .. } => (v1::Keeping::Floating, None, ""),
        Keeping::Borrowed { until_ms, .. } => (v1::Keeping::Borrowed, Some(*until_ms), ""),
        Keeping::Booked { job } => (v1::Keeping::Booked, None, job.as_str()),
    };
    let is_same = *pool == grant.pool
        && holder.seats == grant.seats
        && (holder.user.as_str(), holder.host.as_str()) == (ledger.user.as_str(), ledger.host.as_str())
        && holder.keeping() == keeping
        && until.is_none_or(|until| holder.kept_until_ms == until)
        && holder.job == job;
    if is_same {
        return Ok(());
    }
    Err(Fault::lost(format!("{who}: grant {id} has become another: {holder:?} instead of {grant:?}")))
}
