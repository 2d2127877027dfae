//! Network addresses as options files write them: whole, with wildcards, or as a network.

use core::net::IpAddr;
use std::collections::BTreeMap;

use crate::index::Keep;

/// Addresses that agree in the bits of a mask. A v4 address is the v6 one that stands for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pattern {
    value: u128,
    mask: u128,
}

/// The bits above a v4 address in the v6 address that stands for it.
const V4: u128 = 0xffff << 32;
const V4_MASK: u128 = u128::MAX << 32;

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => V4 | u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    }
}

impl Pattern {
    /// One address that it is about: itself, or the first of its network.
    pub(crate) fn sample(self) -> IpAddr {
        IpAddr::from(self.value.to_be_bytes()).to_canonical()
    }

    /// Whether it is one address.
    pub(crate) fn is_one(self) -> bool {
        self.mask == u128::MAX
    }

    /// Reads `10.8.1.2`, `10.8.*.*`, `10.8.0.0/16`, `2001:db8::1`, `2001:db8::/32` or
    /// `2001:db8:*:*:*:*:*:*`.
    pub(crate) fn read(text: &str) -> Option<Self> {
        if let Some((address, prefix)) = text.split_once('/') {
            return Self::network(address.parse().ok()?, prefix);
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self { value: bits(address), mask: u128::MAX });
        }
        if text.contains(':') { Self::v6_wildcards(text) } else { Self::v4_wildcards(text) }
    }

    fn network(address: IpAddr, prefix: &str) -> Option<Self> {
        if prefix.is_empty() || !prefix.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let prefix: u32 = prefix.parse().ok()?;
        let whole = if address.is_ipv4() { 32 } else { 128 };
        let free = 128 - prefix.checked_add(128 - whole).filter(|_| prefix <= whole)?;
        let mask = u128::MAX.checked_shl(free).unwrap_or(0);
        Some(Self { value: bits(address) & mask, mask })
    }

    fn v4_wildcards(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('.').collect();
        let parts: [&str; 4] = parts.try_into().ok()?;
        let (mut value, mut mask) = (0, V4_MASK >> 32);
        for part in parts {
            let octet = if part == "*" { None } else { Some(part.parse::<u8>().ok()?) };
            value = (value << 8) | u128::from(octet.unwrap_or(0));
            mask = (mask << 8) | if octet.is_some() { 0xff } else { 0 };
        }
        Some(Self { value: V4 | value, mask })
    }

    fn v6_wildcards(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(':').collect();
        let parts: [&str; 8] = parts.try_into().ok()?;
        let (mut value, mut mask) = (0, 0);
        for part in parts {
            let group = if part == "*" { None } else { Some(u16::from_str_radix(part, 16).ok()?) };
            value = (value << 16) | u128::from(group.unwrap_or(0));
            mask = (mask << 16) | if group.is_some() { 0xffff } else { 0 };
        }
        Some(Self { value, mask })
    }
}

/// Whether a host's name is meant as addresses: nothing but what they are made of, and a `*`, a `/`,
/// or an address as a whole.
pub(crate) fn looks_like_addresses(text: &str) -> bool {
    let of_v4 = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'*' | b'/');
    text.contains(':') || text.bytes().all(of_v4)
}

/// Numbers by pattern: one look-up for each mask that is used, however many patterns there are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Addresses {
    by_mask: BTreeMap<u128, BTreeMap<u128, Vec<u32>>>,
}

impl Addresses {
    pub(crate) fn add(&mut self, pattern: Pattern, number: u32, keep: Keep) {
        let numbers = self.by_mask.entry(pattern.mask).or_default().entry(pattern.value).or_default();
        if numbers.is_empty() || (keep == Keep::All && numbers.last() != Some(&number)) {
            numbers.push(number);
        }
    }

    pub(crate) fn of(&self, address: IpAddr) -> impl Iterator<Item = u32> {
        let bits = bits(address);
        self.by_mask.iter().filter_map(move |(mask, values)| values.get(&(bits & mask))).flatten().copied()
    }
}

/// The address of a connection, v4 where a v6 one stands for it.
#[must_use]
pub fn plain_address(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_what_they_say() {
        for (pattern, yes, no) in [
            ("10.8.1.2", "10.8.1.2", "10.8.1.3"),
            ("10.8.1.2", "::ffff:10.8.1.2", "::10.8.1.2"),
            ("10.8.*.*", "10.8.255.1", "10.9.0.1"),
            ("*.8.1.2", "1.8.1.2", "1.8.1.3"),
            ("*.*.*.*", "1.2.3.4", "::1"),
            ("10.8.0.0/16", "10.8.4.4", "10.7.4.4"),
            ("10.8.7.7/16", "10.8.4.4", "10.7.4.4"),
            ("0.0.0.0/0", "1.2.3.4", "2001::1"),
            ("10.8.1.2/32", "10.8.1.2", "10.8.1.3"),
            ("2001:db8::1", "2001:db8:0:0:0:0:0:1", "2001:db8::2"),
            ("2001:DB8::/32", "2001:db8:9::2", "2001:db9::2"),
            ("2001:db8:*:*:*:*:*:*", "2001:db8:9::2", "2001:db9::2"),
            ("::/0", "::1", ""),
        ] {
            let mut addresses = Addresses::default();
            addresses.add(Pattern::read(pattern).unwrap_or_else(|| panic!("{pattern}")), 7, Keep::First);
            let found = |text: &str| addresses.of(text.parse().unwrap()).collect::<Vec<_>>();
            assert_eq!(found(yes), [7], "{pattern} {yes}");
            assert!(no.is_empty() || found(no).is_empty(), "{pattern} {no}");
        }
        for bad in [
            "",
            "10",
            "10.8",
            "10.8.1",
            "10.8.1.2.3",
            "10.8.1.256",
            "10.8.1.*x",
            "10.8.1.2/33",
            "10.8.1.2/",
            "10.8.1.2/+1",
            "::/129",
            "2001:db8:*",
            "ws1",
            "*",
            "10.*.1.2/8",
            "/8",
        ] {
            assert_eq!(Pattern::read(bad), None, "{bad}");
        }
    }
}
