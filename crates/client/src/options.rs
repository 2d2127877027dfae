//! What a client is made with, and what it checks out.

use std::path::PathBuf;
use std::time::Duration;

use names::{ConfigId, Feature, Invalid, SeatCount, Vendor, Version, Word, limits};
use proto::v1;

use crate::core::Wanted;
use crate::{Identity, Login, TrustPolicy};

/// Where the session's token is kept for the case that this process crashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TokenFolder {
    /// `$XDG_RUNTIME_DIR/seatkeeper`, else `~/.cache/seatkeeper`.
    #[default]
    OfUser,
    /// This folder, which must be the user's own (0700).
    At(PathBuf),
    /// Nowhere: after a crash the seats are free after time-out and hold.
    Nowhere,
}

/// How a client behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// What must prove a seat.
    pub trust: TrustPolicy,
    /// Who asks.
    pub identity: Identity,
    /// What proves who asks, for named seats: each is shown to its own license server only.
    pub logins: Vec<Login>,
    /// How long the session may live without a heartbeat, in milliseconds; 0 for the server's
    /// default, which is also the longest it gives.
    pub timeout_ms: u32,
    /// Take seats again that a server lost. Without it the application is told and decides. Seats that
    /// were taken away on purpose are not taken again.
    pub reacquire: bool,
    /// Where the token is kept.
    pub tokens: TokenFolder,
}

impl Options {
    /// The usual: this process's identity and its user's logins, the server's time-out, no seat taken
    /// again.
    #[must_use]
    pub fn new(trust: TrustPolicy) -> Self {
        Self {
            trust,
            identity: Identity::of_this_process(),
            logins: Login::all_of_user(),
            timeout_ms: 0,
            reacquire: false,
            tokens: TokenFolder::default(),
        }
    }
}

/// What to check out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutOptions {
    feature: String,
    version: String,
    seats: u64,
    vendor: Option<String>,
    config: Option<String>,
    data: String,
    job: String,
    queue: bool,
    priority: u8,
}

impl CheckoutOptions {
    /// One seat of this feature, licensed for this version or a higher one.
    #[must_use]
    pub fn new(feature: &str, version: &str) -> Self {
        Self {
            feature: feature.into(),
            version: version.into(),
            seats: 1,
            vendor: None,
            config: None,
            data: String::new(),
            job: String::new(),
            queue: false,
            priority: 0,
        }
    }

    /// So many seats, all from one pool or none.
    #[must_use]
    pub fn seats(mut self, seats: u64) -> Self {
        self.seats = seats;
        self
    }

    /// Only of this vendor.
    #[must_use]
    pub fn vendor(mut self, vendor: &str) -> Self {
        self.vendor = Some(vendor.into());
        self
    }

    /// Only of this configuration.
    #[must_use]
    pub fn config(mut self, config: &str) -> Self {
        self.config = Some(config.into());
        self
    }

    /// The data of the checkout: `DUP_GROUP=V` compares it, and lmstat shows it.
    #[must_use]
    pub fn data(mut self, data: &str) -> Self {
        self.data = data.into();
        self
    }

    /// Use the seats that were booked for this job.
    #[must_use]
    pub fn job(mut self, job: &str) -> Self {
        self.job = job.into();
        self
    }

    /// Wait in line when no seat is free.
    #[must_use]
    pub fn queue(mut self) -> Self {
        self.queue = true;
        self
    }

    /// In line, go before those with a lower number; without this it is 0. Only an administrator's client
    /// may say more.
    #[must_use]
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = priority;
        self
    }

    pub(crate) fn checked(&self) -> Result<Wanted, Invalid> {
        let word = |what, text: &str| match text {
            "" => Ok(None),
            text => Word::new(what, text).map(Some),
        };
        Ok(Wanted {
            feature: Feature::new(&self.feature)?,
            version: Version::new(&self.version)?,
            seats: SeatCount::new(self.seats)?,
            vendor: self.vendor.as_deref().map(Vendor::new).transpose()?,
            config: self.config.as_deref().map(ConfigId::new).transpose()?,
            data: word("the data of a checkout", &self.data)?,
            job: word("a job", &self.job)?,
            queue: self.queue.then_some(self.priority),
        })
    }

    /// The same as a booking for a job.
    pub(crate) fn booked(&self, job: &str, ttl: Duration) -> Result<v1::Book, crate::Error> {
        let wanted = Self { queue: false, job: String::new(), ..self.clone() }.checked()?;
        let job = Word::new("a job", job)?;
        let ttl_ms = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX);
        if job.as_str().is_empty() || ttl_ms == 0 || ttl_ms > limits::BOOKING_MS_MAX {
            let why = match job.as_str() {
                "" => "it names no job".to_owned(),
                _ => format!("it must wait for 1 to {} ms", limits::BOOKING_MS_MAX),
            };
            return Err(Invalid { what: "a booking", why }.into());
        }
        Ok(v1::Book { checkout: Some(wanted.on_wire()), job: job.to_string(), ttl_ms })
    }
}
