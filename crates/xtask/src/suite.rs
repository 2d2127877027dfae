//! `test`: everything that can fail, part by part.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::cargo::{Tally, cargo, run_tests, target_folder};
use crate::{crash, fuzz, say, simulate, tools};

/// How many seeds of the simulator a run of all tests tries.
const SEEDS: u64 = 2_000;
/// How many histories of the seat engine it runs beside the model.
const HISTORIES: u64 = 4_000;
/// How often it kills the daemon.
const KILLS: u64 = 200;
/// How often it cuts the power of its disk.
const CUTS: u64 = 10;
/// How long it attacks the license reader.
const FUZZ_SECONDS: u64 = 5;

/// A checker that replaces the atomics of a crate: its build has its own folder and its own words.
#[derive(Debug)]
struct Checker {
    /// What it is called, in `cfg`, in the names of its tests and of its folder.
    name: &'static str,
    /// What a crate that has tests for it says.
    sign: &'static str,
}

const CHECKERS: &[Checker] =
    &[Checker { name: "loom", sign: "loom::model(" }, Checker { name: "shuttle", sign: "shuttle::Runner" }];

/// Runs every part, also after one that failed. True when all passed.
///
/// # Errors
/// When what the tests need is not there.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let mut suite = Suite::default();
    let target = target_folder(root)?;
    let mut python = PathBuf::new();
    suite.part("what the tests need", || {
        tools::ensure()?;
        python = tools::python(root, &target)?;
        tools::scripts(root, &target)?;
        Ok(Tally::default())
    });
    if suite.total.failed > 0 {
        return Ok(suite.close());
    }
    suite.part("cargo test", || {
        let mut command = cargo(root);
        command.args(["test", "--workspace", "--locked", "--no-fail-fast"]).env("SEATKEEPER_PYTHON", &python);
        run_tests(command)
    });
    suite.part(&format!("crash --cycles {KILLS}"), || {
        Ok(Tally::one(crash::of_tests(root, KILLS, false)? == Some(true)))
    });
    let mut is_cut = true;
    let cut = format!("crash --power-loss --cycles {CUTS}");
    suite.part(&cut, || {
        let done = crash::of_tests(root, CUTS, true)?;
        is_cut = done.is_some();
        Ok(done.map_or_else(Tally::default, Tally::one))
    });
    if !is_cut {
        suite.left_out.push(cut);
    }
    for checker in CHECKERS {
        for krate in crates_with(root, checker.sign)? {
            suite.part(&format!("{} in {krate}", checker.name), || {
                run_tests(checker.command(root, &target, &krate))
            });
        }
    }
    suite.part(&format!("simulate --seeds {SEEDS}"), || Ok(Tally::one(simulate::seeds(SEEDS)?)));
    suite.part(&format!("simulate --engine --seeds {HISTORIES}"), || {
        Ok(Tally::one(simulate::histories(HISTORIES)?))
    });
    suite.part(&format!("fuzz license --seconds {FUZZ_SECONDS}"), || {
        Ok(Tally::one(fuzz::license(root, FUZZ_SECONDS)?))
    });
    Ok(suite.close())
}

impl Checker {
    fn command(&self, root: &Path, target: &Path, krate: &str) -> Command {
        let mut command = cargo(root);
        command.args(["test", "--locked", "--release", "--package", krate, "--lib", self.name]);
        // Nothing of this build is kept or shipped; what counts is that it is soon there.
        command.args([
            "--config",
            "profile.release.lto=\"off\"",
            "--config",
            "profile.release.codegen-units=16",
        ]);
        command.env("CARGO_TARGET_DIR", target.join(self.name));
        command.env("RUSTFLAGS", format!("--cfg {}", self.name));
        command
    }
}

/// The parts that have run.
#[derive(Debug, Default)]
struct Suite {
    total: Tally,
    lines: Vec<String>,
    /// Parts that cannot run here.
    left_out: Vec<String>,
}

impl Suite {
    fn part(&mut self, name: &str, run: impl FnOnce() -> Result<Tally>) {
        say(&format!("── {name}"));
        let began = Instant::now();
        let tally = run().unwrap_or_else(|error| {
            say(&format!("{name}: {error:#}"));
            Tally::FAILED
        });
        let Tally { passed, failed } = tally;
        self.lines.push(format!(
            "{name}: {passed} passed, {failed} failed, {:.1} s",
            began.elapsed().as_secs_f64()
        ));
        self.total += tally;
    }

    fn close(self) -> bool {
        for line in &self.lines {
            say(&format!("── {line}"));
        }
        let left_out = match self.left_out.join(", ") {
            names if names.is_empty() => names,
            names => format!(", left out: {names}"),
        };
        say(&format!("{} passed, {} failed{left_out}", self.total.passed, self.total.failed));
        self.total.failed == 0 && self.total.passed > 0
    }
}

/// The crates whose sources have a text in them.
fn crates_with(root: &Path, sign: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let crates = root.join("crates");
    for entry in crates.read_dir().context("crates/ cannot be read")? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != env!("CARGO_PKG_NAME") && has_text(&entry.path().join("src"), sign)? {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}

fn has_text(path: &Path, text: &str) -> Result<bool> {
    if path.is_dir() {
        for entry in path.read_dir().with_context(|| format!("{} cannot be read", path.display()))? {
            if has_text(&entry?.path(), text)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    let is_rust = path.extension().is_some_and(|extension| extension == "rs");
    Ok(is_rust && std::fs::read_to_string(path).is_ok_and(|source| source.contains(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_with_model_checks_are_found() {
        let found = crates_with(&crate::root(), "loom::model(").unwrap();
        assert!(found.contains(&"seats".to_owned()), "{found:?}");
        assert!(!found.contains(&"names".to_owned()), "{found:?}");
    }

    #[test]
    fn a_part_that_cannot_run_has_failed() {
        let mut suite = Suite::default();
        suite.part("a", || Ok(Tally { passed: 1, failed: 0 }));
        assert!(Suite { total: suite.total, ..Suite::default() }.close());
        suite.part("b", || anyhow::bail!("no"));
        assert_eq!(suite.total, Tally { passed: 1, failed: 1 });
        assert!(!suite.close());
        assert!(!Suite::default().close(), "no test at all is no success");
    }
}
