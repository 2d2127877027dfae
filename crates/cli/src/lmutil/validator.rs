//! `lmlicvalidator`: whether license files would be served by the license server that is to serve them.

use std::fmt::Write as _;

use client::StatusQuery;
use license::{PackState, Severity};
use names::Code;
use serde_json::{Value, json};

use super::{show, word};
use crate::args::LmlicvalidatorArgs;
use crate::fail::Failure;
use crate::licenses::{self, Set};
use crate::{check, session};

/// Checks the files for the server's host id. The exit status follows the first error's code.
pub(crate) async fn validate(mut args: LmlicvalidatorArgs) -> Result<u8, Failure> {
    let servers = session::servers(args.servers.as_deref(), None)?;
    let all: Vec<_> = servers.all().cloned().collect();
    let query = StatusQuery { no_users: true, ..StatusQuery::default() };
    let (server, status) = client::status(&all, &query).await?;
    let host = status.server.unwrap_or_default();
    if args.load.host_id.is_empty() {
        args.load.host_id = vec![host.cpu_id.clone()];
    }
    let set = Set::load(&args.files, &args.load)?;
    let status = status_of(&set);
    let mut text = format!("license server: {server}, host id {}\n\n", word(&host.cpu_id));
    let fields = json!({
        "server": server.to_string(),
        "host_id": host.cpu_id,
        "valid": status == 0,
        "packs": packs(&set, &mut text),
        "lines": lines(&set, &mut text),
        "diagnostics": diagnostics(&set, &mut text),
    });
    text.push_str(if status == 0 { "\nvalid: it would be served there\n" } else { "\nnot valid there\n" });
    show("lmlicvalidator", args.report.json, &text, fields)?;
    Ok(status)
}

fn packs(set: &Set, text: &mut String) -> Vec<Value> {
    let mut rows = Vec::new();
    for pack in &set.loaded.packs {
        let file = licenses::file(&set.sources, pack.file);
        let state = check::state(pack);
        let _ = writeln!(text, "pack {} of {} in {file}: {state}", pack.number, pack.vendor);
        let (number, vendor) = (pack.number.to_string(), pack.vendor.to_string());
        rows.push(json!({ "number": number, "vendor": vendor, "file": file, "state": state }));
    }
    rows
}

fn lines(set: &Set, text: &mut String) -> Vec<Value> {
    let now = licenses::now();
    let mut rows = Vec::new();
    for line in &set.loaded.entitlements {
        let place = licenses::place(&set.sources, line.place);
        let (seats, expires) = (line.count(), licenses::expires(line, now));
        let s = if seats == 1 { "" } else { "s" };
        let _ =
            writeln!(text, "{place}: {} v{}, {seats} seat{s}, expires {expires}", line.feature, line.version);
        rows.push(json!({
            "place": place,
            "feature": line.feature.to_string(),
            "vendor": line.vendor.to_string(),
            "version": line.version.to_string(),
            "seats": seats,
            "expires": line.expiry.to_string(),
        }));
    }
    rows
}

fn diagnostics(set: &Set, text: &mut String) -> Vec<Value> {
    let mut rows = Vec::new();
    for found in &set.loaded.diagnostics {
        let shown = found.render(&set.sources);
        let _ = write!(text, "\n{shown}");
        let severity = if found.severity == Severity::Error { "error" } else { "warning" };
        rows.push(json!({ "severity": severity, "code": found.code.map(Code::number), "text": shown }));
    }
    rows
}

/// A pack of another host has no error in it, and would not be served all the same.
fn status_of(set: &Set) -> u8 {
    let is_foreign = |state: PackState| state == PackState::Foreign;
    match set.status() {
        0 if set.loaded.packs.iter().any(|pack| is_foreign(pack.state)) => Code::WrongHost.exit_status(),
        0 if set.loaded.entitlements.is_empty() => Code::NoLicenseFile.exit_status(),
        status => status,
    }
}
