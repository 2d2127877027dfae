//! Somebody else's cases: a text, and whether a license file may be written so.

use license::{Diagnostic, Severity, Source, Trust, load};
use names::Code;
use xxhash_rust::xxh3::xxh3_64;

use super::contained;
use super::rulings::RULINGS;

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its number.
    pub number: u64,
    /// What it is called.
    pub name: String,
    /// A license file.
    pub text: String,
    /// Whether its author accepts it.
    pub accept: bool,
}

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As its author says.
    Agrees,
    /// Otherwise, and the manual says why.
    Explained(&'static str),
    /// Otherwise, and nobody says why.
    Differs {
        /// Names the text among the rulings.
        digest: u64,
        /// What we say against it; nothing when we accept it.
        because: Option<String>,
    },
    /// The reader panicked, with these words.
    Panics(String),
}

impl Case {
    /// Loads the case and holds it against what its author says.
    #[must_use]
    pub fn judge(&self) -> Verdict {
        self.judge_by(RULINGS)
    }

    fn judge_by(&self, rulings: &[(u64, &'static str)]) -> Verdict {
        let source = [Source::new("case", self.text.as_str())];
        let loaded = match contained(|| load(&source, &Trust::default(), None, false)) {
            Ok(loaded) => loaded,
            Err(panic) => return Verdict::Panics(panic),
        };
        let against = loaded.diagnostics.iter().find(|found| is_of_grammar(found));
        if against.is_none() == self.accept {
            return Verdict::Agrees;
        }
        let digest = xxh3_64(self.text.as_bytes());
        match rulings.iter().find(|(of, _)| *of == digest) {
            Some((_, reason)) => Verdict::Explained(reason),
            None => Verdict::Differs { digest, because: against.map(|found| found.message.clone()) },
        }
    }
}

/// Whether a finding says that the text is no license file. Signatures, hosts, dates and what is not
/// served are no matter of grammar; nor is a host id of a form that we do not know.
fn is_of_grammar(found: &Diagnostic) -> bool {
    let of_words =
        matches!(found.code, Some(Code::BadSyntax | Code::UnknownKeyword | Code::BadVersion | Code::BadDate));
    found.severity == Severity::Error && of_words && !found.message.contains("is not a host id")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(text: &str, accept: bool) -> Case {
        Case { number: 1, name: "a".to_owned(), text: text.to_owned(), accept }
    }

    #[test]
    fn a_case_is_judged_by_grammar_alone() {
        for (text, is_good) in [
            ("INCREMENT mill acmed 1.0 permanent 3 SIGN=\"00AA\"\n", true),
            ("INCREMENT mill acmed 1.0 permanent 3\n", true),
            ("SERVER lic1 some-id\n", true),
            ("SERVER lic1\n", false),
            ("INCREMENT mill acmed 1.0.0 permanent 3\n", false),
            ("INCREMENT mill acmed 1.0 whenever 3\n", false),
            ("MILL acmed\n", false),
            ("VENDOR acmed port=0\n", false),
        ] {
            assert_eq!(case(text, is_good).judge(), Verdict::Agrees, "{text}");
            let Verdict::Differs { digest, because } = case(text, !is_good).judge() else { panic!("{text}") };
            assert_eq!(because.is_none(), is_good, "{text}");
            let explained = case(text, !is_good).judge_by(&[(0, "other"), (digest, "why")]);
            assert_eq!(explained, Verdict::Explained("why"));
        }
    }
}
