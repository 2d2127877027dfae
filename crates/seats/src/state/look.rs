//! The state as others see it.

use std::sync::Arc;

use names::{Email, Feature, GrantId, PoolId, QuotaId, SessionId, WaiterId, Wall, limits};

use super::grants::Slot;
use super::places::NOWHERE;
use super::pool::{Pool, shown};
use super::{Broken, FeatureSlot, State};
use crate::answer::{Figures, Held, Holder};
use crate::identity::Identity;
use crate::row::{
    AssignmentRow, DeskRow, GrantRow, GrantState, LoginRow, PoolRow, QuotaKind, QuotaRow, Row, SessionMark,
    SessionRow, WaiterRow,
};

impl State {
    /// Sessions known, written down or not.
    #[must_use]
    pub fn sessions_open(&self) -> usize {
        self.sessions.len()
    }

    /// Every row that is written down, in no particular order.
    pub fn rows(&self) -> impl Iterator<Item = Row> {
        let pools = self.pools.iter().filter(|p| p.is_there).map(|p| Row::Pool(p.row.clone()));
        let written = || self.sessions.iter().filter(|s| s.written);
        let sessions = written().map(|s| Row::Session(s.row.clone()));
        let marks = written().filter(|s| s.mark_hash != 0).map(|s| Row::Mark(s.mark));
        let grants = self.grants.iter().filter_map(|slot| self.row_of(slot)).map(Row::Grant);
        let quotas = self.quotas.values().map(|q| Row::Quota(q.row.clone()));
        let waiters = self.waiters.values().map(|w| Row::Waiter(w.clone()));
        let assignments = self.assignments.values().map(|a| Row::Assignment(a.clone()));
        let logins = self.logins.values().map(|l| Row::Login(l.clone()));
        pools
            .chain(sessions)
            .chain(marks)
            .chain(grants)
            .chain(quotas)
            .chain(waiters)
            .chain(assignments)
            .chain(logins)
            .chain(self.clock.map(Row::Clock))
            .chain(self.desk_rows().map(Row::Desk))
    }

    /// A pool and the seats of it that grants are charged for.
    #[must_use]
    pub fn pool(&self, id: &PoolId) -> Option<(&PoolRow, u32)> {
        self.pool_ix(id).and_then(|ix| self.pool_at(ix)).map(|p| (&p.row, shown(p.charged)))
    }

    /// Every pool with the seats of it that grants are charged for, in no particular order.
    pub fn pools(&self) -> impl Iterator<Item = (&PoolRow, u32)> {
        self.pools.iter().filter(|p| p.is_there).map(|p| (&p.row, shown(p.charged)))
    }

    /// How a pool stands.
    #[must_use]
    pub fn figures(&self, id: &PoolId) -> Option<Figures> {
        self.pool_ix(id).and_then(|ix| self.pool_at(ix)).map(|pool| self.figures_of(pool))
    }

    pub(crate) fn figures_of(&self, pool: &Pool) -> Figures {
        Figures {
            pool: pool.row.id.clone(),
            limit: pool.row.limit(),
            in_use: shown(pool.charged),
            reserved: pool.reserved(),
            borrowed: shown(pool.borrowed_seats),
            lingering: shown(pool.lingering_seats),
            booked: shown(pool.booked_seats),
            queued: self.feature_at(pool.feature).map_or(0, |slot| slot.line.len()),
            free_at: pool.ends.first().map(|(at, _)| *at),
        }
    }

    /// The reservations of a pool with the free seats that each keeps, in their order.
    pub fn reservations(&self, id: &PoolId) -> impl Iterator<Item = (&QuotaRow, u32)> {
        let pool = self.pool_ix(id).and_then(|ix| self.pool_at(ix));
        let mut free = pool.map_or(0, Pool::free);
        let quotas = pool.map_or(&[][..], |pool| &pool.reserves).iter().filter_map(|id| self.quotas.get(id));
        quotas.map(move |quota| {
            let kept = quota.idle().min(free);
            free -= kept;
            (&quota.row, kept)
        })
    }

    /// A counted rule: its row and the seats that count.
    #[must_use]
    pub fn quota(&self, id: QuotaId) -> Option<(&QuotaRow, u32)> {
        self.quotas.get(&id).map(|quota| (&quota.row, shown(quota.used)))
    }

    /// Every counted rule with the seats that count, in no particular order.
    pub fn quotas(&self) -> impl Iterator<Item = (&QuotaRow, u32)> {
        self.quotas.values().map(|quota| (&quota.row, shown(quota.used)))
    }

