//! What holds of every file, whatever it is.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use license::limits::DIAGNOSTICS_MAX;
use license::{
    Diagnostic, Entitlement, LineError, Loaded, PackState, SignedLine, Source, VerifiedLine, load,
    verify_line, verify_package,
};
use names::Code;

use super::originals::{Originals, Proof, proof};
use crate::corpus::contained;

/// A property that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which.
    pub property: &'static str,
    /// How it shows.
    pub detail: String,
}

/// What was seen of an input that is fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Lines that are served.
    pub(super) served: u64,
    /// Whether the text could be signed.
    pub(super) was_signed: bool,
}

/// What a load may take: so long, and so long for each byte.
const TIME: Duration = Duration::from_millis(300);
const TIME_A_BYTE: Duration = Duration::from_micros(2);
/// What is worth signing, and worth showing every finding of.
const SMALL: usize = 64 << 10;
const SHOWN: usize = 5;
/// The pack that texts are signed as.
const PACK: &str = "P-F";

type Checked<T> = Result<T, Failure>;

fn fail<T>(property: &'static str, detail: impl Into<String>) -> Checked<T> {
    Err(Failure { property, detail: detail.into() })
}

/// Holds every property against a file.
///
/// # Errors
/// The first one that does not hold.
pub fn check(bytes: &[u8], originals: &Originals) -> Result<Seen, Failure> {
    contained(|| check_all(bytes, originals)).unwrap_or_else(|panic| fail("nothing panics", panic))
}

fn check_all(bytes: &[u8], originals: &Originals) -> Checked<Seen> {
    let source = [Source::new("x.lic", bytes)];
    let loaded = in_time(&source, originals)?;
    findings(&loaded.diagnostics, &source)?;
    let served = only_originals(&loaded, originals)?;
    beside_another(bytes, originals)?;
    let strict = load(&source, originals.trust(), None, true);
    if strict.entitlements.iter().any(|given| !served.contains(&proof(given))) {
        return fail("strictness gives nothing more", "a line is served in a strict load only");
    }
    for given in &loaded.entitlements {
        proves(given, originals)?;
    }
    let was_signed = bytes.len() <= SMALL && comes_back(bytes, originals)?;
    Ok(Seen { served: served.len() as u64, was_signed })
}

/// Loads a file, and looks at the clock. What was slow is loaded again: others use the machine too.
fn in_time(source: &[Source], originals: &Originals) -> Checked<Loaded> {
    let bytes = source.iter().map(|source| source.bytes.len()).sum::<usize>();
    let limit = TIME + TIME_A_BYTE * u32::try_from(bytes).unwrap_or(u32::MAX);
    let mut took = Duration::MAX;
    for _ in 0..3 {
        let began = Instant::now();
        let loaded = load(source, originals.trust(), None, false);
        took = took.min(began.elapsed());
        if took <= limit {
            return Ok(loaded);
        }
    }
    fail("a load takes linear time", format!("{took:?} for {bytes} bytes"))
}

/// They are bounded, have a place in the file, and can be shown.
fn findings(diagnostics: &[Diagnostic], source: &[Source]) -> Checked<()> {
    let bytes = source.first().map_or(0, |source| source.bytes.len());
    if diagnostics.len() > DIAGNOSTICS_MAX {
        return fail("findings are bounded", diagnostics.len().to_string());
    }
    let shown = if bytes <= SMALL { DIAGNOSTICS_MAX } else { SHOWN };
    for (at, found) in diagnostics.iter().enumerate() {
        if found.span.start > found.span.end || found.span.end > bytes {
            return fail(
                "findings have a place in the file",
                format!("{:?} of {bytes}: {}", found.span, found.message),
            );
        }
        if at < shown {
            let text = found.render(source);
            if text.chars().any(|c| c.is_control() && c != '\n') || !text.contains("\nhelp: ") {
                return fail("findings can be shown", format!("{text:?}"));
            }
        }
    }
    Ok(())
}

/// What is served is an original's, and once.
fn only_originals(loaded: &Loaded, originals: &Originals) -> Checked<BTreeSet<Proof>> {
    let mut served = BTreeSet::new();
    for given in &loaded.entitlements {
        if !served.insert(proof(given)) {
            return fail("a line is served once", given.feature.to_string());
        }
        is_original(given, originals)?;
    }
    Ok(served)
}

/// A pack in a file of its own does not make more of it, on either side of it.
fn beside_another(bytes: &[u8], originals: &Originals) -> Checked<()> {
    let which = bytes.len().checked_rem(originals.signed().len()).unwrap_or(0);
    let Some(other) = originals.signed().get(which).filter(|_| bytes.len() <= SMALL) else { return Ok(()) };
    let mut sources = [Source::new("x.lic", bytes), Source::new("other.lic", other.as_slice())];
    for _ in 0..2 {
        only_originals(&load(&sources, originals.trust(), None, false), originals)?;
        sources.reverse();
    }
    Ok(())
}

