//! What is known of the license hosts: their latest answers, and what their journal told.

use std::collections::VecDeque;

use proto::v1;

/// Denials that are kept.
pub(super) const DENIALS_MAX: usize = 500;

/// A license host.
#[derive(Debug, Default)]
pub(super) struct Host {
    /// Its addresses, as they were named.
    pub(super) asked: String,
    /// Its latest answer.
    pub(super) reply: Option<v1::StatusReply>,
    /// Why there is none now, and since when.
    pub(super) trouble: Option<Trouble>,
}

/// A host does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) since_ms: i64,
    pub(super) why: String,
}

/// What changes the view from outside.
#[derive(Debug)]
pub(super) enum News {
    /// A host's answer.
    Answered { host: usize, reply: Box<v1::StatusReply> },
    /// A host does not answer, and why.
    Silent { host: usize, why: String },
    /// From the journal of the host with this id.
    Events { cpu_id: String, events: Vec<v1::JournalEvent> },
    /// The journal cannot be read, and why.
    NoEvents(String),
}

/// A checkout that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Denial {
    pub(super) time_ms: i64,
    pub(super) feature: String,
    pub(super) user: String,
    pub(super) host: String,
    pub(super) seats: String,
    pub(super) code: String,
    pub(super) reason: String,
}

/// Everything that is known.
#[derive(Debug, Default)]
pub(super) struct Data {
    pub(super) hosts: Vec<Host>,
    /// The latest first.
    pub(super) denials: VecDeque<Denial>,
    /// Why no denials are told; nothing while they are.
    pub(super) untold: Option<String>,
    /// Whose journal it is that is read.
    journal_of: String,
}

impl Data {
    /// Hosts that have not answered yet.
    pub(super) fn new(asked: impl IntoIterator<Item = String>) -> Self {
        let host = |asked| Host { asked, ..Host::default() };
        let untold = Some("asking the daemon".to_owned());
        Self { hosts: asked.into_iter().map(host).collect(), untold, ..Self::default() }
    }

    /// Takes news in.
    pub(super) fn take(&mut self, news: News, now_ms: i64) {
        match news {
            News::Answered { host, reply } => {
                if let Some(host) = self.hosts.get_mut(host) {
                    (host.reply, host.trouble) = (Some(*reply), None);
                }
            }
            News::Silent { host, why } => {
                if let Some(host) = self.hosts.get_mut(host) {
                    let since_ms = host.trouble.as_ref().map_or(now_ms, |trouble| trouble.since_ms);
                    host.trouble = Some(Trouble { since_ms, why });
                }
            }
            News::Events { cpu_id, events } => self.happened(cpu_id, &events),
            News::NoEvents(why) => self.untold = Some(why),
        }
    }

    fn happened(&mut self, cpu_id: String, events: &[v1::JournalEvent]) {
        self.untold = None;
        if self.journal_of != cpu_id {
            self.journal_of = cpu_id;
            self.denials.clear();
        }
        for event in events.iter().filter(|event| event.kind == "denied") {
            self.denials.push_front(denial(event));
            self.denials.truncate(DENIALS_MAX);
        }
    }
}

fn denial(event: &v1::JournalEvent) -> Denial {
    let text = |name| field(event, name).to_owned();
    Denial {
        time_ms: event.time_ms,
        feature: text("feature"),
        user: text("user"),
        host: text("host"),
        seats: text("seats"),
        code: text("code"),
        reason: text("reason"),
    }
}

/// A field of an event; empty where it has none.
fn field<'a>(event: &'a v1::JournalEvent, name: &str) -> &'a str {
    event.fields.iter().find(|field| field.name == name).map_or("", |field| field.value.as_str())
}
