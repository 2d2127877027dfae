//! systemd's journal, by its own protocol: a datagram of fields for each event.

use std::io;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

/// Where it listens.
const SOCKET: &str = "/run/systemd/journal/socket";
/// How long it may stand still.
const PATIENCE: Duration = Duration::from_secs(5);

/// A way to the journal.
#[derive(Debug)]
pub(super) struct Journald(UnixDatagram);

impl Journald {
    pub(super) fn open() -> io::Result<Self> {
        Self::at(SOCKET.as_ref())
    }

    fn at(socket: &std::path::Path) -> io::Result<Self> {
        let open = || {
            let to = UnixDatagram::unbound()?;
            to.connect(socket)?;
            to.set_write_timeout(Some(PATIENCE))?;
            Ok(Self(to))
        };
        open().map_err(|error: io::Error| {
            io::Error::new(error.kind(), format!("systemd's journal at {}: {error}", socket.display()))
        })
    }

    pub(super) fn send(&self, datagram: &[u8]) -> io::Result<()> {
        match self.0.send(datagram) {
            // The journal does without its sender.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.0.send(datagram).map(|_| ()),
            sent => sent.map(|_| ()),
        }
    }
}

/// Writes one field. A value of several lines is written with its length before it.
pub(super) fn field(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    out.extend_from_slice(name.as_bytes());
    if value.contains(&b'\n') {
        out.push(b'\n');
        out.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        out.push(b'=');
    }
    out.extend_from_slice(value);
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_sent_as_the_journal_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let journal = UnixDatagram::bind(folder.path().join("socket")).unwrap();
        let to = Journald::at(&folder.path().join("socket")).unwrap();
        let mut out = Vec::new();
        field(&mut out, "MESSAGE", b"OUT: \"mill\" kim@ws01");
        field(&mut out, "A", b"b\nMESSAGE=forged");
        to.send(&out).unwrap();
        let mut got = [0; 256];
        let len = journal.recv(&mut got).unwrap();
        assert_eq!(&got[..len], b"MESSAGE=OUT: \"mill\" kim@ws01\nA\n\x10\0\0\0\0\0\0\0b\nMESSAGE=forged\n");
    }
}
