//! A license file's lines as they are written: joined, and taken apart into words.

/// A line of a license file: what may go on over several lines of the file is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// Nothing, or a comment; as it is written, without its end.
    Other(Vec<u8>),
    /// Its words as they are written; blanks and line ends stand only inside quotes.
    Words(Vec<Vec<u8>>),
}

/// The lines of a file. A `\` at the end of a line continues it.
pub(super) fn lines(bytes: &[u8]) -> Vec<Line> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (line, after) = match is_other(rest) {
            true => other(rest),
            false => words(rest),
        };
        lines.push(line);
        rest = after;
    }
    lines
}

/// Whether a comment or nothing stands on the next line.
fn is_other(bytes: &[u8]) -> bool {
    let first = bytes.iter().find(|b| !matches!(b, b' ' | b'\t' | b'\r'));
    matches!(first, None | Some(b'#' | b'\n'))
}

fn other(bytes: &[u8]) -> (Line, &[u8]) {
    let end = bytes.iter().position(|b| *b == b'\n').unwrap_or(bytes.len());
    let (line, after) = bytes.split_at(end);
    (Line::Other(line.trim_ascii_end().to_vec()), after.strip_prefix(b"\n").unwrap_or(after))
}

fn words(bytes: &[u8]) -> (Line, &[u8]) {
    let (mut words, mut word) = (Vec::new(), Vec::new());
    let mut is_quoted = false;
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        if let Some(next) = continuation(rest) {
            match is_quoted {
                // What a quoted value goes on with is part of it.
                true => word.extend_from_slice(rest.get(..rest.len() - next.len()).unwrap_or_default()),
                false => end(&mut word, &mut words),
            }
            rest = next;
            continue;
        }
        rest = after;
        match byte {
            b'\n' => break,
            b' ' | b'\t' | b'\r' if !is_quoted => end(&mut word, &mut words),
            _ => {
                is_quoted ^= byte == b'"';
                word.push(byte);
            }
        }
    }
    end(&mut word, &mut words);
    (Line::Words(words), rest)
}

fn end(word: &mut Vec<u8>, words: &mut Vec<Vec<u8>>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// What follows a `\` at a line's end, and the line's end.
fn continuation(bytes: &[u8]) -> Option<&[u8]> {
    let after = bytes.strip_prefix(b"\\")?;
    let blanks = after.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r'))?;
    after.get(blanks..)?.strip_prefix(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_goes_on_behind_a_backslash_and_quotes_hold_blanks() {
        let text = b"# a comment \r\n\nINCREMENT mill acmed \\\n\t4.2  permanent 2 NOTICE=\"a  \\\n b\"\r\n  VENDOR acmed";
        let words = |text: &[&str]| Line::Words(text.iter().map(|word| word.as_bytes().to_vec()).collect());
        assert_eq!(
            lines(text),
            [
                Line::Other(b"# a comment".to_vec()),
                Line::Other(Vec::new()),
                words(&["INCREMENT", "mill", "acmed", "4.2", "permanent", "2", "NOTICE=\"a  \\\n b\""]),
                words(&["VENDOR", "acmed"]),
            ]
        );
        assert_eq!(lines(b""), []);
        assert_eq!(lines(b"A \\"), [words(&["A", "\\"])]);
        assert_eq!(lines(b"A \"open\nB"), [words(&["A", "\"open"]), words(&["B"])]);
    }
}
