//! Colleagues who wait for what is held here.

use names::Word;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// What is kept for an application that does not listen just now; older ones are forgotten.
pub(crate) const KEPT: usize = 16;

/// Somebody who was denied a feature that this session holds, and asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Colleague {
    /// What they wait for.
    pub feature: String,
    /// Who.
    pub user: Word,
    /// Where.
    pub host: Word,
}

/// Tells of colleagues who wait. Nothing is taken away: the application may ask its user.
#[derive(Debug)]
pub struct Colleagues(broadcast::Receiver<Colleague>);

impl Colleagues {
    pub(crate) fn new(receiver: broadcast::Receiver<Colleague>) -> Self {
        Self(receiver)
    }

    /// Waits for the next one; for ever when the session is over. May be dropped at any time.
    pub async fn next(&mut self) -> Colleague {
        loop {
            match self.0.recv().await {
                Ok(colleague) => return colleague,
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}
