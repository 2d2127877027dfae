//! Renewal: another end, or another maintenance status, which makes another configuration of it (rule 4).

use std::collections::{BTreeMap, BTreeSet};

use names::{ConfigId, CpuId, Date, Expiry};

use super::allocate::Ids;
use super::check::fitting;
use super::issue::{active_keys, vendor};
use super::key::Key;
use super::lines;
use crate::change::Row;
use crate::decision::Draft;
use crate::model::{ConfigLine, ConfigStanding, Configuration};
use crate::{Assigned, CustomerNumber, Owned, Refusal, limits};

/// What a renewal comes to.
pub(crate) struct Renewed {
    /// The ids, those that took the place of retired ones too.
    pub(crate) ids: Vec<u64>,
    /// The license hosts whose packs change.
    pub(crate) hosts: Vec<CpuId>,
    /// What was done, one for each id.
    pub(crate) said: Vec<String>,
}

/// Renews configurations. Those whose maintenance becomes another one go under the id of the configuration
/// that they are then, which is another id; they are retired with it as their successor.
///
/// # Errors
/// An id that the company does not have, an end before the one that is there, and a line that has yet to
/// begin.
pub(crate) fn renew(
    draft: &mut Draft<'_>,
    company: &CustomerNumber,
    ids: &[u64],
    until: Option<Expiry>,
    maintenance: bool,
) -> Result<Renewed, Refusal> {
    let mut hosts = BTreeSet::new();
    let mut renewed = Renewed { ids: Vec::new(), hosts: Vec::new(), said: Vec::new() };
    let ids: BTreeSet<u64> = ids.iter().copied().collect();
    if ids.is_empty() || ids.len() > limits::ITEMS_MAX {
        return Err(Refusal::invalid("ids", format!("name 1 to {} of them", limits::ITEMS_MAX)));
    }
    let mut keys = active_keys(&draft.desk, vendor(draft.ctx)?, company);
    for id in ids {
        let mut old = active(draft, company, id)?;
        hosts.insert(old.host.clone());
        let today = draft.ctx.today();
        if let Some(until) = until {
            lengthen(&mut old, until, today)?;
        }
        renewed.ids.push(id);
        if old.maintenance == maintenance {
            renewed.said.push(format!("configuration {id} renewed"));
            old.version += 1;
            draft.put(Row::Configuration(Box::new(old)));
        } else {
            warn_of_people(draft, &old);
            let new = put_under_another(draft, old, maintenance, &mut keys)?;
            renewed.said.push(format!("configuration {id} retired, its seats are of configuration {new}"));
            renewed.ids.push(new);
        }
    }
    renewed.hosts = hosts.into_iter().collect();
    Ok(renewed)
}

/// Whether a company has an active configuration: in the ledger, or of a site served here.
pub(crate) fn has(draft: &Draft<'_>, company: &CustomerNumber, id: u64) -> bool {
    let is_own = |of: &&Owned| of.company.as_ref().is_none_or(|own| own == company);
    let served = || draft.ctx.owned.iter().filter(is_own).any(|of| *of.pool.config() == ConfigId::Number(id));
    active(draft, company, id).is_ok() || (draft.ctx.role.is_site() && served())
}

/// A company's active configuration.
///
/// # Errors
/// That there is none.
pub(crate) fn active(draft: &Draft<'_>, company: &CustomerNumber, id: u64) -> Result<Configuration, Refusal> {
    let found = draft.desk.configuration(vendor(draft.ctx)?, id).filter(|found| found.company == *company);
    let found = found.ok_or_else(|| Refusal::NotFound(format!("configuration {id}")))?;
    if found.standing != ConfigStanding::Active {
        let why = format!("configuration {id} is retired or moved; its seats are of {:?}", found.successors);
        return Err(Refusal::invalid("ids", why));
    }
    Ok(found.clone())
}

