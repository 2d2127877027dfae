//! The commands about license files.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::SigningArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum LicenseCommand {
    /// Verify license files and explain what they give.
    Check(CheckArgs),
    /// Show what license files give: each pool in the order it is searched, what is not served, and why.
    Show(ShowArgs),
    /// Explain one line of a license file: its words, its signature, what it gives, what is wrong.
    Explain(ExplainArgs),
    /// Show what another set of license files would change, pool by pool.
    ///
    /// The exit status is 0 where nothing changes, 1 where something does, and an error's otherwise.
    Diff(DiffArgs),
    /// Sign a FlexNet license file again, line by line, as a pack: what a vendor coming from FlexNet does.
    ///
    /// The exit status is 0 where every line of the vendor was signed; else it follows the code of the first
    /// line that had to be left as a comment. The pack is written all the same.
    Convert(ConvertArgs),
}

/// How license files are verified.
#[derive(Debug, Args)]
pub(crate) struct LoadArgs {
    /// A public key to verify with, alone or as VENDOR=KEY.
    #[arg(long, value_name = "[VENDOR=]KEY", env = "SEATKEEPER_KEY")]
    pub(crate) key: Vec<String>,
    /// A file with the key: a vendor's key file, or a daemon's configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) vendor_key: Vec<PathBuf>,
    /// A key that is revoked, as the public key or its id, alone or as VENDOR=KEY.
    #[arg(long, value_name = "[VENDOR=]KEY|ID")]
    pub(crate) revoked_key: Vec<String>,
    /// Refuse a whole pack where one of its lines is bad.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Check the packs for a license host of this id; once for each id it has.
    #[arg(long, value_name = "ID")]
    pub(crate) host_id: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// License files, folders of *.lic files, lists of both (a.lic:folder), or `-` for standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// License files, folders of *.lic files, lists of both (a.lic:folder), or `-` for standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
    /// As JSON, schema seatkeeper.license.show/1.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The file and the number of the line; any line that it goes on over will do.
    #[arg(value_name = "FILE:LINE")]
    pub(crate) place: String,
    /// Other license files that are served with it: they may void the line.
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// What is served now: a license file, a folder of *.lic files, or a list of both (a.lic:folder).
    pub(crate) old: PathBuf,
    /// What would be served in its place.
    pub(crate) new: PathBuf,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
    /// License servers (port@host, lists, files): say what happens to the seats that are in use there.
    #[arg(short = 'c', value_name = "LIST")]
    pub(crate) servers: Option<String>,
    /// As JSON, schema seatkeeper.license.diff/1.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ConvertArgs {
    /// The FlexNet license file; `-` for standard input.
    #[arg(value_name = "FLEXNET.lic")]
    pub(crate) file: PathBuf,
    /// The vendor whose lines are signed, as on the lines.
    #[arg(long, value_name = "NAME")]
    pub(crate) vendor: String,
    /// The pack's number.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) pack: String,
    #[command(flatten)]
    pub(crate) signing: SigningArgs,
    /// Write the Configuration IDs that the features' names propose (PROE_366: 366).
    #[arg(long)]
    pub(crate) take_ids: bool,
}
