//! Items become configurations: the split, and the ids.

use std::collections::{BTreeMap, BTreeSet};

use names::{CpuId, Date, Feature, Vendor};

use super::allocate::Ids;
use super::key::Key;
use super::{check, lines};
use crate::change::Row;
use crate::decision::Draft;
use crate::model::{ConfigLine, ConfigStanding, Configuration, Item, Seat};
use crate::{Action, Actor, Context, CustomerNumber, Desk, Refusal, limits};

/// What an order comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The configurations, each once, by id.
    pub configurations: Vec<Added>,
    /// Where each item went, in the order of the items.
    pub parts: Vec<Part>,
    /// The license hosts whose packs change.
    pub hosts: Vec<CpuId>,
}

/// A configuration that something was added to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Its id.
    pub id: u64,
    /// It was issued for this; else its lines were raised, or it has more of them.
    pub is_new: bool,
    /// What was added.
    pub added: Vec<ConfigLine>,
    /// As it is now.
    pub configuration: Configuration,
}

/// What of an item went under which id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which item, from 0.
    pub item: usize,
    /// The license host.
    pub host: CpuId,
    /// The id.
    pub id: u64,
    /// How many.
    pub count: u32,
}

/// Puts items under ids: those of the configurations that the company has already, or new ones. Packs
/// are not signed.
///
/// # Errors
/// An item that is wrong, a limit, and a given id that a rule forbids.
pub fn issue(
    draft: &mut Draft<'_>,
    company: &CustomerNumber,
    items: &[Item],
    order: &str,
) -> Result<Issued, Refusal> {
    let vendor = vendor(draft.ctx)?.clone();
    let good: Result<Vec<Item>, Refusal> =
        items.iter().enumerate().map(|(at, item)| check::item(at, item, draft.ctx)).collect();
    let good = good?;
    let mut books = Books::open(draft, &vendor, company, order);
    // What is wanted under an id comes first, so that the others of its configuration join it.
    let (given, free): (Vec<_>, Vec<_>) = good.iter().enumerate().partition(|(_, item)| item.id.is_some());
    for (at, item) in given.into_iter().chain(free) {
        books.add(at, item)?;
    }
    let closed = books.close();
    for row in closed.rows {
        draft.put(check::fitting(row)?);
    }
    Ok(closed.issued)
}

/// The split of an order, to be shown before it is confirmed: nothing is changed.
///
/// # Errors
/// As [`issue`].
pub fn split(
    desk: &Desk,
    ctx: &Context<'_>,
    company: &CustomerNumber,
    items: &[Item],
) -> Result<Issued, Refusal> {
    let mut draft = Draft::new(desk, ctx, &Actor::Daemon, Action::Issue);
    issue(&mut draft, company, items, "")
}

/// The vendor whose ledger it is.
///
/// # Errors
/// That there is none.
pub(crate) fn vendor<'a>(ctx: &Context<'a>) -> Result<&'a Vendor, Refusal> {
    ctx.vendor.ok_or_else(|| Refusal::invalid("vendor", "this desk's configuration names no vendor"))
}

/// The ids of a company's configurations that are in force.
pub(crate) fn active_keys(desk: &Desk, vendor: &Vendor, company: &CustomerNumber) -> BTreeMap<Key, u64> {
    let own = desk.configurations_of(company);
    let own = own.filter(|own| own.vendor == *vendor && own.standing == ConfigStanding::Active);
    own.map(|own| (Key::of(own), own.id)).collect()
}

/// The company's configurations while items are put under ids.
struct Books<'a> {
    desk: &'a Desk,
    vendor: &'a Vendor,
    company: &'a CustomerNumber,
    order: &'a str,
    today: Date,
    ids: Ids,
    active: BTreeMap<Key, u64>,
    touched: BTreeMap<u64, Touched>,
    parts: Vec<Part>,
}

struct Touched {
    configuration: Configuration,
    is_new: bool,
    added: Vec<ConfigLine>,
    serials: BTreeSet<String>,
    installs: BTreeSet<String>,
    /// The first item that came to it.
    item: usize,
}

impl Touched {
    fn new(configuration: Configuration, is_new: bool, item: usize) -> Self {
        let serials = configuration.serials.iter().cloned().collect();
        let installs = configuration.installs.iter().cloned().collect();
        Self { configuration, is_new, added: Vec::new(), serials, installs, item }
    }

