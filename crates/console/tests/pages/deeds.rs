//! Whatever can be done has its page: every deed and every command, against the table of routes.

use std::collections::{BTreeMap, BTreeSet};

use console::{Kind, routes};
use desk::Action;

/// Deeds without a page, and why.
const NO_PAGE: &[(Action, &str)] = &[
    (Action::Stop, "who stops the daemon is on the license host"),
    (Action::Move, "a license moves by its surrender, which asks for the new pack too"),
    (Action::SeeCases, "cases are one page, which shows what who asks may follow"),
];

/// Commands, and the address that their form is sent to.
const FORMS: &[(&str, &str)] = &[
    ("SetName", "/name"),
    ("SetPassword", "/password"),
    ("SetToken", "/token/new"),
    ("DropToken", "/token/drop"),
    ("SetPrimary", "/company/primary"),
    ("AskForTools", "/tools"),
    ("AddPerson", "/people/add"),
    ("RemovePerson", "/people/remove"),
    ("SetPrivileges", "/people/privileges"),
    ("Order", "/orders/place"),
    ("InstallPack", "/packs/install"),
    ("Reconfigure", "/reconfigure"),
    ("Surrender", "/moves/surrender"),
    ("ChangeContact", "/contact"),
    ("RequestConversion", "/conversion/request"),
    ("Assign", "/users/assign"),
    ("ChangeAssignment", "/users/change"),
    ("Unassign", "/users/revoke"),
    ("SetCompany", "/companies/set"),
    ("AddContact", "/companies/{number}/contact"),
    ("NameSupervisor", "/companies/{number}/supervisor"),
    ("UpgradeAccount", "/cases/{case}/upgrade"),
    ("SetStaff", "/staff"),
    ("Issue", "/orders/{order}/issue"),
    ("Renew", "/renew"),
    ("Convert", "/conversion/convert"),
    ("IssueMove", "/moves/issue"),
    ("TakeRequest", "/requests/take"),
    ("VoidPack", "/packs/{pack}/void"),
    ("ReserveIds", "/ids"),
    ("CloseCase", "/cases/{case}/close"),
];

/// Commands that no form makes: the daemon's own.
const OWN: &[&str] = &["Served", "Surrendered", "Reminded"];

/// The variants of `desk::Command`, of its text.
fn commands() -> BTreeSet<String> {
    let text = include_str!("../../../desk/src/command.rs");
    let (_, body) = text.split_once("pub enum Command {\n").unwrap();
    let (body, _) = body.split_once("\n}\n").unwrap();
    let variant = |line: &str| {
        let name = line.strip_prefix("    ")?.trim_end_matches(['{', ',', ' ']);
        name.starts_with(|c: char| c.is_ascii_uppercase()).then(|| name.to_owned())
    };
    body.lines().filter_map(variant).collect()
}

#[test]
fn every_deed_has_a_page() {
    let has: BTreeSet<Action> =
        routes().iter().filter(|route| route.kind == Kind::Page).map(|route| route.action).collect();
    for action in Action::ALL {
        let is_without = NO_PAGE.iter().any(|(without, _)| without == action);
        assert_ne!(has.contains(action), is_without, "{}", action.word());
    }
}

#[test]
fn every_command_has_a_form() {
    let forms: BTreeMap<&str, &str> = FORMS.iter().copied().collect();
    assert_eq!(forms.len(), FORMS.len());
    let told: BTreeSet<String> = forms.keys().chain(OWN).map(|name| (*name).to_owned()).collect();
    assert_eq!(commands(), told);
    let posts: BTreeSet<&str> = routes()
        .iter()
        .filter(|route| route.kind == Kind::Page && route.method == "POST")
        .map(|route| route.path)
        .collect();
    for (command, path) in FORMS {
        assert!(posts.contains(path), "{command}: nothing takes a form at {path}");
    }
}
