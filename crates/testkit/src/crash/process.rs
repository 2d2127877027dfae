//! The daemon's process: started, heard, killed.

use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::net::UnixDatagram;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::DEADLINE;
use super::fault::Fault;
use super::site::Site;

/// A daemon that has been started. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Daemon {
    child: Child,
    manager: UnixDatagram,
    began: Instant,
}

/// How a start went.
#[derive(Debug)]
pub(crate) enum Start {
    /// It serves here, and was ready after so long.
    Serves(SocketAddr, Duration),
    /// The moment came first.
    NotYet,
}

impl Daemon {
    /// Starts it. What it logs is added to the host's log.
    ///
    /// # Errors
    /// When it cannot be run.
    pub(crate) fn start(site: &Site) -> Result<Self, String> {
        let failed = |e: std::io::Error| format!("seatkeeperd cannot be run: {e}");
        let socket = site.path("manager");
        let _ = std::fs::remove_file(&socket);
        let manager = UnixDatagram::bind(&socket).map_err(failed)?;
        let log = std::fs::OpenOptions::new().create(true).append(true).open(site.path("daemon.log"));
        let mut command = site.command();
        // A process group of its own: Ctrl-C is for whoever counts.
        command.process_group(0).env("NOTIFY_SOCKET", &socket).env("RUST_BACKTRACE", "1");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log.map_err(failed)?);
        let began = Instant::now();
        let child = Command::from(command).kill_on_drop(true).spawn().map_err(failed)?;
        Ok(Self { child, manager, began })
    }

    /// Waits until it serves, at most until `moment`.
    ///
    /// # Errors
    /// When it ends by itself.
    pub(crate) async fn serves_within(&mut self, moment: Duration) -> Result<Start, Fault> {
        let mut message = [0; 4096];
        loop {
            let left = moment.saturating_sub(self.began.elapsed());
            let heard = async {
                tokio::select! {
                    biased;
                    heard = self.manager.recv(&mut message) => Ok(heard.unwrap_or(0)),
                    ended = self.child.wait() => Err(ended),
                }
            };
            let len = match timeout(left, heard).await {
                Err(_) => return Ok(Start::NotYet),
                Ok(Err(ended)) => return Err(Fault::refused(format!("the daemon ended: {ended:?}"))),
                Ok(Ok(len)) => len,
            };
            let said = String::from_utf8_lossy(message.get(..len).unwrap_or_default());
            let address = said.lines().find_map(|line| line.strip_prefix("STATUS=serving on "));
            if let Some(address) = address.and_then(|text| text.parse().ok()) {
                return Ok(Start::Serves(address, self.began.elapsed()));
            }
        }
    }

    /// Waits until it serves.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) async fn serves(&mut self) -> Result<(SocketAddr, Duration), Fault> {
        match self.serves_within(DEADLINE).await? {
            Start::Serves(address, took) => Ok((address, took)),
            Start::NotYet => Err(Fault::refused(format!("the daemon does not serve within {DEADLINE:?}"))),
        }
    }

    /// Sends SIGKILL, and waits until the process is gone.
    ///
    /// # Errors
    /// When it had ended by itself, or does not go.
    pub(crate) async fn kill(&mut self) -> Result<(), Fault> {
        let _ = self.child.start_kill();
        let ended = timeout(DEADLINE, self.child.wait()).await;
        match ended {
            Ok(Ok(status)) if status.code().is_none() => Ok(()),
            other => Err(Fault::odd(format!("the daemon ended before it was killed: {other:?}"))),
        }
    }

    /// As [`kill`](Self::kill), of a daemon that may have ended by itself: its disk is gone.
    pub(crate) async fn bury(&mut self) {
        let _ = self.child.start_kill();
        let _ = timeout(DEADLINE, self.child.wait()).await;
    }
}
