//! A wire between clients and the daemon that can be held and cut.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Carries connections to a daemon.
#[derive(Debug)]
pub struct Wire {
    /// Where clients connect.
    pub address: SocketAddr,
    held: watch::Sender<bool>,
    /// How often it was cut.
    cuts: watch::Sender<u64>,
}

impl Wire {
    /// A wire to the daemon at `to`.
    pub async fn new(to: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (held, cuts) = (watch::Sender::new(false), watch::Sender::new(0));
        let (gate, cut) = (held.subscribe(), cuts.subscribe());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connection(client, to, gate.clone(), cut.clone()));
            }
        });
        Self { address, held, cuts }
    }

    /// From now on no answer comes through.
    pub fn hold_answers(&self) {
        self.held.send_replace(true);
    }

    /// Answers come through again.
    pub fn release(&self) {
        self.held.send_replace(false);
    }

    /// Resets every connection that there is, at both ends.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

async fn connection(
    mut client: TcpStream,
    to: SocketAddr,
    gate: watch::Receiver<bool>,
    mut cut: watch::Receiver<u64>,
) {
    cut.mark_unchanged();
    let Ok(mut daemon) = TcpStream::connect(to).await else { return };
    {
        let (from_client, to_client) = client.split();
        let (from_daemon, to_daemon) = daemon.split();
        tokio::select! {
            () = carry(from_client, to_daemon, None) => return,
            () = carry(from_daemon, to_client, Some(gate)) => return,
            _ = cut.changed() => {}
        }
    }
    for end in [&client, &daemon] {
        rustix::net::sockopt::set_socket_linger(end, Some(Duration::ZERO)).unwrap();
    }
}

async fn carry(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, mut gate: Option<watch::Receiver<bool>>) {
    let mut buf = vec![0; 64 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buf).await {
        if let Some(gate) = &mut gate {
            let _ = gate.wait_for(|held| !held).await;
        }
        if to.write_all(&buf[..n]).await.is_err() {
            return;
        }
    }
}
