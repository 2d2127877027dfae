//! `lmswitch`, `lmswitchr` and `lmnewlog`: the daemon writes its logs to other files.

use std::path::Path;

use names::Code;
use proto::v1;
use serde_json::json;

use super::{Desk, show, word};
use crate::args::{LmswitchArgs, ReportLogArgs};
use crate::fail::Failure;

/// `lmswitch`: the debug log.
pub(crate) async fn switch(args: LmswitchArgs) -> Result<u8, Failure> {
    let path = args.new_log.as_deref().map(absolute).transpose()?.unwrap_or_default();
    let mut desk = Desk::open(&args.desk, Code::NotAdministrator).await?;
    let request = v1::SwitchLogRequest { vendor: args.vendor.clone(), path, rollover: args.rollover };
    let reply = desk.admin.switch_log(request).await?;
    let text = format!("the debug log of {} is {}\n", word(&args.vendor), word(&reply.path));
    show("lmswitch", args.report.json, &text, json!({ "vendor": args.vendor, "file": reply.path }))?;
    Ok(0)
}

/// `lmswitchr` and `lmnewlog`: the report log.
pub(crate) async fn report(command: &str, args: ReportLogArgs) -> Result<u8, Failure> {
    if args.secondary {
        let message = "-secondary: there is one report log";
        return Err(Failure::new(Code::UnsupportedRequest, message, "leave -secondary out"));
    }
    let path = absolute(&args.file)?;
    let mut desk = Desk::open(&args.desk, Code::NotAdministrator).await?;
    let request = v1::SwitchReportRequest { of: args.of.clone(), path: path.clone() };
    let reply = desk.admin.switch_report(request).await?;
    let s = if reply.events == 1 { "" } else { "s" };
    let text = format!("{} event{s} of {} written to {}\n", reply.events, word(&args.of), word(&path));
    let fields = json!({ "of": args.of, "file": path, "events": reply.events });
    show(command, args.report.json, &text, fields)?;
    Ok(0)
}

/// A file as the daemon finds it, which stands in another folder.
fn absolute(path: &Path) -> Result<String, Failure> {
    let shown = || client::shown(&path.display().to_string(), 300);
    let absolute = std::path::absolute(path).map_err(|error| Failure::system(&shown(), &error))?;
    absolute.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::new(Code::BadParameter, format!("{}: the name is not UTF-8", shown()), "choose another name")
    })
}
