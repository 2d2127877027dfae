//! The text of every form and state, to the letter, and what monitors read of it.
//!
//! `golden/NAME.txt` is the text of the case NAME without its first line, the banner. After a change that is
//! meant: `SEATKEEPER_BLESS=1 cargo test -p cli --lib lmstat`; then look at what differs.

use client::Tried;
use names::Code;
use proto::v1::Waiting;

use super::states::*;
use super::*;
use crate::args::{Header, Indent, LastColumn, LingerForm, YesNo};
use crate::lmstat::json;

#[path = "../../../../../tests/support/monitors.rs"]
mod monitors;

fn style() -> Style {
    Style {
        zone: TimeZone::fixed(jiff::tz::offset(2)),
        seconds: false,
        project: false,
        is_detected: true,
        layout: LayoutArgs::default(),
    }
}

/// An older release's layout.
fn older() -> LayoutArgs {
    LayoutArgs {
        pid: YesNo::No,
        last_column: LastColumn::Vendor,
        reservation: Indent::Blanks,
        header: Header::Indented,
        linger: LingerForm::Both,
    }
}

fn parts() -> [Part; 10] {
    let none = Part { no_users: true, ..Part::default() };
    let head = Part { servers: true, vendors: true, ..none.clone() };
    let all = Part { usage: true, no_users: false, ..head.clone() };
    [
        all.clone(),
        Part { active_only: true, ..all.clone() },
        Part { feature: "mill".into(), ..all.clone() },
        Part { feature: "none".into(), ..all.clone() },
        Part { vendor: "gone".into(), ..all.clone() },
        head,
        Part { servers: true, ..none.clone() },
        Part { vendors: true, ..none.clone() },
        Part { table: true, ..none },
        Part { table: true, ..all },
    ]
}

fn lic1() -> Server {
    Server::new("lic1", 27000).unwrap()
}

fn tried(server: &Server, code: Code, os_error: Option<i32>) -> Tried {
    Tried { server: server.clone(), code, why: "x".into(), foreign: false, os_error }
}

fn answered(server: Server, reply: StatusReply) -> Answer {
    Ok(Answered { server, reply, others: Vec::new() })
}

/// A case: who is asked, and what they answer, what is shown of it and how.
struct Case {
    name: &'static str,
    groups: Vec<Vec<Server>>,
    answers: Vec<Answer>,
    part: Part,
    style: Style,
}

impl Case {
    fn new(name: &'static str, reply: StatusReply, part: &Part) -> Self {
        let (groups, answers) = (vec![vec![lic1()]], vec![answered(lic1(), reply)]);
        Self { name, groups, answers, part: part.clone(), style: style() }
    }

    fn with(mut self, change: impl FnOnce(&mut Style)) -> Self {
        change(&mut self.style);
        self
    }

    fn text(&self) -> String {
        let now = Timestamp::from_millisecond(NOW_MS).unwrap();
        render(&self.groups, &self.answers, &self.part, now, &self.style)
    }

    fn json(&self) -> serde_json::Value {
        let now = Timestamp::from_millisecond(NOW_MS).unwrap();
        let text = json::render(&self.groups, &self.answers, &self.part, now).unwrap_or_default();
        serde_json::from_str(&text).unwrap()
    }
}

/// The states that a pool can be in, as `-a` shows them.
fn states(all: &Part) -> Vec<Case> {
    let vendor_down = || {
        let mut down = reply(vec![]);
        down.vendors.retain(|vendor| !vendor.up);
        down
    };
    let n_licenses = || reply(vec![pool("mill", "11470", 9, vec![holder("kim", "ws1", ":0", 41, 9)])]);
    let one = || reply(vec![pool("mill", "11470", 1, vec![])]);
    let full = || reply(vec![pool("mill", "11470", 1, vec![holder("kim", "ws1", ":0", 41, 1)])]);
    vec![
        Case::new("full", full(), all),
        Case::new("one-license", one(), all),
        Case::new("n-licenses", n_licenses(), all),
        Case::new("queued", queued(), all),
        Case::new("reserved", reserved_seats(), all),
        Case::new("lingering", lingering(), all),
        Case::new("borrowed", borrowed(), all),
        Case::new("booked", booked(), all),
        Case::new("uncounted", uncounted(), all),
        Case::new("several", several(), all),
        Case::new("shared", shared(), all),
        Case::new("notes", notes(), all),
        Case::new("hostile", hostile(), all),
        Case::new("vendor-down", vendor_down(), all),
        Case::new("nothing", reply(vec![]), all),
    ]
}

