//! The browser that the console's tests use, on a page of their own with a fault in it.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

#[path = "../../../tests/support/browser/mod.rs"]
mod browser;

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

use browser::Browser;

const PAGE: &str = "<!doctype html><html lang=en><head><title>A page</title>\
    <style>body { background: white } @media (prefers-color-scheme: dark) { body { background: black } }\
    </style></head><body><main><h1>Seats</h1>\
    <form method=post action=/done><label for=who>Who</label><input id=who name=who>\
    <label>Until <input type=date name=until></label>\
    <label>Kind <select name=kind><option>floating<option>named</select></label>\
    <button>Assign</button></form><a href=/file download=pack.lic>Pack</a><p id=live>waiting</p>\
    <noscript>no scripts</noscript>FAULT</main>\
    <script>setTimeout(() => document.getElementById('live').textContent = 'it\\'s \"there\"', 50)</script>\
    </body></html>";
const FAULT: &str = "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>";

/// Serves the page at `/`, with a fault at `/fault`, says at `/done` what it was sent, until it is asked for
/// `/end`.
fn serve(listener: &TcpListener) {
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let request = request(&mut stream);
        let path = request.split_whitespace().nth(1).unwrap_or_default();
        let (kind, body) = match path {
            "/end" => return,
            "/" => ("text/html", PAGE.replace("FAULT", "")),
            "/fault" => ("text/html", PAGE.replace("FAULT", FAULT)),
            "/file" => ("application/octet-stream", "a file".to_owned()),
            "/done" => ("text/plain", request.rsplit("\r\n").next().unwrap().to_owned()),
            _ => ("text/plain", String::new()),
        };
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all(format!("{head}{body}").as_bytes());
        let _ = stream.shutdown(Shutdown::Write);
    }
}

fn request(stream: &mut TcpStream) -> String {
    let (mut text, mut bytes) = (String::new(), [0; 65_536]);
    loop {
        let n = stream.read(&mut bytes).unwrap_or(0);
        text.push_str(&String::from_utf8_lossy(&bytes[..n]));
        let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
        let length = text.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
        if n == 0 || body.is_some_and(|had| had >= length.unwrap_or(0)) {
            return text;
        }
    }
}

fn end(at: SocketAddr) {
    TcpStream::connect(at).unwrap().write_all(b"GET /end HTTP/1.1\r\n\r\n").unwrap();
}

#[test]
fn a_page_is_used_and_looked_at_and_its_fault_is_found() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || serve(&listener));
    let browser = Browser::start();
    let url = |path: &str| format!("http://{at}{path}");

    browser.goto(&url("/"));
    browser.wait_for("it's \"there\"");
    assert!(browser.title() == "A page" && !browser.has("no scripts"));
    browser.is_accessible();
    assert_eq!(browser.download("Pack"), b"a file");
    browser.fill("Who", "kim@example.org");
    browser.fill("Until", "2027-12-31");
    browser.choose("Kind", "named");
    let first = browser.tab();
    browser.open_tab();
    browser.goto(&url("/fault"));
    let found = browser.violations();
    assert_eq!(found.iter().map(|one| one.rule.as_str()).collect::<Vec<_>>(), ["image-alt"], "{found:?}");
    browser.show(&first);
    browser.click("Assign");
    browser.wait_for("who=kim%40example.org&until=2027-12-31&kind=named");

    browser.size(320, 600);
    browser.colours("dark");
    browser.scripts(false);
    browser.goto(&url("/"));
    assert!(browser.has("no scripts") && browser.text().contains("waiting"));
    browser.fill("Who", "lee");
    browser.fill("Until", "2028-02-29");
    browser.click("Assign");
    browser.wait_for("who=lee&until=2028-02-29&kind=floating");
    browser.scripts(true);
    browser.goto(&url("/"));
    browser.wait_without("waiting", browser::PATIENCE);
    let colour =
        browser.run("return getComputedStyle(document.body).backgroundColor", &serde_json::json!([]));
    assert_eq!(colour, "rgb(0, 0, 0)");
    assert!(!browser.is_too_wide());
    let picture = std::fs::read(browser.screenshot("harness")).unwrap();
    assert_eq!(&picture[16..20], 320_u32.to_be_bytes(), "a picture is as wide as the page");
    drop(browser);
    end(at);
    server.join().unwrap();
}
