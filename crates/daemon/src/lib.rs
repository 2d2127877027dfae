//! `seatkeeperd`: the license server.
//!
//! ```text
//!  main: checks everything, then starts
//!    front   accepts connections, serves administrators and metrics, tells the service manager
//!    io-N    a runtime per core: connections, codec, heartbeats, status
//!    owner   decides, writes the journal, answers
//!    applier keeps the seat state on sled behind the journal
//!    view    puts together what status shows, and frees what is replaced
//!    desk    does what the license desk decides
//!    remind  mails and posts what ends soon
//!    history hands what happened to the log, the usage history and the audit chain, behind the journal
//! ```
//!
//! A request takes no lock and waits for no other client: connections submit to a bounded ring,
//! heartbeats are one compare-and-swap on the session's word, and status reads the published view.
//! (Each HTTP/2 connection has one lock of its own, inside the h2 library.)

mod admin;
mod attach;
mod away;
mod bell;
mod calls;
mod chronicle;
mod cli;
mod clock;
mod config;
mod conn;
mod counted;
mod daily;
mod denials;
mod desk;
mod edge;
mod event_fields;
mod events;
mod exporter;
mod front;
mod histogram;
mod hostid;
mod init;
mod latency;
mod licenses;
mod log;
mod meter;
mod metered;
mod metrics;
mod notify;
mod office;
mod options;
mod outbox;
mod owner;
mod readers;
mod remind;
mod removals;
mod ring;
mod run;
mod served;
mod server;
mod sinks;
mod status;
mod stream;
mod surrendered;
mod sync;
mod timed;
mod view;
mod wire;

pub use cli::main;
pub use config::{
    Config, ConfigError, ConsoleConfig, DeskConfig, Listen, MailConfig, MailTls, WebhookConfig,
};
pub use hostid::host_ids;
pub use init::{Made, init};
pub use licenses::{Licenses, LicensesError};
pub use options::{OptionsError, OptionsFiles};
pub use run::{Running, StartError, start};
