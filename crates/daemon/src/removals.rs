//! `lmremove` and `lmdown`: which seats an administrator may take away, and what keeps the daemon from
//! stopping.

use std::collections::BTreeSet;

use names::{Code, Feature, GrantId};
use proto::v1;
use seats::{Answer, Deed, GrantRow, GrantState, Keeping, Note, State};
use service::Ask;
use tonic::Status;

use crate::edge::Edge;
use crate::office;

/// What is told of others at most, by name.
const NAMED_MAX: usize = 8;
/// Bytes of a name that nobody has, told back.
const ECHOED: usize = 80;
/// What is submitted to the owner at once.
const AT_ONCE: usize = 256;

/// Takes back all that one user has of a feature on one display of one workstation; gives how many grants.
///
/// # Errors
/// When there is none that can be taken away, with what there is.
pub(crate) async fn remove(edge: &Edge, by: u32, asked: &v1::RemoveRequest) -> Result<u64, Status> {
    let grants = of_tuple(&edge.viewer.state(), asked)?;
    let about = format!("{} of {}@{} on {}", asked.feature, asked.user, asked.host, display(&asked.display));
    let note = Ask::Note(Box::new(Note::new(Some(by), Deed::Remove, &about)));
    let mut asks = vec![note];
    asks.extend(grants.into_iter().map(|grant| Ask::Revoke(grant, Code::Removed)));
    let mut removed = 0;
    while !asks.is_empty() {
        let rest = asks.split_off(asks.len().min(AT_ONCE));
        for answer in office::ask_all(edge, std::mem::replace(&mut asks, rest)).await? {
            removed += if let Answer::Revoked(grants) = answer { grants as u64 } else { 0 };
        }
    }
    Ok(removed)
}

/// Refuses to take one grant away that is not there, lingers or is borrowed.
///
/// # Errors
/// Why it cannot be taken away.
pub(crate) fn check(state: &State, grant: GrantId) -> Result<(), Status> {
    match state.grant(grant) {
        Some(row) => is_removable(&row).map_or_else(|| Err(gone(grant)), |why| why.map_or(Ok(()), Err)),
        None => Err(gone(grant)),
    }
}

fn gone(grant: GrantId) -> Status {
    Status::not_found(format!("{}: there is no grant {grant} any more", Code::NeverCheckedOut))
}

/// Why a grant cannot be taken away, if it cannot; nothing where it has been.
fn is_removable(row: &GrantRow) -> Option<Option<Status>> {
    let id = row.id;
    match &row.state {
        GrantState::Revoked(..) => None,
        GrantState::Floating => Some(None),
        GrantState::Kept(kept) => match kept.how {
            Keeping::Booked(_) => Some(None),
            Keeping::Lingering => Some(Some(Status::failed_precondition(format!(
                "{}: grant {id} lingers until {}, and is free then",
                Code::CannotRemoveLingering,
                kept.until
            )))),
            Keeping::Borrowed(_) => Some(Some(Status::failed_precondition(format!(
                "{}: grant {id} is borrowed until {}; `seatkeeper borrow take-back {id}` takes it back by its \
                 receipt, or as lost",
                Code::NoEarlyReturn,
                kept.until
            )))),
        },
    }
}

/// The grants that a tuple of FlexNet's names, and that can be taken away. Of all others, however many they
/// are, no more names are kept than are told.
fn of_tuple(state: &State, asked: &v1::RemoveRequest) -> Result<Vec<GrantId>, Status> {
    let feature = Feature::new(&asked.feature).map_err(|invalid| office::bad(&invalid))?;
    let mut pools = state.pools().filter(|(row, _)| *row.id.feature() == feature).peekable();
    if pools.peek().is_none() {
        return Err(Status::not_found(format!("{}: {feature}", Code::NoSuchFeature)));
    }
    let (mut removable, mut others, mut refused) = (Vec::new(), BTreeSet::new(), None);
    for grant in pools.flat_map(|(row, _)| state.grants_of_pool(&row.id)) {
        let Some(who) = state.holder(grant.id) else { continue };
        let is_theirs = who.user.as_str() == asked.user
            && who.host.as_str().eq_ignore_ascii_case(&asked.host)
            && who.display.as_str() == asked.display;
        if !is_theirs {
            others.insert(format!("{}@{} on {}", who.user, who.host, display(who.display.as_str())));
            if others.len() > NAMED_MAX + 1 {
                others.pop_last();
            }
            continue;
        }
        match is_removable(&grant) {
            Some(None) => removable.push(grant.id),
            Some(why) => refused = refused.or(why),
            None => {}
        }
    }
    if !removable.is_empty() {
        removable.sort_unstable();
        return Ok(removable);
    }
    Err(refused.unwrap_or_else(|| none_of(asked, &others)))
}

fn none_of(asked: &v1::RemoveRequest, others: &BTreeSet<String>) -> Status {
    let who = format!("{}@{} on {}", cut(&asked.user), cut(&asked.host), cut(display(&asked.display)));
    let there = match others.len() {
        0 => "nobody has any".to_owned(),
        n => {
            let some: Vec<_> = others.iter().take(NAMED_MAX).map(String::as_str).collect();
            let more = if n > NAMED_MAX { " and others" } else { "" };
            format!("those who have are {}{more}", some.join(", "))
        }
    };
    let feature = &asked.feature;
    Status::not_found(format!("{}: {who} has no seat of {feature}; {there}", Code::NeverCheckedOut))
}

/// What was asked may be of any length; names have 64 characters.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(ECHOED)).unwrap_or(text)
}

fn display(text: &str) -> &str {
    if text.is_empty() { "no display" } else { text }
}

/// Whether the daemon may stop: what is asked for is what it serves, and no seat is borrowed.
///
/// # Errors
/// What keeps it from stopping.
pub(crate) fn may_stop(edge: &Edge, asked: &v1::StopRequest) -> Result<(), Status> {
    let served = edge.about.vendors.join(", ");
    let is_served = |vendor: &String| *vendor == asked.vendor;
    if !asked.vendor.is_empty() && !edge.about.vendors.iter().any(is_served) {
        return Err(Status::not_found(format!(
            "{}: {} is not served here; {served} is",
            Code::VendorDown,
            asked.vendor
        )));
    }
    if !asked.vendor.is_empty() && edge.about.vendors.len() > 1 {
        return Err(Status::failed_precondition(format!(
            "{}: one daemon serves {served}, and stops for all of them: leave -vendor out",
            Code::UnsupportedRequest
        )));
    }
    if asked.force {
        return Ok(());
    }
    let state = edge.viewer.state();
    let borrowed: BTreeSet<GrantId> = state.ends().map(|(grant, _)| grant).collect();
    let named = borrowed.into_iter().filter_map(|grant| state.grant(grant)).filter_map(|row| {
        let kept = row.kept().filter(|kept| matches!(kept.how, Keeping::Borrowed(_)))?;
        let (who, feature) = (&kept.who, row.pool.feature());
        Some(format!("{feature} by {}@{} until {}", who.user, who.host, kept.until))
    });
    let named: Vec<String> = named.collect();
    if named.is_empty() {
        return Ok(());
    }
    let some: Vec<_> = named.iter().take(NAMED_MAX).map(String::as_str).collect();
    let more = if named.len() > NAMED_MAX {
        format!(" and {} more", named.len() - NAMED_MAX)
    } else {
        String::new()
    };
    Err(Status::failed_precondition(format!(
        "{}: {}{more}; -force stops it all the same, and borrowed seats outlive it",
        Code::DownWhileBorrowed,
        some.join(", ")
    )))
}
