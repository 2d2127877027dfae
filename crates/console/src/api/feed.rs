//! The calendar for programs that can show nothing but an address: it has a secret of its person's, which opens the
//! calendar and nothing else, and ends with their personal token.

use desk::Action;
use names::Email;
use subtle::ConstantTimeEq as _;

use crate::Route;
use crate::host::Host;
use crate::pages::Answer;
use crate::web::{Fault, Reply};

/// What its addresses begin with.
const FOLDER: &str = "/calendar/";

/// Its addresses.
pub(super) const PATH: &str = "/calendar/{who}/{secret}";

/// Its route.
pub(super) fn route() -> Route {
    Route::api_get(PATH, Action::OwnSeats, |request| async move {
        match crate::pages::reminders_file(&super::asked(&request))? {
            Answer::File { name, kind, text } => Ok(Reply::file(&name, kind, text)),
            Answer::Page(_) => Err(Fault::Broken),
        }
    })
}

/// Where somebody's calendar is, if they have a personal token.
pub(crate) fn address(host: &dyn Host, email: &Email) -> Option<String> {
    let secret = secret(&host.token_of(email)?);
    Some(format!("{FOLDER}{}/{secret}.ics", hex(email.as_str().as_bytes())))
}

/// Whose calendar an address is.
pub(crate) fn reader(host: &dyn Host, path: &str) -> Option<Email> {
    let (who, shown) = path.strip_prefix(FOLDER)?.strip_suffix(".ics")?.split_once('/')?;
    let email = Email::new(&unhex(who)?).ok()?;
    let expected = secret(&host.token_of(&email)?);
    bool::from(expected.as_bytes().ct_eq(shown.as_bytes())).then_some(email)
}

/// Made of the token's hash, and tells nothing of it.
fn secret(token_hash: &[u8; 32]) -> String {
    let of = [b"seatkeeper calendar 1\n".as_slice(), token_hash].concat();
    hex(&service::token_hash(&of))
}

/// Letters and digits only: whatever stands between leaves them as they are.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<String> {
    if !text.is_ascii() || !text.len().is_multiple_of(2) {
        return None;
    }
    let pairs = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
    String::from_utf8(pairs.collect::<Option<_>>()?).ok()
}
