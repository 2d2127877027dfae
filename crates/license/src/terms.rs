//! What a FEATURE, INCREMENT or UPGRADE line says, as checked words.

use std::ops::Range;
use std::sync::Arc;

use names::{Code, ConfigId, CpuId, Date, Expiry, Feature, Invalid, PackNumber, SeatCount, Vendor, Version};

use crate::attribute::{Use, known};
use crate::canonical::fields;
use crate::findings::Findings;
use crate::key::LastKey;
use crate::limits::MODULES_MAX;
use crate::pooling::pooling_text;
use crate::reader::{Reader, list};
use crate::rules::{DupGroup, Listed, Rules, TerminalServer, VmPlatforms, number};
use crate::source::{decode, quoted};
use crate::syntax::{Keyword, Line};
use crate::{PublicKey, SeatKind, binding, time_zone};

/// `sort=` where it is not written.
const SORT_DEFAULT: u8 = 100;
/// Hours of `BORROW` without a value.
const BORROW_HOURS_DEFAULT: u32 = 168;
/// The most hours, seconds and counts that an attribute may name.
const NUMBER_MAX: u32 = 1_000_000_000;

/// A license line, understood.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) keyword: Keyword,
    pub(crate) vendor: Vendor,
    pub(crate) feature: Feature,
    /// UPGRADE: of which version the seats are that it takes, and below which.
    pub(crate) from: Option<Version>,
    pub(crate) version: Version,
    pub(crate) expiry: Expiry,
    /// Nothing where it is uncounted.
    pub(crate) seats: Option<SeatCount>,
    pub(crate) start: Option<Date>,
    pub(crate) issued: Option<Date>,
    pub(crate) config: Option<ConfigId>,
    pub(crate) kind: SeatKind,
    /// Whether it says its kind: by `SEAT=`, by a machine for each seat, or by naming no machine at all.
    pub(crate) says_kind: bool,
    /// What a locked line is locked to.
    pub(crate) workstations: Vec<CpuId>,
    pub(crate) product_line: Option<String>,
    /// Sorted; nothing where the line does not say.
    pub(crate) modules: Option<Vec<String>>,
    pub(crate) maintenance: Option<Maintenance>,
    pub(crate) vendor_string: Option<String>,
    pub(crate) sort: u8,
    pub(crate) host_key: Option<PublicKey>,
    /// Packs that this line voids.
    pub(crate) voids: Vec<PackNumber>,
    /// Features whose earlier lines this one voids.
    pub(crate) supersedes: Vec<Feature>,
    /// Signatures whose lines this one voids.
    pub(crate) supersedes_signs: Vec<String>,
    pub(crate) pooling: Arc<str>,
    pub(crate) rules: Rules,
    /// The sharing of the suite that the line enables: `SUITE_DUP_GROUP=`, or else `DUP_GROUP=`.
    pub(crate) suite_sharing: Option<DupGroup>,
    /// Why this version does not serve the line, and which words say so.
    pub(crate) not_served: Option<(Range<u32>, String)>,
}

/// Whether a configuration is under maintenance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Maintenance {
    /// `MAINTENANCE=ACTIVE`
    Active,
    /// `MAINTENANCE=NONE`
    None,
}

impl std::fmt::Display for Maintenance {
    /// As it is written.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Active => "ACTIVE",
            Self::None => "NONE",
        })
    }
}

impl Terms {
    /// The configuration: the line's own, or its pack's.
    pub(crate) fn config_in(&self, pack: &PackNumber) -> ConfigId {
        self.config.clone().unwrap_or_else(|| ConfigId::OfPack(pack.clone()))
    }

    /// Only the first such line of a feature counts.
    pub(crate) fn first_only(&self) -> bool {
        self.keyword == Keyword::Feature && self.seats.is_some()
    }

