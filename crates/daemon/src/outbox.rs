//! An outbox: answers from the owner to one connection or call.

use std::task::{Context, Poll};

use crossbeam_queue::SegQueue;
use futures_util::task::AtomicWaker;
use names::SessionId;
use service::Reply;

/// Which command an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Tag {
    /// The client's number.
    pub(crate) request: u64,
    /// The session it named; 0 in a hello.
    pub(crate) session: SessionId,
}

/// An answer with its command.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) tag: Tag,
    pub(crate) reply: Reply,
}

/// Answers on their way. What is in it is bounded by the commands its connection may have under way.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    answers: SegQueue<Vec<Answered>>,
    waker: AtomicWaker,
}

impl Outbox {
    /// The owner puts a batch in and wakes the connection once.
    pub(crate) fn put(&self, answers: Vec<Answered>) {
        if !answers.is_empty() {
            self.answers.push(answers);
            self.waker.wake();
        }
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
