//! What administrators change: files read again, seats taken away, named seats given.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use license::Source;
use names::{Code, CpuId, Date, Email, Expiry, GrantId, Invalid, PoolId, SessionId};
use policy::Policy;
use proto::v1;
use seats::{Answer, AssignmentRow, Deed, LoginRow, Note, State};
use service::{Ask, InForce, Licensed, token_hash};
use tonic::Status;

use crate::config::Config;
use crate::desk::Retired;
use crate::edge::{Edge, random};
use crate::licenses::Licenses;
use crate::options::OptionsFiles;
use crate::outbox::{Outbox, Tag};
use crate::served::Served;
use crate::{clock, daily};

/// What a reread needs: the configuration, and what this machine is.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) config: Arc<Config>,
    pub(crate) host: Vec<CpuId>,
    /// The keys that this daemon alone serves on this machine, by its locks.
    pub(crate) keys: BTreeSet<String>,
}

/// Files that were read again.
pub(crate) struct Read {
    pub(crate) in_force: InForce,
    pub(crate) findings: Vec<String>,
    pub(crate) served: Served,
}

/// Minutes east of UTC, of this machine.
pub(crate) fn utc_offset() -> i16 {
    let offset = jiff::Zoned::now().offset().seconds() / 60;
    i16::try_from(offset).unwrap_or(0)
}

/// Licenses and options files as they are to be in force.
pub(crate) fn in_force(licenses: &Licenses, options: &OptionsFiles) -> InForce {
    let licensed = Arc::new(Licensed::new(&licenses.loaded.entitlements));
    InForce::new(licensed, Arc::new(options.policy(licenses)), utc_offset())
}

