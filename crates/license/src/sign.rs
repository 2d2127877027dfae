//! Signing a pack.

use std::ops::Range;

use names::{Code, CpuId, PackNumber, Vendor};

use crate::canonical::{PackDigest, canonical, fields};
use crate::findings::Findings;
use crate::key::LastKey;
use crate::pack::{What, rewriting};
use crate::seal::write_ranges;
use crate::sign_check::{check_hosts, check_lines, check_superseded};
use crate::signature::Signature;
use crate::source::is_line_end;
use crate::syntax::{Keyword, Line, SyntaxFile, parse};
use crate::{Diagnostic, PackState, PublicKey, SecretKey, Source, Trust, TrustedKey, file};

/// How a pack is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOptions {
    /// The vendor's number for the pack.
    pub pack: PackNumber,
    /// The license host's public key, written on every line as `HOST_KEY=`. Without it, keys that
    /// the lines already name are kept.
    pub host_key: Option<PublicKey>,
    /// Host ids to write into the SERVER lines, in order, in place of what stands there.
    pub host_ids: Option<Vec<CpuId>>,
    /// Allow a SERVER line whose host id is `ANY`: the pack is then good on every machine.
    pub any_host: bool,
}

impl SignOptions {
    /// A pack of this number, with what its text says and nothing else.
    #[must_use]
    pub fn new(pack: PackNumber) -> Self {
        Self { pack, host_key: None, host_ids: None, any_host: false }
    }
}

/// A signed pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedPack {
    /// Its text.
    pub text: Vec<u8>,
    /// How many license lines were signed.
    pub lines: usize,
    /// What the vendor may not have meant, at its place in the text that was given.
    pub warnings: Vec<Diagnostic>,
}

/// Signs every FEATURE, INCREMENT, UPGRADE and PACKAGE line of the key's vendor and adds the seal. Comments, white
/// space and lower-case attributes stay. Signing a signed pack again replaces its signatures.
///
/// # Errors
/// What is wrong with the text; nothing is signed then.
pub fn sign(source: &Source, key: &SecretKey, options: &SignOptions) -> Result<SignedPack, Vec<Diagnostic>> {
    let mut findings = Findings::new(0);
    let signed = signed_text(&source.bytes, key, options, &mut findings);
    match signed {
        Some((text, lines)) if !findings.has_errors() => {
            Ok(SignedPack { text, lines, warnings: findings.finish() })
        }
        _ => Err(findings.finish()),
    }
}

/// [`sign`], for whoever has nobody to show its warnings to.
///
/// # Errors
/// As [`sign`].
pub fn sign_pack(
    source: &Source,
    key: &SecretKey,
    options: &SignOptions,
) -> Result<Vec<u8>, Vec<Diagnostic>> {
    sign(source, key, options).map(|pack| pack.text)
}

fn signed_text(
    bytes: &[u8],
    key: &SecretKey,
    options: &SignOptions,
    findings: &mut Findings,
) -> Option<(Vec<u8>, usize)> {
    let Some(vendor) = key.vendor() else {
        let remedy = "sign with a vendor's key";
        findings.refuse(Code::BadParameter, 0..0, "this is a license host's key, not a vendor's", remedy);
        return None;
    };
    let syntax = parse(bytes, findings);
    let hosts = check_hosts(bytes, &syntax, options, findings);
    check_lines(bytes, &syntax, vendor, &hosts, options, findings);
    check_superseded(bytes, &syntax, vendor, key.public().id(), findings);
    if findings.has_errors() {
        return None;
    }
    let bare = edit(bytes, unsign(bytes, &syntax, vendor, options));
    let bare = edit(&bare, number(&bare, vendor, options));
    let signed = Signer { bytes: &bare, key, vendor, hosts: &hosts }.sign(&options.pack);
    let proven = signed.filter(|signed| verifies(signed, vendor, key, &options.pack));
    if proven.is_none() {
        let remedy = "make its lines shorter, or several packs of it";
        findings.refuse(Code::BadSyntax, 0..0, "the pack is too long to be signed", remedy);
    }
    proven.map(|text| (text, lines_of(bytes, &syntax, vendor).count()))
}

