//! A session stream: commands in, answers out, in one place.
//!
//! One poll reads what can be read without waiting and submits it as one batch; then it takes what the
//! owner has answered and sends it as one message. A client that does not read is not read from: the
//! stream asks for no more commands than it may have under way.

use std::future::Future as _;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::Stream;
use names::limits;
use proto::v1;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::{Status, Streaming};

use crate::attach::{Attachments, Next};
use crate::edge::Edge;
use crate::latency::{Came, Timed};
use crate::meter::{COMMAND, Meter, Portion};
use crate::outbox::Outbox;

/// Commands read before they are submitted.
const READ_MAX: usize = 256;

pub(crate) struct SessionStream {
    edge: Arc<Edge>,
    input: Streaming<v1::ClientMessage>,
    outbox: Arc<Outbox>,
    attachments: Attachments,
    /// Commands submitted and not answered.
    under_way: usize,
    /// What that and the answers take.
    kept: Portion,
    input_ended: bool,
    /// What is wrong with what came; told at the end, after the answers.
    failed: Option<Status>,
    replies: Vec<v1::Reply>,
    notices: Vec<v1::Notice>,
    /// The commands that the replies are to, of those that are timed.
    timed: Vec<Came>,
    draining: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl SessionStream {
    pub(crate) fn new(
        edge: Arc<Edge>,
        input: Streaming<v1::ClientMessage>,
        from: Option<IpAddr>,
        meter: &Meter,
    ) -> Self {
        Self {
            attachments: Attachments::new(Arc::clone(&edge), from),
            draining: Some(Box::pin(edge.draining.clone().cancelled_owned())),
            closing: Box::pin(edge.closing.clone().cancelled_owned()),
            edge,
            input,
            outbox: Arc::new(Outbox::of_stream()),
            under_way: 0,
            kept: meter.portion(),
            input_ended: false,
            failed: None,
            replies: Vec::new(),
            notices: Vec::new(),
            timed: Vec::new(),
        }
    }

    /// Reads what is there and submits it as one batch.
    fn poll_input(&mut self, cx: &mut Context<'_>) {
        let mut asks = Vec::new();
        while !self.input_ended {
            if self.under_way + asks.len() + self.replies.len() >= limits::IN_FLIGHT_PER_STREAM_MAX {
                break;
            }
            if asks.len() >= READ_MAX {
                // There may be more to read: come back, and let others have their turn first.
                cx.waker().wake_by_ref();
                break;
            }
            match Pin::new(&mut self.input).poll_next(cx) {
                Poll::Ready(Some(Ok(message))) => {
                    if message.commands.len() > limits::COMMANDS_PER_MESSAGE_MAX {
                        self.input_ended = true;
                        self.failed = Some(Status::invalid_argument("a message has more than 256 commands"));
                        break;
                    }
                    let now = Instant::now();
                    for command in message.commands {
                        let came = Timed::of(command.kind.as_ref()).map(|timed| timed.came_at(now));
                        match self.attachments.command(command, came) {
                            Next::Ask(tag, ask) => asks.push((tag, ask)),
                            Next::Told(reply) => {
                                self.replies.push(reply);
                                self.timed.extend(came);
                            }
                        }
                    }
                }
                // It ends the stream and nothing else; the client resumes. Nobody hears of it where the
                // connection is broken.
                Poll::Ready(ended) => {
                    self.input_ended = true;
                    self.failed = ended.and_then(Result::err);
                }
                Poll::Pending => break,
            }
        }
        if !asks.is_empty() {
            let n = asks.len();
            match self.edge.submit(&self.outbox, asks) {
                Ok(()) => self.under_way += n,
                Err(back) => {
                    self.timed.extend(back.iter().filter_map(|(tag, _)| tag.came));
                    let refused = back.into_iter().map(|(tag, _)| self.attachments.refused(tag));
                    self.replies.extend(refused);
                }
            }
        }
    }

    fn poll_answers(&mut self, cx: &mut Context<'_>) {
        while self.replies.len() < limits::IN_FLIGHT_PER_STREAM_MAX {
            let Poll::Ready(answers) = self.outbox.poll_take(cx) else { return };
            self.under_way = self.under_way.saturating_sub(answers.len());
            self.timed.extend(answers.iter().filter_map(|answered| answered.tag.came));
            self.replies.extend(answers.into_iter().map(|answered| self.attachments.answered(answered)));
        }
        cx.waker().wake_by_ref();
    }

    fn take_news(&mut self) {
        while self.notices.len() < limits::IN_FLIGHT_PER_STREAM_MAX {
            let Some((session, news)) = self.outbox.take_news() else { return };
            self.notices.extend(self.attachments.notice(session, &news));
        }
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) {
        if let Some(draining) = &mut self.draining
            && draining.as_mut().poll(cx).is_ready()
        {
            self.draining = None;
            let kind = Some(v1::notice::Kind::Draining(v1::Draining {}));
            self.notices.push(v1::Notice { session: 0, kind });
        }
    }
}

impl Drop for SessionStream {
    /// What its sessions wait for is passed over until another stream speaks for them. Where the daemon
    /// is overloaded they are looked at as if they were here: they live until their time-out.
    fn drop(&mut self) {
        let detached = self.attachments.detached();
        if !detached.is_empty() {
            drop(self.edge.submit(&Arc::default(), detached));
        }
    }
}

impl Stream for SessionStream {
    type Item = Result<v1::ServerMessage, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let me = &mut *self;
        me.poll_input(cx);
        me.poll_answers(cx);
        me.take_news();
        me.poll_drain(cx);
        me.kept.set(me.under_way * COMMAND);
        if !me.replies.is_empty() || !me.notices.is_empty() {
            let replies = std::mem::take(&mut me.replies);
            let notices = std::mem::take(&mut me.notices);
            me.edge.counted.latencies.answered(me.timed.drain(..));
            return Poll::Ready(Some(Ok(v1::ServerMessage { replies, notices })));
        }
        let left_alone = me.input_ended && me.under_way == 0;
        if left_alone && let Some(status) = me.failed.take() {
            return Poll::Ready(Some(Err(status)));
        }
        if left_alone || me.closing.as_mut().poll(cx).is_ready() { Poll::Ready(None) } else { Poll::Pending }
    }
}
