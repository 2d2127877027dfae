//! What the engine is asked, and what it answers.

use std::sync::Arc;

use names::{Code, Email, Feature, GrantId, Millis, PoolId, RequestId, SessionId};
use seats::word::{Epoch, SessionWord};
use seats::{
    Answer, AssignmentRow, Book, Checkin, Checkout, Deed, DeskChange, GrantRow, Identity, LoginRow, Note,
};

use crate::in_force::InForce;

/// What a client may ask.
#[derive(Debug, Clone)]
pub enum Ask {
    /// Open a session.
    Open {
        /// A random name.
        session: SessionId,
        /// The hash of its random token.
        token_hash: [u8; 32],
        /// Who asks, as they say.
        identity: Box<Identity>,
        /// The hash of the personal token that proves the e-mail.
        login: Option<[u8; 32]>,
        /// The time-out asked for; 0 for the default.
        timeout: Millis,
        /// Sessions of processes that are gone, with the hash of the token shown for each.
        replaces: Vec<(SessionId, [u8; 32])>,
    },
    /// Come back to a session.
    Resume {
        /// Which.
        session: SessionId,
        /// The hash of the token shown.
        token_hash: [u8; 32],
    },
    /// A session's stream has ended; it does not count once another speaks for the session.
    Detach(SessionId, Epoch),
    /// Check seats out.
    Checkout(Checkout),
    /// Leave the line.
    Withdraw(SessionId, RequestId),
    /// Check a grant in.
    Checkin(Checkin),
    /// End a session.
    Close(SessionId),
    /// Nobody works with a session's application, or somebody does again.
    Idle(SessionId, bool),
    /// Book seats for a job.
    Book(Box<Book>),
    /// Give a booking back.
    Unbook(SessionId, GrantId),
    /// Bring a borrowed seat back, with the hash of the proof shown.
    ReturnBorrowed(GrantId, [u8; 32]),
    /// Have the holders of a feature told that somebody waits.
    Colleagues(SessionId, Feature),
    /// What a checkout would be answered.
    Explain(Box<(Identity, Checkout)>),
    /// An administrator's: put these licenses and rules in force; take away what is not licensed any
    /// more.
    Reread(Box<InForce>, bool),
    /// The daemon's own: what is in force, with what was found out of a day that has not come yet
    /// ([`InForce::prepare`]). It is passed over where something else is in force by now.
    Foresee(Box<InForce>),
    /// An administrator's: take seats away.
    Revoke(GrantId, Code),
    /// An administrator's: a borrowed seat's laptop is lost.
    Lost(GrantId),
    /// An administrator's: give somebody a named seat.
    Assign(Box<AssignmentRow>),
    /// An administrator's: take it back.
    Unassign(PoolId, Email),
    /// An administrator's: somebody proves who they are with this.
    SetLogin(Box<LoginRow>),
    /// An administrator's: they no longer can.
    DropLogin(Email),
    /// The license desk's: its rows, with the assignments and logins that follow, all or nothing. When the
    /// running seats of those who lose theirs are free at the latest is set by the engine, as of an
    /// [`Ask::Unassign`].
    Desk(Box<DeskChange>),
    /// An administrator's, whose user id this is: the wall clock is right, and was too far ahead before.
    ResetClock(u32),
    /// An administrator's: what is asked, after a note of who asked it, written together.
    Noted(Box<Note>, Box<Ask>),
    /// An administrator's: a note of what is done elsewhere.
    Note(Box<Note>),
}

impl Ask {
    /// Whether it only gives back, or is the last that is asked: it needs no more than what a full disk has
    /// left.
    #[must_use]
    pub fn gives_back(&self) -> bool {
        match self {
            Self::Noted(_, ask) => return ask.gives_back(),
            Self::Note(note) => return note.deed == Deed::Stop,
            _ => {}
        }
        matches!(
            self,
            Self::Checkin(_)
                | Self::Close(_)
                | Self::Resume { .. }
                | Self::Detach(..)
                | Self::Withdraw(..)
                | Self::Unbook(..)
                | Self::ReturnBorrowed(..)
        )
    }

    /// Whether it puts other licenses and rules in force, noted or not.
    #[must_use]
    pub fn is_reread(&self) -> bool {
        match self {
            Self::Reread(..) => true,
            Self::Noted(_, ask) => ask.is_reread(),
            _ => false,
        }
    }

    /// Whether it may take seats.
    #[must_use]
    pub fn takes_seats(&self) -> bool {
        matches!(self, Self::Checkout(_) | Self::Book(_))
    }
}

/// What an ask is answered.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The answer.
    pub answer: Answer,
    /// Whether it may be told before the records are on the disk.
    pub at_once: bool,
    /// With a welcome: what the connection beats.
    pub live: Option<Live>,
    /// Of a borrowed grant: its row, of which the lease is made.
    pub borrowed: Option<Box<GrantRow>>,
}

/// What a connection needs to keep a session alive by itself.
#[derive(Debug, Clone)]
pub struct Live {
    /// The session's word.
    pub word: Arc<SessionWord>,
    /// The life this connection speaks for.
    pub epoch: Epoch,
    /// How long a heartbeat keeps it alive.
    pub timeout: Millis,
    /// The hash of its token, for calls that show it.
    pub token_hash: [u8; 32],
}

impl Reply {
    pub(crate) fn of(answer: Answer) -> Self {
        Self { at_once: answer.is_denial(), answer, live: None, borrowed: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_gives_back_as_what_it_is_of() {
        let note = |deed| Box::new(Note::new(Some(0), deed, ""));
        let noted = |ask| Ask::Noted(note(Deed::TakeBack), Box::new(ask));
        for (ask, gives_back) in [
            (Ask::Note(note(Deed::Stop)), true),
            (Ask::Note(note(Deed::SwitchLog)), false),
            (noted(Ask::ReturnBorrowed(GrantId(1), [0; 32])), true),
            (noted(Ask::Revoke(GrantId(1), Code::Removed)), false),
        ] {
            assert_eq!(ask.gives_back(), gives_back, "{ask:?}");
        }
    }
}
