//! Conversion: asking for it, and doing it.

use crate::decision::{Decision, Draft};
use crate::{Command, Refusal, conversion};

pub(super) fn decide(draft: Draft<'_>, command: Command) -> Result<Decision, Refusal> {
    match command {
        Command::Convert { company, estate, preview } => {
            conversion::convert(draft, &company, &estate, &preview)
        }
        Command::RequestConversion { company, estate } => conversion::request(draft, &company, &estate),
        _ => Err(Refusal::NotFound("this command".into())),
    }
}
