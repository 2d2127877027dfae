//! What a FEATURE or INCREMENT line says, as checked words.

use std::borrow::Cow;
use std::ops::Range;

use names::{Code, ConfigId, CpuId, Date, Expiry, Feature, Invalid, PackNumber, SeatCount, Vendor, Version};

use crate::attribute::{Use, known};
use crate::findings::Findings;
use crate::pooling::pooling_text;
use crate::source::{decode, quoted};
use crate::syntax::{Keyword, Line, Word};
use crate::{PublicKey, SeatKind};

/// How many words after the keyword are fields.
pub(crate) const FIELDS: usize = 5;
/// `sort=` where it is not written.
const SORT_DEFAULT: u8 = 100;

/// A license line, understood.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) vendor: Vendor,
    pub(crate) feature: Feature,
    pub(crate) version: Version,
    pub(crate) expiry: Expiry,
    /// Nothing where it is uncounted.
    pub(crate) seats: Option<SeatCount>,
    pub(crate) start: Option<Date>,
    pub(crate) issued: Option<Date>,
    pub(crate) config: Option<ConfigId>,
    pub(crate) kind: SeatKind,
    /// The workstations of a locked line.
    pub(crate) workstations: Vec<CpuId>,
    pub(crate) product_line: Option<String>,
    pub(crate) vendor_string: Option<String>,
    pub(crate) sort: u8,
    pub(crate) host_key: Option<PublicKey>,
    /// Packs that this line voids.
    pub(crate) voids: Vec<PackNumber>,
    /// Features whose earlier lines this one voids.
    pub(crate) supersedes: Vec<Feature>,
    pub(crate) pooling: String,
    /// Only the first such line of a feature counts.
    pub(crate) first_only: bool,
    /// Why this version does not serve the line, and which words say so.
    pub(crate) not_served: Option<(Range<u32>, String)>,
}

impl Terms {
    /// The configuration: the line's own, or its pack's.
    pub(crate) fn config_in(&self, pack: &PackNumber) -> ConfigId {
        self.config.clone().unwrap_or_else(|| ConfigId::OfPack(pack.clone()))
    }

    /// Whether the line takes something away, so that the seal must name it.
    pub(crate) fn rewrites(&self) -> bool {
        !self.supersedes.is_empty() || !self.voids.is_empty()
    }

    /// Whose seats they are: the workstations', or the license host's.
    pub(crate) fn cpus(&self, hosts: &[CpuId]) -> Vec<CpuId> {
        match self.kind {
            SeatKind::Locked => self.workstations.clone(),
            SeatKind::Floating | SeatKind::Named => hosts.first().cloned().into_iter().collect(),
        }
    }
}

/// The vendor and the pack that a line of a good shape names.
pub(crate) fn claimed(bytes: &[u8], line: &Line) -> (Option<Vendor>, Option<PackNumber>) {
    let vendor = line.words.get(1).and_then(|word| Vendor::new(&decode(word.text(bytes))).ok());
    let pack = line.attribute(bytes, FIELDS, "PACK").and_then(|word| word.value(bytes));
    (vendor, pack.and_then(|value| PackNumber::new(&decode(&value)).ok()))
}

/// Reads a line whose shape is good. Everything that is wrong is named, not only the first.
pub(crate) fn read(bytes: &[u8], line: &Line, findings: &mut Findings) -> Option<Terms> {
    let before = findings.errors_so_far();
    let mut reader = Reader { bytes, line, findings, not_served: None };
    let terms = reader.terms();
    if findings.errors_so_far() == before { terms } else { None }
}

struct Reader<'a, 'f> {
    bytes: &'a [u8],
    line: &'a Line,
    findings: &'f mut Findings,
    not_served: Option<(Range<u32>, String)>,
}