    /// Whether the line takes something away.
    pub(crate) fn takes_away(&self) -> bool {
        self.from.is_some()
            || !self.supersedes.is_empty()
            || !self.supersedes_signs.is_empty()
            || !self.voids.is_empty()
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
    let pack = line.attribute(bytes, fields(bytes, line), "PACK").and_then(|word| word.value(bytes));
    (vendor, pack.and_then(|value| PackNumber::new(&decode(&value)).ok()))
}

/// Reads a line whose shape is good. Everything that is wrong is named, not only the first.
pub(crate) fn read(bytes: &[u8], line: &Line, keys: &mut LastKey, findings: &mut Findings) -> Option<Terms> {
    let before = findings.errors_so_far();
    let mut reader = Reader::new(bytes, line, keys, findings);
    let terms = reader.terms();
    if findings.errors_so_far() == before { terms } else { None }
}

impl Reader<'_, '_> {
    /// Every part is read before the first `?`, so every mistake is named.
    fn terms(&mut self) -> Option<Terms> {
        let keyword = self.line.keyword;
        let upgrades = usize::from(keyword == Keyword::Upgrade);
        let feature = self.field(0, Code::BadSyntax, Feature::new);
        let vendor = self.field(1, Code::BadSyntax, Vendor::new);
        let from = if upgrades > 0 { self.field(2, Code::BadVersion, Version::new) } else { None };
        let version = self.field(2 + upgrades, Code::BadVersion, Version::new);
        let expiry = self.field(3 + upgrades, Code::BadDate, expiry);
        let seats = self.field(4 + upgrades, Code::BadSyntax, count);
        let start = self.parsed("START", Code::BadDate, Date::parse);
        let issued = self.parsed("ISSUED", Code::BadDate, Date::parse);
        let config = self.parsed("CONFIG_ID", Code::BadSyntax, config_id);
        let _ = self.parsed("PACK", Code::BadSyntax, PackNumber::new);
        let voids = self.parsed("VOIDS", Code::BadSyntax, |text| list(text, PackNumber::new));
        let host_key = self.host_key();
        let maintenance =
            self.one_of("MAINTENANCE", &[("ACTIVE", Maintenance::Active), ("NONE", Maintenance::None)]);
        let modules = self.parsed("MODULES", Code::BadSyntax, modules);
        let mut rules = self.rules();
        let binding::Binding { kind, workstations, says_kind } =
            binding::read(self, seats.flatten(), &mut rules);
        self.restrictions(&rules);
        if seats == Some(None) {
            self.uncounted(4 + upgrades);
        }
        self.check_upgrade(from.as_ref(), version.as_ref());
        let (feature, version) = (feature?, version?);
        let supersedes = self.supersedes(&feature, issued.is_some(), Feature::new);
        let supersedes_signs =
            self.parsed("SUPERSEDE_SIGN", Code::BadSyntax, |text| list(text, |sign| Ok(sign.to_owned())));
        let pooling = pooling_text(self, &rules, &version, kind, seats == Some(None))?;
        let suite_sharing = if self.has("SUITE_DUP_GROUP") { rules.suite_dup_group } else { rules.dup_group };
        Some(Terms {
            keyword,
            feature,
            vendor: vendor?,
            from,
            version,
            expiry: expiry?,
            seats: seats?,
            start,
            issued,
            config,
            kind,
            says_kind,
            workstations,
            product_line: self.text("PRODUCT_LINE"),
            modules,
            maintenance,
            vendor_string: self.text("VENDOR_STRING"),
            sort: self.sort(),
            host_key,
            voids: voids.unwrap_or_default(),
            supersedes,
            supersedes_signs: supersedes_signs.unwrap_or_default(),
            pooling: pooling.into(),
            rules,
            suite_sharing,
            not_served: self.not_served.take(),
        })
    }

