//! Why a command failed: one message, its code, a remedy, and the exit status.

use std::error::Error;
use std::fmt::Write as _;
use std::process::ExitCode;

use names::Code;

use crate::out;

/// What `run` exits with when its command was not started: as `env` does.
pub(crate) const NOT_STARTED: u8 = 125;

/// Why a command failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    message: String,
    remedy: String,
    status: u8,
}

impl Failure {
    /// A failure with FlexNet's number, which the exit status follows.
    pub(crate) fn new(code: Code, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        let message = format!("{} ({})", message.into(), code.number());
        Self { message, remedy: remedy.into(), status: code.exit_status() }
    }

    /// What the system did not do.
    pub(crate) fn system(what: &str, error: &std::io::Error) -> Self {
        Self::new(Code::BadParameter, format!("{what}: {error}"), "")
    }

    /// What stopped the demo.
    pub(crate) fn demo(error: &(dyn Error + 'static)) -> Self {
        let message = format!("the demo stopped: {error}");
        let remedy =
            "see what is wrong in this message; the demo needs loopback and a writable temporary folder";
        Self { message, remedy: remedy.into(), status: 1 }
    }

    /// The exit status that it ends with.
    pub(crate) fn status(&self) -> u8 {
        self.status
    }

    /// Whether it ends with the exit status of this code.
    pub(crate) fn is_of(&self, code: Code) -> bool {
        self.status == code.exit_status()
    }

    /// The same with another exit status.
    pub(crate) fn with_status(mut self, status: u8) -> Self {
        self.status = status;
        self
    }

    /// Tells it, and gives the exit status.
    pub(crate) fn tell(&self) -> ExitCode {
        out::say(&self.text());
        ExitCode::from(self.status)
    }

    pub(crate) fn text(&self) -> String {
        let mut text = self.message.clone();
        if !self.remedy.is_empty() {
            let _ = write!(text, "\nhelp: {}", self.remedy);
        }
        text
    }
}

impl From<client::Error> for Failure {
    fn from(error: client::Error) -> Self {
        let mut message = error.to_string();
        let mut at = error.source();
        while let Some(source) = at {
            let _ = write!(message, ": {source}");
            at = source.source();
        }
        let mut remedy = error.remedy();
        if error.is_foreign_server() {
            let _ = write!(remedy, "; {}", crate::lmutil::handon::REMEDY);
        }
        Self { message, remedy, status: error.code().exit_status() }
    }
}

/// A command line that is wrong, or that asked for help.
pub(crate) fn usage(error: &clap::Error, is_run: bool) -> ExitCode {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    let text = error.render().to_string();
    if matches!(error.kind(), DisplayHelp | DisplayVersion) {
        return match out::print(&text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => failure.tell(),
        };
    }
    let code = Code::BadParameter;
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    let first = first.strip_prefix("error: ").unwrap_or(first);
    // A list of what is missing follows a colon.
    let (first, colon) = first.strip_suffix(':').map_or((first, ""), |first| (first, ":"));
    out::say(format!("{first} ({}){colon}\n{rest}", code.number()).trim_end());
    ExitCode::from(if is_run { NOT_STARTED } else { code.exit_status() })
}
