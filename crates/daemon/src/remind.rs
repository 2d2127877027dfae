//! Reminders: what ends soon is mailed to those whom it concerns, and posted to a webhook.
//!
//! ```text
//!  the desk's rows and what is served ─▶ look: what is due, and was not sent this way
//!                                          │ messages, some at a time
//!  mail server, webhook ◀── send one ◀─────┘
//!                              └─▶ mark it: a command of the desk's, and only then the next
//! ```
//!
//! A thread of its own has a task for each way, so neither waits for the other, and nobody for them. Nothing is
//! queued: what was not sent is due at the next look. A message is marked when its receiver has taken it. Where
//! the daemon ends between both, or the receiver's answer is lost, it is sent again, under the same id.

mod borrows;
mod mail;
mod message;
mod pace;
mod webhook;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use ::desk::look::{REMIND_DAYS, Way};
use ::desk::{Actor, Command, Refusal};
use tokio::time::Instant;

use self::mail::Mailer;
use self::message::{Message, Sender};
use self::pace::{Held, Pace, Said};
use self::webhook::Webhook;
use crate::config::Config;
use crate::counted::Sending;
use crate::desk::{Desk, Facts};

/// Messages that are put together at once.
const AT_ONCE: usize = 256;
/// How often it is looked whether something is due.
const LOOK_EVERY: Duration = Duration::from_secs(300);
/// How long one message may take.
const WITHIN: Duration = Duration::from_secs(30);
/// What waits for names and reads the desk's rows at once.
const BLOCKING: usize = 4;

/// Why a message was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fault {
    /// It alone was refused.
    Message(String),
    /// No message can be sent this way now.
    Way(String),
}

/// The ways that are configured, with their secrets.
#[derive(Debug, Default)]
pub(crate) struct Ways(Vec<Carrier>);

/// One of them.
#[derive(Debug)]
enum Carrier {
    Mail(Box<Mailer>),
    Webhook(Webhook),
}

impl Ways {
    /// Reads the secrets of a configuration.
    ///
    /// # Errors
    /// What is wrong with a file, and the remedy.
    pub(crate) fn read(config: &Config) -> Result<Self, String> {
        let Some(desk) = &config.desk else { return Ok(Self::default()) };
        let mut ways = Vec::new();
        if let Some(mail) = &desk.mail {
            ways.push(Carrier::Mail(Box::new(Mailer::new(mail)?)));
        }
        if let Some(webhook) = &desk.webhook {
            ways.push(Carrier::Webhook(Webhook::new(webhook)?));
        }
        Ok(Self(ways))
    }
}

impl Carrier {
    fn way(&self) -> Way {
        match self {
            Self::Mail(_) => Way::Mail,
            Self::Webhook(_) => Way::Webhook,
        }
    }

    fn counted<'a>(&self, desk: &'a Desk) -> &'a Sending {
        let counted = &desk.edge.counted.reminders;
        match self {
            Self::Mail(_) => &counted.mail,
            Self::Webhook(_) => &counted.webhook,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Mail(_) => "mail",
            Self::Webhook(_) => "webhook",
        }
    }

    async fn send(&mut self, message: &Message) -> Result<(), Fault> {
        let sent = async {
            match self {
                Self::Mail(mailer) => mailer.send(message).await,
                Self::Webhook(webhook) => webhook.send(message).await,
            }
        };
        let late = |_| Err(Fault::Way(format!("no answer within {} s", WITHIN.as_secs())));
        tokio::time::timeout(WITHIN, sent).await.unwrap_or_else(late)
    }

    /// Nothing more is sent for a while.
    async fn rest(&mut self) {
        if let Self::Mail(mailer) = self {
            mailer.rest().await;
        }
    }
}

/// Starts the thread that sends, until the daemon's streams end. Whatever becomes of it, seats are served.
pub(crate) fn spawn(desk: Arc<Desk>, ways: Ways) -> std::io::Result<Option<JoinHandle<bool>>> {
    if ways.0.is_empty() {
        return Ok(None);
    }
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.enable_all().max_blocking_threads(BLOCKING).build()?;
    let run = move || {
        runtime.block_on(async move {
            let tasks = ways.0.into_iter().map(|way| tokio::spawn(Rounds::new(Arc::clone(&desk), way).run()));
            for task in tasks.collect::<Vec<_>>() {
                if task.await.is_err() {
                    tracing::error!(
                        "reminders have a bug, and are not sent until the daemon is started again"
                    );
                }
            }
        });
        // A name that is still looked up holds nobody up.
        runtime.shutdown_background();
        true
    };
    std::thread::Builder::new().name("remind".into()).spawn(run).map(Some)
}

/// One way, with what is known of it.
struct Rounds {
    desk: Arc<Desk>,
    carrier: Carrier,
    /// Of messages that were taken, and could not be written down yet.
    unmarked: Vec<String>,
    pace: Pace,
    held: Held,
    said: Said,
    refused: Said,
}

