//! What one flush costs on the disk of the state folder, done as the journal does it.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::figures::Figures;

/// As many blocks as a segment of the journal has, written before.
const BLOCKS: u64 = 4_096;
const BLOCK: [u8; 4_096] = [7; 4_096];
/// How long the disk is used before it is measured.
const WARM_UP: Duration = Duration::from_millis(300);

/// A file of the size of a segment, whose every block is written one after the other, and flushed.
#[derive(Debug)]
pub(crate) struct Bare {
    file: File,
    next: u64,
}

impl Bare {
    pub(crate) fn new(path: &Path) -> Self {
        let file = File::options().create_new(true).write(true).open(path).unwrap();
        for n in 0..BLOCKS {
            file.write_all_at(&[0; BLOCK.len()], n * BLOCK.len() as u64).unwrap();
        }
        file.sync_all().unwrap();
        Self { file, next: 0 }
    }

    /// Measures for so long.
    pub(crate) fn measure(&mut self, seconds: Duration) -> Figures {
        self.flushes(WARM_UP);
        Figures::of(self.flushes(seconds))
    }

    /// What each took, in microseconds.
    fn flushes(&mut self, during: Duration) -> Vec<f64> {
        let (mut took, began) = (Vec::new(), Instant::now());
        while began.elapsed() < during {
            let one = Instant::now();
            self.file.write_all_at(&BLOCK, self.next % BLOCKS * BLOCK.len() as u64).unwrap();
            self.file.sync_data().unwrap();
            took.push(one.elapsed().as_secs_f64() * 1e6);
            self.next += 1;
        }
        took
    }
}

/// The file system that a path is on: its type, and whether it is only in memory.
pub(crate) fn file_system(path: &Path) -> (String, bool) {
    let path = path.canonicalize().unwrap();
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap();
    let of_line = |line: &str| {
        let mut words = line.split(' ').skip(1);
        let (folder, kind) = (words.next()?, words.next()?);
        path.starts_with(folder).then(|| (folder.len(), kind.to_owned()))
    };
    // Of two on one folder the later one is seen.
    let found = mounts.lines().filter_map(of_line).max_by_key(|(depth, _)| *depth);
    let kind = found.map_or_else(|| "unknown".to_owned(), |(_, kind)| kind);
    let is_in_memory = ["tmpfs", "ramfs"].contains(&kind.as_str());
    (kind, is_in_memory)
}
