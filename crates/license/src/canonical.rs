//! The bytes that are signed. The crate's README specifies them; golden tests hold them.

use names::CpuId;
use sha2::{Digest as _, Sha256};

use crate::findings::Findings;
use crate::limits::LINE_BYTES_MAX;
use crate::signature::canonical_number;
use crate::syntax::{Keyword, Line, Word, WordForm, parse};

/// The first row. No other message of ours begins with it; the number is the format's.
const DOMAIN: &str = "seatkeeper license line 1";
/// What the digest of a pack begins with.
const PACK_DOMAIN: &[u8] = b"seatkeeper license pack 1\n";
/// The words after the keyword that are fields, for each kind of signed line.
const LICENSE_FIELDS: usize = 5;
const UPGRADE_FIELDS: usize = 6;
const SEAL_FIELDS: usize = 3;

/// How many words after the keyword are fields. A PACKAGE line has a version or it has none.
pub(crate) fn fields(bytes: &[u8], line: &Line) -> usize {
    let has_version = || {
        let third = line.words.get(2).map(|word| word.text(bytes));
        third.is_some_and(|text| text.iter().all(|b| b.is_ascii_digit() || *b == b'.'))
    };
    match line.keyword {
        Keyword::Seal => SEAL_FIELDS,
        Keyword::Upgrade => UPGRADE_FIELDS,
        Keyword::Package => 2 + usize::from(has_version()),
        _ => LICENSE_FIELDS,
    }
}

/// Which signing of which pack a line belongs to: what its seal says, and every one of its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PackDigest([u8; 32]);

impl PackDigest {
    /// The digest of the lines with these canonical forms, which may be with or without a digest.
    pub(crate) fn of<'a>(hosts: &[CpuId], forms: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut hash = Sha256::new_with_prefix(PACK_DOMAIN);
        for host in hosts {
            hash.update(format!("host {host}\n"));
        }
        for form in forms {
            hash.update(own_rows(form));
        }
        Self(hash.finalize().into())
    }

    /// There is one way to write it: 64 hexadecimal digits in lower case.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let (pairs, []) = text.as_chunks::<2>() else { return None };
        let digit = |b: u8| if b.is_ascii_uppercase() { None } else { char::from(b).to_digit(16) };
        let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? << 4 | digit(*low)?).ok();
        let bytes: Vec<u8> = pairs.iter().map(byte).collect::<Option<_>>()?;
        Some(Self(bytes.try_into().ok()?))
    }
}

impl std::fmt::Display for PackDigest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The rows of a canonical form that are the line's own: its number and its words.
fn own_rows(form: &[u8]) -> &[u8] {
    let at = form.windows(6).position(|window| window == b"\nline ").map_or(form.len(), |at| at + 1);
    form.get(at..).unwrap_or_default()
}

/// The canonical form of a line; nothing when it is too long to be signed, or has quotes where no
/// value is. A seal has no digest beside its words: it is one of them.
pub(crate) fn canonical(
    bytes: &[u8],
    line: &Line,
    hosts: &[CpuId],
    digest: Option<&PackDigest>,
    index: u32,
) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(256 + (line.span.end - line.span.start) as usize);
    out.extend_from_slice(DOMAIN.as_bytes());
    for host in hosts {
        out.extend_from_slice(b"\nhost ");
        out.extend_from_slice(host.as_str().as_bytes());
    }
    if let Some(digest) = digest {
        out.extend_from_slice(format!("\npack {digest}").as_bytes());
    }
    out.extend_from_slice(format!("\nline {index}\n").as_bytes());
    let text_start = out.len();
    out.extend_from_slice(line.keyword.text().as_bytes());
    let fields = fields(bytes, line);
    for (at, word) in line.words.iter().enumerate() {
        if word.form != WordForm::Plain && (at < fields || !word.has_value()) {
            return None;
        }
        if at < fields {
            out.push(b' ');
            out.extend_from_slice(word.text(bytes));
        } else if !word.is_free(bytes) && !is_sign(word, bytes) {
            out.push(b' ');
            write_attribute(&mut out, word, bytes);
        }
    }
    let fits = out.len() - text_start <= LINE_BYTES_MAX;
    out.push(b'\n');
    out.shrink_to_fit(); // it is kept as long as the line is licensed
    fits.then_some(out)
}

/// Whether the word is the signature itself, which cannot sign itself.
pub(crate) fn is_sign(word: &Word, bytes: &[u8]) -> bool {
    word.key(bytes) == b"SIGN"
}

/// `KEY`, `KEY="value"`, or `KEY={…}` as written.
fn write_attribute(out: &mut Vec<u8>, word: &Word, bytes: &[u8]) {
    out.extend_from_slice(word.key(bytes));
    let Some(value) = word.value(bytes) else { return };
    let quote: &[u8] = if word.form == WordForm::Braced { b"" } else { b"\"" };
    for part in [b"=", quote, &value, quote] {
        out.extend_from_slice(part);
    }
}

/// A canonical form, taken apart.
#[derive(Debug)]
pub(crate) struct CanonicalLine<'a> {
    pub(crate) hosts: Vec<CpuId>,
    /// Every line but a seal has one.
    pub(crate) digest: Option<PackDigest>,
    pub(crate) index: u32,
    /// The last row, which `line` points into.
    pub(crate) text: &'a [u8],
    pub(crate) line: Line,
}

