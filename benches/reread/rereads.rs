//! Who changes the files and has them read again.

use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use client::Admin;
use proto::v1;

use crate::files;
use crate::support::Site;

/// Different files; they come round again.
const KINDS: usize = 8;
/// How often they are read again in a phase that has rereads.
const EVERY: Duration = Duration::from_secs(1);
/// When in a phase the first reread comes.
const FIRST: Duration = Duration::from_millis(300);

/// Files that are ready to be put in place, so that signing them is not in the way.
pub(crate) struct Rereads {
    folder: PathBuf,
    socket: PathBuf,
    files: Vec<(Vec<u8>, String)>,
}

/// What the rereads found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    rereads: usize,
    /// How long each took, for the administrator.
    took: Vec<Duration>,
    pub(crate) longest_away: Duration,
    /// The longest before the first reread.
    away_before: Duration,
    /// How long the owner waited for a core, which the daemon cannot help.
    no_core: Duration,
}

impl Rereads {
    pub(crate) fn prepare(site: &Site, holders: usize, counts_all: bool) -> Self {
        // One more than the pack that the site began with, and so on.
        let options = |k: usize| files::options(k, holders, counts_all && k % 2 == 1);
        let file = |k: usize| (site.sign("P-0", &files::pack(k, holders)), options(k));
        Self {
            folder: site.path("licenses"),
            socket: site.path("admin.sock"),
            files: (0..KINDS).map(file).collect(),
        }
    }

    /// Rereads in every second of the phases that are to come from `first` on.
    pub(crate) fn spawn(self, first: Instant, phase: Duration, rounds: u32, pid: u32) -> JoinHandle<Found> {
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let mut admin = Admin::connect(&self.socket).await.unwrap();
                tokio::time::sleep_until(first.into()).await;
                let waited = no_core(pid);
                let away_before = away(&mut admin).await;
                let mut found = Found { away_before, ..Found::default() };
                for round in 0..rounds {
                    let begin = first + phase * (2 * round + 1);
                    let mut at = begin + FIRST;
                    while at + FIRST <= begin + phase {
                        tokio::time::sleep_until(at.into()).await;
                        found.rereads += 1;
                        found.took.push(self.reread(&mut admin, found.rereads).await);
                        at += EVERY;
                    }
                }
                tokio::time::sleep_until((first + phase * (2 * rounds)).into()).await;
                found.longest_away = away(&mut admin).await;
                found.no_core = no_core(pid) - waited;
                found
            })
        })
    }

    async fn reread(&self, admin: &mut Admin, k: usize) -> Duration {
        let (pack, options) = self.files.get(k % KINDS).unwrap();
        std::fs::write(self.folder.join("pack-0.lic"), pack).unwrap();
        std::fs::write(self.folder.join("acmed.opt"), options).unwrap();
        let began = Instant::now();
        let told = admin.reread(v1::RereadRequest { drop: false, dry_run: false }).await.unwrap();
        assert!(told.in_force && !told.changes.is_empty(), "{told:?}");
        began.elapsed()
    }
}

async fn away(admin: &mut Admin) -> Duration {
    Duration::from_micros(admin.info(v1::InfoRequest {}).await.unwrap().longest_away_us)
}

/// How long the daemon's owner has waited for a core.
fn no_core(pid: u32) -> Duration {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten().map(|task| task.path());
    let is_owner =
        |path: &PathBuf| std::fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim() == "owner");
    let owner = tasks.into_iter().find(is_owner);
    let told =
        owner.and_then(|path| std::fs::read_to_string(path.join("schedstat")).ok()).unwrap_or_default();
    Duration::from_nanos(told.split_whitespace().nth(1).and_then(|ns| ns.parse().ok()).unwrap_or(0))
}

impl Found {
    pub(crate) fn print(&self) {
        let ms = |took: Duration| took.as_secs_f64() * 1e3;
        let longest = self.took.iter().max().copied().unwrap_or_default();
        println!(
            "{} rereads, the longest {:.0} ms for the administrator; the owner was away at most {:.1} ms, {:.1} ms before \
             the first; it waited {:.0} ms for a core",
            self.rereads,
            ms(longest),
            ms(self.longest_away),
            ms(self.away_before),
            ms(self.no_core),
        );
    }
}
