//! What the console shows of a real license host: its use, from the usage history's files; its audit chain, from
//! the chain's files; whose address is believed; and what its vendor's desk signs on pages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;

use client::{CheckoutOptions, Client};
use license::{Asks, Request, RequestKind, SecretKey};
use names::{CpuId, Email, Wall};
use support::tool::said;
use support::{DEADLINE, Daemon, Site, servers};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;

const PASSWORD: &str = "correct horse battery";
const WHO: &str = "ada@example.net";

/// A license host with ten floating seats, a site's desk and a console.
fn site(console: &str) -> Site {
    Site::new().configure(&format!(
        "[history]\nseal_ms = 100\n[desk]\nrole = \"site\"\nsupport = \"support@example.net\"\n\
         [console]\nlisten = \"127.0.0.1:0\"\n{console}"
    ))
}

/// What stands behind the last of these words in the log, up to a blank.
fn logged(daemon: &Daemon, words: &str) -> String {
    let log = daemon.log();
    let (_, rest) = log.rsplit_once(words).unwrap_or_else(|| panic!("{words} is not logged: {log}"));
    rest.split_whitespace().next().unwrap().to_owned()
}

/// A browser that keeps cookies and the word of the last page's form.
struct Browser {
    console: SocketAddr,
    from: &'static str,
    cookies: BTreeMap<String, String>,
    word: String,
}

struct Answer {
    status: u16,
    /// Where it leads on to.
    location: String,
    body: String,
}

impl Browser {
    fn at(daemon: &Daemon, from: &'static str) -> Self {
        // `address` is the console's where it is told that it is served.
        let log = daemon.log();
        let line = log.lines().rfind(|line| line.contains("the console is served")).expect("a console");
        let console = line.split("address=").nth(1).unwrap().split_whitespace().next().unwrap();
        Self { console: console.parse().unwrap(), from, cookies: BTreeMap::new(), word: String::new() }
    }

    async fn send(&mut self, method: &str, path: &str, head: &str, body: &str) -> Answer {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{}:0", self.from).parse().unwrap()).unwrap();
        let mut stream = socket.connect(self.console).await.unwrap();
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: {}\r\nContent-Length: {}\r\n{head}\r\n\
             {body}",
            self.console,
            cookies.join("; "),
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        for line in head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.into(), value.into());
        }
        if let Some((_, rest)) = body.split_once("name=\"_csrf\" value=\"") {
            self.word = rest.split('"').next().unwrap().to_owned();
        }
        let location = head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap_or_default();
        Answer {
            location: location.to_owned(),
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            body: body.to_owned(),
        }
    }

    async fn get(&mut self, path: &str) -> String {
        let answer = self.send("GET", path, "", "").await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.body
    }

    async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.post_with(path, "", fields).await
    }

    async fn post_with(&mut self, path: &str, head: &str, fields: &[(&str, &str)]) -> Answer {
        let pair = |(name, value): &(&str, &str)| format!("&{name}={}", console_form(value));
        let body = format!("_csrf={}&_company={}", self.word, fields.iter().map(pair).collect::<String>());
        let head = format!("Content-Type: application/x-www-form-urlencoded\r\n{head}");
        self.send("POST", path, &head, &body).await
    }

    async fn sign_in(&mut self) {
        self.get("/sign-in").await;
        assert_eq!(self.post("/sign-in", &[("email", WHO), ("password", PASSWORD)]).await.status, 303);
    }

    /// The host's first administrator.
    async fn set_up(daemon: &Daemon) -> Self {
        let mut browser = Self::at(daemon, "127.0.0.1");
        browser.get("/set-up").await;
        let token = logged(daemon, "give this token once: ");
        let form = [("token", token.as_str()), ("email", WHO), ("password", PASSWORD), ("again", PASSWORD)];
        assert_eq!(browser.post("/set-up", &form).await.status, 200);
        browser.sign_in().await;
        browser
    }
}

/// A field's value as a form sends it.
fn console_form(text: &str) -> String {
    let byte = |b: u8| {
        if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }
    };
    text.bytes().map(byte).collect()
}

/// Asks for a page until it has these words.
async fn until(browser: &mut Browser, path: &str, words: &str) -> String {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let page = browser.get(path).await;
        if page.contains(words) {
            return page;
        }
        assert!(Instant::now() < deadline, "{words} does not come: {page}");
        tokio::task::yield_now().await;
    }
}

