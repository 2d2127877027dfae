//! Bytes to lines of words, in one pass.

use std::ops::Range;

use names::{Code, limits};

use super::keyword::Keyword;
use super::line::{Line, Word, WordForm, continuation, is_blank, line_end};
use crate::findings::Findings;
use crate::limits::{CONTINUATIONS_MAX, LINE_BYTES_MAX, WORDS_MAX};
use crate::source::quoted;

/// A file as lines.
#[derive(Debug, Default)]
pub(crate) struct SyntaxFile {
    pub(crate) lines: Vec<Line>,
}

/// Reads a file. What is no line is in the findings.
pub(crate) fn parse(bytes: &[u8], findings: &mut Findings) -> SyntaxFile {
    if refuse_whole(bytes, findings) {
        return SyntaxFile::default();
    }
    let start = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut lexer = Lexer { bytes, at: start, number: 1, findings, quiet: false };
    let mut lines = Vec::new();
    while lexer.at < bytes.len() {
        lines.extend(lexer.logical_line());
    }
    SyntaxFile { lines }
}

/// Names what makes a file no license file at all.
fn refuse_whole(bytes: &[u8], findings: &mut Findings) -> bool {
    if bytes.len() > limits::PACK_BYTES_MAX {
        let message = format!("the file has more than {} MiB", limits::PACK_BYTES_MAX >> 20);
        findings.refuse(
            Code::BadSyntax,
            0..0,
            message,
            "a license file is a short text: name the right file",
        );
        return true;
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        findings.refuse(
            Code::BadSyntax,
            0..2,
            "the file is UTF-16, which license files are not",
            "save it as plain text, ASCII or UTF-8",
        );
        return true;
    }
    let control = |b: &u8| (*b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r')) || *b == 0x7f;
    let Some(at) = bytes.iter().position(control) else { return false };
    let byte = bytes.get(at).copied().unwrap_or_default();
    let place = u32::try_from(at).unwrap_or(0);
    findings.refuse(
        Code::BadSyntax,
        place..place + 1,
        format!("the file has the control character 0x{byte:02x}"),
        "a license file is plain text: remove the character, or name the right file",
    );
    true
}

struct Lexer<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Number of the physical line at `at`.
    number: u32,
    findings: &'a mut Findings,
    /// The last line was broken off: unknown keywords are its remains until a known one comes.
    quiet: bool,
}

/// Why a logical line is none.
enum Broken {
    Quote(Range<u32>),
    /// The quote that should have closed it is another attribute's.
    RunsOn(Range<u32>),
    AfterQuote(Range<u32>),
    Continuations,
    TooLong,
    TooManyWords,
}

/// What a logical line has come to.
#[derive(Default)]
struct Progress {
    words: Vec<Word>,
    continuations: usize,
    broken: Option<Broken>,
}

