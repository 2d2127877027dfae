//! The world of a run: clients, network, server, and the faults among them.

use std::collections::BTreeMap;

use names::{CpuId, Date, GrantId, Millis, SessionId, Wall};
use service::Settings;
use store::MapFolder;
use xxhash_rust::xxh3::Xxh3;

use super::auditor::{Auditor, Promises};
use super::client::Client;
use super::disk::SimDisk;
use super::faults::Faults;
use super::message::ClientId;
use super::network::{Agenda, DELAY_MAX, Event};
use super::server::{self, Clock, Server};
use super::site::{self, Site, WORKSTATIONS};
use super::swarm::Swarm;
use super::{Bug, Options, Outcome, Violation};
use crate::rng::Rng;

/// The longest that a flush takes.
pub(crate) const FLUSH_MAX: u64 = 1_500;

/// A step that must not have been possible ends the run.
pub(crate) type Step = Result<(), String>;

pub(crate) struct World {
    pub(crate) seed: u64,
    pub(crate) options: Options,
    pub(crate) swarm: Swarm,
    pub(crate) settings: Option<Settings>,
    pub(crate) time: u64,
    pub(crate) rng: Rng,
    pub(crate) agenda: Agenda,
    pub(crate) clients: Vec<Client>,
    pub(crate) server: Option<Server>,
    pub(crate) disk: SimDisk,
    pub(crate) folder: MapFolder,
    /// Earlier bytes of the seat state, which a power cut may bring back.
    pub(crate) seats_before: Option<BTreeMap<Vec<u8>, Vec<u8>>>,
    pub(crate) site: &'static Site,
    pub(crate) clock: Clock,
    /// What a clock that nobody sets said when the run began.
    pub(crate) wall: Wall,
    pub(crate) boots: u64,
    pub(crate) has_served: bool,
    /// When the owner is woken.
    pub(crate) wake_at: Option<u64>,
    /// A crash comes after so many of the next answers.
    pub(crate) answers_left: Option<usize>,
    /// When each client can be reached again.
    pub(crate) unreachable: BTreeMap<ClientId, u64>,
    pub(crate) auditor: Auditor,
    pub(crate) messages: u64,
    /// Grants that were told, for those who meddle.
    pub(crate) known: Vec<(SessionId, GrantId)>,
    pub(crate) is_healing: bool,
    pub(crate) steps: u64,
    pub(crate) faults: Faults,
    pub(crate) trace: Xxh3,
}

impl World {
    pub(crate) fn new(seed: u64, options: Options) -> Self {
        let mut rng = Rng::new(seed);
        let swarm = Swarm::new(&mut rng);
        let site = site::site(swarm.site % site::FIRST_SITES);
        // Runs with licenses that expire begin shortly before they do.
        let midnight = site::last_day().end();
        let early =
            if site.expires() { rng.between(5_000, 30_000) } else { rng.between(3_600_000, 40_000_000) };
        let wall = Wall(midnight.0 - early.cast_signed());
        let clock = Clock { booted: 0, origin: rng.below(1_000_000), wall, stepped: 0 };
        let lies = if options.bug == Some(Bug::DropTailBatch) { 20 } else { 0 };
        let disk = SimDisk::new(rng.fork(), swarm.short_writes, lies);
        let promises =
            Promises { grace: swarm.grace, hold: swarm.hold, delay: DELAY_MAX, slack: 3 * FLUSH_MAX };
        let clients = (0..swarm.clients).filter_map(|n| {
            let cpu = WORKSTATIONS.get(usize::try_from(n).unwrap_or(0) % WORKSTATIONS.len())?;
            let lease = (swarm.timeout, swarm.grace);
            Some(Client::new(CpuId::new(cpu).ok()?, swarm.manners, lease, rng.fork()))
        });
        let clients = clients.collect();
        let settings =
            server::settings(options.bug, Millis(swarm.timeout), Millis(swarm.grace), Millis(swarm.hold));
        Self {
            seed,
            options,
            swarm,
            settings,
            time: 0,
            rng,
            agenda: Agenda::default(),
            clients,
            server: None,
            disk,
            folder: MapFolder::default(),
            seats_before: None,
            site,
            clock,
            wall,
            boots: 0,
            has_served: false,
            wake_at: None,
            answers_left: None,
            unreachable: BTreeMap::new(),
            auditor: Auditor::new(promises, site.table(Date::of(wall)), wall),
            messages: 0,
            known: Vec::new(),
            is_healing: false,
            steps: 0,
            faults: Faults::default(),
            trace: Xxh3::new(),
        }
    }

