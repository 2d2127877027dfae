//! The vendors' public keys that a command is given.

use std::path::Path;

use client::TrustPolicy;
use license::{KeyError, PublicKey, SecretKey, Trust, TrustedKey};
use names::{Code, Vendor};
use serde::Deserialize;

use crate::args::ServerArgs;
use crate::fail::Failure;
use crate::files;

/// A key from the command line: of a vendor, or of whichever vendor signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Given {
    Of(TrustedKey),
    Anyone(PublicKey),
}

/// What is read of a daemon's configuration.
#[derive(Debug, Deserialize)]
struct Configuration {
    #[serde(default)]
    vendor: Vec<ConfiguredVendor>,
}

#[derive(Debug, Deserialize)]
struct ConfiguredVendor {
    name: String,
    keys: Vec<String>,
}

/// The keys of `--key` and `--vendor-key`.
pub(crate) fn given(keys: &[String], files: &[impl AsRef<Path>]) -> Result<Vec<Given>, Failure> {
    let mut given: Vec<Given> = keys.iter().map(|text| from_text(text)).collect::<Result<_, _>>()?;
    for file in files {
        given.extend(from_file(file.as_ref())?.into_iter().map(Given::Of));
    }
    Ok(given)
}

/// `KEY` or `VENDOR=KEY`; a key itself has `=` at its end only.
fn from_text(text: &str) -> Result<Given, Failure> {
    let remedy = "write VENDOR=KEY, the key as `seatkeeper issue keygen` printed it";
    let bad = |why: String| {
        let shown = client::shown(text, 80);
        Failure::new(Code::BadParameter, format!("--key {shown:?}: {why}"), remedy)
    };
    let key = |text: &str| text.parse::<PublicKey>().map_err(|error| bad(error.to_string()));
    match text.split_once('=') {
        Some((vendor, rest)) if !rest.is_empty() => {
            let vendor = Vendor::new(vendor).map_err(|error| bad(error.to_string()))?;
            Ok(Given::Of(TrustedKey { vendor, key: key(rest)? }))
        }
        _ => key(text).map(Given::Anyone),
    }
}

/// A vendor's key file, or the `[[vendor]]` tables of a daemon's configuration.
fn from_file(path: &Path) -> Result<Vec<TrustedKey>, Failure> {
    let text = zeroize::Zeroizing::new(files::read_text(path, "a vendor's key file")?);
    let shown = client::shown(&path.display().to_string(), 500);
    let remedy = "name the key file of `seatkeeper issue keygen`, or a daemon's configuration";
    let bad = |why: String| Failure::new(Code::BadParameter, format!("{shown}: {why}"), remedy);
    if let Ok(secret) = SecretKey::from_text(&text) {
        let vendor = secret.vendor().cloned();
        let vendor = vendor.ok_or_else(|| bad("it is a license host's key, not a vendor's".into()))?;
        return Ok(vec![TrustedKey { vendor, key: secret.public() }]);
    }
    let parsed: Configuration =
        toml::from_str(&text).map_err(|error| bad(first_line(&error.message().replace('\n', " "))))?;
    if parsed.vendor.is_empty() {
        return Err(bad("it has no [[vendor]] table".into()));
    }
    let mut trusted = Vec::new();
    for ConfiguredVendor { name, keys } in parsed.vendor {
        let vendor = Vendor::new(&name).map_err(|error| bad(error.to_string()))?;
        for key in keys {
            let key = key.parse().map_err(|error: KeyError| bad(format!("a key of {vendor}: {error}")))?;
            trusted.push(TrustedKey { vendor: vendor.clone(), key });
        }
    }
    Ok(trusted)
}

fn first_line(text: &str) -> String {
    client::shown(text, 200)
}

/// What must prove a seat; without a key that is nothing.
pub(crate) fn policy(args: &ServerArgs) -> Result<TrustPolicy, Failure> {
    let given = given(&args.key, &args.vendor_key)?;
    if given.is_empty() {
        return Ok(TrustPolicy::Unverified);
    }
    let keys = given.into_iter().map(|key| match key {
        Given::Of(key) => Ok(key),
        Given::Anyone(_) => Err(Failure::new(
            Code::BadParameter,
            "--key names no vendor",
            "write VENDOR=KEY: a key is trusted for its own vendor only",
        )),
    });
    let keys = Trust::new(keys.collect::<Result<_, _>>()?);
    Ok(TrustPolicy::Vendor { keys, require_host_key: !args.no_host_key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_alone_with_their_vendor_and_from_files() {
        let secret = SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [3; 32]);
        let key = secret.public();
        let trusted = TrustedKey { vendor: Vendor::new("acmed").unwrap(), key: key.clone() };
        assert_eq!(from_text(&key.to_string()), Ok(Given::Anyone(key.clone())));
        assert_eq!(from_text(&format!("acmed={key}")), Ok(Given::Of(trusted.clone())));
        for bad in ["", "=", "acmed=", "acmed=x", "ac med=x", "nonsense"] {
            assert!(from_text(bad).unwrap_err().text().contains("(-42)"), "{bad}");
        }
        let folder = tempfile::tempdir().unwrap();
        for (text, good) in [
            (secret.to_text().to_string(), true),
            (format!("port = 1\n[[vendor]]\nname = \"acmed\"\nkeys = [\"{key}\"]\n"), true),
            (SecretKey::for_host([4; 32]).to_text().to_string(), false),
            ("port = 1\n".into(), false),
            ("[[vendor]]\nname = \"acmed\"\n".into(), false),
            ("[[vendor]]\nname = \"acmed\"\nkeys = [\"x\"]\n".into(), false),
        ] {
            let path = folder.path().join("file");
            std::fs::write(&path, text).unwrap();
            match from_file(&path) {
                Ok(keys) => assert!(good && keys == [trusted.clone()]),
                Err(failure) => assert!(!good, "{}", failure.text()),
            }
        }
    }
}
