//! The pools of the view as metrics. How many series they make is bounded, whatever is licensed.

use std::collections::BTreeMap;
use std::fmt;

use names::{Expiry, Feature, Vendor, Wall};
use seats::{PoolRow, PoolStanding, State};

use super::out::{Labels, Out};

/// Series of a metric at most. Where pools differ in more labels they are added up by feature; where
/// there are more features, by vendor.
const SERIES_MAX: usize = 2_000;

/// What pools are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Apart {
    Pools,
    Features,
    Vendors,
}

/// What is told of pools whose labels are the same.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Sums {
    in_use: u64,
    /// Nothing where seats are not counted.
    capacity: Option<u64>,
    overdraft: u64,
    overdraft_in_use: u64,
    unlicensed: u64,
    reserved: u64,
    borrowed: u64,
    lingering: u64,
    booked: u64,
    /// The first of them.
    ends: Option<Wall>,
}

impl Sums {
    fn add(&mut self, state: &State, row: &PoolRow, in_use: u32) {
        self.in_use += u64::from(in_use);
        if !row.uncounted {
            self.capacity = Some(self.capacity.unwrap_or(0) + u64::from(row.capacity));
            let above = in_use.saturating_sub(row.capacity);
            self.overdraft += u64::from(row.overdraft);
            self.overdraft_in_use += u64::from(above.min(row.overdraft));
            self.unlicensed += u64::from(above.saturating_sub(row.overdraft));
        } else if row.standing == PoolStanding::Unlicensed {
            self.unlicensed += u64::from(in_use);
        }
        if let Some(figures) = state.figures(&row.id) {
            self.borrowed += u64::from(figures.borrowed);
            self.lingering += u64::from(figures.lingering);
            self.booked += u64::from(figures.booked);
        }
        self.reserved += state.reservations(&row.id).map(|(_, free)| u64::from(free)).sum::<u64>();
        if let Expiry::On(date) = row.expiry {
            self.ends = Some(self.ends.map_or(date.end(), |ends| ends.min(date.end())));
        }
    }
}

/// Writes all that is told of pools and of those who wait for their seats.
pub(super) fn write(state: &State, out: &mut Out<'_>) -> fmt::Result {
    let rows: Vec<_> = state.pools().collect();
    let (apart, sums) = sums(state, &rows, SERIES_MAX);
    out.gauge(
        "seatkeeper_pools",
        "Pools that are licensed, or whose seats are in use still",
        rows.len() as f64,
    )?;
    out.gauge(
        "seatkeeper_pools_added_up",
        "Whether each pool has series of its own (0), or they are too many and added up by feature (1) or by vendor (2)",
        f64::from(apart as u8),
    )?;
    seats(&sums, out)?;
    dates(&sums, out)?;
    waiting(state, &rows, out)
}

fn seats(sums: &BTreeMap<Labels, Sums>, out: &mut Out<'_>) -> fmt::Result {
    let mut told = |name: &str, help: &str, of: fn(&Sums) -> Option<u64>| {
        let values = sums.iter().filter_map(|(labels, sums)| Some((labels.clone(), of(sums)? as f64)));
        out.gauges(name, help, values)
    };
    told("seatkeeper_pool_seats_in_use", "Seats in use of a pool", |sums| Some(sums.in_use))?;
    told(
        "seatkeeper_pool_seats",
        "Seats of a pool that may be in use at once; none where they are not counted",
        |sums| sums.capacity,
    )?;
    told(
        "seatkeeper_pool_seats_overdraft",
        "Seats above a pool's own that may be in use too (OVERDRAFT)",
        |sums| Some(sums.overdraft),
    )?;
    told("seatkeeper_pool_seats_overdraft_in_use", "Seats in use of a pool's overdraft", |sums| {
        Some(sums.overdraft_in_use)
    })?;
    told(
        "seatkeeper_pool_seats_unlicensed",
        "Seats in use of a pool that are not licensed any more, and are kept to their return",
        |sums| Some(sums.unlicensed),
    )?;
    told(
        "seatkeeper_pool_seats_reserved",
        "Free seats of a pool that are kept for somebody (RESERVE)",
        |sums| Some(sums.reserved),
    )?;
    told("seatkeeper_pool_seats_borrowed", "Seats in use of a pool that are offline (BORROW)", |sums| {
        Some(sums.borrowed)
    })?;
    told(
        "seatkeeper_pool_seats_lingering",
        "Seats in use of a pool that were returned and are not free yet (LINGER)",
        |sums| Some(sums.lingering),
    )?;
    told("seatkeeper_pool_seats_booked", "Seats in use of a pool that are booked for a job", |sums| {
        Some(sums.booked)
    })
}

fn dates(sums: &BTreeMap<Labels, Sums>, out: &mut Out<'_>) -> fmt::Result {
    let ends = sums.iter().filter_map(|(labels, sums)| Some((labels.clone(), sums.ends?.0 as f64 / 1e3)));
    out.gauges(
        "seatkeeper_pool_expiry_timestamp_seconds",
        "When the last license line of a pool ends, in seconds since 1970; none where it never does",
        ends,
    )
}

