//! Logical lines, and the physical ones that they go on over: of the whole text, comments and lines
//! that cannot be read included.

use std::ops::Range;

use crate::syntax::is_blank;

/// One logical line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logical {
    /// The number of its first physical line, from 1.
    pub(crate) first: u32,
    /// Its physical lines, without what ends them.
    pub(crate) physical: Vec<Range<usize>>,
    pub(crate) what: What,
}

/// What a logical line is at first sight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    Blank,
    Comment,
    Words,
}

impl Logical {
    /// The number of its last physical line.
    pub(crate) fn last(&self) -> u32 {
        let more = u32::try_from(self.physical.len()).unwrap_or(u32::MAX);
        self.first.saturating_add(more.saturating_sub(1))
    }

    /// From its first byte to its last.
    pub(crate) fn span(&self) -> Range<usize> {
        let start = self.physical.first().map_or(0, |line| line.start);
        start..self.physical.last().map_or(start, |line| line.end)
    }
}

/// The logical lines of a text, divided as the grammar divides them. A line end at the end of the text
/// begins no further line.
pub(crate) fn logical(bytes: &[u8]) -> Vec<Logical> {
    let mut all: Vec<Logical> = Vec::new();
    let mut goes_on = false;
    for (span, number) in physical(bytes).into_iter().zip(1..) {
        let text = bytes.get(span.clone()).unwrap_or_default();
        let text = if number == 1 { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) } else { text };
        let last = text.iter().rposition(|b| !is_blank(*b)).and_then(|at| text.get(at));
        let ends_open = last == Some(&b'\\');
        match all.last_mut() {
            Some(line) if goes_on => {
                if line.what == What::Blank && last.is_some() && !(ends_open && is_backslash(text)) {
                    line.what = What::Words;
                }
                line.physical.push(span);
                goes_on = ends_open;
            }
            _ => {
                let what = match text.iter().find(|b| !is_blank(**b)) {
                    None => What::Blank,
                    Some(b'#') => What::Comment,
                    Some(_) if ends_open && is_backslash(text) => What::Blank,
                    Some(_) => What::Words,
                };
                all.push(Logical { first: number, physical: vec![span], what });
                goes_on = ends_open && what != What::Comment;
            }
        }
    }
    all
}

/// Nothing but the `\` that continues the line.
fn is_backslash(text: &[u8]) -> bool {
    text.iter().filter(|b| !is_blank(**b)).count() == 1
}

fn physical(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let rest = bytes.get(start..).unwrap_or_default();
        let end = start + rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(rest.len());
        all.push(start..end);
        let two = bytes.get(end..end + 2) == Some(b"\r\n");
        start = end + if two { 2 } else { 1 };
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Findings;
    use crate::syntax::parse;

    #[test]
    fn lines_are_divided_as_the_grammar_does() {
        use What::{Blank, Comment, Words};
        for (text, expected) in [
            ("", &[][..]),
            ("a", &[(1, 1, Words)]),
            ("a\n\n", &[(1, 1, Words), (2, 2, Blank)]),
            ("a \\ \n b\\\r\n c\rd", &[(1, 3, Words), (4, 4, Words)]),
            (" # a \\\nb", &[(1, 1, Comment), (2, 2, Words)]),
            ("a \\\n# b\n", &[(1, 2, Words)]),
            ("\\\nINCREMENT", &[(1, 2, Words)]),
            ("\\\n\\\n\n", &[(1, 3, Blank)]),
            ("\u{feff}# a\nb \\", &[(1, 1, Comment), (2, 2, Words)]),
        ] {
            let found: Vec<_> =
                logical(text.as_bytes()).iter().map(|l| (l.first, l.last(), l.what)).collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn every_line_that_is_read_begins_where_a_logical_line_does() {
        let text = "# c \\\nSERVER a 02aa10203040 \\\n\n\\\nUSE_SERVER\r\nINCREMENT a b 1 permanent 1 \\\r SN=\"a \\\n b\"\nSEAL a b 1";
        let mut numbers: Vec<u32> =
            parse(text.as_bytes(), &mut Findings::new(0)).lines.iter().map(|line| line.number).collect();
        numbers.sort_unstable();
        let begins: Vec<u32> = logical(text.as_bytes())
            .iter()
            .filter(|line| line.what == What::Words)
            .map(|line| line.first)
            .collect();
        assert_eq!(numbers, begins);
    }
}
