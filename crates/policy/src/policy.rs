//! Who may use which pool, and what is counted of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use license::{Entitlement, Source};
use names::{Code, Feature, PoolId, Vendor};
use rustc_hash::FxHashMap;

use crate::compile::Compiled;
use crate::counted::{Counted, Free, Named, QuotaRule};
use crate::diff::Change;
use crate::index::Asker;
use crate::numbers::PoolOptions;
use crate::options::OptionsFile;
use crate::vendor::VendorOptions;

/// Why somebody may not use a pool, or not borrow from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// -38 where an EXCLUDE line names them, -39 where no INCLUDE line does, -84 where nobody is listed
    /// of those that the license wants listed.
    pub code: Code,
    /// The rule, as `file:line`: of several INCLUDE lines the first. Where the license wants a list, its
    /// line.
    pub rule: Arc<str>,
    /// What is behind it, the rule included: one line, not a sentence.
    pub words: Arc<str>,
}

/// What the rules say of somebody and a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Which pool.
    pub pool: PoolId,
    /// They may not use it.
    pub refused: Option<Arc<Refusal>>,
    /// They may not borrow from it.
    pub no_borrow: Option<Arc<Refusal>>,
    /// The keys of the RESERVE and MAX lines that name them and are about the pool, in the file's
    /// order. A reservation that has no seats in this pool has no [`QuotaRule`].
    pub quotas: Vec<Arc<str>>,
}

/// Pools of a feature with the same rules.
#[derive(Debug, Clone)]
struct Alike {
    file: usize,
    set: usize,
    pools: Vec<Named>,
}

/// The rules of every vendor's options file, compiled against what is licensed.
///
/// A request costs a few look-ups, however many rules and members of groups there are: for the user,
/// the host, the display and the project, one for each group of theirs, and one for each length of
/// network.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    files: Vec<Compiled>,
    /// The files as they were read.
    read: Vec<(Vendor, Arc<OptionsFile>)>,
    vendors: Vec<VendorOptions>,
    /// The file and the rules of each pool that has rules.
    pools: FxHashMap<PoolId, (usize, usize)>,
    /// The pools with rules of each feature.
    features: FxHashMap<Feature, Vec<Alike>>,
}

