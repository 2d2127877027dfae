//! The chores of the house, one word each: `cargo xtask WORD`.
//!
//! Every word prints its figure on the last line and ends with a status other than 0 when it falls
//! short. Nothing here is part of what is shipped.

mod bench;
mod cargo;
mod corpus;
mod crash;
mod fuzz;
mod simulate;
mod suite;
mod tidy;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The chores of Seatkeeper's house.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    word: Word,
}

#[derive(Debug, Subcommand)]
enum Word {
    /// Run everything that can fail: unit, table and end-to-end tests, model checks, simulation, fuzzing.
    Test,
    /// Measure the loading of packs beside the signature checks alone, and durable checkout+checkin pairs
    /// beside an empty echo.
    Bench(bench::Args),
    /// Run the core under simulated time, network, disk and crashes; one seed is one run. With --engine:
    /// random histories of the seat engine alone, compared with a plain model after every step. With --estates:
    /// random estates of serial numbers, converted and looked at by a checker.
    Simulate(simulate::Args),
    /// Kill the real daemon under load, and while it starts, and audit it against what clients were told.
    /// With --power-loss: cut the power of its disk. One seed is one cycle.
    Crash(crash::Args),
    /// Read license files, and cases of them, that others wrote; show what is made of each.
    Corpus(corpus::Args),
    /// Attack a reader with files that are nearly good; one seed is one file.
    Fuzz(fuzz::Args),
    /// Check what the compiler does not see: arrows, layout, words.
    Tidy,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli.word, &root()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(word: &Word, root: &Path) -> Result<bool> {
    match word {
        Word::Test => suite::run(root),
        Word::Bench(args) => bench::run(root, args),
        Word::Simulate(args) => simulate::run(root, args),
        Word::Crash(args) => crash::run(root, args),
        Word::Corpus(args) => corpus::run(args),
        Word::Fuzz(args) => fuzz::run(root, args),
        Word::Tidy => tidy::run(root),
    }
}

fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

#[expect(clippy::print_stdout, reason = "this is the command line")]
fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_word_has_its_help() {
        let mut command = Cli::command();
        command.build();
        for word in command.get_subcommands() {
            assert!(word.get_about().is_some(), "{}", word.get_name());
            for argument in word.get_arguments() {
                assert!(argument.get_help().is_some(), "{} {}", word.get_name(), argument.get_id());
            }
        }
    }

    #[test]
    fn the_root_is_where_the_workspace_is() {
        assert!(root().join("Cargo.lock").is_file() && root().join("crates/xtask").is_dir());
    }
}
