//! A part of the chain, the newest lines first.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::time::Instant;

use super::files::{first_line, names};
use super::line::AuditLine;

/// Lines that a search keeps at most.
const FOUND_MAX: usize = 2_000;

/// A part of the chain.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// Its lines, the newest first.
    pub lines: Vec<AuditLine>,
    /// How many there are in all, or were found.
    pub total: usize,
    /// Older lines were not looked at: enough were found, or the time was over.
    pub is_cut: bool,
}

/// So many lines, the newest first, after so many were passed over; nothing is verified. They are found by the
/// numbers of their files, so that only the files that they are in are read.
///
/// # Errors
/// When it cannot be read.
pub fn newest(folder: &Path, skip: usize, take: usize) -> io::Result<Looked> {
    let names = names(folder)?;
    let first = |name: &String| first_line(name).unwrap_or(0);
    let Some((oldest, newest)) = names.first().zip(names.last()) else { return Ok(Looked::default()) };
    let bytes = std::fs::read(folder.join(newest))?;
    // The number behind the last line.
    let end = first(newest) + texts(&bytes).count() as u64;
    let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let upto = end.saturating_sub(number(skip));
    let from = upto.saturating_sub(number(take)).max(first(oldest));
    let mut lines = Vec::new();
    let mut after = end;
    for name in names.iter().rev() {
        let at = first(name);
        if after > from && at < upto {
            let bytes = std::fs::read(folder.join(name))?;
            let numbered = (at..).zip(texts(&bytes)).filter(|(n, _)| (from..upto).contains(n));
            let mut part: Vec<_> = numbered.filter_map(|(_, text)| AuditLine::read(text)).collect();
            part.reverse();
            lines.extend(part);
        }
        after = at;
    }
    let total = usize::try_from(end.saturating_sub(first(oldest))).unwrap_or(usize::MAX);
    Ok(Looked { lines, total, is_cut: false })
}

/// The same of the lines that are wanted, as far back as there is time.
///
/// # Errors
/// When it cannot be read.
pub fn search(
    folder: &Path,
    skip: usize,
    take: usize,
    until: Instant,
    is_wanted: impl Fn(&AuditLine) -> bool,
) -> io::Result<Looked> {
    let mut found: Vec<AuditLine> = Vec::new();
    let mut is_cut = false;
    for name in names(folder)?.iter().rev() {
        if found.len() >= FOUND_MAX || Instant::now() >= until {
            is_cut = true;
            break;
        }
        let bytes = std::fs::read(folder.join(name))?;
        let mut part = VecDeque::new();
        for line in texts(&bytes).filter_map(AuditLine::read).filter(&is_wanted) {
            if part.len() >= FOUND_MAX - found.len() {
                part.pop_front();
                is_cut = true;
            }
            part.push_back(line);
        }
        found.extend(part.into_iter().rev());
    }
    let total = found.len();
    Ok(Looked { lines: found.into_iter().skip(skip).take(take).collect(), total, is_cut })
}

/// The whole lines of a file.
fn texts(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|b| *b == b'\n').filter_map(|line| line.strip_suffix(b"\n"))
}
