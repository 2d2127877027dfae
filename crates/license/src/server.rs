//! The lines an administrator may edit: SERVER and VENDOR.

use std::ops::Range;

use names::{Code, CpuId, Vendor};

use crate::Place;
use crate::findings::Findings;
use crate::source::{decode, quoted};
use crate::syntax::{Keyword, Line, SyntaxFile, Word};

/// A SERVER line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The host as written: a name, an address, or `this_host`.
    pub host: String,
    /// The license host's id. It is part of every signature.
    pub cpu: CpuId,
    /// The port, when one is named.
    pub port: Option<u16>,
    /// Where it was read.
    pub place: Place,
}

/// A VENDOR (or DAEMON) line. A path to a vendor's program may be there, but is never used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorLine {
    /// The vendor.
    pub vendor: Vendor,
    /// The options file as written.
    pub options: Option<String>,
    /// The port, when one is named.
    pub port: Option<u16>,
    /// Where it was read.
    pub place: Place,
}

/// The license host as a file names it, and the vendors.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub(crate) servers: Vec<Server>,
    pub(crate) vendors: Vec<VendorLine>,
    /// The first SERVER line.
    pub(crate) server_span: Option<Range<u32>>,
    /// The host ids of the file are not known, so no signature can be checked; the findings say why.
    pub(crate) broken: bool,
}

impl Header {
    /// The ids of the SERVER lines, in order.
    pub(crate) fn host_ids(&self) -> Vec<CpuId> {
        self.servers.iter().map(|server| server.cpu.clone()).collect()
    }
}

/// Reads the SERVER, VENDOR and USE_SERVER lines of a file. `host_ids` stand in for the ones that are
/// written, in order.
pub(crate) fn read(
    bytes: &[u8],
    file: usize,
    syntax: &SyntaxFile,
    host_ids: Option<&[CpuId]>,
    findings: &mut Findings,
) -> Header {
    let mut header = Header::default();
    let mut reader = Reader { bytes, findings, host_ids };
    let mut servers = 0_usize;
    for line in &syntax.lines {
        let place = Place { file, line: line.number };
        match line.keyword {
            Keyword::Server => {
                servers += 1;
                header.server_span.get_or_insert_with(|| line.span.clone());
                match reader.server(line, place, servers) {
                    Some(server) if servers <= 3 => header.servers.push(server),
                    Some(_) => {}
                    None => header.broken = true,
                }
            }
            Keyword::Vendor => header.vendors.extend(reader.vendor(line, place)),
            Keyword::UseServer => reader.use_server(line),
            _ => {}
        }
    }
    if let (true, Some(span)) = (servers == 2 || servers > 3, header.server_span.clone()) {
        header.broken = true;
        let message = format!("a license host has one SERVER line or three, not {servers}");
        reader.findings.refuse(Code::BadSyntax, span, message, "restore the SERVER lines of the pack");
    }
    header
}

struct Reader<'a, 'f> {
    bytes: &'a [u8],
    findings: &'f mut Findings,
    host_ids: Option<&'a [CpuId]>,
}

impl Reader<'_, '_> {
    fn text(&self, word: &Word) -> String {
        decode(word.text(self.bytes))
    }

    /// `SERVER host hostid [port] [options]`. Only a host id that is none makes it no line.
    fn server(&mut self, line: &Line, place: Place, nth: usize) -> Option<Server> {
        let [host, cpu, rest @ ..] = line.words.as_slice() else {
            let remedy = "write it like: SERVER this_host 02aa10203040 27000";
            let message = "a SERVER line has a host and a host id";
            self.findings.refuse(Code::BadSyntax, line.span.clone(), message, remedy);
            return None;
        };
        let (host, cpu) = (self.text(host), self.cpu(cpu, nth));
        let mut port = None;
        let mut seen = Vec::new();
        for (at, word) in rest.iter().enumerate() {
            let key = decode(word.key(self.bytes)).to_ascii_uppercase();
            if at == 0 && !word.has_value() && key.bytes().all(|b| b.is_ascii_digit() || b"+-.".contains(&b))
            {
                port = self.port(word, word.text(self.bytes));
            } else if seen.contains(&key) || !self.server_option(word, &key) {
                let message = format!(
                    "{} is no option of a SERVER line, or stands twice",
                    quoted(word.text(self.bytes))
                );
                let remedy = "a SERVER line takes a port, PRIMARY_IS_MASTER, HEARTBEAT_INTERVAL=s and PLAT=n";
                self.findings.error(Code::BadSyntax, word.span.clone(), message, remedy);
            } else {
                seen.push(key);
            }
        }
        Some(Server { host, cpu: cpu?, port, place })
    }

    fn server_option(&self, word: &Word, key: &str) -> bool {
        let value = word.value(self.bytes);
        match key {
            "PRIMARY_IS_MASTER" => value.is_none(),
            "HEARTBEAT_INTERVAL" | "SERVER_TIMEOUT" => {
                value.is_some_and(|v| !v.is_empty() && v.iter().all(u8::is_ascii_digit))
            }
            "PLAT" => value.is_some(),
            _ => false,
        }
    }

