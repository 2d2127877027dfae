//! How long sessions live, and how many a host may have.

use names::{Millis, limits};

/// How long sessions live, how long their seats are held when they do not come back, and how many of them
/// one host may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    timeout: Millis,
    grace: Millis,
    hold: Millis,
    sessions_per_host: u32,
}

/// Settings that would let a seat have two users.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The time-out is outside its limits.
    #[error("the time-out must be between {} and {} ms", limits::TIMEOUT_MS_MIN, limits::TIMEOUT_MS_MAX)]
    Timeout,
    /// The hold ends before a client that is out of reach has given up.
    #[error(
        "the hold must be at least {needed} ms: the grace and 1 % of time-out and grace, at least 100 ms"
    )]
    Hold {
        /// The smallest hold that is safe.
        needed: u64,
    },
}

impl Settings {
    /// Checks the rule `grace + margin <= hold`: a client goes on for `grace` after its time-out while
    /// it tries to come back, and its seats must not be given away before. The margin is for clocks
    /// that differ by up to 1 %.
    ///
    /// # Errors
    /// When the time-out is outside its limits or the rule is broken.
    pub fn new(timeout: Millis, grace: Millis, hold: Millis) -> Result<Self, SettingsError> {
        if !(limits::TIMEOUT_MS_MIN..=limits::TIMEOUT_MS_MAX).contains(&timeout.0) {
            return Err(SettingsError::Timeout);
        }
        let margin = (timeout.0.saturating_add(grace.0) / 100).max(100);
        let needed = grace.0.saturating_add(margin);
        if hold.0 < needed {
            return Err(SettingsError::Hold { needed });
        }
        Ok(Self { timeout, grace, hold, sessions_per_host: limits::SESSIONS_PER_HOST_DEFAULT })
    }

    /// The same with so many sessions that one client's host may have.
    #[must_use]
    pub fn with_sessions_per_host(self, sessions_per_host: u32) -> Self {
        Self { sessions_per_host, ..self }
    }

    /// How many sessions one client's host may have.
    #[must_use]
    pub fn sessions_per_host(&self) -> u32 {
        self.sessions_per_host
    }

    /// The time-out a session gets that asks for `asked` ms (0: the default).
    #[must_use]
    pub fn timeout(&self, asked: Millis) -> Millis {
        match asked.0 {
            0 => self.timeout,
            // Never longer than the administrator's: a dead client's seats must come back.
            ms => Millis(ms.clamp(limits::TIMEOUT_MS_MIN, self.timeout.0)),
        }
    }

    /// How long a client may go on after its time-out.
    #[must_use]
    pub fn grace(&self) -> Millis {
        self.grace
    }

    /// How long a session's seats are held after its time-out.
    #[must_use]
    pub fn hold(&self) -> Millis {
        self.hold
    }
}

impl Default for Settings {
    /// Time-out 120 s, grace 45 s, hold 60 s.
    fn default() -> Self {
        Self {
            timeout: Millis(limits::TIMEOUT_MS_DEFAULT),
            grace: Millis(45_000),
            hold: Millis(60_000),
            sessions_per_host: limits::SESSIONS_PER_HOST_DEFAULT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_that_ends_before_the_grace_is_refused() {
        let settings = |t, g, h| Settings::new(Millis(t), Millis(g), Millis(h));
        assert!(settings(120_000, 45_000, 46_650).is_ok());
        assert_eq!(settings(120_000, 45_000, 46_649), Err(SettingsError::Hold { needed: 46_650 }));
        assert_eq!(settings(1_000, 0, 99), Err(SettingsError::Hold { needed: 100 }));
        assert_eq!(settings(999, 0, 100), Err(SettingsError::Timeout));
        assert!(settings(u64::MAX, 0, u64::MAX).is_err());
        assert!(settings(1_000, u64::MAX, u64::MAX).is_ok());
    }

    #[test]
    fn a_client_may_ask_for_a_shorter_time_out_only() {
        let settings = Settings::default();
        for (asked, given) in
            [(0, 120_000), (1, 1_000), (30_000, 30_000), (120_001, 120_000), (u64::MAX, 120_000)]
        {
            assert_eq!(settings.timeout(Millis(asked)), Millis(given));
        }
    }
}
