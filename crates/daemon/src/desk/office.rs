//! The office: the one task that does what is decided, one command after another.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use ::desk::{Action, Actor, Change, Command, Decision, Ending, Refusal, Row};
use names::{Code, ConfigId, CpuId, GrantId, PoolId, Vendor};
use seats::{DeskChange, GrantState};
use service::Ask;
use tonic::Status;

use super::refused::Refusals;
use super::{Asked, Deeds, Desk, Done, change, install};
use crate::office::{self, Turn};
use crate::surrendered;

/// How long somebody else's reread is waited for, and how often it is looked whether it has ended.
const TURN_WITHIN: Duration = Duration::from_secs(60);
const TURN_LOOK: Duration = Duration::from_millis(20);

/// Does what it is asked to until the daemon's streams end.
pub(crate) async fn run(desk: Arc<Desk>, mut deeds: Deeds) {
    let closing = desk.edge.closing.clone();
    let mut refusals = Refusals::default();
    tokio::select! {
        () = closing.cancelled() => return,
        () = begin(&desk) => {}
    }
    loop {
        // What has been taken from the queue is done to its end; a drain waits for it.
        tokio::select! {
            () = closing.cancelled() => return,
            () = desk.edge.reread.notified() => served(&desk).await,
            deed = deeds.0.recv() => {
                let Some(deed) = deed else { return };
                let (action, done) = match deed.asked {
                    Asked::For(command) => {
                        (command.action_by(&deed.actor), act(&desk, &deed.actor, *command).await)
                    }
                    Asked::InVain(action, refusal) => (Some(action), Err(refusal)),
                };
                if let Err(refusal @ Refusal::Forbidden { .. }) = &done {
                    refused(&desk, &mut refusals, &deed.actor, action, refusal).await;
                }
                // Who asked may be gone.
                let _ = deed.answer.send(done);
            }
        }
    }
}

/// What a crash has left half done is done: packs that are in force and not served are written, what served
/// packs bring is known, and seats that were to end with their license end.
async fn begin(desk: &Arc<Desk>) {
    let reader = Arc::clone(desk);
    let missing = tokio::task::spawn_blocking(move || install::missing(&reader)).await.unwrap_or_default();
    if !missing.is_empty() {
        tracing::info!(packs = missing.len(), "packs that are in force and were not served are installed");
        let decision = Decision { install: missing, ..nothing(Action::InstallPack) };
        for said in follow(desk, &decision).await {
            tracing::warn!("{said}");
        }
    }
    receipts(desk).await;
    served(desk).await;
    end_seats(desk).await;
}

/// What the journal's rows and the receipts beside the packs tell of licenses that were given up is united:
/// what one of them lacks is made again.
async fn receipts(desk: &Arc<Desk>) {
    let reader = Arc::clone(desk);
    let united = tokio::task::spawn_blocking(move || {
        let (config, key) = (&reader.files.config, reader.edge.host_key.public());
        let rules = reader.rules();
        let united = surrendered::read(&config.licenses, &reader.files.host, &key).with(rules.retired());
        let failed = surrendered::write(&config.licenses, &united.missing);
        (united, failed)
    });
    let Ok((united, failed)) = united.await else { return };
    for finding in united.findings.iter().chain(&failed) {
        tracing::warn!("license: {finding}");
    }
    if united.unknown.is_empty() {
        return;
    }
    let command = Command::Surrendered { receipts: united.unknown };
    if let Err(refusal) = Box::pin(act(desk, &Actor::Daemon, command)).await {
        tracing::warn!("receipts of licenses that were given up are not taken over: {refusal}");
    }
}

fn nothing(action: Action) -> Decision {
    Decision {
        action,
        about: String::new(),
        changes: Vec::new(),
        seats: Vec::new(),
        install: Vec::new(),
        reread: false,
        case: None,
        said: Vec::new(),
    }
}

/// What is served from now on: its companies are known, and its buyers have their seats.
async fn served(desk: &Arc<Desk>) {
    if let Err(refusal) = act(desk, &Actor::Daemon, Command::Served).await {
        tracing::warn!("what the license files bring to the desk is not taken over: {refusal}");
    }
}

async fn act(desk: &Arc<Desk>, actor: &Actor, command: Command) -> Result<Done, Refusal> {
    let is_served = matches!(command, Command::Served);
    let (decider, by) = (Arc::clone(desk), actor.clone());
    let decided = tokio::task::spawn_blocking(move || decider.decide(&by, command)).await;
    let decision = decided.unwrap_or_else(|_| Err(Refusal::Limit("the desk's rules have a bug".into())))?;
    if !(is_served && change::is_empty(&decision)) {
        commit(desk, change::of(&desk.rules(), actor, &decision)).await?;
        let mut rules = ::desk::Desk::clone(&desk.rules());
        for change in &decision.changes {
            rules.apply(change);
        }
        desk.publish(rules);
    }
    let mut said = decision.said.clone();
    said.extend(follow(desk, &decision).await);
    Ok(Done { case: decision.case, said })
}

