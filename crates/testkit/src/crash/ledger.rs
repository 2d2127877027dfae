//! What one workstation was told: what it holds, what it waits for, and what it cannot know.

use std::collections::{BTreeMap, BTreeSet};

use proto::v1;
use proto::v1::command::Kind;

use super::fault::Fault;
use super::pack::{Pool, VERSION};

/// A request, as far as it matters for what must be there afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Seats of a pool, kept in this way.
    Seats { pool: Pool, seats: u32, keeping: Keeping },
    /// Give this grant back, however it is kept.
    GiveBack(u64),
    /// Leave the line.
    Withdraw(u64),
    /// End the session.
    Goodbye,
}

/// How a grant is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// By its session. `queue`: it waits in line where there is no room.
    Floating { queue: bool },
    /// Offline: the secret that returns it, and until when.
    Borrowed { secret: [u8; 32], until_ms: i64 },
    /// For a job.
    Booked { job: String },
}

/// Seats that this workstation was told it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) session: u64,
    pub(crate) request: u64,
    pub(crate) pool: Pool,
    pub(crate) seats: u32,
    pub(crate) keeping: Keeping,
    /// It was asked to be taken back; whether it was is not known yet.
    pub(crate) is_leaving: bool,
}

/// How long a booking lasts: longer than a run.
const BOOKED_MS: u64 = 12 * 3_600_000;

/// The account of one workstation.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) user: String,
    pub(crate) host: String,
    /// The session and its secret, since it was welcomed.
    pub(crate) session: Option<v1::SessionToken>,
    /// Something durable was acknowledged in the session, so it must be there after every crash.
    pub(crate) is_rooted: bool,
    last_request: u64,
    pub(crate) grants: BTreeMap<u64, Grant>,
    pub(crate) waiting: BTreeMap<u64, Ask>,
    /// Places that were given up. A grant may have come before, and be heard of later.
    pub(crate) left: BTreeMap<u64, Ask>,
    /// Sent, and not answered.
    pub(crate) doubt: BTreeMap<u64, Ask>,
    /// Grants whose end was acknowledged.
    pub(crate) ended: BTreeSet<u64>,
    /// How many answers were acknowledgements: grants, places and returns.
    pub(crate) acknowledged: u64,
}

impl Ledger {
    pub(crate) fn new(user: &str, host: &str) -> Self {
        Self { user: user.into(), host: host.into(), ..Self::default() }
    }

    pub(crate) fn session_id(&self) -> u64 {
        self.session.as_ref().map_or(0, |token| token.session)
    }

    /// A number that no request of this workstation has had.
    pub(crate) fn next_request(&mut self) -> u64 {
        self.last_request += 1;
        self.last_request
    }

    /// Writes down that something is asked for, and gives the command.
    pub(crate) fn ask(&mut self, ask: Ask) -> v1::Command {
        let request = self.next_request();
        if let Ask::GiveBack(grant) = &ask
            && let Some(grant) = self.grants.get_mut(grant)
        {
            grant.is_leaving = true;
        }
        let command = self.command(request, &ask);
        self.doubt.insert(request, ask);
        command
    }

    /// All that is in doubt, to be asked once more with the same numbers.
    pub(crate) fn ask_again(&self) -> Vec<v1::Command> {
        self.doubt.iter().map(|(request, ask)| self.command(*request, ask)).collect()
    }

    fn command(&self, request: u64, ask: &Ask) -> v1::Command {
        let kind = match ask {
            Ask::Seats { pool, seats, keeping } => seats_wanted(*pool, *seats, keeping),
            Ask::GiveBack(grant) => self.giving_back(*grant),
            Ask::Withdraw(waiting_request) => {
                Kind::Withdraw(v1::Withdraw { waiting_request: *waiting_request })
            }
            Ask::Goodbye => Kind::Goodbye(v1::Goodbye {}),
        };
        v1::Command { request_id: request, session: self.session_id(), kind: Some(kind) }
    }

    fn giving_back(&self, grant: u64) -> Kind {
        match self.grants.get(&grant).map(|held| &held.keeping) {
            Some(Keeping::Borrowed { secret, .. }) => {
                Kind::ReturnBorrowed(v1::ReturnBorrowed { grant, proof: secret.to_vec().into() })
            }
            Some(Keeping::Booked { .. }) => Kind::Unbook(v1::Unbook { grant }),
            _ => Kind::Checkin(v1::Checkin { grant }),
        }
    }

