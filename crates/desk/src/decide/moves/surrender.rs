//! A license host gives licenses up, for good, and signs a receipt.

use std::collections::{BTreeMap, BTreeSet};

use license::{Asks, PublicKey, Request, SecretKey, SurrenderEnding, Surrendered};
use names::{ConfigId, CpuId, PackNumber, PoolId, Vendor, Wall};

use super::read;
use super::words::{about, few, receipt_name};
use crate::Refusal;
use crate::change::Row;
use crate::context::{Context, Owned};
use crate::decision::{Decision, Draft};
use crate::model::{Case, CaseKind, CaseState, CustomerNumber, Ending, MoveRow, MoveState, Retired};

/// What is to be given up.
pub(super) struct Wish {
    pub(super) company: CustomerNumber,
    pub(super) ids: Vec<u64>,
    pub(super) to: CpuId,
    pub(super) to_key: String,
    pub(super) ending: Ending,
}

/// The license host and its key, which sign a receipt.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) host: &'a CpuId,
    pub(super) key: &'a SecretKey,
}

/// What is given up, once it is known that it may be.
struct Giving<'a> {
    here: Here<'a>,
    company: CustomerNumber,
    vendor: Vendor,
    ids: Vec<u64>,
    packs: Vec<PackNumber>,
    to: CpuId,
    to_key: Option<PublicKey>,
    ending: Ending,
}

pub(super) fn decide(mut draft: Draft<'_>, wish: Wish) -> Result<Decision, Refusal> {
    let giving = Giving::check(&draft, wish)?;
    let mut case = giving.open(&mut draft)?;
    let receipt = giving.receipt(&case, draft.ctx.now);
    let receipt = receipt.sign(giving.here.key).map_err(|e| Refusal::invalid("ids", e))?;
    giving.retire(&mut draft, &case, &receipt);
    giving.say_whose(&mut draft);
    let name = receipt_name(&case.number);
    draft.add_file(&mut case, &name, receipt)?;
    let done = giving.keep(&mut draft, case)?;
    draft.reread();
    Ok(draft.done(done))
}

/// The license host that gives up.
pub(super) fn here<'a>(ctx: &Context<'a>) -> Result<Here<'a>, Refusal> {
    let none = |what| Refusal::rule("W7", format!("a license is given up where it is served, and {what}"));
    if !ctx.role.is_site() {
        return Err(none("this desk serves none"));
    }
    let host = ctx.host.ok_or_else(|| none("this desk knows no host id"))?;
    let key = ctx.host_key.ok_or_else(|| none("this host has no key to sign a receipt with"))?;
    Ok(Here { host, key })
}

impl<'a> Giving<'a> {
    fn check(draft: &Draft<'a>, wish: Wish) -> Result<Self, Refusal> {
        let here = here(draft.ctx)?;
        let ids = read::ids(&wish.ids)?;
        read::new_host(&wish.to, here.host)?;
        let to_key = read::key(&wish.to_key)?;
        if to_key.as_ref() == Some(&here.key.public()) {
            return Err(Refusal::invalid("to_key", "it is this host's key; give the new host's"));
        }
        let (vendor, packs) = served(draft, here, &wish.company, &ids)?;
        refuse_borrowed(draft.ctx, &vendor, &ids)?;
        let Wish { company, to, ending, .. } = wish;
        Ok(Self { here, company, vendor, ids, packs, to, to_key, ending })
    }

    fn open(&self, draft: &mut Draft<'_>) -> Result<Case, Refusal> {
        let subject = format!("Move {} from {} to {}", few(&self.ids), self.here.host, self.to);
        let mut case = draft.open_case(CaseKind::Move, Some(self.company.clone()), &subject)?;
        case.about = about(&self.ids, self.here.host, &self.to);
        case.about.extend(self.packs.iter().map(|pack| format!("pack:{pack}")));
        Ok(case)
    }

    fn receipt(&self, case: &Case, at: Wall) -> Request {
        Request {
            case: case.number.to_string(),
            company: Some(self.company.to_string()),
            by: case.asked_by.clone(),
            host: self.here.host.clone(),
            at,
            asks: Asks::Surrendered(Surrendered {
                vendor: self.vendor.clone(),
                ids: self.ids.clone(),
                packs: self.packs.clone(),
                to: self.to.clone(),
                to_key: self.to_key.clone(),
                ending: match self.ending {
                    Ending::Finish => SurrenderEnding::Finish,
                    Ending::End => SurrenderEnding::End,
                },
            }),
        }
    }

    fn retire(&self, draft: &mut Draft<'_>, case: &Case, receipt: &str) {
        for id in &self.ids {
            draft.put(Row::Retired(Box::new(Retired {
                vendor: self.vendor.clone(),
                id: *id,
                host: self.here.host.clone(),
                case: case.number.clone(),
                receipt: receipt.to_owned(),
                at_ms: draft.ctx.now.0,
                ending: self.ending,
            })));
        }
    }

    /// Named seats do not go with their license: its people are the new host's business.
    fn say_whose(&self, draft: &mut Draft<'_>) {
        let is_of = |pool: &PoolId| self.ids.iter().any(|id| is_of(pool, &self.vendor, *id));
        let people = draft.ctx.assigned.iter().filter(|assigned| is_of(&assigned.pool)).count();
        if people > 0 {
            let seats = if people == 1 { "named seat is" } else { "named seats are" };
            draft.say(format!("{people} {seats} somebody's here; assign again at the new host"));
        }
    }

