//! The audit chain: what is administered and licensed, each line with the hash of the line before, signed with the
//! license host's key now and then. Whoever has the public key can tell that nothing in it was changed.
//!
//! ```text
//!  event ─▶ line (JSON, number, hash of the last) ─▶ file of the month ─▶ head: a checkpoint of all there is
//! ```

mod checkpoint;
mod event;
mod files;
mod line;
mod look;
#[cfg(test)]
mod tests;
mod verify;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use license::SecretKey;
use names::{Date, Seq, Wall};

pub use self::checkpoint::{Checkpoint, NoCheckpoint};
use self::files::{Found, Head};
pub use self::line::AuditLine;
use self::line::Tip;
pub use self::look::{Looked, newest, search};
pub use self::verify::{Expected, Fault, Verified, last_checkpoint, lines, verify};
use crate::seen::Happened;
use crate::sink::Sink;
use crate::told::Told;

/// A file is followed by another when it is so long.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// So many lines have a checkpoint at least.
const LINES_MAX: u64 = 1_000;
/// New lines have a checkpoint after so long.
const CHECKPOINT_EVERY_MS: i64 = 3_600_000;
/// How often new lines are flushed to the disk.
const SYNC_EVERY_MS: i64 = 1_000;
/// How often it is written down how far events were looked at, where no line was written.
const NOTE_EVERY_MS: i64 = 10_000;
/// Bytes that wait before they are written in any case.
const BUFFER_MAX: usize = 64 * 1024;

/// What a chain is opened with.
#[derive(Debug, Clone)]
pub struct AuditSetup {
    /// Where it is; the folder is made.
    pub folder: PathBuf,
    /// The license host's key.
    pub key: SecretKey,
    /// Files are removed, whole and the oldest first, after so many years.
    pub keep_years: u32,
}

/// The file that is written.
#[derive(Debug)]
struct Writing {
    file: File,
    name: String,
    len: u64,
}

/// The audit chain.
#[derive(Debug)]
pub struct AuditChain {
    setup: AuditSetup,
    writing: Option<Writing>,
    buffer: Vec<u8>,
    scratch: Vec<u8>,
    tip: Tip,
    /// The last line that is a checkpoint.
    checkpoint: u64,
    checkpointed: Option<Wall>,
    taken: Seq,
    durable: Seq,
    saved: Option<Wall>,
}

impl AuditChain {
    /// Opens the chain from where it stands. A line that a crash has cut short is removed; where the chain was
    /// damaged it goes on in a new file, and the damage stays to be found.
    ///
    /// # Errors
    /// When its folder cannot be read or written.
    pub fn open(setup: AuditSetup) -> io::Result<Self> {
        files::make(&setup.folder)?;
        let Found { tip, seq, checkpoint, file } = files::find(&setup.folder)?;
        let writing = match file {
            Some((name, len)) => Some(Writing { file: files::append(&setup.folder, &name)?, name, len }),
            None => None,
        };
        let mut chain = Self {
            setup,
            writing,
            buffer: Vec::new(),
            scratch: Vec::new(),
            tip,
            checkpoint,
            checkpointed: None,
            taken: Seq(seq),
            durable: Seq(seq),
            saved: None,
        };
        // What was found beyond the head is on the disk too; and a chain has a head before it has a line.
        let at = jiff::Timestamp::now().as_millisecond();
        chain.save(Wall(at))?;
        Ok(chain)
    }

    /// Adds a line for an event, in the file of its month.
    fn add(&mut self, seq: Seq, at: Wall, kind: &str, fields: &[u8]) -> io::Result<()> {
        self.begin_file(at)?;
        self.tip.add(&mut self.buffer, seq.0, at.0, kind, fields);
        if self.tip.line - self.checkpoint >= LINES_MAX {
            self.add_checkpoint(seq, at);
        }
        if self.buffer.len() >= BUFFER_MAX { self.write_out() } else { Ok(()) }
    }

    fn add_checkpoint(&mut self, seq: Seq, at: Wall) {
        self.tip.add_checkpoint(&mut self.buffer, &self.setup.key, seq.0, at.0);
        (self.checkpoint, self.checkpointed) = (self.tip.line, Some(at));
    }

