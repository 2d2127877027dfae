//! Use by weekday and hour.

use crate::Usage;

/// Four weeks.
pub(super) const HOURS: i64 = 4 * 7 * 24;
const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
/// Colours.
const LEVELS: f64 = 5.0;
const HOUR_MS: i64 = 3_600_000;

/// A weekday's hours.
#[derive(Debug)]
pub(super) struct Day {
    pub(super) name: &'static str,
    pub(super) cells: Vec<Cell>,
}

/// An hour.
#[derive(Debug)]
pub(super) struct Cell {
    /// Seats on average; nothing where nothing is known.
    pub(super) shown: String,
    /// 0 for none to 5 for all.
    pub(super) level: u32,
}

/// The average of each hour of the week.
pub(super) fn of(usage: &Usage) -> Vec<Day> {
    let mut sums = vec![(0.0, 0.0, 0_u32); 7 * 24];
    for point in &usage.points {
        let hours = point.at.0.div_euclid(HOUR_MS);
        // 1970-01-01 was a Thursday.
        let of_week = (hours + 3 * 24).rem_euclid(7 * 24);
        if let Some((mean, capacity, count)) = usize::try_from(of_week).ok().and_then(|at| sums.get_mut(at)) {
            *mean += point.mean;
            *capacity += f64::from(point.capacity);
            *count += 1;
        }
    }
    let cell = |(mean, capacity, count): &(f64, f64, u32)| {
        if *count == 0 {
            return Cell { shown: String::new(), level: 0 };
        }
        let share = if *capacity > 0.0 { (mean / capacity).clamp(0.0, 1.0) } else { 0.0 };
        let level = (share * LEVELS).ceil() as u32;
        Cell { shown: format!("{:.0}", mean / f64::from(*count)), level }
    };
    let day = |(name, hours): (&'static str, &[(f64, f64, u32)])| Day {
        name,
        cells: hours.iter().map(cell).collect(),
    };
    DAYS.into_iter().zip(sums.chunks(24)).map(day).collect()
}

#[cfg(test)]
mod tests {
    use names::Wall;

    use super::*;
    use crate::UsagePoint;

    #[test]
    fn an_hour_is_of_its_weekday() {
        // 22-nov-2026 is a Sunday; 17:00.
        let at = Wall(1_795_366_800_000);
        let point = UsagePoint { at, peak: 9, mean: 8.0, denials: 0, capacity: 10 };
        let week_before = UsagePoint { at: Wall(at.0 - 7 * 24 * HOUR_MS), mean: 4.0, ..point.clone() };
        let days =
            of(&Usage { feature: "mill".into(), points: vec![point, week_before], step_ms: 3_600_000 });
        let filled: Vec<_> = days
            .iter()
            .flat_map(|day| day.cells.iter().enumerate().map(move |(hour, cell)| (day.name, hour, cell)))
            .filter(|(_, _, cell)| !cell.shown.is_empty())
            .map(|(name, hour, cell)| (name, hour, cell.shown.as_str(), cell.level))
            .collect();
        assert_eq!(filled, [("Sunday", 17, "6", 3)]);
    }
}
