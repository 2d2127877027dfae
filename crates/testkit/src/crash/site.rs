//! A license host: its folder, key, pack and configuration, all made by the daemon's own `init`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use license::{PublicKey, SecretKey, SignOptions, Source};
use names::{CpuId, PackNumber, Vendor};

use super::pack;

const CPU_ID: &str = "02aa10203040";
const VENDOR: &str = "acmed";
/// Bytes of a socket's path.
const SOCKET_PATH_MAX: usize = 100;

/// A license host.
#[derive(Debug)]
pub(crate) struct Site {
    /// Configuration, license, log and sockets.
    folder: PathBuf,
    program: PathBuf,
}

impl Site {
    /// Makes one in a folder that is made anew, with its state where it is said.
    ///
    /// # Errors
    /// What could not be made.
    pub(crate) fn make(program: &Path, folder: &Path, state: &Path) -> Result<Self, String> {
        let failed = |e: std::io::Error| format!("{}: {e}", folder.display());
        if folder.as_os_str().len() + "/manager".len() > SOCKET_PATH_MAX {
            let shown = folder.display();
            return Err(format!("{shown}: the path is too long for a socket; name a shorter --folder"));
        }
        std::fs::create_dir_all(folder).map_err(failed)?;
        let site = Self { folder: folder.to_owned(), program: program.to_owned() };
        let mut init = Command::new(program);
        init.args(["init", "--host-id", CPU_ID, "--state-folder"]).arg(state).stdin(Stdio::null());
        let made = init.output().map_err(|e| format!("{}: {e}", program.display()))?;
        let said = String::from_utf8_lossy(&made.stdout);
        let key = said.lines().find_map(|line| line.strip_prefix("host key: "));
        let host = key.and_then(|key| key.trim().parse::<PublicKey>().ok());
        let host = host.ok_or_else(|| {
            format!("seatkeeperd init failed: {said}{}", String::from_utf8_lossy(&made.stderr))
        })?;
        site.write_files(state, host)?;
        Ok(site)
    }

    fn write_files(&self, state: &Path, host: PublicKey) -> Result<(), String> {
        let bad = |e: &dyn std::fmt::Display| e.to_string();
        let mut seed = [0; 32];
        // A key of its own, so that several hosts run beside each other.
        getrandom::fill(&mut seed).map_err(|e| bad(&e))?;
        let vendor = SecretKey::for_vendor(Vendor::new(VENDOR).map_err(|e| bad(&e))?, seed);
        let options = SignOptions {
            host_key: Some(host),
            host_ids: Some(vec![CpuId::new(CPU_ID).map_err(|e| bad(&e))?]),
            ..SignOptions::new(PackNumber::new("P-1").map_err(|e| bad(&e))?)
        };
        let text = pack::text();
        let signed = license::sign_pack(&Source::new("P-1", text.as_bytes()), &vendor, &options);
        let signed = signed.map_err(|e| format!("the pack cannot be signed: {e:?}"))?;
        let folder = self.folder.display();
        let config = format!(
            "listen = \"127.0.0.1:0\"\nadmin_socket = \"{folder}/admin\"\nstate_folder = \"{}\"\n\
             licenses = [\"{folder}/pack.lic\"]\nhost_ids = [\"{CPU_ID}\"]\n\
             [[vendor]]\nname = \"{VENDOR}\"\nkeys = [\"{}\"]\n\
             [session]\ntimeout_ms = 7200000\ngrace_ms = 30000\nhold_ms = 120000\n",
            state.display(),
            vendor.public()
        );
        self.write("pack.lic", &signed)?;
        self.write("seatkeeperd.toml", config.as_bytes())
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path(name);
        let closed = std::fs::Permissions::from_mode(0o644);
        let done = std::fs::write(&path, bytes).and_then(|()| std::fs::set_permissions(&path, closed));
        done.map_err(|e| format!("{}: {e}", path.display()))
    }

    /// A file of the host's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The daemon's command line.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--config").arg(self.path("seatkeeperd.toml")).arg("--allow-root");
        command
    }
}
