//! One line of a license file, taken apart: what each of its words is and means.

mod words;

use std::ops::Range;

use crate::findings::Findings;
use crate::lines::{Logical, What, logical};
use crate::signature::Sign;
use crate::syntax::{Keyword, Line, parse};
use crate::{KeyId, Source, canonical};

/// What stands at a line number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Explained {
    /// The file has no such line; it has so many.
    NoSuchLine {
        /// How many lines it has.
        lines: u32,
    },
    /// Nothing stands there.
    Blank,
    /// A comment.
    Comment,
    /// Something that cannot be read as a line; the diagnostics of [`crate::load`] say why.
    Unreadable(LinePlace),
    /// A line.
    Line(ExplainedLine),
}

/// Where a logical line stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinePlace {
    /// Its first physical line, from 1.
    pub first: u32,
    /// Its last physical line.
    pub last: u32,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// A line, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedLine {
    /// Where it stands.
    pub place: LinePlace,
    /// The keyword in its first spelling: `INCREMENT`.
    pub keyword: &'static str,
    /// What such a line is for, in a few words.
    pub means: &'static str,
    /// Every word after the keyword.
    pub parts: Vec<Part>,
    /// Whose signature it carries.
    pub signature: LineSignature,
}

/// A word of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is called: the field's name, or the attribute's key.
    pub name: String,
    /// What it says, without quotes; nothing where an attribute has no value.
    pub value: Option<String>,
    /// What it means, in a few words.
    pub means: String,
    /// What it is.
    pub kind: PartKind,
}

/// What a word of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartKind {
    /// A field or attribute that a signature of the line covers.
    Signed,
    /// Nobody signs it: whoever has the file may change it.
    Free,
    /// The signature itself.
    Signature,
    /// An attribute that this version does not know. A signature covers it.
    Unknown,
    /// No word that has a place there.
    Misplaced,
}

/// Whose signature a line carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LineSignature {
    /// Lines of this kind are not signed.
    NotNeeded,
    /// None.
    Missing,
    /// Another system's, which only the vendor can check.
    Foreign,
    /// Meant to be one of this system, and none.
    Broken,
    /// One of this system. Whether it holds is for [`crate::load`] to say.
    Ours {
        /// Which key it names.
        key: KeyId,
        /// The line's number in its pack; the seal's is 0.
        index: u32,
    },
}

/// The line that a physical line, counted from 1, is a part of.
#[must_use]
pub fn explain(source: &Source, line: u32) -> Explained {
    let lines = logical(&source.bytes);
    let count = lines.last().map_or(0, Logical::last);
    let Some(at) = lines.iter().find(|at| (at.first..=at.last()).contains(&line)) else {
        return Explained::NoSuchLine { lines: count };
    };
    match at.what {
        What::Blank => return Explained::Blank,
        What::Comment => return Explained::Comment,
        What::Words => {}
    }
    let place = LinePlace { first: at.first, last: at.last(), span: at.span() };
    let syntax = parse(&source.bytes, &mut Findings::new(0));
    match syntax.lines.iter().find(|line| line.number == at.first) {
        None => Explained::Unreadable(place),
        Some(line) => Explained::Line(ExplainedLine {
            place,
            keyword: line.keyword.text(),
            means: words::line(line.keyword),
            parts: words::parts(&source.bytes, line),
            signature: signature(&source.bytes, line),
        }),
    }
}

fn signature(bytes: &[u8], line: &Line) -> LineSignature {
    if !line.keyword.is_license() && line.keyword != Keyword::Seal {
        return LineSignature::NotNeeded;
    }
    let fields = canonical::fields(bytes, line);
    let value = line.attribute(bytes, fields, "SIGN").and_then(|word| word.value(bytes));
    match value.map(|value| Sign::parse(&value)) {
        None if words::has_old_key(bytes, line) => LineSignature::Foreign,
        None => LineSignature::Missing,
        Some(Sign::Foreign) => LineSignature::Foreign,
        Some(Sign::Broken) => LineSignature::Broken,
        Some(Sign::Ours(sign)) => LineSignature::Ours { key: sign.key_id, index: sign.index },
    }
}

#[cfg(test)]
mod tests;
