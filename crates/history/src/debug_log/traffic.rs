//! What FlexNet has words for: a seat goes out, comes in, is denied, is waited for.

use names::{Code, Feature, GrantId, Vendor, Version, Word};
use rustc_hash::FxHashMap;
use seats::{Deed, DequeueReason, Event, GrantState, Identity, ReturnReason};

use crate::seen::{Happened, How};
use crate::told::Told;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $word:literal $bit:literal;)*) => {
        /// A kind of line that an options file can keep out of the log (`NOLOG`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum LineKind { $($(#[$doc])* $name,)* }

        impl LineKind {
            /// Every kind there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As a line has it, and NOLOG.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            fn bit(self) -> u8 {
                match self { $(Self::$name => $bit,)* }
            }
        }
    };
}

kinds! {
    /// Seats came back.
    In = "IN" 1;
    /// Seats were granted.
    Out = "OUT" 2;
    /// A request was denied.
    Denied = "DENIED" 4;
    /// A request waits.
    Queued = "QUEUED" 8;
    /// What was asked for is not served.
    Unsupported = "UNSUPPORTED" 16;
    /// Seats became another version's, which does not happen here.
    Upgrade = "UPGRADE" 32;
    /// A request waits no longer.
    Dequeued = "DEQUEUED" 64;
}

/// Kinds of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineKinds(u8);

impl LineKinds {
    /// None.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// One more.
    #[must_use]
    pub fn and(self, kind: LineKind) -> Self {
        Self(self.0 | kind.bit())
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn has(self, kind: LineKind) -> bool {
        self.0 & kind.bit() != 0
    }
}

/// Why a line of seats says more than that they came or went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    None,
    Word(&'static str),
    Code(Code),
}

/// A line of seats.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traffic<'a> {
    pub(super) kind: LineKind,
    pub(super) vendor: Option<&'a Vendor>,
    pub(super) feature: &'a Feature,
    pub(super) who: Option<&'a Identity>,
    pub(super) data: Option<&'a Word>,
    pub(super) seats: u32,
    pub(super) version: Version,
    pub(super) handle: u64,
    pub(super) in_use: Option<(u32, u32)>,
    pub(super) reason: Reason,
}

/// Why seats are being taken back, until they are back.
#[derive(Debug, Default)]
pub(super) struct Revocations {
    /// What was noted right before.
    deed: Option<(u64, Deed)>,
    why: FxHashMap<GrantId, &'static str>,
}

/// So many are remembered.
const REVOCATIONS_MAX: usize = 100_000;

impl Revocations {
    /// Looks at an event before it is written.
    pub(super) fn note(&mut self, happened: &Happened<'_>, told: &Told) {
        let seq = happened.record.seq.0;
        match &happened.record.event {
            Event::Administered(note) => self.deed = Some((seq, note.deed)),
            Event::Changed(_) | Event::Returned { .. } if self.deed.is_some_and(|(at, _)| at + 1 == seq) => {
                // A deed may take several away.
                self.deed = self.deed.map(|(_, deed)| (seq, deed));
            }
            _ => {}
        }
        match &happened.record.event {
            Event::Changed(row) if matches!(row.state, GrantState::Revoked(..)) => {
                let noted = self.deed.filter(|(at, _)| *at == seq).map(|(_, deed)| deed);
                let idle = || told.state().session(row.session).is_some_and(|(_, mark)| mark.idle.is_some());
                let why = match noted {
                    Some(Deed::Remove) => USER_REMOVED,
                    None if idle() => INACTIVE,
                    _ => REVOKED,
                };
                if self.why.len() < REVOCATIONS_MAX {
                    self.why.insert(row.id, why);
                }
            }
            _ => {}
        }
    }

    /// Those that were known when the log was closed.
    pub(super) fn from_words(words: &[(u64, String)], removed: Option<u64>) -> Self {
        let known = |word: &str| [INACTIVE, USER_REMOVED, REVOKED].into_iter().find(|known| *known == word);
        let why = words.iter().filter_map(|(grant, word)| Some((GrantId(*grant), known(word)?)));
        Self { deed: removed.map(|seq| (seq, Deed::Remove)), why: why.collect() }
    }

    pub(super) fn to_words(&self) -> Vec<(u64, String)> {
        self.why.iter().map(|(grant, word)| (grant.0, (*word).to_owned())).collect()
    }

    /// The event that a removal is noted of, until another administers.
    pub(super) fn removed(&self) -> Option<u64> {
        self.deed.filter(|(_, deed)| *deed == Deed::Remove).map(|(seq, _)| seq)
    }

    fn take(&mut self, grant: GrantId, seq: u64) -> &'static str {
        let is_removed = self.removed() == Some(seq);
        self.why.remove(&grant).unwrap_or(if is_removed { USER_REMOVED } else { REVOKED })
    }
}

