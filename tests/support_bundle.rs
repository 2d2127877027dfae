//! `seatkeeper support-bundle`: what is in it, and that no secret is.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod support;

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use client::{CheckoutOptions, Client};
use license::SecretKey;
use support::tool::tool;
use support::{Daemon, Site, servers};

const PACK: &str = "# password=comment-of-the-license\nSERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n\
    INCREMENT mill acmed 4.2 permanent 1 CONFIG_ID=11470 SEAT=FLOATING SN=10-10-B1-11 CUSTOMER=C-77\n\
    INCREMENT lathe acmed 4.2 permanent 5 CONFIG_ID=1717 SEAT=FLOATING SN=10-11-71-DD\n";
const OPTIONS: &str = "# password=comment-of-the-options\nGROUP cad kim lee\nHOST_GROUP farm ws01 10.8.0.9\n\
    EXCLUDE lathe USER osman\nMAX 4 lathe GROUP cad\nRESERVE 1 mill HOST ws01\n";

/// The files of a bundle.
type Bundle = BTreeMap<String, String>;

/// A site where kim has a seat, lee was denied, and ada has a personal token.
async fn busy() -> (Site, Daemon, Client, client::Seat) {
    let site = Site::with_packs(&[PACK]);
    site.write("licenses/acmed.opt", OPTIONS.as_bytes());
    let daemon = site.start();
    let at = servers(daemon.address);
    let kim = Client::connect(&at, site.options("kim", "ws01", "02aa10201101")).await.unwrap();
    let seat = kim.checkout(CheckoutOptions::new("mill", "4.0")).await.unwrap();
    let lee = Client::connect(&at, site.options("lee", "ws02", "02aa10201102")).await.unwrap();
    assert!(lee.checkout(CheckoutOptions::new("mill", "4.0")).await.is_err());
    assert!(lee.checkout(CheckoutOptions::new("lathe", "4.0").seats(99)).await.is_err());
    let other = lee.checkout(CheckoutOptions::new("lathe", "4.0")).await.unwrap();
    drop(other);
    lee.close().await.unwrap();
    (site, daemon, kim, seat)
}