    /// The grants of a pool, in the order they were made.
    pub fn grants_of_pool(&self, id: &PoolId) -> impl Iterator<Item = GrantRow> {
        let first = self.pool_ix(id).and_then(|ix| self.pool_at(ix)).map_or(NOWHERE, |pool| pool.first);
        self.grants.from(first).filter_map(|slot| self.row_of(slot))
    }

    /// Who holds seats of a pool, in the order of the grants' numbers, without their rows.
    pub fn holders_of_pool(&self, id: &PoolId) -> impl Iterator<Item = (&Identity, GrantId)> {
        let first = self.pool_ix(id).and_then(|ix| self.pool_at(ix)).map_or(NOWHERE, |pool| pool.first);
        self.grants.from(first).filter_map(|slot| Some((self.who(slot)?, slot.id)))
    }

    /// The row of a grant.
    pub(crate) fn row_of(&self, slot: &Slot) -> Option<GrantRow> {
        let id = |ix| self.pool_at(ix).map(|pool| &pool.row.id);
        Some(slot.row(id(slot.pool)?, slot.suite().and_then(id)))
    }

    /// A grant.
    #[must_use]
    pub fn grant(&self, id: GrantId) -> Option<GrantRow> {
        self.grants.get(id).and_then(|slot| self.row_of(slot))
    }

    /// Who holds a grant.
    #[must_use]
    pub fn holder(&self, id: GrantId) -> Option<&Identity> {
        self.grants.get(id).and_then(|slot| self.who(slot))
    }

    /// Every grant with its end, of those that have one.
    pub fn ends(&self) -> impl Iterator<Item = (GrantId, Wall)> {
        self.grants.iter().filter_map(|slot| slot.until().map(|until| (slot.id, until)))
    }

