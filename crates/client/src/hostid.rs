//! What this machine is: its host ids.
//!
//! [`names::host_ids`] is the rule; this reads what it needs from `/sys/class/net`.

use std::path::Path;

use names::{CpuId, Interface, host_ids};

/// The Ethernet addresses of this machine, best first; none in a machine without a network.
#[must_use]
pub fn ethernet() -> Vec<CpuId> {
    host_ids(&interfaces(Path::new("/sys/class/net")))
}

/// The interfaces that a folder like `/sys/class/net` describes; what cannot be read is left out.
fn interfaces(folder: &Path) -> Vec<Interface> {
    let Ok(items) = std::fs::read_dir(folder) else { return Vec::new() };
    let described = items.flatten().filter_map(|item| {
        let (path, name) = (item.path(), item.file_name());
        let file = |file: &str| std::fs::read_to_string(path.join(file)).ok();
        Interface::described(name.to_str()?, file, path.join("device").exists())
    });
    described.collect()
}

/// This machine's name, in lower case.
#[must_use]
pub fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().to_ascii_lowercase()
}

/// The one id that a workstation claims: its first Ethernet address, else its name. Nothing when it
/// has neither.
#[must_use]
pub fn workstation() -> Option<CpuId> {
    let named = || CpuId::new(&format!("HOSTNAME={}", hostname())).ok();
    ethernet().into_iter().next().or_else(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interfaces_are_read_as_the_kernel_writes_them() {
        let root = tempfile::tempdir().unwrap();
        let bonded = root.path().join("eth0");
        std::fs::create_dir_all(bonded.join("bonding_slave")).unwrap();
        std::fs::create_dir_all(bonded.join("device")).unwrap();
        for (file, text) in [
            ("address", "02:00:00:00:00:01\n"),
            ("type", "1\n"),
            ("addr_assign_type", "0\n"),
            ("bonding_slave/perm_hwaddr", "02:00:00:00:00:02\n"),
        ] {
            std::fs::write(bonded.join(file), text).unwrap();
        }
        std::fs::create_dir_all(root.path().join("broken")).unwrap();
        let found = interfaces(root.path());
        assert_eq!(host_ids(&found), [CpuId::new("020000000002").unwrap()]);
        assert!(interfaces(Path::new("/no/such/folder")).is_empty());
        assert!(workstation().is_some());
    }
}
