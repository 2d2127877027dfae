//! FlexNet's commands for administrators. Words behind one dash are in `dashes.rs`.

use std::path::PathBuf;

use clap::{ArgAction, ArgGroup, Args, Subcommand};

use super::{LoadArgs, ServerArgs, SocketArgs};

/// FlexNet's commands beside `lmstat`, `lmreread` and `lmhostid`.
#[derive(Debug, Subcommand)]
pub(crate) enum LmutilCommand {
    /// Take a user's seats back (on the license host); by handle with -h.
    Lmremove(LmremoveArgs),
    /// Stop the daemon (on the license host).
    Lmdown(LmdownArgs),
    /// Borrow seats until a date, show what is borrowed, and bring it back.
    Lmborrow(Box<LmborrowArgs>),
    /// Try each license: explain what a checkout would get, then check one out and in.
    Lmdiag(LmdiagArgs),
    /// Move what the report log has into a file (on the license host).
    Lmnewlog(ReportLogArgs),
    /// Write the debug log to another file (on the license host).
    Lmswitch(LmswitchArgs),
    /// Write the report log to another file (on the license host).
    Lmswitchr(ReportLogArgs),
    /// Show which version of FlexNet or Seatkeeper a program has.
    Lmver(LmverArgs),
    /// Keep the license servers that are asked where the environment names none.
    Lmpath(LmpathArgs),
    /// Write a license file in its readable form.
    Lminstall(LminstallArgs),
    /// Show a check sum of each license line; with -c port@host of what is served.
    Lmcksum(LmcksumArgs),
    /// Check license files for the license server that is to serve them.
    Lmlicvalidator(LmlicvalidatorArgs),
    /// Make links in a folder, so that FlexNet's commands are found by their own names.
    InstallLinks(InstallLinksArgs),
}

/// Which daemon is meant: of this host, over its socket.
#[derive(Debug, Args)]
pub(crate) struct DeskArgs {
    /// License servers (port@host, lists, files): the one of this host is meant.
    #[arg(short = 'c', value_name = "LIST")]
    pub(crate) servers: Option<String>,
    #[command(flatten)]
    pub(crate) socket: SocketArgs,
}

