//! Long lists: searched, and shown a part at a time.

use super::fields::Fields;
use super::page::{Pager, Part, to};
use super::words::Words;

/// Rows on a page.
pub(crate) const ROWS: usize = 50;

/// The part of a list that an address asks for, and its pager.
pub(crate) struct Listed<T> {
    /// The rows that are shown.
    pub(crate) rows: Vec<T>,
    /// Search and paging.
    pub(crate) pager: Part,
}

/// Cuts the rows that have the searched text in them; `text` gives what is searched of a row.
pub(crate) fn list<T>(
    fields: &Fields,
    path: &'static str,
    keep: &[&str],
    rows: impl Iterator<Item = T>,
    text: impl Fn(&T) -> String,
) -> Listed<T> {
    let search = fields.get("search").chars().take(200).collect::<String>();
    let wanted = search.to_lowercase();
    let asked: usize = fields.get("page").parse().unwrap_or(1).max(1);
    let skip = (asked - 1).saturating_mul(ROWS);
    let (mut total, mut shown) = (0, Vec::new());
    for row in rows {
        if !wanted.is_empty() && !text(&row).to_lowercase().contains(&wanted) {
            continue;
        }
        if total >= skip && shown.len() < ROWS {
            shown.push(row);
        }
        total += 1;
    }
    let keep: Vec<(String, String)> =
        keep.iter().filter(|n| fields.has(n)).map(|n| ((*n).to_owned(), fields.get(n).to_owned())).collect();
    let at = |page: usize| {
        let page = page.to_string();
        let mut parameters: Vec<(&str, &str)> =
            keep.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if !search.is_empty() {
            parameters.push(("search", &search));
        }
        parameters.push(("page", &page));
        to(path, &parameters)
    };
    let last = total.div_ceil(ROWS).max(1);
    let pager = Pager {
        path,
        shown: if shown.is_empty() { (0, 0) } else { (skip + 1, skip + shown.len()) },
        total,
        before: (asked > 1).then(|| at((asked - 1).min(last))),
        after: (asked < last).then(|| at(asked + 1)),
        keep: keep.clone(),
        search: search.clone(),
    };
    Listed { rows: shown, pager: Part::Pager(pager) }
}

/// What an empty list says: that nothing was found, or what to do.
pub(crate) fn empty(fields: &Fields, words: Words) -> Words {
    if fields.get("search").is_empty() {
        words
    } else {
        super::words::w!("Nothing here has that text in it. Search for less of it, or for nothing.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pager(fields: &[(&str, &str)], n: usize) -> (Vec<usize>, Pager) {
        let fields = Fields(fields.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect());
        let listed = list(&fields, "/people", &["company"], 0..n, usize::to_string);
        let Part::Pager(pager) = listed.pager else { panic!("a pager") };
        (listed.rows, pager)
    }

    #[test]
    fn a_hundred_thousand_rows_are_shown_fifty_at_a_time() {
        let (rows, first) = pager(&[], 100_000);
        assert_eq!((rows.len(), first.shown, first.total), (50, (1, 50), 100_000));
        assert_eq!((first.before, first.after.as_deref()), (None, Some("/people?page=2")));
        let (rows, last) = pager(&[("page", "2000"), ("company", "C-1")], 100_000);
        assert_eq!((rows.first(), last.shown), (Some(&99_950), (99_951, 100_000)));
        assert_eq!(last.before.as_deref(), Some("/people?company=C-1&page=1999"));
        assert_eq!(last.after, None);
    }

    #[test]
    fn pages_that_are_not_there_are_empty_and_lead_back() {
        for page in ["0", "-1", "x", ""] {
            assert_eq!(pager(&[("page", page)], 60).1.shown, (1, 50), "{page}");
        }
        for page in ["3", "1000000000000", "18446744073709551615"] {
            let (rows, pager) = pager(&[("page", page)], 60);
            assert!(rows.is_empty());
            assert_eq!((pager.before.as_deref(), pager.after), (Some("/people?page=2"), None));
        }
    }

    #[test]
    fn a_search_is_kept_from_page_to_page() {
        let (rows, pager) = pager(&[("search", " 9&9 ")], 100);
        assert!(rows.is_empty());
        assert_eq!(pager.search, "9&9");
        let fields = Fields(vec![("search".into(), "7".into())]);
        let listed = list(&fields, "/people", &[], 0..1000_usize, usize::to_string);
        let Part::Pager(pager) = listed.pager else { panic!("a pager") };
        assert_eq!(pager.total, 271);
        assert_eq!(pager.after.as_deref(), Some("/people?search=7&page=2"));
    }
}
