//! The command that replays a log.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct RehearseArgs {
    /// FlexNet's debug log; once for each file of one that was rotated, the oldest first.
    #[arg(long, value_name = "FILE", required = true)]
    pub(crate) log: Vec<PathBuf>,
    /// A license file, FlexNet's or a pack, a folder of *.lic files, or a list of both. No signature is
    /// looked at.
    #[arg(long, value_name = "LICENSE", required = true)]
    pub(crate) pack: Vec<PathBuf>,
    /// The options file; without one there are no rules but the license's own.
    #[arg(long, value_name = "FILE")]
    pub(crate) options: Option<PathBuf>,
    /// Whose options file it is; by default the vendor that it is named after, or the only one.
    #[arg(long, value_name = "V")]
    pub(crate) vendor: Option<String>,
    /// The license host's time zone when it wrote the log, such as Europe/Berlin; by default this machine's.
    #[arg(long, value_name = "ZONE")]
    pub(crate) zone: Option<String>,
    /// The day of the first line, where no line says it; by default the last line is of the day on which
    /// the file was last written.
    #[arg(long, value_name = "DD-MMM-YYYY")]
    pub(crate) from_date: Option<String>,
    /// Show the first 100,000 differences, not only 20.
    #[arg(long)]
    pub(crate) all: bool,
    /// As JSON, schema seatkeeper.rehearse/1.
    #[arg(long)]
    pub(crate) json: bool,
}
