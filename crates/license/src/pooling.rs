//! FlexNet's pooling fields as one canonical text, a part of the pool's id.

use names::{Code, CpuId, Feature, Version, limits};
use sha2::{Digest as _, Sha256};

use crate::SeatKind;
use crate::attribute::known;
use crate::reader::Reader;
use crate::rules::Rules;
use crate::source::decode;

/// Characters of a list of machines in a pool's id; a longer one stands there as its digest.
const HOSTS_CHARS_MAX: usize = 128;

/// `NAME=value` in the order of the names, divided by `;`; the version is always there. Attributes
/// written differently that mean the same give the same text. Nothing, with a finding, where it is too
/// long. The reader has judged the values already.
pub(crate) fn pooling_text(
    reader: &mut Reader<'_, '_>,
    rules: &Rules,
    version: &Version,
    kind: SeatKind,
    uncounted: bool,
) -> Option<String> {
    let mut parts = vec![("VERSION", version.canonical())];
    if kind != SeatKind::Floating {
        // A workstation's or a person's seat is never in one pool with floating seats, also where the
        // workstation is the license host itself.
        parts.push(("SEAT", kind.to_string()));
    }
    if uncounted {
        // So are seats that are counted, and those that are not.
        parts.push(("COUNT", "UNCOUNTED".to_owned()));
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
            "DUP_LIMIT" => rules.dup_limit.map(|limit| limit.to_string()).unwrap_or_default(),
            "HOSTID" => hosts(&rules.host_ids),
            _ => decode(&word.value(bytes).unwrap_or_default()),
        };
        if !matches!(attribute.name, "DUP_GROUP" | "DUP_LIMIT") || !value.is_empty() {
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

/// The machines that a line is limited to, in one order and spelling; a long list as its digest.
fn hosts(ids: &[CpuId]) -> String {
    if ids.is_empty() {
        return "ANY".to_owned();
    }
    let mut ids: Vec<&str> = ids.iter().map(CpuId::as_str).collect();
    ids.sort_unstable();
    ids.dedup();
    let text = ids.join(" ");
    if text.len() <= HOSTS_CHARS_MAX {
        return text;
    }
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().fold("SHA256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// The pooling text of the same line with another version; of a suite's component also with the suite's
/// name and version, so that every pool of components is of one suite. Nothing where it is too long.
pub(crate) fn of_component(
    pooling: &str,
    version: &Version,
    suite: Option<(&Feature, &Version)>,
) -> Option<String> {
    let part = |part: &str| match part.starts_with("VERSION=") {
        true => format!("VERSION={}", version.canonical()),
        false => part.to_owned(),
    };
    let mut parts: Vec<String> = pooling.split(';').map(part).collect();
    parts.extend(suite.map(|(name, version)| format!("SUITE={name}:{}", version.canonical())));
    parts.sort_by(|a, b| a.split('=').next().cmp(&b.split('=').next()));
    let text = parts.join(";");
    (text.chars().count() <= limits::POOLING_CHARS_MAX).then_some(text)
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
            ("DUP_GROUP=U DUP_LIMIT=0", Some("DUP_GROUP=U;VERSION=20.5")),
            ("DUP_GROUP=U DUP_LIMIT=04", Some("DUP_GROUP=U;DUP_LIMIT=4;VERSION=20.5")),
            ("SEAT=NAMED", Some("SEAT=NAMED;VERSION=20.5")),
            ("HOSTID=USER=Kim", Some("HOSTID=USER=Kim;VERSION=20.5")),
            ("HOSTID=\"0B 0A\"", Some("HOSTID=0a 0b;VERSION=20.5")),
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