    /// What it surely has: neither the return of it is in doubt, nor the end of its session.
    pub(crate) fn has(&self) -> impl Iterator<Item = (u64, &Grant)> {
        let ends = self.doubt.values().any(|ask| *ask == Ask::Goodbye);
        let may_go = move |grant: &Grant| {
            grant.is_leaving || ends && matches!(grant.keeping, Keeping::Floating { .. })
        };
        self.grants.iter().filter(move |(_, grant)| !may_go(grant)).map(|(id, grant)| (*id, grant))
    }

    /// The session is open.
    pub(crate) fn opened(&mut self, welcome: &v1::Welcome) {
        self.session = Some(v1::SessionToken { session: welcome.session, token: welcome.token.clone() });
        self.is_rooted = false;
    }

    /// The daemon knows the session no more. That is right where nothing durable was acknowledged in
    /// it, or its end was asked for: then what it held is gone, and what it borrowed and booked stays.
    ///
    /// # Errors
    /// When the session must be there.
    pub(crate) fn session_gone(&mut self) -> Result<(), Fault> {
        let is_leaving = self.doubt.values().any(|ask| *ask == Ask::Goodbye);
        if self.is_rooted && !is_leaving {
            let held = self.grants.len();
            let what = format!("{}: its session is gone, with {held} grants", self.who());
            return Err(Fault::lost(what));
        }
        self.closed();
        Ok(())
    }

    /// The session has ended, and what it had under way with it.
    pub(crate) fn closed(&mut self) {
        let session = self.session_id();
        let ended =
            |grant: &Grant| grant.session == session && matches!(grant.keeping, Keeping::Floating { .. });
        self.ended.extend(self.grants.extract_if(.., |_, grant| ended(grant)).map(|(id, _)| id));
        // Whether a kept seat came back is asked for again in the next session.
        self.doubt.retain(|_, ask| matches!(ask, Ask::GiveBack(id) if self.grants.contains_key(id)));
        self.session = None;
        self.is_rooted = false;
        self.waiting.clear();
        self.left.clear();
    }

    /// Seats are granted, in an answer, a notice, or a welcome.
    ///
    /// # Errors
    /// When nobody asked for them, or the request was given others.
    pub(crate) fn granted(&mut self, request: u64, granted: &v1::Granted) -> Result<(), Fault> {
        let who = self.who();
        let id = granted.grant;
        let is_kept = granted.until_ms != 0;
        if self.ended.contains(&id) {
            return Err(Fault::over(format!("{who}: grant {id} is there, and its return was acknowledged")));
        }
        if let Some(other) = self.of_request(request).filter(|other| *other != id) {
            return Err(Fault::over(format!("{who}: request {request} has the grants {other} and {id}")));
        }
        let asked = [&self.doubt, &self.waiting, &self.left].into_iter().find_map(|of| of.get(&request));
        let asked = asked.cloned();
        let (pool, seats, keeping) = match (self.grants.get(&id), asked) {
            (Some(had), _) if had.request == request => (had.pool, had.seats, had.keeping.clone()),
            (None, Some(Ask::Seats { pool, seats, keeping })) => (pool, seats, keeping),
            (had, asked) => {
                let what = format!("{who}: grant {id} of request {request}: had {had:?}, asked {asked:?}");
                return Err(Fault::over(what));
            }
        };
        let feature = granted.pool.as_ref().map_or("", |name| name.feature.as_str());
        if feature != pool.feature()
            || granted.seats != seats
            || is_kept == matches!(keeping, Keeping::Floating { .. })
        {
            let what = format!("{who}: grant {id}: {granted:?} instead of {seats} of {pool:?}, {keeping:?}");
            return Err(Fault::over(what));
        }
        let session = self.session_id();
        let grant = Grant { session, request, pool, seats, keeping, is_leaving: false };
        self.grants.entry(id).or_insert(grant);
        self.waiting.remove(&request);
        self.left.remove(&request);
        self.is_rooted = true;
        Ok(())
    }

    fn of_request(&self, request: u64) -> Option<u64> {
        self.grants.iter().find(|(_, grant)| grant.request == request).map(|(id, _)| *id)
    }

