//! What the owner is asked to do.

use std::sync::Arc;

use names::{
    Code, ConfigId, Feature, GrantId, Millis, PoolId, RequestId, SeatCount, SessionId, Vendor, Version,
};

use crate::row::{Identity, PoolRow};

/// A command. Everything it needs is in it: ids, hashes and capacities are made outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// The daemon begins to serve.
    Start,
    /// The daemon stops as asked.
    Stop,
    /// These are the pools from now on. Pools that are not among them are dropped, or kept
    /// unlicensed while someone holds a seat of them. No seat is taken away.
    SetPools(Vec<PoolRow>),
    /// Open a session.
    Open(Box<Open>),
    /// Come back to a session, whatever its connection was.
    Resume {
        /// Which.
        session: SessionId,
        /// SHA-256 of the token shown.
        token_hash: [u8; 32],
    },
    /// Check seats out.
    Checkout(Box<Checkout>),
    /// The same, where a policy keeps the asker from some of the pools.
    CheckoutBarred(Box<Checkout>, Vec<Bar>),
    /// Check a grant in.
    Checkin(Checkin),
    /// End a session and return all it holds.
    Close(SessionId),
    /// A session's time-out has passed: hold what it has.
    TimeOut(SessionId),
    /// A session's hold has passed: return what it has and end it.
    Release(SessionId),
}

/// Open a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// A name never used before.
    pub session: SessionId,
    /// SHA-256 of its token.
    pub token_hash: [u8; 32],
    /// Who.
    pub identity: Identity,
    /// How long it lives without a heartbeat.
    pub timeout: Millis,
    /// How long its seats are held after its time-out, at least.
    pub hold: Millis,
    /// Sessions of processes that are gone, with the hash of the token shown for each: they end, and
    /// their seats are free, in this same step.
    pub replaces: Vec<(SessionId, [u8; 32])>,
}

/// Check seats out, all or nothing, from one pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// For which session.
    pub session: SessionId,
    /// The client's number; asking again with the same one gives the same grant.
    pub request: RequestId,
    /// Which feature.
    pub feature: Feature,
    /// The version that is needed: a pool of this or a higher one will do.
    pub version: Version,
    /// How many.
    pub seats: SeatCount,
    /// Only of this vendor.
    pub vendor: Option<Vendor>,
    /// Only of this configuration; otherwise the pools are searched in their order.
    pub config: Option<ConfigId>,
}

/// A pool that the asker may not use, whatever is free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// Which.
    pub pool: PoolId,
    /// What the asker is told.
    pub code: Code,
    /// The same in words: who, and by which rule.
    pub why: Arc<str>,
}

/// Check a grant in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkin {
    /// Whose session.
    pub session: SessionId,
    /// Which grant.
    pub grant: GrantId,
}
