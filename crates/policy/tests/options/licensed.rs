//! What the tests' license has, and questions to a policy.

use license::{Entitlement, Loaded, Source, Trust};
use names::{Feature, PoolId};
use policy::{Asker, OptionsFile, Policy, QuotaKind, Refusal, Terms, parse};

/// What a license has, whoever signed it.
pub(crate) struct Licensed(pub(crate) Vec<Source>, Loaded);

/// What the rules say of somebody and a pool.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) refused: Option<Refusal>,
    pub(crate) no_borrow: Option<Refusal>,
    pub(crate) quotas: Vec<String>,
}

impl Told {
    /// 0, or the code for which they may not use the pool.
    pub(crate) fn code(&self) -> i32 {
        self.refused.as_ref().map_or(0, |refusal| refusal.code.number())
    }
}

/// Reads an options file without errors.
pub(crate) fn read(options: &str) -> OptionsFile {
    let (file, found) = parse(&Source::new("acmed.opt", options));
    let wrong = found.iter().find(|found| found.severity == license::Severity::Error);
    assert_eq!(wrong, None, "{options}");
    file
}

impl Licensed {
    pub(crate) fn new(text: &str) -> Self {
        let sources = vec![Source::new("acmed.lic", text)];
        let loaded = license::load(&sources, &Trust::default(), None, false);
        Self(sources, loaded)
    }

    pub(crate) fn lines(&self) -> Vec<&Entitlement> {
        let unserved = self.1.unserved.iter().map(|unserved| &unserved.entitlement);
        self.1.entitlements.iter().chain(unserved).collect()
    }

    pub(crate) fn policy(&self, options: &str) -> Policy {
        let mut policy = Policy::new();
        policy.add(&read(options), &self.lines(), &self.0);
        policy
    }

    /// The pools with their seats as they are searched, here in the license's order.
    pub(crate) fn pools(&self) -> Vec<(PoolId, u32)> {
        let mut pools: Vec<(PoolId, u32)> = Vec::new();
        for line in self.lines() {
            for (pool, _) in line.pools() {
                match pools.iter_mut().find(|(known, _)| *known == pool) {
                    Some((_, sum)) => *sum += line.count(),
                    None => pools.push((pool, line.count())),
                }
            }
        }
        pools
    }

    /// The first pool of `feature-version`.
    pub(crate) fn pool(&self, name: &str) -> PoolId {
        let (feature, version) = name.split_once('-').unwrap();
        let of = |line: &&&Entitlement| line.feature.as_str() == feature && line.version.as_str() == version;
        let pool = self.lines().iter().find(of).and_then(|line| line.pools().into_iter().next());
        pool.unwrap_or_else(|| panic!("{name}")).0
    }

    /// The answer for `user@host[/address][#project]` and the pool of a `feature-version`.
    pub(crate) fn ask(&self, policy: &Policy, who: &str, name: &str) -> Told {
        let (who, project) = who.split_once('#').unwrap_or((who, ""));
        let (who, address) =
            who.split_once('/').map_or((who, None), |(who, a)| (who, Some(a.parse().unwrap())));
        let (user, host) = who.split_once('@').unwrap();
        let asker = Asker { user, host, display: &format!("{host}:0"), project, address };
        let pool = self.pool(name);
        let terms: Vec<Terms> = policy.terms(&asker, pool.feature());
        assert!(terms.iter().all(|terms| terms.pool.feature() == pool.feature()));
        let mut of_pool = terms.into_iter().filter(|terms| terms.pool == pool);
        let (found, more) = (of_pool.next(), of_pool.next());
        assert!(more.is_none(), "{more:?}");
        let told = |refusal: std::sync::Arc<Refusal>| (*refusal).clone();
        found.map_or(Told::default(), |terms| Told {
            refused: terms.refused.map(told),
            no_borrow: terms.no_borrow.map(told),
            quotas: terms.quotas.iter().map(ToString::to_string).collect(),
        })
    }

    /// The counted rules in force, each as `RESERVE feature-version 2 GROUP cad acmed.opt:5`; a maximum
    /// has no pool.
    pub(crate) fn quotas(&self, policy: &Policy, pools: &[(PoolId, u32)]) -> Vec<String> {
        let version = |pool: &PoolId| {
            let lines = self.lines();
            let of = lines.iter().find(|line| line.pools().iter().any(|(of, _)| of == pool));
            of.map_or(String::new(), |line| line.version.to_string())
        };
        let said = policy.quotas(pools).into_iter().map(|quota| {
            let what = match &quota.kind {
                QuotaKind::Reserve(pool) => format!("RESERVE {}-{}", pool.feature(), version(pool)),
                QuotaKind::Max => "MAX".to_owned(),
            };
            format!("{what} {} {} {}", quota.seats, quota.who, quota.rule)
        });
        said.collect()
    }

    pub(crate) fn feature(name: &str) -> Feature {
        Feature::new(name).unwrap()
    }
}