    /// Attaches an item's numbers from before, each once.
    fn join(&mut self, id: u64, item: &Item) -> Result<(), Refusal> {
        let own = &mut self.configuration;
        own.serials.extend(item.serials.iter().filter(|one| self.serials.insert((*one).clone())).cloned());
        own.installs.extend(item.installs.iter().filter(|one| self.installs.insert((*one).clone())).cloned());
        if own.serials.len().max(own.installs.len()) <= limits::OLD_NUMBERS_MAX {
            return Ok(());
        }
        let why = format!("configuration {id} would have more than {} old numbers", limits::OLD_NUMBERS_MAX);
        Err(Refusal::Limit(why))
    }
}

struct Closed {
    rows: Vec<Row>,
    issued: Issued,
}

impl<'a> Books<'a> {
    fn open(draft: &'a Draft<'_>, vendor: &'a Vendor, company: &'a CustomerNumber, order: &'a str) -> Self {
        let desk = &draft.desk;
        Self {
            desk,
            vendor,
            company,
            order,
            today: draft.ctx.today(),
            ids: Ids::of(desk),
            active: active_keys(desk, vendor, company),
            touched: BTreeMap::new(),
            parts: Vec::new(),
        }
    }

    fn add(&mut self, at: usize, item: &Item) -> Result<(), Refusal> {
        for (host, count, workstations) in shares(item) {
            let key = Key::of_item(item, host.clone());
            self.is_module_or_product(at, item, &key)?;
            let id = match item.id {
                Some(id) => self.given(at, id, &key)?,
                None => self.found_or_next(&key)?,
            };
            let line = ConfigLine {
                feature: item.feature.clone(),
                version: item.version,
                count,
                workstations,
                from: item.from,
                until: item.until,
                order: self.order.to_owned(),
            };
            self.put(at, id, key, item, line)?;
            self.parts.push(Part { item: at, host, id, count });
        }
        Ok(())
    }

    /// A feature is a product, or a module that floats by itself; as both it would be one configuration
    /// under two ids.
    fn is_module_or_product(&self, at: usize, item: &Item, key: &Key) -> Result<(), Refusal> {
        let other = key.other_kind(&item.feature).and_then(|other| self.active.get(&other));
        let Some(id) = other.copied() else { return Ok(()) };
        let has = |feature: &Feature| {
            let of = self.touched.get(&id).map(|touched| &touched.configuration);
            let of = of.or_else(|| self.desk.configuration(self.vendor, id));
            of.is_some_and(|of| of.lines.iter().any(|line| line.feature == *feature))
        };
        if !has(&item.feature) {
            return Ok(());
        }
        let (here, there) = match item.is_module {
            true => ("a module that floats by itself", "a product"),
            false => ("a product", "a module that floats by itself"),
        };
        let why = format!(
            "{} is {here} in item {} and {there} in configuration {id} ({})",
            item.feature,
            at + 1,
            self.place(id)
        );
        Err(Refusal::rule("1", why))
    }

    fn found_or_next(&mut self, key: &Key) -> Result<u64, Refusal> {
        if let Some(id) = self.active.get(key) {
            return Ok(*id);
        }
        let Self { desk, vendor, touched, ids, .. } = self;
        let used = |id| touched.contains_key(&id) || desk.configuration(vendor, id).is_some();
        ids.take(used)
    }

    /// Whether what is wanted may be put under this id: rules 1 to 4 are enforced here.
    fn given(&self, at: usize, id: u64, key: &Key) -> Result<u64, Refusal> {
        let item = at + 1;
        if let Some(other) = self.active.get(key).filter(|other| **other != id) {
            let why = format!(
                "item {item} wants configuration {id}, and its configuration has the id {other} already ({}): \
                 one configuration has one id",
                self.place(*other)
            );
            return Err(Refusal::rule("1", why));
        }
        let there = self.touched.get(&id).map(|touched| &touched.configuration);
        let Some(there) = there.or_else(|| self.desk.configuration(self.vendor, id)) else {
            let why = format!(
                "configuration {id} was never issued, and is in no reserved range: leave it out to have one issued"
            );
            return if self.ids.is_reserved(id) { Ok(id) } else { Err(Refusal::invalid("id", why)) };
        };
        if there.company != *self.company {
            return Err(Refusal::NotFound(format!("configuration {id}")));
        }
        if there.standing != ConfigStanding::Active {
            let why = format!("configuration {id} is retired or moved; an id is never used again");
            return Err(Refusal::invalid("id", why));
        }
        match key.breach(&Key::of(there)) {
            None => Ok(id),
            Some(breach) => {
                let why = format!(
                    "item {item} wants {} under configuration {id}, which has {} ({})",
                    breach.here,
                    breach.there,
                    self.place(id)
                );
                Err(Refusal::rule(breach.rule, why))
            }
        }
    }

