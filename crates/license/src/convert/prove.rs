//! The converted file is loaded again: it must give what the lines said before.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use names::{Code, Vendor};

use super::prepare::Prepared;
use super::{Fate, Left};
use crate::findings::Findings;
use crate::sign::lines_of;
use crate::syntax::parse;
use crate::{Entitlement, Place, SeatKind, SecretKey, Source, Trust, TrustedKey, load};

/// Compares; what differs is an error. Gives the lines that are signed and not served.
pub(super) fn prove(
    source: &Source,
    prepared: &Prepared,
    signed: &[u8],
    key: &SecretKey,
    findings: &mut Findings,
) -> Vec<Left> {
    let Some(vendor) = key.vendor() else { return Vec::new() };
    let gone = prepared.left.iter().filter(|left| left.fate == Fate::Comment).map(|left| left.line);
    let gone: BTreeSet<u32> = gone.collect();
    let before = load(std::slice::from_ref(source), &Trust::default(), None, false);
    let before: Vec<Entitlement> = before.unserved.into_iter().map(|unserved| unserved.entitlement).collect();
    let before = before.iter().filter(|e| e.vendor == *vendor && !gone.contains(&e.place.line));

    let trust = Trust::new(vec![TrustedKey { vendor: vendor.clone(), key: key.public() }]);
    let after = load(&[Source::new(source.name.clone(), signed)], &trust, None, true);
    let numbers = numbers(&prepared.text, signed, vendor);
    let number = |place: Place| numbers.get(&place.line).copied().unwrap_or(place.line);
    let withheld = after.unserved.iter().filter(|unserved| unserved.entitlement.vendor == *vendor);
    let withheld: Vec<_> = withheld.collect();
    let given = after.entitlements.iter().chain(withheld.iter().map(|unserved| &unserved.entitlement));

    let mut facts: BTreeMap<String, (i64, u32)> = BTreeMap::new();
    for entitlement in before {
        facts.entry(fact(entitlement)).or_insert((0, entitlement.place.line)).0 += 1;
    }
    for entitlement in given {
        facts.entry(fact(entitlement)).or_insert((0, number(entitlement.place))).0 -= 1;
    }
    let syntax = parse(&source.bytes, &mut Findings::new(0));
    let spans: BTreeMap<u32, Range<u32>> =
        syntax.lines.into_iter().map(|line| (line.number, line.span)).collect();
    for (fact, (more, line)) in facts.into_iter().filter(|(_, (more, _))| *more != 0) {
        say(spans.get(&line).cloned().unwrap_or(0..0), &fact, more > 0, findings);
    }
    let mut left: BTreeMap<u32, Left> = BTreeMap::new();
    for unserved in withheld {
        let line = number(unserved.entitlement.place);
        let (code, why) = (Some(unserved.code), unserved.why.clone());
        left.entry(line).or_insert(Left { line, fate: Fate::NotServed, code, why });
    }
    left.into_values().collect()
}

/// What must stay as it was. The configuration, the pack and the license host's id are what signing
/// adds.
fn fact(e: &Entitlement) -> String {
    let cpus = if e.kind == SeatKind::Locked { format!("{:?}", e.cpus) } else { String::new() };
    let seats = e.seats.map_or("uncounted".to_owned(), |seats| seats.to_string());
    let start = e.start.map_or("-".to_owned(), |start| start.to_string());
    let packaged = e.packaged.as_ref().map(|packaged| (&packaged.package, packaged.suite, packaged.is_suite));
    format!(
        "{} {} {seats} seats, {start} to {}, {}{cpus}; {:?}; {:?}",
        e.feature,
        e.version,
        e.expiry,
        e.kind,
        e.rules,
        (&e.vendor_string, &e.issued, &e.sort, &e.product_line, &e.modules, &e.maintenance, packaged),
    )
}

/// The numbers of the vendor's lines in the signed text, and in the text that was given.
fn numbers(prepared: &[u8], signed: &[u8], vendor: &Vendor) -> BTreeMap<u32, u32> {
    let lines = |bytes: &[u8]| -> Vec<u32> {
        let syntax = parse(bytes, &mut Findings::new(0));
        lines_of(bytes, &syntax, vendor).map(|line| line.number).collect()
    };
    lines(signed).into_iter().zip(lines(prepared)).collect()
}

fn say(span: Range<u32>, fact: &str, is_lost: bool, findings: &mut Findings) {
    let short = fact.split(';').next().unwrap_or(fact);
    let message = match is_lost {
        true => format!("signed, the file would no longer give what this line gave: {short}"),
        false => format!("signed, this line would give what it did not give before: {short}"),
    };
    let remedy = "look at SUPERSEDE, SUPERSEDE_SIGN, UPGRADE and FEATURE lines of the feature: write lines that \
                  say the same without the others' signatures";
    findings.error(Code::Incompatible, span, message, remedy);
}
