//! What a report shows, whichever form it has.

use proto::v1::{Holder, Keeping, PoolName, PoolStatus, Standing, StatusReply};

use crate::args::LmstatArgs;

/// What was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Part {
    /// The servers.
    pub(crate) servers: bool,
    /// The vendors.
    pub(crate) vendors: bool,
    /// The features, and who holds them.
    pub(crate) usage: bool,
    /// Who holds them is left out.
    pub(crate) no_users: bool,
    /// Only features in use.
    pub(crate) active_only: bool,
    /// What is licensed, as a table.
    pub(crate) table: bool,
    /// Only of this host; of all where it is empty, as with the next two.
    pub(crate) host: String,
    /// Only of this vendor.
    pub(crate) vendor: String,
    /// Only this feature.
    pub(crate) feature: String,
}

/// What the flags ask for: each adds a part, or narrows the parts that there are.
pub(crate) fn part(args: &LmstatArgs) -> Part {
    let named = |text: &Option<String>| text.clone().filter(|name| !name.is_empty());
    let usage = args.all || args.active || args.feature.is_some() || args.vendor.is_some();
    let table = args.info.is_some();
    // -lm and -vd alone show one part, beside anything else they add nothing.
    let alone = (args.lm || args.vd) && !usage && !table && args.server.is_none();
    let head = usage || !table || args.server.is_some();
    Part {
        servers: head && (!alone || args.lm),
        vendors: head && (!alone || args.vd),
        usage,
        no_users: args.no_user_info || !usage,
        active_only: args.active && !args.all,
        table,
        host: named(&args.server).unwrap_or_default(),
        vendor: named(&args.vendor).unwrap_or_default(),
        feature: named(&args.feature).or_else(|| named(&args.info)).unwrap_or_default(),
    }
}

impl Part {
    /// Whether pools are shown at all.
    pub(crate) fn has_pools(&self) -> bool {
        self.usage || self.table
    }
}

/// A feature with its pools.
#[derive(Debug)]
pub(crate) struct FeatureView<'a> {
    pub(crate) name: String,
    pub(crate) pools: Vec<&'a PoolStatus>,
}

impl FeatureView<'_> {
    pub(crate) fn issued(&self) -> u64 {
        self.pools.iter().filter(|pool| !pool.uncounted).map(|pool| u64::from(pool.capacity)).sum()
    }

    /// What nobody else can get: seats in use, and those that idle reservations keep, as FlexNet counts.
    pub(crate) fn in_use(&self) -> u64 {
        self.pools.iter().map(|pool| u64::from(pool.in_use) + reserved(pool)).sum()
    }

    /// Whether seats of it are counted at all.
    pub(crate) fn is_uncounted(&self) -> bool {
        !self.pools.is_empty() && self.pools.iter().all(|pool| pool.uncounted)
    }
}

/// The features of a reply in the server's order, each with all its pools.
pub(crate) fn features<'a>(reply: &'a StatusReply, part: &Part) -> Vec<FeatureView<'a>> {
    let mut found: Vec<FeatureView<'a>> = Vec::new();
    for pool in &reply.pools {
        let name = word(&name_of(pool).feature);
        match found.iter_mut().find(|feature| feature.name == name) {
            Some(feature) => feature.pools.push(pool),
            None => found.push(FeatureView { name, pools: vec![pool] }),
        }
    }
    if part.active_only {
        found.retain(|feature| feature.in_use() > 0 || feature.pools.iter().any(|pool| is_busy(pool)));
    }
    found
}

/// Whether there is anything to be told of a pool: somebody holds it, waits for it, or it is reserved.
pub(crate) fn is_busy(pool: &PoolStatus) -> bool {
    pool.in_use > 0 || !pool.holders.is_empty() || !pool.reservations.is_empty() || !pool.waiting.is_empty()
}

/// Free seats of a pool that are reserved.
pub(crate) fn reserved(pool: &PoolStatus) -> u64 {
    pool.reservations.iter().map(|reservation| u64::from(reservation.seats)).sum()
}

/// Since when and until when a seat is kept that needs no session, for those that are.
pub(crate) fn kept(holder: &Holder) -> Option<(i64, i64)> {
    let is_kept = matches!(holder.keeping(), Keeping::Lingering | Keeping::Borrowed | Keeping::Booked);
    is_kept.then_some((holder.kept_from_ms, holder.kept_until_ms))
}