    /// The session is there again, and this is what the daemon says it has: everything that was
    /// acknowledged, nothing that was given back, and beside it only what is in doubt.
    ///
    /// # Errors
    /// When something is lost, or there is more.
    pub(crate) fn resumed(&mut self, welcome: &v1::Welcome) -> Result<(), Fault> {
        let who = self.who();
        for held in &welcome.held {
            self.granted(held.request_id, held)?;
        }
        let is_held = |id: u64| welcome.held.iter().any(|held| held.grant == id);
        let session = self.session_id();
        let own = self.grants.iter().filter(|(_, grant)| grant.session == session);
        if let Some((id, grant)) = own.clone().find(|(id, grant)| !grant.is_leaving && !is_held(**id)) {
            return Err(Fault::lost(format!("{who}: grant {id} was acknowledged and is gone: {grant:?}")));
        }
        let leaves = |request: u64| self.doubt.values().any(|ask| *ask == Ask::Withdraw(request));
        let waits = |request: &u64| welcome.waiting.contains(request);
        if let Some(lost) = self.waiting.keys().find(|request| !waits(request) && !leaves(**request)) {
            return Err(Fault::lost(format!("{who}: the place in line of request {lost} is gone")));
        }
        let is_known = |request: &u64| self.waiting.contains_key(request) || self.doubt.contains_key(request);
        if let Some(other) = welcome.waiting.iter().find(|request| !is_known(request)) {
            return Err(Fault::over(format!("{who}: request {other} waits in line, and does not")));
        }
        self.left.clear();
        Ok(())
    }

    /// An answer to a request that was in doubt.
    ///
    /// # Errors
    /// When it is none that can be.
    pub(crate) fn answered(&mut self, request: u64, kind: &v1::reply::Kind) -> Result<(), Fault> {
        use v1::reply::Kind;
        let Some(ask) = self.doubt.get(&request).cloned() else {
            return Err(Fault::odd(format!("{}: an answer to nothing: {kind:?}", self.who())));
        };
        let mut is_acknowledged = true;
        match (&ask, kind) {
            (Ask::Seats { .. }, Kind::Granted(granted)) => self.granted(request, granted)?,
            (Ask::Seats { .. }, Kind::Queued(_)) => {
                self.is_rooted = true;
                // News pass answers on the way: it may be granted already.
                if self.of_request(request).is_none() {
                    self.waiting.insert(request, ask);
                }
            }
            (Ask::Seats { .. }, Kind::Denied(denied)) if may_be(denied) => is_acknowledged = false,
            (Ask::GiveBack(grant), Kind::Returned(returned)) if returned.grant == *grant => {
                self.grants.remove(grant);
                self.ended.insert(*grant);
            }
            (Ask::Withdraw(waiting), Kind::Withdrawn(_)) => {
                self.left.extend(self.waiting.remove_entry(waiting));
            }
            (Ask::Goodbye, Kind::Closed(_)) => self.closed(),
            _ => return Err(Fault::odd(format!("{}: {ask:?} is answered {kind:?}", self.who()))),
        }
        self.doubt.remove(&request);
        self.acknowledged += u64::from(is_acknowledged);
        Ok(())
    }

    pub(crate) fn who(&self) -> String {
        format!("{}@{}", self.user, self.host)
    }
}

/// Whether a denial is one that this load may get: there is no room (-4, -24, -67), or the request is
/// asked once more and a later one has ended (-42).
fn may_be(denied: &v1::Denied) -> bool {
    [-4, -24, -42, -67].contains(&denied.code) && !denied.session_lost
}

fn seats_wanted(pool: Pool, seats: u32, keeping: &Keeping) -> Kind {
    let plain =
        v1::Checkout { feature: pool.feature().into(), version: VERSION.into(), seats, ..Default::default() };
    match keeping {
        Keeping::Floating { queue } => Kind::Checkout(v1::Checkout { queue: *queue, ..plain }),
        Keeping::Borrowed { secret, until_ms } => {
            let proof_hash = license::proof_hash(secret).to_vec().into();
            let borrow = Some(v1::Borrow { until_ms: *until_ms, proof_hash });
            Kind::Checkout(v1::Checkout { borrow, ..plain })
        }
        Keeping::Booked { job } => {
            Kind::Book(v1::Book { checkout: Some(plain), job: job.clone(), ttl_ms: BOOKED_MS })
        }
    }
}
