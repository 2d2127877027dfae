//! The second phase: nothing goes wrong any more, and the server must heal.

use names::{Feature, Millis, SeatCount, Version};

use super::client::Manners;
use super::message::{Body, ClientId, How, Want};
use super::site::PoolName;
use super::world::{Step, World};

/// How long the living have to find their way back.
const BACK_WITHIN: u64 = 4_000;

const QUIET: Manners = Manners {
    checkout: 0,
    checkin: 0,
    wait: 0,
    borrow: 0,
    book: 0,
    close: 0,
    die: 0,
    repeat: 0,
    meddle: 0,
    resume: 0,
};

impl World {
    pub(crate) fn heal(&mut self) -> Step {
        self.is_healing = true;
        self.disk.heal();
        self.answers_left = None;
        self.auditor.disturbed(self.time);
        self.set_clock_right();
        // Every other client stops for good; the rest keep what they have.
        for at in 0..self.clients.len() {
            let Some(client) = self.clients.get_mut(at) else { continue };
            if at % 2 == 0 {
                if let Some(session) = client.die(u64::MAX) {
                    self.auditor.gave_up(session);
                }
            } else {
                client.is_quiet = true;
            }
        }
        self.until(self.time + 12_000 + BACK_WITHIN)?;
        if self.server.is_none() {
            return Err("the server does not come up again".into());
        }
        let Millis(reclaim) = self.reclaim();
        self.until(self.time + reclaim + BACK_WITHIN)?;
        self.fill_every_pool()?;
        self.living_keep_their_seats()
    }

    /// Somebody who comes now must get every seat that nobody living can hold.
    fn fill_every_pool(&mut self) -> Step {
        let pools: Vec<(PoolName, u32)> =
            self.auditor.capacities().iter().map(|(pool, capacity)| (pool.clone(), *capacity)).collect();
        for (pool, capacity) in pools {
            // What is reserved is not for somebody whom no rule names.
            let used = self.auditor.possibly_used(&pool, self.time) + self.auditor.reserved(&pool);
            let free = capacity.saturating_sub(used);
            if free == 0 {
                continue;
            }
            let prober = self.prober(&pool)?;
            let Some(mine) = self.clients.get(prober).and_then(|c| c.session.clone()) else {
                return Err("nobody can open a session any more".into());
            };
            // One by one to the last, and then one more that must be refused, or be a seat that one of
            // the living gave back.
            for request in 1..=u64::from(free) {
                let body = Body::Checkout {
                    session: mine.id,
                    token: mine.token,
                    request: names::RequestId(request),
                    want: want(&pool)?,
                };
                self.send(prober, body);
                self.until(self.time + 200)?;
            }
            let got = self.grants_of(prober);
            if got != usize::try_from(free).unwrap_or(usize::MAX) {
                return Err(format!(
                    "{got} of {capacity} seats of {pool} can be taken, and {free} must be free: nobody living can hold \
                     them"
                ));
            }
            self.line_moves(&pool, prober)?;
            self.send(prober, Body::Close { session: mine.id, token: mine.token });
            self.until(self.time + 200)?;
        }
        Ok(())
    }

    /// Two wait while somebody has all seats of a pool that are to be had: the first for two of them. It
    /// gets the first two that are returned, and nobody gets one of them meanwhile.
    fn line_moves(&mut self, pool: &PoolName, holder: ClientId) -> Step {
        if pool.is_locked() || self.auditor.may_come_free(pool, self.time) {
            return Ok(());
        }
        // What nobody was sure of may be free.
        let taker = self.prober(pool)?;
        let is_full = self.ask(pool, taker, 1, false)? == 0;
        self.close(taker)?;
        if !is_full {
            return Ok(());
        }
        let seats = self.grants_of(holder).min(2);
        let (first, second) = (self.prober(pool)?, self.prober(pool)?);
        let is_waited = [self.ask(pool, first, seats, true)?, self.ask(pool, second, 1, true)?];
        if is_waited == [0, 0] {
            for left in (0..seats).rev() {
                self.give_one_back(holder)?;
                let newcomer = self.prober(pool)?;
                let newcomers = self.ask(pool, newcomer, 1, false)?;
                let told = [self.grants_of(first), self.grants_of(second), newcomers];
                if told != [usize::from(left == 0), 0, 0] {
                    return Err(format!(
                        "two wait for seats of {pool}, the first for {seats}, and {} came back: the first, the second \
                         and one who came then have {told:?} grants",
                        seats - left
                    ));
                }
                self.close(newcomer)?;
            }
        }
        self.close(second)?;
        self.close(first)
    }

