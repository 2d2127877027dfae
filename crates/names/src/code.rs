//! Denial and error codes: FlexNet's numbers with FlexNet's words.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $text:literal;)*) => {
        /// Why something was refused. The numbers are those of FlexNet's end-user manual; a number is
        /// never given a second meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(i16)]
        pub enum Code {
            $($(#[$doc])* #[doc = $text] $name = $number,)*
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// FlexNet's words for it.
            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The code with this number.
            #[must_use]
            pub fn from_number(number: i32) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }
        }
    };
}

codes! {
    NoLicenseFile = -1, "Cannot find license file.";
    BadSyntax = -2, "Invalid license file syntax.";
    NoServerForFeature = -3, "No license server system for this feature.";
    AllTaken = -4, "Licensed number of users already reached.";
    NoSuchFeature = -5, "No such feature exists.";
    BadSignature = -8, "Invalid (inconsistent) license key or signature.";
    WrongHost = -9, "Invalid host.";
    Expired = -10, "Feature has expired.";
    BadDate = -11, "Invalid date format in license file.";
    BadServerData = -12, "Invalid returned data from license server system.";
    NoServerLines = -13, "No SERVER lines in license file.";
    NoConnection = -15, "Cannot connect to license server system.";
    CannotRead = -16, "Cannot read data from license server system.";
    CannotWrite = -17, "Cannot write data to license server system.";
    NotServed = -18, "License server system does not support this feature.";
    CheckinFailed = -22, "Checkin failure at license server system: feature not checked out or session unknown.";
    Busy = -23, "License server system temporarily busy.";
    Queued = -24, "Users are queued for this feature.";
    VersionNotServed = -25, "License server system does not support this version of this feature.";
    TooMany = -26, "Request for more licenses than this feature supports.";
    CannotReadFile = -30, "Cannot read license file.";
    NotYet = -31, "Feature start date is in the future.";
    BadHandshake = -33, "Bad encryption handshake with the license server system.";
    InQueue = -35, "User in the queue for this feature.";
    Excluded = -38, "User/host on EXCLUDE list for feature.";
    NotIncluded = -39, "User/host not on INCLUDE list for feature.";
    NeverCheckedOut = -41, "Feature was never checked out.";
    BadParameter = -42, "Invalid parameter.";
    NotAdministrator = -63, "You are not a license administrator.";
    TooSoon = -64, "License removed too soon: the minimum interval has not passed.";
    NoneToBorrow = -67, "No licenses available to borrow.";
    NoBorrow = -68, "License BORROW support not enabled.";
    NotFloating = -69, "FLOAT_OK can not run standalone on SERVER.";
    BadTimeZone = -71, "Invalid TZ environment variable.";
    BadVersion = -77, "Bad version number.";
    NoListedUsers = -84, "USER_BASED license has no specified users; see the options file.";
    UnsupportedRequest = -85, "License server system does not support this request.";
    MaxReached = -87, "Checkout exceeds MAX specified in options file.";
    ClockSetBack = -88, "System clock has been set back.";
    BadPlatform = -89, "This platform not authorized by license.";
    UnknownKeyword = -90, "Future license file format or misspelling in license file.";
    Removed = -92, "License was removed during a reread, or the SERVER host id is wrong.";
    Incompatible = -94, "Attempt to use incompatible attributes.";
    ServerDown = -96, "License server machine is down or not responding.";
    VendorDown = -97, "The desired vendor daemon is down.";
    CannotRemoveLingering = -100, "Cannot remove a lingering license.";
    Reserved = -101, "All licenses are reserved for others.";
    TerminalServer = -103, "Terminal Server remote client not allowed.";
    BorrowTooLong = -104, "Cannot borrow that long.";
    NoConnectionsLeft = -106, "License server system out of network connections.";
    NoSignature = -114, "SIGN= keyword required, but missing from the license.";
    BorrowFailed = -117, "BORROW failed.";
    BorrowExpired = -118, "BORROW period has expired.";
    NotOnServer = -119, "lmdown and lmreread must be run on license server machine.";
    DownWhileBorrowed = -120, "Cannot lmdown the server when licenses are borrowed.";
    NoEarlyReturn = -123, "Early return of a borrowed license is not enabled.";
    ReturnFailed = -124, "An error occurred while returning a borrowed license to the server.";
    PackageOnly = -125, "Attempt to checkout just a PACKAGE.";
    BorrowUnknown = -128, "The borrowed license does not match any license of the server.";
}

impl Code {
    /// FlexNet's number, below zero.
    #[must_use]
    pub fn number(self) -> i32 {
        i32::from(self as i16)
    }

    /// The exit status of a command that ends with this code: 256 + the number, as lmutil does (241
    /// for -15), in one byte.
    #[must_use]
    pub fn exit_status(self) -> u8 {
        u8::try_from((256 + self.number()).clamp(1, 255)).unwrap_or(1)
    }
}

impl fmt::Display for Code {
    /// `Licensed number of users already reached. (-4)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.text(), self.number())
    }
}

impl std::error::Error for Code {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_come_back() {
        for code in Code::ALL {
            assert_eq!(Code::from_number(code.number()), Some(*code));
        }
        assert_eq!(Code::from_number(0), None);
        assert_eq!(Code::NoConnection.exit_status(), 241);
        assert_eq!(Code::AllTaken.to_string(), "Licensed number of users already reached. (-4)");
    }
}
