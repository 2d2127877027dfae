//! The identity of a machine.

use std::fmt;
use std::sync::Arc;

use crate::{Invalid, limits};

/// The identity of a machine, a *host id* in FlexNet's words, in its one canonical spelling.
///
/// Bare hexadecimal ids (Ethernet addresses, old longs) are written in lower case without
/// separators; `KEY=value` ids have the key in upper case; `ANY` and `DEMO` are themselves. A TPM's id
/// (four groups of five letters or digits) is in lower case with its `-`. `KEY`s that name an Ethernet address (`PTC_HOSTID=00-11-22-33-44-55`) keep their value as written, in
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
        // A display may be a device: DISPLAY=/dev/tty01.
        let slash = text.get(..8).is_some_and(|key| key.eq_ignore_ascii_case("DISPLAY="));
        let bad_in_any = |c: &char| !c.is_ascii_graphic() || matches!(c, '"' | ',' | '\\' | '#');
        if let Some(c) = text.chars().find(|c| bad_in_any(c) || (*c == '/' && !slash)) {
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
        if is_tpm(text) {
            return Ok(Self(text.to_ascii_lowercase().into()));
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

/// Four groups of five letters or digits, divided by `-`.
fn is_tpm(text: &str) -> bool {
    let group = |group: &str| group.len() == 5 && group.bytes().all(|b| b.is_ascii_alphanumeric());
    text.len() == 23 && text.split('-').all(group)
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
            ("INTERNET=2001:DB8::*", "INTERNET=2001:db8::*"),
            ("DISPLAY=/dev/tty01", "DISPLAY=/dev/tty01"),
            ("display=Kim:0.0", "DISPLAY=Kim:0.0"),
            ("DISK_SERIAL_NUM=0A1B2C3D", "DISK_SERIAL_NUM=0a1b2c3d"),
            ("FLEXID=9-0a1b2c3d", "FLEXID=9-0a1b2c3d"),
            ("COMPOSITE=0123456789AB", "COMPOSITE=0123456789ab"),
            ("ID=123456", "ID=123456"),
            ("VM_UUID=4C4C4544-0042-3510", "VM_UUID=4c4c4544-0042-3510"),
            ("AB3DE-12345-zzzzz-00000", "ab3de-12345-zzzzz-00000"),
        ] {
            assert_eq!(CpuId::new(text).unwrap().as_str(), canonical);
        }
        for bad in [
            "",
            "x y",
            "zz",
            "a",
            "=1",
            "ID=",
            "0a-1b",
            "a/b",
            "HOSTNAME=a/b",
            "AB3DE-12345-zzzzz",
            "AB3DE-12345-zzzzz-0000",
            "\"a\"",
            &"f".repeat(65),
        ] {
            assert!(CpuId::new(bad).is_err(), "{bad:?}");
        }
    }
}
