//! What this machine is: the Ethernet addresses of its interfaces, as lmhostid shows them.

use std::path::Path;

use names::CpuId;

/// The host ids of this machine: the addresses of its physical interfaces, then of the others, each
/// by the interface's name. Loopback has none.
pub fn host_ids() -> Vec<CpuId> {
    in_folder(Path::new("/sys/class/net"))
}

fn in_folder(folder: &Path) -> Vec<CpuId> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<_> = entries
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let address = std::fs::read_to_string(path.join("address")).ok()?;
            let id = CpuId::new(address.trim()).ok()?;
            let is_virtual = !path.join("device").exists();
            let is_none = id.as_str().bytes().all(|b| b == b'0');
            (!is_none).then(|| (is_virtual, entry.file_name(), id))
        })
        .collect();
    found.sort();
    let mut ids = Vec::new();
    for (_, _, id) in found {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn physical_interfaces_come_first_and_loopback_is_none() {
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
        }
        let ids: Vec<_> = in_folder(folder.path()).iter().map(ToString::to_string).collect();
        assert_eq!(ids, ["02aa10203040", "02aa10203041", "024200000001"]);
    }
}
