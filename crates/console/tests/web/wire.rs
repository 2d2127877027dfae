//! What comes over the wire that no browser sends, and what goes back.

use console::testing::{FakeHost, PASSWORD};

use crate::browser::{Answer, Site};

#[test]
fn wc_08_no_path_leads_out() {
    let site = Site::sample();
    let cookies: Vec<String> = site
        .signed_in("ada@example.net")
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let paths = [
        "/../etc/passwd",
        "/assets/../../Cargo.toml",
        "/assets/%2e%2e%2fCargo.toml",
        "/assets/%252e%252e%252fCargo.toml",
        "/assets/..%c0%af..%c0%afCargo.toml",
        "/assets/..\\..\\Cargo.toml",
        "/assets/%00",
        "/assets/console.css%00.js",
        "/assets/",
        "/assets",
        "/assets/console.css",
        "//assets",
        "/seats/reclaim/%2e%2e%2f1",
        "/seats/reclaim/1%00",
        "/seats/reclaim/-1",
        "/seats/reclaim/99999999999999999999999",
        "/%",
        "/seats/../about",
        "/about/",
    ];
    for path in paths {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: {}\r\n\r\n",
            site.address,
            cookies.join("; ")
        );
        let answer = Answer::of(&site.raw(request.as_bytes()));
        assert!([404, 400].contains(&answer.status), "{path}: {}", answer.status);
        assert!(!answer.body.contains("[package]") && !answer.body.contains("root:"), "{path}");
    }
}

