//! A pack: what one vendor signed together.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use names::{Code, CpuId, Feature, PackNumber, Vendor};

use crate::canonical::PackDigest;
use crate::findings::Findings;
use crate::key::LastKey;
use crate::package::{self, Package};
use crate::seal::Seal;
use crate::signature::Signature;
use crate::syntax::{Keyword, Line};
use crate::terms::{self, Terms};
use crate::{Place, SignedLine};

/// What became of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PackState {
    /// Its good lines give seats.
    Served,
    /// It was made for another license host (-9): shown, not served.
    Foreign,
    /// It cannot be trusted; a diagnostic says why.
    Refused,
    /// Another pack of the vendor voids it.
    Voided,
    /// The same pack was read before, from another file; it counts once.
    Duplicate,
}

/// One pack in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pack {
    /// Who signed it.
    pub vendor: Vendor,
    /// The vendor's number for it.
    pub number: PackNumber,
    /// Index of the [`crate::Source`].
    pub file: usize,
    /// How many signed lines its seal names; 0 when the seal is missing or bad.
    pub lines: u32,
    /// How many of them are missing or bad.
    pub missing: u32,
    /// The ids of the SERVER lines, in order.
    pub host_ids: Vec<CpuId>,
    /// What became of it.
    pub state: PackState,
}

/// A license or PACKAGE line, read; it is verified unless `signed` is missing.
#[derive(Debug, Clone)]
pub(crate) struct PackLine {
    pub(crate) what: What,
    pub(crate) signed: Option<SignedLine>,
    /// Its number in its pack; 0 without one.
    pub(crate) index: u32,
    /// The signature as it is written, where it is another system's; blanks left out.
    pub(crate) foreign: Option<Box<str>>,
    pub(crate) span: Range<u32>,
    /// Its first physical line, from 1.
    pub(crate) number: u32,
    /// Index of the file it was read from.
    pub(crate) file: usize,
}

/// What a line says.
#[derive(Debug, Clone)]
pub(crate) enum What {
    License(Box<Terms>),
    Package(Box<Package>),
}

impl What {
    /// Reads a line whose shape is good.
    pub(crate) fn read(
        bytes: &[u8],
        line: &Line,
        keys: &mut LastKey,
        findings: &mut Findings,
    ) -> Option<Self> {
        match line.keyword {
            Keyword::Package => {
                package::read(bytes, line, keys, findings).map(|package| Self::Package(Box::new(package)))
            }
            _ => terms::read(bytes, line, keys, findings).map(|terms| Self::License(Box::new(terms))),
        }
    }

    pub(crate) fn license(&self) -> Option<&Terms> {
        if let Self::License(terms) = self { Some(terms) } else { None }
    }

    /// The feature or package.
    pub(crate) fn name(&self) -> &Feature {
        match self {
            Self::License(terms) => &terms.feature,
            Self::Package(package) => &package.name,
        }
    }

    /// Packs that the line voids.
    pub(crate) fn voids(&self) -> &[PackNumber] {
        match self {
            Self::License(terms) => &terms.voids,
            Self::Package(package) => &package.voids,
        }
    }

    /// Whether the line takes something away: void lines or packs, seats of an earlier version, or the
    /// feature that a package is made of.
    fn takes_away(&self) -> bool {
        match self {
            Self::License(terms) => terms.takes_away(),
            Self::Package(_) => true,
        }
    }
}

impl PackLine {
    pub(crate) fn place(&self) -> Place {
        Place { file: self.file, line: self.number }
    }

    /// The bytes that were signed.
    pub(crate) fn canonical(&self) -> &[u8] {
        self.signed.as_ref().map_or(&[], |signed| &signed.canonical)
    }

    /// The signature as it is written.
    pub(crate) fn signature(&self) -> Option<String> {
        let Some(signed) = &self.signed else { return self.foreign.as_deref().map(str::to_owned) };
        let (key_id, bytes) = (signed.key_id, signed.signature);
        Some(Signature { key_id, index: self.index, bytes }.to_string())
    }
}

/// The numbers of the lines that a seal must name, so that none can be left out: those that take
/// something away, and those of a feature whose seats are upgraded (else another line would be).
pub(crate) fn rewriting<'a>(lines: impl Iterator<Item = (u32, &'a What)> + Clone) -> BTreeSet<u32> {
    let upgrades = lines.clone().filter_map(|(_, what)| what.license()).filter(|terms| terms.from.is_some());
    let upgraded: BTreeSet<&Feature> = upgrades.map(|terms| &terms.feature).collect();
    let named = |what: &What| {
        what.takes_away() || what.license().is_some_and(|terms| upgraded.contains(&terms.feature))
    };
    lines.filter(|(_, what)| named(what)).map(|(index, _)| index).collect()
}

/// A pack while it is put together from the lines of one file.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) vendor: Vendor,
    pub(crate) number: PackNumber,
    pub(crate) file: usize,
    pub(crate) hosts: Vec<CpuId>,
    pub(crate) seal: Option<Seal>,
    /// The verified lines by their number.
    pub(crate) lines: BTreeMap<u32, PackLine>,
    /// Numbers that lines which did not verify claim to have: they have been named already.
    pub(crate) claimed: BTreeSet<u32>,
    /// The first line that cannot be verified, because no good seal stands in the file.
    pub(crate) unsealed: Option<Range<u32>>,
    pub(crate) state: PackState,
}

