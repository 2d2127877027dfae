//! What the tests need beside Rust, and getting it where that is possible.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::say;

/// A tool, how its presence shows, and the Debian packages that bring it.
#[derive(Debug)]
struct Tool {
    name: &'static str,
    probe: &'static [&'static str],
    packages: &'static [&'static str],
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "python3 with venv",
        probe: &["python3", "-c", "import ensurepip, venv"],
        packages: &["python3", "python3-venv"],
    },
    Tool { name: "strace", probe: &["strace", "-V"], packages: &["strace"] },
    Tool { name: "systemd-analyze", probe: &["systemd-analyze", "--version"], packages: &["systemd"] },
    Tool { name: "promtool", probe: &["promtool", "--version"], packages: &["prometheus"] },
    Tool { name: "perl", probe: &["perl", "-e", "use FindBin; use Getopt::Long"], packages: &["perl"] },
    Tool {
        name: "check_flexlm",
        probe: &["test", "-x", "/usr/lib/nagios/plugins/check_flexlm"],
        packages: &["monitoring-plugins-standard"],
    },
    Tool { name: "chromium", probe: &["chromium", "--version"], packages: &["chromium"] },
    Tool { name: "chromedriver", probe: &["chromedriver", "--version"], packages: &["chromium-driver"] },
    Tool { name: "npm", probe: &["npm", "--version"], packages: &["npm"] },
];

/// The versions of the Python packages.
const REQUIREMENTS: &str = "tests/python/requirements.txt";
/// Published monitors, of which only what reads lmstat is run: without the packages that they need otherwise.
const MONITORS: &str = "tests/python/monitors.txt";

/// What is run in a browser's pages, by its exact version and hash. Only tests use it.
const SCRIPTS: [&str; 2] = ["tests/browser/package.json", "tests/browser/package-lock.json"];

/// Makes sure that every tool is there. Root gets what is missing from Debian's packages.
///
/// # Errors
/// Names what is missing and how to get it.
pub(crate) fn ensure() -> Result<()> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = missing.iter().flat_map(|tool| tool.packages).copied().collect();
    let names: Vec<_> = missing.iter().map(|tool| tool.name).collect();
    let remedy =
        format!("missing: {}; install them: apt-get install {}", names.join(", "), packages.join(" "));
    if !rustix::process::geteuid().is_root() || !answers(&["apt-get", "--version"]) {
        bail!("{remedy}");
    }
    say(&format!("installing {}", packages.join(" ")));
    run(Command::new("apt-get").args(["update", "-qq"]))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "-qq", "--no-install-recommends"]).args(&packages);
    run(install.env("DEBIAN_FRONTEND", "noninteractive")).with_context(|| remedy.clone())?;
    if self::missing().is_empty() { Ok(()) } else { bail!("{remedy}") }
}

fn missing() -> Vec<&'static Tool> {
    TOOLS.iter().filter(|tool| !answers(tool.probe)).collect()
}

/// Makes a Python with the packages of the foreign client, and published monitors; gives the path of its
/// interpreter.
///
/// # Errors
/// When Python or its package index cannot be had.
pub(crate) fn python(root: &Path, target: &Path) -> Result<PathBuf> {
    let home = target.join("python/venv");
    let (python, stamp) = (home.join("bin/python"), home.join("requirements.txt"));
    let mut wanted = Vec::new();
    for list in [REQUIREMENTS, MONITORS] {
        wanted.extend(std::fs::read(root.join(list)).with_context(|| format!("{list} cannot be read"))?);
    }
    let is_current = std::fs::read(&stamp).is_ok_and(|had| had == wanted);
    if is_current && python.exists() {
        return Ok(python);
    }
    say(&format!("making a Python environment for {REQUIREMENTS} and {MONITORS}"));
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
    let pip = || {
        let mut install = Command::new(&python);
        install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        install.args(["--only-binary", ":all:"]);
        install
    };
    run(pip().arg("-r").arg(root.join(REQUIREMENTS)))?;
    run(pip().args(["--no-deps", "-r"]).arg(root.join(MONITORS)))?;
    std::fs::write(&stamp, wanted).context("the Python environment cannot be written to")?;
    Ok(python)
}

/// Gets the scripts that look at the console's pages; they are found under `target/browser`.
///
/// # Errors
/// When npm or its registry cannot be had.
pub(crate) fn scripts(root: &Path, target: &Path) -> Result<()> {
    let home = target.join("browser");
    let stamp = home.join("installed");
    let mut wanted = Vec::new();
    for list in SCRIPTS {
        wanted.push(std::fs::read(root.join(list)).with_context(|| format!("{list} cannot be read"))?);
    }
    if std::fs::read(&stamp).is_ok_and(|had| had == wanted.concat()) {
        return Ok(());
    }
    say(&format!("getting what {} names", SCRIPTS[0]));
    std::fs::create_dir_all(&home).with_context(|| format!("{} cannot be made", home.display()))?;
    for (list, text) in SCRIPTS.iter().zip(&wanted) {
        let copy = Path::new(list).file_name().map(|name| home.join(name)).unwrap_or_default();
        std::fs::write(&copy, text).with_context(|| format!("{} cannot be written", copy.display()))?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&home);
    run(&mut npm)?;
    std::fs::write(&stamp, wanted.concat()).context("the folder of the scripts cannot be written to")?;
    Ok(())
}

fn answers(command: &[&str]) -> bool {
    let Some((program, arguments)) = command.split_first() else { return false };
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status();
    let status = status.with_context(|| format!("{} cannot be run", command.get_program().display()))?;
    if status.success() { Ok(()) } else { bail!("{} failed: {status}", command.get_program().display()) }
}
