//! What is wrong with files, without their text: a finding may quote a line, and a line may have a secret.

use std::fmt::Write as _;

use license::{Diagnostic, Source};

/// What stands in place of what a file says.
const SAYS: &str = "…";

/// Each finding in a line: place, severity, code, and what is wrong, without what the file says there.
pub(super) fn shown(found: &[Diagnostic], sources: &[Source]) -> String {
    let mut text = String::new();
    for one in found {
        let code = one.code.map(|code| format!(" ({})", code.number())).unwrap_or_default();
        let (place, severity, message) = (one.place(sources), one.severity, unquoted(&one.message));
        let _ = writeln!(text, "{place}: {severity}: {message}{code}; help: {}", unquoted(&one.remedy));
    }
    text
}

/// A message without what it quotes.
pub(super) fn unquoted(message: &str) -> String {
    let mut text = String::new();
    let mut chars = message.chars();
    while let Some(c) = chars.next() {
        text.push(if c.is_control() { ' ' } else { c });
        if !matches!(c, '"' | '`') {
            continue;
        }
        text.push_str(SAYS);
        // A quote that is not closed is left out to the end.
        while let Some(inner) = chars.next() {
            if inner == '\\' {
                chars.next();
            } else if inner == c {
                text.push(c);
                break;
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_is_left_out() {
        for (message, shown) in [
            ("it is no date", "it is no date"),
            ("`hunter2` is no keyword", "`…` is no keyword"),
            ("\"a \\\"b\\\" c\": not a vendor name", "\"…\": not a vendor name"),
            ("invalid type: string \"hunter2\", expected u64", "invalid type: string \"…\", expected u64"),
            (
                "unknown field `hunter2`, expected one of `listen`, `log`",
                "unknown field `…`, expected one of `…`, `…`",
            ),
            ("it ends with `hunter2", "it ends with `…"),
            ("a\nb", "a b"),
        ] {
            assert_eq!(unquoted(message), shown);
        }
        let source = Source::new("o.opt", "# password=hunter2\nhunter2 mill\nEXCLUDE mill USER\n");
        let (_, found) = policy::parse(&source);
        let text = shown(&found, &[source]);
        assert!(text.contains("o.opt:2:1: error: ") && text.contains("o.opt:3:"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}
