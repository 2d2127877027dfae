//! Whether a pool has room for a grant, and what the grant would be charged to.

use names::{QuotaId, Word};

use crate::charges::{Charge, Charges};
use crate::identity::Identity;
use crate::planted::Bug;
use crate::row::Sharing;
use crate::state::{Group, Pool, PoolIx, Quota, Sharer, State, Terms, shown};

/// Why a pool has no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lack {
    /// A MAX line is reached; it could be waited for, unless the request alone is above it.
    Max(QuotaId, Wait),
    /// What is free is reserved for others: by this line first.
    Reserved(QuotaId, Wait),
    /// All seats are taken.
    Taken,
    /// Others wait.
    Line,
}

/// Whether waiting may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    Helps,
    IsVain,
}

/// Who wants how much.
pub(crate) struct Want<'a> {
    pub(crate) who: &'a Identity,
    pub(crate) seats: u32,
    pub(crate) data: Option<&'a Word>,
    /// Somebody in line lacks seats: only what that one could not have may be taken.
    pub(crate) behind: bool,
}

impl State {
    /// Whether a pool has room.
    ///
    /// # Errors
    /// What it lacks.
    pub(crate) fn room(
        &self,
        ix: PoolIx,
        want: &Want<'_>,
        terms: Option<&Terms>,
        of_suite: bool,
        charges: &mut Charges,
    ) -> Result<(), Lack> {
        let Some(pool) = self.pool_at(ix) else { return Err(Lack::Taken) };
        let group = group(pool, want);
        let mut adds = adds(pool, group, want);
        if self.planted(Bug::SharersUnlimited) && group.is_some() {
            adds = 0;
        }
        for id in terms.map_or(&[][..], |terms| &terms.maxima) {
            let Some(quota) = self.quotas.get(id) else { continue };
            let is_alone = self.planted(Bug::MaxCountsGrants);
            let more = if is_alone { want.seats } else { used_by(pool, group, *id, want) };
            let is_free = self.planted(Bug::MaxIgnored) || (of_suite && self.planted(Bug::MaxNotOfSuites));
            if more > 0 && !is_free && quota.used + u64::from(more) > u64::from(quota.row.seats) {
                let wait = if want.seats > quota.row.seats { Wait::IsVain } else { Wait::Helps };
                return Err(Lack::Max(*id, wait));
            }
            charges.push(Charge { quota: *id, seats: want.seats, of_suite });
        }
        if pool.row.uncounted {
            return Ok(());
        }
        let own = terms.map_or(&[][..], |terms| &terms.reserves);
        self.seats_for(pool, adds, want, own)?;
        if !self.planted(Bug::DrawsForgotten) {
            self.draw(adds, own, of_suite, charges);
        }
        Ok(())
    }

    /// The MAX line, if one is about a pool and its suite, that both together would exceed.
    pub(crate) fn max_of_both(
        &self,
        (ix, terms): (PoolIx, &Terms),
        (suite, suites): (PoolIx, &Terms),
        want: &Want<'_>,
    ) -> Option<Lack> {
        let more = |ix: PoolIx, id: QuotaId| {
            self.pool_at(ix).map_or(0, |pool| used_by(pool, group(pool, want), id, want))
        };
        if self.planted(Bug::MaxOfEachAlone) {
            return None;
        }
        terms.maxima.iter().filter(|id| suites.maxima.contains(id)).find_map(|id| {
            let quota = self.quotas.get(id)?;
            let more = more(ix, *id).saturating_add(more(suite, *id));
            let wait = if want.seats > quota.row.seats { Wait::IsVain } else { Wait::Helps };
            (more > 0 && quota.used + u64::from(more) > u64::from(quota.row.seats))
                .then_some(Lack::Max(*id, wait))
        })
    }

    /// The MAX line of a pool that is reached, and that a wait may help with.
    pub(crate) fn max_reached(&self, ix: PoolIx, want: &Want<'_>, terms: &Terms) -> Option<Lack> {
        let pool = self.pool_at(ix)?;
        let group = group(pool, want);
        terms.maxima.iter().find_map(|id| {
            let quota = self.quotas.get(id)?;
            let more = used_by(pool, group, *id, want);
            let is_over = more > 0 && quota.used + u64::from(more) > u64::from(quota.row.seats);
            is_over.then_some(Lack::Max(*id, Wait::Helps))
        })
    }

    /// What a request that has no room can never have, however long it waits.
    pub(crate) fn in_vain(&self, ix: PoolIx, want: &Want<'_>, terms: Option<&Terms>) -> Option<Lack> {
        let pool = self.pool_at(ix)?;
        let (maxima, own) = terms.map_or((&[][..], &[][..]), |terms| (&terms.maxima, &terms.reserves));
        let group = group(pool, want);
        let above = |id: &&QuotaId| {
            let adds = used_by(pool, group, **id, want) > 0;
            adds && self.quotas.get(*id).is_some_and(|quota| want.seats > quota.row.seats)
        };
        if let Some(id) = maxima.iter().find(above) {
            return Some(Lack::Max(*id, Wait::IsVain));
        }
        match self.seats_for(pool, adds(pool, group, want), want, own) {
            Err(lack @ Lack::Reserved(_, Wait::IsVain)) if !pool.row.uncounted => Some(lack),
            _ => None,
        }
    }

    /// What a grant is charged to that is there already, whether there is room or not.
    pub(crate) fn charge_anyhow(
        &self,
        ix: PoolIx,
        want: &Want<'_>,
        terms: Option<&Terms>,
        of_suite: bool,
        charges: &mut Charges,
    ) {
        let (Some(pool), Some(terms)) = (self.pool_at(ix), terms) else { return };
        let adds = adds(pool, group(pool, want), want);
        self.charge_more(pool, (want.seats, adds), terms, of_suite, charges);
    }

