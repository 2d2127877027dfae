//! An options file as it is read: lines with their meaning and their place.

use std::ops::Range;

use crate::address::Pattern;
use crate::feature::FeatureSpec;
use crate::keyword::Keyword;
use crate::vendor::Event;

/// What an options file says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OptionsFile {
    /// The path as it is shown.
    pub name: String,
    /// Its lines that could be read, in their order.
    pub lines: Vec<Line>,
    /// `GROUPCASEINSENSITIVE`, the last that is there: names in groups are compared without case.
    pub group_case_insensitive: bool,
    /// `FQDN_MATCHING`, the last that is there.
    pub fqdn_matching: FqdnMatching,
}

/// How a host's name is compared with the domain that it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FqdnMatching {
    /// As they are written: `ws1` is not `ws1.example.net`.
    #[default]
    Exact,
    /// Where one of them has no domain, without it.
    Lenient,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u32,
    /// Where it stands, in bytes.
    pub span: Range<u32>,
    /// What it begins with.
    pub keyword: Keyword,
    /// What it says.
    pub what: What,
}

impl Line {
    /// The line in one spelling.
    #[must_use]
    pub fn shown(&self) -> String {
        let keyword = self.keyword.text();
        match &self.what {
            What::Who { feature: Some(feature), who } => format!("{keyword} {feature} {who}"),
            What::Who { feature: None, who } => format!("{keyword} {who}"),
            What::Count { count, feature, who } => format!("{keyword} {count} {feature} {who}"),
            What::Number { feature: Some(feature), number } => format!("{keyword} {feature} {number}"),
            What::Number { feature: None, number } => format!("{keyword} {number}"),
            What::Feature(Some(feature)) => format!("{keyword} {feature}"),
            What::Group { name, members } => format!("{keyword} {name} {}", members.join(" ")),
            What::Switch(on) => format!("{keyword} {}", if *on { "ON" } else { "OFF" }),
            What::Matching(FqdnMatching::Exact) => format!("{keyword} exact"),
            What::Matching(FqdnMatching::Lenient) => format!("{keyword} lenient"),
            What::Events(events) => {
                events.iter().fold(keyword.to_owned(), |text, event| format!("{text} {}", event.text()))
            }
            What::Log { path, append, hide_user, mark, rollover } => {
                let mut text = format!("{keyword} {}{path}", if *append { "+" } else { "" });
                for (is, word) in [(*hide_user, " HIDE_USER"), (*mark, " OBF_ADDMARK")] {
                    text.push_str(if is { word } else { "" });
                }
                rollover.map_or(text.clone(), |size| format!("{text} AUTO_ROLLOVER {size}"))
            }
            What::Feature(None) | What::Nothing => keyword.to_owned(),
        }
    }
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// INCLUDE, EXCLUDE and their kin; without a feature it is about all.
    Who {
        /// Which features.
        feature: Option<FeatureSpec>,
        /// Who.
        who: Who,
    },
    /// RESERVE and MAX.
    Count {
        /// How many seats.
        count: u32,
        /// Of what.
        feature: FeatureSpec,
        /// Whose.
        who: Who,
    },
    /// A number: seconds, hours, seats, connections. Without a feature it is about all.
    Number {
        /// Which features.
        feature: Option<FeatureSpec>,
        /// How much.
        number: u32,
    },
    /// NO_ASK: which features; without one it is about all.
    Feature(Option<FeatureSpec>),
    /// GROUP and HOST_GROUP.
    Group {
        /// Its name.
        name: String,
        /// Who is in it.
        members: Vec<String>,
    },
    /// ON or OFF.
    Switch(bool),
    /// FQDN_MATCHING.
    Matching(FqdnMatching),
    /// NOLOG.
    Events(Vec<Event>),
    /// DEBUGLOG and REPORTLOG.
    Log {
        /// Where.
        path: String,
        /// `+`: what is there is kept.
        append: bool,
        /// HIDE_USER.
        hide_user: bool,
        /// OBF_ADDMARK.
        mark: bool,
        /// AUTO_ROLLOVER, in MiB.
        rollover: Option<u32>,
    },
    /// It has no meaning here.
    Nothing,
}

/// Whom a rule names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// By what.
    pub kind: Kind,
    /// The name as written.
    pub name: String,
    /// INTERNET, and HOST where it is an address.
    pub address: Option<Pattern>,
}

impl std::fmt::Display for Who {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.kind {
            Kind::AllUsers => f.write_str(self.kind.text()),
            kind => write!(f, "{} {}", kind.text(), self.name),
        }
    }
}

/// By what a rule names people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `USER`
    User,
    /// `HOST`
    Host,
    /// `DISPLAY`
    Display,
    /// `INTERNET`
    Internet,
    /// `PROJECT`
    Project,
    /// `GROUP`
    Group,
    /// `HOST_GROUP`
    HostGroup,
    /// `ALL_USERS` of a MAX line
    AllUsers,
}

const KINDS: [(&str, Kind); 9] = [
    ("USER", Kind::User),
    ("HOST", Kind::Host),
    ("DISPLAY", Kind::Display),
    ("INTERNET", Kind::Internet),
    ("PROJECT", Kind::Project),
    ("GROUP", Kind::Group),
    ("USER_GROUP", Kind::Group),
    ("HOST_GROUP", Kind::HostGroup),
    ("ALL_USERS", Kind::AllUsers),
];

impl Kind {
    /// As it is written.
    #[must_use]
    pub fn text(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(text, _)| text)
    }

    pub(crate) fn read(word: &str) -> Option<Self> {
        KINDS.iter().find(|(text, _)| text.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind)
    }

    /// Whether it is neither a group nor everybody.
    pub(crate) fn is_somebody(self) -> bool {
        !matches!(self, Self::Group | Self::HostGroup | Self::AllUsers)
    }

    pub(crate) fn near(word: &str) -> Option<&'static str> {
        license::nearest(word.as_bytes(), KINDS.iter().map(|(text, _)| *text))
    }
}
