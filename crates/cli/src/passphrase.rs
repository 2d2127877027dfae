//! The passphrase of a key: from a file, from the environment, or asked for at the terminal.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use names::Code;
use zeroize::Zeroizing;

use crate::fail::Failure;
use crate::files;

/// The longest passphrase, in bytes.
const BYTES_MAX: usize = 1024;

/// What a key is encrypted with. It is never empty.
pub(crate) struct Passphrase(Zeroizing<Vec<u8>>);

impl Passphrase {
    /// `place` says where it came from.
    pub(crate) fn new(bytes: Zeroizing<Vec<u8>>, place: &str) -> Result<Self, Failure> {
        let bad = |why: &str, remedy| {
            Err(Failure::new(Code::BadParameter, format!("{place}: the passphrase {why}"), remedy))
        };
        match bytes.len() {
            0 => bad("is empty", "a key that is encrypted has one of at least one character"),
            1..=BYTES_MAX => Ok(Self(bytes)),
            _ => bad("has more than 1024 bytes", "choose a shorter one"),
        }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Where a passphrase is looked for: a file, then the environment, then the terminal.
pub(crate) struct Place {
    flag: &'static str,
    file: Option<PathBuf>,
    variable: &'static str,
    value: Option<OsString>,
}

impl Place {
    /// The passphrase of a key: `--passphrase-file`, `SEATKEEPER_KEY_PASSPHRASE`.
    pub(crate) fn of_key(file: Option<&Path>) -> Self {
        Self::named("--passphrase-file", file, "SEATKEEPER_KEY_PASSPHRASE")
    }

    /// The passphrase that a key gets in its stead.
    pub(crate) fn of_change(file: Option<&Path>) -> Self {
        Self::named("--new-passphrase-file", file, "SEATKEEPER_KEY_NEW_PASSPHRASE")
    }

    fn named(flag: &'static str, file: Option<&Path>, variable: &'static str) -> Self {
        Self { flag, file: file.map(Path::to_owned), variable, value: std::env::var_os(variable) }
    }

    /// The passphrase that the key in `path` is encrypted with.
    pub(crate) fn known(self, path: &Path) -> Result<Passphrase, Failure> {
        let shown = client::shown(&path.display().to_string(), 500);
        self.get(&format!("{shown} is encrypted"), |place| ask(&format!("passphrase of {shown}: "), place))
    }

    /// A new one, which is asked for twice.
    pub(crate) fn fresh(self) -> Result<Passphrase, Failure> {
        self.get("the key is to be encrypted", |place| {
            let first = ask("new passphrase: ", place)?;
            if ask("the same again: ", place)?.bytes() == first.bytes() {
                return Ok(first);
            }
            let message = "the two passphrases are not the same";
            Err(Failure::new(Code::BadParameter, message, "nothing was changed; begin again"))
        })
    }

    fn get(
        self,
        why: &str,
        ask: impl FnOnce(&'static str) -> Result<Passphrase, Failure>,
    ) -> Result<Passphrase, Failure> {
        if let Some(path) = &self.file {
            return from_file(path);
        }
        if let Some(value) = self.value {
            return Passphrase::new(Zeroizing::new(value.into_vec()), self.variable);
        }
        if std::io::stdin().is_terminal() {
            return ask("the terminal");
        }
        let message = format!("{why}, and standard input is no terminal to ask for the passphrase at");
        let remedy = format!("name a file that has it with {}, or set {}", self.flag, self.variable);
        Err(Failure::new(Code::BadParameter, message, remedy))
    }
}

fn ask(prompt: &str, place: &'static str) -> Result<Passphrase, Failure> {
    let typed = rpassword::prompt_password(format!("seatkeeper: {prompt}"))
        .map_err(|error| Failure::system("cannot ask for the passphrase", &error))?;
    Passphrase::new(Zeroizing::new(typed.into_bytes()), place)
}

/// The first line of a file that only its user may read, as `openssl -passin file:` takes it.
fn from_file(path: &Path) -> Result<Passphrase, Failure> {
    let (bytes, mode) = files::read_with_mode(path, "a file with the passphrase")?;
    let bytes = Zeroizing::new(bytes);
    files::check_private(path, mode)?;
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    Passphrase::new(Zeroizing::new(line.to_vec()), &client::shown(&path.display().to_string(), 500))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn place(file: Option<&Path>, value: Option<&str>) -> Place {
        Place { flag: "--f", file: file.map(Path::to_owned), variable: "V", value: value.map(Into::into) }
    }

    #[test]
    fn a_passphrase_is_the_first_line_of_a_private_file_or_the_variables() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pass");
        let long = "x".repeat(1025);
        for (text, mode, good, said) in [
            ("horse staple\n", 0o600, "horse staple", ""),
            ("horse staple\r\nmore\n", 0o400, "horse staple", ""),
            (" horse ", 0o600, " horse ", ""),
            ("", 0o600, "", "passphrase is empty"),
            ("\nhorse\n", 0o600, "", "passphrase is empty"),
            (&long, 0o600, "", "more than 1024 bytes"),
            ("horse", 0o640, "", "chmod 600"),
            ("horse", 0o604, "", "chmod 600"),
        ] {
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            match place(Some(&path), Some("other")).known(Path::new("a.key")) {
                Ok(passphrase) => assert_eq!(passphrase.bytes(), good.as_bytes()),
                Err(failure) => {
                    assert!(!said.is_empty() && failure.text().contains(said), "{}", failure.text());
                    assert!(!failure.text().contains("horse"));
                }
            }
            std::fs::remove_file(&path).unwrap();
        }
        assert_eq!(place(None, Some("horse")).fresh().ok().unwrap().bytes(), b"horse");
        assert!(place(None, Some("")).fresh().err().unwrap().text().contains("V: the passphrase is empty"));
        assert!(place(Some(&path), None).fresh().err().unwrap().text().contains("(-30)"));
    }
}