impl Draft {
    /// A pack of which nothing has been read yet.
    pub(crate) fn new(vendor: Vendor, number: PackNumber, file: usize, hosts: Vec<CpuId>) -> Self {
        Self {
            vendor,
            number,
            file,
            hosts,
            seal: None,
            lines: BTreeMap::new(),
            claimed: BTreeSet::new(),
            unsealed: None,
            state: PackState::Served,
        }
    }

    /// What is shown of it.
    pub(crate) fn shown(&self) -> Pack {
        let lines = self.seal.as_ref().map_or(0, |seal| seal.lines);
        let here = u32::try_from(self.lines.range(1..=lines.max(1)).count()).unwrap_or(u32::MAX);
        Pack {
            vendor: self.vendor.clone(),
            number: self.number.clone(),
            file: self.file,
            lines,
            missing: lines.saturating_sub(here),
            host_ids: self.hosts.clone(),
            state: self.state,
        }
    }

    /// Where to point when the pack as a whole is meant.
    pub(crate) fn span(&self) -> Range<u32> {
        let line = || self.lines.values().next().map(|line| line.span.clone());
        self.seal.as_ref().map(|seal| seal.span.clone()).or_else(line).unwrap_or(0..0)
    }

    /// The pack gives nothing, and why.
    pub(crate) fn refuse(&mut self, code: Code, span: Range<u32>, why: &str, findings: &mut Findings) {
        self.state = PackState::Refused;
        let message = format!("pack {} of {} is refused: {why}", self.number, self.vendor);
        findings.refuse(
            code,
            span,
            message,
            "restore the pack as the vendor delivered it, or ask for a new one",
        );
    }

    /// Holds the lines against the seal. A line that only adds may be missing, and is named; what
    /// takes something away may not.
    pub(crate) fn check(&mut self, strict: bool, findings: &mut Findings) {
        if self.state == PackState::Refused {
            return;
        }
        let Some(seal) = self.seal.take() else {
            self.state = PackState::Refused;
            if let Some(span) = self.unsealed.take() {
                self.refuse(Code::BadSignature, span, "its seal is missing or bad", findings);
            }
            return;
        };
        let why = self.breach(&seal);
        let missing = self.missing(seal.lines);
        let why = why.or_else(|| self.forged_digest(&seal, missing.is_empty()));
        for gap in &missing {
            self.say_missing(gap, &seal, findings);
        }
        let span = seal.span.clone();
        self.seal = Some(seal);
        if let Some((at, why)) = why {
            self.refuse(Code::BadSignature, at.unwrap_or(span), &why, findings);
        } else if strict && !missing.is_empty() {
            self.refuse(
                Code::BadSignature,
                span,
                "a line is missing or bad, and strictness was asked for",
                findings,
            );
        }
    }

    /// What of the seal's word does not hold.
    fn breach(&self, seal: &Seal) -> Option<(Option<Range<u32>>, String)> {
        for range in &seal.rewrites {
            let here = self.lines.range(range.clone()).count();
            if here != (range.end() - range.start()) as usize + 1 {
                let lines = named(range.start(), range.end());
                return Some((
                    None,
                    format!("its seal says that {lines} take something away, and not all are here and good"),
                ));
            }
        }
        let rewriting = rewriting(self.lines.iter().map(|(index, line)| (*index, &line.what)));
        for (index, line) in &self.lines {
            let why = if *index > seal.lines {
                format!("its seal knows {} lines, and this one is number {index}", seal.lines)
            } else if rewriting.contains(index) && !seal.names(*index) {
                "this line takes something away, and the seal does not say so".to_owned()
            } else if !rewriting.contains(index) && seal.names(*index) {
                "the seal says that this line takes something away, and it does not".to_owned()
            } else {
                continue;
            };
            return Some((Some(line.span.clone()), why));
        }
        None
    }

    /// Where all lines are here, they are what the seal says.
    fn forged_digest(&self, seal: &Seal, complete: bool) -> Option<(Option<Range<u32>>, String)> {
        let forms = self.lines.values().filter_map(|line| line.signed.as_ref()).map(|line| &*line.canonical);
        let wrong = complete && PackDigest::of(&self.hosts, forms) != seal.digest;
        wrong.then(|| (None, "its seal's DIGEST is not the one of its lines".to_owned()))
    }

    /// The gaps in the numbers of the lines.
    fn missing(&self, lines: u32) -> Vec<(u32, u32)> {
        let mut gaps = Vec::new();
        let mut next = 1;
        for index in
            self.lines.keys().copied().filter(|index| *index <= lines).chain([lines.saturating_add(1)])
        {
            if index > next {
                gaps.push((next, index - 1));
            }
            next = index + 1;
        }
        gaps
    }

    /// Names a gap, unless its lines have been named where they stand.
    fn say_missing(&self, gap: &(u32, u32), seal: &Seal, findings: &mut Findings) {
        let named_already = self.claimed.range(gap.0..=gap.1).count();
        if named_already == (gap.1 - gap.0) as usize + 1 {
            return;
        }
        let message = format!("{} of pack {} is missing or bad", named(&gap.0, &gap.1), self.number);
        let remedy = "restore the pack as the vendor delivered it; the other lines are served";
        findings.error(Code::BadSignature, seal.span.clone(), message, remedy);
    }
}

fn named(from: &u32, to: &u32) -> String {
    if from == to { format!("line {from}") } else { format!("lines {from} to {to}") }
}
