//! Charts: use over time with the limit and the denials, a map of the hours of a week, bars.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::calendar::Parts;
use super::heat::Heat;
use super::svg::{Svg, round_up};
use super::uses::Span;

const WIDTH: f64 = 860.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 840.0;
/// How high a chart over time is.
const HEIGHT: f64 = 150.0;
/// How high its denials are at most.
const DENIALS: f64 = 24.0;

/// What a chart over time shows.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) name: String,
    pub(super) spans: &'a [Span],
}

/// A chart of each, and a map of the hours of a week.
pub(super) fn over_time(lines: &[Line<'_>], parts: &Parts, heat: &Heat, zone: &TimeZone) -> String {
    let mut svg = Svg::new(WIDTH);
    let mut y = 10.0;
    for line in lines {
        y = one(&mut svg, line, parts, zone, y);
    }
    y = week(&mut svg, heat, zone, y);
    svg.finish(y)
}

fn one(svg: &mut Svg, line: &Line<'_>, parts: &Parts, zone: &TimeZone, top: f64) -> f64 {
    let start = parts.starts.first().copied().unwrap_or(0);
    let all = (parts.end - start).max(1) as f64;
    let x = |ms: i64| LEFT + (RIGHT - LEFT) * ((ms - start) as f64 / all);
    let most = line.spans.iter().map(|span| span.peak.max(span.limit)).max().unwrap_or(0);
    let scale = round_up(most as f64);
    // The denials hang in a strip of their own, above.
    let (head, ground) = (top + 26.0, top + 32.0 + DENIALS + HEIGHT);
    let y = |seats: f64| ground - HEIGHT * (seats / scale);
    svg.text(LEFT, top + 14.0, "t", &line.name);
    svg.text(RIGHT, top + 14.0, "s e", "blue: peak, line: mean, dashed: limit, red: denials");
    for quarter in 0..=4 {
        let seats = scale * f64::from(quarter) / 4.0;
        svg.line((LEFT, y(seats)), (RIGHT, y(seats)), "g");
        svg.text(LEFT - 6.0, y(seats) + 4.0, "s e", &short(seats));
    }
    let (mut peak, mut mean, mut limit) = (Vec::new(), Vec::new(), Vec::new());
    let worst = line.spans.iter().map(|span| span.denials).max().unwrap_or(0).max(1);
    for (at, span) in line.spans.iter().enumerate() {
        let (from, to) = (parts.starts.get(at).copied().unwrap_or(start), parts.end_of(at));
        let average = span.area as f64 / (to - from).max(1) as f64;
        for edge in [from, to] {
            peak.push((x(edge), y(span.peak as f64)));
            mean.push((x(edge), y(average)));
            limit.push((x(edge), y(span.limit as f64)));
        }
        if span.denials > 0 {
            let high = (DENIALS * span.denials as f64 / worst as f64).max(2.0);
            let wide = (x(to) - x(from)).max(1.5);
            svg.rect((x(from), head), (wide, high), "bad", 0.9, &format!("{} denials", span.denials));
        }
    }
    svg.path(&peak, "peak", Some(ground));
    svg.path(&mean, "mean", None);
    if line.spans.iter().any(|span| span.limit > 0) {
        svg.path(&limit, "limit", None);
    }
    let is_short = parts.end - start < 3 * 86_400_000;
    for tick in 0..=6_i64 {
        let ms = start + (parts.end - start) / 6 * tick;
        let at = Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(zone.clone());
        let form = if is_short { "%a %H:%M" } else { "%Y-%m-%d" };
        let anchor = if tick == 0 {
            "s"
        } else if tick == 6 {
            "s e"
        } else {
            "s m"
        };
        svg.text(x(ms), ground + 16.0, anchor, &at.strftime(form).to_string());
    }
    ground + 34.0
}

fn short(value: f64) -> String {
    if value >= 1_000_000.0 {
        format!("{:.1} M", value / 1_000_000.0)
    } else if value >= 10_000.0 {
        format!("{:.0} k", value / 1_000.0)
    } else if value.fract().abs() > 0.001 {
        format!("{value:.2}")
    } else {
        format!("{value:.0}")
    }
}

fn week(svg: &mut Svg, heat: &Heat, zone: &TimeZone, top: f64) -> f64 {
    let means = heat.means(zone);
    let most = means.iter().copied().fold(0.0, f64::max);
    svg.text(LEFT, top + 14.0, "t", "Seats in use by hour of the week");
    svg.text(
        RIGHT,
        top + 14.0,
        "s e",
        &format!("darkest: {} on average", short((most * 10.0).round() / 10.0)),
    );
    let (wide, high) = ((RIGHT - LEFT) / 24.0, 18.0);
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    for (cell, mean) in means.iter().enumerate() {
        let (day, hour) = (cell / 24, cell % 24);
        let at = (LEFT + wide * hour as f64, top + 24.0 + high * day as f64);
        let share = if most > 0.0 { mean / most } else { 0.0 };
        let title = format!("{} {hour:02}:00: {mean:.1}", days.get(day).unwrap_or(&""));
        svg.rect(at, (wide - 1.0, high - 1.0), "heat", 0.06 + 0.94 * share, &title);
    }
    for (day, name) in days.iter().enumerate() {
        svg.text(LEFT - 6.0, top + 37.0 + high * day as f64, "s e", name);
    }
    for hour in (0..24_u8).step_by(3) {
        let x = LEFT + wide * f64::from(hour);
        svg.text(x, top + 24.0 + high * 7.0 + 14.0, "s", &format!("{hour:02}:00"));
    }
    top + 24.0 + high * 7.0 + 28.0
}

/// Bars, a group below the other.
pub(super) fn bars(groups: &[(&str, &[(String, f64)])]) -> String {
    const NAMES: f64 = 330.0;
    let mut svg = Svg::new(WIDTH);
    let mut y = 10.0;
    for (title, bars) in groups {
        svg.text(10.0, y + 14.0, "t", title);
        y += 26.0;
        let most = bars.iter().map(|(_, value)| *value).fold(0.0, f64::max);
        if bars.is_empty() {
            svg.text(10.0, y + 13.0, "s", "none");
            y += 20.0;
        }
        for (name, value) in *bars {
            let share = if most > 0.0 { (value / most).max(0.0) } else { 0.0 };
            let wide = (RIGHT - 70.0 - NAMES) * share;
            svg.text(NAMES - 8.0, y + 13.0, "e", name);
            svg.rect((NAMES, y + 2.0), (wide.max(1.0), 15.0), "bar", 1.0, name);
            svg.text(NAMES + wide + 6.0, y + 14.0, "s", &short((value * 10.0).round() / 10.0));
            y += 20.0;
        }
        y += 14.0;
    }
    svg.finish(y)
}
