//! A small license, and what a reread makes of it.

use names::{ConfigId, CpuId, Date, Expiry, Feature, Millis, PoolId, Vendor, Version};
use seats::{BorrowTerms, License, PoolRow, PoolStanding, Quota, QuotaKind, Same, Sharing};

use super::site::{HOSTS, Line, Site, What, Who, known};
use crate::rng::Rng;

/// Wall time at which histories begin: 2026-03-02 at noon.
pub(crate) const BEGINS: i64 = 1_772_452_800_000;
pub(crate) const SUITE: &str = "plant";

/// What a seed's licenses may have: of many things a few, so that each gets deep.
#[derive(Debug, Clone)]
pub(crate) struct Swarm {
    overdraft: bool,
    sharing: bool,
    sharers: bool,
    suite: bool,
    locked: bool,
    named: bool,
    uncounted: bool,
    minimum: bool,
    pub(crate) linger: bool,
    idle: bool,
    pub(crate) borrow: bool,
    standing: bool,
    reserve: bool,
    max: bool,
    refusals: bool,
    connections: bool,
    pub(crate) dated: bool,
}

impl Swarm {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let mut on = |per_mille| rng.chance(per_mille);
        Self {
            overdraft: on(300),
            sharing: on(400),
            sharers: on(400),
            suite: on(300),
            locked: on(120),
            named: on(200),
            uncounted: on(120),
            minimum: on(120),
            linger: on(350),
            idle: on(200),
            borrow: on(350),
            standing: on(200),
            reserve: on(450),
            max: on(400),
            refusals: on(250),
            connections: on(120),
            dated: on(250),
        }
    }
}

pub(crate) fn vendor() -> Vendor {
    known(Vendor::new("acmed"))
}

pub(crate) fn feature(name: &str) -> Feature {
    known(Feature::new(name))
}

pub(crate) fn version(text: &str) -> Version {
    known(Version::new(text))
}

fn config(n: usize) -> ConfigId {
    known(ConfigId::new(&(11_470 + n).to_string()))
}

/// The workstation id that belongs to a host.
pub(crate) fn cpu(host: &str) -> CpuId {
    known(CpuId::new(&format!("02aa102030{}", host.trim_start_matches('r'))))
}

/// Everything that may be licensed, and what is now.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) swarm: Swarm,
    pub(crate) pools: Vec<PoolRow>,
    absent: Vec<usize>,
    quotas: Vec<(Quota, Who, Vec<PoolId>)>,
    refusals: Vec<Line>,
    connections: Option<u32>,
    keys: u32,
}

