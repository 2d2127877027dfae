//! Where the lines go: one log of all, and those of vendors that have their own.

use std::io;
use std::path::{Path, PathBuf};

use names::Vendor;

use super::at::{At, AtFile, to_stderr};
use super::file::LogFile;
use super::journald::Journald;
use super::{LogSetup, LogTo, OwnLog};

/// A line, in the forms in which it may be wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// With its time and its end.
    pub(super) text: &'a [u8],
    /// The fields of the journal, whole.
    pub(super) fields: &'a [u8],
}

/// One of them.
#[derive(Debug)]
pub(super) enum Out {
    File(OutFile),
    Journald(Journald),
    Stderr,
}

/// A file, and what is to become of it.
#[derive(Debug)]
pub(super) struct OutFile {
    pub(super) file: LogFile,
    /// A new one is begun when it is so long.
    rollover: Option<u64>,
    /// It is gone on with at a start.
    pub(super) is_kept: bool,
    pub(super) is_switched: bool,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    pub(super) main: Option<Out>,
    pub(super) own: Vec<(Vendor, OutFile)>,
}

impl Outputs {
    /// Opens the log of all, as the configuration says or an administrator has switched it.
    pub(super) fn open_main(&mut self, setup: &LogSetup, at: &At) -> io::Result<()> {
        let switched = at.of(None).filter(|file| file.is_switched).map(|file| &file.mark.path);
        let file =
            |path: &Path, is_switched| OutFile::open(path, setup.rollover, true, is_switched).map(Out::File);
        self.main = match (switched, &setup.to) {
            (Some(path), _) => Some(file(path, true)?),
            (None, Some(LogTo::File(path))) => Some(file(path, false)?),
            (None, Some(LogTo::Journald)) => Some(Out::Journald(Journald::open()?)),
            (None, Some(LogTo::Stderr)) => Some(Out::Stderr),
            (None, None) => None,
        };
        Ok(())
    }

    /// Where the lines of a vendor go; nobody's go to the log of all.
    pub(super) fn put(&mut self, vendor: Option<&str>, line: Line<'_>) -> io::Result<()> {
        let own = vendor.and_then(|vendor| self.own.iter_mut().find(|(of, _)| of.as_str() == vendor));
        match (own, &mut self.main) {
            (Some((_, own)), _) => own.file.put(line.text),
            (None, Some(Out::File(main))) => main.file.put(line.text),
            (None, Some(Out::Journald(journal))) => journal.send(line.fields),
            (None, Some(Out::Stderr)) => {
                to_stderr(line.text);
                Ok(())
            }
            (None, None) => Ok(()),
        }
    }

    /// Whether a line of this vendor is wanted anywhere.
    pub(super) fn wants(&self, vendor: Option<&str>) -> bool {
        self.main.is_some() || vendor.is_some_and(|vendor| self.has_own(vendor))
    }

    pub(super) fn has_own(&self, vendor: &str) -> bool {
        self.own.iter().any(|(of, _)| of.as_str() == vendor)
    }

    pub(super) fn is_journald(&self) -> bool {
        matches!(self.main, Some(Out::Journald(_)))
    }

    pub(super) fn files(&mut self) -> impl Iterator<Item = (Option<&Vendor>, &mut OutFile)> {
        let main = match &mut self.main {
            Some(Out::File(file)) => Some((None, file)),
            _ => None,
        };
        main.into_iter().chain(self.own.iter_mut().map(|(vendor, file)| (Some(&*vendor), file)))
    }

    /// Follows files that somebody has renamed or emptied. Whether one is another now.
    pub(super) fn follow(&mut self) -> io::Result<bool> {
        let mut is_other = false;
        for (_, out) in self.files() {
            is_other |= out.file.follow()?;
        }
        Ok(is_other)
    }

    pub(super) fn write_out(&mut self) -> io::Result<()> {
        self.files().try_for_each(|(_, out)| out.file.write_out())
    }

    pub(super) fn is_dirty(&mut self) -> bool {
        self.files().any(|(_, out)| out.file.is_dirty())
    }

