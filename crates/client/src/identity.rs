//! Who asks for a seat.

use names::{CpuId, Invalid, Word};
use proto::v1;

use crate::{Machine, hostid};

/// Who asks for a seat, and from where. These are claims; the server shows them as such.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user: Word,
    /// The workstation.
    pub host: Word,
    /// The display or terminal.
    pub display: Word,
    /// The application.
    pub application: Word,
    /// The process.
    pub pid: u32,
    /// The workstation's host id, which locked seats are matched with; nothing when it has none.
    pub cpu_id: Option<CpuId>,
    /// The project that the work is for (`LM_PROJECT`); may be empty.
    pub project: Word,
    /// What kind of machine the workstation is.
    pub machine: Machine,
}

impl Identity {
    /// What this process is: its user, machine, `DISPLAY` or terminal, program, host id and `LM_PROJECT`. What
    /// cannot be shown in a name is replaced by `?`.
    #[must_use]
    pub fn of_this_process() -> Self {
        let program = std::env::current_exe().ok();
        let program = program.as_deref().and_then(|path| path.file_name()).map(|name| name.to_string_lossy());
        Self {
            user: Word::nearest(&user()),
            host: Word::nearest(&hostid::hostname()),
            display: Word::nearest(&display()),
            application: Word::nearest(program.as_deref().unwrap_or("")),
            pid: std::process::id(),
            cpu_id: hostid::workstation(),
            project: Word::nearest(&std::env::var("LM_PROJECT").unwrap_or_default()),
            machine: Machine::this(),
        }
    }

    /// The same under another user's name.
    ///
    /// # Errors
    /// When the name is too long or cannot be shown.
    pub fn with_user(mut self, user: &str) -> Result<Self, Invalid> {
        self.user = Word::new("a user", user)?;
        Ok(self)
    }

    /// The same at another display.
    ///
    /// # Errors
    /// When it is too long or cannot be shown.
    pub fn with_display(mut self, display: &str) -> Result<Self, Invalid> {
        self.display = Word::new("a display", display)?;
        Ok(self)
    }
}

impl Identity {
    /// The identity in a hello.
    pub(crate) fn on_wire(&self) -> v1::Hello {
        let Self { user, host, display, application, pid, cpu_id, project, machine } = self;
        v1::Hello {
            protocol: proto::PROTOCOL,
            user: user.to_string(),
            host: host.to_string(),
            display: display.to_string(),
            application: application.to_string(),
            pid: *pid,
            cpu_id: cpu_id.as_ref().map(ToString::to_string).unwrap_or_default(),
            project: project.to_string(),
            platform: machine.platform.clone(),
            virtual_machine: machine.is_virtual,
            remote: machine.is_remote,
            utc_offset_min: i32::from(machine.utc_offset_min),
            ..v1::Hello::default()
        }
    }
}

/// The account's name; where the account is in a directory, what the environment says.
fn user() -> String {
    let uid = rustix::process::getuid().as_raw();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    account(&accounts, uid)
        .or_else(|| variable("USER"))
        .or_else(|| variable("LOGNAME"))
        .unwrap_or_else(|| format!("uid{uid}"))
}

fn account(accounts: &str, uid: u32) -> Option<String> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        let number: u32 = fields.nth(1)?.parse().ok()?;
        (number == uid).then(|| name.to_owned())
    })
}

/// `DISPLAY`, else the terminal, else FlexNet's word for none.
fn display() -> String {
    let shown = std::env::var("DISPLAY").ok().filter(|value| !value.is_empty());
    let terminal = || {
        (0..3).find_map(|fd| {
            let target = std::fs::read_link(format!("/proc/self/fd/{fd}")).ok()?;
            let target = target.to_str()?.to_owned();
            (target.starts_with("/dev/pts/") || target.starts_with("/dev/tty")).then_some(target)
        })
    };
    shown.or_else(terminal).unwrap_or_else(|| "/dev/tty".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_account_is_found_by_its_number() {
        let accounts =
            "root:x:0:0:root:/root:/bin/sh\nbroken\n:x:5:5::/:\nkim:x:1000:1000:Kim:/home/kim:/bin/sh\n";
        assert_eq!(account(accounts, 1000).as_deref(), Some("kim"));
        assert_eq!(account(accounts, 0).as_deref(), Some("root"));
        assert_eq!(account(accounts, 5), None);
    }

    #[test]
    fn this_process_has_an_identity() {
        let me = Identity::of_this_process();
        assert!(!me.user.as_str().is_empty() && !me.host.as_str().is_empty() && me.pid > 0);
        assert!(me.clone().with_user("a\nb").is_err());
        assert_eq!(me.with_display(":0").unwrap().display.as_str(), ":0");
    }
}
