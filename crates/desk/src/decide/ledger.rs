//! Orders, their issue, renewals, reconfiguration, voided packs and reserved ids.

use std::collections::BTreeSet;

use names::{CpuId, Email, Expiry, PackNumber};

use crate::actor::Power;
use crate::change::Row;
use crate::decision::{Decision, Draft};
use crate::ledger::{self, Issued};
use crate::model::{
    Case, CaseKind, CaseState, ConfigLine, Item, Order, OrderState, PackRow, PackStanding, Range,
};
use crate::{Command, CustomerNumber, Refusal, Role, check, limits};

/// Characters of a line that says what was done.
const LINE_CHARS: usize = 300;

pub(super) fn decide(draft: Draft<'_>, command: Command) -> Result<Decision, Refusal> {
    match command {
        Command::Order { company, subscription, invoice, buyer, items, host_keys } => {
            place(draft, Wish { company, subscription, invoice, buyer, items, host_keys })
        }
        Command::Issue { order, refuse, host_keys } => issue(draft, &order, &refuse, &host_keys),
        Command::Renew { company, ids, until, maintenance, host_keys } => {
            renew(draft, &company, &ids, until, maintenance, &host_keys)
        }
        Command::Reconfigure { company, ids, wish } => reconfigure(draft, &company, &ids, &wish),
        Command::VoidPack { pack, reason } => void(draft, &pack, &reason),
        Command::ReserveIds { from, to, note } => reserve(draft, from, to, &note),
        _ => Err(Refusal::NotFound("this command".into())),
    }
}

/// What somebody orders.
struct Wish {
    company: CustomerNumber,
    subscription: String,
    invoice: String,
    buyer: Option<Email>,
    items: Vec<Item>,
    host_keys: Vec<String>,
}

fn place(mut draft: Draft<'_>, wish: Wish) -> Result<Decision, Refusal> {
    let Wish { company, subscription, invoice, buyer, items, host_keys } = wish;
    known(&draft, &company)?;
    ledger::number("subscription", &subscription)?;
    ledger::number("invoice", &invoice)?;
    if items.is_empty() {
        return Err(Refusal::invalid("items", "order something"));
    }
    if items.len() > limits::ITEMS_MAX {
        return Err(Refusal::Limit(format!("an order has {} items at most", limits::ITEMS_MAX)));
    }
    ledger::host_keys(&host_keys)?;
    let number = next_order(&mut draft)?;
    let mut case = draft.open_case(CaseKind::Order, Some(company.clone()), &format!("Order {number}"))?;
    case.about.push(format!("order:{number}"));
    let order = Order {
        number,
        company,
        subscription,
        invoice,
        buyer,
        items,
        host_keys,
        state: OrderState::Placed,
        case: case.number.clone(),
        placed_ms: draft.ctx.now.0,
        packs: Vec::new(),
        version: 1,
    };
    let powers = draft.desk.powers(draft.actor, draft.ctx.role);
    if draft.ctx.role.is_vendor() && powers.has(Power::VendorDesk) {
        return sell(draft, case, order, &[]);
    }
    if draft.ctx.role.is_vendor() {
        // What cannot be issued is refused at once; the ids come with the issue.
        ledger::split(&draft.desk, draft.ctx, &order.company, &order.items)?;
    }
    let (state, what) = match draft.ctx.role {
        Role::Site => (CaseState::Waiting, "placed; it waits for the vendor"),
        Role::Vendor | Role::Both => (CaseState::Open, "placed; it waits for the vendor's desk"),
    };
    let about = format!("order {} placed", order.number);
    draft.put(ledger::fitting(Row::Order(Box::new(order)))?);
    draft.note_case(case, state, what)?;
    Ok(draft.done(about))
}

fn issue(
    mut draft: Draft<'_>,
    number: &str,
    refuse: &str,
    host_keys: &[String],
) -> Result<Decision, Refusal> {
    let order = draft.desk.order(number).cloned();
    let order = order.ok_or_else(|| Refusal::NotFound(format!("order {}", check::quoted(number))))?;
    if order.state != OrderState::Placed {
        let why = format!("order {number} was {} already", standing(order.state));
        return Err(Refusal::Conflict(why));
    }
    let case = draft.desk.own_case(&order.case).cloned();
    let case = case.ok_or_else(|| Refusal::NotFound(format!("case {}", order.case)))?;
    if refuse.is_empty() {
        return sell(draft, case, order, host_keys);
    }
    let refuse = check::words("refuse", refuse)?;
    let about = format!("order {number} refused");
    let order = Order { state: OrderState::Refused, version: order.version + 1, ..order };
    draft.put(Row::Order(Box::new(order)));
    draft.note_case(case, CaseState::Refused, &format!("refused: {refuse}"))?;
    Ok(draft.done(about))
}

