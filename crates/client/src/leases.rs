//! Borrowed seats on this machine: their leases, kept so that an application starts without a network.
//!
//! In `$XDG_DATA_HOME/seatkeeper/borrowed` (0700), with one file (0600) for each lease, one for each seat
//! that was given up and is not returned yet, one for each question whose answer is not here, and the
//! record of the clock. A lease is written when the license host has granted it and never before; it is
//! gone from the disk before its receipt is shown or its return is asked for.
//!
//! **What holds a clock that is set back.** No use is good 24 hours before the time that the license host
//! signed, or before the latest time that this machine has shown at a use. Within one boot that time goes
//! on by the machine's own clock, so a record that is put back changes nothing. A record that is gone or
//! cannot be written is as good as one that was set back: nothing may be used until another seat was
//! borrowed. What nobody can know: that record and clock were set back together, over a restart of the
//! machine; that wins back the time to the older record, and a lease's own end still holds. Likewise a copy
//! of the whole machine, with its host id, has a copy of its leases.

mod clock;
mod file;
mod pending;
#[cfg(test)]
mod tests;

use std::path::Path;

use license::{Borrower, Lease, LeaseError, LeaseTerms, Receipt, SignedLease, SignedLine};
use names::{Code, CpuId, Feature, GrantId, Version, Wall, Word};

pub(crate) use clock::Seen;
pub(crate) use pending::Pending;

use crate::folder::{self, Folder};
use crate::{Borrowed, Error, Identity, Server, TrustPolicy, hostid};

/// The leases of a user.
#[derive(Debug, Clone)]
pub struct Leases {
    folder: Folder,
}

/// A lease as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    server: Server,
    lease: Lease,
    signed: SignedLease,
    line: SignedLine,
    secret: [u8; 32],
}

/// A seat that was given up here and may not be returned yet.
#[derive(Clone, PartialEq, Eq)]
pub struct GivenUp {
    server: Server,
    feature: Feature,
    grant: GrantId,
    secret: [u8; 32],
}

/// What is kept.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// The leases, in the order of their ends.
    pub borrowed: Vec<Kept>,
    /// Seats that were given up.
    pub given_up: Vec<GivenUp>,
    /// The names of files that cannot be read.
    pub broken: Vec<String>,
}

impl Kept {
    /// At which license server it was borrowed.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What it says; nothing of it is verified.
    #[must_use]
    pub fn terms(&self) -> &LeaseTerms {
        self.lease.terms()
    }

    /// For how long it may be used yet, by the clock; nothing when it is over.
    #[must_use]
    pub fn remaining_ms(&self) -> Option<u64> {
        let left = self.terms().until.0.saturating_sub(Seen::now().wall.0);
        u64::try_from(left).ok().filter(|left| *left > 0)
    }

    fn name(&self, kind: &str) -> String {
        name(self.lease.host_key().id(), self.terms().grant, kind)
    }
}

impl GivenUp {
    /// At which license server it was borrowed.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What it was.
    #[must_use]
    pub fn feature(&self) -> &Feature {
        &self.feature
    }

    /// The license server's number for it.
    #[must_use]
    pub fn grant(&self) -> GrantId {
        self.grant
    }

    /// What the administrator takes it back with.
    #[must_use]
    pub fn receipt(&self) -> Receipt {
        Receipt::new(self.grant, self.secret)
    }

    pub(crate) fn secret(&self) -> [u8; 32] {
        self.secret
    }
}

fn name(host: license::KeyId, grant: GrantId, kind: &str) -> String {
    format!("{host}-{:016x}.{kind}", grant.0)
}

impl Leases {
    /// This user's, in `$XDG_DATA_HOME/seatkeeper/borrowed`, else in `~/.local/share/seatkeeper/borrowed`.
    ///
    /// # Errors
    /// When the folder cannot be made, or others may use it.
    pub fn of_user() -> Result<Self, Error> {
        let path = folder::of_user("XDG_DATA_HOME", ".local/share", "borrowed");
        Self::at(&path.ok_or_else(|| Error::Keep {
            path: "~/.local/share/seatkeeper/borrowed".into(),
            what: "find the folder",
            source: std::io::Error::other("neither HOME nor XDG_DATA_HOME is set"),
        })?)
    }

