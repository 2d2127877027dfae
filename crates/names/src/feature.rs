//! The names of features.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::id::check;
use crate::{Invalid, limits};

/// A feature's name: letters, digits, `_`, `-`, `.`, `:` and `+`.
///
/// It is in every request, which one thread makes and another ends, so one of usual length (FlexNet allows
/// 30 characters) is kept in place: a counted reference would travel between them each time.
#[derive(Clone)]
pub struct Feature(Text);

#[derive(Clone)]
enum Text {
    Short(Place),
    Long(Arc<str>),
}

/// A text, zeros, and its length; read as four words.
#[derive(Clone, Copy)]
#[repr(align(8))]
struct Place([u8; SHORT_MAX + 1]);

/// Characters that are kept in place.
const SHORT_MAX: usize = 31;

impl Feature {
    /// Checks a text.
    ///
    /// # Errors
    /// When it is empty, too long or has other characters.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        check(text, "a feature name", limits::FEATURE_CHARS_MAX, |b| {
            b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':' | b'+')
        })?;
        if text.len() > SHORT_MAX {
            return Ok(Self(Text::Long(text.into())));
        }
        let mut place = [0; SHORT_MAX + 1];
        let (begin, _) = place.split_at_mut(text.len());
        begin.copy_from_slice(text.as_bytes());
        place[SHORT_MAX] = text.len() as u8;
        Ok(Self(Text::Short(Place(place))))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // It is ASCII: nothing is lost.
            Text::Short(..) => std::str::from_utf8(self.bytes()).unwrap_or_default(),
            Text::Long(text) => text,
        }
    }

    fn bytes(&self) -> &[u8] {
        match &self.0 {
            Text::Short(Place(place)) => place.get(..usize::from(place[SHORT_MAX])).unwrap_or_default(),
            Text::Long(text) => text.as_bytes(),
        }
    }
}

impl Place {
    fn words(&self) -> [u64; 4] {
        let word = |at: usize| self.0.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
        [0, 8, 16, 24].map(|at| u64::from_le_bytes(word(at).unwrap_or_default()))
    }
}

impl PartialEq for Feature {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Text::Short(one), Text::Short(other)) => one.words() == other.words(),
            (Text::Long(one), Text::Long(other)) => one == other,
            _ => false,
        }
    }
}

impl Eq for Feature {}

impl Hash for Feature {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Text::Short(place) => place.words().into_iter().for_each(|word| state.write_u64(word)),
            Text::Long(text) => text.hash(state),
        }
    }
}

impl PartialOrd for Feature {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Feature {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::*;

    #[test]
    fn a_name_is_the_same_however_long() {
        let texts: Vec<_> =
            (1..=limits::FEATURE_CHARS_MAX).map(|n| "mill:+-._x9".repeat(6)[..n].to_owned()).collect();
        let features: Vec<_> = texts.iter().map(|text| Feature::new(text).unwrap()).collect();
        for (text, feature) in texts.iter().zip(&features) {
            assert_eq!((feature.as_str(), feature.to_string().as_str()), (text.as_str(), text.as_str()));
            assert_eq!(*feature, Feature::new(text).unwrap());
        }
        let all: BTreeSet<_> = features.iter().cloned().collect();
        let hashed: HashSet<_> = features.iter().cloned().chain(features.iter().cloned()).collect();
        assert_eq!((all.len(), hashed.len()), (texts.len(), texts.len()));
        let in_order: Vec<_> = all.iter().map(Feature::as_str).collect();
        assert_eq!(
            in_order,
            texts.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
        );
    }

    #[test]
    fn a_name_has_letters_digits_and_few_signs() {
        let long = "x".repeat(limits::FEATURE_CHARS_MAX + 1);
        for bad in ["", " ", "mill 2", "mühle", "mill\n", "a/b", long.as_str()] {
            assert!(Feature::new(bad).is_err(), "{bad:?}");
        }
    }
}
