//! `[desk.mail]` and `[desk.webhook]`: how reminders are sent.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use hyper::Uri;
use lettre::message::Mailbox;
use names::Email;

use super::raw::{RawMail, RawWebhook};
use super::{ConfigError, Places};

/// Characters of a server's name, an address or a link.
const TEXT_CHARS_MAX: usize = 500;
/// Bytes of a file with a secret.
const SECRET_BYTES_MAX: u64 = 4 * 1024;

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// In plain text first, then encrypted; never without.
    Starttls,
    /// Encrypted from the start.
    Tls,
    /// In plain text, on this machine only.
    None,
}

/// E-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailConfig {
    /// The mail server: a name or an address.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How it is spoken to.
    pub tls: MailTls,
    /// As whom, and the file with the password.
    pub login: Option<(String, PathBuf)>,
    /// From whom mails come.
    pub from: String,
}

/// A webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookConfig {
    /// Where events are posted to.
    pub url: String,
    /// The file with the secret that they are signed with.
    pub secret: Option<PathBuf>,
}

/// Whether a server is this machine.
fn is_here(server: &str) -> bool {
    server == "localhost" || server.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Places<'_> {
    pub(super) fn mail(&self, raw: &RawMail) -> Result<MailConfig, ConfigError> {
        let server = raw.server.get_ref();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
        if server.is_empty() || server.len() > TEXT_CHARS_MAX || !server.chars().all(is_name) {
            let remedy = "write its name or its address, such as mail.example.net; its port is `port`";
            return Err(self.error(Some(raw.server.span()), format!("{server:?} is no mail server"), remedy));
        }
        let (tls, usual) = match raw.tls.get_ref().as_str() {
            "starttls" => (MailTls::Starttls, 587),
            "tls" => (MailTls::Tls, 465),
            "none" => (MailTls::None, 25),
            other => {
                let remedy = "write \"starttls\", \"tls\" or, for a server on this machine, \"none\"";
                return Err(self.error(
                    Some(raw.tls.span()),
                    format!("{other:?} is no way to encrypt"),
                    remedy,
                ));
            }
        };
        if tls == MailTls::None && !is_here(server) {
            let message =
                format!("{server} is beyond this machine, and mails would go there without encryption");
            let remedy = "write \"starttls\" or \"tls\"";
            return Err(self.error(Some(raw.tls.span()), message, remedy));
        }
        let port = match &raw.port {
            Some(port) => self.number(port, 1, u64::from(u16::MAX))?,
            None => usual,
        };
        let login = match (&raw.user, &raw.password_file) {
            (None, None) => None,
            (Some(user), Some(file)) => {
                let text = user.get_ref();
                if text.is_empty() || text.len() > TEXT_CHARS_MAX || text.chars().any(char::is_control) {
                    let remedy = "give the user's name as the mail server knows it";
                    return Err(self.error(Some(user.span()), format!("{text:?} is no user"), remedy));
                }
                Some((text.clone(), file.get_ref().clone()))
            }
            (Some(user), None) => {
                let remedy = "give its password's file with password_file = \"FILE\", or take the user away";
                return Err(self.error(Some(user.span()), "the user has no password", remedy));
            }
            (None, Some(file)) => {
                let remedy = "say whose password it is with user = \"NAME\"";
                return Err(self.error(Some(file.span()), "the password has no user", remedy));
            }
        };
        let from = raw.from.get_ref();
        if from.len() > TEXT_CHARS_MAX || from.chars().any(char::is_control) || sender(from).is_err() {
            let remedy =
                "write an address, such as licenses@example.net or \"Licenses <licenses@example.net>\"";
            return Err(self.error(Some(raw.from.span()), format!("{from:?} is no sender"), remedy));
        }
        Ok(MailConfig { server: server.clone(), port, tls, login, from: from.clone() })
    }

    pub(super) fn webhook(&self, raw: &RawWebhook) -> Result<WebhookConfig, ConfigError> {
        let text = raw.url.get_ref();
        let refused = |message: String, remedy: &str| Err(self.error(Some(raw.url.span()), message, remedy));
        // What is not shown may be a secret in it.
        let parts = Target::of(text).filter(|_| text.len() <= TEXT_CHARS_MAX);
        let Some(target) = parts else {
            let remedy = "write https://HOST/PATH, without a user, a password or a fragment";
            return refused("the url is no address that events can be posted to".into(), remedy);
        };
        if !target.is_encrypted && !is_here(&target.host) {
            let message = format!(
                "{} is beyond this machine, and events would go there without encryption",
                target.host
            );
            return refused(message, "write https://, or name a receiver on this machine");
        }
        let secret = raw.secret_file.as_ref().map(|file| file.get_ref().clone());
        Ok(WebhookConfig { url: text.clone(), secret })
    }
}

