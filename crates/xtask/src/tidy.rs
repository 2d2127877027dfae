//! `tidy`: what the compiler does not see.
//!
//! Each rule is a function of the house, and each has a row of made-up input that it must refuse.

mod house;
mod rules;
mod source;

use std::path::Path;

use anyhow::Result;

use crate::say;
use house::House;
use rules::{RULES, Rule};

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    fn new(path: impl Into<String>, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.into(), line, message: message.into() }
    }
}

/// Looks at the repository at `root` and says each finding. True when there is none.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let house = House::read(root)?;
    let of_rule = |rule: &'static Rule| (rule.check)(&house).into_iter().map(|finding| (finding, rule.name));
    let mut findings: Vec<_> = RULES.iter().flat_map(of_rule).collect();
    findings.sort();
    for (Finding { path, line, message }, rule) in &findings {
        say(&format!("{path}:{line}: {message} ({rule})"));
    }
    say(&format!("tidy: {} rules, {} findings", RULES.len(), findings.len()));
    Ok(findings.is_empty())
}
