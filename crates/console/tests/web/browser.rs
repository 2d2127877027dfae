//! A console on a free port of this machine, and a browser as simple as can be.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use console::testing::{FakeHost, PASSWORD, settings};
use console::{Clock, Settings, encode, serve};
use tokio::sync::oneshot;

/// A console that serves until it is dropped.
pub(crate) struct Site {
    pub(crate) host: Arc<FakeHost>,
    pub(crate) address: SocketAddr,
    seconds: Arc<AtomicU64>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Site {
    pub(crate) fn sample() -> Self {
        Self::of(FakeHost::sample(), |settings| settings)
    }

    pub(crate) fn of(host: Arc<FakeHost>, with: impl FnOnce(Settings) -> Settings) -> Self {
        let seconds = Arc::new(AtomicU64::new(1_000));
        let read = Arc::clone(&seconds);
        let clock = Clock::new(move || Duration::from_secs(read.load(Ordering::Relaxed)));
        let live_every = Duration::from_millis(20);
        let settings = with(Settings { clock, live_every, ..settings() });
        let (end, ended) = oneshot::channel();
        let (told, hears) = std::sync::mpsc::channel();
        let served = Arc::clone(&host);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                let ended = async {
                    let _ = ended.await;
                };
                serve(listener, served, settings, ended).await.unwrap();
            });
        });
        Self { host, address: hears.recv().unwrap(), seconds, end: Some(end), thread: Some(thread) }
    }

    /// Lets so many seconds pass for sessions and throttles.
    pub(crate) fn pass(&self, seconds: u64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn browser(&self) -> Browser {
        let host = self.address.to_string();
        Browser {
            address: self.address,
            host,
            cookies: BTreeMap::new(),
            csrf: String::new(),
            company: String::new(),
        }
    }

    /// A browser in which somebody is signed in.
    pub(crate) fn signed_in(&self, who: &str) -> Browser {
        let mut browser = self.browser();
        let answer = browser.sign_in(who, PASSWORD);
        assert_eq!(answer.status, 303, "{who}: {}", answer.body);
        browser.get("/about");
        browser
    }

    /// Sends bytes as they are, and reads until the other side ends.
    pub(crate) fn raw(&self, bytes: &[u8]) -> String {
        raw(self.address, bytes)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking());
        }
    }
}

fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut tcp = TcpStream::connect(address).unwrap();
    tcp.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // Who answers early may have gone before all is written.
    let _ = tcp.write_all(bytes);
    let mut answer = Vec::new();
    let _ = tcp.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A browser: cookies, and what the last page's forms carry.
#[derive(Clone)]
pub(crate) struct Browser {
    address: SocketAddr,
    pub(crate) host: String,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) csrf: String,
    pub(crate) company: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn of(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Self { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// All values of a header field.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        fields.filter(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.all(name).first().copied().unwrap_or_default()
    }

    /// The page's heading.
    pub(crate) fn title(&self) -> &str {
        self.body
            .split_once("<h1>")
            .and_then(|(_, rest)| rest.split_once("</h1>"))
            .map_or("", |(title, _)| title)
    }
}

impl Browser {
    pub(crate) fn send(&mut self, method: &str, path: &str, fields: &str, body: &[u8]) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies =
            if cookies.is_empty() { String::new() } else { format!("Cookie: {}\r\n", cookies.join("; ")) };
        let length =
            if method == "GET" { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let host = &self.host;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{cookies}{length}{fields}\r\n"
        );
        let answer = Answer::of(&raw(self.address, &[head.as_bytes(), body].concat()));
        for cookie in answer.all("set-cookie") {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).unwrap();
            if cookie.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.into(), value.into());
            }
        }
        let hidden = |name: &str| {
            let (_, rest) = answer.body.split_once(&format!("name=\"{name}\" value=\""))?;
            rest.split_once('"').map(|(value, _)| value.to_owned())
        };
        if let (Some(csrf), Some(company)) = (hidden("_csrf"), hidden("_company")) {
            (self.csrf, self.company) = (csrf, company);
        }
        answer
    }

    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, "", b"")
    }

    /// Sends a form of the last page.
    pub(crate) fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let (csrf, company) = (self.csrf.clone(), self.company.clone());
        let own = [("_csrf", csrf.as_str()), ("_company", company.as_str())];
        self.post_as_is(path, &[&own, form].concat())
    }

    pub(crate) fn post_as_is(&mut self, path: &str, form: &[(&str, &str)]) -> Answer {
        let pair = |(name, value): &(&str, &str)| format!("{}={}", encode(name), encode(value));
        let body = form.iter().map(pair).collect::<Vec<_>>().join("&");
        self.send("POST", path, "Content-Type: application/x-www-form-urlencoded\r\n", body.as_bytes())
    }

    pub(crate) fn sign_in(&mut self, email: &str, password: &str) -> Answer {
        self.get("/sign-in");
        self.post("/sign-in", &[("email", email), ("password", password)])
    }

    pub(crate) fn session(&self) -> Option<&String> {
        self.cookies.get("__Host-seatkeeper")
    }
}
