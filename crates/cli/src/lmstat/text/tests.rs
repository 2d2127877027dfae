use client::Tried;
use names::Code;
use proto::v1::{Holder, Keeping, PoolName, Reservation, ServerStatus, Standing, VendorStatus, Waiting};
use regex::Regex;

use super::*;
use crate::lmstat::json;

/// Wednesday, 20 October 2027, 9:03 in the zone of the tests.
const NOW_MS: i64 = 1_824_015_825_000;

fn style() -> Style {
    Style { zone: TimeZone::fixed(jiff::tz::offset(2)), seconds: false, is_detected: true }
}

fn holder(user: &str, host: &str, display: &str, grant: u64, seats: u32) -> Holder {
    Holder {
        grant,
        user: user.into(),
        host: host.into(),
        display: display.into(),
        version: "20.0".into(),
        seats,
        since_ms: NOW_MS - 60_000 * i64::try_from(grant).unwrap(),
        ..Holder::default()
    }
}

fn pool(feature: &str, config: &str, capacity: u32, holders: Vec<Holder>) -> PoolStatus {
    let in_use = holders.iter().map(|holder| holder.seats).sum();
    PoolStatus {
        pool: Some(PoolName {
            vendor: "acmed".into(),
            config_id: config.into(),
            cpu_id: "02aa10203040".into(),
            feature: feature.into(),
            pooling: String::new(),
        }),
        license_version: "20.0".into(),
        capacity,
        in_use,
        expiry: "31-dec-2027".into(),
        standing: Standing::Active.into(),
        holders,
        ..PoolStatus::default()
    }
}

fn locked(feature: &str, config: &str, cpu: &str, holders: Vec<Holder>) -> PoolStatus {
    let mut pool = PoolStatus { locked: true, ..pool(feature, config, 1, holders) };
    pool.pool.as_mut().unwrap().cpu_id = cpu.into();
    pool
}

fn reply(pools: Vec<PoolStatus>) -> StatusReply {
    let vendor = |name: &str, up| VendorStatus { name: name.into(), up, version: "0.1.0-dev".into() };
    StatusReply {
        seq: 99,
        now_ms: NOW_MS,
        server: Some(ServerStatus {
            host: "lic1.example.net".into(),
            port: 27000,
            version: "0.1.0-dev".into(),
            license_files: vec!["/etc/seatkeeper/a.lic".into(), "/etc/seatkeeper/b.lic".into()],
            cpu_id: "02aa10203040".into(),
        }),
        vendors: vec![vendor("acmed", true), vendor("averylongvendor", true), vendor("other", false)],
        pools,
    }
}

/// Two configurations of one feature, one of them full; a locked one; one with nothing in use.
fn busy() -> StatusReply {
    let mill_a = vec![holder("kim", "ws1", ":0", 41, 1), holder("J. Doe", "ws-2", "/dev/pts/0", 42, 5)];
    let mill_b = PoolStatus {
        expiry: "permanent".into(),
        vendor_string: "tier=gold".into(),
        ..pool("mill", "11471", 2, vec![])
    };
    let lathe = vec![
        locked("lathe", "73633", "02aa00000001", vec![holder("lee", "ws3", "", 43, 1)]),
        locked("lathe", "73633", "02aa00000002", vec![]),
    ];
    let mut pools = lathe;
    pools.extend([pool("mill", "11470", 6, mill_a), mill_b, pool("probe", "6696", 1, vec![])]);
    reply(pools)
}

fn all() -> Part {
    Part::All { active_only: false }
}

fn shown(reply: StatusReply, part: &Part) -> String {
    let server = Server::new("lic1", 27000).unwrap();
    let now = Timestamp::from_millisecond(NOW_MS).unwrap();
    render(&[vec![server.clone()]], &[Ok((server, reply))], part, now, &style())
}

const HEAD: &str = "\
[Detecting lmgrd processes...]
License server status: 27000@lic1.example.net
    License file(s) on lic1.example.net: /etc/seatkeeper/a.lic:/etc/seatkeeper/b.lic:

lic1.example.net: license server UP (MASTER) v0.1.0

Vendor daemon status (on lic1.example.net):

     acmed: UP v0.1.0
 averylongvendor: UP v0.1.0
     other: The desired vendor daemon is down. (-97,121)