    /// The same of one that shares its seats with nobody.
    pub(crate) fn charge_alone(
        &self,
        pool: &Pool,
        seats: u32,
        terms: Option<&Terms>,
        of_suite: bool,
        charges: &mut Charges,
    ) {
        if let Some(terms) = terms {
            self.charge_more(pool, (seats, seats), terms, of_suite, charges);
        }
    }

    /// What a grant of so many seats, which adds so many to its pool's, is charged to.
    fn charge_more(
        &self,
        pool: &Pool,
        (seats, adds): (u32, u32),
        terms: &Terms,
        of_suite: bool,
        charges: &mut Charges,
    ) {
        let maxima = if self.planted(Bug::RechargeForgetsMax) { &[][..] } else { &terms.maxima };
        for id in maxima {
            charges.push(Charge { quota: *id, seats, of_suite });
        }
        if !pool.row.uncounted {
            self.draw(adds, &terms.reserves, of_suite, charges);
        }
    }

    /// Draws so many seats from idle ones of these reservations, as far as there are any.
    fn draw(&self, mut left: u32, own: &[QuotaId], of_suite: bool, charges: &mut Charges) {
        for id in own {
            let Some(quota) = self.quotas.get(id) else { continue };
            let drawn = quota.idle().min(left);
            if drawn > 0 {
                charges.push(Charge { quota: *id, seats: drawn, of_suite });
                left -= drawn;
            }
        }
    }

    /// Whether so many more seats may be charged.
    fn seats_for(&self, pool: &Pool, adds: u32, want: &Want<'_>, own: &[QuotaId]) -> Result<(), Lack> {
        let free = self.free_seats(pool);
        if pool.reserves.is_empty() || self.planted(Bug::ReservesForgotten) {
            return match (adds > 0 && want.behind, adds > free) {
                (true, _) => Err(Lack::Line),
                (_, true) => Err(Lack::Taken),
                _ => Ok(()),
            };
        }
        if adds == 0 {
            return Ok(());
        }
        let quotas = || own.iter().filter_map(|id| self.quotas.get(id));
        let others_may_keep = pool.in_force - quotas().map(|quota| quota.in_force).sum::<u32>();
        // Where grants share, nobody knows what a request will add.
        let is_alone = pool.row.sharing == Sharing::None;
        if is_alone && adds > pool.row.limit().saturating_sub(others_may_keep) {
            return Err(self.reserved(pool, own, Wait::IsVain));
        }
        let (mine, others) = if pool.idle <= free {
            let mine = quotas().map(Quota::idle).sum();
            (mine, pool.idle - mine)
        } else {
            self.kept(pool, own)
        };
        if want.behind && adds > mine {
            return Err(Lack::Line);
        }
        if adds <= free - others {
            return Ok(());
        }
        Err(if adds <= free { self.reserved(pool, own, Wait::Helps) } else { Lack::Taken })
    }

    /// The free seats of a pool, as the planted bugs see them.
    fn free_seats(&self, pool: &Pool) -> u32 {
        let row = &pool.row;
        if self.planted(Bug::OneTooMany) {
            pool.free() + 1
        } else if self.planted(Bug::OverdraftIgnored) {
            row.capacity.saturating_sub(shown(pool.charged))
        } else if self.planted(Bug::OverdraftTwice) {
            pool.free() + row.overdraft
        } else if self.planted(Bug::FreeWraps) {
            row.limit().wrapping_sub(shown(pool.charged))
        } else {
            pool.free()
        }
    }

    /// The free seats that are kept for these reservations and for others, where there are fewer free
    /// seats than idle ones: the reservations have them in their order.
    fn kept(&self, pool: &Pool, own: &[QuotaId]) -> (u32, u32) {
        let (mut left, mut mine, mut others) = (pool.free(), 0, 0);
        for id in &pool.reserves {
            let Some(quota) = self.quotas.get(id) else { continue };
            let kept = quota.idle().min(left);
            left -= kept;
            *(if own.contains(id) { &mut mine } else { &mut others }) += kept;
        }
        (mine, others)
    }

    /// The first reservation of others that keeps a seat.
    fn reserved(&self, pool: &Pool, own: &[QuotaId], wait: Wait) -> Lack {
        let others = || pool.reserves.iter().filter(|id| !own.contains(id));
        let keeps = |id: &&QuotaId| self.quotas.get(id).is_some_and(|quota| quota.idle() > 0);
        match others().find(keeps).or_else(|| others().next()) {
            Some(id) => Lack::Reserved(*id, wait),
            None => Lack::Taken,
        }
    }
}

/// The seats of a pool that a grant would add to what is used of a MAX line.
fn used_by(pool: &Pool, group: Option<&Group>, quota: QuotaId, want: &Want<'_>) -> u32 {
    let limit = pool.row.sharers;
    let counted = group.and_then(|group| group.counted(quota));
    counted.map_or(want.seats, |sharers| sharers.charged_with(want.seats, limit) - sharers.charged(limit))
}

/// The seats that a grant would add to what its pool is charged for.
fn adds(pool: &Pool, group: Option<&Group>, want: &Want<'_>) -> u32 {
    let limit = pool.row.sharers;
    group.map_or(want.seats, |group| group.all.charged_with(want.seats, limit) - group.all.charged(limit))
}

/// Those whom a grant would share seats of a pool with.
fn group<'a>(pool: &'a Pool, want: &Want<'_>) -> Option<&'a Group> {
    let sharer = Sharer::of(pool.row.sharing, want.who, want.data)?;
    pool.groups.find(&sharer)
}
