//! Standard output and standard error.

use std::io::{ErrorKind, Write as _};

use names::Code;
use serde::Serialize;

use crate::fail::Failure;

/// Writes text to standard output. A reader that has gone away is no error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

/// [`print`], for text in whatever encoding.
pub(crate) fn print_bytes(text: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::system("cannot write to standard output", &error))
        }
        _ => Ok(()),
    }
}

/// A report as JSON, with a line end.
pub(crate) fn json(report: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(report)
        .map_err(|error| Failure::new(Code::BadParameter, format!("cannot write JSON: {error}"), ""))?;
    Ok(format!("{text}\n"))
}

/// [`json`] in one line.
pub(crate) fn json_line(report: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(report)
        .map_err(|error| Failure::new(Code::BadParameter, format!("cannot write JSON: {error}"), ""))?;
    Ok(format!("{text}\n"))
}

/// Asks something, on standard error; the answer is on the same line.
pub(crate) fn ask(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = write!(out, "{text} ").and_then(|()| out.flush());
}

/// Says something that is not the command's result, on standard error.
pub(crate) fn say(text: &str) {
    // There is nobody left to tell that it cannot be told.
    let _ = writeln!(std::io::stderr().lock(), "seatkeeper: {text}");
}