#[test]
fn wc_13_wc_14_wc_16_every_answer_has_its_fields() {
    let site = Site::sample();
    let mut browser = site.browser();
    let page = browser.get("/sign-in").body;
    let style = page.split_once("stylesheet\" href=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let mut ada = site.signed_in("ada@example.net");
    let answers = [
        browser.get("/sign-in"),
        browser.get("/nix"),
        browser.get(&style),
        browser.get("/overview"),
        browser.post_as_is("/sign-in", &[]),
        browser.send("PUT", "/sign-in", "", b""),
        browser.send("OPTIONS", "/sign-in", "Origin: http://evil.test\r\n", b""),
        ada.get("/overview"),
        ada.get("/host-usage"),
    ];
    for answer in &answers {
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("data:"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert!(!answer.head.to_lowercase().contains("access-control-"), "{}", answer.head);
        assert_eq!(answer.header("server"), "");
        assert_eq!(answer.header("strict-transport-security"), "", "there is no TLS here");
        for cookie in answer.all("set-cookie") {
            let (name, flags) = cookie.split_once('=').unwrap();
            assert!(name.starts_with("__Host-"), "{cookie}");
            for flag in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"] {
                assert!(flags.contains(flag), "{cookie}");
            }
            assert!(!flags.contains("Domain"), "{cookie}");
        }
        assert!(!answer.body.contains(" style=") && !answer.body.contains("<style"), "inline style");
        assert!(!answer.body.contains(" onclick=") && !answer.body.contains("<script>"), "inline script");
    }
    assert!(answers[2].header("cache-control").contains("immutable"));
    assert_eq!(answers[2].header("content-type"), "text/css; charset=utf-8");
}

#[test]
fn wc_13_over_tls_browsers_are_told_to_stay_with_it() {
    let site = Site::of(FakeHost::sample(), |settings| console::Settings {
        public_url: Some("https://licenses.example.net".into()),
        ..settings
    });
    let mut browser = site.browser();
    browser.host = "licenses.example.net".into();
    let answer = browser.get("/sign-in");
    assert_eq!(answer.status, 200);
    assert!(answer.header("strict-transport-security").starts_with("max-age="));
    let form =
        format!("_csrf={}&email=ada%40example.net&password={}", browser.csrf, console::encode(PASSWORD));
    let mut sent = |origin: &str| {
        let fields = format!("Content-Type: application/x-www-form-urlencoded\r\nOrigin: {origin}\r\n");
        browser.send("POST", "/sign-in", &fields, form.as_bytes()).status
    };
    assert_eq!(sent("http://licenses.example.net"), 403);
    assert_eq!(sent("https://licenses.example.net.evil.test"), 403);
    assert_eq!(sent("https://licenses.example.net"), 303);
}

#[test]
fn wc_15_other_names_and_other_origins_are_refused() {
    let site = Site::sample();
    let mut browser = site.browser();
    for name in
        ["evil.test", "evil.test:80", "127.0.0.1", "localhost", "127.0.0.1:1", "", "seatkeeper.local:27080"]
    {
        browser.host = name.into();
        let answer = browser.get("/sign-in");
        assert!([421, 400].contains(&answer.status), "{name}: {}", answer.status);
        assert!(!answer.body.contains("name=\"password\""), "{name}");
    }
    let port = site.address.port();
    for name in [format!("LOCALHOST:{port}"), format!("127.0.0.1:{port}")] {
        browser.host = name;
        assert_eq!(browser.get("/sign-in").status, 200);
    }
    let form =
        format!("_csrf={}&email=ada%40example.net&password={}", browser.csrf, console::encode(PASSWORD));
    let mut sent = |fields: &str| {
        let fields = format!("Content-Type: application/x-www-form-urlencoded\r\n{fields}");
        browser.send("POST", "/sign-in", &fields, form.as_bytes()).status
    };
    for bad in [
        "Origin: http://evil.test\r\n",
        "Origin: null\r\n",
        "Origin: null\r\nSec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Origin: https://127.0.0.1\r\n",
        "Origin: \r\n",
    ] {
        assert_eq!(sent(bad), 403, "{bad}");
    }
    // What browsers send of pages that tell no referrer.
    assert_eq!(sent("Origin: null\r\nSec-Fetch-Site: same-origin\r\n"), 303);
    let mut ada = site.signed_in("ada@example.net");
    assert_eq!(ada.send("GET", "/overview", "Origin: http://evil.test\r\n", b"").status, 403);
    let both =
        format!("GET http://evil.test/ HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", site.address);
    assert_eq!(Answer::of(&site.raw(both.as_bytes())).status, 421);
    let two = format!("GET / HTTP/1.1\r\nHost: {0}\r\nHost: {0}\r\nConnection: close\r\n\r\n", site.address);
    assert_eq!(Answer::of(&site.raw(two.as_bytes())).status, 400);
    assert_eq!(Answer::of(&site.raw(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")).status, 400);
}

#[test]
fn wc_19_what_may_be_read_in_two_ways_is_refused() {
    let site = Site::sample();
    let head = format!(
        "POST /sign-in HTTP/1.1\r\nHost: {}\r\nContent-Type: application/x-www-form-urlencoded\r\n",
        site.address
    );
    let hidden = format!("GET /about HTTP/1.1\r\nHost: {}\r\n\r\n", site.address);
    let bad = [
        format!("{head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{head}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{head}Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n"),
        format!("{head}Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n"),
        format!("{head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
        format!("{head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        format!("{head}Content-Length: 4\r\nContent-Length: 5\r\n\r\nxxxxx"),
        format!("{head}Content-Length: +4\r\n\r\nxxxx"),
        format!("{head}Content-Length: 4, 4\r\n\r\nxxxx"),
        format!("{head}Content-Length: -1\r\n\r\n"),
        format!("{head}X: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
        format!("{head}X\r\n\r\n"),
        format!("{head}X: a\0b\r\n\r\n"),
        "GET  /  HTTP/1.1\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(64 * 1024)),
        format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(100)),
        format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(80 * 1024)),
    ];
    for request in bad {
        let text = site.raw(request.as_bytes());
        let answer = Answer::of(&text);
        let shown = request.chars().take(200).collect::<String>();
        assert!([0, 400, 414, 431, 505].contains(&answer.status), "{shown:?}: {text}");
        assert_eq!(text.matches("HTTP/1.1 ").count(), usize::from(answer.status != 0), "{shown:?}: {text}");
    }
}

#[test]
fn wc_17_what_is_too_long_is_refused() {
    let site = Site::sample();
    let mut browser = site.signed_in("ada@example.net");
    let text = "x".repeat(2 * 1024 * 1024);
    assert_eq!(browser.post("/options/check", &[("vendor", "acmed"), ("text", &text)]).status, 413);
    let fields: Vec<_> = (0..2_000).map(|_| ("a", "b")).collect();
    assert_eq!(browser.post("/options/check", &fields).status, 413);
    let kind = "Content-Type: multipart/form-data; boundary=XX\r\n";
    assert_eq!(browser.send("POST", "/options/check", kind, b"--XX--").status, 403, "this form has no files");
}

#[test]
fn wc_18_no_answer_s_head_is_split() {
    let site = Site::sample();
    let mut browser = site.signed_in("ada@example.net");
    let evil = "x\r\nX-Evil: 1\r\n\r\n<script>";
    for answer in [
        browser.post("/language", &[("language", evil), ("next", evil)]),
        browser.get(&format!("/sign-in?next={}", console::encode(evil))),
        browser.get(&format!("/seats?search={}&feature={}", console::encode(evil), console::encode(evil))),
        browser.get(&format!("/{}", console::encode(evil))),
        browser.post("/company", &[("company", evil), ("next", evil)]),
        site.browser().get(&format!("/seats?search={}", console::encode(evil))),
    ] {
        assert!(answer.header("x-evil").is_empty(), "{}", answer.head);
        assert_eq!(
            answer.body.matches("<script").count(),
            usize::from(!answer.body.is_empty()),
            "{}",
            answer.body
        );
    }
}

#[test]
fn wc_23_no_answer_tells_a_version_or_a_path() {
    let site = Site::sample();
    let mut nobody = site.browser();
    let mut lee = site.signed_in("lee@example.net");
    let answers = [
        nobody.get("/sign-in"),
        nobody.get("/about"),
        nobody.get("/nix"),
        nobody.get("/seats?search=%ff"),
        nobody.send("DELETE", "/seats", "", b""),
        lee.get("/overview"),
        lee.get("/seats/reclaim/x"),
        lee.post("/company", &[("company", "\u{1}")]),
        Answer::of(&site.raw(b"nonsense\r\n\r\n")),
    ];
    for answer in answers {
        assert_ne!(answer.status, 500);
        let text = format!("{}{}", answer.head, answer.body).to_lowercase();
        for told in
            ["0.1.0", "seatkeeper/", "axum", "hyper", "panicked", ".rs", "/home", "/root", "/usr", "rust"]
        {
            assert!(!text.contains(told), "{told}: {text}");
        }
    }
}