impl Policy {
    /// No rules: everybody may use everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether no pool has a rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pools.is_empty()
    }

    /// Adds a vendor's options file. `entitlements` are what it is about: the vendor's. `sources` is the
    /// text they were read from, for the modifiers that look at attributes.
    pub fn add(&mut self, options: &OptionsFile, entitlements: &[&Entitlement], sources: &[Source]) {
        let Some(vendor) = entitlements.first().map(|line| &line.vendor) else { return };
        let before = self.vendors.iter().filter(|known| known.vendor == *vendor).count();
        let owner = match before {
            0 => vendor.to_string(),
            // A second file of one vendor: its lines are others.
            _ => format!("{vendor}+{before}"),
        };
        self.vendors.push(VendorOptions::read(vendor.clone(), options));
        self.read.push((vendor.clone(), Arc::new(options.clone())));
        self.compile(options, entitlements, sources, &owner);
    }

    /// Adds vendors that have no options file: what their lines say themselves (`USER_BASED`,
    /// `HOST_BASED`) holds all the same.
    pub fn add_without_options(&mut self, entitlements: &[&Entitlement], sources: &[Source]) {
        self.compile(&OptionsFile::default(), entitlements, sources, "");
    }

    fn compile(
        &mut self,
        options: &OptionsFile,
        entitlements: &[&Entitlement],
        sources: &[Source],
        owner: &str,
    ) {
        let (compiled, pools) = Compiled::new(options, entitlements, sources, owner);
        let file = self.files.len();
        self.files.push(compiled);
        let mut places: FxHashMap<(Feature, usize), usize> = FxHashMap::default();
        for (pool, set) in pools {
            if self.pools.contains_key(&pool) {
                continue;
            }
            self.pools.insert(pool.clone(), (file, set));
            let of_feature = self.features.entry(pool.feature().clone()).or_default();
            let place = *places.entry((pool.feature().clone(), set)).or_insert(of_feature.len());
            match of_feature.get_mut(place) {
                Some(alike) => alike.pools.push(Named::new(pool)),
                None => of_feature.push(Alike { file, set, pools: vec![Named::new(pool)] }),
            }
        }
    }

    /// What the rules say of somebody and each pool of a feature; nothing of a pool that is open to
    /// them and counts nothing of theirs.
    #[must_use]
    pub fn terms(&self, asker: &Asker<'_>, feature: &Feature) -> Vec<Terms> {
        let mut terms = Vec::new();
        let Some(of_feature) = self.features.get(feature) else { return terms };
        let mut known = None;
        for alike in of_feature {
            let Some(file) = self.files.get(alike.file) else { continue };
            if known.as_ref().is_none_or(|(of, _)| *of != alike.file) {
                known = Some((alike.file, file.groups.of(asker)));
            }
            let Some((_, known)) = &known else { continue };
            let judged = file.judge(alike.set, known, feature);
            if judged.is_empty() {
                continue;
            }
            let counted = || {
                let rules = judged.counted.iter().filter_map(|rule| file.rules.get(*rule as usize));
                rules.filter_map(|rule| rule.counted.as_ref())
            };
            terms.extend(alike.pools.iter().map(|pool| Terms {
                pool: pool.id.clone(),
                refused: judged.refused.clone(),
                no_borrow: judged.no_borrow.clone(),
                quotas: counted().map(|counted| counted.key(pool)).collect(),
            }));
        }
        terms
    }

    /// Whether a rule is about a feature: where none is, nobody's [`Self::terms`] say anything.
    #[must_use]
    pub fn is_about(&self, feature: &Feature) -> bool {
        let alike = self.features.get(feature).into_iter().flatten();
        let mut sets = alike.filter_map(|alike| self.files.get(alike.file)?.sets.get(alike.set));
        sets.any(|set| !(set.lists.is_empty() && set.listed.is_empty()))
    }

    /// The RESERVE and MAX lines in force, file by file in the file's order. `pools` are the counted
    /// pools with their seats, in the order in which they are searched.
    #[must_use]
    pub fn quotas(&self, pools: &[(PoolId, u32)]) -> Vec<QuotaRule> {
        let mut quotas = Vec::new();
        self.counted(pools, |_, quota| quotas.push(quota));
        quotas
    }

    /// As [`Self::quotas`], each with the line that it is of.
    pub(crate) fn counted(&self, pools: &[(PoolId, u32)], mut found: impl FnMut(&Counted, QuotaRule)) {
        let mut free = Free::new(pools);
        for file in &self.files {
            file.quotas(&mut free, &mut found);
        }
    }

    /// The pools of a feature whose holders are not told that somebody waits, each with the first NO_ASK
    /// line that says so: `acmed.opt:3: NO_ASK mill`.
    #[must_use]
    pub fn no_ask(&self, feature: &Feature) -> Vec<(PoolId, Arc<str>)> {
        let mut found = Vec::new();
        for alike in self.features.get(feature).into_iter().flatten() {
            let set = self.files.get(alike.file).and_then(|file| file.sets.get(alike.set));
            let Some((_, rule)) = set.and_then(|set| set.no_ask.as_ref()) else { continue };
            found.extend(alike.pools.iter().map(|pool| (pool.id.clone(), Arc::clone(rule))));
        }
        found
    }

    /// What LINGER, TIMEOUT and their kin say of a pool.
    #[must_use]
    pub fn pool_options(&self, pool: &PoolId) -> PoolOptions {
        let set = self.pools.get(pool).and_then(|(file, set)| self.files.get(*file)?.sets.get(*set));
        set.map_or(PoolOptions::default(), |set| set.options)
    }

    /// What each file says of its vendor as a whole.
    #[must_use]
    pub fn vendors(&self) -> &[VendorOptions] {
        &self.vendors
    }

    /// What other files would change of these, vendor by vendor: the lines that came, went or moved, and the
    /// members of groups.
    #[must_use]
    pub fn changes(&self, new: &Self) -> Vec<(Vendor, Change)> {
        let vendors: BTreeSet<&Vendor> =
            self.read.iter().chain(&new.read).map(|(vendor, _)| vendor).collect();
        let mut changes = Vec::new();
        for vendor in vendors {
            let of = |policy: &Self| {
                let mut files = policy.read.iter().filter(|(of, _)| of == vendor);
                files.next().map(|(_, file)| Arc::clone(file)).unwrap_or_default()
            };
            let found = crate::diff(&of(self), &of(new), None).into_iter();
            changes.extend(found.map(|change| (vendor.clone(), change)));
        }
        changes
    }

    /// How many sessions may hold seats of a vendor at once (`MAX_CONNECTIONS`).
    #[must_use]
    pub fn connections(&self) -> Vec<(Vendor, u32)> {
        let said = self.vendors.iter();
        said.filter_map(|of| Some((of.vendor.clone(), of.connections?))).collect()
    }

    /// A number that is the same for pools with the same rules.
    pub(crate) fn rules_of(&self, pool: &PoolId) -> Option<(usize, usize)> {
        self.pools.get(pool).copied()
    }
}
