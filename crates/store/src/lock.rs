//! One daemon per folder, and one per (vendor key, host id) on a machine.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use xxhash_rust::xxh3::xxh3_128;

/// Why a lock was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process serves from this folder.
    #[error("{folder}: {holder} serves from this folder; stop it first (`systemctl stop seatkeeperd`)")]
    Folder {
        /// The folder.
        folder: String,
        /// Who.
        holder: String,
    },
    /// Another process serves this vendor's licenses for this host.
    #[error(
        "{holder} already serves the licenses of vendor key {vendor_key} for host {host} on this machine; two daemons \
         would grant every seat twice. Stop it, or give both licenses to one daemon"
    )]
    Host {
        /// Who.
        holder: String,
        /// The vendor's key.
        vendor_key: String,
        /// The license host's id.
        host: String,
    },
    /// The system said no.
    #[error("{what}: the lock could not be taken")]
    Io {
        /// Of what.
        what: String,
        /// What the system says.
        source: io::Error,
    },
}

/// A state folder is ours until this is dropped, or the process ends.
///
/// The lock is on the journal folder itself: there is no lock file to be removed, and a bind mount
/// leads to the same folder.
#[derive(Debug)]
pub struct FolderLock {
    _folder: OwnedFd,
}

impl FolderLock {
    /// Takes the lock of the journal folder at `journal`.
    ///
    /// # Errors
    /// When someone else has it.
    pub(crate) fn take(journal: &Path) -> Result<Self, LockError> {
        let shown = journal.display().to_string();
        let failed = |e: rustix::io::Errno| LockError::Io { what: shown.clone(), source: e.into() };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = rustix::fs::open(journal, flags, Mode::empty()).map_err(failed)?;
        match rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _folder: folder }),
            Err(e) if e == rustix::io::Errno::WOULDBLOCK => {
                let inode = rustix::fs::fstat(&folder).map_err(failed)?.st_ino;
                Err(LockError::Folder { folder: shown, holder: holder_of(inode) })
            }
            Err(e) => Err(failed(e)),
        }
    }
}

/// Who holds the lock of an inode, as the system's list of locks says.
fn holder_of(inode: u64) -> String {
    let locks = std::fs::read_to_string("/proc/locks").unwrap_or_default();
    let ours = format!(":{inode}");
    let pid = locks.lines().find_map(|line| {
        let fields: Vec<_> = line.split_whitespace().collect();
        let is_ours = fields.get(1) == Some(&"FLOCK") && fields.get(5)?.ends_with(&ours);
        is_ours.then(|| fields.get(4)?.parse().ok()).flatten()
    });
    pid.map_or_else(|| "another process".to_owned(), process)
}

fn process(pid: i32) -> String {
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    match name.trim() {
        "" => format!("process {pid}"),
        name => format!("process {pid} ({name})"),
    }
}

/// The right to serve one vendor's licenses for one host on this machine, until this is dropped or
/// the process ends, whatever the folder.
///
/// It is a socket with an abstract name made of both, so nothing is left behind by a process that
/// dies. Such names are per network namespace: daemons in containers with networks of their own do
/// not see each other.
#[derive(Debug)]
pub struct HostLock {
    _socket: OwnedFd,
}

impl HostLock {
    /// Takes it.
    ///
    /// # Errors
    /// When another process has it, with its number and name.
    pub fn take(vendor_key_id: &str, host_id: &str) -> Result<Self, LockError> {
        let failed = |e: rustix::io::Errno| LockError::Io {
            what: format!("vendor key {vendor_key_id} on host {host_id}"),
            source: e.into(),
        };
        let address = address(vendor_key_id, host_id).map_err(failed)?;
        let socket = socket().map_err(failed)?;
        match rustix::net::bind(&socket, &address) {
            Ok(()) => {}
            Err(e) if e == rustix::io::Errno::ADDRINUSE => {
                return Err(LockError::Host {
                    holder: listener(&address).map_or_else(|_| "another process".to_owned(), process),
                    vendor_key: vendor_key_id.to_owned(),
                    host: host_id.to_owned(),
                });
            }
            Err(e) => return Err(failed(e)),
        }
        // Nobody is ever let in; listening lets the system tell so many others who we are.
        rustix::net::listen(&socket, 4096).map_err(failed)?;
        Ok(Self { _socket: socket })
    }
}

fn address(vendor_key_id: &str, host_id: &str) -> rustix::io::Result<SocketAddrUnix> {
    let both = format!("{}:{vendor_key_id}{host_id}", vendor_key_id.len());
    SocketAddrUnix::new_abstract_name(format!("seatkeeper/{:032x}", xxh3_128(both.as_bytes())).as_bytes())
}

fn socket() -> rustix::io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)
}

/// The process that listens on an address.
fn listener(address: &SocketAddrUnix) -> rustix::io::Result<i32> {
    let socket = socket()?;
    rustix::net::connect(&socket, address)?;
    let peer = rustix::net::sockopt::socket_peercred(socket.as_fd())?;
    Ok(peer.pid.as_raw_nonzero().get())
}
