//! The administrator's commands, over the daemon's socket.

use std::path::PathBuf;

use clap::Args;

/// Where the daemon is.
#[derive(Debug, Args)]
pub(crate) struct SocketArgs {
    /// The daemon's socket for its administrator: `admin_socket` in its configuration.
    #[arg(
        long,
        visible_alias = "admin-socket",
        value_name = "PATH",
        env = "SEATKEEPER_ADMIN_SOCKET",
        default_value = "/run/seatkeeper/admin.sock"
    )]
    pub(crate) socket: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct RereadArgs {
    /// Take away the seats that are not licensed any more (-92).
    #[arg(long)]
    pub(crate) drop: bool,
    /// Say what would change, and change nothing. The exit status is 0 where nothing would, 1 where
    /// something would.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Only this vendor; one daemon serves all of its vendors, and reads all of its files.
    #[arg(long, value_name = "V")]
    pub(crate) vendor: Option<String>,
    /// All vendors, which is so anyway.
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) desk: super::DeskArgs,
    #[command(flatten)]
    pub(crate) report: super::JsonArgs,
}

/// Which pool of named seats.
#[derive(Debug, Args)]
pub(crate) struct NamedArgs {
    /// The feature.
    pub(crate) feature: String,
    /// Only of this configuration.
    #[arg(long, value_name = "C")]
    pub(crate) config_id: Option<String>,
    /// Only of this vendor.
    #[arg(long, value_name = "V")]
    pub(crate) vendor: Option<String>,
    #[command(flatten)]
    pub(crate) socket: SocketArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AssignArgs {
    #[command(flatten)]
    pub(crate) pool: NamedArgs,
    /// Whose the seat is.
    #[arg(long, value_name = "EMAIL")]
    pub(crate) to: String,
    /// The first day; today by default.
    #[arg(long, value_name = "dd-mmm-yyyy")]
    pub(crate) from: Option<String>,
    /// The last day; by default the license's.
    #[arg(long, value_name = "dd-mmm-yyyy")]
    pub(crate) until: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct UnassignArgs {
    #[command(flatten)]
    pub(crate) pool: NamedArgs,
    /// Whose the seat is no more.
    #[arg(long = "from", value_name = "EMAIL")]
    pub(crate) email: String,
}

#[derive(Debug, Args)]
pub(crate) struct AssignmentsArgs {
    #[command(flatten)]
    pub(crate) socket: SocketArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LoginTokenArgs {
    /// The person's e-mail address.
    pub(crate) email: String,
    /// Take the token away: nobody can show it any more.
    #[arg(long)]
    pub(crate) remove: bool,
    #[command(flatten)]
    pub(crate) socket: SocketArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ClockResetArgs {
    #[command(flatten)]
    pub(crate) socket: SocketArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// Stay, and show what happens.
    #[arg(long)]
    pub(crate) follow: bool,
    /// Read under this name: 1 to 64 of a to z, digits, - and _.
    #[arg(long, value_name = "NAME")]
    pub(crate) reader: Option<String>,
    /// Begin with this event; a reader that is there goes on where it was.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(crate) from: u64,
    /// One JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
    /// Forget the reader: nothing is kept for it any more.
    #[arg(long, requires = "reader", conflicts_with_all = ["follow", "from", "json"])]
    pub(crate) forget: bool,
    #[command(flatten)]
    pub(crate) socket: SocketArgs,
}
