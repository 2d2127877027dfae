//! Packs that are served here: installed, and what they bring (T6).

use std::collections::BTreeSet;

use names::{ConfigId, CpuId, Email, PackNumber, Vendor};

use crate::change::Row;
use crate::context::{Assigned, Owned};
use crate::decision::{Decision, Draft, Install, SeatChange};
use crate::hashed::Hashed;
use crate::look::counting;
use crate::model::{Bought, CaseKind, CaseState, Company, PackRow, PackStanding};
use crate::{Command, CustomerNumber, Refusal, limits};

use super::people;
use super::requests::signed_text;

pub(super) fn decide(draft: Draft<'_>, command: Command) -> Result<Decision, Refusal> {
    match command {
        Command::InstallPack { company, pack, text, owned } => install(draft, &company, pack, &text, &owned),
        Command::Served => served(draft),
        _ => Err(Refusal::NotFound("this command".into())),
    }
}

fn install(
    mut draft: Draft<'_>,
    number: &CustomerNumber,
    pack: PackNumber,
    text: &str,
    owned: &[Owned],
) -> Result<Decision, Refusal> {
    let about = format!("pack {pack} of company {number}");
    let (vendor, host) = is_for_here(&draft, number, &pack, text, owned)?;
    let kept = draft.desk.pack_of(&vendor, &pack).cloned();
    if let Some(kept) = &kept {
        same_pack(kept, number, text)?;
    }
    found_company(&mut draft, number);
    let subject = format!("install pack {pack}");
    let mut case = draft.open_case(CaseKind::Install, Some(number.clone()), &subject)?;
    case.about = vec![format!("pack:{pack}"), format!("company:{number}")];
    let voids = voids(text);
    let what = supersede(&mut draft, number, &vendor, &voids);
    let row = kept.unwrap_or_else(|| PackRow {
        vendor: vendor.clone(),
        number: pack.clone(),
        company: number.clone(),
        host,
        text: text.to_owned(),
        configurations: configurations(owned),
        voids,
        standing: PackStanding::Current,
        case: case.number.clone(),
        issued_ms: draft.ctx.now.0,
    });
    case.about.push(format!("host:{}", row.host));
    case.about
        .extend(row.configurations.iter().take(limits::NAMED_MAX).map(|id| format!("configuration:{id}")));
    // The same pack with and without the vendor's comment is one file.
    let text = row.text.clone();
    draft.put(Row::Pack(Box::new(row)));
    draft.note_case(case, CaseState::Done, &format!("{subject}{what}"))?;
    draft.install(Install { vendor, pack, text });
    Ok(draft.done(about))
}

fn is_for_here(
    draft: &Draft<'_>,
    number: &CustomerNumber,
    pack: &PackNumber,
    text: &str,
    owned: &[Owned],
) -> Result<(Vendor, CpuId), Refusal> {
    if !draft.ctx.role.is_site() {
        return Err(Refusal::rule("W1", "this desk is a vendor's: it serves no licenses"));
    }
    if text.len() > limits::FILE_BYTES_MAX {
        return Err(Refusal::Limit(format!("a pack has {} bytes at most", limits::FILE_BYTES_MAX)));
    }
    let Some(first) = owned.first() else {
        let why = "the pack has no license for this host; ask the vendor for its pack";
        return Err(Refusal::invalid("text", why));
    };
    if owned.iter().any(|owned| owned.pool.vendor() != first.pool.vendor()) {
        return Err(Refusal::invalid("text", "its lines are of several vendors; install one pack at a time"));
    }
    if let Some(other) = owned.iter().find(|owned| owned.pack != *pack) {
        let why = format!("its lines are of pack {}; give that number", other.pack);
        return Err(Refusal::invalid("pack", why));
    }
    // Whose it is else is not told: it is somebody else's.
    if owned.iter().filter_map(|owned| owned.company.as_ref()).any(|company| company != number) {
        let why = format!("it is another company's pack, not company {number}'s; its CUSTOMER= says whose");
        return Err(Refusal::rule("W6", why));
    }
    let vendor = first.pool.vendor();
    let is_newer = |newer: &PackRow| newer.vendor == *vendor && newer.voids.contains(pack);
    if draft.desk.packs_of(number).any(is_newer) {
        return Err(Refusal::rule("W7", format!("a newer pack voids pack {pack}; install that one")));
    }
    Ok((vendor.clone(), draft.ctx.host.unwrap_or(first.pool.cpu()).clone()))
}

fn same_pack(kept: &PackRow, number: &CustomerNumber, text: &str) -> Result<(), Refusal> {
    if kept.company != *number || signed_text(&kept.text) != signed_text(text) {
        let why =
            format!("there is another pack {} of {}; a vendor gives a number once", kept.number, kept.vendor);
        return Err(Refusal::rule("W1", why));
    }
    if kept.standing != PackStanding::Current {
        let why = format!("pack {} is void; install the pack that took its place", kept.number);
        return Err(Refusal::rule("W7", why));
    }
    Ok(())
}

fn configurations(owned: &[Owned]) -> Vec<u64> {
    let ids: BTreeSet<u64> = owned.iter().filter_map(|owned| id_of(owned.pool.config())).collect();
    ids.into_iter().collect()
}

fn id_of(config: &ConfigId) -> Option<u64> {
    match config {
        ConfigId::Number(id) => Some(*id),
        ConfigId::OfPack(_) => None,
    }
}

