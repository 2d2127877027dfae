//! Reminders at the real daemon, told to a mail server and a webhook's receiver that others wrote: each once, over
//! restarts and `kill -9`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use names::{Date, Wall};
use serde_json::Value;
use support::metrics::METRICS;
use support::receiver::Receiver;
use support::tool::said;
use support::{DEADLINE, Daemon, Site};

const SECRET: &str = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

fn in_days(days: u32) -> Date {
    let now =
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(u64::from(days) * 86_400);
    Date::of(Wall(i64::try_from(now.as_millis()).unwrap()))
}

/// A pack of one line that ends in 20 days.
fn pack(line: &str) -> String {
    let line = line.replace("END", &in_days(20).to_string());
    format!("SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\nINCREMENT {line}\n")
}

/// Five named seats, of which kim, who bought them, has one.
fn mill() -> String {
    pack(
        "mill acmed 4.2 END 5 CONFIG_ID=11470 SEAT=NAMED CUSTOMER=C-1 BUYER=kim@example.net MAINTENANCE=ACTIVE",
    )
}

/// A license host whose administrator is ada. `kim` has a seat of `mill`.
fn host() -> Site {
    let site = Site::with_packs(&[&mill()]).configure(&format!("{METRICS}[desk]\nrole = \"site\"\n"));
    let daemon = site.start();
    let (status, text) = said(&site, &daemon, "desk set-staff ada@example.net --host-administrator");
    assert_eq!(status, 0, "{text}");
    wait_for("the buyer's seat", || said(&site, &daemon, "assignments").1.contains("kim@").then_some(()));
    daemon.terminate();
    site
}

fn secret(site: &Site, name: &str, text: &str) -> String {
    site.write(name, text.as_bytes());
    std::fs::set_permissions(site.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    site.path(name).display().to_string()
}

/// Mails and events in plain text.
fn plain(site: Site, to: &Receiver) -> Site {
    site.configure(&format!(
        "[desk.mail]\nserver = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"l@example.net\"\n\
         [desk.webhook]\nurl = \"http://127.0.0.1:{}/in?a=b\"\n",
        to.mail, to.hook
    ))
}

/// Both with certificates, a login and a secret.
fn encrypted(site: Site, to: &Receiver, tls: &str) -> Site {
    let password = secret(&site, "mail.password", "pass word\n");
    let key = secret(&site, "webhook.secret", SECRET);
    site.configure(&format!(
        "[desk.mail]\nserver = \"127.0.0.1\"\nport = {}\ntls = \"{tls}\"\nuser = \"l\"\npassword_file = \"{password}\"\n\
         from = \"Lizenzen für alle <l@example.net>\"\n\
         [desk.webhook]\nurl = \"https://127.0.0.1:{}/in\"\nsecret_file = \"{key}\"\n",
        to.mail, to.hook
    ))
}

/// A daemon that trusts the receiver's authority.
fn start(site: &Site) -> Daemon {
    let mut command = site.command();
    command.env("SSL_CERT_FILE", site.path("authority.pem"));
    site.start_as(command)
}

/// Waits for something, within the deadline.
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < DEADLINE, "{what} did not come");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// Waits until so many were sent by this daemon each way, and written down.
fn wait_for_marks(daemon: &Daemon, mails: f64, events: f64) {
    wait_for("what is due", || {
        let metrics = daemon.metrics();
        let sent = |way: &str| metrics.get(&format!("seatkeeper_reminders_sent_total{{way=\"{way}\"}}"));
        (sent("mail") >= mails && sent("webhook") >= events).then_some(())
    });
}

/// To whom each mail was, with its subject; the first of them first.
fn mails(to: &Receiver) -> Vec<(String, String)> {
    let mut all: Vec<_> = to
        .taken("mail")
        .iter()
        .map(|mail| (mail["to"][0].as_str().unwrap().to_owned(), header(mail, "Subject")))
        .collect();
    all.sort();
    all
}

fn header(mail: &Value, name: &str) -> String {
    let headers = mail["headers"].as_array().unwrap().iter().filter(|header| header[0] == name);
    let values: Vec<&str> = headers.map(|header| header[1].as_str().unwrap()).collect();
    assert_eq!(values.len(), 1, "{name} of {mail}");
    values[0].to_owned()
}

/// What each event is about.
fn events(to: &Receiver) -> Vec<String> {
    let of = |event: &Value| {
        let (kind, of) = (&event["body"]["type"], &event["body"]["data"]["title"]);
        format!("{}: {}", kind.as_str().unwrap(), of.as_str().unwrap())
    };
    let mut all: Vec<_> = to.taken("event").iter().map(of).collect();
    all.sort();
    all
}

