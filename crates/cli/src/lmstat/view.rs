//! What a report shows, whichever form it has.

use proto::v1::{Holder, Keeping, PoolName, PoolStatus, Standing, StatusReply};

use crate::args::LmstatArgs;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// Servers and vendors; of one host, or of all when it is empty.
    Servers(String),
    /// Servers alone.
    ServersAlone,
    /// Vendors alone.
    VendorsAlone,
    /// Everything; only features in use, or all.
    All { active_only: bool },
    /// One feature, or all.
    Feature(String),
    /// One vendor, or all.
    Vendor(String),
    /// What is licensed: one feature, or all.
    Info(String),
}

/// What the flags ask for; they exclude each other.
pub(crate) fn part(args: &LmstatArgs) -> Part {
    if let Some(feature) = &args.feature {
        return Part::Feature(feature.clone());
    }
    if let Some(feature) = &args.info {
        return Part::Info(feature.clone());
    }
    if let Some(vendor) = &args.vendor {
        return Part::Vendor(vendor.clone());
    }
    if let Some(host) = &args.server {
        return Part::Servers(host.clone());
    }
    match args {
        LmstatArgs { all: true, .. } => Part::All { active_only: false },
        LmstatArgs { active: true, .. } => Part::All { active_only: true },
        LmstatArgs { lm: true, .. } => Part::ServersAlone,
        LmstatArgs { vd: true, .. } => Part::VendorsAlone,
        _ => Part::Servers(String::new()),
    }
}

impl Part {
    pub(crate) fn feature(&self) -> &str {
        match self {
            Self::Feature(name) | Self::Info(name) => name,
            _ => "",
        }
    }

    pub(crate) fn vendor(&self) -> &str {
        if let Self::Vendor(name) = self { name } else { "" }
    }

    pub(crate) fn has_users(&self) -> bool {
        matches!(self, Self::All { .. } | Self::Feature(_) | Self::Vendor(_))
    }

    /// Whether pools are shown at all.
    pub(crate) fn has_pools(&self) -> bool {
        self.has_users() || matches!(self, Self::Info(_))
    }
}

/// A feature with its pools.
#[derive(Debug)]
pub(crate) struct FeatureView<'a> {
    pub(crate) name: String,
    pub(crate) pools: Vec<&'a PoolStatus>,
}

impl FeatureView<'_> {
    pub(crate) fn issued(&self) -> u64 {
        self.pools.iter().filter(|pool| !pool.uncounted).map(|pool| u64::from(pool.capacity)).sum()
    }

    /// What nobody else can get: seats in use, and those that idle reservations keep, as FlexNet counts.
    pub(crate) fn in_use(&self) -> u64 {
        self.pools.iter().map(|pool| u64::from(pool.in_use) + reserved(pool)).sum()
    }

    /// Whether seats of it are counted at all.
    pub(crate) fn is_uncounted(&self) -> bool {
        !self.pools.is_empty() && self.pools.iter().all(|pool| pool.uncounted)
    }
}

/// The features of a reply in the server's order, each with all its pools.
pub(crate) fn features<'a>(reply: &'a StatusReply, part: &Part) -> Vec<FeatureView<'a>> {
    let mut found: Vec<FeatureView<'a>> = Vec::new();
    for pool in &reply.pools {
        let name = word(&name_of(pool).feature);
        match found.iter_mut().find(|feature| feature.name == name) {
            Some(feature) => feature.pools.push(pool),
            None => found.push(FeatureView { name, pools: vec![pool] }),
        }
    }
    if let Part::All { active_only: true } = part {
        found.retain(|feature| feature.in_use() > 0 || feature.pools.iter().any(|pool| is_busy(pool)));
    }
    found
}

/// Whether there is anything to be told of a pool: somebody holds it, waits for it, or it is reserved.
pub(crate) fn is_busy(pool: &PoolStatus) -> bool {
    pool.in_use > 0 || !pool.holders.is_empty() || !pool.reservations.is_empty() || !pool.waiting.is_empty()
}

/// Free seats of a pool that are reserved.
pub(crate) fn reserved(pool: &PoolStatus) -> u64 {
    pool.reservations.iter().map(|reservation| u64::from(reservation.seats)).sum()
}

/// Since when and until when a seat is kept that needs no session, for those that are.
pub(crate) fn kept(holder: &Holder) -> Option<(i64, i64)> {
    let is_kept = matches!(holder.keeping(), Keeping::Lingering | Keeping::Borrowed | Keeping::Booked);
    is_kept.then_some((holder.kept_from_ms, holder.kept_until_ms))
}

/// A pool's name; an empty one when the server left it out.
pub(crate) fn name_of(pool: &PoolStatus) -> PoolName {
    pool.pool.clone().unwrap_or_default()
}

/// A word from the server as it may be shown.
pub(crate) fn word(text: &str) -> String {
    names::Word::nearest(text).as_str().to_owned()
}

/// How a pool stands, in a word.
pub(crate) fn standing(pool: &PoolStatus) -> &'static str {
    match pool.standing() {
        Standing::Unspecified | Standing::Active => "active",
        Standing::Expired => "expired",
        Standing::NotYet => "not_yet",
        Standing::Unlicensed => "unlicensed",
    }
}
