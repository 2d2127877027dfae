//! License versions: numbers with at most one point.

use std::cmp::Ordering;
use std::fmt;

use crate::Invalid;

/// A license version: digits with at most one point, compared as numbers (4.2 is above 4.10), as
/// FlexNet does. Kept as written: `20.0` and `20` are equal and each is shown as it was typed.
#[derive(Clone, Copy)]
pub struct Version {
    /// The digits before the point, and those behind it as an 18-digit fraction.
    value: (u64, u64),
    /// In place: versions are in every request, row and record, and copied with them.
    text: VersionText,
}

/// A version as it was written and nothing more: half its size, for where there are very many.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VersionText {
    text: [u8; TEXT_MAX],
    len: u8,
}

/// Digits before and after the point together.
const DIGITS_MAX: usize = 18;
/// The same with the point.
const TEXT_MAX: usize = DIGITS_MAX + 1;

impl Version {
    /// Reads a version.
    ///
    /// # Errors
    /// When it has anything but digits and one point, or too many digits (FlexNet's -77).
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let points = text.bytes().filter(|b| *b == b'.').count();
        if digits == 0 || points > 1 || digits + points != text.len() {
            return Err(Invalid::new("a version", "it must be digits with at most one point, such as 20.0"));
        }
        if digits > DIGITS_MAX {
            return Err(Invalid::new("a version", format!("it has more than {DIGITS_MAX} digits")));
        }
        let mut place = [0; TEXT_MAX];
        let (begin, _) = place.split_at_mut(text.len());
        begin.copy_from_slice(text.as_bytes());
        Ok(VersionText { text: place, len: text.len() as u8 }.into())
    }

    /// As it was written, to be kept.
    #[must_use]
    pub fn text(&self) -> VersionText {
        self.text
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// The same as bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Whole part and fraction without the zeros that mean nothing.
    fn parts(&self) -> (&str, &str) {
        let (whole, fraction) = self.as_str().split_once('.').unwrap_or((self.as_str(), ""));
        (whole.trim_start_matches('0'), fraction.trim_end_matches('0'))
    }

    /// One text for all spellings of the same number, for pool ids.
    #[must_use]
    pub fn canonical(&self) -> String {
        let (whole, fraction) = self.parts();
        let whole = if whole.is_empty() { "0" } else { whole };
        if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
    }
}

impl VersionText {
    /// The same as numbers: other texts have others.
    #[must_use]
    pub fn words(&self) -> [u64; 3] {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s] = self.text;
        let word = u64::from_le_bytes;
        [
            word([a, b, c, d, e, f, g, h]),
            word([i, j, k, l, m, n, o, p]),
            word([q, r, s, self.len, 0, 0, 0, 0]),
        ]
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It is digits and a point: nothing is lost.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }

    fn as_bytes(&self) -> &[u8] {
        self.text.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl From<VersionText> for Version {
    fn from(text: VersionText) -> Self {
        let (whole, fraction) = text.as_str().split_once('.').unwrap_or((text.as_str(), ""));
        let number = |digits: &str| digits.bytes().fold(0, |n: u64, b| n * 10 + u64::from(b - b'0'));
        let padding = (fraction.len()..DIGITS_MAX).fold(1, |n: u64, _| n * 10);
        Self { value: (number(whole), number(fraction) * padding), text }
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for VersionText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        let v = |t: &str| Version::new(t).unwrap();
        for (low, high) in
            [("4.10", "4.2"), ("9", "10"), ("20.0", "20.01"), ("2026.0101", "2026.1231"), ("0", "0.1")]
        {
            assert!(v(low) < v(high), "{low} < {high}");
        }
        for (a, b) in [("20", "20.0"), ("020.50", "20.5"), (".5", "0.5"), ("3.", "3")] {
            assert_eq!(v(a), v(b));
            assert_eq!(v(a).canonical(), v(b).canonical());
            let kept = Version::from(v(a).text());
            assert_eq!((kept, kept.as_str()), (v(a), a));
        }
    }

    #[test]
    fn a_version_is_digits_and_one_point() {
        for bad in ["", ".", "1.2.3", "v1", "1a", "-1", "1e3", "５", "1234567890123456789"] {
            assert!(Version::new(bad).is_err(), "{bad:?}");
        }
    }
}