    /// Those in this folder, which must be the user's own (0700) and is made when it is missing.
    ///
    /// # Errors
    /// When the folder cannot be made, or others may use it.
    pub fn at(folder: &Path) -> Result<Self, Error> {
        Folder::made(folder).map(|folder| Self { folder })
    }

    /// What is there.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn list(&self) -> Result<Listing, Error> {
        let names = self.folder.names()?;
        let mut listing = Listing::default();
        for name in &names {
            let Some((stem, kind)) = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()) else {
                continue;
            };
            let text = || self.folder.read(name).ok().flatten();
            let is_read = match kind {
                "lease" if names.contains(&format!("{stem}.receipt")) => continue, // it was given up
                "lease" => text().and_then(|text| file::kept(&text)).map(|kept| listing.borrowed.push(kept)),
                "receipt" => {
                    text().and_then(|text| file::given_up(&text)).map(|one| listing.given_up.push(one))
                }
                _ => continue,
            };
            if is_read.is_none() {
                listing.broken.push(name.clone());
            }
        }
        listing.borrowed.sort_by_key(|kept| (kept.terms().until, kept.terms().grant));
        Ok(listing)
    }

    /// Opens a borrowed seat of a feature, licensed for this version or a higher one, without asking
    /// anybody.
    ///
    /// # Errors
    /// When none is here, or the one that is may not be used: by whom, where or when it was not meant to be.
    pub fn open(
        &self,
        trust: &TrustPolicy,
        identity: &Identity,
        feature: &str,
        version: &str,
    ) -> Result<Borrowed, Error> {
        let (feature, version) = (Feature::new(feature)?, Version::new(version)?);
        let of_it: Vec<Kept> = self
            .list()?
            .borrowed
            .into_iter()
            .filter(|kept| *kept.terms().pool.feature() == feature)
            .collect();
        if of_it.is_empty() {
            return Err(Error::NotBorrowed { feature: feature.to_string() });
        }
        let TrustPolicy::Vendor { keys, .. } = trust else {
            let why = "a borrowed seat is proved by the vendor's key, and none is given".to_owned();
            let subject = format!("the borrowed seat of {feature}");
            return Err(Error::Unproved { code: Code::BadSignature, subject, why });
        };
        let clock = self.tell_time()?;
        let clients = clients(identity);
        let borrower = Borrower { user: &identity.user, clients: &clients };
        let mut failed = None;
        // The one that lasts longest first.
        for kept in of_it.into_iter().rev() {
            match Lease::verify(&kept.signed, &kept.line, keys, &borrower, &clock) {
                Ok((lease, line)) if line.version >= version => {
                    return Ok(Borrowed::new(kept.server, lease, clock.latest()));
                }
                Ok((_, line)) => {
                    let why = format!("the line covers up to version {}", line.version);
                    let subject = format!("the borrowed seat of {feature}");
                    failed = Some(Error::Unproved { code: Code::VersionNotServed, subject, why });
                }
                Err(why) => failed = Some(why.into()),
            }
        }
        Err(failed.unwrap_or(Error::NotBorrowed { feature: feature.to_string() }))
    }

    /// Gives a seat up: its lease is gone from here when this returns, and what is returned brings the
    /// seat back at its license host.
    ///
    /// # Errors
    /// When the folder cannot be written. The lease may be gone then, and the receipt is in the list.
    pub fn give_up(&self, kept: &Kept) -> Result<GivenUp, Error> {
        let given_up = GivenUp {
            server: kept.server.clone(),
            feature: kept.terms().pool.feature().clone(),
            grant: kept.terms().grant,
            secret: kept.secret,
        };
        self.folder.write(&kept.name("receipt"), &file::of_given_up(&given_up))?;
        self.folder.remove(&kept.name("lease"))?;
        Ok(given_up)
    }

    /// Forgets the leases whose time is over by this machine's clock; gives how many.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn purge(&self) -> Result<usize, Error> {
        let now = Seen::now().wall;
        let over: Vec<Kept> =
            self.list()?.borrowed.into_iter().filter(|one| one.terms().until <= now).collect();
        for one in &over {
            self.folder.remove(&one.name("lease"))?;
        }
        Ok(over.len())
    }

    /// A seat that was given up is back at its license host.
    pub(crate) fn settled(&self, given_up: &GivenUp) -> Result<(), Error> {
        let suffix = name_suffix(given_up.grant);
        for name in self.folder.names()?.iter().filter(|name| name.ends_with(&suffix)) {
            let text = self.folder.read(name)?;
            if text.and_then(|text| file::given_up(&text)).as_ref() == Some(given_up) {
                self.folder.remove(name)?;
            }
        }
        Ok(())
    }

    /// The license host does not take a seat back: it is borrowed as before.
    pub(crate) fn restore(&self, kept: &Kept) -> Result<(), Error> {
        self.folder.write(&kept.name("lease"), &file::of_kept(kept))?;
        self.folder.remove(&kept.name("receipt"))
    }

    /// Keeps a lease that the license host has just granted. Its clock is the record's from here.
    pub(crate) fn save(&self, kept: &Kept) -> Result<(), Error> {
        let now = Seen::now();
        self.set_clock(&now, now.wall.max(kept.terms().issued))?;
        self.folder.write(&kept.name("lease"), &file::of_kept(kept))?;
        self.purge().map(drop)
    }
}

