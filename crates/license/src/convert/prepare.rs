//! The text as it is signed: FlexNet's signatures set aside, what cannot be signed made a comment.

use std::collections::BTreeMap;
use std::ops::Range;

use names::{Code, ConfigId, Feature, Vendor};

use super::{Fate, Left, Proposal};
use crate::canonical::fields;
use crate::findings::Findings;
use crate::key::LastKey;
use crate::lines::{Logical, What as LineIs, logical};
use crate::pack::What;
use crate::sign::{Edit, edit};
use crate::signature::Sign;
use crate::syntax::{Keyword, Line, SyntaxFile, parse};
use crate::{Diagnostic, SecretKey, Source, Trust, load, shape};

/// What FlexNet's signature and its older keys are called from now on.
const SIGN: &[u8] = b"flexnet_sign";
const OLD_KEY: &[u8] = b"flexnet_key=";
/// A feature of this name and a number is a bundle of floating options, not a configuration.
const BUNDLE: &str = "PROBUNDLE";

/// A file, ready to be signed.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) text: Vec<u8>,
    /// In order.
    edits: Vec<Edit>,
    pub(super) left: Vec<Left>,
    pub(super) proposals: Vec<Proposal>,
}

impl Prepared {
    /// A finding in the prepared text, at its place in the text that was given.
    pub(super) fn in_the_original(&self, mut found: Diagnostic) -> Diagnostic {
        found.span = self.origin(found.span.start)..self.origin(found.span.end);
        if let Some(other) = &mut found.other {
            other.span = self.origin(other.span.start)..self.origin(other.span.end);
        }
        found
    }

    fn origin(&self, at: usize) -> usize {
        let (mut before, mut after) = (0, 0);
        for (span, new) in &self.edits {
            let (start, end) = (span.start as usize, span.end as usize);
            let here = after + (start - before);
            if at <= here {
                break;
            }
            if at < here + new.len() {
                return start;
            }
            (before, after) = (end, here + new.len());
        }
        before + (at - after)
    }
}

/// Goes through the file; nothing where it is no license file at all.
pub(super) fn prepare(
    source: &Source,
    key: &SecretKey,
    take_ids: bool,
    findings: &mut Findings,
) -> Option<Prepared> {
    let Some(vendor) = key.vendor() else {
        let remedy = "convert with a vendor's key";
        findings.refuse(Code::BadParameter, 0..0, "this is a license host's key, not a vendor's", remedy);
        return None;
    };
    let mut said = Findings::new(0);
    let syntax = parse(&source.bytes, &mut said);
    let said = said.finish();
    if syntax.lines.is_empty() {
        let why = said.into_iter().next();
        let message =
            why.as_ref().map_or("the file has no line of a license".to_owned(), |d| d.message.clone());
        let remedy = why.map_or("name a license file".to_owned(), |found| found.remedy);
        findings.refuse(Code::BadSyntax, 0..0, message, remedy);
        return None;
    }
    let mut preparer = Preparer {
        bytes: &source.bytes,
        vendor,
        seconds: second_features(source, &syntax),
        findings,
        edits: Vec::new(),
        left: Vec::new(),
        keys: LastKey::default(),
        proposals: BTreeMap::new(),
    };
    preparer.all(&syntax, &said);
    Some(preparer.finish(take_ids))
}

/// FEATURE lines that give nothing because another of their feature counts, by their number.
fn second_features(source: &Source, syntax: &SyntaxFile) -> BTreeMap<u32, String> {
    let mut features: BTreeMap<Vec<&[u8]>, Vec<u32>> = BTreeMap::new();
    for line in syntax.lines.iter().filter(|line| line.keyword == Keyword::Feature) {
        let names = line.words.iter().take(2).map(|word| word.text(&source.bytes)).collect();
        features.entry(names).or_default().push(line.number);
    }
    features.retain(|_, numbers| numbers.len() > 1);
    if features.is_empty() {
        return BTreeMap::new();
    }
    let idle = load(std::slice::from_ref(source), &Trust::default(), None, false).idle;
    let is_second = |number: &u32| features.values().flatten().any(|second| second == number);
    idle.into_iter().map(|idle| (idle.place.line, idle.why)).filter(|(number, _)| is_second(number)).collect()
}

struct Preparer<'a, 'f> {
    bytes: &'a [u8],
    vendor: &'a Vendor,
    seconds: BTreeMap<u32, String>,
    findings: &'f mut Findings,
    edits: Vec<Edit>,
    left: Vec<Left>,
    keys: LastKey,
    /// With the end of each line that would have it.
    proposals: BTreeMap<Feature, (ConfigId, Vec<(u32, u32)>)>,
}

