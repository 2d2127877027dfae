//! What grants are charged to.

use std::fmt;
use std::ops::Deref;

use names::QuotaId;
use smallvec::SmallVec;

/// One rule that a grant is charged to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// Which rule.
    pub quota: QuotaId,
    /// Of a reservation: so many of its seats. Of a maximum: the grant's seats.
    pub seats: u32,
    /// For the suite's seats, not the pool's own.
    pub of_suite: bool,
}

/// What a grant is charged to, in place where that is little.
#[derive(PartialEq, Eq, Default)]
pub struct Charges(SmallVec<[Charge; 2]>);

impl Charges {
    /// Nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn push(&mut self, charge: Charge) {
        self.0.push(charge);
    }

    pub(crate) fn retain(&mut self, is_kept: impl FnMut(&mut Charge) -> bool) {
        self.0.retain(is_kept);
    }
}

impl fmt::Debug for Charges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Clone for Charges {
    /// Most grants are charged to nothing, and the others' charges are numbers.
    fn clone(&self) -> Self {
        if self.0.is_empty() { Self::default() } else { Self(SmallVec::from_slice(&self.0)) }
    }
}

impl Deref for Charges {
    type Target = [Charge];

    fn deref(&self) -> &[Charge] {
        &self.0
    }
}

impl FromIterator<Charge> for Charges {
    fn from_iter<I: IntoIterator<Item = Charge>>(charges: I) -> Self {
        Self(charges.into_iter().collect())
    }
}

impl<'a> IntoIterator for &'a Charges {
    type Item = &'a Charge;
    type IntoIter = std::slice::Iter<'a, Charge>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}
