//! Reads the words of one line, and names what is wrong with them.

use std::borrow::Cow;
use std::ops::Range;

use names::{Code, Invalid};

use crate::PublicKey;
use crate::canonical::fields;
use crate::findings::Findings;
use crate::key::LastKey;
use crate::source::{decode, quoted};
use crate::syntax::{Line, Word};

/// One line of a good shape, and where its findings go.
pub(crate) struct Reader<'a, 'f> {
    pub(crate) bytes: &'a [u8],
    pub(crate) line: &'a Line,
    pub(crate) fields: usize,
    pub(crate) findings: &'f mut Findings,
    keys: &'f mut LastKey,
    /// Why this version does not serve the line, and which words say so: the first reason.
    pub(crate) not_served: Option<(Range<u32>, String)>,
}

impl<'a, 'f> Reader<'a, 'f> {
    pub(crate) fn new(
        bytes: &'a [u8],
        line: &'a Line,
        keys: &'f mut LastKey,
        findings: &'f mut Findings,
    ) -> Self {
        Self { bytes, line, fields: fields(bytes, line), findings, keys, not_served: None }
    }

    /// The nth word after the keyword, counted from 0.
    pub(crate) fn field<T>(
        &mut self,
        at: usize,
        code: Code,
        read: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let word = self.line.words.get(at)?;
        match read(&decode(word.text(self.bytes))) {
            Ok(value) => Some(value),
            Err(invalid) => {
                self.say_invalid(code, word, word.text(self.bytes), &invalid);
                None
            }
        }
    }

    pub(crate) fn field_span(&self, at: usize) -> Range<u32> {
        self.line.words.get(at).map_or(self.line.span.clone(), |word| word.span.clone())
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<&'a Word> {
        self.line.attribute(self.bytes, self.fields, name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }

    pub(crate) fn value(&self, name: &str) -> Option<(&'a Word, Cow<'a, [u8]>)> {
        let word = self.attribute(name)?;
        Some((word, word.value(self.bytes)?))
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.value(name).map(|(_, value)| decode(&value))
    }

    pub(crate) fn parsed<T>(
        &mut self,
        name: &str,
        code: Code,
        read: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let (word, value) = self.value(name)?;
        match read(&decode(&value)) {
            Ok(value) => Some(value),
            Err(invalid) => {
                self.say_invalid(code, word, &value, &invalid);
                None
            }
        }
    }

    /// An attribute that may stand without a value. Nothing where it does not stand at all.
    pub(crate) fn optional<T>(
        &mut self,
        name: &str,
        alone: T,
        read: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        match self.attribute(name)?.has_value() {
            true => self.parsed(name, Code::BadSyntax, read),
            false => Some(alone),
        }
    }

    fn say_invalid(&mut self, code: Code, word: &Word, text: &[u8], invalid: &Invalid) {
        self.findings.error_with(code, word.span.clone(), || {
            (format!("{} is not {}", quoted(text), invalid.what), invalid.why.clone())
        });
    }

    /// One of some words; says which they are.
    pub(crate) fn one_of<T: Copy>(&mut self, name: &str, words: &[(&str, T)]) -> Option<T> {
        let (word, value) = self.value(name)?;
        if let Some((_, found)) = words.iter().find(|(text, _)| text.as_bytes() == &*value) {
            return Some(*found);
        }
        let list: Vec<&str> = words.iter().map(|(text, _)| *text).collect();
        let message = format!("{name} cannot be {}", quoted(&value));
        self.findings.error(
            Code::BadSyntax,
            word.span.clone(),
            message,
            format!("write {}", list.join(" or ")),
        );
        None
    }

    pub(crate) fn host_key(&mut self) -> Option<PublicKey> {
        let (word, value) = self.value("HOST_KEY")?;
        match self.keys.read(&decode(&value)) {
            Ok(key) => Some(key),
            Err(error) => {
                let remedy = "write the public key that the license host shows";
                self.findings.error(Code::BadSyntax, word.span.clone(), error.to_string(), remedy);
                None
            }
        }
    }

    /// The names in `SUPERSEDE`; the line's own where it stands alone. It needs `ISSUED`.
    pub(crate) fn supersedes<T: Clone>(
        &mut self,
        own: &T,
        issued: bool,
        read: impl Fn(&str) -> Result<T, Invalid>,
    ) -> Vec<T> {
        let Some(word) = self.attribute("SUPERSEDE") else { return Vec::new() };
        if !issued {
            self.findings.error(
                Code::Incompatible,
                word.span.clone(),
                "SUPERSEDE without ISSUED voids nothing",
                "write ISSUED=dd-mmm-yyyy: the lines issued before that day become void",
            );
        }
        self.optional("SUPERSEDE", vec![own.clone()], |text| list(text, read)).unwrap_or_default()
    }

    /// The line is good, but this version does not serve it. The first reason is kept.
    pub(crate) fn leave_out(&mut self, span: Range<u32>, why: &str) {
        self.not_served.get_or_insert_with(|| (span, why.to_owned()));
    }
}

/// Words divided by blanks or commas; at least one.
pub(crate) fn list<T>(text: &str, read: impl Fn(&str) -> Result<T, Invalid>) -> Result<Vec<T>, Invalid> {
    let words = text.split([' ', '\t', ',']).filter(|word| !word.is_empty());
    let list = words.map(read).collect::<Result<Vec<T>, Invalid>>()?;
    if list.is_empty() {
        return Err(Invalid { what: "a list of names", why: "name at least one".to_owned() });
    }
    Ok(list)
}
