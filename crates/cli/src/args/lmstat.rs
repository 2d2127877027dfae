//! The flags of `lmstat`. FlexNet lets them stand in any order and company, so do we.

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[command(
    after_help = "Words of more than one letter may have one dash, as FlexNet writes them: -asec, -lm, -vd, -proj."
)]
pub(crate) struct LmstatArgs {
    /// Everything.
    #[arg(short = 'a', overrides_with = "all")]
    pub(crate) all: bool,
    /// Everything about the features in use.
    #[arg(short = 'A', overrides_with = "active")]
    pub(crate) active: bool,
    /// Features and who holds them: all, or one.
    #[arg(
        short = 'f',
        value_name = "FEATURE",
        num_args = 0..=1,
        default_missing_value = "",
        overrides_with = "feature"
    )]
    pub(crate) feature: Option<String>,
    /// What is licensed, without who holds it: all, or one feature.
    #[arg(
        short = 'i',
        value_name = "FEATURE",
        num_args = 0..=1,
        default_missing_value = "",
        overrides_with = "info"
    )]
    pub(crate) info: Option<String>,
    /// Servers and vendors: all, or of one host.
    #[arg(
        short = 's',
        value_name = "HOST",
        num_args = 0..=1,
        default_missing_value = "",
        overrides_with = "server"
    )]
    pub(crate) server: Option<String>,
    /// All features of one vendor, or of all.
    #[arg(
        short = 'S',
        value_name = "VENDOR",
        num_args = 0..=1,
        default_missing_value = "",
        overrides_with = "vendor"
    )]
    pub(crate) vendor: Option<String>,
    /// Only the servers.
    #[arg(long, overrides_with = "lm")]
    pub(crate) lm: bool,
    /// Only the vendors.
    #[arg(long, overrides_with = "vd")]
    pub(crate) vd: bool,
    /// The version of this program.
    #[arg(short = 'v', id = "version", overrides_with = "version")]
    pub(crate) version: bool,
    /// Times with seconds.
    #[arg(long, overrides_with = "asec")]
    pub(crate) asec: bool,
    /// The project of who holds a seat (LM_PROJECT), behind the display.
    #[arg(long, overrides_with = "proj")]
    pub(crate) proj: bool,
    /// Leave out who holds the seats.
    #[arg(long, overrides_with = "no_user_info")]
    pub(crate) no_user_info: bool,
    /// Nothing: only FlexNet's oldest servers need it.
    #[arg(long, overrides_with = "old")]
    pub(crate) old: bool,
    /// How many seconds the connection to a server may take.
    #[arg(
        short = 't',
        value_name = "SECS",
        default_value_t = 3,
        value_parser = clap::value_parser!(u64).range(1..=3600),
        overrides_with = "timeout_s"
    )]
    pub(crate) timeout_s: u64,
    /// License servers in place of the environment's: port@host, @host, files, folders, a list of them divided
    /// by `:`, three servers of one license divided by `,`. More than one -c is one list.
    #[arg(short = 'c', value_name = "LIST")]
    pub(crate) servers: Vec<String>,
    /// As JSON, schema seatkeeper.lmstat/1.
    #[arg(long, overrides_with = "json")]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) layout: LayoutArgs,
}

/// Where FlexNet's releases differ.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Where FlexNet's releases differ")]
pub(crate) struct LayoutArgs {
    /// The process behind each user: `, PID: 4711` (from 11.19), or not.
    #[arg(long, value_name = "WHICH", env = "SEATKEEPER_LMSTAT_PID", default_value = "yes")]
    pub(crate) pid: YesNo,
    /// What comes last in the table of -i.
    #[arg(long, value_name = "WHICH", env = "SEATKEEPER_LMSTAT_LAST_COLUMN", default_value = "expires")]
    pub(crate) last_column: LastColumn,
    /// What a reservation's line begins with: a tab, or eight blanks.
    #[arg(long, value_name = "WHICH", env = "SEATKEEPER_LMSTAT_RESERVATION", default_value = "tab")]
    pub(crate) reservation: Indent,
    /// A pool's header: two blanks before its first line, or none and an empty line more (as 11.19 has it).
    #[arg(long, value_name = "WHICH", env = "SEATKEEPER_LMSTAT_HEADER", default_value = "indented")]
    pub(crate) header: Header,
    /// Seconds of seats that are kept: those left and all of them, or only one of the two.
    #[arg(long, value_name = "WHICH", env = "SEATKEEPER_LMSTAT_LINGER", default_value = "both")]
    pub(crate) linger: LingerForm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum YesNo {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LastColumn {
    Expires,
    Vendor,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Indent {
    Tab,
    Blanks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Header {
    Indented,
    Flush,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LingerForm {
    Both,
    Total,
    Remaining,
}

impl Default for LayoutArgs {
    /// What is shown where nothing is said.
    fn default() -> Self {
        Self {
            pid: YesNo::Yes,
            last_column: LastColumn::Expires,
            reservation: Indent::Tab,
            header: Header::Indented,
            linger: LingerForm::Both,
        }
    }
}
