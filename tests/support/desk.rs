//! The license desk at a daemon, and who uses it from the command line.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use client::{Client, Error, Login};
use names::Email;
use serde_json::Value;

use super::tool::tool;
use super::{Daemon, Site, servers};

/// Whom the desk says to ask.
pub const SUPPORT: &str = "support@example.net";

/// A license host without a license, with a desk that is the vendor's and the site's.
pub fn both() -> Site {
    with_desk(Site::with_packs(&[]))
}

/// The same host with such a desk, whose key is the vendor's.
pub fn with_desk(site: Site) -> Site {
    let key = site.path("acmed.key");
    std::fs::write(&key, &*site.vendor().to_text()).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let key = key.display();
    site.configure(&format!(
        "[desk]\nrole = \"both\"\nvendor = \"acmed\"\nkey = \"{key}\"\nsupport = \"{SUPPORT}\"\n"
    ))
}

/// Somebody at a keyboard: on the license host, or anywhere with a home and a token in it.
#[derive(Debug)]
pub struct Desk<'a> {
    site: &'a Site,
    daemon: &'a Daemon,
    home: Option<String>,
}

impl<'a> Desk<'a> {
    /// Whoever sits on the license host.
    pub fn on_host(site: &'a Site, daemon: &'a Daemon) -> Self {
        Self { site, daemon, home: None }
    }

    /// Somebody whose personal token the host's administrator has made.
    pub fn of(&self, email: &str) -> (Self, String) {
        let token = self.command(&format!("login-token {email}")).output().unwrap();
        assert!(token.status.success(), "{}", String::from_utf8_lossy(&token.stderr));
        let token = String::from_utf8(token.stdout).unwrap().trim().to_owned();
        (self.with_token(email, &token), token)
    }

    /// Somebody on a workstation of their own, where they have given their personal token.
    pub fn with_token(&self, email: &str, token: &str) -> Self {
        let home = email.split('@').next().unwrap().to_owned();
        std::fs::create_dir_all(self.site.path(&home)).unwrap();
        let file = self.site.path(&format!("{home}/token"));
        std::fs::write(&file, token).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let person = Self { site: self.site, daemon: self.daemon, home: Some(home) };
        let at = format!("{}@{}", self.daemon.address.port(), self.daemon.address.ip());
        let (status, text) = person.said(&format!("login {email} -c {at} --token-file {}", file.display()));
        assert_eq!(status, 0, "{text}");
        person
    }

    /// The tool with these words, as it is on their machine.
    pub fn command(&self, line: &str) -> Command {
        let mut command = tool(self.site, self.daemon, line);
        if let Some(home) = &self.home {
            for folder in ["HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"] {
                command.env(folder, self.site.path(home));
            }
        }
        command
    }

    /// Exit status and what is said.
    pub fn said(&self, line: &str) -> (i32, String) {
        let output = self.command(line).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap(), String::from_utf8(text).unwrap())
    }

    fn at(&self, line: &str) -> String {
        let at = format!("{}@{}", self.daemon.address.port(), self.daemon.address.ip());
        let server = self.home.as_ref().map(|_| format!(" -c {at}")).unwrap_or_default();
        format!("desk {line} --company C-1{server}")
    }

    /// A command of the desk's that is done.
    pub fn does(&self, line: &str) -> String {
        let (status, text) = self.said(&self.at(line));
        assert_eq!(status, 0, "{line}: {text}");
        text
    }

    /// One that is refused: what is said.
    pub fn is_refused(&self, line: &str) -> String {
        let (status, text) = self.said(&self.at(line));
        assert_ne!(status, 0, "{line}: {text}");
        text
    }

    /// What a command of the desk's says to programs.
    pub fn json(&self, line: &str) -> Value {
        let output = self.command(&format!("{} --json", self.at(line))).output().unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// A workstation's application of somebody who proves their e-mail with a personal token.
pub async fn connect(site: &Site, daemon: &Daemon, email: &str, token: &str) -> Result<Client, Error> {
    let servers = servers(daemon.address);
    let server = servers.groups()[0][0].clone();
    let mut options = site.options("somebody", "ws1", "02aa10203099");
    options.logins = vec![Login::new(server, Email::new(email).unwrap(), token)];
    Client::connect(&servers, options).await
}
