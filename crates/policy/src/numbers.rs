//! LINGER, TIMEOUT and their kin: numbers that change the terms of pools.

use crate::keyword::Keyword;
use crate::limits::TIMEOUT_MIN_S;

/// What an options file changes about the seats of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolOptions {
    /// `LINGER`: seconds that a seat stays taken after its return. The license's counts where it is
    /// longer.
    pub linger_s: Option<u32>,
    /// `TIMEOUT` or `TIMEOUTALL`: seconds after which the seat of an idle session goes back.
    pub timeout_s: Option<u32>,
    /// `MAX_OVERDRAFT`: the license's `OVERDRAFT` counts where it is lower.
    pub max_overdraft: Option<u32>,
    /// `MAX_BORROW_HOURS`: the license's `BORROW` counts where it is shorter.
    pub max_borrow_hours: Option<u32>,
    /// `BORROW_LOWWATER`: so many seats cannot be borrowed.
    pub borrow_lowwater: Option<u32>,
}

/// A line's number in the file, and what it says.
type Said = Option<(u32, u32)>;

/// What the lines about one thing say.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Numbers {
    linger: Option<u32>,
    timeout: Said,
    timeout_all: Said,
    max_overdraft: Option<u32>,
    borrow_hours: Said,
    lowwater: Said,
}

impl Numbers {
    /// Whether a keyword is about the seats of pools.
    pub(crate) fn are_of(keyword: Keyword) -> bool {
        use Keyword::{BorrowLowwater, Linger, MaxBorrowHours, MaxOverdraft, Timeout, TimeoutAll};
        matches!(keyword, BorrowLowwater | Linger | MaxBorrowHours | MaxOverdraft | Timeout | TimeoutAll)
    }

    /// Adds a line; they come in their order.
    pub(crate) fn add(&mut self, keyword: Keyword, line: u32, number: u32) {
        let mut one = Self::default();
        match keyword {
            Keyword::Linger => one.linger = Some(number),
            Keyword::Timeout => one.timeout = Some((line, number.max(TIMEOUT_MIN_S))),
            Keyword::TimeoutAll => one.timeout_all = Some((line, number.max(TIMEOUT_MIN_S))),
            Keyword::MaxOverdraft => one.max_overdraft = Some(number),
            Keyword::MaxBorrowHours => one.borrow_hours = Some((line, number)),
            Keyword::BorrowLowwater => one.lowwater = Some((line, number)),
            _ => {}
        }
        self.join(&one);
    }

    /// Joins what other lines say: the longest LINGER, the lowest MAX_OVERDRAFT, the last of the rest.
    pub(crate) fn join(&mut self, other: &Self) {
        self.linger = self.linger.max(other.linger);
        self.timeout = self.timeout.max(other.timeout);
        self.timeout_all = self.timeout_all.max(other.timeout_all);
        let overdrafts = self.max_overdraft.into_iter().chain(other.max_overdraft);
        self.max_overdraft = overdrafts.min();
        self.borrow_hours = self.borrow_hours.max(other.borrow_hours);
        self.lowwater = self.lowwater.max(other.lowwater);
    }

    /// What they come to.
    pub(crate) fn options(&self) -> PoolOptions {
        let number = |said: Said| said.map(|(_, number)| number);
        PoolOptions {
            linger_s: self.linger,
            timeout_s: number(self.timeout.or(self.timeout_all)),
            max_overdraft: self.max_overdraft,
            max_borrow_hours: number(self.borrow_hours),
            borrow_lowwater: number(self.lowwater),
        }
    }
}
