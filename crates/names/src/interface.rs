//! Which addresses of its network interfaces a machine is known by.

use crate::CpuId;

/// A network interface as the kernel describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Its address, with colons.
    pub address: String,
    /// `ARPHRD_…`; 1 is Ethernet.
    pub kind: u32,
    /// Whether a device is behind it.
    pub physical: bool,
    /// Whether its address was made up by the kernel, and is another one after the next start.
    pub random: bool,
}

/// The host ids that these interfaces give, by interface name: Ethernet addresses of physical
/// interfaces, or of the virtual ones where there is no physical one (containers).
#[must_use]
pub fn host_ids(interfaces: &[Interface]) -> Vec<CpuId> {
    let mut usable: Vec<_> = interfaces.iter().filter(|i| is_usable(i)).collect();
    usable.sort_by(|a, b| a.name.cmp(&b.name));
    let with = |keep: fn(&Interface) -> bool| {
        let mut ids: Vec<CpuId> = Vec::new();
        for interface in usable.iter().filter(|i| keep(i)) {
            if let Ok(id) = CpuId::new(&interface.address)
                && !ids.contains(&id)
            {
                ids.push(id);
            }
        }
        ids
    };
    [with(|i| i.physical && !i.random), with(|i| !i.random), with(|_| true)]
        .into_iter()
        .find(|ids| !ids.is_empty())
        .unwrap_or_default()
}

fn is_usable(interface: &Interface) -> bool {
    // What programs make and remove says nothing about the machine.
    let made = ["docker", "br-", "virbr", "vmnet", "vboxnet", "tap", "dummy"];
    let nothing = |b: u8| matches!(b, b'0' | b':');
    interface.kind == 1
        && (interface.physical || !made.iter().any(|prefix| interface.name.starts_with(prefix)))
        && interface.address.len() == 17
        && !interface.address.bytes().all(nothing)
        && !interface.address.eq_ignore_ascii_case("ff:ff:ff:ff:ff:ff")
}

impl Interface {
    /// The interface that the kernel describes under `/sys/class/net/NAME`. `file` gives the text of
    /// one file in there; what has no address is none.
    pub fn described(name: &str, file: impl Fn(&str) -> Option<String>, physical: bool) -> Option<Self> {
        let text = |name| file(name).map(|text| text.trim().to_owned());
        Some(Self {
            name: name.to_owned(),
            // A bond gives its address to its members, which keep their own here.
            address: text("bonding_slave/perm_hwaddr").or_else(|| text("address"))?,
            kind: text("type")?.parse().ok()?,
            physical,
            random: text("addr_assign_type").is_some_and(|kind| kind == "1"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(name: &str, address: &str, physical: bool) -> Interface {
        Interface { name: name.into(), address: address.into(), kind: 1, physical, random: false }
    }

    #[test]
    fn physical_addresses_come_first_and_by_name() {
        let eth1 = card("eth1", "02:aa:10:20:30:41", true);
        let eth0 = card("eth0", "02:AA:10:20:30:40", true);
        let twin = card("eth2", "02:aa:10:20:30:40", true);
        let veth = card("veth0", "02:aa:10:20:30:99", false);
        let bridge = card("docker0", "02:42:00:00:00:01", false);
        let lo = Interface { kind: 772, ..card("lo", "00:00:00:00:00:00", false) };
        let none = card("eth3", "00:00:00:00:00:00", true);
        let made_up = Interface { random: true, ..card("wlan0", "02:aa:10:20:30:77", true) };
        for (interfaces, ids) in [
            (vec![&eth1, &veth, &twin, &eth0, &lo, &made_up], vec!["02aa10203040", "02aa10203041"]),
            (vec![&veth, &bridge, &lo, &made_up], vec!["02aa10203099"]),
            (vec![&made_up, &bridge], vec!["02aa10203077"]),
            (vec![&bridge, &lo, &none], vec![]),
        ] {
            let interfaces: Vec<_> = interfaces.into_iter().cloned().collect();
            let found: Vec<_> = host_ids(&interfaces).iter().map(|id| id.as_str().to_owned()).collect();
            assert_eq!(found, ids);
        }
    }
}