fn subject(what: &str) -> String {
    format!("1 {what} ends in 20 days, on {}", in_days(20))
}

/// Something more that ends: proof that the next daemon has looked.
fn one_more(site: &Site, feature: &str) {
    let text = pack(&format!("{feature} acmed 1.0 END 2 CONFIG_ID=11471 SEAT=FLOATING CUSTOMER=C-1"));
    site.write(&format!("licenses/{feature}.lic"), &site.sign(&format!("P-{feature}"), &text));
}

#[test]
fn what_ends_is_told_once_over_restarts_and_kills_encrypted_with_login_and_signature() {
    let site = host();
    let secret = format!("secret={SECRET}");
    let to = Receiver::start(&site.path(""), &["starttls", "login=l:pass word", &secret]);
    let site = encrypted(site, &to, "starttls");
    let daemon = start(&site);
    wait_for_marks(&daemon, 2.0, 2.0);
    let first = [
        ("ada@example.net".to_owned(), subject("license")),
        ("kim@example.net".to_owned(), subject("assigned seat")),
    ];
    assert_eq!(mails(&to), first);
    let told = [
        "reminder.assignment: the seat of mill that kim@example.net has ends",
        "reminder.license: 5 seats of mill (configuration 11470) end, with maintenance",
    ];
    assert_eq!(events(&to), told);
    for mail in to.taken("mail") {
        assert_eq!((&mail["encrypted"], &mail["login"]), (&true.into(), &"l".into()), "{mail}");
        assert_eq!(header(&mail, "From"), "Lizenzen für alle <l@example.net>");
        assert_eq!(header(&mail, "Auto-Submitted"), "auto-generated");
        assert!(header(&mail, "Message-ID").ends_with("@example.net>"), "{mail}");
        assert!(mail["text"].as_str().unwrap().contains("mill"), "{mail}");
    }
    for event in to.taken("event") {
        assert_eq!((&event["encrypted"], &event["signed"]), (&true.into(), &true.into()), "{event}");
        assert_eq!(event["headers"]["webhook-id"], event["body"]["data"]["id"]);
        assert_eq!(event["request"], "POST /in HTTP/1.1");
        let (year, month, day) = in_days(20).ymd();
        assert_eq!(event["body"]["data"]["last_day"], format!("{year:04}-{month:02}-{day:02}"));
    }
    // Stopped, then killed: what was told is not told again, and what is new is.
    one_more(&site, "lathe");
    daemon.terminate();
    let daemon = start(&site);
    wait_for_marks(&daemon, 1.0, 1.0);
    assert_eq!((mails(&to).len(), events(&to).len()), (3, 3));
    one_more(&site, "drill");
    daemon.kill9();
    let daemon = start(&site);
    wait_for_marks(&daemon, 1.0, 1.0);
    assert_eq!((mails(&to).len(), events(&to).len()), (4, 4), "{:?} {:?}", mails(&to), events(&to));
}

#[test]
fn what_was_taken_and_not_answered_is_told_again_with_the_same_id() {
    let site = host();
    let to = Receiver::start(&site.path(""), &["silent"]);
    let site = plain(site, &to);
    let daemon = start(&site);
    wait_for("one of each", || (!mails(&to).is_empty() && !events(&to).is_empty()).then_some(()));
    daemon.kill9();
    let (mail, event) = (to.taken("mail").remove(0), to.taken("event").remove(0));
    let to = to.again(&[]);
    let daemon = start(&site);
    wait_for_marks(&daemon, 2.0, 2.0);
    assert_eq!((mails(&to).len(), events(&to).len()), (3, 3), "one of each is told twice");
    let id = header(&mail, "Message-ID");
    let same = to.taken("mail").into_iter().filter(|mail| header(mail, "Message-ID") == id);
    assert_eq!(same.map(|mail| mail["text"].clone()).collect::<Vec<_>>(), vec![mail["text"].clone(); 2]);
    let id = &event["headers"]["webhook-id"];
    let same = to.taken("event").into_iter().filter(|event| event["headers"]["webhook-id"] == *id);
    assert_eq!(same.map(|event| event["body"].clone()).collect::<Vec<_>>(), vec![event["body"].clone(); 2]);
    assert_eq!(event["request"], "POST /in?a=b HTTP/1.1");
    assert_eq!(event["signed"], false, "nothing is signed without a secret");
}