/// A report of a tool.
#[derive(Debug, Args)]
pub(crate) struct JsonArgs {
    /// As JSON; the schemas are in the README of the command line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
pub(crate) struct LmremoveArgs {
    /// By the handle that lmstat shows: FEATURE SERVER_HOST PORT HANDLE.
    #[arg(short = 'h')]
    pub(crate) by_handle: bool,
    /// The feature.
    pub(crate) feature: String,
    /// The user; with -h the server's host.
    #[arg(value_name = "USER|SERVER_HOST")]
    pub(crate) user: String,
    /// The workstation; with -h the server's port.
    #[arg(value_name = "HOST|PORT")]
    pub(crate) host: String,
    /// The display; with -h the handle.
    #[arg(value_name = "DISPLAY|HANDLE")]
    pub(crate) display: String,
    #[command(flatten)]
    pub(crate) desk: DeskArgs,
    #[command(flatten)]
    pub(crate) report: JsonArgs,
    /// Print help.
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
}

#[derive(Debug, Args)]
pub(crate) struct LmdownArgs {
    /// Do not ask.
    #[arg(short = 'q')]
    pub(crate) quiet: bool,
    /// Only this vendor; a daemon that serves several stops for all of them or not at all.
    #[arg(long, value_name = "V")]
    pub(crate) vendor: Option<String>,
    /// All servers of the list; there is one on this host, so it changes nothing.
    #[arg(long)]
    pub(crate) all: bool,
    /// Stop even while seats are borrowed: they outlive it.
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) desk: DeskArgs,
    #[command(flatten)]
    pub(crate) report: JsonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LmswitchArgs {
    /// Whose log.
    pub(crate) vendor: String,
    /// The new file.
    #[arg(required_unless_present = "rollover", conflicts_with = "rollover")]
    pub(crate) new_log: Option<PathBuf>,
    /// Go on in a new file beside the old one, with the time in its name.
    #[arg(long)]
    pub(crate) rollover: bool,
    #[command(flatten)]
    pub(crate) desk: DeskArgs,
    #[command(flatten)]
    pub(crate) report: JsonArgs,
}

/// `lmswitchr` and `lmnewlog`.
#[derive(Debug, Args)]
pub(crate) struct ReportLogArgs {
    /// A vendor, or a feature of it.
    #[arg(value_name = "FEATURE|VENDOR")]
    pub(crate) of: String,
    /// The file to write; it must not be there.
    pub(crate) file: PathBuf,
    /// FlexNet's second report log; there is none.
    #[arg(long)]
    pub(crate) secondary: bool,
    #[command(flatten)]
    pub(crate) desk: DeskArgs,
    #[command(flatten)]
    pub(crate) report: JsonArgs,
}

#[derive(Debug, Args)]
#[command(disable_help_flag = true)]
#[command(group = ArgGroup::new("what").multiple(false).args(["status", "clear", "purge", "give_back"]))]
pub(crate) struct LmborrowArgs {
    /// VENDOR|all dd-mmm-yyyy[:hh:mm] [FEATURE…]; with -return FEATURE.
    #[arg(value_name = "WORD")]
    pub(crate) words: Vec<String>,
    /// Show what is borrowed here: no server is asked.
    #[arg(long)]
    pub(crate) status: bool,
    /// Forget the date that is kept; what is borrowed stays borrowed.
    #[arg(long)]
    pub(crate) clear: bool,
    /// Forget what is over.
    #[arg(long)]
    pub(crate) purge: bool,
    /// Bring a borrowed seat back early.
    #[arg(long = "return", id = "give_back")]
    pub(crate) give_back: bool,
    /// With -return: borrowed at this display; a lease names none, so it changes nothing.
    #[arg(short = 'd', value_name = "DISPLAY", requires = "give_back")]
    pub(crate) display: Option<String>,
    /// With -return: borrowed by this user.
    #[arg(short = 'u', value_name = "USER", requires = "give_back")]
    pub(crate) user: Option<String>,
    /// With -return: borrowed on this workstation.
    #[arg(short = 'h', value_name = "HOST", requires = "give_back")]
    pub(crate) host: Option<String>,
    /// With -return: compare the workstation's name with its domain.
    #[arg(long, requires = "give_back")]
    pub(crate) fqdn: bool,
    /// With -return: of this vendor.
    #[arg(long, value_name = "V", requires = "give_back")]
    pub(crate) vendor: Option<String>,
    /// With -return: borrowed for this version.
    #[arg(long = "bv", value_name = "VERSION", requires = "give_back")]
    pub(crate) version: Option<String>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    #[command(flatten)]
    pub(crate) report: JsonArgs,
    /// Print help.
    #[arg(long, action = ArgAction::Help)]
    help: Option<bool>,
}

#[derive(Debug, Args)]
pub(crate) struct LmdiagArgs {
    /// Only this feature, and of it what is so: mill:VERSION=4.2.
    #[arg(value_name = "FEATURE[:KEY=VALUE]")]
    pub(crate) feature: Option<String>,
    /// Do not look at the ports of a server that does not answer.
    #[arg(short = 'n')]
    pub(crate) no_scan: bool,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    #[command(flatten)]
    pub(crate) report: JsonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LmcksumArgs {
    /// License files, folders and servers, whose files are read as they are served.
    #[arg(short = 'c', value_name = "LIST")]
    pub(crate) list: Option<String>,
    /// Upper and lower case of a signature of hexadecimal digits count.
    #[arg(short = 'k')]
    pub(crate) case: bool,
    /// The form before version 6, which there is not.
    #[arg(long = "pre_v6")]
    pub(crate) pre_v6: bool,
    #[command(flatten)]
    pub(crate) report: JsonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LmlicvalidatorArgs {
    /// License files that are to be served.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The license server that is to serve them (port@host) in place of the environment's.
    #[arg(short = 'c', value_name = "LIST")]
    pub(crate) servers: Option<String>,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
    #[command(flatten)]
    pub(crate) report: JsonArgs,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).multiple(false).args(["add", "replace", "status"]))]
pub(crate) struct LmpathArgs {
    /// VENDOR|all LIST
    #[arg(value_name = "WORD")]
    pub(crate) words: Vec<String>,
    /// Put these servers before those that are kept.
    #[arg(long)]
    pub(crate) add: bool,
    /// Keep these servers in place of those that are kept; an empty list forgets them.
    #[arg(long = "override", id = "replace")]
    pub(crate) replace: bool,
    /// Show what is kept.
    #[arg(long)]
    pub(crate) status: bool,
    #[command(flatten)]
    pub(crate) report: JsonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LminstallArgs {
    /// The license file; `-` for standard input.
    #[arg(short = 'i', value_name = "FILE", default_value = "-")]
    pub(crate) from: PathBuf,
    /// Where it is written; `-` for standard output. A file that is there is not written over.
    #[arg(short = 'o', value_name = "FILE", default_value = "-")]
    pub(crate) to: PathBuf,
    /// Where what is wrong is written, in place of standard error.
    #[arg(short = 'e', value_name = "FILE")]
    pub(crate) errors: Option<PathBuf>,
    /// Lines of so many characters at most, where their words allow it; 0 for lines of any length.
    #[arg(long = "maxlen", value_name = "N", default_value_t = 80)]
    pub(crate) longest: usize,
    /// The decimal form, which there is not.
    #[arg(long = "odecimal")]
    pub(crate) decimal: bool,
    /// An older form of the file, which there is not.
    #[arg(long = "overfmt", value_name = "V")]
    pub(crate) format: Option<String>,
    #[command(flatten)]
    pub(crate) report: JsonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LmverArgs {
    /// A program or library.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) report: JsonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct InstallLinksArgs {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// Take the links away again.
    #[arg(long)]
    pub(crate) remove: bool,
    #[command(flatten)]
    pub(crate) report: JsonArgs,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("type").multiple(false).args([
    "ether", "internet", "hostname", "hostdomain", "user", "display", "long", "ptype", "container_id", "vsn",
    "flexid", "string",
]))]
pub(crate) struct LmhostidArgs {
    /// Only the ids.
    #[arg(short = 'n')]
    pub(crate) bare: bool,
    /// The Ethernet addresses of this machine (the default).
    #[arg(long)]
    pub(crate) ether: bool,
    /// Its IP addresses: all, those of version 4 or those of version 6.
    #[arg(long, value_name = "v4|v6", num_args = 0..=1, default_missing_value = "", value_parser = ["", "v4", "v6"])]
    pub(crate) internet: Option<String>,
    /// The name of this machine.
    #[arg(long)]
    pub(crate) hostname: bool,
    /// Its name with its domain.
    #[arg(long)]
    pub(crate) hostdomain: bool,
    /// The user.
    #[arg(long)]
    pub(crate) user: bool,
    /// The display.
    #[arg(long)]
    pub(crate) display: bool,
    /// The 32-bit id that `hostid` prints, where /etc/hostid has it.
    #[arg(long)]
    pub(crate) long: bool,
    /// What kind of machine it is, PHY, VMW, HPV, KVM, XEN or AMZN; and its UUID with --uuid.
    #[arg(long, value_name = "TYPE", num_args = 0..=1, default_missing_value = "")]
    pub(crate) ptype: Option<String>,
    /// With -ptype: the machine's UUID, which only root may read.
    #[arg(long, requires = "ptype")]
    pub(crate) uuid: bool,
    /// The container that this runs in.
    #[arg(long = "container_id")]
    pub(crate) container_id: bool,
    /// A Windows volume's serial number, which there is not.
    #[arg(long, alias = "disk_serial_num")]
    pub(crate) vsn: bool,
    /// A dongle's id, which is not read.
    #[arg(long)]
    pub(crate) flexid: bool,
    /// A text of the publisher's, which there is not.
    #[arg(long)]
    pub(crate) string: bool,
    /// Output is UTF-8 anyway.
    #[arg(long)]
    pub(crate) utf8: bool,
    #[command(flatten)]
    pub(crate) report: JsonArgs,
}
