//! The lines of one file: each read, verified, and put where it belongs.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use names::{Code, CpuId, PackNumber, Vendor};

use crate::canonical::{PackDigest, canonical, fields};
use crate::entitlement::Idle;
use crate::findings::Findings;
use crate::key::LastKey;
use crate::limits::LINES_SHOWN_MAX;
use crate::pack::{Draft, PackLine, What};
use crate::seal::Seal;
use crate::signature::{Sign, Signature};
use crate::signed_line::check_signature;
use crate::source::decode;
use crate::syntax::{Keyword, Line};
use crate::{LineError, Place, SignedLine, Trust, shape, terms};

/// The first line of a kind, and how many there are: one finding for all.
type Seen = Option<(Range<u32>, usize)>;

/// Takes the lines of a file one by one.
pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) file: usize,
    pub(super) trust: &'a Trust,
    pub(super) verify: bool,
    pub(super) hosts: Vec<CpuId>,
    pub(super) findings: Findings,
    pub(super) keys: LastKey,
    pub(super) packs: BTreeMap<(Vendor, PackNumber), Draft>,
    /// Vendors and keys that have been named as not trusted.
    pub(super) untrusted: BTreeSet<String>,
    /// Lines with another system's signature, which nobody but their vendor can check.
    pub(super) foreign: Seen,
    /// Lines with no signature at all.
    pub(super) bare: Seen,
    pub(super) unsigned: Vec<PackLine>,
    pub(super) idle: Vec<Idle>,
    /// The host ids are not known, or have been said to be missing: no signature can be checked.
    pub(super) unsealed: bool,
}

impl<'a> Reader<'a> {
    /// Nothing has been read yet.
    pub(super) fn new(
        bytes: &'a [u8],
        file: usize,
        trust: &'a Trust,
        hosts: Vec<CpuId>,
        unsealed: bool,
        findings: Findings,
    ) -> Self {
        Self {
            bytes,
            file,
            trust,
            verify: true,
            hosts,
            findings,
            keys: LastKey::default(),
            packs: BTreeMap::new(),
            untrusted: BTreeSet::new(),
            foreign: Seen::default(),
            bare: Seen::default(),
            unsigned: Vec::new(),
            idle: Vec::new(),
            unsealed,
        }
    }
}

