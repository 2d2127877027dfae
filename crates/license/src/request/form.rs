//! The bytes of a request file. The crate's README specifies them; a golden test holds them.

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use names::{ConfigId, CpuId, Email, PackNumber, Vendor, Wall};

use super::{Asks, Request, RequestError, RequestKind, SurrenderEnding, Surrendered};
use crate::limits::{
    REQUEST_BODY_BYTES_MAX, REQUEST_BYTES_MAX, REQUEST_IDS_MAX, REQUEST_NUMBER_CHARS_MAX, REQUEST_PACKS_MAX,
};
use crate::{PublicKey, SecretKey};

/// The first row. No other message of ours begins with it; the number is the format's.
const DOMAIN: &str = "seatkeeper request 1";
/// What stands where a row has nothing to say.
const NONE: &str = "-";

/// The text of a request, signed.
pub(super) fn sign(request: &Request, key: &SecretKey) -> String {
    let text = write(request, &key.public());
    let signature = STANDARD.encode(key.sign(text.as_bytes()));
    format!("{text}signature {signature}\n")
}

/// What is signed.
fn write(request: &Request, host_key: &PublicKey) -> String {
    let Request { case, company, by, host, at, asks } = request;
    let mut text = format!(
        "{DOMAIN}\nkind {}\ncase {case}\ncompany {}\nby {}\nhost {host}\ntime {}\n",
        request.kind(),
        or_none(company.as_ref()),
        or_none(by.as_ref()),
        at.0,
    );
    match asks {
        Asks::Surrendered(surrendered) => text.push_str(&rows(surrendered)),
        Asks::Words { body, .. } => text.push_str(&format!("body {}\n{body}\n", body.len())),
    }
    text.push_str(&format!("host_key {host_key}\n"));
    text
}

fn rows(surrendered: &Surrendered) -> String {
    let Surrendered { vendor, ids, packs, to, to_key, ending } = surrendered;
    format!(
        "vendor {vendor}\nids {}\npacks {}\nto {to}\nto_key {}\nending {}\n",
        list(ids),
        list(packs),
        or_none(to_key.as_ref()),
        ending.word(),
    )
}

fn or_none<T: Display>(what: Option<&T>) -> String {
    what.map_or_else(|| NONE.to_owned(), T::to_string)
}

fn list<T: Display>(what: &[T]) -> String {
    what.iter().map(T::to_string).collect::<Vec<_>>().join(" ")
}

/// Takes a file apart and verifies its signature. It must be what [`sign`] makes of what was read.
pub(super) fn read(bytes: &[u8]) -> Result<(Request, PublicKey), RequestError> {
    if bytes.len() > REQUEST_BYTES_MAX {
        return Err(RequestError::TooLong);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| RequestError::NotARequest("it is no text"))?;
    let mut rows = Rows(text);
    if rows.next() != Some(DOMAIN) {
        return Err(RequestError::NotARequest("it does not begin as one"));
    }
    let (request, host_key) =
        parse(&mut rows).ok_or(RequestError::NotARequest("a row of it is missing or wrong"))?;
    let signed = text.len() - rows.0.len();
    let signature = rows.row("signature").and_then(|text| STANDARD.decode(text).ok());
    let signature: Option<[u8; 64]> = signature.and_then(|bytes| bytes.try_into().ok());
    let signature = signature.filter(|_| rows.0.is_empty());
    let signature = signature.ok_or(RequestError::NotARequest("its last row is not its signature"))?;
    let signed = text.get(..signed).unwrap_or_default();
    if write(&request, &host_key) != signed {
        return Err(RequestError::NotARequest("it is not written in the canonical form"));
    }
    match host_key.verifies(signed.as_bytes(), &signature) {
        true => Ok((request, host_key)),
        false => Err(RequestError::BadSignature),
    }
}

/// What is left of a text, row by row.
struct Rows<'a>(&'a str);

impl<'a> Rows<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let (row, rest) = self.0.split_once('\n')?;
        self.0 = rest;
        Some(row)
    }

    /// What the row of this name says.
    fn row(&mut self, name: &str) -> Option<&'a str> {
        self.next()?.strip_prefix(name)?.strip_prefix(' ')
    }

    /// The same of a row that may say nothing.
    fn opt<T>(&mut self, name: &str, parse: impl FnOnce(&'a str) -> Option<T>) -> Option<Option<T>> {
        match self.row(name)? {
            NONE => Some(None),
            text => parse(text).map(Some),
        }
    }

    /// So many bytes, and a line end.
    fn body(&mut self, length: usize) -> Option<&'a str> {
        let (body, rest) = self.0.split_at_checked(length)?;
        self.0 = rest.strip_prefix('\n')?;
        Some(body)
    }
}

fn parse(rows: &mut Rows<'_>) -> Option<(Request, PublicKey)> {
    let kind = rows.row("kind")?;
    let kind = RequestKind::ALL.into_iter().find(|known| known.word() == kind)?;
    let case = number(rows.row("case")?)?;
    let company = rows.opt("company", number)?;
    let by = rows.opt("by", |text| Email::new(text).ok())?;
    let host = machine(rows.row("host")?)?;
    let at = Wall(rows.row("time")?.parse().ok()?);
    let asks = match kind {
        RequestKind::Surrender => Asks::Surrendered(surrendered(rows)?),
        kind => Asks::Words { kind, body: body(rows)? },
    };
    let host_key = rows.row("host_key")?.parse().ok()?;
    Some((Request { case, company, by, host, at, asks }, host_key))
}

fn surrendered(rows: &mut Rows<'_>) -> Option<Surrendered> {
    let id = |text: &str| match ConfigId::new(text).ok()? {
        ConfigId::Number(id) => Some(id),
        ConfigId::OfPack(_) => None,
    };
    Some(Surrendered {
        vendor: Vendor::new(rows.row("vendor")?).ok()?,
        ids: rising(rows.row("ids")?, REQUEST_IDS_MAX, id)?,
        packs: rising(rows.row("packs")?, REQUEST_PACKS_MAX, |text| PackNumber::new(text).ok())?,
        to: machine(rows.row("to")?)?,
        to_key: rows.opt("to_key", |text| text.parse().ok())?,
        ending: match rows.row("ending")? {
            "finish" => SurrenderEnding::Finish,
            "end" => SurrenderEnding::End,
            _ => return None,
        },
    })
}

/// A text that a terminal shows as it is.
fn body(rows: &mut Rows<'_>) -> Option<String> {
    let length: usize = rows.row("body")?.parse().ok()?;
    if length > REQUEST_BODY_BYTES_MAX {
        return None;
    }
    let body = rows.body(length)?;
    let is_bad = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    if body.contains(is_bad) { None } else { Some(body.to_owned()) }
}

/// At least one, at most `most`, each greater than the one before.
fn rising<T: Ord>(text: &str, most: usize, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let list: Vec<T> = text.split(' ').take(most + 1).map(parse).collect::<Option<_>>()?;
    let is_good = list.len() <= most && list.is_sorted_by(|a, b| a < b);
    is_good.then_some(list)
}

/// A case's or a customer's number: letters, digits, `-`, `.` and `_`, beginning with a letter or digit.
fn number(text: &str) -> Option<String> {
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let is_one = begins && text.len() <= REQUEST_NUMBER_CHARS_MAX && text.chars().all(is_good);
    is_one.then(|| text.to_owned())
}

/// A license host's id.
fn machine(text: &str) -> Option<CpuId> {
    CpuId::new(text).ok().filter(|id| !id.is_any() && id.as_str() != "DEMO")
}