/// Has the owner write a command, as one step.
async fn commit(desk: &Desk, change: DeskChange) -> Result<(), Refusal> {
    office::ask(&desk.edge, Ask::Desk(Box::new(change))).await.map(drop).map_err(|status| {
        match status.code() {
            tonic::Code::ResourceExhausted => Refusal::Limit(status.message().to_owned()),
            // The seats have changed since it was decided.
            _ => Refusal::Conflict(status.message().to_owned()),
        }
    })
}

/// What follows from a decision that is on the disk. What cannot be done is told; the next start tries again.
async fn follow(desk: &Arc<Desk>, decision: &Decision) -> Vec<String> {
    if decision.install.is_empty() && !decision.reread {
        return Vec::new();
    }
    let (config, packs) = (Arc::clone(&desk.files.config), decision.install.clone());
    let written = tokio::task::spawn_blocking(move || install::write_all(&config, &packs)).await;
    let mut said = written.unwrap_or_default();
    for why in &said {
        tracing::error!("a pack is in force and not installed: {why}");
    }
    if decision.changes.iter().any(|change| matches!(change, Change::Put(Row::Retired(_)))) {
        receipts(desk).await;
    }
    if let Err(status) = reread(desk).await {
        tracing::error!("the license files are not read again: {}", status.message());
        said.push(format!("the license files are not read again: {}", status.message()));
    }
    end_seats(desk).await;
    Box::pin(served(desk)).await;
    said
}

async fn reread(desk: &Arc<Desk>) -> Result<(), Status> {
    let turn = turn(desk).await?;
    let reader = Arc::clone(desk);
    let read = tokio::task::spawn_blocking(move || office::read(&reader.edge, &reader.files)).await;
    let (_, read) = read
        .map_err(|_| Status::internal("the files could not be read"))?
        .map_err(Status::failed_precondition)
        .inspect_err(|_| desk.edge.counted.rereads_refused.one())?;
    office::put_in_force(turn, read, false, None).await.map(drop)
}

async fn turn(desk: &Desk) -> Result<Turn, Status> {
    let began = tokio::time::Instant::now();
    loop {
        match Turn::take(&desk.edge) {
            Err(_) if began.elapsed() < TURN_WITHIN => tokio::time::sleep(TURN_LOOK).await,
            taken => return taken,
        }
    }
}

/// Seats of licenses that were given up and are not to run to their return are taken away.
async fn end_seats(desk: &Desk) {
    let rules = desk.rules();
    let ending = rules.retired().filter(|row| row.ending == Ending::End);
    let ending: BTreeSet<_> = ending.map(|row| (&row.vendor, row.id, &row.host)).collect();
    if ending.is_empty() {
        return;
    }
    for grant in of_retired(&desk.edge.viewer.state(), &desk.files.host, &ending) {
        if let Err(status) = office::ask(&desk.edge, Ask::Revoke(grant, Code::Removed)).await {
            tracing::warn!(%grant, "a seat of a license that was given up is not taken away: {}", status.message());
        }
    }
}

/// The seats of licenses that this machine gave up and that still run. A locked license's pools are called by
/// its workstations, so which machine it is comes from outside.
fn of_retired(
    state: &seats::State,
    host: &[CpuId],
    retired: &BTreeSet<(&Vendor, u64, &CpuId)>,
) -> Vec<GrantId> {
    let is_retired = |pool: &PoolId| match pool.config() {
        ConfigId::Number(id) => host.iter().any(|host| retired.contains(&(pool.vendor(), *id, host))),
        ConfigId::OfPack(_) => false,
    };
    let pools = state.pools().map(|(row, _)| &row.id).filter(|pool| is_retired(pool));
    let grants = pools.flat_map(|pool| state.grants_of_pool(pool));
    grants.filter(|row| row.state == GrantState::Floating).map(|row| row.id).collect()
}

/// What was denied is logged, and written down as long as it is not too much.
async fn refused(
    desk: &Desk,
    refusals: &mut Refusals,
    actor: &Actor,
    action: Option<Action>,
    refusal: &Refusal,
) {
    let deed = action.map_or("", Action::word);
    if !refusals.one_more(tokio::time::Instant::now()) {
        return;
    }
    tracing::warn!(by = %actor, deed, "the desk refused something: {refusal}");
    if let Err(why) = commit(desk, change::refused(actor, deed)).await {
        tracing::warn!("a refusal is not written down: {why}");
    }
}