impl<'a> CanonicalLine<'a> {
    /// Takes canonical bytes apart. What is not exactly as [`canonical`] writes it is refused.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, &'static str> {
        const HEAD: &str = "it does not begin as one";
        let mut rest = bytes;
        if next_row(&mut rest) != Some(DOMAIN.as_bytes()) {
            return Err(HEAD);
        }
        let mut hosts = Vec::new();
        let mut digest = None;
        let index = loop {
            let row = next_row(&mut rest).and_then(|row| std::str::from_utf8(row).ok()).ok_or(HEAD)?;
            match row.split_once(' ') {
                Some(("host", id)) => hosts.push(CpuId::new(id).map_err(|_| "it names no host id")?),
                Some(("pack", hex)) => {
                    digest = Some(PackDigest::parse(hex.as_bytes()).ok_or("it names no pack's digest")?);
                }
                Some(("line", number)) => break canonical_number(number).ok_or("it has no number")?,
                _ => return Err(HEAD),
            }
        };
        let mut findings = Findings::new(0);
        let mut lines = parse(rest, &mut findings).lines.into_iter();
        let (Some(line), None, false) = (lines.next(), lines.next(), findings.has_errors()) else {
            return Err("its last row is not one line");
        };
        if canonical(rest, &line, &hosts, digest.as_ref(), index).as_deref() != Some(bytes) {
            return Err("it is not written in the canonical form");
        }
        Ok(Self { hosts, digest, index, text: rest, line })
    }
}

/// Takes the next row off, without its line end.
fn next_row<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().position(|b| *b == b'\n')?;
    let (row, after) = rest.split_at_checked(end)?;
    *rest = after.get(1..)?;
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> String {
        let mut findings = Findings::new(0);
        let file = parse(text.as_bytes(), &mut findings);
        assert!(!findings.has_errors(), "{:?}", findings.finish());
        let hosts = [CpuId::new("02-AA-10-20-30-40").unwrap()];
        let digest = PackDigest([0xa1; 32]);
        String::from_utf8(canonical(text.as_bytes(), &file.lines[0], &hosts, Some(&digest), 3).unwrap())
            .unwrap()
    }

    #[test]
    fn lf_16_lf_29_one_form_for_all_ways_to_write_a_line() {
        let expected = "seatkeeper license line 1\nhost 02aa10203040\n\
            pack a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1\nline 3\n\
            INCREMENT mill acmed 4.2 31-dec-2027 8 SUPERSEDE SN=\"A 1\" NOTICE=\"product=x y\" AUTH={a=\"b c\"}\n";
        for text in [
            "INCREMENT mill acmed 4.2 31-dec-2027 8 SUPERSEDE SN=\"A 1\" NOTICE=product=\"x y\" AUTH={a=\"b c\"}",
            "increment\tmill   acmed 4.2 31-dec-2027 8 sort=1 SUPERSEDE SN=\"A 1\" SIGN=x NOTICE=\"product=x y\" AUTH={a=\"b c\"}\n",
            " INCREMENT mill \\\n acmed 4.2 31-dec-2027 8 \\ \t\n SUPERSEDE SN=\"A \\\n\t1\" NOTICE=\"product=x y\" AUTH={a=\"b \\\n c\"} vendor_info=\"a b\"",
            "INCREMENT mill acmed \\\r\n4.2 31-dec-2027 8 SUPERSEDE SN=\"A\\\r\n1\" NOTICE=\"product=x y\" AUTH={a=\"b c\"}\r\n",
            "\\\rINCREMENT mill acmed 4.2 31-dec-2027 8 SUPERSEDE SN=\"A\\\r 1\" NOTICE=\"product=x y\" AUTH={a=\"b c\"} \\",
        ] {
            assert_eq!(form(text), expected, "{text:?}");
        }
        // The order of attributes and blanks inside a value are signed.
        for text in [
            "INCREMENT mill acmed 4.2 31-dec-2027 8 SN=\"A 1\" SUPERSEDE NOTICE=\"product=x y\" AUTH={a=\"b c\"}",
            "INCREMENT mill acmed 4.2 31-dec-2027 8 SUPERSEDE SN=\"A  1\" NOTICE=\"product=x y\" AUTH={a=\"b c\"}",
            "INCREMENT mill acmed 4.20 31-dec-2027 8 SUPERSEDE SN=\"A 1\" NOTICE=\"product=x y\" AUTH={a=\"b c\"}",
            "INCREMENT mill acmed 4.2 31-dec-2027 8 SUPERSEDE SN=\"A 1\" NOTICE=\"product=x y\" AUTH=\"{a=b c}\"",
        ] {
            assert_ne!(form(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_canonical_line_is_read_back_and_nothing_else_is() {
        let good = form("INCREMENT mill acmed 4.2 permanent 8 SUPERSEDE SN=\"A 1\" AUTH={a=\"b c\"} SIGN=x");
        let line = CanonicalLine::parse(good.as_bytes()).unwrap();
        assert_eq!((line.index, line.hosts[0].as_str(), line.line.words.len()), (3, "02aa10203040", 8));
        for bad in [
            String::new(),
            good.replace("line 1", "line 2"),
            good.replace("line 3", "line 03"),
            good.replace("host 02aa", "host 02AA"),
            good.replace("host", "Host"),
            good.replace("pack a1", "pack A1"),
            good.replace("pack a1", "pack "),
            good.replace("pack a1", "pack a1a1"),
            good.replace("pack a1", "pack +1"),
            good.replace("line 3", &format!("pack {}\nline 3", PackDigest([0xa1; 32]))),
            good.replace("host 02aa10203040\n", "").replace("line 3", "host 02aa10203040\nline 3"),
            good.replace(" mill", "  mill"),
            good.replace("SN=\"A 1\"", "SN=A"),
            good.replace("SUPERSEDE", "SUPERSEDE sort=1"),
            good.replace("INCREMENT", "increment"),
            good.replace("INCREMENT", "# INCREMENT"),
            good.trim_end().to_owned(),
            format!("{good}INCREMENT x y 1 permanent 1\n"),
            format!("{good}\n"),
        ] {
            assert!(CanonicalLine::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }
}
