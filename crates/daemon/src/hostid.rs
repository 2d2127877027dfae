//! What this machine is: the Ethernet addresses of its interfaces, as lmhostid shows them.

use std::path::Path;

use names::{CpuId, Interface};

/// The host ids of this machine, best first, by the rule of [`names::host_ids`].
pub fn host_ids() -> Vec<CpuId> {
    in_folder(Path::new("/sys/class/net"))
}

fn in_folder(folder: &Path) -> Vec<CpuId> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let described = entries.flatten().filter_map(|entry| {
        let (path, name) = (entry.path(), entry.file_name());
        let file = |file: &str| std::fs::read_to_string(path.join(file)).ok();
        Interface::described(name.to_str()?, file, path.join("device").exists())
    });
    names::host_ids(&described.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn physical_interfaces_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for (name, address, physical) in [
            ("lo", "00:00:00:00:00:00\n", false),
            ("docker0", "02:42:00:00:00:01\n", false),
            ("eth1", "02:aa:10:20:30:41\n", true),
            ("eth0", "02:aa:10:20:30:40\n", true),
            ("bond0", "02:aa:10:20:30:40\n", false),
        ] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(if physical { path.join("device") } else { path.clone() }).unwrap();
            std::fs::write(path.join("address"), address).unwrap();
            std::fs::write(path.join("type"), if name == "lo" { "772" } else { "1" }).unwrap();
        }
        let ids: Vec<_> = in_folder(folder.path()).iter().map(ToString::to_string).collect();
        assert_eq!(ids, ["02aa10203040", "02aa10203041"]);
    }
}
