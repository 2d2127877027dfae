//! What a client asks for.

use names::{Feature, Millis, RequestId, SeatCount, SessionId, Version, Wall};

use super::{Client, Mine, Surroundings};
use crate::sim::message::{Body, How, Token, Want};
use crate::sim::site::Offer;

impl Client {
    pub(super) fn checkout(&mut self, around: &Surroundings) -> Option<Body> {
        let offer = *self.rng.pick(around.offers)?;
        let how = self.how(offer, around.wall);
        let seats = if self.rng.chance(700) { 1 } else { self.rng.between(1, 3) };
        let mut want = Want {
            feature: Feature::new(offer.feature).ok()?,
            version: Version::new("20.0").ok()?,
            config: self.rng.chance(400).then_some(offer.config),
            seats: SeatCount::new(seats).ok()?,
            waits: self.rng.chance(self.manners.wait),
            how,
        };
        match how {
            How::Use => {}
            // A job asks for some of what was booked for it.
            How::For(_) => {
                let booked = self.session.as_ref()?.booked.values().next()?.1.clone();
                let seats = SeatCount::new(u64::from(want.seats.get().min(booked.seats.get()))).ok()?;
                want = Want { how, seats, waits: want.waits, ..booked };
            }
            // Only these pools lend.
            How::Borrow(..) => (want.config, want.waits) = (Some(offer.config), false),
            How::Book(..) => want.waits = false,
        }
        let mine = self.session.as_mut()?;
        mine.next_request += 1;
        let request = RequestId(mine.next_request);
        Some(Body::Checkout { session: mine.id, token: mine.token, request, want })
    }

    fn how(&mut self, offer: Offer, wall: Wall) -> How {
        let booked = self.session.as_ref().and_then(|mine| mine.booked.values().next());
        if let Some((_, Want { how: How::Book(job, _), .. })) = booked.cloned()
            && self.rng.chance(500)
        {
            return How::For(job);
        }
        if offer.lends && self.rng.chance(self.manners.borrow) {
            let until = wall.0 + self.rng.between(2_000, 40_000).cast_signed();
            return How::Borrow(Wall(until), Token(self.rng.next()));
        }
        if self.rng.chance(self.manners.book) {
            return How::Book(self.rng.next(), Millis(self.rng.between(2_000, 30_000)));
        }
        How::Use
    }

    /// Shows what proves the return of a seat that it took offline.
    pub(super) fn bring_back(&mut self) -> Option<Body> {
        if !self.rng.chance(500) {
            return None;
        }
        let (grant, proof) = self.loans.pop()?;
        // Its receipt is lost with the laptop.
        Some(if self.rng.chance(300) { Body::Lost { grant } } else { Body::Return { grant, proof } })
    }

    pub(super) fn checkin(&mut self, session: SessionId, token: Token) -> Option<Body> {
        let mine = self.session.as_mut()?;
        let held: Vec<_> = mine.grants.keys().chain(mine.booked.keys()).copied().collect();
        let request = *self.rng.pick(&held)?;
        if let Some((grant, _)) = mine.booked.remove(&request) {
            let unbooks = self.rng.chance(500);
            return Some(if unbooks {
                Body::Unbook { session, token, grant }
            } else {
                Body::Checkin { session, token, grant }
            });
        }
        let (grant, _) = mine.grants.remove(&request)?;
        Some(Body::Checkin { session, token, grant })
    }

    /// Leaves the line: now and then, and at once when it is to be quiet.
    pub(super) fn withdraw(&mut self, mine: &Mine) -> Option<Body> {
        let waits: Vec<_> = mine.waits.keys().copied().collect();
        if waits.is_empty() || self.is_patient || !(self.is_quiet || self.rng.chance(40)) {
            return None;
        }
        let request = *self.rng.pick(&waits)?;
        if self.is_waiting(|body| matches!(body, Body::Withdraw { request: other, .. } if *other == request))
        {
            return None;
        }
        Some(Body::Withdraw { session: mine.id, token: mine.token, request })
    }

    /// Tries to change what is another's: with its own session and another's grant, or with another's
    /// session and its own token.
    pub(super) fn meddle(&mut self, mine: &Mine, around: &Surroundings) -> Option<Body> {
        let (other, grant) = *self.rng.pick(around.others)?;
        if other == mine.id {
            return None;
        }
        let (session, token) = (mine.id, mine.token);
        Some(match self.rng.below(6) {
            5 => Body::Unbook { session, token, grant },
            0 => Body::Checkin { session, token, grant },
            1 => Body::Checkin { session: other, token, grant },
            2 => Body::Resume { session: other, token },
            3 => Body::Return { grant, proof: token },
            _ => Body::Close { session: other, token },
        })
    }
}
