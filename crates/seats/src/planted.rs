//! Bugs to plant in the engine on purpose, to see that whoever checks it finds each of them.
//!
//! A state has none unless it is given one, and only a build with the feature `planted` can: the
//! testkit's. Everywhere else the question is answered when the code is compiled.

use crate::state::State;

macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What is wrong with an engine in which it is planted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Bug {
            $($(#[$doc])* $name,)*
        }

        #[cfg(feature = "planted")]
        impl Bug {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }

        #[cfg(feature = "planted")]
        impl std::fmt::Display for Bug {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$name => $text,)* })
            }
        }
    };
}

bugs! {
    /// A pool gives one seat more than its limit.
    OneTooMany = "one-too-many",
    /// Seats above the capacity are not given.
    OverdraftIgnored = "overdraft-ignored",
    /// They are given twice.
    OverdraftTwice = "overdraft-twice",
    /// What is free of a pool whose capacity was lowered below its use is below nothing.
    FreeWraps = "free-wraps",
    /// Free seats are given whoever they are reserved for.
    ReservesForgotten = "reserves-forgotten",
    /// What a grant draws from a reservation is not written down.
    DrawsForgotten = "draws-forgotten",
    /// MAX lines are counted, and stop nobody.
    MaxIgnored = "max-ignored",
    /// MAX counts a grant that shares a seat as if it did not.
    MaxCountsGrants = "max-counts-grants",
    /// MAX is not looked at for a suite's seats.
    MaxNotOfSuites = "max-not-of-suites",
    /// MAX over a component and its suite is looked at for each alone.
    MaxOfEachAlone = "max-of-each-alone",
    /// MAX is not looked at for those who wait.
    MaxNotInLine = "max-not-in-line",
    /// A reread charges no MAX line.
    RechargeForgetsMax = "recharge-forgets-max",
    /// A reread charges a grant that shares no seat to its component's rules, and not to its suite's.
    RechargeForgetsSuites = "recharge-forgets-suites",
    /// A reread takes a grant for one that shares no seat by its component's pool, whatever its suite's is.
    RechargeByComponent = "recharge-by-component",
    /// A reread counts what grants that share no seat were charged to before, too.
    RechargedTwice = "recharged-twice",
    /// A reread leaves the seats idle that grants which share no seat drew.
    RechargeKeepsIdle = "recharge-keeps-idle",
    /// Any number of grants share a seat.
    SharersUnlimited = "sharers-unlimited",
    /// A shared seat is free with the first who returns it.
    SharedSeatFreed = "shared-seat-freed",
    /// Grants share across displays.
    DisplayForgotten = "display-forgotten",
    /// A suite is charged, and not asked for room.
    SuiteNotChecked = "suite-not-checked",
    /// A suite's seat stays charged when its component's comes back.
    SuiteNotGivenBack = "suite-not-given-back",
    /// Lingering seats are kept from whoever needs them.
    LingerNotReclaimed = "linger-not-reclaimed",
    /// More lingering seats are returned than are needed.
    LingerAllReclaimed = "linger-all-reclaimed",
    /// A checkout takes fewer seats than the least there are.
    MinimumIgnored = "minimum-ignored",
    /// A locked seat is given to any workstation.
    LockedAnywhere = "locked-anywhere",
    /// Versions are compared as texts.
    VersionAsText = "version-as-text",
    /// Any number of sessions hold seats of a vendor.
    ConnectionsIgnored = "connections-ignored",
    /// Whom a rule refuses is granted.
    RefusalIgnored = "refusal-ignored",
    /// An assignment's period is not looked at.
    AssignedForEver = "assigned-for-ever",
    /// Who loses a named seat goes on with it.
    UnassignedRunsOn = "unassigned-runs-on",
    /// Seats may be taken offline for any time.
    BorrowedForEver = "borrowed-for-ever",
    /// All seats of a pool may be taken offline.
    LowwaterIgnored = "lowwater-ignored",
    /// A borrowed seat comes back whatever is shown.
    AnyProof = "any-proof",
    /// A lost laptop's seat is freed where its license does not allow it.
    LostAnyway = "lost-anyway",
    /// A borrowed or booked seat comes back with its session's end.
    KeptEndsWithSession = "kept-ends-with-session",
    /// A job takes what is booked for another.
    AnyJob = "any-job",
    /// A booking stays when its job took its seats.
    BookingKept = "booking-kept",
    /// Those behind one who lacks seats get what is free.
    Overtaking = "overtaking",
    /// The line is gone through as it came.
    PriorityIgnored = "priority-ignored",
    /// Newcomers get what others wait for.
    LineIgnored = "line-ignored",
    /// A return wakes nobody.
    LineSleeps = "line-sleeps",
    /// A waiter whose session is not there is granted.
    DeadAreGranted = "dead-are-granted",
    /// A session that only waits ends with its time-out.
    WaitEndsWithTimeOut = "wait-ends-with-time-out",
    /// A waiter whom nothing can help stays in line.
    HopelessWait = "hopeless-wait",
    /// A request that comes again is granted again.
    GrantedTwice = "granted-twice",
    /// A late copy of a request that has ended is granted.
    FloorNotRaised = "floor-not-raised",
    /// Whoever names a grant may return it.
    ForeignCheckin = "foreign-checkin",
    /// A session whose time-out has passed may check out.
    HeldIsLive = "held-is-live",
    /// A session that came back ends with its hold.
    ReleasedAlive = "released-alive",
    /// A session is resumed with any token.
    AnyToken = "any-token",
    /// A session is replaced with any token.
    ReplacedByAnybody = "replaced-by-anybody",
    /// A seat is free before its time.
    ExpiredEarly = "expired-early",
    /// A seat that is taken away is free before its session gave it back.
    RevokedAtOnce = "revoked-at-once",
    /// An idle session's seats go back before its time.
    IdleAtOnce = "idle-at-once",
    /// A reread takes the seats of pools that are gone.
    RereadTakesSeats = "reread-takes-seats",
    /// The short way through simple pools gives one seat more than there are.
    SimpleOneTooMany = "simple-one-too-many",
    /// It gives any version.
    SimpleAnyVersion = "simple-any-version",
    /// It gives newcomers what others wait for.
    SimpleLineIgnored = "simple-line-ignored",
    /// A clock that was set back changes nothing.
    ClockIgnored = "clock-ignored",
    /// It keeps back pools without dates, too.
    ClockStopsAll = "clock-stops-all",
    /// What the clock has shown is forgotten at a start.
    ClockForgotten = "clock-forgotten",
    /// A deed of the desk that is refused leaves its rows.
    DeskHalf = "desk-half",
    /// Rows that the desk drops stay.
    DeskKept = "desk-kept",
}

