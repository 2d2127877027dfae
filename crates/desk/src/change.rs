//! Rows as keys and bytes: what the journal carries for the desk.

use std::fmt;

use names::{CpuId, Email, PackNumber, Vendor};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::{
    Bought, Case, CaseNumber, Company, Configuration, Converted, Counter, Credential, CustomerNumber,
    FileRow, Membership, MoveRow, Order, PackRow, Person, Range, Reminded, Retired,
};

/// A row that is put or dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is so now.
    Put(Row),
    /// It is no more.
    Drop(RowKey),
}

/// A row that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Its key.
    pub key: String,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for BadRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the desk's row {:?}: {}", self.key, self.why)
    }
}

impl std::error::Error for BadRow {}

macro_rules! rows {
    ($($(#[doc = $doc:literal])* $name:ident($row:ty) $word:literal, |$r:ident| $key:expr => ($($part:ty),+);)*) => {
        /// A row.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Row {
            $($(#[doc = $doc])* $name(Box<$row>),)*
        }

        /// What a row is found by.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum RowKey {
            $($(#[doc = $doc])* $name($($part),+),)*
        }

        impl Row {
            /// Its key.
            #[must_use]
            pub fn key(&self) -> RowKey {
                match self { $(Self::$name($r) => $key,)* }
            }

            /// Its bytes, as JSON.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                match self { $(Self::$name(row) => json(&**row),)* }
            }

            /// The row of a key and its bytes.
            ///
            /// # Errors
            /// An unknown key, a field that is unknown or wrong, or another row's key.
            pub fn decode(key: &str, value: &[u8]) -> Result<Self, BadRow> {
                let bad = |why: String| BadRow { key: key.to_owned(), why };
                let row = match key.split_once('/').map(|(word, _)| word) {
                    $(Some($word) => Self::$name(Box::new(parse(value).map_err(bad)?)),)*
                    _ => return Err(bad("this version knows no such row".into())),
                };
                if row.key().to_string() == key { Ok(row) } else { Err(bad("it is another row's".into())) }
            }
        }

        impl RowKey {
            /// The kind of row, as its key begins.
            #[must_use]
            pub fn word(&self) -> &'static str {
                match self { $(Self::$name(..) => $word,)* }
            }
        }
    };
}

rows! {
    /// A company.
    Company(Company) "company", |r| RowKey::Company(r.number.clone()) => (CustomerNumber);
    /// Somebody with an account.
    Person(Person) "person", |r| RowKey::Person(r.email.clone()) => (Email);
    /// Somebody belongs to a company.
    Membership(Membership) "member", |r| RowKey::Membership(r.company.clone(), r.email.clone()) => (CustomerNumber, Email);
    /// A password.
    Credential(Credential) "credential", |r| RowKey::Credential(r.email.clone()) => (Email);
    /// An order.
    Order(Order) "order", |r| RowKey::Order(r.number.clone()) => (String);
    /// A configuration.
    Configuration(Configuration) "configuration", |r| RowKey::Configuration(r.vendor.clone(), r.id) => (Vendor, u64);
    /// A signed pack.
    Pack(PackRow) "pack", |r| RowKey::Pack(r.number.clone()) => (PackNumber);
    /// A case.
    Case(Case) "case", |r| RowKey::Case(r.number.clone()) => (CaseNumber);
    /// A case's file.
    File(FileRow) "file", |r| RowKey::File(r.case.clone(), r.name.clone()) => (CaseNumber, String);
    /// Rows of an estate that were converted.
    Converted(Converted) "converted", |r| RowKey::Converted(r.company.clone(), r.part.clone()) => (CustomerNumber, String);
    /// A counter.
    Counter(Counter) "counter", |r| RowKey::Counter(r.of.clone()) => (String);
    /// A reserved range of ids.
    Range(Range) "range", |r| RowKey::Range(r.from) => (u64);
    /// A license that this host gave up.
    Retired(Retired) "retired", |r| RowKey::Retired(r.vendor.clone(), r.id, r.host.clone()) => (Vendor, u64, CpuId);
    /// A move.
    Move(MoveRow) "move", |r| RowKey::Move(r.case.clone()) => (CaseNumber);
    /// A reminder that was sent.
    Reminded(Reminded) "reminded", |r| RowKey::Reminded(r.of.clone()) => (String);
    /// A purchase that was seen.
    Bought(Bought) "bought", |r| RowKey::Bought(r.of.clone()) => (String);
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.word();
        match self {
            Self::Company(number) => write!(f, "{word}/{number}"),
            Self::Person(email) | Self::Credential(email) => write!(f, "{word}/{email}"),
            Self::Membership(company, email) => write!(f, "{word}/{company}/{email}"),
            Self::Order(text) | Self::Counter(text) | Self::Reminded(text) | Self::Bought(text) => {
                write!(f, "{word}/{text}")
            }
            Self::Configuration(vendor, id) => write!(f, "{word}/{vendor}/{id}"),
            Self::Pack(number) => write!(f, "{word}/{number}"),
            Self::Case(case) | Self::Move(case) => write!(f, "{word}/{case}"),
            Self::File(case, name) => write!(f, "{word}/{case}/{name}"),
            Self::Converted(company, part) => write!(f, "{word}/{company}/{part}"),
            Self::Range(from) => write!(f, "{word}/{from}"),
            Self::Retired(vendor, id, cpu) => write!(f, "{word}/{vendor}/{id}/{cpu}"),
        }
    }
}

fn json(row: &impl Serialize) -> Vec<u8> {
    // Rows have no maps with keys that are not text, which is all that could fail.
    serde_json::to_vec(row).unwrap_or_default()
}

fn parse<T: DeserializeOwned>(value: &[u8]) -> Result<T, String> {
    serde_json::from_slice(value).map_err(|e| e.to_string())
}
