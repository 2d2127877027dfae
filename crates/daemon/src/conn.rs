//! A client's connection, counted while it lives.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tonic::transport::server::{Connected, TcpConnectInfo};

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
    /// Whether there are `max`.
    pub(crate) fn is_full(&self, max: usize) -> bool {
        self.0.load(Ordering::Relaxed) >= max
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
    _counted: Counted,
}

impl Conn {
    /// Waits until the connection has said what it is, and refuses what is not HTTP/2.
    pub(crate) async fn greet(mut tcp: TcpStream, counted: Counted) -> io::Result<Self> {
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "it did not say within 5 s what it is");
        tokio::time::timeout(FIRST_BYTES, read_preface(&mut tcp)).await.map_err(late)??;
        Ok(Self { tcp, begun: PREFACE, _counted: counted })
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

impl Connected for Conn {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.tcp.connect_info()
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
        Pin::new(&mut self.tcp).poll_read(cx, buf)
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
