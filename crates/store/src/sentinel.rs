//! The sentinel: the file that says that a seat state was made here, on purpose.

use std::fmt::Write as _;

use names::{CpuId, Wall};

use crate::bytes::StoreId;

const TITLE: &str = "seatkeeper store";
const FORMAT: u64 = 1;

/// What `seatkeeper.store` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentinel {
    /// The store's name.
    pub store: StoreId,
    /// 1, and one more after each loss.
    pub epoch: u64,
    /// When this store was made.
    pub created: Wall,
    /// The license host it was made for.
    pub host: CpuId,
}

impl Sentinel {
    /// Whether the seat state before this one was lost. Borrowed seats of the time before must be
    /// held until the longest borrow has ended.
    #[must_use]
    pub fn is_after_loss(&self) -> bool {
        self.epoch > 1
    }

    pub(crate) fn to_text(&self) -> String {
        let mut text = format!(
            "{TITLE}\nformat = {FORMAT}\nstore = {}\nepoch = {}\ncreated_ms = {}\nhost = {}\n",
            self.store, self.epoch, self.created.0, self.host
        );
        let crc = crc32fast::hash(text.as_bytes());
        let _ = writeln!(text, "check = {crc:08x}");
        text
    }

    /// Reads the file's text.
    pub(crate) fn from_text(text: &str) -> Result<Self, SentinelError> {
        let bad = |why: &str| SentinelError::Bad(why.to_owned());
        let value = |name: &str| {
            let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(" = "));
            line.ok_or_else(|| bad(&format!("it has no line `{name} = …`")))
        };
        let number = |name: &str| {
            value(name)?.parse::<u64>().map_err(|_| bad(&format!("its line `{name} = …` is not a number")))
        };
        if text.lines().next() != Some(TITLE) {
            return Err(bad(&format!("it does not begin with `{TITLE}`")));
        }
        match number("format")? {
            FORMAT => {}
            newer => return Err(SentinelError::Newer(u16::try_from(newer).unwrap_or(u16::MAX))),
        }
        let body = text.find("check = ").and_then(|at| text.get(..at)).unwrap_or_default();
        if value("check")? != format!("{:08x}", crc32fast::hash(body.as_bytes())) {
            return Err(bad("its checksum is wrong"));
        }
        let created = value("created_ms")?.parse().map_err(|_| bad("its time is not a number"))?;
        Ok(Self {
            store: StoreId::parse(value("store")?).ok_or_else(|| bad("its store is not a UUID"))?,
            epoch: number("epoch")?,
            created: Wall(created),
            host: CpuId::new(value("host")?).map_err(|e| bad(&e.to_string()))?,
        })
    }
}

/// Why a text is not a sentinel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SentinelError {
    Newer(u16),
    Bad(String),
}
