//! What can go wrong, with FlexNet's number and what to do about it.

use std::fmt;
use std::path::PathBuf;

use license::LeaseError;
use names::{Code, Invalid};

use crate::{Server, State};

/// Why an operation failed.
///
/// `Display` says what is wrong and its number; [`Error::remedy`] what to do. The source is not
/// repeated in `Display`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No license server is named anywhere.
    #[error("no license server is named ({})", self.code().number())]
    NoServers,
    /// An entry of a server list cannot be read.
    #[error("{entry:?} in {place} is no license server: {why} ({})", self.code().number())]
    BadServer {
        /// The entry.
        entry: String,
        /// Where it stands: `-c`, or the environment variable.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// A license file of a server list cannot be read.
    #[error("cannot read the license file {} named in {place} ({})", named(path), self.code().number())]
    File {
        /// The file.
        path: PathBuf,
        /// Where it is named.
        place: String,
        /// Why.
        source: std::io::Error,
    },
    /// No server answered.
    #[error("{}", Unreachable(tried))]
    Unreachable {
        /// Each server and what it did.
        tried: Vec<Tried>,
    },
    /// The server refused.
    #[error("{message}")]
    Denied {
        /// FlexNet's code.
        code: Code,
        /// The server's words: FlexNet's text, the number, what is behind it.
        message: String,
        /// Try again after so long; 0 when that would not help.
        retry_after_ms: u32,
    },
    /// What the server showed does not prove the seat. It was returned.
    #[error("{} is not proved: {why} ({})", subject, code.number())]
    Unproved {
        /// [`Code::BadSignature`], [`Code::BadHandshake`], or what the line does not cover.
        code: Code,
        /// What was to be proved.
        subject: String,
        /// Why it is not.
        why: String,
    },
    /// The server does not know the session any more: its seats are gone.
    #[error("{why} ({})", self.code().number())]
    SessionLost {
        /// The server's words, or what happened.
        why: String,
    },
    /// No server answered for the lease and the grace after it. This is final.
    #[error("no license server answered for {after_ms} ms; the seats are given up ({})", self.code().number())]
    Expired {
        /// How long none answered.
        after_ms: u64,
    },
    /// The client was closed.
    #[error("the license session is closed ({})", self.code().number())]
    Closed,
    /// A parameter is not what it must be.
    #[error("{} ({})", invalid, self.code().number())]
    Parameter {
        /// What it must be, and why it is not.
        invalid: Invalid,
    },
    /// A vendor's public key is none.
    #[error("the public key of {vendor} is none: {source} ({})", self.code().number())]
    Key {
        /// Whose.
        vendor: String,
        /// Why.
        source: license::KeyError,
    },
    /// No daemon answers its administrator.
    #[error("{}: no daemon answers there: {why} ({})", socket.display(), self.code().number())]
    NoDaemon {
        /// The daemon's socket.
        socket: PathBuf,
        /// What the system said.
        why: String,
    },
    /// No seat of the feature is borrowed here.
    #[error("no seat of {feature} is borrowed on this machine ({})", self.code().number())]
    NotBorrowed {
        /// The feature, or the grant.
        feature: String,
    },
    /// A borrowed seat may not be used.
    #[error("{why} ({})", self.code().number())]
    Lease {
        /// Why.
        why: LeaseError,
    },
    /// The record of what the clock has shown is gone: nobody knows whether it was set back.
    #[error("{}: the record of the clock {why} ({})", path.display(), self.code().number())]
    ClockUnknown {
        /// The file that should have it.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A file of the user's own cannot be kept or read.
    #[error("{}: cannot {what} ({})", path.display(), self.code().number())]
    Keep {
        /// The file or folder.
        path: PathBuf,
        /// What could not be done.
        what: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The system gave no random bytes.
    #[error("the system gives no random bytes ({})", self.code().number())]
    Random(#[source] getrandom::Error),
}

/// A path as it may be shown.
fn named(path: &std::path::Path) -> String {
    crate::shown(&path.display().to_string(), 500)
}

/// One server that was tried, and what it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// Which.
    pub server: Server,
    /// What kind of failure it was.
    pub code: Code,
    /// What happened.
    pub why: String,
    /// Whether what answers there is something other than Seatkeeper: FlexNet's lmgrd, most likely.
    pub foreign: bool,
    /// The operating system's error number, where there is one.
    pub os_error: Option<i32>,
}

impl Error {
    /// FlexNet's code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NoServers => Code::NoLicenseFile,
            Self::BadServer { .. } | Self::Parameter { .. } | Self::Key { .. } => Code::BadParameter,
            Self::File { .. } => Code::CannotReadFile,
            Self::Unreachable { tried } => worst(tried),
            Self::Denied { code, .. } | Self::Unproved { code, .. } => *code,
            Self::SessionLost { .. } => Code::CannotRead,
            Self::Expired { .. } | Self::NoDaemon { .. } => Code::NoConnection,
            Self::Closed => Code::NeverCheckedOut,
            Self::NotBorrowed { .. } => Code::NeverCheckedOut,
            Self::Lease { why } => why.code(),
            Self::ClockUnknown { .. } => Code::ClockSetBack,
            Self::Keep { .. } => Code::CannotReadFile,
            Self::Random(_) => Code::BadHandshake,
        }
    }

    /// What to do about it; empty when there is nothing to add.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::NoServers => "set SEATKEEPER_LICENSE_FILE, or give -c, as port@host (27000@lic1)".into(),
            Self::BadServer { .. } => {
                "write port@host (27000@lic1), @host, p@h1,p@h2,p@h3, or the path of a license file; \
                 entries are divided by `:`"
                    .into()
            }
            Self::File { .. } => "name a file that you may read, or the server itself as port@host".into(),
            Self::Unreachable { tried } => unreachable_remedy(tried),
            Self::Denied { code, retry_after_ms: 0, .. } => denied_remedy(*code).into(),
            Self::Denied { retry_after_ms, .. } => format!("try again in {retry_after_ms} ms"),
            Self::Unproved { code: Code::BadHandshake, .. } => {
                "check that the server is the one the pack was signed for (HOST_KEY=), and that nobody \
                 stands between"
                    .into()
            }
            Self::Unproved { .. } => {
                "check that application and server trust the same vendor key, and that the pack covers what \
                 was asked for"
                    .into()
            }
            Self::SessionLost { .. } => "check the seats out again".into(),
            Self::Expired { .. } => {
                "check the network and the license server, then start the application again".into()
            }
            Self::Closed => "open another client".into(),
            Self::Parameter { .. } => String::new(),
            Self::Key { .. } => "copy the key as `seatkeeper issue keygen` printed it".into(),
            Self::NoDaemon { .. } => {
                "run this on the license host, as the daemon's user or root; --socket names its `admin_socket`".into()
            }
            Self::NotBorrowed { .. } => "`seatkeeper borrow list` shows what is borrowed".into(),
            Self::Lease { why } => why.remedy().into(),
            Self::ClockUnknown { .. } => {
                "return the borrowed seats, or borrow another one: the license host's clock makes it anew"
                    .into()
            }
            Self::Keep { path, .. } => {
                format!("check that {} is a folder or file of your own, for you alone", path.display())
            }
            Self::Random(_) => "check /dev/urandom".into(),
        }
    }

    /// Why nothing can be asked of a session that stands so.
    pub(crate) fn over(state: State) -> Self {
        match state {
            State::Closed => Self::Closed,
            _ => Self::SessionLost { why: Code::NoConnection.text().to_owned() },
        }
    }

    /// An answer of the wrong kind.
    pub(crate) fn strange(to: &str) -> Self {
        let code = Code::BadServerData;
        Self::Denied {
            code,
            message: format!("{code}: the answer to {to} is of the wrong kind"),
            retry_after_ms: 0,
        }
    }

    /// Whether what answered is something other than Seatkeeper: FlexNet's lmgrd, most likely.
    #[must_use]
    pub fn is_foreign_server(&self) -> bool {
        matches!(self, Self::Unreachable { tried } if tried.iter().any(|one| one.foreign))
    }
}

