//! What a workstation gives out when it gives a borrowed seat up.

use std::fmt;
use std::str::FromStr;

use names::GrantId;
use sha2::{Digest as _, Sha256};

use super::form::{hex, unhex};

/// What the check digits are made of, before the grant and the secret.
const DOMAIN: &[u8] = b"seatkeeper receipt 1\n";

/// The proof that a borrowed seat was given up: the secret whose hash the license host has. Whoever
/// gave it out has no lease any more.
///
/// As a text it is nine groups of eight hexadecimal digits, to be read out or pasted: the secret, and a
/// check over it and the grant's number, so that a typing error is found before a license host is asked.
#[derive(Clone, PartialEq, Eq)]
pub struct Receipt {
    secret: [u8; 32],
    check: [u8; 4],
}

/// Why a text is no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// It has another shape.
    #[error("a receipt is nine groups of eight hexadecimal digits")]
    Shape,
    /// A digit is wrong, or it is another seat's.
    #[error("it is not the receipt of grant {0}, or a digit is wrong")]
    Other(GrantId),
}

impl Receipt {
    /// The receipt for a grant that this secret returns.
    #[must_use]
    pub fn new(grant: GrantId, secret: [u8; 32]) -> Self {
        Self { check: check(grant, &secret), secret }
    }

    /// The secret, when this is the receipt of that grant.
    ///
    /// # Errors
    /// [`ReceiptError::Other`].
    pub fn secret(&self, grant: GrantId) -> Result<[u8; 32], ReceiptError> {
        let is_its = check(grant, &self.secret) == self.check;
        if is_its { Ok(self.secret) } else { Err(ReceiptError::Other(grant)) }
    }
}

fn check(grant: GrantId, secret: &[u8; 32]) -> [u8; 4] {
    let mut hash = Sha256::new_with_prefix(DOMAIN);
    hash.update(grant.0.to_be_bytes());
    hash.update(secret);
    let digest: [u8; 32] = hash.finalize().into();
    digest.first_chunk().copied().unwrap_or_default()
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (groups, _) = self.secret.as_chunks::<4>();
        for group in groups {
            write!(f, "{}-", hex(group))?;
        }
        f.write_str(&hex(&self.check))
    }
}

impl FromStr for Receipt {
    type Err = ReceiptError;

    /// Blanks and letters in upper case are no matter: it may have been read out.
    fn from_str(text: &str) -> Result<Self, ReceiptError> {
        let plain = |c: &char| !matches!(c, '-' | ' ' | '\n' | '\r' | '\t');
        let digits: String = text.chars().filter(plain).map(|c| c.to_ascii_lowercase()).collect();
        let bytes: [u8; 36] = unhex(&digits).ok_or(ReceiptError::Shape)?;
        let (Some(secret), Some(check)) = (bytes.first_chunk(), bytes.last_chunk()) else {
            return Err(ReceiptError::Shape);
        };
        Ok(Self { secret: *secret, check: *check })
    }
}

impl fmt::Debug for Receipt {
    /// It is a secret, and is not logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Receipt(…)")
    }
}
