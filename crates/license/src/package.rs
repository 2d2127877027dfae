//! What a PACKAGE line says.

use names::{Code, Date, Feature, Invalid, PackNumber, SeatCount, Vendor, Version};

use crate::findings::Findings;
use crate::key::LastKey;
use crate::limits::COMPONENTS_MAX;
use crate::reader::{Reader, list};
use crate::syntax::Line;

/// A PACKAGE line, understood. It licenses nothing by itself: a FEATURE or INCREMENT line of its name
/// and version does.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) vendor: Vendor,
    pub(crate) name: Feature,
    /// Nothing: every version.
    pub(crate) version: Option<Version>,
    pub(crate) components: Vec<Component>,
    pub(crate) suite: Option<Suite>,
    pub(crate) issued: Option<Date>,
    /// Packages whose earlier lines this one voids.
    pub(crate) supersedes: Vec<Feature>,
    /// Packs that this line voids.
    pub(crate) voids: Vec<PackNumber>,
}

/// How the components of a suite are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// `OPTIONS=SUITE`: whoever takes a component takes the suite too.
    Shared,
    /// `OPTIONS=SUITE_RESERVED`: and has the other components reserved.
    Reserved,
}

/// One of the features in `COMPONENTS=`.
#[derive(Debug, Clone)]
pub(crate) struct Component {
    pub(crate) feature: Feature,
    /// Nothing: the enabling line's.
    pub(crate) version: Option<Version>,
    /// So many for each seat of the enabling line.
    pub(crate) count: Option<SeatCount>,
}

/// Reads a PACKAGE line whose shape is good.
pub(crate) fn read(
    bytes: &[u8],
    line: &Line,
    keys: &mut LastKey,
    findings: &mut Findings,
) -> Option<Package> {
    let before = findings.errors_so_far();
    let mut reader = Reader::new(bytes, line, keys, findings);
    let name = reader.field(0, Code::BadSyntax, Feature::new);
    let vendor = reader.field(1, Code::BadSyntax, Vendor::new);
    let version = if reader.fields > 2 { reader.field(2, Code::BadVersion, Version::new) } else { None };
    let issued = reader.parsed("ISSUED", Code::BadDate, Date::parse);
    let voids = reader.parsed("VOIDS", Code::BadSyntax, |text| list(text, PackNumber::new));
    let _ = reader.parsed("PACK", Code::BadSyntax, PackNumber::new);
    let _ = reader.host_key();
    let suite = suite(&mut reader);
    let components = components(&mut reader, suite);
    let name = name?;
    let supersedes = reader.supersedes(&name, issued.is_some(), Feature::new);
    let package = Package {
        vendor: vendor?,
        name,
        version,
        components,
        suite,
        issued,
        supersedes,
        voids: voids.unwrap_or_default(),
    };
    (findings.errors_so_far() == before).then_some(package)
}

fn suite(reader: &mut Reader<'_, '_>) -> Option<Suite> {
    reader.one_of("OPTIONS", &[("SUITE", Suite::Shared), ("SUITE_RESERVED", Suite::Reserved)])
}

fn components(reader: &mut Reader<'_, '_>, suite: Option<Suite>) -> Vec<Component> {
    let Some(word) = reader.attribute("COMPONENTS") else {
        let remedy = "write COMPONENTS=\"feature[:version[:count]] …\"";
        let span = reader.line.keyword_span();
        reader.findings.error(Code::BadSyntax, span, "a PACKAGE line names its COMPONENTS", remedy);
        return Vec::new();
    };
    let components =
        reader.parsed("COMPONENTS", Code::BadSyntax, |text| list(text, component)).unwrap_or_default();
    let mut names: Vec<&Feature> = components.iter().map(|component| &component.feature).collect();
    names.sort();
    let twice = names.array_windows::<2>().find(|[a, b]| a == b).map(|[a, _]| a.to_string());
    let wrong = if components.len() > COMPONENTS_MAX {
        Some((format!("a package has at most {COMPONENTS_MAX} components"), "make several packages of it"))
    } else if let Some(name) = twice {
        Some((format!("the component {name} stands here twice"), "name it once, with its count"))
    } else if suite.is_some() && components.iter().any(|component| component.count.is_some()) {
        let remedy = "leave out the counts: every component of a suite has as many seats as the suite";
        Some(("the components of a suite have no counts".to_owned(), remedy))
    } else {
        None
    };
    if let Some((message, remedy)) = wrong {
        reader.findings.error(Code::Incompatible, word.span.clone(), message, remedy);
    }
    components
}

/// `feature[:version[:count]]`. A feature may have a colon in its name; a version has only digits and
/// a point, so what looks like one from the right is one.
fn component(text: &str) -> Result<Component, Invalid> {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let mut rest = text;
    let mut numbers = Vec::new();
    while numbers.len() < 2
        && let Some((before, last)) = rest.rsplit_once(':')
        && (is_number(last) || last.is_empty())
    {
        numbers.insert(0, last);
        rest = before;
    }
    let version = numbers.first().filter(|text| !text.is_empty()).map(|text| Version::new(text));
    let count = numbers.get(1).filter(|text| !text.is_empty()).map(|text| {
        SeatCount::new(text.parse().map_err(|_| Invalid {
            what: "a component",
            why: "write it as feature:version:count, the count in digits".to_owned(),
        })?)
    });
    Ok(Component { feature: Feature::new(rest)?, version: version.transpose()?, count: count.transpose()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_are_taken_apart_from_the_right() {
        for (text, expected) in [
            ("mill", Some(("mill", None, None))),
            ("mill:4.2", Some(("mill", Some("4.2"), None))),
            ("mill:4.2:3", Some(("mill", Some("4.2"), Some(3)))),
            ("mill::3", Some(("mill", None, Some(3)))),
            ("cad:mill", Some(("cad:mill", None, None))),
            ("cad:mill:1:2", Some(("cad:mill", Some("1"), Some(2)))),
            ("", None),
            (":1", None),
            ("mill:1:0", None),
            ("mill:1:1.5", None),
            ("mill:1.2.3", None),
            ("mill:1:18446744073709551616", None),
        ] {
            let found = component(text).ok();
            let found = found.as_ref().map(|c| {
                (c.feature.as_str(), c.version.as_ref().map(Version::as_str), c.count.map(SeatCount::get))
            });
            assert_eq!(found, expected, "{text}");
        }
    }
}