/// Issues an order's ids, and signs the packs of its hosts.
fn sell(
    mut draft: Draft<'_>,
    mut case: Case,
    mut order: Order,
    more: &[String],
) -> Result<Decision, Refusal> {
    ledger::signer(draft.ctx)?;
    let mut keys = ledger::host_keys(&order.host_keys)?;
    // What the vendor's desk says now is newer than what came with the order.
    keys.extend(ledger::host_keys(more)?);
    order.state = OrderState::Issued;
    draft.put(ledger::fitting(Row::Order(Box::new(order.clone())))?);
    let issued = ledger::issue(&mut draft, &order.company, &order.items, &order.number)?;
    let packs = ledger::packs(&mut draft, &order.company, &issued.hosts, &keys, &case.number)?;
    let what = told(&mut draft, &issued);
    link(&mut case, issued.configurations.iter().map(|of| of.id), &packs, &issued.hosts);
    order.packs = packs;
    order.version += 1;
    let about = format!("order {} issued: {what}", order.number);
    draft.put(ledger::fitting(Row::Order(Box::new(order)))?);
    draft.note_case(case, CaseState::Done, &format!("issued: {what}"))?;
    Ok(draft.done(about))
}

/// Says what was issued; returns it in a line.
fn told(draft: &mut Draft<'_>, issued: &Issued) -> String {
    let counts = |lines: &[ConfigLine]| {
        let each: Vec<String> = lines.iter().map(|line| format!("{} {}", line.count, line.feature)).collect();
        each.join(", ")
    };
    for of in issued.configurations.iter().take(limits::NAMED_MAX) {
        let (new, all) = (counts(&of.added), counts(&of.configuration.lines));
        let host = &of.configuration.host;
        draft.say(cut(&match of.is_new {
            true => format!("configuration {} on {host} is new: {new}", of.id),
            false => format!("configuration {} on {host} has {new} more, now {all}", of.id),
        }));
    }
    if let Some(more) = issued.configurations.len().checked_sub(limits::NAMED_MAX).filter(|more| *more > 0) {
        draft.say(format!("and {more} configurations more"));
    }
    let each: Vec<String> =
        issued.configurations.iter().map(|of| format!("{} = {}", of.id, counts(&of.added))).collect();
    cut(&each.join("; "))
}

fn renew(
    mut draft: Draft<'_>,
    company: &CustomerNumber,
    ids: &[u64],
    until: Option<Expiry>,
    maintenance: bool,
    host_keys: &[String],
) -> Result<Decision, Refusal> {
    known(&draft, company)?;
    ledger::signer(draft.ctx)?;
    let keys = ledger::host_keys(host_keys)?;
    let named: Vec<String> = ids.iter().map(u64::to_string).collect();
    let subject = cut(&format!("Renewal of {}", named.join(", ")));
    let mut case = draft.open_case(CaseKind::Order, Some(company.clone()), &subject)?;
    let renewed = ledger::renew(&mut draft, company, ids, until, maintenance)?;
    let packs = ledger::packs(&mut draft, company, &renewed.hosts, &keys, &case.number)?;
    link(&mut case, renewed.ids.iter().copied(), &packs, &renewed.hosts);
    for said in &renewed.said {
        draft.say(said.clone());
    }
    let what = cut(&renewed.said.join("; "));
    draft.note_case(case, CaseState::Done, &format!("renewed: {what}"))?;
    Ok(draft.done(cut(&format!("renewed: {what}"))))
}

