//! A file against what is licensed.

use std::collections::BTreeMap;

use license::{Entitlement, Findings, quoted};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Against, feature_of, warn};
use crate::attributes::Attributes;
use crate::compile::reserved_packages;
use crate::feature::{FeatureSpec, Modifier};
use crate::keyword::Keyword;
use crate::options::{OptionsFile, What};

/// The features and packages of a license, with what tells their lines apart.
#[derive(Debug, Default)]
struct Licensed {
    features: FxHashMap<String, Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The seats of the lines of this name, and of each component where it is a package; nothing
    /// where some are not counted.
    seats: BTreeMap<String, Option<u64>>,
    modified: FxHashMap<Modifier, Option<u64>>,
    /// Seats above the count, of all lines.
    overdraft: u64,
    /// Some line may be borrowed.
    may_be_borrowed: bool,
}

fn add(sum: &mut Option<u64>, line: &Entitlement) {
    *sum = sum.zip(line.seats).map(|(sum, seats)| sum + u64::from(seats.get()));
}

impl Licensed {
    fn new(against: Against<'_>, modified: bool) -> Self {
        let attributes = match modified {
            true => Attributes::read(against.entitlements, against.sources),
            false => Attributes::default(),
        };
        let mut licensed = Self::default();
        for line in against.entitlements {
            let own = line.feature.as_str();
            let package = line.packaged.as_ref().map(|part| part.package.as_str());
            let present = if modified { attributes.of(line) } else { Vec::new() };
            for name in [Some(own), package.filter(|package| *package != own)].into_iter().flatten() {
                let known = licensed.features.entry(name.to_owned()).or_default();
                known.overdraft += u64::from(line.rules.overdraft.unwrap_or(0));
                known.may_be_borrowed |= line.rules.borrow_hours.is_some();
                add(known.seats.entry(own.to_owned()).or_insert(Some(0)), line);
                for modifier in &present {
                    add(known.modified.entry(modifier.clone()).or_insert(Some(0)), line);
                }
            }
        }
        licensed
    }

    /// How many seats may be reserved of what a rule names.
    fn seats(&self, spec: &FeatureSpec) -> Option<u64> {
        let known = self.features.get(&spec.name)?;
        match &spec.modifier {
            Some(modifier) => *known.modified.get(modifier)?,
            None => known.seats.values().copied().min().flatten(),
        }
    }

    /// How many seats somebody may have of a feature that a rule names; nothing where they are not
    /// counted or the license does not have it.
    fn most(&self, spec: &FeatureSpec) -> Option<u64> {
        let known = self.features.get(&spec.name)?;
        let seats = match &spec.modifier {
            Some(modifier) => *known.modified.get(modifier)?,
            None if known.seats.values().any(Option::is_none) => None,
            None => known.seats.values().copied().max().flatten(),
        };
        Some(seats? + known.overdraft)
    }
}

pub(super) fn lint(options: &OptionsFile, against: Against<'_>, findings: &mut Findings) {
    let modified = options.lines.iter().filter_map(feature_of).any(|spec| spec.modifier.is_some());
    let licensed = Licensed::new(against, modified);
    unknown_features(options, &licensed, findings);
    reservations(options, &licensed, &reserved_packages(against.entitlements), findings);
    maxima(options, &licensed, findings);
    numbers(options, &licensed, findings);
}

/// Says of a rule that nothing it could be about is there.
fn unknown_features(options: &OptionsFile, licensed: &Licensed, findings: &mut Findings) {
    for line in &options.lines {
        let Some(spec) = feature_of(line) else { continue };
        match licensed.features.get(&spec.name) {
            None => warn(findings, line, || {
                let message =
                    format!("the license has no feature or package {}", quoted(spec.name.as_bytes()));
                (message, "the line matches nothing: check the spelling, or remove it")
            }),
            Some(known) if spec.modifier.as_ref().is_some_and(|m| !known.modified.contains_key(m)) => {
                warn(findings, line, || {
                    let message = format!("no license line is {}", quoted(spec.to_string().as_bytes()));
                    (message, "the line matches nothing: copy the value from the license line")
                });
            }
            Some(_) => {}
        }
    }
}

fn reservations(
    options: &OptionsFile,
    licensed: &Licensed,
    packages: &FxHashSet<&str>,
    findings: &mut Findings,
) {
    let mut reserved: BTreeMap<&FeatureSpec, u64> = BTreeMap::new();
    for line in &options.lines {
        let (Keyword::Reserve, What::Count { count, feature, .. }) = (line.keyword, &line.what) else {
            continue;
        };
        if packages.contains(feature.name.as_str()) {
            warn(findings, line, || {
                let message =
                    format!("{} is a SUITE_RESERVED package, so RESERVE is without effect", feature.name);
                (message, "remove the line: whoever takes a component has the others reserved")
            });
            continue;
        }
        let sum = reserved.entry(feature).or_default();
        let before = *sum;
        *sum += u64::from(*count);
        let Some(seats) = licensed.seats(feature).filter(|seats| before <= *seats && *seats < *sum) else {
            continue;
        };
        let sum = *sum;
        warn(findings, line, || {
            let message =
                format!("{sum} seats of {feature} are reserved up to here, and {seats} are licensed");
            (message, "only what fits is reserved, the first line first: reserve fewer")
        });
    }
}

fn maxima(options: &OptionsFile, licensed: &Licensed, findings: &mut Findings) {
    for line in options.lines.iter().filter(|line| line.keyword == Keyword::Max) {
        let What::Count { count, feature, .. } = &line.what else { continue };
        let Some(most) = licensed.most(feature).filter(|most| u64::from(*count) >= *most) else { continue };
        warn(findings, line, || {
            let message = format!("the maximum is never reached: {most} seats of {feature} are licensed");
            (message, "write a lower number, or remove the line")
        });
    }
}

/// Numbers and lists about what the license does not allow anyway.
fn numbers(options: &OptionsFile, licensed: &Licensed, findings: &mut Findings) {
    use Keyword::{BorrowLowwater, ExcludeBorrow, IncludeBorrow, MaxBorrowHours, MaxOverdraft};
    for line in &options.lines {
        let Some(spec) = feature_of(line) else { continue };
        let Some(known) = licensed.features.get(&spec.name) else { continue };
        match (line.keyword, &line.what) {
            (BorrowLowwater | ExcludeBorrow | IncludeBorrow | MaxBorrowHours, _)
                if !known.may_be_borrowed =>
            {
                warn(findings, line, || {
                    let message =
                        format!("the line changes nothing: no license line of {} has BORROW", spec.name);
                    (message, "remove it")
                });
            }
            (MaxOverdraft, What::Number { number, .. }) if u64::from(*number) >= known.overdraft => {
                let overdraft = known.overdraft;
                warn(findings, line, || {
                    let message =
                        format!("the line changes nothing: {} has an OVERDRAFT of {overdraft}", spec.name);
                    (message, "write a lower number, or remove the line")
                });
            }
            _ => {}
        }
    }
}
