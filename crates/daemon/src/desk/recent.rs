//! The last denials, and the last that was administered, as the journal has them: read behind the owner,
//! and kept within bounds.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use console::{AuditLine, Denial, Paged, Query};
use names::{Seq, Wall};
use proto::v1;
use store::{Found, JournalReader, RealDisk, StoreId};

use crate::edge::Edge;
use crate::event_fields::Told;

/// What is kept of each.
const KEPT_MAX: usize = 2_000;
/// How often it is looked whether something has happened.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Events that are read at once.
const READ_EVENTS: usize = 4_096;

/// What was last, the oldest first. Whole lists are replaced, so nobody waits for another.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    denials: ArcSwap<VecDeque<Denial>>,
    audit: ArcSwap<VecDeque<AuditLine>>,
}

/// Where the journal is.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    pub(crate) folder: PathBuf,
    pub(crate) store: StoreId,
}

struct Reading {
    journal: JournalReader<RealDisk>,
    told: Told,
    denials: VecDeque<Denial>,
    audit: VecDeque<AuditLine>,
}

/// Reads what happens until the daemon's streams end.
pub(crate) async fn follow(edge: Arc<Edge>, recent: Arc<Recent>, at: Journal) {
    let first = Arc::clone(&edge);
    let begun = tokio::task::spawn_blocking(move || {
        let journal = JournalReader::new(RealDisk::read_only(&at.folder), at.store, Seq(0))?;
        let told = Told::of(&first.viewer.state());
        Ok::<_, store::OpenError>(Reading { journal, told, denials: VecDeque::new(), audit: VecDeque::new() })
    });
    let Ok(Ok(mut reading)) = begun.await else {
        tracing::warn!("the console shows no denials: the journal cannot be read");
        return;
    };
    loop {
        let upto = edge.viewer.last();
        while reading.journal.next() <= upto {
            let read = tokio::task::spawn_blocking(move || {
                let is_read = reading.read(upto);
                (reading, is_read)
            });
            let Ok((back, is_read)) = read.await else { return };
            reading = back;
            recent.denials.store(Arc::new(reading.denials.clone()));
            recent.audit.store(Arc::new(reading.audit.clone()));
            if !is_read {
                break;
            }
        }
        tokio::select! {
            () = edge.closing.cancelled() => return,
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

impl Reading {
    /// Reads some; whether there may be more.
    fn read(&mut self, upto: Seq) -> bool {
        let mut events = 0;
        while events < READ_EVENTS {
            match self.journal.read(upto) {
                Ok(Some(Found::Records(records))) => {
                    events += records.len();
                    for record in &records {
                        let event = self.told.event(record);
                        self.take(&event);
                    }
                }
                Ok(Some(Found::Gap(_))) => {}
                Ok(None) => return false,
                Err(error) => {
                    tracing::warn!(%error, "the console's list of denials is not read on");
                    return false;
                }
            }
        }
        true
    }

    fn take(&mut self, event: &v1::JournalEvent) {
        let field = |name: &str| {
            let found = event.fields.iter().find(|field| field.name == name);
            found.map(|field| field.value.clone()).unwrap_or_default()
        };
        let at = Wall(event.time_ms);
        match event.kind.as_str() {
            "denied" => {
                let why = format!("{} ({})", field("reason"), field("code"));
                keep(
                    &mut self.denials,
                    Denial { at, feature: field("feature"), user: field("user"), host: field("host"), why },
                );
            }
            "administered" | "desk-did" => {
                let about = field("about");
                let what = format!("{}{}{about}", field("deed"), if about.is_empty() { "" } else { ": " });
                let by = match field("by") {
                    by if by.bytes().all(|b| b.is_ascii_digit()) && !by.is_empty() => format!("uid {by}"),
                    by if by.is_empty() => "the daemon".into(),
                    by => by,
                };
                keep(&mut self.audit, AuditLine { seq: event.seq, at, by, what });
            }
            _ => {}
        }
    }
}

fn keep<T>(list: &mut VecDeque<T>, one: T) {
    if list.len() >= KEPT_MAX {
        list.pop_front();
    }
    list.push_back(one);
}

impl Recent {
    /// The last denials, the newest first.
    pub(super) fn denials(&self, query: &Query) -> Paged<Denial> {
        let is_of = |denial: &&Denial| query.feature.is_empty() || denial.feature == query.feature;
        let text =
            |denial: &Denial| format!("{} {} {} {}", denial.feature, denial.user, denial.host, denial.why);
        part(self.denials.load().iter().rev().filter(is_of), query, text)
    }

    /// What was last administered, the newest first.
    pub(super) fn audit(&self, query: &Query) -> Paged<AuditLine> {
        part(self.audit.load().iter().rev(), query, |line| format!("{} {}", line.by, line.what))
    }
}

fn part<'a, T: Clone + 'a>(
    rows: impl Iterator<Item = &'a T>,
    query: &Query,
    text: impl Fn(&T) -> String,
) -> Paged<T> {
    let search = query.search.to_lowercase();
    let found: Vec<&T> =
        rows.filter(|row| search.is_empty() || text(row).to_lowercase().contains(&search)).collect();
    let shown = found.iter().skip(query.skip).take(query.take).map(|row| (*row).clone()).collect();
    Paged { rows: shown, total: found.len() }
}
