//! `seatkeeper demo`: the main job as a short story, with everything real: keys, packs, a daemon on
//! a free port, its state on disk, and clients that are workstations.

mod desk;

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use clap::Parser as _;
use client::{
    CheckoutOptions, Client, Error, Identity, Login, Options, Seat, Servers, TokenFolder, TrustPolicy,
};
use license::{SecretKey, SignOptions, Source};
use names::{CpuId, PackNumber, Vendor, Word};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::args::{Cli, Command};
use crate::lmstat;

/// The session time-out of the demo: a workstation that dies is noticed while one watches.
const TIMEOUT_MS: u64 = 2_000;
const GRACE_MS: u64 = 500;
const HOLD_MS: u64 = 1_000;
const VENDOR: &str = "acmed";

/// The packs that the vendor signs, as in `examples/packs`.
const PACKS: [(&str, &str, &str); 3] = [
    ("f1.lic", "F1", include_str!("../../../examples/packs/f1-floating.lic")),
    ("f3.lic", "F3", include_str!("../../../examples/packs/f3-package.lic")),
    ("l3.lic", "L3", include_str!("../../../examples/packs/l3-locked-small.lic")),
];
/// The workstation that the locked pack is for.
const LOCKED_TO: &str = "02aa10200031";

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Tells the story; then serves until Ctrl-C, unless it is told `once`.
pub(crate) fn run(once: bool) -> Result<(), Failed> {
    let scratch = tempfile::Builder::new().prefix("seatkeeper-demo-").tempdir()?;
    let site = Site::make(scratch.path())?;
    let daemon = daemon::start(site.config()?, true)?;
    let port = daemon.address().port();
    say(&format!("The license host serves on 127.0.0.1:{port}, one daemon, one port.\n"));

    let runtime = runtime()?;
    let told = runtime.block_on(async {
        let mut working = story(&site, port).await?;
        working.push(desk::story(&site, &daemon).await?);
        list(port).await?;
        if !once {
            let stop_asked = daemon.stop_asked();
            tokio::select! {
                served = serve_on(&site, &daemon) => served?,
                () = stop_asked.cancelled() => {}
            }
        }
        for Working { client, _seat: seat } in working {
            drop(seat);
            client.close().await?;
        }
        Ok::<_, Failed>(())
    });
    daemon.stop()?;
    told?;
    say("The license host has stopped; its scratch folder is removed.");
    Ok(())
}

fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

#[expect(clippy::print_stdout, reason = "the story is the command's output")]
fn say(text: &str) {
    println!("{text}");
}

/// The vendor's and the license host's side, in a scratch folder.
#[derive(Clone)]
struct Site {
    folder: PathBuf,
    vendor_key: String,
    /// The license host's id.
    host: String,
}

impl Site {
    fn make(folder: &Path) -> Result<Self, Failed> {
        say("The vendor makes a key. Applications carry its public half; the license host trusts it.");
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|e| e.to_string())?;
        let key = SecretKey::for_vendor(Vendor::new(VENDOR)?, seed);
        say(&format!("  public key {}", key.public()));
        let private = || std::fs::OpenOptions::new();
        private()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(folder.join("acmed.key"))?
            .write_all(key.to_text().as_bytes())?;

        let mut host_ids = daemon::host_ids();
        if host_ids.is_empty() {
            host_ids.push(CpuId::new("ID=1")?);
        }
        let made = daemon::init(&folder.join("state"), false, &host_ids)?;
        let host = made.host_ids.first().ok_or("no host id")?.clone();
        say(&format!("The license host {host} makes its state folder and a key of its own.\n"));

