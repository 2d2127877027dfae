//! What is wrong with a pack before it is signed.

use std::collections::BTreeSet;
use std::ops::Range;

use names::{Code, CpuId, PackNumber, Vendor};

use crate::canonical::fields;
use crate::expand::{Expanded, expand, in_force};
use crate::findings::Findings;
use crate::key::LastKey;
use crate::pack::{PackLine, What};
use crate::resolve::{Offer, not_served};
use crate::sign::{SignOptions, lines_of};
use crate::signature::Sign;
use crate::syntax::{Line, SyntaxFile};
use crate::{KeyId, configuration, server, shape, terms};

/// The host ids that are signed.
pub(crate) fn check_hosts(
    bytes: &[u8],
    syntax: &SyntaxFile,
    options: &SignOptions,
    findings: &mut Findings,
) -> Vec<CpuId> {
    let header = server::read(bytes, 0, syntax, options.host_ids.as_deref(), findings);
    let hosts = header.host_ids();
    let span = header.server_span.clone().unwrap_or(0..0);
    if header.server_span.is_none() {
        let remedy = "write it like: SERVER this_host 02aa10203040 27000";
        findings.refuse(Code::NoServerLines, span, "no SERVER line names the license host", remedy);
    } else if hosts.iter().any(CpuId::is_any) && !options.any_host {
        let remedy = "name the license host's own id, or allow any host on purpose";
        findings.refuse(Code::WrongHost, span, "a pack for ANY host is good on every machine", remedy);
    } else if options.host_ids.as_ref().is_some_and(|ids| !header.broken && ids.len() != hosts.len()) {
        let lines = match hosts.len() {
            1 => "there is 1 SERVER line".to_owned(),
            lines => format!("there are {lines} SERVER lines"),
        };
        let message = format!("{lines}, and another number of host ids was given");
        findings.refuse(Code::BadParameter, span, message, "give one for each SERVER line");
    }
    hosts
}

/// Everything that would make a signed line useless is wrong before it is signed.
pub(crate) fn check_lines(
    bytes: &[u8],
    syntax: &SyntaxFile,
    vendor: &Vendor,
    hosts: &[CpuId],
    options: &SignOptions,
    findings: &mut Findings,
) {
    let mut lines = Vec::new();
    let mut keys = LastKey::default();
    let mut firsts = BTreeSet::new();
    let mut packs = BTreeSet::new();
    let mut any = false;
    let mut open: Option<(Range<u32>, usize)> = None;
    for line in lines_of(bytes, syntax, vendor) {
        any = true;
        if !shape::check(bytes, line, findings) {
            continue;
        }
        shape::check_meant(bytes, line, findings);
        if let (_, Some(pack)) = terms::claimed(bytes, line)
            && packs.insert(pack)
            && packs.len() == 2
        {
            let message = "the file holds lines of two packs";
            findings.error(
                Code::Incompatible,
                line.span.clone(),
                message,
                "sign each pack in a file of its own",
            );
        }
        let Some(what) = What::read(bytes, line, &mut keys, findings) else { continue };
        check_voids(line, &what, options, findings);
        let Some(terms) = what.license() else {
            lines.push(pack_line(line, what));
            continue;
        };
        if terms.host_key.is_none() && options.host_key.is_none() {
            open.get_or_insert_with(|| (line.span.clone(), 0)).1 += 1;
        }
        if terms.first_only() && !firsts.insert(terms.feature.clone()) {
            let message = format!("a second FEATURE line of {} would give nothing", terms.feature);
            findings.error(
                Code::Incompatible,
                line.keyword_span(),
                message,
                "write INCREMENT: its lines add up",
            );
        }
        lines.push(pack_line(line, what));
    }
    if !findings.has_errors() {
        check_together(&lines, hosts, &options.pack, findings);
    }
    if let Some((span, lines)) = open {
        let what = if lines == 1 { "this line has".to_owned() } else { format!("{lines} lines have") };
        let message = format!("{what} no HOST_KEY, so any program can claim to be the license host");
        let remedy = "give the license host's public key (--host-key): clients refuse such seats unless told otherwise";
        findings.warning(None, span, message, remedy);
    }
    if !any && !findings.has_errors() {
        let message = format!("the file has no license line of the vendor {vendor}, whose key this is");
        findings.refuse(Code::BadSyntax, 0..0, message, "name the right file, or the right key");
    }
}

fn pack_line(line: &Line, what: What) -> PackLine {
    let (span, number) = (line.span.clone(), line.number);
    PackLine { what, signed: None, index: 0, foreign: None, span, number, file: 0 }
}

/// A pack that would void itself.
fn check_voids(line: &Line, what: &What, options: &SignOptions, findings: &mut Findings) {
    if what.voids().contains(&options.pack) {
        let message = format!("pack {} would void itself", options.pack);
        let remedy = "name the packs that it replaces in VOIDS=, and give it a number of its own";
        findings.refuse(Code::Incompatible, line.span.clone(), message, remedy);
    }
}

/// A signature that another key made is not the one that its line has when this key signs it again.
pub(crate) fn check_superseded(
    bytes: &[u8],
    syntax: &SyntaxFile,
    vendor: &Vendor,
    signer: KeyId,
    findings: &mut Findings,
) {
    for line in lines_of(bytes, syntax, vendor) {
        let Some(word) = line.attribute(bytes, fields(bytes, line), "SUPERSEDE_SIGN") else { continue };
        let value = word.value(bytes).unwrap_or_default();
        for sign in value.split(u8::is_ascii_whitespace) {
            let Sign::Ours(signature) = Sign::parse(sign) else { continue };
            if signature.key_id != signer {
                let message = format!(
                    "SUPERSEDE_SIGN names a signature of the key {}: the same line signed again with another \
                     key has another, and counts",
                    signature.key_id
                );
                let remedy = "name its new signature too, or void its pack with VOIDS=";
                findings.warning(None, word.key_span(), message, remedy);
                break;
            }
        }
    }
}

/// What the lines would come to on a host: the rules of Configuration IDs, lines that give nothing,
/// and what nobody serves yet.
fn check_together(lines: &[PackLine], hosts: &[CpuId], pack: &PackNumber, findings: &mut Findings) {
    let offers = lines.iter().map(|line| Offer { line, hosts, pack: Some(pack) }).collect();
    let findings = std::slice::from_mut(findings);
    let offers = in_force(offers, findings, &mut Vec::new());
    configuration::check(&offers, findings);
    let mut said = BTreeSet::new();
    for Expanded { line, .. } in expand(&offers, findings, &mut Vec::new()) {
        let Some((span, why)) = not_served(line).filter(|_| said.insert(line.number)) else {
            continue;
        };
        if let Some(findings) = findings.first_mut() {
            let message = format!("{why} by this version: the line is signed, and gives nothing");
            let remedy = "leave out what is not served, or tell the buyer";
            findings.warning(Some(Code::NotServed), span, message, remedy);
        }
    }
}
