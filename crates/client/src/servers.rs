//! Which license servers to ask, in which order.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use names::limits;

use crate::Error;

/// One address of a license server.
#[derive(Debug, Clone)]
pub struct Server {
    host: String,
    port: u16,
    /// The file that names it, when none of its lines is signed for Seatkeeper.
    foreign_file: Option<Arc<Path>>,
}

impl PartialEq for Server {
    /// The same address, wherever it was named.
    fn eq(&self, other: &Self) -> bool {
        (&self.host, self.port) == (&other.host, other.port)
    }
}

impl Eq for Server {}

impl Server {
    /// A server at this host (a name, an IPv4 or an IPv6 address) and port.
    ///
    /// # Errors
    /// What is wrong with the host or port, in words.
    pub fn new(host: &str, port: u16) -> Result<Self, String> {
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        if host.is_empty() {
            return Err("the host is missing".into());
        }
        if host.len() > 253 {
            return Err("the host's name has more than 253 characters".into());
        }
        let is_address = host.parse::<std::net::Ipv6Addr>().is_ok();
        let bad = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'));
        if let (false, Some(c)) = (is_address, host.chars().find(|c| bad(*c))) {
            return Err(format!("the host's name has the character {c:?}"));
        }
        if port == 0 {
            return Err("the port must be 1 to 65535".into());
        }
        Ok(Self { host: host.to_owned(), port, foreign_file: None })
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Named by a file that is not signed for Seatkeeper.
    pub(crate) fn of_foreign_file(self, path: PathBuf) -> Self {
        Self { foreign_file: Some(path.into()), ..self }
    }

    /// The license file that names it, when none of its lines is signed for Seatkeeper: what runs
    /// there is most likely FlexNet's.
    #[must_use]
    pub fn foreign_file(&self) -> Option<&Path> {
        self.foreign_file.as_deref()
    }

    /// `host:port`, an IPv6 address in brackets.
    #[must_use]
    pub fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

impl fmt::Display for Server {
    /// `port@host`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.port, self.host)
    }
}

/// A list of license servers, in groups: the addresses of one group are one license host.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Servers {
    groups: Vec<Vec<Server>>,
}

impl Servers {
    /// One server.
    #[must_use]
    pub fn one(server: Server) -> Self {
        Self { groups: vec![vec![server]] }
    }

    /// A list as FlexNet writes it: entries divided by `:` (`;` on Windows, and here too), each
    /// `port@host`, `@host` (ports 27000 to 27009), a triad `p@h1,p@h2,p@h3`, a license file, or a
    /// folder of `*.lic` files. `place` names where the list stands, for the errors.
    ///
    /// # Errors
    /// An entry that is no server, or a file that cannot be read.
    pub fn from_list(list: &str, place: &str) -> Result<Self, Error> {
        crate::find::list(list, place)
    }

    /// What the environment names: `SEATKEEPER_LICENSE_FILE` alone when it is set; otherwise
    /// `<VENDOR>_LICENSE_FILE` (when a vendor is given), then `LM_LICENSE_FILE`. A variable that is not set
    /// has the list that the user keeps for it ([`crate::ServerPaths`]).
    ///
    /// # Errors
    /// When nothing is named, or as [`Servers::from_list`].
    pub fn from_environment(vendor: Option<&str>) -> Result<Self, Error> {
        crate::find::environment(vendor, |name| {
            let set = std::env::var(name).ok().filter(|value| !value.trim().is_empty());
            set.or_else(|| crate::paths::kept(name))
        })
    }

    /// What the environment names for all vendors, as FlexNet's tools read it: `SEATKEEPER_LICENSE_FILE` alone
    /// when it is set; otherwise every `<VENDOR>_LICENSE_FILE`, then `LM_LICENSE_FILE`. A variable that is not set has
    /// the list that the user keeps for it ([`crate::ServerPaths`]).
    ///
    /// # Errors
    /// When nothing is named, or as [`Servers::from_list`].
    pub fn from_whole_environment() -> Result<Self, Error> {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        crate::find::whole_environment(std::env::vars_os().filter_map(text), crate::paths::all_kept())
    }

    /// All addresses, in order.
    pub fn all(&self) -> impl Iterator<Item = &Server> {
        self.groups.iter().flatten()
    }

    /// The addresses, one license host at a time.
    #[must_use]
    pub fn groups(&self) -> &[Vec<Server>] {
        &self.groups
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Adds a license host; addresses that are there already are not repeated.
    pub(crate) fn push(&mut self, group: Vec<Server>) {
        let group: Vec<_> = group.into_iter().filter(|new| !self.all().any(|old| old == new)).collect();
        if !group.is_empty() {
            self.groups.push(group);
        }
    }
}

/// The servers that `host` without a port means: FlexNet's ten ports.
pub(crate) fn scan(host: &str) -> Result<Vec<Server>, String> {
    limits::PORTS_DEFAULT.map(|port| Server::new(host, port)).collect()
}
