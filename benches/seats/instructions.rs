//! Instructions a pair takes, counted by callgrind in a process of its own.

use std::process::Command;

use crate::house::House;
use crate::rows::GROWTH;

/// The word that makes this program the one that is counted.
pub(crate) const WORD: &str = "pairs";
/// A run of each is counted; their difference has no beginning in it.
const RUNS: [u64; 2] = [2_048, 22_528];

/// What the counted program does: `pairs SHAPE N`.
pub(crate) fn run(arguments: &[String]) {
    let [shape, pairs] = arguments else { panic!("{arguments:?}") };
    let shape = GROWTH.iter().find(|row| row.name == *shape).unwrap();
    House::new(*shape).pairs(pairs.parse().unwrap());
}

/// Instructions a pair, or what is missing.
pub(crate) fn a_pair(name: &str) -> Result<f64, String> {
    let counts: Result<Vec<u64>, String> = RUNS.iter().map(|pairs| count(name, *pairs)).collect();
    let counts = counts?;
    Ok((counts[1] - counts[0]) as f64 / (RUNS[1] - RUNS[0]) as f64)
}

fn count(name: &str, pairs: u64) -> Result<u64, String> {
    let program = std::env::current_exe().unwrap();
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([WORD, name, &pairs.to_string()])
        .output()
        .map_err(|why| {
            format!("valgrind cannot be run: {why}; install it with the system's package manager")
        })?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    collected.filter(|_| output.status.success()).ok_or_else(|| format!("callgrind failed: {said}"))
}
