//! `OUT: "feature" user@host [data]  (n licenses)` and its like.

use std::net::IpAddr;

/// What became of somebody's seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Event<'a> {
    /// What happened.
    pub(crate) kind: Kind,
    /// The feature.
    pub(crate) feature: &'a str,
    /// The user; may have blanks and `@`.
    pub(crate) user: &'a str,
    /// The workstation.
    pub(crate) host: &'a str,
    /// The data of the checkout.
    pub(crate) data: Option<&'a str>,
    /// How many, where that is said.
    pub(crate) seats: Option<u32>,
    /// FlexNet's number of the reason, below zero.
    pub(crate) code: Option<i32>,
    /// What only the verbose form says.
    pub(crate) verbose: Option<Verbose<'a>>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Seats were granted.
    Out,
    /// They came back.
    In,
    /// They were refused.
    Denied,
    /// They were refused since the feature is not served.
    Unsupported,
    /// The request waits in line.
    Queued,
    /// It waits no more.
    Dequeued,
}

/// What stands between `^^^` and `^^^`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verbose<'a> {
    /// The version that was asked for.
    pub(crate) version: &'a str,
    /// From where.
    pub(crate) address: IpAddr,
    /// The checkout's handle.
    pub(crate) handle: &'a str,
    /// `LM_PROJECT`; may be empty.
    pub(crate) project: &'a str,
}

const KINDS: [(&str, Kind); 6] = [
    ("OUT:", Kind::Out),
    ("IN:", Kind::In),
    ("DENIED:", Kind::Denied),
    ("UNSUPPORTED:", Kind::Unsupported),
    ("QUEUED:", Kind::Queued),
    ("DEQUEUED:", Kind::Dequeued),
];

/// Reads a message; nothing where it is of another kind, nothing inside where it cannot be read.
pub(super) fn read(message: &str) -> Option<Option<Event<'_>>> {
    KINDS.into_iter().find_map(|(word, kind)| Some(event(kind, message.strip_prefix(word)?.trim())))
}

fn event(kind: Kind, text: &str) -> Option<Event<'_>> {
    let (count, text) = leading_count(text);
    let (feature, text) = feature(text)?;
    let (user, host, tail) = who(text)?;
    let found = Event { kind, feature, user, host, data: None, seats: count, code: None, verbose: None };
    let found = rest(found, tail);
    (!found.user.is_empty()).then_some(found)
}

/// Older daemons say the number first: `4 "mill"` or `(4) "mill"`.
fn leading_count(text: &str) -> (Option<u32>, &str) {
    let Some((word, rest)) = text.split_once(' ') else { return (None, text) };
    let number = word.strip_prefix('(').and_then(|word| word.strip_suffix(')')).unwrap_or(word);
    match number.parse() {
        Ok(n) if !rest.trim_start().starts_with('@') && !number.starts_with('+') => {
            (Some(n), rest.trim_start())
        }
        _ => (None, text),
    }
}

fn feature(text: &str) -> Option<(&str, &str)> {
    let (feature, text) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => text.split_once(' ')?,
    };
    let mut text = text.trim_start();
    // `"LDSDK.EXE" (PORT_AT_HOST_PLUS   ) …`, `… to user@host`
    while text.starts_with('(') {
        text = text.get(group(text)?..)?.trim_start();
    }
    for word in ["to ", "by "] {
        text = text.strip_prefix(word).map_or(text, str::trim_start);
    }
    Some((feature, text)).filter(|_| !feature.is_empty())
}

/// The user, the host and what follows. A user may have blanks and `@`, a host has neither: it is the first
/// word behind an `@` that what a line may go on with follows.
fn who(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    // The `@` is the last one of its word.
    for word in text.split_inclusive(char::is_whitespace) {
        let (start, end) = (from, from + word.len());
        from = end;
        let word = word.trim_end();
        let Some(at) = word.rfind('@').filter(|at| at + 1 < word.len()) else { continue };
        let goes_on = text.get(end..)?.trim_start();
        if goes_on.is_empty() || goes_on.starts_with(['(', '[']) || goes_on.starts_with("^^^") {
            return Some((text.get(..start + at)?.trim(), word.get(at + 1..)?, goes_on));
        }
    }
    None
}

/// Data, number, reason and the verbose form, in any order.
fn rest<'a>(mut found: Event<'a>, mut text: &'a str) -> Event<'a> {
    while !text.is_empty() {
        let end = match text.as_bytes().first() {
            Some(b'[') => {
                let end = text.match_indices(']').map(|(at, _)| at + 1).find(|end| {
                    text.get(*end..).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
                });
                if let Some(data) = end.and_then(|end| text.get(1..end - 1)) {
                    found.data = Some(data).filter(|data| !data.is_empty());
                }
                end
            }
            Some(b'(') => {
                let end = group(text);
                if let Some(inner) = end.and_then(|end| text.get(1..end - 1)) {
                    parenthesis(&mut found, inner.trim());
                }
                end
            }
            Some(b'^') => {
                let inner = text.trim_start_matches('^');
                let inner = inner.split_once("^^^").map_or(inner, |(inner, _)| inner);
                verbose(&mut found, inner.trim());
                None
            }
            _ => text.find(' '),
        };
        // What cannot be read ends it.
        let Some(end) = end else { break };
        text = text.get(end..).unwrap_or_default().trim_start();
    }
    found
}

/// Where a group in parentheses ends, those inside it counted.
fn group(text: &str) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, b) in text.bytes().enumerate() {
        match b {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// `8 licenses`, `8`, a reason with its code, or `INACTIVE`, `SHUTDOWN`.
fn parenthesis(found: &mut Event<'_>, inner: &str) {
    let number = inner.split_once(' ').map_or(inner, |(number, _)| number);
    let is_count = inner == number || matches!(inner.split_once(' '), Some((_, "license" | "licenses")));
    if is_count && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) {
        // More than any license has.
        found.seats = Some(number.parse().unwrap_or(u32::MAX));
        return;
    }
    let code = inner.rsplit_once("(-").map(|(_, rest)| rest);
    let digits = code.map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default());
    if let Some(number) = digits.and_then(|digits| digits.parse::<i32>().ok()) {
        found.code = Some(-number);
    }
}

/// `ver user ip pid handle in_use out_of project flex_version flex_revision date time is_dup_group`: the user
/// may have blanks, so the address is looked for.
fn verbose<'a>(found: &mut Event<'a>, inner: &'a str) {
    let Some((version, rest)) = inner.split_once(' ') else { return };
    let mut at = 0;
    let mut ip = None;
    for word in rest.split(' ') {
        if at > 0
            && let Ok(address) = word.parse::<IpAddr>()
        {
            ip = Some((at, word.len(), address));
            break;
        }
        at += word.len() + 1;
    }
    let Some((at, len, address)) = ip else { return };
    let user = rest.get(..at).unwrap_or_default().trim();
    let after: Vec<&str> = rest.get(at + len..).unwrap_or_default().split_ascii_whitespace().collect();
    if found.user.is_empty() {
        found.user = user;
    }
    let word = |at: usize| after.get(at).copied().unwrap_or_default();
    // Without a project there is a word less.
    let project = if after.len() > 9 { word(4) } else { "" };
    found.verbose = Some(Verbose { version, address, handle: word(1), project });
}
