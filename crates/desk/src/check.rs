//! What people write, checked before it becomes a row.

use crate::{Refusal, limits};

/// A name in one line, without blanks around it.
pub(crate) fn name(field: &'static str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::invalid(field, "it is empty; write a name"));
    }
    line(field, text, limits::NAME_CHARS_MAX)
}

/// The same, where there may be none.
pub(crate) fn name_or_none(field: &'static str, text: &str) -> Result<String, Refusal> {
    line(field, text.trim(), limits::NAME_CHARS_MAX)
}

/// Words of several lines, such as an address or a reason; each line ends with one line feed.
pub(crate) fn words(field: &'static str, text: &str) -> Result<String, Refusal> {
    let text = text.trim().replace("\r\n", "\n");
    for one in text.split('\n') {
        line(field, one, limits::TEXT_CHARS_MAX)?;
    }
    short(field, text, limits::TEXT_CHARS_MAX)
}

/// What somebody wrote, fit to be told back to them: in quotes, what is hidden spelled out, cut short.
pub(crate) fn quoted(text: &str) -> String {
    let cut: String = text.chars().take(80).collect();
    let more = if text.chars().count() > 80 { "…" } else { "" };
    format!("{cut:?}{more}")
}

fn line(field: &'static str, text: &str, most: usize) -> Result<String, Refusal> {
    if let Some(c) = text.chars().find(|c| is_hidden(*c)) {
        return Err(Refusal::invalid(field, format!("it has the character {c:?}; leave it out")));
    }
    short(field, text.to_owned(), most)
}

fn short(field: &'static str, text: String, most: usize) -> Result<String, Refusal> {
    if text.chars().count() > most {
        return Err(Refusal::invalid(field, format!("it has more than {most} characters; write less")));
    }
    Ok(text)
}

/// Control characters, and those that turn or break a line, or are not seen: two names that look alike are one.
pub(crate) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}
