//! A license host proves that it holds the key its packs name.

use names::SessionId;

use crate::{PublicKey, SecretKey};

/// No other message of ours begins with it, so a proof can never pass for another signature.
const DOMAIN: &[u8] = b"seatkeeper host proof 1\n";

/// The license host's answer to a client's challenge: its signature over a domain, the client's
/// nonce and the session's number.
#[must_use]
pub fn host_proof(key: &SecretKey, nonce: &[u8; 32], session: SessionId) -> [u8; 64] {
    key.sign(&message(nonce, session))
}

/// Whether `proof` answers this challenge with the key that the signed lines name as `HOST_KEY=`.
#[must_use]
pub fn verify_host_proof(key: &PublicKey, nonce: &[u8; 32], session: SessionId, proof: &[u8; 64]) -> bool {
    key.verifies(&message(nonce, session), proof)
}

fn message(nonce: &[u8; 32], session: SessionId) -> Vec<u8> {
    [DOMAIN, nonce, &session.0.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_holds_for_its_key_nonce_and_session_only() {
        let (key, other) = (SecretKey::for_host([1; 32]), SecretKey::for_host([2; 32]));
        let proof = host_proof(&key, &[5; 32], SessionId(6));
        assert!(verify_host_proof(&key.public(), &[5; 32], SessionId(6), &proof));
        assert!(!verify_host_proof(&other.public(), &[5; 32], SessionId(6), &proof));
        assert!(!verify_host_proof(&key.public(), &[4; 32], SessionId(6), &proof));
        assert!(!verify_host_proof(&key.public(), &[5; 32], SessionId(7), &proof));
        for bit in 0..512 {
            let mut bad = proof;
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(!verify_host_proof(&key.public(), &[5; 32], SessionId(6), &bad));
        }
    }
}
