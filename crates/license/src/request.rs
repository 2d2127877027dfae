//! What a license host asks of its vendor, in a file that somebody carries: signed by the host's key.
//!
//! The way of proof is vendor → license host → request. The pack that the vendor made for the host names
//! the host's key (`HOST_KEY=`), and that key has signed the request. So a vendor's desk that is on no
//! network can tell a request from a forgery.

mod error;
mod form;
#[cfg(test)]
mod tests;

use std::fmt;

use names::{CpuId, Email, PackNumber, Vendor, Wall};
use sha2::{Digest as _, Sha256};

pub use error::RequestError;

use crate::{PublicKey, SecretKey};

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RequestKind {
    /// The receipt of a license that the host gave up.
    Surrender,
    /// An order.
    Order,
    /// Licenses are to be configured otherwise.
    Reconfiguration,
    /// An estate is to be converted.
    Conversion,
    /// Somebody asks for the license tools.
    Tools,
}

/// What became of running seats when a license was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SurrenderEnding {
    /// They run to their return.
    Finish,
    /// They were taken away.
    End,
}

/// A request, before it is signed and after it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Its case's number at the site.
    pub case: String,
    /// Whose: a customer number. None where the host's packs do not say.
    pub company: Option<String>,
    /// Who asks, where it is a person.
    pub by: Option<Email>,
    /// The license host that asks.
    pub host: CpuId,
    /// When, by its clock.
    pub at: Wall,
    /// What.
    pub asks: Asks,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asks {
    /// Nothing yet: licenses were given up, for good. With it the vendor makes their pack for another host.
    Surrendered(Surrendered),
    /// Something that the vendor's desk reads.
    Words {
        /// About what; anything but [`RequestKind::Surrender`].
        kind: RequestKind,
        /// What is asked for. Text, with no control characters but line ends and tabs.
        body: String,
    },
}

/// Licenses that a host gave up, for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Surrendered {
    /// Whose licenses they are.
    pub vendor: Vendor,
    /// Their Configuration IDs, rising.
    pub ids: Vec<u64>,
    /// The packs that they were served from, in order.
    pub packs: Vec<PackNumber>,
    /// The license host that they are for from now on.
    pub to: CpuId,
    /// The public key of that host.
    pub to_key: Option<PublicKey>,
    /// What became of running seats.
    pub ending: SurrenderEnding,
}

/// A request whose signature is that of the key that it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedRequest {
    request: Request,
    host_key: PublicKey,
    digest: [u8; 32],
}

impl Request {
    /// Signs it with the license host's key: the text of the file.
    ///
    /// # Errors
    /// What of it cannot be written: a number that is none, ids that do not rise, a text that is too long.
    pub fn sign(&self, key: &SecretKey) -> Result<String, RequestError> {
        let text = form::sign(self, key);
        let read = SignedRequest::read(text.as_bytes())?;
        // What reads as something else was not written: a text with a row of its own, say.
        if read.request == *self { Ok(text) } else { Err(RequestError::NotARequest("it cannot be written")) }
    }

    /// About what.
    #[must_use]
    pub fn kind(&self) -> RequestKind {
        match &self.asks {
            Asks::Surrendered(_) => RequestKind::Surrender,
            Asks::Words { kind, .. } => *kind,
        }
    }

    /// The licenses that were given up, where it is their receipt.
    #[must_use]
    pub fn surrendered(&self) -> Option<&Surrendered> {
        match &self.asks {
            Asks::Surrendered(surrendered) => Some(surrendered),
            Asks::Words { .. } => None,
        }
    }
}

impl SignedRequest {
    /// Reads a request file. What is not exactly as [`Request::sign`] writes it is refused, and so is a
    /// signature that is not the named key's. Whose key that is says [`Self::is_of`].
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Self, RequestError> {
        let (request, host_key) = form::read(bytes)?;
        Ok(Self { request, host_key, digest: Sha256::digest(bytes).into() })
    }

    /// What it says.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The key that signed it.
    #[must_use]
    pub fn host_key(&self) -> &PublicKey {
        &self.host_key
    }

    /// The SHA-256 of the file: a request is told by it from every other.
    #[must_use]
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// That it is this key's.
    ///
    /// # Errors
    /// [`RequestError::OtherHostKey`].
    pub fn is_of(&self, key: &PublicKey) -> Result<(), RequestError> {
        if self.host_key == *key { Ok(()) } else { Err(RequestError::OtherHostKey) }
    }
}

impl RequestKind {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Surrender, Self::Order, Self::Reconfiguration, Self::Conversion, Self::Tools];

    /// As the file has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Surrender => "surrender",
            Self::Order => "order",
            Self::Reconfiguration => "reconfiguration",
            Self::Conversion => "conversion",
            Self::Tools => "tools",
        }
    }
}

impl fmt::Display for RequestKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl SurrenderEnding {
    /// As the file has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Finish => "finish",
            Self::End => "end",
        }
    }
}
