//! What the words of each kind of line are called, and what they mean.

use super::{Part, PartKind};
use crate::attribute::known;
use crate::canonical::{fields, is_sign};
use crate::shape::is_old_key;
use crate::source::decode;
use crate::syntax::{Keyword, Line, Word};

/// A field's name, and what it means.
type Field = (&'static str, &'static str);

const FEATURE: Field = ("feature", "what is licensed");
const VENDOR: Field = ("vendor", "whose license it is; its key must have signed the line");
const VERSION: Field = ("version", "the highest version it covers");
const EXPIRY: Field = ("expiry", "the last day; `permanent`, or a year of zeros, is for ever");
const COUNT: Field = ("count", "how many seats; `uncounted` or 0: they are not counted");

const LICENSE: &[Field] = &[FEATURE, VENDOR, VERSION, EXPIRY, COUNT];
const UPGRADE: &[Field] = &[
    FEATURE,
    VENDOR,
    ("from version", "seats of this version and later ones are upgraded"),
    ("to version", "up to this version, which they have from then on"),
    EXPIRY,
    ("count", "how many seats are upgraded"),
];
const PACKAGE: &[Field] = &[
    ("package", "its name: a FEATURE or INCREMENT line of this name enables it"),
    VENDOR,
    ("version", "the version of the line that enables it"),
];
const SEAL: &[Field] = &[
    ("vendor", "who signed the pack"),
    ("pack", "the vendor's number for it"),
    ("lines", "how many signed lines it has"),
];

/// Free attributes that administrators and vendors know from FlexNet, and ours.
const FREE: &[Field] = &[
    ("sort", "not signed; the pool with the lower number is drained first (100 where none is written)"),
    ("asset_info", "a note of the administrator's"),
    ("dist_info", "a note of the distributor's"),
    ("user_info", "a note of the administrator's"),
    ("vendor_info", "a note of the vendor's"),
    ("ck", "FlexNet's check sum against typing errors"),
    ("flexnet_sign", "FlexNet's signature, from before the line was converted"),
    ("flexnet_key", "FlexNet's license key, from before the line was converted"),
];

/// What a line is for.
pub(super) fn line(keyword: Keyword) -> &'static str {
    match keyword {
        Keyword::Server => "the license host",
        Keyword::Vendor => "a vendor whose licenses are served",
        Keyword::UseServer => "clients ask the license host",
        Keyword::Feature => "seats of a feature; only the first such line of a feature counts",
        Keyword::Increment => "seats of a feature; such lines add up",
        Keyword::Upgrade => "makes seats of an earlier version seats of a later one",
        Keyword::Package => "what a package is made of; it licenses nothing by itself",
        Keyword::FeatureSet => "obsolete, and has no effect",
        Keyword::Seal => "closes a signed pack",
    }
}

/// Whether a license key of FlexNet before 7.1 stands behind the fields.
pub(super) fn has_old_key(bytes: &[u8], line: &Line) -> bool {
    line.words.get(fields(bytes, line)).is_some_and(|word| is_old_key(word, bytes))
}

/// Every word after the keyword.
pub(super) fn parts(bytes: &[u8], line: &Line) -> Vec<Part> {
    let names = match line.keyword {
        Keyword::Feature | Keyword::Increment => LICENSE,
        Keyword::Upgrade => UPGRADE,
        Keyword::Package => PACKAGE,
        Keyword::Seal => SEAL,
        Keyword::Server => return header(bytes, line, server),
        Keyword::Vendor => return header(bytes, line, vendor),
        Keyword::UseServer | Keyword::FeatureSet => return header(bytes, line, |_, _| NOWHERE),
    };
    let fields = fields(bytes, line);
    let words = line.words.iter().enumerate();
    words
        .map(|(at, word)| match names.get(at).filter(|_| at < fields) {
            Some((name, means)) => Part {
                name: (*name).to_owned(),
                value: Some(decode(word.text(bytes))),
                means: (*means).to_owned(),
                kind: PartKind::Signed,
            },
            None if at == fields && line.keyword != Keyword::Seal && is_old_key(word, bytes) => Part {
                name: "license key".to_owned(),
                value: Some(decode(word.text(bytes))),
                means: "a license key of FlexNet before 7.1, which only the vendor can check".to_owned(),
                kind: PartKind::Misplaced,
            },
            None => attribute(bytes, line, word),
        })
        .collect()
}

