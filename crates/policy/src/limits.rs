//! The limits of an options file.

/// Bytes in one file.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Characters in one line, as FlexNet has it; `\` at its end continues it.
pub const LINE_CHARS_MAX: usize = 4_000;
/// Continuations of one line.
pub const CONTINUATIONS_MAX: usize = 64;
/// RESERVE lines of one file, as FlexNet has it.
pub const RESERVATIONS_MAX: usize = 10_000;