/// The packs that a pack's text voids. It was verified before; here it is only read.
fn voids(text: &str) -> Vec<PackNumber> {
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("VOIDS=") {
        let list = match after.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => after.split_whitespace().next(),
        };
        let words = list.unwrap_or_default().split([' ', '\t', ',']);
        found.extend(words.filter_map(|word| PackNumber::new(word).ok()));
        rest = after;
    }
    found.into_iter().collect()
}

/// The company's packs that another one voids are superseded; they are kept.
fn supersede(
    draft: &mut Draft<'_>,
    company: &CustomerNumber,
    vendor: &Vendor,
    voids: &[PackNumber],
) -> String {
    let mut what = String::new();
    for number in voids {
        let kept = draft.desk.pack_of(vendor, number).filter(|kept| kept.company == *company).cloned();
        if let Some(kept) = kept.filter(|kept| kept.standing == PackStanding::Current) {
            what.push_str(&format!("; pack {number} is superseded"));
            draft.put(Row::Pack(Box::new(PackRow { standing: PackStanding::Superseded, ..kept })));
        }
    }
    what
}

/// The company that a pack names, where the desk has not heard of it.
fn found_company(draft: &mut Draft<'_>, number: &CustomerNumber) {
    if draft.desk.company(number).is_none() {
        let company = Company::new(number.clone(), number.as_str(), draft.ctx.now);
        draft.put(Row::Company(Box::new(company)));
        draft.say(format!("company {number} is new: a pack names it"));
    }
}

fn served(mut draft: Draft<'_>) -> Result<Decision, Refusal> {
    let owned = draft.ctx.owned;
    let companies: BTreeSet<&CustomerNumber> =
        owned.iter().filter_map(|owned| owned.company.as_ref()).collect();
    for number in companies {
        found_company(&mut draft, number);
    }
    let buyers: BTreeSet<&Email> = owned.iter().filter_map(|owned| owned.buyer.as_ref()).collect();
    for buyer in buyers {
        people::account(&mut draft, buyer, "")?;
    }
    if draft.ctx.role.is_site() {
        give_to_buyers(&mut draft);
    }
    Ok(draft.done("licenses that are served"))
}

/// Whoever buys has a seat of the first license of the purchase (T6). Each purchase is looked at once: a seat
/// that was taken back from a buyer does not return with the next pack.
fn give_to_buyers(draft: &mut Draft<'_>) {
    let mut given: Vec<Assigned> = Vec::new();
    for owned in draft.ctx.owned {
        let Some(buyer) = owned.buyer.as_ref().filter(|_| owned.is_named) else { continue };
        let of = purchase(owned, buyer);
        // Of what has yet to begin nobody is given a seat: it is looked at when it has.
        if owned.until.is_past(draft.ctx.now)
            || owned.from.is_some_and(|from| from > draft.ctx.today())
            || draft.desk.tables.bought.contains_key(&of)
            || draft.desk.person(buyer).is_none()
        {
            continue;
        }
        let (email, pool, at_ms) = (buyer.clone(), owned.pool.to_string(), draft.ctx.now.0);
        draft.put(Row::Bought(Box::new(Bought { of, email, pool, at_ms })));
        match seat_of(draft, owned, buyer, &given) {
            Ok(seat) => {
                draft.say(format!("{buyer} bought {}, and has a seat of it", seat.pool));
                given.push(seat);
            }
            Err(why) => draft.say(why),
        }
    }
    for seat in given {
        draft.seat(SeatChange::Assign(seat));
    }
}

/// A buyer's seat, or in words why there is none.
fn seat_of(draft: &Draft<'_>, owned: &Owned, buyer: &Email, given: &[Assigned]) -> Result<Assigned, String> {
    let all = || draft.ctx.assigned.iter().chain(given).filter(|one| !one.until.is_past(draft.ctx.now));
    let product = |one: &&Assigned| {
        one.pool.vendor() == owned.pool.vendor() && one.pool.feature() == owned.pool.feature()
    };
    if all().any(|one| one.email == *buyer && product(&one)) {
        return Err(format!(
            "{buyer} bought {}, and has a seat of {} already",
            owned.pool,
            owned.pool.feature()
        ));
    }
    let of_pool: Vec<&Owned> = draft.ctx.owned.iter().filter(|other| other.pool == owned.pool).collect();
    let seats: u64 = counting(draft.ctx, &of_pool).map(|other| u64::from(other.quantity)).sum();
    let taken = all().filter(|one| one.pool == owned.pool).count() as u64;
    if seats != 0 && taken >= seats {
        return Err(format!("{buyer} bought {}, and no seat of it is free", owned.pool));
    }
    let from = draft.ctx.today();
    Ok(Assigned { pool: owned.pool.clone(), email: buyer.clone(), from, until: owned.until })
}

/// A purchase: what was bought together, known by the numbers of subscription and invoice; without them, by
/// the license.
fn purchase(owned: &Owned, buyer: &Email) -> String {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (subscription, invoice) = (text(&owned.subscription), text(&owned.invoice));
    let is_numbered = !subscription.is_empty() || !invoice.is_empty();
    let license = if is_numbered { String::new() } else { owned.pool.to_string() };
    let vendor = owned.pool.vendor();
    let company = owned.company.as_ref().map_or("", CustomerNumber::as_str);
    let mut of = Hashed::default();
    for part in [vendor.as_str(), company, buyer.as_str(), &subscription, &invoice, &license] {
        of.add(part);
    }
    of.text()
}
