//! The files of the chain, and where it stands after whatever end the daemon came to.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use names::Date;

use super::checkpoint::Checkpoint;
use super::line::{AuditLine, CHECKPOINT, Tip, hash_of};

/// How far all of it goes, for good: a checkpoint, the file that the last line is in, and how long that is.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) checkpoint: Checkpoint,
    pub(super) name: String,
    pub(super) len: u64,
}

/// Where the chain stands.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) tip: Tip,
    pub(super) seq: u64,
    /// The last line that is a checkpoint, as far as that is known.
    pub(super) checkpoint: u64,
    /// The file that it goes on in, and how long that is.
    pub(super) file: Option<(String, u64)>,
}

const HEAD: &str = "head";

/// What became of the head.
#[derive(Debug)]
pub(super) enum HeadFound {
    None,
    Bad,
    Good(Head),
}

impl Head {
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let text = format!("{}\n{} {}\n", self.checkpoint, self.name, self.len);
        crate::aside::replace(&folder.join(HEAD), text.as_bytes())
    }

    pub(super) fn read(folder: &Path) -> io::Result<HeadFound> {
        let text = match std::fs::read(folder.join(HEAD)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HeadFound::None),
            Err(error) => return Err(error),
        };
        let parse = || {
            let text = std::str::from_utf8(&text).ok()?;
            let mut lines = text.lines();
            let checkpoint: Checkpoint = lines.next()?.parse().ok()?;
            let (name, len) = lines.next()?.split_once(' ')?;
            let head = Self { checkpoint, name: name.to_owned(), len: len.parse().ok()? };
            (format!("{}\n{} {}\n", head.checkpoint, head.name, head.len) == text).then_some(head)
        };
        Ok(parse().map_or(HeadFound::Bad, HeadFound::Good))
    }
}

/// Makes the folder, for its user only.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => crate::aside::flush_folder(folder.parent().unwrap_or(Path::new("/"))),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

pub(super) fn append(folder: &Path, name: &str) -> io::Result<File> {
    OpenOptions::new().append(true).open(folder.join(name))
}

/// Makes a file. One that is there, and that no line before leads to, is set aside.
pub(super) fn create(folder: &Path, name: &str) -> io::Result<File> {
    let path = folder.join(name);
    if std::fs::symlink_metadata(&path).is_ok() {
        let aside = crate::aside::set_aside(&path)?;
        tracing::warn!(file = %path.display(), aside = %aside.display(), "a file of the audit chain is set aside: the chain does not lead to it");
    }
    let file = OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path)?;
    crate::aside::flush_folder(folder)?;
    Ok(file)
}

/// `2026-11`
pub(super) fn month(date: Date) -> String {
    let (year, month, _) = date.ymd();
    format!("{year:04}-{month:02}")
}

/// The files in their order: `2026-11-000000000001.jsonl`, by month and first line.
pub(super) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names: Vec<String> = std::fs::read_dir(folder)?
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| first_line(name).is_some())
        .collect();
    names.sort_by_key(|name| first_line(name));
    Ok(names)
}

/// The number of a file's first line, by its name.
pub(super) fn first_line(name: &str) -> Option<u64> {
    let stem = name.strip_suffix(".jsonl")?;
    let (month, line) = stem.split_at_checked(8)?;
    let shape = |(n, b): (usize, u8)| if matches!(n, 4 | 7) { b == b'-' } else { b.is_ascii_digit() };
    let fits =
        month.bytes().enumerate().all(shape) && line.len() >= 12 && line.bytes().all(|b| b.is_ascii_digit());
    line.parse().ok().filter(|_| fits)
}

/// Removes whole files of months that are old enough; the newest stays.
pub(super) fn remove_old(folder: &Path, today: Date, years: u32) {
    let Ok(names) = names(folder) else { return };
    let (year, month, _) = today.ymd();
    let oldest = format!("{:04}-{month:02}", i64::from(year) - i64::from(years));
    let but_newest = names.len().saturating_sub(1);
    for name in names.iter().take(but_newest).take_while(|name| name.as_str() < oldest.as_str()) {
        match std::fs::remove_file(folder.join(name)) {
            Ok(()) => tracing::info!(file = %name, "an old file of the audit chain was removed"),
            Err(error) => {
                tracing::warn!(file = %name, %error, "an old file of the audit chain could not be removed");
            }
        }
    }
}

