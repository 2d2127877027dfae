//! Crashes, starts, and everything else that is done to the server.

use names::{CpuId, Date, Millis};
use store::{InitKind, InitOptions, JournalError, StoreId, init_on};

use super::disk::CrashKind;
use super::network::Event;
use super::server::{Clock, NoStart, Reread, Server};
use super::site;
use super::world::{Step, World};

impl World {
    /// Makes the state folder, once in a while in more than one go.
    pub(crate) fn init(&mut self) -> Step {
        let options = self.init_options()?;
        if self.rng.chance(self.swarm.crash_in_start) {
            self.disk.light_fuse(self.rng.below(20));
            let _ = init_on(&self.disk, &options);
            if self.disk.is_down() {
                self.faults.count("crashes in init");
            }
            let kind = self.crash_kind();
            self.disk.crash(kind);
        }
        match init_on(&self.disk, &options) {
            // The first go may have come through to its end.
            Ok(_) | Err(store::InitError::Made { .. }) => self.start(),
            Err(error) => Err(format!("init refused: {error}")),
        }
    }

    fn init_options(&self) -> Result<InitOptions, String> {
        Ok(InitOptions {
            store: StoreId(super::server::STORE),
            created: self.clock.wall,
            host: CpuId::new("02aa10203040").map_err(|e| e.to_string())?,
            kind: InitKind::New,
            journal: super::server::store_options().journal,
        })
    }

    fn crash_kind(&mut self) -> CrashKind {
        if self.rng.chance(self.swarm.power_cut) { CrashKind::PowerCut } else { CrashKind::Kill }
    }

    /// Plans a crash: now, at one of the next changes of a file, or between two answers.
    pub(crate) fn plan_crash(&mut self) -> Step {
        self.plan_after(self.swarm.crash_every, Event::Crash);
        if self.server.is_none() {
            return Ok(());
        }
        match self.rng.below(7) {
            0 => self.crash_now(),
            1 => {
                self.answers_left = Some(usize::try_from(self.rng.below(3)).unwrap_or(0));
                Ok(())
            }
            2 => self.stop(),
            _ => {
                self.disk.light_fuse(self.rng.below(6));
                Ok(())
            }
        }
    }

    /// The daemon is told to stop, and starts again.
    fn stop(&mut self) -> Step {
        let Some(server) = &mut self.server else { return Ok(()) };
        self.faults.count("stops");
        // What it would still answer is lost with the connections.
        match server.stop(self.time) {
            Ok(_) => self.crash_with(CrashKind::Kill),
            Err(error) => self.server_failed(&error),
        }
    }

    /// The journal failed: the daemon ends, as it must.
    pub(crate) fn server_failed(&mut self, error: &JournalError) -> Step {
        if let JournalError::OutOfOrder { .. } | JournalError::Stopped = error {
            return Err(format!("the journal refused a batch: {error}"));
        }
        self.crash_now()
    }

    pub(crate) fn crash_now(&mut self) -> Step {
        let kind = self.crash_kind();
        self.faults.count(match kind {
            CrashKind::Kill => "kills",
            CrashKind::PowerCut => "power cuts",
        });
        self.crash_with(kind)
    }

    fn crash_with(&mut self, kind: CrashKind) -> Step {
        if self.server.take().is_some() {
            self.auditor.went_down(self.time);
        }
        self.answers_left = None;
        self.disk.crash(kind);
        self.disk.digest(&mut self.trace);
        if kind == CrashKind::PowerCut {
            self.damage_seats();
        }
        let down = match self.rng.below(3) {
            0 => self.rng.between(1, 50),
            1 => self.rng.between(50, 1_500),
            _ => self.rng.between(500, 12_000),
        };
        self.note(&[4, down]);
        self.agenda.plan(self.time + down, Event::Restart);
        Ok(())
    }

    /// What a power cut was seen to do to sled: an earlier state, a changed byte, nothing left.
    fn damage_seats(&mut self) {
        if !self.rng.chance(self.swarm.seats_damaged) {
            return;
        }
        let Some(seats) = &self.folder.store else { return };
        self.faults.count("seat states damaged");
        match self.rng.below(3) {
            0 => {
                if let Some(before) = self.seats_before.clone() {
                    seats.set_bytes(before);
                }
            }
            1 => {
                let mut bytes = seats.bytes();
                let at = usize::try_from(self.rng.below(bytes.len().max(1) as u64)).unwrap_or(0);
                if let Some(value) = bytes.values_mut().nth(at) {
                    let byte = usize::try_from(self.rng.below(value.len().max(1) as u64)).unwrap_or(0);
                    if let Some(byte) = value.get_mut(byte) {
                        *byte ^= 1 << self.rng.below(8);
                    }
                }
                seats.set_bytes(bytes);
            }
            _ => self.folder.store = None,
        }
    }

