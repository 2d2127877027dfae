//! The metrics in Prometheus' own text format, 0.0.4, which whoever does not ask for OpenMetrics is told:
//! `promtool`, `curl`, older collectors. It differs in the lines that describe a metric only.

use std::fmt::Write as _;

/// The same as this text, which is OpenMetrics'.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut help = None;
    for line in text.lines() {
        let mut words = line.splitn(4, ' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            // It comes before the type, which says what the metric is called here.
            (Some("#"), Some("HELP"), Some(_), text) => help = text,
            (Some("#"), Some("TYPE"), Some(name), Some(kind)) => {
                describe(&mut plain, name, kind, help.take());
            }
            (Some("#"), ..) => {}
            _ => {
                plain.push_str(line);
                plain.push('\n');
            }
        }
    }
    plain
}

fn describe(plain: &mut String, name: &str, kind: &str, help: Option<&str>) {
    let (suffix, kind) = match kind {
        "counter" => ("_total", kind),
        "info" => ("_info", "gauge"),
        _ => ("", kind),
    };
    if let Some(help) = help {
        // A string takes all that is written to it.
        let _ = writeln!(plain, "# HELP {name}{suffix} {help}");
    }
    let _ = writeln!(plain, "# TYPE {name}{suffix} {kind}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_and_infos_are_called_as_their_samples_are_and_the_rest_is_the_same() {
        let open = "# HELP a_rereads Read again, or not.\n# TYPE a_rereads counter\n\
                    a_rereads_total{result=\"good\"} 3\n# HELP a_build The version.\n# TYPE a_build info\n\
                    a_build_info{version=\"# 1\"} 1\n# TYPE a_seats gauge\n# UNIT a_seats seats\na_seats 2.5\n# EOF\n";
        let expected = "# HELP a_rereads_total Read again, or not.\n# TYPE a_rereads_total counter\n\
                        a_rereads_total{result=\"good\"} 3\n# HELP a_build_info The version.\n\
                        # TYPE a_build_info gauge\na_build_info{version=\"# 1\"} 1\n# TYPE a_seats gauge\n\
                        a_seats 2.5\n";
        assert_eq!(plain(open), expected);
    }
}
