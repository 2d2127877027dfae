//! Lines that came, went or moved, and members of groups.

use std::collections::{BTreeMap, BTreeSet};

use license::quoted;
use rustc_hash::FxHashMap;

use super::{Change, Changed, some};
use crate::keyword::Keyword;
use crate::options::{Line, OptionsFile, What};

/// First what went, then what came, then what moved, then groups.
pub(super) fn diff(old: &OptionsFile, new: &OptionsFile) -> Vec<Change> {
    let mut left: FxHashMap<String, std::collections::VecDeque<&Line>> = FxHashMap::default();
    for line in rules(old) {
        left.entry(line.shown()).or_default().push_back(line);
    }
    let (mut came, mut both) = (Vec::new(), Vec::new());
    for line in rules(new) {
        match left.get_mut(&line.shown()).and_then(std::collections::VecDeque::pop_front) {
            Some(before) => both.push((before, line)),
            None => came.push(line),
        }
    }
    let mut went: Vec<&Line> = left.into_values().flatten().collect();
    went.sort_by_key(|line| line.number);
    let text = |line: &Line| quoted(line.shown().as_bytes());
    let mut changes: Vec<String> = Vec::new();
    changes.extend(went.iter().map(|line| format!("removed, line {}: {}", line.number, text(line))));
    changes.extend(came.iter().map(|line| format!("added, line {}: {}", line.number, text(line))));
    changes.extend(moved(&both));
    changes.extend(groups(old, new));
    changes.into_iter().map(|text| Change { what: Changed::Lines, text }).collect()
}

fn rules(options: &OptionsFile) -> impl Iterator<Item = &Line> {
    options.lines.iter().filter(|line| !matches!(line.what, What::Group { .. }))
}

/// Whether it matters where a line stands among others of its kind.
fn order_matters(line: &Line) -> bool {
    match &line.what {
        What::Who { feature, .. } => {
            line.keyword == Keyword::Include && feature.as_ref().is_some_and(|spec| spec.modifier.is_some())
        }
        What::Count { .. } => line.keyword == Keyword::Reserve,
        What::Number { .. } => !matches!(line.keyword, Keyword::Linger | Keyword::MaxOverdraft),
        What::Switch(_) | What::Matching(_) | What::Log { .. } => true,
        What::Feature(_) | What::Group { .. } | What::Events(_) | What::Nothing => false,
    }
}

/// Lines of both files, in the new one's order, that stand elsewhere among the others.
fn moved(both: &[(&Line, &Line)]) -> Vec<String> {
    let numbers = |with: &dyn Fn(&Line) -> bool| -> BTreeSet<u32> {
        let of: Vec<_> = both.iter().filter(|(_, line)| with(line)).collect();
        let stay = rising(&of.iter().map(|(before, _)| before.number).collect::<Vec<_>>());
        of.iter().zip(stay).filter(|(_, stays)| !stays).map(|((_, line), _)| line.number).collect()
    };
    let (any, matters) = (numbers(&|_| true), numbers(&order_matters));
    let lines = both.iter().filter(|(_, line)| any.contains(&line.number) || matters.contains(&line.number));
    lines
        .map(|(before, line)| {
            let effect = if matters.contains(&line.number) { "" } else { ", without effect" };
            let text = quoted(line.shown().as_bytes());
            format!("moved from line {} to {}{effect}: {text}", before.number, line.number)
        })
        .collect()
}

/// Which of some numbers are in a longest rising row of them.
fn rising(numbers: &[u32]) -> Vec<bool> {
    // The last of the best row of each length, and whom each number follows.
    let (mut ends, mut follows): (Vec<usize>, Vec<Option<usize>>) = (Vec::new(), Vec::new());
    for (at, number) in numbers.iter().enumerate() {
        let length = ends.partition_point(|end| numbers.get(*end).is_some_and(|end| end < number));
        follows.push(length.checked_sub(1).and_then(|before| ends.get(before).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut stay = vec![false; numbers.len()];
    let mut at = ends.last().copied();
    while let Some(one) = at {
        stay.iter_mut().skip(one).take(1).for_each(|stays| *stays = true);
        at = follows.get(one).copied().flatten();
    }
    stay
}

/// Members that groups won and lost.
fn groups(old: &OptionsFile, new: &OptionsFile) -> Vec<String> {
    let members = |options| -> BTreeMap<(bool, String), BTreeSet<String>> {
        let mut all: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
        for (hosts, name, line) in OptionsFile::groups(options) {
            if let What::Group { members, .. } = &line.what {
                all.entry((hosts, name.to_owned())).or_default().extend(members.iter().cloned());
            }
        }
        all
    };
    let (before, after) = (members(old), members(new));
    let none = BTreeSet::new();
    let mut said = Vec::new();
    for group in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let (was, is) = (before.get(group).unwrap_or(&none), after.get(group).unwrap_or(&none));
        let less: Vec<&str> = was.difference(is).map(String::as_str).collect();
        let more: Vec<&str> = is.difference(was).map(String::as_str).collect();
        let kind = if group.0 { "HOST_GROUP" } else { "GROUP" };
        for (names, word) in [(less, "without"), (more, "with")] {
            if !names.is_empty() {
                said.push(format!("{kind} {} {word} {}", group.1, some(&names)));
            }
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use super::rising;

    #[test]
    fn the_longest_rising_row_stays() {
        for (numbers, moved) in [
            (&[1, 2, 3][..], &[][..]),
            (&[2, 1], &[2]),
            (&[4, 1, 2, 3], &[4]),
            (&[1, 9, 2, 3], &[9]),
            (&[3, 1, 2, 9, 5, 6], &[3, 9]),
            (&[], &[]),
        ] {
            let stay = rising(numbers);
            let found: Vec<_> =
                numbers.iter().zip(stay).filter(|(_, stays)| !stays).map(|(n, _)| *n).collect();
            assert_eq!(found, moved, "{numbers:?}");
        }
    }
}
