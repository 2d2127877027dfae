//! Who may use which pool.

use std::sync::Arc;

use license::{Entitlement, Source};
use names::{Code, Feature, PoolId};
use rustc_hash::FxHashMap;

use crate::compile::Compiled;
use crate::index::Asker;
use crate::options::OptionsFile;

/// Why somebody may not use a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// -38 where an EXCLUDE line names them, -39 where no INCLUDE line does.
    pub code: Code,
    /// The rule, as `file:line`. Of several INCLUDE lines the first.
    pub rule: String,
    /// What is behind it, the rule included: one line, not a sentence.
    pub words: Arc<str>,
}

/// Rules of pools, and what they say to one who asks.
type Judged = ((usize, usize), Option<Arc<Refusal>>);

/// The rules of every vendor's options file, compiled against what is licensed.
///
/// A request costs a few look-ups, however many rules and members of groups there are: for the user,
/// the host and the display, one for each group of theirs, and one for each length of network.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    files: Vec<Compiled>,
    /// The file and the rules of each pool that has rules.
    pools: FxHashMap<PoolId, (usize, usize)>,
    /// The pools with rules of each feature.
    features: FxHashMap<Feature, Vec<PoolId>>,
}

impl Policy {
    /// No rules: everybody may use everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether nobody is kept from anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pools.is_empty()
    }

    /// Adds a vendor's options file. `entitlements` are what it is about: the vendor's. `sources` is the
    /// text they were read from, for the modifiers that look at attributes.
    pub fn add(&mut self, options: &OptionsFile, entitlements: &[&Entitlement], sources: &[Source]) {
        let (compiled, pools) = Compiled::new(options, entitlements, sources);
        let file = self.files.len();
        self.files.push(compiled);
        for (pool, set) in pools {
            if self.pools.insert(pool.clone(), (file, set)).is_none() {
                self.features.entry(pool.feature().clone()).or_default().push(pool);
            }
        }
    }

    /// Whether somebody may use a pool.
    ///
    /// # Errors
    /// The rule that forbids it.
    pub fn allows(&self, asker: &Asker<'_>, pool: &PoolId) -> Result<(), Refusal> {
        let Some((file, set)) = self.pools.get(pool) else { return Ok(()) };
        match self.files.get(*file) {
            Some(compiled) => compiled.allows(*set, asker, pool.feature()),
            None => Ok(()),
        }
    }

    /// The pools of a feature that somebody may not use, each with the reason; as [`Self::allows`] has
    /// it, but pools of the same rules are judged once.
    #[must_use]
    pub fn refused(&self, asker: &Asker<'_>, feature: &Feature) -> Vec<(PoolId, Arc<Refusal>)> {
        let mut judged: Vec<Judged> = Vec::new();
        let mut refused = Vec::new();
        for pool in self.features.get(feature).into_iter().flatten() {
            let Some(at) = self.pools.get(pool).copied() else { continue };
            let known = judged.iter().find(|(judged, _)| *judged == at).map(|(_, refusal)| refusal.clone());
            let refusal = known.unwrap_or_else(|| {
                let refusal = self.allows(asker, pool).err().map(Arc::new);
                judged.push((at, refusal.clone()));
                refusal
            });
            refused.extend(refusal.map(|refusal| (pool.clone(), refusal)));
        }
        refused
    }
}
