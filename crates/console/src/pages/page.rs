//! What a page is made of. Everything that reaches the browser goes through the one template that shows
//! these parts, which escapes it.

#![expect(clippy::needless_pass_by_value, reason = "numbers and names are given as they are, to be shown")]

use super::words::Words;

/// A page, without the frame that all pages have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Page {
    /// Its title and first heading.
    pub title: Words,
    /// What is on it, in order.
    pub parts: Vec<Part>,
}

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// A heading.
    Heading(Words),
    /// A paragraph.
    Text(Words),
    /// What is to be noticed.
    Note(Tone, Words),
    /// Facts, each with its label.
    Facts(Vec<(Words, Cell)>),
    /// A table.
    Table(Table),
    /// A form.
    Form(Form),
    /// Search and paging of the list below it.
    Pager(Pager),
    /// A month with what is in use on each day.
    Month(Box<super::calendar::Month>),
    /// Where to go on.
    Links(Vec<Link>),
    /// Text as it is, in type of one width.
    Plain(String),
}

/// How something is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It went well.
    Good,
    /// It is to be looked at.
    Warning,
    /// It went wrong.
    Bad,
    /// It is as it is.
    Plain,
}

impl Tone {
    /// Its class in the page.
    #[must_use]
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warn",
            Self::Bad => "bad",
            Self::Plain => "plain",
        }
    }

    /// Whether a screen reader says it at once.
    #[must_use]
    pub(crate) fn role(self) -> &'static str {
        if self == Self::Bad { "alert" } else { "status" }
    }
}

/// A table with a head.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Table {
    /// What it is, for those who do not see the page.
    pub caption: Words,
    /// Its columns.
    pub head: Vec<Words>,
    /// Its rows; the first cell names the row.
    pub rows: Vec<Vec<Cell>>,
    /// What is said where there is no row, and what to do about it.
    pub empty: Words,
}

/// Characters that are not broken into lines: `02aa10203040`, `22-nov-2026 17:05 UTC`.
const SHORT_CHARS: usize = 21;

/// What is in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Data.
    Text(String),
    /// Words.
    Words(Words),
    /// A number, which stands on the right.
    Number(u64),
    /// Links, with a blank between them.
    Links(Vec<Link>),
    /// A word with a colour.
    Badge(Tone, Words),
}

impl Cell {
    /// A link.
    pub(crate) fn link(to: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Links(vec![Link { to: to.into(), text: Words::data(text) }])
    }

    /// Data.
    pub(crate) fn text(text: impl ToString) -> Self {
        Self::Text(text.to_string())
    }

    /// Data, or a dash where there is none.
    pub(crate) fn or_dash(text: Option<impl ToString>) -> Self {
        Self::Text(text.map_or_else(|| "–".to_owned(), |text| text.to_string()))
    }

    /// Whether it stays in one line, whatever the table's width: a day, a number, an id.
    pub(crate) fn is_short(&self) -> bool {
        let text = match self {
            Self::Text(text) => text,
            Self::Links(links) => match links.as_slice() {
                [Link { text: Words { key: "{}", data }, .. }] => data.first().map_or("", String::as_str),
                _ => return false,
            },
            Self::Words(_) | Self::Number(_) | Self::Badge(..) => return false,
        };
        text.chars().count() <= SHORT_CHARS
    }

    /// A number.
    pub(crate) fn count(n: usize) -> Self {
        Self::Number(n as u64)
    }
}

/// A link to a page of the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// Its address, made by [`to`].
    pub to: String,
    /// Its text.
    pub text: Words,
}

impl Link {
    pub(crate) fn new(to: impl Into<String>, text: impl Into<Words>) -> Self {
        Self { to: to.into(), text: text.into() }
    }
}

/// A form. The page's frame adds what protects it: the session's token, the company, a number that makes a
/// second submit harmless.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Form {
    /// Where it goes.
    pub action: String,
    /// Its heading; none where the page's says it.
    pub title: Option<Words>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// What its button says.
    pub button: Words,
    /// It takes something away: the button says so by its colour.
    pub is_danger: bool,
    /// It only asks: no protection is needed.
    pub is_get: bool,
    /// It has a file.
    pub has_file: bool,
}

