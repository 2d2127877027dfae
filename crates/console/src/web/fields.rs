//! Fields of a form or of an address.

use std::fmt::Display;
use std::str::FromStr;

use names::Invalid;

use super::Fault;
use crate::limits;

/// Names and values, in the order in which they came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(pub(crate) Vec<(String, String)>);

impl Fields {
    /// Reads `a=b&c=d`, as browsers encode forms.
    ///
    /// # Errors
    /// What is not UTF-8, has a NUL in it, or is too much.
    pub fn parse(text: &[u8]) -> Result<Self, Fault> {
        let mut fields = Vec::new();
        for pair in text.split(|b| *b == b'&').filter(|pair| !pair.is_empty()) {
            if fields.len() >= limits::FIELDS_MAX {
                return Err(Fault::TooMuch);
            }
            let at = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
            let (name, value) = pair.split_at(at);
            fields.push((decode(name)?, decode(value.strip_prefix(b"=").unwrap_or_default())?));
        }
        Ok(Self(fields))
    }

    /// A field's value; empty where there is none. Of several the first.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_default()
    }

    /// A field's value.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// All values of a field that may come more than once.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box is ticked.
    #[must_use]
    pub fn is_ticked(&self, name: &str) -> bool {
        self.find(name).is_some_and(|value| !value.is_empty() && value != "0" && value != "false")
    }

    /// A field that must be there and right; without the blanks around it.
    ///
    /// # Errors
    /// Which field is missing or wrong, and how.
    pub fn read<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Result<T, Fault> {
        parse(self.get(name).trim()).map_err(|e| Fault::invalid(name, e))
    }

    /// The same of a field that may be empty.
    ///
    /// # Errors
    /// How it is wrong.
    pub fn read_if<T>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Result<Option<T>, Fault> {
        let text = self.get(name).trim();
        if text.is_empty() { Ok(None) } else { self.read(name, parse).map(Some) }
    }

    /// A number that must be there.
    ///
    /// # Errors
    /// That it is missing, or none.
    pub fn number<T: FromStr>(&self, name: &'static str) -> Result<T, Fault>
    where
        T::Err: Display,
    {
        self.get(name).trim().parse().map_err(|_| Fault::invalid(name, "it must be a number"))
    }
}

fn decode(text: &[u8]) -> Result<String, Fault> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digit = |b: Option<u8>| {
                    b.and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok())
                };
                match (digit(rest.next()), digit(rest.next())) {
                    (Some(high), Some(low)) => high << 4 | low,
                    _ => return Err(Fault::BadRequest),
                }
            }
            other => other,
        });
    }
    if bytes.contains(&0) {
        return Err(Fault::BadRequest);
    }
    String::from_utf8(bytes).map_err(|_| Fault::BadRequest)
}

/// Encodes a text so that it may stand in an address.
#[must_use]
pub fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            encoded.push(char::from(byte));
        } else {
            // Writing into a text does not fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        let fields = Fields::parse(b"a=1&b=x+y%26%3D&a=2&c&=d").unwrap();
        assert_eq!(fields.get("a"), "1");
        assert_eq!(fields.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.get("b"), "x y&=");
        assert_eq!(fields.find("c"), Some(""));
        assert_eq!(fields.find("d"), None);
        for bad in [&b"a=%"[..], b"a=%4", b"a=%zz", b"a=%00", b"a=%ff", b"\xff=1"] {
            assert!(Fields::parse(bad).is_err(), "{bad:?}");
        }
        let many = "a=1&".repeat(limits::FIELDS_MAX + 1);
        assert!(Fields::parse(many.as_bytes()).is_err());
        let text = "ä /&=+%\"<>\r\n";
        let there_and_back = Fields::parse(format!("t={}", encode(text)).as_bytes()).unwrap();
        assert_eq!(there_and_back.get("t"), text);
    }
}
