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
/// License hosts whose packs are signed at once.
pub const HOSTS_MAX: usize = 1_000;
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
/// Bytes of a row that are stored under one key; the rest goes under others.
pub const PART_BYTES: usize = 48 * 1024;
/// Open requests of one person for the license tools.
pub const TOOLS_OPEN_MAX: usize = 5;
/// People of a company.
pub const MEMBERS_MAX: usize = 100_000;
/// Characters of a password's hash.
pub const HASH_CHARS_MAX: usize = 512;
/// Addresses that a case or a refusal names one by one; of more it says how many.
pub const NAMED_MAX: usize = 50;
/// Rows that are found at a time.
pub const FOUND_MAX: usize = 200;
/// Links of a row that is found.
pub const LINKED_MAX: usize = 50;
/// Days for which it is known that a reminder was sent. That a purchase was seen is known for good.
pub const REMINDED_DAYS: i64 = 400;
/// Bytes of an estate that is converted.
pub const ESTATE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of one cell of it.
pub const ESTATE_CELL_BYTES_MAX: usize = 64 * 1024;
/// Refusals of an estate that are shown one by one, and warnings.
pub const ESTATE_FINDINGS_MAX: usize = 1_000;
/// Bytes of a row as the journal carries it.
pub const ROW_BYTES_MAX: usize = 1024 * 1024;
/// Warnings that a configuration keeps.
pub const CONFIGURATION_WARNINGS_MAX: usize = 100;
/// What a case is linked to.
pub const CASE_ABOUT_MAX: usize = 10_000;
/// Configurations in one move: each has a row with the receipt of all.
pub const MOVED_IDS_MAX: usize = 100;
