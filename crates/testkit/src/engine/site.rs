//! The people of a small site, and rules about them.

use std::sync::Arc;

use names::{Code, Email, Feature, Invalid, PoolId, Word};
use seats::{Identity, PoolTerms, Refusal, Rules};

use crate::rng::Rng;

/// What is written here, and is as it must be.
#[expect(clippy::expect_used, reason = "the texts stand in this crate, and every run makes them")]
pub(crate) fn known<T>(made: Result<T, Invalid>) -> T {
    made.expect("a word of the simulator's own")
}

pub(crate) const USERS: [&str; 4] = ["kim", "lee", "osman", "ada"];
pub(crate) const HOSTS: [&str; 2] = ["r01", "r02"];

pub(crate) fn word(text: &str) -> Word {
    known(Word::new("a word", text))
}

pub(crate) fn email(user: &str) -> Email {
    known(Email::new(&format!("{user}@acme.test")))
}

/// Rules as an options file has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) what: What,
    pub(crate) pools: Vec<PoolId>,
    pub(crate) who: Who,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Exclude,
    Include,
    ExcludeBorrow,
    /// A RESERVE or MAX line, by its key.
    Counted(Arc<str>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    User(Word),
    Host(Word),
    Group(Vec<Word>),
    Everybody,
}

impl Who {
    pub(crate) fn any(rng: &mut Rng) -> Self {
        let user = |rng: &mut Rng| rng.pick(&USERS).map_or_else(|| word("kim"), |user| word(user));
        match rng.below(4) {
            0 => Self::User(user(rng)),
            1 => Self::Host(rng.pick(&HOSTS).map_or_else(|| word("r01"), |host| word(host))),
            2 => Self::Group(vec![user(rng), user(rng)]),
            _ => Self::Everybody,
        }
    }

    fn names(&self, who: &Identity) -> bool {
        match self {
            Self::User(user) => *user == who.user,
            Self::Host(host) => *host == who.host,
            Self::Group(users) => users.contains(&who.user),
            Self::Everybody => true,
        }
    }
}

impl Rules for Site {
    fn terms(&self, who: &Identity, feature: &Feature) -> Vec<PoolTerms> {
        let mut all: Vec<PoolTerms> = Vec::new();
        for line in &self.lines {
            for pool in line.pools.iter().filter(|pool| pool.feature() == feature) {
                let at = all.iter().position(|terms| terms.pool == *pool).unwrap_or(all.len());
                if at == all.len() {
                    let pool = pool.clone();
                    all.push(PoolTerms { pool, refused: None, no_borrow: None, quotas: Vec::new() });
                }
                if let Some(terms) = all.get_mut(at) {
                    line.say(who, terms);
                }
            }
        }
        all
    }

    fn are_about(&self, feature: &Feature) -> bool {
        self.lines.iter().flat_map(|line| &line.pools).any(|pool| pool.feature() == feature)
    }
}

impl Line {
    fn say(&self, who: &Identity, terms: &mut PoolTerms) {
        let named = self.who.names(who);
        let refusal = |code| Some(Refusal { code, why: "by a rule".into() });
        match &self.what {
            What::Exclude if named => terms.refused = refusal(Code::Excluded),
            What::Include if !named => {
                terms.refused = terms.refused.take().or_else(|| refusal(Code::NotIncluded));
            }
            What::ExcludeBorrow if named => terms.no_borrow = refusal(Code::Excluded),
            What::Counted(key) if named => terms.quotas.push(key.clone()),
            _ => {}
        }
    }
}
