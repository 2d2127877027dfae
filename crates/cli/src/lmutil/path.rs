//! `lmpath`: the license servers that are asked where the environment names none.

use std::fmt::Write as _;

use client::{ServerPaths, Servers};
use names::{Code, Vendor};
use serde_json::{Value, json};

use super::{show, word};
use crate::args::LmpathArgs;
use crate::fail::Failure;

const REMEDY: &str = "write lmpath -add VENDOR|all LIST, lmpath -override VENDOR|all LIST or lmpath -status";

/// Changes what is kept, and shows it.
pub(crate) fn path(args: &LmpathArgs) -> Result<u8, Failure> {
    let paths = ServerPaths::of_user()?;
    match args.words.as_slice() {
        [] if args.status => {}
        [whose, list] if !args.status => change(&paths, whose, list, args.add)?,
        _ => return Err(Failure::new(Code::BadParameter, "these words are not what lmpath takes", REMEDY)),
    }
    let kept = paths.all()?;
    let rows: Vec<Value> =
        kept.iter().map(|(variable, list)| json!({ "variable": variable, "list": list })).collect();
    show("lmpath", args.report.json, &shown(&kept), json!({ "kept": rows }))?;
    Ok(0)
}

fn change(paths: &ServerPaths, whose: &str, list: &str, is_added: bool) -> Result<(), Failure> {
    let vendor = match whose {
        "all" => None,
        name => Some(Vendor::new(name).map_err(|invalid| {
            let message = format!("the vendor {:?}: {invalid}", client::shown(name, 80));
            Failure::new(Code::BadParameter, message, REMEDY)
        })?),
    };
    let variable = ServerPaths::variable(vendor.as_ref().map(Vendor::as_str));
    for entry in entries(list).filter(|entry| entry.contains('@')) {
        Servers::from_list(entry, "lmpath")?;
    }
    if let Some(c) = list.chars().find(|c| c.is_control()) {
        let message = format!("the list has the character {c:?}");
        return Err(Failure::new(Code::BadParameter, message, REMEDY));
    }
    let before = paths.all()?.into_iter().find(|(name, _)| *name == variable);
    let before = before.filter(|_| is_added).map(|(_, list)| list).unwrap_or_default();
    Ok(paths.set(&variable, &joined(list, &before))?)
}

fn entries(list: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    let divides = move |c: char| {
        inside = (inside || c == '[') && c != ']';
        matches!(c, ':' | ';') && !inside
    };
    list.split(divides).map(str::trim).filter(|entry| !entry.is_empty())
}

/// The new entries, then those of before; each once.
fn joined(new: &str, before: &str) -> String {
    let mut all: Vec<&str> = Vec::new();
    for entry in entries(new).chain(entries(before)) {
        if !all.contains(&entry) {
            all.push(entry);
        }
    }
    all.join(":")
}

/// As FlexNet shows it: vendors by name, then what is everybody's.
fn shown(kept: &[(String, String)]) -> String {
    let mut text = "Known Vendors:\n_____________\n\n".to_owned();
    let vendor = |variable: &str| variable.strip_suffix("_LICENSE_FILE").unwrap_or_default().to_lowercase();
    for (variable, list) in kept.iter().filter(|(variable, _)| variable != "LM_LICENSE_FILE") {
        let _ = writeln!(text, "{}: {}", word(&vendor(variable)), word(list));
    }
    text.push_str("\nOther Vendors:\n______________\n\n");
    for (_, list) in kept.iter().filter(|(variable, _)| variable == "LM_LICENSE_FILE") {
        let _ = writeln!(text, "{}", word(list));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_servers_stand_before_the_old_and_each_once() {
        for (new, before, joined_up) in [
            ("1@a", "", "1@a"),
            ("2@b", "1@a", "2@b:1@a"),
            ("2@b;3@c:1@a", "1@a:4@d", "2@b:3@c:1@a:4@d"),
            ("1@[::1]", "1@[::1]:2@b", "1@[::1]:2@b"),
            ("", "1@a", "1@a"),
        ] {
            assert_eq!(joined(new, before), joined_up, "{new} {before}");
        }
    }

    #[test]
    fn what_is_kept_is_shown_as_flexnet_does() {
        let kept = [("ACMED_LICENSE_FILE", "1@a"), ("LM_LICENSE_FILE", "27000@lic1")];
        let kept = kept.map(|(name, list)| (name.to_owned(), list.to_owned()));
        assert_eq!(
            shown(&kept),
            "Known Vendors:\n_____________\n\nacmed: 1@a\n\nOther Vendors:\n______________\n\n27000@lic1\n"
        );
    }
}
