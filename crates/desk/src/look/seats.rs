//! What is one's own: seats and cases.

use names::{Date, Email, Expiry, PoolId};
use serde::Serialize;

use super::licenses::counting;
use crate::context::Owned;
use crate::model::{Case, CaseNumber};
use crate::{Actor, Context, CustomerNumber, Desk, Power, Powers, Refusal, limits, text};

/// A seat that is assigned to whoever looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnSeat {
    /// Of which pool.
    #[serde(serialize_with = "text::shown::serialize")]
    pub pool: PoolId,
    /// The product line, where its pack says it.
    pub product_line: Option<String>,
    /// Whose license it is, by name.
    pub company: Option<String>,
    /// From this day.
    #[serde(serialize_with = "text::shown::serialize")]
    pub from: Date,
    /// Through this day.
    #[serde(serialize_with = "text::shown::serialize")]
    pub until: Expiry,
    /// It may be used today: its period runs, and its license is served.
    pub is_usable: bool,
}

impl Desk {
    /// One's own seats, by feature.
    #[must_use]
    pub fn own_seats(&self, ctx: &Context<'_>, actor: &Actor) -> Vec<OwnSeat> {
        let Some(own) = email(actor) else { return Vec::new() };
        let mut seats: Vec<OwnSeat> = ctx
            .assigned
            .iter()
            .filter(|one| one.email == *own)
            .map(|one| {
                let lines: Vec<&Owned> = ctx.owned.iter().filter(|owned| owned.pool == one.pool).collect();
                let owned = counting(ctx, &lines).next();
                let company = owned.and_then(|owned| self.owner(owned));
                let today = ctx.today();
                let runs = one.from <= today && !one.until.is_past(ctx.now);
                let has_begun = |owned: &Owned| owned.from.is_none_or(|from| from <= today);
                OwnSeat {
                    pool: one.pool.clone(),
                    product_line: owned.and_then(|owned| owned.product_line.clone()),
                    company: company.and_then(|number| self.company(number)).map(|row| row.name.clone()),
                    from: one.from,
                    until: one.until,
                    is_usable: runs
                        && owned.is_some_and(|owned| has_begun(owned) && !owned.until.is_past(ctx.now)),
                }
            })
            .collect();
        seats.sort_by(|a, b| (a.pool.feature(), &a.pool).cmp(&(b.pool.feature(), &b.pool)));
        seats
    }

    /// The cases that somebody may follow, the newest first: their own; with Reporting all of the company
    /// that they work for; with the vendor's desk all.
    #[must_use]
    pub fn cases_for(&self, ctx: &Context<'_>, actor: &Actor) -> Vec<&Case> {
        let powers = self.powers(actor, ctx.role);
        // What is looked at is one's own and the company's, where that is all that there may be.
        let mut cases: Vec<&Case> = match actor {
            Actor::Person { email, company } if !powers.has(Power::VendorDesk) => {
                let own = self.cases_by(email);
                let others = company.iter().flat_map(|company| self.cases_of(company));
                own.chain(others.filter(|case| case.asked_by.as_ref() != Some(email))).collect()
            }
            _ => self.cases().collect(),
        };
        cases.retain(|case| sees(powers, actor, case));
        cases.sort_by(|a, b| (b.opened_ms, &b.number).cmp(&(a.opened_ms, &a.number)));
        cases
    }

    /// A case that somebody may follow, by its number here or at the other desk. Each site has an S-1001 of its
    /// own: who asks has theirs, and is told of several where they may follow several.
    ///
    /// # Errors
    /// There is none that they may follow, or there are several.
    pub fn case_for(&self, ctx: &Context<'_>, actor: &Actor, number: &CaseNumber) -> Result<&Case, Refusal> {
        let powers = self.powers(actor, ctx.role);
        let mut cases = self.cases_numbered(number).filter(|case| sees(powers, actor, case));
        let case = cases.next().ok_or_else(|| Refusal::NotFound(format!("case {number}")))?;
        let others: Vec<String> =
            cases.take(limits::NAMED_MAX).map(|other| other.number.to_string()).collect();
        if others.is_empty() {
            return Ok(case);
        }
        let others = others.join(", ");
        Err(Refusal::invalid(
            "case",
            format!("{number} is of several sites; give {} or {others}", case.number),
        ))
    }

    /// Whether somebody may follow a case (W2).
    #[must_use]
    pub fn sees_case(&self, ctx: &Context<'_>, actor: &Actor, case: &Case) -> bool {
        sees(self.powers(actor, ctx.role), actor, case)
    }
}

fn sees(powers: Powers, actor: &Actor, case: &Case) -> bool {
    let is_own = email(actor).is_some_and(|own| case.asked_by.as_ref() == Some(own));
    let is_companys = active(actor).is_some() && case.company.as_ref() == active(actor);
    powers.has_any(&[Power::VendorDesk, Power::SiteHost])
        || (is_own && powers.has(Power::Everyone))
        || (is_companys && powers.has(Power::Reporting))
}

/// Who it is, where it is a person.
pub(crate) fn email(actor: &Actor) -> Option<&Email> {
    match actor {
        Actor::Person { email, .. } => Some(email),
        _ => None,
    }
}

/// The company that they work for.
pub(crate) fn active(actor: &Actor) -> Option<&CustomerNumber> {
    match actor {
        Actor::Person { company, .. } => company.as_ref(),
        _ => None,
    }
}