fn attribute(bytes: &[u8], line: &Line, word: &Word) -> Part {
    let name = decode(word.key(bytes));
    let value = word.value(bytes).map(|value| decode(&value));
    let (kind, means) = if word.is_free(bytes) {
        let meaning = FREE.iter().find(|(free, _)| *free == name).map(|(_, means)| *means);
        (PartKind::Free, meaning.unwrap_or("a note").to_owned())
    } else if line.keyword == Keyword::Seal {
        seal_attribute(&name, is_sign(word, bytes))
    } else if is_sign(word, bytes) {
        (PartKind::Signature, "the signature".to_owned())
    } else {
        match known(name.as_bytes()) {
            Some(attribute) => (PartKind::Signed, attribute.means.to_owned()),
            None => (PartKind::Unknown, "unknown: it is kept, and has no effect".to_owned()),
        }
    };
    Part { name, value, means, kind }
}

fn seal_attribute(name: &str, is_sign: bool) -> (PartKind, String) {
    let (kind, means) = match name {
        _ if is_sign => (PartKind::Signature, "the signature"),
        "DIGEST" => (PartKind::Signed, "what says of every line that it belongs to this signing"),
        "REWRITES" => (PartKind::Signed, "the lines that take something away: none of them may be missing"),
        _ => (PartKind::Unknown, "unknown: the seal is refused"),
    };
    (kind, means.to_owned())
}

/// What a word of a line that an administrator may edit is: its name, its meaning, its kind.
type Header = (&'static str, &'static str, PartKind);

const NOWHERE: Header = ("word", "it has no place here", PartKind::Misplaced);

fn header(bytes: &[u8], line: &Line, name: impl Fn(usize, &str) -> Header) -> Vec<Part> {
    let words = line.words.iter().enumerate();
    words
        .map(|(at, word)| {
            let key = decode(word.key(bytes)).to_ascii_uppercase();
            // A host id is KEY=value as a whole, and has no name of its own.
            let is_id = line.keyword == Keyword::Server && at < 2;
            let named = word.has_value() && !is_id;
            let (name, means, kind) = name(at, if named { &key } else { "" });
            let value = if named { word.value(bytes).map(|value| decode(&value)) } else { None };
            let value = value.unwrap_or_else(|| decode(word.text(bytes)));
            Part { name: name.to_owned(), value: Some(value), means: means.to_owned(), kind }
        })
        .collect()
}

fn server(at: usize, key: &str) -> Header {
    match (at, key) {
        (0, _) => ("host", "its name or address; `this_host` is wherever the file is served", PartKind::Free),
        (1, _) => ("host id", "the license host's identity; it is part of every signature", PartKind::Signed),
        (_, "HEARTBEAT_INTERVAL" | "SERVER_TIMEOUT") => (
            "HEARTBEAT_INTERVAL",
            "seconds between the signs of life of three license servers",
            PartKind::Free,
        ),
        (_, "PLAT") => ("PLAT", "the platform of the license host", PartKind::Free),
        (2, "") => (
            "port",
            "where it serves; the first free one from 27000 to 27009 if none is named",
            PartKind::Free,
        ),
        (_, "") => (
            "option",
            "PRIMARY_IS_MASTER: the first of three servers takes over when it returns",
            PartKind::Free,
        ),
        _ => NOWHERE,
    }
}

fn vendor(at: usize, key: &str) -> Header {
    match (at, key) {
        (0, _) => ("vendor", "the vendor's name, as on the license lines", PartKind::Free),
        (_, "OPTIONS") => ("options", "the vendor's options file", PartKind::Free),
        (_, "PORT") => ("port", "the port of FlexNet's vendor daemon", PartKind::Free),
        (1, "") => (
            "program",
            "FlexNet's vendor daemon, or a port; no vendor program is ever started",
            PartKind::Free,
        ),
        (2 | 3, "") => ("options", "the vendor's options file, or a port", PartKind::Free),
        _ => NOWHERE,
    }
}
