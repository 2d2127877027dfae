//! How many sessions each client's host has.

use core::net::IpAddr;

use names::{SessionId, Word};
use rustc_hash::FxHashMap;
use seats::Identity;

/// A client's host: the address that it connects from; where that is not known, the name that it says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum ClientHost {
    Address(IpAddr),
    Name(Word),
}

impl ClientHost {
    pub(crate) fn of(who: &Identity) -> Self {
        match who.address {
            Some(address) => Self::Address(address.to_canonical()),
            None => Self::Name(who.host.clone()),
        }
    }
}

impl std::fmt::Display for ClientHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// The sessions of each.
#[derive(Debug, Default)]
pub(crate) struct ClientHosts {
    of: FxHashMap<SessionId, ClientHost>,
    sessions: FxHashMap<ClientHost, u32>,
}

impl ClientHosts {
    pub(crate) fn add(&mut self, session: SessionId, host: ClientHost) {
        if let Some(before) = self.of.insert(session, host.clone()) {
            self.one_less(&before);
        }
        *self.sessions.entry(host).or_default() += 1;
    }

    pub(crate) fn remove(&mut self, session: SessionId) {
        if let Some(host) = self.of.remove(&session) {
            self.one_less(&host);
        }
    }

    /// How many a host has.
    pub(crate) fn count(&self, host: &ClientHost) -> u32 {
        self.sessions.get(host).copied().unwrap_or(0)
    }

    /// Whose a session is.
    pub(crate) fn is_of(&self, session: SessionId, host: &ClientHost) -> bool {
        self.of.get(&session) == Some(host)
    }

    fn one_less(&mut self, host: &ClientHost) {
        if let Some(count) = self.sessions.get_mut(host) {
            *count -= 1;
            if *count == 0 {
                self.sessions.remove(host);
            }
        }
    }
}
