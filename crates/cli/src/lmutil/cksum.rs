//! `lmcksum`: a check sum of each license line, to find typing errors and to compare copies.
//!
//! It is the CRC-8 (polynomial 0x07) of the line's words with one blank between them, without `ck=`. What
//! FlexNet computes is not published, so a `ck=` of its own is shown with its line and not judged.

use std::fmt::Write as _;

use names::Code;
use serde_json::{Value, json};

use super::show;
use super::sources::{self, Entry};
use super::text::{Line, lines};
use crate::args::LmcksumArgs;
use crate::fail::Failure;

/// A line with its check sum.
struct Summed {
    line: String,
    sum: u8,
    /// Its `ck=` is this sum.
    is_marked: bool,
}

/// Shows each line of what is named.
pub(crate) async fn cksum(args: LmcksumArgs) -> Result<u8, Failure> {
    if args.pre_v6 {
        let message = "-pre_v6: there is one form of check sum";
        return Err(Failure::new(Code::UnsupportedRequest, message, "leave -pre_v6 out"));
    }
    let entries = sources::read(args.list.as_deref()).await?;
    let (mut text, mut files) = (String::new(), Vec::new());
    for (entry, source) in
        entries.iter().flat_map(|entry| entry.sources.iter().map(move |file| (entry, file)))
    {
        let name = name(entry, &source.name);
        let summed = summed(&source.bytes, args.case);
        let _ = writeln!(text, "lmcksum: using license file \"{name}\"\n");
        for Summed { line, sum, is_marked } in &summed {
            let ok = if *is_marked { "OK: " } else { "" };
            let _ = writeln!(text, "{ok}{sum:>3}: {line}");
        }
        text.push('\n');
        let rows: Vec<Value> = summed
            .iter()
            .map(|one| json!({ "sum": one.sum, "marked": one.is_marked, "line": one.line }))
            .collect();
        files.push(json!({ "of": entry.name, "file": name, "lines": rows }));
    }
    show("lmcksum", args.report.json, &text, json!({ "files": files }))?;
    Ok(0)
}

/// A served file has no folder: its server is named.
fn name(entry: &Entry, file: &str) -> String {
    let file = client::shown(file, 500);
    if entry.name.contains('@') { format!("{file} of {}", entry.name) } else { file }
}

fn summed(bytes: &[u8], case: bool) -> Vec<Summed> {
    let words = lines(bytes).into_iter().filter_map(|line| match line {
        Line::Words(words) => Some(words),
        Line::Other(_) => None,
    });
    words.map(|words| of_line(&words, case)).collect()
}

fn of_line(words: &[Vec<u8>], case: bool) -> Summed {
    let is_mark = |word: &[u8]| word.starts_with(b"ck=");
    let counted: Vec<Vec<u8>> =
        words.iter().filter(|word| !is_mark(word)).map(|word| folded(word, case)).collect();
    let sum = crc(&counted.join(&b' '));
    let mark = words.iter().find_map(|word| word.strip_prefix(b"ck="));
    let mark = mark.and_then(|n| std::str::from_utf8(n).ok()?.parse::<u8>().ok());
    let line = client::shown(&String::from_utf8_lossy(&words.join(&b' ')), usize::MAX);
    Summed { line, sum, is_marked: mark == Some(sum) }
}

/// A signature of hexadecimal digits is the same in upper and lower case, unless case counts.
fn folded(word: &[u8], case: bool) -> Vec<u8> {
    let value = word.strip_prefix(b"SIGN=").or_else(|| word.strip_prefix(b"SIGN2="));
    let is_hex = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'"' | b' ' | b'\t' | b'\\' | b'\n' | b'\r');
    match value {
        Some(value) if !case && value.iter().all(is_hex) => word.to_ascii_uppercase(),
        _ => word.to_vec(),
    }
}

fn crc(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc: u8, _| if crc & 0x80 == 0 { crc << 1 } else { (crc << 1) ^ 0x07 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_changes_with_the_words_and_not_with_their_wrapping() {
        // The check value of CRC-8.
        assert_eq!(crc(b"123456789"), 0xf4);
        let sum = |text: &str, case| summed(text.as_bytes(), case).first().map(|one| one.sum).unwrap();
        let line = "INCREMENT mill acmed 4.2 permanent 2 SIGN=\"00AA bb\"";
        let wrapped = "INCREMENT  mill acmed \\\n\t4.2 permanent 2 SIGN=\"00aa BB\" ck=7";
        assert_eq!(sum(line, false), sum(wrapped, false));
        assert_ne!(sum(line, true), sum(wrapped, true));
        for typing_error in ["mlil", "4.3", "3 SIGN"] {
            let other = line.replace("mill", typing_error).replace("4.2", typing_error);
            assert_ne!(sum(line, false), sum(&other, false), "{typing_error}");
        }
    }

    #[test]
    fn a_mark_is_known_where_it_is_this_sum() {
        let line = "FEATURE mill acmed 4.2 permanent 2";
        let sum = summed(line.as_bytes(), false).first().map(|one| one.sum).unwrap();
        let marked =
            |mark: u8| summed(format!("{line} ck={mark}").as_bytes(), false).first().unwrap().is_marked;
        assert!(marked(sum) && !marked(sum.wrapping_add(1)));
        assert_eq!(summed(b"# nothing\n\n", false).len(), 0);
    }
}