/// A field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    /// Its name.
    pub name: String,
    /// Its label.
    pub label: Words,
    /// What is in it.
    pub value: String,
    /// What is told about it.
    pub hint: Option<Words>,
    /// What kind it is.
    pub kind: Input,
    /// It must be filled.
    pub is_needed: bool,
    /// Something new begins with it: a line is drawn before it.
    pub begins: bool,
}

/// A field's kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Input {
    /// Not shown.
    Hidden,
    /// A line: `text`, `email`, `date`, `month`, `number` or `search`.
    Line(&'static str),
    /// Several lines.
    Lines,
    /// One of these: value and text.
    Choice(Vec<(String, Words)>),
    /// Yes or no.
    Check,
    /// A file.
    File,
}

impl Field {
    fn new(name: impl Into<String>, label: impl Into<Words>, kind: Input) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            value: String::new(),
            hint: None,
            kind,
            is_needed: false,
            begins: false,
        }
    }

    pub(crate) fn hidden(name: impl Into<String>, value: impl ToString) -> Self {
        Self { value: value.to_string(), ..Self::new(name, "", Input::Hidden) }
    }

    pub(crate) fn line(name: impl Into<String>, label: impl Into<Words>) -> Self {
        Self::new(name, label, Input::Line("text"))
    }

    pub(crate) fn email(name: impl Into<String>, label: impl Into<Words>) -> Self {
        Self::new(name, label, Input::Line("email"))
    }

    pub(crate) fn date(name: impl Into<String>, label: impl Into<Words>) -> Self {
        Self::new(name, label, Input::Line("date"))
    }

    pub(crate) fn lines(name: impl Into<String>, label: impl Into<Words>) -> Self {
        Self::new(name, label, Input::Lines)
    }

    pub(crate) fn file(name: impl Into<String>, label: impl Into<Words>) -> Self {
        Self::new(name, label, Input::File)
    }

    /// A box; it is ticked where its value is `yes`.
    pub(crate) fn check(name: impl Into<String>, label: impl Into<Words>, is_set: bool) -> Self {
        Self::new(name, label, Input::Check).with(if is_set { "yes" } else { "" })
    }

    pub(crate) fn choice(name: impl Into<String>, label: impl Into<Words>, of: Vec<(String, Words)>) -> Self {
        Self::new(name, label, Input::Choice(of))
    }

    pub(crate) fn with(self, value: impl ToString) -> Self {
        Self { value: value.to_string(), ..self }
    }

    pub(crate) fn hint(self, hint: impl Into<Words>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    pub(crate) fn needed(self) -> Self {
        Self { is_needed: true, ..self }
    }

    pub(crate) fn begins(self) -> Self {
        Self { begins: true, ..self }
    }
}

/// Search and paging.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pager {
    /// Where the list is.
    pub path: &'static str,
    /// What else its address says.
    pub keep: Vec<(String, String)>,
    /// What is searched for.
    pub search: String,
    /// The first and the last that are shown, from 1.
    pub shown: (usize, usize),
    /// How many there are.
    pub total: usize,
    /// The page before.
    pub before: Option<String>,
    /// The page after.
    pub after: Option<String>,
}

/// An address within the console, with its parameters.
pub(crate) fn to(path: &str, parameters: &[(&str, &str)]) -> String {
    let mut address = path.to_owned();
    for (at, (name, value)) in parameters.iter().enumerate() {
        address.push(if at == 0 { '?' } else { '&' });
        address.push_str(name);
        address.push('=');
        address.push_str(&crate::encode(value));
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_nothing_that_ends_them() {
        let pool = "acmed/11470/0a1b\r\nSet-Cookie: x/mill&a=b#c?";
        assert_eq!(
            to("/license", &[("pool", pool), ("q", "ä")]),
            "/license?pool=acmed%2F11470%2F0a1b%0D%0ASet-Cookie%3A%20x%2Fmill%26a%3Db%23c%3F&q=%C3%A4"
        );
        assert_eq!(to("/seats", &[]), "/seats");
    }
}