    fn rules(&mut self) -> Rules {
        let count = |text: &str| number(text, NUMBER_MAX);
        let listed = |text: &str| number(text, NUMBER_MAX).map(Listed::AtMost);
        let dup_group = self.parsed("DUP_GROUP", Code::BadSyntax, DupGroup::parse);
        let suite_dup_group = self.parsed("SUITE_DUP_GROUP", Code::BadSyntax, DupGroup::parse);
        let platforms = ["PLATFORMS", "PLATFORM"].iter().find_map(|name| self.text(name));
        Rules {
            borrow_hours: self.optional("BORROW", BORROW_HOURS_DEFAULT, count),
            borrow_lost_ok: self.has("BORROW_LOST_OK"),
            dup_group: dup_group.flatten(),
            dup_limit: self.parsed("DUP_LIMIT", Code::BadSyntax, count).filter(|limit| *limit > 0),
            suite_dup_group: suite_dup_group.flatten(),
            float_ok: self.has("FLOAT_OK"),
            host_ids: Vec::new(),
            host_based: self.optional("HOST_BASED", Listed::AsSeats, listed),
            user_based: self.optional("USER_BASED", Listed::AsSeats, listed),
            linger_s: self.parsed("LINGER", Code::BadSyntax, count),
            minimum: self.parsed("MINIMUM", Code::BadSyntax, count),
            overdraft: self.parsed("OVERDRAFT", Code::BadSyntax, count),
            platforms: platforms
                .map(|text| text.split_ascii_whitespace().map(str::to_owned).collect())
                .unwrap_or_default(),
            terminal_server: match (self.has("TS_OK"), self.has("ONE_TS_OK")) {
                (true, _) => TerminalServer::Yes,
                (false, true) => TerminalServer::One,
                (false, false) => TerminalServer::No,
            },
            time_zone: self.text("TZ"),
            virtual_machines: self.parsed("VM_PLATFORMS", Code::BadSyntax, VmPlatforms::parse),
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

    /// An uncounted line needs no server, so it is good on named machines only.
    fn uncounted(&mut self, at: usize) {
        let span = self.field_span(at);
        if !self.has("HOSTID") {
            let remedy = "write HOSTID=, which may be ANY, or a number of seats";
            self.findings.error(Code::Incompatible, span, "an uncounted line has a HOSTID", remedy);
        } else if self.line.keyword == Keyword::Upgrade {
            let remedy = "write the number of seats that it upgrades";
            self.findings.error(Code::Incompatible, span, "an UPGRADE line counts seats", remedy);
        }
    }

    fn check_upgrade(&mut self, from: Option<&Version>, to: Option<&Version>) {
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            let message = format!("an UPGRADE leads to a later version, not from {from} to {to}");
            let span = self.field_span(2).start..self.field_span(3).end;
            let remedy = "write the lowest version that is upgraded, then the new one";
            self.findings.error(Code::Incompatible, span, message, remedy);
        }
    }

    /// What nobody can serve who sees no dongle, or cannot read the time zone.
    fn restrictions(&mut self, rules: &Rules) {
        for word in self.line.words.iter().skip(self.fields) {
            if let Some(attribute) = known(word.key(self.bytes))
                && attribute.what == Use::NotServed
            {
                let why = format!("lines with {} are not served", attribute.name);
                self.leave_out(word.span.clone(), &why);
            }
        }
        if let (Some(text), Some(word)) = (&rules.time_zone, self.attribute("TZ"))
            && time_zone::read(text).is_none()
        {
            let why = "lines with a TZ that is neither SERVERTZ nor hours from GMT are not served";
            self.leave_out(word.span.clone(), why);
        }
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

/// A set of modules, sorted; it may be empty.
fn modules(text: &str) -> Result<Vec<String>, Invalid> {
    let words = text.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    let mut modules: Vec<String> = words.map(str::to_owned).collect();
    modules.sort();
    modules.dedup();
    if modules.len() > MODULES_MAX {
        let why = format!("the most are {MODULES_MAX}");
        return Err(Invalid { what: "a set of modules", why });
    }
    Ok(modules)
}
