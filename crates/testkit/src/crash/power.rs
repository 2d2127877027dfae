//! A disk whose power can be cut: ext4 in a file, on a loop device.
//!
//! The cut is `EXT4_IOC_SHUTDOWN` without a flush of ext4's journal: from that moment nothing reaches
//! the file, and what only the kernel's memory has is lost. What was written to the file without a
//! flush of the disk stays: whether a disk keeps its word cannot be seen so.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// Bytes of the disk; its file has holes.
const DISK_BYTES: u64 = 512 * 1024 * 1024;
/// A file system that is not let go within this is left behind.
const UNMOUNT_WITHIN: Duration = Duration::from_secs(20);

/// A disk. It is unmounted when this is dropped.
#[derive(Debug)]
pub(crate) struct Disk {
    image: PathBuf,
    mount: PathBuf,
    /// The process that cuts.
    cutter: Child,
    order: Option<ChildStdin>,
    answer: BufReader<ChildStdout>,
}

/// Whether power can be cut here.
///
/// # Errors
/// Why not.
pub(crate) fn is_possible(folder: &Path, cutter: &Path) -> Result<(), String> {
    if !rustix::process::geteuid().is_root() {
        return Err("it needs root, for loop devices".into());
    }
    std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let tried = Disk::make(folder, cutter).and_then(|mut disk| {
        disk.cut()?;
        disk.restore()
    });
    let _ = std::fs::remove_dir_all(folder);
    tried
}

impl Disk {
    /// Makes a disk in a folder, and mounts it.
    ///
    /// # Errors
    /// What failed.
    pub(crate) fn make(folder: &Path, cutter: &Path) -> Result<Self, String> {
        let (image, mount) = (folder.join("disk.img"), folder.join("disk"));
        let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
        std::fs::create_dir_all(&mount).map_err(failed)?;
        // One that a run before left behind.
        let _ = quiet(Command::new("umount").arg(&mount));
        let file = std::fs::File::create(&image).map_err(failed)?;
        file.set_len(DISK_BYTES).map_err(failed)?;
        quiet(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(&image))?;
        let mut helper = Command::new("python3");
        helper.arg(cutter).arg(&mount).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = helper.spawn().map_err(|e| format!("python3 cannot be run: {e}"))?;
        let order = child.stdin.take();
        let answer = BufReader::new(child.stdout.take().ok_or("python3 has no output")?);
        let disk = Self { image, mount, cutter: child, order, answer };
        disk.mount()?;
        Ok(disk)
    }

    /// Where it is mounted.
    pub(crate) fn mount_point(&self) -> &Path {
        &self.mount
    }

    fn mount(&self) -> Result<(), String> {
        quiet(Command::new("mount").args(["-t", "ext4", "-o", "loop"]).arg(&self.image).arg(&self.mount))
    }

    /// Cuts the power. Nothing is written from here on.
    ///
    /// # Errors
    /// When it cannot be cut.
    pub(crate) fn cut(&mut self) -> Result<(), String> {
        let failed = |e: std::io::Error| format!("the power cannot be cut: {e}");
        self.order.as_mut().ok_or("nobody cuts")?.write_all(b"cut\n").map_err(failed)?;
        let mut line = String::new();
        self.answer.read_line(&mut line).map_err(failed)?;
        if line.trim() == "cut" { Ok(()) } else { Err(format!("the power cannot be cut: {}", line.trim())) }
    }

    /// Gives the power back: ext4 replays its journal.
    ///
    /// # Errors
    /// When it cannot be mounted.
    pub(crate) fn restore(&mut self) -> Result<(), String> {
        self.unmount()?;
        self.mount()
    }

    fn unmount(&self) -> Result<(), String> {
        let began = Instant::now();
        loop {
            match quiet(Command::new("umount").arg(&self.mount)) {
                Err(_) if began.elapsed() < UNMOUNT_WITHIN => {
                    // The kernel lets go of a dead process's files a moment after it.
                    std::thread::park_timeout(Duration::from_millis(5));
                }
                done => return done,
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.order = None;
        let _ = self.cutter.wait();
        let _ = self.unmount();
    }
}

/// Runs a tool, and says what it said when it fails.
fn quiet(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let done = command.stdin(Stdio::null()).output().map_err(|e| format!("{name} cannot be run: {e}"))?;
    if done.status.success() {
        return Ok(());
    }
    Err(format!("{name}: {}", String::from_utf8_lossy(&done.stderr).trim()))
}
