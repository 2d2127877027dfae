//! Every sum counted again, from the rows alone.

use std::collections::BTreeMap;

use names::{PoolId, QuotaId};
use seats::{GrantRow, Identity, PoolRow, QuotaKind, Row, Sharing, State};

/// In what the grants of one seat are the same.
type Group = [Option<String>; 5];

/// Grants that share, by pool and group: the largest, and how many they are.
type Groups = BTreeMap<(PoolId, Group), (u32, u32)>;

/// Seats in use of each pool.
pub(super) fn in_use(state: &State) -> BTreeMap<PoolId, u32> {
    let mut groups = Groups::new();
    let mut sums: BTreeMap<_, _> = state.pools().map(|(row, _)| (row.id.clone(), 0)).collect();
    for grant in grants(state) {
        for id in [Some(&grant.pool), grant.suite.as_ref()].into_iter().flatten() {
            let sum = sums.get_mut(id).expect("a grant has a pool");
            *sum += add(state, &mut groups, id, &grant);
        }
    }
    sums
}

/// What counts of each counted rule.
pub(super) fn counted(state: &State) -> BTreeMap<QuotaId, u32> {
    let mut groups: BTreeMap<QuotaId, Groups> = BTreeMap::new();
    let mut sums: BTreeMap<_, _> = state.quotas().map(|(row, _)| (row.id, 0)).collect();
    for grant in grants(state) {
        for charge in &grant.charges {
            let (row, _) = state.quota(charge.quota).expect("a charge has a rule");
            let pool = if charge.of_suite { grant.suite.as_ref().unwrap() } else { &grant.pool };
            *sums.get_mut(&charge.quota).unwrap() += match &row.kind {
                QuotaKind::Reserve(of) => {
                    assert_eq!(of, pool, "a reservation of another pool");
                    charge.seats
                }
                QuotaKind::Max => add(state, groups.entry(charge.quota).or_default(), pool, &grant),
            };
        }
    }
    sums
}

fn grants(state: &State) -> impl Iterator<Item = GrantRow> {
    state.rows().filter_map(|row| if let Row::Grant(grant) = row { Some(grant) } else { None })
}

/// Adds a grant to its group; gives the seats that adds. A smaller or equal one may add none.
fn add(state: &State, groups: &mut Groups, id: &PoolId, grant: &GrantRow) -> u32 {
    let (pool, _) = state.pool(id).expect("a grant has a pool");
    let who = state.holder(grant.id).expect("a grant has a holder");
    let Some(key) = group(pool, who, grant) else { return grant.seats.get() };
    let (largest, many) = groups.entry((id.clone(), key)).or_default();
    let charged = |largest: u32, many: u32| match pool.sharers {
        0 => largest,
        sharers => largest * many.div_ceil(sharers),
    };
    let before = charged(*largest, *many);
    (*largest, *many) = (grant.seats.get().max(*largest), *many + 1);
    charged(*largest, *many) - before
}

fn group(pool: &PoolRow, who: &Identity, grant: &GrantRow) -> Option<Group> {
    let same = match pool.sharing {
        Sharing::None => return None,
        Sharing::Pool => return Some(Group::default()),
        Sharing::Same(same) => same,
    };
    let of = |is_same: bool, text: String| is_same.then_some(text);
    Some([
        of(same.user, who.user.to_string()),
        of(same.host, who.host.to_string()),
        of(same.display, who.display.to_string()),
        of(same.data, format!("{:?}", grant.data)),
        of(same.person, format!("{:?}", who.email)),
    ])
}
