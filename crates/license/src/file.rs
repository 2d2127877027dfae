//! One license file: its lines verified and put together to packs.

mod reader;

use names::{Code, CpuId};

use self::reader::Reader;
use crate::entitlement::Idle;
use crate::findings::Findings;
use crate::pack::{Draft, PackLine};
use crate::server::{Header, Server};
use crate::syntax::{Keyword, parse};
use crate::{PackState, Source, Trust, server};

/// A file, read.
#[derive(Debug)]
pub(crate) struct LicenseFile {
    pub(crate) header: Header,
    pub(crate) packs: Vec<Draft>,
    pub(crate) unsigned: Unsigned,
    /// Lines that cannot be read or verified.
    pub(crate) idle: Vec<Idle>,
    pub(crate) findings: Findings,
}

/// The lines of a file without a signature of ours: they are shown, never served.
#[derive(Debug, Default)]
pub(crate) struct Unsigned {
    pub(crate) hosts: Vec<CpuId>,
    pub(crate) lines: Vec<PackLine>,
}

/// Reads one file and checks its signatures and seals; without trust it is read as if nobody had signed it.
pub(crate) fn read(
    source: &Source,
    file: usize,
    trust: Option<&Trust>,
    host: Option<&[CpuId]>,
    strict: bool,
) -> LicenseFile {
    let mut findings = Findings::new(file);
    let syntax = parse(&source.bytes, &mut findings);
    let header = server::read(&source.bytes, file, &syntax, None, &mut findings);
    let nobody = Trust::default();
    let trusted = trust.unwrap_or(&nobody);
    let (hosts, unsealed) = (header.host_ids(), header.broken);
    let mut reader = Reader::new(&source.bytes, file, trusted, hosts, unsealed, findings);
    reader.verify = trust.is_some();
    // A line is signed with what its pack's seal says, so the seals are first.
    for seal in syntax.lines.iter().filter(|line| line.keyword == Keyword::Seal) {
        reader.seal(seal);
    }
    for line in &syntax.lines {
        reader.line(line);
    }
    if !reader.findings.has_errors() && !syntax.lines.iter().any(|line| line.keyword.is_license()) {
        let remedy = "name the file that the vendor delivered";
        reader.findings.warning(None, 0..0, "the file has no license line", remedy);
    }
    reader.say_unsigned();
    let Reader { packs, unsigned, idle, mut findings, hosts, .. } = reader;
    let unsigned = Unsigned { hosts, lines: unsigned };
    let mut packs: Vec<Draft> = packs.into_values().collect();
    for pack in &mut packs {
        pack.check(strict, &mut findings);
    }
    check_host(&header, host, &mut packs, &mut findings);
    LicenseFile { header, packs, unsigned, idle, findings }
}

/// A pack made for another machine is shown, not served. Of three SERVER lines the first is the
/// license host: three of them serving the same seats would be three times as many.
fn check_host(header: &Header, host: Option<&[CpuId]>, packs: &mut [Draft], findings: &mut Findings) {
    let (Some(host), Some(span)) = (host, header.server_span.clone()) else { return };
    let is_here = |server: &&Server| server.cpu.is_any() || host.contains(&server.cpu);
    if header.servers.first().as_ref().is_some_and(is_here)
        || !packs.iter().any(|pack| pack.state == PackState::Served)
    {
        return;
    }
    for pack in packs.iter_mut().filter(|pack| pack.state == PackState::Served) {
        pack.state = PackState::Foreign;
    }
    if let Some(server) = header.servers.iter().find(is_here) {
        let message = format!(
            "this machine, {}, is not the first of the three SERVER lines: only that one serves the license",
            server.cpu
        );
        let remedy =
            "serve it on the machine of the first SERVER line; the others cannot stand in for it yet";
        findings.refuse(Code::WrongHost, span, message, remedy);
        return;
    }
    let list = |ids: Vec<&CpuId>| {
        let shown: Vec<&str> = ids.iter().take(4).map(|id| id.as_str()).collect();
        if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
    };
    let theirs = list(header.servers.iter().map(|server| &server.cpu).collect());
    let message = format!(
        "made for the license host {theirs}; this machine's host ids: {}",
        list(host.iter().collect())
    );
    findings.refuse(
        Code::WrongHost,
        span,
        message,
        "serve it on that machine, or ask the vendor to move the license",
    );
}
