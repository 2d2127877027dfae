//! The vendor's answer: a pack, and the number of the vendor's case before it.

use names::CpuId;

use crate::decision::Draft;
use crate::model::{Case, CaseKind, CaseNumber, CaseState, CustomerNumber, MoveRow, MoveState, PackRow};
use crate::{Desk, Refusal, Row};

/// How the first row of an answer begins. To whoever reads licenses it is a comment.
const BEGINS: &str = "# seatkeeper answer ";
/// What of a case says which license host asked.
const SITE: &str = "site:";

/// To which request a pack is the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The vendor's case.
    pub case: CaseNumber,
    /// The site's, and the license host that asked, where a site asked.
    pub to: Option<(CaseNumber, CpuId)>,
}

/// A pack as it is handed out: with the vendor's case number, and the site's where it asked, in a comment
/// before its signed text. One that was installed here is given on as it came.
#[must_use]
pub fn answer_file(desk: &Desk, pack: &PackRow) -> String {
    let case = desk.own_case(&pack.case);
    if case.is_some_and(|case| case.kind == CaseKind::Install) {
        return pack.text.clone();
    }
    let to = case.and_then(|case| Some((case.other.as_ref()?, site(case)?)));
    let to = to.map(|(other, host)| format!(" to {other} of {host}")).unwrap_or_default();
    format!("{BEGINS}{}{to}\n{}", pack.case, pack.text)
}

/// A pack's text without the comment that it is handed out with.
pub(in crate::decide) fn signed_text(text: &str) -> &str {
    match text.split_once('\n') {
        Some((first, rest)) if first.starts_with(BEGINS) => rest,
        _ => text,
    }
}

/// The license host that asked, as a case has it.
pub(super) fn site(case: &Case) -> Option<&str> {
    case.about.iter().find_map(|about| about.strip_prefix(SITE))
}

/// The same, to be written.
pub(in crate::decide) fn of_site(host: &CpuId) -> String {
    format!("{SITE}{host}")
}

impl Answer {
    /// To what a pack's text is the answer; nothing where it does not say. The row is not signed: it finds
    /// a case, and proves nothing.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let row = text.lines().next()?.strip_prefix(BEGINS)?;
        let mut words = row.split(' ');
        let case = CaseNumber::new(words.next()?).ok()?;
        let to = match (words.next(), words.next(), words.next(), words.next(), words.next()) {
            (None, ..) => None,
            (Some("to"), Some(other), Some("of"), Some(host), None) => {
                Some((CaseNumber::new(other).ok()?, CpuId::new(host).ok()?))
            }
            _ => return None,
        };
        Some(Self { case, to })
    }

    /// Links a pack that was installed here: the case that asked for it ends, and so does the move; both
    /// numbers find them.
    pub(super) fn link(&self, draft: &mut Draft<'_>, company: &CustomerNumber) -> Result<(), Refusal> {
        let here = draft.ctx.host;
        let asked = self.to.as_ref().filter(|(_, host)| Some(host) == here);
        let asked = asked.and_then(|(number, _)| draft.desk.own_case(number));
        let is_open =
            |case: &&Case| case.company.as_ref() == Some(company) && case.state == CaseState::Waiting;
        let asked = asked.filter(is_open).cloned();
        let installed = draft.case().and_then(|number| draft.desk.own_case(number)).cloned();
        match asked {
            Some(mut case) => {
                case.other = Some(self.case.clone());
                let what = format!("the vendor answered: case {}", self.case);
                let move_row = draft.desk.moving(&case.number).cloned();
                draft.end_case(case, &what)?;
                if let Some(row) = move_row {
                    put_installed(draft, row);
                }
            }
            None => {
                if let Some(case) = installed.filter(|case| case.other.is_none()) {
                    let case = Case { other: Some(self.case.clone()), ..case };
                    draft.put(Row::Case(Box::new(case)));
                }
            }
        }
        Ok(())
    }
}

fn put_installed(draft: &mut Draft<'_>, row: MoveRow) {
    let version = row.version + 1;
    draft.put(Row::Move(Box::new(MoveRow { state: MoveState::Installed, version, ..row })));
}
