//! What the service manager is told: ready, alive, stopping.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio_util::sync::CancellationToken;

use crate::edge::Edge;
use crate::owner::Pulse;

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}

/// The port answers.
pub(crate) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The drain begins.
pub(crate) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Tells the manager twice in each of its periods that the daemon lives, as long as the owner does: a
/// round of its loop must have begun since the last time. A stuck owner is for the manager to see.
pub(crate) async fn watchdog(edge: Arc<Edge>, pulse: Arc<Pulse>, stop: CancellationToken) {
    let Some(period) = sd_notify::watchdog_enabled() else { return };
    let mut every = tokio::time::interval((period / 4).max(Duration::from_millis(1)));
    let mut seen = pulse.rounds.load(Ordering::Relaxed);
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = stop.cancelled() => return,
        }
        let rounds = pulse.rounds.load(Ordering::Relaxed);
        if rounds != seen {
            seen = rounds;
            tell(&[NotifyState::Watchdog]);
        }
        // An idle owner sleeps: it is asked for a round, to be seen at the next look.
        edge.ring.wake();
    }
}
