//! What license lines give.

use std::ops::Range;
use std::sync::Arc;

use names::{Code, ConfigId, CpuId, Date, Expiry, Feature, PackNumber, PoolId, SeatCount, Vendor, Version};

use crate::package::Suite;
use crate::rules::{DupGroup, Rules};
use crate::terms::Maintenance;
use crate::{PublicKey, SignedLine};

/// How the seats of a line are bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SeatKind {
    /// Any workstation may take a seat.
    Floating,
    /// Each seat belongs to one workstation (or user, or display); its processes share it.
    Locked,
    /// Each seat is assigned to a person.
    Named,
}

impl std::fmt::Display for SeatKind {
    /// As `SEAT=` is written.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Floating => "FLOATING",
            Self::Locked => "LOCKED",
            Self::Named => "NAMED",
        })
    }
}

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Index of the [`crate::Source`].
    pub file: usize,
    /// Line number, from 1.
    pub line: u32,
}

/// The part that an entitlement has in a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packaged {
    /// The package, which is the feature that enables it too.
    pub package: Feature,
    /// Where its PACKAGE line stands.
    pub place: Place,
    /// Nothing where the components are ordinary features.
    pub suite: Option<Suite>,
    /// The suite itself, not one of its components.
    pub is_suite: bool,
    /// The proof of the PACKAGE line: with the enabling line's it proves the component. Nothing where it
    /// is not signed.
    pub line: Option<SignedLine>,
    /// The pooling fields of the line that enables it, which the suite's pool has.
    pub(crate) suite_pooling: Arc<str>,
    /// Which checkouts share a seat of the suite.
    pub(crate) suite_sharing: Option<DupGroup>,
}

/// Seats of one feature in one configuration.
///
/// Lines past their date, and lines that have not started, are here too: what time it is, is the
/// business of whoever has a clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// Whose license it is.
    pub vendor: Vendor,
    /// Which configuration: `CONFIG_ID=`, or the pack's own.
    pub config: ConfigId,
    /// Which feature.
    pub feature: Feature,
    /// The highest version it covers.
    pub version: Version,
    /// First day it may be used.
    pub start: Option<Date>,
    /// Last day it may be used.
    pub expiry: Expiry,
    /// How many seats are left of the line's after upgrades; nothing where it is uncounted.
    pub seats: Option<SeatCount>,
    /// How the seats are bound.
    pub kind: SeatKind,
    /// Floating and named: the license host's id (the first SERVER line's), one. Locked: what it is locked
    /// to, one for each seat.
    pub cpus: Vec<CpuId>,
    /// What restricts or widens its use.
    pub rules: Rules,
    /// `PRODUCT_LINE=`.
    pub product_line: Option<String>,
    /// `MODULES=`, sorted; nothing where the line does not say.
    pub modules: Option<Vec<String>>,
    /// `MAINTENANCE=`.
    pub maintenance: Option<Maintenance>,
    /// `VENDOR_STRING=`.
    pub vendor_string: Option<String>,
    /// Day of issue.
    pub issued: Option<Date>,
    /// `sort=`: the pool with the lower number is drained first.
    pub sort: u8,
    /// It comes from a FEATURE line, not from INCREMENT or UPGRADE.
    pub is_feature: bool,
    /// The package it is a part of.
    pub packaged: Option<Packaged>,
    /// `HOST_KEY=`: the key that the serving daemon must prove.
    pub host_key: Option<PublicKey>,
    /// The pack it came with; nothing where the line is not signed.
    pub pack: Option<PackNumber>,
    /// The proof, to be sent to clients; nothing where the line is not signed.
    pub line: Option<SignedLine>,
    /// Where its line was read.
    pub place: Place,
    /// The other lines that it came from: what it upgrades, what upgrades a part of it, its package's.
    pub also_from: Vec<Place>,
    /// FlexNet's pooling fields in one spelling, a part of the pool's id.
    pub(crate) pooling: Arc<str>,
}

impl Entitlement {
    /// The pools it fills, each with its seats; nothing for seats where they are not counted. Floating and
    /// named: one pool with all seats. Locked: for each workstation a pool of one seat.
    #[must_use]
    pub fn pools(&self) -> Vec<(PoolId, Option<SeatCount>)> {
        let each = |seats| if self.kind == SeatKind::Locked { SeatCount::ONE } else { seats };
        self.pool_ids().map(|pool| (pool, self.seats.map(each))).collect()
    }

    /// The ids of its pools.
    pub fn pool_ids(&self) -> impl Iterator<Item = PoolId> {
        self.cpus.iter().filter_map(|cpu| self.pool(cpu))
    }

