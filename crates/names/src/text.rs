//! Words that came from people and machines: user, host, display.

use std::fmt;
use std::sync::Arc;

use crate::{Invalid, limits};

/// A short printable text from outside: a user, a host, a display, an application's name.
///
/// At most [`limits::WORD_CHARS_MAX`] characters. Control characters, and characters that reorder
/// or hide text on a terminal, are refused, so a word can be shown in a log line or on a terminal as
/// it is. Blanks are allowed inside (FlexNet users have them), not at the ends. It may be empty.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Word(Arc<str>);

impl Word {
    /// Checks `text` and keeps it. `what` names it in the error.
    ///
    /// # Errors
    /// When it is too long or has characters that may not be shown.
    pub fn new(what: &'static str, text: &str) -> Result<Self, Invalid> {
        if text.chars().count() > limits::WORD_CHARS_MAX {
            return Err(Invalid::new(
                what,
                format!("it has more than {} characters; shorten it", limits::WORD_CHARS_MAX),
            ));
        }
        if let Some(bad) = text.chars().find(|c| is_hidden(*c)) {
            return Err(Invalid::new(
                what,
                format!("it has the character U+{:04X}, which cannot be shown; remove it", bad as u32),
            ));
        }
        if text.trim() != text {
            return Err(Invalid::new(what, "it begins or ends with a blank; remove it"));
        }
        Ok(Self(text.into()))
    }

    /// The nearest word to `text`: what may not be shown becomes `?`, and what is too long is cut.
    #[must_use]
    pub fn nearest(text: &str) -> Self {
        let shown: String = text
            .trim()
            .chars()
            .take(limits::WORD_CHARS_MAX)
            .map(|c| if is_hidden(c) { '?' } else { c })
            .collect();
        Self(shown.trim().into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a character must not reach a terminal or a log line as it is.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gr_06_lg_02_words_with_control_or_hidden_characters_are_refused() {
        for bad in ["a\nb", "a\rb", "\u{1b}[2J", "a\0", "\u{9b}x", "a\u{202e}b", "a\u{200b}", " a", "a "] {
            assert!(Word::new("a user", bad).is_err(), "{bad:?} must be refused");
            let near = Word::nearest(bad);
            assert!(Word::new("a user", near.as_str()).is_ok(), "{near:?} must be a word");
        }
        for good in ["", "kim", "LOCAL SERVICE", "/dev/pts/0", "Jürgen", "李"] {
            assert_eq!(Word::new("a user", good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn gr_06_a_word_has_64_characters_at_most() {
        assert!(Word::new("a user", &"x".repeat(63)).is_ok());
        assert!(Word::new("a user", &"x".repeat(64)).is_ok());
        assert!(Word::new("a user", &"x".repeat(65)).is_err());
        assert_eq!(Word::nearest(&"x".repeat(65)).as_str().len(), 64);
    }
}
