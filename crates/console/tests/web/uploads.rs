//! Forms with files, over HTTP.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use console::testing::FakeHost;
use console::{Settings, limits};

use crate::browser::{Answer, Browser, Site};

const KIND: &str = "Content-Type: multipart/form-data; boundary=XX\r\n";
/// A form that has a file and changes nothing.
const CHECK: &str = "/packs/check";

/// A part of a form: its head behind `form-data`, and what is in it.
fn part(head: &str, bytes: &[u8]) -> Vec<u8> {
    [format!("--XX\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(), bytes, b"\r\n"].concat()
}

/// The whole form of a browser's session.
fn form(browser: &Browser, parts: &[Vec<u8>]) -> Vec<u8> {
    let own = [
        part("name=\"_csrf\"", browser.csrf.as_bytes()),
        part("name=\"_company\"", browser.company.as_bytes()),
    ];
    [own.concat(), parts.concat(), b"--XX--\r\n".to_vec()].concat()
}

fn send(browser: &mut Browser, parts: &[Vec<u8>]) -> Answer {
    let body = form(browser, parts);
    browser.send("POST", CHECK, KIND, &body)
}

fn file(bytes: &[u8]) -> Vec<u8> {
    part("name=\"file\"; filename=\"pack.lic\"\r\nContent-Type: application/octet-stream", bytes)
}

#[test]
fn wc_17_a_form_with_files_has_bounds() {
    let site = Site::sample();
    let mut lee = site.signed_in("lee@example.net");
    // As many as may be, and as long: it is looked at.
    let four: Vec<_> = (0..limits::FILES_MAX).map(|_| file(b"x")).collect();
    let most = file(&vec![b'x'; limits::FILE_BYTES_MAX]);
    for (what, parts, status) in [
        ("four files", four.clone(), 200),
        ("a file as long as may be", vec![most], 422),
        ("five files", [four, vec![file(b"x")]].concat(), 413),
        ("10,000 files", (0..10_000).map(|_| file(b"x")).collect(), 413),
        ("10,000 fields", (0..10_000).map(|n| part(&format!("name=\"f{n}\""), b"x")).collect(), 413),
        ("a file that is too long", vec![file(&vec![b'x'; limits::FILE_BYTES_MAX + 1])], 413),
        (
            "a field that is too long",
            vec![part("name=\"text\"", &vec![b'x'; limits::FORM_BYTES_MAX + 1])],
            413,
        ),
        ("two files that are too long together", vec![file(&vec![b'x'; limits::FILE_BYTES_MAX]); 2], 413),
    ] {
        let answer = send(&mut lee, &parts);
        assert_eq!(answer.status, status, "{what}: {}", answer.body);
    }
    // Who may not send one is not read so far.
    let mut osman = site.signed_in("osman@example.net");
    let long = form(&osman, &[file(&vec![b'x'; limits::FORM_BYTES_MAX])]);
    assert_eq!(osman.send("POST", CHECK, KIND, &long).status, 413);
    let short = form(&osman, &[file(b"x")]);
    assert_eq!(osman.send("POST", CHECK, KIND, &short).status, 403);
}

#[test]
fn wc_17_a_hundred_megabytes_are_refused_before_they_have_come() {
    let site = Site::sample();
    let lee = site.signed_in("lee@example.net");
    let cookies: Vec<_> = lee.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let head = format!(
        "POST {CHECK} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n{KIND}Content-Length: 104857600\r\n\r\n",
        lee.host,
        cookies.join("; ")
    );
    // No byte of it is sent, so none is waited for.
    let begun = Instant::now();
    let answer = Answer::of(&site.raw(head.as_bytes()));
    assert_eq!(answer.status, 413, "{}", answer.body);
    assert!(begun.elapsed() < limits::BODY_WITHIN / 2, "{:?}", begun.elapsed());
}

#[test]
fn wc_17_a_files_name_is_nobodys_business() {
    let site = Site::sample();
    let mut lee = site.signed_in("lee@example.net");
    let plain = send(&mut lee, &[file(b"INCREMENT")]).body;
    let folder = std::fs::canonicalize(".").unwrap();
    let there = || std::fs::read_dir(&folder).unwrap().count();
    let before = there();
    let long = "x".repeat(10_000);
    for name in [
        "../../evil.lic",
        "/etc/passwd",
        "..\\..\\evil.lic",
        "C:\\evil.lic",
        "evil\0.lic",
        "evil\r\nX-Evil: 1",
        "evil\r\n\tfolded",
        "<script>evil</script>",
        "",
        ".",
        "%2e%2e%2fevil",
        "\u{202e}evil",
        &long,
    ] {
        let answer = send(&mut lee, &[part(&format!("name=\"file\"; filename=\"{name}\""), b"INCREMENT")]);
        assert_eq!(answer.status, 200, "{name:?}: {}", answer.body);
        assert!(answer.header("x-evil").is_empty() && !answer.body.contains("evil"), "{name:?}");
        // The same page, but for what is made anew for each.
        assert_eq!(answer.body.len(), plain.len(), "{name:?}");
    }
    assert_eq!(there(), before, "no file is made");
}

#[test]
fn wc_17_nothing_is_unpacked() {
    let site = Site::sample();
    let mut lee = site.signed_in("lee@example.net");
    // What looks as a compressed file is no text, whatever is in it.
    let zip = [b"PK\x03\x04\x14\0\0\0\x08\0".as_slice(), &[0xff; 512]].concat();
    let gzip = [b"\x1f\x8b\x08\0\0\0\0\0\0\x03".as_slice(), &[0xff; 512]].concat();
    for bytes in [&zip, &gzip] {
        let answer = send(&mut lee, &[file(bytes)]);
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert!(answer.body.contains("it is no text in UTF-8"), "{}", answer.body);
    }
    // A body that says it is compressed is read as it came, and is no form then.
    let fields = format!("{KIND}Content-Encoding: gzip\r\n");
    assert_eq!(lee.send("POST", CHECK, &fields, &gzip).status, 400);
    let body = form(&lee, &[file(b"INCREMENT")]);
    assert_eq!(lee.send("POST", CHECK, KIND, &body).status, 200);
}

#[test]
fn wc_17_a_form_of_another_kind_is_none() {
    let site = Site::sample();
    let mut lee = site.signed_in("lee@example.net");
    let good = form(&lee, &[file(b"INCREMENT")]);
    for kind in [
        "",
        "Content-Type: \r\n",
        "Content-Type: text/plain; boundary=XX\r\n",
        "Content-Type: application/octet-stream\r\n",
        "Content-Type: application/zip\r\n",
        "Content-Type: multipart/mixed; boundary=XX\r\n",
        "Content-Type: multipart/form-data2; boundary=XX\r\n",
        "Content-Type: application/json\r\n",
        "Content-Type: multipart/form-data; boundary=XX\r\nContent-Type: text/plain\r\n",
    ] {
        assert_eq!(lee.send("POST", CHECK, kind, &good).status, 403, "{kind}");
    }
    for kind in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=YY"]
    {
        assert_eq!(
            lee.send("POST", CHECK, &format!("Content-Type: {kind}\r\n"), &good).status,
            400,
            "{kind}"
        );
    }
    // Cut short, or with a part that has no name or no head.
    let ends = good.len();
    for bad in [
        &good[..ends - 8],
        &good[..ends / 2],
        &b"--XX\r\n\r\nx\r\n--XX--\r\n"[..],
        &b"--XX\r\nContent-Disposition: form-data\r\n\r\nx\r\n--XX--\r\n"[..],
        &b"--XX\r\nContent-Disposition: form-data; name=\"\"\r\n\r\nx\r\n--XX--\r\n"[..],
        &b"\r\n--XX--"[..],
        &b""[..],
    ] {
        assert_eq!(lee.send("POST", CHECK, KIND, bad).status, 400, "{}", String::from_utf8_lossy(bad));
    }
}

#[test]
fn wc_17_a_body_that_comes_too_slowly_is_not_waited_for() {
    let within = Duration::from_millis(300);
    let site = Site::of(FakeHost::sample(), |settings| Settings { body_within: within, ..settings });
    let lee = site.signed_in("lee@example.net");
    let cookies: Vec<_> = lee.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let body = form(&lee, &[file(&[b'x'; 4_000])]);
    let head = format!(
        "POST {CHECK} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n{KIND}Content-Length: {}\r\n\r\n",
        lee.host,
        cookies.join("; "),
        body.len()
    );
    let mut tcp = TcpStream::connect(site.address).unwrap();
    tcp.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    tcp.write_all(head.as_bytes()).unwrap();
    let begun = Instant::now();
    let (mut answer, mut sent) = (Vec::new(), 0);
    // A byte now and then, which would go on for minutes.
    loop {
        assert!(begun.elapsed() < Duration::from_secs(20), "it is still waited for: {sent} bytes");
        let mut bytes = [0; 4_096];
        match tcp.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => answer.extend_from_slice(&bytes[..count]),
            Err(_) if answer.is_empty() => {
                let _ = tcp.write_all(&body[sent..=sent]);
                sent += 1;
            }
            Err(_) => {}
        }
    }
    assert!(begun.elapsed() >= within);
    let answer = Answer::of(&String::from_utf8_lossy(&answer));
    assert_eq!((answer.status, answer.header("connection")), (400, "close"), "{}", answer.body);
}