    /// All that was put is on the disk; how far that is.
    pub(super) fn sync(&mut self) -> io::Result<Vec<AtFile>> {
        let mut files = Vec::new();
        for (vendor, out) in self.files() {
            out.file.sync()?;
            let (vendor, is_switched) = (vendor.map(ToString::to_string), out.is_switched);
            files.push(AtFile { vendor, is_switched, mark: out.file.mark()? });
        }
        Ok(files)
    }

    /// The first that is longer than it may be.
    pub(super) fn too_long(&mut self) -> Option<Option<Vendor>> {
        let mut files = self.files();
        let found = files.find(|(_, out)| out.rollover.is_some_and(|max| out.file.len() >= max));
        found.map(|(vendor, _)| vendor.cloned())
    }

    /// The file of a vendor, or of all.
    pub(super) fn of(&mut self, vendor: Option<&Vendor>) -> Option<&mut OutFile> {
        self.files().find(|(of, _)| *of == vendor).map(|(_, out)| out)
    }
}

impl OutFile {
    pub(super) fn open(
        path: &Path,
        rollover: Option<u64>,
        is_kept: bool,
        is_switched: bool,
    ) -> io::Result<Self> {
        Ok(Self { file: LogFile::open(path)?, rollover, is_kept, is_switched })
    }

    /// A vendor's own, as its options file says.
    pub(super) fn own(own: &OwnLog) -> io::Result<Self> {
        Self::open(&own.path, own.rollover, own.is_kept, false)
    }

    /// Renames it to a name that says when, and goes on in a new one; removes the oldest where there are too many.
    pub(super) fn roll(&mut self, owner: &str, host: &str, when: &str, keep: u32) -> io::Result<PathBuf> {
        let path = self.file.path().to_owned();
        let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
        let stem = format!("{owner}{host}");
        let to = (1..10_000)
            .map(|n| if n == 1 { String::new() } else { format!("-{n}") })
            .map(|n| folder.join(format!("{stem}{when}{n}.log")))
            .find(|to| std::fs::symlink_metadata(to).is_err())
            .ok_or_else(|| io::Error::other("too many logs have this name; remove some"))?;
        self.file.roll(&to)?;
        remove_oldest(&folder, &stem, keep);
        Ok(to)
    }
}

/// Removes rolled logs beyond so many. One that cannot be removed is left.
fn remove_oldest(folder: &Path, stem: &str, keep: u32) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut rolled: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| is_rolled(name, stem))
        })
        .collect();
    rolled.sort();
    let too_many = rolled.len().saturating_sub(keep as usize);
    for path in rolled.iter().take(too_many) {
        if let Err(error) = std::fs::remove_file(path) {
            tracing::warn!(file = %path.display(), %error, "an old debug log could not be removed");
        }
    }
}

/// `acmedlic12026-11-22_T09-49-41.log`, also with `-2` before the end.
fn is_rolled(name: &str, stem: &str) -> bool {
    let Some(rest) = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(".log")) else { return false };
    let shape = "0000-00-00_T00-00-00";
    let Some((when, number)) = rest.split_at_checked(shape.len()) else { return false };
    let fits = |(c, s): (char, char)| if s == '0' { c.is_ascii_digit() } else { c == s };
    let is_number = |n: &str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    when.chars().zip(shape.chars()).all(fits)
        && (number.is_empty() || number.strip_prefix('-').is_some_and(is_number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_logs_of_its_own_that_were_rolled_are_removed() {
        for (name, is) in [
            ("acmedlic12026-11-22_T09-49-41.log", true),
            ("acmedlic12026-11-22_T09-49-41-12.log", true),
            ("acmedlic1.log", false),
            ("acmedlic12026-11-22_T09-49-41.log.gz", false),
            ("otherlic12026-11-22_T09-49-41.log", false),
            ("acmedlic12026-11-22_T09-49-4x.log", false),
            ("acmedlic12026-11-22_T09-49-41-.log", false),
        ] {
            assert_eq!(is_rolled(name, "acmedlic1"), is, "{name}");
        }
    }
}
