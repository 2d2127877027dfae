//! `support-bundle`: what a vendor's support asks for, in one file that may be mailed.
//!
//! ```text
//!  daemon (status, events, info) ─┐                        ┌─▶ README.txt
//!  configuration, licenses, rules ┼─▶ scope ─▶ hide ─▶ parts ┤              ─▶ secrets ─▶ tar.gz
//!  machine, checks ───────────────┘                        └─▶ …
//! ```
//!
//! No secret is in it: each part is made of what is known to be harmless (names, numbers, rules in their
//! one spelling), and never of a file's own text. Then all of it is looked through for secrets once more.

mod archive;
mod files;
mod findings;
mod heading;
mod hide;
mod host;
mod machine;
mod scope;
mod secrets;

use std::path::{Path, PathBuf};

use daemon::Config;
use jiff::Timestamp;
use names::{Code, ConfigId};
use proto::v1;

use crate::args::SupportBundleArgs;
use crate::fail::Failure;
use crate::files::Make;
use crate::licenses::Set;
use crate::{events, lmstat, out};
use archive::{PART_MAX, Part, WHOLE_MAX};
use heading::Heading;
use hide::Hider;
use scope::Scope;
use secrets::Secrets;

/// Where a daemon's administrator is asked when nothing else is known.
const SOCKET: &str = "/run/seatkeeper/admin.sock";

/// What is being put together.
struct Bundle {
    scope: Scope,
    hider: Hider,
    heading: Heading,
    parts: Vec<Part>,
    /// What is not in it, or not whole, and why.
    missing: Vec<(String, String)>,
}

/// Makes the bundle.
pub(crate) async fn support_bundle(args: SupportBundleArgs) -> Result<u8, Failure> {
    if let Some(config) = &args.config_id {
        ConfigId::new(config).map_err(|invalid| {
            let message = format!("--config-id {:?}: {invalid}", client::shown(config, 80));
            Failure::new(Code::BadParameter, message, "`seatkeeper lmstat -a` shows the configurations")
        })?;
    }
    let now = Timestamp::now();
    let path = args.out.clone().unwrap_or_else(|| {
        PathBuf::from(now.strftime("seatkeeper-support-%Y%m%d-%H%M%S.tar.gz").to_string())
    });
    let mut bundle = Bundle {
        scope: Scope::new(args.config_id.as_deref()),
        hider: Hider::new(args.hide_users),
        heading: Heading::default(),
        parts: Vec::new(),
        missing: Vec::new(),
    };
    let config = Config::read(&args.config);
    Box::pin(bundle.gather(&args, config.as_ref())).await?;
    let secrets = Secrets::known(&folders(&args.config, config.as_ref().ok()));
    let parts = bundle.finish(&secrets, now);
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let packed =
        archive::pack(&parts, seconds).map_err(|error| Failure::system("cannot pack the bundle", &error))?;
    crate::files::write(&path, &packed, Make::Secret)?;
    let mut said = format!(
        "{}: {} files, {} bytes\n",
        client::shown(&path.display().to_string(), 500),
        parts.len(),
        packed.len()
    );
    for (what, why) in &bundle.missing {
        said.push_str(&format!("not in it: {what}: {}\n", client::shown(why, 1000)));
    }
    out::print(&said)?;
    Ok(0)
}

/// Folders that may have secrets beside what is read.
fn folders(path: &Path, config: Option<&Config>) -> Vec<PathBuf> {
    let of = |path: &Path| if path.is_dir() { path.to_owned() } else { path.with_file_name("") };
    let mut folders = vec![of(path)];
    if let Some(config) = config {
        folders.push(config.state_folder.clone());
        folders.extend(config.licenses.iter().chain(config.options.values()).map(|path| of(path)));
    }
    // A bare name is in this folder.
    folders
        .iter()
        .map(|folder| if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder.clone() })
        .collect()
}