/// From whom mails come.
///
/// # Errors
/// When it is no address.
pub(crate) fn sender(text: &str) -> Result<Mailbox, String> {
    let mailbox: Mailbox = text.parse().map_err(|_| "it is no address".to_owned())?;
    Email::new(mailbox.email.as_ref()).map_err(|e| e.to_string())?;
    Ok(mailbox)
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) is_encrypted: bool,
    /// A name or an address, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Host and port, as they stand in the link.
    pub(crate) authority: String,
    /// With what comes after `?`.
    pub(crate) path: String,
}

impl Target {
    /// Of an `http` or `https` link with nothing but host, port, path and question.
    pub(crate) fn of(link: &str) -> Option<Self> {
        if link.contains(['#', '@']) {
            return None;
        }
        let uri: Uri = link.parse().ok()?;
        let (is_encrypted, usual) = match uri.scheme_str()? {
            "https" => (true, 443),
            "http" => (false, 80),
            _ => return None,
        };
        let authority = uri.authority()?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let is_good = !host.is_empty() && !authority.as_str().ends_with(':');
        is_good.then(|| Self {
            is_encrypted,
            host: host.to_owned(),
            port: authority.port_u16().unwrap_or(usual),
            authority: authority.to_string(),
            path: path.to_owned(),
        })
    }
}

