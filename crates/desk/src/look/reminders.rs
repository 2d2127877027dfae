//! What ends soon, and who is told of it.

use std::collections::{BTreeMap, BTreeSet};

use names::{Date, Email, Expiry, PoolId};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::link::Sight;
use super::seats::email;
use crate::{Actor, Context, CustomerNumber, Desk, Power, text};

/// So many days before an end a reminder is due.
pub const REMIND_DAYS: [u32; 4] = [90, 30, 7, 1];

/// What ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EndKind {
    /// A license.
    License,
    /// Its maintenance.
    Maintenance,
    /// Somebody's seat.
    Assignment,
    /// A borrowed seat.
    Borrow,
    /// A key.
    Key,
}

impl EndKind {
    /// As reminders and calendars have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::License => "license",
            Self::Maintenance => "maintenance",
            Self::Assignment => "assignment",
            Self::Borrow => "borrow",
            Self::Key => "key",
        }
    }
}

/// Something that ends on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ends {
    /// What it is.
    pub kind: EndKind,
    /// Which one: the same text always means the same thing.
    pub of: String,
    /// In a line.
    pub title: String,
    /// Whose license it is.
    #[serde(serialize_with = "text::shown_option::serialize")]
    pub company: Option<CustomerNumber>,
    /// Whose seat it is.
    #[serde(serialize_with = "text::shown_option::serialize")]
    pub email: Option<Email>,
    /// The last day.
    #[serde(serialize_with = "text::shown::serialize")]
    pub on: Date,
}

/// How somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By e-mail: each whom it concerns, once each.
    Mail,
    /// By a webhook: its one receiver.
    Webhook,
}

/// A reminder that is due, to one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reminder {
    /// Its name for [`crate::Command::Reminded`], which keeps it from being sent to this receiver again.
    pub mark: String,
    /// What is told: the same for whoever is told, and in a repeat.
    pub key: String,
    /// Of what.
    pub ends: Ends,
    /// Which of the steps it is: so many days before.
    pub step: u32,
    /// Days left, 0 on the last day.
    pub days_left: u32,
    /// Who is told, by e-mail.
    pub to: Option<Email>,
}

impl Desk {
    /// All that ends today or later: licenses, assignments, and what is given: maintenance, borrowed seats, keys.
    /// By day.
    #[must_use]
    pub fn endings(&self, ctx: &Context<'_>, more: &[Ends]) -> Vec<Ends> {
        let today = ctx.today();
        let mut all = self.license_ends(ctx);
        all.extend(self.assignment_ends(ctx));
        all.extend(more.iter().cloned());
        all.retain(|ends| ends.on >= today);
        all.sort_by(|a, b| (a.on, a.kind, &a.of).cmp(&(b.on, b.kind, &b.of)));
        all.dedup_by(|a, b| (a.on, a.kind, &a.of) == (b.on, b.kind, &b.of));
        all
    }

    /// Of these, what somebody may see: with Licensing or Reporting the company's, one's own seats, and on the
    /// license host everything.
    #[must_use]
    pub fn endings_for(&self, ctx: &Context<'_>, actor: &Actor, more: &[Ends]) -> Vec<Ends> {
        let sight = Sight::new(self, ctx, actor);
        let own = email(actor);
        let mut all = self.endings(ctx, more);
        all.retain(|ends| {
            let is_own = own.is_some() && ends.email.as_ref() == own && sight.powers.has(Power::Everyone);
            let is_companys = ends.company.is_some()
                && sight.has(ends.company.as_ref(), &[Power::Licensing, Power::Reporting]);
            is_own || is_companys || sight.powers.has(Power::HostAdministrator)
        });
        all
    }

