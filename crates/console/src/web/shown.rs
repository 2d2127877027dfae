//! Times as pages show them: in UTC, as license files write dates.

use std::borrow::Borrow;

use names::{Date, Wall};

const MS_PER_MINUTE: i64 = 60_000;

/// `22-nov-2026 17:05`, UTC.
#[must_use]
pub fn time(wall: impl Borrow<Wall>) -> String {
    let wall = *wall.borrow();
    let minutes = wall.0.div_euclid(MS_PER_MINUTE).rem_euclid(24 * 60);
    format!("{} {:02}:{:02}", Date::of(wall), minutes / 60, minutes % 60)
}

/// `2026-11-22T17:05Z`, for machines.
#[must_use]
pub fn machine_time(wall: impl Borrow<Wall>) -> String {
    let wall = *wall.borrow();
    let (year, month, day) = Date::of(wall).ymd();
    let minutes = wall.0.div_euclid(MS_PER_MINUTE).rem_euclid(24 * 60);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}Z", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_shown_in_utc() {
        let wall = Wall(1_795_367_100_000);
        assert_eq!(time(wall), "22-nov-2026 17:05");
        assert_eq!(machine_time(wall), "2026-11-22T17:05Z");
        assert_eq!(time(Wall(-1)), "01-jan-1970 23:59");
    }
}
