//! The administrator's commands: they ask the daemon of this license host over its socket.

use std::fmt::Write as _;

use client::{Admin, Server, StatusQuery};
use names::{Code, Date, Wall};
use proto::v1;
use serde_json::json;

use crate::args::{
    AssignArgs, AssignmentsArgs, ClockResetArgs, LoginTokenArgs, NamedArgs, RereadArgs, UnassignArgs,
};
use crate::fail::Failure;
use crate::lmutil::{self, Desk};
use crate::login::email;
use crate::{out, session};

/// Something would change, as `diff` and `license diff` say it.
const DIFFERENT: u8 = 1;

/// `lmreread`: the license and options files, read again and put in force whole or not at all. The exit
/// status of `--dry-run` is 0 where nothing would change and 1 where something would.
pub(crate) async fn reread(args: RereadArgs) -> Result<u8, Failure> {
    let mut desk = Desk::open(&args.desk, Code::NotOnServer).await?;
    if let Some(vendor) = &args.vendor {
        is_served(&desk, vendor).await?;
    }
    let request = v1::RereadRequest { drop: args.drop, dry_run: args.dry_run };
    let reply = desk.admin.reread(request).await?;
    if args.report.json {
        let fields = json!({
            "in_force": reply.in_force,
            "dry_run": args.dry_run,
            "findings": reply.findings,
            "changes": reply.changes,
            "dropped": reply.dropped,
        });
        out::print(&lmutil::object("lmreread", fields)?)?;
    } else {
        out::print(&reread_text(&reply, args.dry_run))?;
    }
    if reply.in_force {
        let is_other = args.dry_run && !reply.changes.is_empty();
        return Ok(if is_other { DIFFERENT } else { 0 });
    }
    let message = "the files have an error; what was in force before is in force still";
    Err(Failure::new(Code::BadSyntax, message, "correct it and read them again"))
}

/// The daemon reads the files of all its vendors; another's name is refused.
async fn is_served(desk: &Desk, vendor: &str) -> Result<(), Failure> {
    let (_, served) = desk.about().await?;
    if served.iter().any(|name| name == vendor) {
        return Ok(());
    }
    let message =
        lmutil::said(Code::VendorDown, &format!("{} is not served here", client::shown(vendor, 80)));
    let names: Vec<_> = served.iter().map(|name| client::shown(name, 80)).collect();
    Err(Failure::new(Code::VendorDown, message, format!("name one of: {}", names.join(", "))))
}

fn reread_text(reply: &v1::RereadReply, dry_run: bool) -> String {
    let mut text = String::new();
    for line in reply.findings.iter().chain(&reply.changes) {
        let _ = writeln!(text, "{}", client::shown(line, 2000));
    }
    if reply.changes.is_empty() && reply.in_force {
        text.push_str("nothing changes\n");
    }
    if dry_run {
        text.push_str("nothing was changed: --dry-run\n");
    } else if reply.in_force {
        text.push_str("the license and options files are in force\nlmreread successful\n");
    }
    if reply.dropped > 0 {
        let s = if reply.dropped == 1 { " is" } else { "s are" };
        let _ = writeln!(text, "{} grant{s} taken away (-92)", reply.dropped);
    }
    text
}

/// `assign`
pub(crate) async fn assign(args: AssignArgs) -> Result<u8, Failure> {
    let to = email("--to", &args.to)?;
    let from = day("--from", args.from.as_deref())?;
    let until = day("--until", args.until.as_deref())?;
    let mut admin = Admin::connect(&args.pool.socket.socket).await?;
    let pool = pool(&mut admin, &args.pool).await?;
    let shown = shown(&pool);
    let request = v1::AssignRequest { pool: Some(pool), email: to.to_string(), from, until };
    admin.assign(request).await?;
    out::print(&format!("assigned: {shown} to {to}\n"))?;
    Ok(0)
}

