//! Long lists: searched and paged, in an address.

use std::borrow::Borrow;

use crate::web::{Fields, encode};
use crate::{Query, limits};

/// The part of a long list that a page shows, and the links to the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// The page's path.
    pub path: String,
    /// What is searched for.
    pub search: String,
    /// Only this feature.
    pub feature: String,
    /// The page, from 1.
    pub page: usize,
    /// Rows of a page.
    pub per: usize,
    /// Rows in all, as they were found.
    pub total: usize,
    /// What else stands in the address, and stays there.
    pub kept: Vec<(String, String)>,
}

impl List {
    /// What an address asks for: `search`, `feature`, `page`, `per`. What cannot be is put right.
    #[must_use]
    pub fn of(path: &str, query: &Fields) -> Self {
        let cut = |name| query.get(name).trim().chars().take(limits::SEARCH_CHARS_MAX).collect();
        let number = |name, otherwise| query.get(name).parse::<usize>().unwrap_or(otherwise);
        Self {
            path: path.to_owned(),
            search: cut("search"),
            feature: cut("feature"),
            page: number("page", 1).max(1),
            per: number("per", limits::PAGE_ROWS).clamp(1, limits::PAGE_ROWS_MAX),
            total: 0,
            kept: Vec::new(),
        }
    }

    /// Keeps another field of the address in all links.
    #[must_use]
    pub fn keeping(mut self, query: &Fields, name: &str) -> Self {
        if let Some(value) = query.find(name).filter(|value| !value.is_empty()) {
            let value = value.chars().take(limits::SEARCH_CHARS_MAX).collect();
            self.kept.push((name.to_owned(), value));
        }
        self
    }

    /// What is asked of the host.
    #[must_use]
    pub fn query(&self) -> Query {
        Query {
            search: self.search.clone(),
            feature: self.feature.clone(),
            skip: (self.page - 1).saturating_mul(self.per),
            take: self.per,
        }
    }

    /// Whether a text has what is searched for, in any case of letters.
    #[must_use]
    pub fn finds(&self, text: &str) -> bool {
        self.search.is_empty() || text.to_lowercase().contains(&self.search.to_lowercase())
    }

    /// The page's rows of all that was found, which are counted.
    pub fn take<T>(&mut self, found: impl Iterator<Item = T>) -> Vec<T> {
        let from = (self.page - 1).saturating_mul(self.per);
        let mut rows = Vec::new();
        for (at, row) in found.enumerate() {
            self.total = at + 1;
            if at >= from && rows.len() < self.per {
                rows.push(row);
            }
        }
        rows
    }

    /// The number of the last page.
    #[must_use]
    pub fn last(&self) -> usize {
        self.total.div_ceil(self.per).max(1)
    }

    /// The first row's number, from 1.
    #[must_use]
    pub fn first_row(&self) -> usize {
        ((self.page - 1).saturating_mul(self.per) + 1).min(self.total)
    }

    /// The last row's number.
    #[must_use]
    pub fn last_row(&self) -> usize {
        self.page.saturating_mul(self.per).min(self.total)
    }

    /// Whether there is a page before.
    #[must_use]
    pub fn has_before(&self) -> bool {
        self.page > 1
    }

    /// Whether there is a page after.
    #[must_use]
    pub fn has_after(&self) -> bool {
        self.page < self.last()
    }

    /// Whether only a part is looked for.
    #[must_use]
    pub fn is_searched(&self) -> bool {
        !self.search.is_empty() || !self.feature.is_empty()
    }

    /// The address of another page of the list.
    #[must_use]
    pub fn link(&self, page: impl Borrow<usize>) -> String {
        let page = page.borrow();
        let mut link = format!("{}?page={page}", self.path);
        for (name, value) in [("search", &self.search), ("feature", &self.feature)] {
            if !value.is_empty() {
                link.push_str(&format!("&{name}={}", encode(value)));
            }
        }
        if self.per != limits::PAGE_ROWS {
            link.push_str(&format!("&per={}", self.per));
        }
        for (name, value) in &self.kept {
            link.push_str(&format!("&{}={}", encode(name), encode(value)));
        }
        link
    }

    /// The address of the page before.
    #[must_use]
    pub fn before(&self) -> String {
        self.link(self.page.saturating_sub(1).clamp(1, self.last()))
    }

    /// The address of the page after.
    #[must_use]
    pub fn after(&self) -> String {
        self.link(self.page.saturating_add(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(query: &str) -> List {
        List::of("/x", &Fields::parse(query.as_bytes()).unwrap())
    }

    #[test]
    fn wc_21_what_an_address_asks_for_is_bounded() {
        assert_eq!(list("per=1000000000").per, limits::PAGE_ROWS_MAX);
        assert_eq!(list("per=0&page=0").query().take, 1);
        assert_eq!(list("per=-1&page=-1").page, 1);
        let far = list("page=18446744073709551615&per=200");
        assert_eq!(far.query().skip, usize::MAX);
        assert_eq!(far.last_row(), 0);
        assert_eq!(list("page=18446744073709551616").page, 1);
        assert_eq!(list(&format!("search={}", "x".repeat(10_000))).search.len(), limits::SEARCH_CHARS_MAX);
    }

    #[test]
    fn a_list_is_cut_into_pages_that_lead_to_each_other() {
        let mut all = list("page=2&per=10&search=a%26b&sort=evil");
        assert_eq!(all.take(0..25), (10..20).collect::<Vec<_>>());
        assert_eq!((all.total, all.last(), all.first_row(), all.last_row()), (25, 3, 11, 20));
        assert_eq!(all.before(), "/x?page=1&search=a%26b&per=10");
        assert_eq!(all.after(), "/x?page=3&search=a%26b&per=10");
        assert!(all.has_before() && all.has_after());
    }
}
