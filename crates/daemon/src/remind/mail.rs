//! Mails over SMTP.

use std::fmt;
use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message as Letter};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use names::Email;

use super::Fault;
use super::message::{Content, Message};
use super::webhook::authorities;
use crate::config::{MailConfig, MailTls, read_secret, sender};

/// How long a server may take to say goodbye.
const QUIT_WITHIN: Duration = Duration::from_secs(1);

/// Sends mails, one after another over one connection.
pub(super) struct Mailer {
    server: (String, u16),
    mode: MailTls,
    tls: Option<TlsParameters>,
    login: Option<Credentials>,
    from: Mailbox,
    hello: ClientId,
    connection: Option<AsyncSmtpConnection>,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailer").field("server", &self.server).finish_non_exhaustive()
    }
}

impl Mailer {
    /// With the password, and the machine's certificate authorities.
    ///
    /// # Errors
    /// What is wrong, and the remedy.
    pub(super) fn new(config: &MailConfig) -> Result<Self, String> {
        let login = match &config.login {
            Some((user, file)) => {
                Some(Credentials::new(user.clone(), read_secret(file, "the mail server's password")?))
            }
            None => None,
        };
        let tls = match config.tls {
            MailTls::None => None,
            MailTls::Starttls | MailTls::Tls => {
                authorities()?;
                let made = TlsParameters::builder(config.server.clone()).build_rustls();
                Some(made.map_err(|e| format!("mails cannot be encrypted: {e}"))?)
            }
        };
        let from = sender(&config.from)?;
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        Ok(Self {
            server: (config.server.clone(), config.port),
            mode: config.tls,
            tls,
            login,
            from,
            hello: hello(&host),
            connection: None,
        })
    }

    /// Sends one.
    pub(super) async fn send(&mut self, message: &Message) -> Result<(), Fault> {
        let letter = self.letter(message).map_err(Fault::Message)?;
        // Whoever drops this on the way drops the connection too: what it was saying is unknown.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect().await.map_err(|e| Fault::Way(why(&e)))?,
        };
        match connection.send(letter.envelope(), &letter.formatted()).await {
            Ok(_) => {
                self.connection = Some(connection);
                Ok(())
            }
            Err(error) => Err(fault(&error)),
        }
    }

    /// Ends the connection.
    pub(super) async fn rest(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            // What was sent was answered; the rest is politeness.
            let _ = tokio::time::timeout(QUIT_WITHIN, connection.quit()).await;
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let (server, port) = (self.server.0.as_str(), self.server.1);
        let at_once = self.tls.clone().filter(|_| self.mode == MailTls::Tls);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1((server, port), None, &self.hello, at_once, None).await?;
        if let Some(tls) = self.tls.clone().filter(|_| self.mode == MailTls::Starttls) {
            connection.starttls(tls, &self.hello).await?;
        }
        if let Some(login) = &self.login {
            connection.auth(DEFAULT_MECHANISMS, login).await?;
        }
        Ok(connection)
    }

    /// A mail with its headers.
    fn letter(&self, message: &Message) -> Result<Letter, String> {
        let Content::Mail { to, subject, text } = &message.content else {
            return Err("it is no mail".into());
        };
        let auto = HeaderName::new_from_ascii_str("Auto-Submitted");
        Letter::builder()
            .from(self.from.clone())
            .to(mailbox(to)?)
            .subject(subject.clone())
            .message_id(Some(format!("<{}@{}>", message.id, self.from.email.domain())))
            .raw_header(HeaderValue::new(auto, "auto-generated".into()))
            .header(ContentType::TEXT_PLAIN)
            .body(text.clone())
            .map_err(|e| e.to_string())
    }
}

fn mailbox(to: &Email) -> Result<Mailbox, String> {
    let address = to.as_str().parse().map_err(|_| "no mail can be sent to this address".to_owned())?;
    Ok(Mailbox::new(None, address))
}

/// As who we say hello: our name, where it is one that others can know.
fn hello(host: &str) -> ClientId {
    let is_name =
        host.contains('.') && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    if is_name { ClientId::Domain(host.to_owned()) } else { ClientId::default() }
}

/// A server that answers refuses the mail; one that goes away refuses all.
fn fault(error: &Error) -> Fault {
    let leaves = |code: lettre::transport::smtp::response::Code| code.to_string() == "421";
    match error.status() {
        Some(code) if !leaves(code) => Fault::Message(why(error)),
        _ => Fault::Way(why(error)),
    }
}

/// The whole chain of reasons.
fn why(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        let said = inner.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        source = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(to: &str, from: &str, text: &str) -> Result<String, String> {
        let config = MailConfig {
            server: "127.0.0.1".into(),
            port: 25,
            tls: MailTls::None,
            login: None,
            from: from.into(),
        };
        let content = Content::Mail {
            to: Email::new(to).unwrap(),
            subject: "1 license ends".into(),
            text: text.into(),
        };
        let message = Message { id: "abc".into(), marks: Vec::new(), receiver: to.into(), content };
        let letter = Mailer::new(&config)?.letter(&message)?;
        Ok(String::from_utf8(letter.formatted()).unwrap())
    }

    #[test]
    fn a_mail_has_its_headers_and_no_others() {
        let text =
            letter("kim@example.net", "Lizenzen für alle <l@works.example>", "a\n.\nBcc: x@y.z\n").unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let names: Vec<&str> = head
            .lines()
            .filter(|line| !line.starts_with(' '))
            .map(|line| line.split_once(':').unwrap().0)
            .collect();
        for name in ["From", "To", "Subject", "Message-ID", "Date", "Auto-Submitted", "Content-Type"] {
            assert_eq!(names.iter().filter(|found| **found == name).count(), 1, "{name}: {head}");
        }
        assert!(!names.contains(&"Bcc"), "{head}");
        assert!(head.contains("Message-ID: <abc@works.example>\r\n"), "{head}");
        assert!(head.is_ascii() && body.contains("Bcc: x@y.z"), "{text}");
    }

    #[test]
    fn an_address_that_no_mail_can_have_is_refused_alone() {
        for strange in ["a..b@example.net", "'@example.net", "a%0d%0abcc@example.net", "a[@x"] {
            // Either it is refused, or it stands in its place as it is.
            if let Ok(text) = letter(strange, "l@works.example", "x") {
                assert!(text.contains(&format!("To: {strange}\r\n")), "{text}");
            }
        }
        assert!(letter("a..b@example.net", "l@works.example", "x").is_err());
    }

    #[test]
    fn hello_is_said_with_a_name_that_others_can_know() {
        assert_eq!(hello("lic1.example.net"), ClientId::Domain("lic1.example.net".into()));
        for none in ["lic1", "a.b\r\nMAIL", ""] {
            assert_eq!(hello(none), ClientId::default(), "{none:?}");
        }
    }
}
