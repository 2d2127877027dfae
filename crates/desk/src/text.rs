//! Names as text in rows: written as they are shown, checked when they are read.

use std::fmt::Display;

use names::{CpuId, Date, Email, Expiry, Feature, Invalid, PackNumber, Vendor, Version};
use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _, ser::SerializeSeq as _};

/// What can be read back from how it is shown.
pub(crate) trait Text: Display + Sized {
    fn parse(text: &str) -> Result<Self, Invalid>;
}

macro_rules! text {
    ($($name:ty: $parse:path),* $(,)?) => {
        $(impl Text for $name {
            fn parse(text: &str) -> Result<Self, Invalid> {
                $parse(text)
            }
        })*
    };
}

text! {
    CpuId: CpuId::new,
    Date: Date::parse,
    Email: Email::new,
    Expiry: Expiry::parse,
    Feature: Feature::new,
    PackNumber: PackNumber::new,
    Vendor: Vendor::new,
    Version: Version::new,
    crate::CustomerNumber: crate::CustomerNumber::new,
    crate::CaseNumber: crate::CaseNumber::new,
}

pub(crate) fn serialize<T: Text, S: Serializer>(what: &T, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(what)
}

pub(crate) fn deserialize<'de, T: Text, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let text = String::deserialize(from)?;
    T::parse(&text).map_err(D::Error::custom)
}

/// The same of what may be absent.
pub(crate) mod option {
    use super::*;

    #[expect(clippy::ref_option, reason = "serde gives it so")]
    pub(crate) fn serialize<T: Text, S: Serializer>(what: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
        match what {
            Some(what) => to.collect_str(what),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, T: Text, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| T::parse(&text).map_err(D::Error::custom)).transpose()
    }
}

/// The same of several.
pub(crate) mod list {
    use super::*;

    pub(crate) fn serialize<T: Text, S: Serializer>(what: &[T], to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(what.len()))?;
        for one in what {
            list.serialize_element(&one.to_string())?;
        }
        list.end()
    }

    pub(crate) fn deserialize<'de, T: Text, D: Deserializer<'de>>(from: D) -> Result<Vec<T>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        texts.iter().map(|text| T::parse(text).map_err(D::Error::custom)).collect()
    }
}

/// What is only shown: a view's names and dates.
pub(crate) mod shown {
    use super::*;

    pub(crate) fn serialize<T: Display, S: Serializer>(what: &T, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(what)
    }
}

/// The same of what may be absent.
pub(crate) mod shown_option {
    use super::*;

    #[expect(clippy::ref_option, reason = "serde gives it so")]
    pub(crate) fn serialize<T: Display, S: Serializer>(what: &Option<T>, to: S) -> Result<S::Ok, S::Error> {
        match what {
            Some(what) => to.collect_str(what),
            None => to.serialize_none(),
        }
    }
}
