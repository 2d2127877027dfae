//! Whether a line may be used by somebody: what it says of machines, platforms and places.

use core::net::IpAddr;

use names::{Code, CpuId, Workplace};

use crate::time_zone::{self, Zone};
use crate::{Entitlement, SeatKind, TerminalServer, VmPlatforms};

/// Who asks for a seat, and from what machine. All but the address is as the client says.
#[derive(Debug, Clone, Copy)]
pub struct Client<'a> {
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
    /// The platform as FlexNet names them (`x64_lsb`); may be empty.
    pub platform: &'a str,
    /// A virtual machine.
    pub is_virtual: bool,
    /// A client of a terminal server.
    pub is_remote: bool,
    /// Its minutes east of UTC.
    pub utc_offset_min: i16,
    /// The license host's minutes east of UTC, for `TZ=SERVERTZ`.
    pub server_utc_offset_min: i16,
}

impl Client<'_> {
    /// Whether a license for this host id may be used from there.
    #[must_use]
    pub fn is_at(&self, id: &CpuId) -> bool {
        let Self { user, host, display, cpu, address, .. } = *self;
        id.is_for(&Workplace { user, host, display, cpu, address })
    }
}

impl Entitlement {
    /// Whether the line may be used by a client, seats and dates apart. `USER_BASED` and `HOST_BASED` are
    /// for whoever has the options file.
    ///
    /// # Errors
    /// The first of these that it may not be used by, with what is behind it: `HOSTID` -9, `PLATFORMS`
    /// and `VM_PLATFORMS` -89, `TZ` -71, no `TS_OK` -103.
    pub fn admits(&self, client: &Client<'_>) -> Result<(), (Code, String)> {
        self.admits_host(client)?;
        self.admits_platform(client)?;
        self.admits_time_zone(client)?;
        self.admits_terminal_server(client)
    }

    /// Whether there is anybody whom [`Self::admits`] refuses, other machines than a locked line's apart.
    #[must_use]
    pub fn is_restricted(&self) -> bool {
        let rules = &self.rules;
        let is_uncounted = self.seats.is_none() && rules.terminal_server != TerminalServer::Yes;
        !rules.host_ids.is_empty()
            || !rules.platforms.is_empty()
            || rules.time_zone.is_some()
            || rules.virtual_machines.is_some()
            || is_uncounted
    }

    fn admits_host(&self, client: &Client<'_>) -> Result<(), (Code, String)> {
        let ids = match self.kind {
            SeatKind::Locked => &self.cpus,
            SeatKind::Floating | SeatKind::Named => &self.rules.host_ids,
        };
        if ids.is_empty() || ids.iter().any(|id| client.is_at(id)) {
            return Ok(());
        }
        let only = match ids.as_slice() {
            [one] => one.to_string(),
            [first, rest @ ..] => format!("{first} and {} more", rest.len()),
            [] => String::new(),
        };
        let Client { user, host, cpu, .. } = client;
        Err((Code::WrongHost, format!("{} is for {only}, and {user}@{host} is at {cpu}", self.feature)))
    }

    fn admits_platform(&self, client: &Client<'_>) -> Result<(), (Code, String)> {
        let rules = &self.rules;
        let said = || if client.platform.is_empty() { "none" } else { client.platform };
        let among = |platform: &String| platform.eq_ignore_ascii_case(client.platform);
        if !rules.platforms.is_empty() && !rules.platforms.iter().any(among) {
            let platforms = rules.platforms.join(" ");
            let why = format!("{} is for the platforms {platforms}, and this is {}", self.feature, said());
            return Err((Code::BadPlatform, why));
        }
        let why = match (rules.virtual_machines, client.is_virtual) {
            (Some(VmPlatforms::Physical), true) => "not for virtual machines, and this is one",
            (Some(VmPlatforms::VmOnly), false) => "for virtual machines only, and this is none",
            _ => return Ok(()),
        };
        Err((Code::BadPlatform, format!("{} is {why} (VM_PLATFORMS)", self.feature)))
    }

    fn admits_time_zone(&self, client: &Client<'_>) -> Result<(), (Code, String)> {
        let Some(text) = &self.rules.time_zone else { return Ok(()) };
        let is_in = |zone: &Zone| match zone {
            Zone::Server => client.utc_offset_min == client.server_utc_offset_min,
            Zone::East(minutes) => client.utc_offset_min == *minutes,
        };
        if time_zone::read(text).is_some_and(|zones| zones.iter().any(is_in)) {
            return Ok(());
        }
        let (sign, minutes) =
            (if client.utc_offset_min < 0 { '-' } else { '+' }, client.utc_offset_min.unsigned_abs());
        let here = format!("GMT{sign}{}:{:02}", minutes / 60, minutes % 60);
        Err((Code::BadTimeZone, format!("{} is for TZ={text}, and this is {here}", self.feature)))
    }

    /// Seats that are counted may be used over a terminal server: each client takes its own.
    fn admits_terminal_server(&self, client: &Client<'_>) -> Result<(), (Code, String)> {
        if !client.is_remote || self.seats.is_some() {
            return Ok(());
        }
        let why = match self.rules.terminal_server {
            TerminalServer::Yes => return Ok(()),
            TerminalServer::No => "its line has no TS_OK",
            TerminalServer::One => {
                "its line has ONE_TS_OK, and nobody counts the clients of an uncounted line"
            }
        };
        Err((Code::TerminalServer, format!("{} is not for remote clients: {why}", self.feature)))
    }
}
