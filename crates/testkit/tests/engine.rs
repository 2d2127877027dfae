//! The seat engine beside its model, over a few histories; `cargo xtask simulate --engine` runs as many
//! as you like. And every bug that can be planted in the engine, found by the checker that is named.

#![cfg(not(loom))]

use testkit::engine::{Bug, checker, run, simulate};

/// Histories that are tried for one bug, at most.
const HISTORIES: u64 = 6_000;

#[test]
fn engine_and_model_agree_over_a_thousand_histories() {
    let summary = simulate(0..1_000, None, None);
    let found: Vec<_> = summary.disagreements.iter().map(ToString::to_string).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(summary.histories, 1_000);
    assert!(summary.figures.add_up(), "{}", summary.figures);
    println!("{}", summary.figures);
    let figures = &summary.figures;
    assert!(figures.granted > 3_000 && figures.served > 100 && figures.restarts > 100, "{figures}");
    for code in
        [-4, -5, -9, -10, -24, -25, -26, -31, -38, -39, -42, -67, -68, -87, -88, -101, -104, -118, -125]
    {
        assert!(figures.denied.contains_key(&code), "nobody was denied with {code}: {figures}");
    }
}

#[test]
fn a_seed_is_a_history() {
    for seed in 0..20 {
        assert_eq!(run(seed, None), run(seed, None), "seed {seed}");
    }
}

const S1: &str = "S1 never over-issue";
const S2: &str = "S2 reserved seats are kept";
const S6: &str = "S6 a request counts once";
const S8: &str = "S8 nothing comes back too early";
const S11: &str = "S11 nobody waits in vain";
const S12: &str = "S12 the dead are granted nothing";
const S13: &str = "S13 MAX";
const S14: &str = "S14 shared seats are counted once";
const S23: &str = "S23 a reread takes nothing";
const I5: &str = "I5 a stranger changes nothing";
const I7: &str = "I7 sums are those of the rows";
/// The model expects another answer, other records, another state.
const A: &str = "model: answer";
const R: &str = "model: records";
const T: &str = "model: state";
const D: &str = "a denial changes nothing";

/// Every bug, and who finds it. Others may too, and before.
const FOUND_BY: &[(Bug, &str)] = &[
    (Bug::OneTooMany, S1),
    (Bug::OverdraftIgnored, A),
    (Bug::OverdraftTwice, S1),
    (Bug::FreeWraps, S1),
    (Bug::ReservesForgotten, S2),
    (Bug::DrawsForgotten, S2),
    (Bug::MaxIgnored, S13),
    (Bug::MaxCountsGrants, A),
    (Bug::MaxNotOfSuites, S13),
    (Bug::MaxOfEachAlone, S13),
    (Bug::MaxNotInLine, S13),
    (Bug::RechargeForgetsMax, T),
    (Bug::RechargeForgetsSuites, I7),
    (Bug::RechargeByComponent, I7),
    (Bug::RechargedTwice, I7),
    (Bug::RechargeKeepsIdle, I7),
    (Bug::SharersUnlimited, S1),
    (Bug::SharedSeatFreed, S14),
    (Bug::DisplayForgotten, S14),
    (Bug::SuiteNotChecked, S1),
    (Bug::SuiteNotGivenBack, S14),
    (Bug::LingerNotReclaimed, A),
    (Bug::LingerAllReclaimed, R),
    (Bug::MinimumIgnored, S6),
    (Bug::LockedAnywhere, A),
    (Bug::VersionAsText, A),
    (Bug::ConnectionsIgnored, A),
    (Bug::RefusalIgnored, A),
    (Bug::AssignedForEver, A),
    (Bug::UnassignedRunsOn, T),
    (Bug::BorrowedForEver, A),
    (Bug::LowwaterIgnored, A),
    (Bug::AnyProof, S8),
    (Bug::LostAnyway, S8),
    (Bug::KeptEndsWithSession, S8),
    (Bug::AnyJob, S8),
    (Bug::BookingKept, S1),
    (Bug::Overtaking, R),
    (Bug::PriorityIgnored, R),
    (Bug::LineIgnored, A),
    (Bug::LineSleeps, S11),
    (Bug::DeadAreGranted, S12),
    (Bug::WaitEndsWithTimeOut, R),
    (Bug::HopelessWait, R),
    (Bug::GrantedTwice, S6),
    (Bug::FloorNotRaised, T),
    (Bug::ForeignCheckin, S8),
    (Bug::HeldIsLive, S12),
    (Bug::ReleasedAlive, S8),
    (Bug::AnyToken, I5),
    (Bug::ReplacedByAnybody, S8),
    (Bug::ExpiredEarly, S8),
    (Bug::RevokedAtOnce, S8),
    (Bug::IdleAtOnce, A),
    (Bug::RereadTakesSeats, S23),
    (Bug::SimpleOneTooMany, S1),
    (Bug::SimpleAnyVersion, A),
    (Bug::SimpleLineIgnored, A),
    (Bug::ClockIgnored, A),
    (Bug::ClockStopsAll, A),
    (Bug::ClockForgotten, T),
    (Bug::DeskHalf, D),
    (Bug::DeskKept, T),
];

#[test]
fn every_planted_bug_is_found_by_the_checker_that_is_named() {
    for (bug, named) in FOUND_BY {
        let mut others = Vec::new();
        let mut seeds = (0..HISTORIES).filter_map(|seed| Some((seed, checker(seed, Some(*bug))?)));
        let found = seeds.find(|(seed, found)| {
            others.push((*seed, *found));
            found == named
        });
        let (seed, _) = found.unwrap_or_else(|| panic!("{named} did not find {bug}; {others:?} did"));
        assert_eq!(checker(seed, None), None, "seed {seed} has more wrong with it than {bug}");
    }
    for bug in Bug::ALL {
        assert!(FOUND_BY.iter().any(|(other, _)| other == bug), "nobody is named to find {bug}");
        assert_eq!(bug.to_string().parse(), Ok(*bug));
    }
}

#[test]
fn what_is_found_is_short_and_says_how_to_see_it_again() {
    let mut seeds = 0..100;
    let found = seeds.find_map(|seed| run(seed, Some(Bug::VersionAsText)).1).expect("one of them shows it");
    assert!(found.history.len() <= 6, "{found}");
    let again = format!("simulate --engine --seed {} --bug version-as-text", found.seed);
    assert!(found.to_string().ends_with(&again), "{found}");
}
