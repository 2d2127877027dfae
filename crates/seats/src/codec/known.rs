//! Pools that were read before.

use names::PoolId;
use rustc_hash::FxHashMap;

use super::CodecError;
use super::reader::Reader;
use crate::record::Event;
use crate::row::Row;

/// Pools that are kept in mind; at more, all are forgotten.
const POOLS_MAX: usize = 65_536;

/// Reads many rows or events: those of one pool share its id, as they did before they were written.
#[derive(Debug, Default)]
pub struct Decoder {
    known: Known,
}

impl Decoder {
    /// One that has read nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a row, as [`Row::decode`] does.
    ///
    /// # Errors
    /// The same.
    pub fn row(&mut self, bytes: &[u8]) -> Result<Row, CodecError> {
        Row::read(Reader::knowing(bytes, &mut self.known))
    }

    /// Reads an event, as [`Event::decode`] does.
    ///
    /// # Errors
    /// The same.
    pub fn event(&mut self, bytes: &[u8]) -> Result<Event, CodecError> {
        Event::read(Reader::knowing(bytes, &mut self.known))
    }
}

/// Pool ids by their bytes.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The one that was read last: most often it is the next too.
    last: Option<(Box<[u8]>, PoolId)>,
    pools: FxHashMap<Box<[u8]>, PoolId>,
}

impl Known {
    /// The pool whose id is at the front of these bytes, and how many of them it takes, if it is the
    /// last one again. No id's bytes begin with another's.
    pub(super) fn again(&self, bytes: &[u8]) -> Option<(PoolId, usize)> {
        let (own, id) = self.last.as_ref()?;
        bytes.starts_with(own).then(|| (id.clone(), own.len()))
    }

    /// The id that is kept for one that was read from these bytes.
    pub(super) fn keep(&mut self, bytes: &[u8], id: PoolId) -> PoolId {
        if self.pools.len() >= POOLS_MAX {
            self.pools.clear();
        }
        let id = match self.pools.get(bytes) {
            Some(id) => id.clone(),
            None => {
                self.pools.insert(bytes.into(), id.clone());
                id
            }
        };
        self.last = Some((bytes.into(), id.clone()));
        id
    }
}

#[cfg(test)]
mod tests {
    use names::{ConfigId, CpuId, Feature, Vendor};

    use super::*;

    #[test]
    fn a_pool_that_was_read_before_is_the_same_and_no_other() {
        let mut decoder = Decoder::new();
        for round in 0..3 {
            for (config, pooling) in
                [(1, ""), (11, ""), (1, "VERSION=1"), (1, "VERSION=10"), (1, "VERSION=1")]
            {
                let id = PoolId::new(
                    Vendor::new("acmed").unwrap(),
                    ConfigId::Number(config),
                    CpuId::new("02aa10203040").unwrap(),
                    Feature::new("mill").unwrap(),
                    pooling,
                )
                .unwrap();
                let mut bytes = Vec::new();
                Event::PoolDropped(id.clone()).encode(&mut bytes);
                let again = decoder.event(&bytes).unwrap();
                assert_eq!(again, Event::PoolDropped(id), "round {round}");
                bytes.push(0);
                assert!(decoder.event(&bytes).is_err());
                bytes.truncate(bytes.len() - 2);
                assert!(decoder.event(&bytes).is_err());
            }
        }
        assert_eq!(decoder.known.pools.len(), 4);
    }

    #[test]
    fn pools_beyond_those_that_are_kept_are_read_all_the_same() {
        let mut decoder = Decoder::new();
        for n in 1..POOLS_MAX as u64 + 10 {
            let mut bytes = b"\x04\x05acmed\0".to_vec();
            super::super::put_number(&mut bytes, n);
            bytes.extend_from_slice(b"\x0c02aa10203040\x04mill\0");
            let read = decoder.event(&bytes).unwrap();
            assert!(matches!(read, Event::PoolDropped(id) if *id.config() == ConfigId::Number(n)));
        }
        assert!(decoder.known.pools.len() < 20, "{}", decoder.known.pools.len());
    }
}
