//! `lmdown`: stops the daemon.

use std::io::BufRead as _;
use std::path::Path;
use std::time::{Duration, Instant};

use names::Code;
use proto::v1;
use serde_json::json;

use super::{Desk, show, word};
use crate::args::LmdownArgs;
use crate::fail::Failure;
use crate::out;

/// How long the daemon may take to drain and end; it ends anyway.
const ENDS: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(20);
/// Bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 80;

/// Asks whether it is meant, stops the daemon, and waits until it serves nobody.
pub(crate) async fn down(args: LmdownArgs) -> Result<u8, Failure> {
    let mut desk = Desk::open(&args.desk, Code::NotOnServer).await?;
    let (about, vendors) = desk.about().await?;
    let place = format!("{}@{}", about.port, word(&about.host));
    let names: Vec<String> = vendors.iter().map(|name| word(name)).collect();
    if !args.quiet && !is_meant(&place, &names.join(" "))? {
        let message = "the server was not shut down: it was not confirmed";
        return Err(Failure::new(Code::BadParameter, message, "answer y, or say -q"));
    }
    let vendor = args.vendor.clone().unwrap_or_default();
    desk.admin.stop(v1::StopRequest { vendor, force: args.force }).await?;
    let has_ended = ended(&args.desk.socket.socket).await;
    let text = if has_ended {
        format!("{place}: shut down\n1 FlexNet License Server shut down\n")
    } else {
        format!("{place}: shutting down; it still waits for its clients\n")
    };
    show(
        "lmdown",
        args.report.json,
        &text,
        json!({ "server": place, "vendors": vendors, "ended": has_ended }),
    )?;
    Ok(0)
}

/// FlexNet's question, on standard error: the answer is the first line of standard input.
fn is_meant(place: &str, vendors: &str) -> Result<bool, Failure> {
    out::ask(&format!(
        "    Port@Host                              Vendors\n 1)  {place:<38} {vendors}\n\nAre you sure (y/n)?"
    ));
    answered(std::io::stdin().lock())
}

/// Whether the first line says yes; of a longer one no more is read than is needed to see that it does not.
fn answered(from: impl std::io::BufRead) -> Result<bool, Failure> {
    let mut line = Vec::new();
    let read = from.take(ANSWER_BYTES_MAX).read_until(b'\n', &mut line);
    read.map_err(|error| Failure::system("cannot read the answer", &error))?;
    Ok(matches!(line.trim_ascii(), b"y" | b"Y" | b"yes"))
}

/// The daemon's socket goes last.
async fn ended(socket: &Path) -> bool {
    let until = Instant::now() + ENDS;
    while socket.exists() {
        if Instant::now() > until {
            return false;
        }
        tokio::time::sleep(LOOK).await;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_meant_whatever_else_comes() {
        for (said, is) in [
            (&b"y\n"[..], true),
            (b" yes \r\nn\n", true),
            (b"n\ny\n", false),
            (b"", false),
            (b"\xff\xfe", false),
        ] {
            assert_eq!(answered(said), Ok(is), "{said:?}");
        }
        assert_eq!(answered(std::io::BufReader::new(std::io::repeat(b'y'))), Ok(false));
    }
}