#[test]
fn receivers_that_are_down_first_are_told_when_they_are_back_and_seats_are_served_meanwhile() {
    let site = host();
    let to = Receiver::start(&site.path(""), &["tls", "login=l:pass word"]);
    let site = encrypted(site, &to, "tls");
    // Up, but the password is another; then not there at all.
    let to = to.again(&["tls", "login=l:another", "status=503"]);
    let daemon = start(&site);
    let failed =
        |way: &str| daemon.metrics().get(&format!("seatkeeper_reminder_failures_total{{way=\"{way}\"}}"));
    wait_for("two failures each way", || (failed("mail") >= 2.0 && failed("webhook") >= 2.0).then_some(()));
    let waiting = |way: &str| daemon.metrics().get(&format!("seatkeeper_reminders_waiting{{way=\"{way}\"}}"));
    assert_eq!((waiting("mail"), waiting("webhook")), (2.0, 2.0));
    let events_before = events(&to).len();
    let ports = (to.mail, to.hook);
    drop(to);
    let (status, text) = said(&site, &daemon, "lmstat -a");
    assert!(status == 0 && text.contains("mill"), "{text}");
    let log = daemon.log();
    for way in ["mail", "webhook"] {
        let is_it =
            |line: &&str| line.contains("reminders are not sent; it is tried again") && line.contains(way);
        assert_eq!(log.lines().filter(is_it).count(), 1, "{way}, once in a while: {log}");
    }
    assert!(!log.contains("pass word") && !log.contains(SECRET), "{log}");
    let to = Receiver::at(&site.path(""), ports, &["tls", "login=l:pass word"]);
    wait_for_marks(&daemon, 2.0, 2.0);
    assert_eq!((mails(&to).len(), events(&to).len()), (2, events_before + 2));
    assert_eq!((waiting("mail"), waiting("webhook")), (0.0, 0.0));
    assert_eq!(daemon.log().matches("reminders are sent again").count(), 2, "{}", daemon.log());
}

#[test]
fn who_refuses_keeps_nobody_else_back_and_a_strange_name_is_no_header() {
    let site = host();
    // An address that is a person's name here, and that no mail can have.
    let strange = "a%0d%0abcc:all@example.net";
    let line = "saw acmed 4.2 END 5 CONFIG_ID=11480 SEAT=NAMED CUSTOMER=C-1 BUYER=";
    site.write("licenses/saw.lic", &site.sign("P-saw", &pack(&format!("{line}{strange}"))));
    let to = Receiver::start(&site.path(""), &["refuse=ada@example.net", "status=400"]);
    let site = plain(site, &to);
    let daemon = start(&site);
    wait_for_marks(&daemon, 1.0, 0.0);
    let failed =
        |way: &str| daemon.metrics().get(&format!("seatkeeper_reminder_failures_total{{way=\"{way}\"}}"));
    wait_for("each event's refusal", || (failed("webhook") >= 3.0).then_some(()));
    // ada's is refused by the server; the strange one's is not sent, if it is there already.
    wait_for("ada's refusal", || (failed("mail") >= 1.0).then_some(()));
    assert_eq!(mails(&to), [("kim@example.net".to_owned(), subject("assigned seat"))]);
    let refused = daemon.log().lines().filter(|line| line.contains("a reminder is refused")).count();
    assert_eq!(refused, 2, "once each way: {}", daemon.log());
    assert!(to.taken("mail").iter().all(|mail| !mail.to_string().to_lowercase().contains("bcc")));
}

#[test]
fn a_secret_that_others_may_read_refuses_the_start() {
    let site = Site::new();
    let password = secret(&site, "password", "pass word\n");
    let site = site.configure(&format!(
        "[desk]\nrole = \"site\"\n[desk.mail]\nserver = \"127.0.0.1\"\ntls = \"none\"\nuser = \"l\"\n\
         password_file = \"{password}\"\nfrom = \"l@example.net\"\n"
    ));
    let check = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeperd"));
        let output =
            command.arg("check").arg("--config").arg(site.path("seatkeeperd.toml")).output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    assert_eq!(check().0, Some(0), "{}", check().1);
    std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o640)).unwrap();
    let output = site.command().output().unwrap();
    for (status, text) in [check(), (output.status.code(), String::from_utf8(output.stderr).unwrap())] {
        assert_eq!(status, Some(78), "{text}");
        assert!(text.contains("others may read the mail server's password"), "{text}");
        assert!(text.contains("chmod 600") && !text.contains("pass word"), "{text}");
    }
}
