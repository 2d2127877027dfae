//! What Prometheus and Grafana make of the metrics: the page, the rules that alert, and the dashboard.

#![allow(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use support::Site;
use support::metrics::METRICS;
use support::promtool::promtool;
use support::tool::said;

const RULES: &str = include_str!("../examples/prometheus/seatkeeper.rules.yml");
const RULES_TEST: &str = include_str!("prometheus/rules_test.yml");
const DASHBOARD: &str = include_str!("../examples/grafana/seatkeeper.json");
const PACK: &str = "SERVER this_host HOSTID_HERE 27000\nVENDOR acmed\nUSE_SERVER\n\
    INCREMENT mill acmed 4.2 31-dec-2099 1 CONFIG_ID=11470 SEAT=FLOATING\n\
    INCREMENT lathe acmed 3.0 permanent uncounted CONFIG_ID=11471 SEAT=FLOATING HOSTID=ANY\n";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Promtool with these words, in the repository.
fn content(words: &[&str]) {
    let (is_content, text) = promtool(root(), words, "");
    assert!(is_content, "{words:?}: {text}");
}

/// The names of all metrics that a daemon serves, in Prometheus' own format.
fn served() -> BTreeSet<String> {
    let page = Site::new().configure(METRICS).start().metrics_as("text/plain").0;
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let mut names = BTreeSet::new();
    for (name, kind) in types {
        let suffixes: &[&str] = if kind == "histogram" { &["", "_bucket", "_sum", "_count"] } else { &[""] };
        names.extend(suffixes.iter().map(|suffix| format!("{name}{suffix}")));
    }
    names
}

/// The metrics that a text names.
fn named(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .filter(|word| word.starts_with("seatkeeper_") || word.starts_with("process_"))
        .map(Into::into)
        .collect()
}

#[test]
fn promtool_finds_nothing_wrong_with_the_page() {
    let site = Site::with_packs(&[PACK]).configure(METRICS);
    let daemon = site.start();
    assert_eq!(said(&site, &daemon, "run mill -- true").0, 0);
    assert_eq!(said(&site, &daemon, "run nothing -- true").0, 125);
    assert_eq!(said(&site, &daemon, "lmreread").0, 0);
    // Both for who asks for it and for who asks for nothing, as curl does.
    for format in ["text/plain;version=0.0.4", "*/*"] {
        let page = daemon.metrics_as(format).0;
        let (is_content, text) = promtool(root(), &["check", "metrics"], &page);
        assert!(is_content && text.is_empty(), "{format}: {text}\n{page}");
        assert!(
            page.contains("seatkeeper_denials_total{vendor=\"\",feature=\"\",code=\"-5\"} 1\n"),
            "{page}"
        );
    }
    let (is_content, text) = promtool(root(), &["check", "metrics"], "seatkeeper_seats_ms 1\n");
    assert!(!is_content && text.contains("seatkeeper_seats_ms"), "promtool looks: {text}");
}

#[test]
fn rules_and_configuration_are_right_and_each_rule_says_what_it_must() {
    content(&["check", "config", "examples/prometheus/prometheus.yml"]);
    content(&["check", "rules", "--lint-fatal", "examples/prometheus/seatkeeper.rules.yml"]);
    content(&["test", "rules", "tests/prometheus/rules_test.yml"]);
    let alerts: Vec<_> = RULES.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10);
    for alert in alerts {
        assert!(RULES_TEST.contains(&format!("alertname: {alert}\n")), "{alert} has no test");
    }
    let told = include_str!("../README.md");
    let rules = RULES.matches("- alert: ").count();
    assert!(told.contains(&format!("{rules} rules that alert")), "README.md does not say {rules}");
}

#[test]
fn rules_and_dashboard_name_only_what_is_served() {
    let served = served();
    for (what, text) in [("rules", RULES), ("their test", RULES_TEST), ("dashboard", DASHBOARD)] {
        let unknown: Vec<_> = named(text).difference(&served).cloned().collect();
        assert!(unknown.is_empty(), "{what}: {unknown:?} are not served");
    }
}

fn texts<'a>(of: &'a Value, field: &str) -> Vec<&'a str> {
    of.as_array().into_iter().flatten().filter_map(|one| one[field].as_str()).collect()
}

#[test]
fn the_dashboard_is_one_and_works_with_any_data_source() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    for field in ["title", "uid"] {
        assert!(dashboard[field].as_str().is_some_and(|text| !text.is_empty()), "{field}");
    }
    assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 36);
    let variables = &dashboard["templating"]["list"];
    assert_eq!(texts(variables, "name"), ["datasource", "instance", "vendor", "feature"]);
    assert_eq!(variables[0]["type"], "datasource");
    let panels = dashboard["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}: its id is another's");
        let at = |field: &str| panel["gridPos"][field].as_u64().unwrap();
        assert!(at("x") + at("w") <= 24, "{title} is wider than the page");
        for place in
            (at("x")..at("x") + at("w")).flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y)))
        {
            assert!(taken.insert(place), "{title} lies over another panel");
        }
        if panel["type"] == "row" {
            continue;
        }
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{title} shows nothing");
        let refs: BTreeSet<_> = texts(&panel["targets"], "refId").into_iter().collect();
        assert_eq!(refs.len(), targets.len(), "{title}");
        for of in targets.iter().chain([panel]) {
            assert_eq!(of["datasource"]["uid"], "${datasource}", "{title}");
        }
    }
    for variable in variables.as_array().unwrap().iter().skip(1) {
        assert_eq!(variable["datasource"]["uid"], "${datasource}", "{}", variable["name"]);
    }
}

/// An expression with the dashboard's variables as Grafana fills them in.
fn filled_in(expr: &str) -> String {
    let filled = [("$__rate_interval", "1m"), ("$__range", "6h"), ("$instance", ".*"), ("$vendor", ".*")];
    let filled = filled.iter().chain(&[("$feature", "mill|lathe")]);
    let expr = filled.fold(expr.to_owned(), |expr, (variable, value)| expr.replace(variable, value));
    assert!(!expr.contains('$'), "{expr} has another variable");
    expr
}

#[test]
fn promtool_reads_every_expression_of_the_dashboard() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let all: Vec<_> = panels.iter().flat_map(|panel| texts(&panel["targets"], "expr")).collect();
    assert!(all.len() > 30, "{all:?}");
    // A text of JSON is one of YAML.
    let rule = |(n, expr): (usize, &&str)| {
        format!("  - record: panel:expression:{n}\n    expr: {}\n", Value::from(filled_in(expr)))
    };
    let rules = |all: &[&str]| -> String {
        let rules: String = all.iter().enumerate().map(rule).collect();
        format!("groups:\n- name: dashboard\n  rules:\n{rules}")
    };
    let folder = tempfile::tempdir().unwrap();
    let read = |text: String| {
        std::fs::write(folder.path().join("dashboard.yml"), text).unwrap();
        promtool(folder.path(), &["check", "rules", "dashboard.yml"], "")
    };
    let (is_content, text) = read(rules(&all));
    assert!(is_content && text.contains(&format!("{} rules found", all.len())), "{text}");
    let (is_content, text) = read(rules(&["sum(seatkeeper_pools"]));
    assert!(!is_content, "promtool reads them: {text}");
}
