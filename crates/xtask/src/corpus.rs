//! `corpus`: license files that others wrote, and what is made of them.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;
use testkit::corpus::{Case, Figures, Verdict, look, trust};

use crate::say;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the files are: `*.lic`, and `*.jsonl` with rows {"accept":…, "n":…, "name":…, "text":…}.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// A vendor's public key that is trusted.
    #[arg(long = "key", value_name = "[VENDOR=]KEY")]
    keys: Vec<String>,
    /// Show counts only.
    #[arg(long)]
    quiet: bool,
}

/// How deep folders are looked through, and how many files at most.
const DEPTH_MAX: usize = 16;
const FILES_MAX: usize = 10_000;
/// What is read of a file: one byte more than a license file may have.
const BYTES_MAX: u64 = (64 << 20) + 1;

/// What all files came to.
#[derive(Debug, Default)]
struct Sum {
    files: usize,
    figures: Figures,
    cases: usize,
    explained: usize,
    differ: usize,
    panics: usize,
}

/// Reads every file. True when nothing panicked and every case came out as its author or a ruling says.
///
/// # Errors
/// When there is nothing to read, or it cannot be read.
pub(crate) fn run(args: &Args) -> Result<bool> {
    let trust = trust(args.keys.iter().map(String::as_str)).map_err(|why| anyhow!("--key {why}"))?;
    let mut sum = Sum::default();
    for path in files(&args.folder)? {
        let bytes = read(&path)?;
        let name = path.strip_prefix(&args.folder).unwrap_or(&path).display().to_string();
        if path.extension().is_some_and(|extension| extension == "lic") {
            sum.files += 1;
            match look(&name, bytes, &trust) {
                Ok(look) => {
                    say(&format!("{name}: {}", look.figures));
                    sum.figures.add(&look.figures);
                    look.findings.iter().filter(|_| !args.quiet).for_each(|found| say(found));
                }
                Err(panic) => {
                    sum.panics += 1;
                    say(&format!("{name}: THE READER PANICKED: {panic}"));
                }
            }
        } else if let Some(cases) = cases(&name, &bytes)? {
            sum.judge(&name, &cases);
        }
    }
    sum.report()
}

impl Sum {
    fn judge(&mut self, name: &str, cases: &[Case]) {
        for case in cases {
            self.cases += 1;
            let theirs = if case.accept { "accepted" } else { "refused" };
            let head = format!("{name}: case {} ({}), by its author {theirs}", case.number, case.name);
            match case.judge() {
                Verdict::Agrees => {}
                Verdict::Explained(reason) => {
                    self.explained += 1;
                    say(&format!("{head}, is not: {reason}"));
                }
                Verdict::Differs { digest, because } => {
                    self.differ += 1;
                    let because = because.unwrap_or_else(|| "nothing is wrong with it".to_owned());
                    say(&format!("{head}, IS NOT, WITHOUT A RULING (0x{digest:016x}): {because}"));
                }
                Verdict::Panics(panic) => {
                    self.panics += 1;
                    say(&format!("{head}: THE READER PANICKED: {panic}"));
                }
            }
        }
        say(&format!("{name}: {} cases", cases.len()));
    }

    fn report(&self) -> Result<bool> {
        let Self { files, figures, cases, explained, differ, panics } = self;
        if *files == 0 && *cases == 0 {
            bail!("there is no license file and no case");
        }
        let agree = cases.saturating_sub(explained + differ);
        say(&format!(
            "corpus: {files} files, {figures}; {cases} cases, {agree} as their author has them, \
                      {explained} by a ruling, {differ} otherwise; {panics} panics"
        ));
        Ok(*differ == 0 && *panics == 0)
    }
}

/// The files below a folder, in order. Links are not followed.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        if depth > DEPTH_MAX {
            bail!("{}: folders are more than {DEPTH_MAX} deep", folder.display());
        }
        let entries = folder.read_dir().with_context(|| format!("{} cannot be read", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            let is_ours =
                path.extension().is_some_and(|extension| extension == "lic" || extension == "jsonl");
            if kind.is_dir() {
                open.push((path, depth + 1));
            } else if kind.is_file() && is_ours {
                found.push(path);
            }
            if found.len() > FILES_MAX || open.len() > FILES_MAX {
                bail!("{}: more than {FILES_MAX} files", folder.display());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let failed = || format!("{} cannot be read", path.display());
    let mut bytes = Vec::new();
    File::open(path).with_context(failed)?.take(BYTES_MAX).read_to_end(&mut bytes).with_context(failed)?;
    Ok(bytes)
}

/// The cases of a file; nothing when its first row is none.
fn cases(name: &str, bytes: &[u8]) -> Result<Option<Vec<Case>>> {
    let text = std::str::from_utf8(bytes).with_context(|| format!("{name} is no text"))?;
    let mut cases = Vec::new();
    for (at, row) in text.lines().enumerate().filter(|(_, row)| !row.trim().is_empty()) {
        match case(row) {
            Some(case) => cases.push(case),
            None if cases.is_empty() => {
                say(&format!("{name}: passed over, its rows are no cases"));
                return Ok(None);
            }
            None => bail!("{name}:{}: this row is no case", at + 1),
        }
    }
    Ok(Some(cases))
}

fn case(row: &str) -> Option<Case> {
    let row: Value = serde_json::from_str(row).ok()?;
    let text = |key: &str| row.get(key)?.as_str().map(ToOwned::to_owned);
    Some(Case {
        number: row.get("n")?.as_u64()?,
        name: text("name")?,
        text: text("text")?,
        accept: row.get("accept")?.as_bool()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_on(files: &[(&str, &str)], key: Option<&str>) -> Result<bool> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("below")).unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let keys = key.map(ToOwned::to_owned).into_iter().collect();
        run(&Args { folder: folder.path().to_owned(), keys, quiet: false })
    }

    #[test]
    fn the_command_fails_where_it_falls_short_only() {
        let row = |accept: bool, text: &str| {
            format!("{{\"accept\":{accept},\"n\":1,\"name\":\"a\",\"text\":\"{text}\"}}\n")
        };
        let (good, bad) = (row(true, "USE_SERVER"), row(true, "USE_SERVERS"));
        for (files, ends_well) in [
            (&[("a.lic", "nonsense")][..], Some(true)),
            (&[("below/a.lic", "nonsense")], Some(true)),
            (&[("a.jsonl", &good)], Some(true)),
            (&[("a.jsonl", &bad)], Some(false)),
            (&[("below/a.jsonl", &bad), ("b.lic", "")], Some(false)),
            (&[("a.jsonl", &format!("{good}{{}}\n"))], None),
            (&[("a.jsonl", "{}\n")], None),
            (&[("a.txt", "nonsense")], None),
            (&[], None),
        ] {
            assert_eq!(run_on(files, None).ok(), ends_well, "{files:?}");
        }
        assert!(run_on(&[("a.lic", "")], Some("x")).is_err());
    }

    #[test]
    fn links_are_not_followed() {
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(other.path().join("a.lic"), "x").unwrap();
        std::os::unix::fs::symlink(other.path(), folder.path().join("there")).unwrap();
        std::os::unix::fs::symlink(other.path().join("a.lic"), folder.path().join("b.lic")).unwrap();
        assert_eq!(files(folder.path()).unwrap(), Vec::<PathBuf>::new());
        assert_eq!(files(other.path()).unwrap().len(), 1);
    }
}
