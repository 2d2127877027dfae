//! The support bundle.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct SupportBundleArgs {
    /// The daemon's configuration.
    #[arg(long, value_name = "FILE", default_value = "/etc/seatkeeper/seatkeeperd.toml")]
    pub(crate) config: PathBuf,
    /// The daemon's socket for its administrator; by default the configuration's `admin_socket`.
    #[arg(long, value_name = "PATH", env = "SEATKEEPER_ADMIN_SOCKET")]
    pub(crate) socket: Option<PathBuf>,
    /// Only what is about this configuration.
    #[arg(long, value_name = "N")]
    pub(crate) config_id: Option<String>,
    /// Put user-1, host-1 … in place of users, hosts, displays, e-mail addresses and network addresses.
    #[arg(long)]
    pub(crate) hide_users: bool,
    /// Where the bundle is written (mode 0600); seatkeeper-support-DATE-TIME.tar.gz by default. It is never
    /// written over.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
