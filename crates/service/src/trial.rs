//! What files would give somebody, before they are in force: the engine itself is asked, about a host on
//! which nobody has a seat.

use std::sync::Arc;

use license::Client;
use names::{
    Date, Feature, Invalid, Mono, Now, PoolId, RequestId, SeatCount, SessionId, Version, Wall, Word,
};
use policy::Asker;
use seats::{Checkout, Command, Denial, Identity, Machine, QuotaKind, Refusal, State};

use crate::in_force::{InForce, Today};

/// Who would ask, for what, and when.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// Who, and from what machine.
    pub client: Client<'a>,
    /// For which project; may be empty.
    pub project: &'a str,
    /// One seat of this, of any version.
    pub feature: &'a Feature,
    /// When.
    pub at: Wall,
}

/// What they would be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// The pool that gives the seat, or why none does.
    pub answer: Result<PoolId, Box<Denial>>,
    /// Each pool of the feature, in the order in which they are searched.
    pub pools: Vec<TriedPool>,
}

/// What a pool would answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedPool {
    /// Which.
    pub pool: PoolId,
    /// Why it does not give the seat.
    pub denied: Option<Box<Denial>>,
    /// By which rule its seats may not be borrowed.
    pub no_borrow: Option<Refusal>,
    /// The RESERVE and MAX lines that name them, in the files' order: of the pool, then of its suite.
    pub counted: Vec<CountedRule>,
}

/// A RESERVE or MAX line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedRule {
    /// MAX; otherwise RESERVE.
    pub is_max: bool,
    /// How many seats it says.
    pub seats: u32,
    /// How many the pool has for it: of a reservation it may be fewer.
    pub in_force: u32,
    /// For whom, as the options file says.
    pub who: Arc<str>,
    /// Where it stands: `file:line`.
    pub rule: Arc<str>,
    /// The suite that it counts the seats of, where it is not the pool's.
    pub suite: Option<Feature>,
}

impl InForce {
    /// What a checkout would be answered if this were in force and nobody had a seat.
    ///
    /// # Errors
    /// When the question has a word that no client could say.
    pub fn try_out(&self, question: &Question<'_>) -> Result<Trial, Invalid> {
        let date = Date::of(question.at);
        let now = Now { mono: Mono(0), wall: question.at };
        let rules = Today { in_force: self, date };
        let who = identity(question)?;
        let ask = Checkout {
            session: SessionId(0),
            request: RequestId(1),
            feature: question.feature.clone(),
            version: Version::new("0")?,
            seats: SeatCount::ONE,
            vendor: None,
            config: None,
            more: None,
        };
        let mut state = State::new();
        let license = Command::SetLicense(Box::new(self.on(date)));
        state.step(now, license, &rules, &mut Vec::new());
        let pools = state.explain_each(now, &who, &ask, &rules).into_iter();
        let pools = pools.map(|(pool, tried)| self.tried(&state, question, pool, tried.err())).collect();
        Ok(Trial { answer: state.explain(now, &who, &ask, &rules), pools })
    }

    fn tried(
        &self,
        state: &State,
        question: &Question<'_>,
        pool: PoolId,
        denied: Option<Box<Denial>>,
    ) -> TriedPool {
        let mut tried = TriedPool { denied, no_borrow: None, counted: Vec::new(), pool };
        let suite = state.pool(&tried.pool).and_then(|(row, _)| row.suite.clone());
        for (pool, is_suite) in [(Some(&tried.pool), false), (suite.as_ref(), true)] {
            let Some(pool) = pool else { continue };
            let said = self.policy.terms(&question.asker(), pool.feature());
            let Some(said) = said.into_iter().find(|said| said.pool == *pool) else { continue };
            if !is_suite {
                tried.no_borrow = said
                    .no_borrow
                    .map(|refusal| Refusal { code: refusal.code, why: Arc::clone(&refusal.words) });
            }
            let suite = is_suite.then(|| pool.feature().clone());
            let counted = said.quotas.iter().filter_map(|key| counted(state, pool, key, suite.clone()));
            tried.counted.extend(counted);
        }
        tried
    }
}

/// The counted rule with this key, where it counts something of a pool.
fn counted(state: &State, pool: &PoolId, key: &str, suite: Option<Feature>) -> Option<CountedRule> {
    let row = state.quotas().map(|(row, _)| row).find(|row| *row.key == *key)?;
    let (is_max, in_force) = match &row.kind {
        QuotaKind::Max => (true, row.seats),
        QuotaKind::Reserve(of) if of == pool => {
            let kept = state.reservations(pool).find(|(other, _)| other.id == row.id);
            (false, kept.map_or(0, |(_, kept)| kept))
        }
        QuotaKind::Reserve(_) => return None,
    };
    let (who, rule) = (Arc::clone(&row.who), Arc::clone(&row.rule));
    Some(CountedRule { is_max, seats: row.seats, in_force, who, rule, suite })
}

impl<'a> Question<'a> {
    fn asker(&self) -> Asker<'a> {
        let Client { user, host, display, address, .. } = self.client;
        Asker { user, host, display, project: self.project, address }
    }
}

fn identity(question: &Question<'_>) -> Result<Identity, Invalid> {
    let client = &question.client;
    Ok(Identity {
        user: Word::new("a user", client.user)?,
        host: Word::new("a host", client.host)?,
        display: Word::new("a display", client.display)?,
        application: Word::new("an application", "")?,
        project: Word::new("a project", question.project)?,
        platform: Word::new("a platform", client.platform)?,
        pid: 0,
        cpu: client.cpu.clone(),
        machine: Machine {
            is_virtual: client.is_virtual,
            is_remote: client.is_remote,
            utc_offset: client.utc_offset_min,
        },
        address: client.address,
        email: None,
    })
}
