//! The rows of a seat state, sorted by kind, and sums over them: made by other means than the model's.

use std::collections::BTreeMap;

use names::{PoolId, SessionId};
use seats::{
    AssignmentRow, ClockRow, DeskRow, GrantRow, GrantState, Identity, LoginRow, PoolRow, QuotaKind, QuotaRow,
    Row, Rules, SessionMark, SessionRow, Sharing, Standing, State, WaiterRow,
};

#[derive(Debug, Clone, Default)]
pub(crate) struct Rows {
    pub(crate) pools: Vec<PoolRow>,
    pub(crate) quotas: Vec<QuotaRow>,
    pub(crate) sessions: Vec<SessionRow>,
    pub(crate) marks: Vec<SessionMark>,
    pub(crate) grants: Vec<GrantRow>,
    pub(crate) waiters: Vec<WaiterRow>,
    pub(crate) assignments: Vec<AssignmentRow>,
    pub(crate) logins: Vec<LoginRow>,
    pub(crate) clock: Option<ClockRow>,
    pub(crate) desk: Vec<DeskRow>,
}

impl Rows {
    pub(crate) fn of(state: &State) -> Self {
        let mut rows = Self::default();
        for row in state.rows() {
            match row {
                Row::Pool(row) => rows.pools.push(row),
                Row::Quota(row) => rows.quotas.push(row),
                Row::Session(row) => rows.sessions.push(row),
                Row::Mark(row) => rows.marks.push(row),
                Row::Grant(row) => rows.grants.push(row),
                Row::Waiter(row) => rows.waiters.push(row),
                Row::Assignment(row) => rows.assignments.push(row),
                Row::Login(row) => rows.logins.push(row),
                Row::Clock(row) => rows.clock = Some(row),
                Row::Desk(row) => rows.desk.push(row),
            }
        }
        rows.pools.sort_by(|a, b| a.id.cmp(&b.id));
        rows.quotas.sort_by_key(|row| row.order);
        rows.sessions.sort_by_key(|row| row.id);
        rows.grants.sort_by_key(|row| row.id);
        rows.waiters.sort_by_key(|row| (std::cmp::Reverse(row.priority), row.id));
        rows.assignments.sort_by(|a, b| (&a.pool, &a.email).cmp(&(&b.pool, &b.email)));
        rows.logins.sort_by(|a, b| a.email.cmp(&b.email));
        rows
    }

    pub(crate) fn mark(&self, session: SessionId) -> SessionMark {
        let marked = self.marks.iter().find(|mark| mark.session == session);
        marked.copied().unwrap_or_else(|| SessionMark::new(session))
    }

    /// Whether a session is written down and its heartbeats come.
    pub(crate) fn is_live(&self, session: SessionId) -> bool {
        self.sessions.iter().any(|row| row.id == session) && self.mark(session).standing == Standing::Live
    }

    pub(crate) fn pool(&self, id: &PoolId) -> Option<&PoolRow> {
        self.pools.iter().find(|pool| pool.id == *id)
    }

    /// Who holds a grant.
    pub(crate) fn who<'a>(&'a self, grant: &'a GrantRow) -> Option<&'a Identity> {
        match grant.kept() {
            Some(kept) => Some(&*kept.who),
            None => self.sessions.iter().find(|row| row.id == grant.session).map(|row| &*row.identity),
        }
    }

    /// What those of a pool's grants that `is_counted` take together.
    fn sum(&self, pool: &PoolRow, is_counted: impl Fn(&Identity) -> bool) -> u64 {
        let mut groups: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for grant in &self.grants {
            let Some(who) = self.who(grant) else { continue };
            let is_here = grant.pool == pool.id || grant.suite.as_ref() == Some(&pool.id);
            if is_here && is_counted(who) {
                let (largest, count) = groups.entry(group(pool.sharing, grant, who)).or_default();
                *largest = u64::from(grant.seats.get()).max(*largest);
                *count += 1;
            }
        }
        let times = |count: u64| if pool.sharers == 0 { 1 } else { count.div_ceil(u64::from(pool.sharers)) };
        groups.values().map(|(largest, count)| largest * times(*count)).sum()
    }

    /// What a pool is charged.
    pub(crate) fn charged(&self, pool: &PoolRow) -> u64 {
        self.sum(pool, |_| true)
    }

    /// What those whom a MAX line names use.
    pub(crate) fn used(&self, quota: &QuotaRow, rules: &dyn Rules) -> u64 {
        let named = |pool: &PoolRow, who: &Identity| {
            let terms = rules.terms(who, pool.id.feature());
            terms.iter().any(|terms| terms.pool == pool.id && terms.quotas.contains(&quota.key))
        };
        self.pools.iter().map(|pool| self.sum(pool, |who| named(pool, who))).sum()
    }

    /// The free seats of a pool that are kept for its reservations.
    pub(crate) fn kept(&self, pool: &PoolRow) -> u64 {
        let free = u64::from(pool.limit()).saturating_sub(self.charged(pool));
        self.idle(pool).min(free)
    }

    /// The reservations of a pool that are in force and that no grant draws from.
    fn idle(&self, pool: &PoolRow) -> u64 {
        let mut left = if pool.uncounted { 0 } else { pool.capacity };
        let mut idle = 0;
        for quota in self.quotas.iter().filter(|quota| quota.kind == QuotaKind::Reserve(pool.id.clone())) {
            let in_force = quota.seats.min(left);
            left -= in_force;
            idle += u64::from(in_force).saturating_sub(self.drawn(quota));
        }
        idle
    }

    /// What is drawn of all reservations of a pool.
    pub(crate) fn drawn_of(&self, pool: &PoolRow) -> u64 {
        let is_here = |quota: &&QuotaRow| quota.kind == QuotaKind::Reserve(pool.id.clone());
        self.quotas.iter().filter(is_here).map(|quota| self.drawn(quota)).sum()
    }

    pub(crate) fn drawn(&self, quota: &QuotaRow) -> u64 {
        let charges = self.grants.iter().flat_map(|grant| &grant.charges);
        charges.filter(|charge| charge.quota == quota.id).map(|charge| u64::from(charge.seats)).sum()
    }
}

/// What is the same for grants that share a seat.
fn group(sharing: Sharing, grant: &GrantRow, who: &Identity) -> String {
    let same = match sharing {
        Sharing::None => return grant.id.to_string(),
        Sharing::Pool => return String::new(),
        Sharing::Same(same) => same,
    };
    let part = |is_in: bool, text: Option<&str>| {
        if is_in { text.map_or_else(|| "-".to_owned(), |text| format!("={text}")) } else { String::new() }
    };
    [
        part(same.user, Some(who.user.as_str())),
        part(same.host, Some(who.host.as_str())),
        part(same.display, Some(who.display.as_str())),
        part(same.data, grant.data.as_ref().map(|data| data.as_str())),
        part(same.person, who.email.as_ref().map(|email| email.as_str())),
    ]
    .join("\u{1f}")
}

/// Whether a session keeps a grant.
pub(crate) fn is_sessions(grant: &GrantRow) -> bool {
    matches!(grant.state, GrantState::Floating | GrantState::Revoked(..))
}
