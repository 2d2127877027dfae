//! What comes of a command, while it is put together and when it is done.

use names::{Email, PackNumber, PoolId, Vendor};

use crate::change::{Change, Row, RowKey};
use crate::context::Assigned;
use crate::limits;
use crate::model::{Case, CaseFile, CaseKind, CaseNumber, CaseState, Counter, Entry, FileRow};
use crate::{Action, Actor, Context, CustomerNumber, Desk, Refusal};

/// A change of named seats, which the seat engine makes in the same step as the desk's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeatChange {
    /// Somebody is given a seat, or another period.
    Assign(Assigned),
    /// It is taken back; a running seat goes within 5 s (T5).
    Unassign {
        /// Of which pool.
        pool: PoolId,
        /// Whose.
        email: Email,
    },
    /// Somebody's personal token.
    SetLogin {
        /// Whose.
        email: Email,
        /// The SHA-256 of it.
        token_hash: [u8; 32],
    },
    /// They have none any more.
    DropLogin(Email),
}

/// A pack that this host is to serve from now on: written to the folder of licenses, then all are read
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// Whose it is.
    pub vendor: Vendor,
    /// Its number, which names its file.
    pub pack: PackNumber,
    /// Its signed text.
    pub text: String,
}

/// What is to be done, whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The deed.
    pub action: Action,
    /// In a line, for the journal and the audit chain.
    pub about: String,
    /// The desk's rows.
    pub changes: Vec<Change>,
    /// Named seats.
    pub seats: Vec<SeatChange>,
    /// Packs to serve here.
    pub install: Vec<Install>,
    /// License files are to be read again: a license was given up.
    pub reread: bool,
    /// The case that this is, where it is one.
    pub case: Option<CaseNumber>,
    /// What who asked is told, one a line: warnings, what was left out.
    pub said: Vec<String>,
}

/// A decision while it is made: a desk with the changes so far.
#[derive(Debug)]
pub struct Draft<'a> {
    /// What is true outside.
    pub ctx: &'a Context<'a>,
    /// Who asks.
    pub actor: &'a Actor,
    /// The desk as it will be: what was decided so far is in it.
    pub desk: Desk,
    decision: Decision,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(desk: &Desk, ctx: &'a Context<'a>, actor: &'a Actor, action: Action) -> Self {
        let decision = Decision {
            action,
            about: String::new(),
            changes: Vec::new(),
            seats: Vec::new(),
            install: Vec::new(),
            reread: false,
            case: None,
            said: Vec::new(),
        };
        Self { ctx, actor, desk: desk.to_draft(), decision }
    }

    /// A decision that something is to be added to.
    pub(crate) fn resume(desk: &Desk, ctx: &'a Context<'a>, actor: &'a Actor, decision: Decision) -> Self {
        let mut desk = desk.to_draft();
        decision.changes.iter().for_each(|change| desk.apply(change));
        Self { ctx, actor, desk, decision }
    }

    /// The deed.
    pub(crate) fn action(&self) -> Action {
        self.decision.action
    }

    /// The case that it is so far.
    pub(crate) fn case(&self) -> Option<&CaseNumber> {
        self.decision.case.as_ref()
    }

    /// Ends another case than the decision's own.
    pub(crate) fn end_case(&mut self, case: Case, what: &str) -> Result<(), Refusal> {
        let own = self.decision.case.clone();
        self.note_case(case, CaseState::Done, what)?;
        self.decision.case = own;
        Ok(())
    }

    /// Puts a row.
    pub fn put(&mut self, row: Row) {
        self.change(Change::Put(row));
    }

    /// Drops a row.
    pub fn drop_row(&mut self, key: RowKey) {
        self.change(Change::Drop(key));
    }

    fn change(&mut self, change: Change) {
        self.desk.apply(&change);
        self.decision.changes.push(change);
    }

    /// Changes named seats.
    pub fn seat(&mut self, change: SeatChange) {
        self.decision.seats.push(change);
    }

    /// Serves a pack here.
    pub fn install(&mut self, install: Install) {
        self.decision.install.push(install);
    }

    /// Has the license files read again.
    pub fn reread(&mut self) {
        self.decision.reread = true;
    }

    /// Tells who asked something.
    pub fn say(&mut self, what: impl Into<String>) {
        self.decision.said.push(what.into());
    }

    /// The next number of a kind; the first is `first`.
    ///
    /// # Errors
    /// All were given.
    pub fn next(&mut self, of: &str, first: u64) -> Result<u64, Refusal> {
        let number = self.desk.tables.counters.get(of).map_or(first, |counter| counter.next);
        let next = number.checked_add(1);
        let next = next.ok_or_else(|| Refusal::Limit(format!("every number of a {of} was given")))?;
        self.put(Row::Counter(Box::new(Counter { of: of.to_owned(), next })));
        Ok(number)
    }

    /// Opens a case: each request is one, with one number.
    ///
    /// # Errors
    /// A number that cannot be made.
    pub fn open_case(
        &mut self,
        kind: CaseKind,
        company: Option<CustomerNumber>,
        subject: &str,
    ) -> Result<Case, Refusal> {
        let letter = if self.ctx.role.is_vendor() { 'V' } else { 'S' };
        let number = CaseNumber::new(&format!("{letter}-{}", self.next("case", 1001)?))
            .map_err(|e| Refusal::invalid("case", e))?;
        let asked_by = match self.actor {
            Actor::Person { email, .. } => Some(email.clone()),
            _ => None,
        };
        let case = Case {
            number: number.clone(),
            other: None,
            kind,
            company,
            asked_by,
            subject: subject.to_owned(),
            state: CaseState::Open,
            history: Vec::new(),
            files: Vec::new(),
            about: Vec::new(),
            opened_ms: self.ctx.now.0,
            version: 0,
        };
        self.decision.case = Some(number);
        Ok(case)
    }

    /// Adds to a case's history and writes it down.
    ///
    /// # Errors
    /// A history that is full.
    pub fn note_case(&mut self, mut case: Case, state: CaseState, what: &str) -> Result<Case, Refusal> {
        if case.history.len() >= limits::HISTORY_MAX {
            return Err(Refusal::Limit(format!("case {} has {} entries", case.number, limits::HISTORY_MAX)));
        }
        case.history.push(Entry { at_ms: self.ctx.now.0, by: self.actor.to_string(), what: what.to_owned() });
        case.state = state;
        case.version += 1;
        self.decision.case = Some(case.number.clone());
        self.put(Row::Case(Box::new(case.clone())));
        Ok(case)
    }

    /// Adds a file to a case; the case is written down by [`Self::note_case`].
    ///
    /// # Errors
    /// One that is too long, or one too many.
    pub fn add_file(&mut self, case: &mut Case, name: &str, text: String) -> Result<(), Refusal> {
        if text.len() > limits::FILE_BYTES_MAX || case.files.len() >= limits::FILES_MAX {
            let why =
                format!("a case has {} files of {} bytes at most", limits::FILES_MAX, limits::FILE_BYTES_MAX);
            return Err(Refusal::Limit(why));
        }
        case.files.retain(|file| file.name != name);
        case.files.push(CaseFile { name: name.to_owned(), bytes: text.len() as u64 });
        self.put(Row::File(Box::new(FileRow { case: case.number.clone(), name: name.to_owned(), text })));
        Ok(())
    }

    /// The decision; `about` says in a line what it is.
    #[must_use]
    pub fn done(self, about: impl Into<String>) -> Decision {
        Decision { about: about.into(), ..self.decision }
    }
}