impl From<LeaseError> for Error {
    fn from(why: LeaseError) -> Self {
        Self::Lease { why }
    }
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Parameter { invalid }
    }
}

/// The code of the attempts together: the one that came furthest.
fn worst(tried: &[Tried]) -> Code {
    let down = |one: &Tried| one.code == Code::ServerDown;
    tried.iter().find(|one| !down(one)).map_or(Code::ServerDown, |one| one.code)
}

/// What to do where the server's own words leave it open.
fn denied_remedy(code: Code) -> &'static str {
    match code {
        Code::AllTaken => "wait until a seat is returned, or ask one of those who hold them",
        Code::TooMany => "ask for fewer seats, or for each pool by itself",
        Code::VersionNotServed => "use the licensed version, or ask the vendor for the new one",
        Code::Expired | Code::NotYet => "ask the vendor for a license of today",
        Code::Queued => "wait in line too (--queue), or try again later",
        Code::NoneToBorrow | Code::BorrowTooLong => "borrow fewer seats, or for a shorter time",
        Code::WrongHost => "use a workstation the license is for, or ask the vendor to move it",
        _ => "",
    }
}

struct Unreachable<'a>(&'a [Tried]);

impl fmt::Display for Unreachable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = worst(self.0);
        write!(f, "{code}")?;
        let mut at = 0;
        while let Some(first) = self.0.get(at) {
            // The ports of one host that all did the same are told once.
            let same = |one: &&Tried| one.server.host() == first.server.host() && one.why == first.why;
            let run = self.0.iter().skip(at).take_while(same).count();
            let comma = if at == 0 { ":" } else { ";" };
            match self.0.get(at + run - 1).filter(|_| run > 1) {
                Some(last) => {
                    write!(f, "{comma} {}-{}: {}", first.server.port(), last.server, first.why)?;
                }
                None => write!(f, "{comma} {}: {}", first.server, first.why)?,
            }
            at += run;
        }
        Ok(())
    }
}

