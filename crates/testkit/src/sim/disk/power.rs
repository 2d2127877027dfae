//! What a power cut leaves of files and names.

use std::collections::{BTreeMap, BTreeSet};

use super::Inner;

pub(super) const SECTOR: usize = 512;

#[derive(Debug, Default)]
pub(super) struct Inode {
    pub(super) on_disk: Vec<u8>,
    pub(super) data: Vec<u8>,
    /// Sectors of `data` that are not on the disk yet.
    pub(super) dirty: BTreeSet<usize>,
}

#[derive(Debug, Clone)]
pub(super) enum NameChange {
    Link(String, usize),
    Unlink(String),
    Rename(String, String, usize),
    Folder(String),
}

#[derive(Debug, Default, Clone)]
pub(super) struct Names {
    pub(super) files: BTreeMap<String, usize>,
    pub(super) folders: BTreeSet<String>,
}

impl Names {
    pub(super) fn apply(&mut self, change: &NameChange) {
        match change {
            NameChange::Link(name, inode) => drop(self.files.insert(name.clone(), *inode)),
            NameChange::Unlink(name) => drop(self.files.remove(name)),
            NameChange::Rename(from, to, inode) => {
                self.files.remove(from);
                self.files.insert(to.clone(), *inode);
            }
            NameChange::Folder(name) => drop(self.folders.insert(name.clone())),
        }
    }
}

impl Inner {
    pub(super) fn cut_power(&mut self) {
        for changes in std::mem::take(&mut self.unsynced).into_values() {
            let kept = self.rng.between(0, changes.len() as u64);
            self.faults.count_many("names lost", changes.len() as u64 - kept);
            changes.iter().take(usize::try_from(kept).unwrap_or(0)).for_each(|c| self.names_on_disk.apply(c));
        }
        self.names = self.names_on_disk.clone();
        // All, none, or any of the sectors.
        let keep = *self.rng.pick(&[0, 1_000, 500, 200, 800]).unwrap_or(&500);
        for inode in &mut self.inodes {
            let mut after = std::mem::take(&mut inode.on_disk);
            if inode.data.len() != after.len() && self.rng.chance(500) {
                after.resize(inode.data.len(), 0);
            }
            let (mut is_lost, mut is_kept, mut is_reordered) = (false, false, false);
            for sector in std::mem::take(&mut inode.dirty) {
                if self.rng.chance(keep) {
                    copy_sector(&inode.data, &mut after, sector);
                    is_reordered |= is_lost;
                    is_kept = true;
                } else {
                    self.faults.count("sectors lost");
                    is_lost = true;
                }
            }
            self.faults.count_many("writes torn", u64::from(is_lost && is_kept));
            self.faults.count_many("writes reordered", u64::from(is_reordered));
            inode.data.clone_from(&after);
            inode.on_disk = after;
        }
    }
}

/// Copies a sector that `from` has, making `to` longer for it.
pub(super) fn copy_sector(from: &[u8], to: &mut Vec<u8>, sector: usize) {
    let start = sector * SECTOR;
    let end = (start + SECTOR).min(from.len());
    if start < end {
        if to.len() < end {
            to.resize(end, 0);
        }
        if let (Some(to), Some(from)) = (to.get_mut(start..end), from.get(start..end)) {
            to.copy_from_slice(from);
        }
    }
}
