//! What is moved, and what proves that its old host does not serve it any more.

use license::{PublicKey, SecretKey, SignedRequest, Surrendered};
use names::{CpuId, PackNumber, Vendor};

use super::issue::Wish;
use super::read;
use super::words::{few, receipt_name};
use crate::decide::requests;
use crate::decision::Draft;
use crate::model::{Case, CaseNumber, ConfigStanding, Configuration, MoveState, PackRow, PackStanding};
use crate::{CustomerNumber, Refusal, Role, check, ledger};

/// Why the old host does not serve it any more.
pub(super) enum Proof {
    /// It said so.
    Receipt {
        /// Its receipt.
        read: Box<SignedRequest>,
        /// The case that it names.
        case: CaseNumber,
        /// Its text.
        text: String,
    },
    /// There is no such host any more, as somebody says.
    HostLost(String),
}

/// A move that may be issued.
pub(super) struct Moving {
    pub(super) company: CustomerNumber,
    pub(super) vendor: Vendor,
    pub(super) configurations: Vec<Configuration>,
    pub(super) from: CpuId,
    pub(super) to: CpuId,
    pub(super) to_key: Option<PublicKey>,
    /// The old host's packs, which the new host's voids.
    pub(super) old_packs: Vec<PackNumber>,
    pub(super) proof: Proof,
}

impl Moving {
    pub(super) fn check(draft: &Draft<'_>, wish: &Wish) -> Result<Self, Refusal> {
        let vendor = ledger::vendor(draft.ctx)?.clone();
        let proof = proof(draft, wish)?;
        let (ids, to) = match &proof {
            Proof::Receipt { read, .. } => {
                refuse_used(draft, read)?;
                of_receipt(read, &vendor, wish)?
            }
            Proof::HostLost(_) => {
                let to = wish.to.clone();
                let to = to.ok_or_else(|| Refusal::invalid("to", "name the new license host"))?;
                (read::ids(&wish.ids)?, to)
            }
        };
        let configurations = active(draft, &vendor, &ids)?;
        let (company, from) = one_place(&configurations)?;
        read::new_host(&to, &from)?;
        refuse_not_lost(draft, &proof, &from)?;
        let is_of = |pack: &&PackRow| pack.vendor == vendor && pack.host == from;
        let packs: Vec<&PackRow> = draft.desk.packs_of(&company).filter(is_of).collect();
        if let Proof::Receipt { read, .. } = &proof {
            proves(draft, read, &company, &from, &ids, &packs)?;
        }
        let current = packs.iter().filter(|pack| pack.standing == PackStanding::Current);
        let old_packs = current.map(|pack| pack.number.clone()).collect();
        let to_key = to_key(draft, &proof, wish, &company, &to)?;
        Ok(Self { company, vendor, configurations, from, to, to_key: Some(to_key), old_packs, proof })
    }

    pub(super) fn ids(&self) -> Vec<u64> {
        self.configurations.iter().map(|of| of.id).collect()
    }

    pub(super) fn is_between(&self, host: &CpuId) -> bool {
        *host == self.from || *host == self.to
    }

    /// The case of the surrender, where it was given up at this very desk.
    pub(super) fn own_case(&self, draft: &Draft<'_>) -> Option<Case> {
        let Proof::Receipt { case, .. } = &self.proof else { return None };
        let is_here = draft.ctx.role == Role::Both && draft.ctx.host == Some(&self.from);
        let row = draft.desk.moving(case).filter(|row| is_here && row.state == MoveState::Surrendered)?;
        draft.desk.own_case(&row.case).cloned()
    }
}

