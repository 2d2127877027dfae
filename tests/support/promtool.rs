//! Prometheus' own tool, which `cargo xtask test` installs.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Whether it is content with these words and this on its standard input, and what it says.
pub fn promtool(folder: &Path, words: &[&str], input: &str) -> (bool, String) {
    let mut command = Command::new("promtool");
    command
        .args(words)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("promtool is not there: `cargo xtask test` installs it");
    // One that is not content may have ended before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    (status.success(), String::from_utf8([stdout, stderr].concat()).unwrap())
}