/// What is served is what an original gives, to the seat.
fn is_original(given: &Entitlement, originals: &Originals) -> Checked<()> {
    if is_of_two_packs(given, originals) {
        // No original gives it: its two lines must prove it.
        return proves(given, originals);
    }
    let Some(original) = originals.given(&proof(given)) else {
        return fail("only what was signed is served", format!("{given:?}"));
    };
    // An administrator may sort lines, and move them about.
    let mut same = given.clone();
    (same.sort, same.place) = (original.sort, original.place);
    same.also_from.clone_from(&original.also_from);
    if let (Some(part), Some(original)) = (&mut same.packaged, &original.packaged) {
        part.place = original.place;
    }
    if same.pools() != original.pools() || format!("{same:?}") != format!("{original:?}") {
        return fail("what was signed is served as it was signed", format!("{given:?}, not {original:?}"));
    }
    Ok(())
}

/// A line that is served proves itself, and no other line does with its signature.
fn proves(given: &Entitlement, originals: &Originals) -> Checked<()> {
    let Some(signed) = &given.line else {
        return fail("what is served has a proof", given.feature.to_string());
    };
    let proven = proven(given, signed, originals)?;
    // Some of its seats may be upgraded by another line.
    let has_seats = given.seats.is_some() == proven.seats.is_some() && given.seats <= proven.seats;
    if proven.feature != given.feature || proven.version != given.version || !has_seats {
        return fail("what is served verifies as a line", format!("{proven:?}, not {given:?}"));
    }
    let mut other = signed.clone();
    let mut bytes = other.canonical.to_vec();
    let at = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1;
    }
    other.canonical = bytes.into();
    if verify_line(&other, originals.trust()).is_ok() {
        return fail("no altered line verifies", given.feature.to_string());
    }
    Ok(())
}

/// Whether a PACKAGE line of another pack makes it what it is: it may stand in a file of its own.
fn is_of_two_packs(given: &Entitlement, originals: &Originals) -> bool {
    let package = given.packaged.as_ref().and_then(|part| part.line.as_ref());
    let package = package.and_then(|line| verify_package(line, originals.trust()).ok());
    package.is_some_and(|package| package.pack.as_str() != given.pack_name())
}

/// What its line proves, of a component together with its PACKAGE line.
fn proven(given: &Entitlement, line: &SignedLine, originals: &Originals) -> Checked<VerifiedLine> {
    let property = "what is served verifies as a line";
    let shown = |error: LineError| Failure { property, detail: error.to_string() };
    let proven = verify_line(line, originals.trust()).map_err(shown)?;
    let Some(part) = given.packaged.as_ref().filter(|part| !part.is_suite) else { return Ok(proven) };
    let Some(package) = &part.line else { return fail(property, "a component without a PACKAGE line") };
    let package = verify_package(package, originals.trust()).map_err(shown)?;
    let component = package.component(&proven, &given.feature);
    component.map_or_else(|| fail(property, format!("{package:?} has no {}", given.feature)), Ok)
}

/// What can be signed is taken back, every line of it.
fn comes_back(bytes: &[u8], originals: &Originals) -> Checked<bool> {
    let Some(signed) = originals.sign(PACK, bytes) else { return Ok(false) };
    let text = || String::from_utf8_lossy(&signed).into_owned();
    let source = [Source::new("signed.lic", signed.as_slice())];
    let loaded = load(&source, originals.trust(), None, false);
    findings(&loaded.diagnostics, &source)?;
    let Some(pack) = loaded.packs.iter().find(|pack| pack.number.as_str() == PACK) else {
        return fail("what was signed comes back", text());
    };
    let is_voided = pack.state == PackState::Voided;
    if pack.missing > 0 || pack.lines == 0 || !(is_voided || pack.state == PackState::Served) {
        return fail("what was signed comes back whole", format!("{pack:?}\n{}", text()));
    }
    let of_pack = loaded.entitlements.iter().filter(|given| given.pack_name() == PACK);
    let proofs: BTreeSet<Proof> = of_pack.clone().map(proof).collect();
    if of_pack.clone().count() > proofs.len() {
        return fail("a signed line gives each of its features once", text());
    }
    let is_bad = |found: &Diagnostic| found.code == Some(Code::BadSignature);
    let has_sign = |bytes: &[u8]| {
        bytes.windows(4).any(|part| part.eq_ignore_ascii_case(b"SIGN") || part.eq_ignore_ascii_case(b"SEAL"))
    };
    if !has_sign(bytes) && loaded.diagnostics.iter().any(is_bad) {
        return fail("nothing is said of a fresh signature", format!("{:?}\n{}", loaded.diagnostics, text()));
    }
    of_pack.into_iter().try_for_each(|given| proves(given, originals)).map(|()| true)
}
