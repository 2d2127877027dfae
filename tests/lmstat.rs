//! `lmstat` of the real daemon: what its text and `--json` say is one state, and monitors that are not ours,
//! unmodified, read it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test ends where something is not as it must be"
)]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use client::{CheckoutOptions, Client, Leases, Place, Progress, Seat, Waiting};
use names::{Wall, Word};
use serde_json::Value;
use support::monitors::{self, Counts};
use support::{DEADLINE, Daemon, Site, servers};
use tokio::time::timeout;

/// The workstation that locked lines are for.
const CPU: &str = "02aa10203099";
const PACK: &str = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n\
    INCREMENT mill acmed 4.2 31-dec-2037 6 CONFIG_ID=1 SEAT=FLOATING BORROW=72 VENDOR_STRING=\"tier=gold (a) b\"\n\
    INCREMENT mill acmed 4.0 permanent 2 CONFIG_ID=2 SEAT=FLOATING\n\
    INCREMENT lathe acmed 1.0 permanent 1 CONFIG_ID=3 SEAT=LOCKED HOSTID=02aa10203099\n\
    INCREMENT probe acmed 1.0 permanent uncounted CONFIG_ID=4 HOSTID=02aa10203099\n\
    INCREMENT plane acmed 2.0 permanent 10 CONFIG_ID=5 SEAT=FLOATING\n\
    INCREMENT saw acmed 2.0 permanent 1 CONFIG_ID=6 SEAT=FLOATING\n\
    INCREMENT drill acmed 2.0 permanent 2 CONFIG_ID=7 SEAT=FLOATING DUP_GROUP=UHD\n\
    INCREMENT press acmed 2.0 permanent 4 CONFIG_ID=8 SEAT=FLOATING\n\
    INCREMENT spare acmed 2.0 permanent 9 CONFIG_ID=9 SEAT=FLOATING\n";
const OPTIONS: &[u8] = b"GROUP cad kim\nHOST_GROUP farm ws7 ws8\nRESERVE 1 plane HOST ws9\n\
    RESERVE 2 plane GROUP cad\nRESERVE 3 plane HOST_GROUP farm\nLINGER press 600\n";
const FEATURES: [&str; 8] = ["mill", "lathe", "probe", "plane", "saw", "drill", "press", "spare"];

/// Everything that a pool can be: the seats are held as long as it is there.
struct Busy {
    site: Site,
    daemon: Daemon,
    _seats: Vec<Seat>,
    _clients: Vec<Client>,
    _waiting: Waiting,
}

fn wanted(feature: &str) -> CheckoutOptions {
    CheckoutOptions::new(feature, "1.0")
}

async fn workstation(site: &Site, daemon: &Daemon, user: &str, display: &str) -> Client {
    let mut options = site.options(user, "ws1", CPU);
    options.identity.display = Word::new("a display", display).unwrap();
    Client::connect(&servers(daemon.address), options).await.unwrap()
}

/// Borrowed, lingering, queued, reserved, shared, uncounted, locked and plain seats.
async fn busy() -> Busy {
    let site = Site::with_packs(&[PACK]);
    site.write("licenses/acmed.opt", OPTIONS);
    let daemon = site.start();
    let kim = workstation(&site, &daemon, "kim", ":0").await;
    let lee = workstation(&site, &daemon, "lee", "/dev/pts/0").await;
    let bad = "9 y, (v1) (h/1 2), start Mon 1/1 1:00, 9 licenses";
    let strange = workstation(&site, &daemon, bad, "RESERVATIONs for HOST ws1 \"x\"").await;
    let mut seats = Vec::new();
    for (client, feature, n) in [
        (&kim, "mill", 3),
        (&lee, "mill", 1),
        (&kim, "lathe", 1),
        (&kim, "probe", 1),
        (&lee, "plane", 2),
        (&strange, "plane", 1),
        (&kim, "saw", 1),
        (&kim, "drill", 1),
        (&kim, "drill", 1),
    ] {
        seats.push(client.checkout(wanted(feature).seats(n)).await.unwrap());
    }
    lee.checkout(wanted("press").seats(2)).await.unwrap().checkin().await.unwrap();
    let leases = Leases::at(&site.path("borrowed")).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let until = Wall(i64::try_from(now.as_millis()).unwrap() + 24 * 3_600_000);
    kim.borrow(&leases, &wanted("mill"), until).await.unwrap();
    let mut waiting = strange.begin_checkout(&wanted("saw").queue()).unwrap();
    let first = timeout(DEADLINE, waiting.next()).await.unwrap().unwrap();
    assert!(matches!(first, Progress::Queued(Place { position: 1, .. })), "{first:?}");
    Busy { site, daemon, _seats: seats, _clients: vec![kim, lee, strange], _waiting: waiting }
}

