//! `login`: keeps the personal token that proves who somebody is.

use std::io::{BufRead as _, IsTerminal as _};

use client::Login;
use names::{Code, Email};
use zeroize::Zeroizing;

use crate::args::LoginArgs;
use crate::fail::Failure;
use crate::{files, out, session};

/// The longest token, in bytes.
const BYTES_MAX: usize = 256;

/// Asks for the token and keeps it for this user's applications.
pub(crate) fn login(args: &LoginArgs) -> Result<(), Failure> {
    let email = email("EMAIL", &args.email)?;
    let servers = session::servers(args.servers.as_deref(), None)?;
    let [host] = servers.groups() else {
        let message = "several license servers are named, and a token is for one of them";
        return Err(Failure::new(Code::BadParameter, message, "name that one with -c, as port@host"));
    };
    let token = token(args)?;
    for server in host {
        Login::new(server.clone(), email.clone(), &token).keep()?;
    }
    let names: Vec<_> = host.iter().map(ToString::to_string).collect();
    out::print(&format!("kept: applications of yours are {email} at {}\n", names.join(",")))
}

/// An e-mail address under its flag's name.
pub(crate) fn email(flag: &str, text: &str) -> Result<Email, Failure> {
    Email::new(text).map_err(|invalid| {
        let message = format!("{flag} {:?}: {invalid}", client::shown(text, 80));
        Failure::new(Code::BadParameter, message, "write it like kim@example.net")
    })
}

/// The token: from a file, asked for at the terminal, or the first line of standard input.
fn token(args: &LoginArgs) -> Result<Zeroizing<String>, Failure> {
    let failed = |error: std::io::Error| Failure::system("cannot read the token", &error);
    let text = match &args.token_file {
        Some(path) => {
            let (bytes, mode) = files::read_with_mode(path, "the file with the token")?;
            let bytes = Zeroizing::new(bytes);
            files::check_private(path, mode)?;
            let text = files::text(path, &bytes, "the file with the token")?;
            Zeroizing::new(text.lines().next().unwrap_or_default().to_owned())
        }
        None if std::io::stdin().is_terminal() => {
            Zeroizing::new(rpassword::prompt_password("token: ").map_err(failed)?)
        }
        None => {
            let mut line = Zeroizing::new(String::new());
            std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
            line
        }
    };
    checked(&text)
}

fn checked(text: &str) -> Result<Zeroizing<String>, Failure> {
    let token = text.trim();
    let good = (1..=BYTES_MAX).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_graphic());
    match good {
        true => Ok(Zeroizing::new(token.to_owned())),
        false => {
            let remedy = "paste it as the administrator's `seatkeeper login-token` printed it";
            Err(Failure::new(Code::BadParameter, "this is no token", remedy))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_word() {
        assert_eq!(checked(" abc123\n").unwrap().as_str(), "abc123");
        for bad in ["", "\n", "two words", "caf\u{e9}", &"x".repeat(257)] {
            assert!(checked(bad).unwrap_err().text().contains("(-42)"), "{bad:?}");
        }
        assert!(email("EMAIL", "kim").unwrap_err().text().contains("EMAIL"));
    }
}
