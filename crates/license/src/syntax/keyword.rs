//! The first word of a line.

/// What kind of line it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keyword {
    Server,
    Vendor,
    UseServer,
    Feature,
    Increment,
    Upgrade,
    Package,
    FeatureSet,
    /// Ours: closes a signed pack.
    Seal,
}

/// Every spelling; `DAEMON` is the old one of `VENDOR`.
const KEYWORDS: [(&str, Keyword); 10] = [
    ("SERVER", Keyword::Server),
    ("VENDOR", Keyword::Vendor),
    ("DAEMON", Keyword::Vendor),
    ("USE_SERVER", Keyword::UseServer),
    ("FEATURE", Keyword::Feature),
    ("INCREMENT", Keyword::Increment),
    ("UPGRADE", Keyword::Upgrade),
    ("PACKAGE", Keyword::Package),
    ("FEATURESET", Keyword::FeatureSet),
    ("SEAL", Keyword::Seal),
];

impl Keyword {
    /// Reads a keyword, in any case, as FlexNet does.
    pub(crate) fn from_bytes(word: &[u8]) -> Option<Self> {
        let found = KEYWORDS.iter().find(|(text, _)| word.eq_ignore_ascii_case(text.as_bytes()));
        found.map(|(_, keyword)| *keyword)
    }

    /// The keyword's first spelling, in upper case.
    pub(crate) fn text(self) -> &'static str {
        KEYWORDS.iter().find(|(_, keyword)| *keyword == self).map_or("", |(text, _)| text)
    }

    /// Whether it is a line that gives, or rewrites, licenses.
    pub(crate) fn is_license(self) -> bool {
        matches!(self, Self::Feature | Self::Increment | Self::Upgrade | Self::Package)
    }

    /// The keyword that somebody may have meant.
    pub(crate) fn near(word: &[u8]) -> Option<&'static str> {
        nearest(word, KEYWORDS.iter().map(|(text, _)| *text))
    }
}

/// The name that is at most two typing errors away from a word, the nearest one.
#[must_use]
pub fn nearest(word: &[u8], among: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    const LONGEST: usize = 32;
    if word.len() > LONGEST || word.len() < 2 {
        return None;
    }
    let word = word.to_ascii_uppercase();
    let near = among.map(|name| (distance(&word, name.as_bytes()), name)).min_by_key(|(far, _)| *far)?;
    (near.0 <= 2 && near.0 < word.len() / 2 + 1).then_some(near.1)
}

/// Insertions, deletions and replacements that make one word of the other.
pub(crate) fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let here = (diagonal + usize::from(x != y)).min(left + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = here;
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_keyword_finds_its_neighbour() {
        for (word, near) in [
            ("FEATRE", Some("FEATURE")),
            ("INCREMNT", Some("INCREMENT")),
            ("SERVR", Some("SERVER")),
            ("seal1", Some("SEAL")),
            ("UNKNOWN", None),
            ("AJDFKJADFJADF", None),
            ("", None),
            ("X", None),
        ] {
            assert_eq!(Keyword::near(word.as_bytes()), near, "{word}");
        }
        assert_eq!(Keyword::from_bytes(b"Increment"), Some(Keyword::Increment));
        assert_eq!(Keyword::from_bytes(b"DAEMON").map(Keyword::text), Some("VENDOR"));
    }
}
