//! Parts of pages to HTML: the one place where data becomes markup.

use askama::Template;

use super::calendar::weekdays;
use super::page::{Cell, Field, Form, Input, Page, Pager, Part, Table};
use super::words::{Words, w};

/// What a page's frame gives its forms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Frame {
    /// The fields that bind a form to its session and company, as HTML.
    pub(crate) bound: String,
    /// The company that the page is about, where its address names one.
    pub(crate) company: String,
    /// A number of this page, which makes a second submit harmless.
    pub(crate) once: String,
    /// The reader's language: `en` or `de`.
    pub(crate) language: &'static str,
}

#[derive(Template)]
#[template(path = "pages/parts.html")]
struct Parts<'a> {
    page: &'a Page,
    frame: &'a Frame,
}

impl Parts<'_> {
    fn say(&self, words: &Words) -> String {
        words.say(|key| self.word(key))
    }

    #[expect(clippy::needless_pass_by_value, reason = "a template has only values to give")]
    fn own(&self, words: Words) -> String {
        self.say(&words)
    }

    fn weekdays(&self) -> [Words; 7] {
        weekdays()
    }

    fn word(&self, key: &'static str) -> &'static str {
        super::german::translated(self.frame.language, key)
    }

    fn id(&self, part: &usize, field: &usize, of: &Field) -> String {
        let name: String = of.name.chars().filter(|c| c.is_ascii_alphanumeric()).collect();
        format!("f{part}-{field}-{name}")
    }
}

/// The parts of a page as HTML, its title as a heading before them.
pub(crate) fn html(page: &Page, frame: &Frame) -> String {
    // A template can only fail where writing to memory does.
    Parts { page, frame }.render().unwrap_or_default()
}

impl Cell {
    fn is_number(&self) -> bool {
        matches!(self, Self::Number(_))
    }
}

impl Table {
    /// A column with numbers in it, which is put to the right; the first names the row.
    fn is_number(&self, column: &usize) -> bool {
        *column > 0 && self.rows.iter().any(|row| row.get(*column).is_some_and(Cell::is_number))
    }
}

impl Field {
    fn is_hidden(&self) -> bool {
        self.kind == Input::Hidden
    }
}

impl Form {
    /// The form says itself for which company it is.
    pub(super) fn names_company(&self) -> bool {
        self.fields.iter().any(|field| field.name == "company")
    }

    /// So many fields that they stand beside each other where there is room.
    pub(super) fn is_long(&self) -> bool {
        self.fields.iter().filter(|field| !field.is_hidden()).count() > 8
    }
}

impl Pager {
    fn words(&self) -> Words {
        if self.total == 0 {
            return w!("none");
        }
        w!("{} to {} of {}", self.shown.0, self.shown.1, self.total)
    }
}