    /// Where a configuration's line came from.
    fn place(&self, id: u64) -> String {
        if let Some(touched) = self.touched.get(&id) {
            return format!("item {} of this order", touched.item + 1);
        }
        let of = self.desk.configuration(self.vendor, id).and_then(|of| of.lines.first());
        match of.map(|line| line.order.as_str()).filter(|order| !order.is_empty()) {
            Some(order) => format!("order {order}"),
            None => "the ledger".to_owned(),
        }
    }

    fn put(&mut self, at: usize, id: u64, key: Key, item: &Item, line: ConfigLine) -> Result<(), Refusal> {
        if !self.touched.contains_key(&id) {
            let there = self.desk.configuration(self.vendor, id).cloned();
            let is_new = there.is_none();
            let configuration = there.unwrap_or_else(|| self.issued(id, &key));
            self.active.insert(key, id);
            self.touched.insert(id, Touched::new(configuration, is_new, at));
        }
        let Some(touched) = self.touched.get_mut(&id) else { return Ok(()) };
        lines::add(id, &mut touched.configuration.lines, line.clone(), self.today)?;
        lines::add(id, &mut touched.added, line, self.today)?;
        touched.join(id, item)
    }

    fn issued(&self, id: u64, key: &Key) -> Configuration {
        let Key { product, modules, product_line, maintenance, seat, host } = key.clone();
        Configuration {
            vendor: self.vendor.clone(),
            id,
            company: self.company.clone(),
            product,
            product_line,
            modules,
            maintenance,
            seat,
            host,
            lines: Vec::new(),
            serials: Vec::new(),
            installs: Vec::new(),
            warnings: Vec::new(),
            standing: ConfigStanding::Active,
            successors: Vec::new(),
            version: 0,
        }
    }

    fn close(self) -> Closed {
        let mut rows: Vec<Row> =
            self.ids.counter().map(|counter| Row::Counter(Box::new(counter))).into_iter().collect();
        let mut configurations = Vec::new();
        let mut hosts = BTreeSet::new();
        for (id, touched) in self.touched {
            let Touched { mut configuration, is_new, added, .. } = touched;
            configuration.version += 1;
            hosts.insert(configuration.host.clone());
            rows.push(Row::Configuration(Box::new(configuration.clone())));
            configurations.push(Added { id, is_new, added, configuration });
        }
        let mut parts = self.parts;
        parts.sort_by_key(|part| part.item);
        Closed { rows, issued: Issued { configurations, parts, hosts: hosts.into_iter().collect() } }
    }
}

/// An item by license host, with how many and, of a locked one, for which workstations.
fn shares(item: &Item) -> Vec<(CpuId, u32, Vec<CpuId>)> {
    if item.seat == Seat::Locked {
        let workstations: Vec<CpuId> = item.places.iter().map(|place| place.cpu.clone()).collect();
        let count = u32::try_from(workstations.len()).unwrap_or(u32::MAX);
        return item.host.iter().map(|host| (host.clone(), count, workstations.clone())).collect();
    }
    let mut by_host: Vec<(CpuId, u32, Vec<CpuId>)> = Vec::new();
    let mut at = BTreeMap::new();
    for place in &item.places {
        let at = *at.entry(&place.cpu).or_insert(by_host.len());
        match by_host.get_mut(at) {
            // What is above the limit is refused when it is put on its line.
            Some((_, count, _)) => *count = count.saturating_add(place.count),
            None => by_host.push((place.cpu.clone(), place.count, Vec::new())),
        }
    }
    by_host
}
