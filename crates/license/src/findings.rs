//! Collects what is wrong with one file, and never more than a bounded number.

use std::ops::Range;

use names::Code;

use crate::limits::DIAGNOSTICS_MAX;
use crate::{Diagnostic, OtherPlace, Severity};

/// What to show first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    /// The file or a pack gives nothing at all.
    Refusal,
    /// A line gives nothing.
    Error,
    /// Good to know.
    Warning,
}

/// The findings of one file.
#[derive(Debug)]
pub struct Findings {
    file: usize,
    refusals: Bounded,
    errors: Bounded,
    warnings: Bounded,
}

#[derive(Debug, Default)]
struct Bounded {
    list: Vec<Diagnostic>,
    dropped: usize,
}

impl Bounded {
    fn count(&self) -> usize {
        self.list.len() + self.dropped
    }
}

impl Findings {
    /// No finding yet in this file.
    #[must_use]
    pub fn new(file: usize) -> Self {
        Self { file, refusals: Bounded::default(), errors: Bounded::default(), warnings: Bounded::default() }
    }

    /// Index of the file.
    pub(crate) fn file(&self) -> usize {
        self.file
    }

    /// The file or a pack gives nothing.
    pub fn refuse(
        &mut self,
        code: Code,
        span: Range<u32>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(Rank::Refusal, Some(code), span, message.into(), remedy.into());
    }

    /// A line gives nothing, or a value cannot be used.
    pub fn error(
        &mut self,
        code: Code,
        span: Range<u32>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(Rank::Error, Some(code), span, message.into(), remedy.into());
    }

    /// As [`Self::error`], where the words are work: nobody makes them when nobody will read them.
    pub fn error_with(&mut self, code: Code, span: Range<u32>, words: impl FnOnce() -> (String, String)) {
        if self.errors.list.len() >= DIAGNOSTICS_MAX {
            self.errors.dropped += 1;
            return;
        }
        let (message, remedy) = words();
        self.add(Rank::Error, Some(code), span, message, remedy);
    }

    /// As [`Self::warning`], and as [`Self::error_with`].
    pub fn warning_with(
        &mut self,
        code: Option<Code>,
        span: Range<u32>,
        words: impl FnOnce() -> (String, String),
    ) {
        if self.warnings.list.len() >= DIAGNOSTICS_MAX {
            self.warnings.dropped += 1;
            return;
        }
        let (message, remedy) = words();
        self.add(Rank::Warning, code, span, message, remedy);
    }

    /// Good to know.
    pub fn warning(
        &mut self,
        code: Option<Code>,
        span: Range<u32>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.add(Rank::Warning, code, span, message.into(), remedy.into());
    }

    fn add(&mut self, rank: Rank, code: Option<Code>, span: Range<u32>, message: String, remedy: String) {
        self.push(rank, code, span, message, remedy, None);
    }

    fn push(
        &mut self,
        rank: Rank,
        code: Option<Code>,
        span: Range<u32>,
        message: String,
        remedy: String,
        other: Option<Box<OtherPlace>>,
    ) {
        let severity = if rank == Rank::Warning { Severity::Warning } else { Severity::Error };
        let to = match rank {
            Rank::Refusal => &mut self.refusals,
            Rank::Error => &mut self.errors,
            Rank::Warning => &mut self.warnings,
        };
        if to.list.len() >= DIAGNOSTICS_MAX {
            to.dropped += 1;
            return;
        }
        let span = span.start as usize..span.end as usize;
        to.list.push(Diagnostic { severity, code, message, remedy, file: self.file, span, other });
    }

    /// Two places that do not go together: an error, or a warning.
    pub(crate) fn conflict(
        &mut self,
        severity: Severity,
        span: Range<u32>,
        other: OtherPlace,
        message: String,
        remedy: &str,
    ) {
        let (rank, code) = match severity {
            Severity::Error => (Rank::Error, Some(Code::Incompatible)),
            Severity::Warning => (Rank::Warning, None),
        };
        self.push(rank, code, span, message, remedy.to_owned(), Some(Box::new(other)));
    }

    /// Whether anything but warnings was found.
    pub(crate) fn has_errors(&self) -> bool {
        self.errors_so_far() > 0
    }

    /// How many findings so far are no warnings, the ones that were not kept included.
    pub(crate) fn errors_so_far(&self) -> usize {
        self.refusals.count() + self.errors.count()
    }

    /// The first finding that is no warning.
    pub(crate) fn first_error(&self) -> Option<&Diagnostic> {
        self.refusals.list.first().or(self.errors.list.first())
    }

    /// Refusals, then errors, then warnings, each in the order of the file; at most
    /// [`DIAGNOSTICS_MAX`], of which the last says how many more there are.
    #[must_use]
    pub fn finish(self) -> Vec<Diagnostic> {
        let dropped = self.refusals.dropped + self.errors.dropped + self.warnings.dropped;
        let mut all = Vec::new();
        for mut part in [self.refusals, self.errors, self.warnings] {
            part.list.sort_by_key(|diagnostic| diagnostic.span.start);
            all.append(&mut part.list);
        }
        if all.len() + dropped > DIAGNOSTICS_MAX {
            let more = all.len() + dropped - (DIAGNOSTICS_MAX - 1);
            all.truncate(DIAGNOSTICS_MAX);
            if let Some(last) = all.last_mut() {
                last.message = format!("there are {more} more findings in this file, the next one here");
                last.remedy = "mend the ones above first, then check the file again".to_owned();
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_bounded_and_the_worst_come_first() {
        for (count, expected) in [(99, 99), (100, 100), (101, 100), (5_000, 100)] {
            let mut findings = Findings::new(3);
            for at in (0..count).rev() {
                findings.warning(None, at..at + 1, "w", "r");
            }
            assert!(!findings.has_errors());
            findings.error(Code::BadSyntax, 7..8, "e", "r");
            findings.refuse(Code::BadSignature, 9..10, "f", "r");
            let all = findings.finish();
            assert_eq!(all.len(), expected.max(usize::try_from(count).unwrap().min(98) + 2).min(100));
            assert_eq!((all[0].message.as_str(), all[1].message.as_str(), all[0].file), ("f", "e", 3));
            let more = all.last().unwrap().message.contains(&format!("there are {} more", count + 2 - 99));
            assert_eq!(more, count > 98);
        }
    }
}
