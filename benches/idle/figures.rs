//! What many measurements of one thing come to.

/// Microseconds of which half, and one in a hundred, took longer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Figures {
    pub(crate) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self { p50: at(&values, 0.5), p99: at(&values, 0.99) }
    }
}

/// One round: each thing in turn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Round {
    pub(crate) flush: Figures,
    pub(crate) echo: Figures,
    pub(crate) checkout: Figures,
}

impl Round {
    /// How many times a flush and an echo one checkout takes.
    pub(crate) fn ratio(&self) -> f64 {
        self.checkout.p50 / (self.flush.p50 + self.echo.p50)
    }
}

/// Of the rounds, the middle one of a figure.
pub(crate) fn median(rounds: &[Round], figure: impl Fn(&Round) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(figure).collect();
    values.sort_by(f64::total_cmp);
    at(&values, 0.5)
}

fn at(sorted: &[f64], part: f64) -> f64 {
    sorted.get((sorted.len() as f64 * part) as usize).copied().unwrap_or(f64::NAN)
}
