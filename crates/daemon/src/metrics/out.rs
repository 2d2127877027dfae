//! Where metrics are written: one call a metric.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

use crate::histogram::Shown;

/// The labels of a series.
pub(super) type Labels = Vec<(&'static str, String)>;

/// Where metrics are written.
pub(super) struct Out<'a>(pub(super) DescriptorEncoder<'a>);

impl Out<'_> {
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.0.encode_descriptor(name, help, None, MetricType::Gauge)?.encode_gauge(&value)
    }

    pub(super) fn counter(&mut self, name: &str, help: &str, n: u64) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        metric.encode_counter::<NoLabelSet, _, u64>(&n, None)
    }

    pub(super) fn gauges(
        &mut self,
        name: &str,
        help: &str,
        values: impl Iterator<Item = (Labels, f64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in values {
            metric.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    pub(super) fn counters(
        &mut self,
        name: &str,
        help: &str,
        values: impl Iterator<Item = (Labels, u64)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, n) in values {
            metric.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&n, None)?;
        }
        Ok(())
    }

    pub(super) fn histogram(&mut self, name: &str, help: &str, shown: &Shown) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        metric.encode_histogram::<NoLabelSet>(shown.sum, shown.count(), &shown.counts, None)
    }

    pub(super) fn histograms(
        &mut self,
        name: &str,
        help: &str,
        all: impl Iterator<Item = (Labels, Shown)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        for (labels, shown) in all {
            let mut family = metric.encode_family(&labels)?;
            family.encode_histogram::<NoLabelSet>(shown.sum, shown.count(), &shown.counts, None)?;
        }
        Ok(())
    }

    pub(super) fn info<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: [(&str, &str); N],
    ) -> fmt::Result {
        self.0.encode_descriptor(name, help, None, MetricType::Info)?.encode_info(&labels)
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::collector::Collector;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;

    #[derive(Debug)]
    struct Odd;

    impl Collector for Odd {
        fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
            let labels = vec![("cpu_id", "a\"} 7\nforged{x=\"\\".to_owned())];
            Out(encoder).gauges("a_seats", "Seats", std::iter::once((labels, 2.0)))
        }
    }

    #[test]
    fn a_label_forges_no_line_whatever_is_in_it() {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Odd));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        let forged = "a_seats{cpu_id=\"a\\\"} 7\\nforged{x=\\\"\\\\\"} 2.0\n";
        assert_eq!(text, format!("# HELP a_seats Seats\n# TYPE a_seats gauge\n{forged}# EOF\n"));
        assert!(super::super::plain(&text).ends_with(forged));
    }
}
