//! A past that our own engine made, written as FlexNet writes it: a rehearsal finds nothing different.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use names::{Date, Feature, SeatCount, Vendor, Version};
use service::{Place, Rehearsal, Taken, Took, Wanted};

use super::*;

const LICENSE: &str = "SERVER lic1 02fc00000001 27000\nVENDOR acmed\nUSE_SERVER\n\
    INCREMENT mill acmed 4.2 31-dec-2027 5 SIGN=00\n\
    INCREMENT mill acmed 5.0 3-mar-2026 3 SIGN=00\n\
    INCREMENT lathe acmed 2.0 permanent 4 DUP_GROUP=UH OVERDRAFT=1 HOSTID=ID=5 SIGN=00\n\
    INCREMENT drill acmed 2.0 permanent 6 DUP_GROUP=V SIGN=00\n\
    INCREMENT view acmed 1.0 permanent uncounted HOSTID=ANY SIGN=00\n";
const OPTIONS: &str = "GROUP cad kim lee\nRESERVE 2 mill GROUP cad\nMAX 2 lathe USER ada\nMAX 3 drill HOST ws1\n\
    EXCLUDE mill:VERSION=5.0 USER osman\nINCLUDE drill GROUP cad\nINCLUDE drill USER ada\nLINGER lathe 400\n\
    LINGER mill:VERSION=4.2 90\nRESERVE 1 drill USER ada\n";
const USERS: [&str; 5] = ["kim", "lee", "ada", "osman", "LOCAL SERVICE"];
const HOSTS: [&str; 3] = ["ws1", "ws2", "r01.example.net"];
const FEATURES: [&str; 5] = ["mill", "lathe", "drill", "view", "none"];
/// Whose, of what, how many, with what data.
type Key = (&'static str, &'static str, &'static str, u32, Option<&'static str>);

/// SplitMix64.
struct Rng(u64);

impl Rng {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()]
    }
}

/// A server's past.
struct Past {
    rng: Rng,
    rehearsal: Rehearsal,
    second: u32,
    day: i32,
    log: String,
    held: BTreeMap<Key, Vec<Taken>>,
    waits: Vec<(Key, Place)>,
}

impl Past {
    fn of(seed: u64, site: &site::Site, steps: u32) -> String {
        let begin = Date::new(2026, 3, 2).unwrap();
        let rehearsal = Rehearsal::new(site.in_force.clone(), begin.start()).unwrap();
        let (held, waits, day) = (BTreeMap::new(), Vec::new(), begin.days());
        let mut past = Self { rng: Rng(seed), rehearsal, second: 0, day, log: String::new(), held, waits };
        past.line("lmgrd", "TIMESTAMP 3/2/2026");
        for _ in 0..steps {
            past.step();
        }
        past.log
    }

    fn line(&mut self, daemon: &str, message: &str) {
        let s = self.second;
        let _ = writeln!(self.log, "{:2}:{:02}:{:02} ({daemon}) {message}", s / 3_600, s / 60 % 60, s % 60);
    }

    fn event(&mut self, word: &str, key: Key, reason: &str) {
        let (user, host, feature, seats, data) = key;
        let data = data.map_or(String::new(), |data| format!(" [{data}]"));
        let seats = if seats == 1 { String::new() } else { format!("  ({seats} licenses)") };
        self.line("acmed", &format!("{word}: \"{feature}\" {user}@{host}{data}{seats}{reason}"));
    }

    fn step(&mut self) {
        let wait = if self.rng.below(8) == 0 { 20_000 } else { 120 };
        // Behind one who leaves the line.
        self.second += 3 + u32::try_from(self.rng.below(wait)).unwrap();
        if self.second >= 86_400 {
            (self.second, self.day) = (self.second - 86_400, self.day + 1);
        }
        let start = Date::from_days(self.day).unwrap().start();
        self.rehearsal.go_on(Wall(start.0 + i64::from(self.second) * 1_000));
        self.settle();
        match self.rng.below(10) {
            0..4 => self.back(),
            4 if !self.waits.is_empty() => {
                let at = usize::try_from(self.rng.below(self.waits.len() as u64)).unwrap();
                // The log does not tell two places of one asker apart: the older is meant.
                let key = self.waits[at].0;
                let at =
                    self.waits.iter().position(|(of, _)| of.0 == key.0 && of.1 == key.1 && of.2 == key.2);
                let (key, place) = self.waits.remove(at.unwrap());
                self.rehearsal.leave(place);
                self.event("DEQUEUED", key, "");
                self.settle();
            }
            _ => self.take(),
        }
    }

