//! Who waits in line, by the log, and what became of it here.

use std::collections::{BTreeMap, HashMap, VecDeque};

use names::Wall;
use service::{Place, Taken};

use super::Key;

/// Who leaves the line has the seats within this time, or leaves without them.
const LEAVES_MS: i64 = 2_000;

/// What became of a place in line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wait {
    /// It waits.
    InLine(Place),
    /// It has its seats, which the log has not granted yet.
    Granted(Taken),
}

/// The places.
#[derive(Debug, Default)]
pub(super) struct Line {
    waits: BTreeMap<Key, VecDeque<(u32, Wait)>>,
    places: HashMap<Place, Key>,
    /// Who left, and when.
    leaving: VecDeque<(Wall, Key)>,
}

impl Line {
    /// Somebody waits, or would in the log.
    pub(super) fn put(&mut self, key: Key, seats: u32, wait: Wait) {
        if let Wait::InLine(place) = wait {
            self.places.insert(place, key);
        }
        self.waits.entry(key).or_default().push_back((seats, wait));
    }

    /// The log grants it: the oldest with as many seats.
    pub(super) fn take(&mut self, key: Key, seats: u32) -> Option<Wait> {
        let all = self.waits.get_mut(&key)?;
        let at = all.iter().position(|(of, _)| *of == seats)?;
        let (_, wait) = all.remove(at)?;
        self.forget(key, &wait);
        if let Some(at) = self.leaving.iter().position(|(_, of)| *of == key) {
            self.leaving.remove(at);
        }
        Some(wait)
    }

    /// The log says that somebody leaves the line: with the seats, if it says so soon.
    pub(super) fn leaves(&mut self, key: Key, at: Wall) {
        if self.waits.contains_key(&key) {
            self.leaving.push_back((at, key));
        }
    }

    /// Those who left without the seats by now.
    pub(super) fn gone(&mut self, now: Wall) -> Vec<(Key, u32, Wait)> {
        let mut gone = Vec::new();
        while let Some((at, key)) = self.leaving.front().copied()
            && now.0.saturating_sub(at.0) > LEAVES_MS
        {
            self.leaving.pop_front();
            if let Some((seats, wait)) = self.waits.get_mut(&key).and_then(VecDeque::pop_front) {
                self.forget(key, &wait);
                gone.push((key, seats, wait));
            }
        }
        gone
    }

    /// A place came to its end here: with its seats, whose they are; or with nothing.
    pub(super) fn settled(&mut self, place: Place, taken: Option<Taken>) -> Option<(Key, u32)> {
        let key = self.places.remove(&place)?;
        let all = self.waits.get_mut(&key)?;
        let at = all.iter().position(|(_, wait)| *wait == Wait::InLine(place))?;
        match taken {
            Some(taken) => {
                let (seats, wait) = all.get_mut(at)?;
                *wait = Wait::Granted(taken);
                Some((key, *seats))
            }
            None => {
                all.remove(at);
                if all.is_empty() {
                    self.waits.remove(&key);
                }
                None
            }
        }
    }

    /// All of a vendor.
    pub(super) fn clear(&mut self, vendor: usize) -> Vec<(Key, u32, Wait)> {
        let keys: Vec<Key> = self.waits.keys().filter(|key| key.vendor == vendor).copied().collect();
        let mut all = Vec::new();
        for key in keys {
            for (seats, wait) in self.waits.remove(&key).into_iter().flatten() {
                if let Wait::InLine(place) = wait {
                    self.places.remove(&place);
                }
                all.push((key, seats, wait));
            }
        }
        self.leaving.retain(|(_, key)| key.vendor != vendor);
        all
    }

    fn forget(&mut self, key: Key, wait: &Wait) {
        if let Wait::InLine(place) = wait {
            self.places.remove(place);
        }
        if self.waits.get(&key).is_some_and(VecDeque::is_empty) {
            self.waits.remove(&key);
        }
    }
}
