//! Why a text or some bytes are not a key.

/// What is wrong with a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not 32 bytes in standard base64.
    #[error("a public key is 44 characters of standard base64, the last one `=`")]
    NotBase64,
    /// No point of the curve.
    #[error("these 32 bytes are no ed25519 public key")]
    NotAPoint,
    /// A second spelling of another key.
    #[error("this ed25519 public key is not in its canonical encoding")]
    NotCanonical,
    /// A key that accepts signatures nobody made.
    #[error("this ed25519 public key is weak (of small order): it would accept forged signatures")]
    Weak,
    /// Not eight hexadecimal digits.
    #[error("a key id is eight lower-case hexadecimal digits")]
    NotAKeyId,
    /// Neither of the two that a revoked key is named by.
    #[error(
        "neither a public key (44 characters of base64) nor a key id (eight lower-case hexadecimal digits)"
    )]
    NeitherKeyNorId,
    /// The secret key of a key file is encrypted.
    #[error("the secret key in it is encrypted")]
    Encrypted,
    /// The text is no key file of ours.
    #[error("not a Seatkeeper key file: {0}")]
    NotAKeyFile(&'static str),
    /// The vendor's name in a key file is none.
    #[error("not a Seatkeeper key file: {0}")]
    Vendor(names::Invalid),
}
