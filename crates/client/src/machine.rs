//! What kind of machine a process runs on, for the license lines that ask.
//!
//! These are claims, as all of an identity is: no daemon can look into a workstation.

use std::path::Path;

/// What kind of machine it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Machine {
    /// The platform, as FlexNet names them: `x64_lsb`.
    pub platform: String,
    /// A virtual machine: its processor or its firmware says so. A container is none.
    pub is_virtual: bool,
    /// Somebody sits at another machine's screen: a desktop over the network (xrdp, or a graphical
    /// session that logind knows as remote). A shell over SSH is none, and neither is a window that X11
    /// carries elsewhere, as in FlexNet outside Windows.
    pub is_remote: bool,
    /// Minutes east of UTC, now.
    pub utc_offset_min: i16,
}

impl Machine {
    /// This machine, as seen from this process.
    #[must_use]
    pub fn this() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let firmware = ["sys_vendor", "product_name", "board_vendor"].map(|file| {
            // Only root may read some of them.
            read(&format!("/sys/class/dmi/id/{file}"))
        });
        // Xen's first domain is the machine itself.
        let is_xen_host = read("/proc/xen/capabilities").contains("control_d");
        let is_guest =
            is_guest(&read("/proc/cpuinfo"), &firmware) || Path::new("/proc/device-tree/hypervisor").exists();
        Self {
            platform: platform(std::env::consts::ARCH).to_owned(),
            is_virtual: is_guest && !is_xen_host,
            is_remote: std::env::var_os("XRDP_SESSION").is_some() || is_remote_desktop(&session()),
            utc_offset_min: utc_offset_min(),
        }
    }
}

/// FlexNet's name for Linux on this processor.
fn platform(arch: &str) -> &'static str {
    match arch {
        "x86_64" => "x64_lsb",
        "x86" => "i86_lsb",
        "aarch64" => "arm64_lsb",
        "powerpc64" => "ppc64_lsb",
        _ => "",
    }
}

/// Whether the processor or the firmware is a hypervisor's.
fn is_guest(cpuinfo: &str, firmware: &[String]) -> bool {
    const MAKERS: [&str; 11] = [
        "QEMU",
        "KVM",
        "VMware",
        "VirtualBox",
        "innotek GmbH",
        "Xen",
        "Bochs",
        "Parallels",
        "BHYVE",
        "Virtual Machine",
        "Amazon EC2",
    ];
    let flag = cpuinfo
        .lines()
        .filter(|line| line.starts_with("flags"))
        .any(|line| line.split_ascii_whitespace().any(|flag| flag == "hypervisor"));
    flag || firmware.iter().any(|text| MAKERS.iter().any(|maker| text.contains(maker)))
}

/// What logind says of this process's session; empty where there is none.
fn session() -> String {
    let plain = |id: &String| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric());
    let id = std::env::var("XDG_SESSION_ID").ok().filter(plain);
    let file = id.map(|id| std::fs::read_to_string(format!("/run/systemd/sessions/{id}")));
    file.and_then(Result::ok).unwrap_or_default()
}

/// Whether a session of logind's is a desktop for somebody elsewhere.
fn is_remote_desktop(session: &str) -> bool {
    let has = |wanted: &str| session.lines().any(|line| line == wanted);
    has("REMOTE=1") && ["TYPE=x11", "TYPE=wayland", "TYPE=mir"].into_iter().any(has)
}

fn utc_offset_min() -> i16 {
    let offset = jiff::Zoned::now().offset().seconds() / 60;
    i16::try_from(offset).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_is_known_by_its_processor_or_its_firmware() {
        let plain = vec!["LENOVO\n".to_owned(), "20XW\n".to_owned()];
        for (cpuinfo, firmware, guest) in [
            ("flags\t\t: fpu sse hypervisor lahf_lm\n", vec![], true),
            ("flags\t\t: fpu sse lahf_lm\n", plain.clone(), false),
            ("model name\t: hypervisor\nflags : fpu\n", plain, false),
            ("", vec!["QEMU\n".to_owned()], true),
            ("", vec!["Microsoft Corporation\n".into(), "Virtual Machine\n".into()], true),
            ("", vec![], false),
        ] {
            assert_eq!(is_guest(cpuinfo, &firmware), guest, "{cpuinfo:?} {firmware:?}");
        }
    }

    #[test]
    fn a_desktop_over_the_network_is_remote_and_a_shell_is_not() {
        for (session, remote) in [
            ("UID=1000\nREMOTE=1\nTYPE=x11\n", true),
            ("REMOTE=1\nTYPE=wayland\n", true),
            ("REMOTE=1\nTYPE=tty\n", false),
            ("REMOTE=0\nTYPE=x11\n", false),
            ("", false),
        ] {
            assert_eq!(is_remote_desktop(session), remote, "{session:?}");
        }
    }

    #[test]
    fn this_machine_has_a_platform_and_a_time_zone() {
        let machine = Machine::this();
        assert_eq!(machine.platform, platform(std::env::consts::ARCH));
        assert_eq!((platform("x86_64"), platform("riscv64")), ("x64_lsb", ""));
        assert!((-16 * 60..=16 * 60).contains(&machine.utc_offset_min));
    }
}
