//! Random files against a plain reading of the rules: every line looked at, none compiled.

use std::collections::BTreeSet;

use policy::{Keyword, Kind, OptionsFile, What, Who};
use proptest::prelude::*;

use crate::licensed::{Licensed, read};

const LICENSE: &str = "SERVER this_host 02aa10203040
VENDOR acmed
INCREMENT mill acmed 4.2 permanent 3 SIGN=00AA
INCREMENT mill acmed 5.0 permanent 2 SIGN=00BB
INCREMENT lathe acmed 1.0 permanent 4 SIGN=00CC
";

/// Whether a rule names somebody: a user, a workstation and a project.
fn names(file: &OptionsFile, who: &Who, (user, host, project): (&str, &str, &str)) -> bool {
    let is_in = |keyword: Keyword, name: &str| {
        file.lines.iter().any(|line| match &line.what {
            What::Group { name: group, members } => {
                line.keyword == keyword && *group == who.name && members.iter().any(|member| member == name)
            }
            _ => false,
        })
    };
    match who.kind {
        Kind::User => who.name == user,
        Kind::Host => who.name == host,
        Kind::Project => who.name == project,
        Kind::Group => is_in(Keyword::Group, user),
        Kind::HostGroup => is_in(Keyword::HostGroup, host),
        Kind::AllUsers => true,
        Kind::Display | Kind::Internet => false,
    }
}

/// The code for use, the code for borrowing, and the lines that count.
fn plain(
    file: &OptionsFile,
    who: (&str, &str, &str),
    feature: &str,
    version: &str,
) -> (i32, i32, BTreeSet<u32>) {
    let about = |line: &&policy::Line| match &line.what {
        What::Who { feature: None, .. } => true,
        What::Who { feature: Some(spec), .. } | What::Count { feature: spec, .. } => {
            let modifier = spec.modifier.as_ref();
            spec.name == feature && modifier.is_none_or(|modifier| modifier.value == version)
        }
        _ => false,
    };
    let of = |keywords: &[Keyword]| {
        let lines = file.lines.iter().filter(|line| keywords.contains(&line.keyword)).filter(about);
        let lines: Vec<_> = lines.collect();
        let named = lines.iter().filter(|line| match &line.what {
            What::Who { who: rule, .. } | What::Count { who: rule, .. } => names(file, rule, who),
            _ => false,
        });
        (lines.len(), named.map(|line| line.number).collect::<BTreeSet<_>>())
    };
    let code = |exclude: &[Keyword], include: &[Keyword]| {
        let ((_, excluded), (includes, included)) = (of(exclude), of(include));
        match (excluded.is_empty(), includes > 0 && included.is_empty()) {
            (false, _) => -38,
            (true, true) => -39,
            (true, false) => 0,
        }
    };
    let using = code(&[Keyword::Exclude, Keyword::ExcludeAll], &[Keyword::Include, Keyword::IncludeAll]);
    let borrowing = code(&[Keyword::ExcludeBorrow], &[Keyword::IncludeBorrow]);
    (using, borrowing, of(&[Keyword::Reserve, Keyword::Max]).1)
}

fn line() -> impl Strategy<Value = String> {
    let feature = prop::sample::select(vec!["mill", "mill:VERSION=4.2", "mill:VERSION=5", "lathe", "drum"]);
    let who = prop::sample::select(vec![
        "USER kim",
        "USER lee",
        "HOST ws1",
        "HOST ws2",
        "PROJECT turbine",
        "GROUP g",
        "GROUP h",
        "GROUP none",
        "HOST_GROUP g",
        "HOST_GROUP f",
    ]);
    let with = prop::sample::select(vec![
        "EXCLUDE % @",
        "INCLUDE % @",
        "EXCLUDEALL @",
        "INCLUDEALL @",
        "EXCLUDE_BORROW % @",
        "INCLUDE_BORROW % @",
        "RESERVE 1 % @",
        "RESERVE 3 % @",
        "MAX 1 % @",
        "MAX 2 % @",
        "MAX 2 % ALL_USERS",
    ]);
    let rule =
        (with, feature, who).prop_map(|(with, feature, who)| with.replace('%', feature).replace('@', who));
    let group = prop::sample::select(vec![
        "GROUP g kim",
        "GROUP g lee max",
        "GROUP h kim lee",
        "HOST_GROUP g ws1",
        "HOST_GROUP f ws1 ws2",
        "# none",
    ]);
    prop_oneof![4 => rule, 1 => group.prop_map(str::to_owned)]
}

proptest! {
    #[test]
    fn the_compiled_rules_say_what_a_plain_reading_says(lines in prop::collection::vec(line(), 0..12)) {
        let text = lines.join("\n");
        let (licensed, file) = (Licensed::new(LICENSE), read(&text));
        let policy = licensed.policy(&text);
        let quotas = policy.quotas(&licensed.pools());
        let keys: BTreeSet<_> = quotas.iter().map(|quota| &quota.key).collect();
        prop_assert_eq!(keys.len(), quotas.len());
        for user in ["kim", "lee", "eva"] {
            for (host, project) in [("ws1", ""), ("ws2", "turbine"), ("ws3", "turbine")] {
                for (feature, version) in [("mill", "4.2"), ("mill", "5.0"), ("lathe", "1.0")] {
                    let name = format!("{feature}-{version}");
                    let told = licensed.ask(&policy, &format!("{user}@{host}#{project}"), &name);
                    let version = version.trim_end_matches(".0");
                    let (using, borrowing, counted) = plain(&file, (user, host, project), feature, version);
                    prop_assert_eq!(told.code(), using, "{} {}@{} {}", text, user, host, name);
                    prop_assert_eq!(told.no_borrow.map_or(0, |refusal| refusal.code.number()), borrowing);
                    prop_assert_eq!(told.quotas.len(), counted.len(), "{}", text);
                    let mut before = 0;
                    for key in &told.quotas {
                        // A reservation may have no seats in this pool.
                        let Some(quota) = quotas.iter().find(|quota| *quota.key == **key) else { continue };
                        let line: u32 = quota.rule.strip_prefix("acmed.opt:").unwrap().parse().unwrap();
                        prop_assert!(counted.contains(&line) && line > before, "{} {:?}", text, told.quotas);
                        before = line;
                    }
                }
            }
        }
    }
}
