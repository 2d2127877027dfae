//! Running cargo from within cargo.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::say;

/// How many test cases passed and failed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1 };

    /// One case.
    pub(crate) fn one(has_passed: bool) -> Self {
        if has_passed { Self { passed: 1, failed: 0 } } else { Self::FAILED }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// A cargo that knows nothing of the cargo that runs us: what that one says of our own package would
/// make some build scripts run again.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root);
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_"))
        {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Where cargo builds.
pub(crate) fn target_folder(root: &Path) -> Result<PathBuf> {
    let metadata = cargo_metadata::MetadataCommand::new().current_dir(root).no_deps().exec();
    Ok(metadata.context("cargo metadata failed")?.target_directory.into())
}

/// Runs tests, shows what they print, and adds up their result lines.
pub(crate) fn run_tests(mut command: Command) -> Result<Tally> {
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cargo cannot be run")?;
    let mut tally = Tally::default();
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).lines() {
            let line = line.context("cargo's output cannot be read")?;
            tally += result_line(&line).unwrap_or_default();
            say(&line);
        }
    }
    let ended_well = child.wait().context("cargo cannot be waited for")?.success();
    // What did not compile, or died, has failed without a line.
    if !ended_well && tally.failed == 0 {
        tally += Tally::FAILED;
    }
    Ok(tally)
}

/// Reads `test result: ok. 3 passed; 1 failed; …`.
fn result_line(line: &str) -> Option<Tally> {
    let counts = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let count = |word: &str| counts.split("; ").find_map(|part| part.strip_suffix(word)?.trim().parse().ok());
    Some(Tally { passed: count(" passed")?, failed: count(" failed")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_read_and_others_are_not() {
        for (line, tally) in [
            ("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; finished in 0.1s", Some((3, 0))),
            ("test result: FAILED. 12 passed; 1 failed; 0 ignored", Some((12, 1))),
            ("test result: ok.", None),
            ("3 passed; 0 failed", None),
        ] {
            assert_eq!(result_line(line), tally.map(|(passed, failed)| Tally { passed, failed }), "{line}");
        }
    }

    #[test]
    fn a_run_that_dies_without_a_line_has_failed() {
        let mut command = Command::new("false");
        command.arg("x");
        assert_eq!(run_tests(command).unwrap(), Tally::FAILED);
    }
}
