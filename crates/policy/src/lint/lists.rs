//! USER_BASED and HOST_BASED lines, and who is listed for them.

use std::collections::BTreeSet;

use license::Findings;

use super::{Against, warn};
use crate::compile::Compiled;
use crate::options::OptionsFile;

/// Lists that the license wants and that are empty or too long, each once.
pub(super) fn lint(options: &OptionsFile, against: Against<'_>, findings: &mut Findings) {
    if !against.entitlements.iter().any(|line| line.rules.user_based.or(line.rules.host_based).is_some()) {
        return;
    }
    let (compiled, pools) = Compiled::new(options, against.entitlements, against.sources, "");
    let mut said = BTreeSet::new();
    for (pool, set) in &pools {
        for listed in compiled.sets.get(*set).into_iter().flat_map(|set| &set.listed) {
            if !said.insert((pool.feature(), &listed.words)) {
                continue;
            }
            let (feature, whom) = (pool.feature(), listed.whom());
            if listed.count == 0 {
                let message = format!(
                    "{feature} {}, and no INCLUDE line with a modifier lists its {whom}",
                    listed.words
                );
                let remedy =
                    format!("add lines such as INCLUDE {feature}:VERSION=1.0 …: nobody may use it without");
                findings.warning(None, 0..0, message, remedy);
            }
            let over = listed.over.and_then(|rule| compiled.rules.get(rule as usize));
            let Some(line) = over.and_then(|rule| options.lines.iter().find(|line| line.number == rule.line))
            else {
                continue;
            };
            warn(findings, line, || {
                let message = format!(
                    "{feature} {} for {} {whom}, and the line lists one more",
                    listed.words, listed.count
                );
                (message, "list fewer: the first in the file's order count, the others are refused")
            });
        }
    }
}
