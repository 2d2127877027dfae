//! The languages of the pages. The English text is what a template says; the others are looked up by it.

mod de;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Lang {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// As HTML names it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// As its speakers name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
        }
    }

    /// The language of a code.
    #[must_use]
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// The first that is known of an `Accept-Language`, in its order.
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let code = |part: &str| part.split([';', '-']).next().map(|code| code.trim().to_ascii_lowercase());
        header.split(',').take(20).filter_map(code).find_map(|code| Self::of(&code)).unwrap_or_default()
    }

    /// A text of a template in this language; in English where it is not translated.
    #[must_use]
    pub fn t(self, text: &str) -> &str {
        match self {
            Self::En => text,
            Self::De => {
                de::WORDS.iter().find(|(english, _)| *english == text).map_or(text, |(_, german)| german)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::{Path, PathBuf};

    use super::*;

    fn templates(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                templates(&path, found);
            } else {
                found.push(path);
            }
        }
    }

    /// Texts that templates say: `t("…")`.
    fn said() -> BTreeMap<String, PathBuf> {
        let mut files = Vec::new();
        templates(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), &mut files);
        let mut said = BTreeMap::new();
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap();
            for part in text.split(".t(\"").skip(1) {
                let (words, _) =
                    part.split_once("\")").unwrap_or_else(|| panic!("{}: {part}", file.display()));
                said.insert(words.to_owned(), file.clone());
            }
        }
        said
    }

    #[test]
    fn every_text_of_a_template_is_translated_and_none_twice() {
        let mut seen = BTreeMap::new();
        for (english, german) in de::WORDS {
            assert!(seen.insert(english, german).is_none(), "{english:?} is there twice");
            assert!(!german.is_empty(), "{english:?}");
        }
        let missing: Vec<_> =
            said().into_iter().filter(|(text, _)| !seen.contains_key(&text.as_str())).collect();
        assert!(missing.is_empty(), "not in lang/de.rs: {missing:#?}");
    }

    #[test]
    fn a_browser_s_language_is_taken() {
        assert_eq!(Lang::accepted("fr-CH, de-AT;q=0.9, en;q=0.8"), Lang::De);
        assert_eq!(Lang::accepted("xx, *;q=0.5"), Lang::En);
        assert_eq!(Lang::accepted(""), Lang::En);
    }
}