fn proof(draft: &Draft<'_>, wish: &Wish) -> Result<Proof, Refusal> {
    let (receipt, reason) = (wish.receipt.as_str(), wish.host_lost.trim());
    match (receipt.trim().is_empty(), reason.is_empty()) {
        (true, true) => {
            let why = "give the receipt that the old host signed; where that host is lost, say so and why";
            Err(Refusal::rule("W7", why))
        }
        (false, false) => Err(Refusal::invalid(
            "host_lost",
            "a host that signed a receipt is not lost; give one of the two",
        )),
        (true, false) => Ok(Proof::HostLost(check::words("host_lost", reason)?)),
        (false, true) => {
            let text = of_case(draft, receipt).unwrap_or(receipt);
            let read = read::file("receipt", text)?;
            let case = CaseNumber::new(&read.request().case).map_err(|e| Refusal::invalid("receipt", e))?;
            Ok(Proof::Receipt { read: Box::new(read), case, text: text.to_owned() })
        }
    }
}

/// The receipt that a case at this desk has, where its number is given.
fn of_case<'a>(draft: &'a Draft<'_>, number: &str) -> Option<&'a str> {
    let number = CaseNumber::new(number.trim()).ok()?;
    draft.desk.file(&number, &receipt_name(&number)).map(|file| file.text.as_str())
}

/// This very host is not lost: it would go on serving what is issued for another one.
fn refuse_not_lost(draft: &Draft<'_>, proof: &Proof, from: &CpuId) -> Result<(), Refusal> {
    let is_here = draft.ctx.role == Role::Both && draft.ctx.host == Some(from);
    match proof {
        Proof::HostLost(_) if is_here => Err(Refusal::rule(
            "W7",
            format!("{from} is this host, which is not lost: give the license up here"),
        )),
        _ => Ok(()),
    }
}

fn refuse_used(draft: &Draft<'_>, read: &SignedRequest) -> Result<(), Refusal> {
    match requests::taken(draft, read) {
        None => Ok(()),
        Some(case) => Err(Refusal::rule("W7", format!("this receipt was used in case {}", case.number))),
    }
}

/// What a receipt says, held against what is asked for beside it.
fn of_receipt(read: &SignedRequest, vendor: &Vendor, wish: &Wish) -> Result<(Vec<u64>, CpuId), Refusal> {
    let Some(surrendered) = read.request().surrendered() else {
        let why =
            format!("it is a request ({}), not the receipt of a surrendered license", read.request().kind());
        return Err(Refusal::invalid("receipt", why));
    };
    let Surrendered { vendor: of, ids, to, .. } = surrendered;
    let other = |what: String| Err(Refusal::rule("W7", format!("the receipt is {what}")));
    if of != vendor {
        return other(format!("of licenses of {of}, and this desk is {vendor}'s"));
    }
    if !wish.ids.is_empty() && read::ids(&wish.ids)? != *ids {
        return other(format!("of {}, and {} were asked for", few(ids), few(&wish.ids)));
    }
    if let Some(asked) = wish.to.as_ref().filter(|asked| *asked != to) {
        return other(format!("for the new host {to}, and {asked} was asked for"));
    }
    Ok((ids.clone(), to.clone()))
}

/// The configurations, as the ledger has them: each is in force.
fn active(draft: &Draft<'_>, vendor: &Vendor, ids: &[u64]) -> Result<Vec<Configuration>, Refusal> {
    let one = |id: &u64| {
        let Some(of) = draft.desk.configuration(vendor, *id) else {
            return Err(Refusal::rule("W7", format!("configuration {id} was never issued by this desk")));
        };
        let now = || match of.successors.as_slice() {
            [] => String::new(),
            successors => format!("; its seats are {} now", few(successors)),
        };
        match of.standing {
            ConfigStanding::Active => Ok(of.clone()),
            ConfigStanding::Moved => {
                Err(Refusal::rule("W7", format!("configuration {id} was moved already{}", now())))
            }
            ConfigStanding::Retired => {
                Err(Refusal::rule("W7", format!("configuration {id} is retired{}", now())))
            }
        }
    };
    ids.iter().map(one).collect()
}

