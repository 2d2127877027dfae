//! `explain`: what a checkout would get, or why it would be refused.

use std::fmt::Write as _;

use client::{Identity, Server, StatusQuery};
use names::{Code, Wall, Word};
use proto::v1::explain_reply::Kind;
use proto::v1::{Denied, Figures, Holder, Keeping, PoolName, StatusReply};

use crate::args::ExplainSeatArgs;
use crate::fail::Failure;
use crate::{out, session, times};

/// Holders who are shown; how many more there are is said.
const HOLDERS_MAX: usize = 20;

/// Asks, and shows. The exit status is 0 when the seats would be granted, else the refusal's.
pub(crate) async fn explain(args: ExplainSeatArgs) -> Result<u8, Failure> {
    let wanted = session::wanted(&args.wanted)?;
    let who = who(args.asker.as_deref())?;
    let servers = session::servers(args.servers.as_deref(), args.wanted.vendor.as_deref())?;
    let all: Vec<Server> = servers.all().cloned().collect();
    let (server, reply) = client::explain(&all, &who, &wanted).await?;
    let query = StatusQuery { feature: args.wanted.feature.clone(), ..StatusQuery::default() };
    // Who holds the seats is shown beside the answer; where that is not to be had, the answer counts.
    let status = client::status(std::slice::from_ref(&server), &query).await.ok().map(|(_, reply)| reply);
    let (text, code) = match reply.kind {
        Some(Kind::Granted(pool)) => (granted(&who, args.wanted.seats, &pool, &server), 0),
        Some(Kind::Denied(denied)) => {
            let code = Code::from_number(denied.code).unwrap_or(Code::BadServerData);
            (refused(&who, &denied, status.as_ref()), code.exit_status())
        }
        None => {
            let message = format!("{server} explains nothing");
            return Err(Failure::new(Code::BadServerData, message, "see the server's log"));
        }
    };
    out::print(&text)?;
    Ok(code)
}

/// `user@host[:display]`, elsewhere as here.
fn who(asker: Option<&str>) -> Result<Identity, Failure> {
    let mut who = Identity::of_this_process();
    if let Some(asker) = asker {
        let (user, host, display) = crate::options::asker(asker)?;
        let word = |what, text: &str| {
            Word::new(what, text).map_err(|e| Failure::new(Code::BadParameter, format!("--as: {e}"), ""))
        };
        who.user = word("a user", user)?;
        who.host = word("a host", &host.to_ascii_lowercase())?;
        who.display = word("a display", display)?;
    }
    Ok(who)
}

fn granted(who: &Identity, seats: u64, pool: &PoolName, server: &Server) -> String {
    let shown = |text: &str| client::shown(text, 200);
    format!(
        "granted: {}@{} would get {seats} seat{} of {} (vendor {}, configuration {}, cpu_id {}) at {server}\n",
        who.user,
        who.host,
        if seats == 1 { "" } else { "s" },
        shown(&pool.feature),
        shown(&pool.vendor),
        shown(&pool.config_id),
        shown(&pool.cpu_id),
    )
}

fn refused(who: &Identity, denied: &Denied, status: Option<&StatusReply>) -> String {
    let mut text = format!("refused: {}@{}: {}\n", who.user, who.host, client::shown(&denied.message, 2000));
    if let Some(figures) = &denied.figures {
        stands(&mut text, figures);
        let of_pool =
            status.into_iter().flat_map(|reply| &reply.pools).filter(|pool| pool.pool == figures.pool);
        let holders: Vec<&Holder> = of_pool.flat_map(|pool| &pool.holders).collect();
        holds(&mut text, &holders);
        if figures.free_at_ms > 0 {
            let _ = writeln!(text, "  earliest known release: {}", times::moment(Wall(figures.free_at_ms)));
        }
    }
    text
}

/// How the pool stands.
fn stands(text: &mut String, figures: &Figures) {
    let pool = figures.pool.clone().unwrap_or_default();
    let shown = |text: &str| client::shown(text, 200);
    let _ = writeln!(
        text,
        "  {} of {}, configuration {}, cpu_id {}:",
        shown(&pool.feature),
        shown(&pool.vendor),
        shown(&pool.config_id),
        shown(&pool.cpu_id)
    );
    let Figures { limit, in_use, reserved, borrowed, lingering, booked, queued, .. } = figures;
    let _ = writeln!(
        text,
        "    {limit} licensed, {in_use} in use ({borrowed} borrowed, {lingering} lingering, {booked} booked), \
         {reserved} free and reserved, {queued} queued"
    );
}

