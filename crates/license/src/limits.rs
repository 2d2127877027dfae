//! The limits of a license file. They are listed in the crate's README too.

/// Continuations (`\` at the end of a line) in one logical line.
pub const CONTINUATIONS_MAX: usize = 64;
/// Bytes in one logical line, and in the canonical form of one signed line.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// Words in one logical line: keyword, fields and attributes together.
pub const WORDS_MAX: usize = 512;
/// Diagnostics for one file; the last one then says how many more there are.
pub const DIAGNOSTICS_MAX: usize = 100;
/// Seats of one pool over all its lines.
pub const POOL_SEATS_MAX: u64 = 1_000_000_000;
/// Components of one PACKAGE line.
pub const COMPONENTS_MAX: usize = 256;
/// Entitlements that the packages of all files make together.
pub const PACKAGED_MAX: usize = 100_000;
/// UPGRADE lines of one feature in one configuration.
pub const UPGRADES_MAX: usize = 256;
/// Modules in one `MODULES=`.
pub const MODULES_MAX: usize = 1_000;
/// Versions of one package.
pub const PACKAGE_VERSIONS_MAX: usize = 64;
/// Lines of a file that are shown although they are not signed, or cannot be read.
pub const LINES_SHOWN_MAX: usize = 100_000;
/// Bytes of what a request file asks for.
pub const REQUEST_BODY_BYTES_MAX: usize = 512 * 1024;
/// Bytes of a request file: its body, or its ids and packs, and the other rows.
pub const REQUEST_BYTES_MAX: usize = REQUEST_BODY_BYTES_MAX + 4096;
/// Configuration IDs in one request file.
pub const REQUEST_IDS_MAX: usize = 1_000;
/// Packs in one request file.
pub const REQUEST_PACKS_MAX: usize = 1_000;
/// Characters of a case's or a customer's number in a request file.
pub const REQUEST_NUMBER_CHARS_MAX: usize = 64;
