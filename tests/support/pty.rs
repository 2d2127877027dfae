//! A program on a terminal of its own, by `script` of util-linux, and what is seen on it.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::DEADLINE;

/// A terminal with a program on it. Both are killed when this is dropped.
#[derive(Debug)]
pub struct Terminal {
    child: Child,
    keys: ChildStdin,
    /// Everything that was written to it.
    pub raw: Vec<u8>,
    screen: Screen,
}

impl Terminal {
    /// Runs a program of the shell on a terminal of 80 times 24, with the environment of `like`.
    pub fn run(like: &Command, program: &str) -> Self {
        let mut command = Command::new("script");
        command.env_clear();
        for (name, value) in like.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        if let Some(folder) = like.get_current_dir() {
            command.current_dir(folder);
        }
        command.env("TERM", "xterm").env("LANG", "C.UTF-8").env("SHELL", "/bin/sh");
        let line = format!("stty cols 80 rows 24; exec {program}");
        command.args(["-q", "-e", "-f", "-c", &line, "/dev/null"]);
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = spawned.unwrap();
        let keys = child.stdin.take().unwrap();
        Self { child, keys, raw: Vec::new(), screen: Screen::default() }
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits until what is seen is as it should be.
    pub fn wait(&mut self, what: &str, is: impl Fn(&str) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let seen = self.screen.text();
            if is(&seen) {
                return;
            }
            assert!(self.read(deadline), "{what} does not come; seen is\n{seen}");
        }
    }

    /// Waits for the program's end, and gives its exit status.
    pub fn wait_to_end(&mut self) -> Option<i32> {
        let deadline = Instant::now() + DEADLINE;
        while self.read(deadline) {}
        self.child.wait().unwrap().code()
    }

    /// The program's process.
    pub fn program(&self) -> rustix::process::Pid {
        let id = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        let first = children.split_whitespace().next().unwrap().parse().unwrap();
        rustix::process::Pid::from_raw(first).unwrap()
    }

    /// Reads what is written next; false at the end, or where nothing comes in time.
    fn read(&mut self, deadline: Instant) -> bool {
        let out = self.child.stdout.as_mut().unwrap();
        let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        poll(&mut [PollFd::new(out, PollFlags::IN)], Some(&Timespec::try_from(left).unwrap())).unwrap();
        let mut bytes = [0; 65_536];
        let n = if Instant::now() < deadline { out.read(&mut bytes).unwrap() } else { 0 };
        self.raw.extend_from_slice(&bytes[..n]);
        self.screen.take(&bytes[..n]);
        n > 0
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is seen: text, and where the cursor is put. Colours and the like are passed over.
#[derive(Debug)]
struct Screen {
    cells: Vec<Vec<char>>,
    at: (usize, usize),
    /// A sequence, or a character, that has not come whole.
    rest: Vec<u8>,
}

impl Default for Screen {
    fn default() -> Self {
        Self { cells: vec![vec![' '; 80]; 24], at: (0, 0), rest: Vec::new() }
    }
}

impl Screen {
    fn text(&self) -> String {
        let lines: Vec<String> = self.cells.iter().map(|line| line.iter().collect()).collect();
        lines.join("\n")
    }

    fn take(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
        let whole = std::mem::take(&mut self.rest);
        let good = match std::str::from_utf8(&whole) {
            Ok(text) => text,
            Err(error) => std::str::from_utf8(&whole[..error.valid_up_to()]).unwrap(),
        };
        let mut rest = good;
        while let Some(c) = rest.chars().next() {
            if let Some(sequence) = rest.strip_prefix("\u{1b}[") {
                let Some(end) = sequence.find(|c: char| ('@'..='~').contains(&c)) else { break };
                self.control(&sequence[..end], sequence.as_bytes()[end]);
                rest = &sequence[end + 1..];
                continue;
            }
            if c == '\u{1b}' && rest.len() == 1 {
                break;
            }
            self.put(c);
            rest = &rest[c.len_utf8()..];
        }
        let done = good.len() - rest.len();
        self.rest = whole[done..].to_vec();
    }

    fn control(&mut self, numbers: &str, end: u8) {
        match end {
            b'H' => {
                let mut numbers = numbers.split(';').map(|n| n.parse().unwrap_or(1_usize) - 1);
                self.at = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
            }
            b'J' => self.cells = vec![vec![' '; 80]; 24],
            _ => {}
        }
    }

    fn put(&mut self, c: char) {
        match c {
            '\n' => self.at.0 += 1,
            '\r' => self.at.1 = 0,
            c if !c.is_control() => {
                if let Some(cell) = self.cells.get_mut(self.at.0).and_then(|line| line.get_mut(self.at.1)) {
                    *cell = c;
                }
                self.at.1 += 1;
            }
            _ => {}
        }
    }
}
