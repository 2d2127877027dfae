//! A site's requests: the case gets a file for the vendor's desk.

use license::limits::REQUEST_BODY_BYTES_MAX;
use license::{Asks, Request, RequestKind};

use super::Answer;
use crate::context::{Context, Role};
use crate::decision::{Decision, Draft};
use crate::model::{CaseState, CustomerNumber};
use crate::{Actor, Command, Desk, Refusal};

/// What is to be done once a command is decided.
pub(in crate::decide) enum After {
    /// Nothing.
    Nothing,
    /// The request needs the vendor's key, and goes to its desk in a file.
    Carry(RequestKind, Option<String>),
    /// The pack is an answer.
    Link(Answer, CustomerNumber),
}

impl After {
    /// What is to be done after this command.
    pub(in crate::decide) fn of(ctx: &Context<'_>, command: &Command) -> Self {
        let json = || serde_json::to_string(command).ok();
        match command {
            Command::InstallPack { company, text, .. } => {
                Answer::of(text).map_or(Self::Nothing, |answer| Self::Link(answer, company.clone()))
            }
            _ if ctx.role != Role::Site => Self::Nothing,
            Command::Order { .. } => Self::Carry(RequestKind::Order, json()),
            Command::Reconfigure { .. } => Self::Carry(RequestKind::Reconfiguration, json()),
            Command::AskForTools { .. } => Self::Carry(RequestKind::Tools, json()),
            Command::RequestConversion { estate, .. } => {
                Self::Carry(RequestKind::Conversion, Some(estate.clone()))
            }
            _ => Self::Nothing,
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub(in crate::decide) fn done(
        self,
        desk: &Desk,
        ctx: &Context<'_>,
        actor: &Actor,
        decision: Decision,
    ) -> Result<Decision, Refusal> {
        if matches!(self, Self::Nothing) {
            return Ok(decision);
        }
        let about = decision.about.clone();
        let mut draft = Draft::resume(desk, ctx, actor, decision);
        match self {
            Self::Nothing => {}
            Self::Link(answer, company) => answer.link(&mut draft, &company)?,
            Self::Carry(kind, body) => carry(&mut draft, kind, body.unwrap_or_default())?,
        }
        Ok(draft.done(about))
    }
}

/// Adds the request file to the case of a decision.
fn carry(draft: &mut Draft<'_>, kind: RequestKind, body: String) -> Result<(), Refusal> {
    let case = draft.case().and_then(|number| draft.desk.own_case(number)).cloned();
    let Some(mut case) = case else { return Ok(()) };
    let (Some(host), Some(key)) = (draft.ctx.host, draft.ctx.host_key) else {
        draft.say("no request file was made: this host has no key to sign one with");
        return Ok(());
    };
    if kind == RequestKind::Conversion && body.len() > REQUEST_BODY_BYTES_MAX {
        draft
            .say("no request file was made: the estate is too long for one; send it to the vendor by itself");
        return Ok(());
    }
    let request = Request {
        case: case.number.to_string(),
        company: case.company.as_ref().map(ToString::to_string),
        by: case.asked_by.clone(),
        host: host.clone(),
        at: draft.ctx.now,
        asks: Asks::Words { kind, body },
    };
    let text = request.sign(key).map_err(|e| {
        Refusal::invalid("request", format!("{e}: it is text of 512 KiB at most, without control characters"))
    })?;
    let name = format!("{kind}-{}.request", case.number);
    draft.add_file(&mut case, &name, text)?;
    draft.note_case(case, CaseState::Waiting, &format!("the file {name} is to go to the vendor"))?;
    Ok(())
}