fn waiting(state: &State, rows: &[(&PoolRow, u32)], out: &mut Out<'_>) -> fmt::Result {
    let all = state.waiters().count();
    let mut features: BTreeMap<String, usize> = BTreeMap::new();
    for (row, _) in rows {
        let feature = row.id.feature();
        features.entry(feature.to_string()).or_insert_with(|| state.line(feature).count());
    }
    if features.len() > SERIES_MAX {
        features = BTreeMap::from([(String::new(), all)]);
    }
    out.gauge("seatkeeper_waiting", "Requests that wait in line for seats", all as f64)?;
    out.gauges(
        "seatkeeper_feature_waiting",
        "Requests that wait in line for seats of a feature",
        features.into_iter().map(|(feature, n)| (vec![("feature", feature)], n as f64)),
    )
}

/// The sums of all pools, told apart by as much as makes no more than `max` of them.
fn sums(state: &State, rows: &[(&PoolRow, u32)], max: usize) -> (Apart, BTreeMap<Labels, Sums>) {
    for apart in [Apart::Pools, Apart::Features] {
        if let Some(sums) = sums_of(state, rows, apart, max) {
            return (apart, sums);
        }
    }
    (Apart::Vendors, sums_of(state, rows, Apart::Vendors, usize::MAX).unwrap_or_default())
}

fn sums_of(
    state: &State,
    rows: &[(&PoolRow, u32)],
    apart: Apart,
    max: usize,
) -> Option<BTreeMap<Labels, Sums>> {
    let mut all: BTreeMap<Labels, Sums> = BTreeMap::new();
    for (row, in_use) in rows {
        all.entry(labels(row, apart)).or_default().add(state, row, *in_use);
        if all.len() > max {
            return None;
        }
    }
    Some(all)
}

/// The labels of a pool; those that do not tell it apart are empty.
fn labels(row: &PoolRow, apart: Apart) -> Labels {
    let of_pool = |text: &dyn fmt::Display| match apart {
        Apart::Pools => text.to_string(),
        Apart::Features | Apart::Vendors => String::new(),
    };
    let feature = if apart == Apart::Vendors { String::new() } else { row.id.feature().to_string() };
    vec![
        ("vendor", row.id.vendor().to_string()),
        ("feature", feature),
        ("configuration", of_pool(row.id.config())),
        ("cpu_id", of_pool(row.id.cpu())),
        ("version", of_pool(&row.version)),
    ]
}

/// The vendor of each feature that has a pool; nothing where it has several.
pub(super) fn vendors(state: &State) -> BTreeMap<&Feature, Option<&Vendor>> {
    let mut vendors = BTreeMap::new();
    for (row, _) in state.pools() {
        let vendor = vendors.entry(row.id.feature()).or_insert_with(|| Some(row.id.vendor()));
        *vendor = vendor.filter(|vendor| *vendor == row.id.vendor());
    }
    vendors
}

#[cfg(test)]
mod tests {
    use names::{ConfigId, CpuId, Now, PoolId, Version};
    use seats::{Command, License, NoRules};

    use super::*;

    /// A state with so many pools of each of so many features of each of two vendors.
    fn state(features: usize, pools: usize) -> State {
        let mut rows = Vec::new();
        for vendor in ["acmed", "otherd"] {
            for n in 0..features * pools {
                let vendor = Vendor::new(vendor).unwrap();
                let feature = Feature::new(&format!("f{}", n / pools)).unwrap();
                let config = ConfigId::new(&(n + 1).to_string()).unwrap();
                let cpu = CpuId::new("02aa10203040").unwrap();
                let id = PoolId::new(vendor, config, cpu, feature, "").unwrap();
                rows.push(PoolRow::floating(id, 3, Version::new("4.2").unwrap()));
            }
        }
        let mut state = State::new();
        let license = Command::SetLicense(Box::new(License { pools: rows, ..License::default() }));
        state.step(Now::default(), license, &NoRules, &mut Vec::new());
        state
    }

    #[test]
    fn pools_are_added_up_where_they_are_too_many_and_no_seat_is_lost() {
        let state = state(3, 4);
        let rows: Vec<_> = state.pools().collect();
        for (max, apart, series) in [
            (24, Apart::Pools, 24),
            (23, Apart::Features, 6),
            (6, Apart::Features, 6),
            (5, Apart::Vendors, 2),
            (1, Apart::Vendors, 2),
        ] {
            let (told, sums) = sums(&state, &rows, max);
            assert_eq!((told, sums.len()), (apart, series), "{max}");
            assert_eq!(sums.values().filter_map(|sums| sums.capacity).sum::<u64>(), 24 * 3, "{max}");
        }
    }

    #[test]
    fn a_feature_of_two_vendors_has_none() {
        assert!(vendors(&state(2, 1)).values().all(Option::is_none));
    }

    #[test]
    fn seats_above_the_capacity_are_of_the_overdraft_and_then_of_no_license() {
        let (state, mut sums) = (state(1, 1), Sums::default());
        let row = state.pools().next().unwrap().0.clone();
        sums.add(&state, &PoolRow { capacity: 3, overdraft: 2, ..row }, 9);
        let told = (sums.capacity, sums.overdraft, sums.overdraft_in_use, sums.unlicensed);
        assert_eq!(told, (Some(3), 2, 2, 4));
    }
}
