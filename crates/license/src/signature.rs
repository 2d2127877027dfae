//! What `SIGN=` holds: `KEYID:INDEX:BASE64`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::KeyId;

/// A signature as a line carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    /// Which key.
    pub(crate) key_id: KeyId,
    /// The line's number in its pack, from 1; the seal's is 0.
    pub(crate) index: u32,
    /// The signature.
    pub(crate) bytes: [u8; 64],
}

/// Whose signature a line carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sign {
    /// One of ours.
    Ours(Box<Signature>),
    /// Meant to be one of ours, and is none.
    Broken,
    /// Another system's: only its vendor can check it.
    Foreign,
}

impl Sign {
    /// Reads the value of `SIGN=`. What has a colon is meant to be ours: FlexNet's signatures are
    /// groups of hexadecimal digits.
    pub(crate) fn parse(value: &[u8]) -> Self {
        if !value.contains(&b':') {
            return Self::Foreign;
        }
        match Signature::parse(value) {
            Some(signature) => Self::Ours(Box::new(signature)),
            None => Self::Broken,
        }
    }
}

impl Signature {
    /// There is one way to write a signature: the key id in lower case, the index without leading
    /// zeros, standard base64 with padding and no bits left over.
    fn parse(value: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(value).ok()?;
        let (key_id, rest) = text.split_once(':')?;
        let (index, base64) = rest.split_once(':')?;
        Some(Self {
            key_id: key_id.parse().ok()?,
            index: canonical_number(index)?,
            bytes: STANDARD.decode(base64).ok()?.try_into().ok()?,
        })
    }
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.key_id, self.index, STANDARD.encode(self.bytes))
    }
}

/// A number written the one way: digits, no leading zeros, at most nine.
pub(crate) fn canonical_number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 9 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lf_03_lf_10_lf_11_a_signature_is_written_one_way() {
        let signature = Signature {
            key_id: "01234567".parse().unwrap(),
            index: 12,
            bytes: std::array::from_fn(|i| i as u8),
        };
        let good = signature.to_string();
        assert_eq!(Sign::parse(good.as_bytes()), Sign::Ours(Box::new(signature)));
        let base64 = good.rsplit(':').next().unwrap().to_owned();
        let of_length = |n: usize| format!("01234567:12:{}", STANDARD.encode(vec![1; n]));
        let mut bad = [0, 1, 31, 32, 63, 65].map(of_length).to_vec();
        bad.extend([
            good.replace("==", ""),
            good.replace("==", "="),
            good.replace("==", "==="),
            format!("{}x==", good.trim_end_matches("==").strip_suffix('w').unwrap_or(&good)),
            good.replace('+', "-").replace("AAEC", "AA-_"),
            good.replace("AAEC", "AA EC"),
            good.replace("AAEC", "AAEC\n"),
            good.replace(":12:", ":012:"),
            good.replace(":12:", ":+12:"),
            good.replace(":12:", ":4294967296:"),
            good.replace(":12:", "::"),
            good.replace("01234567", "none"),
            good.replace("01234567", "HS256"),
            good.replace("01234567", ""),
            good.replace("01234567", "0123456A"),
            format!("ed25519:{good}"),
            format!(" {good}"),
            format!("{good}:"),
            ":".to_owned(),
        ]);
        for text in bad {
            assert_eq!(Sign::parse(text.as_bytes()), Sign::Broken, "{text}");
        }
        for text in ["00AA 11BB", "", "none", &base64] {
            assert_eq!(Sign::parse(text.as_bytes()), Sign::Foreign, "{text}");
        }
    }
}
