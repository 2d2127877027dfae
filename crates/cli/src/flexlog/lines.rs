//! Lines of any length and encoding, in bounded memory.

use std::borrow::Cow;
use std::io::{BufRead, Result};

/// So much of a line is kept; what a longer one has behind it is passed over.
pub(crate) const LINE_BYTES_MAX: usize = 16 * 1024;

/// Reads lines.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    from: R,
    line: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// The lines of `from`.
    pub(crate) fn new(from: R) -> Self {
        Self { from, line: Vec::new() }
    }

    /// The next line without its end, with `\n` or `\r\n`. NUL bytes, which a crash leaves in a log, are
    /// left out.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>> {
        self.line.clear();
        let mut is_there = false;
        loop {
            let bytes = self.from.fill_buf()?;
            if bytes.is_empty() {
                break;
            }
            is_there = true;
            let end = bytes.iter().position(|b| *b == b'\n');
            let part = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
            keep(&mut self.line, part);
            let used = part.len() + usize::from(end.is_some());
            self.from.consume(used);
            if end.is_some() {
                break;
            }
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        Ok(is_there.then_some(&self.line))
    }
}

/// Appends what may be kept.
fn keep(line: &mut Vec<u8>, part: &[u8]) {
    let room = LINE_BYTES_MAX.saturating_sub(line.len());
    if part.contains(&0) {
        line.extend(part.iter().filter(|b| **b != 0).take(room));
    } else {
        line.extend_from_slice(part.get(..room.min(part.len())).unwrap_or_default());
    }
}

/// A line as text: UTF-8, or else the Latin letters of one byte each that older daemons write.
pub(crate) fn text(line: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(line) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(line.iter().map(|b| char::from(*b)).collect()),
    }
}