impl Busy {
    fn server(&self) -> String {
        format!("{}@{}", self.daemon.address.port(), self.daemon.address.ip())
    }

    /// The tool under another name.
    fn link(&self, name: &str) -> PathBuf {
        let link = self.site.path(name);
        if !link.exists() {
            std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_seatkeeper"), &link).unwrap();
        }
        link
    }

    /// `lmutil LINE`, which has to end well.
    fn lmutil(&self, line: &str, setting: Option<(&str, &str)>) -> String {
        let mut command = Command::new(self.link("lmutil"));
        command.args(line.split_whitespace()).args(["-c", &self.server()]).env_clear().envs(setting);
        let output = command.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{line}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, line: &str) -> Value {
        serde_json::from_str(&self.lmutil(&format!("lmstat --json {line}"), None)).unwrap()
    }
}

/// Waits for what blocks without holding up the clients.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap()
}

#[tokio::test]
async fn every_monitor_counts_the_real_daemons_seats_as_json_does() {
    let busy = busy().await;
    beside(move || {
        let report = busy.json("-a");
        let counts = Counts::of_json(&report);
        // mill: 4 held, 1 borrowed, of two pools. plane: 3 held, 6 idle reservations.
        let expected = [
            ("drill", (2, 1)),
            ("lathe", (1, 1)),
            ("mill", (8, 5)),
            ("plane", (10, 9)),
            ("press", (4, 2)),
            ("saw", (1, 1)),
            ("spare", (9, 0)),
        ];
        assert_eq!(counts.features, expected.map(|(name, n)| (name.to_owned(), n)).into());
        assert!(counts.uncounted.contains("probe"));
        assert_eq!((counts.users, counts.queued, counts.reserved), ((11, 15), (1, 1), (1, 5)));
        let no_pid = Some(("SEATKEEPER_LMSTAT_PID", "no"));
        for line in ["-a", "-A", "-S acmed", "-f mill", "-f plane", "-f probe"] {
            let line = format!("lmstat {line}");
            let report = busy.json(line.trim_start_matches("lmstat "));
            monitors::agree(&busy.lmutil(&line, None), &report, true);
            monitors::agree(&busy.lmutil(&line, no_pid), &report, false);
        }
        check_details(&report, &busy.lmutil("lmstat -a", None));
    })
    .await;
}

