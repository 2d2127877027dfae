//! One state folder from its making on: cycles of load, crash, restart and audit.

use std::cell::Cell;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::try_join_all;
use proto::v1;
use tokio::sync::Notify;

use super::DEADLINE;
use super::audit;
use super::fault::Fault;
use super::figures::Figures;
use super::ledger::Ledger;
use super::power::Disk;
use super::process::{Daemon, Start};
use super::site::Site;
use super::station::{Station, Stop, connect};
use crate::rng::Rng;

/// Who asks. Two processes of one user share seats.
const STATIONS: [(&str, &str); 4] = [("kim", "ws1"), ("kim", "ws2"), ("lee", "ws3"), ("ada", "ws4")];
/// A crash comes after so many acknowledgements, at most,
const ACKNOWLEDGED_MAX: u64 = 120;
/// or after so long.
const MOMENT_US_MAX: u64 = 25_000;
/// Starts that are ended in a row, at most.
const STARTS_ENDED_MAX: u32 = 6;

/// A state folder and those who use it.
#[derive(Debug)]
pub(crate) struct Life {
    site: Site,
    /// Where the power can be cut.
    disk: Option<Disk>,
    stations: Vec<Station>,
    serving: Option<(Daemon, SocketAddr)>,
    /// How long a start took lately.
    start_takes: Duration,
    pub(crate) figures: Figures,
}

/// Why a life ended before its time.
#[derive(Debug)]
pub(crate) enum End {
    /// Something was found.
    Found(Fault),
    /// It could not go on.
    Cannot(String),
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        Self::Found(fault)
    }
}

impl From<String> for End {
    fn from(why: String) -> Self {
        Self::Cannot(why)
    }
}

impl Life {
    /// Makes a state, and serves from it. `cutter` is what cuts the power, where that is wanted.
    pub(crate) async fn begin(
        program: &Path,
        folder: &Path,
        cutter: Option<&Path>,
        seed: u64,
    ) -> Result<Self, End> {
        let mut rng = Rng::new(seed ^ 0x11fe);
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let disk = cutter.map(|cutter| Disk::make(folder, cutter)).transpose()?;
        let state = disk.as_ref().map_or(folder, Disk::mount_point).join("state");
        let site = Site::make(program, folder, &state)?;
        let stations = STATIONS.iter().map(|(user, host)| Station::new(user, host, rng.fork())).collect();
        let start_takes = Duration::from_millis(50);
        let figures = Figures::default();
        let mut life = Self { site, disk, stations, serving: None, start_takes, figures };
        let address = life.start().await?;
        life.come_back(address).await?;
        Ok(life)
    }

    /// Load, a crash, as many ended starts as the seed says, a start, and the audit.
    pub(crate) async fn cycle(&mut self, seed: u64) -> Result<(), End> {
        let mut rng = Rng::new(seed);
        let acknowledged = self.acknowledged();
        self.work_until_crash(&mut rng).await?;
        audit::told(&self.ledgers())?;
        for _ in 0..STARTS_ENDED_MAX {
            if !rng.chance(500) {
                break;
            }
            self.crash_in_start(&mut rng).await?;
        }
        let address = self.start().await?;
        self.figures.restarts += 1;
        let report = status(address).await?;
        self.figures.audited += audit::started(&self.ledgers(), &report)?;
        self.come_back(address).await?;
        let report = status(address).await?;
        self.figures.audited += audit::settled(&self.ledgers(), &report)?;
        self.figures.acknowledged += self.acknowledged() - acknowledged;
        self.figures.cycles += 1;
        Ok(())
    }

    fn ledgers(&self) -> Vec<&Ledger> {
        self.stations.iter().map(|station| &station.ledger).collect()
    }

    fn acknowledged(&self) -> u64 {
        self.stations.iter().map(|station| station.ledger.acknowledged).sum()
    }

