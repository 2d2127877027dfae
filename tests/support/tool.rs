//! The command-line tool, as a user has it whose home is a site's folder.

use std::process::{Command, Stdio};

use super::{Daemon, Site, VENDOR};

/// The tool with these words; it knows where the daemon is, and the vendor's key.
pub fn tool(site: &Site, daemon: &Daemon, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeper"));
    command.args(line.split_whitespace()).current_dir(site.path("")).stdin(Stdio::null()).env_clear();
    for folder in ["HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"] {
        command.env(folder, site.path(""));
    }
    let server = format!("{}@{}", daemon.address.port(), daemon.address.ip());
    command.env("SEATKEEPER_LICENSE_FILE", server).env("SEATKEEPER_ADMIN_SOCKET", site.path("admin.sock"));
    command
        .env("SEATKEEPER_KEY", format!("{VENDOR}={}", site.vendor().public()))
        .env("PATH", "/usr/bin:/bin");
    command
}

/// Its exit status and what it says.
pub fn said(site: &Site, daemon: &Daemon, line: &str) -> (i32, String) {
    let output = tool(site, daemon, line).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}
