//! What proves to a license server who somebody is: an e-mail address and a personal token.
//!
//! The administrator makes the token (`seatkeeper login-token`), and `seatkeeper login` keeps it, in
//! `$XDG_CONFIG_HOME/seatkeeper/logins`, one file (0600) for each license server. A token is a secret
//! and is shown to its own server only.

use std::fmt;

use names::Email;

use crate::folder::{self, Folder};
use crate::{Error, Server};

const FORMAT: &str = "seatkeeper-login 1";

/// Who somebody is, at one license server.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    server: Server,
    email: Email,
    token: String,
}

impl Login {
    /// Somebody's login at a server.
    #[must_use]
    pub fn new(server: Server, email: Email, token: &str) -> Self {
        Self { server, email, token: token.trim().to_owned() }
    }

    /// Of which server.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Whose.
    #[must_use]
    pub fn email(&self) -> &Email {
        &self.email
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// The logins that this user has kept. Files that others may use are left out, and so is what cannot
    /// be read.
    #[must_use]
    pub fn all_of_user() -> Vec<Self> {
        let folder = folder().and_then(|path| Folder::found(&path).ok().flatten());
        folder.map(|folder| all(&folder)).unwrap_or_default()
    }

    /// Keeps it for this user's applications, in place of an earlier one at the same server.
    ///
    /// # Errors
    /// When it cannot be kept, or others may use the folder.
    pub fn keep(&self) -> Result<(), Error> {
        let path = folder().ok_or_else(|| Error::Keep {
            path: "~/.config/seatkeeper/logins".into(),
            what: "find the folder",
            source: std::io::Error::other("neither HOME nor XDG_CONFIG_HOME is set"),
        })?;
        self.keep_in(&Folder::made(&path)?)
    }

    fn keep_in(&self, folder: &Folder) -> Result<(), Error> {
        let Self { server, email, token } = self;
        let text = format!(
            "{FORMAT}\nhost {}\nport {}\nemail {email}\ntoken {token}\n",
            server.host(),
            server.port()
        );
        folder.write(&server.authority(), &text)
    }
}

fn folder() -> Option<std::path::PathBuf> {
    folder::of_user("XDG_CONFIG_HOME", ".config", "logins")
}

fn all(folder: &Folder) -> Vec<Login> {
    let names = folder.names().unwrap_or_default();
    let texts = names.iter().filter_map(|name| folder.read(name).ok().flatten());
    texts.filter_map(|text| from_text(&text)).collect()
}

fn from_text(text: &str) -> Option<Login> {
    let mut lines = text.lines();
    (lines.next() == Some(FORMAT)).then_some(())?;
    let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
    let server = Server::new(field("host")?, field("port")?.parse().ok()?).ok()?;
    let email = Email::new(field("email")?).ok()?;
    Some(Login::new(server, email, field("token")?))
}

impl fmt::Debug for Login {
    /// The token is a secret, and is not logged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({} at {})", self.email, self.server)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_kept_for_its_server() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::made(&root.path().join("logins")).unwrap();
        let login = |host: &str, email: &str, token: &str| {
            Login::new(Server::new(host, 27000).unwrap(), Email::new(email).unwrap(), token)
        };
        let (kim, v6) = (login("lic1", "kim@example.net", "s3cret\n"), login("::1", "kim@example.net", "x"));
        login("lic1", "lee@example.net", "old").keep_in(&folder).unwrap();
        kim.keep_in(&folder).unwrap();
        v6.keep_in(&folder).unwrap();
        folder.write("nonsense", "nonsense").unwrap();
        assert_eq!(all(&folder), [v6, kim.clone()]);
        assert_eq!(kim.token(), "s3cret");
        assert!(!format!("{kim:?}").contains("s3cret"));
    }
}
