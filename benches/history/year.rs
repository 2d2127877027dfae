//! A year that is made up.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use history::usage::{self, Bounds, Folder, NONE, Num, Table, Text};
use jiff::ToSpan as _;
use jiff::civil::Date;

const FEATURES: usize = 200;
const USERS: u64 = 5_000;
const HOSTS: u64 = 2_000;
const DAYS: u64 = 365;
const DAY_MS: i64 = 86_400_000;
/// 1-jan-2026, a Thursday.
const BEGIN: i64 = 1_767_225_600_000;
/// Rows of a part, as the daemon has it.
const PART_ROWS: usize = 65_536;
/// Events that a checkout makes, about.
const EVENTS_EACH: f64 = 2.51;
/// How long a seat is held on average, in hours.
const HELD_HOURS: f64 = 0.75;
/// How busy each hour of a working day is.
const RHYTHM: [f64; 24] = [
    0.4, 0.3, 0.3, 0.3, 0.4, 0.6, 1.0, 3.0, 7.0, 9.5, 10.0, 9.5, 7.0, 8.5, 10.0, 9.5, 8.0, 5.5, 3.0, 2.0,
    1.5, 1.2, 0.9, 0.6,
];

struct Random(u64);

impl Random {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        self.next(1 << 32) as f64 / (1_u64 << 32) as f64
    }

    /// A length with this mean; many are short and few are long.
    fn length(&mut self, mean: f64) -> i64 {
        (-mean * (1.0 - self.share()).ln()) as i64 + 1
    }
}

/// What will happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Return { grant: i64, since: i64, user: u64, feature: usize, session: i64, is_borrowed: bool },
    Ask { user: u64, feature: usize, tries: u8 },
}

struct Year {
    folder: Folder,
    random: Random,
    table: Table,
    seq: i64,
    from: i64,
    in_use: Vec<i64>,
    limit: Vec<i64>,
    coming: BinaryHeap<Reverse<(i64, Next)>>,
    /// Of each feature, how often it is wanted, summed up.
    wanted: Vec<f64>,
}

/// Writes a year with so many events, about; gives how many there are, and how long it took.
pub(crate) fn write(folder: &Path, events: u64) -> (u64, Duration) {
    let began = Instant::now();
    let folder = Folder::new(folder);
    let a_day = events as f64 / DAYS as f64 / EVENTS_EACH;
    let mut year = Year::new(folder.clone(), a_day);
    let (is_over, day) = (AtomicBool::new(false), std::sync::atomic::AtomicU64::new(0));
    let bounds = Bounds { days: 10_000, bytes: u64::MAX };
    std::thread::scope(|scope| {
        // As the daemon does: beside it.
        let merging = scope.spawn(|| {
            loop {
                let last = is_over.load(Ordering::Acquire);
                let today = Date::constant(2026, 1, 1) + day.load(Ordering::Acquire).cast_signed().days();
                usage::tidy(&folder, bounds, today, &AtomicBool::new(false)).unwrap();
                if last {
                    return;
                }
                std::thread::park_timeout(Duration::from_millis(200));
            }
        });
        for n in 0..DAYS {
            day.store(n, Ordering::Release);
            year.day(n.cast_signed(), a_day);
        }
        year.seal();
        day.store(DAYS, Ordering::Release);
        is_over.store(true, Ordering::Release);
        merging.thread().unpark();
    });
    (year.seq.cast_unsigned(), began.elapsed())
}

impl Year {
    fn new(folder: Folder, a_day: f64) -> Self {
        let (mut wanted, mut sum) = (Vec::new(), 0.0);
        for n in 0..FEATURES {
            sum += 1.0 / (n as f64 + 3.0);
            wanted.push(sum);
        }
        let busiest = a_day * 10.0 / RHYTHM.iter().sum::<f64>() * HELD_HOURS * 1.25;
        let limit = (0..FEATURES).map(|n| (busiest / (n as f64 + 3.0) / sum * 1.08) as i64 + 2).collect();
        let (coming, in_use) = (BinaryHeap::new(), vec![0; FEATURES]);
        let random = Random(6);
        Self { folder, random, table: Table::default(), seq: 0, from: 1, in_use, limit, coming, wanted }
    }

    /// A day: what is asked for in each minute, and what comes of it.
    fn day(&mut self, day: i64, a_day: f64) {
        let is_weekend = matches!((day + 3) % 7, 5 | 6);
        let busy = if is_weekend { 0.12 } else { 1.35 } / RHYTHM.iter().sum::<f64>() / 60.0;
        for minute in 0..1_440_i64 {
            let start = BEGIN + day * DAY_MS + minute * 60_000;
            let mean = a_day * RHYTHM[(minute / 60).cast_unsigned() as usize] * busy;
            let asked = mean as u64 + u64::from(self.random.share() < mean.fract());
            for _ in 0..asked {
                let at = start + self.random.next(60_000).cast_signed();
                let user = (self.random.share().powi(2) * USERS as f64) as u64;
                let wanted = self.random.share() * self.wanted.last().unwrap();
                let feature = self.wanted.partition_point(|sum| *sum < wanted).min(FEATURES - 1);
                self.coming.push(Reverse((at, Next::Ask { user, feature, tries: 0 })));
            }
            while let Some(Reverse((at, next))) =
                self.coming.peek().copied().filter(|next| next.0.0 < start + 60_000)
            {
                self.coming.pop();
                self.happens(at, next);
            }
        }
    }

