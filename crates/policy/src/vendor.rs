//! What an options file says to its vendor's daemon as a whole.

use names::Vendor;

use crate::keyword::Keyword;
use crate::options::{OptionsFile, What};

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// What `NOLOG` keeps out of the debug log.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Event { $($(#[$doc])* $name,)* }

        impl Event {
            /// Every event there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As it is written.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

events! {
    /// A seat came back.
    In = "IN";
    /// A seat was given.
    Out = "OUT";
    /// A request was denied.
    Denied = "DENIED";
    /// A request waits.
    Queued = "QUEUED";
    /// A feature is not served.
    Unsupported = "UNSUPPORTED";
    /// A seat became another version's.
    Upgrade = "UPGRADE";
    /// A request waits no longer.
    Dequeued = "DEQUEUED";
}

impl Event {
    pub(crate) fn read(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.text().eq_ignore_ascii_case(word))
    }
}

/// What an options file says of a vendor as a whole. Of several lines of a keyword the last counts;
/// NOLOG lines add up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorOptions {
    /// Whose file it is.
    pub vendor: Vendor,
    /// `MAX_CONNECTIONS`.
    pub connections: Option<u32>,
    /// `AUTOMATIC_REREAD`: the file is read again at midnight. It is, unless this is OFF.
    pub automatic_reread: bool,
    /// `NOLOG`.
    pub no_log: Vec<Event>,
    /// `DEBUGLOG`.
    pub debug_log: Option<DebugLog>,
    /// `REPORTLOG`.
    pub report_log: Option<ReportLog>,
}

/// A debug log of a vendor's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebugLog {
    /// Where, as written.
    pub path: String,
    /// `+`: what is there is kept.
    pub append: bool,
    /// `OBF_ADDMARK`: what is obfuscated is marked.
    pub mark: bool,
    /// `AUTO_ROLLOVER`: a new file after so many MiB.
    pub rollover_mib: Option<u32>,
}

/// A report log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLog {
    /// Where, as written.
    pub path: String,
    /// `+`: what is there is kept.
    pub append: bool,
    /// `HIDE_USER`: without the names of users.
    pub hide_user: bool,
}

impl VendorOptions {
    pub(crate) fn read(vendor: Vendor, options: &OptionsFile) -> Self {
        let mut all = Self {
            vendor,
            connections: None,
            automatic_reread: true,
            no_log: Vec::new(),
            debug_log: None,
            report_log: None,
        };
        for line in &options.lines {
            match (&line.what, line.keyword) {
                (What::Number { number, .. }, Keyword::MaxConnections) => all.connections = Some(*number),
                (What::Switch(on), Keyword::AutomaticReread) => all.automatic_reread = *on,
                (What::Events(events), _) => all.no_log.extend(events),
                (What::Log { path, append, mark, rollover, .. }, Keyword::DebugLog) => {
                    let path = path.clone();
                    let log = DebugLog { path, append: *append, mark: *mark, rollover_mib: *rollover };
                    all.debug_log = Some(log);
                }
                (What::Log { path, append, hide_user, .. }, Keyword::ReportLog) => {
                    let log = ReportLog { path: path.clone(), append: *append, hide_user: *hide_user };
                    all.report_log = Some(log);
                }
                _ => {}
            }
        }
        all.no_log.sort_unstable();
        all.no_log.dedup();
        all
    }
}
