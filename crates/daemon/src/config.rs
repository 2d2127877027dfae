//! Configuration: one TOML file, every key known, every value checked before a socket opens.

mod desk;
mod log;
mod raw;
mod remind;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use history::usage;
use license::{PublicKey, Revocation, RevokedKey, Trust, TrustedKey};
use names::{CpuId, Millis, Vendor, limits};
use service::Settings;
use toml::Spanned;

pub(crate) use self::desk::read_key;
pub use self::desk::{ConsoleConfig, DeskConfig};
pub(crate) use self::log::DebugLogConfig;
use self::raw::{RawConfig, RawHistory, RawMetrics, RawSession, RawVendor};
pub use self::remind::{MailConfig, MailTls, WebhookConfig};
pub(crate) use self::remind::{Target, read_secret, sender};

/// What is wrong with a configuration, and where.
#[derive(Debug, thiserror::Error)]
#[error("{file}:{place}error: {message}\n  help: {remedy}")]
pub struct ConfigError {
    file: String,
    /// `line:column: `, or nothing for the whole file.
    place: String,
    message: String,
    remedy: String,
}

/// Where clients are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// The address.
    pub address: IpAddr,
    /// The port; without one, SERVER's, then the first free of 27000 to 27009. 0: any free port.
    pub port: Option<u16>,
}

/// A configuration that has been checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where clients are served.
    pub listen: Listen,
    /// Where administrators are.
    pub admin_socket: PathBuf,
    /// Where the seats are kept.
    pub state_folder: PathBuf,
    /// License files, and folders of `*.lic`.
    pub licenses: Vec<PathBuf>,
    /// Whether one bad line refuses a whole pack.
    pub strict: bool,
    /// What this machine is; empty: its network interfaces say.
    pub host_ids: Vec<CpuId>,
    /// What is logged.
    pub log: String,
    /// The vendors' keys, and which of them are revoked.
    pub trust: Trust,
    /// The vendors' options files, as far as they are named here.
    pub options: BTreeMap<Vendor, PathBuf>,
    /// How long sessions live, and how many a host may have.
    pub settings: Settings,
    /// Connections at once.
    pub connections: usize,
    /// Streams of one connection at once.
    pub streams_per_connection: u32,
    /// Bytes kept for clients that do not take their answers, before they are cut.
    pub buffered: usize,
    /// How long the drain waits for clients to leave.
    pub drain: Millis,
    /// Where metrics are served, if they are.
    pub metrics: Option<SocketAddr>,
    /// The debug log.
    pub debug_log: DebugLogConfig,
    /// Years that the files of the audit chain are kept.
    pub audit_years: u32,
    /// How the usage history is written.
    pub history: usage::Settings,
    /// The license desk, where there is one.
    pub desk: Option<DeskConfig>,
    /// The web console, where it is served.
    pub console: Option<ConsoleConfig>,
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place and remedy.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let whole = |message: String, remedy: &str| ConfigError {
            file: path.display().to_string(),
            place: " ".into(),
            message,
            remedy: remedy.into(),
        };
        let size = std::fs::metadata(path).map_err(|e| {
            whole(format!("cannot be read: {e}"), "give the configuration file with --config")
        })?;
        if !size.is_file() || size.len() > limits::CONFIG_BYTES_MAX as u64 {
            return Err(whole("it is no file, or has more than 1 MiB".into(), "give a configuration file"));
        }
        let text = std::fs::read_to_string(path)
            .map_err(|e| whole(format!("cannot be read: {e}"), "it must be UTF-8 text in TOML"))?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Checks the text of a file. `file` names it in errors.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place and remedy.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        let at = Places { file, text };
        let raw: RawConfig = toml::from_str(text).map_err(|e| {
            let remedy = "every key is explained in the seatkeeperd.toml that is shipped in config/";
            at.error(e.span(), e.message().replace('\n', ", "), remedy)
        })?;
        let listen = at.listen(&raw)?;
        let metrics = at.metrics(&raw.metrics, &listen)?;
        let trust = at.trust(&raw.vendor)?;
        let host_ids = raw
            .host_ids
            .iter()
            .map(|id| at.checked(id, CpuId::new(id.get_ref())))
            .collect::<Result<_, _>>()?;
        at.log(&raw.log)?;
        let debug_log = at.debug_log(&raw.debug_log)?;
        let options = at.options(&raw.vendor)?;
        let desk = raw.desk.as_ref().map(|desk| at.desk(desk, &trust)).transpose()?;
        let console = raw.console.as_ref();
        let console =
            console.map(|console| at.console(console, desk.is_some(), (&listen, metrics))).transpose()?;
        Ok(Self {
            options,
            listen,
            metrics,
            debug_log,
            audit_years: at.number(&raw.audit.keep_years, 1, 1_000)?,
            history: at.history(&raw.history, &raw.state_folder)?,
            host_ids,
            trust,
            settings: at.settings(&raw.session)?.with_sessions_per_host(at.number(
                &raw.limits.sessions_per_host,
                1,
                limits::SESSIONS_MAX as u64,
            )?),
            connections: at.number(&raw.limits.connections, 1, 1_000_000)?,
            streams_per_connection: at.number(&raw.limits.streams_per_connection, 1, 4_096)?,
            buffered: at.number::<usize>(&raw.limits.buffered_mib, 1, 65_536)? * 1024 * 1024,
            drain: Millis(at.number(&raw.limits.drain_ms, 0, 600_000)?),
            log: raw.log.into_inner(),
            strict: raw.strict,
            licenses: at.licenses(raw.licenses, desk.as_ref())?,
            desk,
            console,
            state_folder: raw.state_folder,
            admin_socket: raw.admin_socket,
        })
    }
}

