//! The seats that are in use now, and what happens to them.

use std::collections::BTreeMap;

use client::{Servers, StatusQuery};
use license::PoolChange;
use names::PoolId;

use crate::fail::Failure;

/// A pool's name as servers and license files say it: vendor, configuration, cpu_id, feature, pooling.
type Name = [String; 5];

/// What servers say of their pools.
pub(super) struct Live {
    pools: BTreeMap<Name, (u64, u64)>,
}

/// A pool's seats on the servers.
pub(super) struct InUse {
    pub(super) in_use: u64,
    pub(super) capacity: u64,
}

impl Live {
    /// Asks every license host of a list.
    pub(super) async fn ask(list: &str) -> Result<Self, Failure> {
        let query = StatusQuery { no_users: true, ..StatusQuery::default() };
        let mut pools: BTreeMap<Name, (u64, u64)> = BTreeMap::new();
        for group in Servers::from_list(list, "-c")?.groups() {
            let (_, reply) = Box::pin(client::status(group, &query)).await?;
            for pool in reply.pools {
                let Some(name) = pool.pool else { continue };
                let name = [name.vendor, name.config_id, name.cpu_id, name.feature, name.pooling];
                let sum = pools.entry(name).or_default();
                *sum = (sum.0 + u64::from(pool.in_use), sum.1 + u64::from(pool.capacity));
            }
        }
        Ok(Self { pools })
    }

    /// A pool's seats; nothing where no server has it.
    pub(super) fn of(&self, pool: &PoolId) -> Option<InUse> {
        let name = [
            pool.vendor().to_string(),
            pool.config().to_string(),
            pool.cpu().to_string(),
            pool.feature().to_string(),
            pool.pooling().to_owned(),
        ];
        self.pools.get(&name).map(|(in_use, capacity)| InUse { in_use: *in_use, capacity: *capacity })
    }
}

/// What becomes of the seats in use of a pool that is served now.
pub(super) fn effect(change: &PoolChange<'_>, now: &InUse) -> String {
    let seats = |n: u64| super::super::show::many(n, "seat");
    match change.new.served.as_ref().map(|terms| terms.seats) {
        _ if now.in_use == 0 => "no seat is in use".to_owned(),
        None => {
            format!("its {} in use stay until they are returned; there are no new ones", seats(now.in_use))
        }
        Some(Some(new)) if now.in_use >= new => {
            let until = if new == 1 { "none is".to_owned() } else { format!("fewer than {new} are") };
            format!("its {} in use stay; there are no new ones until {until} in use", seats(now.in_use))
        }
        Some(_) => format!("its {} in use stay", seats(now.in_use)),
    }
}
