//! Deciding: who may, then the rules of each deed.

mod assignments;
mod cases;
mod companies;
mod conversion;
mod ledger;
mod moves;
mod own;
mod people;
mod requests;
mod served;

pub use requests::{Answer, answer_file};

use crate::actor::{Actor, Power};
use crate::decision::{Decision, Draft};
use crate::{Action, Command, Context, CustomerNumber, Desk, Need, Reach, Refusal};

impl Desk {
    /// What comes of a command, or why nothing does. Nothing is changed yet.
    ///
    /// # Errors
    /// The refusal.
    pub fn decide(&self, ctx: &Context<'_>, actor: &Actor, command: Command) -> Result<Decision, Refusal> {
        let action = command.action_by(actor);
        if let Some(action) = action {
            self.may(ctx, actor, action, command.company())?;
        } else if *actor != Actor::Daemon {
            return Err(Refusal::NotFound("this command".into()));
        }
        let after = requests::After::of(ctx, &command);
        let decision = self.decided(ctx, actor, command)?;
        after.done(self, ctx, actor, decision)
    }

    /// The same of whoever may.
    fn decided(&self, ctx: &Context<'_>, actor: &Actor, command: Command) -> Result<Decision, Refusal> {
        let action = command.action_by(actor);
        let draft = Draft::new(self, ctx, actor, action.unwrap_or(Action::Reread));
        match command {
            Command::SetName { .. }
            | Command::SetPassword { .. }
            | Command::SetToken { .. }
            | Command::DropToken
            | Command::SetPrimary { .. } => own::decide(draft, command),
            Command::AskForTools { .. } => cases::decide(draft, command),
            Command::AddPerson { .. }
            | Command::RemovePerson { .. }
            | Command::SetPrivileges { .. }
            | Command::AddContact { .. }
            | Command::NameSupervisor { .. }
            | Command::SetStaff { .. } => people::decide(draft, command),
            Command::SetCompany { .. } | Command::ChangeContact { .. } => companies::decide(draft, command),
            Command::UpgradeAccount { .. } | Command::CloseCase { .. } | Command::Reminded { .. } => {
                cases::decide(draft, command)
            }
            Command::Order { .. }
            | Command::Issue { .. }
            | Command::Renew { .. }
            | Command::Reconfigure { .. }
            | Command::VoidPack { .. }
            | Command::ReserveIds { .. } => ledger::decide(draft, command),
            Command::Assign { .. } | Command::ChangeAssignment { .. } | Command::Unassign { .. } => {
                assignments::decide(draft, command)
            }
            Command::InstallPack { .. } | Command::Served => served::decide(draft, command),
            Command::RequestConversion { .. } | Command::Convert { .. } => conversion::decide(draft, command),
            Command::Surrender { .. } | Command::IssueMove { .. } | Command::Surrendered { .. } => {
                moves::decide(draft, command)
            }
            Command::TakeRequest { file } => requests::decide(&draft, &file),
        }
    }

    /// Whether somebody may do something, for a company where it is a company's.
    ///
    /// # Errors
    /// That nobody is signed in, what they lack and whom they ask (W5), or that the page was another
    /// company's (W6).
    pub fn may(
        &self,
        ctx: &Context<'_>,
        actor: &Actor,
        action: Action,
        company: Option<&CustomerNumber>,
    ) -> Result<(), Refusal> {
        let Need::OneOf(needed) = action.need() else { return Ok(()) };
        if *actor == Actor::Nobody {
            return Err(Refusal::SignedOut);
        }
        let powers = self.powers(actor, ctx.role);
        // Only the vendor's desk reaches into companies that it does not work for.
        let reaches_all = needed.contains(&Power::VendorDesk) && powers.has(Power::VendorDesk);
        if let Actor::Person { company: active, .. } = actor
            && action.reach() == Reach::Company
            && !reaches_all
            && company.is_some()
            && company != active.as_ref()
        {
            return Err(self.other_company(active.as_ref(), company));
        }
        if powers.has_any(needed) {
            return Ok(());
        }
        let own = match actor {
            Actor::Person { company, .. } => company.as_ref(),
            _ => None,
        };
        // Who the people of a company are is nobody else's business.
        let is_theirs = |company: &&CustomerNumber| match actor {
            Actor::Person { email, .. } if !powers.has(Power::VendorDesk) => {
                self.membership(company, email).is_some()
            }
            _ => true,
        };
        Err(self.forbidden(ctx, needed, company.or(own).filter(is_theirs)))
    }

    fn other_company(&self, active: Option<&CustomerNumber>, asked: Option<&CustomerNumber>) -> Refusal {
        let shown = |company: Option<&CustomerNumber>| {
            company.map_or("no company".to_owned(), |number| format!("company {number}"))
        };
        Refusal::Conflict(format!(
            "this page was made for {}, and another tab switched to {}",
            shown(asked),
            shown(active)
        ))
    }

    /// The refusal of somebody who lacks a privilege: they are told whom to ask, by name (W5).
    fn forbidden(&self, ctx: &Context<'_>, needed: &[Power], company: Option<&CustomerNumber>) -> Refusal {
        let need: Vec<String> = needed.iter().map(ToString::to_string).collect();
        let is_companys =
            needed.iter().any(|p| matches!(p, Power::Supervisor | Power::Licensing | Power::Reporting));
        let supervisors: Vec<String> = company
            .filter(|_| is_companys)
            .into_iter()
            .flat_map(|company| self.members(company))
            .filter(|member| member.privileges.supervisor)
            .map(|member| self.person(&member.email).map_or(member.email.as_str(), |p| p.shown()).to_owned())
            .collect();
        let ask = match (is_companys, supervisors.is_empty()) {
            (true, false) => format!("your company's supervisors: {}", supervisors.join(", ")),
            (true, true) => format!("the vendor's support: {}", ctx.support),
            (false, _) if needed.contains(&Power::HostAdministrator) => {
                "whoever administers the license host".into()
            }
            (false, _) => format!("the vendor: {}", ctx.support),
        };
        Refusal::Forbidden { need: need.join(" or "), ask }
    }
}
