//! A FlexNet license file becomes a pack: the vendor signs it again, line by line, and nothing is lost.
//!
//! FlexNet's own signatures stay on the lines as free attributes. What cannot be signed stays as a
//! comment. What was signed is loaded again, and must give what the lines said before.

mod prepare;
mod prove;

use names::{Code, ConfigId, Feature};

use crate::findings::Findings;
use crate::sign::sign;
use crate::{Diagnostic, SecretKey, SignOptions, Source};

/// How a FlexNet file is converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvertOptions {
    /// How it is signed.
    pub sign: SignOptions,
    /// Write the Configuration IDs that the features' names propose.
    pub take_ids: bool,
}

/// A converted file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// The signed pack.
    pub text: Vec<u8>,
    /// How many license lines were signed.
    pub signed: usize,
    /// The lines that were not signed, or that give nothing although they were, in the file's order.
    pub left: Vec<Left>,
    /// What the features' names propose, in the order of their names.
    pub proposals: Vec<Proposal>,
    /// What the vendor may not have meant, at its place in the text that was given.
    pub warnings: Vec<Diagnostic>,
}

/// A line that did not become a served one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Its first physical line in the text that was given.
    pub line: u32,
    /// What became of it.
    pub fate: Fate,
    /// FlexNet's number, where there is one.
    pub code: Option<Code>,
    /// Why.
    pub why: String,
}

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fate {
    /// It stands in the pack as it stood in the file, and is not signed.
    AsItWas,
    /// It stands in the pack as a comment: it would give nothing, or cannot be read.
    Comment,
    /// It is signed, and this version does not serve it.
    NotServed,
}

/// A Configuration ID that a feature's name proposes: `PROE_366` was configuration 366.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// The feature.
    pub feature: Feature,
    /// The number in its name.
    pub config: ConfigId,
    /// The lines that it would be written on.
    pub lines: Vec<u32>,
}

/// Signs every line of the key's vendor in a FlexNet license file. Comments, order, wrapping, and the
/// lines of other vendors stay.
///
/// # Errors
/// What is wrong with the file or the options; nothing is signed then. What was signed and would not
/// give what the file said is an error too.
pub fn convert(
    source: &Source,
    key: &SecretKey,
    options: &ConvertOptions,
) -> Result<Converted, Vec<Diagnostic>> {
    let mut findings = Findings::new(0);
    let prepared = prepare::prepare(source, key, options.take_ids, &mut findings);
    let Some(prepared) = prepared.filter(|_| !findings.has_errors()) else {
        return Err(findings.finish());
    };
    let text = Source::new(source.name.clone(), prepared.text.clone());
    let back = |found: Vec<Diagnostic>| found.into_iter().map(|one| prepared.in_the_original(one)).collect();
    let signed = sign(&text, key, &options.sign).map_err(back)?;
    let proven = prove::prove(source, &prepared, &signed.text, key, &mut findings);
    if findings.has_errors() {
        return Err(findings.finish());
    }
    let mut left = prepared.left.clone();
    left.extend(proven);
    left.sort_by_key(|left| left.line);
    // What is signed and not served is said of each line already.
    let warnings = signed.warnings.into_iter().filter(|one| one.code != Some(Code::NotServed)).collect();
    Ok(Converted {
        warnings: back(warnings),
        text: signed.text,
        signed: signed.lines,
        left,
        proposals: prepared.proposals,
    })
}

#[cfg(test)]
mod tests;
