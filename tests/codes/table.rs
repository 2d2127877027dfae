//! The table of `crates/names/CODES.md`, and FlexNet's own list that it must cover.

use names::Code;

use crate::listed::LISTED;

/// The table as it stands.
const TABLE: &str = include_str!("../../crates/names/CODES.md");

/// A row: which code, and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// The number as it stands, such as `-4`.
    pub(crate) code: String,
    /// FlexNet's words.
    pub(crate) words: String,
    /// The case that provokes it, if one does.
    pub(crate) case: Option<String>,
    /// Who tells it, or why nobody does.
    pub(crate) why: String,
}

impl Row {
    /// The code, where `names` has it.
    pub(crate) fn known(&self) -> Option<Code> {
        Code::from_number(self.code.parse().ok()?)
    }
}

/// The rows of the table in the repository.
pub(crate) fn rows() -> Vec<Row> {
    read(TABLE)
}

/// The rows of a table: its lines that begin with a number.
pub(crate) fn read(text: &str) -> Vec<Row> {
    let rows = text.lines().filter(|line| line.starts_with("| -") || line.starts_with("| +"));
    rows.map(|line| {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [code, words, case, why] = cells[..] else { panic!("not four cells: {line}") };
        let case = (case != "–").then(|| case.trim_matches('`').to_owned());
        Row { code: code.into(), words: words.into(), case, why: why.into() }
    })
    .collect()
}

/// What is wrong with a table, where there are cases of these names.
pub(crate) fn faults(rows: &[Row], cases: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    let count = |code: &str| rows.iter().filter(|row| row.code == code).count();
    let own = Code::ALL.iter().map(|code| code.number().to_string());
    let listed = LISTED.iter().map(|(code, _)| (*code).to_owned());
    let mut wanted: Vec<String> = listed.chain(own).collect();
    wanted.sort();
    wanted.dedup();
    for code in &wanted {
        match count(code) {
            1 => {}
            n => faults.push(format!("{code} has {n} rows")),
        }
    }
    for row in rows {
        let Row { code, words, case, why } = row;
        if !wanted.contains(code) {
            faults.push(format!("{code} is no code of FlexNet's list"));
        }
        let listed = LISTED.iter().find(|(listed, _)| listed == code).map(|(_, words)| *words);
        let expected = row.known().map(Code::text).or(listed);
        if expected.is_some_and(|expected| expected != words) {
            faults.push(format!("{code} has the words {words:?} for {expected:?}"));
        }
        match case {
            Some(case) if row.known().is_none() => {
                faults.push(format!("{code} has the case {case}, and `names` has no such code"));
            }
            Some(case) if !cases.contains(&case.as_str()) => {
                faults.push(format!("{code} has the case {case}, which there is not"));
            }
            _ => {}
        }
        if why.is_empty() || (case.is_none() && !why.ends_with('.')) {
            faults.push(format!("{code} says neither who tells it nor why nobody does"));
        }
    }
    for case in cases {
        match rows.iter().filter(|row| row.case.as_deref() == Some(case)).count() {
            1 => {}
            n => faults.push(format!("the case {case} is in {n} rows")),
        }
    }
    faults
}