/// Gives lines another end: those that are in force, or of a feature that has none those that ended last.
/// Lines that are the same then become one.
fn lengthen(of: &mut Configuration, until: Expiry, today: Date) -> Result<(), Refusal> {
    let id = of.id;
    let begins = |line: &ConfigLine| line.from.filter(|from| *from > today);
    if let Some((line, from)) = of.lines.iter().find_map(|line| Some((line, begins(line)?))) {
        let why = format!(
            "configuration {id} has {} from {from} on: renew it when that has begun, or order what is missing",
            line.feature
        );
        return Err(Refusal::invalid("ids", why));
    }
    let before = std::mem::take(&mut of.lines);
    for line in &before {
        let last = before.iter().filter(|other| other.feature == line.feature).map(|other| other.until).max();
        let is_last = last.is_some_and(|last| line.until >= last.min(Expiry::On(today)));
        if is_last && line.until > until {
            let why =
                format!("configuration {id} has {} through {}, which is later", line.feature, line.until);
            return Err(Refusal::invalid("until", why));
        }
        let until = if is_last { until } else { line.until };
        lines::add(id, &mut of.lines, ConfigLine { until, ..line.clone() }, today)?;
    }
    Ok(())
}

/// Named seats are people's under an id: under another they are to be assigned again.
fn warn_of_people(draft: &mut Draft<'_>, of: &Configuration) {
    let id = of.id;
    let of_it =
        |seat: &&Assigned| *seat.pool.vendor() == of.vendor && *seat.pool.config() == ConfigId::Number(id);
    let people = draft.ctx.assigned.iter().filter(of_it).count();
    if people > 0 {
        draft.say(format!("{people} named seats of configuration {id} are to be assigned again"));
    }
}

/// Moves all of a configuration under the id of the one that it is with another maintenance status: one that is
/// there, or a new one.
fn put_under_another(
    draft: &mut Draft<'_>,
    mut old: Configuration,
    maintenance: bool,
    keys: &mut BTreeMap<Key, u64>,
) -> Result<u64, Refusal> {
    let key = Key { maintenance, ..Key::of(&old) };
    is_module_or_product(draft, &old, &key, keys)?;
    let same = keys.get(&key).and_then(|id| draft.desk.configuration(&old.vendor, *id));
    let mut new = match same.cloned() {
        Some(same) => same,
        None => {
            let mut ids = Ids::of(&draft.desk);
            let id = ids.take(|id| draft.desk.configuration(&old.vendor, id).is_some())?;
            if let Some(counter) = ids.counter() {
                draft.put(Row::Counter(Box::new(counter)));
            }
            let (lines, warnings) = (Vec::new(), Vec::new());
            Configuration { id, maintenance, lines, warnings, version: 0, ..old.clone() }
        }
    };
    for line in &old.lines {
        lines::add(new.id, &mut new.lines, line.clone(), draft.ctx.today())?;
    }
    let id = new.id;
    join(id, &mut new.serials, &old.serials)?;
    join(id, &mut new.installs, &old.installs)?;
    keys.remove(&Key::of(&old));
    keys.insert(key, id);
    new.version += 1;
    old.version += 1;
    old.standing = ConfigStanding::Retired;
    old.successors = vec![id];
    draft.put(fitting(Row::Configuration(Box::new(new)))?);
    draft.put(Row::Configuration(Box::new(old)));
    Ok(id)
}

/// A feature that is a product stays no module that floats by itself, and the other way round, when it comes
/// beside another configuration.
fn is_module_or_product(
    draft: &Draft<'_>,
    of: &Configuration,
    key: &Key,
    keys: &BTreeMap<Key, u64>,
) -> Result<(), Refusal> {
    for feature in of.lines.iter().map(|line| &line.feature) {
        let other = key.other_kind(feature).and_then(|other| keys.get(&other));
        let other = other.and_then(|id| draft.desk.configuration(&of.vendor, *id));
        if let Some(other) = other.filter(|other| other.lines.iter().any(|line| line.feature == *feature)) {
            let why = format!(
                "{feature} of configuration {} is a product in one and a module that floats by itself in the \
                 other, with configuration {}: under one maintenance status it cannot be both",
                of.id, other.id
            );
            return Err(Refusal::rule("1", why));
        }
    }
    Ok(())
}

/// Numbers from before, each once.
fn join(id: u64, to: &mut Vec<String>, from: &[String]) -> Result<(), Refusal> {
    let mut seen: BTreeSet<String> = to.iter().cloned().collect();
    to.extend(from.iter().filter(|one| seen.insert((*one).clone())).cloned());
    if to.len() <= limits::OLD_NUMBERS_MAX {
        return Ok(());
    }
    let why = format!("configuration {id} would have more than {} old numbers", limits::OLD_NUMBERS_MAX);
    Err(Refusal::Limit(why))
}