    /// Everybody asks as fast as they are answered, until the moment that the seed says.
    async fn work_until_crash(&mut self, rng: &mut Rng) -> Result<(), End> {
        let Some((mut daemon, _)) = self.serving.take() else {
            return Err("nothing serves".to_owned().into());
        };
        let after = rng.below(ACKNOWLEDGED_MAX);
        let moment = Duration::from_micros(rng.below(MOMENT_US_MAX));
        let by_number = rng.chance(500);
        let (acknowledged, bell) = (Cell::new(0), Notify::new());
        let comes = async {
            if !by_number {
                return tokio::time::sleep(moment).await;
            }
            while acknowledged.get() < after {
                bell.notified().await;
            }
        };
        let work = join_first(&mut self.stations, &acknowledged, &bell);
        tokio::select! {
            biased;
            () = async { let _ = tokio::time::timeout(DEADLINE, comes).await; } => {}
            stop = work => return Err(match stop {
                Stop::Wrong(fault) => fault,
                Stop::Gone => self.with_log(Fault::odd("the daemon ended by itself, or hung up")),
            }.into()),
        }
        match &mut self.disk {
            None => {
                daemon.kill().await.map_err(|fault| self.with_log(fault))?;
                // What the daemon had said before it died counts.
                try_join_all(self.stations.iter_mut().map(Station::read_out)).await?;
            }
            Some(disk) => {
                disk.cut()?;
                daemon.bury().await;
                // What comes after the cut does not.
                self.stations.iter_mut().for_each(Station::hang_up);
                disk.restore()?;
            }
        }
        self.figures.while_serving += 1;
        Ok(())
    }

    /// A start that is ended at a random moment of it.
    async fn crash_in_start(&mut self, rng: &mut Rng) -> Result<(), End> {
        let takes = u64::try_from(self.start_takes.as_micros()).unwrap_or(u64::MAX);
        let moment = Duration::from_micros(rng.below(takes + takes / 10));
        let mut daemon = Daemon::start(&self.site)?;
        let start = daemon.serves_within(moment).await.map_err(|fault| self.with_log(fault))?;
        match &mut self.disk {
            None => daemon.kill().await.map_err(|fault| self.with_log(fault))?,
            Some(disk) => {
                disk.cut()?;
                daemon.bury().await;
                disk.restore()?;
            }
        }
        match start {
            Start::NotYet => self.figures.while_starting += 1,
            // It was quicker than lately.
            Start::Serves(..) => self.figures.while_serving += 1,
        }
        Ok(())
    }

    async fn start(&mut self) -> Result<SocketAddr, End> {
        let mut daemon = Daemon::start(&self.site)?;
        let (address, took) = daemon.serves().await.map_err(|fault| self.with_log(fault))?;
        self.figures.start_ms.push(took.as_secs_f64() * 1e3);
        self.start_takes = (self.start_takes * 3 + took) / 4;
        self.serving = Some((daemon, address));
        Ok(address)
    }

    async fn come_back(&mut self, address: SocketAddr) -> Result<(), End> {
        try_join_all(self.stations.iter_mut().map(|station| station.come_back(address))).await?;
        // Who came back first may have given back what another waits for.
        try_join_all(self.stations.iter_mut().map(Station::hear_all)).await?;
        Ok(())
    }

    /// A fault with the end of what the daemon logged.
    fn with_log(&self, mut fault: Fault) -> Fault {
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(5).collect();
        let last: Vec<_> = lines.into_iter().rev().collect();
        fault.what.push_str(&format!("; it logged last:\n{}", last.join("\n")));
        fault
    }

    fn log(&self) -> PathBuf {
        self.site.path("daemon.log")
    }

    /// Ends it. What was started is stopped, and what was mounted is not any more.
    pub(crate) async fn end(mut self) -> Figures {
        if let Some((mut daemon, _)) = self.serving.take() {
            daemon.bury().await;
        }
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        self.figures.made_again += log.matches("the seat state on sled was made again").count() as u64;
        self.figures.without_sled += log.matches("serving WITHOUT sled").count() as u64;
        self.figures
    }
}

/// All work; gives why the first that stops does.
async fn join_first(stations: &mut [Station], acknowledged: &Cell<u64>, bell: &Notify) -> Stop {
    let work = stations.iter_mut().map(|station| Box::pin(station.work(acknowledged, bell)));
    futures_util::future::select_all(work).await.0
}

async fn status(address: SocketAddr) -> Result<v1::StatusReply, Fault> {
    let asked = async {
        let mut calls = connect(address).await?;
        let report = calls.status(v1::StatusRequest::default()).await;
        Ok(report.map_err(|e| Fault::odd(format!("no status: {e}")))?.into_inner())
    };
    let asked = tokio::time::timeout(DEADLINE, asked).await;
    asked.unwrap_or_else(|_| Err(Fault::odd("no status in time")))
}
