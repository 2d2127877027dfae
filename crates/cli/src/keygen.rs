//! A vendor's key: making it, its passphrase, and its names.

use std::path::{Path, PathBuf};

use license::{PublicKey, SecretKey};
use names::{Code, Vendor};

use crate::args::{KeygenArgs, KeyidArgs, PasswdArgs};
use crate::fail::Failure;
use crate::files::{self, Make};
use crate::passphrase::Place;
use crate::{key_file, out};

/// `issue keygen`.
pub(crate) fn keygen(args: &KeygenArgs) -> Result<(), Failure> {
    let vendor = Vendor::new(&args.vendor).map_err(|invalid| {
        let message = format!("--vendor {:?}: {invalid}", client::shown(&args.vendor, 80));
        Failure::new(Code::BadParameter, message, "write the name that stands on the license lines")
    })?;
    let path = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("{vendor}.key")));
    let passphrase = match args.encrypt {
        true => Some(Place::of_key(args.passphrase_file.as_deref()).fresh()?),
        false => None,
    };
    let mut seed = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed)
        .map_err(|error| Failure::new(Code::BadParameter, format!("no random bytes: {error}"), ""))?;
    let key = SecretKey::for_vendor(vendor.clone(), *seed);
    files::write(&path, key_file::text(&key, passphrase.as_ref())?.as_bytes(), Make::Secret)?;
    out::say(&format!(
        "the secret key is in {}; keep it, and show it to nobody. The daemon's configuration needs:",
        path.display()
    ));
    out::print(&format!("[[vendor]]\nname = \"{vendor}\"\nkeys = [\"{}\"]\n", key.public()))
}

/// `issue passwd`.
pub(crate) fn passwd(args: &PasswdArgs) -> Result<(), Failure> {
    // The file is replaced, not a link to it.
    let path = std::fs::canonicalize(&args.key_file).unwrap_or_else(|_| args.key_file.clone());
    let shown = client::shown(&path.display().to_string(), 500);
    let file = key_file::read(&path)?;
    if args.remove && file.encrypted().is_none() {
        out::say(&format!("the secret key in {shown} is not encrypted; nothing was changed"));
        return Ok(());
    }
    let key = key_file::open(&path, file, Place::of_key(args.passphrase_file.as_deref()))?;
    let passphrase = match args.remove {
        true => None,
        false => Some(Place::of_change(args.new_passphrase_file.as_deref()).fresh()?),
    };
    files::write(&path, key_file::text(&key, passphrase.as_ref())?.as_bytes(), Make::SecretAgain)?;
    out::say(&format!(
        "the secret key in {shown} {}; older copies of the file are as they were",
        if passphrase.is_some() { "is encrypted with the new passphrase" } else { "is encrypted no more" },
    ));
    Ok(())
}

/// `issue keyid`.
pub(crate) fn keyid(args: &KeyidArgs) -> Result<(), Failure> {
    if let Ok(key) = args.key.parse::<PublicKey>() {
        return out::print(&names_of(None, &key));
    }
    let file = key_file::read(Path::new(&args.key))?;
    let owner =
        file.vendor().map_or_else(|| "none: it is a license host's key".to_owned(), Vendor::to_string);
    out::print(&names_of(Some(owner), file.public()))
}

fn names_of(owner: Option<String>, key: &PublicKey) -> String {
    let owner = owner.map(|owner| format!("vendor:     {owner}\n")).unwrap_or_default();
    format!("{owner}public key: {key}\nkey id:     {}\n", key.id())
}
