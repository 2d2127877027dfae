//! A Rust source as tidy looks at it: what is code, what is a comment, what is a text, what is a test.
//!
//! It finds places and never understands the language: no types, no macros.

use std::ops::Range;

/// What a byte of a source is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Code,
    Comment,
    Literal,
}

/// A source whose every byte is known for what it is.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    text: &'a str,
    kinds: Vec<Kind>,
    tests: Vec<Range<usize>>,
}

impl<'a> Source<'a> {
    /// Looks at a source. `all_test`: the whole file is a test.
    pub(crate) fn new(text: &'a str, all_test: bool) -> Self {
        let mut source = Self { text, kinds: kinds(text.as_bytes()), tests: Vec::new() };
        let whole = 0..text.len();
        source.tests =
            if all_test { vec![whole] } else { test_items(&source.blank(|_, kind| kind == Kind::Code)) };
        source
    }

    /// The code that is shipped, with all else blank; lines stay where they are.
    pub(crate) fn shipped(&self) -> String {
        self.blank(|at, kind| kind == Kind::Code && !self.is_test(at))
    }

    /// The code of tests, with all else blank.
    pub(crate) fn tests(&self) -> String {
        self.blank(|at, kind| kind == Kind::Code && self.is_test(at))
    }

    /// The code of tests with its literals, with all else blank.
    pub(crate) fn tests_with_literals(&self) -> String {
        self.blank(|at, kind| kind != Kind::Comment && self.is_test(at))
    }

    /// The modules in files of their own that are tests.
    pub(crate) fn test_modules(&self) -> Vec<String> {
        let items = self.blank(|at, kind| kind == Kind::Code && self.is_test(at));
        let named = |item: &str| {
            let name = item.rsplit_once("mod ")?.1.trim().strip_suffix(';')?.trim().to_owned();
            (!name.is_empty() && name.bytes().all(|b| b == b'_' || b.is_ascii_alphanumeric())).then_some(name)
        };
        self.tests.iter().filter_map(|item| named(items.get(item.clone())?)).collect()
    }

    fn is_test(&self, at: usize) -> bool {
        self.tests.iter().any(|test| test.contains(&at))
    }

    fn blank(&self, keep: impl Fn(usize, Kind) -> bool) -> String {
        let kept = self.text.bytes().zip(&self.kinds).enumerate();
        let bytes = kept.map(|(at, (byte, kind))| match byte {
            b'\n' => b'\n',
            _ if byte.is_ascii() && keep(at, *kind) => byte,
            _ => b' ',
        });
        bytes.map(char::from).collect()
    }
}

/// What each byte is part of.
fn kinds(text: &[u8]) -> Vec<Kind> {
    let mut kinds = vec![Kind::Code; text.len()];
    let mut at = 0;
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let before = at.checked_sub(1).and_then(|i| text.get(i)).copied().unwrap_or(b' ');
        let (kind, len) = match rest {
            [b'/', b'/', ..] => (Kind::Comment, rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())),
            [b'/', b'*', ..] => (Kind::Comment, block_comment(rest)),
            [b'"', ..] => (Kind::Literal, quoted(rest, b'"')),
            [b'r', b'"' | b'#', ..] if !is_word(before) || before == b'b' => raw(rest),
            [b'\'', ..] => character(rest),
            _ => (Kind::Code, 1),
        };
        if let Some(span) = kinds.get_mut(at..at + len) {
            span.fill(kind);
        }
        at += len.max(1);
    }
    kinds
}

fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

fn block_comment(text: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        match text.get(at..) {
            Some([b'/', b'*', ..]) => (depth, at) = (depth + 1, at + 2),
            Some([b'*', b'/', ..]) if depth == 1 => return at + 2,
            Some([b'*', b'/', ..]) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    text.len()
}

/// The length of a literal from its opening to its closing quote.
fn quoted(text: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match *byte {
            b'\\' => at += 2,
            b if b == quote => return at + 1,
            _ => at += 1,
        }
    }
    text.len()
}