impl World {
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let swarm = Swarm::new(rng);
        let mut world = Self {
            swarm,
            pools: Vec::new(),
            absent: Vec::new(),
            quotas: Vec::new(),
            refusals: Vec::new(),
            connections: None,
            keys: 0,
        };
        let features: &[&str] = if rng.chance(600) { &["mill"] } else { &["mill", "lathe"] };
        for n in 0..usize::try_from(rng.between(1, 3)).unwrap_or(1) {
            let name = rng.pick(features).copied().unwrap_or("mill");
            let row = world.any_pool(rng, n, name);
            world.pools.push(row);
        }
        if world.swarm.suite {
            let mut suite = world.any_pool(rng, world.pools.len(), SUITE);
            suite.is_suite = true;
            suite.standing = PoolStanding::Active;
            for pool in &mut world.pools {
                pool.suite = rng.chance(700).then(|| suite.id.clone());
            }
            world.pools.push(suite);
        }
        world.roll_quotas(rng);
        world.roll_refusals(rng);
        world.connections = (world.swarm.connections).then(|| u32::try_from(rng.between(1, 3)).unwrap_or(1));
        world
    }

    fn any_pool(&self, rng: &mut Rng, n: usize, name: &str) -> PoolRow {
        let on = &self.swarm;
        let locked = on.locked && rng.chance(400);
        let host = rng.pick(&HOSTS).copied().unwrap_or("r01");
        let at = if locked { cpu(host) } else { known(CpuId::new("02fc00000001")) };
        let id = known(PoolId::new(vendor(), config(n), at, feature(name), ""));
        let versions = ["4.0", "4.2", "4.2", "5"];
        let capacity = u32::try_from(rng.between(0, 5)).unwrap_or(1).max(u32::from(rng.chance(850)));
        let mut row = PoolRow::floating(id, capacity, version(rng.pick(&versions).copied().unwrap_or("5")));
        row.order = u32::try_from(n).unwrap_or(0);
        row.locked = locked;
        row.overdraft = if on.overdraft { u32::try_from(rng.below(3)).unwrap_or(0) } else { 0 };
        row.uncounted = on.uncounted && rng.chance(300);
        if row.uncounted {
            row.capacity = 0;
        }
        row.named = on.named && rng.chance(500);
        row.dated = on.dated && rng.chance(600);
        row.sharing = if locked { Sharing::Pool } else { self.any_sharing(rng) };
        row.sharers = if on.sharers { u32::try_from(rng.below(4)).unwrap_or(0) } else { 0 };
        row.minimum = if on.minimum { u32::try_from(rng.between(1, 2)).unwrap_or(1) } else { 1 };
        row.linger = Millis(if on.linger && rng.chance(800) { 600_000 } else { 0 });
        row.idle_timeout = Millis(if on.idle { 900_000 } else { 0 });
        if on.borrow && rng.chance(800) {
            let hours = if rng.chance(500) { 24 } else { 72 };
            let lowwater = u32::try_from(rng.below(3)).unwrap_or(0);
            row.borrow = Some(BorrowTerms { hours, lowwater, may_be_lost: rng.chance(500) });
            if rng.chance(300) {
                row.expiry = Expiry::On(known(Date::new(2026, 3, 3)));
            }
        }
        row
    }

    fn any_sharing(&self, rng: &mut Rng) -> Sharing {
        if !self.swarm.sharing || rng.chance(250) {
            return Sharing::None;
        }
        if rng.chance(150) {
            return Sharing::Pool;
        }
        let mut on = || rng.chance(400);
        let same = Same { user: on(), host: on(), display: on(), data: on(), person: false };
        if same == Same::default() { Sharing::Same(Same { user: true, ..same }) } else { Sharing::Same(same) }
    }

    fn roll_quotas(&mut self, rng: &mut Rng) {
        self.quotas.clear();
        let n = rng.between(1, 3);
        for _ in 0..n {
            let ids: Vec<PoolId> = self.pools.iter().map(|pool| pool.id.clone()).collect();
            let is_reserve = self.swarm.reserve && (!self.swarm.max || rng.chance(500));
            if !is_reserve && !self.swarm.max {
                return;
            }
            self.keys += 1;
            let mut seats = u32::try_from(rng.between(1, 3)).unwrap_or(1);
            let Some(pool) = rng.pick(&ids).cloned() else { return };
            let (kind, pools) = if is_reserve {
                (QuotaKind::Reserve(pool.clone()), vec![pool])
            } else if rng.chance(500) {
                (QuotaKind::Max, ids)
            } else {
                seats -= u32::from(seats > 1 && rng.chance(300));
                (QuotaKind::Max, vec![pool])
            };
            let key = format!("k{}", self.keys);
            let rule = format!("acmed.opt:{}", self.keys).into();
            let quota = Quota { key: key.into(), kind, seats, who: "somebody".into(), rule };
            self.quotas.push((quota, Who::any(rng), pools));
        }
    }

    fn roll_refusals(&mut self, rng: &mut Rng) {
        self.refusals.clear();
        if !self.swarm.refusals {
            return;
        }
        for _ in 0..rng.between(0, 2) {
            let pools = self.pools.iter().map(|pool| pool.id.clone()).filter(|_| rng.chance(700)).collect();
            let what = match rng.below(3) {
                0 => What::Exclude,
                1 => What::Include,
                _ => What::ExcludeBorrow,
            };
            self.refusals.push(Line { what, pools, who: Who::any(rng) });
        }
    }

    /// Changes something, as an administrator does before a reread.
    pub(crate) fn change(&mut self, rng: &mut Rng) {
        for _ in 0..rng.between(1, 2) {
            let at = usize::try_from(rng.below(self.pools.len() as u64)).unwrap_or(0);
            let sharing = self.any_sharing(rng);
            match rng.below(9) {
                0 | 1 => self.edit(at, |pool| {
                    let capacity = u32::try_from(rng.between(0, 5)).unwrap_or(0);
                    pool.capacity = if pool.uncounted { 0 } else { capacity };
                }),
                2 if self.absent.contains(&at) => self.absent.retain(|absent| *absent != at),
                2 | 3 => self.absent.push(at),
                4 => self.roll_quotas(rng),
                5 => self.roll_refusals(rng),
                6 if self.swarm.standing => self.edit(at, |pool| {
                    let all = [PoolStanding::Active, PoolStanding::Expired, PoolStanding::NotYet];
                    pool.standing = rng.pick(&all).copied().unwrap_or(PoolStanding::Active);
                }),
                7 => self.edit(at, |pool| {
                    if !pool.locked {
                        pool.sharing = sharing;
                    }
                }),
                _ => {
                    self.absent.clear();
                    for (quota, ..) in &mut self.quotas {
                        quota.seats = u32::try_from(rng.between(1, 3)).unwrap_or(1);
                    }
                }
            }
        }
    }

    fn edit(&mut self, at: usize, edit: impl FnOnce(&mut PoolRow)) {
        if let Some(pool) = self.pools.get_mut(at) {
            edit(pool);
        }
    }

    /// What is in force now.
    pub(crate) fn license(&self) -> (License, Site) {
        let is_there = |at: usize| !self.absent.contains(&at);
        let mut pools: Vec<PoolRow> = self
            .pools
            .iter()
            .enumerate()
            .filter(|(at, _)| is_there(*at))
            .map(|(_, row)| row.clone())
            .collect();
        let ids: Vec<PoolId> = pools.iter().map(|pool| pool.id.clone()).collect();
        for pool in &mut pools {
            pool.suite = pool.suite.take().filter(|suite| ids.contains(suite));
        }
        let there = |pools: &[PoolId]| -> Vec<PoolId> {
            pools.iter().filter(|pool| ids.contains(pool)).cloned().collect()
        };
        let quotas = self.quotas.iter().filter(|(.., pools)| !there(pools).is_empty());
        let mut lines: Vec<Line> = self.refusals.clone();
        lines.extend(quotas.clone().map(|(quota, who, pools)| Line {
            what: What::Counted(quota.key.clone()),
            pools: there(pools),
            who: who.clone(),
        }));
        let license = License {
            quotas: quotas.map(|(quota, ..)| quota.clone()).collect(),
            connections: self.connections.map(|limit| (vendor(), limit)).into_iter().collect(),
            pools,
        };
        (license, Site { lines })
    }
}