/// Waits until the usage history has all that has happened.
async fn until_written(site: &Site, daemon: &Daemon) {
    let last = said(site, daemon, "events --json").1.lines().count() as u64;
    let folder = history::usage::Folder::new(&site.path("state/history"));
    let deadline = Instant::now() + DEADLINE;
    while folder.files().ok().and_then(|files| files.last().map(|file| file.to)) < Some(last) {
        assert!(Instant::now() < deadline, "the history does not come to event {last}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_use_that_the_page_shows_is_the_histories() {
    let site = site("");
    let daemon = site.start();
    let options = site.options("kim", "ws01", "02aa10201111");
    // What was done before the history follows is told without the seats in use.
    until_written(&site, &daemon).await;
    let client = Client::connect(&servers(daemon.address), options).await.unwrap();
    let seats = |n| CheckoutOptions::new("PROENGINEER", "20.0").seats(n);
    let held = client.checkout(seats(2)).await.unwrap();
    client.checkout(seats(5)).await.unwrap().checkin().await.unwrap();
    client.checkout(seats(11)).await.unwrap_err();
    until_written(&site, &daemon).await;
    let mut browser = Browser::set_up(&daemon).await;
    for period in ["day", "week", "month"] {
        let page = browser.get(&format!("/host-usage?feature=PROENGINEER&period={period}")).await;
        assert!(page.contains("PROENGINEER: at most 7 of 10 seats, 1 denials"), "{period}: {page}");
        // Hardly more than a step is known, and an hour of the week.
        let hours =
            page.split("<td class=\"number heat-").skip(1).filter(|cell| !cell[1..].starts_with("\"></td>"));
        let (bars, hours) = (page.matches("<rect class=\"peak\"").count(), hours.count());
        assert!((1..=2).contains(&bars) && (1..=2).contains(&hours), "{period}: {bars} {hours} {page}");
    }
    drop(held);
}

#[tokio::test]
async fn the_audit_page_shows_the_chain_and_where_it_was_changed() {
    let site = site("");
    let daemon = site.start();
    let mut browser = Browser::set_up(&daemon).await;
    let page = until(&mut browser, "/audit", &format!("sign-in: {WHO}")).await;
    assert!(page.contains("The audit chain is whole") && page.contains("set-staff"), "{page}");
    // A restart, and pages of two lines back to the first.
    daemon.terminate();
    let daemon = site.start();
    let mut browser = Browser::at(&daemon, "127.0.0.1");
    browser.sign_in().await;
    until(&mut browser, "/audit?search=SIGN-IN&per=1", "1–1 of 2").await;
    let mut lines = Vec::new();
    for n in 1.. {
        let page = browser.get(&format!("/audit?per=2&page={n}")).await;
        let numbers = page.split("<tr><td class=\"number\">").skip(1);
        let numbers: Vec<u64> =
            numbers.map(|rest| rest.split('<').next().unwrap().parse().unwrap()).collect();
        if numbers.is_empty() {
            break;
        }
        lines.extend(numbers);
    }
    let newest = lines[0];
    assert_eq!(lines, (1..=newest).rev().collect::<Vec<_>>());
    daemon.terminate();
    // Somebody writes another name into the chain.
    let file = std::fs::read_dir(site.path("state/audit")).unwrap().flatten();
    let file = file.map(|entry| entry.path()).find(|path| path.extension().is_some()).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen(WHO, "lee@example.net", 1)).unwrap();
    let daemon = site.start();
    let mut browser = Browser::at(&daemon, "127.0.0.1");
    browser.sign_in().await;
    let page = browser.get("/audit").await;
    let changed = text.lines().position(|line| line.contains(WHO)).unwrap() + 2;
    let name = file.file_name().unwrap().to_str().unwrap();
    assert!(page.contains("The audit chain was changed.") && !page.contains("chain is whole"), "{page}");
    assert!(page.contains(&format!("{name}:{changed}: it does not follow")), "{page}");
}

#[tokio::test]
async fn only_a_proxy_of_the_configuration_says_who_asks() {
    let site = site("proxies = [\"127.0.0.2\"]\n");
    let daemon = site.start();
    let mut tried = BTreeMap::new();
    for from in ["127.0.0.1", "127.0.0.2"] {
        let mut browser = Browser::at(&daemon, from);
        browser.get("/set-up").await;
        let mut statuses = Vec::new();
        for n in 0..25 {
            let named = format!("X-Forwarded-For: 192.0.2.{n}\r\n");
            statuses.push(browser.post_with("/set-up", &named, &[("email", "none")]).await.status);
        }
        tried.insert(from, statuses);
    }
    // Whoever is no proxy is one address, whatever they say: 20 tries a minute.
    let (other, proxy) = (&tried["127.0.0.1"], &tried["127.0.0.2"]);
    assert!(other[..20].iter().all(|status| *status == 422) && other[20..].contains(&429), "{other:?}");
    assert!(proxy.iter().all(|status| *status == 422), "{proxy:?}");
}

const ORDER: &str = "[[items]]\nfeature = \"mill\"\nversion = \"4.2\"\nproduct_line = \"Mill\"\nseat = \"floating\"\n\
    maintenance = true\nuntil = \"31-dec-2027\"\nplaces = [{ cpu = \"02aa10203040\", count = 5 }]\n";

/// A license host whose desk is the vendor's too, with an order of five seats until the end of 2027.
fn vendors() -> (Site, Daemon) {
    let site = support::desk::both().configure("[console]\nlisten = \"127.0.0.1:0\"\n");
    site.write("order.toml", ORDER.as_bytes());
    let daemon = site.start();
    for line in ["set-company Mills", "order --items order.toml"] {
        let (status, text) = said(&site, &daemon, &format!("desk {line} --company C-1"));
        assert_eq!(status, 0, "{line}: {text}");
    }
    (site, daemon)
}

/// The packs in the folder of licenses.
fn packs(site: &Site) -> String {
    let files = std::fs::read_dir(site.path("licenses")).unwrap().flatten();
    files.map(|file| std::fs::read_to_string(file.path()).unwrap()).collect()
}

#[tokio::test]
async fn the_vendors_desk_renews_licenses_on_its_page() {
    let (site, daemon) = vendors();
    let text = packs(&site);
    let id = text.split("CONFIG_ID=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    let mut browser = Browser::set_up(&daemon).await;
    assert!(browser.get("/orders?company=C-1").await.contains("/renew"));
    browser.get("/renew?company=C-1").await;
    let form = [("company", "C-1"), ("ids", id.as_str()), ("until", "2028-12-31"), ("maintenance", "yes")];
    let shown = browser.post("/renew/preview", &form).await;
    assert!(
        shown.status == 200 && shown.body.contains(&format!("configuration {id} renewed")),
        "{}",
        shown.body
    );
    assert!(
        shown.body.contains("31-dec-2028") && !packs(&site).contains("31-dec-2028"),
        "nothing is renewed yet"
    );
    let done = browser.post("/renew", &form).await;
    assert!(done.status == 303 && done.location.starts_with("/cases/V-"), "{}", done.body);
    let case = browser.get(&done.location).await;
    assert!(case.contains("Renewal of") && case.contains(&id), "{case}");
    assert!(packs(&site).contains("31-dec-2028"));
    // An earlier end is refused, on the page with what was typed.
    let earlier = [form[0], form[1], ("until", "2028-06-30"), form[3]];
    let refused = browser.post("/renew/preview", &earlier).await;
    assert!(refused.status == 422 && refused.body.contains("2028-06-30"), "{}", refused.body);
}

#[tokio::test]
async fn the_vendors_desk_takes_a_request_file_once_on_its_page() {
    let (_site, daemon) = vendors();
    let request = Request {
        case: "S-1001".into(),
        company: Some("C-1".into()),
        by: Some(Email::new("lee@example.net").unwrap()),
        host: CpuId::new("02aa10203041").unwrap(),
        at: Wall(1),
        asks: Asks::Words {
            kind: RequestKind::Tools,
            body: "{\"do\":\"ask-for-tools\",\"company\":\"C-1\",\"reason\":\"I install them\"}".into(),
        },
    };
    let file = request.sign(&SecretKey::for_host([9; 32])).unwrap();
    let mut browser = Browser::set_up(&daemon).await;
    browser.get("/requests/take").await;
    let taken = browser.post("/requests/take", &[("file", &file)]).await;
    assert!(taken.status == 303 && taken.location.starts_with("/cases/V-"), "{}", taken.body);
    let case = browser.get(&taken.location).await;
    assert!(case.contains("S-1001") && case.contains("license tools"), "{case}");
    let again = browser.post("/requests/take", &[("file", &file)]).await;
    let number = taken.location.trim_start_matches("/cases/");
    assert!(again.status == 422 && again.body.contains(number), "{}: {}", again.status, again.body);
    let changed = file.replacen("I install them", "I install then", 1);
    assert_eq!(browser.post("/requests/take", &[("file", &changed)]).await.status, 422);
}
