//! A license file in memory, and places in it.

use std::ops::Range;

/// A file's name and bytes. This crate never opens a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path as it is shown.
    pub name: String,
    /// What the file holds.
    pub bytes: Vec<u8>,
}

/// One physical line around a place, ready to be shown.
pub(crate) struct Shown {
    /// Line number, from 1.
    pub(crate) number: usize,
    /// Column of the place in characters, from 1.
    pub(crate) column: usize,
    /// The line, or the part of it around the place; nothing in it can disturb a terminal.
    pub(crate) text: String,
    /// The place in `text`, in bytes.
    pub(crate) mark: Range<usize>,
}

/// Characters of a line that are shown before and after the beginning of the place.
const SHOWN_BEFORE: usize = 60;
const SHOWN_AFTER: usize = 100;

impl Source {
    /// A source of this name.
    #[must_use]
    pub fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), bytes: bytes.into() }
    }

    /// The line that a place begins in. A place that spans lines is marked to the end of its first.
    pub(crate) fn shown(&self, span: &Range<usize>) -> Shown {
        let start = span.start.min(self.bytes.len());
        let (before, after) = self.bytes.split_at(start);
        let line_start = before.iter().rposition(|b| is_line_end(*b)).map_or(0, |at| at + 1);
        let line_end = start + after.iter().position(|b| is_line_end(*b)).unwrap_or(after.len());
        let part = |range: Range<usize>| decode(self.bytes.get(range).unwrap_or_default());
        let left = part(line_start..start);
        let left = left.strip_prefix('\u{feff}').unwrap_or(&left);
        let marked_end = span.end.clamp(start, line_end);
        let column = left.chars().count() + 1;
        let skipped = column.saturating_sub(1 + SHOWN_BEFORE);
        let mut text: String = left.chars().skip(skipped).map(visible).collect();
        let mark_start = text.len();
        text.extend(part(start..marked_end).chars().take(SHOWN_AFTER).map(visible));
        let mark = mark_start..text.len();
        let rest = SHOWN_AFTER.saturating_sub(text.get(mark.clone()).map_or(0, |t| t.chars().count()));
        text.extend(part(marked_end..line_end).chars().take(rest).map(visible));
        Shown { number: self.line_number(start), column, text, mark }
    }

    /// The number of the line that holds a byte, from 1.
    fn line_number(&self, at: usize) -> usize {
        let before = self.bytes.get(..at).unwrap_or_default();
        let pairs = before.windows(2).filter(|pair| pair == b"\r\n").count();
        let split = before.last() == Some(&b'\r') && self.bytes.get(at) == Some(&b'\n');
        1 + before.iter().filter(|b| is_line_end(**b)).count() - pairs - usize::from(split)
    }
}

pub(crate) fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Bytes as text: UTF-8 where they are, Latin-1 where not.
pub(crate) fn decode(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// The character, or `?` where it would move, hide or recolour what a terminal shows.
pub(crate) fn visible(c: char) -> char {
    let hidden = matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}');
    match c {
        '\t' => ' ',
        _ if c.is_control() || hidden => '?',
        _ => c,
    }
}

/// A text from a file as part of a message: visible, and at most 80 characters.
#[must_use]
pub fn quoted(bytes: &[u8]) -> String {
    let text = decode(bytes);
    let cut: String = text.chars().take(80).map(visible).collect();
    if cut.len() < text.len() && text.chars().count() > 80 {
        format!("`{cut}…`")
    } else {
        format!("`{cut}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lf_29_lines_are_counted_whatever_ends_them() {
        for end in ["\n", "\r\n", "\r"] {
            let source = Source::new("x", format!("a{end}{end}bcd{end}e"));
            let at = source.bytes.iter().position(|b| *b == b'c').unwrap();
            let shown = source.shown(&(at..at + 50));
            assert_eq!((shown.number, shown.column, shown.text.as_str(), shown.mark), (3, 2, "bcd", 1..3));
            assert_eq!(source.shown(&(usize::MAX..usize::MAX)).number, 4);
        }
    }

    #[test]
    fn lf_28_latin_1_and_hidden_characters_can_be_shown() {
        let source = Source::new("x", b"M\xfcller \x1b[2J \xe2\x80\xae x".to_vec());
        assert_eq!(source.shown(&(0..1)).text, "Müller ?[2J â?® x");
        let source = Source::new("x", "a\u{202e}b\tc");
        assert_eq!(source.shown(&(0..1)).text, "a?b c");
        let source = Source::new("x", [b"k ".repeat(30_000), b"!".to_vec()].concat());
        let shown = source.shown(&(60_000..60_001));
        assert_eq!((shown.column, shown.text.len()), (60_001, 61));
    }
}