    pub(crate) fn run(mut self) -> Outcome {
        let ended = self.live();
        self.disk.digest(&mut self.trace);
        let mut faults = self.faults;
        faults.add(&self.disk.faults());
        let violation = ended.err().map(|what| Violation {
            seed: self.seed,
            bug: self.options.bug,
            engine: self.options.engine,
            at_ms: self.time,
            what,
        });
        Outcome { steps: self.steps, faults, digest: self.trace.digest128(), violation }
    }

    fn live(&mut self) -> Step {
        self.plan_all();
        self.init()?;
        self.until(self.swarm.trouble_ms)?;
        self.heal()
    }

    fn plan_all(&mut self) {
        for client in 0..self.clients.len() {
            let at = self.rng.below(2_000);
            self.agenda.plan(at, Event::Move(client));
        }
        let Swarm { crash_every, partition_every, full_every, error_every, step_every, reread_every, .. } =
            self.swarm;
        self.plan_after(crash_every, Event::Crash);
        self.plan_after(partition_every, Event::Partition);
        self.plan_after(full_every, Event::DiskFull);
        // A flush that fails forgets what it should have written, which can still be read, and the next
        // one does not tell: as Linux does it.
        self.plan_after(error_every, Event::DiskError);
        // A clock that is set and licenses that end by the clock are a matter of their own.
        self.plan_after(if self.site.expires() { 0 } else { step_every }, Event::StepClock);
        self.plan_after(if self.site.expires() { 0 } else { reread_every }, Event::Reread);
        if self.site.expires() {
            let midnight = site::last_day().end().0 - self.clock.wall.0;
            self.agenda.plan(midnight.unsigned_abs(), Event::Midnight);
        }
    }

    /// Plans something that happens every so often.
    pub(crate) fn plan_after(&mut self, every: u64, event: Event) {
        if every > 0 {
            let at = self.time + self.rng.between(every / 4, every * 2);
            self.agenda.plan(at, event);
        }
    }

    /// Lets everything happen up to a time.
    pub(crate) fn until(&mut self, end: u64) -> Step {
        while self.agenda.next_time().is_some_and(|next| next <= end) {
            let Some((time, event)) = self.agenda.next() else { break };
            self.time = time;
            self.steps += 1;
            self.note(&[1, time]);
            self.happen(event)?;
        }
        self.time = self.time.max(end);
        Ok(())
    }

    fn happen(&mut self, event: Event) -> Step {
        match event {
            Event::Move(client) => self.move_client(client),
            Event::Deliver(message) => self.deliver(message),
            Event::Answer(out) => self.answer(out),
            Event::Wake if self.wake_at == Some(self.time) => {
                self.wake_at = None;
                self.round()
            }
            Event::Wake => Ok(()),
            Event::Flushed { boot } if boot == self.boots => self.flushed(),
            Event::Flushed { .. } => Ok(()),
            Event::Restart => self.start(),
            Event::Crash
            | Event::Partition
            | Event::DiskFull
            | Event::DiskError
            | Event::StepClock
            | Event::Reread
                if self.is_healing =>
            {
                Ok(())
            }
            Event::Crash => self.plan_crash(),
            Event::Partition => self.partition(),
            Event::DiskFull => self.fill_disk(),
            Event::DiskError => {
                self.plan_after(self.swarm.error_every, Event::DiskError);
                self.disk.fail_after(self.rng.below(6));
                Ok(())
            }
            Event::DiskFree => {
                self.disk.set_full(false);
                self.auditor.disturbed(self.time);
                Ok(())
            }
            Event::StepClock => self.step_clock(),
            Event::Reread => self.reread(),
            Event::Midnight => {
                let table = self.site.table(Date::of(site::last_day().end()));
                self.auditor.relicensed(self.time, self.time + 2 * FLUSH_MAX, table);
                Ok(())
            }
        }
    }

    /// Notes something for the digest.
    pub(crate) fn note(&mut self, numbers: &[u64]) {
        for number in numbers {
            self.trace.update(&number.to_le_bytes());
        }
    }
}