    /// The reminders that are due and were not sent this way: of each thing that ends the one of the least number
    /// of days that still holds it. A daemon that was off on the day sends it when it is back.
    #[must_use]
    pub fn reminders(&self, ctx: &Context<'_>, way: Way, days: &[u32], more: &[Ends]) -> Vec<Reminder> {
        let today = ctx.today();
        let mut due = Vec::new();
        for ends in self.endings(ctx, more) {
            let Ok(days_left) = u32::try_from(ends.on.days() - today.days()) else { continue };
            let Some(step) = days.iter().copied().filter(|step| days_left <= *step).min() else { continue };
            let key = format!("{}/{}/{step}", ends.kind.word(), name(&ends));
            let mut one = |mark: String, to: Option<Email>| {
                if !self.is_reminded(&mark) {
                    due.push(Reminder { mark, key: key.clone(), ends: ends.clone(), step, days_left, to });
                }
            };
            match way {
                Way::Webhook => one(format!("webhook/{key}"), None),
                Way::Mail => {
                    for to in self.concerned(&ends) {
                        one(format!("mail/{}/{key}", hash(to.as_str())), Some(to));
                    }
                }
            }
        }
        due
    }

    /// A license's lines of one end together.
    fn license_ends(&self, ctx: &Context<'_>) -> Vec<Ends> {
        let mut all: BTreeMap<(&PoolId, Date), (u64, bool, Option<&CustomerNumber>)> = BTreeMap::new();
        for owned in ctx.owned {
            let Expiry::On(on) = owned.until else { continue };
            let one = all.entry((&owned.pool, on)).or_insert_with(|| (0, false, self.owner(owned)));
            one.0 += u64::from(owned.quantity);
            one.1 |= owned.maintenance == Some(true);
        }
        let ends = all.into_iter().map(|((pool, on), (quantity, is_maintained, company))| {
            let (seats, verb) = if quantity == 1 { ("seat", "ends") } else { ("seats", "end") };
            let and = if is_maintained { ", with maintenance" } else { "" };
            let (feature, config) = (pool.feature(), pool.config());
            Ends {
                kind: EndKind::License,
                of: pool.to_string(),
                title: format!("{quantity} {seats} of {feature} (configuration {config}) {verb}{and}"),
                company: company.cloned(),
                email: None,
                on,
            }
        });
        ends.collect()
    }

    fn assignment_ends(&self, ctx: &Context<'_>) -> Vec<Ends> {
        let mut owners = BTreeMap::new();
        for owned in ctx.owned {
            owners.insert(&owned.pool, self.owner(owned));
        }
        let dated = ctx.assigned.iter().filter_map(|one| match one.until {
            Expiry::On(on) => Some((one, on)),
            Expiry::Permanent => None,
        });
        dated
            .map(|(one, on)| Ends {
                kind: EndKind::Assignment,
                of: format!("{}/{}", one.pool, one.email),
                title: format!("the seat of {} that {} has ends", one.pool.feature(), one.email),
                company: owners.get(&one.pool).copied().flatten().cloned(),
                email: Some(one.email.clone()),
                on,
            })
            .collect()
    }

    /// Who is told by e-mail: whose seat it is; of a license its company's people with Licensing or Reporting, and
    /// the company's contact; where there is none of these, and of what is the license host's own, those who
    /// administer the host. Of a borrowed seat whose user is not known by e-mail nobody is.
    fn concerned(&self, ends: &Ends) -> BTreeSet<Email> {
        if let Some(email) = &ends.email {
            return BTreeSet::from([email.clone()]);
        }
        if ends.kind == EndKind::Borrow {
            return BTreeSet::new();
        }
        let mut to = BTreeSet::new();
        if let Some(number) = &ends.company {
            let has_tools =
                |member: &&crate::Membership| member.privileges.licensing || member.privileges.reporting;
            to.extend(self.members(number).filter(has_tools).map(|member| member.email.clone()));
            to.extend(self.company(number).and_then(|row| row.contact.clone()));
        }
        if to.is_empty() {
            let administers = self.people().filter(|person| person.is_host_administrator);
            to.extend(administers.map(|person| person.email.clone()));
        }
        to
    }
}

/// What ends, and when, as a short name that fits the key of a row: another end is another name.
pub(super) fn name(ends: &Ends) -> String {
    let (year, month, day) = ends.on.ymd();
    format!("{}/{year:04}-{month:02}-{day:02}", hash(&ends.of))
}

fn hash(text: &str) -> String {
    let mut sum = Sha256::new();
    sum.update(text.as_bytes());
    sum.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
