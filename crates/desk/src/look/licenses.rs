//! My Licenses: what a company owns on this host, and how much of it is assigned (T1).

use std::collections::BTreeMap;

use names::{Date, Expiry, PackNumber, PoolId};
use serde::Serialize;

use crate::context::{Assigned, Owned};
use crate::{Context, CustomerNumber, Desk, text};

/// A license of a company: one pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct License {
    /// The pool.
    #[serde(serialize_with = "text::shown::serialize")]
    pub pool: PoolId,
    /// The product line, where the pack says it.
    pub product_line: Option<String>,
    /// Modules.
    pub modules: Vec<String>,
    /// Under maintenance, where the pack says so.
    pub maintenance: Option<bool>,
    /// The term: from this day.
    #[serde(serialize_with = "text::shown_option::serialize")]
    pub from: Option<Date>,
    /// Through this day.
    #[serde(serialize_with = "text::shown::serialize")]
    pub until: Expiry,
    /// Subscription numbers, each once.
    pub subscriptions: Vec<String>,
    /// Invoice numbers.
    pub invoices: Vec<String>,
    /// Serial numbers.
    pub serials: Vec<String>,
    /// A pack that it came with.
    #[serde(serialize_with = "text::shown::serialize")]
    pub pack: PackNumber,
    /// Seats; 0 where they are not counted.
    pub quantity: u32,
    /// Its seats are given to people.
    pub is_named: bool,
    /// Seats that are somebody's, now or from a later day.
    pub assigned: u32,
    /// Seats that are nobody's.
    pub free: u32,
}

impl License {
    fn new(owned: &Owned) -> Self {
        Self {
            pool: owned.pool.clone(),
            product_line: owned.product_line.clone(),
            modules: owned.modules.clone(),
            maintenance: owned.maintenance,
            from: owned.from,
            until: owned.until,
            subscriptions: Vec::new(),
            invoices: Vec::new(),
            serials: Vec::new(),
            pack: owned.pack.clone(),
            quantity: owned.quantity,
            is_named: owned.is_named,
            assigned: 0,
            free: 0,
        }
    }

    /// Another line of the same pool that counts.
    fn add(&mut self, owned: &Owned) {
        self.quantity = self.quantity.saturating_add(owned.quantity);
        self.from = self.from.and_then(|from| owned.from.map(|other| from.min(other)));
        self.until = self.until.max(owned.until);
    }

    /// The numbers of a line, also of one that has yet to begin.
    fn note(&mut self, owned: &Owned) {
        add(&mut self.subscriptions, owned.subscription.iter());
        add(&mut self.invoices, owned.invoice.iter());
        add(&mut self.serials, owned.serials.iter());
    }

    fn count(&mut self, assigned: u32) {
        self.assigned = assigned;
        self.free = if self.quantity == 0 { u32::MAX } else { self.quantity.saturating_sub(assigned) };
    }
}

fn add<'a>(to: &mut Vec<String>, more: impl Iterator<Item = &'a String>) {
    for one in more {
        if !to.contains(one) {
            to.push(one.clone());
        }
    }
}

impl Desk {
    /// Whose a license is: the company that its line names; without a name, the one company that there is.
    #[must_use]
    pub fn owner<'a>(&'a self, owned: &'a Owned) -> Option<&'a CustomerNumber> {
        let only = || {
            let mut companies = self.tables.companies.keys();
            companies.next().filter(|_| companies.next().is_none())
        };
        owned.company.as_ref().or_else(only)
    }

    /// The licenses of a company that have not ended, by feature and pool (T1).
    #[must_use]
    pub fn my_licenses(&self, ctx: &Context<'_>, company: &CustomerNumber) -> Vec<License> {
        let active = |owned: &&Owned| !owned.until.is_past(ctx.now) && self.owner(owned) == Some(company);
        let mut licenses = licenses(ctx, ctx.owned.iter().filter(active));
        licenses.sort_by(|a, b| (a.pool.feature(), &a.pool).cmp(&(b.pool.feature(), &b.pool)));
        licenses
    }

    /// One of them, by its pool as it is shown; also one that has ended.
    #[must_use]
    pub fn license(&self, ctx: &Context<'_>, company: &CustomerNumber, pool: &str) -> Option<License> {
        let pool = crate::Command::pool_named(ctx.owned, pool)?;
        let lines =
            ctx.owned.iter().filter(|owned| owned.pool == *pool && self.owner(owned) == Some(company));
        licenses(ctx, lines).pop()
    }

    /// Whose the seats of a license are, by e-mail; also those whose period is over.
    #[must_use]
    pub fn users(&self, ctx: &Context<'_>, pool: &PoolId) -> Vec<Assigned> {
        let mut users: Vec<Assigned> = ctx.assigned.iter().filter(|one| one.pool == *pool).cloned().collect();
        users.sort_by(|a, b| a.email.cmp(&b.email));
        users
    }
}

/// The lines of a pool that count: those in force, as the license host serves them. Where none is, what has yet
/// to begin counts, and where nothing has, what ended.
pub(crate) fn counting<'a>(
    ctx: &Context<'_>,
    lines: &[&'a Owned],
) -> impl Iterator<Item = &'a Owned> + use<'a> {
    let (today, now) = (ctx.today(), ctx.now);
    let standing = move |line: &Owned| match (line.until.is_past(now), line.from) {
        (true, _) => 2,
        (false, Some(from)) if from > today => 1,
        _ => 0,
    };
    let best = lines.iter().map(|line| standing(line)).min();
    let counting: Vec<&Owned> = lines.iter().copied().filter(|line| Some(standing(line)) == best).collect();
    counting.into_iter()
}

/// The licenses of these lines, one a pool.
fn licenses<'a>(ctx: &Context<'_>, lines: impl Iterator<Item = &'a Owned>) -> Vec<License> {
    let mut pools: BTreeMap<&PoolId, Vec<&Owned>> = BTreeMap::new();
    for owned in lines {
        pools.entry(&owned.pool).or_default().push(owned);
    }
    let mut counts: BTreeMap<&PoolId, u32> = BTreeMap::new();
    let running = ctx.assigned.iter().filter(|one| !one.until.is_past(ctx.now));
    for one in running.filter(|one| pools.contains_key(&one.pool)) {
        *counts.entry(&one.pool).or_default() += 1;
    }
    let of_pool = |(pool, lines): (&PoolId, Vec<&Owned>)| {
        let mut counted = counting(ctx, &lines);
        let mut license = License::new(counted.next()?);
        counted.for_each(|line| license.add(line));
        lines.iter().for_each(|line| license.note(line));
        license.count(counts.get(pool).copied().unwrap_or(0));
        Some(license)
    };
    pools.into_iter().filter_map(of_pool).collect()
}