fn unreachable_remedy(tried: &[Tried]) -> String {
    if tried.iter().any(|one| one.foreign) {
        return "name the Seatkeeper host in SEATKEEPER_LICENSE_FILE (port@host), which is read instead of \
                LM_LICENSE_FILE; FlexNet's own applications keep that one"
            .into();
    }
    match worst(tried) {
        Code::ServerDown => "check the host's name, and that it is up and reachable from here".into(),
        Code::NoConnection => "check that seatkeeperd runs there and listens on that port".into(),
        _ => "see the server's log".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(code: Code, foreign: bool) -> Tried {
        let server = Server::new("lic1", 27000).unwrap();
        Tried { server, code, why: "connection refused".into(), foreign, os_error: None }
    }

    #[test]
    fn an_error_names_every_server_its_code_and_a_remedy() {
        let on = |host: &str, port| Tried {
            server: Server::new(host, port).unwrap(),
            ..tried(Code::NoConnection, false)
        };
        let down = tried(Code::ServerDown, false);
        let error = Error::Unreachable {
            tried: vec![
                Tried { why: "no answer".into(), ..down },
                on("lic1", 1),
                on("lic1", 2),
                on("lic2", 3),
            ],
        };
        assert_eq!(error.code(), Code::NoConnection);
        assert_eq!(
            error.to_string(),
            "Cannot connect to license server system. (-15): 27000@lic1: no answer; 1-2@lic1: connection \
             refused; 3@lic2: connection refused"
        );
        assert!(error.remedy().contains("seatkeeperd"));
        let foreign = Error::Unreachable { tried: vec![tried(Code::NoConnection, true)] };
        assert!(foreign.is_foreign_server() && foreign.remedy().contains("SEATKEEPER_LICENSE_FILE"));
        assert_eq!(Error::Unreachable { tried: vec![tried(Code::ServerDown, false)] }.code().number(), -96);
        assert_eq!(Error::NoServers.to_string(), "no license server is named (-1)");
    }
}