impl Bundle {
    async fn gather(
        &mut self,
        args: &SupportBundleArgs,
        config: Result<&Config, &daemon::ConfigError>,
    ) -> Result<(), Failure> {
        let known = config.ok();
        if let Err(error) = config {
            let why = findings::unquoted(&error.to_string());
            self.missing.push(("configuration".into(), why));
        }
        let socket = args.socket.clone().or_else(|| known.map(|config| config.admin_socket.clone()));
        let told = host::ask(&socket.unwrap_or_else(|| SOCKET.into())).await;
        let told = self.or_missing("daemon.json, events.jsonl", told);
        let servers = host::addresses(told.as_ref(), known.map(|config| config.listen));
        let clock = self.status(&servers).await?;
        let set = known.and_then(|config| self.licenses(config, &args.config));
        if let (Some(config), Some(set)) = (known, &set) {
            self.options(config, set);
        }
        if let Some(told) = told {
            self.told(told)?;
        }
        self.configuration(&args.config).await;
        let state = known.map(|config| config.state_folder.clone());
        let mut checks = machine::check(&args.config).await;
        if self.hider.is_on() {
            // It names files by their whole paths.
            let shown = self.hider.path(&args.config.display().to_string());
            checks = checks.lines().map(|line| pathless(line) + "\n").collect();
            checks.push_str(&format!("(of {shown})\n"));
        }
        if let Some(set) = &set {
            checks.push_str("\nlicense check\n");
            checks.push_str(&files::check(set, &mut self.hider));
        }
        checks.push('\n');
        checks.push_str(&machine::ports(&servers, &mut self.hider));
        checks.push_str(&machine::clock(clock));
        if let Some(state) = &state {
            checks.push_str(&machine::state_folder(state, &mut self.hider));
        }
        self.put(
            "checks.txt",
            "what was checked: configuration, licenses, ports, clock, disk, files",
            checks,
        );
        let versions = machine::versions(state.as_deref()).await;
        self.put("versions.txt", "programs, kernel, systemd, file system", versions);
        Ok(())
    }

    fn put(&mut self, name: &str, about: &'static str, text: impl Into<String>) {
        self.parts.push(Part::new(name, about, text));
    }

    fn or_missing<T>(&mut self, what: &str, found: Result<T, String>) -> Option<T> {
        found.map_err(|why| self.missing.push((what.to_owned(), why))).ok()
    }

    /// Who has which seats. Gives the daemon's clock.
    async fn status(&mut self, servers: &[client::Server]) -> Result<Option<i64>, Failure> {
        let what = "status.json, status.txt";
        if servers.is_empty() {
            self.missing.push((
                what.into(),
                "neither the daemon nor a configuration says where clients are served".into(),
            ));
            return Ok(None);
        }
        let (server, mut reply) = match host::status(servers).await {
            Ok(found) => found,
            Err(error) => {
                self.missing.push((what.into(), self.failed(&error)));
                return Ok(None);
            }
        };
        let clock = reply.now_ms;
        self.scope.status(&mut reply);
        self.heading.status(&reply);
        self.hider.status(&mut reply);
        // With names hidden, the server is where this bundle is made, and has no other name.
        let server = if self.hider.is_on() {
            client::Server::new("localhost", server.port()).unwrap_or(server)
        } else {
            server
        };
        let (json, text) = lmstat::both(server, reply)?;
        self.put("status.json", "who has which seats: lmstat --json", json);
        self.put("status.txt", "the same as lmstat -a shows it", text);
        Ok(Some(clock))
    }

    /// Why a server was not reached; with names hidden, without where it is.
    fn failed(&self, error: &client::Error) -> String {
        if self.hider.is_on() { error.code().to_string() } else { error.to_string() }
    }