/// Where the chain stands: at its head, and beyond it as far as lines follow from it. What a crash has cut short
/// is removed.
pub(super) fn find(folder: &Path) -> io::Result<Found> {
    let names = names(folder)?;
    match Head::read(folder)? {
        HeadFound::Good(head) => from_head(folder, &names, &head),
        HeadFound::None if names.is_empty() => {
            Ok(Found { tip: Tip::NONE, seq: 0, checkpoint: 0, file: None })
        }
        bad => {
            if matches!(bad, HeadFound::Bad) {
                crate::aside::set_aside(&folder.join(HEAD))?;
            }
            tracing::warn!(
                folder = %folder.display(),
                "the head of the audit chain is missing or damaged: the chain goes on behind its last line, and that \
                 no line was cut before is not known; hold it against a checkpoint that was kept elsewhere"
            );
            let last = names.len().saturating_sub(1);
            let found = Found { tip: Tip::NONE, seq: 0, checkpoint: 0, file: None };
            follow(folder, names.get(last..).unwrap_or_default(), 0, found, true)
        }
    }
}

fn from_head(folder: &Path, names: &[String], head: &Head) -> io::Result<Found> {
    let tip = Tip { line: head.checkpoint.line, hash: head.checkpoint.hash };
    let found = Found { tip, seq: head.checkpoint.seq, checkpoint: 0, file: None };
    if tip == Tip::NONE {
        return follow(folder, names, 0, found, false);
    }
    let last_line = last_line_before(&folder.join(&head.name), head.len)?;
    let is_there = last_line.as_ref().is_some_and(|text| hash_of(text) == tip.hash);
    let Some(at) = names.iter().position(|name| *name == head.name).filter(|_| is_there) else {
        tracing::error!(
            file = %folder.join(&head.name).display(), line = tip.line,
            "the audit chain was cut or changed: its last line is not there. It goes on in a new file, and \
             `seatkeeper audit verify` says what is missing"
        );
        return Ok(found);
    };
    let is_checkpoint =
        last_line.and_then(|text| AuditLine::read(&text)).is_some_and(|line| line.kind == CHECKPOINT);
    let found = Found { checkpoint: if is_checkpoint { tip.line } else { 0 }, ..found };
    follow(folder, names.get(at..).unwrap_or_default(), head.len, found, false)
}

/// The last line that ends at a length.
fn last_line_before(path: &Path, len: u64) -> io::Result<Option<Vec<u8>>> {
    let Ok(mut file) = File::open(path) else { return Ok(None) };
    if file.metadata()?.len() < len {
        return Ok(None);
    }
    // A line has a few kilobytes at most.
    let from = len.saturating_sub(64 * 1024);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(len - from).read_to_end(&mut bytes)?;
    let Some(text) = bytes.strip_suffix(b"\n") else { return Ok(None) };
    let begin = text.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    Ok(text.get(begin..).map(<[u8]>::to_vec))
}

/// Goes along lines that follow, from a place in the first of these files. Where nothing is known before (`blind`),
/// the first line is believed.
fn follow(
    folder: &Path,
    names: &[String],
    from: u64,
    mut found: Found,
    mut blind: bool,
) -> io::Result<Found> {
    for (n, name) in names.iter().enumerate() {
        let path: PathBuf = folder.join(name);
        let bytes = std::fs::read(&path)?;
        let mut len = if n == 0 { usize::try_from(from).unwrap_or(0) } else { 0 };
        while let Some(rest) = bytes.get(len..)
            && let Some(end) = rest.iter().position(|b| *b == b'\n')
        {
            let text = rest.get(..end).unwrap_or_default();
            let line = AuditLine::read(text).filter(|line| {
                blind || (line.line == found.tip.line + 1 && line.prev() == Some(found.tip.hash))
            });
            let Some(line) = line else { return Ok(leave(&path, found)) };
            blind = false;
            found.tip = Tip { line: line.line, hash: hash_of(text) };
            found.seq = found.seq.max(line.seq);
            if line.kind == CHECKPOINT {
                found.checkpoint = line.line;
            }
            len += end + 1;
        }
        if len < bytes.len() {
            OpenOptions::new().write(true).open(&path)?.set_len(len as u64)?;
        }
        found.file = Some((name.clone(), len as u64));
    }
    Ok(found)
}

/// A line that does not follow is no doing of ours: it stays, and the chain goes on in a new file.
fn leave(path: &Path, mut found: Found) -> Found {
    tracing::error!(
        file = %path.display(), line = found.tip.line + 1,
        "the audit chain was changed: a line does not follow from the one before. It goes on in a new file, and \
         `seatkeeper audit verify` says what was changed"
    );
    found.file = None;
    found
}
