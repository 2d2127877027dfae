//! Seats that are offline: borrowing them, using them, and bringing them back.

use std::time::Duration;

use license::{Lease, LeaseError, LeaseTerms};
use names::{Code, GrantId, Invalid, Wall};
use proto::v1;
use proto::v1::command::Kind;
use proto::v1::reply::Kind as Says;

use crate::boot::Boot;
use crate::leases::{Asked, Pending, Seen, clients};
use crate::{
    CheckoutOptions, Client, Error, GivenUp, Identity, Kept, Leases, SeatState, Server, StatusQuery,
    TrustPolicy, status, trust,
};

/// A seat that is held by its lease, with no session and no network.
#[derive(Debug)]
pub struct Borrowed {
    server: Server,
    lease: Lease,
    /// The time when it was opened, and the same on the clock that nobody sets.
    opened: (Wall, Boot),
}

impl Borrowed {
    pub(crate) fn new(server: Server, lease: Lease, opened: Wall) -> Self {
        Self { server, lease, opened: (opened, Boot::now()) }
    }

    /// The server that it was borrowed at.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What was borrowed.
    #[must_use]
    pub fn terms(&self) -> &LeaseTerms {
        self.lease.terms()
    }

    #[cfg(test)]
    pub(crate) fn set_opened(&mut self, wall: Wall, boot: Boot) {
        self.opened = (wall, boot);
    }

    /// How it stands: [`SeatState::Granted`] to its end, whatever the clock is set to meanwhile.
    #[must_use]
    pub fn state(&self) -> SeatState {
        match self.remaining() {
            Some(_) => SeatState::Granted,
            None => {
                let why = LeaseError::Over(self.terms().until).to_string();
                SeatState::Lost { code: Code::BorrowExpired, why }
            }
        }
    }

    /// How long it may be used yet; nothing when it is over.
    #[must_use]
    pub fn remaining(&self) -> Option<Duration> {
        let (opened, at) = self.opened;
        let passed = i64::try_from(Boot::now().since(at)).unwrap_or(i64::MAX);
        let now = opened.0.saturating_add(passed).max(Seen::now().wall.0);
        let left = u64::try_from(self.terms().until.0.saturating_sub(now)).ok();
        left.filter(|left| *left > 0).map(Duration::from_millis)
    }
}

/// Who borrows, as the client was made.
#[derive(Debug)]
pub(crate) struct Borrowing {
    pub(crate) trust: TrustPolicy,
    pub(crate) identity: Identity,
}

impl Client {
    /// Takes seats offline until a time, and keeps their lease with the others. The options' line and job
    /// are not looked at: a borrowed seat is granted at once or not.
    ///
    /// A question that no answer came to, because this process or the server ended, is cleared up first: its
    /// seats are returned.
    ///
    /// # Errors
    /// When the server refuses, what it shows is no proof, or the lease cannot be kept: the seats are
    /// returned then.
    pub async fn borrow(
        &self,
        leases: &Leases,
        options: &CheckoutOptions,
        until: Wall,
    ) -> Result<Borrowed, Error> {
        let wanted = options.checked()?;
        if until.0 <= Seen::now().wall.0 {
            return Err(Invalid { what: "the end of a borrowed seat", why: "it has passed".into() }.into());
        }
        self.clear_up(leases).await;
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(Error::Random)?;
        let pending = leases.asking(self.server(), &wanted.feature, secret)?;
        let proof_hash = license::proof_hash(&secret).to_vec().into();
        let borrow = Some(v1::Borrow { until_ms: until.0, proof_hash });
        let checkout = v1::Checkout { borrow, queue: false, job: String::new(), ..wanted.on_wire() };
        let granted = match self.call(Kind::Checkout(checkout)).await {
            Ok(Says::Granted(granted)) => granted,
            Ok(_) => return Err(Error::strange("a question for a borrowed seat")),
            Err(denied @ Error::Denied { .. }) => {
                pending.answered()?;
                return Err(denied);
            }
            // Nobody knows whether it was granted; the next one clears it up.
            Err(error) => return Err(error),
        };
        let clients = clients(&self.borrowing().identity);
        let asked = Asked {
            feature: &wanted.feature,
            seats: wanted.seats,
            grant: GrantId(granted.grant),
            secret,
            until,
            user: &self.borrowing().identity.user,
            clients: &clients,
        };
        let kept = self.received(&granted, &asked).and_then(|kept| leases.save(&kept).map(|()| kept));
        match kept {
            Ok(kept) => {
                pending.answered()?;
                Ok(kept.borrowed())
            }
            Err(error) => {
                self.bring_back(granted.grant, secret).await?;
                pending.answered()?;
                Err(error)
            }
        }
    }

