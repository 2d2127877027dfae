//! Why a request file proves nothing.

use names::Code;

use crate::limits::REQUEST_BYTES_MAX;

/// Why a request file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It is longer than any.
    #[error("not a request file: it has more than {} KiB", REQUEST_BYTES_MAX >> 10)]
    TooLong,
    /// The bytes are no request of this format.
    #[error("not a request file: {0}")]
    NotARequest(&'static str),
    /// The signature is not the named key's over these bytes.
    #[error("the signature does not belong to this request file")]
    BadSignature,
    /// Another key than the license host's signed it.
    #[error("the request file is signed with another key than the license host's")]
    OtherHostKey,
}

impl RequestError {
    /// FlexNet's code for it.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            Self::TooLong | Self::NotARequest(_) => Code::BadSyntax,
            Self::BadSignature | Self::OtherHostKey => Code::BadSignature,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::TooLong => "ask for less in one request",
            Self::NotARequest(_) | Self::BadSignature => {
                "carry the file as the site's desk gave it, byte for byte: a copy as text may change line ends"
            }
            Self::OtherHostKey => {
                "take the file from the license host that the pack was made for, or where that host is lost, say so"
            }
        }
    }
}