/// `unassign`
pub(crate) async fn unassign(args: UnassignArgs) -> Result<u8, Failure> {
    let from = email("--from", &args.email)?;
    let mut admin = Admin::connect(&args.pool.socket.socket).await?;
    let pool = pool(&mut admin, &args.pool).await?;
    let shown = shown(&pool);
    admin.unassign(v1::UnassignRequest { pool: Some(pool), email: from.to_string() }).await?;
    out::print(&format!("taken back: {shown} from {from}\n"))?;
    Ok(0)
}

/// `assignments`
pub(crate) async fn assignments(args: AssignmentsArgs) -> Result<u8, Failure> {
    let mut admin = Admin::connect(&args.socket.socket).await?;
    let reply = admin.assignments(v1::AssignmentsRequest {}).await?;
    out::print(&assignments_text(&reply.assignments))?;
    Ok(0)
}

fn assignments_text(assignments: &[v1::Assignment]) -> String {
    if assignments.is_empty() {
        return "no named seat is anybody's\n".to_owned();
    }
    let mut text = String::new();
    for one in assignments {
        let word = |text: &str| client::shown(text, 300);
        let _ = write!(
            text,
            "{}: {}, {} to {}",
            shown(&one.pool.clone().unwrap_or_default()),
            word(&one.email),
            word(&one.from),
            word(&one.until)
        );
        text.push_str(if one.in_use { ", in use\n" } else { "\n" });
    }
    text
}

/// `login-token`
pub(crate) async fn login_token(args: LoginTokenArgs) -> Result<u8, Failure> {
    let email = email("EMAIL", &args.email)?;
    let mut admin = Admin::connect(&args.socket.socket).await?;
    let request = v1::SetLoginRequest { email: email.to_string(), remove: args.remove };
    let reply = admin.set_login(request).await?;
    if args.remove {
        out::print(&format!("nobody can show that they are {email} any more\n"))?;
    } else {
        // The token alone is the result: it can be piped.
        out::print(&format!("{}\n", client::shown(&reply.token, 300)))?;
        out::say(&format!(
            "the token of {email}, shown this once; they keep it with `seatkeeper login {email}`"
        ));
    }
    Ok(0)
}

/// `clock-reset`
pub(crate) async fn clock_reset(args: ClockResetArgs) -> Result<u8, Failure> {
    let mut admin = Admin::connect(&args.socket.socket).await?;
    let reply = admin.reset_clock(v1::ResetClockRequest {}).await?;
    let (now, was) = (Wall(reply.now_ms), Wall(reply.was_ms));
    out::print(&format!("the clock goes on from {now}; the latest that it had shown was {was}\n"))?;
    Ok(0)
}

/// A date as it is written, when it is one; empty for none.
fn day(flag: &str, text: Option<&str>) -> Result<String, Failure> {
    let Some(text) = text else { return Ok(String::new()) };
    Date::parse(text).map(|date| date.to_string()).map_err(|invalid| {
        let message = format!("{flag} {:?}: {invalid}", client::shown(text, 80));
        Failure::new(Code::BadDate, message, "write it like 31-dec-2027")
    })
}

/// The pool that is meant: the daemon is asked for those it has.
async fn pool(admin: &mut Admin, args: &NamedArgs) -> Result<v1::PoolName, Failure> {
    let feature = session::feature(&args.feature)?;
    let listen = admin.info(v1::InfoRequest {}).await?.listen;
    let bad = || Failure::new(Code::BadServerData, "the daemon does not say where it serves", "");
    let address: std::net::SocketAddr = listen.parse().map_err(|_| bad())?;
    let server = Server::new(&address.ip().to_string(), address.port()).map_err(|_| bad())?;
    let query = StatusQuery { feature: feature.to_string(), no_users: true, ..StatusQuery::default() };
    let (_, reply) = client::status(&[server], &query).await?;
    let pools: Vec<_> = reply.pools.into_iter().filter_map(|status| status.pool).collect();
    one_of(&pools, args)
}