/// The effective configuration of a file as TOML, with every key.
///
/// # Errors
/// As [`Config::parse`].
pub(crate) fn print(file: &str, text: &str) -> Result<String, ConfigError> {
    Config::parse(file, text)?;
    let at = Places { file, text };
    let raw: RawConfig =
        toml::from_str(text).map_err(|e| at.error(e.span(), e.message().to_owned(), "mend the file"))?;
    toml::to_string(&raw).map_err(|e| at.error(None, e.to_string(), "mend the file"))
}

/// Turns spans into places.
struct Places<'a> {
    file: &'a str,
    text: &'a str,
}

impl Places<'_> {
    fn error(
        &self,
        span: Option<Range<usize>>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> ConfigError {
        let place = span.map_or_else(
            || " ".to_owned(),
            |span| {
                let before = self.text.get(..span.start).unwrap_or("");
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
                format!("{line}:{column}: ")
            },
        );
        ConfigError { file: self.file.into(), place, message: message.into(), remedy: remedy.into() }
    }

    fn checked<T>(
        &self,
        at: &Spanned<String>,
        value: Result<T, impl std::fmt::Display>,
    ) -> Result<T, ConfigError> {
        value.map_err(|e| self.error(Some(at.span()), format!("{:?}: {e}", at.get_ref()), "mend the value"))
    }

    fn number<T: TryFrom<u64>>(&self, at: &Spanned<u64>, min: u64, max: u64) -> Result<T, ConfigError> {
        let n = *at.get_ref();
        let fits = (min..=max).contains(&n).then(|| T::try_from(n).ok()).flatten();
        fits.ok_or_else(|| {
            self.error(
                Some(at.span()),
                format!("{n} is too small or too large"),
                format!("give {min} to {max}"),
            )
        })
    }

    fn listen(&self, raw: &RawConfig) -> Result<Listen, ConfigError> {
        let Some(listen) = &raw.listen else {
            return Ok(Listen { address: IpAddr::from([127, 0, 0, 1]), port: None });
        };
        let text = listen.get_ref();
        let parsed = text
            .parse::<SocketAddr>()
            .map(|a| Listen { address: a.ip(), port: Some(a.port()) })
            .or_else(|_| text.parse::<IpAddr>().map(|address| Listen { address, port: None }));
        let parsed = parsed.map_err(|_| {
            let remedy =
                "write an address, such as 127.0.0.1 or [::1], with :PORT if it shall have a fixed port";
            self.error(Some(listen.span()), format!("{text:?} is no address"), remedy)
        })?;
        if !parsed.address.is_loopback() && !raw.insecure_plaintext {
            return Err(self.error(
                Some(listen.span()),
                format!("{text} is beyond this machine, and clients are served without encryption"),
                "listen on 127.0.0.1, or accept that with insecure_plaintext = true",
            ));
        }
        Ok(parsed)
    }

    fn metrics(&self, raw: &RawMetrics, clients: &Listen) -> Result<Option<SocketAddr>, ConfigError> {
        let Some(listen) = &raw.listen else { return Ok(None) };
        let text = listen.get_ref();
        let address: SocketAddr = text.parse().map_err(|_| {
            let remedy = "write an address and a port, such as 127.0.0.1:27090 or [::1]:27090";
            self.error(Some(listen.span()), format!("{text:?} is no address with a port"), remedy)
        })?;
        if !address.ip().is_loopback() && !raw.insecure_plaintext {
            return Err(self.error(
                Some(listen.span()),
                format!(
                    "{text} is beyond this machine, and metrics are served to everybody, without encryption"
                ),
                "listen on 127.0.0.1, or accept that with insecure_plaintext = true in [metrics]",
            ));
        }
        if address.port() != 0 && clients.port == Some(address.port()) && clients.address == address.ip() {
            let remedy = "give metrics a port of their own, such as 27090";
            return Err(self.error(Some(listen.span()), format!("clients are served at {text}"), remedy));
        }
        Ok(Some(address))
    }

    fn history(&self, raw: &RawHistory, state_folder: &Path) -> Result<usage::Settings, ConfigError> {
        let mib: u64 = self.number(&raw.keep_mib, 1, 1 << 30)?;
        let days = self.number(&raw.keep_days, 1, 36_500)?;
        Ok(usage::Settings {
            folder: raw.folder.clone().unwrap_or_else(|| state_folder.join("history")),
            seal: Duration::from_millis(self.number(&raw.seal_ms, 100, 3_600_000)?),
            bounds: usage::Bounds { days, bytes: mib * 1024 * 1024 },
            warn: |text| tracing::warn!("{text}"),
        })
    }

    fn trust(&self, vendors: &[RawVendor]) -> Result<Trust, ConfigError> {
        let (mut keys, mut revoked) = (Vec::new(), Vec::new());
        for raw in vendors {
            let vendor = self.checked(&raw.name, Vendor::new(raw.name.get_ref()))?;
            if raw.keys.is_empty() {
                let remedy = "give at least one: `seatkeeper issue keygen` shows a vendor's public key";
                return Err(self.error(
                    Some(raw.name.span()),
                    format!("the vendor {vendor} has no key"),
                    remedy,
                ));
            }
            for key in &raw.keys {
                let parsed = self.checked(key, key.get_ref().parse::<PublicKey>())?;
                keys.push(TrustedKey { vendor: vendor.clone(), key: parsed });
            }
            for key in &raw.revoked {
                let parsed: RevokedKey = key.get_ref().parse().map_err(|e| {
                    let message = format!("revoked key {:?}: {e}", key.get_ref());
                    let remedy = "write the whole public key, or its id as `seatkeeper issue keyid` shows it";
                    self.error(Some(key.span()), message, remedy)
                })?;
                revoked.push(Revocation { vendor: Some(vendor.clone()), key: parsed });
            }
        }
        if keys.is_empty() {
            let remedy =
                "add [[vendor]] with name and keys: `seatkeeper issue keygen` shows a vendor's public key";
            return Err(self.error(
                None,
                "no vendor's key is trusted, so no license could be served",
                remedy,
            ));
        }
        Ok(Trust::new(keys).with_revoked(revoked))
    }

    fn options(&self, vendors: &[RawVendor]) -> Result<BTreeMap<Vendor, PathBuf>, ConfigError> {
        let mut options = BTreeMap::new();
        for raw in vendors {
            let Some(path) = &raw.options else { continue };
            let vendor = self.checked(&raw.name, Vendor::new(raw.name.get_ref()))?;
            if options.insert(vendor.clone(), path.clone()).is_some_and(|old| old != *path) {
                let message = format!("the vendor {vendor} has two options files");
                return Err(self.error(Some(raw.name.span()), message, "give one, in one [[vendor]] table"));
            }
        }
        Ok(options)
    }

    fn licenses(&self, paths: Vec<PathBuf>, desk: Option<&DeskConfig>) -> Result<Vec<PathBuf>, ConfigError> {
        // A vendor's desk that is no site's serves no seats.
        if paths.is_empty() && desk.is_none_or(|desk| desk.role.is_site()) {
            let remedy = "give license files, or folders with *.lic files";
            return Err(self.error(None, "`licenses` is empty: there would be nothing to serve", remedy));
        }
        Ok(paths)
    }

    fn settings(&self, raw: &RawSession) -> Result<Settings, ConfigError> {
        let ms = |at: &Spanned<u64>| Millis(*at.get_ref());
        Settings::new(ms(&raw.timeout_ms), ms(&raw.grace_ms), ms(&raw.hold_ms)).map_err(|e| {
            let at = match e {
                service::SettingsError::Timeout => &raw.timeout_ms,
                service::SettingsError::Hold { .. } => &raw.hold_ms,
            };
            let span = Some(at.span()).filter(|span| !span.is_empty());
            self.error(span, e.to_string(), "change [session] timeout_ms, grace_ms or hold_ms")
        })
    }

    fn log(&self, log: &Spanned<String>) -> Result<(), ConfigError> {
        crate::log::check(log.get_ref()).map_err(|e| {
            self.error(
                Some(log.span()),
                e,
                "write error, warn, info, debug or trace, or filters such as daemon=debug,info",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
state_folder = "/s"
licenses = ["/l"]
[[vendor]]
name = "acmed"
keys = ["KEY"]
"#;

    fn good() -> String {
        let key = license::SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [7; 32]).public().to_string();
        GOOD.replace("KEY", &key)
    }

    fn vendor_table() -> String {
        let good = good();
        good.get(good.find("[[vendor]]").unwrap()..).unwrap().to_owned()
    }

    fn error(text: &str) -> String {
        Config::parse("c.toml", text).unwrap_err().to_string()
    }

    #[test]
    fn the_smallest_configuration_has_defaults() {
        let config = Config::parse("c.toml", &good()).unwrap();
        assert_eq!(config.listen, Listen { address: IpAddr::from([127, 0, 0, 1]), port: None });
        assert_eq!(config.settings, Settings::default());
        let printed = print("c.toml", &good()).unwrap();
        assert!(Config::parse("printed", &printed).is_ok(), "{printed}");
    }

    #[test]
    fn cf_01_what_is_wrong_is_named_with_its_place() {
        for (text, place, words) in [
            (
                format!("{}\nlisten_on = 1\n", good().replace("[[vendor]]", "bad = 1\n[[vendor]]")),
                "c.toml:4:1: ",
                "unknown field `bad`",
            ),
            (good().replace("\"/s\"", "3"), "c.toml:2:16: ", "invalid type"),
            (good().replace("licenses", "state_folder"), "c.toml:3:1: ", "duplicate key"),
            (String::new(), "c.toml:1:1: ", "missing field"),
            ("\u{0}\u{1}".into(), "c.toml:1:", ""),
            (good().replace("acmed", "a b"), "c.toml:5:8: ", "not a vendor name"),
            (good().replace("keys = [\"", "keys = [\"!"), "c.toml:6:9: ", ""),
            (format!("{}revoked = [\"1a2b3c4d\", \"1A2B3C4D\"]\n", good()), "c.toml:7:24: ", "nor a key id"),
            (format!("{}revoked = [\"acmed=1a2b3c4d\"]\n", good()), "c.toml:7:12: ", "nor a key id"),
            (format!("{}revoked = \"1a2b3c4d\"\n", good()), "c.toml:7:11: ", "invalid type"),
            (format!("{}options = 3\n", good()), "c.toml:7:11: ", "invalid type"),
            (
                format!("{0}options = \"a\"\n{1}options = \"b\"\n", good(), vendor_table()),
                "c.toml:9:8: ",
                "two options files",
            ),
            (format!("revoked = [\"1a2b3c4d\"]{}", good()), "c.toml:1:1: ", "unknown field `revoked`"),
            (good().replace("licenses = [\"/l\"]", "licenses = []"), "c.toml: ", "nothing to serve"),
            (format!("listen = \"0.0.0.0:1\"{}", good()), "c.toml:1:10: ", "without encryption"),
            (format!("listen = \"here\"{}", good()), "c.toml:1:10: ", "no address"),
            (
                format!("{}[metrics]\nlisten = \"127.0.0.1\"\n", good()),
                "c.toml:8:10: ",
                "no address with a port",
            ),
            (
                format!("{}[metrics]\nlisten = \"0.0.0.0:9\"\n", good()),
                "c.toml:8:10: ",
                "served to everybody",
            ),
            (
                format!(
                    "listen = \"0.0.0.0:9\"\ninsecure_plaintext = true\n{}[metrics]\nlisten = \"0.0.0.0:9\"\n\
                     insecure_plaintext = true\n",
                    good()
                ),
                "c.toml:10:10: ",
                "clients are served at 0.0.0.0:9",
            ),
            (format!("{}[metrics]\nport = 9\n", good()), "c.toml:8:1: ", "unknown field `port`"),
            (format!("log = \"a=b=c\"{}", good()), "c.toml:1:7: ", ""),
            (
                format!("{}[session]\nhold_ms = 1\n", good()),
                "c.toml:8:11: ",
                "the hold must be at least 46650 ms",
            ),
            (format!("{}[history]\nseal_ms = 99\n", good()), "c.toml:8:11: ", "give 100 to 3600000"),
            (format!("{}[history]\nseal_ms = 3600001\n", good()), "c.toml:8:11: ", "give 100 to 3600000"),
            (format!("{}[history]\nkeep_days = 0\n", good()), "c.toml:8:13: ", "give 1 to 36500"),
            (format!("{}[history]\nkeep_days = 36501\n", good()), "c.toml:8:13: ", "give 1 to 36500"),
            (format!("{}[history]\nkeep_mib = 0\n", good()), "c.toml:8:12: ", "give 1 to 1073741824"),
            (format!("{}[history]\nkeep = 1\n", good()), "c.toml:8:1: ", "unknown field `keep`"),
            (format!("{}[desk]\n", good()), "c.toml:7:1: ", "missing field `role`"),
            (format!("{}[desk]\nrole = \"shop\"\n", good()), "c.toml:8:8: ", "no role of a desk"),
            (format!("{}[desk]\nrole = \"both\"\n", good()), "c.toml:8:8: ", "for whom and with which key"),
            (
                format!("{}[desk]\nrole = \"vendor\"\nvendor = \"acmed\"\n", good()),
                "c.toml:8:8: ",
                "for whom and with which key",
            ),
            (
                format!("{}[desk]\nrole = \"site\"\nkey = \"/k\"\n", good()),
                "c.toml:9:7: ",
                "must not have a vendor's key",
            ),
            (
                format!("{}[desk]\nrole = \"both\"\nvendor = \"otherd\"\nkey = \"/k\"\n", good()),
                "c.toml:9:10: ",
                "no key of the vendor otherd is trusted",
            ),
            (format!("{}[desk]\nrole = \"site\"\nowner = 1\n", good()), "c.toml:9:1: ", "unknown field"),
            (format!("{}[console]\n", good()), "c.toml: ", "there is no [desk]"),
            (
                format!("{}[desk]\nrole = \"site\"\n[console]\nlisten = \"127.0.0.1\"\n", good()),
                "c.toml:10:10: ",
                "no address with a port",
            ),
            (
                format!("{}[desk]\nrole = \"site\"\n[console]\nlisten = \"0.0.0.0:27080\"\n", good()),
                "c.toml:10:10: ",
                "pages are served without encryption",
            ),
            (
                format!(
                    "{}[metrics]\nlisten = \"127.0.0.1:27080\"\n[desk]\nrole = \"site\"\n[console]\n",
                    good()
                ),
                "c.toml: ",
                "something else is served at 127.0.0.1:27080",
            ),
            (
                format!("{}[desk]\nrole = \"site\"\n[console]\npublic_url = \"ftp://x\"\n", good()),
                "c.toml:10:14: ",
                "no address of a console",
            ),
            (
                format!("{}[desk]\nrole = \"site\"\n[console]\nproxies = [\"::1\", \"proxy\"]\n", good()),
                "c.toml:10:19: ",
                "\"proxy\" is no address of a proxy",
            ),
            (
                format!("{}[desk]\nrole = \"site\"\n[console]\nproxies = [\"0.0.0.0\"]\n", good()),
                "c.toml:10:12: ",
                "no address of a proxy",
            ),
            (
                format!(
                    "{}[desk]\nrole = \"site\"\n[console]\nproxies = [{}\"::1\"]\n",
                    good(),
                    "\"::1\", ".repeat(16)
                ),
                "c.toml:10:124: ",
                "more than 16 proxies",
            ),
            (format!("{}[limits]\nconnections = 0\n", good()), "c.toml:8:15: ", "give 1 to 1000000"),
            (format!("{}[limits]\nsessions_per_host = 0\n", good()), "c.toml:8:21: ", "give 1 to 1000000"),
            (
                format!("{}[limits]\nsessions_per_host = 1000001\n", good()),
                "c.toml:8:21: ",
                "give 1 to 1000000",
            ),
        ] {
            let message = error(&text);
            assert!(message.starts_with(place), "{message}\nshould begin with {place}");
            assert!(message.contains(words) && message.contains("help: "), "{message}\nshould have {words}");
        }
        let no_vendor = &good()[..good().find("[[vendor]]").unwrap()];
        assert!(error(no_vendor).contains("no vendor's key is trusted"));
    }
}
