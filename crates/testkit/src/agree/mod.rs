//! What an options file is said to do (`options try`), what `explain` says, and what a checkout is told,
//! held against each other on small random sites.
//!
//! ```text
//!  seed ─▶ license, options files ─┬─▶ service: try_out ───────────────┬─▶ equal, pool by pool
//!          people, what they do    ├─▶ an empty host: explain, checkout ┘
//!                                  └─▶ a host in use: explain ─▶ checkout: equal, each time
//! ```
//!
//! Rules, licenses and the engine are the code that ships. What is found is made as short as it gets, and
//! its seed shows it again.

mod empty;
mod host;
mod site;

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::{Duration, Instant};

use names::SessionId;
use seats::Checkout;

use self::host::{Host, Told, in_force};
use self::site::{Op, Site};
use crate::seeds;

/// Sites that are tried to make one finding shorter, at most.
const TRIES: usize = 500;

/// A site on which two answers differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// Which site.
    pub seed: u64,
    /// What was said, and what else.
    pub what: String,
    /// The site, as short as it got.
    pub site: String,
}

impl std::fmt::Display for Disagreement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.what)?;
        write!(f, "{}", self.site)?;
        write!(f, "to see it again: cargo xtask simulate --agree --seed {}", self.seed)
    }
}

/// What many sites came to.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// How many sites there were.
    pub sites: u64,
    /// Checkouts that were explained before.
    pub asked: u64,
    /// Of these granted.
    pub granted: u64,
    /// Of these queued.
    pub queued: u64,
    /// Of these denied, by code.
    pub denied: BTreeMap<i32, u64>,
    /// Questions of `options try`, of one person, feature and pool each.
    pub tried: u64,
    /// Of these refused, by code.
    pub refused: BTreeMap<i32, u64>,
    /// RESERVE and MAX lines that a tried seat was charged to.
    pub charged: u64,
    /// What was found, by seed. Each thread stops at its first.
    pub disagreements: Vec<Disagreement>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Summary {
    fn add(&mut self, other: Self) {
        self.sites += other.sites;
        self.asked += other.asked;
        self.granted += other.granted;
        self.queued += other.queued;
        self.tried += other.tried;
        self.charged += other.charged;
        for (mine, others) in [(&mut self.denied, other.denied), (&mut self.refused, other.refused)] {
            others.into_iter().for_each(|(code, n)| *mine.entry(code).or_default() += n);
        }
        self.disagreements.extend(other.disagreements);
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { sites, asked, granted, queued, tried, charged, disagreements, .. } = self;
        let by_code = |codes: &BTreeMap<i32, u64>| {
            codes.iter().map(|(code, n)| format!("{n} with {code}")).collect::<Vec<_>>().join(", ")
        };
        writeln!(f, "checkouts denied: {}", by_code(&self.denied))?;
        writeln!(f, "tries refused: {}", by_code(&self.refused))?;
        write!(
            f,
            "{sites} sites: {asked} checkouts explained before ({granted} granted, {queued} queued), {tried} tries \
             ({charged} charges), {} disagreements, {:.1} s",
            disagreements.len(),
            self.elapsed.as_secs_f64()
        )
    }
}

/// Looks at the sites of the seeds in turn, on two threads, until they are done, `budget` is used up, or
/// on one of them two answers differ.
#[must_use]
pub fn simulate(range: Range<u64>, budget: Option<Duration>) -> Summary {
    let began = Instant::now();
    let mut all = Summary::default();
    for one in seeds::each(range, budget, run) {
        all.add(one);
    }
    all.disagreements.sort_by_key(|found| found.seed);
    all.elapsed = began.elapsed();
    all
}

/// Looks at one site; true where answers differ.
fn run(seed: u64, summary: &mut Summary) -> bool {
    let site = Site::new(seed);
    summary.sites += 1;
    let Err(what) = look(&site, summary) else { return false };
    let (site, what) = shrink(site, what);
    summary.disagreements.push(Disagreement { seed, what, site: site.to_string() });
    true
}

/// Looks for answers that differ.
fn look(site: &Site, summary: &mut Summary) -> Result<(), String> {
    for options in 0..site.options.len() {
        empty::look(site, options, summary)?;
    }
    in_use(site, summary)
}

/// On a host in use: `explain` just before each checkout, and the checkout.
fn in_use(site: &Site, summary: &mut Summary) -> Result<(), String> {
    let mut host = Host::new(in_force(site, 0)?, &site.people);
    for op in &site.history {
        host.happen(op, site)?;
        let Op::Checkout { who, wish } = op else { continue };
        let ask = host.checkout(*who, wish);
        let before = host.engine.state().fingerprint();
        // MAX_CONNECTIONS counts sessions, and over the wire nobody asks in one.
        let is_new = host.engine.state().held(ask.session).next().is_none();
        let elsewhere = Checkout { session: SessionId(0), ..ask.clone() };
        let over_the_wire = host.explained(*who, &elsewhere);
        let explained = host.explained(*who, &ask);
        let state = host.engine.state();
        if state.fingerprint() != before {
            return Err(format!("{op:?}: explain changed the state"));
        }
        state.check().map_err(|broken| format!("{op:?}: {broken}"))?;
        let told = host.checked_out(ask);
        summary.asked += 1;
        match &told {
            Told::Granted(_) => summary.granted += 1,
            Told::Queued => summary.queued += 1,
            Told::Denied(denial) => *summary.denied.entry(denial.code.number()).or_default() += 1,
        }
        let agrees = |said: &Told| match (&told, said) {
            (Told::Queued, Told::Denied(denial)) => may_wait(denial),
            (told, said) => told == said,
        };
        if !agrees(&explained) || (is_new && !agrees(&over_the_wire)) {
            return Err(format!(
                "{op:?}: explained as {explained:?}, over the wire as {over_the_wire:?}, and told {told:?}"
            ));
        }
    }
    Ok(())
}

/// Whether a denial is of what a wait may mend.
fn may_wait(denial: &seats::Denial) -> bool {
    [-4, -24, -87, -101, -106].contains(&denial.code.number())
}

/// Leaves out lines, people and what happens, as long as answers still differ.
fn shrink(mut site: Site, mut what: String) -> (Site, String) {
    let mut tries = 0;
    loop {
        let smaller = smaller(&site);
        let before = tries;
        let found = smaller.into_iter().take(TRIES.saturating_sub(before)).find_map(|site| {
            tries += 1;
            in_force(&site, 0).and(in_force(&site, 1)).ok()?;
            Some((look(&site, &mut Summary::default()).err()?, site))
        });
        match found {
            Some(found) => (what, site) = found,
            None => return (site, what),
        }
    }
}

/// The site without one thing, each.
fn smaller(site: &Site) -> Vec<Site> {
    let mut all = Vec::new();
    let mut without = |len: usize, cut: &dyn Fn(&mut Site, usize)| {
        for at in (0..len).rev() {
            let mut site = site.clone();
            cut(&mut site, at);
            all.push(site);
        }
    };
    without(site.history.len(), &|site, at| {
        site.history.remove(at);
    });
    for options in 0..site.options.len() {
        let len = site.options.get(options).map_or(0, Vec::len);
        without(len, &|site, at| {
            if let Some(lines) = site.options.get_mut(options) {
                lines.remove(at);
            }
        });
    }
    // SERVER and VENDOR stay, and one line that gives something.
    let lines = site.license.len().saturating_sub(2);
    without(if lines > 1 { lines } else { 0 }, &|site, at| {
        site.license.remove(at + 2);
    });
    all
}
