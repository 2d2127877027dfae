//! FlexNet's pooling fields as one canonical text, a part of the pool's id.

use names::{Code, Version, limits};

use crate::SeatKind;
use crate::attribute::known;
use crate::reader::Reader;
use crate::rules::Rules;
use crate::source::decode;

/// `NAME=value` in the order of the names, divided by `;`; the version is always there. Attributes
/// written differently that mean the same give the same text. Nothing, with a finding, where it is too
/// long. The reader has judged the values already.
pub(crate) fn pooling_text(
    reader: &mut Reader<'_, '_>,
    rules: &Rules,
    version: &Version,
    kind: SeatKind,
) -> Option<String> {
    let mut parts = vec![("VERSION", version.canonical())];
    if kind == SeatKind::Locked {
        // A workstation's seat is never in one pool with floating seats, also where the workstation
        // is the license host itself.
        parts.push(("SEAT", SeatKind::Locked.to_string()));
    }
    let bytes = reader.bytes;
    for word in reader.line.words.iter().skip(reader.fields) {
        let Some(attribute) = known(word.key(bytes)).filter(|attribute| attribute.pools) else { continue };
        // A locked seat's workstation is in the pool's id by itself.
        if attribute.name == "HOSTID" && kind == SeatKind::Locked {
            continue;
        }
        let value = match attribute.name {
            "BORROW" => rules.borrow_hours.map(|hours| hours.to_string()).unwrap_or_default(),
            "DUP_GROUP" => rules.dup_group.map(|group| group.to_string()).unwrap_or_default(),
            "HOSTID" => decode(&word.value(bytes).unwrap_or_default()).to_ascii_uppercase(),
            _ => decode(&word.value(bytes).unwrap_or_default()),
        };
        if attribute.name != "DUP_GROUP" || !value.is_empty() {
            parts.push((attribute.name, value));
        }
    }
    parts.sort();
    let mut text = String::new();
    for (name, value) in &parts {
        let between = if text.is_empty() { "" } else { ";" };
        text.extend([between, name, "="]);
        escape(value, &mut text);
    }
    if text.chars().count() > limits::POOLING_CHARS_MAX {
        let message =
            format!("its pooling attributes have more than {} characters", limits::POOLING_CHARS_MAX);
        reader.findings.error(Code::BadSyntax, reader.line.span.clone(), message, "shorten them");
        return None;
    }
    Some(text)
}

/// The pooling text of the same line with another version.
pub(crate) fn with_version(pooling: &str, version: &Version) -> String {
    let part = |part: &str| match part.starts_with("VERSION=") {
        true => format!("VERSION={}", version.canonical()),
        false => part.to_owned(),
    };
    pooling.split(';').map(part).collect::<Vec<_>>().join(";")
}

/// So that a value cannot end its field.
fn escape(value: &str, out: &mut String) {
    for c in value.chars() {
        if matches!(c, ';' | '%') || c.is_control() {
            out.push_str(&format!("%{:02X}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::findings::Findings;
    use crate::key::LastKey;
    use crate::syntax::parse;

    fn pooling(attributes: &str) -> Option<String> {
        let text = format!("INCREMENT mill acmed 020.50 permanent 1 {attributes}");
        let mut findings = Findings::new(0);
        let file = parse(text.as_bytes(), &mut findings);
        crate::terms::read(text.as_bytes(), &file.lines[0], &mut LastKey::default(), &mut findings)
            .map(|terms| terms.pooling.to_string())
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
            ("HOSTID=02aa10203040", Some("SEAT=LOCKED;VERSION=20.5")),
        ] {
            assert_eq!(pooling(attributes).as_deref(), expected, "{attributes}");
        }
        assert_eq!(pooling(&format!("TZ={}", "x".repeat(1008))).unwrap().len(), 1024);
        assert_eq!(pooling(&format!("TZ={}", "x".repeat(1009))), None);
    }
}