fn made(site: &Site, daemon: &Daemon, line: &str) -> (i32, String) {
    let line = format!("support-bundle --config seatkeeperd.toml {line}");
    let mut command = tool(site, daemon, &line);
    let output = command.env("SEATKEEPER_KEY_PASSPHRASE", "phrase-of-the-environment").output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

/// What a bundle has, by the system's own tar.
fn opened(path: &Path) -> Bundle {
    let folder = tempfile::tempdir().unwrap();
    let done = Command::new("tar").arg("-xzf").arg(path).arg("-C").arg(folder.path()).status().unwrap();
    assert!(done.success());
    let mut found = Bundle::new();
    let mut folders = vec![folder.path().join("seatkeeper-support")];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder.path().join("seatkeeper-support")).unwrap();
                found.insert(name.display().to_string(), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

fn bundle(site: &Site, daemon: &Daemon, name: &str, flags: &str) -> Bundle {
    let (status, said) = made(site, daemon, &format!("--out {name} {flags}"));
    assert_eq!(status, 0, "{said}");
    opened(&site.path(name))
}

fn whole(bundle: &Bundle) -> String {
    bundle.iter().map(|(name, text)| format!("== {name}\n{text}\n")).collect()
}

#[tokio::test]
async fn it_has_what_support_asks_for_under_configuration_ids_and_serial_numbers() {
    let (site, daemon, _kim, _seat) = busy().await;
    let bundle = bundle(&site, &daemon, "all.tar.gz", "");
    let has = |name: &str, words: &[&str]| {
        let text = bundle.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", bundle.keys()));
        for word in words {
            assert!(text.contains(word), "{word} is not in {name}:\n{text}");
        }
    };
    let head = [
        "configuration id 11470: mill",
        "configuration id 1717: lathe",
        "serial number 10-10-B1-11",
        "serial number 10-11-71-DD",
        "customer number C-77",
        "license pack P-0",
        "status.json",
    ];
    has("README.txt", &head);
    has("status.json", &["seatkeeper.lmstat/1", "\"kim\"", "\"ws01\""]);
    has("status.txt", &["Users of mill:", "kim ws01"]);
    has("entitlements.json", &["seatkeeper.license.show/1", "\"11470\""]);
    has("options/acmed.txt", &["    2  GROUP cad kim lee", "    4  EXCLUDE lathe USER osman"]);
    has("events.jsonl", &["\"denied\"", "\"granted\"", "\"lee\""]);
    has("daemon.json", &["\"version\"", &site.host().to_string()]);
    has("configuration.toml", &["state_folder", "timeout_ms = 120000", &site.vendor().public().to_string()]);
    let checks = [
        "seatkeeperd check: exit status 0",
        "pack P-0 of acmed: served",
        "takes connections",
        "disk: ",
        "host.key  0600",
    ];
    has("checks.txt", &checks);
    has("versions.txt", &["seatkeeper 0.", "kernel Linux", "file system of the state folder: "]);
    assert!(!whole(&bundle).contains("left out"), "nothing harmless looks like a secret");
    let mode = std::fs::metadata(site.path("all.tar.gz")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let (status, said) = made(&site, &daemon, "--out all.tar.gz");
    assert!(status != 0 && said.contains("never written over"), "{said}");
    let (status, said) = made(&site, &daemon, "--config-id a\u{1b}b");
    assert!(status == 214 && said.contains("--config-id"), "{said}");
}

#[tokio::test]
async fn one_configuration_is_told_without_the_others() {
    let (site, daemon, _kim, _seat) = busy().await;
    let bundle = bundle(&site, &daemon, "one.tar.gz", "--config-id 11470");
    let text = whole(&bundle);
    assert!(text.contains("only of the configuration 11470") && text.contains("\"kim\""), "{text}");
    assert!(text.contains("RESERVE 1 mill HOST ws01") && text.contains("\"denied\""), "{text}");
    for other in ["1717", "lathe", "10-11-71-DD"] {
        assert!(!text.contains(other), "{other} is in\n{text}");
    }
    let (status, said) = made(&site, &daemon, "--out none.tar.gz --config-id 4711");
    assert!(status == 0 && said.contains("not in it: configuration 4711: nothing"), "{said}");
}

#[tokio::test]
async fn users_and_hosts_are_hidden_in_all_of_it() {
    let (site, daemon, _kim, _seat) = busy().await;
    let mut login = tool(&site, &daemon, "login-token kim@example.net");
    assert!(login.output().unwrap().status.success());
    let bundle = bundle(&site, &daemon, "hidden.tar.gz", "--hide-users");
    let text = whole(&bundle);
    let folder = site.path("").display().to_string();
    let own = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let own = format!(" {} ", own.trim());
    for name in ["kim", "lee", "osman", "ws01", "ws02", "example.net", "127.0.0.1", "10.8.0.9", &folder, &own]
    {
        assert!(!text.contains(name), "{name} is in\n{text}");
    }
    // The same everywhere.
    let status: serde_json::Value = serde_json::from_str(&bundle["status.json"]).unwrap();
    let pools = status["servers"][0]["status"]["pools"].as_array().unwrap().iter();
    let users: Vec<_> = pools.flat_map(|pool| pool["users"].as_array().unwrap()).collect();
    let (user, host) = (users[0]["user"].as_str().unwrap(), users[0]["host"].as_str().unwrap());
    assert!(user.starts_with("user-") && host.starts_with("host-"), "{user} {host}");
    assert!(bundle["status.txt"].contains(&format!("{user} {host} ")), "{text}");
    assert!(bundle["options/acmed.txt"].contains(&format!("GROUP cad {user} user-")), "{text}");
    assert!(bundle["options/acmed.txt"].contains(&format!("RESERVE 1 mill HOST {host}")), "{text}");
    let granted = bundle["events.jsonl"].lines().find(|line| line.contains("\"granted\"")).unwrap();
    assert!(
        granted.contains(&format!("\"{user}\"")) && granted.contains("\"address\":\"address-"),
        "{granted}"
    );
    assert!(bundle["events.jsonl"].contains("\"email\":\"email-1\""), "{text}");
}

/// Secrets that were planted, by what they are.
fn plant(site: &Site) -> BTreeMap<&'static str, String> {
    let mut planted = BTreeMap::new();
    let mut put = |what: &'static str, name: &str, text: &str, secret: String| {
        let path = site.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        planted.insert(what, secret);
    };
    let options = format!("{OPTIONS}GROUP notes ada # token=end-of-a-line\n");
    put("end of a line of the options", "licenses/acmed.opt", &options, "end-of-a-line".into());
    let last = |text: &str| text.trim().rsplit(' ').next().unwrap().to_owned();
    let vendor = site.vendor().to_text().to_string();
    put("vendor's key", "licenses/acmed.key", &vendor, last(&vendor));
    let other = SecretKey::for_host([0x5a; 32]).to_text().to_string();
    put("key as a license", "licenses/zz.lic", &other, last(&other));
    let body = "MIGjMF8GCSqGSIb3DQEFDTBSMDEGCSsGAQQB2kcECzAkBBC7777777777777777";
    let key = site.vendor().public();
    let pem = format!(
        "seatkeeper-secret-key 1\nvendor acmed\npublic {key}\n-----BEGIN ENCRYPTED PRIVATE KEY-----\n{body}\n-----END ENCRYPTED PRIVATE KEY-----\n"
    );
    put("encrypted key", "licenses/locked.key", &pem, body.to_owned());
    let login =
        "seatkeeper-login 1\nhost lic1\nport 27000\nemail kim@example.net\ntoken tok-personal-0123456789\n";
    put("personal token", ".config/seatkeeper/logins/lic1:27000", login, "tok-personal-0123456789".into());
    let token = "c0ffee00c0ffee11c0ffee22c0ffee33";
    let session =
        format!("seatkeeper-session 1\nserver lic1:27000\nsession 00000000000000a1\ntoken {token}\npid 1\n");
    put("session token", "seatkeeper/00000000000000a1", &session, token.into());
    let secret = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed";
    let lease = format!("seatkeeper-borrowed 1\nhost lic1\nport 27000\nsecret {secret}\nlease 00\n");
    put("lease", ".local/share/seatkeeper/borrowed/lic1-1.lease", &lease, secret.into());
    put("passphrase file", "licenses/passphrase", "phrase-of-a-file\n", "phrase-of-a-file".into());
    put(
        "stray key",
        "licenses/id_rsa",
        "-----BEGIN PRIVATE KEY-----\nTUlHSEFn\n-----END PRIVATE KEY-----\n",
        "TUlHSEFn".into(),
    );
    let host = std::fs::read_to_string(site.path("state/host.key")).unwrap();
    planted.insert("host key", last(&host));
    for (what, secret) in [
        ("passphrase in the environment", "phrase-of-the-environment"),
        ("comment of a license", "comment-of-the-license"),
        ("comment of the options", "comment-of-the-options"),
        ("odd key", "odd-value-0123"),
        ("odd name", "odd-name-0123"),
        ("odd url", "pw-of-a-url"),
        ("odd vendor key", "not-a-public-key"),
    ] {
        planted.insert(what, secret.to_owned());
    }
    planted
}

/// The spellings that a secret is looked for in.
fn spellings(secret: &str) -> Vec<String> {
    let through = |program: &str, words: &[&str]| {
        use std::io::Write as _;
        let mut child = Command::new(program)
            .args(words)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(secret.as_bytes()).unwrap();
        let out = child.wait_with_output().unwrap();
        String::from_utf8(out.stdout).unwrap().trim().trim_end_matches('=').to_owned()
    };
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut all = vec![secret.to_owned(), hex.to_uppercase(), hex, through("base64", &["-w0"])];
    // A key's own bytes.
    if secret.len() == 44 && secret.ends_with('=') {
        let line = format!("echo {secret} | base64 -d | od -An -v -tx1 | tr -d ' \\n'");
        let out = Command::new("sh").args(["-c", &line]).output().unwrap().stdout;
        let hex = String::from_utf8(out).unwrap();
        assert_eq!(hex.len(), 64);
        all.push(hex.to_uppercase());
        all.push(hex);
    }
    all
}

#[tokio::test]
async fn no_planted_secret_is_in_it_whether_the_daemon_runs_or_not() {
    let (site, daemon, _kim, _seat) = busy().await;
    let planted = plant(&site);
    let config = std::fs::read_to_string(site.path("seatkeeperd.toml")).unwrap();
    let odd = [
        ("as it is", config.clone()),
        ("with an odd key", format!("passphrase = \"odd-value-0123\"\n{config}")),
        (
            "with an odd name",
            format!("odd-name-0123 = 1\nproxy = \"http://kim:pw-of-a-url@proxy\"\n{config}"),
        ),
        ("with an odd value", config.replace("keys = [\"", "keys = [\"not-a-public-key\", \"")),
        ("with an odd type", format!("strict = \"odd-value-0123\"\n{config}")),
        ("with half a line", format!("{config}\nx = \"odd-value-0123")),
    ];
    let look = |name: String, bundle: &Bundle| {
        let text = whole(bundle);
        assert!(bundle.contains_key("README.txt") && bundle.contains_key("checks.txt"), "{name}: {text}");
        for (what, secret) in &planted {
            for spelt in spellings(secret) {
                assert!(!text.contains(&spelt), "the {what} is in the bundle {name}, as {spelt}:\n{text}");
            }
        }
    };
    for (n, (how, config)) in odd.iter().enumerate() {
        site.write("seatkeeperd.toml", config.as_bytes());
        let bundle = bundle(&site, &daemon, &format!("on{n}.tar.gz"), "");
        look(format!("{how}, running"), &bundle);
    }
    let at = daemon.address;
    daemon.kill9();
    // The tool only needs to know where it was.
    for (n, (how, config)) in odd.iter().enumerate() {
        site.write("seatkeeperd.toml", config.as_bytes());
        let line = format!("support-bundle --config seatkeeperd.toml --out off{n}.tar.gz");
        let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeper"));
        command.args(line.split(' ')).current_dir(site.path("")).env_clear().env("HOME", site.path(""));
        command.env("SEATKEEPER_KEY_PASSPHRASE", "phrase-of-the-environment").env("PATH", "/usr/bin:/bin");
        command.env("SEATKEEPER_ADMIN_SOCKET", site.path("admin.sock"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{how}: {}", String::from_utf8_lossy(&output.stderr));
        let bundle = opened(&site.path(&format!("off{n}.tar.gz")));
        let head = &bundle["README.txt"];
        assert!(head.contains("Not in it") && head.contains("daemon.json, events.jsonl: "), "{at} {head}");
        look(format!("{how}, stopped"), &bundle);
    }
}