fn one_of(pools: &[v1::PoolName], args: &NamedArgs) -> Result<v1::PoolName, Failure> {
    let is_it = |pool: &&v1::PoolName| {
        pool.feature == args.feature
            && args.config_id.as_ref().is_none_or(|config| *config == pool.config_id)
            && args.vendor.as_ref().is_none_or(|vendor| *vendor == pool.vendor)
    };
    let found: Vec<_> = pools.iter().filter(is_it).collect();
    match found.as_slice() {
        [] => {
            let message = format!("no such pool of {}", client::shown(&args.feature, 80));
            Err(Failure::new(
                Code::NoSuchFeature,
                message,
                "`seatkeeper lmstat -a` lists what the daemon has",
            ))
        }
        [one] => Ok((*one).clone()),
        several => {
            let names: Vec<_> = several.iter().map(|pool| shown(pool)).collect();
            let message = format!("{} pools are {}: {}", several.len(), args.feature, names.join("; "));
            Err(Failure::new(Code::BadParameter, message, "name one with --config-id and --vendor"))
        }
    }
}

/// `mill of acmed, configuration 11470`
fn shown(pool: &v1::PoolName) -> String {
    let word = |text: &str| client::shown(text, 200);
    format!("{} of {}, configuration {}", word(&pool.feature), word(&pool.vendor), word(&pool.config_id))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn pool(config: &str, vendor: &str) -> v1::PoolName {
        let (vendor, config_id) = (vendor.to_owned(), config.to_owned());
        v1::PoolName { vendor, config_id, feature: "mill".into(), ..v1::PoolName::default() }
    }

    #[test]
    fn a_pool_is_named_as_far_as_it_must_be() {
        let find = |pools: &[v1::PoolName], line: &str| {
            let line = format!("s unassign mill --from kim@example.net {line}");
            let cli = Cli::try_parse_from(line.split_whitespace()).unwrap();
            let Command::Unassign(args) = cli.command else { panic!("it is one") };
            one_of(pools, &args.pool).map_err(|failure| failure.text())
        };
        let (one, two) = (pool("1", "acmed"), pool("2", "acmed"));
        assert_eq!(find(std::slice::from_ref(&one), ""), Ok(one.clone()));
        let both = [one, two.clone()];
        assert!(
            find(&both, "").unwrap_err().contains("configuration 1; mill of acmed, configuration 2 (-42)")
        );
        assert_eq!(find(&both, "--config-id 2"), Ok(two));
        assert!(find(&both, "--vendor other").unwrap_err().contains("(-5)"));
    }

    #[test]
    fn a_reread_says_what_it_found_and_what_changes() {
        let reply = |changes: &[&str], in_force, dropped| v1::RereadReply {
            in_force,
            findings: vec!["acmed.opt:3: warning: x".into()],
            changes: changes.iter().map(ToString::to_string).collect(),
            dropped,
        };
        for (reply, dry_run, text) in [
            (
                reply(&["~ mill"], true, 0),
                false,
                "~ mill\nthe license and options files are in force\nlmreread successful\n",
            ),
            (
                reply(&[], true, 2),
                false,
                "nothing changes\nthe license and options files are in force\nlmreread successful\n2 grants are taken away (-92)\n",
            ),
            (reply(&["~ mill"], true, 0), true, "~ mill\nnothing was changed: --dry-run\n"),
            (reply(&[], true, 0), true, "nothing changes\nnothing was changed: --dry-run\n"),
            (reply(&[], false, 0), true, "nothing was changed: --dry-run\n"),
            (reply(&[], false, 0), false, ""),
        ] {
            assert_eq!(reread_text(&reply, dry_run), format!("acmed.opt:3: warning: x\n{text}"));
        }
    }

    #[test]
    fn assignments_are_listed_a_line_each() {
        let one = v1::Assignment {
            pool: Some(pool("1", "acmed")),
            email: "kim@example.net".into(),
            from: "01-jan-2027".into(),
            until: "permanent".into(),
            in_use: true,
        };
        assert_eq!(
            assignments_text(&[one]),
            "mill of acmed, configuration 1: kim@example.net, 01-jan-2027 to permanent, in use\n"
        );
        assert_eq!(assignments_text(&[]), "no named seat is anybody's\n");
        assert_eq!(day("--from", Some("1-JAN-2027")).unwrap(), "01-jan-2027");
        assert!(day("--from", Some("today")).unwrap_err().text().contains("(-11)"));
    }
}
