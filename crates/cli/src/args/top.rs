//! The terminal view.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct TopArgs {
    /// License servers (port@host, lists, files) in place of the environment's.
    #[arg(short = 'c', value_name = "LIST")]
    pub(crate) servers: Option<String>,
    /// The daemon's socket for its administrator, which tells denials and the clients' addresses.
    #[arg(
        long,
        visible_alias = "socket",
        value_name = "PATH",
        env = "SEATKEEPER_ADMIN_SOCKET",
        default_value = "/run/seatkeeper/admin.sock"
    )]
    pub(crate) admin_socket: PathBuf,
    /// Ask the servers every so many seconds.
    #[arg(short = 'd', value_name = "SECS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) every_s: u64,
    /// Print one frame as text, of COLUMNS times LINES (80 times 24), and end.
    #[arg(long)]
    pub(crate) once: bool,
}
