//! A seat that is taken offline: its terms, signed by the license host.
//!
//! The way of proof is vendor → license host → lease. The vendor's signed line names the license
//! host's key (`HOST_KEY=`), and that key has signed the lease. So a workstation without a network
//! can tell a lease from a forgery, with nothing but the vendor's public key.

mod error;
mod form;
mod receipt;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use names::{CpuId, Date, Expiry, GrantId, PoolId, SeatCount, Version, Wall, Word};
use sha2::{Digest as _, Sha256};

pub use error::LeaseError;
pub use receipt::{Receipt, ReceiptError};

use crate::{PublicKey, SecretKey, SignedLine, Trust, VerifiedLine, verify_line};

/// So far a clock may be behind what it, or the license host's, has shown before: people set clocks
/// right. What a lease is good for ends by the latest time that was seen, so nothing is won by it.
pub const CLOCK_DRIFT_MS: i64 = 24 * 3_600_000;

/// What a lease says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseTerms {
    /// From which pool the seats are.
    pub pool: PoolId,
    /// The version that was asked for. The vendor's line says up to which one the seats are good.
    pub version: Version,
    /// How many seats.
    pub seats: SeatCount,
    /// Who may use them.
    pub user: Word,
    /// The workstation's name when they were borrowed; it may be another one later.
    pub host: Word,
    /// The workstation's host id.
    pub client: CpuId,
    /// The license host's number for it.
    pub grant: GrantId,
    /// When it was borrowed, by the license host's clock.
    pub issued: Wall,
    /// Until when; at this moment it is over.
    pub until: Wall,
    /// The hash of the secret that returns it: [`proof_hash`].
    pub proof: [u8; 32],
}

/// A lease as it is handed out: its one text, and the license host's signature over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedLease {
    /// The bytes that were signed (see the crate's README).
    pub canonical: Bytes,
    /// The signature.
    pub signature: [u8; 64],
}

/// Who wants to use a lease.
#[derive(Debug, Clone, Copy)]
pub struct Borrower<'a> {
    /// The user.
    pub user: &'a Word,
    /// The workstation's host ids: one of them must be the lease's.
    pub clients: &'a [CpuId],
}

/// The clock of who wants to use a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseClock {
    /// What it shows.
    pub now: Wall,
    /// The latest time that it has ever shown, as far as that was kept.
    pub high_water: Wall,
}

impl LeaseClock {
    /// By this time a lease ends.
    #[must_use]
    pub fn latest(&self) -> Wall {
        self.now.max(self.high_water)
    }
}

/// A lease, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    terms: LeaseTerms,
    host_key: PublicKey,
}

/// The hash by which a license host knows the secret that returns a borrowed seat: SHA-256.
#[must_use]
pub fn proof_hash(secret: &[u8; 32]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

impl Lease {
    /// Signs a lease with the license host's key.
    #[must_use]
    pub fn issue(key: &SecretKey, terms: &LeaseTerms) -> SignedLease {
        let canonical = form::write(terms, &key.public());
        SignedLease { signature: key.sign(&canonical), canonical: canonical.into() }
    }

    /// Reads the text of a lease, and believes nothing of it. What is not exactly as [`Lease::issue`]
    /// writes it is refused.
    ///
    /// # Errors
    /// [`LeaseError::NotALease`].
    pub fn read(canonical: &[u8]) -> Result<Self, LeaseError> {
        form::read(canonical).map_err(LeaseError::NotALease)
    }

    /// Verifies a lease from the vendor's key down, and that it may be used here and now. `line` is the
    /// signed line that came with it.
    ///
    /// # Errors
    /// The first thing that does not hold.
    pub fn verify(
        lease: &SignedLease,
        line: &SignedLine,
        keys: &Trust,
        borrower: &Borrower,
        clock: &LeaseClock,
    ) -> Result<(Self, VerifiedLine), LeaseError> {
        let read = Self::read(&lease.canonical)?;
        let line = verify_line(line, keys)?;
        match &line.host_key {
            None => return Err(LeaseError::NoHostKey),
            Some(key) if *key != read.host_key => return Err(LeaseError::OtherHostKey),
            Some(key) if !key.verifies(&lease.canonical, &lease.signature) => {
                return Err(LeaseError::BadSignature);
            }
            Some(_) => {}
        }
        read.is_of(&line)?;
        read.is_for(borrower)?;
        read.is_in_time(&line, clock)?;
        Ok((read, line))
    }

    /// What it says.
    #[must_use]
    pub fn terms(&self) -> &LeaseTerms {
        &self.terms
    }

    /// The license host that it says it is from.
    #[must_use]
    pub fn host_key(&self) -> &PublicKey {
        &self.host_key
    }

    /// Whether the line licenses the pool, through the lease's last moment.
    fn is_of(&self, line: &VerifiedLine) -> Result<(), LeaseError> {
        let terms = &self.terms;
        let pool = &terms.pool;
        let is_its = line.vendor == *pool.vendor()
            && line.config == *pool.config()
            && line.feature == *pool.feature()
            && line.cpus.contains(pool.cpu())
            && line.version >= terms.version;
        if !is_its {
            return Err(LeaseError::OtherLine);
        }
        match line.expiry {
            Expiry::On(last) if terms.until > last.end() => Err(LeaseError::BeyondLine(last)),
            _ => Ok(()),
        }
    }

    fn is_for(&self, borrower: &Borrower) -> Result<(), LeaseError> {
        if !borrower.clients.contains(&self.terms.client) {
            return Err(LeaseError::OtherClient(self.terms.client.clone()));
        }
        if *borrower.user != self.terms.user {
            return Err(LeaseError::OtherUser(self.terms.user.clone()));
        }
        Ok(())
    }

    fn is_in_time(&self, line: &VerifiedLine, clock: &LeaseClock) -> Result<(), LeaseError> {
        let seen = clock.high_water.max(self.terms.issued);
        if clock.now.0 < seen.0.saturating_sub(CLOCK_DRIFT_MS) {
            return Err(LeaseError::ClockSetBack { now: clock.now, seen });
        }
        if let Some(start) = line.start.filter(|start| *start > Date::of(clock.latest())) {
            return Err(LeaseError::NotYet(start));
        }
        if clock.latest() >= self.terms.until {
            return Err(LeaseError::Over(self.terms.until));
        }
        Ok(())
    }
}
