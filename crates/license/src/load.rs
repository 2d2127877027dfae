//! From files to what is served.

use names::CpuId;

use crate::entitlement::{Idle, Unserved};
use crate::file;
use crate::findings::Findings;
use crate::pack::Draft;
use crate::resolve::{Files, resolve};
use crate::{Diagnostic, Entitlement, Pack, Server, Source, Trust, VendorLine};

/// What a set of license files gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loaded {
    /// Every pack that was found.
    pub packs: Vec<Pack>,
    /// What is licensed and served here, in the order of files and lines: verified, counted, and with
    /// its proof.
    pub entitlements: Vec<Entitlement>,
    /// What other lines would give: not signed for us, made for another host, or with rules that nobody
    /// can hold here (`FLOAT_OK`).
    pub unserved: Vec<Unserved>,
    /// The license lines that give nothing, by place.
    pub idle: Vec<Idle>,
    /// What is wrong, by file, the most useful first.
    pub diagnostics: Vec<Diagnostic>,
    /// The SERVER lines.
    pub servers: Vec<Server>,
    /// The VENDOR lines.
    pub vendors: Vec<VendorLine>,
}

/// Reads, verifies and resolves license files. It never fails: what is wrong is in the diagnostics,
/// and gives nothing.
///
/// `host` is what this machine is; packs made for another one are shown, not served. Without it the
/// host is not checked (a license looked at elsewhere). `strict` refuses a whole pack where one of
/// its lines is bad.
#[must_use]
pub fn load(sources: &[Source], trust: &Trust, host: Option<&[CpuId]>, strict: bool) -> Loaded {
    read(sources, Some(trust), host, strict)
}

/// Reads license files as if nobody had signed them, for whoever has no key and asks what they say: nothing
/// is served, and what the lines would give is in [`Loaded::unserved`].
#[must_use]
pub fn load_unverified(sources: &[Source]) -> Loaded {
    read(sources, None, None, false)
}

fn read(sources: &[Source], trust: Option<&Trust>, host: Option<&[CpuId]>, strict: bool) -> Loaded {
    let mut loaded = Loaded::default();
    let mut files = Files::default();
    for (at, source) in sources.iter().enumerate() {
        let file = file::read(source, at, trust, host, strict);
        loaded.servers.extend(file.header.servers);
        loaded.vendors.extend(file.header.vendors);
        loaded.idle.extend(file.idle);
        files.packs.extend(file.packs);
        files.unsigned.push(file.unsigned);
        files.findings.push(file.findings);
    }
    let given = resolve(&mut files);
    loaded.entitlements = given.entitlements;
    loaded.unserved = given.unserved;
    loaded.idle.extend(given.idle);
    loaded.idle.sort_by_key(|idle| idle.place);
    loaded.packs = files.packs.iter().map(Draft::shown).collect();
    loaded.diagnostics = files.findings.into_iter().flat_map(Findings::finish).collect();
    loaded
}
