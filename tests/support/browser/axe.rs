//! What axe-core finds wrong with a page for those who cannot see it, or use no mouse.

use std::fmt;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Browser;

/// Which of its rules are asked.
const RULES: &[&str] = &["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
/// What is not let pass.
const GRAVE: &[&str] = &["serious", "critical"];

/// A rule that is broken, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule, such as `image-alt`.
    pub rule: String,
    /// `serious` or `critical`.
    pub impact: String,
    /// What is to be done.
    pub help: String,
    /// The element, and what is wrong with it.
    pub nodes: Vec<String>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.rule, self.impact, self.help)?;
        self.nodes.iter().try_for_each(|node| write!(f, "\n    {node}"))
    }
}

/// The script that `cargo xtask test` gets.
fn axe() -> PathBuf {
    let path =
        Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("browser/node_modules/axe-core/axe.min.js");
    assert!(path.exists(), "{} is not there: `cargo xtask test` gets what the tests need", path.display());
    path
}

impl Browser {
    /// What is gravely wrong with the page as it is now.
    pub fn violations(&self) -> Vec<Violation> {
        self.violations_of(&json!({ "type": "tag", "values": RULES }))
    }

    fn violations_of(&self, rules: &Value) -> Vec<Violation> {
        if self.run("return typeof axe", &json!([])) == "undefined" {
            self.run(&std::fs::read_to_string(axe()).unwrap(), &json!([]));
        }
        let script = "const done = arguments[arguments.length - 1];\
            const how = { runOnly: arguments[0], resultTypes: ['violations'] };\
            axe.run(document, how).then(found => done(found.violations), error => done(String(error)));";
        let found = self.post("/execute/async", &json!({ "script": script, "args": [rules] }));
        let word = |of: &Value, name: &str| of[name].as_str().unwrap_or_default().to_owned();
        let found = found.as_array().unwrap_or_else(|| panic!("axe fails: {found}"));
        let grave = found.iter().filter(|one| GRAVE.contains(&word(one, "impact").as_str()));
        grave
            .map(|one| Violation {
                rule: word(one, "id"),
                impact: word(one, "impact"),
                help: word(one, "help"),
                nodes: one["nodes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|node| {
                        format!("{}: {}", word(node, "html"), word(node, "failureSummary").replace('\n', " "))
                    })
                    .collect(),
            })
            .collect()
    }

    /// Holds the page to be without a grave violation.
    pub fn is_accessible(&self) {
        let found = self.faults();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    /// Looks at the page in every way: asks every rule in light colours and those of contrast in dark ones, and
    /// has it shown on a telephone; keeps pictures of it as `NAME.png`, `NAME-dark.png` and `NAME-phone.png`.
    /// What is wrong, in words.
    pub fn look(&self, name: &str) -> Vec<String> {
        self.screenshot(name);
        let mut found = self.faults();
        self.colours("dark");
        self.screenshot(&format!("{name}-dark"));
        let contrast = json!({ "type": "rule", "values": ["color-contrast"] });
        found.extend(
            self.violations_of(&contrast).iter().map(|one| format!("{} in the dark: {one}", self.url())),
        );
        self.colours("light");
        self.size(360, 740);
        self.screenshot(&format!("{name}-phone"));
        if self.is_too_wide() {
            found.push(format!("{} is wider than a telephone", self.url()));
        }
        let scrolled = json!({ "type": "rule", "values": ["scrollable-region-focusable"] });
        found.extend(
            self.violations_of(&scrolled).iter().map(|one| format!("{} on a telephone: {one}", self.url())),
        );
        self.size(1280, 900);
        found
    }

    fn faults(&self) -> Vec<String> {
        self.violations().iter().map(|one| format!("{}: {one}", self.url())).collect()
    }
}
