//! How many refusals are written down: whoever is refused again and again shall not fill the journal.

use std::time::Duration;

use tokio::time::Instant;

/// Refusals in a minute that are logged and written down.
const A_MINUTE_MAX: u32 = 60;

/// Those of the minute that runs.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    minute: Option<Instant>,
    count: u32,
}

impl Refusals {
    /// Whether one more is written down.
    pub(super) fn one_more(&mut self, now: Instant) -> bool {
        let is_over =
            self.minute.is_none_or(|began| now.saturating_duration_since(began) >= Duration::from_secs(60));
        if is_over {
            if self.count > A_MINUTE_MAX {
                let more = self.count - A_MINUTE_MAX;
                tracing::warn!(more, "the desk refused more than is written down");
            }
            (self.minute, self.count) = (Some(now), 0);
        }
        self.count = self.count.saturating_add(1);
        self.count <= A_MINUTE_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_a_minute_are_written_down() {
        let (mut refusals, began) = (Refusals::default(), Instant::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        let written = |refusals: &mut Refusals, at| (0..100).filter(|_| refusals.one_more(at)).count();
        assert_eq!(written(&mut refusals, after(0)), 60);
        assert_eq!(written(&mut refusals, after(59)), 0);
        assert_eq!(written(&mut refusals, after(60)), 60);
    }
}