/// The company and license host of all of them.
fn one_place(configurations: &[Configuration]) -> Result<(CustomerNumber, CpuId), Refusal> {
    let first = configurations.first().ok_or_else(|| Refusal::NotFound("a configuration".into()))?;
    for of in configurations {
        if of.company != first.company {
            let why = format!(
                "configuration {} is of company {}, and {} of {}",
                first.id, first.company, of.id, of.company
            );
            return Err(Refusal::invalid("ids", why));
        }
        if of.host != first.host {
            let why =
                format!("configuration {} is on {}, and {} on {}", first.id, first.host, of.id, of.host);
            return Err(Refusal::rule("2", why));
        }
    }
    Ok((first.company.clone(), first.host.clone()))
}

/// That the receipt is the old host's, of what the ledger has there.
fn proves(
    draft: &Draft<'_>,
    read: &SignedRequest,
    company: &CustomerNumber,
    from: &CpuId,
    ids: &[u64],
    packs: &[&PackRow],
) -> Result<(), Refusal> {
    let request = read.request();
    let no = |why: String| Err(Refusal::rule("W7", why));
    if request.host != *from {
        return no(format!("the receipt is of {}, and {} is on {from}", request.host, few(ids)));
    }
    if request.company.as_deref().is_some_and(|of| of != company.as_str()) {
        return no(format!("the receipt is not of company {company}, whose {} is", few(ids)));
    }
    let named = request.surrendered().map_or(&[][..], |surrendered| &surrendered.packs);
    if let Some(unknown) = named.iter().find(|number| packs.iter().all(|pack| pack.number != **number)) {
        return no(format!(
            "the receipt names pack {unknown}, which was not signed for {from} and company {company}"
        ));
    }
    let was_in =
        |id: &u64| packs.iter().any(|pack| named.contains(&pack.number) && pack.configurations.contains(id));
    if let Some(id) = ids.iter().find(|id| !was_in(id)) {
        return no(format!("configuration {id} is in none of the packs that the receipt names"));
    }
    // Else what was not given up would be served twice: by the old packs, and under the id that it went to.
    let went_in = |of: &&Configuration| {
        of.host == *from && !ids.contains(&of.id) && of.successors.iter().any(|id| ids.contains(id))
    };
    if let Some(of) = draft.desk.configurations_of(company).filter(went_in).find(|of| was_in(&of.id)) {
        return no(format!(
            "the seats of configuration {} went into {} since the packs that the receipt names; once {from} has its \
             newest pack, issue the move with a reason in place of the receipt",
            of.id,
            few(&of.successors)
        ));
    }
    let own = draft.ctx.host_key.filter(|_| draft.ctx.role == Role::Both && draft.ctx.host == Some(from));
    let key = ledger::host_key(&draft.desk, ledger::vendor(draft.ctx)?, company, from)
        .or_else(|| own.map(SecretKey::public));
    match key {
        None => no(format!(
            "no pack names the key of {from} (HOST_KEY=), so nothing proves its receipt; sign its pack with the \
             host's key first"
        )),
        Some(key) => read.is_of(&key).map_err(|e| Refusal::rule("W7", format!("{e}; {}", e.remedy()))),
    }
}

/// The new host's key: its pack is bound to it.
fn to_key(
    draft: &Draft<'_>,
    proof: &Proof,
    wish: &Wish,
    company: &CustomerNumber,
    to: &CpuId,
) -> Result<PublicKey, Refusal> {
    let asked = read::key(&wish.to_key)?;
    let signed = match proof {
        Proof::Receipt { read, .. } => read.request().surrendered().and_then(|what| what.to_key.clone()),
        Proof::HostLost(_) => None,
    };
    if let (Some(asked), Some(signed)) = (&asked, &signed)
        && asked != signed
    {
        return Err(Refusal::rule(
            "W7",
            format!("the receipt is for the new host's key {signed}, not {asked}"),
        ));
    }
    let own = || draft.ctx.host_key.filter(|_| draft.ctx.host == Some(to)).map(SecretKey::public);
    let known = || ledger::host_key(&draft.desk, draft.ctx.vendor?, company, to);
    let key = signed.or(asked).or_else(own).or_else(known);
    key.ok_or_else(|| {
        Refusal::invalid("to_key", format!("give the public key of {to}: `seatkeeperd init` shows it"))
    })
}