";

const LATHE: &str = "\
Users of lathe:  (Total of 2 licenses issued;  Total of 1 license in use)

  \"lathe\" v20.0, vendor: acmed, expiry: 31-dec-2027
  nodelocked license, locked to \"02aa00000001\"
  configuration: 73633, cpu_id: 02aa00000001, in use: 1 of 1

    lee ws3 (v20.0) (lic1.example.net/27000 43), start Wed 10/20 8:20

";

const MILL: &str = "\
Users of mill:  (Total of 8 licenses issued;  Total of 6 licenses in use)

  \"mill\" v20.0, vendor: acmed, expiry: 31-dec-2027
  floating license
  configuration: 11470, cpu_id: 02aa10203040, in use: 6 of 6

    kim ws1 :0 (v20.0) (lic1.example.net/27000 41), start Wed 10/20 8:22
    J. Doe ws-2 /dev/pts/0 (v20.0) (lic1.example.net/27000 42), start Wed 10/20 8:21, 5 licenses

  \"mill\" v20.0, vendor: acmed, expiry: permanent(no expiration date)
  vendor_string: tier=gold
  floating license
  configuration: 11471, cpu_id: 02aa10203040, in use: 0 of 2

";

const PROBE: &str = "Users of probe:  (Total of 1 license issued;  Total of 0 licenses in use)\n\n";

fn dated() -> String {
    format!("{}\nFlexible License Manager status on Wed 10/20/2027 9:03\n\n", banner("lmutil"))
}

#[test]
fn every_form_is_pinned_to_the_letter() {
    let usage = "Feature usage info:\n\n";
    let only = |feature: &str, text: &str| {
        let mut some = busy();
        some.pools.retain(|pool| name_of(pool).feature == feature);
        assert_eq!(
            shown(some, &Part::Feature(feature.into())),
            format!("{}{HEAD}{usage}{text}", dated()),
            "-f {feature}"
        );
    };
    assert_eq!(shown(busy(), &all()), format!("{}{HEAD}{usage}{LATHE}{MILL}{PROBE}", dated()));
    let active = shown(busy(), &Part::All { active_only: true });
    assert_eq!(active, format!("{}{HEAD}{usage}{LATHE}{MILL}", dated()));
    assert_eq!(shown(busy(), &Part::Servers(String::new())), format!("{}{HEAD}", dated()));
    let (server, vendors) = HEAD.split_at(HEAD.find("Vendor daemon").unwrap());
    assert_eq!(shown(busy(), &Part::ServersAlone), format!("{}{server}", dated()));
    assert_eq!(
        shown(busy(), &Part::VendorsAlone),
        format!("{}\nWed 10/20/2027 9:03\n\n{vendors}", banner("lmutil"))
    );
    only("mill", MILL);
    let probe = "\n  \"probe\" v20.0, vendor: acmed, expiry: 31-dec-2027\n  floating license\n  \
                 configuration: 6696, cpu_id: 02aa10203040, in use: 0 of 1\n\n";
    only("probe", &format!("{}\n{probe}", PROBE.trim_end_matches('\n')));
    only("none", "Users of none: Cannot get users of none: No such feature exists. (-5,222)\n\n");
}

#[test]
fn times_have_seconds_when_asked() {
    let seconds = Style { seconds: true, ..style() };
    assert_eq!(start(NOW_MS, &seconds), "Wed 10/20 9:03:45");
    assert_eq!(start(NOW_MS, &style()), "Wed 10/20 9:03");
    assert_eq!(start(i64::MAX, &style()), "Thu 1/1 2:00");
}

#[test]
fn what_is_licensed_is_a_table() {
    let table = shown(busy(), &Part::Info(String::new()));
    let rows: Vec<_> = table.lines().skip(5).collect();
    assert_eq!(rows[0], "Feature                         Version     #licenses    Vendor        Expires");
    assert_eq!(rows[1], "_______                         _________   _________    ______        ________");
    assert_eq!(rows[4], "mill                             20.0         6           acmed        31-dec-2027");
    assert_eq!(
        rows[5],
        "mill                             20.0         2           acmed        permanent(no expiration date)"
    );
    // Feature, version, count, vendor, expiry: as a monitor reads them.
    let read = Regex::new(r"^(\S+)\s+([\d.]+)\s+(\d+)\s+(\w+)\s+([\w\s()-]+)$").unwrap();
    assert_eq!(rows.iter().skip(2).filter(|row| read.is_match(row)).count(), 5);
}

