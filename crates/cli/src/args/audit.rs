//! The commands about the audit chain.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Say whether an audit chain is whole: any edit, gap, reorder or cut tail is found.
    ///
    /// The exit status is 0 where all of it is proved, 1 where it is whole and something is not proved, 2 where it
    /// was changed, and an error's otherwise.
    Verify(AuditVerifyArgs),
    /// Show what an audit chain says; nothing is verified.
    Show(AuditShowArgs),
    /// Print the last checkpoint as one line, to be kept elsewhere and given to `verify --checkpoint` later.
    Checkpoint(AuditFolderArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AuditFolderArgs {
    /// The chain's folder, or the state folder that it is in.
    #[arg(default_value = "/var/lib/seatkeeper")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct AuditVerifyArgs {
    #[command(flatten)]
    pub(crate) folder: AuditFolderArgs,
    /// The license host's public key, as `seatkeeperd init` printed it.
    #[arg(long, value_name = "KEY")]
    pub(crate) host_key: Option<String>,
    /// A checkpoint that was kept: the line, or a file with it.
    #[arg(long, value_name = "LINE")]
    pub(crate) checkpoint: Option<String>,
    /// An event that has happened, as `seatkeeper events` numbers them: the chain must go as far.
    #[arg(long, value_name = "SEQ")]
    pub(crate) upto: Option<u64>,
    /// As JSON, schema seatkeeper.audit.verify/1.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AuditShowArgs {
    #[command(flatten)]
    pub(crate) folder: AuditFolderArgs,
    /// From this line on.
    #[arg(long, value_name = "LINE", default_value_t = 1)]
    pub(crate) from: u64,
}
