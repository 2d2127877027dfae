//! The one file: a gzipped tar, the same bytes for the same parts.

use std::io::{Error, Write as _};

use flate2::{Compression, GzBuilder};

/// The folder that everything is in.
const FOLDER: &str = "seatkeeper-support";
/// Bytes of a part.
pub(super) const PART_MAX: usize = 16 << 20;
/// Bytes of all parts together.
pub(super) const WHOLE_MAX: usize = 64 << 20;

/// A file of the bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) name: String,
    /// What it is, in a line.
    pub(super) about: &'static str,
    pub(super) text: String,
}

impl Part {
    pub(super) fn new(name: impl Into<String>, about: &'static str, text: impl Into<String>) -> Self {
        Self { name: name.into(), about, text: text.into() }
    }

    /// Cuts what is too long at the end of a line. Says how many bytes are gone.
    pub(super) fn cut(&mut self, most: usize) -> Option<usize> {
        let had = self.text.len();
        if had <= most {
            return None;
        }
        let mut end = most;
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let kept = self.text.get(..end).unwrap_or_default();
        let kept = kept.rfind('\n').map_or(kept.len(), |at| at + 1);
        self.text.truncate(kept);
        self.text.push_str(&format!("[cut here: {} bytes more]\n", had - kept));
        Some(had - kept)
    }
}

/// Packs the parts in their order.
pub(super) fn pack(parts: &[Part], made_s: u64) -> Result<Vec<u8>, Error> {
    let zipped = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
    let mut tar = tar::Builder::new(zipped);
    for part in parts {
        let mut header = tar::Header::new_ustar();
        header.set_size(part.text.len() as u64);
        header.set_mode(0o600);
        header.set_mtime(made_s);
        header.set_uid(0);
        header.set_gid(0);
        header.set_entry_type(tar::EntryType::Regular);
        tar.append_data(&mut header, format!("{FOLDER}/{}", part.name), part.text.as_bytes())?;
    }
    let mut zipped = tar.into_inner()?;
    zipped.flush()?;
    zipped.finish()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_part_is_cut_at_the_end_of_a_line_and_says_so() {
        let mut part = Part::new("a", "", "one\ntwo\nthree\n");
        assert_eq!((part.cut(14), part.text.len()), (None, 14));
        assert_eq!(part.cut(9), Some(6));
        assert_eq!(part.text, "one\ntwo\n[cut here: 6 bytes more]\n");
        let mut wide = Part::new("a", "", "李李李");
        assert_eq!(wide.cut(4), Some(6));
        assert!(wide.text.starts_with("李[cut"), "{}", wide.text);
    }

    #[test]
    fn the_same_parts_are_the_same_bytes_in_their_order() {
        let parts = [Part::new("b.txt", "", "two"), Part::new("a/a.txt", "", "one")];
        let packed = pack(&parts, 7).unwrap();
        assert_eq!(packed, pack(&parts, 7).unwrap());
        let mut found = Vec::new();
        for entry in tar::Archive::new(flate2::read::GzDecoder::new(packed.as_slice())).entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            let header = entry.header();
            assert_eq!(
                (header.mode().unwrap(), header.mtime().unwrap(), header.uid().unwrap()),
                (0o600, 7, 0)
            );
            found.push((entry.path().unwrap().display().to_string(), text));
        }
        let expected = [("seatkeeper-support/b.txt", "two"), ("seatkeeper-support/a/a.txt", "one")];
        assert_eq!(found, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }
}