#[test]
fn servers_that_do_not_answer_are_told_as_flexnet_does() {
    let (one, two) = (Server::new("lic1", 1).unwrap(), Server::new("lic2", 2).unwrap());
    let tried =
        |code, os_error| Tried { server: one.clone(), code, why: "x".into(), foreign: false, os_error };
    let refused = Error::Unreachable { tried: vec![tried(Code::NoConnection, Some(111))] };
    let down = Error::Unreachable { tried: vec![tried(Code::ServerDown, None)] };
    let now = Timestamp::from_millisecond(NOW_MS).unwrap();
    let groups = [vec![one.clone(), two.clone()], vec![two]];
    let text = render(&groups, &[Err(refused), Err(down)], &all(), now, &style());
    assert_eq!(
        text,
        format!(
            "{}[Detecting lmgrd processes...]\nLicense server status: 1@lic1,2@lic2\nError getting status: Cannot \
             connect to license server system. (-15,570:111 \"Connection refused\")\n{}\nLicense server status: \
             2@lic2\nError getting status: License server machine is down or not responding. (-96,570)\n",
            dated(),
            "-".repeat(76)
        )
    );
}

/// The lines that one family of monitors reads, each anchored at both ends: a feature's totals, a
/// user with a display, a user without one. Written for this test from what those monitors accept.
struct Anchored {
    totals: Regex,
    user: Regex,
    bare_user: Regex,
    server: Regex,
    vendor: Regex,
    kind: Regex,
    reserved: Regex,
}

impl Anchored {
    fn new() -> Self {
        let tail = r"\(v[\w.]+\) \([\w.-]+/\d+ \d+\), start \w+ \d+/\d+ \d+:\d+(?:, (\d+) \w+)?(?: +\(linger: \d+ / \d+\))?(?:, +PID: \d+ ?)?$";
        let regex = |text: &str| Regex::new(text).unwrap();
        Self {
            totals: regex(r"^Users of (.*): +\(Total of (\d+) \w+ issued; +Total of (\d+) \w+ in use\)$"),
            user: regex(&format!(r"^\s+([ -~]+) [\w.-]+ [ -~]+ {tail}")),
            bare_user: regex(&format!(r"^\s+([ -~]+) [\w.-]+ {tail}")),
            server: regex(r"([\w.-]+): license server (\w+)( \(MASTER\))? v[\d.]+$"),
            vendor: regex(r"^\s+(\w+): (UP|DOWN) v[\d.]+$"),
            kind: regex(r"^\s+(floating|uncounted nodelocked|nodelocked) license"),
            reserved: regex(r"^\s*\d+\s+\w+\s+for\s+(HOST_GROUP|GROUP|HOST)\s+\w+"),
        }
    }
}

/// Another family: loose at the end, strict about blanks.
struct Loose {
    totals: Regex,
    user: Regex,
    server: Regex,
}

impl Loose {
    fn new() -> Self {
        let regex = |text: &str| Regex::new(text).unwrap();
        Self {
            totals: regex(r"(?i)^Users of ([\w\- ]+):  \(Total of (\d+) licenses? issued;  Total of (\d+)"),
            user: regex(
                r"(?i)^ *([^ ]+) ([^ ]+) .+, start \w{3} (\d{1,2}/\d{1,2}) (\d{1,2}:\d{2})(?:, (\d+) licenses)?",
            ),
            server: regex(r"(?i)license server UP (?:\(MASTER\) )?(v\d+(?:\.\d+)+)$"),
        }
    }
}

