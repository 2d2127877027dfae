//! What restricts or widens the use of a line's seats: FlexNet's optional attributes, with meaning.

use names::{CpuId, Invalid};

/// What a line says about how its seats may be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// `BORROW`: a seat may be taken offline for at most so many hours.
    pub borrow_hours: Option<u32>,
    /// `BORROW_LOST_OK`: the borrowed seat of a lost laptop may be freed before its date.
    pub borrow_lost_ok: bool,
    /// `DUP_GROUP`: which checkouts share a seat; nothing where none do.
    pub dup_group: Option<DupGroup>,
    /// `DUP_LIMIT`: at most so many processes share a seat; nothing where any number may.
    pub dup_limit: Option<u32>,
    /// `SUITE_DUP_GROUP`: the same as `DUP_GROUP`, for the suite that the line enables.
    pub suite_dup_group: Option<DupGroup>,
    /// `FLOAT_OK`: the license of a dongle floats while the dongle is at the license host.
    pub float_ok: bool,
    /// `HOSTID` of a line that is not locked: it may be used where any of these is. Empty: everywhere.
    /// What a locked line is locked to stands in [`crate::Entitlement::cpus`].
    pub host_ids: Vec<CpuId>,
    /// `HOST_BASED`: only listed hosts, so many at most.
    pub host_based: Option<Listed>,
    /// `USER_BASED`: only listed users, so many at most.
    pub user_based: Option<Listed>,
    /// `LINGER`: seconds that a seat stays taken after its return.
    pub linger_s: Option<u32>,
    /// `MINIMUM`: the seats that a checkout takes at least.
    pub minimum: Option<u32>,
    /// `OVERDRAFT`: seats above the count.
    pub overdraft: Option<u32>,
    /// `PLATFORMS`: the clients' platforms. Empty: all.
    pub platforms: Vec<String>,
    /// `TS_OK` and `ONE_TS_OK`: use over a terminal server.
    pub terminal_server: TerminalServer,
    /// `TZ`: the clients' time zones, as written.
    pub time_zone: Option<String>,
    /// `VM_PLATFORMS`: only on, or never on, virtual machines.
    pub virtual_machines: Option<VmPlatforms>,
}

/// How many users or hosts an options file may list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// As many as the line has seats.
    AsSeats,
    /// So many.
    AtMost(u32),
}

/// In what checkouts must be equal to share a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DupGroup {
    /// Everybody shares one.
    Site,
    /// Equal in all that are true.
    Equal {
        /// `U`
        user: bool,
        /// `H`
        host: bool,
        /// `D`
        display: bool,
        /// `V`
        vendor_data: bool,
    },
}

/// Whether a line may be used over a terminal server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TerminalServer {
    /// Not on an uncounted line.
    #[default]
    No,
    /// By one client: `ONE_TS_OK`. Uncounted lines count nobody, so it is none.
    One,
    /// `TS_OK`.
    Yes,
}

/// Which machines may use a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VmPlatforms {
    /// `PHYSICAL`: no virtual machine.
    Physical,
    /// `VM_ONLY`: virtual machines only.
    VmOnly,
}

impl DupGroup {
    /// Equal in the user.
    pub(crate) const USER: Self = Self::Equal { user: true, host: false, display: false, vendor_data: false };

    /// Of two groupings what both allow: what shares must be equal in what either names. Nothing is
    /// no sharing at all.
    #[must_use]
    pub fn both(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one?, other?) {
            (Self::Site, group) | (group, Self::Site) => Some(group),
            (
                Self::Equal { user, host, display, vendor_data },
                Self::Equal { user: u, host: h, display: d, vendor_data: v },
            ) => Some(Self::Equal {
                user: user || u,
                host: host || h,
                display: display || d,
                vendor_data: vendor_data || v,
            }),
        }
    }

    /// Reads `NONE` (nothing is shared), `SITE`, or some of `UHDV`.
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, Invalid> {
        if text.eq_ignore_ascii_case("NONE") {
            return Ok(None);
        }
        if text.eq_ignore_ascii_case("SITE") {
            return Ok(Some(Self::Site));
        }
        let letters = text.to_ascii_uppercase();
        if letters.is_empty() || letters.chars().any(|c| !"UHDV".contains(c)) {
            let why = "write NONE, SITE, or some of the letters U, H, D and V".to_owned();
            return Err(Invalid { what: "a duplicate grouping", why });
        }
        let has = |c: char| letters.contains(c);
        Ok(Some(Self::Equal { user: has('U'), host: has('H'), display: has('D'), vendor_data: has('V') }))
    }
}

impl std::fmt::Display for DupGroup {
    /// In one spelling: `SITE`, or the letters in the order `UHDV`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self::Equal { user, host, display, vendor_data } = self else { return f.write_str("SITE") };
        let letters = [(user, "U"), (host, "H"), (display, "D"), (vendor_data, "V")];
        letters.iter().filter(|(is, _)| **is).try_for_each(|(_, letter)| f.write_str(letter))
    }
}

impl Listed {
    /// How many of a line with so many seats; nothing where the line is uncounted and names no number.
    #[must_use]
    pub fn most(self, seats: Option<u32>) -> Option<u32> {
        match self {
            Self::AsSeats => seats,
            Self::AtMost(n) => Some(n),
        }
    }
}

impl VmPlatforms {
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        match text.to_ascii_uppercase().as_str() {
            "PHYSICAL" => Ok(Self::Physical),
            "VM_ONLY" => Ok(Self::VmOnly),
            _ => Err(Invalid { what: "a kind of machine", why: "write PHYSICAL or VM_ONLY".to_owned() }),
        }
    }
}

/// A number of decimal digits, at most `max`.
pub(crate) fn number(text: &str, max: u32) -> Result<u32, Invalid> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let bad = |why: String| Invalid { what: "a number", why };
    if !digits {
        return Err(bad("write decimal digits only".to_owned()));
    }
    let most = || bad(format!("the most is {max}"));
    text.parse().ok().filter(|number| *number <= max).ok_or_else(most)
}
