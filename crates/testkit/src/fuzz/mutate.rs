//! One change of a file: at the level of bytes, of words, of lines, or of the whole.

use std::ops::Range;

use super::Originals;
use super::words::{ATTRIBUTES, DATES, HOSTS, KEYWORDS, NAMES, NUMBERS, PIECES};
use crate::rng::Rng;

/// What a change makes of a file at most, but for the rare huge ones.
const BYTES_MAX: usize = 256 << 10;
/// More than a license file may have.
const HUGE: u64 = 100 << 20;

/// The file, changed once.
pub(super) fn mutate(rng: &mut Rng, bytes: Vec<u8>, originals: &Originals) -> Vec<u8> {
    if bytes.len() > BYTES_MAX {
        return bytes;
    }
    match rng.below(100) {
        0..30 => of_bytes(rng, bytes),
        30..65 => of_words(rng, &bytes),
        65..90 => of_lines(rng, bytes, originals),
        _ => of_file(rng, &bytes),
    }
}

fn index(rng: &mut Rng, below: usize) -> usize {
    usize::try_from(rng.below(below as u64)).unwrap_or(0)
}

/// A part of something, mostly a short one.
fn part(rng: &mut Rng, len: usize) -> Range<usize> {
    let start = index(rng, len + 1);
    let most = if rng.chance(800) { 16 } else { len };
    start..(start + index(rng, most + 1)).min(len)
}

fn pick(rng: &mut Rng, of: &[&str]) -> Vec<u8> {
    rng.pick(of).copied().unwrap_or_default().as_bytes().to_vec()
}

/// Puts something in place of a part.
fn put(bytes: &[u8], at: Range<usize>, new: &[u8]) -> Vec<u8> {
    [bytes.get(..at.start).unwrap_or_default(), new, bytes.get(at.end..).unwrap_or_default()].concat()
}

fn of_bytes(rng: &mut Rng, mut bytes: Vec<u8>) -> Vec<u8> {
    let at = part(rng, bytes.len());
    match rng.below(7) {
        0 => {
            let bit = 1 << rng.below(8);
            if let Some(byte) = bytes.get_mut(at.start) {
                *byte ^= bit;
            }
            bytes
        }
        1 => {
            let new = [rng.below(256).to_le_bytes()[0]];
            put(&bytes, at.start..at.start, &new)
        }
        2 => put(&bytes, at, b""),
        3 => {
            let copy = bytes.get(at.clone()).unwrap_or_default().to_vec();
            put(&bytes, at.start..at.start, &copy)
        }
        4 => {
            let copy = bytes.get(at).unwrap_or_default().to_vec();
            let to = index(rng, bytes.len() + 1);
            put(&bytes, to..to, &copy)
        }
        5 => {
            let new = rng.pick(PIECES).copied().unwrap_or_default();
            put(&bytes, at, new)
        }
        _ => {
            let new = rng.pick(PIECES).copied().unwrap_or_default();
            put(&bytes, at.start..at.start, new)
        }
    }
}

/// Where the words are: what is between blanks, or between blanks and `=`, `:` and quotes.
fn words(bytes: &[u8], is_fine: bool) -> Vec<Range<usize>> {
    let divides = |b: &u8| b.is_ascii_whitespace() || (is_fine && matches!(b, b'=' | b':' | b'"' | b'\\'));
    let mut found = Vec::new();
    let mut start = 0;
    for part in bytes.split(divides) {
        if !part.is_empty() {
            found.push(start..start + part.len());
        }
        start += part.len() + 1;
    }
    found
}

