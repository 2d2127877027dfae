//! The license host signs how far its audit chain goes.

use crate::{PublicKey, SecretKey};

/// No other message of ours begins with it, so a checkpoint can never pass for another signature.
const DOMAIN: &[u8] = b"seatkeeper audit checkpoint 1\n";

/// The license host's signature over the text of a checkpoint.
#[must_use]
pub fn sign_checkpoint(key: &SecretKey, text: &[u8]) -> [u8; 64] {
    key.sign(&[DOMAIN, text].concat())
}

/// Whether `signature` is this key's over the text of a checkpoint.
#[must_use]
pub fn verify_checkpoint(key: &PublicKey, text: &[u8], signature: &[u8; 64]) -> bool {
    key.verifies(&[DOMAIN, text].concat(), signature)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_holds_for_its_key_and_text_only() {
        let (key, other) = (SecretKey::for_host([1; 32]), SecretKey::for_host([2; 32]));
        let signature = sign_checkpoint(&key, b"13 aa");
        assert!(verify_checkpoint(&key.public(), b"13 aa", &signature));
        assert!(!verify_checkpoint(&other.public(), b"13 aa", &signature));
        assert!(!verify_checkpoint(&key.public(), b"13 ab", &signature));
        assert!(!key.public().verifies(b"13 aa", &signature), "the domain is part of what is signed");
        for bit in 0..512 {
            let mut bad = signature;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify_checkpoint(&key.public(), b"13 aa", &bad));
        }
    }
}