impl Files {
    /// Reads all files again. It waits for the disk, and the owner goes on meanwhile.
    ///
    /// # Errors
    /// What is wrong; then nothing is to change.
    fn read(
        &self,
        host_key: &license::SecretKey,
        retired: &Retired,
        more: Option<Source>,
    ) -> Result<Read, String> {
        let licenses = Licenses::read_with(&self.config, &self.host, more).map_err(|e| e.to_string())?;
        let (licenses, left_out) = licenses.without(retired, &self.host);
        crate::init::check_host_key(&licenses, host_key).map_err(|e| e.to_string())?;
        if let Some((place, key)) = licenses.of_another_key(&self.keys) {
            return Err(format!(
                "{place}: error: it is signed with the key {key}, which served nothing at the start, so another daemon \
                 may serve it ({})\n  help: restart the daemon to serve it here",
                Code::NotServed.number()
            ));
        }
        let options = OptionsFiles::read(&self.config, &licenses).map_err(|e| e.to_string())?;
        let found = licenses.loaded.diagnostics.iter().map(|found| found.render(&licenses.sources));
        let findings = found.chain(options.shown()).chain(left_out).flat_map(|text| lines(&text)).collect();
        Ok(Read { in_force: in_force(&licenses, &options), findings, served: Served::new(&licenses) })
    }
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// What would be otherwise, one line a pool, then one a rule.
fn changes(state: &State, policy: &Policy, new: &InForce) -> Vec<String> {
    let today = Date::of(clock::now().wall);
    let rows = new.licensed.on(today, |pool| new.policy.pool_options(pool));
    let mut changes = Vec::new();
    for row in &rows {
        let (id, now) = (&row.id, row.limit());
        match state.pool(id) {
            None => changes.push(format!("{id}: new, {now} seats")),
            Some((old, _)) if old == row => {}
            Some((old, in_use)) if old.limit() != now => {
                changes.push(format!("{id}: {} seats, now {now}; {in_use} in use", old.limit()));
            }
            Some(_) => changes.push(format!("{id}: other terms")),
        }
    }
    let mut gone: Vec<_> = state
        .pools()
        .filter(|(old, _)| rows.iter().all(|row| row.id != old.id))
        .map(|(old, in_use)| format!("{}: not licensed any more; {in_use} seats in use are kept", old.id))
        .collect();
    gone.sort();
    changes.extend(gone);
    let rules = policy.changes(&new.policy).into_iter();
    changes.extend(rules.map(|(vendor, change)| format!("options file of {vendor}: {change}")));
    changes
}

/// What an administrator asks for, or the daemon by itself, with a note of it in the journal.
pub(crate) fn noted(by: Option<u32>, deed: Deed, about: &str, ask: Ask) -> Ask {
    Ask::Noted(Box::new(Note::new(by, deed, about)), Box::new(ask))
}

/// Asks the owner, and says what it refuses.
///
/// # Errors
/// The denial.
pub(crate) async fn ask(edge: &Edge, ask: Ask) -> Result<Answer, Status> {
    ask_all(edge, vec![ask]).await?.pop().ok_or_else(busy)
}

fn busy() -> Status {
    Status::resource_exhausted(format!("{}: try again", Code::Busy))
}

/// Asks the owner several things, which it decides one after the other with nothing between them.
///
/// # Errors
/// The first denial.
pub(crate) async fn ask_all(edge: &Edge, asks: Vec<Ask>) -> Result<Vec<Answer>, Status> {
    let outbox = Arc::new(Outbox::default());
    let tag = Tag { request: 0, session: SessionId(0), came: None };
    let count = asks.len();
    edge.submit(&outbox, asks.into_iter().map(|ask| (tag, ask)).collect()).map_err(|_| busy())?;
    let mut answers = Vec::new();
    while answers.len() < count {
        for told in poll_fn(|cx| outbox.poll_take(cx)).await {
            answers.push(told.reply.answer);
        }
    }
    answers
        .into_iter()
        .map(|answer| match answer {
            Answer::Denied(denial) => Err(Status::failed_precondition(denial.to_string())),
            answer => Ok(answer),
        })
        .collect()
}

/// Reads the files again, says what would be otherwise, and finds out what the owner will need to put
/// them in force. All this is another thread's, so that the owner is away for no longer than it must.
///
/// # Errors
/// What is wrong; then nothing is to change.
pub(crate) fn read(edge: &Edge, files: &Files) -> Result<(Vec<String>, Read), String> {
    let mut read = files.read(&edge.host_key, &edge.retired.load(), None)?;
    let state = edge.viewer.state();
    let changes = changes(&state, &edge.policy.load(), &read.in_force);
    read.in_force.prepare(&state, Date::of(clock::now().wall));
    Ok((changes, read))
}

/// What would be otherwise with one more pack among the files.
///
/// # Errors
/// What is wrong with it, or with the files.
pub(crate) fn changes_with(edge: &Edge, files: &Files, pack: Source) -> Result<Vec<String>, String> {
    let read = files.read(&edge.host_key, &edge.retired.load(), Some(pack))?;
    Ok(changes(&edge.viewer.state(), &edge.policy.load(), &read.in_force))
}

/// Who reads the files again, from the reading until they are in force: nobody else does meanwhile, so
/// what is in force, and served, is what was read last.
pub(crate) struct Turn(Arc<Edge>);

impl Turn {
    /// # Errors
    /// When somebody else has it.
    pub(crate) fn take(edge: &Arc<Edge>) -> Result<Self, Status> {
        if edge.is_rereading.swap(true, Ordering::AcqRel) {
            let code = Code::Busy;
            return Err(Status::resource_exhausted(format!(
                "{code}: the files are being read again; try again"
            )));
        }
        Ok(Self(Arc::clone(edge)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.is_rereading.store(false, Ordering::Release);
    }
}

/// Does something to its end, whether who asked waits for it or not.
async fn to_the_end<T: Send + 'static>(
    work: impl Future<Output = Result<T, Status>> + Send + 'static,
) -> Result<T, Status> {
    let ends = |_| Status::unavailable(format!("{}: the daemon ends", Code::Busy));
    tokio::spawn(work).await.map_err(ends)?
}

/// Puts what was read in force; gives how many seats were taken away. What is served is then of the same
/// files, also where who asked is gone.
pub(crate) async fn put_in_force(
    turn: Turn,
    read: Read,
    and_drop: bool,
    by: Option<u32>,
) -> Result<u64, Status> {
    to_the_end(async move { put(&turn.0, read, and_drop, by).await }).await
}

async fn put(edge: &Edge, read: Read, and_drop: bool, by: Option<u32>) -> Result<u64, Status> {
    let is_reread_daily = daily::is_on(&read.in_force.policy, &edge.about.vendors);
    let refused = |_: &Status| edge.counted.rereads_refused.one();
    let deed = if and_drop { Deed::RereadAndDrop } else { Deed::Reread };
    let asked = ask(edge, noted(by, deed, "", Ask::Reread(Box::new(read.in_force), and_drop)));
    let answer = asked.await.inspect_err(refused)?;
    edge.counted.rereads.one();
    edge.is_reread_daily.store(is_reread_daily, Ordering::Relaxed);
    edge.served.store(Arc::new(read.served));
    edge.reread.notify_one();
    while let Some(replaced) = edge.replaced.pop() {
        // It takes as long as there were lines and rules.
        tokio::task::spawn_blocking(|| drop(replaced));
    }
    Ok(match answer {
        Answer::Revoked(seats) => seats as u64,
        _ => 0,
    })
}

/// What an administrator said that is none.
pub(crate) fn bad(invalid: &Invalid) -> Status {
    Status::invalid_argument(format!("{}: {invalid}", Code::BadParameter))
}

fn pool(name: Option<&v1::PoolName>) -> Result<PoolId, Status> {
    PoolId::try_from(name.unwrap_or(&v1::PoolName::default())).map_err(|invalid| bad(&invalid))
}

/// A named seat that is to be somebody's.
pub(crate) fn assignment(edge: &Edge, asked: &v1::AssignRequest) -> Result<AssignmentRow, Status> {
    let pool = pool(asked.pool.as_ref())?;
    let from = match asked.from.as_str() {
        "" => Date::of(clock::now().wall),
        text => Date::parse(text).map_err(|invalid| bad(&invalid))?,
    };
    let until = match asked.until.as_str() {
        "" => edge.viewer.state().pool(&pool).map_or(Expiry::Permanent, |(row, _)| row.expiry),
        text => Expiry::parse(text).map_err(|invalid| bad(&invalid))?,
    };
    Ok(AssignmentRow { pool, email: email(&asked.email)?, from, until })
}

pub(crate) fn unassignment(asked: &v1::UnassignRequest) -> Result<(PoolId, Email), Status> {
    Ok((pool(asked.pool.as_ref())?, email(&asked.email)?))
}

pub(crate) fn email(text: &str) -> Result<Email, Status> {
    Email::new(text).map_err(|invalid| bad(&invalid))
}

/// A new personal token, which is shown once, and what is kept of it.
pub(crate) fn login(email: Email) -> Result<(String, LoginRow), Status> {
    let bytes: [u8; 32] = random().map_err(|e| Status::internal(e.to_string()))?;
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let token_hash = token_hash(token.as_bytes());
    Ok((token, LoginRow { email, token_hash }))
}

/// Whose the named seats are.
pub(crate) fn assignments(edge: &Edge) -> Vec<v1::Assignment> {
    let state = edge.viewer.state();
    let in_use = |row: &AssignmentRow| {
        state.holders_of_pool(&row.pool).any(|(who, _)| who.email.as_ref() == Some(&row.email))
    };
    let shown = state.assignments().map(|row| v1::Assignment {
        pool: Some((&row.pool).into()),
        email: row.email.to_string(),
        from: row.from.to_string(),
        until: row.until.to_string(),
        in_use: in_use(row),
    });
    shown.collect()
}

/// A borrowed seat that an administrator brings back.
pub(crate) fn returned(edge: &Edge, asked: &v1::ReturnBorrowedRequest) -> Result<Ask, Status> {
    let grant = GrantId(asked.grant);
    let state = edge.viewer.state();
    let is_borrowed = state.grant(grant).filter(|row| row.kept().is_some());
    if is_borrowed.is_none() {
        return Err(Status::not_found(format!(
            "{} It came back before, or its date has passed.",
            Code::BorrowUnknown
        )));
    }
    if asked.lost {
        return Ok(Ask::Lost(grant));
    }
    let secret = <[u8; 32]>::try_from(asked.proof.as_ref())
        .map_err(|_| bad(&Invalid { what: "a receipt", why: "its secret must have 32 bytes".into() }))?;
    Ok(Ask::ReturnBorrowed(grant, license::proof_hash(&secret)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn what_is_asked_for_is_done_when_who_asked_is_gone() {
        let (go, goes) = oneshot::channel::<()>();
        let (did, is_done) = oneshot::channel();
        let mut asked = Box::pin(to_the_end(async move {
            goes.await.map_err(|_| busy())?;
            did.send(()).map_err(|()| busy())
        }));
        assert!(tokio::time::timeout(Duration::ZERO, &mut asked).await.is_err());
        drop(asked);
        go.send(()).unwrap();
        is_done.await.unwrap();
    }
}
