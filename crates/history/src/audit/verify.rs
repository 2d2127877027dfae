//! Whether a chain is whole: what is proved, what is not, and what was changed.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use license::PublicKey;

use super::checkpoint::Checkpoint;
use super::files::{Head, HeadFound, names};
use super::line::{AuditLine, CHECKPOINT, Tip, hash_of};

/// What a chain is held against.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// The license host's public key.
    pub key: Option<PublicKey>,
    /// A checkpoint that was kept elsewhere.
    pub checkpoint: Option<Checkpoint>,
    /// All events up to this one have happened.
    pub upto: Option<u64>,
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where: `file:line`, or the file.
    pub place: String,
    /// What.
    pub what: String,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Verified {
    /// Files read.
    pub files: usize,
    /// Lines read.
    pub lines: u64,
    /// The number of the first line, and its time.
    pub first: Option<(u64, String)>,
    /// The number of the last line, and its time.
    pub last: Option<(u64, String)>,
    /// The last event that is known to have been looked at.
    pub seq: u64,
    /// Checkpoints that hold.
    pub checkpoints: u64,
    /// All lines up to this one are signed.
    pub signed: u64,
    /// The keys that signed.
    pub keys: BTreeSet<String>,
    /// The last line is the one that was written last, as the head says.
    pub is_to_the_head: bool,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

/// Faults that are told.
const FAULTS_MAX: usize = 100;

struct Walk<'a> {
    expected: &'a Expected,
    /// Lines whose hash is known from elsewhere, what says so, and whether they were met.
    pins: Vec<(Checkpoint, &'static str, bool)>,
    /// Where the head says that its line ends: the file, and how long that is then.
    head: Option<(u64, String, usize)>,
    tip: Option<Tip>,
    found: Verified,
}

/// Reads a chain, whole, and holds it together.
///
/// # Errors
/// When it cannot be read.
pub fn verify(folder: &Path, expected: &Expected) -> io::Result<Verified> {
    // The head first: lines may be written meanwhile.
    let head = Head::read(folder)?;
    let mut walk = Walk { expected, pins: Vec::new(), head: None, tip: None, found: Verified::default() };
    match head {
        HeadFound::Good(head) => {
            walk.found.seq = head.checkpoint.seq;
            walk.key("head", &head.checkpoint);
            walk.head = usize::try_from(head.len).ok().map(|len| (head.checkpoint.line, head.name, len));
            walk.pins.push((head.checkpoint, "head", false));
        }
        HeadFound::Bad => walk.fault("head", "it was changed: it is not as it was signed"),
        HeadFound::None => {}
    }
    if let Some(checkpoint) = &expected.checkpoint {
        walk.key("the checkpoint given", checkpoint);
        walk.pins.push((checkpoint.clone(), "the checkpoint given", false));
    }
    for name in names(folder)? {
        let bytes = std::fs::read(folder.join(&name))?;
        walk.file(&name, &bytes);
    }
    Ok(walk.end())
}

/// The last checkpoint of a chain: its head.
///
/// # Errors
/// When there is none, or it cannot be read.
pub fn last_checkpoint(folder: &Path) -> io::Result<Checkpoint> {
    match Head::read(folder)? {
        HeadFound::Good(head) => Ok(head.checkpoint),
        HeadFound::Bad => Err(io::Error::other("the head of the chain was changed; verify the chain")),
        HeadFound::None => {
            Err(io::Error::new(io::ErrorKind::NotFound, "there is no audit chain, or it has no head"))
        }
    }
}

/// The lines of a chain, as far as they can be read; nothing is verified.
///
/// # Errors
/// When it cannot be read.
pub fn lines(folder: &Path, mut each: impl FnMut(&AuditLine) -> io::Result<()>) -> io::Result<()> {
    for name in names(folder)? {
        let bytes = std::fs::read(folder.join(&name))?;
        for text in bytes.split(|b| *b == b'\n') {
            if let Some(line) = AuditLine::read(text) {
                each(&line)?;
            }
        }
    }
    Ok(())
}

impl Walk<'_> {
    fn fault(&mut self, place: impl Into<String>, what: impl Into<String>) {
        if self.found.faults.len() < FAULTS_MAX {
            self.found.faults.push(Fault { place: place.into(), what: what.into() });
        }
    }

    /// Whether it is signed by whom it should be.
    fn key(&mut self, place: &str, checkpoint: &Checkpoint) {
        self.found.keys.insert(checkpoint.key.to_string());
        if self.expected.key.as_ref().is_some_and(|key| *key != checkpoint.key) {
            self.fault(place, format!("it is signed by another key, {}", checkpoint.key));
        }
    }

    fn file(&mut self, name: &str, bytes: &[u8]) {
        self.found.files += 1;
        let (mut number, mut end) = (0, 0);
        for whole in bytes.split_inclusive(|b| *b == b'\n') {
            number += 1;
            end += whole.len();
            let place = format!("{name}:{number}");
            match whole.strip_suffix(b"\n") {
                Some(text) => {
                    self.line(&place, text);
                    self.at_head(name, end);
                }
                None => self.fault(place, "the line is cut short"),
            }
        }
    }

    /// The head also says where its line is.
    fn at_head(&mut self, name: &str, end: usize) {
        let line = self.tip.map_or(0, |tip| tip.line);
        let is_wrong = |(of, file, len): &(u64, String, usize)| *of == line && (file != name || *len != end);
        if self.head.as_ref().is_some_and(is_wrong) {
            self.fault("head", format!("it was changed: line {line} does not end where it says"));
        }
    }

    fn line(&mut self, place: &str, text: &[u8]) {
        let Some(line) = AuditLine::read(text) else {
            self.fault(place, "it is no line of the chain: it was changed");
            return;
        };
        self.follows(place, &line);
        let tip = Tip { line: line.line, hash: hash_of(text) };
        self.tip = Some(tip);
        self.found.lines += 1;
        self.found.seq = self.found.seq.max(line.seq);
        if line.kind == CHECKPOINT {
            match line.checkpoint(text) {
                Some(checkpoint) => {
                    self.key(place, &checkpoint);
                    self.found.checkpoints += 1;
                    self.found.signed = line.line;
                }
                None => self.fault(place, "the checkpoint was changed: it is not as it was signed"),
            }
        }
        self.pinned(place, tip);
        let what = (line.line, line.time);
        self.found.first.get_or_insert_with(|| what.clone());
        self.found.last = Some(what);
    }

    fn follows(&mut self, place: &str, line: &AuditLine) {
        let Some(tip) = self.tip else {
            if line.line == 1 && line.prev() != Some(Tip::NONE.hash) {
                self.fault(place, "the first line was changed");
            }
            return;
        };
        if line.line > tip.line + 1 {
            self.fault(place, format!("lines {} to {} are missing before it", tip.line + 1, line.line - 1));
        } else if line.line <= tip.line {
            self.fault(place, format!("it says that it is line {}, behind line {}", line.line, tip.line));
        } else if line.prev() != Some(tip.hash) {
            self.fault(place, format!("it does not follow: line {} was changed, or this one", tip.line));
        }
    }

    fn pinned(&mut self, place: &str, tip: Tip) {
        let mut wrong = None;
        for (pin, what, is_met) in &mut self.pins {
            if pin.line == tip.line {
                *is_met = true;
                if pin.hash == tip.hash {
                    self.found.signed = self.found.signed.max(tip.line);
                    self.found.is_to_the_head |= *what == "head";
                } else {
                    wrong =
                        Some(format!("it is not the line {} that {what} signs: it was changed", tip.line));
                }
            }
        }
        if let Some(wrong) = wrong {
            self.fault(place, wrong);
        }
    }

    fn end(mut self) -> Verified {
        let last = self.tip.map_or(0, |tip| tip.line);
        let first = self.found.first.as_ref().map_or(0, |(line, _)| *line);
        for (pin, what, is_met) in std::mem::take(&mut self.pins) {
            if is_met || pin.line == 0 {
                self.found.is_to_the_head |= what == "head";
            } else if pin.line > last {
                let lines = format!("{} to {}", last + 1, pin.line);
                self.fault(what, format!("the tail is cut: lines {lines} were there, and are not"));
            } else if pin.line >= first {
                self.fault(what, format!("line {} was there, and is not", pin.line));
            }
        }
        if let Some(upto) = self.expected.upto.filter(|upto| *upto > self.found.seq) {
            let seq = self.found.seq;
            self.fault(
                "--upto",
                format!("the tail is cut: the chain goes to event {seq}, and {upto} has happened"),
            );
        }
        self.found
    }
}
