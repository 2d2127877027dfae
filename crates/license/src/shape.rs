//! Whether a line is a license line or a seal at all: enough fields, and attributes that are some.

use std::ops::Range;

use names::Code;

use crate::attribute::{ATTRIBUTES, Attribute, On, Value, known};
use crate::canonical::fields;
use crate::findings::Findings;
use crate::source::{decode, quoted, visible};
use crate::syntax::{Keyword, Line, Word, WordForm, distance, nearest};

/// Names what is wrong with a line's shape; false when it is no line of its kind.
pub(crate) fn check(bytes: &[u8], line: &Line, findings: &mut Findings) -> bool {
    let fields = fields(bytes, line);
    if line.words.len() < fields || line.words.iter().take(fields).any(|w| w.form != WordForm::Plain) {
        say_fields(line, findings);
        return false;
    }
    let before = findings.errors_so_far();
    for (at, word) in line.words.iter().enumerate().skip(fields) {
        if !(at == fields && is_old_key(word, bytes)) {
            check_attribute(bytes, line, word, findings);
        }
    }
    check_repeats(bytes, line, fields, findings);
    findings.errors_so_far() == before
}

fn say_fields(line: &Line, findings: &mut Findings) {
    let (message, remedy) = match line.keyword {
        Keyword::Seal => (
            "a SEAL line has a vendor, a pack number and a number of lines",
            "restore the pack as the vendor delivered it",
        ),
        Keyword::Upgrade => (
            "an UPGRADE line has a feature, a vendor, two versions, an expiry and a count, none of them quoted",
            "write it like: UPGRADE mill acmed 4.0 5.0 31-dec-2027 8",
        ),
        Keyword::Package => (
            "a PACKAGE line has a name and a vendor, none of them quoted",
            "write it like: PACKAGE suite acmed 4.2 COMPONENTS=\"mill lathe:4.0:2\"",
        ),
        _ => (
            "a license line has a feature, a vendor, a version, an expiry and a count, none of them quoted",
            "write it like: INCREMENT mill acmed 4.2 31-dec-2027 8",
        ),
    };
    findings.error(Code::BadSyntax, line.span.clone(), message, remedy);
}

/// A license key of FlexNet before 7.1: 12 or 20 hexadecimal digits; MathWorks and others use any
/// letters.
pub(crate) fn is_old_key(word: &Word, bytes: &[u8]) -> bool {
    let text = word.text(bytes);
    word.form == WordForm::Plain
        && (12..=20).contains(&text.len())
        && text.iter().all(u8::is_ascii_alphanumeric)
        && text.iter().any(u8::is_ascii_digit)
}

fn check_attribute(bytes: &[u8], line: &Line, word: &Word, findings: &mut Findings) {
    let key = word.key(bytes);
    let named = key.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
        && key.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
        && (word.has_value() || !key.iter().any(u8::is_ascii_lowercase));
    if !named {
        findings.error_with(Code::BadSyntax, word.span.clone(), || {
            let remedy = "an attribute is KEY or KEY=value; quote a value that has blanks: KEY=\"a value\"";
            (format!("{} is no attribute", quoted(word.text(bytes))), remedy.to_owned())
        });
        return;
    }
    if word.is_free(bytes) || line.keyword == Keyword::Seal {
        return;
    }
    let Some(attribute) = known(key) else {
        say_unknown(key, word.key_span(), findings);
        return;
    };
    check_on(attribute, line.keyword, word.key_span(), findings);
    let (message, remedy) = match (attribute.value, word.has_value()) {
        (Value::None, true) => ("has no value", "remove the = and what follows it"),
        (Value::Needed, false) => ("has a value", "write the value behind a ="),
        _ => return,
    };
    findings.error(Code::BadSyntax, word.span.clone(), format!("{} {message}", attribute.name), remedy);
}

/// An attribute that belongs to lines of another kind has no effect.
fn check_on(attribute: &Attribute, keyword: Keyword, span: Range<u32>, findings: &mut Findings) {
    let is_package = keyword == Keyword::Package;
    let other = match attribute.on {
        On::Licenses if is_package => "license",
        On::Packages if !is_package => "PACKAGE",
        _ => return,
    };
    findings.warning_with(Some(Code::Incompatible), span, || {
        let message = format!("{} has no effect on a line of this kind", attribute.name);
        (message, format!("it belongs to {other} lines"))
    });
}

fn say_unknown(key: &[u8], span: Range<u32>, findings: &mut Findings) {
    findings.warning_with(Some(Code::UnknownKeyword), span, || {
        let remedy = match nearest(key, ATTRIBUTES.iter().map(|attribute| attribute.name)) {
            Some(near) => format!("did you mean {near}? It is signed as it stands, and has no effect"),
            None => "it is signed as it stands, and has no effect".to_owned(),
        };
        (format!("unknown attribute {}", quoted(key)), remedy)
    });
}

/// What a vendor hardly meant: it would be signed, or left unsigned, and have no effect.
pub(crate) fn check_meant(bytes: &[u8], line: &Line, findings: &mut Findings) {
    for word in line.words.iter().skip(fields(bytes, line)).filter(|word| word.has_value()) {
        let key = word.key(bytes);
        if known(key).is_some() {
            continue;
        }
        if let Some(attribute) = known(&key.to_ascii_uppercase()) {
            let (name, shown) = (attribute.name, quoted(key));
            let state = if word.is_free(bytes) { ", and is not signed" } else { "" };
            let message = format!("{shown} is not {name}: it has no effect{state}");
            findings.warning(None, word.key_span(), message, format!("write {name}, if that is meant"));
        } else if let Some(name) = one_edit_away(key).filter(|_| !word.is_free(bytes)) {
            let message = format!("unknown attribute {}, which may be a misspelt {name}", quoted(key));
            let remedy = format!("write {name}, or another key: this one would be signed and have no effect");
            findings.error(Code::UnknownKeyword, word.key_span(), message, remedy);
        }
    }
}

/// The attribute that is one typing error away. Every short key is near to another.
fn one_edit_away(key: &[u8]) -> Option<&'static str> {
    let near = nearest(key, ATTRIBUTES.iter().map(|attribute| attribute.name))?;
    (key.len() > 3 && distance(&key.to_ascii_uppercase(), near.as_bytes()) <= 1).then_some(near)
}

/// A signed attribute stands once. Of a free one the first counts.
fn check_repeats(bytes: &[u8], line: &Line, fields: usize, findings: &mut Findings) {
    let mut words: Vec<&Word> = line.words.iter().skip(fields).collect();
    words.sort_by_key(|word| (word.key(bytes), word.span.start));
    for pair in words.windows(2) {
        let [first, again] = pair else { continue };
        if first.key(bytes) != again.key(bytes) {
            continue;
        }
        let key: String = decode(again.key(bytes)).chars().map(visible).collect();
        if again.is_free(bytes) {
            let message = format!("{key}= stands here a second time; the first counts");
            findings.warning(None, again.key_span(), message, "remove one of them");
        } else {
            let message = format!("{key} stands twice on one line");
            findings.error(Code::BadSyntax, again.key_span(), message, "an attribute stands once on a line");
        }
    }
}
