//! An outbox: answers from the owner to one connection or call.

use std::task::{Context, Poll};

use crossbeam_queue::SegQueue;
use futures_util::task::AtomicWaker;
use names::SessionId;
use service::{News, Reply};

use crate::latency::Came;

/// Which command an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tag {
    /// The client's number.
    pub(crate) request: u64,
    /// The session it named; 0 in a hello.
    pub(crate) session: SessionId,
    /// When it came, where that is timed.
    pub(crate) came: Option<Came>,
}

/// An answer with its command.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) tag: Tag,
    pub(crate) reply: Reply,
}

/// Answers on their way. What is in it is bounded by the commands its connection may have under way,
/// and the news by what its sessions hold and wait for.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    answers: SegQueue<Vec<Answered>>,
    news: SegQueue<(SessionId, News)>,
    waker: AtomicWaker,
    /// Whether somebody reads news here: a call's has an answer and is gone.
    pub(crate) is_stream: bool,
}

impl Outbox {
    /// The owner puts a batch in and wakes the connection once.
    pub(crate) fn put(&self, answers: Vec<Answered>) {
        if !answers.is_empty() {
            self.answers.push(answers);
            self.waker.wake();
        }
    }

    /// One of a stream, which hears news.
    pub(crate) fn of_stream() -> Self {
        Self { is_stream: true, ..Self::default() }
    }

    /// The owner puts in what a session is told unasked.
    pub(crate) fn put_news(&self, session: SessionId, news: News) {
        self.news.push((session, news));
        self.waker.wake();
    }

    /// The connection takes a piece of news, if there is one; it is woken when there is.
    pub(crate) fn take_news(&self) -> Option<(SessionId, News)> {
        self.news.pop()
    }

    /// The connection takes a batch, or is woken when there is one.
    pub(crate) fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Vec<Answered>> {
        if let Some(answers) = self.answers.pop() {
            return Poll::Ready(answers);
        }
        // First the waker, then another look: an answer that comes between is seen.
        self.waker.register(cx.waker());
        self.answers.pop().map_or(Poll::Pending, Poll::Ready)
    }
}
