//! What pages say: keys in English, with places for data, in the language of who reads.

/// A text in the reader's language: an English sentence that is looked up, and data for its `{}`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Words {
    /// The English sentence.
    pub key: &'static str,
    /// What stands at its `{}`, in order; never translated.
    pub data: Vec<String>,
}

impl Words {
    /// What is shown as it is: a name, a number, what the desk said.
    pub(crate) fn data(text: impl Into<String>) -> Self {
        Self { key: "{}", data: vec![text.into()] }
    }

    /// In English, or in the language that `translate` looks up.
    pub(crate) fn say(&self, translate: impl Fn(&'static str) -> &'static str) -> String {
        let mut pieces = translate(self.key).split("{}");
        let mut said = pieces.next().unwrap_or_default().to_owned();
        for (at, piece) in pieces.enumerate() {
            said.push_str(self.data.get(at).map_or("", String::as_str));
            said.push_str(piece);
        }
        said
    }
}

impl From<&'static str> for Words {
    fn from(key: &'static str) -> Self {
        Self { key, data: Vec::new() }
    }
}

/// A sentence with its data: `w!("{} of {} seats", used, all)`. A test holds each to the other language.
macro_rules! w {
    ($key:literal $(, $data:expr)* $(,)?) => {
        $crate::pages::words::Words { key: $key, data: vec![$($data.to_string()),*] }
    };
}
pub(crate) use w;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_stands_where_the_language_wants_it_and_is_not_translated() {
        let words = w!("{} of {} seats", 3, "{}");
        assert_eq!(words.say(|key| key), "3 of {} seats");
        assert_eq!(words.say(|_| "Plätze: {} / {}"), "Plätze: 3 / {}");
        assert_eq!(Words::data("a {} b").say(|key| key), "a {} b");
    }
}
