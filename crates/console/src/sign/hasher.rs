//! Passwords: hashed and checked with Argon2, a few at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
#[expect(
    clippy::disallowed_types,
    reason = "the console is off the way of seats; hashes must not take all cores"
)]
use tokio::sync::Semaphore;

use crate::web::Fault;
use crate::{HashCost, limits, token};

#[derive(Debug)]
pub(crate) struct Hasher {
    params: Params,
    /// Of no password: checked for whoever has none, so that it takes as long.
    nobodys: Arc<str>,
    #[expect(
        clippy::disallowed_types,
        reason = "the console is off the way of seats; hashes must not take all cores"
    )]
    permits: Semaphore,
    waiting: AtomicUsize,
    /// What passwords have cost so far that were checked: memory in KiB times passes.
    spent: Arc<AtomicU64>,
}

impl Hasher {
    #[expect(
        clippy::disallowed_types,
        reason = "the console is off the way of seats; hashes must not take all cores"
    )]
    pub(crate) fn new(cost: HashCost) -> io::Result<Self> {
        let params = Params::new(cost.memory_kib, cost.passes, 1, None).map_err(io::Error::other)?;
        let nobodys = token::random().ok_or_else(|| io::Error::other("there are no random numbers"))?;
        let nobodys =
            hash(&params, &nobodys).ok_or_else(|| io::Error::other("a password cannot be hashed"))?;
        Ok(Self {
            params,
            nobodys: nobodys.into(),
            permits: Semaphore::new(limits::HASHES_AT_ONCE),
            waiting: AtomicUsize::new(0),
            spent: Arc::default(),
        })
    }

    /// Whether it is the password of a hash; of none it is never, and that takes as long.
    pub(crate) async fn is_right(&self, password: String, hash: Option<&str>) -> Result<bool, Fault> {
        let is_known = hash.is_some();
        let hash = hash.map_or_else(|| Arc::clone(&self.nobodys), Arc::from);
        let spent = Arc::clone(&self.spent);
        let right = self.turn(move || check(&password, &hash, &spent)).await?;
        Ok(right && is_known)
    }

    /// What passwords have cost so far that were checked.
    #[cfg(test)]
    pub(crate) fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// The hash of a password that somebody chose.
    pub(crate) async fn hash(&self, password: String) -> Result<String, Fault> {
        let params = self.params.clone();
        self.turn(move || hash(&params, &password)).await?.ok_or(Fault::Broken)
    }

    async fn turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Fault> {
        if self.waiting.fetch_add(1, Ordering::AcqRel) >= limits::HASHES_WAITING {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            return Err(Fault::Busy);
        }
        let permit = self.permits.acquire().await;
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        let _permit = permit.map_err(|_| Fault::Broken)?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Fault::Broken)
    }
}

/// Whether it is the password of a hash. It is counted what that costs, by the hash's own parameters.
fn check(password: &str, hash: &str, spent: &AtomicU64) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    if let Ok(params) = Params::try_from(&hash.params) {
        spent.fetch_add(u64::from(params.m_cost()) * u64::from(params.t_cost()), Ordering::Relaxed);
    }
    Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

fn hash(params: &Params, password: &str) -> Option<String> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    argon2.hash_password(password.as_bytes()).ok().map(|hash| hash.to_string())
}

/// A password that somebody chooses: long enough, not too long, twice the same, not their address.
pub(super) fn chosen(once: &str, again: &str, email: &str) -> Result<(), Fault> {
    let why = if once.chars().count() < limits::PASSWORD_CHARS_MIN {
        format!("it must have at least {} characters", limits::PASSWORD_CHARS_MIN)
    } else if once.len() > limits::PASSWORD_BYTES_MAX {
        format!("it has more than {} bytes", limits::PASSWORD_BYTES_MAX)
    } else if once != again {
        "the two are not the same".into()
    } else if once.eq_ignore_ascii_case(email) {
        "it is the e-mail address".into()
    } else if once.chars().all(|c| once.starts_with(c)) {
        "it is one character again and again".into()
    } else {
        return Ok(());
    };
    Err(Fault::invalid("password", why))
}