fn cases() -> Vec<Case> {
    let [all, active, feature, no_feature, no_vendor, head, servers, vendors, table, all_and_table] = parts();
    let mut cases = states(&all);
    let users_left_out = || {
        let mut reply = busy();
        reply.pools.iter_mut().for_each(|pool| pool.holders.clear());
        reply
    };
    let mills = || {
        let mut reply = busy();
        reply.pools.retain(|pool| name_of(pool).feature == "mill");
        reply
    };
    let nobody = || {
        let mut reply = reply(vec![]);
        reply.vendors.clear();
        reply
    };
    cases.extend([
        Case::new("a", busy(), &all),
        Case::new("a-upper", busy(), &active),
        Case::new("a-no-user-info", users_left_out(), &Part { no_users: true, ..all.clone() }),
        Case::new("a-asec", busy(), &all).with(|style| style.seconds = true),
        Case::new("a-proj", notes(), &all).with(|style| style.project = true),
        Case::new("a-i", busy(), &all_and_table),
        Case::new("a-of-a-file", busy(), &all).with(|style| style.is_detected = false),
        Case::new("a-older", reserved_seats(), &all).with(|style| style.layout = older()),
        Case::new("a-flush", busy(), &all).with(|style| style.layout.header = Header::Flush),
        Case::new("f", mills(), &feature),
        Case::new("f-no-such-feature", reply(vec![]), &no_feature),
        Case::new(
            "f-no-such-feature-hostile",
            reply(vec![]),
            &Part { feature: bad_texts()[4].clone(), ..all.clone() },
        ),
        Case::new("s-upper-vendor-down", nobody(), &no_vendor),
        Case::new("s", busy(), &head),
        Case::new("lm", busy(), &servers),
        Case::new("vd", busy(), &vendors),
        Case::new("i", busy(), &table),
        Case::new("i-older", busy(), &table).with(|style| style.layout = older()),
        Case::new("linger-total", lingering(), &all).with(|style| style.layout.linger = LingerForm::Total),
        Case::new("linger-remaining", lingering(), &all)
            .with(|style| style.layout.linger = LingerForm::Remaining),
    ]);
    cases.extend(hosts(&all));
    cases
}

/// Several license hosts, some of which do not answer.
fn hosts(all: &Part) -> [Case; 4] {
    let named = |host: &str| Server::new(host, 27000).unwrap();
    let (two, three) = (named("lic2"), named("lic3"));
    let refused = |server: &Server| tried(server, Code::NoConnection, Some(111));
    let down = Error::Unreachable { tried: vec![tried(&two, Code::ServerDown, None)] };
    let none = Error::Unreachable { tried: vec![refused(&lic1()), refused(&two)] };
    let triad = Answered {
        others: vec![(two.clone(), Ok("0.1.0-dev".into())), (three.clone(), Err(refused(&three)))],
        ..answered(lic1(), busy()).unwrap()
    };
    let case = |name, groups: Vec<Vec<Server>>, answers| Case {
        name,
        groups,
        answers,
        part: all.clone(),
        style: style(),
    };
    [
        case("triad-one-down", vec![vec![lic1(), two.clone(), three]], vec![Ok(triad)]),
        case(
            "two-hosts",
            vec![vec![lic1()], vec![two.clone()]],
            vec![answered(lic1(), busy()), answered(two.clone(), queued())],
        ),
        case(
            "two-hosts-one-down",
            vec![vec![lic1()], vec![two.clone()]],
            vec![answered(lic1(), busy()), Err(down)],
        ),
        case("cannot-connect", vec![vec![lic1(), two]], vec![Err(none)]),
    ]
}

#[test]
fn every_form_is_its_golden_file_to_the_letter() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lmstat/golden");
    let bless = std::env::var_os("SEATKEEPER_BLESS").is_some();
    let mut names = Vec::new();
    for case in cases() {
        let text = case.text();
        let text = text.strip_prefix(&format!("{}\n", banner("lmutil"))).expect("the banner comes first");
        let file = folder.join(format!("{}.txt", case.name));
        if bless {
            std::fs::write(&file, text).unwrap();
        }
        let golden = std::fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(text, golden, "{} differs from its golden file", case.name);
        names.push(file);
    }
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        assert!(names.contains(&path), "{} is of no case", path.display());
    }
}

