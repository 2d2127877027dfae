//! Answers in the words of the tables.

use names::{GrantId, PoolId, Wall};
use seats::{Answer, Denial, Detail, Holder};

use super::Script;

impl Script {
    pub(super) fn told(&self, answer: &Answer) -> String {
        match answer {
            Answer::Done => "done".into(),
            Answer::Closed => "closed".into(),
            Answer::Withdrawn => "withdrawn".into(),
            Answer::SessionUnknown => "unknown".into(),
            Answer::Returned { grant } => format!("returned {}", self.label(*grant)),
            Answer::Revoked(n) => format!("revoked {n}"),
            Answer::Asked(sessions) => {
                sessions.iter().fold("asked".into(), |told, session| format!("{told} s{}", session.0))
            }
            Answer::Welcome { held, waiting, .. } => {
                let mut told = String::from("welcome");
                for held in held {
                    told = format!("{told} {}", self.label(held.grant));
                    told.extend(held.revoked.map(|code| format!("({})", code.number())));
                }
                for request in waiting {
                    told = format!("{told} waiting r{}", request.0);
                }
                told
            }
            Answer::Granted { grant, pool, seats, until } => {
                let many = if seats.get() == 1 { String::new() } else { format!(" x{seats}") };
                let until = until.map(|Wall(ms)| format!(" until {}s", ms / 1_000)).unwrap_or_default();
                format!("granted {} {}{many}{until}", self.label(*grant), self.pool_label(pool))
            }
            Answer::Queued { position, expected, .. } => {
                let expected = expected.filter(|ms| ms.0 > 0).map(|ms| format!(" in {}s", ms.0 / 1_000));
                format!("queued {position}{}", expected.unwrap_or_default())
            }
            Answer::Denied(denial) => denied(denial),
        }
    }

    fn label(&self, grant: GrantId) -> String {
        let known = self.grants.iter().find(|(_, id)| **id == grant);
        known.map_or(format!("#{grant}"), |(label, _)| label.clone())
    }

    fn pool_label(&self, id: &PoolId) -> &str {
        self.pools.iter().find(|(_, row)| row.id == *id).expect("a known pool").0
    }
}

fn denied(denial: &Denial) -> String {
    assert!(denial.to_string().contains(&denial.detail.to_string()));
    let mut told = denial.code.number().to_string();
    if let Some(figures) = &denial.figures {
        told = format!("{told} {}/{}", figures.in_use, figures.limit);
    }
    match &denial.detail {
        Detail::AllTaken { holders, more } => {
            told.extend(holders.iter().map(holder));
            told.extend((*more > 0).then(|| format!(" +{more}")));
        }
        Detail::Version { licensed, .. } => told = format!("{told} licensed {licensed}"),
        Detail::TooMany { asked, licensed } => told = format!("{told} {asked} of {licensed}"),
        Detail::Reserved { rule, .. } | Detail::Barred(rule) => told = format!("{told} {rule}"),
        Detail::Max { limit, rule, .. } => told = format!("{told} {rule} {limit}"),
        Detail::Queued(waiting) => told = format!("{told} behind {waiting}"),
        Detail::ClockSetBack { now, latest, .. } => {
            told = format!("{told} {}h behind", (latest.0 - now.0) / 3_600_000);
        }
        Detail::Connections(_, limit) => told = format!("{told} of {limit}"),
        _ => {}
    }
    told
}

fn holder(holder: &Holder) -> String {
    let mut told = format!(" {}@{}", holder.user, holder.host);
    told.extend(Some(holder.display.as_str()).filter(|d| !d.is_empty()).map(|d| format!(" {d}")));
    told.extend((holder.seats.get() > 1).then(|| format!(" x{}", holder.seats)));
    told
}