    /// A session and its mark.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<(&SessionRow, SessionMark)> {
        self.sessions.get(id).map(|s| (&s.row, s.mark))
    }

    /// The sessions whose application nobody works with, in the order of their names.
    #[must_use]
    pub fn idle_sessions(&self) -> Vec<SessionId> {
        let idle = self.sessions.iter().filter(|s| s.written && s.mark.idle.is_some());
        let mut idle: Vec<_> = idle.map(|s| s.row.id).collect();
        idle.sort();
        idle
    }

    /// Every session that is written down, with its mark, in the order of their names.
    #[must_use]
    pub fn written_sessions(&self) -> Vec<(&SessionRow, SessionMark)> {
        let written = self.sessions.iter().filter(|s| s.written);
        let mut all: Vec<_> = written.map(|s| (&s.row, s.mark)).collect();
        all.sort_by_key(|(row, _)| row.id);
        all
    }

    /// What a session holds, in the order of its requests.
    pub fn held(&self, session: SessionId) -> impl Iterator<Item = Held> {
        let grants = self.sessions.get(session).into_iter().flat_map(|s| &s.grants);
        grants.filter_map(|(_, id)| self.grant(*id)).map(|g| Held {
            grant: g.id,
            request: g.request,
            seats: g.seats,
            revoked: match g.state {
                GrantState::Revoked(code, _) => Some(code),
                GrantState::Floating | GrantState::Kept(_) => None,
            },
            until: g.kept().map(|kept| kept.until),
            pool: g.pool,
        })
    }

    /// The line of a feature, its head first.
    pub fn line(&self, feature: &Feature) -> impl Iterator<Item = &WaiterRow> {
        let slot = self.feature_ix(feature).and_then(|ix| self.feature_at(ix));
        slot.into_iter().flat_map(|slot| &slot.line).filter_map(|(_, id)| self.waiters.get(id))
    }

    /// A place in line.
    #[must_use]
    pub fn waiter(&self, id: WaiterId) -> Option<&WaiterRow> {
        self.waiters.get(&id)
    }

    /// Everybody who waits, in no particular order.
    pub fn waiters(&self) -> impl Iterator<Item = &WaiterRow> {
        self.waiters.values()
    }

    /// Every assignment, by pool and e-mail.
    pub fn assignments(&self) -> impl Iterator<Item = &AssignmentRow> {
        self.assignments.values()
    }

    /// The hash of somebody's token.
    #[must_use]
    pub fn token_of(&self, email: &Email) -> Option<&[u8; 32]> {
        self.logins.get(email).map(|row| &row.token_hash)
    }

    /// Every login, by e-mail.
    pub fn logins(&self) -> impl Iterator<Item = &LoginRow> {
        self.logins.values()
    }

    /// Whose a personal token is, by its hash.
    #[must_use]
    pub fn owner_of(&self, token_hash: &[u8; 32]) -> Option<&Email> {
        self.owners.get(token_hash)?.first()
    }

    /// Every row of the license desk, by key.
    pub fn desk_rows(&self) -> impl Iterator<Item = DeskRow> {
        self.desk.iter().map(|(key, value)| DeskRow { key: Arc::clone(key), value: Arc::clone(value) })
    }

    /// A row of the license desk.
    #[must_use]
    pub fn desk_row(&self, key: &str) -> Option<&Arc<[u8]>> {
        self.desk.get(key)
    }

    /// The first holders of a pool, of a suite those of its components, and how many more there are.
    pub(crate) fn holders(&self, pool: &Pool) -> (Vec<Holder>, usize) {
        let mut first: Vec<_> = self.first_grants(pool).collect();
        if pool.row.is_suite {
            let parts = self.pools.iter().filter(|part| part.row.suite.as_ref() == Some(&pool.row.id));
            first.extend(parts.flat_map(|part| self.first_grants(part)));
            first.sort_unstable_by_key(|slot| slot.id);
            first.truncate(limits::HOLDERS_IN_DENIAL_MAX);
        }
        let named: Vec<_> = first
            .into_iter()
            .filter_map(|slot| self.who(slot).map(|who| (slot.seats, who)))
            .map(|(seats, who)| Holder {
                user: who.user.clone(),
                host: who.host.clone(),
                display: who.display.clone(),
                seats,
            })
            .collect();
        let more = (pool.grants as usize).saturating_sub(named.len());
        (named, more)
    }

    fn first_grants(&self, pool: &Pool) -> impl Iterator<Item = &Slot> {
        self.grants.from(pool.first).take(limits::HOLDERS_IN_DENIAL_MAX)
    }

    /// Checks that every sum and index is what the rows give.
    ///
    /// # Errors
    /// The first contradiction.
    pub fn check(&self) -> Result<(), Broken> {
        let again = Self::from_rows(self.last, self.rows())?;
        if again.fingerprint != self.fingerprint {
            return Err(Broken("the fingerprint is not that of the rows".into()));
        }
        if again.counts != self.counts {
            return Err(Broken(format!(
                "{:?} rows are counted, and there are {:?}",
                self.counts, again.counts
            )));
        }
        for pool in self.pools.iter().filter(|pool| pool.is_there) {
            let id = &pool.row.id;
            let sums = |p: &Pool| {
                let kept = (p.lingering_seats, p.borrowed_seats, p.booked_seats);
                (p.charged, p.grants, p.idle, kept, p.ends.clone(), p.lingering.clone())
            };
            let other = again.pool_ix(id).and_then(|ix| again.pool_at(ix)).map(sums);
            if other.as_ref() != Some(&sums(pool)) {
                return Err(Broken(format!(
                    "pool {id} counts {:?}, and its rows give {other:?}",
                    sums(pool)
                )));
            }
            let order = |state: &Self| state.grants_of_pool(id).map(|row| row.id).collect::<Vec<_>>();
            if order(self) != order(&again) {
                return Err(Broken(format!("the grants of pool {id} are not in their order")));
            }
        }
        for (id, quota) in &self.quotas {
            let other = again.quotas.get(id).map(|other| (other.used, other.in_force));
            if other != Some((quota.used, quota.in_force)) {
                return Err(Broken(format!(
                    "quota {id} counts {:?}, and its rows give {other:?}",
                    (quota.used, quota.in_force)
                )));
            }
            if let QuotaKind::Reserve(pool) = &quota.row.kind
                && self.pool(pool).is_none()
            {
                return Err(Broken(format!("quota {id} reserves seats of a pool that is not there")));
            }
        }
        if again.owners != self.owners {
            return Err(Broken("personal tokens are not found by what their rows say".into()));
        }
        self.check_sessions(&again)
    }

    fn check_sessions(&self, again: &Self) -> Result<(), Broken> {
        for session in self.sessions.iter() {
            let id = session.row.id;
            let other = again.sessions.get(id).map(|other| (&other.grants, &other.waiting));
            let lists = (&session.grants, &session.waiting);
            if session.written && other != Some(lists) {
                return Err(Broken(format!("session {id} lists {lists:?}, and its rows give {other:?}")));
            }
        }
        for slot in &self.features {
            let again = again.feature_ix(&slot.name).and_then(|ix| again.feature_at(ix));
            let sums = |slot: &FeatureSlot| (slot.line.len(), slot.awaited, slot.bookings.clone());
            if again.map(sums).unwrap_or_default() != sums(slot) {
                return Err(Broken(format!("the line of {} is not that of its rows", slot.name)));
            }
        }
        Ok(())
    }
}
