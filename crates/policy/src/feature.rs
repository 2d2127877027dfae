//! Which license lines a rule is about: a feature's name, and what tells its lines apart.

use license::nearest;
use names::{Expiry, Version};

/// What a feature modifier looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// `VERSION`
    Version,
    /// `HOSTID`
    HostId,
    /// `EXPDATE`
    ExpDate,
    /// `KEY`, the name that `SIGN` had once: it looks at the same.
    Key,
    /// `SIGN`, `SIGN2` too
    Sign,
    /// `ISSUER`
    Issuer,
    /// `NOTICE`
    Notice,
    /// `VENDOR_STRING`
    VendorString,
    /// `dist_info`
    DistInfo,
    /// `user_info`
    UserInfo,
    /// `asset_info`
    AssetInfo,
}

const KEYS: [(&str, Key); 11] = [
    ("VERSION", Key::Version),
    ("HOSTID", Key::HostId),
    ("EXPDATE", Key::ExpDate),
    ("KEY", Key::Key),
    ("SIGN", Key::Sign),
    ("ISSUER", Key::Issuer),
    ("NOTICE", Key::Notice),
    ("VENDOR_STRING", Key::VendorString),
    ("dist_info", Key::DistInfo),
    ("user_info", Key::UserInfo),
    ("asset_info", Key::AssetInfo),
];

/// Only lines of which this is so.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Modifier {
    /// What is looked at.
    pub key: Key,
    /// What it must be, in one spelling.
    pub value: String,
}

/// A feature, as a rule names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeatureSpec {
    /// The feature or package; a license need not have it.
    pub name: String,
    /// Only some of its lines.
    pub modifier: Option<Modifier>,
}

impl Key {
    /// As it is written.
    #[must_use]
    pub fn text(self) -> &'static str {
        KEYS.iter().find(|(_, key)| *key == self).map_or("", |(text, _)| text)
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        KEYS.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)).map(|(_, key)| *key)
    }

    /// The same value in one spelling, whoever wrote it. Nothing where it is none of this key.
    pub(crate) fn normal(self, value: &str) -> Option<String> {
        Some(match self {
            Self::Version => Version::new(value).ok()?.canonical(),
            Self::ExpDate => Expiry::parse(value).ok()?.to_string(),
            Self::HostId => value.to_ascii_uppercase(),
            Self::Key | Self::Sign => value.split([' ', '\t']).collect(),
            _ => value.to_owned(),
        })
    }
}

impl std::fmt::Display for FeatureSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)?;
        match &self.modifier {
            Some(modifier) => write!(f, ":{}={}", modifier.key.text(), modifier.value),
            None => Ok(()),
        }
    }
}

/// What is wrong with a feature: a message and a remedy.
type Wrong = (String, String);

impl FeatureSpec {
    /// Reads `name`, `name:KEY=value`, or, quoted, `name KEY=value`.
    pub(crate) fn read(text: &str, quoted: bool) -> Result<Self, Wrong> {
        let blank = text
            .find([' ', '\t'])
            .filter(|at| quoted && !text.get(..*at).is_some_and(|name| name.contains('=')));
        let split = blank.or_else(|| modifier_colon(text));
        let (name, rest) = match split {
            Some(at) => {
                let (name, rest) = text.split_at(at);
                (name, Some(rest.get(1..).unwrap_or_default().trim_matches([' ', '\t'])))
            }
            None => (text, None),
        };
        let wrong = |message: &str, remedy: &str| Err((message.to_owned(), remedy.to_owned()));
        if name.is_empty() {
            return wrong(
                "a feature has no name",
                "write it like mill, mill:VERSION=4.2 or \"mill VERSION=4.2\"",
            );
        }
        let modifier = rest.filter(|rest| !rest.is_empty()).map(modifier).transpose()?;
        Ok(Self { name: name.to_owned(), modifier })
    }
}

/// The colon before a `KEY=`; a feature's name may have colons itself.
fn modifier_colon(text: &str) -> Option<usize> {
    let equals = text.find('=')?;
    let before = text.get(..equals)?;
    before.rfind(':')
}

fn modifier(text: &str) -> Result<Modifier, Wrong> {
    let remedy = "a modifier is VERSION, HOSTID, EXPDATE, KEY, SIGN, ISSUER, NOTICE, VENDOR_STRING, dist_info, \
                  user_info or asset_info, with = and a value";
    let Some((key, value)) = text.split_once('=') else {
        return Err((format!("{} is no KEY=value", license::quoted(text.as_bytes())), remedy.to_owned()));
    };
    let Some(known) = Key::read(key) else {
        let near = nearest(key.as_bytes(), KEYS.iter().map(|(name, _)| *name));
        let remedy = near.map_or(remedy.to_owned(), |near| format!("did you mean {near}?"));
        return Err((format!("unknown modifier {}", license::quoted(key.as_bytes())), remedy));
    };
    let value = value.trim_matches('"');
    let Some(value) = known.normal(value).filter(|value| !value.is_empty()) else {
        let message = format!("{} is no value of {}", license::quoted(value.as_bytes()), known.text());
        return Err((message, "write it as it stands on the license line".to_owned()));
    };
    Ok(Modifier { key: known, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_read_with_their_modifiers() {
        for (text, quoted, expected) in [
            ("mill", false, "mill"),
            ("mill", true, "mill"),
            ("mill:VERSION=4.20", false, "mill:VERSION=4.2"),
            ("mill version=04.2", true, "mill:VERSION=4.2"),
            ("mill:VERSION=4.2", true, "mill:VERSION=4.2"),
            ("lathe:SIGN=00AA 11BB", false, "lathe:SIGN=00AA11BB"),
            ("lathe:SIGN=00AA 11BB", true, "lathe:SIGN=00AA11BB"),
            ("MATLAB key=abcd1234", true, "MATLAB:KEY=abcd1234"),
            ("MATLAB asset_info=220668", true, "MATLAB:asset_info=220668"),
            ("mill NOTICE=a b: c=d", true, "mill:NOTICE=a b: c=d"),
            ("a:b", false, "a:b"),
            ("a:b:HOSTID=0050c2aa01", false, "a:b:HOSTID=0050C2AA01"),
            ("mill:EXPDATE=01-JAN-2027", false, "mill:EXPDATE=01-jan-2027"),
            ("mill:EXPDATE=1-jan-0", false, "mill:EXPDATE=permanent"),
            ("mill:user_info=x", false, "mill:user_info=x"),
            ("mill:dist_info=x", false, "mill:dist_info=x"),
            ("mill:ISSUER=x", false, "mill:ISSUER=x"),
            ("mill:VENDOR_STRING=x=y", false, "mill:VENDOR_STRING=x=y"),
        ] {
            let read = FeatureSpec::read(text, quoted).map(|spec| spec.to_string());
            assert_eq!(read.as_deref(), Ok(expected), "{text}");
        }
        for (text, quoted, words) in [
            ("", true, "no name"),
            (":VERSION=1", false, "no name"),
            ("mill:VERSIN=1", false, "did you mean VERSION"),
            ("mill:COLOUR=1", false, "a modifier is VERSION"),
            ("mill:VERSION=x", false, "no value of VERSION"),
            ("mill:SIGN=", false, "no value of SIGN"),
            ("mill:EXPDATE=tomorrow", false, "no value of EXPDATE"),
            ("mill red", true, "no KEY=value"),
        ] {
            let (message, remedy) = FeatureSpec::read(text, quoted).unwrap_err();
            assert!(format!("{message}; {remedy}").contains(words), "{text}: {message}; {remedy}");
        }
    }
}
