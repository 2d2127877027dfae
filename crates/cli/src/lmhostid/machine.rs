//! What of this machine the kernel and its files say: addresses, the firmware's names, the container.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use names::Code;

use crate::fail::Failure;

/// Kinds of machines, and the word of the firmware that each is known by.
const KINDS: &[(&str, &str)] = &[
    ("AMZN", "Amazon EC2"),
    ("GCP", "Google Compute Engine"),
    ("VMW", "VMware"),
    ("HPV", "Virtual Machine"),
    ("XEN", "Xen"),
    ("VBX", "VirtualBox"),
    ("KVM", "KVM"),
    ("KVM", "QEMU"),
];
/// A container's id has so many hexadecimal digits.
const CONTAINER_DIGITS: usize = 64;

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The name with its domain, where /etc/hosts has one.
pub(super) fn with_domain(name: &str) -> String {
    domain_of(name, &read("/etc/hosts")).unwrap_or_else(|| name.to_owned())
}

fn domain_of(name: &str, hosts: &str) -> Option<String> {
    let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or_default());
    let mut of_it = lines
        .map(str::split_whitespace)
        .filter(|words| words.clone().skip(1).any(|word| word.eq_ignore_ascii_case(name)));
    let dotted =
        |word: &&str| word.split_once('.').is_some_and(|(first, _)| first.eq_ignore_ascii_case(name));
    of_it.find_map(|mut words| words.find(dotted).map(str::to_ascii_lowercase))
}

/// This machine's addresses but the loopback's: of IPv4, then of IPv6; `version` is `v4`, `v6` or both.
pub(super) fn addresses(version: &str) -> Vec<IpAddr> {
    let mut all = Vec::new();
    if version != "v6" {
        all.extend(of_v4(&read("/proc/net/fib_trie")).into_iter().map(IpAddr::V4));
    }
    if version != "v4" {
        all.extend(of_v6(&read("/proc/net/if_inet6")).into_iter().map(IpAddr::V6));
    }
    all
}

/// The local addresses of the kernel's routing table: a leaf, then `/32 host LOCAL`.
fn of_v4(table: &str) -> Vec<Ipv4Addr> {
    let (mut leaf, mut found) = (None, Vec::new());
    for line in table.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse::<Ipv4Addr>().ok();
        } else if line == "/32 host LOCAL" {
            found.extend(leaf.filter(|address| !address.is_loopback()));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn of_v6(table: &str) -> Vec<Ipv6Addr> {
    let address =
        |line: &str| line.split_whitespace().next().and_then(|hex| u128::from_str_radix(hex, 16).ok());
    let all = table.lines().filter_map(address).map(Ipv6Addr::from);
    all.filter(|address| !address.is_loopback() && !address.is_unicast_link_local()).collect()
}

/// The 32-bit id of /etc/hostid, in eight digits.
pub(super) fn long() -> Option<String> {
    let bytes = std::fs::read("/etc/hostid").ok()?;
    let bytes: [u8; 4] = bytes.try_into().ok()?;
    Some(format!("{:08x}", u32::from_ne_bytes(bytes)))
}

/// The id of the container that this runs in.
pub(super) fn container() -> Option<String> {
    container_of(&read("/proc/self/cgroup")).or_else(|| container_of(&read("/proc/self/mountinfo")))
}

fn container_of(text: &str) -> Option<String> {
    let is_id = |word: &&str| word.len() == CONTAINER_DIGITS && word.bytes().all(|b| b.is_ascii_hexdigit());
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    // A layer of an image has such a name too; a container's stands below a folder of containers.
    let mut before = "";
    let mut found = None;
    for word in words {
        if is_id(&word)
            && matches!(before, "docker" | "containers" | "libpod" | "scope" | "crio" | "containerd")
        {
            found = found.or(Some(word.to_owned()));
        }
        before = word;
    }
    found
}

/// The kind of machine, or with `uuid` its UUID. Where `wanted` names a kind, it must be that.
pub(super) fn platform(wanted: &str, uuid: bool) -> Result<Vec<String>, Failure> {
    let firmware: String = ["sys_vendor", "product_name", "board_vendor"]
        .map(|file| read(&format!("/sys/class/dmi/id/{file}")))
        .concat();
    let kind = kind(&firmware, client::Machine::this().is_virtual);
    if !wanted.is_empty() && !wanted.eq_ignore_ascii_case(kind) {
        let message = format!("this machine is {kind}, not {}", client::shown(wanted, 20));
        return Err(Failure::new(Code::WrongHost, message, "`lmhostid -ptype` says what it is"));
    }
    if !uuid {
        return Ok(vec![kind.to_owned()]);
    }
    match std::fs::read_to_string("/sys/class/dmi/id/product_uuid") {
        Ok(id) => Ok(vec![format!("VM_UUID={}", client::shown(id.trim(), 80))]),
        Err(error) => {
            let message = format!("/sys/class/dmi/id/product_uuid: {error}");
            Err(Failure::new(Code::WrongHost, message, "only root may read it: run this as root"))
        }
    }
}

fn kind(firmware: &str, is_virtual: bool) -> &'static str {
    let known = KINDS.iter().find(|(_, word)| firmware.contains(word)).map(|(kind, _)| *kind);
    known.unwrap_or(if is_virtual { "VM" } else { "PHY" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_kernel_writes_them() {
        let table = "Main:\n  +-- 0.0.0.0/0\n     |-- 10.8.0.0\n        /24 link UNICAST\n     |-- 10.8.0.5\n        \
                     /32 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\nLocal:\n     |-- 10.8.0.5\n        /32 host LOCAL\n";
        assert_eq!(of_v4(table), [Ipv4Addr::new(10, 8, 0, 5)]);
        let table = "00000000000000000000000000000001 01 80 10 80 lo\nfe800000000000000000000000000001 02 40 20 80 eth0\n\
                     20010db8000000000000000000000007 02 40 00 80 eth0\n";
        assert_eq!(of_v6(table).iter().map(ToString::to_string).collect::<Vec<_>>(), ["2001:db8::7"]);
    }

    #[test]
    fn a_name_has_its_domain_from_the_hosts_file() {
        let hosts = "127.0.0.1 localhost\n# 10.0.0.1 lic1.wrong\n10.8.0.5 LIC1.example.net lic1 # ours\n";
        assert_eq!(domain_of("lic1", hosts).as_deref(), Some("lic1.example.net"));
        assert_eq!(domain_of("lic2", hosts), None);
        assert_eq!(domain_of("localhost", hosts), None);
    }

    #[test]
    fn a_container_is_known_and_an_images_layer_is_none() {
        let id = "0123456789abcdef".repeat(4);
        assert_eq!(container_of(&format!("0::/docker/{id}\n")).as_deref(), Some(id.as_str()));
        assert_eq!(container_of(&format!("x /var/lib/docker/containers/{id}/hostname y")), Some(id.clone()));
        assert_eq!(container_of(&format!("overlay lowerdir=/l/overlay2/{id}/diff")), None);
        assert_eq!(container_of("0::/user.slice\n"), None);
    }

    #[test]
    fn a_machine_is_known_by_its_firmware() {
        for (firmware, is_virtual, is) in [
            ("VMware, Inc.\nVMware7,1\n", true, "VMW"),
            ("Microsoft Corporation\nVirtual Machine\n", true, "HPV"),
            ("QEMU\nStandard PC\n", true, "KVM"),
            ("LENOVO\n20XW\n", false, "PHY"),
            ("", true, "VM"),
        ] {
            assert_eq!(kind(firmware, is_virtual), is, "{firmware:?}");
        }
    }
}
