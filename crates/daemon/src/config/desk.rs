//! `[desk]` and `[console]`: who administers licenses here, and where pages are served.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use ::desk::Role;
use license::{KeyFile, SecretKey};
use names::Vendor;
use toml::Spanned;

use super::raw::{RawConsole, RawDesk};
use super::remind::{MailConfig, WebhookConfig};
use super::{ConfigError, Listen, Places};

/// The license desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskConfig {
    /// What it may do.
    pub role: Role,
    /// Whose desk it is, of a vendor's.
    pub vendor: Option<Vendor>,
    /// The vendor's secret key, of a vendor's.
    pub key: Option<PathBuf>,
    /// Where people turn to: an address or a link.
    pub support: String,
    /// Where reminders are mailed.
    pub mail: Option<MailConfig>,
    /// Where reminders are posted to.
    pub webhook: Option<WebhookConfig>,
}

/// The web console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsoleConfig {
    /// Where it is served.
    pub listen: SocketAddr,
    /// Where people reach it.
    pub public_url: Option<String>,
    /// The proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<IpAddr>,
}

/// Proxies at most.
const PROXIES_MAX: usize = 16;
/// Characters of `support` and `public_url`.
const TEXT_CHARS_MAX: usize = 500;

impl Places<'_> {
    pub(super) fn desk(&self, raw: &RawDesk, trust: &license::Trust) -> Result<DeskConfig, ConfigError> {
        let role = match raw.role.get_ref().as_str() {
            "vendor" => Role::Vendor,
            "site" => Role::Site,
            "both" => Role::Both,
            other => {
                let message = format!("{other:?} is no role of a desk");
                let remedy =
                    "write \"vendor\" (it issues and signs), \"site\" (it installs and assigns) or \"both\"";
                return Err(self.error(Some(raw.role.span()), message, remedy));
            }
        };
        let vendor = match &raw.vendor {
            Some(text) => Some(self.checked(text, Vendor::new(text.get_ref()))?),
            None => None,
        };
        match (role.is_vendor(), &raw.vendor, &raw.key) {
            (true, None, _) | (true, _, None) => {
                return Err(self.error(
                    Some(raw.role.span()),
                    "a vendor's desk issues and signs, and [desk] does not say for whom and with which key",
                    "give vendor = \"NAME\" and key = \"FILE\", the key file of `seatkeeper issue keygen`",
                ));
            }
            (false, _, Some(key)) => {
                return Err(self.error(
                    Some(key.span()),
                    "a site's desk signs nothing, and must not have a vendor's key",
                    "take the key away, or make it a vendor's desk with role = \"vendor\" or \"both\"",
                ));
            }
            _ => {}
        }
        if let (Some(vendor), Some(text)) = (&vendor, &raw.vendor)
            && !trust.knows(vendor)
        {
            let message =
                format!("no key of the vendor {vendor} is trusted, so its packs would not be served");
            let remedy = "add its [[vendor]] table, with the public key that belongs to the desk's key";
            return Err(self.error(Some(text.span()), message, remedy));
        }
        if raw.support.chars().count() > TEXT_CHARS_MAX || raw.support.chars().any(char::is_control) {
            let message = "the desk's support is too long, or has hidden characters";
            return Err(self.error(None, message, "give an address or a link of 500 characters at most"));
        }
        let key = raw.key.as_ref().map(|key| key.get_ref().clone());
        let mail = raw.mail.as_ref().map(|mail| self.mail(mail)).transpose()?;
        let webhook = raw.webhook.as_ref().map(|webhook| self.webhook(webhook)).transpose()?;
        Ok(DeskConfig { role, vendor, key, support: raw.support.clone(), mail, webhook })
    }

    pub(super) fn console(
        &self,
        raw: &RawConsole,
        has_desk: bool,
        others: (&Listen, Option<SocketAddr>),
    ) -> Result<ConsoleConfig, ConfigError> {
        let at = |listen: &Spanned<String>| Some(listen.span()).filter(|span| !span.is_empty());
        let (text, span) = (raw.listen.get_ref(), at(&raw.listen));
        if !has_desk {
            let remedy = "add [desk] with a role, or take [console] away";
            return Err(self.error(span, "the console shows a license desk, and there is no [desk]", remedy));
        }
        let listen: SocketAddr = text.parse().map_err(|_| {
            let remedy = "write an address and a port, such as 127.0.0.1:27080 or [::1]:27080";
            self.error(span.clone(), format!("{text:?} is no address with a port"), remedy)
        })?;
        if !listen.ip().is_loopback() {
            let remedy = "listen on 127.0.0.1, behind a proxy that speaks HTTPS, and say in public_url where people \
                          reach it";
            let message = format!("{text} is beyond this machine, and pages are served without encryption");
            return Err(self.error(span, message, remedy));
        }
        let (clients, metrics) = others;
        let is_clients = clients.port == Some(listen.port()) && clients.address == listen.ip();
        if listen.port() != 0 && (is_clients || metrics == Some(listen)) {
            let message = format!("something else is served at {text}");
            return Err(self.error(span, message, "give the console a port of its own, such as 27080"));
        }
        let public_url = match &raw.public_url {
            Some(url) => Some(self.public_url(url)?),
            None => None,
        };
        let proxies = raw.proxies.iter().map(|proxy| self.proxy(proxy)).collect::<Result<Vec<_>, _>>()?;
        if let Some(one) = raw.proxies.get(PROXIES_MAX) {
            let message = format!("there are more than {PROXIES_MAX} proxies");
            return Err(self.error(
                Some(one.span()),
                message,
                "name those that hand requests to the console",
            ));
        }
        Ok(ConsoleConfig { listen, public_url, proxies })
    }

    fn proxy(&self, proxy: &Spanned<String>) -> Result<IpAddr, ConfigError> {
        let text = proxy.get_ref();
        let address = text.parse::<IpAddr>().ok().filter(|address| !address.is_unspecified());
        address.map(|address| address.to_canonical()).ok_or_else(|| {
            let remedy = "write the address from which the proxy asks, such as \"127.0.0.1\"";
            self.error(Some(proxy.span()), format!("{text:?} is no address of a proxy"), remedy)
        })
    }

    fn public_url(&self, url: &Spanned<String>) -> Result<String, ConfigError> {
        let text = url.get_ref();
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let is_plain =
            |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '\\' | '?' | '#' | '@');
        let is_good = host.is_some_and(|host| !host.is_empty() && !host.trim_end_matches('/').contains('/'))
            && text.len() <= TEXT_CHARS_MAX
            && text.chars().all(is_plain);
        if !is_good {
            let message = format!("{text:?} is no address of a console");
            let remedy = "write it as browsers show it, such as https://licenses.example.net";
            return Err(self.error(Some(url.span()), message, remedy));
        }
        Ok(text.trim_end_matches('/').to_owned())
    }
}

