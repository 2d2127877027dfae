//! Every limit that more than one crate shares. Each is tested at, below and above its value.

/// Seats on one line or in one checkout.
pub const SEATS_MAX: u32 = 1_000_000;
/// Characters in a feature name (the manual's issued names have at most 30; real files have longer ones).
pub const FEATURE_CHARS_MAX: usize = 64;
/// Characters in a vendor name.
pub const VENDOR_CHARS_MAX: usize = 32;
/// Characters in a user, host, display or application word.
pub const WORD_CHARS_MAX: usize = 64;
/// Characters in one host id.
pub const CPU_ID_CHARS_MAX: usize = 64;
/// Characters in the canonical text of a pool's pooling fields.
pub const POOLING_CHARS_MAX: usize = 1024;
/// Characters in an e-mail address.
pub const EMAIL_CHARS_MAX: usize = 254;
/// Digits in a Configuration ID.
pub const CONFIG_ID_DIGITS_MAX: usize = 18;

/// Commands in one message of a session stream.
pub const COMMANDS_PER_MESSAGE_MAX: usize = 256;
/// Bytes in one message.
pub const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// Commands of one stream that may be waiting for an answer at once.
pub const IN_FLIGHT_PER_STREAM_MAX: usize = 1024;
/// Sessions that one stream may carry.
pub const SESSIONS_PER_STREAM_MAX: usize = 4096;
/// Sessions a daemon keeps at once.
pub const SESSIONS_MAX: usize = 1_000_000;
/// Sessions of one client's host, where the configuration does not say: four full streams.
pub const SESSIONS_PER_HOST_DEFAULT: u32 = 16_384;
/// Live grants of one session.
pub const GRANTS_PER_SESSION_MAX: usize = 4096;
/// Requests of one session that may wait in line.
pub const WAITS_PER_SESSION_MAX: usize = 64;
/// Requests that may wait in line for one feature.
pub const WAITERS_PER_FEATURE_MAX: usize = 100_000;
/// Bookings of one feature at once.
pub const BOOKINGS_PER_FEATURE_MAX: usize = 10_000;
/// The longest that a booking may wait for its job, in milliseconds.
pub const BOOKING_MS_MAX: u64 = 24 * 3_600_000;
/// Counted rules (RESERVE, MAX) in force at once.
pub const QUOTAS_MAX: usize = 100_000;
/// Assignments of named seats at once.
pub const ASSIGNMENTS_MAX: usize = 1_000_000;
/// Rows of the license desk at once.
pub const DESK_ROWS_MAX: usize = 4_000_000;
/// Changes in one command of the desk: rows, assignments and logins, put or taken away.
pub const DESK_CHANGES_MAX: usize = 200_000;
/// Bytes of keys and values that one command of the desk may put.
pub const DESK_COMMAND_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Bytes in the key of a desk's row, which is printable ASCII without blanks.
pub const DESK_KEY_BYTES_MAX: usize = 400;
/// Bytes in the value of a desk's row.
pub const DESK_VALUE_BYTES_MAX: usize = 60 * 1024;
/// Holders told that somebody waits, at one ask.
pub const ASKED_HOLDERS_MAX: usize = 8;
/// Holders named in one denial.
pub const HOLDERS_IN_DENIAL_MAX: usize = 8;

/// Session time-out in milliseconds: smallest, default and largest.
pub const TIMEOUT_MS_MIN: u64 = 1_000;
/// See [`TIMEOUT_MS_MIN`].
pub const TIMEOUT_MS_DEFAULT: u64 = 120_000;
/// See [`TIMEOUT_MS_MIN`].
pub const TIMEOUT_MS_MAX: u64 = 24 * 3_600_000;

/// How far the wall clock may be behind the latest time that it has shown before dates are not judged by
/// it any more, in milliseconds.
pub const CLOCK_BACK_MS_MAX: i64 = 24 * 3_600_000;
/// How far it goes on before that time is written down again, in milliseconds.
pub const CLOCK_NOTED_MS: i64 = 3_600_000;

/// Bytes in one license file.
pub const PACK_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Bytes in a configuration file.
pub const CONFIG_BYTES_MAX: usize = 1024 * 1024;

/// The ports FlexNet scans when none is named.
pub const PORTS_DEFAULT: std::ops::RangeInclusive<u16> = 27000..=27009;