/// The license lines of one vendor.
pub(crate) fn lines_of<'a>(
    bytes: &[u8],
    syntax: &'a SyntaxFile,
    vendor: &Vendor,
) -> impl Iterator<Item = &'a Line> {
    syntax.lines.iter().filter(move |line| {
        line.keyword.is_license()
            && line.words.get(1).is_some_and(|word| word.text(bytes) == vendor.as_str().as_bytes())
    })
}

/// A place in a text, and what stands there afterwards.
pub(crate) type Edit = (Range<u32>, Vec<u8>);

/// The text with its edits, which are in order.
pub(crate) fn edit(bytes: &[u8], mut edits: Vec<Edit>) -> Vec<u8> {
    edits.sort_by_key(|(span, _)| span.start);
    let mut out = Vec::with_capacity(bytes.len() + edits.iter().map(|(_, new)| new.len()).sum::<usize>());
    let mut at = 0;
    for (span, new) in edits {
        out.extend_from_slice(bytes.get(at..span.start as usize).unwrap_or_default());
        out.extend_from_slice(&new);
        at = span.end as usize;
    }
    out.extend_from_slice(bytes.get(at..).unwrap_or_default());
    out
}

/// Takes off what an earlier signing wrote, and puts the given host ids in.
fn unsign(bytes: &[u8], syntax: &SyntaxFile, vendor: &Vendor, options: &SignOptions) -> Vec<Edit> {
    let mut edits = Vec::new();
    for line in lines_of(bytes, syntax, vendor) {
        for pair in line.words.windows(2).skip(fields(bytes, line) - 1) {
            let [before, word] = pair else { continue };
            let key = word.key(bytes);
            if key == b"SIGN" || key == b"PACK" || (key == b"HOST_KEY" && options.host_key.is_some()) {
                edits.push((before.span.end..word.span.end, Vec::new()));
            }
        }
    }
    for line in syntax.lines.iter().filter(|line| line.keyword == Keyword::Seal) {
        if line.words.first().is_some_and(|word| word.text(bytes) == vendor.as_str().as_bytes()) {
            let rest = bytes.get(line.span.end as usize..).unwrap_or_default();
            let ends = if rest.starts_with(b"\r\n") { 2 } else { u32::from(!rest.is_empty()) };
            edits.push((line.span.start..line.span.end + ends, Vec::new()));
        }
    }
    let servers = syntax.lines.iter().filter(|line| line.keyword == Keyword::Server);
    for (line, id) in servers.zip(options.host_ids.iter().flatten()) {
        edits.extend(line.words.get(1).map(|word| (word.span.clone(), id.as_str().as_bytes().to_vec())));
    }
    edits
}

/// Writes the pack's number, and the host's key, on every line.
fn number(bytes: &[u8], vendor: &Vendor, options: &SignOptions) -> Vec<Edit> {
    let mut new = format!(" \\{}\tPACK={}", line_end_of(bytes), options.pack);
    if let Some(key) = &options.host_key {
        new.push_str(&format!(" HOST_KEY=\"{key}\""));
    }
    let syntax = parse(bytes, &mut Findings::new(0));
    let ends = lines_of(bytes, &syntax, vendor).map(|line| line.span.end);
    ends.map(|end| (end..end, new.clone().into_bytes())).collect()
}

/// How the file ends its lines.
fn line_end_of(bytes: &[u8]) -> &'static str {
    let first = bytes.iter().position(|b| is_line_end(*b)).and_then(|at| bytes.get(at..));
    match first {
        Some([b'\r', b'\n', ..]) => "\r\n",
        Some([b'\r', ..]) => "\r",
        _ => "\n",
    }
}

