//! What a denial says: of all pools, what the one that was nearest to a grant lacked.

use super::admit::{Asked, Stop, Why};
use super::room::Lack;
use crate::answer::{Denial, Detail};
use crate::state::State;

impl State {
    /// The denial that these obstacles make.
    pub(crate) fn denial(&self, asked: Option<&Asked<'_>>, stops: &[Stop], ask: &crate::Checkout) -> Denial {
        let mut nearest: Option<&Stop> = None;
        let version = |stop: &Stop| self.pool_at(stop.pool).map(|pool| &pool.row.version);
        for stop in stops {
            let nearer = nearest.is_none_or(|best| {
                let (rank, other) = (stop.why.rank(), best.why.rank());
                let same = rank == other && matches!(stop.why, Why::Version);
                rank > other || (same && version(stop) > version(best))
            });
            if nearer {
                nearest = Some(stop);
            }
        }
        let Some(stop) = nearest else {
            let detail = Detail::NoSuchFeature {
                feature: ask.feature.clone(),
                config: ask.config.clone(),
                vendor: ask.vendor.clone(),
            };
            return Denial { code: names::Code::NoSuchFeature, detail, figures: None };
        };
        let code = stop.why.code();
        let of = match &stop.why {
            Why::Lack(_, of) => Some(*of),
            _ => None,
        };
        let figures = of.and_then(|of| self.pool_at(of)).map(|pool| Box::new(self.figures_of(pool)));
        match asked.and_then(|asked| self.detail(asked, stop, stops)) {
            Some(detail) => Denial { code, detail, figures },
            None => Denial { code, detail: Detail::Limit("its pool is gone"), figures },
        }
    }

    fn detail(&self, asked: &Asked<'_>, stop: &Stop, stops: &[Stop]) -> Option<Detail> {
        let pool = self.pool_at(stop.pool)?;
        let id = pool.row.id.clone();
        Some(match &stop.why {
            Why::WrongHost => {
                Detail::WrongHost { feature: asked.ask.feature.clone(), cpu: asked.who.cpu.clone() }
            }
            Why::Expired => Detail::Expired(id, pool.row.expiry),
            Why::NotYet => Detail::NotYet(id),
            Why::Version => Detail::Version { pool: id, licensed: pool.row.version },
            Why::Suite => Detail::Suite(id),
            Why::Refused(refusal) => Detail::Barred(refusal.why.clone()),
            Why::NotAssigned => Detail::NotAssigned(id),
            Why::Borrow(_, why) => Detail::Borrow(id, why),
            Why::TooMany => {
                let pools = stops.iter().filter(|stop| matches!(stop.why, Why::TooMany));
                let limits = pools.filter_map(|stop| self.pool_at(stop.pool)).map(|pool| pool.row.limit());
                Detail::TooMany { asked: asked.ask.seats, licensed: limits.max().unwrap_or_default() }
            }
            Why::ClockSetBack => {
                let now = asked.now.wall;
                Detail::ClockSetBack { pool: id, now, latest: self.clock.map_or(now, |row| row.latest) }
            }
            Why::Connections(limit) => Detail::Connections(id.vendor().clone(), *limit),
            Why::Lack(Lack::Max(quota, _), _) => {
                let row = &self.quotas.get(quota)?.row;
                Detail::Max { limit: row.seats, who: row.who.clone(), rule: row.rule.clone() }
            }
            Why::Lack(Lack::Reserved(quota, _), _) => {
                let row = &self.quotas.get(quota)?.row;
                Detail::Reserved { who: row.who.clone(), rule: row.rule.clone() }
            }
            Why::Lack(Lack::Taken, of) => {
                let (holders, more) = self.holders(self.pool_at(*of)?);
                Detail::AllTaken { holders, more }
            }
            Why::Lack(Lack::Line, _) => {
                Detail::Queued(self.feature_at(asked.feature).map_or(0, |slot| slot.line.len()))
            }
        })
    }
}
