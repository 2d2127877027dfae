//! FlexNet's pooling fields as one canonical text, a part of the pool's id.

use names::{Code, Version, limits};

use crate::SeatKind;
use crate::attribute::known;
use crate::findings::Findings;
use crate::source::{decode, quoted};
use crate::syntax::{Line, Word};
use crate::terms::FIELDS;

/// Hours of `BORROW` without a value.
const BORROW_HOURS_DEFAULT: &str = "168";

/// `NAME=value` in the order of the names, divided by `;`; the version is always there. Attributes
/// written differently that mean the same give the same text. Nothing, with a finding, where a
/// value has no meaning.
pub(crate) fn pooling_text(
    bytes: &[u8],
    line: &Line,
    version: &Version,
    kind: SeatKind,
    findings: &mut Findings,
) -> Option<String> {
    let mut parts = vec![("VERSION", version.canonical())];
    if kind == SeatKind::Locked {
        // A workstation's seat is never in one pool with floating seats, also where the workstation
        // is the license host itself.
        parts.push(("SEAT", SeatKind::Locked.to_string()));
    }
    for word in line.words.iter().skip(FIELDS) {
        let Some(attribute) = known(word.key(bytes)).filter(|attribute| attribute.pools) else { continue };
        // A locked seat's workstation is in the pool's id by itself.
        if attribute.name == "HOSTID" && kind == SeatKind::Locked {
            continue;
        }
        let value = decode(&word.value(bytes).unwrap_or_default());
        match normal(attribute.name, &value) {
            Some(value) if value.is_empty() && attribute.name == "DUP_GROUP" => {}
            Some(value) => parts.push((attribute.name, value)),
            None => {
                say_meaningless(bytes, word, attribute.name, findings);
                return None;
            }
        }
    }
    parts.sort();
    let parts: Vec<String> = parts.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    let text = parts.join(";");
    if text.chars().count() > limits::POOLING_CHARS_MAX {
        let message =
            format!("its pooling attributes have more than {} characters", limits::POOLING_CHARS_MAX);
        findings.error(Code::BadSyntax, line.span.clone(), message, "shorten them");
        return None;
    }
    Some(text)
}

fn say_meaningless(bytes: &[u8], word: &Word, name: &str, findings: &mut Findings) {
    let remedy = match name {
        "DUP_GROUP" => "write NONE, SITE, or some of the letters U, H, D and V",
        _ => "write a number of hours",
    };
    let message = format!("{name} cannot be {}", quoted(&word.value(bytes).unwrap_or_default()));
    findings.error(Code::BadSyntax, word.span.clone(), message, remedy);
}

/// One spelling for one meaning.
fn normal(name: &str, value: &str) -> Option<String> {
    match name {
        "BORROW" if value.is_empty() => Some(BORROW_HOURS_DEFAULT.to_owned()),
        "BORROW" => value.parse::<u32>().ok().filter(|_| !value.starts_with('+')).map(|n| n.to_string()),
        "DUP_GROUP" if value.eq_ignore_ascii_case("NONE") => Some(String::new()),
        "DUP_GROUP" if value.eq_ignore_ascii_case("SITE") => Some("SITE".to_owned()),
        "DUP_GROUP" => {
            let letters = value.to_ascii_uppercase();
            let known = !letters.is_empty() && letters.chars().all(|c| "UHDV".contains(c));
            known.then(|| "UHDV".chars().filter(|c| letters.contains(*c)).collect())
        }
        "HOSTID" => Some(value.to_ascii_uppercase()),
        _ => Some(value.to_owned()),
    }
}

/// So that a value cannot end its field.
fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, ';' | '%') || c.is_control() {
            out.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::parse;

    fn pooling(attributes: &str, kind: SeatKind) -> Option<String> {
        let text = format!("INCREMENT mill acmed 020.50 permanent 8 {attributes}");
        let mut findings = Findings::new(0);
        let file = parse(text.as_bytes(), &mut findings);
        let version = Version::new("020.50").unwrap();
        pooling_text(text.as_bytes(), &file.lines[0], &version, kind, &mut findings)
    }

    #[test]
    fn one_meaning_has_one_pooling_text() {
        for (attributes, expected) in [
            ("", Some("VERSION=20.5")),
            ("DUP_GROUP=NONE SN=4", Some("VERSION=20.5")),
            ("DUP_GROUP=HU", Some("DUP_GROUP=UH;VERSION=20.5")),
            ("DUP_GROUP=uh BORROW", Some("BORROW=168;DUP_GROUP=UH;VERSION=20.5")),
            ("BORROW=0336 HOSTID=any", Some("BORROW=336;HOSTID=ANY;VERSION=20.5")),
            ("TZ=\"a;b%\"", Some("TZ=a%3Bb%25;VERSION=20.5")),
            ("VENDOR_STRING=x", Some("VERSION=20.5")),
            ("DUP_GROUP=X", None),
            ("BORROW=+4", None),
            ("BORROW=x", None),
        ] {
            assert_eq!(pooling(attributes, SeatKind::Floating).as_deref(), expected, "{attributes}");
        }
        let locked = pooling("HOSTID=02aa10203040", SeatKind::Locked);
        assert_eq!(locked.as_deref(), Some("SEAT=LOCKED;VERSION=20.5"));
        assert_eq!(pooling(&format!("TZ={}", "x".repeat(1008)), SeatKind::Floating).unwrap().len(), 1024);
        assert_eq!(pooling(&format!("TZ={}", "x".repeat(1009)), SeatKind::Floating), None);
    }
}
