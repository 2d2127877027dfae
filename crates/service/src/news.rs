//! What sessions are told unasked.

use names::{Code, Feature, GrantId, PoolId, RequestId, SeatCount, SessionId, Wall, Word};
use seats::{DequeueReason, Event, GrantRow, GrantState, Record};

/// What a session is told unasked; after the records behind it are on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// What it waited for.
    Granted {
        /// The grant.
        grant: GrantId,
        /// The request that waited.
        request: RequestId,
        /// From which pool.
        pool: PoolId,
        /// How many.
        seats: SeatCount,
        /// The grant's row, of a borrowed one.
        borrowed: Option<Box<GrantRow>>,
    },
    /// Give these seats back.
    Revoked {
        /// Which.
        grant: GrantId,
        /// Why.
        code: Code,
        /// When they are free at the latest.
        until: Wall,
    },
    /// What it waits for will never be granted.
    Hopeless(RequestId),
    /// Somebody waits for a feature that it holds.
    Wanted {
        /// Which.
        feature: Feature,
        /// Who.
        user: Word,
        /// Where.
        host: Word,
    },
}

/// What these records of one command are news of. `waiting` says of a waiter that left the line whose
/// request it was. What a license changes of a grant is what it is charged to: no news (`is_license`).
pub(crate) fn of(
    records: &[Record],
    is_license: bool,
    waiting: impl Fn(names::WaiterId) -> Option<(SessionId, RequestId)>,
    news: &mut Vec<(SessionId, News)>,
) {
    let mut from_line = false;
    for record in records {
        match &record.event {
            Event::Dequeued { waiter, why, .. } => {
                from_line |= *why == DequeueReason::Granted;
                if *why == DequeueReason::Hopeless
                    && let Some((session, request)) = waiting(*waiter)
                {
                    news.push((session, News::Hopeless(request)));
                }
            }
            Event::Granted(row) if from_line => {
                from_line = false;
                let granted = News::Granted {
                    grant: row.id,
                    request: row.request,
                    pool: row.pool.clone(),
                    seats: row.seats,
                    borrowed: row.kept().is_some().then(|| Box::new(GrantRow::clone(row))),
                };
                news.push((row.session, granted));
            }
            Event::Changed(row) if !is_license => {
                if let GrantState::Revoked(code, until) = row.state {
                    news.push((row.session, News::Revoked { grant: row.id, code, until }));
                }
            }
            _ => {}
        }
    }
}
