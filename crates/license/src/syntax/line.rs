//! A logical line and its words.

use std::borrow::Cow;
use std::ops::Range;

use super::Keyword;

/// One logical line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) keyword: Keyword,
    /// Every word after the keyword.
    pub(crate) words: Vec<Word>,
    /// From the keyword to the end of the last word.
    pub(crate) span: Range<u32>,
    /// The number of its first physical line, from 1.
    pub(crate) number: u32,
}

impl Line {
    /// The bytes of the keyword as written.
    pub(crate) fn keyword_span(&self) -> Range<u32> {
        let length = u32::try_from(self.keyword.text().len()).unwrap_or(0);
        self.span.start..(self.span.start + length).min(self.span.end)
    }

    /// The first attribute with this name; names are case-sensitive.
    pub(crate) fn attribute(&self, bytes: &[u8], fields: usize, name: &str) -> Option<&Word> {
        self.words.iter().skip(fields).find(|word| word.key(bytes) == name.as_bytes())
    }
}

/// How a word was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WordForm {
    /// Without quotes.
    Plain,
    /// With a quoted part that ends it.
    Quoted,
    /// `KEY={…}`.
    Braced,
}

/// A word: a field, or an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) span: Range<u32>,
    /// Where its first `=` is, when it has one outside quotes.
    equals: Option<u32>,
    pub(crate) form: WordForm,
}

impl Word {
    pub(crate) fn new(span: Range<u32>, equals: Option<u32>, form: WordForm) -> Self {
        Self { span, equals, form }
    }

    /// The word as written.
    pub(crate) fn text<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        slice(bytes, &self.span)
    }

    /// What stands before `=`; all of it where there is none.
    pub(crate) fn key<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        slice(bytes, &self.key_span())
    }

    /// Where the key stands.
    pub(crate) fn key_span(&self) -> Range<u32> {
        self.span.start..self.equals.unwrap_or(self.span.end)
    }

    /// Whether the word has a `=`.
    pub(crate) fn has_value(&self) -> bool {
        self.equals.is_some()
    }

    /// What stands after `=`: without its quotes, and with one blank for each continuation in it.
    pub(crate) fn value<'a>(&self, bytes: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let raw = slice(bytes, &(self.equals? + 1..self.span.end));
        Some(match self.form {
            WordForm::Plain => Cow::Borrowed(raw),
            WordForm::Quoted => joined(raw, true),
            WordForm::Braced => joined(raw, false),
        })
    }

    /// Whether an administrator may add, change and remove it: `key=value` with no upper-case letter
    /// in the key.
    pub(crate) fn is_free(&self, bytes: &[u8]) -> bool {
        let key = self.key(bytes);
        self.has_value()
            && key.first().is_some_and(u8::is_ascii_lowercase)
            && !key.iter().any(u8::is_ascii_uppercase)
    }
}

fn slice<'a>(bytes: &'a [u8], span: &Range<u32>) -> &'a [u8] {
    bytes.get(span.start as usize..span.end as usize).unwrap_or_default()
}

/// The bytes without quotes (when asked), each continuation with the blanks around it as one blank.
fn joined(raw: &[u8], unquote: bool) -> Cow<'_, [u8]> {
    let changes = |b: &u8| matches!(b, b'\n' | b'\r') || (unquote && *b == b'"');
    if !raw.iter().any(changes) {
        return Cow::Borrowed(raw);
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(byte) = raw.get(at) {
        if let Some(after) = continuation(raw, at) {
            while out.last().is_some_and(|b| is_blank(*b)) {
                out.pop();
            }
            out.push(b' ');
            at = after + raw.iter().skip(after).take_while(|b| is_blank(**b)).count();
        } else {
            if !(unquote && *byte == b'"') {
                out.push(*byte);
            }
            at += 1;
        }
    }
    Cow::Owned(out)
}

pub(crate) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// Where the next physical line begins, when a continuation begins at `at`: a `\` with nothing but
/// blanks behind it in its line.
pub(crate) fn continuation(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'\\') {
        return None;
    }
    let mut next = at + 1;
    while bytes.get(next).is_some_and(|b| is_blank(*b)) {
        next += 1;
    }
    line_end(bytes, next)
}

/// Where the next line begins, when a line end (or the file's) is at `at`.
pub(crate) fn line_end(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at) {
        None => Some(at),
        Some(b'\n') => Some(at + 1),
        Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => Some(at + 2),
        Some(b'\r') => Some(at + 1),
        Some(_) => None,
    }
}
