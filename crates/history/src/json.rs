//! JSON written by hand: one object a line, its fields in a fixed order, and nothing in it that a terminal would
//! obey.

use std::fmt::{Display, Write as _};

/// Writes text as a JSON string. What cannot be shown, or changes how a line is shown, is written as its number.
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    for c in text.chars() {
        match c {
            '"' => out.extend_from_slice(b"\\\""),
            '\\' => out.extend_from_slice(b"\\\\"),
            c if is_plain(c) => {
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                }
            }
        }
    }
    out.push(b'"');
}

/// Whether a character is shown as itself.
pub(crate) fn is_plain(c: char) -> bool {
    !(c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'))
}

/// Writes `"name":"value",`.
pub(crate) fn field(out: &mut Vec<u8>, scratch: &mut String, name: &str, value: &dyn Display) {
    scratch.clear();
    // A String takes everything.
    let _ = write!(scratch, "{value}");
    string(out, name);
    out.push(b':');
    string(out, scratch);
    out.push(b',');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_comes_back_and_hides_nothing() {
        for text in ["", "kim", "a\"b\\c", "\n\r\0\u{1b}[2J", "Jürgen 李 🦀", "a\u{202e}b\u{9b}\u{e0001}"]
        {
            let mut out = Vec::new();
            string(&mut out, text);
            assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
            assert!(!String::from_utf8(out).unwrap().chars().any(|c| !is_plain(c)), "{text:?}");
        }
    }
}
