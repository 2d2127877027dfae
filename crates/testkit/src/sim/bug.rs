//! Bugs to plant, to see that they are found. They are switched on in a run; none is in the code that
//! ships.

macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Bugs to plant: in the simulated daemon, in its disk, or in the engine that it runs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Bug {
            $($(#[$doc])* $name,)*
        }

        impl Bug {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];
        }

        impl std::fmt::Display for Bug {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$name => $text,)* })
            }
        }
    };
}

bugs! {
    /// Answers are told before the flush.
    AnswerBeforeFlush = "answer-before-flush",
    /// What a return gives back is granted in a batch before the return's.
    GrantBeforeRelease = "grant-before-release",
    /// The records of one command are in two batches.
    SplitCommand = "split-command",
    /// Seats are reclaimed at the time-out, and a session that comes back has them again.
    ResurrectReclaimed = "resurrect-reclaimed",
    /// What RESERVE and MAX lines keep is not kept after a start.
    ForgetReservedOnRestart = "forget-reserved-on-restart",
    /// A start applies the last batch once more.
    DoubleApply = "double-apply",
    /// Leases are counted on the wall clock.
    TimeOutOnWallClock = "time-out-on-wall-clock",
    /// Those who wait in line when the daemon ends do not when it starts.
    ForgetWaitersOnRestart = "forget-waiters-on-restart",
    /// A borrowed seat is free when its session ends.
    FreeBorrowed = "free-borrowed",
    /// Heartbeats are answered without a look at the session's word.
    StaleHeartbeat = "stale-heartbeat",
    /// The disk says that it has flushed, and sometimes has not.
    DropTailBatch = "drop-tail-batch",
    /// The hold is shorter than the grace that clients count on.
    ForgetHold = "forget-hold",
    /// Sessions that are held when the daemon ends are released when it starts.
    ForgetHeldOnRestart = "forget-held-on-restart",
    /// Whoever names a grant may return it.
    ForeignCheckin = "foreign-checkin",
    /// A request that comes again is taken for another.
    NewRequestId = "new-request-id",
    /// After some starts the timers are never looked at.
    NeverRelease = "never-release",
    /// A reread of files with an error puts in force what could be read of them.
    HalfReread = "half-reread",
    /// What the wall clock has shown is forgotten at a start.
    ForgetClockOnRestart = "forget-clock-on-restart",
}

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
