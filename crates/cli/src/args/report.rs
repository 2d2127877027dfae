//! The questions about the usage history.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// How many seats were in use: at most, on average, and how long all of them were.
    Use(ReportUseArgs),
    /// Who was denied what, and why: retries apart, and those who got a seat soon after.
    Denials(ReportDenialsArgs),
    /// Who held seats, how often and for how long.
    Holders(ReportArgs),
    /// Who took seats offline, for how long, and what is still out.
    Borrow(ReportArgs),
    /// How many seats more would have spared 50, 90, 99 and 100 % of a feature's denials.
    WhatIf(ReportWhatIfArgs),
}

/// What all questions have in common.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The folder of the usage history; by default the configuration's, else /var/lib/seatkeeper/history.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) history: Option<PathBuf>,
    /// The daemon's configuration, which names the folder.
    #[arg(long, value_name = "FILE", conflicts_with = "history")]
    pub(crate) config: Option<PathBuf>,
    /// From this day or time on: yyyy-mm-dd or dd-mmm-yyyy, with THH:MM if it shall be a time; by default from the
    /// first event there is.
    #[arg(long, value_name = "DATE")]
    pub(crate) from: Option<String>,
    /// Through this day, or up to this time; by default through the last event there is.
    #[arg(long, value_name = "DATE")]
    pub(crate) to: Option<String>,
    /// Only this feature.
    #[arg(long, value_name = "NAME")]
    pub(crate) feature: Option<String>,
    /// Only this vendor.
    #[arg(long, value_name = "NAME")]
    pub(crate) vendor: Option<String>,
    /// By what the answer is told.
    #[arg(long, value_enum)]
    pub(crate) by: Option<ReportBy>,
    /// The options file whose GROUP lines `--by group` goes by; a user counts for the first that names them.
    #[arg(long, value_name = "FILE")]
    pub(crate) options: Option<PathBuf>,
    /// As comma-separated values.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// As JSON, schema seatkeeper.report/1.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write charts into this file, which must not be there.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// End with an error where a file is damaged; otherwise it is left out, and the exit status is 1.
    #[arg(long)]
    pub(crate) strict: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReportUseArgs {
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// Tell it for each hour, day, week or month.
    #[arg(long, value_enum)]
    pub(crate) every: Option<ReportEvery>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportDenialsArgs {
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// Denied again within this time is a retry; granted within it, the need was met.
    #[arg(long, value_name = "TIME", default_value = "10m")]
    pub(crate) within: String,
}

#[derive(Debug, Args)]
pub(crate) struct ReportWhatIfArgs {
    /// The feature.
    #[arg(value_name = "FEATURE")]
    pub(crate) of: String,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    /// Denied again within this time is a retry.
    #[arg(long, value_name = "TIME", default_value = "10m")]
    pub(crate) within: String,
}

/// By what an answer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportBy {
    /// Vendor and feature.
    Feature,
    /// User.
    User,
    /// Workstation.
    Host,
    /// GROUP of the options file.
    Group,
    /// Project.
    Project,
    /// Vendor, feature and configuration.
    Configuration,
    /// Vendor.
    Vendor,
}

/// Into what an answer is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportEvery {
    Hour,
    Day,
    Week,
    Month,
}
