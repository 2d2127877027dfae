//! `lmstat`: ask the servers, and show what they say as FlexNet does or as JSON.

mod ask;
mod json;
mod text;
mod view;

use std::fmt::Write as _;
use std::time::Duration;

use client::{Server, Servers, StatusQuery};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use names::Code;
use proto::v1::StatusReply;

use crate::args::{LayoutArgs, LmstatArgs};
use crate::fail::Failure;
use crate::out;
use ask::{Answer, ask};
use view::Part;

pub(crate) use text::names;

/// The first line of every report.
pub(crate) fn banner(tool: &str) -> String {
    format!(
        "{tool} - Copyright (c) 2026 the Seatkeeper contributors. Seatkeeper {}.",
        env!("CARGO_PKG_VERSION")
    )
}

/// Asks and shows. The exit status is that of the first thing that went wrong.
pub(crate) async fn lmstat(args: LmstatArgs) -> Result<u8, Failure> {
    if args.version {
        let version = env!("CARGO_PKG_VERSION");
        let text = format!("{}\nlmstat v{version} build 0 {}\n", banner("lmutil"), std::env::consts::ARCH);
        return out::print(&text).map(|()| 0);
    }
    let part = view::part(&args);
    let list = args.servers.join(":");
    let (servers, is_detected) = if args.servers.is_empty() {
        (Servers::from_whole_environment()?, true)
    } else {
        (Servers::from_list(&list, "-c")?, list.contains('@'))
    };
    let groups = of_host(servers.groups(), &part)?;
    let query = StatusQuery {
        feature: part.feature.clone(),
        vendor: part.vendor.clone(),
        no_users: part.no_users,
        connect: Duration::from_secs(args.timeout_s),
        ..StatusQuery::default()
    };
    let mut answers = Vec::new();
    for group in &groups {
        answers.push(Box::pin(ask(group, &query)).await);
    }
    let now = Timestamp::now();
    if args.json {
        out::print(&json::render(&groups, &answers, &part, now)?)?;
    } else {
        let style = text::Style {
            zone: TimeZone::system(),
            seconds: args.asec,
            project: args.proj,
            is_detected,
            layout: args.layout.clone(),
        };
        out::print(&text::render(&groups, &answers, &part, now, &style))?;
        explain(&answers);
    }
    Ok(status(&answers, &part))
}

/// The license hosts that are asked: all, or those of one name.
fn of_host(groups: &[Vec<Server>], part: &Part) -> Result<Vec<Vec<Server>>, Failure> {
    let host = &part.host;
    let named = |group: &&Vec<Server>| {
        host.is_empty() || group.iter().any(|server| server.host().eq_ignore_ascii_case(host))
    };
    let found: Vec<_> = groups.iter().filter(named).cloned().collect();
    if found.is_empty() {
        let hosts: Vec<_> = groups.iter().flatten().map(Server::host).collect();
        let message = format!("-s {:?}: no such host among the license servers", client::shown(host, 80));
        return Err(Failure::new(Code::BadParameter, message, format!("name one of: {}", hosts.join(", "))));
    }
    Ok(found)
}

/// What went wrong is in the report as FlexNet says it; what to do about it is said beside it.
fn explain(answers: &[Answer]) {
    for error in answers.iter().filter_map(|answer| answer.as_ref().err()) {
        let mut text = error.to_string();
        let _ = write!(text, "\nhelp: {}", error.remedy());
        out::say(&text);
    }
}

fn status(answers: &[Answer], part: &Part) -> u8 {
    if let Some(error) = answers.iter().find_map(|answer| answer.as_ref().err()) {
        return error.code().exit_status();
    }
    let replies = || answers.iter().flatten().map(|answered| &answered.reply);
    if part.has_pools() && !part.feature.is_empty() && replies().all(|reply| reply.pools.is_empty()) {
        return Code::NoSuchFeature.exit_status();
    }
    if !part.vendor.is_empty() && replies().all(|reply| reply.vendors.is_empty()) {
        return Code::VendorDown.exit_status();
    }
    0
}

/// Everything about one license host, as JSON and as text.
pub(crate) fn both(server: Server, reply: StatusReply) -> Result<(String, String), Failure> {
    let (groups, now) = ([vec![server.clone()]], Timestamp::now());
    let answers = [Ok(ask::Answered { server, reply, others: Vec::new() })];
    let part = Part { servers: true, vendors: true, usage: true, ..Part::default() };
    let layout = LayoutArgs::default();
    let style = text::Style { zone: TimeZone::UTC, seconds: true, project: true, is_detected: false, layout };
    let json = json::render(&groups, &answers, &part, now)?;
    Ok((json, text::render(&groups, &answers, &part, now, &style)))
}
