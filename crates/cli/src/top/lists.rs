//! Which rows there are, in their order: places in what is known, not copies of it.

use names::{Date, Expiry, Wall};
use proto::v1::{Holder, PoolStatus, Standing, Waiting};

use super::app::Sort;
use super::data::{Data, Denial};

/// A pool of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PoolAt {
    pub(super) host: usize,
    pub(super) pool: usize,
}

/// The rows of each panel.
#[derive(Debug, Default)]
pub(super) struct Lists {
    pub(super) pools: Vec<PoolAt>,
    /// Of the chosen pool.
    pub(super) holders: Vec<usize>,
    /// A pool, and the place in its line.
    pub(super) queue: Vec<(PoolAt, usize)>,
    pub(super) denials: Vec<usize>,
}

/// A pool, where it is still there.
pub(super) fn pool(data: &Data, at: PoolAt) -> Option<&PoolStatus> {
    data.hosts.get(at.host)?.reply.as_ref()?.pools.get(at.pool)
}

fn all(data: &Data) -> impl Iterator<Item = (PoolAt, &PoolStatus)> {
    data.hosts.iter().enumerate().flat_map(|(host, found)| {
        let pools = found.reply.iter().flat_map(|reply| &reply.pools).enumerate();
        pools.map(move |(pool, status)| (PoolAt { host, pool }, status))
    })
}

/// The pools that the filter finds, by name or by who is there, in order.
pub(super) fn pools(data: &Data, filter: &str, sort: Sort) -> Vec<PoolAt> {
    let filter = filter.to_lowercase();
    let mut found: Vec<_> = all(data)
        .filter(|(at, pool)| {
            is_pool(data, *at, pool, &filter)
                || pool.holders.iter().any(|holder| is_holder(holder, &filter))
                || pool.waiting.iter().any(|waiting| is_waiting(waiting, &filter))
        })
        .map(|(at, pool)| (rank(data, at, pool, sort), name(pool), at))
        .collect();
    found.sort_by(|a, b| (a.0, a.1, a.2.host, a.2.pool).cmp(&(b.0, b.1, b.2.host, b.2.pool)));
    found.into_iter().map(|(_, _, at)| at).collect()
}

fn name(pool: &PoolStatus) -> (&str, &str, &str) {
    pool.pool.as_ref().map_or(("", "", ""), |name| (&name.feature, &name.vendor, &name.config_id))
}

/// A lower number stands first.
fn rank(data: &Data, at: PoolAt, pool: &PoolStatus, sort: Sort) -> i64 {
    match sort {
        Sort::Name => 0,
        Sort::Use => {
            let full = u64::from(pool.in_use) * 1_000_000 / u64::from(pool.capacity).max(1);
            let full = if pool.uncounted { 0 } else { full };
            -i64::try_from(full).unwrap_or(i64::MAX)
        }
        Sort::Left => {
            let now =
                data.hosts.get(at.host).and_then(|host| host.reply.as_ref()).map_or(0, |reply| reply.now_ms);
            days_left(pool, now).unwrap_or(i64::MAX)
        }
    }
}

/// Days after today on which a pool may be used: below 0 where it may not; nothing where it never ends.
pub(super) fn days_left(pool: &PoolStatus, now_ms: i64) -> Option<i64> {
    match pool.standing() {
        Standing::Expired | Standing::Unlicensed => return Some(-1),
        _ => {}
    }
    match Expiry::parse(&pool.expiry) {
        Ok(Expiry::On(last)) => Some(i64::from(last.days()) - i64::from(Date::of(Wall(now_ms)).days())),
        _ => None,
    }
}

/// The holders of a pool; where the filter finds the pool itself, all of them.
pub(super) fn holders(data: &Data, at: PoolAt, filter: &str) -> Vec<usize> {
    let filter = filter.to_lowercase();
    let Some(pool) = pool(data, at) else { return Vec::new() };
    let whole = is_pool(data, at, pool, &filter);
    let is_found = |holder: &Holder| whole || is_holder(holder, &filter);
    pool.holders.iter().enumerate().filter(|(_, holder)| is_found(holder)).map(|(at, _)| at).collect()
}

/// The lines of all features.
pub(super) fn queue(data: &Data, filter: &str) -> Vec<(PoolAt, usize)> {
    let filter = filter.to_lowercase();
    let mut rows = Vec::new();
    for (at, pool) in all(data) {
        let whole = is_pool(data, at, pool, &filter);
        let is_found = |waiting: &Waiting| whole || is_waiting(waiting, &filter);
        let found = pool.waiting.iter().enumerate().filter(|(_, waiting)| is_found(waiting));
        rows.extend(found.map(|(place, _)| (at, place)));
    }
    rows
}

/// The denials, the latest first.
pub(super) fn denials(data: &Data, filter: &str) -> Vec<usize> {
    let filter = filter.to_lowercase();
    let is_found = |denial: &Denial| {
        let Denial { feature, user, host, code, reason, .. } = denial;
        has(&filter, [feature, user, host, code, reason])
    };
    data.denials.iter().enumerate().filter(|(_, denial)| is_found(denial)).map(|(at, _)| at).collect()
}

fn is_pool(data: &Data, at: PoolAt, pool: &PoolStatus, filter: &str) -> bool {
    let asked = data.hosts.get(at.host).map_or("", |host| host.asked.as_str());
    let (feature, vendor, config) = name(pool);
    has(filter, [feature, vendor, config, asked])
}

fn is_holder(holder: &Holder, filter: &str) -> bool {
    let Holder { user, host, display, application, project, job, .. } = holder;
    has(filter, [user, host, display, application, project, job])
}

fn is_waiting(waiting: &Waiting, filter: &str) -> bool {
    has(filter, [&waiting.user, &waiting.host, &waiting.display])
}

/// Whether one of the texts has the filter, which is in small letters.
fn has<'a>(filter: &str, texts: impl IntoIterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>) -> bool {
    filter.is_empty() || texts.into_iter().any(|text| text.as_ref().to_lowercase().contains(filter))
}
