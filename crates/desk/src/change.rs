//! Rows as keys and bytes: what the journal carries for the desk, and the tables that they are in.

use std::fmt;
use std::sync::Arc;

use names::{CpuId, Email, PackNumber, Vendor};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::{
    Bought, Case, CaseNumber, Company, Configuration, Converted, Counter, Credential, CustomerNumber,
    FileRow, Membership, MoveRow, Order, PackRow, Person, Range, Reminded, Retired,
};
use crate::table::Table;

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

/// The one list of kinds of rows: all that is done with each of them is made of it. A row's key is of one part or
/// of several, and its text is the kind's word and the parts.
macro_rules! rows {
    ($(
        $(#[doc = $doc:literal])*
        $name:ident($row:ty) $word:literal in $table:ident,
        |$r:ident| $($part:ident: $type:ty = $from:expr),+;
    )*) => {
        /// A row.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Row {
            $($(#[doc = $doc])* $name(Box<$row>),)*
        }

        /// What a row is found by.
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum RowKey {
            $($(#[doc = $doc])* $name($($type),+),)*
        }

        impl Row {
            /// Its key.
            #[must_use]
            pub fn key(&self) -> RowKey {
                match self { $(Self::$name($r) => RowKey::$name($($from),+),)* }
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

        impl fmt::Display for RowKey {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())?;
                match self { $(Self::$name($($part),+) => { $(write!(f, "/{}", $part)?;)+ })* }
                Ok(())
            }
        }

        /// All rows, by kind and key.
        #[expect(unused_parens, reason = "a key of one part is that part, and of several they are a tuple")]
        #[derive(Debug, Clone, Default)]
        pub(crate) struct Tables {
            $(pub(crate) $table: Table<($($type),+), $row>,)*
        }

        impl Tables {
            pub(crate) fn row(&self, key: &RowKey) -> Option<Row> {
                Some(match key {
                    $(RowKey::$name($($part),+) => {
                        Row::$name(boxed(self.$table.get(&($($part.clone()),+))?))
                    })*
                })
            }

            pub(crate) fn put(&mut self, row: Row) {
                match row {
                    $(Row::$name($r) => self.$table.insert_mut(($($from),+), Arc::from($r)),)*
                }
            }

            pub(crate) fn drop_row(&mut self, key: &RowKey) {
                match key {
                    $(RowKey::$name($($part),+) => drop(self.$table.remove_mut(&($($part.clone()),+))),)*
                }
            }

            pub(crate) fn rows(&self) -> impl Iterator<Item = Row> {
                std::iter::empty()$(.chain(self.$table.values().map(|row| Row::$name(boxed(row)))))*
            }
        }
    };
}

rows! {
    /// A company.
    Company(Company) "company" in companies, |r| number: CustomerNumber = r.number.clone();
    /// Somebody with an account.
    Person(Person) "person" in people, |r| email: Email = r.email.clone();
    /// Somebody belongs to a company.
    Membership(Membership) "member" in memberships,
        |r| company: CustomerNumber = r.company.clone(), email: Email = r.email.clone();
    /// A password.
    Credential(Credential) "credential" in credentials, |r| email: Email = r.email.clone();
    /// An order.
    Order(Order) "order" in orders, |r| number: String = r.number.clone();
    /// A configuration.
    Configuration(Configuration) "configuration" in configurations,
        |r| vendor: Vendor = r.vendor.clone(), id: u64 = r.id;
    /// A signed pack.
    Pack(PackRow) "pack" in packs,
        |r| vendor: Vendor = r.vendor.clone(), number: PackNumber = r.number.clone();
    /// A case.
    Case(Case) "case" in cases, |r| number: CaseNumber = r.number.clone();
    /// A case's file.
    File(FileRow) "file" in files, |r| case: CaseNumber = r.case.clone(), name: String = r.name.clone();
    /// Rows of an estate that were converted.
    Converted(Converted) "converted" in converted,
        |r| company: CustomerNumber = r.company.clone(), part: String = r.part.clone();
    /// A counter.
    Counter(Counter) "counter" in counters, |r| of: String = r.of.clone();
    /// A reserved range of ids.
    Range(Range) "range" in ranges, |r| from: u64 = r.from;
    /// A license that this host gave up.
    Retired(Retired) "retired" in retired,
        |r| vendor: Vendor = r.vendor.clone(), id: u64 = r.id, host: CpuId = r.host.clone();
    /// A move.
    Move(MoveRow) "move" in moves, |r| case: CaseNumber = r.case.clone();
    /// A reminder that was sent.
    Reminded(Reminded) "reminded" in reminded, |r| of: String = r.of.clone();
    /// A purchase that was seen.
    Bought(Bought) "bought" in bought, |r| of: String = r.of.clone();
}

fn boxed<T: Clone>(row: &Arc<T>) -> Box<T> {
    Box::new((**row).clone())
}

fn json(row: &impl Serialize) -> Vec<u8> {
    // Rows have no maps with keys that are not text, which is all that could fail.
    serde_json::to_vec(row).unwrap_or_default()
}

fn parse<T: DeserializeOwned>(value: &[u8]) -> Result<T, String> {
    serde_json::from_slice(value).map_err(|e| e.to_string())
}