/// Everything that a pool can have beside plain checkouts.
fn full() -> StatusReply {
    let kept = |keeping: Keeping, ago: i64, ahead: i64, holder: Holder| Holder {
        keeping: keeping.into(),
        kept_from_ms: NOW_MS - ago * 1000,
        kept_until_ms: NOW_MS + ahead * 1000,
        ..holder
    };
    let holders = vec![
        Holder { data: "part 7".into(), ..holder("kim", "ws1", ":0", 41, 1) },
        kept(Keeping::Lingering, 100, 200, holder("lee", "ws2", ":0", 42, 2)),
        kept(Keeping::Borrowed, 3_600, 82_800, holder("osman", "ws3", ":0", 43, 1)),
        Holder { job: "1234".into(), ..kept(Keeping::Booked, 0, 300, holder("ada", "ws4", "", 44, 1)) },
    ];
    let reservation = |seats, who: &str| Reservation { seats, who: who.into(), rule: "acmed.opt:5".into() };
    let waiting = |user: &str, seats, data: &str| Waiting {
        user: user.into(),
        host: "ws9".into(),
        display: ":0".into(),
        version: "20.0".into(),
        seats,
        data: data.into(),
        ..Waiting::default()
    };
    let mill = PoolStatus {
        reservations: vec![reservation(2, "GROUP cad"), reservation(1, "HOST_GROUP farm")],
        waiting: vec![waiting("lee", 1, ""), waiting("kim", 3, "part 8")],
        lingering: 2,
        borrowed: 1,
        booked: 1,
        ..pool("mill", "11470", 10, holders)
    };
    let mut uncounted = PoolStatus { uncounted: true, ..locked("lathe", "9", "ANY", vec![]) };
    uncounted.holders = vec![holder("kim", "ws1", ":0", 45, 1)];
    reply(vec![mill, uncounted])
}

#[test]
fn kept_reserved_and_queued_seats_have_flexnets_lines() {
    let usage = "\
Users of mill:  (Total of 10 licenses issued;  Total of 8 licenses in use)

  \"mill\" v20.0, vendor: acmed, expiry: 31-dec-2027
  floating license
  configuration: 11470, cpu_id: 02aa10203040, in use: 5 of 10, 1 borrowed, 2 lingering, 1 booked, 3 free and reserved

    kim ws1 :0 part 7 (v20.0) (lic1.example.net/27000 41), start Wed 10/20 8:22
    lee ws2 :0 (v20.0) (lic1.example.net/27000 42), start Wed 10/20 8:21, 2 licenses  (linger: 200 / 300)
    osman ws3 :0 (v20.0) (lic1.example.net/27000 43), start Wed 10/20 8:20  (linger: 82800 / 86400)
    ada ws4 job:1234 (v20.0) (lic1.example.net/27000 44), start Wed 10/20 8:19  (linger: 300 / 300)
    lee ws9 :0 20.0 (v20.0) (lic1.example.net/27000 1) queued for 1 license
    kim ws9 :0 part 8 (v20.0) (lic1.example.net/27000 2) queued for 3 licenses
\t2 RESERVATIONs for GROUP cad (lic1.example.net/27000)
\t1 RESERVATION for HOST_GROUP farm (lic1.example.net/27000)

Users of lathe:  (Uncounted, node-locked)

  \"lathe\" v20.0, vendor: acmed, expiry: 31-dec-2027
  uncounted nodelocked license locked to NOTHING (hostid=ANY)
  configuration: 9, cpu_id: ANY, in use: 0

    kim ws1 :0 (v20.0) (lic1.example.net/27000 45), start Wed 10/20 8:18

";
    let text = shown(full(), &all());
    assert_eq!(text.split_once("Feature usage info:\n\n").unwrap().1, usage);
    let anchored = Anchored::new();
    assert_eq!(text.lines().filter(|line| anchored.reserved.is_match(line)).count(), 2);
    assert_eq!(text.lines().filter(|line| anchored.user.is_match(line)).count(), 5);
    let queued = Regex::new(
        r"^\s+(.+) ([\w.-]+) (.+) \(v([\w.]+)\) \(([\w.-]+)/(\d+) (\d+)\) queued for (\d+) licenses?$",
    );
    assert_eq!(text.lines().filter(|line| queued.as_ref().unwrap().is_match(line)).count(), 2);
}

