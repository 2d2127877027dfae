//! What the configuration says of the console.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::limits;

/// What a password's hash costs (Argon2id, one lane).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Default for HashCost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2 }
    }
}

/// A clock that never goes back: how long since some moment.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Clock {
    /// One of this function, for tests.
    pub fn new(read: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    pub(crate) fn now(&self) -> Duration {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        let start = Instant::now();
        Self::new(move || start.elapsed())
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// How the console is served.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How browsers reach it, `https://licenses.example.net`; none where it is only reached on its own
    /// address.
    pub public_url: Option<String>,
    /// Reverse proxies by address: of them, and of nobody else, the last entry of `X-Forwarded-For` is
    /// believed.
    pub proxies: Vec<IpAddr>,
    /// What a password's hash costs.
    pub cost: HashCost,
    /// A session without a request ends.
    pub idle: Duration,
    /// Every session ends.
    pub absolute: Duration,
    /// How long a body may take to come.
    pub body_within: Duration,
    /// How often the pages that are open are told what is new.
    pub live_every: Duration,
    /// Measures sessions and throttles.
    pub clock: Clock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: None,
            proxies: Vec::new(),
            cost: HashCost::default(),
            idle: Duration::from_secs(30 * 60),
            absolute: Duration::from_secs(12 * 60 * 60),
            body_within: limits::BODY_WITHIN,
            live_every: Duration::from_secs(1),
            clock: Clock::default(),
        }
    }
}

impl Settings {
    /// Whether browsers reach it over TLS.
    pub(crate) fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// Host and port of the public address.
    pub(crate) fn public_host(&self) -> Option<&str> {
        let url = self.public_url.as_deref()?;
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?;
        rest.split('/').next().filter(|host| !host.is_empty())
    }
}
