//! The last look at a bundle: what is a secret, or looks like one, is taken out, with its line.
//!
//! The bundle is made of what is known to be harmless, so nothing should be found here. It is looked for
//! all the same: by the values of the secrets that this user can read, in their usual spellings, and by
//! what secrets look like.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

/// What stands in place of a line.
pub(super) const LEFT_OUT: &str = "[left out: it looks like a secret]";
/// A shorter value is no secret, or would be found everywhere.
const VALUE_MIN: usize = 8;
/// Files of a folder that are looked at, and bytes of each.
const FILES_MAX: usize = 1_000;
const BYTES_MAX: u64 = 64 * 1024;
/// What stands before a secret.
const WORDS: [&str; 16] = [
    "password",
    "passwd",
    "passphrase",
    "passwort",
    "passcode",
    "pwd",
    "secret",
    "token",
    "api_key",
    "api-key",
    "apikey",
    "access_key",
    "credential",
    "private_key",
    "authorization",
    "bearer",
];
/// What the name of a variable with a secret has in it.
const VARIABLES: [&str; 7] = ["PASS", "PWD", "SECRET", "TOKEN", "CREDENTIAL", "API_KEY", "ACCESS_KEY"];
/// What only files with secrets have.
const MARKS: [&str; 5] = [
    "seatkeeper-secret-key",
    "seatkeeper-login",
    "seatkeeper-borrowed",
    "seatkeeper-given-up",
    "seatkeeper-session",
];

/// Secrets that are known, in every spelling that is looked for.
#[derive(Default)]
pub(super) struct Secrets {
    /// As they are written; base64 is compared so.
    spelt: Vec<Zeroizing<String>>,
    /// In hexadecimal digits, small letters.
    hex: Vec<Zeroizing<String>>,
}

impl Secrets {
    /// The secrets in these folders, of this user, and in the environment.
    pub(super) fn known(folders: &[PathBuf]) -> Self {
        let mut secrets = Self::default();
        for folder in folders {
            secrets.folder(folder);
        }
        let set = |name: &str| std::env::var_os(name).map(PathBuf::from);
        for (variable, below_home, name) in [
            ("XDG_CONFIG_HOME", ".config", "logins"),
            ("XDG_DATA_HOME", ".local/share", "borrowed"),
            ("XDG_RUNTIME_DIR", ".cache", ""),
        ] {
            for base in [set(variable), set("HOME").map(|home| home.join(below_home))].into_iter().flatten() {
                secrets.folder(&base.join("seatkeeper").join(name));
            }
        }
        for (name, value) in std::env::vars_os() {
            let name = name.to_string_lossy().to_ascii_uppercase();
            // The shell's own folders are no secrets.
            if VARIABLES.iter().any(|word| name.contains(word)) && !matches!(name.as_str(), "PWD" | "OLDPWD")
            {
                secrets.add(&value.to_string_lossy());
            }
        }
        secrets
    }

    /// The secrets of the files in a folder.
    fn folder(&mut self, folder: &Path) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        for entry in entries.flatten().take(FILES_MAX) {
            self.file(&entry.path());
        }
    }

    fn file(&mut self, path: &Path) {
        use std::io::Read as _;
        if !path.metadata().is_ok_and(|found| found.is_file()) {
            return;
        }
        let mut bytes = Zeroizing::new(Vec::new());
        let read = std::fs::File::open(path).and_then(|file| file.take(BYTES_MAX).read_to_end(&mut bytes));
        let Some(text) = read.ok().and_then(|_| std::str::from_utf8(&bytes).ok()) else { return };
        let lines = || text.lines().map(str::trim);
        if !lines().next().is_some_and(|first| MARKS.iter().any(|mark| first.starts_with(mark))) {
            return;
        }
        let mut is_pem = false;
        for line in lines() {
            is_pem = (is_pem || line.starts_with("-----BEGIN")) && !line.starts_with("-----END");
            match line.split_once(' ') {
                Some(("secret" | "token", value)) => self.add(value),
                _ if is_pem && !line.starts_with('-') => self.add(line),
                _ => {}
            }
        }
    }

    /// A secret as it is written.
    pub(super) fn add(&mut self, value: &str) {
        let value = value.trim();
        if value.len() < VALUE_MIN {
            return;
        }
        self.spell(value.as_bytes());
        self.spelt.push(Zeroizing::new(value.to_owned()));
        // As it stands inside the quotes of JSON, and of what is quoted in messages.
        let debug = format!("{value:?}");
        let json = serde_json::to_string(value).unwrap_or_default();
        for quoted in [json, debug].map(Zeroizing::new) {
            let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
            if inner != value && inner.len() >= VALUE_MIN {
                self.spelt.push(Zeroizing::new(inner.to_owned()));
            }
        }
        let decoded =
            STANDARD.decode(value).ok().or_else(|| unhex(value)).filter(|bytes| bytes.len() >= VALUE_MIN);
        if let Some(bytes) = decoded {
            self.spell(&bytes);
        }
    }

    fn spell(&mut self, bytes: &[u8]) {
        // Without the sign at the end, which may be missing or another.
        self.spelt.push(Zeroizing::new(STANDARD_NO_PAD.encode(bytes)));
        self.spelt.push(Zeroizing::new(URL_SAFE_NO_PAD.encode(bytes)));
        self.hex.push(Zeroizing::new(bytes.iter().map(|byte| format!("{byte:02x}")).collect()));
    }

    fn has(&self, line: &str) -> bool {
        if self.spelt.iter().any(|value| line.contains(value.as_str())) {
            return true;
        }
        let small = line.to_ascii_lowercase();
        self.hex.iter().any(|value| small.contains(value.as_str()))
    }

    /// The text without secrets, and how many lines were taken out.
    pub(super) fn clean(&self, text: &str) -> (String, usize) {
        let mut cleaned = String::with_capacity(text.len());
        let (mut gone, mut is_pem) = (0, false);
        for line in text.split_inclusive('\n') {
            let begins = line.contains("-----BEGIN");
            let is_secret = begins || is_pem || is_suspect(line) || self.has(line);
            is_pem = (is_pem || begins) && !line.contains("-----END");
            if is_secret {
                gone += 1;
                cleaned.push_str(LEFT_OUT);
                cleaned.push_str(if line.ends_with('\n') { "\n" } else { "" });
            } else {
                cleaned.push_str(line);
            }
        }
        (cleaned, gone)
    }
}