/// A status whose names are as bad as they can be.
fn hostile() -> StatusReply {
    let bad = [
        "a\u{1b}[2Jb",
        "x y (v9) (h/1 7), start Mon 1/1 1:00, 999 licenses",
        "Users of mill:  (Total of 9 licenses issued;  Total of 9 licenses in use)",
        "a\nUsers of mill:  (Total of 7 licenses issued;  Total of 7 licenses in use)",
        "\u{202e}evil",
        "",
    ];
    let holders = bad.iter().zip(1..).map(|(text, n)| holder(text, text, text, n, 1)).collect();
    let mut reply = reply(vec![pool("mill", "11470", 10, holders)]);
    reply.pools[0].vendor_string = "\n    a b c (v1) (h/1 1), start Mon 1/1 1:00".into();
    reply.server.as_mut().unwrap().license_files = vec!["/a\nb".into()];
    reply
}

#[test]
fn monitors_read_our_text_and_count_as_json_does() {
    let (anchored, loose) = (Anchored::new(), Loose::new());
    for reply in [busy(), hostile(), full(), reply(vec![])] {
        let server = Server::new("lic1", 27000).unwrap();
        let now = Timestamp::from_millisecond(NOW_MS).unwrap();
        let groups = [vec![server.clone()]];
        let answers = [Ok((server, reply.clone()))];
        let text = render(&groups, &answers, &all(), now, &style());
        let json = json::render(&groups, &answers, &all(), now).unwrap_or_default();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["schema"], "seatkeeper.lmstat/1");
        let pools = json["servers"][0]["status"]["pools"].as_array().unwrap().clone();
        let users: usize = pools.iter().map(|pool| pool["users"].as_array().unwrap().len()).sum();
        let of_users: u64 = pools
            .iter()
            .flat_map(|pool| pool["users"].as_array().unwrap().clone())
            .map(|user| user["seats"].as_u64().unwrap())
            .sum();

        for totals in [&anchored.totals, &loose.totals] {
            let (mut issued, mut used) = (0, 0);
            for found in text.lines().filter_map(|line| totals.captures(line)) {
                issued += found[2].parse::<u64>().unwrap();
                used += found[3].parse::<u64>().unwrap();
            }
            let of = |pool: &serde_json::Value, key: &str| pool[key].as_u64().unwrap();
            let counted = || pools.iter().filter(|pool| pool["uncounted"] == false);
            let capacity: u64 = counted().map(|pool| of(pool, "capacity")).sum();
            let taken: u64 = counted().map(|pool| of(pool, "in_use") + of(pool, "reserved")).sum();
            assert_eq!((issued, used), (capacity, taken), "{text}");
        }
        let seats = |regexes: &[&Regex], group: usize| {
            let found = text.lines().filter_map(|line| regexes.iter().find_map(|regex| regex.captures(line)));
            found
                .map(|found| found.get(group).map_or(1, |n| n.as_str().parse::<u64>().unwrap()))
                .collect::<Vec<_>>()
        };
        for found in [seats(&[&anchored.user, &anchored.bare_user], 2), seats(&[&loose.user], 5)] {
            assert_eq!((found.len(), found.iter().sum::<u64>()), (users, of_users), "{text}");
        }
        assert_eq!(text.lines().filter(|line| anchored.server.is_match(line)).count(), 1);
        assert_eq!(text.lines().filter(|line| loose.server.is_match(line)).count(), 1);
        assert_eq!(text.lines().filter(|line| anchored.vendor.is_match(line)).count(), 2);
        let rows = |key: &str| pools.iter().map(|pool| pool[key].as_array().unwrap().len()).sum::<usize>();
        let reserved = text.lines().filter(|line| anchored.reserved.is_match(line)).count();
        assert_eq!(reserved, rows("reservations"), "{text}");
        let queued = text.lines().filter(|line| line.contains(") queued for ")).count();
        assert_eq!(queued, rows("queue"), "{text}");
        let ours: Vec<_> = text.lines().filter(|line| line.starts_with("  configuration: ")).collect();
        assert_eq!(text.lines().filter(|line| anchored.kind.is_match(line)).count(), ours.len());
        let hidden = |c: char| c.is_control() && c != '\n';
        // A reservation's line begins with a tab.
        let text = text.replace("\n\t", "\n");
        assert!(!text.contains(hidden) && !text.contains('\u{202e}'), "{text:?}");
    }
}
