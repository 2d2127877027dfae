//! What is wrong with a file, where, and what to do about it.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use names::Code;

use crate::Source;
use crate::source::visible;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Something that was meant to be served is not.
    Error,
    /// Nothing is lost, or what is lost was meant to be.
    Warning,
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// FlexNet's number, where there is one.
    pub code: Option<Code>,
    /// What is wrong: one line, not a sentence.
    pub message: String,
    /// What to do about it: one line, not a sentence.
    pub remedy: String,
    /// Index of the [`Source`].
    pub file: usize,
    /// Where, in bytes of the file.
    pub span: Range<usize>,
    /// The other place, where two do not go together.
    pub other: Option<Box<OtherPlace>>,
}

/// A second place that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherPlace {
    /// Index of the [`Source`].
    pub file: usize,
    /// Where, in bytes of the file.
    pub span: Range<usize>,
    /// What stands there.
    pub what: String,
}

impl Diagnostic {
    /// The place as `file:line:column`, the column in characters.
    #[must_use]
    pub fn place(&self, sources: &[Source]) -> String {
        place(sources, self.file, &self.span)
    }

    /// The finding as text: `file:line:column: error: message (-8)`, the line with the place marked, the
    /// other place in the same way, and `help:` with the remedy. Without colours; it ends with a line end.
    #[must_use]
    pub fn render(&self, sources: &[Source]) -> String {
        let code = self.code.map(|code| format!(" ({})", code.number())).unwrap_or_default();
        let mut text = format!("{}: {}: {}{code}\n", self.place(sources), self.severity, self.message);
        snippet(&mut text, sources, self.file, &self.span);
        if let Some(other) = &self.other {
            text.push_str(&format!("{}: note: {}\n", place(sources, other.file, &other.span), other.what));
            snippet(&mut text, sources, other.file, &other.span);
        }
        text.push_str("help: ");
        text.push_str(&self.remedy);
        text.push('\n');
        text
    }
}

fn place(sources: &[Source], file: usize, span: &Range<usize>) -> String {
    let Some(source) = sources.get(file) else { return "?".to_owned() };
    let shown = source.shown(span);
    format!("{}:{}:{}", shown_name(&source.name), shown.number, shown.column)
}

/// The line of a place, the place marked.
fn snippet(text: &mut String, sources: &[Source], file: usize, span: &Range<usize>) {
    let Some(source) = sources.get(file) else { return };
    let shown = source.shown(span);
    if shown.text.is_empty() {
        return;
    }
    let snippet = Snippet::source(shown.text)
        .line_start(shown.number)
        .annotation(AnnotationKind::Primary.span(shown.mark));
    let group = Group::with_level(Level::ERROR).element(snippet);
    text.push_str(&Renderer::plain().term_width(200).render(&[group]));
    text.push('\n');
}

fn shown_name(name: &str) -> String {
    name.chars().map(visible).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_shows_its_place_and_its_remedy() {
        let source = Source::new("p.lic", "# one\r\nINCREMENT mill acmed 4.2\r\n");
        let diagnostic = Diagnostic {
            severity: Severity::Error,
            code: Some(Code::BadSignature),
            message: "the line was altered".into(),
            remedy: "restore it".into(),
            file: 0,
            span: 17..21,
            other: None,
        };
        assert_eq!(
            diagnostic.render(std::slice::from_ref(&source)),
            "p.lic:2:11: error: the line was altered (-8)\n  |\n2 | INCREMENT mill acmed 4.2\n  |           ^^^^\nhelp: restore it\n"
        );
        assert!(diagnostic.render(&[]).starts_with("?: error: "));
        let other = OtherPlace { file: 0, span: 7..16, what: "the other".into() };
        let both = Diagnostic { other: Some(Box::new(other)), ..diagnostic }.render(&[source]);
        assert!(
            both.contains(
                "\np.lic:2:1: note: the other\n  |\n2 | INCREMENT mill acmed 4.2\n  | ^^^^^^^^^\nhelp:"
            ),
            "{both}"
        );
    }
}