    fn received(&self, granted: &v1::Granted, asked: &Asked) -> Result<Kept, Error> {
        let none = || Error::from(LeaseError::NotALease("the server shows none"));
        let lease = granted.lease.as_ref().ok_or_else(none)?;
        let signature = <[u8; 64]>::try_from(lease.signature.as_ref()).map_err(|_| none())?;
        let signed = license::SignedLease { canonical: lease.canonical.clone(), signature };
        let line = granted.line.as_ref().and_then(trust::signed_line).ok_or_else(|| Error::Unproved {
            code: Code::BadSignature,
            subject: format!("the borrowed seat of {}", asked.feature),
            why: "the server shows no license line for it".into(),
        })?;
        Ok(Kept::received(self.server(), signed, line, asked, &self.borrowing().trust)?)
    }

    /// Brings a borrowed seat back before its time. Its lease is gone from here first, so there are never
    /// both; when the server refuses, it is there again.
    ///
    /// # Errors
    /// When the server refuses. When no server answered, the seat is among those that were given up, and
    /// [`Client::return_given_up`] tries again.
    pub async fn return_borrowed(&self, leases: &Leases, kept: &Kept) -> Result<(), Error> {
        let given_up = leases.give_up(kept)?;
        match self.return_given_up(leases, &given_up).await {
            Err(denied @ Error::Denied { .. }) if denied.code() != Code::BorrowUnknown => {
                leases.restore(kept)?;
                Err(denied)
            }
            done => done,
        }
    }

    /// Brings a seat back that was given up here.
    ///
    /// # Errors
    /// When the server refuses, or none answers. A seat that the server does not know any more is settled
    /// all the same.
    pub async fn return_given_up(&self, leases: &Leases, given_up: &GivenUp) -> Result<(), Error> {
        let done = self.bring_back(given_up.grant().0, given_up.secret()).await;
        match &done {
            Ok(()) => leases.settled(given_up)?,
            Err(error) if error.code() == Code::BorrowUnknown => leases.settled(given_up)?,
            Err(_) => {}
        }
        done
    }

    async fn bring_back(&self, grant: u64, secret: [u8; 32]) -> Result<(), Error> {
        let proof = secret.to_vec().into();
        self.call(Kind::ReturnBorrowed(v1::ReturnBorrowed { grant, proof })).await.map(|_| ())
    }

    /// Returns the seats that were granted here without our having heard. What cannot be cleared up now is
    /// the next one's.
    async fn clear_up(&self, leases: &Leases) {
        for pending in leases.unanswered().unwrap_or_default() {
            if pending.server() == self.server() && self.is_cleared_up(&pending).await {
                // When it stays, nothing follows: the next one finds nothing to return.
                let _ = pending.answered();
            }
        }
    }

    /// Tries the secret on every borrowed seat of this user: it returns no other than its own.
    async fn is_cleared_up(&self, pending: &Pending) -> bool {
        let query = StatusQuery { feature: pending.feature().to_string(), ..StatusQuery::default() };
        let Ok((_, reply)) = status(std::slice::from_ref(self.server()), &query).await else { return false };
        let identity = &self.borrowing().identity;
        let is_mine = |holder: &&v1::Holder| {
            holder.keeping() == v1::Keeping::Borrowed
                && holder.user == identity.user.as_str()
                && holder.host == identity.host.as_str()
        };
        for holder in reply.pools.iter().flat_map(|pool| &pool.holders).filter(is_mine) {
            match self.bring_back(holder.grant, pending.secret()).await {
                Ok(()) => return true,
                Err(Error::Denied { .. }) => {}
                Err(_) => return false,
            }
        }
        true
    }
}