    /// The case and the move are written down; gives what was done, in a line.
    fn keep(&self, draft: &mut Draft<'_>, case: Case) -> Result<String, Refusal> {
        let from = self.here.host;
        // Where the vendor's desk is here too, nothing is to be carried.
        let (state, next) = match draft.ctx.role.is_vendor() {
            true => (CaseState::Open, "the vendor's desk is to issue the move"),
            false => (CaseState::Waiting, "its receipt is to go to the vendor"),
        };
        let running = match self.ending {
            Ending::Finish => "running seats finish",
            Ending::End => "running seats end",
        };
        let done = format!("{} of {} given up on {from} for {}", few(&self.ids), self.vendor, self.to);
        let case = draft.note_case(case, state, &format!("{done}; {running}; {next}"))?;
        draft.put(Row::Move(Box::new(MoveRow {
            case: case.number,
            company: Some(self.company.clone()),
            vendor: self.vendor.clone(),
            ids: self.ids.clone(),
            from: from.clone(),
            to: self.to.clone(),
            to_key: self.to_key.as_ref().map(ToString::to_string).unwrap_or_default(),
            state: MoveState::Surrendered,
            host_lost: String::new(),
            version: 1,
        })));
        Ok(done)
    }
}

fn is_of(pool: &PoolId, vendor: &Vendor, id: u64) -> bool {
    pool.vendor() == vendor && *pool.config() == ConfigId::Number(id)
}

/// The one vendor of the ids, and the packs that they are served from.
fn served(
    draft: &Draft<'_>,
    here: Here<'_>,
    company: &CustomerNumber,
    ids: &[u64],
) -> Result<(Vendor, Vec<PackNumber>), Refusal> {
    let mut vendors = BTreeMap::<&Vendor, BTreeSet<&PackNumber>>::new();
    for id in ids {
        for owned in of_id(draft, here, company, *id)? {
            vendors.entry(owned.pool.vendor()).or_default().insert(&owned.pack);
        }
    }
    if vendors.len() > 1 {
        let names: Vec<_> = vendors.keys().map(ToString::to_string).collect();
        let why =
            format!("they are of several vendors ({}); give up one vendor's at a time", names.join(", "));
        return Err(Refusal::invalid("ids", why));
    }
    let (vendor, packs) = vendors.pop_first().ok_or_else(|| Refusal::NotFound(few(ids)))?;
    Ok((vendor.clone(), packs.into_iter().cloned().collect()))
}

/// The pools of an id that are served here for the company.
fn of_id<'a>(
    draft: &Draft<'a>,
    here: Here<'_>,
    company: &CustomerNumber,
    id: u64,
) -> Result<Vec<&'a Owned>, Refusal> {
    let own = draft.ctx.vendor;
    let is_of = |owned: &&Owned| *owned.pool.config() == ConfigId::Number(id);
    let mut served: Vec<&Owned> = draft.ctx.owned.iter().filter(is_of).collect();
    // Two vendors may use one number: the desk's own vendor is meant.
    if served.iter().any(|owned| Some(owned.pool.vendor()) == own) {
        served.retain(|owned| Some(owned.pool.vendor()) == own);
    }
    let is_meant = |vendor: &Vendor| match served.first() {
        Some(owned) => owned.pool.vendor() == vendor,
        None => own.is_none_or(|own| own == vendor),
    };
    let is_retired = |row: &&Retired| row.id == id && row.host == *here.host && is_meant(&row.vendor);
    if let Some(row) = draft.desk.retired().find(is_retired) {
        let why = format!("configuration {id} was given up on {} already, case {}", row.host, row.case);
        return Err(Refusal::rule("W7", why));
    }
    // Lines that do not say whose they are: what the desk knows of them says it.
    let known = |owned: &Owned| {
        let ledger = draft.desk.configuration(owned.pool.vendor(), id).map(|of| &of.company);
        let pack = || draft.desk.pack_of(owned.pool.vendor(), &owned.pack).map(|pack| &pack.company);
        ledger.or_else(pack).cloned()
    };
    let is_theirs =
        |owned: &&Owned| owned.company.clone().or_else(|| known(owned)).is_none_or(|of| of == *company);
    if !served.is_empty() && served.iter().all(is_theirs) {
        return Ok(served);
    }
    let elsewhere = own.and_then(|own| draft.desk.configuration(own, id));
    match elsewhere.filter(|of| of.company == *company && of.host != *here.host) {
        Some(of) => {
            let why = format!("configuration {id} is on {}, and this host is {}", of.host, here.host);
            Err(Refusal::rule("2", why))
        }
        None => Err(Refusal::NotFound(format!("configuration {id} on {}", here.host))),
    }
}

/// A borrowed seat is on a laptop without a network: its license cannot go before it is back.
fn refuse_borrowed(ctx: &Context<'_>, vendor: &Vendor, ids: &[u64]) -> Result<(), Refusal> {
    let out = |id: &u64| ctx.borrowed.iter().find(|pool| is_of(pool, vendor, *id)).map(|pool| (*id, pool));
    let Some((id, pool)) = ids.iter().find_map(out) else { return Ok(()) };
    let why = format!(
        "a borrowed seat of configuration {id} ({}) is out; wait until it is returned or its date has passed",
        pool.feature()
    );
    Err(Refusal::rule("W7", why))
}
