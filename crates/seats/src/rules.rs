//! What rules say of somebody: the step asks whoever knows the licenses' lists and the options files.

use std::sync::Arc;

use names::{Code, Feature, GrantId, PoolId, WaiterId};

use crate::identity::Identity;

/// The rules in force.
pub trait Rules {
    /// What they say of somebody and the pools of a feature; a pool that is not among the answers is
    /// open to everybody. The same rules always give the same answer for the same identity and feature.
    fn terms(&self, who: &Identity, feature: &Feature) -> Vec<PoolTerms>;

    /// Whether they may say anything of a feature, to anybody. Where they do not, they are not asked.
    fn are_about(&self, feature: &Feature) -> bool;

    /// A number for what they say of the holder of a grant and its feature (its suite's feature), where
    /// that was found out before: with the same number and feature, [`Self::terms`] are the same.
    fn alike(&self, _grant: GrantId, _of_suite: bool) -> Option<u32> {
        None
    }

    /// The same of one who waits, and the feature that they wait for.
    fn alike_in_line(&self, _waiter: WaiterId) -> Option<u32> {
        None
    }

    /// Whether it was found out before that one who waits does so with hope, whoever holds what
    /// ([`crate::State::in_doubt`]).
    fn may_wait(&self, _waiter: WaiterId) -> bool {
        false
    }
}

/// What rules say of somebody and a pool.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PoolTerms {
    /// Which pool.
    pub pool: PoolId,
    /// They may not use it.
    pub refused: Option<Refusal>,
    /// They may not take its seats offline.
    pub no_borrow: Option<Refusal>,
    /// The keys of the counted rules they are named by, in their order.
    pub quotas: Vec<Arc<str>>,
}

/// Why somebody may not.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// What they are told.
    pub code: Code,
    /// The same in words: who, and by which rule.
    pub why: Arc<str>,
}

/// No rules: everybody may use everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoRules;

impl Rules for NoRules {
    fn terms(&self, _: &Identity, _: &Feature) -> Vec<PoolTerms> {
        Vec::new()
    }

    fn are_about(&self, _: &Feature) -> bool {
        false
    }
}
