//! The file of one reader of the journal: how far it has come.

use std::fmt::{self, Write as _};

use names::Seq;

use crate::bytes::StoreId;

const TITLE: &str = "seatkeeper reader";
const FORMAT: u64 = 1;

/// The name of a reader: 1 to 64 of `a` to `z`, digits, `-` and `_`, beginning with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReaderName(Box<str>);

impl ReaderName {
    /// The most characters that one has.
    pub const CHARS_MAX: usize = 64;

    /// Reads one.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let is_name = text.len() <= Self::CHARS_MAX
            && text.bytes().next().is_some_and(is_plain)
            && text.bytes().all(|b| is_plain(b) || b == b'-' || b == b'_');
        is_name.then(|| Self(text.into()))
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ReaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How far a reader of the journal has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Which.
    pub name: ReaderName,
    /// The first record that it has not passed. Where it is cut loose, the first that it lost.
    pub next: Seq,
    /// It was too far behind: no journal is kept for it until it passes a record again.
    pub is_cut_loose: bool,
}

impl Reader {
    pub(crate) fn to_text(&self, store: StoreId) -> String {
        let is_cut = if self.is_cut_loose { "yes" } else { "no" };
        let mut text = format!(
            "{TITLE}\nformat = {FORMAT}\nstore = {store}\nname = {}\nnext = {}\ncut_loose = {is_cut}\n",
            self.name, self.next
        );
        let crc = crc32fast::hash(text.as_bytes());
        let _ = writeln!(text, "check = {crc:08x}");
        text
    }

    /// Reads the file's text; it must be this reader's, of this store.
    pub(crate) fn from_text(text: &str, name: &ReaderName, store: StoreId) -> Result<Self, String> {
        let value = |key: &str| {
            let line = text.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(" = "));
            line.ok_or_else(|| format!("it has no line `{key} = …`"))
        };
        let number = |key: &str| {
            value(key)?.parse::<u64>().map_err(|_| format!("its line `{key} = …` is not a number"))
        };
        if text.lines().next() != Some(TITLE) {
            return Err(format!("it does not begin with `{TITLE}`"));
        }
        match number("format")? {
            FORMAT => {}
            other => return Err(format!("it is of format {other}, and this release reads {FORMAT}")),
        }
        let body = text.find("check = ").and_then(|at| text.get(..at)).unwrap_or_default();
        if value("check")? != format!("{:08x}", crc32fast::hash(body.as_bytes())) {
            return Err("its checksum is wrong".into());
        }
        if value("name")? != name.as_str() {
            return Err("its name is not that of its file".into());
        }
        match value("store")? {
            found if found == store.to_string() => {}
            other => return Err(format!("it is of the store {other}")),
        }
        let next = number("next")?;
        if next == 0 || next >= crate::bytes::NUMBER_END {
            return Err("its next record is none".into());
        }
        let is_cut_loose = match value("cut_loose")? {
            "yes" => true,
            "no" => false,
            _ => return Err("its line `cut_loose = …` is neither yes nor no".into()),
        };
        Ok(Self { name: name.clone(), next: Seq(next), is_cut_loose })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: StoreId = StoreId([7; 16]);

    #[test]
    fn a_name_is_short_and_plain() {
        for (text, is_name) in [
            ("history", true),
            ("a", true),
            ("7-day_log", true),
            (&*"x".repeat(64), true),
            (&*"x".repeat(65), false),
            ("", false),
            ("-a", false),
            ("History", false),
            ("a.b", false),
            ("../a", false),
            ("a b", false),
            ("é", false),
        ] {
            assert_eq!(ReaderName::new(text).is_some(), is_name, "{text:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_and_nothing_else_is() {
        let name = ReaderName::new("history").unwrap();
        for is_cut_loose in [false, true] {
            let reader = Reader { name: name.clone(), next: Seq(4711), is_cut_loose };
            let text = reader.to_text(STORE);
            assert_eq!(Reader::from_text(&text, &name, STORE), Ok(reader));
            for at in 0..text.len() {
                let mut bytes = text.clone().into_bytes();
                bytes[at] ^= 1;
                let other = String::from_utf8(bytes).unwrap();
                assert!(Reader::from_text(&other, &name, STORE).is_err(), "byte {at}: {other}");
                // The last byte ends the last line: without it the line is still there.
                if at + 1 < text.len() {
                    assert!(Reader::from_text(&text[..at], &name, STORE).is_err(), "cut at {at}");
                }
            }
        }
    }

    #[test]
    fn another_readers_file_and_another_stores_are_refused() {
        let (name, other) = (ReaderName::new("a").unwrap(), ReaderName::new("b").unwrap());
        let reader = |next| Reader { name: name.clone(), next: Seq(next), is_cut_loose: false };
        let text = reader(1).to_text(STORE);
        assert!(Reader::from_text(&text, &other, STORE).unwrap_err().contains("name"));
        assert!(Reader::from_text(&text, &name, StoreId([8; 16])).unwrap_err().contains("of the store"));
        assert!(Reader::from_text(&reader(0).to_text(STORE), &name, STORE).is_err());
        assert!(Reader::from_text(&reader(u64::MAX).to_text(STORE), &name, STORE).is_err());
    }
}
