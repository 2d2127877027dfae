//! What an item must be before it is put under an id.

use std::collections::BTreeSet;

use names::{CpuId, Expiry, Word, limits as name_limits};

use crate::change::Row;
use crate::context::{Context, Role};
use crate::model::{Item, Seat};
use crate::{Refusal, check, limits};

/// An item in its one spelling: modules sorted, numbers once, a locked one with its license host.
///
/// # Errors
/// What is wrong with it, by its number in the order.
pub(crate) fn item(at: usize, item: &Item, ctx: &Context<'_>) -> Result<Item, Refusal> {
    let mut good = item.clone();
    checked(&mut good, ctx).map_err(|refusal| match refusal {
        Refusal::Invalid { field, why } => Refusal::invalid(field, format!("item {}: {why}", at + 1)),
        Refusal::Rule { rule, why } => Refusal::rule(rule, format!("item {}: {why}", at + 1)),
        other => other,
    })?;
    Ok(good)
}

fn checked(item: &mut Item, ctx: &Context<'_>) -> Result<(), Refusal> {
    words("product_line", &item.product_line)?;
    modules(item)?;
    once(&mut item.serials);
    once(&mut item.installs);
    numbers("serials", &item.serials)?;
    numbers("installs", &item.installs)?;
    if let (Some(from), Expiry::On(until)) = (item.from, item.until)
        && until < from
    {
        return Err(Refusal::invalid("until", format!("it ends on {until}, before it begins on {from}")));
    }
    if item.id.is_some_and(|id| id == 0 || id > limits::CONFIGURATION_ID_MAX) {
        let why = format!("a Configuration ID is 1 to {}", limits::CONFIGURATION_ID_MAX);
        return Err(Refusal::invalid("id", why));
    }
    places(item)?;
    host(item, ctx)
}

fn modules(item: &mut Item) -> Result<(), Refusal> {
    item.modules.sort();
    item.modules.dedup();
    for module in &item.modules {
        words("modules", module)?;
        if module.contains([' ', ',']) {
            let why = format!("{module:?}: a module's name has no blank and no comma");
            return Err(Refusal::invalid("modules", why));
        }
    }
    if item.modules.len() > limits::MODULES_MAX {
        return Err(Refusal::Limit(format!("a configuration has {} modules at most", limits::MODULES_MAX)));
    }
    if !item.is_module {
        return Ok(());
    }
    let why = match (item.seat, item.modules.is_empty(), item.serials.is_empty()) {
        (Seat::Floating, true, true) => return Ok(()),
        (Seat::Floating, true, false) => "a module that floats by itself has no serial number",
        (Seat::Floating, false, _) => "a module that floats by itself has no modules",
        _ => "a module by itself is floating; locked and named ones are modules of their product",
    };
    Err(Refusal::invalid("is_module", why))
}

fn places(item: &Item) -> Result<(), Refusal> {
    if item.places.is_empty() || item.places.len() > limits::PLACES_MAX {
        return Err(Refusal::invalid("places", format!("name 1 to {} of them", limits::PLACES_MAX)));
    }
    let mut seen = BTreeSet::new();
    for place in &item.places {
        machine(&place.cpu)?;
        if place.count == 0 {
            return Err(Refusal::invalid("places", format!("say how many of them are on {}", place.cpu)));
        }
        if place.count > name_limits::SEATS_MAX {
            let why = format!("{} on {}: the most are {}", place.count, place.cpu, name_limits::SEATS_MAX);
            return Err(Refusal::invalid("places", why));
        }
        if item.seat != Seat::Locked {
            continue;
        }
        if place.count != 1 {
            let why = format!("{} licenses for the one workstation {}", place.count, place.cpu);
            return Err(Refusal::rule("2", why));
        }
        if !seen.insert(&place.cpu) {
            return Err(Refusal::rule("2", format!("workstation {} is named twice", place.cpu)));
        }
    }
    Ok(())
}

/// The license host of a locked item: the one that it names, or this one where this desk serves.
fn host(item: &mut Item, ctx: &Context<'_>) -> Result<(), Refusal> {
    if item.seat != Seat::Locked {
        return match &item.host {
            None => Ok(()),
            Some(_) => {
                Err(Refusal::invalid("host", "only a locked item names it: the places are the license hosts"))
            }
        };
    }
    if item.host.is_none() && ctx.role == Role::Both {
        item.host = ctx.host.cloned();
    }
    match &item.host {
        Some(host) => machine(host),
        None => Err(Refusal::invalid("host", "a locked item names the license host that serves it")),
    }
}

/// One machine's id.
fn machine(cpu: &CpuId) -> Result<(), Refusal> {
    let text = cpu.as_str();
    let people = ["USER=", "DISPLAY="].iter().any(|key| text.starts_with(key));
    if cpu.is_any() || text == "DEMO" || people || text.contains('*') {
        return Err(Refusal::invalid("places", format!("{cpu} is not one machine's host id")));
    }
    Ok(())
}

fn once(list: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    list.retain(|one| seen.insert(one.clone()));
}

/// Serial, install, subscription, invoice numbers.
fn numbers(field: &'static str, list: &[String]) -> Result<(), Refusal> {
    if list.len() > limits::OLD_NUMBERS_MAX {
        return Err(Refusal::Limit(format!("there are {} {field} at most", limits::OLD_NUMBERS_MAX)));
    }
    for one in list {
        if one.is_empty() || one.contains(' ') {
            return Err(Refusal::invalid(field, format!("{one:?}: a number is one word")));
        }
        number(field, one)?;
    }
    Ok(())
}

/// A number that people read out, which stands on a license line; it may be empty.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn number(field: &'static str, text: &str) -> Result<(), Refusal> {
    if text.is_empty() {
        return Ok(());
    }
    if text.chars().count() > limits::NUMBER_CHARS_MAX {
        return Err(Refusal::invalid(
            field,
            format!("it has more than {} characters", limits::NUMBER_CHARS_MAX),
        ));
    }
    words(field, text)
}

/// Words with one blank between them that can stand on a license line and be shown as they are.
fn words(field: &'static str, text: &str) -> Result<(), Refusal> {
    if text.chars().count() > limits::NAME_CHARS_MAX {
        return Err(Refusal::invalid(
            field,
            format!("it has more than {} characters", limits::NAME_CHARS_MAX),
        ));
    }
    for word in text.split(' ') {
        let shown = Word::nearest(word);
        if word.is_empty() {
            return Err(Refusal::invalid(field, "it is empty, or has blanks at its ends or two together"));
        }
        if word.contains(['"', '\\']) {
            return Err(Refusal::invalid(field, format!("{shown}: it has a quote or a backslash")));
        }
        Word::new(field, word).map_err(|e| Refusal::invalid(field, e))?;
        if let Some(c) = word.chars().find(|c| check::is_hidden(*c)) {
            return Err(Refusal::invalid(
                field,
                format!("{shown}: it has the character {c:?}; leave it out"),
            ));
        }
    }
    Ok(())
}

/// A row that the journal takes.
///
/// # Errors
/// One that is too long.
pub(crate) fn fitting(row: Row) -> Result<Row, Refusal> {
    let (bytes, most) = (row.encode().len(), limits::ROW_BYTES_MAX);
    if bytes > most {
        let why = format!("{} would have {bytes} bytes, and the most are {most}: make it smaller", row.key());
        return Err(Refusal::Limit(why));
    }
    Ok(row)
}
