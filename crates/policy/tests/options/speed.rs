//! That a question costs look-ups, however many rules there are.

use std::time::{Duration, Instant};

use policy::Asker;

use crate::licensed::Licensed;

const LICENSE: &str = "SERVER this_host 02aa10203040
VENDOR acmed
INCREMENT mill acmed 4.2 permanent 9000 SIGN=00AA
";

/// How long 10,000 askers take with so many rules of each kind; the best of three.
fn time(rules: usize) -> Duration {
    let licensed = Licensed::new(LICENSE);
    let mut options = "MAX 9 mill ALL_USERS\n".to_owned();
    for n in 0..rules {
        options.push_str(&format!(
            "EXCLUDE mill USER x{n}\nINCLUDE mill GROUP g{n}\nGROUP g{n} u{n} u{}\nRESERVE 1 mill USER u{n}\n\
             EXCLUDE_BORROW mill HOST ws{n}\nMAX 3 mill HOST w{n}\n",
            n + 1
        ));
    }
    let policy = licensed.policy(&options);
    let users: Vec<_> = (0..10_000).map(|n| format!("u{n}")).collect();
    let feature = Licensed::feature("mill");
    let once = || {
        let start = Instant::now();
        let told: usize = users
            .iter()
            .map(|user| {
                let asker = Asker { user, host: "ws1", display: ":0", project: "", address: None };
                policy.terms(&asker, &feature).len()
            })
            .sum();
        assert_eq!(told, users.len());
        start.elapsed()
    };
    (0..3).map(|_| once()).min().unwrap()
}

#[test]
fn ten_thousand_askers_are_told_in_a_moment_however_many_rules_there_are() {
    let (few, many) = (time(10), time(9_999));
    println!("{few:?} with 60 rules, {many:?} with 60,000");
    // A scan of the rules would take a thousand times as long.
    assert!(many < few * 40 + Duration::from_millis(20), "{few:?}, {many:?}");
}
