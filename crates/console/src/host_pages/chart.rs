//! Use over time as SVG, without any style of its own.

use crate::Usage;
use crate::web::time;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 40.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 24.0;
/// Dates under the chart.
const DATES: usize = 6;

/// A bar; coordinates as SVG writes them.
#[derive(Debug)]
pub(super) struct Bar {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
}

/// A point.
#[derive(Debug)]
pub(super) struct Dot {
    pub(super) x: String,
    pub(super) y: String,
}

/// A text.
#[derive(Debug)]
pub(super) struct Label {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) text: String,
}

/// A chart, and the same as rows.
#[derive(Debug, Default)]
pub(super) struct Chart {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) most: u32,
    pub(super) capacity: u32,
    pub(super) denials: u64,
    pub(super) bars: Vec<Bar>,
    pub(super) mean: String,
    pub(super) limit: String,
    pub(super) dots: Vec<Dot>,
    pub(super) labels: Vec<Label>,
    pub(super) rows: Vec<(String, u32, String, u32, u32)>,
}

fn shown(number: f64) -> String {
    format!("{number:.1}")
}

impl Chart {
    pub(super) fn of(usage: &Usage) -> Self {
        let points = &usage.points;
        let most = points.iter().map(|point| point.peak).max().unwrap_or(0);
        let capacity = points.iter().map(|point| point.capacity).max().unwrap_or(0);
        let top = f64::from(most.max(capacity).max(1));
        let step = (WIDTH - LEFT) / points.len().max(1) as f64;
        let x = |at: usize| LEFT + at as f64 * step;
        let y = |seats: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - seats.clamp(0.0, top) / top);
        let floor = y(0.0);
        let line = |seats: &dyn Fn(usize) -> f64| {
            let pair = |at: usize| format!("{},{}", shown(x(at) + step / 2.0), shown(y(seats(at))));
            (0..points.len()).map(pair).collect::<Vec<_>>().join(" ")
        };
        let value = |at: usize, of: fn(&crate::UsagePoint) -> f64| points.get(at).map_or(0.0, of);
        let bar = |(at, point): (usize, &crate::UsagePoint)| Bar {
            x: shown(x(at)),
            y: shown(y(f64::from(point.peak))),
            width: shown((step - 1.0).max(0.5)),
            height: shown(floor - y(f64::from(point.peak))),
        };
        let denied = points.iter().enumerate().filter(|(_, point)| point.denials > 0);
        Self {
            width: WIDTH as u32,
            height: HEIGHT as u32,
            most,
            capacity,
            denials: points.iter().map(|point| u64::from(point.denials)).sum(),
            bars: points.iter().enumerate().filter(|(_, point)| point.peak > 0).map(bar).collect(),
            mean: line(&|at| value(at, |point| point.mean)),
            limit: line(&|at| value(at, |point| f64::from(point.capacity))),
            dots: denied.map(|(at, _)| Dot { x: shown(x(at) + step / 2.0), y: shown(TOP - 6.0) }).collect(),
            labels: labels(usage, top, &x, &y),
            rows: rows(usage),
        }
    }
}

fn labels(usage: &Usage, top: f64, x: &dyn Fn(usize) -> f64, y: &dyn Fn(f64) -> f64) -> Vec<Label> {
    let seats = [0.0, (top / 2.0).round(), top];
    let mut labels: Vec<Label> = seats
        .into_iter()
        .map(|seats| Label { x: shown(4.0), y: shown(y(seats) + 4.0), text: format!("{seats:.0}") })
        .collect();
    let every = usage.points.len().div_ceil(DATES).max(1);
    let dates = usage.points.iter().enumerate().step_by(every);
    labels.extend(dates.map(|(at, point)| Label {
        x: shown(x(at)),
        y: shown(HEIGHT - 6.0),
        text: time(point.at),
    }));
    labels
}

fn rows(usage: &Usage) -> Vec<(String, u32, String, u32, u32)> {
    let row = |point: &crate::UsagePoint| {
        (time(point.at), point.peak, format!("{:.1}", point.mean), point.capacity, point.denials)
    };
    usage.points.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use names::Wall;

    use super::*;
    use crate::UsagePoint;

    #[test]
    fn bars_stand_on_the_floor_and_odd_numbers_make_no_odd_chart() {
        let point = |n: u32| UsagePoint {
            at: Wall(i64::from(n)),
            peak: n,
            mean: f64::from(n),
            denials: n % 2,
            capacity: 4,
        };
        let chart =
            Chart::of(&Usage { feature: "mill".into(), points: (0..=4).map(point).collect(), step_ms: 1 });
        assert_eq!(
            (chart.most, chart.capacity, chart.denials, chart.bars.len(), chart.dots.len()),
            (4, 4, 2, 4, 2)
        );
        let number = |text: &str| text.parse::<f64>().unwrap();
        for bar in &chart.bars {
            assert!((number(&bar.y) + number(&bar.height) - (HEIGHT - BOTTOM)).abs() < 0.11, "{bar:?}");
        }
        let odd =
            UsagePoint { at: Wall(i64::MAX), peak: u32::MAX, mean: f64::NAN, denials: u32::MAX, capacity: 0 };
        let chart = Chart::of(&Usage { feature: "mill".into(), points: vec![odd.clone(), odd], step_ms: 0 });
        assert!(!chart.limit.contains("NaN"));
        assert!(Chart::of(&Usage { feature: "mill".into(), points: vec![], step_ms: 0 }).bars.is_empty());
    }
}