fn holds(text: &mut String, holders: &[&Holder]) {
    let word = |text: &str| Word::nearest(text).to_string();
    for holder in holders.iter().take(HOLDERS_MAX) {
        let _ = write!(text, "    {}@{}", word(&holder.user), word(&holder.host));
        if !holder.display.is_empty() {
            let _ = write!(text, " on {}", word(&holder.display));
        }
        let s = if holder.seats == 1 { "" } else { "s" };
        let _ = write!(text, ": {} seat{s} since {}", holder.seats, times::moment(Wall(holder.since_ms)));
        let until = || times::moment(Wall(holder.kept_until_ms));
        let _ = match holder.keeping() {
            Keeping::Lingering => write!(text, ", lingers until {}", until()),
            Keeping::Borrowed => write!(text, ", borrowed until {}", until()),
            Keeping::Booked => write!(text, ", booked for job {} until {}", word(&holder.job), until()),
            Keeping::Revoked => write!(text, ", is to be given back"),
            Keeping::Floating | Keeping::Unspecified if holder.idle_since_ms > 0 => {
                write!(text, ", idle since {}", times::moment(Wall(holder.idle_since_ms)))
            }
            Keeping::Floating | Keeping::Unspecified => Ok(()),
        };
        text.push('\n');
    }
    if holders.len() > HOLDERS_MAX {
        let _ = writeln!(text, "    and {} more", holders.len() - HOLDERS_MAX);
    }
}

#[cfg(test)]
mod tests {
    use proto::v1::PoolStatus;

    use super::*;

    #[test]
    fn a_refusal_says_how_the_pool_stands_and_who_holds_it() {
        let pool = PoolName {
            vendor: "acmed".into(),
            config_id: "11470".into(),
            cpu_id: "02aa10203040".into(),
            feature: "mill".into(),
            pooling: String::new(),
        };
        let figures = Figures {
            pool: Some(pool.clone()),
            limit: 4,
            in_use: 3,
            reserved: 1,
            borrowed: 1,
            queued: 2,
            free_at_ms: 1_700_000_000_000,
            ..Figures::default()
        };
        let denied = Denied {
            code: -4,
            message: "Licensed number of users already reached. (-4): x".into(),
            figures: Some(figures),
            ..Denied::default()
        };
        let holder = |user: &str, keeping: Keeping| Holder {
            user: user.into(),
            host: "ws1".into(),
            display: ":0".into(),
            seats: 1,
            keeping: keeping.into(),
            job: "1234".into(),
            ..Holder::default()
        };
        let mut holders = vec![
            holder("kim\u{1b}", Keeping::Borrowed),
            holder("lee", Keeping::Booked),
            Holder { idle_since_ms: 5, ..holder("ada", Keeping::Floating) },
        ];
        holders.extend((0..HOLDERS_MAX).map(|_| holder("osman", Keeping::Floating)));
        let other =
            PoolStatus { holders: vec![holder("nobody", Keeping::Floating)], ..PoolStatus::default() };
        let pools = vec![PoolStatus { pool: Some(pool), holders, ..PoolStatus::default() }, other];
        let status = StatusReply { pools, ..StatusReply::default() };
        let who = who(Some("kim@WS9:0")).unwrap();
        let text = refused(&who, &denied, Some(&status));
        for part in [
            "refused: kim@ws9: Licensed number of users already reached. (-4): x\n",
            "  mill of acmed, configuration 11470, cpu_id 02aa10203040:\n",
            "    4 licensed, 3 in use (1 borrowed, 0 lingering, 0 booked), 1 free and reserved, 2 queued\n",
            "    kim?@ws1 on :0: 1 seat since ",
            ", borrowed until ",
            ", booked for job 1234 until ",
            ", idle since ",
            "    and 3 more\n",
            "  earliest known release: ",
        ] {
            assert!(text.contains(part), "{part:?} in {text}");
        }
        assert!(!text.contains("nobody"));
    }
}
