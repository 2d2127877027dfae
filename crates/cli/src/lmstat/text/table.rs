//! The table of `-i`: what is licensed.

use std::fmt::Write as _;

use proto::v1::StatusReply;

use super::super::view::{Part, features, name_of, word};
use super::{Style, expiry, plain};
use crate::args::LastColumn;

/// What FlexNet says before it.
pub(super) fn note(text: &mut String) {
    text.push_str(
        "NOTE: lmstat -i does not give information from the server,\n      \
         but only reads the license file.  For this reason,\n      \
         lmstat -a is recommended instead.\n\n",
    );
}

/// What is licensed, a line a pool.
pub(super) fn of(text: &mut String, reply: &StatusReply, part: &Part, style: &Style) {
    text.push_str(match style.layout.last_column {
        LastColumn::Expires => {
            "Feature                         Version     #licenses    Vendor        Expires\n\
             _______                         _________   _________    ______        ________\n"
        }
        LastColumn::Vendor => {
            "Feature                         Version     #licenses    Expires      Vendor\n\
             _______                         _________   _________    __________   ______\n"
        }
    });
    for feature in features(reply, part) {
        for pool in &feature.pools {
            // Monitors want a number: FlexNet's is 0 where nothing is counted.
            let seats = if pool.uncounted { 0 } else { pool.capacity };
            let (name, version, vendor) = (&feature.name, plain(&pool.license_version), vendor_of(pool));
            let _ = match style.layout.last_column {
                LastColumn::Expires => {
                    writeln!(text, "{name:<32} {version:<12} {seats:<11} {vendor:<12} {}", expiry(pool))
                }
                LastColumn::Vendor => {
                    writeln!(text, "{name:<31} {version:<12} {seats:<11} {:<12} {vendor}", day(pool))
                }
            };
        }
    }
}

fn vendor_of(pool: &proto::v1::PoolStatus) -> String {
    word(&name_of(pool).vendor)
}

/// Where the vendor comes last, the day is one word: FlexNet's for no day is `1-jan-0`.
fn day(pool: &proto::v1::PoolStatus) -> String {
    match word(&pool.expiry).as_str() {
        "permanent" => "1-jan-0".to_owned(),
        date => date.to_owned(),
    }
}
