//! Asks the servers again and again, and follows the journal.

use std::path::PathBuf;
use std::time::Duration;

use client::{Admin, Error, Server, StatusQuery};
use proto::v1;
use tokio::sync::mpsc::Sender;

use super::data::News;

/// How long an answer may take: it is asked for again soon.
const ANSWER: Duration = Duration::from_secs(15);
/// When the journal is tried again.
const AGAIN: Duration = Duration::from_secs(5);
/// Events before now that are read, for denials.
const BEFORE: u64 = 20_000;
/// Of kinds and fields, as the daemon tells it.
const VERSION: u32 = 1;

/// Asks one license host once.
pub(super) async fn ask(host: usize, group: &[Server]) -> (News, Option<Error>) {
    let query = StatusQuery { answer: ANSWER, ..StatusQuery::default() };
    match Box::pin(client::status(group, &query)).await {
        Ok((_, reply)) => (News::Answered { host, reply: Box::new(reply) }, None),
        Err(error) => (News::Silent { host, why: error.to_string() }, Some(error)),
    }
}

/// Asks one license host for ever.
pub(super) async fn poll(host: usize, group: Vec<Server>, every: Duration, to: Sender<News>) {
    let mut tick = tokio::time::interval(every);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let (news, _) = ask(host, &group).await;
        if to.send(news).await.is_err() {
            return;
        }
    }
}

/// Follows the journal for ever; it begins again where the daemon does.
pub(super) async fn follow(socket: PathBuf, to: Sender<News>) {
    let mut next = 0;
    loop {
        if let Err(why) = read(&socket, true, &mut next, &to).await
            && to.send(News::NoEvents(why)).await.is_err()
        {
            return;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Reads the journal up to now.
pub(super) async fn read_once(socket: PathBuf, to: Sender<News>) {
    if let Err(why) = read(&socket, false, &mut 0, &to).await {
        // Whoever waited for it has gone.
        let _ = to.send(News::NoEvents(why)).await;
    }
}

/// Reads events, from `next` on where that is ahead; it is put behind what was read.
async fn read(
    socket: &std::path::Path,
    follow: bool,
    next: &mut u64,
    to: &Sender<News>,
) -> Result<(), String> {
    let told = |error: Error| format!("{error}; {}", error.remedy());
    let mut admin = Admin::connect(socket).await.map_err(told)?;
    let info = admin.info(v1::InfoRequest {}).await.map_err(told)?;
    if *next > info.last_seq + 1 {
        // It is another journal than before.
        *next = 0;
    }
    let from = (*next).max(info.last_seq.saturating_sub(BEFORE)).max(1);
    let asked = v1::EventsRequest { reader: String::new(), from, follow };
    let mut stream = admin.events(asked).await.map_err(told)?;
    // An empty journal is told too.
    let news = |events| News::Events { cpu_id: info.cpu_id.clone(), events };
    let gone = || "the view has ended".to_owned();
    to.send(news(Vec::new())).await.map_err(|_| gone())?;
    while let Some(part) = stream.next().await.map_err(told)? {
        if part.version != VERSION {
            return Err(format!(
                "the daemon tells events of version {}: use the tools of its release",
                part.version
            ));
        }
        let last = part.events.last().map(|event| event.seq).or(part.gap.map(|gap| gap.to));
        *next = last.map_or(*next, |last| last + 1);
        to.send(news(part.events)).await.map_err(|_| gone())?;
    }
    if follow { Err("the daemon has ended the stream; it is tried again".to_owned()) } else { Ok(()) }
}
