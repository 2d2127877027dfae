//! Where things are in a state folder.

use names::Seq;

use crate::reader_file::ReaderName;

pub(crate) const SENTINEL: &str = "seatkeeper.store";
pub(crate) const JOURNAL: &str = "journal";
pub(crate) const EXPORT: &str = "export";
pub(crate) const READERS: &str = "readers";
/// What the file of a reader is called after its name.
pub(crate) const READER_ENDING: &str = ".reader";
pub(crate) const SLED: &str = "sled";
/// The next segment, before it has a number.
pub(crate) const SPARE: &str = "journal/spare";

/// The segment whose first record this is.
pub(crate) fn segment(first: Seq) -> String {
    format!("{JOURNAL}/{:020}.skj", first.0)
}

/// The export of the state after this record.
pub(crate) fn export(cursor: Seq) -> String {
    format!("{EXPORT}/{:020}.ske", cursor.0)
}

/// The file of a reader of the journal.
pub(crate) fn reader(name: &ReaderName) -> String {
    format!("{READERS}/{name}{READER_ENDING}")
}

/// The number in the name of a segment or an export.
pub(crate) fn number_of(file: &str, extension: &str) -> Option<Seq> {
    let digits = file.strip_suffix(extension)?.strip_suffix('.')?;
    let is_number = digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.parse().ok().map(Seq)).flatten()
}
