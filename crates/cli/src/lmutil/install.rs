//! `lminstall`: a license file in its readable form, one way of writing for all.
//!
//! Words, their order, comments and empty lines stay; blanks, wrapping and line ends become the same
//! everywhere. Signatures cover none of these, so they hold as before.

use std::io::Write as _;
use std::path::Path;

use names::Code;
use serde_json::json;

use super::object;
use super::text::{Line, lines};
use crate::args::LminstallArgs;
use crate::fail::Failure;
use crate::{files, out};

/// Writes the file anew.
pub(crate) fn install(args: &LminstallArgs) -> Result<u8, Failure> {
    installed(args).or_else(|failure| match &args.errors {
        None => Err(failure),
        Some(path) => {
            let written = std::fs::write(path, format!("{}\n", failure.text()));
            written.map_err(|error| Failure::system(&shown(path), &error)).map(|()| failure.status())
        }
    })
}

fn installed(args: &LminstallArgs) -> Result<u8, Failure> {
    if args.decimal {
        return Err(no_decimal("-odecimal"));
    }
    if let Some(format) = &args.format {
        let message = format!("-overfmt {}: there is one form, the newest", client::shown(format, 20));
        return Err(Failure::new(Code::UnsupportedRequest, message, "leave -overfmt out"));
    }
    let bytes = files::read(&args.from, "a license file")?;
    let lines = lines(&bytes);
    if lines.iter().any(is_decimal) {
        return Err(no_decimal(&shown(&args.from)));
    }
    check(&args.from, &bytes)?;
    let text = written(&lines, args.longest);
    let count = lines.iter().filter(|line| matches!(line, Line::Words(_))).count();
    if args.to == Path::new("-") {
        if args.report.json {
            let text = String::from_utf8_lossy(&text);
            out::print(&object("lminstall", json!({ "lines": count, "text": text, "file": null }))?)?;
        } else {
            out::print_bytes(&text)?;
        }
        return Ok(0);
    }
    create(&args.to, &text)?;
    let file = shown(&args.to);
    if args.report.json {
        out::print(&object("lminstall", json!({ "lines": count, "text": null, "file": file }))?)?;
    } else {
        let s = if count == 1 { "" } else { "s" };
        out::say(&format!("{count} line{s} written to {file}"));
    }
    Ok(0)
}

/// What cannot be read as lines of a license is not written anew.
fn check(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let source = license::Source::new(shown(path), bytes);
    let loaded = license::load_unverified(std::slice::from_ref(&source));
    let is_syntax = |found: &&license::Diagnostic| {
        found.severity == license::Severity::Error && found.code == Some(Code::BadSyntax)
    };
    match loaded.diagnostics.iter().find(is_syntax) {
        None => Ok(()),
        Some(found) => {
            let found = found.render(std::slice::from_ref(&source));
            Err(Failure::new(Code::BadSyntax, found.trim_end().to_owned(), "correct it first"))
        }
    }
}

/// FlexNet's decimal form: `acmed-mill-10420-…`, groups of digits behind two names.
fn is_decimal(line: &Line) -> bool {
    let Line::Words(words) = line else { return false };
    let [word, ..] = words.as_slice() else { return false };
    let groups: Vec<&[u8]> = word.split(|b| *b == b'-').collect();
    let digits = groups.iter().filter(|group| !group.is_empty() && group.iter().all(u8::is_ascii_digit));
    groups.len() > 3 && digits.count() >= groups.len() - 2
}

fn no_decimal(what: &str) -> Failure {
    let message = format!(
        "{what}: a license is not expressed in decimal: a signature of 64 bytes is no number to be typed (FlexNet's -98)"
    );
    Failure::new(Code::UnsupportedRequest, message, "use the readable form")
}

fn written(lines: &[Line], longest: usize) -> Vec<u8> {
    let mut text = Vec::new();
    for line in lines {
        match line {
            Line::Other(comment) => text.extend_from_slice(comment),
            Line::Words(words) => wrap(&mut text, words, longest),
        }
        text.push(b'\n');
    }
    text
}

/// Words with one blank between them; a `\` and a tabulator where the line would be too long.
fn wrap(text: &mut Vec<u8>, words: &[Vec<u8>], longest: usize) {
    const CONTINUED: usize = 2;
    let mut column = 0;
    for (n, word) in words.iter().enumerate() {
        if n > 0 && longest > 0 && column + 1 + word.len() + CONTINUED > longest {
            text.extend_from_slice(b" \\\n\t");
            column = 8;
        } else if n > 0 {
            text.push(b' ');
            column += 1;
        }
        text.extend_from_slice(word);
        column += word.len();
    }
}

fn create(path: &Path, text: &[u8]) -> Result<(), Failure> {
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    made.and_then(|mut file| file.write_all(text).and_then(|()| file.sync_all())).map_err(|error| {
        let message = format!("{}: {error}", shown(path));
        Failure::new(Code::BadParameter, message, "name a file that is not there, in a folder of your own")
    })
}

fn shown(path: &Path) -> String {
    client::shown(&path.display().to_string(), 300)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_changes_and_words_do_not() {
        let text = "# c\nINCREMENT   mill acmed 4.2 permanent 2 \\\n  VENDOR_STRING=\"a  b\" SIGN=\"xxxxxxxxxxxx\"\n\n";
        let once = written(&lines(text.as_bytes()), 40);
        assert_eq!(
            String::from_utf8(once.clone()).unwrap(),
            "# c\nINCREMENT mill acmed 4.2 permanent 2 \\\n\tVENDOR_STRING=\"a  b\" \\\n\tSIGN=\"xxxxxxxxxxxx\"\n\n"
        );
        assert_eq!(lines(&once), lines(text.as_bytes()));
        assert_eq!(written(&lines(&once), 40), once, "what is so already stays so");
        let flat = written(&lines(text.as_bytes()), 0);
        assert_eq!(flat.iter().filter(|b| **b == b'\n').count(), 3);
    }

    #[test]
    fn the_decimal_form_is_known_and_nothing_else_is_taken_for_it() {
        let is = |text: &str| lines(text.as_bytes()).iter().any(is_decimal);
        assert!(is("acmed-mill-10420-00331-54321-00001\n"));
        for text in ["INCREMENT mill acmed 4.2 permanent 2", "# 1-2-3-4-5-6", "a-b-c-d", "SERVER lic-1 any"] {
            assert!(!is(text), "{text}");
        }
    }
}