impl<'a> Reader<'a, '_> {
    /// Every part is read before the first `?`, so every mistake is named.
    fn terms(&mut self) -> Option<Terms> {
        let feature = self.field(0, Code::BadSyntax, Feature::new);
        let vendor = self.field(1, Code::BadSyntax, Vendor::new);
        let version = self.field(2, Code::BadVersion, Version::new);
        let expiry = self.field(3, Code::BadDate, expiry);
        let seats = self.field(4, Code::BadSyntax, count);
        let start = self.parsed("START", Code::BadDate, Date::parse);
        let issued = self.parsed("ISSUED", Code::BadDate, Date::parse);
        let config = self.parsed("CONFIG_ID", Code::BadSyntax, config_id);
        let _ = self.parsed("PACK", Code::BadSyntax, PackNumber::new);
        let voids = self.parsed("VOIDS", Code::BadSyntax, |text| list(text, PackNumber::new));
        let host_key = self.host_key();
        self.maintenance();
        let (kind, workstations) = self.seat(seats.flatten());
        self.restrictions();
        if seats == Some(None) {
            self.leave_out(self.field_span(4), "uncounted lines are not served");
        }
        let (feature, version) = (feature?, version?);
        let supersedes = self.supersedes(&feature, issued.is_some());
        let pooling = pooling_text(self.bytes, self.line, &version, kind, self.findings)?;
        Some(Terms {
            feature,
            vendor: vendor?,
            version,
            expiry: expiry?,
            seats: seats?,
            start,
            issued,
            config,
            kind,
            workstations,
            product_line: self.text("PRODUCT_LINE"),
            vendor_string: self.text("VENDOR_STRING"),
            sort: self.sort(),
            host_key,
            voids: voids.unwrap_or_default(),
            supersedes,
            pooling,
            first_only: self.line.keyword == Keyword::Feature,
            not_served: self.not_served.take(),
        })
    }

    fn field<T>(
        &mut self,
        at: usize,
        code: Code,
        read: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let word = self.line.words.get(at)?;
        match read(&decode(word.text(self.bytes))) {
            Ok(value) => Some(value),
            Err(invalid) => {
                self.say_invalid(code, word, word.text(self.bytes), &invalid);
                None
            }
        }
    }

    fn field_span(&self, at: usize) -> Range<u32> {
        self.line.words.get(at).map_or(self.line.span.clone(), |word| word.span.clone())
    }

    fn attribute(&self, name: &str) -> Option<&'a Word> {
        self.line.attribute(self.bytes, FIELDS, name)
    }

    fn value(&self, name: &str) -> Option<(&'a Word, Cow<'a, [u8]>)> {
        let word = self.attribute(name)?;
        Some((word, word.value(self.bytes)?))
    }

    fn text(&self, name: &str) -> Option<String> {
        self.value(name).map(|(_, value)| decode(&value))
    }

    fn parsed<T>(
        &mut self,
        name: &str,
        code: Code,
        read: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let (word, value) = self.value(name)?;
        match read(&decode(&value)) {
            Ok(value) => Some(value),
            Err(invalid) => {
                self.say_invalid(code, word, &value, &invalid);
                None
            }
        }
    }

    fn say_invalid(&mut self, code: Code, word: &Word, text: &[u8], invalid: &Invalid) {
        self.findings.error_with(code, word.span.clone(), || {
            (format!("{} is not {}", quoted(text), invalid.what), invalid.why.clone())
        });
    }

    fn host_key(&mut self) -> Option<PublicKey> {
        let (word, value) = self.value("HOST_KEY")?;
        match decode(&value).parse() {
            Ok(key) => Some(key),
            Err(error) => {
                let error: crate::KeyError = error;
                let remedy = "write the public key that the license host shows";
                self.findings.error(Code::BadSyntax, word.span.clone(), error.to_string(), remedy);
                None
            }
        }
    }

    fn maintenance(&mut self) {
        let Some((word, value)) = self.value("MAINTENANCE") else { return };
        if !matches!(&*value, b"ACTIVE" | b"NONE") {
            let message = format!("MAINTENANCE cannot be {}", quoted(&value));
            self.findings.error(Code::BadSyntax, word.span.clone(), message, "write ACTIVE or NONE");
        }
    }

    /// The lower the number, the sooner the pool is drained.
    fn sort(&mut self) -> u8 {
        let Some((word, value)) = self.value("sort") else { return SORT_DEFAULT };
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            let message = format!("{} is no sort number; {SORT_DEFAULT} is taken", quoted(&value));
            self.findings.warning(None, word.span.clone(), message, "write a number from 0 to 255");
            return SORT_DEFAULT;
        }
        decode(&value).parse().unwrap_or(u8::MAX)
    }

    fn supersedes(&mut self, feature: &Feature, issued: bool) -> Vec<Feature> {
        let Some(word) = self.attribute("SUPERSEDE") else { return Vec::new() };
        if !issued {
            self.findings.error(
                Code::Incompatible,
                word.span.clone(),
                "SUPERSEDE without ISSUED voids nothing",
                "write ISSUED=dd-mmm-yyyy: the lines issued before that day become void",
            );
        }
        if !word.has_value() {
            return vec![feature.clone()];
        }
        self.parsed("SUPERSEDE", Code::BadSyntax, |text| list(text, Feature::new)).unwrap_or_default()
    }

    fn restrictions(&mut self) {
        for word in self.line.words.iter().skip(FIELDS) {
            if let Some(attribute) = known(word.key(self.bytes))
                && attribute.what == Use::NotServed
            {
                let why = format!("lines with {} are not served", attribute.name);
                self.leave_out(word.span.clone(), &why);
            }
        }
    }

    /// The line is good, but this version does not serve it. The first reason is kept.
    fn leave_out(&mut self, span: Range<u32>, why: &str) {
        self.not_served.get_or_insert_with(|| (span, why.to_owned()));
    }

    /// Floating, locked or named, and the workstations it is locked to.
    fn seat(&mut self, seats: Option<SeatCount>) -> (SeatKind, Vec<CpuId>) {
        let ids = self.parsed("HOSTID", Code::BadSyntax, |text| list(text, CpuId::new)).unwrap_or_default();
        let anywhere = ids.iter().all(CpuId::is_any);
        let hostid_span = self.attribute("HOSTID").map_or(self.line.span.clone(), |word| word.span.clone());
        match self.value("SEAT") {
            None if anywhere => (SeatKind::Floating, Vec::new()),
            None => self.locked(false, ids, hostid_span, seats),
            Some((word, value)) => match &*value {
                b"FLOATING" => {
                    if !anywhere {
                        self.leave_out(
                            hostid_span,
                            "floating lines for some workstations only are not served",
                        );
                    }
                    (SeatKind::Floating, Vec::new())
                }
                b"LOCKED" => self.locked(true, ids, hostid_span, seats),
                b"NAMED" => {
                    self.leave_out(word.span.clone(), "NAMED seats are not served");
                    (SeatKind::Named, Vec::new())
                }
                other => {
                    let message = format!("SEAT cannot be {}", quoted(other));
                    let remedy = "write FLOATING, LOCKED or NAMED";
                    self.findings.error(Code::BadSyntax, word.span.clone(), message, remedy);
                    (SeatKind::Floating, Vec::new())
                }
            },
        }
    }

    /// A locked line: as many workstations as seats, each of them one machine.
    fn locked(
        &mut self,
        said: bool,
        ids: Vec<CpuId>,
        span: Range<u32>,
        seats: Option<SeatCount>,
    ) -> (SeatKind, Vec<CpuId>) {
        let person =
            |id: &&CpuId| ["USER=", "DISPLAY=", "INTERNET="].iter().any(|k| id.as_str().starts_with(k));
        let mut sorted = ids.clone();
        sorted.sort();
        sorted.dedup();
        let count = u32::try_from(sorted.len()).unwrap_or(u32::MAX);
        if let Some(id) = ids.iter().find(|id| id.is_any() || id.as_str() == "DEMO") {
            let message = format!("{id} is no workstation, so no seat can be locked to it");
            self.findings.error(Code::Incompatible, span, message, "name each workstation's own host id");
        } else if let Some(id) = ids.iter().find(person) {
            self.leave_out(span, &format!("lines locked to {id}, which is no machine, are not served"));
        } else if sorted.is_empty() || sorted.len() != ids.len() {
            let message = "rule 2: a locked line names every workstation once";
            self.findings.error(
                Code::Incompatible,
                span,
                message,
                "write HOSTID=\"id1 id2 …\", one for each seat",
            );
        } else if seats.is_some_and(|seats| seats.get() != count) {
            let counts = seats.map_or(0, SeatCount::get);
            if said {
                let message = format!("rule 2: {counts} locked seats, but {count} workstations");
                let remedy = "a locked configuration has as many seats as workstations";
                self.findings.error(Code::Incompatible, span, message, remedy);
            } else {
                self.leave_out(span, "lines that are shared by some workstations are not served");
            }
        }
        (SeatKind::Locked, ids)
    }
}