impl Reader<'_> {
    pub(super) fn line(&mut self, line: &Line) {
        match line.keyword {
            Keyword::Feature | Keyword::Increment | Keyword::Upgrade | Keyword::Package => {
                self.license(line);
            }
            Keyword::FeatureSet => {
                let message = "FEATURESET lines are obsolete and have no effect";
                let remedy = "nothing needs doing; the line may be removed";
                self.findings.warning(Some(Code::UnknownKeyword), line.span.clone(), message, remedy);
            }
            Keyword::Seal | Keyword::Server | Keyword::Vendor | Keyword::UseServer => {}
        }
    }

    /// What `SIGN=` of a line holds.
    fn sign(&self, line: &Line) -> Option<Sign> {
        let word = line.attribute(self.bytes, fields(self.bytes, line), "SIGN")?;
        word.value(self.bytes).map(|value| Sign::parse(&value))
    }

    fn license(&mut self, line: &Line) {
        let sign = self.sign(line);
        if !shape::check(self.bytes, line, &mut self.findings) {
            self.lost(line, "it cannot be read");
            if let Some(Sign::Ours(signature)) = &sign {
                self.claim(line, signature);
            }
            return;
        }
        match sign {
            Some(Sign::Ours(_) | Sign::Broken) if !self.verify => self.unsigned(line, false),
            Some(Sign::Ours(signature)) => self.signed(line, &signature),
            Some(Sign::Broken) => {
                self.say_bad(line, "its SIGN= is no signature");
                self.lost(line, "its SIGN= is no signature");
            }
            sign => {
                let old_key = line.words.get(fields(self.bytes, line));
                let old_key = old_key.is_some_and(|w| shape::is_old_key(w, self.bytes));
                let auth = line.attribute(self.bytes, fields(self.bytes, line), "AUTH").is_some();
                self.unsigned(line, old_key || auth || sign.is_some());
            }
        }
    }

    /// The line gives nothing.
    fn lost(&mut self, line: &Line, why: &str) {
        if self.idle.len() >= LINES_SHOWN_MAX {
            return;
        }
        let place = Place { file: self.file, line: line.number };
        self.idle.push(Idle { place, why: why.to_owned() });
    }

    /// Read for what is wrong with it and to be shown, never served.
    fn unsigned(&mut self, line: &Line, foreign: bool) {
        let kind = if foreign { &mut self.foreign } else { &mut self.bare };
        kind.get_or_insert_with(|| (line.span.clone(), 0)).1 += 1;
        let Some(what) = What::read(self.bytes, line, &mut self.keys, &mut self.findings) else {
            self.lost(line, "it cannot be read");
            return;
        };
        if self.unsigned.len() >= LINES_SHOWN_MAX {
            return;
        }
        let sign = line.attribute(self.bytes, fields(self.bytes, line), "SIGN");
        let sign = sign
            .and_then(|word| word.value(self.bytes))
            .map(|value| decode(&value).split_ascii_whitespace().collect::<String>().into_boxed_str());
        self.unsigned.push(self.pack_line(line, what, None, 0, sign));
    }

    fn pack_line(
        &self,
        line: &Line,
        what: What,
        signed: Option<SignedLine>,
        index: u32,
        foreign: Option<Box<str>>,
    ) -> PackLine {
        let (span, number, file) = (line.span.clone(), line.number, self.file);
        PackLine { what, signed, index, foreign, span, number, file }
    }

    fn signed(&mut self, line: &Line, signature: &Signature) {
        let (vendor, number, canonical) = match self.verified(line, signature) {
            Ok(verified) => verified,
            Err(why) => {
                self.lost(line, why);
                self.claim(line, signature);
                return;
            }
        };
        let Some(what) = What::read(self.bytes, line, &mut self.keys, &mut self.findings) else {
            self.lost(line, "it cannot be read");
            self.claim(line, signature);
            return;
        };
        let signed =
            SignedLine { canonical: canonical.into(), key_id: signature.key_id, signature: signature.bytes };
        let new = self.pack_line(line, what, Some(signed), signature.index, None);
        let draft = draft(&mut self.packs, &vendor, &number, self.file, &self.hosts);
        match draft.lines.get(&signature.index) {
            None => {
                draft.lines.insert(signature.index, new);
            }
            Some(old) if old.canonical() == new.canonical() => {
                self.idle.push(Idle { place: new.place(), why: "it stands in its pack already".to_owned() });
                let message = format!("line {} of pack {number} stands here a second time", signature.index);
                let remedy = "it counts once; remove one of them";
                self.findings.warning(None, line.span.clone(), message, remedy);
            }
            Some(_) => {
                let why = format!("it has two different lines number {}", signature.index);
                draft.refuse(Code::BadSignature, line.span.clone(), &why, &mut self.findings);
            }
        }
    }

    /// Checks the signature of a line whose shape is good. Says what is wrong, and gives it in
    /// a few words.
    fn verified(
        &mut self,
        line: &Line,
        signature: &Signature,
    ) -> Result<(Vendor, PackNumber, Vec<u8>), &'static str> {
        const BAD: &str = "its signature does not hold";
        let is_seal = line.keyword == Keyword::Seal;
        if self.without_hosts(line) {
            return Err("no SERVER line names its license host");
        }
        let (vendor, number) = if is_seal { self.seal_claim(line) } else { terms::claimed(self.bytes, line) };
        let (Some(vendor), Some(number)) = (vendor, number) else {
            self.say_bad(line, "it names no vendor or no pack");
            return Err(BAD);
        };
        if is_seal != (signature.index == 0) {
            self.say_bad(line, "its SIGN= is another line's");
            return Err(BAD);
        }
        if let Err(error) = self.trust.trusts(&vendor, signature.key_id) {
            self.say_untrusted(line, &number, &error);
            return Err(untrusted(&error));
        }
        let digest = match is_seal {
            true => None,
            false => Some(self.digest(line, &vendor, &number).ok_or("its pack has no good seal")?),
        };
        let Some(canonical) = canonical(self.bytes, line, &self.hosts, digest.as_ref(), signature.index)
        else {
            self.say_bad(line, "it is too long");
            return Err(BAD);
        };
        match check_signature(&canonical, &vendor, signature.key_id, &signature.bytes, self.trust) {
            Ok(()) => Ok((vendor, number, canonical)),
            Err(error @ LineError::RevokedKey { .. }) => {
                self.say_untrusted(line, &number, &error);
                Err(untrusted(&error))
            }
            Err(_) => {
                self.say_bad(line, "the signature does not belong to it, or to this delivery of its pack");
                Err(BAD)
            }
        }
    }

    /// What the seal says that the line was signed with. Without a seal its pack is refused.
    fn digest(&mut self, line: &Line, vendor: &Vendor, number: &PackNumber) -> Option<PackDigest> {
        let draft = draft(&mut self.packs, vendor, number, self.file, &self.hosts);
        if draft.seal.is_none() {
            draft.unsealed.get_or_insert_with(|| line.span.clone());
        }
        draft.seal.as_ref().map(|seal| seal.digest)
    }

    /// Without SERVER lines no signature holds. Said once.
    fn without_hosts(&mut self, line: &Line) -> bool {
        if self.hosts.is_empty() && !self.unsealed {
            self.unsealed = true;
            let remedy = "restore the SERVER lines that the pack came with";
            self.findings.refuse(
                Code::NoServerLines,
                line.span.clone(),
                "no SERVER line names the license host",
                remedy,
            );
        }
        self.unsealed
    }

    fn say_bad(&mut self, line: &Line, why: &str) {
        let what = if line.keyword == Keyword::Seal { "this seal" } else { "this line" };
        let message = format!("{what} was altered or is not the vendor's: {why}");
        let remedy =
            "restore the file as the vendor delivered it (the host ids on SERVER lines are signed too)";
        self.findings.error(Code::BadSignature, line.span.clone(), message, remedy);
    }

    /// Says once for each vendor and key that it is not trusted, and for each pack that it is revoked.
    fn say_untrusted(&mut self, line: &Line, number: &PackNumber, error: &LineError) {
        let message = match error {
            LineError::RevokedKey { .. } => format!("{error}: pack {number}, which it signed, is not served"),
            _ => format!("{error}: its lines are not served"),
        };
        if self.untrusted.insert(message.clone()) {
            self.findings.refuse(Code::BadSignature, line.span.clone(), message, error.remedy());
        }
    }

    /// A line that does not verify has been named: its pack need not say that it is missing.
    fn claim(&mut self, line: &Line, signature: &Signature) {
        if let (Some(vendor), Some(number)) = terms::claimed(self.bytes, line) {
            draft(&mut self.packs, &vendor, &number, self.file, &self.hosts).claimed.insert(signature.index);
        }
    }

    fn seal_claim(&self, line: &Line) -> (Option<Vendor>, Option<PackNumber>) {
        let field = |at: usize| line.words.get(at).map(|word| decode(word.text(self.bytes)));
        (
            field(0).and_then(|text| Vendor::new(&text).ok()),
            field(1).and_then(|text| PackNumber::new(&text).ok()),
        )
    }

    pub(super) fn seal(&mut self, line: &Line) {
        if !self.verify || !shape::check(self.bytes, line, &mut self.findings) {
            return;
        }
        let Some(Sign::Ours(signature)) = self.sign(line) else {
            self.say_bad(line, "it has no signature");
            return;
        };
        let Ok((vendor, number, canonical)) = self.verified(line, &signature) else { return };
        let Some(seal) = Seal::read(self.bytes, line, canonical, &mut self.findings) else { return };
        let draft = draft(&mut self.packs, &vendor, &number, self.file, &self.hosts);
        match &draft.seal {
            None => draft.seal = Some(seal),
            Some(old) if old.canonical == seal.canonical => {
                let message = format!("the seal of pack {number} stands here a second time");
                self.findings.warning(None, line.span.clone(), message, "remove one of them");
            }
            Some(_) => {
                draft.refuse(
                    Code::BadSignature,
                    line.span.clone(),
                    "it has two different seals",
                    &mut self.findings,
                );
            }
        }
    }

    pub(super) fn say_unsigned(&mut self) {
        if self.unsigned.len() >= LINES_SHOWN_MAX {
            let message =
                format!("of the lines without a signature of this system {LINES_SHOWN_MAX} are shown");
            self.findings.warning(None, 0..0, message, "split the file to see the others");
        }
        let lines = |n: usize| {
            if n == 1 { "this line has".to_owned() } else { format!("{n} lines, the first here, have") }
        };
        if let Some((span, n)) = self.foreign.take() {
            let message = format!("{} another system's signature, which only the vendor can check", lines(n));
            let remedy = "it is not served: ask the vendor to sign the license for Seatkeeper";
            self.findings.error(Code::NoSignature, span, message, remedy);
        }
        if let Some((span, n)) = self.bare.take() {
            let message = format!("{} no signature", lines(n));
            let remedy = "it is not served: ask the vendor for a signed pack";
            self.findings.error(Code::NoSignature, span, message, remedy);
        }
    }
}

/// The same in a few words, for the list of lines that give nothing.
fn untrusted(error: &LineError) -> &'static str {
    match error {
        LineError::RevokedKey { .. } => "its key is revoked",
        _ => "its key is not trusted",
    }
}

fn draft<'p>(
    packs: &'p mut BTreeMap<(Vendor, PackNumber), Draft>,
    vendor: &Vendor,
    number: &PackNumber,
    file: usize,
    hosts: &[CpuId],
) -> &'p mut Draft {
    let key = (vendor.clone(), number.clone());
    packs.entry(key).or_insert_with(|| Draft::new(vendor.clone(), number.clone(), file, hosts.to_vec()))
}
