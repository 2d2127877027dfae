//! Not decided yet.

use crate::decision::{Decision, Draft};
use crate::{Command, Refusal};

pub(super) fn decide(draft: Draft<'_>, command: Command) -> Result<Decision, Refusal> {
    let _ = (draft, command);
    Err(Refusal::NotFound("this command".into()))
}
