//! `options try`, `explain` and a real checkout never disagree; `cargo xtask simulate --agree` looks at as
//! many sites as you like.

#![cfg(not(loom))]

use testkit::agree::simulate;

#[test]
fn what_is_tried_explained_and_told_is_the_same_on_two_thousand_sites() {
    let summary = simulate(0..2_000, None);
    let found: Vec<_> = summary.disagreements.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    println!("{summary}");
    assert_eq!(summary.sites, 2_000);
    assert!(summary.granted > 4_000 && summary.queued > 200 && summary.charged > 400, "{summary}");
    for code in
        [-4, -5, -9, -10, -24, -25, -26, -31, -38, -39, -67, -68, -84, -87, -89, -101, -103, -104, -125]
    {
        assert!(summary.denied.contains_key(&code), "no checkout was denied with {code}: {summary}");
    }
    for code in [-9, -10, -31, -38, -39, -84, -87, -89, -101, -103] {
        assert!(summary.refused.contains_key(&code), "no try was refused with {code}: {summary}");
    }
}