    /// Of a component of a suite: its pools, each with the suite's pool that gives a seat with each of its
    /// seats. Nothing for every other line, the suite's own as well.
    #[must_use]
    pub fn suite_pools(&self) -> Vec<(PoolId, PoolId)> {
        let part = self.packaged.as_ref().filter(|part| part.suite.is_some() && !part.is_suite);
        let Some(part) = part else { return Vec::new() };
        let suite = |cpu: &CpuId| {
            let (vendor, config) = (self.vendor.clone(), self.config.clone());
            PoolId::new(vendor, config, cpu.clone(), part.package.clone(), &part.suite_pooling).ok()
        };
        self.cpus.iter().filter_map(|cpu| Some((self.pool(cpu)?, suite(cpu)?))).collect()
    }

    /// It is a suite: its seats go with those of its components, and are not checked out by themselves.
    #[must_use]
    pub fn is_suite(&self) -> bool {
        self.packaged.as_ref().is_some_and(|part| part.suite.is_some() && part.is_suite)
    }

    /// Which checkouts share a seat: `DUP_GROUP`; of a suite `SUITE_DUP_GROUP`, or where it is not written
    /// `DUP_GROUP`. A suite with `SUITE_RESERVED` and its components have one sharing, the suite's, or by
    /// user where it has none. (A locked line's processes share their workstation's seat whatever it says,
    /// and a named seat is its person's.)
    #[must_use]
    pub fn sharing(&self) -> Option<DupGroup> {
        match &self.packaged {
            Some(part) if part.suite == Some(Suite::Reserved) || part.is_suite => part.suite_sharing,
            _ => self.rules.dup_group,
        }
    }

    /// At most so many processes share a seat; 0: any number. Of a suite it is any number: `DUP_LIMIT` is
    /// about its components' seats.
    #[must_use]
    pub fn sharers(&self) -> u32 {
        if self.is_suite() { 0 } else { self.rules.dup_limit.unwrap_or(0) }
    }

    /// How many users an options file may include (`USER_BASED`), where the line needs it to: nothing where
    /// it does not. [`u32::MAX`] where an uncounted line names no number.
    #[must_use]
    pub fn users_listed(&self) -> Option<u32> {
        let seats = self.seats.map(SeatCount::get);
        self.rules.user_based.map(|listed| listed.most(seats).unwrap_or(u32::MAX))
    }

    /// The same for hosts (`HOST_BASED`).
    #[must_use]
    pub fn hosts_listed(&self) -> Option<u32> {
        let seats = self.seats.map(SeatCount::get);
        self.rules.host_based.map(|listed| listed.most(seats).unwrap_or(u32::MAX))
    }

    /// The pool at one machine. (The text of the pooling fields was judged when the line was read.)
    pub(crate) fn pool(&self, cpu: &CpuId) -> Option<PoolId> {
        let (vendor, feature) = (self.vendor.clone(), self.feature.clone());
        PoolId::new(vendor, self.config.clone(), cpu.clone(), feature, &self.pooling).ok()
    }

    /// The pack's number as text; `none` where the line is not signed.
    #[must_use]
    pub fn pack_name(&self) -> &str {
        self.pack.as_ref().map_or("none", PackNumber::as_str)
    }

    /// The seats as a number; 0 where they are not counted.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.seats.map_or(0, SeatCount::get)
    }

    /// The manual's order in which pools of one feature are searched (Sort Rules, 2025 R1): file;
    /// `sort=`, the lower first; VENDOR_STRING; FEATURE before INCREMENT; uncounted before counted; the
    /// earlier version first; the later day of issue (`ISSUED` or `START`) first; place in the file.
    #[must_use]
    pub fn search_order(&self, other: &Self) -> std::cmp::Ordering {
        let day = |e: &Self| e.issued.max(e.start);
        let key = |e: &Self| (e.place.file, e.sort);
        self.feature
            .cmp(&other.feature)
            .then_with(|| key(self).cmp(&key(other)))
            .then_with(|| self.vendor_string.cmp(&other.vendor_string))
            .then_with(|| other.is_feature.cmp(&self.is_feature))
            .then_with(|| self.seats.is_some().cmp(&other.seats.is_some()))
            .then_with(|| self.version.cmp(&other.version))
            .then_with(|| day(other).cmp(&day(self)))
            .then_with(|| self.place.cmp(&other.place))
    }
}

/// What a line would give, and does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unserved {
    /// What it says.
    pub entitlement: Entitlement,
    /// Why it is not served here.
    pub code: Code,
    /// The same in words.
    pub why: String,
    /// Where the words that say so stand.
    pub(crate) span: Range<u32>,
}

/// A license line that gives nothing at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idle {
    /// Where it stands.
    pub place: Place,
    /// Why it gives nothing.
    pub why: String,
}
