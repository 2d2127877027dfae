//! Where the last report log of each vendor ended: a small file, replaced as a whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use super::error::HistoryError;
use super::folder::Folder;
use super::write::flush_folder;

/// Its name in the folder.
const NAME: &str = "switched";

fn path(folder: &Folder) -> PathBuf {
    folder.path().join(NAME)
}

/// Of each vendor, the last event that was written out.
pub(crate) fn read(folder: &Folder) -> Result<BTreeMap<String, u64>, HistoryError> {
    let path = path(folder);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(HistoryError::System(path, error)),
    };
    let line = |line: &str| line.split_once(' ').and_then(|(v, n)| Some((v.to_owned(), n.parse().ok()?)));
    let marks: Option<_> = text.lines().map(line).collect();
    marks.ok_or_else(|| HistoryError::damaged(&path, "it has other lines than `VENDOR NUMBER`"))
}

/// Writes it down for good.
pub(crate) fn write(folder: &Folder, marks: &BTreeMap<String, u64>) -> Result<(), HistoryError> {
    let (path, unfinished) = (path(folder), folder.path().join(format!("{NAME}.unfinished")));
    let text: String = marks.iter().map(|(vendor, seq)| format!("{vendor} {seq}\n")).collect();
    let written = File::create(&unfinished).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&unfinished, &path)?;
        flush_folder(&path)
    });
    written.map_err(|error| HistoryError::System(path, error))
}
