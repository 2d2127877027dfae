//! What the license reader makes of files that others wrote.

mod cases;
mod rulings;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use license::{Loaded, PublicKey, Severity, Source, Trust, TrustedKey, load};
use names::Vendor;

pub use cases::{Case, Verdict};

/// What one file came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Physical lines.
    pub lines: usize,
    /// Logical lines by their first word, in capitals; what is no keyword is under `?`.
    pub kinds: BTreeMap<String, usize>,
    /// Lines that give something.
    pub entitlements: usize,
    /// What other lines would give.
    pub unserved: usize,
    /// Lines that give nothing.
    pub idle: usize,
    /// Findings that are errors.
    pub errors: usize,
    /// Findings that are warnings.
    pub warnings: usize,
}

impl Figures {
    fn of(bytes: &[u8], loaded: &Loaded) -> Self {
        let count = |severity| loaded.diagnostics.iter().filter(|d| d.severity == severity).count();
        Self {
            lines: bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()).count(),
            kinds: kinds(bytes),
            entitlements: loaded.entitlements.len(),
            unserved: loaded.unserved.len(),
            idle: loaded.idle.len(),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
        }
    }

    /// Adds another file's.
    pub fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.entitlements += other.entitlements;
        self.unserved += other.unserved;
        self.idle += other.idle;
        self.errors += other.errors;
        self.warnings += other.warnings;
        for (kind, n) in &other.kinds {
            *self.kinds.entry(kind.clone()).or_default() += n;
        }
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { lines, kinds, entitlements, unserved, idle, errors, warnings } = self;
        let kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        let kinds = if kinds.is_empty() { "nothing".to_owned() } else { kinds.join(", ") };
        write!(
            f,
            "{lines} lines: {kinds}; {entitlements} entitlements served, {unserved} not served, \
             {idle} lines give nothing; {errors} errors, {warnings} warnings"
        )
    }
}

/// What was seen of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The counts.
    pub figures: Figures,
    /// The findings as they are shown.
    pub findings: Vec<String>,
}

/// Loads one file. `Err` has the words of the panic, which must never be.
///
/// # Errors
/// When the license reader panicked.
pub fn look(name: &str, bytes: Vec<u8>, trust: &Trust) -> Result<Look, String> {
    let source = [Source::new(name, bytes)];
    contained(|| {
        let loaded = load(&source, trust, None, false);
        let findings = loaded.diagnostics.iter().map(|found| found.render(&source)).collect();
        let bytes = source.first().map_or(&[][..], |source| &source.bytes);
        Look { figures: Figures::of(bytes, &loaded), findings }
    })
}

/// The trust in keys that are written `[VENDOR=]KEY`.
///
/// # Errors
/// Says which one is none.
pub fn trust<'a>(keys: impl IntoIterator<Item = &'a str>) -> Result<Trust, String> {
    let (mut pinned, mut any) = (Vec::new(), Vec::new());
    for text in keys {
        let key = |text: &str| text.parse::<PublicKey>().map_err(|error| format!("{text}: {error}"));
        // Base64 ends with `=`: what stands before one that is not the last is a name.
        match text.trim_end_matches('=').split_once('=') {
            Some((vendor, _)) => {
                let rest = text.get(vendor.len() + 1..).unwrap_or_default();
                let vendor = Vendor::new(vendor).map_err(|invalid| format!("{vendor}: {}", invalid.why))?;
                pinned.push(TrustedKey { vendor, key: key(rest)? });
            }
            None => any.push(key(text)?),
        }
    }
    Ok(Trust::new(pinned).with_any_vendor(any))
}

/// Runs what must not panic; the words of the panic when it does.
pub(crate) fn contained<T>(run: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").to_owned()
    })
}

/// The kinds of line that a license file has.
const KINDS: [&str; 10] = [
    "SERVER",
    "VENDOR",
    "DAEMON",
    "USE_SERVER",
    "FEATURE",
    "INCREMENT",
    "UPGRADE",
    "PACKAGE",
    "FEATURESET",
    "SEAL",
];

/// Logical lines by kind, counted without the license reader.
fn kinds(bytes: &[u8]) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    let mut goes_on = false;
    let text = String::from_utf8_lossy(bytes);
    for line in text.split(['\n', '\r']).map(str::trim) {
        let is_comment = !goes_on && line.starts_with('#');
        if let (false, false, Some(first)) = (goes_on, is_comment, line.split_whitespace().next()) {
            let first = first.to_ascii_uppercase();
            let kind = KINDS.iter().find(|kind| **kind == first).copied().unwrap_or("?");
            *kinds.entry(kind.to_owned()).or_default() += 1;
        }
        goes_on = !is_comment && line.ends_with('\\');
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_counts_lines_by_kind_and_shows_what_is_wrong() {
        let text = "# one \\\nserver a ANY\nDAEMON acmed\nINCREMENT a acmed 1 permanent 1 \\\n  SN=1\nWHAT\n";
        let look = look("a.lic", text.into(), &Trust::default()).unwrap();
        let shown = look.figures.to_string();
        assert_eq!(
            shown,
            "6 lines: 1 ?, 1 DAEMON, 1 INCREMENT, 1 SERVER; 0 entitlements served, 1 not served, \
             0 lines give nothing; 2 errors, 0 warnings"
        );
        let begins = "a.lic:6:1: error: unknown keyword";
        assert!(look.findings.iter().any(|found| found.starts_with(begins)), "{:?}", look.findings);
        let mut sum = look.figures.clone();
        sum.add(&look.figures);
        assert_eq!((sum.lines, sum.kinds["SERVER"], sum.errors), (12, 2, 4));
    }

    #[test]
    fn a_panic_is_contained_and_has_its_words() {
        assert_eq!(contained(|| 7), Ok(7));
        assert_eq!(contained(|| -> u8 { panic!("at {}", 3) }), Err("at 3".to_owned()));
    }

    #[test]
    fn keys_have_a_vendor_or_none() {
        let key = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=";
        let pinned = trust([format!("acmed={key}").as_str()]).unwrap();
        assert_eq!(pinned.keys().len(), 1);
        assert!(trust([key]).unwrap().knows(&Vendor::new("x").unwrap()));
        assert!(trust(["acmed=x"]).is_err() && trust(["x"]).is_err() && trust([""]).is_err());
    }
}
