//! Words that no file has, and habits that no test has.

use super::super::Finding;
use super::super::house::{File, House};
use super::{lines_with, pattern};

/// Words that are in no file. They are put together from parts, so that they are not in this one.
const WORDS: &[(&[&str], &str)] = &[
    (&["\\bTO", "DO\\b"], "unfinished work belongs to the issues"),
    (&["\\bFIX", "ME\\b"], "unfinished work belongs to the issues"),
    (&["\\bX", "XX\\b"], "unfinished work belongs to the issues"),
    (&["#\\[ig", "nore"], "a test is run or is not there"),
    (&["\\.\\./sha", "red\\b"], "a path outside the repository"),
    (&["/wo", "rk/"], "a path of one machine"),
    (&["crates", "\\.io\\b"], "a registry is named by its client's configuration"),
    (&["py", "pi\\.org\\b"], "a registry is named by its client's configuration"),
    (&["python", "hosted\\.org\\b"], "a registry is named by its client's configuration"),
    (&["npm", "js\\.(org|com)\\b"], "a registry is named by its client's configuration"),
    (&["\\bdeb\\.", "debian\\.org\\b"], "a registry is named by its client's configuration"),
];

/// Forbidden words.
pub(super) fn words(house: &House) -> Vec<Finding> {
    let words: Vec<_> = WORDS.iter().map(|(parts, why)| (pattern(&parts.concat()), why)).collect();
    let mut findings = Vec::new();
    for file in house.files.iter().filter(|file| file.path != "Cargo.lock") {
        for (word, why) in &words {
            for (line, text) in lines_with(&file.text, word) {
                let found = word.find(text).map_or("", |found| found.as_str());
                findings.push(Finding::new(&file.path, line, format!("{found:?}: {why}")));
            }
        }
    }
    findings
}

/// A test waits for a condition with a deadline.
pub(super) fn sleeping_tests(house: &House) -> Vec<Finding> {
    let sleep = pattern(r"(^|[^.\w]|\btime\.)sleep\(|^\s*sleep\s");
    let code = |file: &File| if file.is_rust() { file.source().tests() } else { file.text.clone() };
    in_tests(house, code, &sleep, "a test waits for a condition with a deadline, it does not sleep")
}

/// A test takes the port that it is given.
pub(super) fn fixed_ports(house: &House) -> Vec<Finding> {
    let port = pattern(r#"\b(bind|connect|listen)\b.*(127\.0\.0\.1|localhost|\[::1?\])\\?"?[:,]\s*[1-9]"#);
    let code =
        |file: &File| if file.is_rust() { file.source().tests_with_literals() } else { file.text.clone() };
    in_tests(house, code, &port, "a test asks for port 0 and takes the one that it is given")
}

fn in_tests(house: &House, code: fn(&File) -> String, habit: &regex::Regex, message: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in house.files.iter().filter(|file| file.test || file.is_rust()) {
        let tests = code(file);
        let lines = lines_with(&tests, habit);
        findings.extend(lines.map(|(line, _)| Finding::new(&file.path, line, message)));
    }
    findings
}
