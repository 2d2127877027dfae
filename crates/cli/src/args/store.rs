//! The commands about the state folder of a daemon that is stopped.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Read everything in a state folder and say what is there; nothing is changed.
    ///
    /// The exit status is 0 where all of it is whole, 1 where something is not and the next start mends it
    /// or does without, 2 where a start is refused, and an error's otherwise.
    Check(StoreCheckArgs),
    /// Write the seats of a state folder into one file.
    Export(StoreExportArgs),
    /// Make a new state folder of an exported file.
    ///
    /// It is another store, of the next epoch: what was granted after the export is not in it, so a daemon
    /// grants nothing until clients that may hold such seats have given them up. The license host's key
    /// is not in the file.
    Import(StoreImportArgs),
    /// Make a state folder that a start refuses one that can be served from, where all of it can be
    /// explained.
    ///
    /// Without --yes it says what would be done, and changes nothing; the exit status is 1 then. Seats are
    /// freed only where it names them. What is done is written down in the folder, in repairs.log.
    Repair(StoreRepairArgs),
}

#[derive(Debug, Args)]
pub(crate) struct StoreCheckArgs {
    /// The state folder: `state_folder` in the daemon's configuration.
    pub(crate) folder: PathBuf,
    /// As JSON, schema seatkeeper.store.check/1.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct StoreExportArgs {
    /// The state folder.
    pub(crate) folder: PathBuf,
    /// Where the file is written (mode 0600). It is never written over.
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct StoreImportArgs {
    /// What `store export` wrote.
    pub(crate) file: PathBuf,
    /// The state folder that is made. It must not be there, or be empty.
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct StoreRepairArgs {
    /// The state folder.
    pub(crate) folder: PathBuf,
    /// Do it.
    #[arg(long)]
    pub(crate) yes: bool,
}
