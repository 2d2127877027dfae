//! The license files as they are served: kept as they were read, and given on in pieces.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use ::desk::Owned;
use bytes::Bytes;
use futures_util::Stream;
use license::PackState;
use proto::v1;
use tonic::Status;

use crate::desk;
use crate::licenses::Licenses;
use crate::meter::{Meter, Portion};
use crate::metered::no_room;

/// A piece of a file, at most.
pub(crate) const PIECE: usize = 32 * 1024;

/// The files that are served from.
#[derive(Debug, Default)]
pub(crate) struct Served {
    files: Vec<File>,
    /// What they give, and whose it is.
    pub(crate) owned: Arc<[Owned]>,
}

#[derive(Debug)]
struct File {
    /// Without its folder.
    name: String,
    vendors: BTreeSet<String>,
    text: Bytes,
}

/// Pieces of files, each made when it is sent.
pub(crate) type Pieces = Pin<Box<dyn Stream<Item = Result<v1::LicensesPart, Status>> + Send>>;

impl Served {
    /// The files with a pack that is served. What else is in a folder of licenses is nobody's business.
    pub(crate) fn new(licenses: &Licenses) -> Self {
        let packs = || licenses.loaded.packs.iter().filter(|pack| pack.state == PackState::Served);
        let file = |(at, source): (usize, &license::Source)| {
            let vendors: BTreeSet<String> =
                packs().filter(|pack| pack.file == at).map(|pack| pack.vendor.to_string()).collect();
            let name = Path::new(&source.name).file_name().unwrap_or_default().to_string_lossy().into_owned();
            (!vendors.is_empty()).then(|| File { name, vendors, text: source.bytes.clone().into() })
        };
        let mut files: Vec<File> = licenses.sources.iter().enumerate().filter_map(file).collect();
        tell_apart(&mut files);
        Self { files, owned: desk::owned(&licenses.loaded.entitlements) }
    }

    /// Whether a file of this text is served.
    pub(crate) fn has(&self, text: &[u8]) -> bool {
        self.files.iter().any(|file| file.text == text)
    }
}

/// Files of one name, from several folders, are numbered: pieces are put together by their names.
fn tell_apart(files: &mut [File]) {
    let mut taken: BTreeSet<String> = files.iter().map(|file| file.name.clone()).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for file in files {
        let count = seen.entry(file.name.clone()).or_default();
        *count += 1;
        // Another file may have such a name of its own.
        while *count > 1 && !taken.insert(format!("{} ({count})", file.name)) {
            *count += 1;
        }
        if *count > 1 {
            file.name = format!("{} ({count})", file.name);
        }
    }
}

/// The pieces of all files, or of those with lines of a vendor.
pub(crate) fn pieces(served: Arc<Served>, vendor: String, meter: Meter) -> Pieces {
    let portion = meter.portion();
    Box::pin(futures_util::stream::iter(Pieced { served, vendor, meter, portion, file: 0, from: 0 }))
}

struct Pieced {
    served: Arc<Served>,
    vendor: String,
    meter: Meter,
    portion: Portion,
    file: usize,
    from: usize,
}

impl Iterator for Pieced {
    type Item = Result<v1::LicensesPart, Status>;

    fn next(&mut self) -> Option<Self::Item> {
        let served = Arc::clone(&self.served);
        let is_wanted = |file: &File| self.vendor.is_empty() || file.vendors.contains(&self.vendor);
        let (at, file) = served.files.iter().enumerate().skip(self.file).find(|(_, file)| is_wanted(file))?;
        if self.meter.over().is_some() {
            self.file = usize::MAX;
            return Some(Err(no_room()));
        }
        let to = file.text.len().min(self.from + PIECE);
        let text = file.text.slice(self.from.min(to)..to);
        self.portion.set(text.len());
        (self.file, self.from) = if to == file.text.len() { (at + 1, 0) } else { (at, to) };
        Some(Ok(v1::LicensesPart { name: file.name.clone(), text }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::Budget;

    fn served(files: &[(&str, &str, usize)]) -> Arc<Served> {
        let file = |(name, vendor, len): &(&str, &str, usize)| File {
            name: (*name).into(),
            vendors: BTreeSet::from([(*vendor).to_owned()]),
            text: vec![b'x'; *len].into(),
        };
        Arc::new(Served { files: files.iter().map(file).collect(), owned: Arc::new([]) })
    }

    fn all(served: &Arc<Served>, vendor: &str, meter: Meter) -> Vec<Result<(String, usize), tonic::Code>> {
        let portion = meter.portion();
        let served = Arc::clone(served);
        let pieces = Pieced { served, vendor: vendor.into(), meter, portion, file: 0, from: 0 };
        pieces.map(|piece| piece.map(|p| (p.name, p.text.len())).map_err(|status| status.code())).collect()
    }

    #[test]
    fn files_come_whole_in_pieces_and_only_those_of_a_vendor() {
        let served =
            served(&[("a.lic", "acmed", 2 * PIECE + 1), ("b.lic", "otherd", 3), ("c.lic", "acmed", PIECE)]);
        let budget = Budget::new(1 << 20);
        let a = |len| Ok(("a.lic".to_owned(), len));
        let c = Ok(("c.lic".to_owned(), PIECE));
        let b = Ok(("b.lic".to_owned(), 3));
        assert_eq!(all(&served, "", Meter::new(&budget)), [a(PIECE), a(PIECE), a(1), b.clone(), c.clone()]);
        assert_eq!(all(&served, "acmed", Meter::new(&budget)), [a(PIECE), a(PIECE), a(1), c]);
        assert_eq!(all(&served, "otherd", Meter::new(&budget)), [b]);
        assert!(all(&served, "nobody", Meter::new(&budget)).is_empty());
    }

    #[test]
    fn files_of_one_name_are_told_apart() {
        let file = |name: &str| File { name: name.into(), vendors: BTreeSet::new(), text: Bytes::new() };
        for (names, told) in [
            (["a.lic", "a.lic", "b.lic", "a.lic"], ["a.lic", "a.lic (2)", "b.lic", "a.lic (3)"]),
            (["a.lic", "a.lic", "a.lic (2)", "a.lic"], ["a.lic", "a.lic (3)", "a.lic (2)", "a.lic (4)"]),
            (
                ["a.lic (2)", "a.lic", "a.lic", "a.lic (2)"],
                ["a.lic (2)", "a.lic", "a.lic (3)", "a.lic (2) (2)"],
            ),
        ] {
            let mut files = names.map(file);
            tell_apart(&mut files);
            assert_eq!(files.map(|file| file.name), told);
        }
    }

    #[test]
    fn who_keeps_too_much_is_given_no_more() {
        let served = served(&[("a.lic", "acmed", 9 * PIECE)]);
        let meter = Meter::new(&Budget::new(0));
        let mut other = meter.portion();
        other.set(10 * PIECE);
        assert_eq!(all(&served, "", meter), [Err(tonic::Code::ResourceExhausted)]);
    }
}