/// A raw text, or the beginning of a word such as `r#type`.
fn raw(text: &[u8]) -> (Kind, usize) {
    let hashes = text.iter().skip(1).take_while(|b| **b == b'#').count();
    if text.get(1 + hashes) != Some(&b'"') {
        return (Kind::Code, 1);
    }
    let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = text.get(hashes + 2..).unwrap_or_default();
    let len = body.windows(close.len()).position(|w| w == close).map_or(body.len(), |at| at + close.len());
    (Kind::Literal, hashes + 2 + len)
}

/// A character, or the quote of a lifetime.
fn character(text: &[u8]) -> (Kind, usize) {
    match text {
        [_, b'\\', ..] => (Kind::Literal, quoted(text, b'\'')),
        [_, first, ..] => {
            let len = 1 + utf8_len(*first);
            if text.get(len) == Some(&b'\'') { (Kind::Literal, len + 1) } else { (Kind::Code, 1) }
        }
        _ => (Kind::Code, 1),
    }
}

fn utf8_len(first: u8) -> usize {
    match first {
        0xf0.. => 4,
        0xe0.. => 3,
        0xc0.. => 2,
        _ => 1,
    }
}

/// The items that stand behind `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn test_items(code: &str) -> Vec<Range<usize>> {
    let mut items: Vec<Range<usize>> = Vec::new();
    for (at, _) in code.match_indices("#[cfg(") {
        let condition: String =
            code.get(at + 6..).unwrap_or("").chars().filter(|c| !c.is_whitespace()).collect();
        let is_test = condition.starts_with("test)") || condition.starts_with("all(test,");
        if is_test && !items.iter().any(|item| item.contains(&at)) {
            items.push(at..at + item_len(code.get(at..).unwrap_or("")));
        }
    }
    items
}

/// The length of an item with its attributes: to its `;`, or to the end of its braces.
fn item_len(code: &str) -> usize {
    let (mut braces, mut others) = (0_usize, 0_usize);
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' => others += 1,
            b')' | b']' => others = others.saturating_sub(1),
            b'{' => braces += 1,
            b'}' => {
                braces = braces.saturating_sub(1);
                if braces == 0 && others == 0 {
                    return at + 1;
                }
            }
            b';' if braces == 0 && others == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_no_code() {
        for (text, shipped) in [
            ("a // b\nc", "a c"),
            ("a /* b /* c */ d */ e", "a e"),
            ("a(\"b \\\" c\") d", "a( ) d"),
            ("r#\"a \" b\"# c", "c"),
            ("br\"a\" c", "b c"),
            ("r#type c", "r#type c"),
            ("'a' 'b: &'c '\\'' 'ä' d", "'b: &'c d"),
            ("for r in x", "for r in x"),
        ] {
            let seen = Source::new(text, false).shipped();
            assert_eq!(seen.len(), text.len(), "{text}");
            assert_eq!(seen.split_whitespace().collect::<Vec<_>>().join(" "), shipped, "{text}");
        }
    }

    #[test]
    fn test_items_are_set_apart() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { \"}\" } }\nfn c() {}\n\
                    #[cfg(all(test, not(loom)))]\n#[x(y)]\nmod d;\n#[cfg(loom)]\nfn e() {}";
        let source = Source::new(text, false);
        let (shipped, tests) = (source.shipped(), source.tests_with_literals());
        for word in ["a", "c", "e"] {
            assert!(
                shipped.contains(&format!("fn {word}()")) && !tests.contains(&format!("fn {word}()")),
                "{word}"
            );
        }
        assert!(tests.contains("fn b() { \"}\" }") && !shipped.contains("fn b"));
        assert!(!source.tests().contains("\"}\""));
        assert_eq!(source.test_modules(), ["d"]);
        assert_eq!(shipped.lines().count(), text.lines().count());
    }
}
