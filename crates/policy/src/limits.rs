//! The limits of an options file.

/// Bytes in one file.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Characters in one line, as FlexNet has it; `\` at its end continues it.
pub const LINE_CHARS_MAX: usize = 4_000;
/// Continuations of one line.
pub const CONTINUATIONS_MAX: usize = 64;
/// RESERVE lines of one file, as FlexNet has it.
pub const RESERVATIONS_MAX: usize = 10_000;
/// Seconds: a shorter TIMEOUT or TIMEOUTALL is this one, as with most of FlexNet's publishers.
pub const TIMEOUT_MIN_S: u32 = 900;
/// Questions of somebody and a feature that a comparison of two files asks.
pub const DIFF_QUESTIONS_MAX: usize = 200_000;
/// Names in one line of a comparison; how many more there are is said.
pub const DIFF_NAMES_MAX: usize = 8;
