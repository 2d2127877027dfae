//! A browser without a window: forms, cookies, and a page that is kept up to date.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use regex::Regex;

/// How long an answer may take to come.
const WITHIN: Duration = Duration::from_secs(30);
/// How often a page is fetched again at most, as the console's script does.
const EVERY: Duration = Duration::from_secs(2);

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) first_byte: Duration,
    pub(crate) whole: Duration,
    head: String,
    pub(crate) text: String,
}

/// Somebody's browser.
#[derive(Debug, Clone)]
pub(crate) struct Browser {
    address: SocketAddr,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, cookies: BTreeMap::new() }
    }

    fn send(&self, method: &str, path: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(WITHIN)).unwrap();
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let of_form = match method {
            "POST" => format!(
                "origin: http://{}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n",
                self.address,
                body.len()
            ),
            _ => String::new(),
        };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncookie: {}\r\n{of_form}\r\n",
            self.address,
            cookies.join("; ")
        );
        stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).unwrap();
        stream
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let since = Instant::now();
        let mut stream = self.send(method, path, body);
        let mut bytes = vec![0];
        stream.read_exact(&mut bytes).unwrap();
        let first_byte = since.elapsed();
        stream.read_to_end(&mut bytes).unwrap();
        let whole = since.elapsed();
        let text = String::from_utf8(bytes).unwrap();
        let (head, text) = text.split_once("\r\n\r\n").unwrap();
        for line in head.lines() {
            let cookie =
                line.strip_prefix("set-cookie: ").and_then(|set| set.split(';').next()?.split_once('='));
            if let Some((name, value)) = cookie {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, first_byte, whole, head: head.to_owned(), text: text.to_owned() }
    }

    /// A page.
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    /// Sends the form of a page that goes to `action`, with these fields filled in.
    pub(crate) fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) {
        let text = self.get(page).text;
        let form = text.split("<form").find(|form| form.contains(&format!("action=\"{action}\""))).unwrap();
        let hidden = Regex::new(r#"<input type="hidden" name="([^"]*)" value="([^"]*)""#).unwrap();
        let hidden = hidden.captures_iter(form).map(|found| (found[1].to_owned(), found[2].to_owned()));
        let given = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let pairs: Vec<_> = hidden.chain(given).map(|(n, v)| format!("{n}={}", encode(&v))).collect();
        let answer = self.ask("POST", action, &pairs.join("&"));
        assert!(matches!(answer.status, 200 | 303), "{action}: {}\n{}", answer.head, answer.text);
    }

    /// Keeps a page open as the console's script does, until it is told to end: hears what changes, and
    /// fetches the page again. Gives how often.
    pub(crate) fn keep_open(mut self, path: &str, is_over: &Arc<AtomicBool>) -> u32 {
        let stream = self.send("GET", "/live", "");
        let mut lines = BufReader::new(stream).lines();
        let (mut last, mut fetched) = (Instant::now(), 0);
        while !is_over.load(Relaxed) {
            let line = lines.next().expect("the stream ended by itself").unwrap();
            if line == "event: change" && last.elapsed() >= EVERY {
                last = Instant::now();
                assert_eq!(self.get(path).status, 200);
                fetched += 1;
            }
        }
        fetched
    }
}

fn encode(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
