//! A disk that is slow, does not answer, or is full: a tracer answers the daemon's calls to the system.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{Daemon, Site};

/// Who stands between a daemon's owner and the disk. The disk is as ever when this is dropped.
#[derive(Debug)]
pub struct Tracer(Child);

impl Tracer {
    /// Makes the owner's flushes take so long: the next one, or each as long as the tracer is there.
    pub fn slow_the_disk(pid: u32, delay: Duration, only_once: bool) -> Self {
        let when = if only_once { ":when=1" } else { "" };
        Self::harm_flushes(pid, "owner", &format!("delay_enter={}{when}", delay.as_micros()))
    }

    /// Does this to the flushes of one of the daemon's threads.
    pub fn harm_flushes(pid: u32, thread: &str, how: &str) -> Self {
        let thread = thread_of(pid, thread).to_string();
        let inject = format!("inject=fdatasync:{how}");
        let mut strace = Command::new("strace")
            .args(["-p", &thread, "-e", "trace=fdatasync", "-e", &inject, "-o", "/dev/null"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace is not there: `cargo xtask test` gets what the tests need");
        let said = BufReader::new(strace.stderr.take().unwrap()).lines().next().unwrap().unwrap();
        assert!(said.contains("attached"), "strace may not watch the daemon: {said}");
        Self(strace)
    }

    /// Waits for its end: it ends with the daemon.
    pub fn wait(mut self) {
        self.0.wait().unwrap();
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn thread_of(pid: u32, name: &str) -> u32 {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let is_named =
        |path: &Path| std::fs::read_to_string(path.join("comm")).is_ok_and(|comm| comm.trim() == name);
    let task = tasks.map(|task| task.unwrap().path()).find(|path| is_named(path));
    task.and_then(|path| path.file_name()?.to_str()?.parse().ok()).expect("the daemon has such a thread")
}

/// Starts a site's daemon on a disk that has not a byte left: its every claim of room fails, as long as
/// the tracer lives.
pub fn start_on_a_full_disk(site: &Site) -> Daemon {
    let daemon = site.command();
    let mut command = Command::new("strace");
    command.args(["-D", "-f", "-q", "-o", "/dev/null", "-e", "trace=fallocate"]);
    command.args(["-e", "inject=fallocate:error=ENOSPC"]).arg(daemon.get_program()).args(daemon.get_args());
    site.start_as(command)
}

/// Ends the tracer of a process: the disk has room again. A thread that it had stopped at that moment goes on.
pub fn make_room(pid: u32) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let tracer = status.lines().find_map(|line| line.strip_prefix("TracerPid:")).unwrap().trim();
    let tracer = rustix::process::Pid::from_raw(tracer.parse().unwrap()).expect("the daemon is traced");
    rustix::process::kill_process(tracer, rustix::process::Signal::KILL).unwrap();
    let traced = rustix::process::Pid::from_raw(pid.try_into().unwrap()).expect("a process");
    rustix::process::kill_process(traced, rustix::process::Signal::CONT).unwrap();
}
