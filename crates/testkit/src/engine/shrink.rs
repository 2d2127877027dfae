//! Makes a history that found something as short as it gets.

use names::Millis;
use seats::{License, PoolRow, QuotaKind};

use super::Bug;
use super::op::Op;
use super::run::{Found, replay};
use super::site::{Site, What};

/// Histories that are tried for one finding, at most.
const TRIES: usize = 2_000;

/// Leaves out whatever the same checker does not need to find something.
pub(crate) fn shrink(mut ops: Vec<Op>, mut found: Found, bug: Option<Bug>) -> (Vec<Op>, Found) {
    let mut tries = 0;
    let mut size = ops.len() / 2;
    while size > 0 {
        let mut at = 0;
        let mut got_shorter = false;
        while at < ops.len() && tries < TRIES {
            tries += 1;
            let end = (at + size).min(ops.len());
            let shorter: Vec<Op> = ops
                .iter()
                .enumerate()
                .filter(|(n, _)| *n < at || *n >= end)
                .map(|(_, op)| op.clone())
                .collect();
            match replay(&shorter, bug) {
                Some((length, again)) if again.checker == found.checker => {
                    ops = shorter;
                    ops.truncate(length);
                    found = again;
                    got_shorter = true;
                }
                _ => at += size,
            }
        }
        if !got_shorter || size > 1 {
            size /= 2;
        }
    }
    simplify(&mut ops, &mut found, bug);
    (ops, found)
}

/// Leaves out of its licenses whatever the same checker does not need.
fn simplify(ops: &mut Vec<Op>, found: &mut Found, bug: Option<Bug>) {
    let mut at = 0;
    let mut tries = 0;
    while let Some(op) = ops.get(at) {
        let shorter = simpler(op).into_iter().take(TRIES - tries).find_map(|op| {
            tries += 1;
            let mut changed = ops.clone();
            *changed.get_mut(at)? = op;
            let (length, again) = replay(&changed, bug)?;
            (again.checker == found.checker).then(|| {
                changed.truncate(length);
                (changed, again)
            })
        });
        match shorter {
            Some((changed, again)) => (*ops, *found) = (changed, again),
            None => at += 1,
        }
    }
}

/// The same license with one thing less, in every way.
fn simpler(op: &Op) -> Vec<Op> {
    let Op::License(both) = op else { return Vec::new() };
    let (license, site) = &**both;
    let mut all: Vec<(License, Site)> = Vec::new();
    for at in 0..license.pools.len() {
        all.extend(without_pool(license, site, at));
        let plain: [fn(&mut PoolRow); 6] = [
            |pool| pool.overdraft = 0,
            |pool| pool.sharers = 0,
            |pool| pool.suite = None,
            |pool| pool.linger = Millis(0),
            |pool| pool.borrow = None,
            |pool| (pool.minimum, pool.idle_timeout, pool.named) = (1, Millis(0), false),
        ];
        for make in plain {
            let mut license = license.clone();
            license.pools.iter_mut().skip(at).take(1).for_each(make);
            all.push((license, site.clone()));
        }
    }
    for at in 0..license.quotas.len() {
        let (mut license, mut site) = (license.clone(), site.clone());
        let gone = license.quotas.remove(at);
        site.lines.retain(|line| line.what != What::Counted(gone.key.clone()));
        all.push((license, site));
    }
    for at in 0..site.lines.len() {
        let mut site = site.clone();
        if !matches!(site.lines.remove(at).what, What::Counted(_)) {
            all.push((license.clone(), site));
        }
    }
    all.push((License { connections: Vec::new(), ..license.clone() }, site.clone()));
    all.into_iter().filter(|one| *one != **both).map(|one| Op::License(Box::new(one))).collect()
}

/// Without one pool, unless that is all there is, or another one's suite.
fn without_pool(license: &License, site: &Site, at: usize) -> Option<(License, Site)> {
    let (mut license, mut site) = (license.clone(), site.clone());
    let gone = license.pools.remove(at).id;
    if license.pools.is_empty() || license.pools.iter().any(|pool| pool.suite.as_ref() == Some(&gone)) {
        return None;
    }
    license.quotas.retain(|quota| quota.kind != QuotaKind::Reserve(gone.clone()));
    for line in &mut site.lines {
        line.pools.retain(|pool| *pool != gone);
    }
    Some((license, site))
}
