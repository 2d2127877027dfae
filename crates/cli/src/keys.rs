//! The vendors' public keys that a command is given.

use std::path::Path;
use std::str::FromStr;

use client::TrustPolicy;
use license::{KeyError, KeyFile, PublicKey, Revocation, RevokedKey, Trust, TrustedKey};
use names::{Code, Vendor};
use serde::Deserialize;

use crate::args::ServerArgs;
use crate::fail::Failure;
use crate::files;

/// The keys that a command is given, and the revoked ones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Given {
    /// Of a vendor.
    pub(crate) pinned: Vec<TrustedKey>,
    /// Of whichever vendor signed.
    pub(crate) anyones: Vec<PublicKey>,
    pub(crate) revoked: Vec<Revocation>,
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
    #[serde(default)]
    revoked: Vec<String>,
}

/// The keys of `--key`, `--vendor-key` and `--revoked-key`.
pub(crate) fn given(
    keys: &[String],
    files: &[impl AsRef<Path>],
    revoked: &[String],
) -> Result<Given, Failure> {
    let mut given = Given::default();
    for text in keys {
        let remedy = "write VENDOR=KEY, the key as `seatkeeper issue keygen` printed it";
        match named::<PublicKey>("--key", text, remedy)? {
            (Some(vendor), key) => given.pinned.push(TrustedKey { vendor, key }),
            (None, key) => given.anyones.push(key),
        }
    }
    for text in revoked {
        let remedy = "write VENDOR=KEY, or the key's id, as `seatkeeper issue keyid` shows them";
        let (vendor, key) = named::<RevokedKey>("--revoked-key", text, remedy)?;
        given.revoked.push(Revocation { vendor, key });
    }
    for file in files {
        let file = file.as_ref();
        from_file(file, &mut given)
            .map_err(|failure| if is_key(file) { a_key_is_no_file() } else { failure })?;
    }
    Ok(given)
}

/// Whether a key stands where a file is named, and no file is of that name.
fn is_key(file: &Path) -> bool {
    file.to_str().is_some_and(|text| named::<PublicKey>("", text, "").is_ok()) && !file.exists()
}

fn a_key_is_no_file() -> Failure {
    let message = "--vendor-key names a file, and this is a key itself";
    Failure::new(Code::BadParameter, message, "give the key with --key VENDOR=KEY")
}

/// `KEY` or `VENDOR=KEY`; a key itself has `=` at its end only.
fn named<T: FromStr<Err = KeyError>>(
    flag: &str,
    text: &str,
    remedy: &str,
) -> Result<(Option<Vendor>, T), Failure> {
    let bad = |why: String| {
        let shown = client::shown(text, 80);
        Failure::new(Code::BadParameter, format!("{flag} {shown:?}: {why}"), remedy)
    };
    let key = |text: &str| text.parse::<T>().map_err(|error| bad(error.to_string()));
    match text.split_once('=') {
        Some((vendor, rest)) if !rest.is_empty() => {
            let vendor = Vendor::new(vendor).map_err(|error| bad(error.to_string()))?;
            Ok((Some(vendor), key(rest)?))
        }
        _ => Ok((None, key(text)?)),
    }
}

/// A vendor's key file, or the `[[vendor]]` tables of a daemon's configuration.
fn from_file(path: &Path, given: &mut Given) -> Result<(), Failure> {
    let what = "a vendor's key file";
    let (bytes, mode) = files::read_with_mode(path, what)?;
    let bytes = zeroize::Zeroizing::new(bytes);
    let text = files::text(path, &bytes, what)?;
    let shown = client::shown(&path.display().to_string(), 500);
    let remedy = "name the key file of `seatkeeper issue keygen`, or a daemon's configuration";
    let bad = |why: String| Failure::new(Code::BadParameter, format!("{shown}: {why}"), remedy);
    if KeyFile::is_one(text) {
        let file = KeyFile::from_text(text).map_err(|error| bad(error.to_string()))?;
        files::check_private(path, mode)?;
        let vendor = file.vendor().cloned();
        let vendor = vendor.ok_or_else(|| bad("it is a license host's key, not a vendor's".into()))?;
        given.pinned.push(TrustedKey { vendor, key: file.public().clone() });
        return Ok(());
    }
    let parsed: Configuration =
        toml::from_str(text).map_err(|error| bad(first_line(&error.message().replace('\n', " "))))?;
    if parsed.vendor.is_empty() {
        return Err(bad("it has no [[vendor]] table".into()));
    }
    for ConfiguredVendor { name, keys, revoked } in parsed.vendor {
        let vendor = Vendor::new(&name).map_err(|error| bad(error.to_string()))?;
        for key in keys {
            let key = key.parse().map_err(|error: KeyError| bad(format!("a key of {vendor}: {error}")))?;
            given.pinned.push(TrustedKey { vendor: vendor.clone(), key });
        }
        for key in revoked {
            let key =
                key.parse().map_err(|error: KeyError| bad(format!("a revoked key of {vendor}: {error}")))?;
            given.revoked.push(Revocation { vendor: Some(vendor.clone()), key });
        }
    }
    Ok(())
}

fn first_line(text: &str) -> String {
    client::shown(text, 200)
}