impl Bug {
    /// Whether it is in the short way through simple pools; with any other, all go the long way.
    #[cfg(feature = "planted")]
    fn is_of_simple(self) -> bool {
        matches!(self, Self::SimpleOneTooMany | Self::SimpleAnyVersion | Self::SimpleLineIgnored)
    }
}

#[cfg(feature = "planted")]
impl std::str::FromStr for Bug {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = Self::ALL.iter().find(|bug| bug.to_string() == text).copied();
        named.ok_or_else(|| {
            let all: Vec<_> = Self::ALL.iter().map(Self::to_string).collect();
            format!("no bug is called {text}; there are {}", all.join(", "))
        })
    }
}

impl State {
    /// Plants a bug.
    #[cfg(feature = "planted")]
    pub fn plant(&mut self, bug: Bug) {
        self.bug = Some(bug);
    }

    /// Whether this bug is planted.
    #[cfg(feature = "planted")]
    #[inline]
    pub(crate) fn planted(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Whether simple pools are gone through the short way: bugs are planted in the long one.
    #[cfg(feature = "planted")]
    #[inline]
    pub(crate) fn goes_short(&self) -> bool {
        self.bug.is_none_or(Bug::is_of_simple)
    }

    /// Whether simple pools are gone through the short way.
    #[cfg(not(feature = "planted"))]
    #[inline(always)]
    pub(crate) const fn goes_short(&self) -> bool {
        true
    }

    /// Whether this bug is planted: it cannot be.
    #[cfg(not(feature = "planted"))]
    #[inline(always)]
    pub(crate) const fn planted(&self, _: Bug) -> bool {
        false
    }
}
