//! HTTP/2 by the byte, for clients that break its rules.

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use crate::support::DEADLINE;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const ACK: u8 = 1;
pub const END_HEADERS: u8 = 4;

pub const REFUSED_STREAM: u32 = 7;
pub const ENHANCE_YOUR_CALM: u32 = 11;

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Frame {
    /// The four bytes at `at`.
    pub fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.payload[at..at + 4].try_into().unwrap())
    }
}

/// A connection.
#[derive(Debug)]
pub struct Raw(TcpStream);

impl Raw {
    /// Connects and says nothing.
    pub fn connect(at: SocketAddr) -> Self {
        let tcp = TcpStream::connect(at).unwrap();
        tcp.set_read_timeout(Some(DEADLINE)).unwrap();
        tcp.set_write_timeout(Some(DEADLINE)).unwrap();
        tcp.set_nodelay(true).unwrap();
        Self(tcp)
    }

    /// Connects and begins as HTTP/2 does.
    pub fn http2(at: SocketAddr) -> Self {
        let mut raw = Self::connect(at);
        raw.send(&[PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()).unwrap();
        raw
    }

    /// Sends; an error when the daemon has closed the connection.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sent = self.0.write_all(bytes);
        let is_slow = sent.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::WouldBlock);
        assert!(!is_slow, "the daemon neither reads nor closes");
        sent
    }

    /// The next frame; nothing when the connection was closed.
    pub fn read(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.fill(&mut head)?;
        let len = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; len as usize];
        self.fill(&mut payload)?;
        let stream = u32::from_be_bytes(head[5..].try_into().unwrap());
        Some(Frame { kind: head[3], flags: head[4], stream, payload })
    }

    fn fill(&mut self, buf: &mut [u8]) -> Option<()> {
        match self.0.read_exact(buf) {
            Ok(()) => Some(()),
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => panic!("nothing came in time, and no end"),
            Err(_) => None,
        }
    }

    /// Reads until there is such a frame; nothing when the connection was closed before.
    pub fn wait_for(&mut self, is_it: impl Fn(&Frame) -> bool) -> Option<Frame> {
        loop {
            let frame = self.read()?;
            if is_it(&frame) {
                return Some(frame);
            }
        }
    }

    /// Reads until the daemon has closed the connection; the reason it gave.
    pub fn goodbye(mut self) -> Option<u32> {
        let mut reason = None;
        while let Some(frame) = self.read() {
            if frame.kind == GOAWAY {
                reason = Some(frame.number(4));
            }
        }
        reason
    }

    /// Whether the daemon still answers on this connection. All that it said before is skipped.
    pub fn is_answered(&mut self) -> bool {
        let ping = frame(PING, 0, 0, b"are you?");
        let is_pong = |f: &Frame| f.kind == PING && f.flags == ACK && f.payload == b"are you?";
        self.send(&ping).is_ok() && self.wait_for(is_pong).is_some()
    }

    /// Ends the connection with a reset.
    pub fn reset(self) {
        rustix::net::sockopt::set_socket_linger(&self.0, Some(std::time::Duration::ZERO)).unwrap();
    }

    /// Reads all until the daemon closes.
    pub fn read_to_end(mut self) -> Vec<u8> {
        let mut all = Vec::new();
        match self.0.read_to_end(&mut all) {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => panic!("the daemon does not close"),
            _ => all,
        }
    }
}

/// A frame's bytes.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [len[1], len[2], len[3], kind, flags];
    [&head[..], &stream.to_be_bytes(), payload].concat()
}

fn length(n: usize) -> Vec<u8> {
    if n < 127 {
        return vec![u8::try_from(n).unwrap()];
    }
    let (mut bytes, mut rest) = (vec![127], n - 127);
    while rest >= 128 {
        bytes.push(u8::try_from(rest % 128).unwrap() | 128);
        rest /= 128;
    }
    bytes.push(u8::try_from(rest).unwrap());
    bytes
}

