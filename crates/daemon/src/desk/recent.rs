//! The last denials, as the journal has them: read behind the owner, and kept within bounds.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use console::{Denial, Paged, Query};
use names::{Seq, Wall};
use proto::v1;
use store::{Found, JournalReader, RealDisk, StoreId};

use crate::edge::Edge;
use crate::event_fields::Told;

/// Denials that are kept.
const KEPT_MAX: usize = 2_000;
/// How often it is looked whether something has happened.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Events that are read at once.
const READ_EVENTS: usize = 4_096;

/// What was last, the oldest first. The whole list is replaced, so nobody waits for another.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    denials: ArcSwap<VecDeque<Denial>>,
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
}

/// Reads what happens until the daemon's streams end.
pub(crate) async fn follow(edge: Arc<Edge>, recent: Arc<Recent>, at: Journal) {
    let first = Arc::clone(&edge);
    let begun = tokio::task::spawn_blocking(move || {
        let journal = JournalReader::new(RealDisk::read_only(&at.folder), at.store, Seq(0))?;
        let told = Told::of(&first.viewer.state());
        Ok::<_, store::OpenError>(Reading { journal, told, denials: VecDeque::new() })
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
        if event.kind != "denied" {
            return;
        }
        let field = |name: &str| {
            let found = event.fields.iter().find(|field| field.name == name);
            found.map(|field| field.value.clone()).unwrap_or_default()
        };
        let why = format!("{} ({})", field("reason"), field("code"));
        let (feature, user, host) = (field("feature"), field("user"), field("host"));
        if self.denials.len() >= KEPT_MAX {
            self.denials.pop_front();
        }
        self.denials.push_back(Denial { at: Wall(event.time_ms), feature, user, host, why });
    }
}

impl Recent {
    /// The last denials, the newest first.
    pub(super) fn denials(&self, query: &Query) -> Paged<Denial> {
        let is_of = |denial: &&Denial| query.feature.is_empty() || denial.feature == query.feature;
        let text =
            |denial: &Denial| format!("{} {} {} {}", denial.feature, denial.user, denial.host, denial.why);
        let search = query.search.to_lowercase();
        let finds = |row: &&Denial| search.is_empty() || text(row).to_lowercase().contains(&search);
        let denials = self.denials.load();
        let found: Vec<&Denial> = denials.iter().rev().filter(is_of).filter(finds).collect();
        let shown = found.iter().skip(query.skip).take(query.take).map(|row| (*row).clone()).collect();
        Paged { rows: shown, total: found.len() }
    }
}
