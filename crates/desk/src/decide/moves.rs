//! Moving licenses: surrender at the old host, then issue for the new one (W7).

mod again;
mod issue;
mod proof;
mod read;
mod surrender;
mod words;

pub(super) use read::file;

use crate::decision::{Decision, Draft};
use crate::{Command, Refusal};

pub(super) fn decide(draft: Draft<'_>, command: Command) -> Result<Decision, Refusal> {
    match command {
        Command::Surrender { company, ids, to, to_key, ending } => {
            surrender::decide(draft, surrender::Wish { company, ids, to, to_key, ending })
        }
        Command::IssueMove { receipt, host_lost, ids, to, to_key } => {
            issue::decide(draft, &issue::Wish { receipt, host_lost, ids, to, to_key })
        }
        Command::Surrendered { receipts } => again::decide(draft, &receipts),
        _ => Err(Refusal::NotFound("this command".into())),
    }
}