    fn give_one_back(&mut self, client: ClientId) -> Step {
        let Some(mine) = self.clients.get_mut(client).and_then(|c| c.session.as_mut()) else {
            return Err("whoever lived through the healing lost a session".into());
        };
        let (session, token) = (mine.id, mine.token);
        if let Some((_, (grant, _))) = mine.grants.pop_first() {
            self.send(client, Body::Checkin { session, token, grant });
        }
        self.until(self.time + 100)
    }

    /// Somebody asks for seats of a pool; gives how many grants they have then.
    fn ask(&mut self, pool: &PoolName, client: ClientId, seats: usize, waits: bool) -> Result<usize, String> {
        let Some(mine) = self.clients.get(client).and_then(|c| c.session.clone()) else {
            return Err("nobody can open a session any more".into());
        };
        let seats = SeatCount::new(seats as u64).map_err(|e| e.to_string())?;
        let want = Want { waits, seats, ..want(pool)? };
        let (session, token) = (mine.id, mine.token);
        self.send(client, Body::Checkout { session, token, request: names::RequestId(1), want });
        self.until(self.time + 200)?;
        Ok(self.grants_of(client))
    }

    fn grants_of(&self, client: ClientId) -> usize {
        self.clients.get(client).and_then(|c| c.session.as_ref()).map_or(0, |s| s.grants.len())
    }

    fn close(&mut self, client: ClientId) -> Step {
        if let Some(mine) = self.clients.get(client).and_then(|c| c.session.clone()) {
            self.send(client, Body::Close { session: mine.id, token: mine.token });
        }
        self.until(self.time + 100)
    }

    /// A new client that does nothing by itself, with a session, where the pool's seats may be taken.
    fn prober(&mut self, pool: &PoolName) -> Result<ClientId, String> {
        let cpu = if pool.is_locked() { pool.cpu.as_str() } else { "02ff" };
        let cpu = names::CpuId::new(cpu).map_err(|e| e.to_string())?;
        let lease = (self.swarm.timeout, self.swarm.grace);
        let rng = self.rng.fork();
        let mut client = super::client::Client::new(cpu, QUIET, lease, rng);
        client.is_quiet = true;
        client.is_patient = true;
        self.clients.push(client);
        let at = self.clients.len() - 1;
        // A daemon whose disk was full finds out that it is not any more when it is next asked.
        for _ in 0..3 {
            if self.clients.get(at).is_some_and(|client| client.session.is_none()) {
                self.send(at, Body::Open { timeout: Millis(self.swarm.timeout), replaces: None });
                self.until(self.time + 200)?;
            }
        }
        self.agenda.plan(self.time, super::network::Event::Move(at));
        Ok(at)
    }

    /// Those who lived on show their sessions, which must hold all that they were told.
    fn living_keep_their_seats(&mut self) -> Step {
        for at in 0..self.clients.len() {
            let Some(mine) = self.clients.get(at).and_then(|c| c.session.clone()) else { continue };
            self.send(at, Body::Resume { session: mine.id, token: mine.token });
        }
        self.until(self.time + 500)
    }
}

fn want(pool: &PoolName) -> Result<Want, String> {
    let shown = |e: names::Invalid| e.to_string();
    Ok(Want {
        feature: Feature::new(&pool.feature).map_err(shown)?,
        version: Version::new("20.0").map_err(shown)?,
        config: pool.config.parse().ok(),
        seats: SeatCount::ONE,
        waits: false,
        how: How::Use,
    })
}
