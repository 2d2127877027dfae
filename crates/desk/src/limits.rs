//! How much of everything there may be.

/// Characters of a customer number.
pub const CUSTOMER_CHARS_MAX: usize = 32;
/// Characters of a name: of a company, a person, a product line.
pub const NAME_CHARS_MAX: usize = 120;
/// Characters of an address or a note.
pub const TEXT_CHARS_MAX: usize = 2_000;
/// Characters of a serial, install, order, subscription or invoice number.
pub const NUMBER_CHARS_MAX: usize = 64;
/// Items of an order.
pub const ITEMS_MAX: usize = 1_000;
/// Hosts or workstations of one item.
pub const PLACES_MAX: usize = 10_000;
/// Modules of a configuration.
pub const MODULES_MAX: usize = 200;
/// Serial numbers, and install numbers, of a configuration.
pub const OLD_NUMBERS_MAX: usize = 10_000;
/// Lines of a configuration.
pub const LINES_MAX: usize = 1_000;
/// The highest Configuration ID: 18 digits.
pub const CONFIGURATION_ID_MAX: u64 = 999_999_999_999_999_999;
/// Reserved ranges of Configuration IDs.
pub const RANGES_MAX: usize = 1_000;
/// E-mail addresses in one command.
pub const EMAILS_MAX: usize = 10_000;
/// Entries of a case's history.
pub const HISTORY_MAX: usize = 1_000;
/// Files of a case.
pub const FILES_MAX: usize = 100;
/// Bytes of a case's file, and of a pack that the desk keeps.
pub const FILE_BYTES_MAX: usize = 512 * 1024;
/// Rows of an estate that is converted.
pub const ESTATE_ROWS_MAX: usize = 100_000;
/// Configurations in one move: each has a row with the receipt of all.
pub const MOVED_IDS_MAX: usize = 100;
