//! The event stream: the journal, read from the disk beside its owner. A client that does not read is
//! waited for by its own stream alone.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use names::{Code, Seq};
use proto::v1;
use seats::Record;
use store::{Found, JournalReader, OpenError, RealDisk};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use crate::conn::Count;
use crate::edge::Edge;
use crate::event_fields::Told;
use crate::readers::{Readers, name};

/// Of kinds and field names.
const VERSION: u32 = 1;
/// Events in a part.
const PART_EVENTS: usize = 256;
/// Events that are read before they are sent; one batch may have more.
const READ_EVENTS: usize = 1024;
/// Parts that may wait for the client.
const PARTS_WAITING: usize = 2;
/// Streams at once.
const STREAMS_MAX: usize = 16;
/// How often it is looked whether something has happened.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What the streams share.
#[derive(Debug, Clone)]
pub(crate) struct Events {
    pub(crate) edge: Arc<Edge>,
    pub(crate) readers: Readers,
    pub(crate) state_folder: PathBuf,
    pub(crate) streams: Count,
}

/// What a stream sends.
pub(crate) type Parts = ReceiverStream<Result<v1::EventsPart, Status>>;

/// What one stream reads with.
struct Reading {
    journal: JournalReader<RealDisk>,
    told: Told,
    has_learned: bool,
}

impl Events {
    /// Begins a stream.
    pub(crate) async fn begin(&self, asked: v1::EventsRequest) -> Result<Parts, Status> {
        let counted = self.streams.one_more(STREAMS_MAX).ok_or_else(|| {
            let code = Code::Busy;
            Status::resource_exhausted(format!("{code}: {STREAMS_MAX} event streams are served; end one"))
        })?;
        let (disk, store) = (RealDisk::read_only(&self.state_folder), self.readers.store);
        let name = if asked.reader.is_empty() { None } else { Some(name(&asked.reader)?) };
        let edge = Arc::clone(&self.edge);
        let begun = tokio::task::spawn_blocking(move || {
            let journal = JournalReader::new(disk, store, Seq(asked.from))?;
            Ok(Reading { journal, told: Told::of(&edge.viewer.state()), has_learned: false })
        });
        let mut reading = begun
            .await
            .map_err(|_| Status::internal("the journal is not read"))?
            .map_err(|error| failed(&error))?;
        if let Some(name) = name {
            let reader = self.readers.register(name, reading.journal.next()).await?;
            reading.journal.begin_at(reader.next);
        }
        let (parts, sent) = mpsc::channel(PARTS_WAITING);
        let edge = Arc::clone(&self.edge);
        tokio::spawn(async move {
            let _counted = counted;
            if let Err(status) = serve(&edge, reading, asked.follow, &parts).await {
                let _ = parts.send(Err(status)).await;
            }
        });
        Ok(ReceiverStream::new(sent))
    }
}

/// Sends what has happened, and while it is wanted what happens, until the drain or the client's end.
async fn serve(
    edge: &Edge,
    mut reading: Reading,
    follow: bool,
    parts: &mpsc::Sender<Result<v1::EventsPart, Status>>,
) -> Result<(), Status> {
    let mut until = edge.viewer.last();
    loop {
        while reading.journal.next() <= until {
            let upto = until;
            let read = tokio::task::spawn_blocking(move || {
                let found = read(&mut reading, upto);
                (reading, found)
            });
            let (back, found) = read.await.map_err(|_| Status::internal("the journal is not read"))?;
            reading = back;
            for part in found.map_err(|error| failed(&error))? {
                tokio::select! {
                    sent = parts.send(Ok(part)) => if sent.is_err() { return Ok(()) },
                    () = edge.draining.cancelled() => return Ok(()),
                }
            }
        }
        if !follow {
            return Ok(());
        }
        while edge.viewer.last() <= until {
            tokio::select! {
                () = edge.draining.cancelled() => return Ok(()),
                () = parts.closed() => return Ok(()),
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
        until = edge.viewer.last();
    }
}

/// Learns who is who from what is before in the same segment of the journal: later events only say which
/// session or grant.
fn learn(reading: &mut Reading) -> Result<(), OpenError> {
    let Some((mut before, next)) = reading.journal.before()? else { return Ok(()) };
    let is_before = |record: &&Record| record.seq < next;
    while before.next() < next {
        match before.read(Seq(next.0 - 1))? {
            None => break,
            Some(Found::Gap(_)) => {}
            Some(Found::Records(records)) => {
                for record in records.iter().filter(is_before) {
                    let _ = reading.told.event(record);
                }
            }
        }
    }
    Ok(())
}

/// Reads some of what has happened up to a record.
fn read(reading: &mut Reading, upto: Seq) -> Result<Vec<v1::EventsPart>, OpenError> {
    let part = |events, gap| v1::EventsPart { version: VERSION, events, gap };
    if !reading.has_learned {
        reading.has_learned = true;
        learn(reading)?;
    }
    let (mut parts, mut events) = (Vec::new(), Vec::new());
    while events.len() < READ_EVENTS {
        match reading.journal.read(upto)? {
            None => break,
            Some(Found::Records(records)) => {
                events.extend(records.iter().map(|record| reading.told.event(record)));
            }
            Some(Found::Gap(gap)) => {
                parts.extend(in_parts(&mut events).map(|events| part(events, None)));
                parts.push(part(Vec::new(), Some(v1::EventsGap { from: gap.from.0, to: gap.to.0 })));
            }
        }
    }
    parts.extend(in_parts(&mut events).map(|events| part(events, None)));
    Ok(parts)
}

fn in_parts(events: &mut Vec<v1::JournalEvent>) -> impl Iterator<Item = Vec<v1::JournalEvent>> {
    let mut left = std::mem::take(events).into_iter();
    std::iter::from_fn(move || {
        let part: Vec<_> = left.by_ref().take(PART_EVENTS).collect();
        (!part.is_empty()).then_some(part)
    })
}

fn failed(error: &OpenError) -> Status {
    let why = crate::init::whole(error);
    tracing::error!(%why, "the journal cannot be read for an event stream");
    Status::internal(why)
}