/// Reads a secret from a file that only its user may read: its first line.
///
/// # Errors
/// What is wrong with the file, and the remedy.
pub(crate) fn read_secret(path: &Path, what: &str) -> Result<String, String> {
    use std::os::unix::fs::MetadataExt as _;
    let shown = path.display();
    let found = std::fs::metadata(path)
        .map_err(|e| format!("{shown}: {e}\n  help: write {what} into that file, or name another"))?;
    if !found.is_file() || found.len() > SECRET_BYTES_MAX {
        return Err(format!(
            "{shown}: it is no file with {what}\n  help: write {what} into a file of one line"
        ));
    }
    if found.mode() & 0o077 != 0 {
        return Err(format!("{shown}: others may read {what}\n  help: chmod 600 {shown}"));
    }
    let text = std::fs::read_to_string(path).map_err(|e| format!("{shown}: {e}"))?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() || line.chars().any(char::is_control) {
        return Err(format!(
            "{shown}: it must have {what} on one line\n  help: write {what} into it, and nothing else"
        ));
    }
    Ok(line.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use names::Vendor;

    use super::*;
    use crate::config::Config;

    #[test]
    fn a_secret_is_read_where_only_its_user_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        let read = |text: &str, mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            read_secret(&path, "the password")
        };
        for good in ["pass word", "pass word\n", "pass word\r\n"] {
            assert_eq!(read(good, 0o600).as_deref(), Ok("pass word"));
        }
        for (text, mode, words) in [
            ("a", 0o640, "others may read the password\n  help: chmod 600"),
            ("a", 0o604, "chmod 600"),
            ("", 0o600, "must have the password on one line"),
            ("a\nb\n", 0o600, "on one line"),
            (&"a".repeat(4 * 1024 + 1), 0o600, "it is no file with the password"),
        ] {
            let error = read(text, mode).unwrap_err();
            assert!(error.contains(words) && error.contains("help: "), "{error}");
        }
        assert!(read_secret(&folder.path().join("none"), "the password").unwrap_err().contains("help: "));
        assert!(read_secret(folder.path(), "the password").is_err());
    }

    /// A configuration whose desk has these lines more.
    fn with(lines: &str) -> Result<Config, ConfigError> {
        let key = license::SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [7; 32]).public();
        let text = format!(
            "state_folder = \"/s\"\nlicenses = [\"/l\"]\n[[vendor]]\nname = \"acmed\"\nkeys = [\"{key}\"]\n[desk]\nrole = \
             \"site\"\n{lines}"
        );
        Config::parse("c.toml", &text)
    }

    const MAIL: &str = "[desk.mail]\nserver = \"mail.example.net\"\nfrom = \"l@example.net\"\n";

    #[test]
    fn a_mail_server_has_its_usual_port() {
        for (more, tls, port) in [
            ("", MailTls::Starttls, 587),
            ("tls = \"starttls\"\nport = 25\n", MailTls::Starttls, 25),
            ("tls = \"tls\"\n", MailTls::Tls, 465),
        ] {
            let mail = with(&format!("{MAIL}{more}")).unwrap().desk.unwrap().mail.unwrap();
            assert_eq!((mail.tls, mail.port, mail.login), (tls, port, None));
        }
        for here in ["localhost", "127.0.0.1", "::1"] {
            let mail = with(&format!("{}tls = \"none\"\n", MAIL.replace("mail.example.net", here)));
            assert_eq!(mail.unwrap().desk.unwrap().mail.unwrap().port, 25);
        }
        let login = with(&format!("{MAIL}user = \"l\"\npassword_file = \"/p\"\n")).unwrap();
        assert_eq!(login.desk.unwrap().mail.unwrap().login, Some(("l".into(), "/p".into())));
    }

    #[test]
    fn what_is_wrong_with_mail_and_webhook_is_named_with_its_place() {
        let hook = |url: &str| format!("[desk.webhook]\nurl = \"{url}\"\n");
        for (lines, place, words) in [
            ("[desk.mail]\n".to_owned(), "c.toml:8:1: ", "missing field"),
            (format!("{MAIL}host = \"x\"\n"), "c.toml:11:1: ", "unknown field `host`"),
            (MAIL.replace("mail.example.net", ""), "c.toml:9:10: ", "no mail server"),
            (MAIL.replace("mail.example.net", "mail.example.net/x"), "c.toml:9:10: ", "no mail server"),
            (format!("{MAIL}tls = \"ssl\"\n"), "c.toml:11:7: ", "no way to encrypt"),
            (format!("{MAIL}tls = \"none\"\n"), "c.toml:11:7: ", "without encryption"),
            (format!("{MAIL}port = 0\n"), "c.toml:11:8: ", "give 1 to 65535"),
            (format!("{MAIL}port = 65536\n"), "c.toml:11:8: ", "give 1 to 65535"),
            (format!("{MAIL}user = \"l\"\n"), "c.toml:11:8: ", "the user has no password"),
            (format!("{MAIL}password_file = \"/p\"\n"), "c.toml:11:17: ", "the password has no user"),
            (format!("{MAIL}user = \"\\n\"\npassword_file = \"/p\"\n"), "c.toml:11:8: ", "no user"),
            (MAIL.replace("l@example.net", "l"), "c.toml:10:8: ", "no sender"),
            (MAIL.replace("l@example.net", "l@x\\r\\nBcc: k@x"), "c.toml:10:8: ", "no sender"),
            ("[desk.webhook]\n".to_owned(), "c.toml:8:1: ", "missing field `url`"),
            (hook("example.net"), "c.toml:9:7: ", "no address that events can be posted to"),
            (
                hook("https://u:secret@example.net/"),
                "c.toml:9:7: ",
                "no address that events can be posted to",
            ),
            (hook("http://hooks.example.net/a"), "c.toml:9:7: ", "hooks.example.net is beyond this machine"),
            (format!("{}secret = \"x\"\n", hook("https://example.net")), "c.toml:10:1: ", "unknown field"),
        ] {
            let message = with(&lines).unwrap_err().to_string();
            assert!(message.starts_with(place), "{message}\nshould begin with {place}");
            assert!(message.contains(words) && message.contains("help: "), "{message}\nshould have {words}");
            assert!(!message.contains("secret@"), "{message}");
        }
        for good in ["https://example.net/a?b", "http://127.0.0.1:9/", "http://localhost/"] {
            assert_eq!(with(&hook(good)).unwrap().desk.unwrap().webhook.unwrap().url, good);
        }
    }

    #[test]
    fn a_link_is_taken_apart() {
        let of = |link: &str| {
            Target::of(link).map(|to| (to.is_encrypted, to.host, to.port, to.authority, to.path))
        };
        let is = |encrypted, host: &str, port, authority: &str, path: &str| {
            Some((encrypted, host.to_owned(), port, authority.to_owned(), path.to_owned()))
        };
        assert_eq!(of("https://h.example/a?b=c"), is(true, "h.example", 443, "h.example", "/a?b=c"));
        assert_eq!(of("http://127.0.0.1:81"), is(false, "127.0.0.1", 81, "127.0.0.1:81", "/"));
        assert_eq!(of("http://[::1]:81/"), is(false, "::1", 81, "[::1]:81", "/"));
        for bad in
            ["", "h.example", "ftp://h/", "https://", "https://u:p@h/", "https://h/#x", "/a", "https://h:/"]
        {
            assert_eq!(of(bad), None, "{bad}");
        }
    }
}