impl Lexer<'_> {
    /// The next logical line; nothing for an empty one, a comment, and one that is broken.
    fn logical_line(&mut self) -> Option<Line> {
        self.skip_blanks();
        if self.bytes.get(self.at) == Some(&b'#') {
            self.skip_to_line_end();
        }
        if self.take_line_end() {
            return None;
        }
        let (start, number) = (self.at, self.number);
        let mut progress = Progress::default();
        self.skip_between(&mut progress);
        while !self.take_line_end() {
            self.word(start, &mut progress);
            self.skip_between(&mut progress);
        }
        self.finish(start, number, progress)
    }

    fn finish(&mut self, start: usize, number: u32, progress: Progress) -> Option<Line> {
        let mut words = progress.words.into_iter();
        let first = words.next()?;
        let keyword = Keyword::from_bytes(first.text(self.bytes));
        if keyword.is_none() && self.quiet {
            return None;
        }
        if let Some(broken) = progress.broken {
            self.quiet = matches!(broken, Broken::Quote(_));
            self.say_broken(position(start)..first.span.end, &broken);
            return None;
        }
        let Some(keyword) = keyword else {
            self.say_unknown(&first);
            return None;
        };
        self.quiet = false;
        let words: Vec<Word> = words.collect();
        let end = words.last().map_or(first.span.end, |word| word.span.end);
        Some(Line { keyword, words, span: first.span.start..end, number })
    }

    /// Reads one word and keeps it, unless the line is already broken.
    fn word(&mut self, line_start: usize, progress: &mut Progress) {
        let start = self.at;
        let mut equals = None;
        let mut form = WordForm::Plain;
        while let Some(byte) = self.bytes.get(self.at).copied() {
            if is_blank(byte) || matches!(byte, b'\n' | b'\r') || continuation(self.bytes, self.at).is_some()
            {
                break;
            }
            match byte {
                b'"' => {
                    form = WordForm::Quoted;
                    self.quoted_part(progress);
                    break;
                }
                b'{' if self.bytes.get(start..self.at) == Some(b"AUTH=") => {
                    form = WordForm::Braced;
                    self.braced_part(progress);
                    break;
                }
                b'=' if equals.is_none() => equals = Some(self.at),
                _ => {}
            }
            self.at += 1;
        }
        let span = position(start)..position(self.at);
        if form != WordForm::Plain && !self.at_word_end() && progress.broken.is_none() {
            progress.broken = Some(Broken::AfterQuote(span.clone()));
        }
        if self.at - line_start > LINE_BYTES_MAX {
            progress.broken.get_or_insert(Broken::TooLong);
        }
        if progress.words.len() >= WORDS_MAX {
            progress.broken.get_or_insert(Broken::TooManyWords);
        } else {
            progress.words.push(Word::new(span, equals.map(position), form));
        }
    }

    /// From an opening quote to behind the closing one. The end of the line ends it too.
    fn quoted_part(&mut self, progress: &mut Progress) {
        let open = self.at;
        self.at += 1;
        let place = position(open)..position(open) + 1;
        if !self.scan_to(b'"', progress) {
            progress.broken.get_or_insert(Broken::Quote(place));
        } else if !self.at_word_end() && self.ends_as_an_attribute(open) {
            progress.broken.get_or_insert(Broken::RunsOn(place));
        }
    }

    /// Whether what was quoted from `open` on ends with ` KEY=`, as in `NOTICE="a SIGN="…"`.
    fn ends_as_an_attribute(&self, open: usize) -> bool {
        let inside = self.bytes.get(open + 1..self.at - 1).unwrap_or_default();
        let Some(inside) = inside.strip_suffix(b"=") else { return false };
        let of_key = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_';
        let key = inside.iter().rev().take_while(|b| of_key(b)).count();
        key > 0
            && inside.len().checked_sub(key + 1).and_then(|at| inside.get(at)).is_some_and(|b| is_blank(*b))
    }

    /// From `{` to behind its `}`, quoted parts and inner braces skipped.
    fn braced_part(&mut self, progress: &mut Progress) {
        let open = position(self.at);
        let mut depth = 0_usize;
        while let Some(byte) = self.bytes.get(self.at).copied() {
            if let Some(next) = continuation(self.bytes, self.at) {
                self.take_continuation(next, progress);
                continue;
            }
            match byte {
                b'\n' | b'\r' => break,
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b'"' => {
                    self.quoted_part(progress);
                    continue;
                }
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
        progress.broken.get_or_insert(Broken::Quote(open..open + 1));
    }

    /// To behind the next `end` in the logical line; false when the line ends before.
    fn scan_to(&mut self, end: u8, progress: &mut Progress) -> bool {
        while let Some(byte) = self.bytes.get(self.at).copied() {
            if byte == end {
                self.at += 1;
                return true;
            }
            if matches!(byte, b'\n' | b'\r') {
                return false;
            }
            match continuation(self.bytes, self.at) {
                Some(next) => self.take_continuation(next, progress),
                None => self.at += 1,
            }
        }
        false
    }

    /// Skips blanks and continuations between words.
    fn skip_between(&mut self, progress: &mut Progress) {
        self.skip_blanks();
        while let Some(next) = continuation(self.bytes, self.at) {
            self.take_continuation(next, progress);
            self.skip_blanks();
        }
    }

    fn take_continuation(&mut self, next: usize, progress: &mut Progress) {
        self.at = next;
        self.number = self.number.saturating_add(1);
        progress.continuations += 1;
        if progress.continuations > CONTINUATIONS_MAX {
            progress.broken.get_or_insert(Broken::Continuations);
        }
    }

    fn skip_blanks(&mut self) {
        while self.bytes.get(self.at).is_some_and(|b| is_blank(*b)) {
            self.at += 1;
        }
    }

    fn skip_to_line_end(&mut self) {
        while line_end(self.bytes, self.at).is_none() {
            self.at += 1;
        }
    }

    /// Steps over a line end, when one is here.
    fn take_line_end(&mut self) -> bool {
        let Some(next) = line_end(self.bytes, self.at) else { return false };
        self.number = self.number.saturating_add(1);
        self.at = next;
        true
    }

    fn at_word_end(&self) -> bool {
        let byte = self.bytes.get(self.at).copied();
        byte.is_none_or(|b| is_blank(b) || matches!(b, b'\n' | b'\r'))
            || continuation(self.bytes, self.at).is_some()
    }

    fn say_broken(&mut self, first: Range<u32>, broken: &Broken) {
        let (span, message, remedy) = match broken {
            Broken::Quote(open) => (
                open.clone(),
                "what opens here is not closed in this line".to_owned(),
                "close it, or end the line with \\ where its text goes on",
            ),
            Broken::RunsOn(open) => (
                open.clone(),
                "what opens here is not closed before the next attribute".to_owned(),
                "write its closing quote",
            ),
            Broken::AfterQuote(word) => (
                word.clone(),
                "a quoted value goes on after its closing quote".to_owned(),
                "put a blank behind the closing quote; a value has no quotes inside",
            ),
            Broken::Continuations => (
                first,
                format!("the line goes on over more than {CONTINUATIONS_MAX} lines"),
                "put more of it into one line",
            ),
            Broken::TooLong => (
                first,
                format!("the line has more than {} KiB", LINE_BYTES_MAX >> 10),
                "make several lines of it",
            ),
            Broken::TooManyWords => {
                (first, format!("the line has more than {WORDS_MAX} words"), "make several lines of it")
            }
        };
        self.findings.error(Code::BadSyntax, span, message, remedy);
    }

    fn say_unknown(&mut self, first: &Word) {
        let word = first.key(self.bytes);
        self.findings.error_with(Code::UnknownKeyword, first.span.clone(), || {
            let remedy = match Keyword::near(word) {
                _ if first.has_value() => {
                    "an attribute belongs to a line: end the line before it with \\".to_owned()
                }
                Some(near) => format!("did you mean {near}? A line begins with a keyword; a comment with #"),
                None => "a line begins with a keyword such as INCREMENT; a comment with #".to_owned(),
            };
            (format!("unknown keyword {}", quoted(word)), remedy)
        });
    }
}

/// A file has at most 64 MiB, so every place fits.
fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