const INACTIVE: &str = "INACTIVE";
const USER_REMOVED: &str = "USER_REMOVED";
const REVOKED: &str = "REVOKED";

/// Whether an event may be a line of seats.
pub(super) fn is_traffic(event: &Event) -> bool {
    matches!(
        event,
        Event::Granted(_)
            | Event::Returned { .. }
            | Event::Denied(_)
            | Event::Queued(_)
            | Event::Dequeued { .. }
    )
}

/// The line of seats that an event is, if it is one.
pub(super) fn traffic<'a>(
    happened: &'a Happened<'_>,
    told: &'a Told,
    revocations: &mut Revocations,
) -> Option<Traffic<'a>> {
    let who = happened.who.as_deref();
    let of_grant = |kind, reason| {
        happened.held.as_ref().map(|held| Traffic {
            kind,
            vendor: Some(held.pool.vendor()),
            feature: held.pool.feature(),
            who,
            data: held.data.as_ref(),
            seats: held.seats.get(),
            version: held.version,
            handle: held.id.0,
            in_use: happened.in_use,
            reason,
        })
    };
    match &happened.record.event {
        Event::Granted(_) => of_grant(LineKind::Out, Reason::None),
        Event::Returned { grant, why, .. } => {
            let is_revoked = happened.held.as_ref().is_some_and(|held| held.how == How::Revoked);
            let reason = match returned(*why) {
                Reason::Word(REVOKED) => Reason::Word(revocations.take(*grant, happened.record.seq.0)),
                Reason::None if is_revoked => Reason::Word(revocations.take(*grant, happened.record.seq.0)),
                reason => reason,
            };
            of_grant(LineKind::In, reason)
        }
        Event::Denied(denied) => Some(Traffic {
            kind: denied_kind(denied.code),
            vendor: told.vendor(&denied.feature),
            feature: &denied.feature,
            who,
            data: None,
            seats: denied.seats.get(),
            version: denied.version,
            handle: 0,
            in_use: None,
            reason: Reason::Code(denied.code),
        }),
        Event::Queued(_) => waiter(happened, told, LineKind::Queued, Reason::None),
        Event::Dequeued { why, .. } => {
            let reason = match why {
                DequeueReason::Granted | DequeueReason::Withdrawn => Reason::None,
                DequeueReason::Ended => Reason::Word(INACTIVE),
                DequeueReason::Hopeless => Reason::Word("UNSUPPORTED"),
            };
            waiter(happened, told, LineKind::Dequeued, reason)
        }
        _ => None,
    }
}

fn waiter<'a>(
    happened: &'a Happened<'_>,
    told: &'a Told,
    kind: LineKind,
    reason: Reason,
) -> Option<Traffic<'a>> {
    let row = happened.waiter.as_ref()?;
    let ask = &row.ask;
    Some(Traffic {
        kind,
        vendor: ask.vendor.as_ref().or_else(|| told.vendor(&ask.feature)),
        feature: &ask.feature,
        who: happened.who.as_deref(),
        data: ask.more.as_ref().and_then(|more| more.data.as_ref()),
        seats: ask.seats.get(),
        version: ask.version,
        handle: row.id.0,
        in_use: None,
        reason,
    })
}

/// -5 and -18 are UNSUPPORTED in FlexNet's log.
fn denied_kind(code: Code) -> LineKind {
    match code {
        Code::NoSuchFeature | Code::NotServed => LineKind::Unsupported,
        _ => LineKind::Denied,
    }
}

/// FlexNet's word for it where it has one.
fn returned(why: ReturnReason) -> Reason {
    match why {
        ReturnReason::Checkin | ReturnReason::Closed => Reason::None,
        ReturnReason::TimedOut => Reason::Word(INACTIVE),
        ReturnReason::Replaced => Reason::Word("REPLACED"),
        ReturnReason::Lingered => Reason::Word("LINGER_ENDED"),
        ReturnReason::Revoked => Reason::Word(REVOKED),
        ReturnReason::Early => Reason::Word("BORROW_RETURNED"),
        ReturnReason::BorrowEnded => Reason::Word("BORROW_ENDED"),
        ReturnReason::Lost => Reason::Word("BORROW_LOST"),
        ReturnReason::BookingUsed => Reason::Word("BOOKING_USED"),
        ReturnReason::BookingEnded => Reason::Word("BOOKING_ENDED"),
    }
}

/// FlexNet's minor number, of those that its logs are known to have; otherwise 0.
pub(super) fn minor(code: Code) -> u32 {
    match code {
        Code::AllTaken => 342,
        Code::Queued => 332,
        Code::NoSuchFeature => 346,
        Code::NotServed => 327,
        _ => 0,
    }
}