#[test]
fn monitors_read_every_form_and_count_as_json_does() {
    for mut case in cases().into_iter().filter(|case| case.part.usage && !case.part.table) {
        if ["a-asec", "linger-total", "linger-remaining"].contains(&case.name) {
            // Their forms are older, or wider, than what these monitors know.
            continue;
        }
        let (newest, report) = (case.text(), case.json());
        assert_eq!(report["schema"], "seatkeeper.lmstat/1");
        monitors::agree(&newest, &report, true);
        case.style.layout.pid = YesNo::No;
        monitors::agree(&case.text(), &report, false);
        case.style.layout = older();
        monitors::agree(&case.text(), &report, false);
        // A host of a triad that is down has a line, and nothing hidden reaches a terminal.
        let hidden = |c: char| c.is_control() && c != '\n';
        let shown = newest.replace("\n\t", "\n");
        assert!(!shown.contains(hidden) && !shown.contains('\u{202e}'), "{shown:?}");
        assert!(newest.lines().all(|line| line.len() < 40_000), "no line without end");
    }
}

/// Random names of the characters and words that lines are made of; the seed is in the message.
#[test]
fn no_name_is_read_as_something_else() {
    let words = [
        " ",
        "  ",
        "(",
        ")",
        ",",
        ", start ",
        "Mon 1/1 1:00",
        "(v1)",
        "(h/1 2)",
        "queued for 3 licenses",
        "\n",
        "\t",
        "\u{1b}[31m",
        "9 RESERVATIONs for HOST x",
        "Users of a:",
        "\"",
        "'",
        "kim",
        ":0",
        "vendor:",
        ";",
        "(linger: 1 / 2)",
        ", PID: 7",
        "\\",
        "\u{9b}",
        "\u{2028}",
        "1",
        ".",
        "-",
        "/",
        ", 5 licenses",
    ];
    let [all, ..] = parts();
    for seed in 1..=200_u64 {
        let mut state = seed;
        let mut random = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap() % below
        };
        let mut text = || (0..random(9)).map(|_| words[random(words.len())]).collect::<String>();
        let texts: Vec<String> = (0..5).map(|_| text()).collect();
        let mut one = holder(&texts[0], &texts[1], &texts[2], seed, 2);
        one.data.clone_from(&texts[3]);
        one.project.clone_from(&texts[4]);
        let mut reply = reply(vec![pool("mill", "11470", 9, vec![one])]);
        reply.pools[0].waiting = vec![Waiting {
            user: texts[4].clone(),
            host: texts[3].clone(),
            display: texts[2].clone(),
            data: texts[0].clone(),
            version: texts[1].clone(),
            seats: 3,
            ..Waiting::default()
        }];
        reply.pools[0].vendor_string = format!("a{}", texts[2]);
        let mut case = Case::new("random", reply, &all).with(|style| style.project = true);
        let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            monitors::agree(&case.text(), &case.json(), true);
            case.style.layout.pid = YesNo::No;
            monitors::agree(&case.text(), &case.json(), false);
        }));
        assert!(found.is_ok(), "seed {seed} of no_name_is_read_as_something_else: {texts:?}");
    }
}

#[test]
fn times_have_seconds_when_asked() {
    let seconds = Style { seconds: true, ..style() };
    assert_eq!(start(NOW_MS, &seconds), "Wed 10/20 9:03:45");
    assert_eq!(start(NOW_MS, &style()), "Wed 10/20 9:03");
    assert_eq!(start(i64::MAX, &style()), "Thu 1/1 2:00");
}

#[test]
fn free_text_is_no_users_line() {
    for (text, shown) in [
        ("tier=gold (a) b", "tier=gold (a) b"),
        ("(v1) (h/1 2), start Mon", "(v1)_(h/1 2),start Mon"),
        ("a)  \t(b)(c", "a)_(b)(c"),
        ("\u{1b}[2J", "?[2J"),
    ] {
        assert_eq!(harmless(text, 100), shown);
    }
}

#[test]
fn the_table_of_i_is_read_in_both_orders() {
    let new = regex::Regex::new(r"^(\S+)\s+([\d.]+)\s+(\d+)\s+(\w+)\s+([\w\s()-]+)$").unwrap();
    let old = regex::Regex::new(r"^(\S+)\s+([\d.]+)\s+(\d+)\s+([\w-]+)\s+(\w+)$").unwrap();
    let [.., table, _] = parts();
    let mut case = Case::new("i", busy(), &table);
    assert_eq!(case.text().lines().filter(|row| new.is_match(row)).count(), 5);
    case.style.layout = older();
    assert_eq!(case.text().lines().filter(|row| old.is_match(row)).count(), 5);
}
