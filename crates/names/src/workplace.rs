//! Where somebody works, and whether a host id stands for it.

use core::net::{IpAddr, Ipv6Addr};

use crate::CpuId;

/// Where somebody works: what the host ids of a license line are held against.
#[derive(Debug, Clone, Copy)]
pub struct Workplace<'a> {
    /// The user's login name.
    pub user: &'a str,
    /// The workstation's name.
    pub host: &'a str,
    /// The display or terminal; may be empty.
    pub display: &'a str,
    /// The workstation's host id.
    pub cpu: &'a CpuId,
    /// Where its connection came from, if that is known.
    pub address: Option<IpAddr>,
}

impl CpuId {
    /// Whether a license for this host id may be used there: the workstation's own id, or a special one
    /// (`ANY`, `DEMO`, `USER=`, `HOSTNAME=`, `DISPLAY=`, `INTERNET=` with `*` for any part).
    #[must_use]
    pub fn is_for(&self, at: &Workplace<'_>) -> bool {
        if self == at.cpu {
            return true;
        }
        match self.as_str().split_once('=') {
            None => matches!(self.as_str(), "ANY" | "DEMO"),
            Some(("USER", name)) => name == at.user,
            Some(("DISPLAY", name)) => name == at.display,
            Some(("HOSTNAME", name)) => name.eq_ignore_ascii_case(at.host),
            Some(("INTERNET", pattern)) => at.address.is_some_and(|address| is_in(address, pattern)),
            Some(_) => false,
        }
    }
}

/// Whether an address has the parts of a pattern; `*` is any part, and `::` zeros.
fn is_in(address: IpAddr, pattern: &str) -> bool {
    let same = |part: &str, number: u32, radix| part == "*" || u32::from_str_radix(part, radix) == Ok(number);
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let parts: Vec<_> = pattern.split('.').collect();
            parts.len() == 4 && parts.iter().zip(v4.octets()).all(|(part, n)| same(part, n.into(), 10))
        }
        IpAddr::V6(v6) => match pattern.parse::<Ipv6Addr>() {
            Ok(one) => one == v6,
            Err(_) => {
                let parts = groups(pattern);
                parts.len() == 8 && parts.iter().zip(v6.segments()).all(|(part, n)| same(part, n.into(), 16))
            }
        },
    }
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(':').filter(|part| !part.is_empty())
}

/// The groups of an IPv6 pattern, with the zeros that `::` leaves out.
fn groups(pattern: &str) -> Vec<&str> {
    let Some((head, tail)) = pattern.split_once("::") else { return pattern.split(':').collect() };
    let zeros = 8_usize.saturating_sub(parts(head).count() + parts(tail).count());
    parts(head).chain(std::iter::repeat_n("0", zeros)).chain(parts(tail)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_id_is_for_a_machine_a_user_a_display_or_a_network() {
        let cpu = CpuId::new("02aa10200001").unwrap();
        let at = |address: Option<&str>| Workplace {
            user: "kim",
            host: "r01",
            display: ":0",
            cpu: &cpu,
            address: address.map(|address| address.parse().unwrap()),
        };
        let (v4, v6) = (Some("192.0.2.7"), Some("2001:db8::17"));
        for (id, address, expected) in [
            ("02AA10200001", None, true),
            ("02aa10200002", None, false),
            ("ANY", None, true),
            ("DEMO", None, true),
            ("USER=kim", None, true),
            ("USER=Kim", None, false),
            ("DISPLAY=:0", None, true),
            ("DISPLAY=:1", None, false),
            ("HOSTNAME=R01", None, true),
            ("HOSTNAME=r02", None, false),
            ("ID=1", None, false),
            ("INTERNET=192.0.2.7", v4, true),
            ("INTERNET=192.0.2.*", v4, true),
            ("INTERNET=192.0.3.*", v4, false),
            ("INTERNET=192.0.2", v4, false),
            ("INTERNET=192.0.2.*", Some("::ffff:192.0.2.7"), true),
            ("INTERNET=*.*.*.*", v6, false),
            ("INTERNET=*.*.*.*", None, false),
            ("INTERNET=2001:db8::17", v6, true),
            ("INTERNET=2001:db8::18", v6, false),
            ("INTERNET=2001:db8::*", v6, true),
            ("INTERNET=2001:db8:*:*:*:*:*:*", v6, true),
            ("INTERNET=2001:db9::*", v6, false),
            ("INTERNET=2001:db8::*", v4, false),
        ] {
            assert_eq!(CpuId::new(id).unwrap().is_for(&at(address)), expected, "{id} {address:?}");
        }
    }
}