/// What only `--json` has, and the lines of which there is one.
fn check_details(report: &Value, text: &str) {
    let status = &report["servers"][0]["status"];
    let user = |feature: &str, keeping: &str| {
        let pools = status["pools"].as_array().unwrap().iter().filter(|pool| pool["feature"] == feature);
        let mut users = pools.flat_map(|pool| pool["users"].as_array().unwrap());
        users.find(|user| user["keeping"] == keeping).unwrap().clone()
    };
    let lingers = user("press", "lingering");
    let (left, all) =
        (lingers["kept_remaining_s"].as_i64().unwrap(), lingers["kept_total_s"].as_i64().unwrap());
    assert!(all == 600 && (0..=600).contains(&left), "{lingers}");
    let borrowed = user("mill", "borrowed");
    let total = borrowed["kept_total_s"].as_i64().unwrap();
    assert!((86_300..=86_401).contains(&total) && borrowed["kept_until"].is_string(), "{borrowed}");
    assert_eq!(user("mill", "floating")["address"], "127.0.0.1");
    assert_eq!(status["hosts"][0]["master"], true);
    for (part, n) in [
        (", 2 licenses  (linger: ", 1),
        (" queued for 1 license\n", 1),
        ("\t1 RESERVATION for HOST ws9 (", 1),
        ("\t2 RESERVATIONs for GROUP cad (", 1),
        ("\t3 RESERVATIONs for HOST_GROUP farm (", 1),
        ("  nodelocked license, locked to \"02aa10203099\"\n", 1),
        ("  uncounted nodelocked license, locked to \"02aa10203099\"\n", 1),
        ("Users of saw:  (Total of 1 license issued;  Total of 1 license in use)\n", 1),
        (", 3 licenses, PID: ", 1),
        ("  vendor_string: tier=gold (a) b\n", 1),
    ] {
        assert_eq!(text.matches(part).count(), n, "{part:?} in {text}");
    }
}

/// Debian's `check_flexlm`, as it is; Debian leaves the path of lmstat to be set.
fn check_flexlm(lmstat: &Path, servers: &str) -> Output {
    let plugins = "/usr/lib/nagios/plugins";
    let plugin = format!("{plugins}/check_flexlm");
    assert!(
        Path::new(&plugin).exists(),
        "{plugin} is not there: `cargo xtask test` gets what the tests need"
    );
    let script = "$utils::PATH_TO_LMSTAT = shift; my $plugin = shift; do $plugin; die $@";
    let mut perl = Command::new("perl");
    perl.args([&format!("-I{plugins}"), "-Mutils", "-e", script]).arg(lmstat).args([&plugin, "-F", servers]);
    perl.stdin(Stdio::null()).output().unwrap()
}

