//! Session tokens: the client has the token, the server only its hash.

use sha2::{Digest, Sha256};

/// The hash that the server keeps of a session's token.
#[must_use]
pub fn token_hash(token: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"seatkeeper session token 1\0");
    hash.update(token);
    hash.finalize().into()
}
