//! A console on a free port, and browsers and programs that ask it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use console::encode;
use console::testing::{FakeHost, PASSWORD, person, settings};
use desk::Privileges;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// A console.
pub(crate) struct Site {
    pub(crate) host: Arc<FakeHost>,
    address: SocketAddr,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    cookies: Vec<String>,
    pub(crate) body: String,
}

/// Somebody's browser, or a program with a token.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    address: SocketAddr,
    cookies: BTreeMap<String, String>,
    csrf: String,
    pub(crate) company: String,
    bearer: Option<String>,
}

pub(crate) const fn may(supervisor: bool, licensing: bool, reporting: bool) -> Privileges {
    Privileges { supervisor, licensing, reporting }
}

impl Site {
    /// With people, companies and licenses to try pages on.
    pub(crate) async fn sample() -> Self {
        let host = FakeHost::sample();
        person(&host, "vera@example.net", &[("4711", may(true, true, true))], true, true);
        person(&host, "max@example.net", &[("4712", may(true, true, true))], false, false);
        Self::of(host).await
    }

    pub(crate) async fn of(host: Arc<FakeHost>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let served = Arc::clone(&host);
        tokio::spawn(console::serve(listener, served, settings(), std::future::pending()));
        Self { host, address }
    }

    fn nobody(&self) -> Browser {
        Browser {
            address: self.address,
            cookies: BTreeMap::new(),
            csrf: String::new(),
            company: String::new(),
            bearer: None,
        }
    }

    /// Somebody who signed in.
    pub(crate) async fn signed_in(&self, email: &str) -> Browser {
        let mut browser = self.nobody();
        browser.get("/sign-in").await;
        let answer =
            browser.post("/sign-in", &[("email", email), ("password", PASSWORD), ("next", "/about")]).await;
        assert_eq!(answer.status, 303, "{email}: {}", answer.body);
        browser.get("/about").await;
        browser
    }

    /// A program with somebody's personal token.
    pub(crate) fn program(&self, email: &str) -> Browser {
        let token = format!("token of {email}");
        let hash = service::token_hash(token.as_bytes());
        self.host.data().logins.push((hash, console::testing::email(email)));
        Browser { bearer: Some(token), ..self.nobody() }
    }
}

impl Browser {
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let answer = self.send("GET", path, "", "").await;
        self.keep(&answer);
        answer
    }

    /// Sends a form with what protects it.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = format!("_csrf={}&_company={}", encode(&self.csrf), encode(&self.company));
        for (name, value) in fields {
            body.push_str(&format!("&{}={}", encode(name), encode(value)));
        }
        let answer = self.send("POST", path, "application/x-www-form-urlencoded", &body).await;
        self.keep(&answer);
        answer
    }

    /// The same, and then the page that it leads to.
    pub(crate) async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.post(path, fields).await;
        match answer.headers.get("location").cloned() {
            Some(to) => self.get(&to).await,
            None => answer,
        }
    }

    pub(crate) async fn json(&mut self, path: &str, body: &str) -> Answer {
        self.send("POST", path, "application/json", body).await
    }

    fn keep(&mut self, answer: &Answer) {
        for cookie in &answer.cookies {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let hidden = |name: &str| {
            let at = format!("name=\"{name}\" value=\"");
            let (_, rest) = answer.body.split_once(&at)?;
            Some(rest.split('"').next()?.to_owned())
        };
        if let Some(csrf) = hidden("_csrf") {
            self.csrf = csrf;
            self.company = hidden("_company").unwrap_or_default();
        }
    }

    async fn send(&self, method: &str, path: &str, kind: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        if !cookies.is_empty() {
            head.push_str(&format!("cookie: {}\r\n", cookies.join("; ")));
        }
        if let Some(token) = &self.bearer {
            head.push_str(&format!("authorization: Bearer {token}\r\n"));
        }
        if method == "POST" {
            head.push_str(&format!("content-type: {kind}\r\ncontent-length: {}\r\n", body.len()));
        }
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).await.unwrap();
        let mut read = Vec::new();
        // A stream of events does not end.
        while !(contains(&read, b"\r\n\r\n") && contains(&read, b"text/event-stream")) {
            if stream.read_buf(&mut read).await.unwrap() == 0 {
                break;
            }
        }
        Answer::read(&String::from_utf8(read).unwrap())
    }
}

fn contains(text: &[u8], what: &[u8]) -> bool {
    text.windows(what.len()).any(|window| window == what)
}

impl Answer {
    fn read(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let (mut headers, mut cookies) = (BTreeMap::new(), Vec::new());
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            if name == "set-cookie" {
                cookies.push(value.to_owned());
            }
            headers.insert(name.to_owned(), value.to_owned());
        }
        Self { status, headers, cookies, body: body.to_owned() }
    }

    /// The page's text without markup, its lines joined by one blank.
    pub(crate) fn text(&self) -> String {
        let main = self.body.split_once("<main").map_or(self.body.as_str(), |(_, main)| main);
        let mut text = String::new();
        let mut is_tag = true;
        for c in main.chars() {
            match c {
                '<' => is_tag = true,
                '>' if is_tag => {
                    is_tag = false;
                    text.push(' ');
                }
                _ if !is_tag => text.push(c),
                _ => {}
            }
        }
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        text.replace("&#39;", "'")
            .replace("&#34;", "\"")
            .replace("&#60;", "<")
            .replace("&#62;", ">")
            .replace("&#38;", "&")
    }

    /// The value of a field of its forms.
    pub(crate) fn field(&self, name: &str) -> String {
        let (_, rest) = self
            .body
            .split_once(&format!("name=\"{name}\" value=\""))
            .unwrap_or_else(|| panic!("{name}: {}", self.text()));
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    /// The same without cookies and token.
    pub(crate) fn forget(&mut self) {
        self.cookies.clear();
        self.bearer = None;
    }
}

impl Browser {
    /// The same page, in the browser of somebody else.
    pub(crate) fn take_cookies_of(&mut self, other: &Self) {
        self.cookies = other.cookies.clone();
    }
}
