//! `lmver`: which version of FlexNet or Seatkeeper a program has in it.

use std::path::Path;

use names::Code;
use serde_json::json;

use super::show;
use crate::args::LmverArgs;
use crate::fail::Failure;

/// Bytes of a program that are looked through.
const BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Words that a version stands behind, and whose they are.
const MARKS: &[(&[u8], &str)] = &[
    (b"FlexNet Licensing v", "FlexNet"),
    (b"FLEXnet Licensing v", "FLEXnet"),
    (b"FLEXlm v", "FLEXlm"),
    (b"FLEXlm ", "FLEXlm"),
    (b"Seatkeeper v", "Seatkeeper"),
];
/// Versions of one file that are told.
const VERSIONS_MAX: usize = 100;
/// Characters of a version with what belongs to it.
const VERSION_CHARS: usize = 60;

/// Shows the versions that a file names.
pub(crate) fn ver(args: &LmverArgs) -> Result<u8, Failure> {
    let shown = client::shown(&args.file.display().to_string(), 300);
    let bytes = read(&args.file).map_err(|error| {
        Failure::new(Code::CannotReadFile, format!("{shown}: {error}"), "name a program or a library")
    })?;
    let found = versions(&bytes);
    let text: String =
        found.iter().map(|(whose, version)| format!("{shown}: {whose} v{version}\n")).collect();
    let rows: Vec<_> =
        found.iter().map(|(whose, version)| json!({ "of": whose, "version": version })).collect();
    show("lmver", args.report.json, &text, json!({ "file": shown, "versions": rows }))?;
    if found.is_empty() {
        let message = format!("{shown}: it names no version of FlexNet or Seatkeeper");
        return Err(Failure::new(
            Code::BadParameter,
            message,
            "name the application itself, not a script around it",
        ));
    }
    Ok(0)
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    // A pipe is not opened: that waits for whoever writes into it.
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Each version once, in the order in which they stand.
fn versions(bytes: &[u8]) -> Vec<(&'static str, String)> {
    let mut found: Vec<(usize, &'static str, String)> = Vec::new();
    for (mark, whose) in MARKS {
        let mut from = 0;
        while found.len() < VERSIONS_MAX
            && let Some(at) = position(bytes.get(from..).unwrap_or_default(), mark)
        {
            from += at + mark.len();
            let Some(version) = version(bytes.get(from..).unwrap_or_default()) else { continue };
            if !found.iter().any(|(_, w, v)| w == whose && *v == version) {
                found.push((from, whose, version));
            }
        }
    }
    found.sort();
    found.into_iter().map(|(_, whose, version)| (whose, version)).collect()
}

fn position(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    let first = *mark.first()?;
    let mut from = 0;
    loop {
        from += bytes.get(from..)?.iter().position(|b| *b == first)?;
        if bytes.get(from..)?.starts_with(mark) {
            return Some(from);
        }
        from += 1;
    }
}

/// `11.16.2.0 build 242433 x64_lsb`: a number with a point, and the words behind it.
fn version(bytes: &[u8]) -> Option<String> {
    let is_plain = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b' ' | b'_' | b'-');
    let text: Vec<u8> = bytes.iter().take(VERSION_CHARS).take_while(is_plain).copied().collect();
    let text = String::from_utf8(text).ok()?;
    let mut words = text.split(' ');
    let number = words.next().filter(|n| n.starts_with(|c: char| c.is_ascii_digit()) && n.contains('.'))?;
    let number = number.trim_end_matches(['.', '-']);
    match words.next().filter(|word| *word == "build").and(words.next()) {
        Some(build) => {
            let platform = words.next().filter(|word| word.contains('_')).unwrap_or_default();
            Some(format!("{number} build {build} {platform}").trim_end().to_owned())
        }
        None => Some(number.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_among_other_bytes() {
        let bytes = b"\x7fELF\0@(#)FlexNet Licensing v11.16.2.0 build 242433 x64_lsb\0x FLEXlm v9.2\0\xffFLEXlm vendor\0\
                      FLEXlm 7.2d (\0Seatkeeper v0.1.0 clientabc\nFLEXlm v9.2";
        let found: Vec<_> =
            versions(bytes).into_iter().map(|(whose, version)| format!("{whose} {version}")).collect();
        assert_eq!(
            found,
            ["FlexNet 11.16.2.0 build 242433 x64_lsb", "FLEXlm 9.2", "FLEXlm 7.2d", "Seatkeeper 0.1.0"]
        );
        assert!(versions(b"FLEXlm v\0FLEXlm").is_empty());
        let many: String = (0..1_000).map(|n| format!("FLEXlm v1.{n}\0")).collect();
        assert_eq!(versions(many.as_bytes()).len(), VERSIONS_MAX);
    }
}
