//! Which rows are the same: so an estate that comes again issues nothing.
//!
//! A *license* is a serial number, a product and a host with a vendor. A row is all that it says but its
//! note. A row that was converted issues nothing. A row that was not, of a license that was, is refused: it
//! says otherwise than before, and issuing it would give the license twice.

use std::fmt::Write as _;

use names::Vendor;
use sha2::{Digest as _, Sha256};

use super::row::EstateRow;

/// The license that a row is about.
pub(super) fn license(vendor: &Vendor, row: &EstateRow) -> String {
    digest(&license_parts(vendor, row))
}

/// The row, without its note and its place in the file.
pub(super) fn row(vendor: &Vendor, row: &EstateRow) -> String {
    let mut parts = license_parts(vendor, row);
    let mut installs: Vec<String> = row.installs.iter().map(|text| text.to_ascii_uppercase()).collect();
    installs.sort();
    parts.extend([
        row.product_line.clone(),
        row.version.canonical(),
        row.modules.join(" "),
        row.is_module.to_string(),
        format!("{:?}", row.seat),
        row.quantity.to_string(),
        row.license_host().to_string(),
        row.maintenance.to_string(),
        row.from.map(|day| day.to_string()).unwrap_or_default(),
        row.until.to_string(),
        installs.join(" "),
    ]);
    digest(&parts)
}

fn license_parts(vendor: &Vendor, row: &EstateRow) -> Vec<String> {
    vec![vendor.to_string(), number(&row.serial), row.product.to_string(), row.host.to_string()]
}

/// A serial or install number, whichever case it is written in.
pub(super) fn number(text: &str) -> String {
    text.to_ascii_uppercase()
}

/// 32 hexadecimal digits of the SHA-256 of these, each with its length before it.
pub(super) fn digest(parts: &[String]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(16).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