    /// Begins a file where there is none, or the last is another month's, or long enough.
    fn begin_file(&mut self, at: Wall) -> io::Result<()> {
        let month = files::month(Date::of(at));
        if let Some(writing) = &self.writing {
            let len = writing.len + self.buffer.len() as u64;
            if writing.name.starts_with(&month) && len < FILE_BYTES_MAX {
                return Ok(());
            }
            // The last line of a file is a checkpoint.
            if self.tip.line > self.checkpoint {
                self.add_checkpoint(self.taken, at);
            }
            self.save(at)?;
            files::remove_old(&self.setup.folder, Date::of(at), self.setup.keep_years);
        }
        let name = format!("{month}-{:012}.jsonl", self.tip.line + 1);
        let file = files::create(&self.setup.folder, &name)?;
        self.writing = Some(Writing { file, name, len: 0 });
        Ok(())
    }

    fn write_out(&mut self) -> io::Result<()> {
        let Some(writing) = &mut self.writing else { return Ok(()) };
        writing.file.write_all(&self.buffer)?;
        writing.len += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Flushes all lines, and writes down how far they go.
    fn save(&mut self, now: Wall) -> io::Result<()> {
        self.write_out()?;
        let (name, len) = match &self.writing {
            Some(writing) => {
                writing.file.sync_data()?;
                (writing.name.clone(), writing.len)
            }
            None => (String::new(), 0),
        };
        let checkpoint = Checkpoint::sign(&self.setup.key, self.tip.line, self.tip.hash, self.taken.0, now.0);
        Head { checkpoint, name, len }.write(&self.setup.folder)?;
        (self.durable, self.saved) = (self.taken, Some(now));
        Ok(())
    }
}

impl Sink for AuditChain {
    fn name(&self) -> &'static str {
        "audit chain"
    }

    fn upto(&self) -> Seq {
        self.durable
    }

    fn take(&mut self, happened: &Happened<'_>, _: &Told) -> io::Result<()> {
        let record = happened.record;
        if record.seq <= self.taken {
            return Ok(());
        }
        if let Some(kind) = event::kind(happened) {
            let mut fields = std::mem::take(&mut self.scratch);
            fields.clear();
            let mut text = String::new();
            let said = crate::fields(happened, &mut |name, value| {
                crate::json::field(&mut fields, &mut text, name, value);
            });
            let kind = if kind.is_empty() { said } else { kind };
            self.add(record.seq, record.at, kind, &fields)?;
            self.scratch = fields;
        }
        self.taken = record.seq;
        Ok(())
    }

    fn gap(&mut self, from: Seq, to: Seq, now: Wall) -> io::Result<()> {
        if to <= self.taken {
            return Ok(());
        }
        let fields = format!("\"from\":\"{from}\",\"to\":\"{to}\",");
        self.add(to, now, "gap", fields.as_bytes())?;
        self.taken = to;
        Ok(())
    }

    fn settle(&mut self, now: Wall) -> io::Result<()> {
        let passed = |since: Option<Wall>| since.map_or(i64::MAX, |since| (now.0 - since.0).abs());
        let is_new = self.tip.line > self.checkpoint;
        if is_new && self.checkpointed.is_none() {
            // The first hour begins with the first line.
            self.checkpointed = Some(now);
        } else if is_new && passed(self.checkpointed) >= CHECKPOINT_EVERY_MS {
            self.add_checkpoint(self.taken, now);
        }
        let every = if self.buffer.is_empty() { NOTE_EVERY_MS } else { SYNC_EVERY_MS };
        let is_news = !self.buffer.is_empty() || self.taken > self.durable;
        if is_news && passed(self.saved) >= every { self.save(now) } else { Ok(()) }
    }

    fn close(&mut self, now: Wall) -> io::Result<()> {
        if self.tip.line > self.checkpoint {
            self.add_checkpoint(self.taken, now);
        }
        if self.taken > self.durable || !self.buffer.is_empty() { self.save(now) } else { Ok(()) }
    }
}
