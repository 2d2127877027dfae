//! Until when `lmborrow` lets seats be borrowed: FlexNet's LM_BORROW, from the environment or kept in
//! `$XDG_CONFIG_HOME/seatkeeper/lmborrow`.

use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;

use names::Code;

use crate::fail::Failure;

/// The variable, and what stands before its value in the file.
pub(super) const VARIABLE: &str = "LM_BORROW";

/// `FROM:VENDOR:UNTIL`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeptDate {
    pub(super) from: String,
    /// A vendor's name, or `all`.
    pub(super) vendor: String,
    /// `dd-mmm-yyyy[:hh:mm]`
    pub(super) until: String,
}

impl KeptDate {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix(VARIABLE).and_then(|rest| rest.strip_prefix('=')).unwrap_or(text);
        let mut parts = text.splitn(3, ':').map(str::to_owned);
        Some(Self { from: parts.next()?, vendor: parts.next()?, until: parts.next()? })
    }

    fn is_for(&self, vendor: Option<&str>) -> bool {
        self.vendor == "all" || vendor.is_none_or(|vendor| vendor == self.vendor)
    }
}

impl std::fmt::Display for KeptDate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{VARIABLE}={}:{}:{}", self.from, self.vendor, self.until)
    }
}

/// Until when seats of a vendor are borrowed, where `lmborrow` or LM_BORROW says so.
pub(crate) fn kept_date(vendor: Option<&str>) -> Option<String> {
    now().filter(|kept| kept.is_for(vendor)).map(|kept| kept.until)
}

/// What is set now; the environment goes first.
pub(super) fn now() -> Option<KeptDate> {
    let set = std::env::var(VARIABLE).ok().and_then(|text| KeptDate::parse(&text));
    set.or_else(|| KeptDate::parse(&std::fs::read_to_string(path()?).ok()?))
}

/// Keeps a date in place of the one before.
pub(super) fn keep(kept: &KeptDate) -> Result<(), Failure> {
    let path = own_path()?;
    let folder = path.parent().unwrap_or(&path);
    let write = || {
        std::fs::create_dir_all(folder)?;
        let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(fresh, "{kept}")?;
        fresh.persist(&path).map_err(|error| error.error)
    };
    write().map(drop).map_err(|error| Failure::system(&path.display().to_string(), &error))
}

/// Forgets the date that is kept.
pub(super) fn clear() -> Result<(), Failure> {
    let path = own_path()?;
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            Err(Failure::system(&path.display().to_string(), &error))
        }
        _ => Ok(()),
    }
}

fn own_path() -> Result<PathBuf, Failure> {
    let missing = || {
        let message = "neither HOME nor XDG_CONFIG_HOME is set";
        Failure::new(Code::BadParameter, message, "set HOME")
    };
    path().ok_or_else(missing)
}

fn path() -> Option<PathBuf> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute("XDG_CONFIG_HOME").or_else(|| absolute("HOME").map(|home| home.join(".config")));
    base.map(|base| base.join("seatkeeper").join("lmborrow"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_flexnet_writes_it() {
        let read = KeptDate::parse("LM_BORROW=22-nov-2026:acmed:31-dec-2027:18:00\n").unwrap();
        assert_eq!((read.vendor.as_str(), read.until.as_str()), ("acmed", "31-dec-2027:18:00"));
        assert_eq!(KeptDate::parse(&read.to_string()), Some(read.clone()));
        assert!(read.is_for(None) && read.is_for(Some("acmed")) && !read.is_for(Some("other")));
        let all = KeptDate::parse("22-nov-2026:all:31-dec-2027").unwrap();
        assert!(all.is_for(Some("other")));
        assert_eq!(KeptDate::parse("LM_BORROW=acmed"), None);
    }
}
