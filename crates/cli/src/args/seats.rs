//! The commands that are about seats.

use clap::{ArgGroup, Args, Subcommand};

use super::{ServerArgs, SocketArgs};

/// What is wanted.
#[derive(Debug, Args)]
pub(crate) struct WantedArgs {
    /// The feature.
    pub(crate) feature: String,
    /// How many seats, all from one pool.
    #[arg(short = 'n', value_name = "N", default_value_t = 1)]
    pub(crate) seats: u64,
    /// The version that is needed.
    #[arg(long, value_name = "V", default_value = "0")]
    pub(crate) version: String,
    /// Only of this configuration.
    #[arg(long, value_name = "C")]
    pub(crate) config_id: Option<String>,
    /// Only of this vendor.
    #[arg(long, value_name = "V")]
    pub(crate) vendor: Option<String>,
    /// The data of the checkout: DUP_GROUP=V compares it, lmstat shows it.
    #[arg(long, value_name = "TEXT")]
    pub(crate) data: Option<String>,
}

/// Who asks.
#[derive(Debug, Args)]
pub(crate) struct WhoArgs {
    /// Under another user's name.
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// At another display.
    #[arg(long, value_name = "NAME")]
    pub(crate) display: Option<String>,
}

/// What is checked out.
#[derive(Debug, Args)]
pub(crate) struct SeatArgs {
    #[command(flatten)]
    pub(crate) wanted: WantedArgs,
    /// Wait in line when no seat is free.
    #[arg(long)]
    pub(crate) queue: bool,
    /// Go before those in line with a lower number; administrators only may say more than 0.
    #[arg(long, value_name = "N", requires = "queue", default_value_t = 0)]
    pub(crate) priority: u8,
    /// Use the seats that were booked for this job.
    #[arg(long, value_name = "NAME")]
    pub(crate) job: Option<String>,
    /// Take the seats again when the server has lost them.
    #[arg(long)]
    pub(crate) reacquire: bool,
    #[command(flatten)]
    pub(crate) who: WhoArgs,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct BookArgs {
    #[command(flatten)]
    pub(crate) wanted: WantedArgs,
    /// The job, as its checkout names it with --job; `job:1234` is the job 1234.
    #[arg(long = "for", value_name = "JOB")]
    pub(crate) job: String,
    /// How long the seats wait for the job: 90s, 5m, 2h; a day at most.
    #[arg(long, value_name = "TIME", default_value = "5m")]
    pub(crate) ttl: String,
    #[command(flatten)]
    pub(crate) who: WhoArgs,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UnbookArgs {
    /// The booking's number, as `book` printed it.
    pub(crate) grant: u64,
    #[command(flatten)]
    pub(crate) who: WhoArgs,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct AskArgs {
    /// The feature.
    pub(crate) feature: String,
    #[command(flatten)]
    pub(crate) who: WhoArgs,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainSeatArgs {
    #[command(flatten)]
    pub(crate) wanted: WantedArgs,
    /// Who asks; the display may be left out. By default you, here.
    #[arg(long = "as", value_name = "USER@HOST[:DISPLAY]")]
    pub(crate) asker: Option<String>,
    /// License servers (port@host, lists, files) in place of the environment's.
    #[arg(short = 'c', value_name = "LIST")]
    pub(crate) servers: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BorrowCommand {
    /// Take seats offline until a date; `borrow FEATURE` is the same.
    Take(Box<BorrowTakeArgs>),
    /// Show what is borrowed on this machine: no server is asked.
    List,
    /// Bring a borrowed seat back before its time.
    Return(BorrowReturnArgs),
    /// Give a borrowed seat up without a network: its lease is destroyed, and a receipt is printed with
    /// which the administrator takes the seat back.
    GiveUp(BorrowGiveUpArgs),
    /// Take a borrowed seat back on the license host: by its receipt, or as lost where the license allows it.
    TakeBack(TakeBackArgs),
}

#[derive(Debug, Args)]
pub(crate) struct BorrowTakeArgs {
    #[command(flatten)]
    pub(crate) wanted: WantedArgs,
    /// Until when, in local time; without a time of day to the end of that day.
    /// By default the date that `lmborrow` keeps.
    #[arg(long, value_name = "dd-mmm-yyyy[:HH:MM]", conflicts_with = "hours")]
    pub(crate) until: Option<String>,
    /// For so many hours.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=87_600))]
    pub(crate) hours: Option<u32>,
    #[command(flatten)]
    pub(crate) who: WhoArgs,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct BorrowReturnArgs {
    /// The feature, or the grant's number.
    #[arg(value_name = "FEATURE|GRANT")]
    pub(crate) what: String,
    /// License servers (port@host, lists, files) in place of the one that it was borrowed at.
    #[arg(short = 'c', value_name = "LIST")]
    pub(crate) servers: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct BorrowGiveUpArgs {
    /// The feature, or the grant's number.
    #[arg(value_name = "FEATURE|GRANT")]
    pub(crate) what: String,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("proof").required(true).args(["receipt", "lost"]))]
pub(crate) struct TakeBackArgs {
    /// The grant's number, as lmstat shows it.
    pub(crate) grant: u64,
    /// What `borrow give-up` printed.
    #[arg(long, value_name = "RECEIPT")]
    pub(crate) receipt: Option<String>,
    /// The machine that borrowed it is lost.
    #[arg(long)]
    pub(crate) lost: bool,
    #[command(flatten)]
    pub(crate) socket: SocketArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LoginArgs {
    /// Your e-mail address, as the administrator has it.
    pub(crate) email: String,
    /// A file whose first line is the token; without it the token is asked for.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<std::path::PathBuf>,
    /// The license server that the token is for (port@host) in place of the environment's.
    #[arg(short = 'c', value_name = "LIST")]
    pub(crate) servers: Option<String>,
}
