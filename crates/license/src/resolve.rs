//! From verified packs to what is licensed: what counts once, what is void, what adds up.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use names::{Code, ConfigId, CpuId, PackNumber, PoolId, Vendor};
use rustc_hash::FxHashMap;

use crate::configuration::{self, Refused};
use crate::entitlement::{Idle, Unserved};
use crate::expand::{Expanded, expand, in_force};
use crate::file::Unsigned;
use crate::findings::Findings;
use crate::limits::POOL_SEATS_MAX;
use crate::pack::{Draft, PackLine};
use crate::packs::{count_once, void_packs};
use crate::{Entitlement, PackState, SeatKind};

/// All files, read.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) packs: Vec<Draft>,
    /// By file.
    pub(crate) unsigned: Vec<Unsigned>,
    /// By file.
    pub(crate) findings: Vec<Findings>,
}

/// What the files give.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) entitlements: Vec<Entitlement>,
    pub(crate) unserved: Vec<Unserved>,
    pub(crate) idle: Vec<Idle>,
}

/// A line that takes part, and what its words are held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offer<'a> {
    pub(crate) line: &'a PackLine,
    /// The ids of the SERVER lines.
    pub(crate) hosts: &'a [CpuId],
    /// Nothing where the line is not signed.
    pub(crate) pack: Option<&'a PackNumber>,
}

/// Resolves all packs together, in the order of their files.
pub(crate) fn resolve(files: &mut Files) -> Given {
    let Files { packs, unsigned, findings } = files;
    count_once(packs, findings);
    void_packs(packs, findings);
    let mut given = Given::default();
    idle_packs(packs, &mut given.idle);
    let mut silent: Vec<Findings> = (0..findings.len()).map(Findings::new).collect();
    let served = in_force(offers(packs, PackState::Served), findings, &mut given.idle);
    let foreign = in_force(offers(packs, PackState::Foreign), &mut silent, &mut given.idle);
    let refused = configuration::check(&[&served[..], &foreign[..]].concat(), findings);
    Serving { refused: &refused, sums: FxHashMap::default(), findings, given: &mut given }.serve(&served);
    let why = "its pack was made for another license host";
    show(&foreign, Code::WrongHost, why, &mut silent, &mut given);
    let unsigned = unsigned.iter().flat_map(Unsigned::offers).collect();
    let unsigned = in_force(unsigned, findings, &mut given.idle);
    let why = "it has no signature of this system";
    show(&unsigned, Code::NoSignature, why, findings, &mut given);
    given.entitlements.sort_by_key(|entitlement| entitlement.place);
    given.unserved.sort_by_key(|unserved| unserved.entitlement.place);
    given
}

impl Unsigned {
    fn offers(&self) -> impl Iterator<Item = Offer<'_>> {
        self.lines.iter().map(|line| Offer { line, hosts: &self.hosts, pack: None })
    }
}

/// The lines of the packs of a state: packs in the order of the files, lines in the order that their vendor
/// signed. Who moves a line cannot make an UPGRADE take from another one.
fn offers(packs: &[Draft], state: PackState) -> Vec<Offer<'_>> {
    let mut packs: Vec<&Draft> = packs.iter().filter(|draft| draft.state == state).collect();
    packs.sort_by_key(|draft| (draft.file, draft.lines.values().map(|line| line.span.start).min()));
    let offers = packs.into_iter().flat_map(|draft| {
        let offer = |line| Offer { line, hosts: &draft.hosts, pack: Some(&draft.number) };
        draft.lines.values().map(offer)
    });
    offers.collect()
}

/// The lines of packs that give nothing.
fn idle_packs(packs: &[Draft], idle: &mut Vec<Idle>) {
    for draft in packs {
        let why = match draft.state {
            PackState::Served | PackState::Foreign => continue,
            PackState::Refused => format!("pack {} is refused", draft.number),
            PackState::Voided => format!("pack {} is void: another replaces it", draft.number),
            PackState::Duplicate => format!("pack {} was read from another file already", draft.number),
        };
        idle.extend(draft.lines.values().map(|line| Idle { place: line.place(), why: why.clone() }));
    }
}

/// What lines would give that are not served, for one reason.
fn show(offers: &[Offer<'_>], code: Code, why: &str, findings: &mut [Findings], given: &mut Given) {
    let expanded = expand(offers, findings, &mut given.idle);
    given.unserved.extend(expanded.into_iter().map(|Expanded { line, entitlement, .. }| {
        let (span, why) = (line.span.clone(), why.to_owned());
        Unserved { entitlement, code, why, span }
    }));
}

/// Serves what may be served.
struct Serving<'a> {
    refused: &'a BTreeMap<(Vendor, ConfigId), Refused>,
    /// The seats of each pool so far.
    sums: FxHashMap<PoolId, u64>,
    findings: &'a mut [Findings],
    given: &'a mut Given,
}

impl Serving<'_> {
    fn serve(&mut self, offers: &[Offer<'_>]) {
        let mut said = BTreeSet::new();
        let expanded = expand(offers, self.findings, &mut self.given.idle);
        self.given.entitlements.reserve_exact(expanded.len());
        for Expanded { line, entitlement, .. } in expanded {
            let key = (entitlement.vendor.clone(), entitlement.config.clone());
            if let Some(refused) = self.refused.get(&key) {
                let why = format!("configuration {} is refused by rule {}", key.1, refused.rule);
                self.given.idle.push(Idle { place: line.place(), why });
            } else if let Some((span, why)) = not_served(line) {
                if said.insert(line.place()) {
                    self.say_not_served(line, span.clone(), &why);
                }
                self.given.unserved.push(Unserved { entitlement, code: Code::NotServed, why, span });
            } else if self.fits(line, &entitlement) {
                self.given.entitlements.push(entitlement);
            }
        }
    }

    fn say_not_served(&mut self, line: &PackLine, span: Range<u32>, why: &str) {
        let Some(findings) = self.findings.get_mut(line.file) else { return };
        let message = format!("{why} by this version");
        let remedy = "ask the vendor for a line without it, or for a newer version of this program";
        findings.error(Code::NotServed, span, message, remedy);
    }

    /// Adds the seats to their pool, unless it would have more than can be counted. (A workstation's pool
    /// has one seat of a line, and there are fewer lines than that.)
    fn fits(&mut self, line: &PackLine, entitlement: &Entitlement) -> bool {
        let pool = entitlement.cpus.first().filter(|_| entitlement.kind != SeatKind::Locked);
        let Some(pool) = pool.and_then(|cpu| entitlement.pool(cpu)) else { return true };
        let sum = self.sums.entry(pool).or_insert(0);
        *sum += u64::from(entitlement.count());
        if *sum <= POOL_SEATS_MAX {
            return true;
        }
        *sum -= u64::from(entitlement.count());
        let why = format!("with this line its pool has more than {POOL_SEATS_MAX} seats");
        if let Some(findings) = self.findings.get_mut(line.file) {
            let remedy = "ask the vendor for a pack with fewer";
            findings.error(Code::BadSyntax, line.span.clone(), why.clone(), remedy);
        }
        self.given.idle.push(Idle { place: line.place(), why });
        false
    }
}

/// Why nobody serves it.
pub(crate) fn not_served(line: &PackLine) -> Option<(Range<u32>, String)> {
    line.what.license()?.not_served.clone()
}