/// How the names of a grant's receipts end.
fn name_suffix(grant: GrantId) -> String {
    format!("-{:016x}.receipt", grant.0)
}

/// The ids by which this workstation is known: what the application says, and its Ethernet addresses.
pub(crate) fn clients(identity: &Identity) -> Vec<CpuId> {
    identity.cpu_id.iter().cloned().chain(hostid::ethernet()).collect()
}

/// What was asked for, to be held against a lease.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) feature: &'a Feature,
    pub(crate) seats: names::SeatCount,
    pub(crate) grant: GrantId,
    pub(crate) secret: [u8; 32],
    pub(crate) until: Wall,
    pub(crate) user: &'a Word,
    pub(crate) clients: &'a [CpuId],
}

impl Kept {
    /// Takes a lease from the license host, when it is what was asked for and proves itself.
    pub(crate) fn received(
        server: &Server,
        signed: SignedLease,
        line: SignedLine,
        asked: &Asked,
        trust: &TrustPolicy,
    ) -> Result<Self, LeaseError> {
        let lease = Lease::read(&signed.canonical)?;
        let terms = lease.terms();
        let is_it = terms.pool.feature() == asked.feature
            && terms.seats == asked.seats
            && terms.grant == asked.grant
            && terms.until <= asked.until
            && terms.proof == license::proof_hash(&asked.secret);
        if !is_it {
            return Err(LeaseError::NotALease("it is not of what was asked for"));
        }
        if let TrustPolicy::Vendor { keys, .. } = trust {
            let borrower = Borrower { user: asked.user, clients: asked.clients };
            let clock = license::LeaseClock { now: Seen::now().wall, high_water: terms.issued };
            Lease::verify(&signed, &line, keys, &borrower, &clock)?;
        }
        Ok(Self { server: server.clone(), lease, signed, line, secret: asked.secret })
    }

    pub(crate) fn borrowed(&self) -> Borrowed {
        Borrowed::new(self.server.clone(), self.lease.clone(), Seen::now().wall.max(self.terms().issued))
    }
}

impl std::fmt::Debug for Kept {
    /// The secret is not logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Kept({:?} at {})", self.terms(), self.server)
    }
}

impl std::fmt::Debug for GivenUp {
    /// The secret is not logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GivenUp({} of {} at {})", self.grant, self.feature, self.server)
    }
}
