//! `fuzz`: files that are nearly good, each made from a seed, and what must hold of them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use testkit::fuzz::{Failure, Finding, Originals, Summary, check, fuzz, minimise};

use crate::cargo::target_folder;
use crate::say;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose reader.
    what: What,
    /// Begin with no more files after so long.
    #[arg(long, visible_alias = "budget", default_value_t = 60, value_name = "N")]
    seconds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0, value_name = "SEED")]
    from: u64,
    /// Try this one seed.
    #[arg(long, value_name = "SEED", conflicts_with_all = ["seconds", "from"])]
    seed: Option<u64>,
    /// Try this one file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seconds", "from", "seed"])]
    input: Option<PathBuf>,
}

/// What reads files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// License packs.
    License,
}

/// Where files that the mutations begin with are.
const ORIGINALS: [&str; 3] = ["crates/license/tests/golden", "crates/license/tests/forms", "examples/packs"];
/// Panics that are shown; minimising makes many of one.
const PANICS_SHOWN: usize = 3;

/// Tries files. True when nothing was found that must not be.
///
/// # Errors
/// When files cannot be read or written, or nothing was tried.
pub(crate) fn run(root: &Path, args: &Args) -> Result<bool> {
    show_few_panics();
    let What::License = args.what;
    let originals = originals(root)?;
    if let Some(path) = &args.input {
        let bytes = std::fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        return Ok(replay(&bytes, &originals));
    }
    let summary = match args.seed {
        Some(seed) => fuzz(seed..seed.saturating_add(1), &originals, None),
        None => fuzz(args.from..u64::MAX, &originals, Some(Duration::from_secs(args.seconds))),
    };
    report(root, &summary, &originals)
}

/// Tries files for so long. True when nothing was found that must not be.
///
/// # Errors
/// As [`run`].
pub(crate) fn license(root: &Path, seconds: u64) -> Result<bool> {
    let originals = originals(root)?;
    report(root, &fuzz(0..u64::MAX, &originals, Some(Duration::from_secs(seconds))), &originals)
}

fn originals(root: &Path) -> Result<Originals> {
    let mut files = Vec::new();
    for folder in ORIGINALS {
        let folder = root.join(folder);
        let entries = folder.read_dir().with_context(|| format!("{} cannot be read", folder.display()))?;
        let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "lic"));
        paths.sort();
        for path in paths {
            files.push(std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?);
        }
    }
    Ok(Originals::new(files))
}

fn show_few_panics() {
    static SHOWN: AtomicUsize = AtomicUsize::new(0);
    let show = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if SHOWN.fetch_add(1, Ordering::Relaxed) < PANICS_SHOWN {
            show(panic);
        }
    }));
}

fn replay(bytes: &[u8], originals: &Originals) -> bool {
    let outcome = check(bytes, originals);
    match &outcome {
        Ok(_) => say(&format!("fuzz license: {} bytes, every property holds", bytes.len())),
        Err(Failure { property, detail }) => say(&format!("fuzz license: NOT SO: {property}: {detail}")),
    }
    outcome.is_ok()
}

fn report(root: &Path, summary: &Summary, originals: &Originals) -> Result<bool> {
    if summary.inputs == 0 {
        bail!("no file was tried");
    }
    for finding in &summary.findings {
        show(root, finding, originals)?;
    }
    let seconds = summary.elapsed.as_secs_f64().max(1e-9);
    say(&format!(
        "{} originals signed, {} not; {} MiB, {} files signed and loaded again, {} lines served",
        originals.signed().len(),
        originals.unsigned().len(),
        summary.bytes >> 20,
        summary.signed,
        summary.served
    ));
    say(&format!(
        "fuzz license: {} files, {:.0} a second, {} findings, {seconds:.1} s",
        summary.inputs,
        summary.inputs as f64 / seconds,
        summary.findings.len()
    ));
    Ok(summary.findings.is_empty())
}

/// Makes the finding small, keeps it, and says how to see it again.
fn show(root: &Path, finding: &Finding, originals: &Originals) -> Result<()> {
    let Finding { seed, bytes, failure } = finding;
    let property = failure.property;
    say(&format!("seed {seed}, {} bytes: NOT SO: {property}: {}", bytes.len(), failure.detail));
    let fails = |bytes: &[u8]| check(bytes, originals).is_err_and(|failure| failure.property == property);
    let small = minimise(bytes, fails);
    let folder = target_folder(root)?.join("fuzz");
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let path = folder.join(format!("license-{seed}.lic"));
    std::fs::write(&path, &small).with_context(|| format!("{} cannot be written", path.display()))?;
    say(&format!("{} bytes show it: cargo xtask fuzz license --input {}", small.len(), path.display()));
    say(&format!("as it was: cargo xtask fuzz license --seed {seed}"));
    Ok(())
}
