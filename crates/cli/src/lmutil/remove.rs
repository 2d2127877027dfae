//! `lmremove`: takes seats back from who has them.

use std::fmt::Write as _;

use names::Code;
use proto::v1;
use serde_json::{Value, json};

use super::{Desk, said, show, word};
use crate::args::LmremoveArgs;
use crate::fail::Failure;

/// Takes back what a tuple or a handle names, and shows what that was.
pub(crate) async fn remove(args: LmremoveArgs) -> Result<u8, Failure> {
    let desk = Desk::open(&args.desk, Code::NotAdministrator).await?;
    let status = desk.status(&args.feature).await?;
    let mut desk = desk;
    let removed = if args.by_handle {
        by_handle(&mut desk, &args, &status).await
    } else {
        by_tuple(&mut desk, &args, &status).await
    }?;
    let text: String = removed.iter().map(|holder| line(&args.feature, holder)).collect();
    let rows: Vec<Value> = removed.iter().map(|holder| row(&args.feature, holder)).collect();
    show("lmremove", args.report.json, &text, json!({ "removed": rows }))?;
    Ok(0)
}

/// All that one user has on one display of one workstation.
async fn by_tuple(
    desk: &mut Desk,
    args: &LmremoveArgs,
    status: &v1::StatusReply,
) -> Result<Vec<v1::Holder>, Failure> {
    let holders = || status.pools.iter().flat_map(|pool| &pool.holders);
    let wanted = [&args.user, &args.host, &args.display].map(String::as_str);
    let is_it = |holder: &v1::Holder| {
        holder.user == wanted[0] && holder.host.eq_ignore_ascii_case(wanted[1]) && holder.display == wanted[2]
    };
    let names = match holders().find(|holder| is_it(holder)) {
        Some(holder) => of(holder),
        None => shown_as(args, wanted, holders())?.unwrap_or(wanted.map(str::to_owned)),
    };
    let [user, host, display] = names;
    let request = v1::RemoveRequest {
        feature: args.feature.clone(),
        user: user.clone(),
        host: host.clone(),
        display: display.clone(),
    };
    desk.admin.remove(request).await?;
    let theirs =
        holders().filter(|holder| (&holder.user, &holder.host, &holder.display) == (&user, &host, &display));
    Ok(theirs.filter(|holder| is_removable(holder)).cloned().collect())
}

/// What the daemon takes away: neither what lingers or is borrowed, nor what was taken away before.
fn is_removable(holder: &v1::Holder) -> bool {
    use v1::Keeping::{Booked, Floating};
    matches!(holder.keeping(), Floating | Booked)
}

/// The grant with a handle.
async fn by_handle(
    desk: &mut Desk,
    args: &LmremoveArgs,
    status: &v1::StatusReply,
) -> Result<Vec<v1::Holder>, Failure> {
    let remedy = "copy them as lmstat shows them: (SERVER_HOST/PORT HANDLE)";
    let bad = |what: &str, text: &str| {
        Failure::new(Code::BadParameter, format!("{:?} is no {what}", client::shown(text, 80)), remedy)
    };
    let port: u32 = args.host.parse().map_err(|_| bad("port", &args.host))?;
    let handle: u64 = args.display.parse().map_err(|_| bad("handle", &args.display))?;
    let server = status.server.clone().unwrap_or_default();
    let is_host = server.host.eq_ignore_ascii_case(&args.user) || desk.server.host() == args.user;
    if !is_host || server.port != port {
        let message = format!(
            "{}/{port} is not this daemon: it is {}/{}",
            word(&args.user),
            word(&server.host),
            server.port
        );
        return Err(Failure::new(Code::BadParameter, message, remedy));
    }
    let holders = status.pools.iter().flat_map(|pool| &pool.holders);
    let Some(holder) = holders.into_iter().find(|holder| holder.grant == handle).cloned() else {
        let why = format!("no seat of {} has the handle {handle}", word(&args.feature));
        let message = said(Code::NeverCheckedOut, &why);
        return Err(Failure::new(Code::NeverCheckedOut, message, "`lmstat -f` shows the handles there are"));
    };
    desk.admin.revoke(v1::RevokeRequest { grant: handle }).await?;
    Ok(vec![holder])
}

fn of(holder: &v1::Holder) -> [String; 3] {
    [&holder.user, &holder.host, &holder.display].map(Clone::clone)
}

/// The names of whom lmstat shows so, where that is one: names may be copied from there.
fn shown_as<'a>(
    args: &LmremoveArgs,
    wanted: [&str; 3],
    holders: impl Iterator<Item = &'a v1::Holder>,
) -> Result<Option<[String; 3]>, Failure> {
    let so: Vec<_> = holders.filter(|holder| crate::lmstat::names(holder) == wanted).collect();
    let mut names: Vec<_> = so.iter().map(|holder| of(holder)).collect();
    names.sort();
    names.dedup();
    if names.len() < 2 {
        return Ok(names.pop());
    }
    let handles: Vec<_> = so.iter().take(20).map(|holder| holder.grant.to_string()).collect();
    let message = format!("{} holders of {} are shown so", names.len(), word(&args.feature));
    let remedy = format!(
        "name one seat by its handle, `lmremove -h {} SERVER_HOST PORT HANDLE`, with {}",
        word(&args.feature),
        handles.join(" or ")
    );
    Err(Failure::new(Code::BadParameter, message, remedy))
}

fn line(feature: &str, holder: &v1::Holder) -> String {
    let mut text = String::new();
    let s = if holder.seats == 1 { "" } else { "s" };
    let _ = writeln!(
        text,
        "removed: {} seat{s} of {} from {}@{} on {}, handle {}",
        holder.seats,
        word(feature),
        word(&holder.user),
        word(&holder.host),
        if holder.display.is_empty() { "no display".to_owned() } else { word(&holder.display) },
        holder.grant,
    );
    text
}

fn row(feature: &str, holder: &v1::Holder) -> Value {
    json!({
        "feature": feature,
        "user": holder.user,
        "host": holder.host,
        "display": holder.display,
        "seats": holder.seats,
        "handle": holder.grant,
    })
}
