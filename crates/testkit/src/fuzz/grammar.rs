//! Files that are made from the grammar, mostly good.

use super::words::{ATTRIBUTES, DATES, HOSTS, KEYWORDS, NAMES, NUMBERS};
use crate::rng::Rng;

/// A license file.
pub(super) fn file(rng: &mut Rng) -> Vec<u8> {
    let mut text = String::new();
    let servers = if rng.chance(850) { 1 } else { rng.below(5) };
    for n in 0..servers {
        let host = likely(rng, "02aa10203040", HOSTS);
        text.push_str(&format!("SERVER lic{n} {host} 27000\n"));
    }
    text.push_str("VENDOR acmed port=27010\nUSE_SERVER\n");
    for _ in 0..rng.between(1, 6) {
        line(rng, &mut text);
    }
    text.into_bytes()
}

fn line(rng: &mut Rng, text: &mut String) {
    if rng.chance(50) {
        text.push_str("# a remark \\\n");
    }
    let keyword = match rng.below(20) {
        0..13 => "INCREMENT",
        13..16 => "FEATURE",
        16 => "UPGRADE",
        17 => "PACKAGE",
        _ => rng.pick(KEYWORDS).copied().unwrap_or("INCREMENT"),
    };
    let name = likely(rng, "mill", NAMES);
    let vendor = if rng.chance(950) { "acmed" } else { "othersoft" };
    let mut words = vec![keyword.to_owned(), name.to_owned(), vendor.to_owned()];
    match keyword {
        "PACKAGE" => {
            words.extend(rng.chance(700).then(|| "1.0".to_owned()));
            words.push("COMPONENTS=\"saw lathe:1.0\"".to_owned());
        }
        _ => {
            words.push(likely(rng, "1.0", NUMBERS).to_owned());
            if keyword == "UPGRADE" {
                words.push(likely(rng, "2.0", NUMBERS).to_owned());
            }
            words.push(likely(rng, "31-dec-2027", DATES).to_owned());
            words.push(likely(rng, "3", NUMBERS).to_owned());
        }
    }
    for _ in 0..rng.below(6) {
        words.extend(rng.pick(ATTRIBUTES).map(ToString::to_string));
    }
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            text.push_str(rng.pick(&[" ", " ", " ", "\t", "  ", " \\\n  "]).copied().unwrap_or(" "));
        }
        text.push_str(word);
    }
    text.push('\n');
}

/// Nine times in ten the first, else one of the others.
fn likely<'a>(rng: &mut Rng, good: &'a str, others: &[&'a str]) -> &'a str {
    if rng.chance(900) { good } else { rng.pick(others).copied().unwrap_or(good) }
}