/// What must prove a seat; without a key that is nothing.
pub(crate) fn policy(args: &ServerArgs) -> Result<TrustPolicy, Failure> {
    let given = given(&args.key, &args.vendor_key, &args.revoked_key)?;
    let unnamed = |flag: &str| {
        let remedy = "write VENDOR=KEY: a key is trusted, or revoked, for its own vendor only";
        Err(Failure::new(Code::BadParameter, format!("{flag} names no vendor"), remedy))
    };
    if !given.anyones.is_empty() {
        return unnamed("--key");
    }
    if given.revoked.iter().any(|revocation| revocation.vendor.is_none()) {
        return unnamed("--revoked-key");
    }
    if given.pinned.is_empty() {
        if given.revoked.is_empty() {
            return Ok(TrustPolicy::Unverified);
        }
        let remedy = "give the vendor's key too, with --key or --vendor-key";
        let message = "--revoked-key: without a trusted key nothing is verified, so nothing can be revoked";
        return Err(Failure::new(Code::BadParameter, message, remedy));
    }
    let keys = Trust::new(given.pinned).with_revoked(given.revoked);
    Ok(TrustPolicy::Vendor { keys, require_host_key: !args.no_host_key })
}

#[cfg(test)]
mod tests {
    use license::SecretKey;

    use super::*;
    use crate::files::Make;

    fn of_key(text: &str) -> Result<Given, Failure> {
        given(&[text.to_owned()], &[] as &[&Path], &[])
    }

    fn of_revoked(text: &str) -> Result<Given, Failure> {
        given(&[], &[] as &[&Path], &[text.to_owned()])
    }

    #[test]
    fn keys_come_alone_with_their_vendor_and_from_files() {
        let secret = SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [3; 32]);
        let key = secret.public();
        let trusted = TrustedKey { vendor: Vendor::new("acmed").unwrap(), key: key.clone() };
        assert_eq!(of_key(&key.to_string()).unwrap().anyones, std::slice::from_ref(&key));
        assert_eq!(of_key(&format!("acmed={key}")).unwrap().pinned, std::slice::from_ref(&trusted));
        for bad in ["", "=", "acmed=", "acmed=x", "ac med=x", "nonsense", "1a2b3c4d"] {
            assert!(of_key(bad).unwrap_err().text().contains("(-42)"), "{bad}");
        }
        for text in [key.to_string(), format!("acmed={key}")] {
            let failure = given(&[], &[Path::new(&text)], &[]).unwrap_err().text();
            assert!(
                failure.contains("(-42)") && failure.contains("help: give the key with --key"),
                "{failure}"
            );
        }
        let configured = format!("port = 1\n[[vendor]]\nname = \"acmed\"\nkeys = [\"{key}\"]\n");
        let folder = tempfile::tempdir().unwrap();
        for (text, good) in [
            (secret.to_text().to_string(), true),
            (configured.clone(), true),
            (format!("{configured}revoked = [\"1a2b3c4\"]\n"), false),
            (SecretKey::for_host([4; 32]).to_text().to_string(), false),
            (secret.to_text().replace("secret ", "secrete "), false),
            ("port = 1\n".into(), false),
            ("[[vendor]]\nname = \"acmed\"\n".into(), false),
            ("[[vendor]]\nname = \"acmed\"\nkeys = [\"x\"]\n".into(), false),
        ] {
            let path = folder.path().join("file");
            files::write(&path, text.as_bytes(), Make::Secret).unwrap();
            match given(&[], &[&path], &[]) {
                Ok(given) => assert!(good && given.pinned == [trusted.clone()] && given.revoked.is_empty()),
                Err(failure) => assert!(!good, "{}", failure.text()),
            }
            std::fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn lf_06_revoked_keys_come_by_key_and_by_id_and_with_a_configuration() {
        let key = SecretKey::for_host([3; 32]).public();
        let acmed = Vendor::new("acmed").unwrap();
        let (id, whole) = (RevokedKey::Id(key.id()), RevokedKey::Key(key.clone()));
        for (text, vendor, revoked) in [
            (key.to_string(), None, &whole),
            (key.id().to_string(), None, &id),
            (format!("acmed={key}"), Some(acmed.clone()), &whole),
            (format!("acmed={}", key.id()), Some(acmed.clone()), &id),
        ] {
            let expected = [Revocation { vendor, key: revoked.clone() }];
            assert_eq!(of_revoked(&text).unwrap().revoked, expected, "{text}");
        }
        for bad in ["", "1a2b3c4", "1A2B3C4D", "acmed=", "ac med=1a2b3c4d", "acmed=nonsense"] {
            assert!(of_revoked(bad).unwrap_err().text().contains("--revoked-key"), "{bad}");
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seatkeeperd.toml");
        let text = format!(
            "[[vendor]]\nname = \"acmed\"\nkeys = [\"{key}\"]\nrevoked = [\"{}\", \"{key}\"]\n",
            key.id()
        );
        std::fs::write(&path, text).unwrap();
        let given = given(&[], &[&path], &[]).unwrap();
        let of = |key: RevokedKey| Revocation { vendor: Some(acmed.clone()), key };
        assert_eq!(given.revoked, [of(id), of(whole)]);
    }

    #[test]
    fn a_secret_key_that_others_may_read_is_refused_and_a_configuration_is_not() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let secret = SecretKey::for_vendor(Vendor::new("acmed").unwrap(), [3; 32]);
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a.key"), folder.path().join("link.key"));
        files::write(&path, secret.to_text().as_bytes(), Make::Secret).unwrap();
        symlink(&path, &link).unwrap();
        for (mode, good) in
            [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o620, false), (0o644, false)]
        {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            for path in [&path, &link] {
                for failure in [given(&[], &[path], &[]).err(), crate::key_file::read(path).err()] {
                    let said = failure.map(|failure: Failure| failure.text());
                    let remedy = format!("help: chmod 600 {}", path.display());
                    let is_right = said.as_ref().map_or(good, |text| !good && text.contains(&remedy));
                    assert!(is_right, "{mode:o}: {said:?}");
                }
            }
        }
    }
}
