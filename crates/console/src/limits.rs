//! How much of everything the console takes.

use std::time::Duration;

/// Connections at once.
pub const CONNECTIONS_MAX: usize = 512;
/// Connections of one address at once; of the proxies none is counted.
pub const CONNECTIONS_PER_ADDRESS: usize = 64;
/// Bytes of a request's head.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Header fields of a request.
pub const HEADERS_MAX: usize = 64;
/// How long a head may take to come, and how long a connection may be idle.
pub const HEAD_WITHIN: Duration = Duration::from_secs(15);
/// How long a body may take to come.
pub const BODY_WITHIN: Duration = Duration::from_secs(30);
/// How long a write may wait for the other side.
pub const WRITE_WITHIN: Duration = Duration::from_secs(15);
/// Bytes of a form.
pub const FORM_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of a request with files.
pub const UPLOAD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes of one file.
pub const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Fields of a form, and of an address.
pub const FIELDS_MAX: usize = 1_000;
/// Files of a form.
pub const FILES_MAX: usize = 4;
/// Rows of a page of a list, unless it is asked for otherwise.
pub const PAGE_ROWS: usize = 50;
/// Rows of a page of a list at most.
pub const PAGE_ROWS_MAX: usize = 200;
/// Characters of a search.
pub const SEARCH_CHARS_MAX: usize = 200;
/// Streams of a session.
pub const STREAMS_PER_SESSION: usize = 5;
/// Events of a stream that wait for a slow reader.
pub const STREAM_EVENTS_MAX: usize = 8;
/// Sessions of a person; one more ends the one that was used least lately.
pub const SESSIONS_PER_PERSON: usize = 20;
/// Sessions in all.
pub const SESSIONS_MAX: usize = 20_000;
/// Notices that wait for a session's next page.
pub const NOTICES_MAX: usize = 50;
/// Passwords that are hashed at once.
pub const HASHES_AT_ONCE: usize = 2;
/// Passwords that wait to be hashed.
pub const HASHES_WAITING: usize = 32;
/// Characters of a password at least.
pub const PASSWORD_CHARS_MIN: usize = 12;
/// Bytes of a password at most.
pub const PASSWORD_BYTES_MAX: usize = 512;
/// Wrong passwords in a minute: for one account from one address.
pub const TRIES_PER_ACCOUNT_AND_ADDRESS: u32 = 5;
/// Wrong passwords in a minute: for one account from all addresses but from browsers that it was signed
/// in with before.
pub const TRIES_PER_ACCOUNT: u32 = 30;
/// Wrong passwords in a minute: from one address.
pub const TRIES_PER_ADDRESS: u32 = 20;
/// What is remembered of who tried.
pub const TRIES_KEPT: usize = 50_000;
/// How long a link to set a password is good for.
pub const LINK_WITHIN: Duration = Duration::from_secs(24 * 60 * 60);
/// Links that are not used yet.
pub const LINKS_MAX: usize = 1_000;