/// Reads the vendor's secret key, which only its user may read.
///
/// # Errors
/// What is wrong with it, and the remedy.
pub(crate) fn read_key(path: &Path, vendor: &Vendor) -> Result<SecretKey, String> {
    use std::os::unix::fs::MetadataExt as _;
    let shown = path.display();
    let found =
        std::fs::metadata(path).map_err(|e| format!("{shown}: {e}\n  help: name the vendor's key file"))?;
    if !found.is_file() || found.len() > 64 * 1024 {
        return Err(format!(
            "{shown}: it is no key file\n  help: name the key file of `seatkeeper issue keygen`"
        ));
    }
    if found.mode() & 0o077 != 0 {
        return Err(format!("{shown}: others may read the vendor's key\n  help: chmod 600 {shown}"));
    }
    let text = std::fs::read_to_string(path).map_err(|e| format!("{shown}: {e}"))?;
    let file = KeyFile::from_text(&text)
        .map_err(|e| format!("{shown}: {e}\n  help: name the key file of `seatkeeper issue keygen`"))?;
    if file.encrypted().is_some() {
        return Err(format!(
            "{shown}: the key is encrypted, and nobody is there to give its passphrase at a start\n  help: take the \
             encryption away for this desk: seatkeeper issue passwd --remove {shown}"
        ));
    }
    if file.vendor() != Some(vendor) {
        return Err(format!(
            "{shown}: it is not a key of the vendor {vendor}\n  help: name that vendor's key file"
        ));
    }
    file.into_secret().map_err(|e| format!("{shown}: {e}\n  help: restore the file from a backup"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_vendors_key_is_read_where_only_its_user_may_read_it() {
        let acmed = Vendor::new("acmed").unwrap();
        let key = SecretKey::for_vendor(acmed.clone(), [3; 32]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acmed.key");
        let write = |text: &str, mode| {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        write(&key.to_text(), 0o600);
        assert_eq!(read_key(&path, &acmed).unwrap().public(), key.public());
        let other = Vendor::new("otherd").unwrap();
        assert!(read_key(&path, &other).unwrap_err().contains("not a key of the vendor otherd"));
        write(&SecretKey::for_host([3; 32]).to_text(), 0o600);
        assert!(read_key(&path, &acmed).unwrap_err().contains("not a key of the vendor acmed"));
        write("nonsense", 0o600);
        assert!(read_key(&path, &acmed).unwrap_err().contains("help: name the key file"));
        let pem = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        write(&key.to_encrypted_text(pem), 0o600);
        assert!(read_key(&path, &acmed).unwrap_err().contains("the key is encrypted"));
        write(&key.to_text(), 0o640);
        assert!(read_key(&path, &acmed).unwrap_err().contains("chmod 600"));
        assert!(read_key(&folder.path().join("none"), &acmed).is_err());
        assert!(read_key(folder.path(), &acmed).is_err());
    }
}
