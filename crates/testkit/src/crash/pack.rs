//! The license that the daemon serves: one pool of each kind that a crash might hurt.

/// What is asked for, of every feature.
pub(crate) const VERSION: &str = "4.0";

/// A pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pool {
    /// Plain seats, one or several a checkout.
    Mill,
    /// Seats that the processes of a user share.
    Lathe,
    /// Few seats, for which everybody waits in line.
    Press,
    /// Seats that are borrowed and booked.
    Drill,
}

impl Pool {
    pub(crate) const ALL: [Self; 4] = [Self::Mill, Self::Lathe, Self::Press, Self::Drill];

    pub(crate) fn feature(self) -> &'static str {
        match self {
            Self::Mill => "mill",
            Self::Lathe => "lathe",
            Self::Press => "press",
            Self::Drill => "drill",
        }
    }

    pub(crate) fn of(feature: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pool| pool.feature() == feature)
    }

    pub(crate) fn capacity(self) -> u32 {
        match self {
            Self::Mill => 10,
            Self::Lathe => 4,
            Self::Press => 2,
            Self::Drill => 8,
        }
    }

    /// What makes its line more than a plain one.
    fn terms(self) -> &'static str {
        match self {
            Self::Mill | Self::Press => "",
            Self::Lathe => " DUP_GROUP=U",
            Self::Drill => " BORROW=72",
        }
    }

    /// What these grants take of the pool: seats of a shared pool are the user's largest grant.
    pub(crate) fn charge<'a>(self, grants: impl Iterator<Item = (&'a str, u32)>) -> u32 {
        let mut by_user = std::collections::BTreeMap::new();
        for (user, seats) in grants {
            let of_user: &mut u32 = by_user.entry(user).or_default();
            *of_user = if self == Self::Lathe { seats.max(*of_user) } else { *of_user + seats };
        }
        by_user.values().sum()
    }
}

/// The pack, to be signed.
pub(crate) fn text() -> String {
    let line = |pool: Pool| {
        let (feature, seats, terms) = (pool.feature(), pool.capacity(), pool.terms());
        format!("INCREMENT {feature} acmed 4.2 permanent {seats} CONFIG_ID=11470 SEAT=FLOATING{terms}\n")
    };
    let lines: String = Pool::ALL.into_iter().map(line).collect();
    format!("SERVER this_host HOSTID_HERE\nVENDOR acmed\nUSE_SERVER\n{lines}")
}
