//! Text to lines with a meaning, and diagnostics.

use std::collections::BTreeMap;

use license::{Diagnostic, Findings, Source, quoted};
use names::Code;

use crate::address::{Pattern, looks_like_addresses};
use crate::feature::FeatureSpec;
use crate::keyword::{Effect, Form, Keyword};
use crate::lexer::{Lexer, RawLine, Word};
use crate::limits::{FILE_BYTES_MAX, RESERVATIONS_MAX, TIMEOUT_MIN_S};
use crate::options::{FqdnMatching, Kind, Line, OptionsFile, What, Who};
use crate::vendor::Event;

/// Reads an options file. It never fails and takes linear time: what is wrong is in the diagnostics, a
/// bounded number of them, and is left out. An error is something that does not say what was meant; a
/// file with one must not be put in force.
#[must_use]
pub fn parse(source: &Source) -> (OptionsFile, Vec<Diagnostic>) {
    let mut findings = Findings::new(0);
    let mut file = OptionsFile { name: source.name.clone(), ..OptionsFile::default() };
    if !refuse_whole(&source.bytes, &mut findings) {
        let mut lexer = Lexer::new(&source.bytes, &mut findings);
        let mut reserved = 0_usize;
        while let Some(raw) = lexer.next_line() {
            let Some(findings) = lexer.findings() else { break };
            let line = Reader { findings, raw: &raw, at: 1 }.line();
            reserved += usize::from(line.as_ref().is_some_and(|line| line.keyword == Keyword::Reserve));
            let Some(line) = line else { continue };
            if line.keyword == Keyword::Reserve && reserved > RESERVATIONS_MAX {
                findings.error_with(Code::BadSyntax, line.span, || {
                    let remedy = "reserve several seats in one line, for a GROUP";
                    (format!("the file has more than {RESERVATIONS_MAX} reservations"), remedy.to_owned())
                });
                continue;
            }
            say_effect(&line, findings);
            match line.what {
                What::Switch(on) if line.keyword == Keyword::GroupCaseInsensitive => {
                    file.group_case_insensitive = on;
                }
                What::Matching(matching) => file.fqdn_matching = matching,
                _ => {}
            }
            file.lines.push(line);
        }
        check_groups(&file, &mut findings);
    }
    (file, findings.finish())
}

/// Names what makes a file no options file at all.
fn refuse_whole(bytes: &[u8], findings: &mut Findings) -> bool {
    let control = |b: &u8| (*b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r')) || *b == 0x7f;
    let remedy = "an options file is a short plain text: name the right file";
    if bytes.len() > FILE_BYTES_MAX {
        let message = format!("the file has more than {} MiB", FILE_BYTES_MAX >> 20);
        findings.refuse(Code::BadSyntax, 0..0, message, remedy);
    } else if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        findings.refuse(Code::BadSyntax, 0..2, "the file is UTF-16", "save it as plain text, ASCII or UTF-8");
    } else if let Some(at) = bytes.iter().position(control) {
        let place = u32::try_from(at).unwrap_or(0);
        let message = format!(
            "the file has the control character 0x{:02x}",
            bytes.get(at).copied().unwrap_or_default()
        );
        findings.refuse(Code::BadSyntax, place..place + 1, message, remedy);
    } else {
        return false;
    }
    true
}

/// Says of a line that this version does not hold it, or not as it is written.
fn say_effect(line: &Line, findings: &mut Findings) {
    let text = line.keyword.text();
    let words = || match line.keyword.effect() {
        Effect::Enforced => None,
        Effect::ReportLog => {
            let remedy =
                "there is no report log: `seatkeeper lmswitchr` writes the usage of a vendor into a file";
            Some((format!("{text} is without effect"), remedy))
        }
        Effect::TrustedStorage => {
            let remedy = "it is about FlexNet's trusted storage, which there is none of here; remove it";
            Some((format!("{text} is without effect"), remedy))
        }
        Effect::VendorDaemon => {
            let remedy = "it is about FlexNet's vendor daemon, which there is none of here; remove it";
            Some((format!("{text} is without effect"), remedy))
        }
    };
    if line.keyword.effect() != Effect::Enforced {
        findings.warning_with(None, line.span.clone(), || {
            let (message, remedy) = words().unwrap_or_default();
            (message, remedy.to_owned())
        });
    }
    let (What::Number { number, .. }, Keyword::Timeout | Keyword::TimeoutAll) = (&line.what, line.keyword)
    else {
        return;
    };
    if *number < TIMEOUT_MIN_S {
        findings.warning_with(None, line.span.clone(), || {
            let remedy = format!("write {TIMEOUT_MIN_S} or more; to have no time-out, remove the line");
            (format!("{text} {number} is taken as {TIMEOUT_MIN_S} seconds, the shortest there is"), remedy)
        });
    }
}