    /// The host id of the nth SERVER line, counted from 1.
    fn cpu(&mut self, word: &Word, nth: usize) -> Option<CpuId> {
        if let Some(ids) = self.host_ids {
            let id = nth.checked_sub(1).and_then(|at| ids.get(at)).cloned();
            if id.is_none() {
                let message = format!("there is no host id for SERVER line {nth}");
                self.findings.refuse(
                    Code::BadSyntax,
                    word.span.clone(),
                    message,
                    "give one for each SERVER line",
                );
            }
            return id;
        }
        let text = self.text(word);
        match CpuId::new(&text) {
            Ok(cpu) if cpu.as_str() == "DEMO" => {
                let message = "DEMO is no license host: it is for uncounted lines only";
                let remedy = "write the host id that lmhostid shows on the license host";
                self.findings.refuse(Code::WrongHost, word.span.clone(), message, remedy);
                None
            }
            Ok(cpu) => Some(cpu),
            Err(_) if text.eq_ignore_ascii_case("HOSTID_HERE") => {
                let message = "the license host's id is still to be put in here";
                let remedy =
                    "sign the pack with --host-id and the id that lmhostid shows on the license host";
                self.findings.refuse(Code::BadSyntax, word.span.clone(), message, remedy);
                None
            }
            Err(invalid) => {
                let message = format!("{} is not a host id: {}", quoted(text.as_bytes()), invalid.why);
                let remedy = "write the host id that lmhostid shows on the license host";
                self.findings.refuse(Code::BadSyntax, word.span.clone(), message, remedy);
                None
            }
        }
    }

    /// A port, 1 to 65535.
    fn port(&mut self, word: &Word, text: &[u8]) -> Option<u16> {
        let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
        match decode(text).parse::<u16>() {
            Ok(port) if digits && port > 0 => {
                if port < 1024 {
                    let message = format!("port {port} is one that only a privileged program may open");
                    let remedy = "take one from 1024 on, such as 27000";
                    self.findings.warning(None, word.span.clone(), message, remedy);
                }
                Some(port)
            }
            _ => {
                let message = format!("{} is no port", quoted(text));
                self.findings.error(
                    Code::BadSyntax,
                    word.span.clone(),
                    message,
                    "write a number from 1 to 65535",
                );
                None
            }
        }
    }

    /// `VENDOR name [path] [[options=]path] [[port=]port]`.
    fn vendor(&mut self, line: &Line, place: Place) -> Option<VendorLine> {
        let Some((name, rest)) = line.words.split_first() else {
            let remedy = "write it like: VENDOR acmed port=27010";
            self.findings.error(
                Code::BadSyntax,
                line.span.clone(),
                "a VENDOR line has a vendor's name",
                remedy,
            );
            return None;
        };
        let vendor = match Vendor::new(&self.text(name)) {
            Ok(vendor) => vendor,
            Err(invalid) => {
                let message = format!("{} is not {}", quoted(name.text(self.bytes)), invalid.what);
                self.findings.error(Code::BadSyntax, name.span.clone(), message, invalid.why);
                return None;
            }
        };
        let mut out = VendorLine { vendor, options: None, port: None, place };
        self.vendor_rest(rest, &mut out);
        Some(out)
    }

    /// Positions count until the first `key=`: a path to a program, a path to options, a port.
    fn vendor_rest(&mut self, rest: &[Word], out: &mut VendorLine) {
        let (mut paths, mut named, mut ports) = (0, false, 0);
        for word in rest {
            let text = self.text(word);
            let value = word.value(self.bytes).map(|value| decode(&value));
            let key = decode(word.key(self.bytes)).to_ascii_uppercase();
            match (key.as_str(), value) {
                ("OPTIONS", Some(path)) if out.options.is_none() => {
                    named = true;
                    out.options = Some(path).filter(|path| !path.is_empty());
                }
                ("PORT", Some(port)) if ports == 0 => {
                    named = true;
                    ports = 1;
                    out.port = self.port(word, port.as_bytes());
                }
                (_, None) if !named && ports == 0 && text.bytes().all(|b| b.is_ascii_digit()) => {
                    ports = 1;
                    out.port = self.port(word, text.as_bytes());
                }
                (_, None) if !named && ports == 0 && paths < 2 => {
                    paths += 1;
                    self.vendor_path(word, paths, text, out);
                }
                _ => {
                    let message = format!("{} has no place on a VENDOR line", quoted(text.as_bytes()));
                    let remedy = "write it like: VENDOR acmed options=acmed.opt port=27010";
                    self.findings.error(Code::BadSyntax, word.span.clone(), message, remedy);
                }
            }
        }
    }

    fn vendor_path(&mut self, word: &Word, which: u32, text: String, out: &mut VendorLine) {
        if which == 2 {
            out.options = Some(text);
            return;
        }
        let message = format!("{} is not used: no vendor program is ever started", quoted(text.as_bytes()));
        self.findings.warning(None, word.span.clone(), message, "nothing needs doing; it may be removed");
    }

    fn use_server(&mut self, line: &Line) {
        if let Some(word) = line.words.first() {
            let message = format!("USE_SERVER stands alone, not with {}", quoted(word.text(self.bytes)));
            self.findings.error(Code::BadSyntax, word.span.clone(), message, "remove what follows it");
        }
    }
}
