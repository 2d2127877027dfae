//! Which events are in the chain: those of administration and licensing. Seats that come and go are in the debug
//! log and the usage history; of them the chain has what is borrowed, and what is taken away.

use seats::{Event, GrantState, ReturnReason};

use crate::seen::{Happened, How};

/// The kind of line that an event is, if it is in the chain.
pub(super) fn kind(happened: &Happened<'_>) -> Option<&'static str> {
    let was = |how| happened.held.as_ref().is_some_and(|held| held.how == how);
    match &happened.record.event {
        Event::Started
        | Event::Stopped
        | Event::PoolSet(_)
        | Event::PoolDropped(_)
        | Event::QuotaSet(_)
        | Event::QuotaDropped(_)
        | Event::Assigned(_)
        | Event::Unassigned { .. }
        | Event::LoginSet(_)
        | Event::LoginDropped(_)
        | Event::ClockReset { .. }
        | Event::Administered(_)
        | Event::DeskDid(_) => Some(""),
        Event::Granted(_) if was(How::Borrowed) => Some("borrowed"),
        Event::Changed(row) => match row.state {
            GrantState::Revoked(..) if happened.was != Some(How::Revoked) => Some("revoked"),
            _ => None,
        },
        Event::Returned { why, .. } => match why {
            ReturnReason::Early => Some("borrow-returned"),
            ReturnReason::BorrowEnded => Some("borrow-ended"),
            ReturnReason::Lost => Some("borrow-lost"),
            ReturnReason::Revoked => Some("revoked-returned"),
            _ if was(How::Revoked) => Some("revoked-returned"),
            _ => None,
        },
        _ => None,
    }
}
