//! The one definition of the command line.

mod admin;
mod audit;
mod desk;
mod license;
mod lmstat;
mod lmutil;
mod rehearse;
mod report;
mod seats;
mod store;
mod support_bundle;
mod top;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use self::admin::*;
pub(crate) use self::audit::*;
pub(crate) use self::desk::*;
pub(crate) use self::license::*;
pub(crate) use self::lmstat::*;
pub(crate) use self::lmutil::*;
pub(crate) use self::rehearse::*;
pub(crate) use self::report::*;
pub(crate) use self::seats::*;
pub(crate) use self::store::*;
pub(crate) use self::support_bundle::*;
pub(crate) use self::top::*;

/// Seatkeeper, an open floating-license server: the tools.
#[derive(Debug, Parser)]
#[command(name = "seatkeeper", version, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Watch the main job as a short story: keys, packs, a license host, workstations.
    Demo(DemoArgs),
    /// What only a vendor does: keys and signatures.
    #[command(subcommand)]
    Issue(IssueCommand),
    /// License files.
    #[command(subcommand)]
    License(LicenseCommand),
    /// Options files: who may use what.
    #[command(subcommand)]
    Options(OptionsCommand),
    /// Replay a FlexNet debug log with a license and an options file, and say what would have differed.
    ///
    /// Each checkout and checkin of the log is asked of Seatkeeper at its own time. What Seatkeeper decides
    /// stands: a seat that it refuses is not held, and its later checkin is passed over. A seat that only
    /// Seatkeeper grants is given back at once, since the log does not say for how long it would have been
    /// held. Seats that were held before the log began are taken at its start. A place in line that the log
    /// ends without a seat is left.
    ///
    /// The exit status is 0 where nothing differs, 1 where something does.
    Rehearse(RehearseArgs),
    /// Check seats out and hold them until Ctrl-C.
    Checkout(CheckoutArgs),
    /// Hold seats while a command runs.
    ///
    /// The exit status is the command's; 128 + n when signal n ended it; 125 when the seat was denied,
    /// 126 when the command cannot be run, 127 when there is none.
    Run(RunArgs),
    /// Take seats offline until a date, and bring them back: `borrow FEATURE --until DATE`.
    #[command(subcommand)]
    Borrow(BorrowCommand),
    /// Book seats for a job that has not begun: its checkout uses them.
    Book(BookArgs),
    /// Give a booking back that its job does not need.
    Unbook(UnbookArgs),
    /// Have those who hold a feature told that you wait for it.
    Ask(AskArgs),
    /// Say what a checkout would get, or why it would be refused; no seat is taken.
    Explain(ExplainSeatArgs),
    /// Keep the personal token that proves who you are, for named seats.
    Login(LoginArgs),
    /// Have the daemon read its license and options files again (on the license host).
    Lmreread(RereadArgs),
    /// Give somebody a named seat, or change its period (on the license host).
    Assign(AssignArgs),
    /// Take a named seat back (on the license host).
    Unassign(UnassignArgs),
    /// List whose the named seats are (on the license host).
    Assignments(AssignmentsArgs),
    /// Make a personal token for somebody, or take it away (on the license host).
    LoginToken(LoginTokenArgs),
    /// Say that the clock is right, where it was too far ahead before (on the license host).
    ///
    /// While the clock is more than 24 hours behind the latest time that it has shown, seats of licenses with
    /// a date are not granted (-88).
    ClockReset(ClockResetArgs),
    /// Show what happened, one event a line, from the journal (on the license host).
    ///
    /// Without a reader's name it begins with the first event there is. A reader with a name is kept over
    /// restarts: it goes on after the last event that was written out. The journal is kept for it, within
    /// bounds; what it is too late for is told as a gap.
    Events(EventsArgs),
    /// The chain of what was administered and licensed: verify and show it.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Answer questions about the usage history, from its files: use, denials, holders, borrow, what-if.
    ///
    /// Times are those of this machine's zone. The exit status is 1 where a damaged file was left out.
    #[command(subcommand)]
    Report(ReportCommand),
    /// The state folder of a daemon that is stopped: check, export, import and repair it.
    #[command(subcommand)]
    Store(StoreCommand),
    /// The license desk: companies, people, privileges, orders, packs, moves, cases.
    Desk(Box<LicenseDeskArgs>),
    /// Find a license, case, order, pack, person, host or company by what is known of it.
    Find(FindArgs),
    /// Show servers, vendors, features and who holds seats.
    Lmstat(LmstatArgs),
    /// Put what the vendor's support asks for into one file (on the license host); no secret is in it.
    SupportBundle(SupportBundleArgs),
    /// Watch pools, holders, the queue and denials on a terminal; `?` shows the keys.
    Top(TopArgs),
    /// Show what identifies this machine.
    Lmhostid(LmhostidArgs),
    #[command(flatten)]
    Lmutil(LmutilCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum IssueCommand {
    /// Make a vendor's key. Prints the public key as the daemon's configuration wants it.
    Keygen(KeygenArgs),
    /// Sign a license pack.
    Sign(SignArgs),
    /// Encrypt a key file, change its passphrase, or take the encryption away.
    Passwd(PasswdArgs),
    /// Show whose a key is, its public key and its key id.
    Keyid(KeyidArgs),
}

#[derive(Debug, Subcommand)]
pub(crate) enum OptionsCommand {
    /// Check an options file, alone or against license files.
    Check(OptionsCheckArgs),
    /// Say whether somebody may use a feature, and by which rule not.
    ///
    /// The answer is the daemon's, with these files and while nobody has a seat. What the license asks of
    /// the workstation is asked of this machine, as with `explain`.
    Try(OptionsTryArgs),
    /// Say what another options file changes, and for whom.
    ///
    /// Without a license only the lines are compared. The exit status is 0 where nothing changes, 1 where
    /// something does.
    Diff(OptionsDiffArgs),
}

/// What an options file is held against.
#[derive(Debug, Args)]
pub(crate) struct AgainstArgs {
    /// A license file that it is for, a folder of *.lic files, or a list of both.
    #[arg(long, value_name = "LICENSE")]
    pub(crate) against: Vec<PathBuf>,
    /// A public key to verify the licenses with, alone or as VENDOR=KEY; without one they are taken as
    /// they are.
    #[arg(long, value_name = "[VENDOR=]KEY", env = "SEATKEEPER_KEY")]
    pub(crate) key: Vec<String>,
    /// A file with the key: a vendor's key file, or a daemon's configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) vendor_key: Vec<PathBuf>,
    /// Whose options file it is; by default the vendor that it is named after, or the only one.
    #[arg(long, value_name = "V")]
    pub(crate) vendor: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct OptionsCheckArgs {
    /// The options file.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) against: AgainstArgs,
}

#[derive(Debug, Args)]
pub(crate) struct OptionsTryArgs {
    /// The options file.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) against: AgainstArgs,
    /// Who asks; the display may be left out.
    #[arg(long = "as", value_name = "USER@HOST[:DISPLAY]")]
    pub(crate) asker: String,
    /// For which project they ask (`LM_PROJECT`).
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// From which address they ask.
    #[arg(long, value_name = "IP")]
    pub(crate) address: Option<std::net::IpAddr>,
    /// The workstation's host id, by default this machine's.
    #[arg(long, value_name = "ID")]
    pub(crate) host_id: Option<String>,
    /// On which day they ask, by default today.
    #[arg(long, value_name = "DD-MMM-YYYY")]
    pub(crate) on: Option<String>,
    /// The feature.
    pub(crate) feature: String,
}

#[derive(Debug, Args)]
pub(crate) struct OptionsDiffArgs {
    /// The options file in force.
    pub(crate) old: PathBuf,
    /// The one that would replace it.
    pub(crate) new: PathBuf,
    #[command(flatten)]
    pub(crate) against: AgainstArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// End after the story, instead of serving until Ctrl-C.
    #[arg(long)]
    pub(crate) once: bool,
}

#[derive(Debug, Args)]
pub(crate) struct KeygenArgs {
    /// The vendor's name, as on the license lines.
    #[arg(long, value_name = "NAME")]
    pub(crate) vendor: String,
    /// Where the secret key is written (mode 0600); NAME.key by default. It is never written over.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Encrypt the secret key with a passphrase.
    ///
    /// It is asked for at the terminal, unless a file or SEATKEEPER_KEY_PASSPHRASE has it.
    #[arg(long)]
    pub(crate) encrypt: bool,
    /// A file whose first line is the passphrase; only its user may read it.
    #[arg(long, value_name = "FILE", requires = "encrypt")]
    pub(crate) passphrase_file: Option<PathBuf>,
}

/// The file is replaced as a whole, with mode 0600.
#[derive(Debug, Args)]
pub(crate) struct PasswdArgs {
    /// The key file.
    pub(crate) key_file: PathBuf,
    /// A file whose first line is the passphrase that the key has; or SEATKEEPER_KEY_PASSPHRASE.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// A file whose first line is the new passphrase; or SEATKEEPER_KEY_NEW_PASSPHRASE.
    #[arg(long, value_name = "FILE")]
    pub(crate) new_passphrase_file: Option<PathBuf>,
    /// Take the encryption away.
    #[arg(long, conflicts_with = "new_passphrase_file")]
    pub(crate) remove: bool,
}

#[derive(Debug, Args)]
pub(crate) struct KeyidArgs {
    /// A key file, or a public key.
    #[arg(value_name = "FILE|KEY")]
    pub(crate) key: String,
}

#[derive(Debug, Args)]
pub(crate) struct SignArgs {
    /// The pack; `-` for standard input.
    pub(crate) pack_file: PathBuf,
    /// The pack's number; by default the name of its file without `.lic`.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) pack: Option<String>,
    #[command(flatten)]
    pub(crate) signing: SigningArgs,
}

/// With which key a pack is signed, for which license host, and where to.
#[derive(Debug, Args)]
pub(crate) struct SigningArgs {
    /// The vendor's secret key, from `issue keygen`.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// A file whose first line is the passphrase of an encrypted key; or SEATKEEPER_KEY_PASSPHRASE.
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// The license host's public key, from `seatkeeperd init`.
    #[arg(long, value_name = "KEY")]
    pub(crate) host_key: Option<String>,
    /// The license host's id for the SERVER line; once for each SERVER line. By default the file's own.
    #[arg(long, value_name = "ID")]
    pub(crate) host_id: Vec<String>,
    /// Allow a SERVER line with the host id ANY: the pack is then good on every machine.
    #[arg(long)]
    pub(crate) any_host: bool,
    /// Where the signed pack is written; standard output by default.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

/// Where the server is, and what must prove a seat.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServerArgs {
    /// License servers (port@host, lists, files) in place of the environment's.
    #[arg(short = 'c', value_name = "LIST")]
    pub(crate) servers: Option<String>,
    /// The vendor's public key, VENDOR=KEY; without one nothing is verified.
    #[arg(long, value_name = "VENDOR=KEY", env = "SEATKEEPER_KEY")]
    pub(crate) key: Vec<String>,
    /// A file with the key: a vendor's key file, or a daemon's configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) vendor_key: Vec<PathBuf>,
    /// A key that is revoked, as the public key or its id.
    #[arg(long, value_name = "VENDOR=KEY|ID")]
    pub(crate) revoked_key: Vec<String>,
    /// Accept license lines that name no host key (HOST_KEY=).
    #[arg(long)]
    pub(crate) no_host_key: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CheckoutArgs {
    #[command(flatten)]
    pub(crate) seat: SeatArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) seat: SeatArgs,
    /// The command and its arguments, after `--`.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn borrow_is_a_command_with_commands() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' ')).map(|cli| cli.command);
        for (line, good) in [
            ("s borrow take mill --hours 3", true),
            ("s borrow take mill -n 2 --until 1-jan-2030", true),
            ("s borrow list", true),
            ("s borrow return mill", true),
            ("s borrow give-up mill", true),
            ("s borrow take-back 7 --lost", true),
            ("s borrow take-back 7 --receipt x", true),
            ("s borrow take-back 7", false),
            ("s borrow take-back 7 --lost --receipt x", false),
            ("s borrow take mill", true),
            ("s borrow take mill --hours 3 --until 1-jan-2030", false),
            ("s borrow take mill --hours 0", false),
            ("s borrow", false),
            ("s checkout mill --priority 3", false),
            ("s checkout mill --queue --priority 3", true),
        ] {
            assert_eq!(parse(line).is_ok(), good, "{line}");
        }
    }
}
