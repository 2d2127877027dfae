//! A seat state in memory, for the simulator and for tests: the bytes that sled would hold.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

use names::Seq;
use seats::{Decoder, Row};

use crate::order;
use crate::seats_port::{Changes, Head, Opening, SeatFolder, SeatStore, SeatsFailed};
use crate::value;

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// A map behind the port that sled is behind.
#[derive(Debug, Clone, Default)]
pub struct MapStore {
    map: Rc<RefCell<Map>>,
}

impl MapStore {
    /// A copy of its bytes, which a crash may leave or take back to an earlier copy.
    #[must_use]
    pub fn bytes(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.map.borrow().clone()
    }

    /// Sets its bytes.
    pub fn set_bytes(&self, map: BTreeMap<Vec<u8>, Vec<u8>>) {
        *self.map.borrow_mut() = map;
    }
}

impl SeatStore for MapStore {
    fn read(&mut self, each: &mut dyn FnMut(Row)) -> Result<Option<Head>, SeatsFailed> {
        let (map, mut decoder, mut head) = (self.map.borrow(), Decoder::new(), None);
        for (from, to) in order::ranges() {
            let below = to.map_or(Bound::Unbounded, Bound::Excluded);
            for (key, bytes) in map.range((Bound::Included(from), below)) {
                if key == value::HEAD_KEY {
                    head = Some(value::unseal_head(bytes).map_err(SeatsFailed)?);
                } else {
                    each(value::unseal(&mut decoder, key, bytes).map_err(SeatsFailed)?);
                }
            }
        }
        Ok(head)
    }

    fn write(&mut self, changes: &Changes, at: Seq, head: Option<&Head>) -> Result<(), SeatsFailed> {
        let mut map = self.map.borrow_mut();
        for (key, row) in changes.iter() {
            match row {
                Some(row) => map.insert(key.to_vec(), value::seal(key, row, at)),
                None => map.remove(key),
            };
        }
        if let Some(head) = head {
            map.insert(value::HEAD_KEY.to_vec(), value::seal_head(head));
        }
        Ok(())
    }
}

/// Where a [`MapStore`] is kept. A copy is the same place.
#[derive(Debug, Clone, Default)]
pub struct MapFolder {
    /// What is kept there.
    pub store: Option<MapStore>,
    /// What was set aside.
    pub aside: Vec<MapStore>,
}

impl SeatFolder for MapFolder {
    type Store = MapStore;

    fn open(&mut self, each: &mut dyn FnMut(Row)) -> Result<Option<Opening<MapStore>>, SeatsFailed> {
        let Some(mut store) = self.store.clone() else { return Ok(None) };
        let head = store.read(each)?;
        Ok(Some((store, head)))
    }

    fn make(&mut self) -> Result<MapStore, SeatsFailed> {
        Ok(self.store.insert(MapStore::default()).clone())
    }

    fn set_aside(&mut self) -> std::io::Result<String> {
        self.aside.extend(self.store.take());
        Ok(format!("sled.bad-{}", self.aside.len()))
    }
}
