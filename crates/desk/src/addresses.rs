//! E-mail addresses pasted at once: divided by comma, semicolon or line break (T3).

use std::collections::BTreeSet;

use names::{Email, limits::EMAIL_CHARS_MAX};

use crate::{Refusal, check, limits};

/// What was pasted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Addresses {
    /// The addresses, each once, in their order.
    pub(crate) good: Vec<Email>,
    /// What is no address, in quotes, and why.
    pub(crate) bad: Vec<(String, String)>,
    /// Addresses that were there before.
    pub(crate) twice: usize,
}

/// Reads addresses.
pub(crate) fn addresses(text: &str) -> Result<Addresses, Refusal> {
    let most = limits::EMAILS_MAX;
    let too_many = || Refusal::Limit(format!("{most} addresses may be given at a time; give them in parts"));
    if text.len() > most * (EMAIL_CHARS_MAX + 2) {
        return Err(too_many());
    }
    let mut read = Addresses::default();
    let mut seen = BTreeSet::new();
    let parts = text.split([',', ';', '\n', '\r']).map(str::trim).filter(|part| !part.is_empty());
    for (place, part) in parts.enumerate() {
        if place >= most {
            return Err(too_many());
        }
        match Email::new(part).map_err(|e| e.why).and_then(fits) {
            Ok(email) if seen.insert(email.clone()) => read.good.push(email),
            Ok(_) => read.twice += 1,
            Err(why) => read.bad.push((check::quoted(part), why)),
        }
    }
    Ok(read)
}

fn fits(email: Email) -> Result<Email, String> {
    let why = check::too_long(&email);
    if why.is_empty() { Ok(email) } else { Err(why) }
}
