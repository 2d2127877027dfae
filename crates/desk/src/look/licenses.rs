//! My Licenses: what a company owns on this host, and how much of it is assigned (T1).

use std::collections::{BTreeMap, BTreeSet};

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
    /// The pack that it came with last.
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
            subscriptions: owned.subscription.iter().cloned().collect(),
            invoices: owned.invoice.iter().cloned().collect(),
            serials: owned.serials.clone(),
            pack: owned.pack.clone(),
            quantity: owned.quantity,
            is_named: owned.is_named,
            assigned: 0,
            free: 0,
        }
    }

    /// Another line of the same pool.
    fn add(&mut self, owned: &Owned) {
        self.quantity = self.quantity.saturating_add(owned.quantity);
        self.from = self.from.and_then(|from| owned.from.map(|other| from.min(other)));
        self.until = self.until.max(owned.until);
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
        let is_current = |owned: &&Owned| !owned.until.is_past(ctx.now);
        let current = licenses(ctx, lines.clone().filter(is_current)).pop();
        current.or_else(|| licenses(ctx, lines).pop())
    }

    /// Whose the seats of a license are, by e-mail; also those whose period is over.
    #[must_use]
    pub fn users(&self, ctx: &Context<'_>, pool: &PoolId) -> Vec<Assigned> {
        let mut users: Vec<Assigned> = ctx.assigned.iter().filter(|one| one.pool == *pool).cloned().collect();
        users.sort_by(|a, b| a.email.cmp(&b.email));
        users
    }
}

/// The licenses of these lines, one a pool.
fn licenses<'a>(ctx: &Context<'_>, lines: impl Iterator<Item = &'a Owned>) -> Vec<License> {
    let mut pools: BTreeMap<&PoolId, License> = BTreeMap::new();
    for owned in lines {
        match pools.get_mut(&owned.pool) {
            Some(license) => license.add(owned),
            None => drop(pools.insert(&owned.pool, License::new(owned))),
        }
    }
    let mut counts: BTreeMap<&PoolId, u32> = BTreeMap::new();
    let wanted: BTreeSet<&PoolId> = pools.keys().copied().collect();
    let running = ctx.assigned.iter().filter(|one| !one.until.is_past(ctx.now));
    for one in running.filter(|one| wanted.contains(&one.pool)) {
        *counts.entry(&one.pool).or_default() += 1;
    }
    let counted = pools.into_iter().map(|(pool, mut license)| {
        license.count(counts.get(pool).copied().unwrap_or(0));
        license
    });
    counted.collect()
}