    fn happens(&mut self, at: i64, next: Next) {
        match next {
            Next::Return { grant, since, user, feature, session, is_borrowed } => {
                self.in_use[feature] -= 1;
                let how = if is_borrowed { "borrowed" } else { "floating" };
                let reason = if is_borrowed { "borrow-ended" } else { "checkin" };
                self.row(
                    at,
                    "returned",
                    user,
                    feature,
                    session,
                    |numbers| {
                        (numbers[Num::Grant as usize], numbers[Num::HeldMs as usize]) = (grant, at - since);
                    },
                    &[(Text::How, how), (Text::Reason, reason)],
                );
                if self.random.next(4) == 0 {
                    self.row(
                        at,
                        "session-ended",
                        user,
                        FEATURES,
                        session,
                        |_| (),
                        &[(Text::Reason, "closed")],
                    );
                }
            }
            Next::Ask { user, feature, tries } => {
                let session = self.random.next(u64::MAX).cast_signed();
                if self.in_use[feature] >= self.limit[feature] {
                    let reason = names::Code::AllTaken.text();
                    self.row(
                        at,
                        "denied",
                        user,
                        feature,
                        session,
                        |n| n[Num::Code as usize] = -4,
                        &[(Text::Reason, reason)],
                    );
                    if tries < 5 && self.random.next(3) > 0 {
                        let again = at + self.random.length(120_000.0);
                        self.coming.push(Reverse((again, Next::Ask { user, feature, tries: tries + 1 })));
                    }
                    return;
                }
                if self.random.next(4) == 0 {
                    self.row(at, "session-opened", user, FEATURES, session, |_| (), &[]);
                }
                self.in_use[feature] += 1;
                let is_borrowed = self.random.next(1_000) == 0;
                let (grant, how) = (self.seq + 1, if is_borrowed { "borrowed" } else { "floating" });
                let held = if is_borrowed { 3.0 * 86_400_000.0 } else { HELD_HOURS * 3_600_000.0 };
                let end = at + self.random.length(held);
                self.row(
                    at,
                    "granted",
                    user,
                    feature,
                    session,
                    |n| {
                        n[Num::Grant as usize] = grant;
                        if is_borrowed {
                            n[Num::Until as usize] = end;
                        }
                    },
                    &[(Text::How, how)],
                );
                let next = Next::Return { grant, since: at, user, feature, session, is_borrowed };
                self.coming.push(Reverse((end, next)));
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a row has many columns")]
    fn row(
        &mut self,
        at: i64,
        kind: &str,
        user: u64,
        feature: usize,
        session: i64,
        fill: impl FnOnce(&mut [i64; Num::COUNT]),
        more: &[(Text, &str)],
    ) {
        self.seq += 1;
        let (mut numbers, mut texts) = ([NONE; Num::COUNT], [0; Text::COUNT]);
        for (num, value) in
            [(Num::Seq, self.seq), (Num::Time, at), (Num::Offset, 60), (Num::Session, session)]
        {
            numbers[num as usize] = value;
        }
        let host = user * 7 % HOSTS;
        let mut put =
            |text: Text, value: &str| texts[text as usize] = self.table.text_mut(text).id(value.as_bytes());
        put(Text::Kind, kind);
        put(Text::User, &format!("user{user}"));
        put(Text::Host, &format!("ws{host:04}"));
        put(Text::Display, ":0");
        put(Text::Address, &format!("10.8.{}.{}", host / 250, host % 250));
        put(Text::Project, ["plant", "bridge", "tools", "press"][(user % 4) as usize]);
        put(Text::Application, "cad");
        if feature < FEATURES {
            let vendor = ["acmed", "otherd", "thirdd"][feature % 3];
            for (text, value) in [
                (Text::Vendor, vendor),
                (Text::Feature, &format!("feature{feature}")),
                (Text::Version, "4.2"),
            ] {
                put(text, value);
            }
            numbers[Num::Seats as usize] = 1;
            if kind != "denied" {
                put(Text::Configuration, "11470");
                put(Text::CpuId, "02aa10203040");
                numbers[Num::InUse as usize] = self.in_use[feature];
                numbers[Num::Limit as usize] = self.limit[feature];
            }
        }
        for (text, value) in more {
            put(*text, value);
        }
        fill(&mut numbers);
        self.table.push(&numbers, &texts);
        if self.table.rows() == PART_ROWS {
            self.seal();
        }
    }

    fn seal(&mut self) {
        let Some(first) = self.table.num(Num::Time).first() else { return };
        let day = Date::constant(2026, 1, 1) + ((first - BEGIN) / DAY_MS).days();
        let (from, to) = (self.from.cast_unsigned(), self.seq.cast_unsigned());
        usage::write(&self.folder.file(day, from, to), from, to, [&self.table]).unwrap();
        self.table.clear();
        self.from = self.seq + 1;
    }
}