/// Says which rules name a group that is not there.
fn check_groups(file: &OptionsFile, findings: &mut Findings) {
    let groups: BTreeMap<(bool, &str), u32> =
        file.groups().map(|(hosts, name, line)| ((hosts, name), line.number)).collect();
    for line in &file.lines {
        let (What::Who { who, .. } | What::Count { who, .. }) = &line.what else { continue };
        let hosts = match who.kind {
            Kind::Group => false,
            Kind::HostGroup => true,
            _ => continue,
        };
        if groups.contains_key(&(hosts, who.name.as_str())) {
            continue;
        }
        findings.warning_with(None, line.span.clone(), || {
            let kind = who.kind.text();
            let remedy = match groups.get(&(!hosts, who.name.as_str())) {
                Some(line) => {
                    format!("line {line} makes it a {}", if hosts { "GROUP" } else { "HOST_GROUP" })
                }
                None => format!("add a {kind} line for it; the names of groups are case sensitive"),
            };
            (
                format!(
                    "the {kind} {} is not there, so the line matches nobody",
                    quoted(who.name.as_bytes())
                ),
                remedy,
            )
        });
    }
}

impl OptionsFile {
    /// The group lines: whether of hosts, the name, the line.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (bool, &str, &Line)> {
        self.lines.iter().filter_map(|line| match &line.what {
            What::Group { name, .. } => Some((line.keyword == Keyword::HostGroup, name.as_str(), line)),
            _ => None,
        })
    }
}

/// Reads one line.
struct Reader<'a> {
    findings: &'a mut Findings,
    raw: &'a RawLine,
    /// The word that is next.
    at: usize,
}

