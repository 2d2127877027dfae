//! The browser's driver: its process, and calls to it as WebDriver has them.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// How long the driver may take for one answer.
const DEADLINE: Duration = Duration::from_secs(60);
/// How long one that ends may take to end its browser.
const END: Duration = Duration::from_secs(5);

/// What the driver refuses: its error's name, such as `no such element`, and its words.
#[derive(Debug)]
pub struct Refused {
    pub error: String,
    pub message: String,
}

/// A driver and the browser that it has started. Both are ended when this is dropped.
#[derive(Debug)]
pub struct Driver {
    child: Child,
    /// Kept open: one that cannot write what it says would end.
    _said: ChildStdout,
    at: SocketAddr,
    /// `/session/ID`.
    session: String,
    browser: Option<Pid>,
}

impl Driver {
    /// Starts Debian's driver on a port that it finds, and a browser without windows whose files are all in
    /// `folder`.
    pub fn start(folder: &Path) -> Self {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").env_clear().env("PATH", "/usr/bin:/bin").env("HOME", folder);
        command.env("TMPDIR", folder).env("LANG", "C.UTF-8").env("TZ", "UTC");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child =
            command.spawn().expect("chromedriver is not there: `cargo xtask test` gets what the tests need");
        let mut said = child.stdout.take().unwrap();
        let port = port(&mut said);
        let at = SocketAddr::from(([127, 0, 0, 1], port));
        let mut driver = Self { child, _said: said, at, session: String::new(), browser: None };
        let wanted = json!({ "capabilities": { "alwaysMatch": capabilities(folder) } });
        let made = driver.ask("POST", "/session", &wanted, DEADLINE).expect("a browser starts");
        driver.session = format!("/session/{}", made["sessionId"].as_str().unwrap());
        let pid = made["capabilities"]["goog:processID"].as_i64();
        driver.browser = pid.and_then(|pid| Pid::from_raw(i32::try_from(pid).unwrap()));
        driver
    }

    /// Asks for something of the browser's: `POST` with a body, or `GET` without.
    pub fn call(&self, path: &str, body: Option<&Value>) -> Result<Value, Refused> {
        let method = if body.is_some() { "POST" } else { "GET" };
        self.ask(method, &format!("{}{path}", self.session), body.unwrap_or(&Value::Null), DEADLINE)
    }

    /// A command of the browser's own, which WebDriver has no word for.
    pub fn command(&self, name: &str, with: &Value) -> Value {
        let body = json!({ "cmd": name, "params": with });
        self.call("/goog/cdp/execute", Some(&body)).unwrap_or_else(|refused| panic!("{name}: {refused:?}"))
    }

    fn ask(&self, method: &str, path: &str, body: &Value, longest: Duration) -> Result<Value, Refused> {
        let deadline = Instant::now() + longest;
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = exchange(self.at, method, path, &body, deadline);
        let broken = |error: String| Refused { error: "no answer".to_owned(), message: error };
        let bytes = answer.map_err(|error| broken(error.to_string()))?;
        let mut answer: Value = serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))?;
        let value = answer["value"].take();
        let word = |name: &str| value.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
        match (word("error"), word("message")) {
            (Some(error), Some(message)) => Err(Refused { error, message }),
            _ => Ok(value),
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            let _ = self.ask("DELETE", &self.session, &Value::Null, END);
        }
        // Until the driver is waited for, and its browser is its child, both numbers are theirs.
        if let Some(pid) = self.browser.filter(|pid| is_child(*pid, self.child.id())) {
            let _ = kill_process(pid, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn is_child(pid: Pid, of: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero()));
    status.is_ok_and(|status| status.lines().any(|line| line == format!("PPid:\t{of}")))
}

/// A browser for tests: without a window, with a profile of its own, that finds nobody but this machine.
fn capabilities(folder: &Path) -> Value {
    let profile = format!("--user-data-dir={}", folder.join("profile").display());
    let mut arguments = vec![
        "--headless=new",
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-sync",
        "--no-proxy-server",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        "--hide-scrollbars",
        "--lang=en",
        "--window-size=1280,900",
        &profile,
    ];
    // The browser's sandbox refuses root.
    if rustix::process::geteuid().is_root() {
        arguments.push("--no-sandbox");
    }
    json!({
        "browserName": "chrome",
        "timeouts": { "implicit": 0, "pageLoad": 30_000, "script": 30_000 },
        "unhandledPromptBehavior": "ignore",
        "goog:chromeOptions": {
            "args": arguments,
            "prefs": {
                "download.default_directory": folder.join("downloads"),
                "download.prompt_for_download": false,
                "intl.accept_languages": "en",
                "credentials_enable_service": false,
                "profile.password_manager_leak_detection": false,
            },
        },
    })
}

/// The port that the driver says it has found.
fn port(said: &mut ChildStdout) -> u16 {
    let deadline = Instant::now() + DEADLINE;
    let mut text = String::new();
    loop {
        let found = text.lines().filter(|_| text.ends_with('\n')).find_map(|line| {
            line.split_once("on port ")?.1.trim_end_matches('.').parse().ok().filter(|port| *port != 0)
        });
        if let Some(port) = found {
            return port;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let ready = poll(&mut [PollFd::new(said, PollFlags::IN)], Some(&Timespec::try_from(left).unwrap()));
        let mut bytes = [0; 4096];
        let n = if ready.unwrap() > 0 { said.read(&mut bytes).unwrap() } else { 0 };
        assert!(n > 0, "the driver does not say its port: {text}");
        text.push_str(&String::from_utf8_lossy(&bytes[..n]));
    }
}

/// One request over HTTP/1.1, on a connection of its own; the body of its answer.
fn exchange(
    at: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
    deadline: Instant,
) -> std::io::Result<Vec<u8>> {
    let left = || deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    let mut stream = TcpStream::connect_timeout(&at, left())?;
    stream.set_nodelay(true)?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nContent-Type: application/json; charset=utf-8\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.set_write_timeout(Some(left()))?;
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut had = Vec::new();
    let mut bytes = vec![0; 65_536];
    loop {
        if let Some(body) = whole_body(&had) {
            return Ok(body.to_vec());
        }
        stream.set_read_timeout(Some(left()))?;
        let n = stream.read(&mut bytes)?;
        if n == 0 || Instant::now() > deadline {
            return Err(std::io::Error::other("the answer is cut short"));
        }
        had.extend_from_slice(&bytes[..n]);
    }
}

/// The body, where all of it has come.
fn whole_body(had: &[u8]) -> Option<&[u8]> {
    let end = had.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&had[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    had.get(end + 4..end + 4 + length.unwrap_or(0))
}
