//! A client's connection, counted while it lives.

use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tonic::transport::server::Connected;

use crate::meter::{Meter, Scan};

/// How long a connection may take to say what it is, to the last byte.
const FIRST_BYTES: Duration = Duration::from_secs(5);
/// What every HTTP/2 connection begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Connections that live.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count(Arc<AtomicUsize>);

/// One of them.
#[derive(Debug)]
pub(crate) struct Counted(Count);

impl Count {
    /// Counts one more, unless there are `max`.
    pub(crate) fn one_more(&self, max: usize) -> Option<Counted> {
        let counted =
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < max).then_some(n + 1));
        counted.ok().map(|_| Counted(self.clone()))
    }
}

impl Count {
    /// How many live.
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        (self.0).0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A connection that has begun as HTTP/2 does.
#[derive(Debug)]
pub(crate) struct Conn {
    tcp: TcpStream,
    /// What was read of it already and is still to be given on: the end of the preface.
    begun: &'static [u8],
    scan: Scan,
    meter: Meter,
    _counted: Counted,
}

impl Conn {
    /// Waits until the connection has said what it is, and refuses what is not HTTP/2.
    pub(crate) async fn greet(mut tcp: TcpStream, counted: Counted, meter: Meter) -> io::Result<Self> {
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "it did not say within 5 s what it is");
        tokio::time::timeout(FIRST_BYTES, read_preface(&mut tcp)).await.map_err(late)??;
        Ok(Self { tcp, begun: PREFACE, scan: Scan::default(), meter, _counted: counted })
    }
}

/// Reads the preface, byte by byte if it must be: the library would wait for its end for ever.
async fn read_preface(tcp: &mut TcpStream) -> io::Result<()> {
    let mut rest = PREFACE;
    let mut read = [0; PREFACE.len()];
    while !rest.is_empty() {
        let room = read.get_mut(..rest.len()).unwrap_or_default();
        let n = tcp.read(room).await?;
        let said = read.get(..n).filter(|said| !said.is_empty());
        rest = said
            .and_then(|said| rest.strip_prefix(said))
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "it does not speak HTTP/2 (gRPC)"))?;
    }
    Ok(())
}

/// What a call knows of its connection.
#[derive(Debug, Clone)]
pub(crate) struct ConnInfo {
    pub(crate) meter: Meter,
    /// The client's address, v4 where a v6 one stands for it.
    pub(crate) from: Option<IpAddr>,
}

impl Connected for Conn {
    type ConnectInfo = ConnInfo;

    fn connect_info(&self) -> ConnInfo {
        let from = self.tcp.peer_addr().ok().map(|address| policy::plain_address(address.ip()));
        ConnInfo { meter: self.meter.clone(), from }
    }
}

impl AsyncRead for Conn {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.begun.is_empty() {
            let (now, later) = self.begun.split_at(self.begun.len().min(buf.remaining()));
            buf.put_slice(now);
            self.begun = later;
            return Poll::Ready(Ok(()));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.tcp).poll_read(cx, buf))?;
        let cost = self.scan.cost(buf.filled().get(before..).unwrap_or_default());
        self.meter.read(cost);
        // Who does not read its answers still answers pings, so this comes to every connection.
        if let Some(bytes) = self.meter.excess() {
            self.meter.cut();
            let from = self.tcp.peer_addr().ok();
            tracing::warn!(
                ?from,
                bytes,
                "a connection is cut: the daemon keeps more than it may, and much for it; see why its client does not \
                 read, or raise buffered_mib"
            );
            return Poll::Ready(Err(io::Error::other("more is kept for it than may be")));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Conn {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
}