        std::fs::create_dir(folder.join("licenses"))?;
        say("The vendor signs three license packs for it:");
        for (file, number, text) in PACKS {
            let options = SignOptions {
                host_key: Some(made.host_key.clone()),
                host_ids: Some(vec![host.clone()]),
                ..SignOptions::new(PackNumber::new(number)?)
            };
            let source = Source { name: file.into(), bytes: text.into() };
            let signed = license::sign_pack(&source, &key, &options).map_err(|diagnostics| {
                let shown: Vec<_> =
                    diagnostics.iter().map(|d| d.render(std::slice::from_ref(&source))).collect();
                shown.join("\n")
            })?;
            std::fs::write(folder.join("licenses").join(file), signed)?;
        }
        say("  F1  ten floating PROENGINEER, configuration 11470");
        say("  F3  ten packages of four products: configurations 2290, 2291, 2293, 2294");
        say(&format!("  L3  two products locked to workstation {LOCKED_TO}: 17349, 17357"));
        Ok(Self { folder: folder.into(), vendor_key: key.public().to_string(), host: host.to_string() })
    }

    fn config(&self) -> Result<daemon::Config, Failed> {
        let path = |name: &str| toml::Value::from(self.folder.join(name).display().to_string()).to_string();
        let text = format!(
            "listen = \"127.0.0.1:0\"\nadmin_socket = {}\nstate_folder = {}\nlicenses = [{}]\n\n[[vendor]]\nname = \
             \"{VENDOR}\"\nkeys = [\"{}\"]\n\n[session]\ntimeout_ms = {TIMEOUT_MS}\ngrace_ms = {GRACE_MS}\nhold_ms = \
             {HOLD_MS}\n\n[desk]\nrole = \"both\"\nvendor = \"{VENDOR}\"\nkey = {}\nsupport = \
             \"support@example.net\"\n\n[console]\nlisten = \"127.0.0.1:0\"\n",
            path("admin.sock"),
            path("state"),
            path("licenses"),
            self.vendor_key,
            path("acmed.key"),
        );
        let file = self.folder.join("seatkeeperd.toml");
        std::fs::write(&file, &text)?;
        Ok(daemon::Config::parse(&file.display().to_string(), &text)?)
    }

    /// Who works at a workstation.
    fn identity(&self, user: &str, n: usize, cpu: Option<&str>) -> Result<Identity, Failed> {
        Ok(Identity {
            user: Word::new("a user", user)?,
            host: Word::new("a host", &format!("ws{n:02}"))?,
            display: Word::new("a display", ":0")?,
            application: Word::new("an application", "cad")?,
            cpu_id: Some(CpuId::new(cpu.unwrap_or(&format!("02aa102001{n:02}")))?),
            ..Identity::of_this_process()
        })
    }

    /// Their application.
    async fn connect(&self, port: u16, identity: Identity, logins: Vec<Login>) -> Result<Client, Failed> {
        let mut options = Options::new(TrustPolicy::vendor(VENDOR, &self.vendor_key)?);
        options.identity = identity;
        options.tokens = TokenFolder::Nowhere;
        options.logins = logins;
        Ok(Client::connect(&Servers::from_list(&format!("{port}@127.0.0.1"), "demo")?, options).await?)
    }

    /// A workstation's application.
    async fn workstation(&self, port: u16, n: usize, cpu: Option<&str>) -> Result<Client, Failed> {
        self.connect(port, self.identity(&format!("designer{n}"), n, cpu)?, Vec::new()).await
    }

    /// A workstation's application with a seat.
    async fn take(
        &self,
        port: u16,
        n: usize,
        cpu: Option<&str>,
        ask: CheckoutOptions,
    ) -> Result<Working, Failed> {
        let client = self.workstation(port, n, cpu).await?;
        let seat = client.checkout(ask).await?;
        Ok(Working { client, _seat: seat })
    }
}

/// A request for one seat of a configuration.
fn of(feature: &str, config: &str) -> CheckoutOptions {
    CheckoutOptions::new(feature, "20.0").config(config)
}

/// A workstation that can die: its application has a thread and a runtime of its own, which stop at
/// once, without a word to the license host.
struct Mortal {
    die: oneshot::Sender<()>,
    thread: JoinHandle<Result<(), Failed>>,
}

impl Mortal {
    /// Starts it, and returns when it holds a seat.
    async fn start(site: &Site, port: u16) -> Result<Self, Failed> {
        let (die, dies) = oneshot::channel();
        let (holds, held) = oneshot::channel();
        let site = site.clone();
        let thread = std::thread::spawn(move || {
            runtime()?.block_on(async {
                let client = site.workstation(port, 1, None).await?;
                let seat = client.checkout(of("PROENGINEER", "11470")).await?;
                let _ = holds.send(());
                let _ = dies.await;
                // A dead process checks nothing in.
                std::mem::forget((seat, client));
                Ok(())
            })
        });
        if held.await.is_err() {
            return Err(thread
                .join()
                .map_err(|_| "a workstation's thread panicked")?
                .err()
                .unwrap_or("it ended".into()));
        }
        Ok(Self { die, thread })
    }

