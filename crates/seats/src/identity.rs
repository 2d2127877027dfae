//! Who asks.

use core::net::IpAddr;

use names::{CpuId, Email, Word, Workplace};

/// Who sits at a session's end. All but the address and the e-mail is as the client says: FlexNet's
/// daemons believe it too, and the console and the audit show it as claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user's login name.
    pub user: Word,
    /// The workstation's name.
    pub host: Word,
    /// The display or terminal; may be empty.
    pub display: Word,
    /// The application; may be empty.
    pub application: Word,
    /// The project (`LM_PROJECT`); may be empty.
    pub project: Word,
    /// The platform, as FlexNet names them (`x64_lsb`); may be empty.
    pub platform: Word,
    /// The process id on the workstation.
    pub pid: u32,
    /// The workstation's host id, which locked seats are matched with.
    pub cpu: CpuId,
    /// What kind of machine it is, for the license lines that ask.
    pub machine: Machine,
    /// Where its connection came from, if it is known.
    pub address: Option<IpAddr>,
    /// The person, proven by a token that the license host gave out.
    pub email: Option<Email>,
}

/// What kind of machine a client runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Machine {
    /// A virtual machine.
    pub is_virtual: bool,
    /// A client of a terminal server.
    pub is_remote: bool,
    /// Minutes east of UTC.
    pub utc_offset: i16,
}

impl Identity {
    /// Whether a seat that is locked to `cpu` may be used from here: by host id, or as a special one
    /// (`ANY`, `DEMO`, `USER=`, `HOSTNAME=`, `DISPLAY=`, `INTERNET=` with `*` for any part) says.
    #[must_use]
    pub fn is_at(&self, cpu: &CpuId) -> bool {
        cpu.is_for(&Workplace {
            user: self.user.as_str(),
            host: self.host.as_str(),
            display: self.display.as_str(),
            cpu: &self.cpu,
            address: self.address,
        })
    }
}
