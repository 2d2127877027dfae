//! A vendor and a license host to test with.

use license::{
    Diagnostic, Loaded, SecretKey, Severity, SignOptions, Source, Trust, TrustedKey, load, sign_pack,
};
use names::{CpuId, PackNumber, Vendor};

pub(crate) const HOST: &str = "02aa10203040";
pub(crate) const HEAD: &str = "SERVER lic1 02aa10203040 27000\nVENDOR acmed\nUSE_SERVER\n";

pub(crate) fn vendor() -> Vendor {
    Vendor::new("acmed").unwrap()
}

pub(crate) fn key() -> SecretKey {
    SecretKey::for_vendor(vendor(), [1; 32])
}

pub(crate) fn trust() -> Trust {
    Trust::new(vec![TrustedKey { vendor: vendor(), key: key().public() }])
}

pub(crate) fn host() -> CpuId {
    CpuId::new(HOST).unwrap()
}

pub(crate) fn options(pack: &str) -> SignOptions {
    SignOptions { any_host: true, ..SignOptions::new(PackNumber::new(pack).unwrap()) }
}

/// The text signed as pack P-1.
pub(crate) fn signed(text: &str) -> String {
    signed_as("P-1", text)
}

pub(crate) fn signed_as(pack: &str, text: &str) -> String {
    match sign(pack, text) {
        Ok(text) => text,
        Err(diagnostics) => panic!("{}", said(&diagnostics)),
    }
}

pub(crate) fn sign(pack: &str, text: &str) -> Result<String, Vec<Diagnostic>> {
    sign_pack(&Source::new("p.lic", text), &key(), &options(pack))
        .map(|text| String::from_utf8(text).unwrap())
}

/// The codes that signing this text is refused with.
pub(crate) fn refusal(text: &str) -> Vec<i32> {
    let source = Source::new("p.lic", text);
    let diagnostics = sign_pack(&source, &key(), &options("P-1")).expect_err(text);
    for diagnostic in &diagnostics {
        check_shape(diagnostic, std::slice::from_ref(&source));
    }
    codes(&diagnostics, Severity::Error)
}

pub(crate) fn loaded(text: impl Into<Vec<u8>>) -> Loaded {
    loaded_all(&[Source::new("p.lic", text)])
}

/// Loads as the license host does, and checks that every finding can be shown.
pub(crate) fn loaded_all(sources: &[Source]) -> Loaded {
    let loaded = load(sources, &trust(), Some(&[host()]), false);
    for diagnostic in &loaded.diagnostics {
        check_shape(diagnostic, sources);
    }
    loaded
}

fn check_shape(diagnostic: &Diagnostic, sources: &[Source]) {
    let text = diagnostic.render(sources);
    assert!(!diagnostic.message.is_empty() && !diagnostic.remedy.is_empty(), "{text}");
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    assert!(diagnostic.span.start <= diagnostic.span.end, "{text}");
}

pub(crate) fn codes(diagnostics: &[Diagnostic], severity: Severity) -> Vec<i32> {
    let of = diagnostics.iter().filter(|d| d.severity == severity);
    of.map(|d| d.code.map_or(0, names::Code::number)).collect()
}

pub(crate) fn errors(loaded: &Loaded) -> Vec<i32> {
    codes(&loaded.diagnostics, Severity::Error)
}

pub(crate) fn said(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|d| format!("{}: {} ({:?})\n", d.severity, d.message, d.code)).collect()
}

/// Seats by feature and configuration, in order: `mill/11470=10`.
pub(crate) fn seats(loaded: &Loaded) -> Vec<String> {
    loaded.entitlements.iter().map(|e| format!("{}/{}={}", e.feature, e.config, e.count())).collect()
}

/// What a change of white space must not change.
pub(crate) fn meaning(loaded: &Loaded) -> Vec<String> {
    loaded.entitlements.iter().map(|e| format!("{:?} {:?} {:?}", e.line, e.pools(), e.expiry)).collect()
}

/// What one entitlement is, in short: `mill 4.2 10`.
pub(crate) fn shown(e: &license::Entitlement) -> String {
    let seats = e.seats.map_or("uncounted".to_owned(), |seats| seats.to_string());
    format!("{} {} {seats}", e.feature, e.version)
}
