//! Why a lease proves nothing.

use names::{Code, CpuId, Date, Wall, Word};

use crate::LineError;

/// Why a lease may not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// The bytes are no lease of this format.
    #[error("not a lease of a borrowed seat: {0}")]
    NotALease(&'static str),
    /// The vendor's line that came with it proves nothing.
    #[error("the license line of the lease: {0}")]
    Line(#[from] LineError),
    /// The vendor's line names no license host.
    #[error("the license line names no license host's key (HOST_KEY=), so nobody can have signed the lease")]
    NoHostKey,
    /// The lease is from another license host than the vendor's line names.
    #[error("the lease is from another license host than its license line names")]
    OtherHostKey,
    /// The signature is not the license host's over these bytes.
    #[error("the license host's signature does not belong to this lease")]
    BadSignature,
    /// The vendor's line is that of another pool.
    #[error("the license line is not that of the lease's pool")]
    OtherLine,
    /// The lease is longer than the license.
    #[error("the lease goes beyond the license, which expires on {0}")]
    BeyondLine(Date),
    /// It is another workstation's.
    #[error("the seat was borrowed for the workstation {0}")]
    OtherClient(CpuId),
    /// It is another user's.
    #[error("the seat was borrowed by {0}")]
    OtherUser(Word),
    /// The license has not begun.
    #[error("the license begins on {0}")]
    NotYet(Date),
    /// Its time has passed.
    #[error("the seat was borrowed until {}", shown(*.0))]
    Over(Wall),
    /// The clock shows a time long before one that was seen already.
    #[error("the clock shows {}, and {} was seen already", shown(*now), shown(*seen))]
    ClockSetBack {
        /// What the clock shows.
        now: Wall,
        /// What was seen already.
        seen: Wall,
    },
}

impl LeaseError {
    /// FlexNet's code for it.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::NotALease(_)
            | Self::NoHostKey
            | Self::OtherHostKey
            | Self::BadSignature
            | Self::OtherLine
            | Self::BeyondLine(_) => Code::BadSignature,
            Self::Line(error) => error.code(),
            Self::OtherClient(_) | Self::OtherUser(_) => Code::WrongHost,
            Self::NotYet(_) => Code::NotYet,
            Self::Over(_) => Code::BorrowExpired,
            Self::ClockSetBack { .. } => Code::ClockSetBack,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NotALease(_) | Self::BadSignature | Self::OtherLine | Self::BeyondLine(_) => {
                "borrow the seat again; the lease must stay as the license host gave it"
            }
            Self::Line(error) => error.remedy(),
            Self::NoHostKey => "ask the vendor for a pack that is signed for the license host (HOST_KEY=)",
            Self::OtherHostKey => "borrow the seat again, from the license host that the pack is for",
            Self::OtherClient(_) => "use it on the workstation that borrowed it",
            Self::OtherUser(_) => "use it as the user who borrowed it, or borrow a seat of your own",
            Self::NotYet(_) => "wait until the license begins",
            Self::Over(_) => "borrow it again, or check a seat out at the license host",
            Self::ClockSetBack { .. } => "set the clock right",
        }
    }
}

/// `31-dec-2026 23:59 UTC`
fn shown(wall: Wall) -> String {
    let minute = wall.0.rem_euclid(86_400_000) / 60_000;
    format!("{} {:02}:{:02} UTC", Date::of(wall), minute / 60, minute % 60)
}
