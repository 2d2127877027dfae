//! Bytes to lines of words, in one pass.

use std::ops::Range;

use license::Findings;
use names::Code;

use crate::limits::{CONTINUATIONS_MAX, LINE_CHARS_MAX};

/// A logical line that has a word.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RawLine {
    /// Number of its first physical line, from 1.
    pub(crate) number: u32,
    pub(crate) words: Vec<Word>,
}

/// A word, its quotes taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    /// It began with a quote.
    pub(crate) quoted: bool,
    pub(crate) span: Range<u32>,
}

/// Why a line is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    TooLong,
    Continuations,
    Quote,
}

/// Reads lines one by one.
pub(crate) struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    number: u32,
    /// Nothing where the file is a license file, which has limits of its own.
    findings: Option<&'a mut Findings>,
}

impl<'a> Lexer<'a> {
    /// The lines of an options file.
    pub(crate) fn new(bytes: &'a [u8], findings: &'a mut Findings) -> Self {
        Self { findings: Some(findings), ..Self::of_license(bytes) }
    }

    /// The lines of a license file, which was judged already.
    pub(crate) fn of_license(bytes: &'a [u8]) -> Self {
        let at = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Self { bytes, at, number: 1, findings: None }
    }

    pub(crate) fn findings(&mut self) -> Option<&mut Findings> {
        self.findings.as_deref_mut()
    }

    /// The next line with a word in it that is no comment and not broken.
    pub(crate) fn next_line(&mut self) -> Option<RawLine> {
        while self.at < self.bytes.len() {
            self.skip_blanks();
            if self.byte() == Some(b'#') {
                while self.byte().is_some_and(|b| !is_line_end(b)) {
                    self.at += 1;
                }
            }
            if self.take_line_end() {
                continue;
            }
            let number = self.number;
            if let Some(words) = self.words().filter(|words| !words.is_empty()) {
                return Some(RawLine { number, words });
            }
        }
        None
    }

    /// The words up to the line's end; nothing where the line is broken, which is said.
    fn words(&mut self) -> Option<Vec<Word>> {
        let start = self.at;
        let (mut words, mut broken, mut continuations) = (Vec::new(), None, 0);
        let mut physical = start;
        loop {
            self.skip_blanks();
            if let Some(next) = self.continuation() {
                broken = broken.or_else(|| self.too_long(physical));
                (self.at, physical) = (next, next);
                self.number = self.number.saturating_add(1);
                continuations += 1;
                continue;
            }
            if line_end(self.bytes, self.at).is_some() {
                broken = broken.or_else(|| self.too_long(physical));
                self.take_line_end();
                break;
            }
            let word = self.word(&mut broken, &mut physical, &mut continuations);
            words.push(word);
        }
        if continuations > CONTINUATIONS_MAX {
            broken = broken.or(Some(Broken::Continuations));
        }
        match (broken, self.findings.is_some()) {
            (Some(broken), true) => {
                let span = words.first().map_or(place(start)..place(start) + 1, |word| word.span.clone());
                self.say(broken, span);
                None
            }
            _ => Some(words),
        }
    }

    fn word(&mut self, broken: &mut Option<Broken>, physical: &mut usize, continuations: &mut usize) -> Word {
        let start = self.at;
        let quoted = self.byte() == Some(b'"');
        let mut text = Vec::new();
        let mut inside = false;
        while let Some(byte) = self.byte().filter(|byte| !is_line_end(*byte)) {
            if let Some(next) = self.continuation() {
                if !inside {
                    break;
                }
                // Inside quotes it is a blank.
                *broken = broken.or_else(|| self.too_long(*physical));
                (self.at, *physical) = (next, next);
                self.number = self.number.saturating_add(1);
                *continuations += 1;
                self.skip_blanks();
                text.push(b' ');
                continue;
            }
            match byte {
                b'"' => inside = !inside,
                b' ' | b'\t' if !inside => break,
                _ => text.push(byte),
            }
            self.at += 1;
        }
        if inside {
            *broken = broken.or(Some(Broken::Quote));
        }
        Word { text: decode(text), quoted, span: place(start)..place(self.at) }
    }

    fn too_long(&self, physical: usize) -> Option<Broken> {
        let bytes = self.bytes.get(physical..self.at).unwrap_or_default();
        // Characters of UTF-8; a byte of Latin-1 is one too.
        let long = bytes.len() > LINE_CHARS_MAX
            && bytes.iter().filter(|byte| (**byte & 0xc0) != 0x80).count() > LINE_CHARS_MAX;
        long.then_some(Broken::TooLong)
    }

    fn say(&mut self, broken: Broken, span: Range<u32>) {
        let (message, remedy) = match broken {
            Broken::TooLong => (
                format!("the line has more than {LINE_CHARS_MAX} characters"),
                "end it with \\ and go on in the next line, or make several lines of it",
            ),
            Broken::Continuations => (
                format!("the line goes on over more than {CONTINUATIONS_MAX} lines"),
                "make several lines of it; GROUP lines of one name add up",
            ),
            Broken::Quote => ("a quote is not closed in this line".to_owned(), "write its closing quote"),
        };
        if let Some(findings) = self.findings() {
            findings.error(Code::BadSyntax, span, message, remedy);
        }
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_blanks(&mut self) {
        while self.byte().is_some_and(|b| matches!(b, b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Behind a `\` with nothing but blanks after it in its line, where one is here.
    fn continuation(&self) -> Option<usize> {
        if self.byte() != Some(b'\\') {
            return None;
        }
        let rest = self.bytes.get(self.at + 1..)?;
        let blanks = rest.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let end = self.at + 1 + blanks;
        line_end(self.bytes, end)
    }

    fn take_line_end(&mut self) -> bool {
        let Some(next) = line_end(self.bytes, self.at) else { return false };
        self.at = next;
        self.number = self.number.saturating_add(1);
        true
    }
}

/// Behind the line end at `at`; the file's end is one.
fn line_end(bytes: &[u8], at: usize) -> Option<usize> {
    match (bytes.get(at), bytes.get(at + 1)) {
        (None, _) => Some(bytes.len()),
        (Some(b'\r'), Some(b'\n')) => Some(at + 2),
        (Some(b'\n' | b'\r'), _) => Some(at + 1),
        _ => None,
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// UTF-8 where it is, Latin-1 where not.
fn decode(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|other| other.as_bytes().iter().map(|byte| char::from(*byte)).collect())
}

/// A file has a few MiB, so every place fits.
fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