    fn settle(&mut self) {
        let settled: Vec<_> = self.rehearsal.take_settled().collect();
        for (place, taken) in settled {
            let at = self.waits.iter().position(|(_, of)| *of == place).unwrap();
            let (key, _) = self.waits.remove(at);
            let Some(taken) = taken else { continue };
            self.event("DEQUEUED", key, "");
            self.event("OUT", key, "");
            self.held.entry(key).or_default().push(taken);
        }
    }

    /// The oldest checkout of somebody's comes back.
    fn back(&mut self) {
        let keys: Vec<Key> = self.held.keys().copied().collect();
        if keys.is_empty() {
            return;
        }
        let key = self.rng.pick(&keys);
        let all = self.held.get_mut(&key).unwrap();
        let taken = all.remove(0);
        if all.is_empty() {
            self.held.remove(&key);
        }
        self.event("IN", key, "");
        self.rehearsal.give_back(&taken);
        self.settle();
    }

    fn take(&mut self) {
        let (user, host) = (self.rng.pick(&USERS), self.rng.pick(&HOSTS));
        let feature = self.rng.pick(&FEATURES);
        let seats = self.rng.pick(&[1, 1, 1, 2, 9]);
        let data = self.rng.pick(&[None, None, Some("plan 9")]);
        let key = (user, host, feature, seats, data);
        let wanted = Wanted {
            user,
            host,
            project: "",
            address: None,
            vendor: &Vendor::new("acmed").unwrap(),
            feature: &Feature::new(feature).unwrap(),
            version: &Version::new("0").unwrap(),
            seats: SeatCount::new(u64::from(seats)).unwrap(),
            data,
            waits: self.rng.below(4) == 0,
        };
        match self.rehearsal.take(&wanted) {
            Took::Seats(taken) => {
                self.event("OUT", key, "");
                self.held.entry(key).or_default().push(taken);
            }
            Took::Place(place) => {
                self.event("QUEUED", key, "");
                self.waits.push((key, place));
            }
            Took::Refused(refused) => {
                let word = if refused.code.number() == -5 { "UNSUPPORTED" } else { "DENIED" };
                let reason = format!("  ({} ({},342))", refused.code.text(), refused.code.number());
                self.event(word, key, &reason);
            }
        }
        self.settle();
    }
}

fn args(folder: &std::path::Path) -> RehearseArgs {
    let file = |name: &str| -> PathBuf { folder.join(name) };
    RehearseArgs {
        log: vec![file("lmgrd.log")],
        pack: vec![file("old.lic")],
        options: Some(file("acmed.opt")),
        vendor: None,
        zone: Some("UTC".to_owned()),
        from_date: None,
        all: true,
        json: false,
    }
}

#[test]
fn a_past_of_our_own_is_rehearsed_without_a_difference() {
    let folder = tempfile::tempdir().unwrap();
    let args = args(folder.path());
    std::fs::write(folder.path().join("old.lic"), LICENSE).unwrap();
    std::fs::write(folder.path().join("acmed.opt"), OPTIONS).unwrap();
    let site = site::Site::read(&args).unwrap();
    let said = std::env::var("REHEARSE_SEED").ok().map(|seed| seed.parse().unwrap());
    let seeds = said.map_or(0..60_u64, |seed| seed..seed + 1);
    let (mut events, mut refused) = (0, 0);
    for seed in seeds {
        let log = Past::of(seed, &site, 300);
        std::fs::write(folder.path().join("lmgrd.log"), &log).unwrap();
        let (report, found) = found_of(&args, &site);
        assert_eq!(
            (found.differences(), found.unread, found.without_out, found.held_before, found.passed_over),
            (0, 0, 0, 0, 0),
            "{report}\nagain: REHEARSE_SEED={seed} cargo test -p cli --lib a_past_of_our_own"
        );
        assert_eq!(found.events.values().sum::<u64>() + 1, log.lines().count() as u64);
        events += found.events.values().sum::<u64>();
        refused += found.same_denials;
    }
    assert!(said.is_some() || (events > 15_000 && refused > 1_000), "{events} {refused}");
}