    fn licenses(&mut self, config: &Config, path: &Path) -> Option<Set> {
        let set = files::licenses(config, path).map_err(|failure| findings::unquoted(&failure.text()));
        let set = self.or_missing("entitlements.json", set)?;
        for line in &set.loaded.entitlements {
            self.scope.knows(&line.config.to_string(), line.feature.as_str());
        }
        self.heading.licenses(&set, &self.scope);
        let shown = files::entitlements(&set, &self.scope, &mut self.hider).map_err(|failure| failure.text());
        if let Some(shown) = self.or_missing("entitlements.json", shown) {
            self.put("entitlements.json", "what the license files give: license show --json", shown);
        }
        Some(set)
    }

    fn options(&mut self, config: &Config, set: &Set) {
        for vendor in files::vendors(config) {
            let Some(path) = files::options_path(&vendor, config, set) else { continue };
            let name = format!("options/{vendor}.txt");
            let shown = files::options(&vendor, &path, set, &self.scope, &mut self.hider);
            let shown = shown.map_err(|failure| findings::unquoted(&failure.text()));
            if let Some(shown) = self.or_missing(&name, shown) {
                self.put(&name, "the rules of an options file, and what is wrong with it", shown);
            }
        }
    }

    fn told(&mut self, told: host::Told) -> Result<(), Failure> {
        let info = host::info(&told.info, &mut self.hider);
        self.put("daemon.json", "what the daemon says of itself", info);
        let Some(mut events) = self.or_missing("events.jsonl", told.events) else { return Ok(()) };
        events.retain(|event| self.scope.has_event(event));
        for event in &mut events {
            self.hider.event(event);
        }
        let shown = events::json(&v1::EventsPart { version: 1, events, gap: None })?;
        self.put("events.jsonl", "what happened of late: events --json", shown);
        Ok(())
    }

    async fn configuration(&mut self, path: &Path) {
        let text = match machine::printed(path).await {
            Some(printed) => Ok(printed),
            // As it stands in the file; the daemon's program would add the defaults.
            None => std::fs::read_to_string(path).map_err(|error| error.to_string()),
        };
        let shown = text.and_then(|text| files::configuration(&text, &mut self.hider));
        if let Some(shown) = self.or_missing("configuration.toml", shown) {
            self.put("configuration.toml", "the configuration, as seatkeeperd --print-config has it", shown);
        }
    }

    /// The parts, the heading first, within their bounds and without anything that looks like a secret.
    fn finish(&mut self, secrets: &Secrets, now: Timestamp) -> Vec<Part> {
        if let Some(config) = self.scope.config().filter(|config| !self.heading.has(config)) {
            let why = "nothing that could be read knows it; `seatkeeper lmstat -a` shows the configurations";
            self.missing.push((format!("configuration {}", client::shown(config, 80)), why.to_owned()));
        }
        let mut parts = std::mem::take(&mut self.parts);
        let mut room = WHOLE_MAX;
        for part in &mut parts {
            let (text, gone) = secrets.clean(&part.text);
            part.text = text;
            if gone > 0 {
                let why = format!("{gone} lines are left out: they look like secrets");
                self.missing.push((part.name.clone(), why));
            }
            if let Some(bytes) = part.cut(PART_MAX.min(room)) {
                self.missing.push((part.name.clone(), format!("it is too long: {bytes} bytes are cut off")));
            }
            room = room.saturating_sub(part.text.len());
        }
        parts.sort_by(|a, b| a.name.cmp(&b.name));
        for (_, why) in &mut self.missing {
            *why = if self.hider.is_on() { pathless(&secrets.clean(why).0) } else { secrets.clean(why).0 };
        }
        let made = now.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        let heading = self.heading.text(&made, &self.scope, self.hider.is_on(), &parts, &self.missing);
        parts.insert(0, Part::new("README.txt", "this", secrets.clean(&heading).0));
        parts
    }
}

/// A line with the names of files, not their whole paths.
fn pathless(line: &str) -> String {
    let short = |word: &str| match word.rsplit_once('/') {
        Some((folder, name)) if folder.starts_with(['/', '.', '~']) || folder.contains('/') => {
            format!(".../{name}")
        }
        _ => word.to_owned(),
    };
    line.split(' ').map(short).collect::<Vec<_>>().join(" ")
}
