//! The identity of a machine.

use std::fmt;
use std::sync::Arc;

use crate::{Invalid, limits};

/// The identity of a machine, a *host id* in FlexNet's words, in its one canonical spelling.
///
/// Bare hexadecimal ids (Ethernet addresses, old longs) are written in lower case without
/// separators; `KEY=value` ids have the key in upper case; `ANY` and `DEMO` are themselves. `KEY`s
/// that name an Ethernet address (`PTC_HOSTID=00-11-22-33-44-55`) keep their value as written, in
/// lower case.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CpuId(Arc<str>);

impl CpuId {
    /// Reads one host id in any spelling.
    ///
    /// # Errors
    /// When it is empty, too long, or has characters no host id has.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        let bad = |why: String| Err(Invalid::new("a host id", why));
        if text.is_empty() {
            return bad("it is empty".into());
        }
        if text.len() > limits::CPU_ID_CHARS_MAX {
            return bad(format!("it has more than {} characters", limits::CPU_ID_CHARS_MAX));
        }
        if let Some(c) =
            text.chars().find(|c| !c.is_ascii_graphic() || matches!(c, '"' | ',' | '\\' | '/' | '#'))
        {
            return bad(format!("it has the character {c:?}"));
        }
        if let Some((key, value)) = text.split_once('=') {
            let named = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !named || value.is_empty() {
                return bad("it must be KEY=value with a key of letters, digits and _".into());
            }
            // User, host and display names keep their case; every other value is a number.
            let key = key.to_ascii_uppercase();
            let value = match key.as_str() {
                "USER" | "DISPLAY" => value.to_owned(),
                _ => value.to_ascii_lowercase(),
            };
            return Ok(Self(format!("{key}={value}").into()));
        }
        if text.eq_ignore_ascii_case("ANY") || text.eq_ignore_ascii_case("DEMO") {
            return Ok(Self(text.to_ascii_uppercase().into()));
        }
        let hex: String = text.chars().filter(|c| !matches!(c, ':' | '-')).collect();
        let plain = hex.len() == text.len();
        let separated = !plain && hex.len() == 12;
        if !(plain || separated) || hex.len() < 2 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return bad(
                "it must be hexadecimal digits (an Ethernet address may have : or -), KEY=value, ANY or DEMO"
                    .into(),
            );
        }
        Ok(Self(hex.to_ascii_lowercase().into()))
    }

    /// Whether it stands for every machine.
    #[must_use]
    pub fn is_any(&self) -> bool {
        &*self.0 == "ANY"
    }

    /// The canonical text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CpuId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CpuId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_ids_have_one_spelling() {
        for (text, canonical) in [
            ("02AA10203040", "02aa10203040"),
            ("02:aa:10:20:30:40", "02aa10203040"),
            ("02-AA-10-20-30-40", "02aa10203040"),
            ("72726b50", "72726b50"),
            ("any", "ANY"),
            ("DEMO", "DEMO"),
            ("ptc_hostid=08-00-76-32-E4-22", "PTC_HOSTID=08-00-76-32-e4-22"),
            ("HOSTNAME=Lic1.Example.net", "HOSTNAME=lic1.example.net"),
            ("USER=Kim", "USER=Kim"),
            ("INTERNET=195.186.*.*", "INTERNET=195.186.*.*"),
        ] {
            assert_eq!(CpuId::new(text).unwrap().as_str(), canonical);
        }
        for bad in ["", "x y", "zz", "a", "=1", "ID=", "0a-1b", "a/b", "\"a\"", &"f".repeat(65)] {
            assert!(CpuId::new(bad).is_err(), "{bad:?}");
        }
    }
}
