//! A mail server and a webhook's receiver that know nothing of Seatkeeper, in a process of their own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::python;

/// Both receivers. They end when this is dropped.
#[derive(Debug)]
pub struct Receiver {
    /// Where mails are taken.
    pub mail: u16,
    /// Where events are taken.
    pub hook: u16,
    folder: PathBuf,
    child: Child,
}

impl Receiver {
    /// Starts them; words as `receiver.py` has them.
    pub fn start(folder: &Path, words: &[&str]) -> Self {
        Self::at(folder, (0, 0), words)
    }

    /// Starts them where they were.
    pub fn again(self, words: &[&str]) -> Self {
        let (folder, at) = (self.folder.clone(), (self.mail, self.hook));
        drop(self);
        Self::at(&folder, at, words)
    }

    /// Starts them at these ports, where they were before.
    pub fn at(folder: &Path, (mail, hook): (u16, u16), words: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/receiver.py");
        let mut command = Command::new(python());
        command.arg(script).arg(folder).args([mail.to_string(), hook.to_string()]).args(words);
        command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ports: Vec<u16> = line.split_whitespace().map(|port| port.parse().unwrap()).collect();
        let [mail, hook] = ports[..] else { panic!("the receiver says {line:?}") };
        Self { mail, hook, folder: folder.to_owned(), child }
    }

    /// What was taken, as it came: mails, or events.
    pub fn taken(&self, kind: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.join("taken")).unwrap_or_default();
        // A line that is being written is not taken yet.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let all = whole.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        all.filter(|one| one["kind"] == kind).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