    /// Starts the server on what is there.
    pub(crate) fn start(&mut self) -> Step {
        let Some(settings) = self.settings else { return Err("the settings contradict each other".into()) };
        self.boots += 1;
        self.clock = Clock { booted: self.time, origin: self.rng.below(1_000_000), ..self.clock };
        if !self.is_healing && self.rng.chance(self.swarm.crash_in_start) {
            self.disk.light_fuse(self.rng.below(12));
        }
        // What a later power cut may take the seat state back to.
        if self.rng.chance(500) {
            self.seats_before = self.folder.store.as_ref().map(store::MapStore::bytes);
        }
        let with = (settings, &self.options);
        let clock = (self.clock, self.time);
        let rng = self.rng.fork();
        match Server::start(&self.disk, &mut self.folder, self.site, with, clock, rng) {
            Ok(_) if self.disk.is_down() => {
                self.faults.count("crashes at start");
                self.crash_with_kind_drawn()
            }
            Ok(server) => {
                let due = server.next_due(self.time);
                self.server = Some(server);
                self.has_served = true;
                self.auditor.disturbed(self.time);
                self.wake_at = None;
                self.plan_wake(due);
                Ok(())
            }
            Err(NoStart::Again) => {
                self.faults.count("crashes at start");
                self.crash_with_kind_drawn()
            }
            // A state that was never served from and whose making was cut short is made again.
            Err(NoStart::Refused(_)) if !self.has_served => {
                let options = self.init_options()?;
                match init_on(&self.disk, &options) {
                    Ok(_) => self.crash_with(CrashKind::Kill),
                    Err(error) => Err(format!("init refused: {error}")),
                }
            }
            Err(NoStart::Refused(why)) => Err(format!("the start was refused: {why}")),
        }
    }

    fn crash_with_kind_drawn(&mut self) -> Step {
        let kind = self.crash_kind();
        self.crash_with(kind)
    }

    pub(crate) fn partition(&mut self) -> Step {
        self.plan_after(self.swarm.partition_every, Event::Partition);
        let client = usize::try_from(self.rng.below(self.clients.len() as u64)).unwrap_or(0);
        let until = self.time + self.rng.between(500, 3 * self.swarm.timeout);
        self.unreachable.insert(client, until);
        self.disconnect(client);
        self.faults.count("cut off");
        Ok(())
    }

    pub(crate) fn fill_disk(&mut self) -> Step {
        self.plan_after(self.swarm.full_every, Event::DiskFull);
        self.disk.set_full(true);
        self.faults.count("full disks");
        let until = self.time + self.rng.between(200, 8_000);
        self.auditor.disturbed(until);
        self.agenda.plan(until, Event::DiskFree);
        Ok(())
    }

    /// Somebody sets the wall clock: by a second or so, by hours, or by years.
    pub(crate) fn step_clock(&mut self) -> Step {
        self.plan_after(self.swarm.step_every, Event::StepClock);
        let most = *self.rng.pick(&[1_500, 60_000, 20_000_000, 300_000_000_000]).unwrap_or(&1_500);
        let by = self.rng.between(0, 2 * most).cast_signed() - most.cast_signed();
        self.set_clock(by);
        // And says, now and then, that it is right so.
        let Some(server) = self.server.as_mut().filter(|_| self.rng.chance(300)) else { return Ok(()) };
        server.reset_clock();
        self.auditor.clock_reset();
        self.faults.count("said to be right");
        self.round()
    }

    fn set_clock(&mut self, by: i64) {
        self.clock.stepped += by;
        self.auditor.clock_set(self.time, by);
        if let Some(server) = &mut self.server {
            server.step_clock(by);
        }
        self.faults.count(if by < 0 { "set back" } else { "set forward" });
    }

    /// Sets a clock right that is behind what it has shown.
    pub(crate) fn set_clock_right(&mut self) {
        let behind = self.auditor.clock_behind(self.time);
        if behind > 0 {
            self.set_clock(behind);
        }
    }

    /// Other licenses and rules are installed: files first, then the running daemon is told. Now and
    /// then there is an error in them; then nothing changes, and what was there is put back.
    pub(crate) fn reread(&mut self) -> Step {
        self.plan_after(self.swarm.reread_every, Event::Reread);
        let other = site::site(self.rng.below(site::SITES_ALL));
        let Some(server) = self.server.as_mut().filter(|_| !other.expires()) else { return Ok(()) };
        if self.rng.chance(300) {
            self.faults.count("rereads of bad files");
            server.reread(Reread::Files(other.files.spoiled(&mut self.rng)));
        } else {
            self.faults.count("rereads");
            server.reread(Reread::Site(other));
            self.site = other;
            // From now on, and at the latest when the owner's next round has begun.
            let table = other.table(Date::of(self.clock.at(self.time).wall));
            self.auditor.relicensed(self.time, self.time + 2 * super::world::FLUSH_MAX, table);
        }
        self.round()
    }

    /// How long dead sessions may keep their seats.
    pub(crate) fn reclaim(&self) -> Millis {
        Millis(self.swarm.timeout + self.swarm.hold)
    }
}
