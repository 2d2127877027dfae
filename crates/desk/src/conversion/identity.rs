//! Which rows are the same: so an estate that comes again issues nothing.
//!
//! A *license* is a serial number, a product and a host with a vendor. A row is all that it says but its
//! note. A row that was converted issues nothing. A row that was not, of a license that was, is refused: it
//! says otherwise than before, and issuing it would give the license twice.

use names::Vendor;

use super::row::EstateRow;
use crate::Seat;
use crate::hashed::Hashed;

/// A row as it is known again: 32 hexadecimal digits each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity {
    /// The license that it is about.
    pub(super) license: String,
    /// The row, without its note, its host's key and its place in the file.
    pub(super) row: String,
}

impl Identity {
    pub(super) fn of(vendor: &Vendor, row: &EstateRow) -> Self {
        let mut all = Hashed::default();
        all.add(vendor.as_str()).add(&number(&row.serial)).add(row.product.as_str()).add(row.host.as_str());
        let license = all.clone().text();
        let mut installs: Vec<String> = row.installs.iter().map(|text| number(text)).collect();
        installs.sort();
        all.add(&row.product_line).add(&row.version.canonical()).add(&row.modules.join(" "));
        all.add(match (row.is_module, row.seat) {
            (true, _) => "module",
            (false, Seat::Floating) => "floating",
            (false, Seat::Locked) => "locked",
            (false, Seat::Named) => "named",
        });
        all.add(&row.quantity.to_string()).add(row.license_host().as_str());
        all.add(if row.maintenance { "active" } else { "none" });
        all.add(&row.from.map(|day| day.to_string()).unwrap_or_default()).add(&row.until.to_string());
        all.add(&installs.join(" "));
        Self { license, row: all.text() }
    }
}

/// A serial or install number, whichever case it is written in.
pub(super) fn number(text: &str) -> String {
    text.to_ascii_uppercase()
}
