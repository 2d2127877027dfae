//! A pack's text before it is signed: what the ledger says of one company on one license host.

use std::fmt::Write as _;

use names::{CpuId, Date, PackNumber, Vendor};

use super::key::seat_word;
use crate::Desk;
use crate::model::{ConfigLine, Configuration, Seat};

/// Workstations on one license line; those of a longer list go on several.
const WORKSTATIONS_A_LINE: usize = 200;
/// Characters of `SN=`: as many whole serial numbers as fit. The ledger has all of them.
const SERIALS_CHARS_MAX: usize = 4_000;
/// Characters of `VOIDS=`: the newest packs that fit.
const VOIDS_CHARS_MAX: usize = 8_000;

/// What stands in a pack beside its configurations.
pub(crate) struct Head<'a> {
    pub(crate) vendor: &'a Vendor,
    pub(crate) host: &'a CpuId,
    pub(crate) issued: Date,
    /// The packs that it voids, the oldest first.
    pub(crate) voids: &'a [PackNumber],
}

/// The text. Install numbers are never in it.
pub(crate) fn write(desk: &Desk, head: &Head<'_>, configurations: &[&Configuration]) -> String {
    let mut text = format!("SERVER this_host {}\nVENDOR {}\nUSE_SERVER\n", head.host, head.vendor);
    let mut voids = Some(joined(head.voids.iter().rev(), VOIDS_CHARS_MAX)).filter(|text| !text.is_empty());
    for configuration in configurations {
        for line in &configuration.lines {
            for piece in pieces(configuration, line) {
                increment(&mut text, desk, head, configuration, line, &piece);
                if let Some(voids) = voids.take() {
                    attribute(&mut text, "VOIDS", &voids);
                }
                text.push('\n');
            }
        }
    }
    text
}

/// A part of a line: how many seats, and for which workstations.
struct Piece<'a> {
    count: u32,
    workstations: &'a [CpuId],
}

fn pieces<'a>(configuration: &Configuration, line: &'a ConfigLine) -> Vec<Piece<'a>> {
    if configuration.seat != Seat::Locked {
        return vec![Piece { count: line.count, workstations: &[] }];
    }
    let chunks = line.workstations.chunks(WORKSTATIONS_A_LINE);
    // A chunk has 200 at most.
    chunks.map(|chunk| Piece { count: chunk.len() as u32, workstations: chunk }).collect()
}

fn increment(
    text: &mut String,
    desk: &Desk,
    head: &Head<'_>,
    configuration: &Configuration,
    line: &ConfigLine,
    piece: &Piece<'_>,
) {
    let (feature, version, until) = (&line.feature, &line.version, line.until);
    // Writing to a text does not fail.
    let _ = write!(text, "INCREMENT {feature} {} {version} {until} {}", head.vendor, piece.count);
    let _ = write!(text, " CONFIG_ID={}", configuration.id);
    attribute(text, "PRODUCT_LINE", &configuration.product_line);
    attribute(text, "MODULES", &configuration.modules.join(" "));
    attribute(text, "SEAT", &seat_word(configuration.seat).to_ascii_uppercase());
    attribute(text, "MAINTENANCE", if configuration.maintenance { "ACTIVE" } else { "NONE" });
    if !piece.workstations.is_empty() {
        attribute(text, "HOSTID", &joined(piece.workstations.iter(), usize::MAX));
    }
    if let Some(from) = line.from {
        attribute(text, "START", &from.to_string());
    }
    attribute(text, "ISSUED", &head.issued.to_string());
    attribute(text, "CUSTOMER", configuration.company.as_str());
    if let Some(order) = desk.order(&line.order) {
        attribute(text, "SUBSCRIPTION", &order.subscription);
        attribute(text, "INVOICE", &order.invoice);
        attribute(text, "BUYER", order.buyer.as_ref().map_or("", |buyer| buyer.as_str()));
    }
    attribute(text, "SN", &joined(configuration.serials.iter(), SERIALS_CHARS_MAX));
}

/// Writes an attribute, on a line of the file of its own. Only `MODULES` says something when it is empty.
fn attribute(text: &mut String, name: &str, value: &str) {
    if name == "MODULES" || !value.is_empty() {
        let _ = write!(text, " \\\n\t{name}=\"{value}\"");
    }
}

/// As many as fit, divided by one blank.
fn joined(list: impl Iterator<Item: ToString>, most: usize) -> String {
    let mut text = String::new();
    for one in list {
        let one = one.to_string();
        if text.len() + one.len() >= most {
            break;
        }
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&one);
    }
    text
}
