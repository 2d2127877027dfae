//! What the clock has shown: the latest time, and on which boot.

use std::time::{SystemTime, UNIX_EPOCH};

use license::LeaseClock;
use names::Wall;

use super::Leases;
use crate::Error;
use crate::boot::Boot;

const FILE: &str = "clock";
const FORMAT: &str = "seatkeeper-clock 1";

/// Both clocks of the machine, read at the same moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) wall: Wall,
    /// Since the machine started: no user sets it.
    pub(super) since_boot: Boot,
    /// Which start that was.
    pub(super) boot: String,
}

impl Seen {
    pub(crate) fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        Self {
            wall: Wall(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
            since_boot: Boot::now(),
            boot: boot.trim().to_owned(),
        }
    }

    /// The latest time that must have passed by `now`, when this was seen before.
    pub(super) fn high_water(&self, now: &Self) -> Wall {
        let is_same_boot = !self.boot.is_empty() && self.boot == now.boot;
        let passed = if is_same_boot { now.since_boot.since(self.since_boot) } else { 0 };
        Wall(self.wall.0.saturating_add(i64::try_from(passed).unwrap_or(i64::MAX)))
    }

    fn to_text(&self) -> String {
        let Self { wall, since_boot, boot } = self;
        format!("{FORMAT}\nwall {}\nsince_boot {}\nboot {boot}\nend\n", wall.0, since_boot.0)
    }

    fn from_text(text: &str) -> Option<Self> {
        let mut rows = text.lines();
        (rows.next() == Some(FORMAT)).then_some(())?;
        let mut row = |name: &str| rows.next()?.strip_prefix(name)?.strip_prefix(' ');
        let seen = Self {
            wall: Wall(row("wall")?.parse().ok()?),
            since_boot: Boot(row("since_boot")?.parse().ok()?),
            boot: row("boot")?.to_owned(),
        };
        (rows.next() == Some("end")).then_some(seen)
    }
}

impl Leases {
    /// What the clock shows, and the latest that it has shown; this is remembered.
    pub(super) fn tell_time(&self) -> Result<LeaseClock, Error> {
        self.tell_time_at(&Seen::now())
    }

    pub(super) fn tell_time_at(&self, now: &Seen) -> Result<LeaseClock, Error> {
        let _alone = self.folder.locked()?;
        let unknown = |why| Error::ClockUnknown { path: self.folder.path(FILE), why };
        let text = self.folder.read(FILE)?.ok_or_else(|| unknown("is gone"))?;
        let seen = Seen::from_text(&text).ok_or_else(|| unknown("cannot be read"))?;
        let high_water = seen.high_water(now);
        self.write_clock(now, high_water.max(now.wall))?;
        Ok(LeaseClock { now: now.wall, high_water })
    }

    /// From now on the latest time is this one, whatever it was: a license host has said so.
    pub(super) fn set_clock(&self, now: &Seen, wall: Wall) -> Result<(), Error> {
        let _alone = self.folder.locked()?;
        self.write_clock(now, wall)
    }

    fn write_clock(&self, now: &Seen, wall: Wall) -> Result<(), Error> {
        self.folder.write(FILE, &Seen { wall, ..now.clone() }.to_text())
    }
}