/// A header as HPACK writes what is not in its tables.
pub fn header(name: &str, value: &str) -> Vec<u8> {
    let (name, value) = (name.as_bytes(), value.as_bytes());
    [&[0][..], &length(name.len()), name, &length(value.len()), value].concat()
}

/// The headers of a gRPC call.
pub fn call(path: &str) -> Vec<u8> {
    [
        header(":method", "POST"),
        header(":scheme", "http"),
        header(":path", path),
        header(":authority", "here"),
        header("content-type", "application/grpc"),
        header("te", "trailers"),
    ]
    .concat()
}

/// A call begun on `stream`.
pub fn begin(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_HEADERS, stream, &call(path))
}

/// Data on `stream`, the last of it.
pub fn last(stream: u32, bytes: &[u8]) -> Vec<u8> {
    frame(DATA, END_STREAM, stream, bytes)
}

/// gRPC's status in these headers, which HPACK has written with its Huffman code.
pub fn grpc_status(headers: &Frame) -> Option<u32> {
    const NAME: &[(char, &str)] = &[
        ('-', "010110"),
        ('a', "00011"),
        ('c', "00100"),
        ('g', "100110"),
        ('p', "101011"),
        ('r', "101100"),
        ('s', "01000"),
        ('t', "01001"),
        ('u', "101101"),
    ];
    const DIGITS: &[&str] =
        &["00000", "00001", "00010", "011001", "011010", "011011", "011100", "011101", "011110", "011111"];
    let code = |c| NAME.iter().find(|(name, _)| *name == c).unwrap().1;
    let mut name: String = "grpc-status".chars().map(code).collect();
    name.extend(std::iter::repeat_n('1', name.len().next_multiple_of(8) - name.len()));
    let bits: String = headers.payload.iter().map(|byte| format!("{byte:08b}")).collect();
    // After the name comes the value: its length, a byte for each digit here, and its code.
    let rest = bits.get(bits.find(&name)? + name.len()..)?;
    let (digits, mut code) = (usize::from_str_radix(rest.get(1..8)?, 2).ok()?, rest.get(8..)?);
    let mut status = 0;
    for _ in 0..digits {
        let digit = DIGITS.iter().position(|digit| code.starts_with(digit))?;
        status = status * 10 + u32::try_from(digit).unwrap();
        code = code.get(DIGITS[digit].len()..)?;
    }
    Some(status)
}

/// A gRPC message: not compressed, and its length.
pub fn message(bytes: &[u8]) -> Vec<u8> {
    [&[0], &u32::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat()
}

/// Makes a call with these headers more and this body on a connection of its own; gRPC's status.
pub fn status_of(at: SocketAddr, path: &str, more: &[(&str, &str)], body: &[u8]) -> u32 {
    let mut raw = Raw::http2(at);
    // HTTP/2 begins with windows of 64 KiB, less a byte: the daemon opens them further first.
    raw.wait_for(|f| f.kind == SETTINGS && f.flags == 0).unwrap();
    raw.send(&frame(SETTINGS, ACK, 0, &[])).unwrap();
    raw.wait_for(|f| f.kind == WINDOW_UPDATE && f.stream == 0).unwrap();
    let headers: Vec<_> = more.iter().flat_map(|(name, value)| header(name, value)).collect();
    let mut bytes = frame(HEADERS, END_HEADERS, 1, &[call(path), headers].concat());
    for part in body.chunks(16 * 1024) {
        bytes.extend(frame(DATA, 0, 1, part));
    }
    bytes.extend(last(1, &[]));
    raw.send(&bytes).unwrap();
    let is_last = |f: &Frame| f.kind == HEADERS && f.flags & END_STREAM != 0;
    match raw.wait_for(is_last) {
        Some(trailers) => grpc_status(&trailers).expect("a status"),
        None => panic!("{path}, {} bytes: the connection was closed", body.len()),
    }
}