fn found_of(args: &RehearseArgs, site: &site::Site) -> (String, found::Found) {
    let zone = zone::Zone::named(args.zone.as_deref()).unwrap();
    let log = log::Log::open(&args.log).unwrap();
    let survey = Survey::of(&log, site, &zone, None).unwrap();
    let mut replay = Replay::new(site, survey.begin.unwrap(), 3).unwrap();
    replay.held_before(&survey);
    log.read(survey.first_day, &zone, |entry| replay.entry(entry)).unwrap();
    let found = replay.finish();
    let text = text::Report { log: &log, site, zone: &zone, survey: &survey, found: &found }.text();
    (text, found)
}

#[test]
fn differences_are_counted_all_and_kept_up_to_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let args = args(folder.path());
    std::fs::write(folder.path().join("old.lic"), LICENSE).unwrap();
    std::fs::write(folder.path().join("acmed.opt"), "").unwrap();
    let line = "8:00:00 (acmed) DENIED: \"mill\" kim@ws1  (No. (-38,1))\n";
    std::fs::write(folder.path().join("lmgrd.log"), line.repeat(5)).unwrap();
    let site = site::Site::read(&args).unwrap();
    let (text, found) = found_of(&args, &site);
    assert_eq!((found.differences(), found.shown.len()), (5, 3));
    assert!(text.contains("and 2 more") && text.contains("no line says a day"), "{text}");
    assert!(text.contains("does not tell: HOSTID"), "{text}");
}

#[test]
fn a_forked_copy_that_begins_frees_nothing_and_what_is_not_licensed_is_named_up_to_a_number() {
    let folder = tempfile::tempdir().unwrap();
    let args = args(folder.path());
    std::fs::write(folder.path().join("old.lic"), LICENSE).unwrap();
    std::fs::write(folder.path().join("acmed.opt"), "").unwrap();
    let site = site::Site::read(&args).unwrap();
    let mut freed = Vec::new();
    for daemon in ["acmed_2", "acmed"] {
        let mut log = format!(
            "8:00:00 (lmgrd) TIMESTAMP 3/2/2026\n8:00:00 (acmed_2) OUT: \"mill\" kim@ws1\n\
             8:00:01 ({daemon}) Server started on lic1 for: mill\n"
        );
        for n in 0..25 {
            let _ =
                writeln!(log, "8:00:02 (d{n}) OUT: \"mill\" kim@ws1\n8:00:02 (acmed) OUT: \"f{n}\" kim@ws1");
        }
        std::fs::write(folder.path().join("lmgrd.log"), log).unwrap();
        let (text, found) = found_of(&args, &site);
        freed.push(found.freed_by_start);
        assert_eq!(text.matches("which is in no license line").count(), 20, "{text}");
        assert!(
            text.contains("events of 5 more features") && text.contains("events of 5 more such daemons"),
            "{text}"
        );
    }
    assert_eq!(freed, [0, 1]);
}

#[test]
fn a_pack_that_is_not_signed_yet_has_its_seats() {
    let folder = tempfile::tempdir().unwrap();
    let args = args(folder.path());
    let pack = "SERVER this_host HOSTID_HERE\nVENDOR acmed\nINCREMENT mill acmed 4.2 permanent 1 CONFIG_ID=1 SEAT=FLOATING\n";
    std::fs::write(folder.path().join("old.lic"), pack).unwrap();
    std::fs::write(folder.path().join("acmed.opt"), "").unwrap();
    let log = "8:00:00 (acmed) OUT: \"mill\" kim@ws1\n8:00:01 (acmed) OUT: \"mill\" lee@ws2\n";
    std::fs::write(folder.path().join("lmgrd.log"), log).unwrap();
    let (text, found) = found_of(&args, &site::Site::read(&args).unwrap());
    assert_eq!((found.same_grants, found.differences()), (1, 1), "{text}");
    assert!(text.contains("it names no license host yet; taken to be of the log's"), "{text}");
}
