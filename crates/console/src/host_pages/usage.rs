//! Use over time.

use std::collections::BTreeSet;

use askama::Template;
use names::Wall;

use super::chart::Chart;
use super::heat::{self, Day};
use crate::Query;
use crate::web::{Fault, Layout, Reply, Request};

const HOUR_MS: i64 = 3_600_000;
/// Features that one may choose from.
const FEATURES_MAX: usize = 2_000;

/// How far back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Period {
    Day,
    Week,
    Month,
}

impl Period {
    const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    fn word(&self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    fn label(&self) -> &'static str {
        match self {
            Self::Day => "A day",
            Self::Week => "A week",
            Self::Month => "A month",
        }
    }

    /// Hours, and steps.
    fn hours(self) -> (i64, u32) {
        match self {
            Self::Day => (24, 96),
            Self::Week => (7 * 24, 168),
            Self::Month => (30 * 24, 120),
        }
    }
}

#[derive(Debug, Template)]
#[template(path = "host/usage.html")]
struct Page {
    layout: Layout,
    features: Vec<String>,
    feature: String,
    periods: [Period; 3],
    period: Period,
    chart: Chart,
    heat: Vec<Day>,
    failed: Option<String>,
}

/// Of all that the host serves.
pub(super) async fn of_host(request: Request) -> Result<Reply, Fault> {
    let pools = request.host().pools(&Query { take: FEATURES_MAX, ..Query::default() });
    let features = pools.rows.iter().map(|pool| pool.id.feature().to_string()).collect();
    page(request, features).await
}

/// Of what is the company's alone: where others share a feature, its use would tell of theirs.
pub(super) async fn of_company(request: Request) -> Result<Reply, Fault> {
    let owned = request.host().owned();
    let company = request.visitor.company().cloned();
    let of = |is_theirs: bool| -> BTreeSet<String> {
        let rows = owned.iter().filter(|row| (row.company == company) == is_theirs);
        rows.map(|row| row.pool.feature().to_string()).collect()
    };
    let features = of(true).difference(&of(false)).cloned().collect();
    page(request, if company.is_some() { features } else { BTreeSet::new() }).await
}

async fn page(request: Request, features: BTreeSet<String>) -> Result<Reply, Fault> {
    let asked = request.query.get("feature");
    if !asked.is_empty() && !features.contains(asked) {
        return Err(Fault::missing("use of this feature"));
    }
    let feature =
        if asked.is_empty() { features.first().cloned().unwrap_or_default() } else { asked.to_owned() };
    let word = request.query.get("period");
    let period = Period::ALL.into_iter().find(|period| period.word() == word).unwrap_or(Period::Week);
    let mut page = Page {
        layout: request.layout("Usage"),
        features: features.into_iter().collect(),
        feature,
        periods: Period::ALL,
        period,
        chart: Chart::default(),
        heat: Vec::new(),
        failed: None,
    };
    if page.features.is_empty() {
        return Ok(Reply::page(&page));
    }
    if let Err(why) = fill(&request, &mut page).await {
        page.failed = Some(why.detail());
    }
    Ok(Reply::page(&page))
}

async fn fill(request: &Request, page: &mut Page) -> Result<(), Fault> {
    // Whole hours, so that the same is asked again and again.
    let to = Wall((request.host().now().0.div_euclid(HOUR_MS) + 1) * HOUR_MS);
    let (hours, steps) = page.period.hours();
    let from = Wall(to.0 - hours * HOUR_MS);
    let usage = request.host().usage(page.feature.clone(), from, to, steps).await?;
    page.chart = Chart::of(&usage);
    let weeks = heat::HOURS * HOUR_MS;
    let from = Wall(to.0 - weeks);
    let steps = u32::try_from(heat::HOURS).unwrap_or(u32::MAX);
    let usage = request.host().usage(page.feature.clone(), from, to, steps).await?;
    page.heat = heat::of(&usage);
    Ok(())
}
