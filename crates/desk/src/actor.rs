//! Who asks, and what they may.

use std::fmt;

use names::Email;

use crate::CustomerNumber;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Nobody who is known.
    Nobody,
    /// A person whose e-mail is proved, working for one company (rule W6).
    Person {
        /// Who.
        email: Email,
        /// The company that the page or call is bound to; none where the person has none.
        company: Option<CustomerNumber>,
    },
    /// Somebody on the license host, by the user id that the daemon's socket saw: host administrator,
    /// and the vendor's desk where there is one.
    Host {
        /// The user id.
        uid: u32,
    },
    /// The daemon by itself.
    Daemon,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("nobody"),
            Self::Person { email, .. } => email.fmt(f),
            Self::Host { uid } => write!(f, "uid {uid}"),
            Self::Daemon => f.write_str("the daemon"),
        }
    }
}

/// A power (rules W3 and W9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Power {
    /// Manages the privileges of the company's people, and nothing else.
    Supervisor,
    /// Edits licenses; does not include reporting.
    Licensing,
    /// Sees; changes nothing.
    Reporting,
    /// What everybody has who is signed in: what is their own.
    Everyone,
    /// Administers the license host; no company's privilege.
    HostAdministrator,
    /// The vendor's desk.
    VendorDesk,
    /// Sits on a site's license host, where no vendor's desk is, and enters there what the vendor says by
    /// letter: first supervisors, contacts, upgrades. No person has it.
    SiteHost,
}

impl Power {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Supervisor,
        Self::Licensing,
        Self::Reporting,
        Self::Everyone,
        Self::HostAdministrator,
        Self::VendorDesk,
        Self::SiteHost,
    ];
}

impl fmt::Display for Power {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Supervisor => "the Supervisor privilege",
            Self::Licensing => "the Licensing privilege",
            Self::Reporting => "the Reporting privilege",
            Self::Everyone => "an account",
            Self::HostAdministrator => "to administer the license host",
            Self::VendorDesk => "the vendor's desk",
            Self::SiteHost => "to sit on the site's license host",
        })
    }
}

/// A set of powers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Powers(u8);

impl Powers {
    /// None at all.
    pub const NONE: Self = Self(0);

    /// The same with one more.
    #[must_use]
    pub fn with(self, power: Power) -> Self {
        Self(self.0 | 1 << power as u8)
    }

    /// Whether it has this one.
    #[must_use]
    pub fn has(self, power: Power) -> bool {
        self.0 & 1 << power as u8 != 0
    }

    /// Whether it has one of these.
    #[must_use]
    pub fn has_any(self, powers: &[Power]) -> bool {
        powers.iter().any(|power| self.has(*power))
    }
}

impl FromIterator<Power> for Powers {
    fn from_iter<I: IntoIterator<Item = Power>>(powers: I) -> Self {
        powers.into_iter().fold(Self::NONE, Self::with)
    }
}
