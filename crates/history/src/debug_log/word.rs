//! Words of people and machines in a line of the log. What would end the word, or begin another part of the line,
//! is written as `%` and the two digits of each byte, so that a line says one thing, and all of it comes back.

/// Where a word stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A user's name, or the data of a checkout: single blanks are in it as FlexNet has them.
    Text,
    /// A host's name: it has neither blanks nor `@`.
    Host,
    /// A field between blanks; an empty one is `-`.
    Field,
}

/// Writes a word.
pub(super) fn word(out: &mut Vec<u8>, text: &str, place: Place) {
    if text.is_empty() && place == Place::Field {
        out.push(b'-');
    }
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let is_blank_kept = c == ' '
            && place == Place::Text
            && before != ' '
            && chars.peek().is_some_and(|next| *next != ' ');
        let is_written = match c {
            ' ' => is_blank_kept,
            '@' => place != Place::Host,
            '"' | '%' | '(' | ')' | '[' | ']' | '^' => false,
            c => crate::json::is_plain(c) && !c.is_whitespace(),
        };
        let mut bytes = [0; 4];
        let bytes = c.encode_utf8(&mut bytes).as_bytes();
        if is_written {
            out.extend_from_slice(bytes);
        } else {
            bytes.iter().for_each(|byte| out.extend_from_slice(&escaped(*byte)));
        }
        before = c;
    }
}

fn escaped(byte: u8) -> [u8; 3] {
    let digit = |n: u8| if n < 10 { b'0' + n } else { b'A' + n - 10 };
    [b'%', digit(byte >> 4), digit(byte & 15)]
}

/// Text of administrators and files: as it is, but for what cannot be shown.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    for c in text.chars() {
        let mut bytes = [0; 4];
        let bytes = c.encode_utf8(&mut bytes).as_bytes();
        if crate::json::is_plain(c) && c != '%' && c != '"' {
            out.extend_from_slice(bytes);
        } else {
            bytes.iter().for_each(|byte| out.extend_from_slice(&escaped(*byte)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_ends_where_it_ends() {
        for (given, as_text, as_host) in [
            ("kim", "kim", "kim"),
            ("LOCAL SERVICE", "LOCAL SERVICE", "LOCAL%20SERVICE"),
            ("a  b", "a%20%20b", "a%20%20b"),
            (" a ", "%20a%20", "%20a%20"),
            ("kim@example.com", "kim@example.com", "kim%40example.com"),
            (
                "a\" b@c  (5 licenses)",
                "a%22 b@c%20%20%285 licenses%29",
                "a%22%20b%40c%20%20%285%20licenses%29",
            ),
            ("[x] ^^^ 100%", "%5Bx%5D %5E%5E%5E 100%25", "%5Bx%5D%20%5E%5E%5E%20100%25"),
            ("Jürgen", "Jürgen", "Jürgen"),
            ("a\u{a0}b\nc", "a%C2%A0b%0Ac", "a%C2%A0b%0Ac"),
        ] {
            for (place, expected) in [(Place::Text, as_text), (Place::Host, as_host)] {
                let mut out = Vec::new();
                word(&mut out, given, place);
                assert_eq!(String::from_utf8(out).unwrap(), expected, "{given:?}");
            }
        }
    }
}
