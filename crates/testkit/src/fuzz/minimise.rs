//! A finding in as few bytes as can be found soon.

use std::time::{Duration, Instant};

/// How long, and how many tries.
const TIME: Duration = Duration::from_secs(30);
const TRIES: usize = 20_000;

/// Takes away what is not needed for `fails` to stay true: halves, then smaller parts, then bytes.
#[must_use]
pub fn minimise(bytes: &[u8], fails: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let (began, mut tries) = (Instant::now(), 0);
    let mut best = bytes.to_vec();
    let mut part = best.len().div_ceil(2).max(1);
    loop {
        let (mut at, mut has_shrunk) = (0, false);
        while at < best.len() {
            if tries >= TRIES || began.elapsed() > TIME {
                return best;
            }
            tries += 1;
            let end = (at + part).min(best.len());
            let shorter = [best.get(..at), best.get(end..)].map(Option::unwrap_or_default).concat();
            if fails(&shorter) {
                best = shorter;
                has_shrunk = true;
            } else {
                at = end;
            }
        }
        if part == 1 && !has_shrunk {
            return best;
        }
        part = part.div_ceil(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_what_is_needed() {
        let bytes = [b"abc".repeat(500), b"NEEDLE".to_vec(), b"xyz".repeat(700)].concat();
        let has = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|part| part == text);
        assert_eq!(minimise(&bytes, |bytes| has(bytes, b"NEEDLE")), b"NEEDLE");
        assert_eq!(minimise(&bytes, |bytes| has(bytes, b"N") && has(bytes, b"x")), b"Nx");
        assert_eq!(minimise(&bytes, |_| true), b"");
        assert_eq!(minimise(b"", |_| true), b"");
    }
}
