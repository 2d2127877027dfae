//! `--hide-users`: a user is user-1 wherever they stand in the bundle, a host host-1, and so on. The table
//! is not in it.

use std::collections::BTreeMap;

use policy::{Kind, Line, What, Who};
use proto::v1;

/// Fields of events that say nothing of who somebody is.
const HARMLESS: [&str; 26] = [
    "feature",
    "version",
    "seats",
    "vendor",
    "configuration",
    "session",
    "grant",
    "how",
    "until_ms",
    "why",
    "code",
    "reason",
    "place",
    "priority",
    "standing",
    "idle",
    "counts",
    "deed",
    "rule_id",
    "from",
    "until",
    "latest_ms",
    "was_ms",
    "kind",
    "seq",
    "bytes",
];

/// The names that were met, each with its number.
#[derive(Debug, Default)]
struct Table(BTreeMap<String, usize>);

impl Table {
    fn of(&mut self, word: &str, name: &str, is_case: bool) -> String {
        if name.is_empty() {
            return String::new();
        }
        let next = self.0.len() + 1;
        let key = if is_case { name.to_owned() } else { name.to_ascii_lowercase() };
        format!("{word}-{}", self.0.entry(key).or_insert(next))
    }
}

/// Replaces who people are, or lets everything be.
#[derive(Debug, Default)]
pub(super) struct Hider {
    is_on: bool,
    users: Table,
    hosts: Table,
    displays: Table,
    emails: Table,
    addresses: Table,
    others: Table,
}

impl Hider {
    pub(super) fn new(is_on: bool) -> Self {
        Self { is_on, ..Self::default() }
    }

    pub(super) fn is_on(&self) -> bool {
        self.is_on
    }

    pub(super) fn user(&mut self, name: &str) -> String {
        if self.is_on { self.users.of("user", name, true) } else { name.to_owned() }
    }

    /// A host's name, or its address.
    pub(super) fn host(&mut self, name: &str) -> String {
        match () {
            () if !self.is_on => name.to_owned(),
            () if name.parse::<std::net::IpAddr>().is_ok() => self.address(name),
            () => self.hosts.of("host", name, false),
        }
    }

    pub(super) fn display(&mut self, name: &str) -> String {
        if self.is_on { self.displays.of("display", name, true) } else { name.to_owned() }
    }

    pub(super) fn email(&mut self, name: &str) -> String {
        if self.is_on { self.emails.of("email", name, false) } else { name.to_owned() }
    }

    pub(super) fn address(&mut self, name: &str) -> String {
        if self.is_on { self.addresses.of("address", name, false) } else { name.to_owned() }
    }

    /// What people wrote themselves: checkout data, projects, jobs, applications.
    pub(super) fn other(&mut self, text: &str) -> String {
        if self.is_on { self.others.of("text", text, true) } else { text.to_owned() }
    }

    /// `ADDRESS:PORT`, the port as it is.
    pub(super) fn socket(&mut self, text: &str) -> String {
        match text.rsplit_once(':') {
            Some((address, port)) if port.parse::<u16>().is_ok() => {
                format!("{}:{port}", self.address(address.trim_matches(['[', ']'])))
            }
            _ => self.address(text),
        }
    }

    /// The path of a file, of which only the name stays.
    pub(super) fn path(&mut self, path: &str) -> String {
        match path.rsplit_once('/') {
            Some((_, name)) if self.is_on => format!(".../{name}"),
            _ => path.to_owned(),
        }
    }

    /// A host id: those that are names, `USER=kim`, are replaced.
    pub(super) fn host_id(&mut self, id: &str) -> String {
        let Some((kind, name)) = id.split_once('=') else {
            return if id.parse::<std::net::IpAddr>().is_ok() { self.address(id) } else { id.to_owned() };
        };
        let hidden = match kind.to_ascii_uppercase().as_str() {
            "USER" => self.user(name),
            "HOSTNAME" | "HOST" => self.host(name),
            "DISPLAY" => self.display(name),
            "INTERNET" | "IP" => self.address(name),
            _ => name.to_owned(),
        };
        format!("{kind}={hidden}")
    }

    /// A status, everywhere in it.
    pub(super) fn status(&mut self, reply: &mut v1::StatusReply) {
        if !self.is_on {
            return;
        }
        if let Some(server) = &mut reply.server {
            server.host = self.host(&server.host);
            for file in &mut server.license_files {
                *file = self.path(file);
            }
        }
        for pool in &mut reply.pools {
            for holder in &mut pool.holders {
                holder.user = self.user(&holder.user);
                holder.host = self.host(&holder.host);
                holder.display = self.display(&holder.display);
                holder.address = self.address(&holder.address);
                for text in [&mut holder.application, &mut holder.data, &mut holder.project, &mut holder.job]
                {
                    *text = self.other(text);
                }
            }
            for waiting in &mut pool.waiting {
                waiting.user = self.user(&waiting.user);
                waiting.host = self.host(&waiting.host);
                waiting.display = self.display(&waiting.display);
                waiting.address = self.address(&waiting.address);
                waiting.data = self.other(&waiting.data);
            }
            for reservation in &mut pool.reservations {
                reservation.who = self.who(&reservation.who);
                reservation.rule = self.path(&reservation.rule);
            }
            if let Some(name) = &mut pool.pool {
                name.cpu_id = self.host_id(&name.cpu_id);
            }
        }
    }