    fn die(self) -> Result<(), Failed> {
        let _ = self.die.send(());
        self.thread.join().map_err(|_| "a workstation's thread panicked")?
    }
}

/// A workstation with its seat.
struct Working {
    client: Client,
    _seat: Seat,
}

async fn story(site: &Site, port: u16) -> Result<Vec<Working>, Failed> {
    say("Ten workstations check out PROENGINEER of configuration 11470, to the last seat.");
    let mortal = Mortal::start(site, port).await?;
    let mut working = Vec::new();
    for n in 2..=10 {
        working.push(site.take(port, n, None, of("PROENGINEER", "11470")).await?);
    }

    say("The eleventh is denied:");
    let eleventh = site.workstation(port, 11, None).await?;
    match eleventh.checkout(of("PROENGINEER", "11470")).await {
        Err(denied) => say(&format!("  {denied}")),
        Ok(_) => return Err("an eleventh seat of ten was granted".into()),
    }
    let seat = eleventh.checkout(CheckoutOptions::new("PROENGINEER", "20.0")).await?;
    say(&format!(
        "It asks without naming a configuration, and gets a seat of the next pool: configuration {}.",
        seat.pool().config()
    ));
    working.push(Working { client: eleventh, _seat: seat });

    say(&format!("\nPRODESIGNER is locked. Workstation {LOCKED_TO} gets its seat; another is denied:"));
    working.push(site.take(port, 31, Some(LOCKED_TO), of("PRODESIGNER", "17357")).await?);
    let other = site.workstation(port, 12, None).await?;
    match other.checkout(of("PRODESIGNER", "17357")).await {
        Err(denied) => say(&format!("  {denied}")),
        Ok(_) => return Err("a locked seat was granted to another workstation".into()),
    }

    say("\nWorkstation ws01 dies without checking in. Until its time-out and hold have passed its seat");
    say("is not given to anybody: it might come back.");
    mortal.die()?;
    let died = Instant::now();
    let seat = loop {
        match other.checkout(of("PROENGINEER", "11470")).await {
            Ok(seat) => break seat,
            Err(Error::Denied { .. })
                if died.elapsed() < Duration::from_millis(4 * (TIMEOUT_MS + HOLD_MS)) =>
            {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(e) => return Err(e.into()),
        }
    };
    say(&format!(
        "After {:.1} s (time-out {} s, hold {} s) the seat is reclaimed, and ws12 has it.",
        died.elapsed().as_secs_f64(),
        TIMEOUT_MS as f64 / 1000.0,
        HOLD_MS as f64 / 1000.0
    ));
    working.push(Working { client: other, _seat: seat });
    Ok(working)
}

/// What `lmstat` says at the end.
async fn list(port: u16) -> Result<(), Failed> {
    let at = format!("{port}@127.0.0.1");
    say(&format!("\n$ seatkeeper lmstat -a -c {at}"));
    if let Command::Lmstat(args) = Cli::try_parse_from(["seatkeeper", "lmstat", "-a", "-c", &at])?.command {
        lmstat::lmstat(args).await.map_err(|_| "lmstat failed")?;
    }
    Ok(())
}

async fn serve_on(site: &Site, daemon: &daemon::Running) -> Result<(), Failed> {
    let port = daemon.address().port();
    let me = std::env::current_exe()?;
    let me = me.display();
    say(&format!(
        "\nThe license host serves until Ctrl-C. Try it from another terminal:\n\n  \
         export SEATKEEPER_LICENSE_FILE={port}@127.0.0.1 SEATKEEPER_KEY={VENDOR}={}\n  \
         {me} lmstat -a\n  \
         {me} checkout PROPDM\n  \
         {me} run PROFLYTHROUGH -- sh -c 'echo working; sleep 5'\n  \
         {me} checkout PRODESIGNER\n\n\
         Its configuration, packs and state are in {}.",
        site.vendor_key,
        site.folder.display()
    ));
    if let (Some(at), Some(token)) = (daemon.console(), daemon.set_up_token()) {
        say(&format!(
            "The console is at http://{at}/set-up; its first administrator is whoever has the token\n  {token}"
        ));
    }
    tokio::signal::ctrl_c().await?;
    Ok(())
}