fn of_words(rng: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let words = words(bytes, rng.chance(500));
    let (Some(at), Some(other)) = (rng.pick(&words).cloned(), rng.pick(&words).cloned()) else {
        return pick(rng, KEYWORDS);
    };
    let text = |at: &Range<usize>| bytes.get(at.clone()).unwrap_or_default().to_vec();
    match rng.below(12) {
        0 => put(bytes, at, &pick(rng, NUMBERS)),
        1 => put(bytes, at, &pick(rng, DATES)),
        2 => put(bytes, at, &pick(rng, KEYWORDS)),
        3 => put(bytes, at, &pick(rng, HOSTS)),
        4 => put(bytes, at, &pick(rng, NAMES)),
        5 => put(bytes, at, &pick(rng, ATTRIBUTES)),
        6 | 7 => {
            let new = [b" ", pick(rng, ATTRIBUTES).as_slice()].concat();
            put(bytes, at.end..at.end, &new)
        }
        8 => put(bytes, at, &text(&other)),
        9 => {
            let new =
                if rng.chance(500) { text(&at).to_ascii_lowercase() } else { text(&at).to_ascii_uppercase() };
            put(bytes, at, &new)
        }
        10 => {
            let quoted = [b"\"", text(&at).as_slice(), b"\""].concat();
            put(bytes, at, &quoted)
        }
        _ => put(bytes, at.end..at.end, b" \\\n"),
    }
}

/// Lines with their ends; physical ones, or those that belong together.
fn lines(bytes: &[u8], are_joined: bool) -> Vec<Vec<u8>> {
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        match lines.last_mut() {
            Some(last) if are_joined && last.ends_with(b"\\\n") => last.extend_from_slice(line),
            _ => lines.push(line.to_vec()),
        }
    }
    lines
}

fn of_lines(rng: &mut Rng, bytes: Vec<u8>, originals: &Originals) -> Vec<u8> {
    let are_joined = rng.chance(700);
    let mut all = lines(&bytes, are_joined);
    if all.is_empty() {
        return bytes;
    }
    let (at, to) = (index(rng, all.len()), index(rng, all.len()));
    match rng.below(7) {
        0 => drop(all.remove(at)),
        1 => {
            let line = all.remove(at);
            all.insert(to, line);
        }
        2 => all.swap(at, to),
        3 => {
            let copy = all.get(at).cloned().unwrap_or_default();
            all.insert(to, copy);
        }
        _ => {
            let pool = if rng.chance(700) { originals.signed() } else { originals.unsigned() };
            let other = lines(rng.pick(pool).map_or(&[][..], Vec::as_slice), are_joined);
            if rng.chance(500) {
                all.splice(at.., other.into_iter().skip(to));
            } else {
                all.splice(at..at, rng.pick(&other).cloned());
            }
        }
    }
    all.concat()
}

fn of_file(rng: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let ends = |end: &[u8]| -> Vec<u8> {
        bytes.iter().flat_map(|b| if *b == b'\n' { end } else { std::slice::from_ref(b) }).copied().collect()
    };
    match rng.below(10) {
        0 => ends(b"\r\n"),
        1 => ends(b"\r"),
        2 => [b"\xef\xbb\xbf", bytes].concat(),
        3 => bytes.iter().flat_map(|b| [*b, 0]).collect(),
        4 => bytes.trim_ascii_end().to_vec(),
        5 => [bytes.trim_ascii_end(), b" \\"].concat(),
        6 => {
            let end = index(rng, bytes.len() + 1);
            bytes.get(..end).unwrap_or_default().to_vec()
        }
        7 => [bytes, bytes].concat(),
        _ => repeated(rng, bytes),
    }
}

/// A part again and again: often for some kilobytes, rarely beyond what a file may have.
fn repeated(rng: &mut Rng, bytes: &[u8]) -> Vec<u8> {
    let at = if rng.chance(500) {
        let lines = words(bytes, false);
        rng.pick(&lines).cloned().unwrap_or(0..0)
    } else {
        part(rng, bytes.len())
    };
    let mut what = bytes.get(at.clone()).unwrap_or_default().to_vec();
    what.extend_from_slice(rng.pick(&[&b" "[..], b"", b"\n", b" \\\n"]).copied().unwrap_or_default());
    let most = match rng.below(2_000) {
        0 => HUGE,
        1..20 => 2 << 20,
        _ => 16 << 10,
    };
    let most = usize::try_from(rng.below(most)).unwrap_or(0);
    let times = most.checked_div(what.len()).unwrap_or(0);
    put(bytes, at, &what.repeat(times))
}