impl std::fmt::Debug for Secrets {
    /// What they are is not shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.spelt.len())
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    });
    pairs.collect()
}

/// Whether a line looks like a secret: a key file's, a URL with a password, `password=`.
fn is_suspect(line: &str) -> bool {
    let small = line.to_ascii_lowercase();
    MARKS.iter().any(|mark| small.contains(mark))
        || has_login(&small)
        || WORDS.iter().any(|word| is_given(&small, word))
}

/// A URL with a user and a password: `//user:password@`.
fn has_login(line: &str) -> bool {
    line.split("//").skip(1).any(|rest| {
        let authority = rest.split(['/', ' ', '"', '\'', '?', '#']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(login, _)| login.contains(':'))
    })
}

/// A word with a value: `word=x`, `word: x`, `"word": "x"`, `--word x`, and `word x` where x is as long as a key is.
fn is_given(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let rest = line.get(at + word.len()..).unwrap_or_default();
        let bare = rest.trim_start_matches(['"', '\'', '`', ' ', '\t']);
        match bare.strip_prefix(['=', ':']) {
            Some(value) => {
                !value.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',')).is_empty()
            }
            None => {
                let next = rest.split_whitespace().next().unwrap_or_default();
                let is_flag = line.get(..at).is_some_and(|before| before.ends_with("--"));
                if is_flag && rest.starts_with([' ', '\t']) && !next.is_empty() {
                    return true;
                }
                rest.starts_with([' ', '\t'])
                    && next.len() >= 16
                    && next.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=-_".contains(&b))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_taken_out_with_its_line() {
        let key = license::SecretKey::for_host([7; 32]).to_text();
        for (text, lines) in [
            ("in use: 2 of 2", 0),
            ("the token is missing", 0),
            ("keys = [\"38Up2VaQGjbPepJw1quDJHfC7IaT9XIAilyG0VTOGl4=\"]", 0),
            ("27000@lic1, mail kim@example.net, see https://example.net/a@b", 0),
            ("\"session\": \"00000000000000a1\"", 0),
            (key.as_str(), 2),
            ("# password=opensesame", 1),
            ("\"token\": \"abc\",", 1),
            ("Passphrase : x", 1),
            ("secret AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 1),
            ("proxy http://kim:pw@proxy:8080/", 1),
            ("\"data\": \"tool --password pw -x\",", 1),
            ("Authorization: Bearer abc", 1),
            ("PWD=hunter2", 1),
            ("a\n-----BEGIN PRIVATE KEY-----\nMC4CAQA\n-----END PRIVATE KEY-----\nb", 3),
            ("a\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\nc", 3),
        ] {
            let (cleaned, gone) = Secrets::default().clean(text);
            assert_eq!(gone, lines, "{text}");
            assert_eq!(cleaned.lines().count(), text.lines().count(), "{cleaned}");
            assert_eq!(cleaned == text, lines == 0);
        }
    }

    #[test]
    fn a_known_secret_is_found_in_every_spelling() {
        let folder = tempfile::tempdir().unwrap();
        let seed = [0xc7; 32];
        let key = license::SecretKey::for_host(seed);
        std::fs::write(folder.path().join("host.key"), key.to_text().as_bytes()).unwrap();
        let login =
            "seatkeeper-login 1\nhost lic1\nport 27000\nemail kim@example.net\ntoken tok-0123456789\n";
        std::fs::write(folder.path().join("lic1"), login).unwrap();
        std::fs::write(folder.path().join("notes"), "token harmless-word\n").unwrap();
        let secrets = Secrets::known(&[folder.path().to_owned()]);
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>();
        for spelt in [
            STANDARD.encode(seed),
            URL_SAFE_NO_PAD.encode(seed),
            hex(&seed),
            "tok-0123456789".to_owned(),
            STANDARD.encode("tok-0123456789"),
            hex(b"tok-0123456789").to_lowercase(),
        ] {
            assert_eq!(secrets.clean(&format!("x {spelt} y")).1, 1, "{spelt}");
        }
        let mut odd = Secrets::default();
        odd.add("p\"w\\d\u{e9}\u{7}r");
        for spelt in ["\"data\": \"p\\\"w\\\\d\u{e9}\\u0007r\"", "not \"p\\\"w\\\\d\u{e9}\\u{7}r\" here"] {
            assert_eq!(odd.clean(spelt).1, 1, "{spelt}");
        }
        for harmless in [key.public().to_string().as_str(), "kim@example.net", "lic1", "harmless-word"] {
            assert_eq!(secrets.clean(harmless).1, 0, "{harmless}");
        }
        assert!(!format!("{secrets:?}").contains("tok"));
    }
}