    /// An event, by the names of its fields.
    pub(super) fn event(&mut self, event: &mut v1::JournalEvent) {
        if !self.is_on {
            return;
        }
        for field in &mut event.fields {
            let value = &field.value;
            field.value = match field.name.as_str() {
                "user" => self.user(value),
                "host" => self.host(value),
                "display" => self.display(value),
                "email" => self.email(value),
                "address" => self.address(value),
                "who" => self.who(value),
                "rule" => self.path(value),
                "cpu_id" => self.host_id(value),
                "by" if value.contains('@') => self.email(value),
                "by" => self.user(value),
                name if HARMLESS.contains(&name) => continue,
                // Also a field that is newer than this program.
                _ => self.other(value),
            };
        }
    }

    /// As an options file says it: `USER kim`, `HOST_GROUP farm`.
    pub(super) fn who(&mut self, text: &str) -> String {
        let Some((kind, name)) = text.split_once(' ') else { return text.to_owned() };
        let hidden = match kind {
            "USER" => self.user(name),
            "HOST" => self.host(name),
            "DISPLAY" => self.display(name),
            "INTERNET" => self.address(name),
            "PROJECT" => self.other(name),
            _ => name.to_owned(),
        };
        format!("{kind} {hidden}")
    }

    /// A line of an options file, in one spelling.
    pub(super) fn line(&mut self, line: &Line) -> String {
        let mut line = line.clone();
        if let What::Who { feature: Some(feature), .. } | What::Count { feature, .. } = &mut line.what
            && let Some(modifier) = &mut feature.modifier
        {
            // `HOSTID=USER=kim`, in capitals.
            modifier.value = self.host_id(&modifier.value);
        }
        match &mut line.what {
            What::Who { who, .. } | What::Count { who, .. } => self.named(who),
            What::Group { members, .. } => {
                let is_hosts = line.keyword.text() == "HOST_GROUP";
                for member in members {
                    *member = if is_hosts { self.host(member) } else { self.user(member) };
                }
            }
            What::Log { path, .. } => *path = self.path(path),
            _ => {}
        }
        line.shown()
    }

    fn named(&mut self, who: &mut Who) {
        who.name = match who.kind {
            Kind::User => self.user(&who.name),
            Kind::Host => self.host(&who.name),
            Kind::Display => self.display(&who.name),
            Kind::Internet => self.address(&who.name),
            Kind::Project => self.other(&who.name),
            Kind::Group | Kind::HostGroup | Kind::AllUsers => who.name.clone(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_number_wherever_it_stands() {
        let mut hider = Hider::new(true);
        let file = "GROUP cad kim lee\nHOST_GROUP farm ws1 10.8.0.9\nEXCLUDE mill USER kim\nRESERVE 1 mill HOST WS1\n\
            INCLUDE mill INTERNET 10.8.0.9\nMAX 2 mill GROUP cad\nDEBUGLOG +/home/kim/debug.log\nINCLUDE mill DISPLAY :0\n";
        let (file, found) = policy::parse(&license::Source::new("o.opt", file));
        assert!(found.iter().all(|found| found.severity == license::Severity::Warning), "{found:?}");
        let lines: Vec<_> = file.lines.iter().map(|line| hider.line(line)).collect();
        assert_eq!(
            lines,
            [
                "GROUP cad user-1 user-2",
                "HOST_GROUP farm host-1 address-1",
                "EXCLUDE mill USER user-1",
                "RESERVE 1 mill HOST host-1",
                "INCLUDE mill INTERNET address-1",
                "MAX 2 mill GROUP cad",
                "DEBUGLOG +.../debug.log",
                "INCLUDE mill DISPLAY display-1",
            ]
        );
        for (is, shown) in [
            (hider.user("lee"), "user-2"),
            (hider.host("ws1"), "host-1"),
            (hider.host("10.8.0.9"), "address-1"),
            (hider.socket("10.8.0.9:27000"), "address-1:27000"),
            (hider.socket("[::1]:27000"), "address-2:27000"),
            (hider.email("kim@example.net"), "email-1"),
            (hider.who("USER kim"), "USER user-1"),
            (hider.host_id("USER=kim"), "USER=user-1"),
            (hider.host_id("02aa10203040"), "02aa10203040"),
            (hider.user(""), ""),
        ] {
            assert_eq!(is, shown);
        }
        let field = |name: &str, value: &str| v1::EventField { name: name.into(), value: value.into() };
        let fields = [("user", "kim"), ("seats", "1"), ("newer", "kim"), ("email", "kim@example.net")];
        let fields = fields.map(|(name, value)| field(name, value)).to_vec();
        let mut event = v1::JournalEvent { fields, ..v1::JournalEvent::default() };
        hider.event(&mut event);
        let values: Vec<_> = event.fields.iter().map(|field| field.value.as_str()).collect();
        assert_eq!(values, ["user-1", "1", "text-1", "email-1"]);
        let fields =
            [("by", "kim@example.net"), ("by", "1000"), ("key", "person/kim@example.net"), ("bytes", "7")];
        let fields = fields.map(|(name, value)| field(name, value)).to_vec();
        let mut event = v1::JournalEvent { fields, ..v1::JournalEvent::default() };
        hider.event(&mut event);
        let values: Vec<_> = event.fields.iter().map(|field| field.value.as_str()).collect();
        assert_eq!(values, ["email-1", "user-3", "text-2", "7"]);
        let mut open = Hider::new(false);
        assert_eq!((open.user("kim"), open.path("/home/kim/a")), ("kim".into(), "/home/kim/a".into()));
        assert_eq!(open.socket("127.0.0.1:1"), "127.0.0.1:1");
    }
}