/// Whether the last line of a text would take what is written behind it as its own.
fn goes_on(text: &[u8]) -> bool {
    let without_end = text.strip_suffix(b"\n").unwrap_or(text);
    let without_end = without_end.strip_suffix(b"\r").unwrap_or(without_end);
    without_end.trim_ascii_end().ends_with(b"\\")
        && !without_end.ends_with(b"\n")
        && !without_end.ends_with(b"\r")
}

/// Signs a text that has no signature of the vendor's.
struct Signer<'a> {
    bytes: &'a [u8],
    key: &'a SecretKey,
    vendor: &'a Vendor,
    hosts: &'a [CpuId],
}

impl Signer<'_> {
    /// The text with every line signed and its seal; nothing where a line is too long.
    fn sign(&self, pack: &PackNumber) -> Option<Vec<u8>> {
        let eol = line_end_of(self.bytes);
        let syntax = parse(self.bytes, &mut Findings::new(0));
        let mut edits = Vec::new();
        let mut read = Vec::new();
        let mut keys = LastKey::default();
        let digest = self.digest(&syntax)?;
        let mut index = 0;
        for line in lines_of(self.bytes, &syntax, self.vendor) {
            index += 1;
            read.push((index, What::read(self.bytes, line, &mut keys, &mut Findings::new(0))?));
            let sign = self.signature(self.bytes, line, Some(&digest), index)?;
            edits.push((line.span.end..line.span.end, format!(" \\{eol}\tSIGN=\"{sign}\"").into_bytes()));
        }
        let mut text = edit(self.bytes, edits);
        if !text.last().is_some_and(|b| is_line_end(*b)) {
            text.extend_from_slice(eol.as_bytes());
        }
        if goes_on(&text) {
            text.extend_from_slice(eol.as_bytes());
        }
        let mut seal = format!("SEAL {} {pack} {index}", self.vendor);
        let rewrites: Vec<u32> =
            rewriting(read.iter().map(|(index, what)| (*index, what))).into_iter().collect();
        if !rewrites.is_empty() {
            seal.push_str(&format!(" REWRITES=\"{}\"", write_ranges(&rewrites)));
        }
        seal.push_str(&format!(" \\{eol}\tDIGEST={digest}"));
        let line = parse(seal.as_bytes(), &mut Findings::new(0)).lines.into_iter().next()?;
        let sign = self.signature(seal.as_bytes(), &line, None, 0)?;
        text.extend_from_slice(format!("{seal} \\{eol}\tSIGN=\"{sign}\"{eol}").as_bytes());
        Some(text)
    }

    /// What says of every line that it belongs to this signing, and to no other.
    fn digest(&self, syntax: &SyntaxFile) -> Option<PackDigest> {
        let lines = lines_of(self.bytes, syntax, self.vendor).zip(1..);
        let forms = lines.map(|(line, index)| canonical(self.bytes, line, self.hosts, None, index));
        let forms: Vec<Vec<u8>> = forms.collect::<Option<_>>()?;
        Some(PackDigest::of(self.hosts, forms.iter().map(Vec::as_slice)))
    }

    fn signature(
        &self,
        bytes: &[u8],
        line: &Line,
        digest: Option<&PackDigest>,
        index: u32,
    ) -> Option<Signature> {
        let canonical = canonical(bytes, line, self.hosts, digest, index)?;
        Some(Signature { key_id: self.key.public().id(), index, bytes: self.key.sign(&canonical) })
    }
}

/// Whether a host would take every line of what was signed.
fn verifies(text: &[u8], vendor: &Vendor, key: &SecretKey, pack: &PackNumber) -> bool {
    let trust = Trust::new(vec![TrustedKey { vendor: vendor.clone(), key: key.public() }]);
    let packs = file::read(&Source::new("", text), 0, Some(&trust), None, true).packs;
    packs
        .iter()
        .any(|draft| draft.vendor == *vendor && draft.number == *pack && draft.state == PackState::Served)
}