/// A date, `permanent`, or FlexNet's zeros.
fn expiry(text: &str) -> Result<Expiry, Invalid> {
    if (1..=4).contains(&text.len()) && text.bytes().all(|b| b == b'0') {
        return Ok(Expiry::Permanent);
    }
    Expiry::parse(text)
}

/// A number of seats; nothing for `uncounted` and 0.
fn count(text: &str) -> Result<Option<SeatCount>, Invalid> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if text.eq_ignore_ascii_case("uncounted") || (digits && text.bytes().all(|b| b == b'0')) {
        return Ok(None);
    }
    if !digits {
        return Err(Invalid { what: "a number of seats", why: "write digits only, or uncounted".to_owned() });
    }
    SeatCount::new(text.parse().unwrap_or(u64::MAX)).map(Some)
}

/// A number: `pack:…` is never written on a line.
fn config_id(text: &str) -> Result<ConfigId, Invalid> {
    match ConfigId::new(text)? {
        number @ ConfigId::Number(_) => Ok(number),
        ConfigId::OfPack(_) => {
            Err(Invalid { what: "a Configuration ID", why: "it must be digits".to_owned() })
        }
    }
}

/// Words divided by blanks or commas; at least one.
pub(crate) fn list<T>(text: &str, read: impl Fn(&str) -> Result<T, Invalid>) -> Result<Vec<T>, Invalid> {
    let words = text.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    let list = words.map(read).collect::<Result<Vec<T>, Invalid>>()?;
    if list.is_empty() {
        return Err(Invalid { what: "a list", why: "name at least one".to_owned() });
    }
    Ok(list)
}