impl Preparer<'_, '_> {
    fn all(&mut self, syntax: &SyntaxFile, said: &[Diagnostic]) {
        let read: BTreeMap<u32, &Line> = syntax.lines.iter().map(|line| (line.number, line)).collect();
        for at in logical(self.bytes).iter().filter(|at| at.what == LineIs::Words) {
            let Some(line) = read.get(&at.first) else {
                let why = said.iter().find(|one| at.span().contains(&one.span.start));
                let words = why.map_or("it cannot be read".to_owned(), |one| one.message.clone());
                self.comment(at, why.and_then(|one| one.code).unwrap_or(Code::BadSyntax), words);
                continue;
            };
            match line.keyword {
                Keyword::FeatureSet => {
                    let why = "FEATURESET lines are obsolete and have no effect".to_owned();
                    self.leave(line, Some(Code::UnknownKeyword), why);
                }
                keyword if keyword.is_license() => self.license(at, line),
                _ => {}
            }
        }
    }

    fn license(&mut self, at: &Logical, line: &Line) {
        let other = line.words.get(1).map(|word| word.text(self.bytes));
        match other {
            Some(name) if name == self.vendor.as_str().as_bytes() => self.own(at, line),
            Some(name) if Vendor::new(&crate::source::decode(name)).is_ok() => {
                let why = format!("it is a line of the vendor {}", crate::source::decode(name));
                self.leave(line, None, why);
            }
            _ => self.comment(at, Code::BadSyntax, "it names no vendor".to_owned()),
        }
    }

    fn own(&mut self, at: &Logical, line: &Line) {
        let fields = fields(self.bytes, line);
        let sign = line.attribute(self.bytes, fields, "SIGN");
        let value = sign.and_then(|word| word.value(self.bytes));
        if value.is_some_and(|value| Sign::parse(&value) != Sign::Foreign) {
            let remedy = "sign the pack again with `seatkeeper issue sign`: it replaces its signatures";
            let message = "this line is signed for Seatkeeper already";
            self.findings.error(Code::Incompatible, line.span.clone(), message, remedy);
            return;
        }
        if let Some(why) = self.seconds.remove(&line.number) {
            self.comment(at, Code::Incompatible, why);
            return;
        }
        let mut wrong = Findings::new(0);
        let what = shape::check(self.bytes, line, &mut wrong).then(|| {
            shape::check_meant(self.bytes, line, &mut wrong);
            What::read(self.bytes, line, &mut self.keys, &mut wrong)
        });
        if let Some(error) = wrong.first_error() {
            self.comment(at, error.code.unwrap_or(Code::BadSyntax), error.message.clone());
            return;
        }
        if let Some(word) = sign {
            self.edits.push((word.key_span(), SIGN.to_vec()));
        }
        if let Some(word) = line.words.get(fields).filter(|word| shape::is_old_key(word, self.bytes)) {
            self.edits.push((word.span.start..word.span.start, OLD_KEY.to_vec()));
        }
        let terms = what.as_ref().and_then(|what| what.as_ref()?.license());
        if let Some(terms) = terms.filter(|terms| terms.config.is_none())
            && let Some(config) = proposed(terms.feature.as_str())
        {
            let entry = self.proposals.entry(terms.feature.clone()).or_insert((config, Vec::new()));
            entry.1.push((line.number, line.span.end));
        }
    }

    /// The line stays as it is.
    fn leave(&mut self, line: &Line, code: Option<Code>, why: String) {
        self.left.push(Left { line: line.number, fate: Fate::AsItWas, code, why });
    }

    /// The line stays as a comment, over all its physical lines.
    fn comment(&mut self, at: &Logical, code: Code, why: String) {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        for physical in &at.physical {
            let text = self.bytes.get(physical.clone()).unwrap_or_default();
            let bom = if physical.start == 0 && text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
            let start = place(physical.start + bom);
            self.edits.push((start..start, b"# ".to_vec()));
        }
        self.left.push(Left { line: at.first, fate: Fate::Comment, code: Some(code), why });
    }

    fn finish(mut self, take_ids: bool) -> Prepared {
        if take_ids {
            for (config, lines) in self.proposals.values() {
                let new = format!(" CONFIG_ID={config}").into_bytes();
                self.edits.extend(lines.iter().map(|(_, end)| (*end..*end, new.clone())));
            }
        }
        self.edits.sort_by_key(|(span, _): &(Range<u32>, _)| span.start);
        let proposals = self.proposals.into_iter().map(|(feature, (config, lines))| {
            let lines = lines.into_iter().map(|(number, _)| number).collect();
            Proposal { feature, config, lines }
        });
        Prepared {
            text: edit(self.bytes, self.edits.clone()),
            edits: self.edits,
            left: self.left,
            proposals: proposals.collect(),
        }
    }
}

/// The number that a feature's name ends with: `PROE_366`. A bundle's number is none of these, and a
/// name that is a number is a floating option.
fn proposed(feature: &str) -> Option<ConfigId> {
    let (name, number) = feature.rsplit_once('_')?;
    if name.is_empty() || name == BUNDLE {
        return None;
    }
    ConfigId::new(number).ok().filter(|config| matches!(config, ConfigId::Number(_)))
}