impl Reader<'_> {
    fn line(&mut self) -> Option<Line> {
        let (first, last) = (self.raw.words.first()?, self.raw.words.last()?);
        let Some(keyword) = Keyword::read(&first.text).filter(|_| !first.quoted) else {
            let span = first.span.clone();
            self.findings.error_with(Code::UnknownKeyword, span, || {
                let remedy = match Keyword::near(&first.text) {
                    Some(near) => format!("did you mean {near}?"),
                    None => {
                        "a line begins with a keyword such as GROUP or EXCLUDE; a comment with #".to_owned()
                    }
                };
                (format!("unknown keyword {}", quoted(first.text.as_bytes())), remedy)
            });
            return None;
        };
        let what = self.what(keyword)?;
        if let Some(extra) = self.raw.words.get(self.at) {
            let words =
                format!("{} has one word too many: {}", keyword.text(), quoted(extra.text.as_bytes()));
            let remedy = match what {
                What::Who { .. } | What::Count { .. } => {
                    "a line names one; put several into a GROUP, and a name with blanks into quotes"
                        .to_owned()
                }
                _ => keyword.usage(),
            };
            self.findings.error(Code::BadSyntax, extra.span.clone(), words, remedy);
            return None;
        }
        Some(Line { number: self.raw.number, span: first.span.start..last.span.end, keyword, what })
    }

    fn what(&mut self, keyword: Keyword) -> Option<What> {
        Some(match keyword.form() {
            Form::FeatureWho => {
                let feature = Some(self.feature(keyword)?);
                What::Who { feature, who: self.who(keyword)? }
            }
            Form::Who => What::Who { feature: None, who: self.who(keyword)? },
            Form::CountWho => {
                let count = self.number(keyword)?;
                What::Count { count, feature: self.feature(keyword)?, who: self.who(keyword)? }
            }
            Form::MaybeFeatureNumber if self.raw.words.len() == 2 => {
                What::Number { feature: None, number: self.number(keyword)? }
            }
            Form::FeatureNumber | Form::MaybeFeatureNumber => {
                let feature = Some(self.feature(keyword)?);
                What::Number { feature, number: self.number(keyword)? }
            }
            Form::MaybeFeature if self.raw.words.len() == 1 => What::Feature(None),
            Form::MaybeFeature => What::Feature(Some(self.feature(keyword)?)),
            Form::Number => What::Number { feature: None, number: self.number(keyword)? },
            Form::Group => {
                let name = self.word(keyword)?.text.clone();
                let members: Vec<_> = self.rest().iter().map(|word| word.text.clone()).collect();
                if members.is_empty() {
                    self.findings.warning(None, self.span(), "the group line names nobody", keyword.usage());
                }
                What::Group { name, members }
            }
            Form::Switch => What::Switch(self.one_of(keyword, ["ON", "OFF"])? == 0),
            Form::Matching => match self.one_of(keyword, ["exact", "lenient"])? {
                0 => What::Matching(FqdnMatching::Exact),
                _ => What::Matching(FqdnMatching::Lenient),
            },
            Form::Events => self.events(keyword)?,
            Form::Log => self.log(keyword)?,
            Form::EntitlementWho => {
                let is_all = keyword.text().contains("ALL_");
                if self.raw.words.len() > 3 && !is_all {
                    self.word(keyword)?;
                }
                self.who(keyword)?;
                What::Nothing
            }
            Form::EntitlementNumber => {
                self.word(keyword)?;
                self.number(keyword)?;
                What::Nothing
            }
        })
    }

    /// The next word.
    fn word(&mut self, keyword: Keyword) -> Option<Word> {
        let word = self.raw.words.get(self.at).cloned();
        self.at += 1;
        if word.is_none() {
            let message = format!("{} has too few words", keyword.text());
            self.findings.error(Code::BadSyntax, self.span(), message, keyword.usage());
        }
        word
    }

    fn rest(&mut self) -> &[Word] {
        let rest = self.raw.words.get(self.at..).unwrap_or_default();
        self.at = self.raw.words.len();
        rest
    }

    fn span(&self) -> std::ops::Range<u32> {
        let start = self.raw.words.first().map_or(0, |word| word.span.start);
        start..self.raw.words.last().map_or(start, |word| word.span.end)
    }

    fn wrong<T>(&mut self, word: &Word, what: &str, remedy: impl Into<String>) -> Option<T> {
        let message = format!("{} is {what}", quoted(word.text.as_bytes()));
        self.findings.error(Code::BadSyntax, word.span.clone(), message, remedy);
        None
    }

    fn number(&mut self, keyword: Keyword) -> Option<u32> {
        let word = self.word(keyword)?;
        let digits = !word.text.is_empty() && word.text.bytes().all(|b| b.is_ascii_digit());
        match word.text.parse().ok().filter(|_| digits) {
            Some(number) => Some(number),
            None if digits => self.wrong(&word, "too large a number", "write a smaller one"),
            None => self.wrong(&word, "no number", keyword.usage()),
        }
    }

    fn one_of<const N: usize>(&mut self, keyword: Keyword, words: [&str; N]) -> Option<usize> {
        let word = self.word(keyword)?;
        let found = words.iter().position(|one| one.eq_ignore_ascii_case(&word.text));
        found.or_else(|| self.wrong(&word, &format!("neither of {}", words.join(", ")), keyword.usage()))
    }

    fn feature(&mut self, keyword: Keyword) -> Option<FeatureSpec> {
        let word = self.word(keyword)?;
        self.placeholder(&word.text, &word);
        match FeatureSpec::read(&word.text, word.quoted) {
            Ok(feature) => Some(feature),
            Err((message, remedy)) => {
                self.findings.error(Code::BadSyntax, word.span, message, remedy);
                None
            }
        }
    }

    /// A type and a name.
    fn who(&mut self, keyword: Keyword) -> Option<Who> {
        let word = self.word(keyword)?;
        let Some(kind) = Kind::read(&word.text) else {
            let remedy =
                Kind::near(&word.text).map_or(keyword.usage(), |near| format!("did you mean {near}?"));
            return self.wrong(&word, "no type", remedy);
        };
        if kind == Kind::AllUsers {
            return self.all_users(keyword, &word);
        }
        let mut word = self.word(keyword)?;
        self.join_placeholder(&mut word);
        self.placeholder(&word.text, &word);
        let name = word.text.clone();
        if name.is_empty() {
            return self.wrong(&word, "no name", keyword.usage());
        }
        if name == "ALL_USERS" && matches!(kind, Kind::User | Kind::Group) && keyword == Keyword::Max {
            return Some(Who { kind: Kind::AllUsers, name, address: None });
        }
        let address = match kind {
            Kind::Internet => {
                let remedy = "write it like 10.8.1.2, 10.8.*.*, 10.8.0.0/16 or 2001:db8::/32";
                Some(Pattern::read(&name).or_else(|| self.wrong(&word, "no address", remedy))?)
            }
            Kind::Host => Pattern::read(&name),
            _ => None,
        };
        if kind == Kind::Host && address.is_none() && (name.contains('*') || looks_like_addresses(&name)) {
            let message = format!("{} is taken as a host's name as it is", quoted(name.as_bytes()));
            let remedy = "only addresses have wildcards, such as 10.8.*.*";
            self.findings.warning(None, word.span, message, remedy);
        }
        Some(Who { kind, name, address })
    }

    fn all_users(&mut self, keyword: Keyword, word: &Word) -> Option<Who> {
        if keyword != Keyword::Max {
            return self.wrong(word, "only for MAX", keyword.usage());
        }
        Some(Who { kind: Kind::AllUsers, name: word.text.clone(), address: None })
    }

    /// `<NNU username>` of a sample file is one name of two words.
    fn join_placeholder(&mut self, word: &mut Word) {
        while word.text.starts_with('<') && !word.text.ends_with('>') {
            let Some(next) = self.raw.words.get(self.at) else { return };
            word.text.push(' ');
            word.text.push_str(&next.text);
            word.span.end = next.span.end;
            self.at += 1;
        }
    }

    fn placeholder(&mut self, text: &str, word: &Word) {
        if text.starts_with('<') && text.ends_with('>') {
            let message = format!("{} is a placeholder of a sample file", quoted(text.as_bytes()));
            self.findings.warning(None, word.span.clone(), message, "write a name in its place");
        }
    }

    fn events(&mut self, keyword: Keyword) -> Option<What> {
        let mut events = vec![self.word(keyword)?];
        events.extend(self.rest().iter().cloned());
        let mut known = Vec::new();
        for word in events {
            match Event::read(&word.text) {
                Some(event) => known.push(event),
                None => return self.wrong(&word, "no event", keyword.usage()),
            }
        }
        Some(What::Events(known))
    }

    fn log(&mut self, keyword: Keyword) -> Option<What> {
        let word = self.word(keyword)?;
        let (append, path) = match word.text.strip_prefix('+') {
            Some(path) => (true, path.to_owned()),
            None => (false, word.text.clone()),
        };
        if path.is_empty() {
            return self.wrong(&word, "no path", keyword.usage());
        }
        let (mut hide_user, mut mark, mut rollover) = (false, false, None);
        while let Some(word) = self.raw.words.get(self.at).cloned() {
            self.at += 1;
            match (word.text.to_ascii_uppercase().as_str(), keyword) {
                ("HIDE_USER", Keyword::ReportLog) => hide_user = true,
                ("OBF_ADDMARK", Keyword::DebugLog) => mark = true,
                ("AUTO_ROLLOVER", Keyword::DebugLog) => rollover = Some(self.number(keyword)?),
                _ => return self.wrong(&word, "no option of the log", keyword.usage()),
            }
        }
        Some(What::Log { path, append, hide_user, mark, rollover })
    }
}