/// Of such a seat's time, the seconds that are left and all of them.
pub(crate) fn seconds_kept(holder: &Holder, now_ms: i64) -> Option<(i64, i64)> {
    let (from, until) = kept(holder)?;
    let seconds = |ms: i64| ms.max(0) / 1000;
    let total = seconds(until.saturating_sub(from));
    Some((seconds(until.saturating_sub(now_ms)).min(total), total))
}

/// A pool's name; an empty one when the server left it out.
pub(crate) fn name_of(pool: &PoolStatus) -> PoolName {
    pool.pool.clone().unwrap_or_default()
}

/// A word from the server as it may be shown.
pub(crate) fn word(text: &str) -> String {
    names::Word::nearest(text).as_str().to_owned()
}

/// How a pool stands, in a word.
pub(crate) fn standing(pool: &PoolStatus) -> &'static str {
    match pool.standing() {
        Standing::Unspecified | Standing::Active => "active",
        Standing::Expired => "expired",
        Standing::NotYet => "not_yet",
        Standing::Unlicensed => "unlicensed",
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    /// What a call as FlexNet has it shows, in letters; the names behind them narrow it.
    fn shown(call: &str) -> Option<String> {
        let words = call.split(' ').map(std::ffi::OsString::from).collect();
        let Ok(Command::Lmstat(args)) =
            Cli::try_parse_from(crate::flexnet::rewrite(crate::flexnet::words(words))).map(|cli| cli.command)
        else {
            return None;
        };
        let part = part(&args);
        let flags = [
            (part.servers, "servers"),
            (part.vendors, "vendors"),
            (part.usage, "usage"),
            (part.active_only, "active"),
            (!part.no_users, "users"),
            (part.table, "table"),
            (args.asec, "asec"),
            (args.proj, "proj"),
            (args.json, "json"),
            (args.version, "version"),
            (args.timeout_s != 3, "timeout"),
        ];
        let names = [part.host, part.vendor, part.feature, args.servers.join(":")];
        let flags = flags.iter().filter(|(is_set, _)| *is_set).map(|(_, name)| (*name).to_owned());
        Some(flags.chain(names.into_iter().filter(|name| !name.is_empty())).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn flags_stand_in_any_order_and_company() {
        let all = "servers vendors usage users";
        for (call, parts) in [
            ("lmstat", "servers vendors".to_owned()),
            ("lmutil lmstat -a -c 27000@h", format!("{all} 27000@h")),
            ("lmutil lmstat -c 27000@h -a", format!("{all} 27000@h")),
            ("lmutil lmstat -c a.lic:1@h -c 1@a,2@b,3@c -a", format!("{all} a.lic:1@h:1@a,2@b,3@c")),
            ("lmstat -a -a -t 10 -t 20", format!("{all} timeout")),
            ("lmstat -A", "servers vendors usage active users".to_owned()),
            ("lmstat -A -a -old", all.to_owned()),
            ("lmstat -a --no-user-info", "servers vendors usage".to_owned()),
            ("lmstat -a -asec -proj --json", format!("{all} asec proj json")),
            ("lmstat -f", all.to_owned()),
            ("lmstat -f mill -a", format!("{all} mill")),
            ("lmstat -a -f mill -S acmed", format!("{all} acmed mill")),
            ("lmstat -f -c 1@h", format!("{all} 1@h")),
            ("lmstat -S", all.to_owned()),
            ("lmstat -S acmed -asec", format!("{all} asec acmed")),
            ("lmstat -s", "servers vendors".to_owned()),
            ("lmstat -s lic1 -a", format!("{all} lic1")),
            ("lmstat -i", "table".to_owned()),
            ("lmstat -i mill -c 1@h", "table mill 1@h".to_owned()),
            ("lmstat -a -i", format!("{all} table")),
            ("lmstat -lm", "servers".to_owned()),
            ("lmstat -vd", "vendors".to_owned()),
            ("lmstat -vd -lm", "servers vendors".to_owned()),
            ("lmstat -lm -a", all.to_owned()),
            ("lmstat -v", "servers vendors version".to_owned()),
        ] {
            assert_eq!(shown(call), Some(parts), "{call}");
        }
        for wrong in ["lmstat mill", "lmstat -x", "lmstat -t", "lmstat -t 0", "lmstat --pid maybe"] {
            assert_eq!(shown(wrong), None, "{wrong}");
        }
    }
}
