//! German.

use crate::Lang;

mod long;
mod short;

/// A sentence in a language; in English where it is not translated.
pub(crate) fn translated(language: &str, key: &'static str) -> &'static str {
    if language == Lang::De.code() { german(key).unwrap_or_else(|| Lang::De.t(key)) } else { key }
}

/// What the desk's pages say for an English text, where they say it.
pub(crate) fn german(key: &str) -> Option<&'static str> {
    let find = |words: &'static [(&str, &str)]| {
        words.iter().find(|(english, _)| *english == key).map(|(_, german)| *german)
    };
    find(short::WORDS).or_else(|| find(long::WORDS))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn files(folder: &str) -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.filter(|path| path.is_file()).map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }

    /// The texts that stand in quotes after each of these words.
    fn quoted(text: &str, after: &str, found: &mut BTreeSet<String>) {
        for rest in text.split(after).skip(1) {
            if let Some(words) = rest.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                found.insert(words.to_owned());
            }
        }
    }

    fn said() -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for text in files("src/pages") {
            quoted(text.split("#[cfg(test)]").next().unwrap(), "w!(", &mut found);
        }
        for text in files("templates/pages") {
            quoted(&text, "word(", &mut found);
        }
        found.extend(super::super::NAV.iter().map(|(_, label, _)| (*label).to_owned()));
        found.extend(super::super::calendar::MONTHS.map(str::to_owned));
        found
    }

    #[test]
    fn whatever_a_page_says_it_says_in_german_with_the_same_data() {
        let said = said();
        assert!(said.len() > 300, "{}", said.len());
        let is_same = |key: &str| matches!(key, "Feature" | "Version");
        let is_known =
            |key: &&String| german(key).is_some() || Lang::De.t(key) != key.as_str() || is_same(key);
        let missing: Vec<&String> = said.iter().filter(|key| !is_known(key)).collect();
        assert!(missing.is_empty(), "not in german: {missing:#?}");
        for (english, german) in short::WORDS.iter().chain(long::WORDS) {
            assert_eq!(english.matches("{}").count(), german.matches("{}").count(), "{english}");
            assert!(said.contains(*english), "nobody says {english:?}");
        }
    }

    #[test]
    fn no_text_is_there_twice() {
        let all: Vec<&str> = short::WORDS.iter().chain(long::WORDS).map(|(english, _)| *english).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
    }
}
