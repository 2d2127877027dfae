//! The line that closes a signed pack:
//! `SEAL vendor pack lines [REWRITES="1-3 5"] DIGEST=… SIGN="…"`.

use std::ops::{Range, RangeInclusive};

use names::{Code, PackNumber, Vendor};

use crate::canonical::{PackDigest, is_sign};
use crate::findings::Findings;
use crate::signature::canonical_number;
use crate::source::{decode, quoted};
use crate::syntax::Line;

/// How many words after `SEAL` are fields.
pub(crate) const FIELDS: usize = 3;

/// What a verified seal says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seal {
    pub(crate) vendor: Vendor,
    pub(crate) pack: PackNumber,
    /// How many signed lines the pack has.
    pub(crate) lines: u32,
    /// Which of them take something away or rewrite.
    pub(crate) rewrites: Vec<RangeInclusive<u32>>,
    /// Of all its lines. They are signed with it, so that no line of another signing is one of them.
    pub(crate) digest: PackDigest,
    /// The bytes that were signed.
    pub(crate) canonical: Vec<u8>,
    pub(crate) span: Range<u32>,
}

impl Seal {
    /// Reads a SEAL line whose shape is good and whose signature holds.
    pub(crate) fn read(
        bytes: &[u8],
        line: &Line,
        canonical: Vec<u8>,
        findings: &mut Findings,
    ) -> Option<Self> {
        let refuse = |findings: &mut Findings, span: Range<u32>, message: String| {
            let remedy = "ask the vendor for a pack that this version can read";
            findings.error(Code::UnknownKeyword, span, message, remedy);
        };
        for word in line.words.iter().skip(FIELDS) {
            let known = matches!(word.key(bytes), b"REWRITES" | b"DIGEST");
            if !known && !is_sign(word, bytes) && !word.is_free(bytes) {
                let message = format!("unknown attribute {} of a seal", quoted(word.key(bytes)));
                refuse(findings, word.span.clone(), message);
                return None;
            }
        }
        let field = |at: usize| line.words.get(at).map(|word| decode(word.text(bytes))).unwrap_or_default();
        let rewrites = match line.attribute(bytes, FIELDS, "REWRITES").and_then(|word| word.value(bytes)) {
            Some(value) => parse_ranges(&decode(&value)),
            None => Some(Vec::new()),
        };
        let digest = line.attribute(bytes, FIELDS, "DIGEST").and_then(|word| word.value(bytes));
        let digest = digest.and_then(|value| PackDigest::parse(&value));
        let (Ok(vendor), Ok(pack), Some(lines)) =
            (Vendor::new(&field(0)), PackNumber::new(&field(1)), canonical_number(&field(2)))
        else {
            refuse(findings, line.span.clone(), "the seal cannot be read".to_owned());
            return None;
        };
        let (Some(rewrites), Some(digest)) = (rewrites, digest) else {
            refuse(findings, line.span.clone(), "the seal cannot be read".to_owned());
            return None;
        };
        Some(Self { vendor, pack, lines, rewrites, digest, canonical, span: line.span.clone() })
    }

    /// Whether the seal says that this line takes something away or rewrites.
    pub(crate) fn names(&self, index: u32) -> bool {
        self.rewrites.iter().any(|range| range.contains(&index))
    }
}

/// `1-3 5`: rising, without overlap.
fn parse_ranges(text: &str) -> Option<Vec<RangeInclusive<u32>>> {
    let mut ranges = Vec::new();
    let mut last = 0;
    for word in text.split(' ') {
        let (from, to) = word.split_once('-').unwrap_or((word, word));
        let (from, to) = (canonical_number(from)?, canonical_number(to)?);
        if from <= last || to < from {
            return None;
        }
        last = to;
        ranges.push(from..=to);
    }
    Some(ranges)
}

/// Rising numbers as ranges: `1-3 5`.
pub(crate) fn write_ranges(numbers: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, to)) if *to + 1 == *number => *to = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let words: Vec<String> = ranges
        .iter()
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") })
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_go_there_and_back() {
        for (numbers, text) in
            [(&[1][..], "1"), (&[1, 2, 3, 5], "1-3 5"), (&[2, 4, 6, 7], "2 4 6-7"), (&[9, 10], "9-10")]
        {
            assert_eq!(write_ranges(numbers), text);
            let back: Vec<u32> = parse_ranges(text).unwrap().into_iter().flatten().collect();
            assert_eq!(back, numbers);
        }
        for bad in ["", "0", "3-1", "2 1", "1-2 2", "1,2", "1  2", "01", "1-", "-1", "x"] {
            assert_eq!(parse_ranges(bad), None, "{bad}");
        }
    }
}