fn reconfigure(
    mut draft: Draft<'_>,
    company: &CustomerNumber,
    ids: &[u64],
    wish: &str,
) -> Result<Decision, Refusal> {
    let wish = check::words("wish", wish)?;
    if wish.is_empty() {
        return Err(Refusal::invalid("wish", "say what it is to be: modules, maintenance or version"));
    }
    if ids.is_empty() || ids.len() > limits::ITEMS_MAX {
        return Err(Refusal::invalid("ids", format!("name 1 to {} of them", limits::ITEMS_MAX)));
    }
    for id in ids {
        if !ledger::has(&draft, company, *id) {
            return Err(Refusal::NotFound(format!("configuration {id}")));
        }
    }
    let named: Vec<String> = ids.iter().map(u64::to_string).collect();
    let subject = cut(&format!("Reconfiguration of {}", named.join(", ")));
    let mut case = draft.open_case(CaseKind::Reconfiguration, Some(company.clone()), &subject)?;
    link(&mut case, ids.iter().copied(), &[], &[]);
    let state = if draft.ctx.role.is_vendor() { CaseState::Open } else { CaseState::Waiting };
    draft.note_case(case, state, &wish)?;
    Ok(draft.done(subject))
}

fn void(mut draft: Draft<'_>, number: &PackNumber, reason: &str) -> Result<Decision, Refusal> {
    ledger::signer(draft.ctx)?;
    let reason = check::words("reason", reason)?;
    if reason.is_empty() {
        return Err(Refusal::invalid("reason", "say why: it stays in the case"));
    }
    let pack = draft.desk.pack_of(ledger::vendor(draft.ctx)?, number).cloned();
    let pack = pack.ok_or_else(|| Refusal::NotFound(format!("pack {number}")))?;
    if pack.standing != PackStanding::Current {
        return Err(Refusal::Conflict(format!("pack {number} is superseded or void already")));
    }
    let subject = format!("Pack {number} voided");
    let mut case = draft.open_case(CaseKind::Void, Some(pack.company.clone()), &subject)?;
    link(
        &mut case,
        pack.configurations.iter().copied(),
        std::slice::from_ref(number),
        std::slice::from_ref(&pack.host),
    );
    draft.put(Row::Pack(Box::new(PackRow { standing: PackStanding::Void, ..pack.clone() })));
    draft.say(format!("the next pack of {} voids it; until then the host serves it", pack.host));
    draft.note_case(case, CaseState::Done, &format!("voided: {reason}"))?;
    Ok(draft.done(subject))
}

fn reserve(mut draft: Draft<'_>, from: u64, to: u64, note: &str) -> Result<Decision, Refusal> {
    if !draft.ctx.role.is_vendor() {
        return Err(Refusal::rule("role", "only the vendor's desk issues ids"));
    }
    let range = Range { from, to, note: check::name_or_none("note", note)? };
    ledger::reserve(&draft.desk, &range)?;
    let about = format!("ids {from} to {to} reserved");
    draft.put(Row::Range(Box::new(range)));
    Ok(draft.done(about))
}

/// Whether there is such a company; a site's desk knows only what its packs told it.
fn known(draft: &Draft<'_>, company: &CustomerNumber) -> Result<(), Refusal> {
    match draft.ctx.role == Role::Site || draft.desk.company(company).is_some() {
        true => Ok(()),
        false => Err(Refusal::NotFound(format!("company {company}"))),
    }
}

fn next_order(draft: &mut Draft<'_>) -> Result<String, Refusal> {
    loop {
        let number = format!("O-{}", draft.next("order", 1001)?);
        if draft.desk.order(&number).is_none() {
            return Ok(number);
        }
    }
}

/// What a case is found by.
fn link(case: &mut Case, ids: impl IntoIterator<Item = u64>, packs: &[PackNumber], hosts: &[CpuId]) {
    let mut about = std::mem::take(&mut case.about);
    about.extend(ids.into_iter().map(|id| format!("configuration:{id}")));
    about.extend(packs.iter().map(|pack| format!("pack:{pack}")));
    about.extend(hosts.iter().map(|host| format!("host:{host}")));
    let mut seen = BTreeSet::new();
    about.retain(|one| seen.insert(one.clone()));
    about.truncate(limits::CASE_ABOUT_MAX);
    case.about = about;
}

fn standing(state: OrderState) -> &'static str {
    match state {
        OrderState::Placed => "placed",
        OrderState::Issued => "issued",
        OrderState::Refused => "refused",
    }
}

/// A line of what a journal and a history show.
fn cut(text: &str) -> String {
    match text.char_indices().nth(LINE_CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}
