//! The lines of a configuration: one for each feature, version and period.

use names::{CpuId, Date, Expiry, limits as name_limits};

use crate::model::ConfigLine;
use crate::{Refusal, limits};

/// Adds a line: more of one that is there, or another one.
///
/// # Errors
/// More seats or lines than there may be, and a workstation that has the feature already in that time (from
/// today on).
pub(crate) fn add(
    id: u64,
    lines: &mut Vec<ConfigLine>,
    mut line: ConfigLine,
    today: Date,
) -> Result<(), Refusal> {
    line.workstations.sort();
    let in_the_way = |there: &&ConfigLine| {
        there.feature == line.feature && there.until >= Expiry::On(today) && overlap(there, &line)
    };
    for there in lines.iter().filter(in_the_way) {
        if let Some(twice) = line.workstations.iter().find(|ws| has(there, ws)) {
            let why = format!(
                "workstation {twice} would have two seats of {} in configuration {id}: one through {} is there, \
                 and one through {} is asked for; a locked id has as many licenses as workstations",
                line.feature, there.until, line.until
            );
            return Err(Refusal::rule("2", why));
        }
    }
    if line.count > name_limits::SEATS_MAX {
        return Err(full(id, &line, 0));
    }
    if let Some(there) = lines.iter_mut().find(|there| is_same(there, &line)) {
        return raise(id, there, line);
    }
    if lines.len() >= limits::LINES_MAX {
        return Err(Refusal::Limit(format!("configuration {id} has {} lines", limits::LINES_MAX)));
    }
    lines.push(line);
    Ok(())
}

/// One line of what is the same but for its seats.
fn is_same(a: &ConfigLine, b: &ConfigLine) -> bool {
    a.feature == b.feature && a.version == b.version && a.from == b.from && a.until == b.until
}

fn has(line: &ConfigLine, workstation: &CpuId) -> bool {
    line.workstations.binary_search(workstation).is_ok()
}

/// Whether there is a day of both.
fn overlap(a: &ConfigLine, b: &ConfigLine) -> bool {
    let ends_before = |until: Expiry, from: Option<Date>| match (until, from) {
        (Expiry::On(until), Some(from)) => until < from,
        _ => false,
    };
    !ends_before(a.until, b.from) && !ends_before(b.until, a.from)
}

fn raise(id: u64, there: &mut ConfigLine, more: ConfigLine) -> Result<(), Refusal> {
    let count = there.count.checked_add(more.count).filter(|count| *count <= name_limits::SEATS_MAX);
    let count = count.ok_or_else(|| full(id, there, more.count))?;
    if there.workstations.len() + more.workstations.len() > limits::PLACES_MAX {
        return Err(Refusal::Limit(format!("configuration {id} has {} workstations", limits::PLACES_MAX)));
    }
    there.count = count;
    there.workstations.extend(more.workstations);
    there.workstations.sort();
    there.order = more.order;
    Ok(())
}

fn full(id: u64, line: &ConfigLine, more: u32) -> Refusal {
    let have = u64::from(line.count) + u64::from(more);
    let most = name_limits::SEATS_MAX;
    Refusal::Limit(format!(
        "configuration {id} would have {have} seats of {}; the most are {most}",
        line.feature
    ))
}