impl Rounds {
    fn new(desk: Arc<Desk>, carrier: Carrier) -> Self {
        Self {
            desk,
            carrier,
            unmarked: Vec::new(),
            pace: Pace::default(),
            held: Held::default(),
            said: Said::default(),
            refused: Said::default(),
        }
    }

    async fn run(mut self) {
        let edge = Arc::clone(&self.desk.edge);
        loop {
            let wait = tokio::select! {
                () = edge.closing.cancelled() => return,
                wait = self.round() => wait,
            };
            tokio::select! {
                () = edge.draining.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Sends what is due, some of it; says when to go on.
    async fn round(&mut self) -> Duration {
        if let Some(wait) = self.mark().await {
            return wait;
        }
        let (messages, due) = self.look().await;
        let looked = messages.len();
        let mut waiting = due as u64;
        self.carrier.counted(&self.desk).waiting.set(waiting);
        for message in messages {
            if self.desk.edge.draining.is_cancelled() {
                break;
            }
            let sent = self.carrier.send(&message).await;
            match sent {
                Ok(()) => {
                    waiting = waiting.saturating_sub(1);
                    if let Some(wait) = self.taken(message, waiting).await {
                        return wait;
                    }
                }
                Err(Fault::Message(why)) => self.refused(&message, &why),
                Err(Fault::Way(why)) => return self.failed(&why),
            }
        }
        self.carrier.rest().await;
        if looked == AT_ONCE { Duration::ZERO } else { self.held.look_in(Instant::now()).min(LOOK_EVERY) }
    }

    /// What is due and is not held back, the first of it, and how much is due.
    async fn look(&self) -> (Vec<Message>, usize) {
        let (desk, way, held) = (Arc::clone(&self.desk), self.carrier.way(), self.held.now(Instant::now()));
        let looked = tokio::task::spawn_blocking(move || due(&desk, way, &held));
        looked.await.unwrap_or_default()
    }

    async fn taken(&mut self, message: Message, waiting: u64) -> Option<Duration> {
        self.carrier.counted(&self.desk).waiting.set(waiting);
        self.held.free(&message.receiver);
        if self.pace.succeeded() {
            tracing::info!(way = self.carrier.word(), "reminders are sent again");
            self.said = Said::default();
        }
        self.unmarked = message.marks;
        self.mark().await
    }

    /// Writes down what was sent. Until that is done, nothing more is: it would be sent again.
    async fn mark(&mut self) -> Option<Duration> {
        if self.unmarked.is_empty() {
            return None;
        }
        let of = self.unmarked.clone();
        match self.desk.act(Actor::Daemon, Command::Reminded { of }).await {
            Ok(_) => {
                self.unmarked.clear();
                self.carrier.counted(&self.desk).sent.one();
                None
            }
            Err(refusal) => Some(self.failed(&not_marked(&refusal))),
        }
    }

    fn refused(&mut self, message: &Message, why: &str) {
        self.carrier.counted(&self.desk).failures.one();
        let now = Instant::now();
        let wait = self.held.hold(&message.receiver, now);
        if let Some(unsaid) = self.refused.may(now) {
            let (way, to, why) = (self.carrier.word(), &message.receiver, shown(why));
            tracing::warn!(way, %to, unsaid, again_in_s = wait.as_secs(), "a reminder is refused: {why}");
        }
    }

    fn failed(&mut self, why: &str) -> Duration {
        self.carrier.counted(&self.desk).failures.one();
        let wait = self.pace.failed();
        if let Some(unsaid) = self.said.may(Instant::now()) {
            let (way, why) = (self.carrier.word(), shown(why));
            tracing::warn!(way, unsaid, "reminders are not sent; it is tried again: {why}");
        }
        wait
    }
}

fn not_marked(refusal: &Refusal) -> String {
    format!("what was sent cannot be written down: {refusal}")
}

/// What somebody else said, on one line.
fn shown(why: &str) -> String {
    why.chars().take(300).collect::<String>().escape_debug().to_string()
}

/// The first messages that are due this way, but for receivers that are held back; and how many all are.
fn due(desk: &Desk, way: Way, held: &BTreeSet<String>) -> (Vec<Message>, usize) {
    let (rules, owned) = (desk.rules(), desk.owned());
    let facts = Facts::now(&desk.edge, &owned);
    let ctx = desk.context(&facts);
    let more = borrows::ends(&rules, &desk.edge.viewer.state(), &owned);
    let reminders = rules.reminders(&ctx, way, &REMIND_DAYS, &more);
    let console = desk.files.config.console.as_ref();
    let from = Sender {
        host: &desk.edge.about.host,
        cpu: desk.host().as_str(),
        console: console.and_then(|console| console.public_url.as_deref()),
        support: desk.support(),
    };
    let messages = match way {
        Way::Mail => message::mails(reminders, &from),
        Way::Webhook => message::events(reminders, &from),
    };
    let all = messages.len();
    (messages.into_iter().filter(|one| !held.contains(&one.receiver)).take(AT_ONCE).collect(), all)
}
