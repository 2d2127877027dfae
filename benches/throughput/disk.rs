//! What one flush costs on this disk: no durable answer can come sooner.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::Instant;

use crate::report::Spread;

const WRITES: usize = 300;

/// Microseconds of a write of 4 KiB and its flush, in a file that is there.
pub(crate) fn flush_us(path: &Path) -> Spread {
    let file = File::options().create_new(true).write(true).open(path).unwrap();
    let block = [7; 4096];
    for n in 0..WRITES {
        file.write_all_at(&block, (n * block.len()) as u64).unwrap();
    }
    file.sync_all().unwrap();
    let one = |n: usize| {
        let began = Instant::now();
        file.write_all_at(&block, (n * block.len()) as u64).unwrap();
        file.sync_data().unwrap();
        began.elapsed().as_secs_f64() * 1e6
    };
    Spread::of(&(0..WRITES).map(one).collect::<Vec<_>>())
}

/// Whether files there are only in memory.
pub(crate) fn is_in_memory(path: &Path) -> bool {
    const TMPFS: i64 = 0x0102_1994;
    rustix::fs::statfs(path).is_ok_and(|found| found.f_type == TMPFS)
}
