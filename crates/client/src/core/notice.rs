//! What the server says unasked.

use names::{Code, Date, GrantId, Word};
use proto::v1;
use proto::v1::notice::Kind;

use super::reply::WORDS_MAX;
use super::{Asked, Core};
use crate::boot::Boot;
use crate::{Colleague, SeatState, shown};

/// A seat that was taken away is given back after so long, unless the application has done it.
pub(super) const GIVE_BACK_MS: u64 = 4_000;

impl Core {
    /// Takes one notice.
    pub(crate) fn notice(&mut self, notice: v1::Notice, now: Boot, today: Date) {
        let own = self.session.as_ref().map(|session| session.id);
        if own.is_none() || (notice.session != 0 && own != Some(notice.session)) {
            return;
        }
        match notice.kind {
            Some(Kind::Granted(granted)) => self.granted_late(&granted, today),
            Some(Kind::Revoked(revoked)) => {
                let why = shown(&revoked.message, WORDS_MAX);
                self.revoked(revoked.grant, revoked.code, &why, now);
            }
            Some(Kind::Wanted(wanted)) => {
                let colleague = Colleague {
                    feature: shown(&wanted.feature, names::limits::FEATURE_CHARS_MAX),
                    user: Word::nearest(&wanted.user),
                    host: Word::nearest(&wanted.host),
                };
                // Where nobody listens, nobody is told.
                let _ = self.setup.colleagues.send(colleague);
            }
            Some(Kind::Hopeless(hopeless)) => self.hopeless(hopeless.request_id),
            Some(Kind::Draining(_)) | None => {}
        }
    }

    /// A seat is taken away. The application is told at once; what it has not given back by itself after
    /// a while is given back here.
    pub(super) fn revoked(&mut self, grant: u64, code: i32, why: &str, now: Boot) {
        let found = self.seats.values_mut().find(|row| row.grant == Some(GrantId(grant)));
        let Some(row) = found.filter(|row| row.give_back_at.is_none()) else { return };
        row.give_back_at = Some(now.plus(GIVE_BACK_MS));
        let code = Code::from_number(code).unwrap_or(Code::Removed);
        let why = if why.is_empty() { code.to_string() } else { why.to_owned() };
        row.tell(SeatState::Revoked { code, why });
    }

    /// Gives the seats back that were taken away a while ago.
    pub(super) fn give_back_revoked(&mut self, now: Boot) {
        let is_due = |at: Option<Boot>| at.is_some_and(|at| at <= now);
        let due = self.seats.values_mut().filter(|row| is_due(row.give_back_at));
        let grants: Vec<GrantId> = due.filter_map(|row| row.grant.take()).collect();
        for grant in grants {
            self.submit(Asked::Checkin { grant, answer: None });
        }
    }

    /// When the next one is due.
    pub(super) fn gives_back_at(&self) -> Option<Boot> {
        self.seats.values().filter(|row| row.grant.is_some()).filter_map(|row| row.give_back_at).min()
    }
}
