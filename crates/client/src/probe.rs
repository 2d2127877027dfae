//! What speaks at an address that did not answer as a license server of ours.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::Server;

/// An HTTP/2 client's first words: the preface and empty SETTINGS.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// An HTTP/2 server's answer begins with the head of a SETTINGS frame.
const HEAD: usize = 9;
const WAIT: Duration = Duration::from_secs(2);

/// What speaks there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoken {
    Http2,
    Http1,
    Tls,
    /// It closed, kept silent or said something else, as FlexNet's lmgrd does.
    Other,
    /// It could not be reached a second time.
    Unreachable,
}

/// Says hello as HTTP/2 does and looks at the answer.
pub(crate) async fn probe(server: &Server) -> Spoken {
    let Ok(Ok(mut stream)) = timeout(WAIT, TcpStream::connect((server.host(), server.port()))).await else {
        return Spoken::Unreachable;
    };
    let mut head = [0; HEAD];
    let mut have = 0;
    let talk = async {
        stream.write_all(PREFACE).await?;
        while let Some(rest) = head.get_mut(have..).filter(|rest| !rest.is_empty()) {
            match stream.read(rest).await? {
                0 => break,
                n => have += n,
            }
        }
        Ok::<_, std::io::Error>(())
    };
    // Whether it ended well or not, what was read says what it is.
    let _ = timeout(WAIT, talk).await;
    judge(head.get(..have).unwrap_or_default())
}

fn judge(head: &[u8]) -> Spoken {
    match head {
        [_, _, _, 4, _, 0, 0, 0, 0] => Spoken::Http2,
        [b'H', b'T', b'T', b'P', b'/', ..] => Spoken::Http1,
        [0x15 | 0x16, 3, ..] => Spoken::Tls,
        _ => Spoken::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told_apart() {
        for (head, spoken) in [
            (&b"\0\0\x12\x04\0\0\0\0\0"[..], Spoken::Http2),
            (b"\0\0\x12\x04\0\0\0\0\x01", Spoken::Other),
            (b"HTTP/1.1 ", Spoken::Http1),
            (b"\x15\x03\x01\0\x02\x02\x46", Spoken::Tls),
            (b"", Spoken::Other),
            (b"W\0\0\0", Spoken::Other),
        ] {
            assert_eq!(judge(head), spoken, "{head:?}");
        }
    }
}