#[tokio::test]
async fn debians_check_flexlm_counts_the_servers_as_json_does() {
    let busy = busy().await;
    beside(move || {
        let lmstat = busy.link("lmstat");
        let port = busy.daemon.address.port();
        let one = busy.server();
        let triad = format!("{one},{port}@127.0.0.2,{port}@127.0.0.3");
        for (servers, up, down, status) in
            [(one, 1, 0, 0), (triad, 1, 2, 1), (format!("{port}@127.0.0.2"), 0, 1, 2)]
        {
            let output = check_flexlm(&lmstat, &servers);
            let said = String::from_utf8(output.stdout).unwrap();
            assert!(said.ends_with(&format!("|flexlm::up:{up};down:{down}\n")), "{servers}: {said}");
            assert_eq!(output.status.code(), Some(status), "{servers}: {said}");
            let mut json = Command::new(busy.link("lmutil"));
            let json = json.args(["lmstat", "--json", "-c", &servers]).output().unwrap().stdout;
            let json: Value = serde_json::from_slice(&json).unwrap();
            let hosts = json["servers"][0]["status"]["hosts"].as_array().cloned().unwrap_or_default();
            assert_eq!(hosts.iter().filter(|host| host["up"] == true).count(), up, "{servers}: {json}");
            assert_eq!(
                hosts.iter().filter(|host| host["up"] == false).count(),
                if up == 1 { down } else { 0 }
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_published_agent_reads_features_and_users_as_json_does() {
    let busy = busy().await;
    beside(move || {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/monitor.py");
        let mut command = Command::new(support::python());
        command.arg(script).arg(busy.link("lmutil")).arg(busy.server()).args(FEATURES);
        // It knows the layout of releases before 11.19.
        let output = command.env("SEATKEEPER_LMSTAT_PID", "no").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let read: Value = serde_json::from_slice(&output.stdout).unwrap();
        for feature in FEATURES {
            let report = busy.json(&format!("-f {feature}"));
            let counts = Counts::of_json(&report);
            // It reads a feature's line where both numbers are more than one, and users' lines that end in a count.
            let total = counts.features.get(feature).filter(|(issued, used)| *issued != 1 && *used != 1);
            let total = total
                .map(|(total, used)| serde_json::json!({ "total": total, "used": used, "feature": feature }));
            assert_eq!(read[feature]["total"], Value::from(total), "{feature}: {read}");
            let pools = report["servers"][0]["status"]["pools"].as_array().unwrap();
            let users = pools.iter().flat_map(|pool| pool["users"].as_array().unwrap());
            let several =
                users.filter(|user| user["seats"].as_u64() > Some(1) && user["keeping"] == "floating");
            let uses: Vec<_> = several
                .map(|user| {
                    serde_json::json!({
                        "user_name": user["user"], "lead_host": user["host"], "booked": user["seats"]
                    })
                })
                .collect();
            assert_eq!(read[feature]["uses"], Value::from(uses), "{feature}: {read}");
        }
    })
    .await;
}

#[test]
fn servers_are_named_in_every_way_that_flexnet_knows() {
    let site = Site::with_packs(&[PACK]);
    let daemon = site.start();
    let port = daemon.address.port();
    std::fs::create_dir(site.path("lists")).unwrap();
    let file = format!("SERVER 127.0.0.1 ANY {port}\nVENDOR acmed\nUSE_SERVER\n");
    site.write("lists/a.lic", file.as_bytes());
    let told = |arguments: &[&str], variable: &str, value: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seatkeeper"));
        command.arg("lmstat").args(arguments).current_dir(site.path("")).env_clear().stdin(Stdio::null());
        let output = command.env(variable, value).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), text)
    };
    let (here, gone) = (format!("{port}@127.0.0.1"), "1@127.0.0.1");
    let triad = format!("{gone},{here},{port}@127.0.0.2");
    for (list, hosts, is_detected) in [
        (here.as_str(), 1, true),
        ("lists/a.lic", 1, false),
        ("lists", 1, false),
        (&format!("lists/a.lic:{here}"), 1, true),
        (&format!("{here}:{port}@localhost"), 2, true),
        (&triad, 1, true),
    ] {
        for (arguments, variable, value) in [
            (vec!["-a", "-c", list], "X", ""),
            (vec!["-c", list, "-a"], "LM_LICENSE_FILE", gone),
            (vec!["-a"], "LM_LICENSE_FILE", list),
            (vec!["-a"], "ACMED_LICENSE_FILE", list),
            (vec!["-a"], "SEATKEEPER_LICENSE_FILE", list),
        ] {
            let (status, text) = told(&arguments, variable, value);
            assert_eq!(status, 0, "{arguments:?} {variable}={value}: {text}");
            assert_eq!(text.matches("license server UP (MASTER) v").count(), hosts, "{list}: {text}");
            let between = format!("\n{}\nLicense server status: ", "-".repeat(76));
            assert_eq!(text.matches(&between).count(), hosts - 1, "{list}: {text}");
            let is_named = is_detected || arguments.len() == 1;
            assert_eq!(text.contains("[Detecting lmgrd processes...]\n"), is_named, "{list}: {text}");
        }
    }
    let (status, text) = told(&["-a", "-c", &format!("{here},{port}@localhost,{port}@127.0.0.2")], "X", "");
    let hosts = [
        "license server UP (MASTER) v",
        "localhost: license server UP v",
        "127.0.0.2: Cannot connect to license server system. (-15,570:111 \"Connection refused\")",
    ];
    assert!(status == 0 && hosts.iter().all(|host| text.matches(host).count() == 1), "{text}");
    let (status, text) = told(&["-a", "-c", &format!("{gone}:{here}")], "X", "");
    assert_eq!((status, text.matches("Error getting status: ").count()), (241, 1), "{text}");
    let (status, text) = told(&["-v"], "X", "");
    let version = text.lines().nth(1).unwrap();
    assert!(status == 0 && version.starts_with("lmstat v0.") && version.contains(" build 0 "), "{text}");
}
